"""An account with more orders than are counted at once when its limit comes: the same whatever was committed when."""

from pathlib import Path

from connectors.intake.clockwork import day_end_message
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import CreditLimit, Decision, Invoice, InvoiceLine, Order, OrderLine, ShardRow

DAY_MS = 86_400_000
START = 20_000
ORDERS = 450
DRAFTS = 30


def head(name: str) -> tuple[str, int, str, str, str, str, str, int]:
    return (name, START * DAY_MS, "", "erp", "t", "e", "C1", START * DAY_MS)


def history() -> list[bytes]:
    """Orders of 10.00 each, drafts of the first of them, then a limit that all of it is above, then some days."""
    lines = [OrderLine(1, "P", 1_000, 10_000_000)]
    values = [day_end_message(START - 1)]
    for number in range(ORDERS):
        values.append(encode_fact(Order(*head(f"o{number}"), f"O-{number}", START, "USD", "", False, lines)))
    for number in range(DRAFTS):
        billed = [InvoiceLine(1, 1, "P", 1_000, 10_000_000, 1_000, 0, "X")]
        dates = (START, START, START + 30)
        draft = Invoice(
            *head(f"d{number}"), f"INV-{number}", "draft", *dates, "USD", 1_000, 0, f"O-{number}", "", "", billed
        )
        values.append(encode_fact(draft))
    limit = CreditLimit(*head("l1"), "standard", "USD", (ORDERS - 10) * 1_000, 0, 0, "", False)
    return [*values, encode_fact(limit), *(day_end_message(START + day) for day in range(4))]


def run(directory: Path, cache_bytes: int, commit_each: bool) -> list[bytes]:
    shard = Shard(0, 1, Store(directory), ShardRow("facts", "decisions"), cache_bytes)
    for offset, value in enumerate(history()):
        shard.process(offset, value, None)
        if commit_each:
            shard.commit()
    said = [raw for _, _, raw in shard.outbox]
    shard.close()
    return said


def credit_of(said: list[bytes]) -> list[Decision]:
    return [d for d in map(decode_decision, said) if d.kind.startswith("credit_")]


def test_all_orders_are_counted_a_part_at_a_time(tmp_path: Path) -> None:
    said = run(tmp_path / "a", 64 << 20, commit_each=False)
    limit, held = credit_of(said)
    assert limit.kind == "credit_limit_set"
    assert (held.kind, held.amount) == ("credit_hold_set", ORDERS * 1_000)
    assert f"drafts:{DRAFTS * 1_000}" in held.evidence
    assert f"orders:{(ORDERS - DRAFTS) * 1_000}" in held.evidence
    # Not by the limit itself: 200 are counted with it, and as many when that is done.
    assert held.cause_kind == "wake"


def test_what_is_committed_and_evicted_changes_nothing(tmp_path: Path) -> None:
    assert run(tmp_path / "a", 64 << 20, commit_each=False) == run(tmp_path / "b", 1, commit_each=True)
