"""docs/rules.md names what there is: each file that it links to, and every scenario."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "rules.md"
LINK = re.compile(r"\[([^\]]*)\]\(([^)]+)\)")


def _rows() -> list[list[str]]:
    lines = TABLE.read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]


def test_what_the_table_links_to_is_there() -> None:
    links = [target for _, target in LINK.findall(TABLE.read_text())]
    assert len(links) > 500
    assert [target for target in links if not (TABLE.parent / target).is_file()] == []


def test_a_link_to_a_scenario_says_its_name() -> None:
    named = [(name, Path(target)) for name, target in LINK.findall(TABLE.read_text()) if target.endswith(".txt")]
    assert [str(target) for name, target in named if target.stem != name] == []


def test_every_scenario_is_named() -> None:
    named = {Path(target).stem for _, target in LINK.findall(TABLE.read_text()) if target.endswith(".txt")}
    there = {path.stem for path in (ROOT / "tests" / "scenarios").glob("*.txt")}
    assert sorted(there - named) == []


def test_every_row_says_what_holds_where_and_what_shows_it() -> None:
    rows = [row for row in _rows() if row[0] != "what holds"]
    assert len(rows) > 200
    assert [row for row in rows if len(row) != 3 or not row[0] or not LINK.search(row[2])] == []
    assert [row for row in rows if row[0] != "corner cases" and not LINK.search(row[1])] == []
