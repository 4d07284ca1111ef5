"""A view against its recomputation, on a real engine: what differs is found and said, what does not is not."""

from fractions import Fraction
from pathlib import Path

from headrace.audit.findings import Check
from headrace.audit.kpi.comparing import Comparison, Kpi, Rows
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.reading import DatabaseViews

GRAIN = ("entity", "day")
ROWS: Rows = {
    ("US01", "2024-10-04"): {"amount": 3, "part": Fraction(1, 3), "median": None},
    ("US01", "2024-10-05"): {"amount": -2, "part": Fraction(2, 3), "median": 7},
    ("DE01", "2024-10-04"): {"amount": 0, "part": None, "median": 7},
}
RIGHT = (
    "('US01', '2024-10-04', 3, 1 / 3, NULL), ('US01', '2024-10-05', -2, 2 / 3, 7), ('DE01', '2024-10-04', 0, NULL, 7)"
)


def compared(tmp_path: Path, values: str, rows: Rows, more: str = "", rows_at_once: int = 2) -> list[str]:
    """What is found where the view has these rows. So few rows at once that it is asked for in parts."""
    place = Place(tmp_path / "clickhouse")
    columns = "entity String, day Date32, amount Int64, part Nullable(Float64), median Nullable(Int64)"
    with Database(place) as database:
        database.migrate()
        with database.client() as client:
            client.command(f"CREATE OR REPLACE VIEW kpi_x AS SELECT *{more} FROM VALUES('{columns}', {values})")
    views = DatabaseViews(place)
    check = Check("kpi", "")
    Comparison(check, views, rows_at_once).compare(Kpi("kpi_x", GRAIN, lambda _: rows), rows)
    views.close()
    assert check.count == len(check.findings)
    return sorted(f"{finding.code} {finding.text}" for finding in check.findings)


def test_equal_rows_are_no_findings(tmp_path: Path) -> None:
    assert compared(tmp_path, RIGHT, ROWS) == []


def test_a_row_that_comes_twice_is_found(tmp_path: Path) -> None:
    assert compared(tmp_path, f"{RIGHT}, ('DE01', '2024-10-04', 0, NULL, 7)", ROWS) == [
        "kpi.row_doubled kpi_x of entity DE01, day 2024-10-04: the view has it more than once"
    ]


def test_a_row_that_is_not_there_is_found(tmp_path: Path) -> None:
    without = RIGHT.replace(", ('DE01', '2024-10-04', 0, NULL, 7)", "")
    assert compared(tmp_path, without, ROWS) == [
        "kpi.row_missing kpi_x of entity DE01, day 2024-10-04: should be amount 0, part nothing, median 7, the view does not have it"
    ]


def test_a_row_that_nothing_makes_is_found(tmp_path: Path) -> None:
    assert compared(tmp_path, f"{RIGHT}, ('DE01', '2024-10-05', 5, 1, 7)", ROWS) == [
        "kpi.row_extra kpi_x of entity DE01, day 2024-10-05: the view has amount 5, part 1, median 7, nothing makes this row"
    ]


def test_every_column_that_differs_is_found(tmp_path: Path) -> None:
    wrong = RIGHT.replace("3, 1 / 3, NULL", "4, 0.33334, 0")
    assert compared(tmp_path, wrong, ROWS) == [
        "kpi.differs kpi_x of entity US01, day 2024-10-04: amount is 3, the view has 4",
        "kpi.differs kpi_x of entity US01, day 2024-10-04: median is nothing, the view has 0",
        "kpi.differs kpi_x of entity US01, day 2024-10-04: part is 0.333333333, the view has 0.33334",
    ]


def test_columns_that_one_side_has_alone_are_found(tmp_path: Path) -> None:
    rows: Rows = {key: {**row, "p90": None} for key, row in ROWS.items()}
    assert compared(tmp_path, RIGHT, rows, ", 1 AS weight") == [
        "kpi.column_extra kpi_x: nothing recomputes its column weight",
        "kpi.column_missing kpi_x has no column p90",
    ]


def test_a_view_that_should_be_empty_and_is_not(tmp_path: Path) -> None:
    found = compared(tmp_path, RIGHT, {})
    assert [text.split(" ")[0] for text in found] == ["kpi.row_extra"] * 3
