"""A view against its recomputation, on a real engine: what differs is found and said, what does not is not."""

from decimal import Decimal
from pathlib import Path

from headrace.audit.findings import Check
from headrace.audit.kpi.comparing import Comparison, Kpi
from headrace.audit.kpi.tables import Key, Rows
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.reading import DatabaseViews


def key(day: str, entity: str, channel: str) -> Key:
    return (day, "acme", entity, "", "", "USD", "kim", channel)


ROWS: Rows = {
    key("2024-10-04", "US01", "email"): {"amount": 3, "days": Decimal("0.3"), "median": None},
    key("2024-10-05", "US01", "email"): {"amount": -2, "days": Decimal("7"), "median": 7},
    key("2024-10-04", "DE01", "edi"): {"amount": 0, "days": None, "median": 7},
}
COLUMNS = """day Date32, tenant String, entity String, region String, segment String, currency String, owner String,
channel String, amount Int64, days Nullable(Decimal(18, 1)), median Nullable(Int64)"""
FIRST = "('2024-10-04', 'acme', 'US01', '', '', 'USD', 'kim', 'email', 3, 0.3, NULL)"
SECOND = "('2024-10-05', 'acme', 'US01', '', '', 'USD', 'kim', 'email', -2, 7, 7)"
THIRD = "('2024-10-04', 'acme', 'DE01', '', '', 'USD', 'kim', 'edi', 0, NULL, 7)"
RIGHT = f"{FIRST}, {SECOND}, {THIRD}"
OF_THIRD = "kpi_x of day 2024-10-04, tenant acme, entity DE01, currency USD, owner kim, channel edi"
OF_FIRST = OF_THIRD.replace("DE01", "US01").replace("edi", "email")


def compared(tmp_path: Path, values: str, rows: Rows, more: str = "", rows_at_once: int = 2) -> list[str]:
    """What is found where the view has these rows. So few rows at once that it is asked for in parts."""
    place = Place(tmp_path / "clickhouse")
    with Database(place) as database:
        database.migrate()
        with database.client() as client:
            client.command(f"CREATE OR REPLACE VIEW kpi_x AS SELECT *{more} FROM VALUES('{COLUMNS}', {values})")
    views = DatabaseViews(place)
    check = Check("kpi", "")
    Comparison(check, views, rows_at_once).compare(Kpi("kpi_x", lambda _: rows, ("channel",)), rows)
    views.close()
    assert check.count == len(check.findings)
    return sorted(f"{finding.code} {finding.text}" for finding in check.findings)


def test_equal_rows_are_no_findings(tmp_path: Path) -> None:
    assert compared(tmp_path, RIGHT, ROWS) == []


def test_a_row_that_comes_twice_is_found(tmp_path: Path) -> None:
    assert compared(tmp_path, f"{RIGHT}, {THIRD}", ROWS) == [
        f"kpi.row_doubled {OF_THIRD}: the view has it more than once"
    ]


def test_a_row_that_is_not_there_is_found(tmp_path: Path) -> None:
    assert compared(tmp_path, f"{FIRST}, {SECOND}", ROWS) == [
        f"kpi.row_missing {OF_THIRD}: should be median 7, the view does not have it"
    ]


def test_a_row_that_nothing_makes_is_found(tmp_path: Path) -> None:
    assert compared(tmp_path, f"{RIGHT}, {THIRD.replace('DE01', 'DE02')}", ROWS) == [
        f"kpi.row_extra {OF_THIRD.replace('DE01', 'DE02')}: the view has median 7, nothing makes this row"
    ]


def test_every_column_that_differs_is_found(tmp_path: Path) -> None:
    assert compared(tmp_path, f"{FIRST.replace('3, 0.3, NULL', '4, 0.4, 0')}, {SECOND}, {THIRD}", ROWS) == [
        f"kpi.differs {OF_FIRST}: amount is 3, the view has 4",
        f"kpi.differs {OF_FIRST}: days is 0.3, the view has 0.4",
        f"kpi.differs {OF_FIRST}: median is nothing, the view has 0",
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
