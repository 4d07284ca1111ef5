"""Every panel and every query of docs/bi.md runs on the real engine, and shows what the KPI views say."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from connectors.currencies import MINOR_DIGITS
from sinks.clickhouse.connect import Place
from sinks.clickhouse.reading import Answer, DatabaseViews, Views
from tests.deploy.grafana import Chosen, Panel, boards, filled, panels
from tests.headrace.audit.kpi.installed import STORY, of_scenarios, publish

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "tests/scenarios"
OTHERS = (
    "approval-write-off-given-by-another-person.txt",
    "credit-hold-reminds-and-opens-a-task.txt",
    "deduction-repaid.txt",
    "delivery-rejected-is-for-a-person.txt",
    "dispute-every-way-to-close.txt",
    "yen-and-dinars.txt",
)
FILTERS = ("tenant", "entity", "region", "segment", "owner")
PANELS = panels()
UNITS = {"short", "locale", "percentunit", "d", "m", "s"}


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    directory = tmp_path_factory.mktemp("dashboards")
    story = directory / "story.txt"
    story.write_text(STORY)
    log = of_scenarios(directory, [story, *(SCENARIOS / name for name in OTHERS)])
    publish(log, directory)
    log.close()
    found = DatabaseViews(Place(directory / "clickhouse"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def everything() -> Chosen:
    return Chosen(
        date(2020, 1, 1),
        date(2030, 12, 31),
        {"currency": ["USD"], "scale": ["100"]} | {name: ["$__all"] for name in FILTERS},
    )


@pytest.fixture(scope="module")
def story() -> Chosen:
    """The account of the story, on its last days."""
    values = {
        "tenant": ["t0"],
        "entity": ["us01"],
        "region": ["west", "o'hara"],
        "segment": ["retail"],
        "owner": ["kim"],
    }
    return Chosen(date(2026, 2, 1), date(2026, 3, 10), values | {"currency": ["USD"], "scale": ["100"]})


def column(answer: Answer, name: str) -> list[Any]:
    return [row[list(answer.names).index(name)] for row in answer.rows]


def of_title(title: str) -> Panel:
    (panel,) = [panel for panel in PANELS if panel.title == title]
    return panel


@pytest.mark.parametrize("panel", PANELS, ids=str)
def test_a_panel_runs_and_has_its_columns(panel: Panel, views: Views, everything: Chosen) -> None:
    answer = views.ask(filled(panel.sql, everything))
    assert answer.rows, "nothing in an installation that has it: the panel may ask for what there never is"
    assert len(set(answer.names)) == len(answer.names)
    if panel.kind != "table":
        assert (answer.names[0], answer.types[0]) == ("time", "DateTime('UTC')")
        assert len(answer.names) > 1
        assert all(re.search(r"Int|Float|Decimal", kind) for kind in answer.types[1:]), answer.types
        assert column(answer, "time") == sorted(set(column(answer, "time")))
    assert set(panel.overridden) <= set(answer.names), "a unit for a column that is not there"
    assert panel.unit in UNITS


@pytest.mark.parametrize("panel", PANELS, ids=str)
def test_a_panel_runs_with_every_filter_set(panel: Panel, views: Views, story: Chosen) -> None:
    """DESCRIBE reads the whole question, names and types, and no row."""
    names = [row[0] for row in views.ask(f"DESCRIBE ({filled(panel.sql, story)})").rows]
    assert names[0] == "time" or panel.kind == "table"


@pytest.mark.parametrize("panel", PANELS, ids=str)
def test_a_panel_asks_the_views_and_sums_what_may_be_summed(panel: Panel) -> None:
    asked = set(re.findall(r"FROM (\w+)", panel.sql))
    assert asked
    assert {name for name in asked if not name.startswith("kpi_")} == set()
    assert re.search(r"_bp\b|countback|median|p90|mean_settle|touches_per", panel.sql) is None
    # Amounts are of one currency, and in its own decimals; shares of amounts have none.
    for line in re.sub(r"if\(.*, NULL\)", "", panel.sql).splitlines():
        assert "/ ${scale}" in line or not re.search(r"sum\w*\(\w+_minor", line), line
    if "_minor" in panel.sql:
        assert "currency = ${currency:singlequote}" in panel.sql
    if "/ ${scale}" in panel.sql:
        assert "${currency}" in panel.title + "".join(re.findall(r'AS "([^"]*)"', panel.sql)), (
            "an amount of which currency?"
        )


def test_variables_give_what_there_is(views: Views, everything: Chosen) -> None:
    for name, board in boards().items():
        asked = {v["name"]: views.ask(filled(v["query"], everything)) for v in board["templating"]["list"]}
        found = {variable: [row[0] for row in answer.rows] for variable, answer in asked.items()}
        used = {v for panel in PANELS if panel.board == name for v in re.findall(r"\$\{(\w+)", panel.sql)}
        assert used == set(found), name
        assert "t0" in found["tenant"]
        assert all(values and "" not in values for values in found.values()), found
        if "region" in found:
            assert {"(none)", "west"} <= set(found["region"])
            assert "kim" in found["owner"]
            assert {"USD", "JPY"} <= set(found["currency"])


def test_amounts_have_the_decimals_of_their_currency(views: Views, everything: Chosen) -> None:
    """Yen have none, dinars three."""
    queries = {v["query"] for board in boards().values() for v in board["templating"]["list"] if v["name"] == "scale"}
    (query,) = queries
    sql = filled(query.replace("${currency:singlequote}", "code"), everything)
    codes = ", ".join(f"'{code}'" for code in MINOR_DIGITS)
    answer = views.ask(
        f"SELECT code, scale FROM (SELECT arrayJoin([{codes}]) AS code, * FROM (SELECT 1)) ARRAY JOIN [({sql.removeprefix('SELECT ').removesuffix(' AS scale')})] AS scale"
    )
    assert {row[0]: int(row[1]) for row in answer.rows} == {code: 10**digits for code, digits in MINOR_DIGITS.items()}


def test_yen_are_shown_whole(views: Views, everything: Chosen) -> None:
    chosen = replace(everything, values={**everything.values, "currency": ["JPY"], "scale": ["1"]})
    title = "Open receivables by age, ${currency}"
    shown = views.ask(filled(of_title(title).sql, chosen))
    said = views.ask("SELECT sum(open_minor) FROM kpi_aging WHERE currency = 'JPY' GROUP BY day ORDER BY day").rows
    assert [sum(row[1:]) for row in shown.rows] == [row[0] for row in said]
    assert max(row[0] for row in said) > 0


def at(views: Views, view: str, columns: str, day: str) -> list[Any]:
    (row,) = views.ask(f"SELECT {columns} FROM {view} WHERE day = '{day}' AND tenant = 't0' AND currency = 'USD'").rows
    return list(row)


def on_last_day(views: Views, panel: str, chosen: Chosen) -> list[Any]:
    return list(views.ask(filled(of_title(panel).sql, chosen)).rows[-1][1:])


def test_figures_of_money_are_those_of_the_views(views: Views, story: Chosen) -> None:
    dso, best, late = at(views, "kpi_dso", "dso, bpdso, add", "2026-03-10")
    assert [round(shown, 1) for shown in on_last_day(views, "DSO and its parts", story)] == [dso, best, late]
    assert on_last_day(views, "DSO", story)[0] == pytest.approx(dso, abs=0.05)
    ages = at(
        views,
        "kpi_aging",
        "current_minor, days_1_30_minor, days_31_60_minor, days_61_90_minor, days_91_minor",
        "2026-03-10",
    )
    assert sum(ages) == 1_170_00
    assert on_last_day(views, "Open receivables by age, ${currency}", story) == [minor / 100 for minor in ages]
    unapplied = at(views, "kpi_unapplied", "unapplied_minor, on_account_minor, unidentified_minor", "2026-03-10")
    assert on_last_day(views, "Cash not applied, ${currency}", story) == [minor / 100 for minor in unapplied]
    assert unapplied[0] == 20_00


@pytest.mark.parametrize(
    ("panel", "view", "numerator", "denominator", "months"),
    [
        ("Past due of open receivables", "kpi_aging", "past_due_minor", "open_minor", False),
        ("Overdue recovered, by month", "kpi_recovery", "recovered_minor", "past_due_at_start_minor", True),
        ("Policy adherence", "kpi_policy_adherence", "adhered", "checked", False),
        ("Decisions made by hand", "kpi_overrides", "overrides", "decided", False),
        ("Exceptions closed in time", "kpi_exceptions", "in_time", "closed", False),
    ],
)  # fmt: skip
def test_ratios_divide_sums(
    panel: str, view: str, numerator: str, denominator: str, months: bool, views: Views, everything: Chosen
) -> None:
    """Over all accounts, worked out again from the rows of the view."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    key: Callable[[str], str] = (lambda day: day[:7]) if months else (lambda day: day if view == "kpi_aging" else "")
    money = " AND currency = 'USD'" if view in {"kpi_aging", "kpi_recovery"} else ""
    for day, over, under in views.ask(f"SELECT day, {numerator}, {denominator} FROM {view} WHERE 1{money}").rows:
        sums[key(day)][0] += over
        sums[key(day)][1] += under
    said = [float(Fraction(over, under)) if under > 0 else None for _, (over, under) in sorted(sums.items())]
    assert [row[1] for row in views.ask(filled(of_title(panel).sql, everything)).rows] == pytest.approx(said)
    assert any(said), "nothing to compare"


def test_counts_are_those_of_the_views(views: Views, everything: Chosen) -> None:
    shown = views.ask(filled(of_title("Lag by shard").sql, everything))
    said = views.ask("SELECT shard, sum(facts), max(last_sequence) FROM kpi_lag GROUP BY shard ORDER BY shard").rows
    assert list(zip(column(shown, "Shard"), column(shown, "Facts"), column(shown, "Last decision"), strict=True)) == [
        tuple(row) for row in said
    ]
    queues = views.ask(filled(of_title("Open by queue and owner on the last day").sql, everything))
    said = views.ask("SELECT sum(open) FROM kpi_queues WHERE day = (SELECT max(day) FROM kpi_queues)").rows
    assert sum(column(queues, "Open")) == said[0][0]


def test_every_query_of_the_bi_page_runs(views: Views) -> None:
    queries = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/bi.md").read_text(), re.DOTALL)
    assert 5 <= len(queries) <= 8
    for query in queries:
        answer = views.ask(query.strip().removesuffix(";"))
        assert answer.rows, query
        assert any(isinstance(cell, (int, float)) and cell for row in answer.rows for cell in row), query
