"""An account with more open items than its header holds: their index is in rows, and nothing else is different."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.intake.clockwork import day_end_message
from dataflows.shards.shard import Shard
from dataflows.shards.store import OtherFormat, Store, new_batch
from schemas.codec import decode_decision, encode_fact
from schemas.records import Decision, Invoice, Receipt, RemittanceLine, ShardRow, read_account_row
from schemas.wire import Reader
from tests.books import Books

DAY_MS = 86_400_000
START = 20_000
ITEMS = 300
KEY = "t/e/C1"


def invoice(number: int, due: int) -> Invoice:
    time = START * DAY_MS
    head = (f"i{number}", time, "", "erp", "t", "e", "C1", time)
    return Invoice(*head, f"INV-{number}", "posted", START, START, due, "USD", 10_000 + number, 0, "", "", "", [])


def receipt(number: int, amount: int, lines: list[RemittanceLine], day: int) -> Receipt:
    time = day * DAY_MS
    head = (f"r{number}", time, "", "bank", "t", "e", "C1", time)
    return Receipt(*head, f"R-{number}", "B", "", "USD", amount, day, day, "", "", "", lines)


def history() -> Iterator[bytes]:
    """Three hundred items due on thirty days; money on account for the oldest; reminders; then all is paid but ten."""
    for number in range(ITEMS):
        # Not in order of due dates.
        yield encode_fact(invoice(number, START + 10 + number * 7 % 30))
    yield encode_fact(receipt(1, 35_000, [], START))
    yield day_end_message(START)
    for day in range(START + 1, START + 20):
        yield day_end_message(day)
    for number in range(10, ITEMS):
        lines = [RemittanceLine(f"INV-{number}", None)]
        yield encode_fact(receipt(1000 + number, 10_000 + number, lines, START + 20))
    for day in range(START + 20, START + 90):
        yield day_end_message(day)


def run(directory: Path, cache_bytes: int, commit_each: bool) -> tuple[list[bytes], Shard]:
    shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), cache_bytes)
    for offset, value in enumerate(history()):
        shard.process(offset, value, None)
        if commit_each:
            shard.commit()
    said = [raw for _, _, raw in shard.outbox]
    shard.commit()
    return said, shard


def of(said: list[bytes], kind: str) -> list[Decision]:
    return [d for d in map(decode_decision, said) if d.kind == kind]


def test_nothing_is_different_with_items_that_are_read_by_their_rows(tmp_path: Path) -> None:
    said, shard = run(tmp_path / "a", 64 << 20, False)
    again, other = run(tmp_path / "b", 1, True)
    assert said == again
    Books().take_all([decode_decision(raw) for raw in said]).settle()
    # Ten items are due first; 35,000 on account covers three of them, by number, and some of the fourth.
    first = [d for d in of(said, "reminder_suppressed") if d.event_time < (START + 4) * DAY_MS]
    assert [d.document for d in first] == ["INV-0", "INV-120", "INV-150"]
    assert {reason for d in first for reason in d.reasons} == {"cash_or_credit_covers"}
    partly = next(d for d in of(said, "reminder_due") if d.document == "INV-180")
    assert partly.amount == 10_180 - (35_000 - 10_000 - 10_120 - 10_150)
    # Of the ten that nobody paid it covers those due first; the others go through all steps.
    last = [d.document for d in of(said, "reminder_due") if d.level == 5]
    assert sorted(last) == [f"INV-{number}" for number in (1, 2, 3, 4, 6, 7, 8)]
    for each in (shard, other):
        header = read_account_row(Reader(each.store.fetch(KEY, "A") or b""))
        assert (header.indexed, header.index, header.open_items) == (True, b"", 10)
        due = each.store.names(KEY, "X", "Y", 1_000)
        assert [name[-5:] for name in due] == [f"INV-{n}" for n in (0, 9, 5, 1, 6, 2, 7, 3, 8, 4)]
        each.close()


def test_a_state_of_another_row_format_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "old")
    row = ShardRow("facts", "decisions")
    store.write(new_batch(), row)
    assert store.shard_row() is not None
    batch = new_batch()
    batch.put(b"M", b"\x02a\x02b")
    store._db.write(batch)
    with pytest.raises(OtherFormat, match="move the directory away"):
        store.shard_row()
    store.close()
