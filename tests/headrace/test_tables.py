"""Tables for people on terminals of any width: nothing is cut off, and what is copied is never broken."""

import io

import pytest
from rich.console import Console

from headrace.commands.tables import Column, Listing, plain_console, show

COMMAND = "headrace approve --dir /somewhere/else C000001:20482 --by YOU"
WHY = "the amount is more than one person may write off alone, and nobody else has seen it"


def printed(listing: Listing, columns: int) -> list[str]:
    out = io.StringIO()
    listing.show(Console(file=out, width=columns, markup=False, highlight=False))
    return out.getvalue().splitlines()


def listing() -> Listing:
    found = Listing([Column("id"), Column("past due", right=True), Column("why", wraps_at=20)], "What waits")
    found.add("C000001:20482", "1,234,567.89 USD", WHY)
    found.add("C000002:7", "0.05 USD", "short")
    return found


def cells(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("│┃").split(line[0])] for line in lines if line[:1] in ("│", "┃")]


@pytest.mark.parametrize("columns", [60, 80, 130, 300])
def test_a_table_is_as_wide_as_its_texts_and_the_terminal_and_has_all_of_them(columns: int) -> None:
    title, *table = printed(listing(), columns)
    assert title.rstrip() == "What waits"
    assert {len(line) for line in table} == {min(columns, 13 + 16 + len(WHY) + 10)}
    found = cells(table)
    assert [row[:2] for row in found if row[0]] == [
        ["id", "past due"],
        ["C000001:20482", "1,234,567.89 USD"],
        ["C000002:7", "0.05 USD"],
    ]
    assert " ".join(row[2] for row in found) == f"why {WHY} short"


def test_the_least_width_of_a_table_is_met_and_below_it_there_are_records() -> None:
    least = 13 + 16 + 20 + 10
    assert {len(line) for line in printed(listing(), least)[1:]} == {least}
    assert printed(listing(), least - 1) == [
        "What waits",
        "row 1 of 2",
        "  id        C000001:20482",
        "  past due  1,234,567.89 USD",
        "  why       the amount is more than one person may write",
        "            off alone, and nobody else has seen it",
        "",
        "row 2 of 2",
        "  id        C000002:7",
        "  past due  0.05 USD",
        "  why       short",
    ]


def test_what_may_not_be_broken_stays_on_its_line() -> None:
    found = Listing([Column("id"), Column("what can be done")])
    found.add("1", f"{COMMAND}\n{COMMAND} --reason WHY")
    assert printed(found, 40) == [
        "row 1 of 1",
        "  id                1",
        f"  what can be done  {COMMAND}",
        f"                    {COMMAND} --reason WHY",
    ]


def test_a_name_of_several_words_gives_way_before_its_texts() -> None:
    found = Listing([Column("if paid when due", right=True), Column("received in all", right=True)])
    found.add("1,234,567.89", "9,876,543.21")
    table = printed(found, 31)
    assert {len(line) for line in table} == {31}
    assert cells(table)[-1] == ["1,234,567.89", "9,876,543.21"]
    assert printed(found, 30)[0] == "row 1 of 1"


def test_no_rows_are_a_table_or_a_line() -> None:
    empty = Listing([Column("one"), Column("another")])
    assert cells(printed(empty, 20)) == [["one", "another"]]
    assert printed(empty, 10) == ["no rows of one, another"]


def test_lines_are_wrapped_between_words_where_people_read_and_never_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    show(["  " + WHY, "  " + COMMAND])
    assert capsys.readouterr().out == f"  {WHY}\n  {COMMAND}\n", "a program reads"
    monkeypatch.setenv("COLUMNS", "50")
    show(["  " + WHY, "  " + COMMAND, "short"])
    first, second, command, short = capsys.readouterr().out.splitlines()
    assert (first, second) == (
        "  the amount is more than one person may write off",
        "    alone, and nobody else has seen it",
    )
    assert (command, short) == ("  " + COMMAND, "short")


def test_an_id_between_colons_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    found = Listing([Column("account")])
    found.add("~suspense:BANK:05")
    found.show()
    plain_console().print("~suspense:BANK:05")
    printed = capsys.readouterr().out.splitlines()
    assert printed[3].strip("│ ") == "~suspense:BANK:05"
    assert printed[-1] == "~suspense:BANK:05"
