"""What a shard does with facts that it must not simply take: each is told as a decision, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.log.base import account_key, partition_of
from dataflows.rules.money.money import MOST_MINOR
from dataflows.rules.policy.policy import DEFAULT_TEXT
from dataflows.shards.logged import Diverged, Logged
from dataflows.shards.shard import DAY_MS, Shard
from dataflows.shards.store import Store, event_key
from schemas.codec import decode_decision, encode_decision, encode_fact
from schemas.records import (
    Clock,
    Decision,
    Fact,
    Invoice,
    OperatorAction,
    Policy,
    Promise,
    Receipt,
    RemittanceLine,
    ShardRow,
    Shipment,
    Watermark,
)
from tests.installations import but

DAY = 20_000
SHARDS = 4
ACCOUNT = next(f"C{n}" for n in range(100) if partition_of(account_key("t", "e", f"C{n}"), SHARDS) == 0)
ELSEWHERE = next(f"C{n}" for n in range(100) if partition_of(account_key("t", "e", f"C{n}"), SHARDS) == 1)


class Bench:
    """One shard of four, fed by hand."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.shard = Shard(0, SHARDS, Store(directory), ShardRow("facts", "decisions"), 1 << 20)
        self.offset = 0

    def take(self, fact: Fact | bytes, logged: Logged | None = None) -> list[Decision]:
        value = fact if isinstance(fact, bytes) else encode_fact(fact)
        self.shard.process(self.offset, value, logged)
        self.offset += 1
        found = [decode_decision(raw) for _, _, raw in self.shard.outbox]
        self.shard.outbox.clear()
        return found

    def told(self, fact: Fact | bytes) -> list[tuple[str, str, list[str]]]:
        """Kind, rule and reasons of what the fact leads to."""
        return [(d.kind, d.rule, d.reasons) for d in self.take(fact)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "shard")
    yield made
    made.shard.close()


def invoice(
    event_id: str, document: str, amount: int = 100_00, account: str = ACCOUNT, day: int = DAY, tenant: str = "t"
) -> Invoice:
    time = day * DAY_MS
    head = (event_id, time, "", "erp", tenant, "e", account, time)
    return Invoice(*head, document, "posted", day, day, day + 30, "USD", amount, 0, "", "", "", [])


def receipt(event_id: str, receipt_id: str, amount: int, document: str, day: int = DAY) -> Receipt:
    time = day * DAY_MS
    lines = [RemittanceLine(document, amount)]
    head = (event_id, time, "", "bank", "t", "e", ACCOUNT, time)
    return Receipt(*head, receipt_id, "B", "", "USD", amount, day, day, "", "", "", lines)


def action(event_id: str, name: str, account: str = ACCOUNT, until: int = 0, day: int = DAY) -> OperatorAction:
    time = day * DAY_MS
    return OperatorAction(
        event_id, time, "", "t", "t", "e", account, time, name, "clerk", "", "", "", "", 0, until, "why"
    )


def clock(now: int, mode: str = "live") -> Clock:
    return Clock(f"clock:{now}", now, "", "headrace", "", "", "", now, now, mode, [Watermark("payments", now)])


def test_the_same_event_twice_has_one_effect(bench: Bench) -> None:
    assert [d.kind for d in bench.take(invoice("x", "INV-1"))] == ["item_posted"]
    assert bench.take(invoice("x", "INV-1")) == []
    assert bench.shard.duplicates == 1


def test_an_event_id_with_other_contents_is_rejected(bench: Bench) -> None:
    bench.take(invoice("x", "INV-1"))
    rejected = ("fact_rejected", "shard.event_id", ["event_id_with_other_contents"])
    assert bench.told(invoice("x", "INV-1", 100_01)) == [rejected]
    # Money of another kind under the same id must not vanish as a duplicate.
    assert bench.told(receipt("x", "R-1", 50_00, "INV-1")) == [rejected]
    bench.shard.commit()
    assert bench.told(invoice("x", "INV-2")) == [rejected]


def test_an_invoice_number_comes_twice_with_other_amounts(bench: Bench) -> None:
    bench.take(invoice("x", "INV-1"))
    assert bench.told(invoice("y", "INV-1", 200_00)) == [("fact_rejected", "facts", ["document_known"])]


def test_a_fact_of_another_shard_is_rejected(bench: Bench) -> None:
    assert bench.told(invoice("x", "INV-1", account=ELSEWHERE)) == [
        ("fact_rejected", "shard.misplaced", ["not_of_shard:0"])
    ]


def test_a_fact_without_a_tenant_is_rejected(bench: Bench) -> None:
    assert bench.told(invoice("x", "INV-1", tenant="")) == [
        ("fact_rejected", "shard.account", ["tenant_entity_or_account_missing"])
    ]


def test_random_bytes_are_rejected(bench: Bench) -> None:
    ((kind, rule, reasons),) = bench.told(b"\x07nonsense")
    assert (kind, rule) == ("fact_rejected", "shard.unreadable")
    assert reasons == ["not in the wire format: byte 0, four bytes of schema id, Avro"]


def test_a_fact_from_the_future_waits_for_an_operator(bench: Bench) -> None:
    bench.take(clock(DAY * DAY_MS))
    late = invoice("x", "INV-1", day=DAY + 27_000)
    assert bench.told(late) == [("fact_rejected", "shard.future", ["event_time_ahead_days:27000"])]
    bench.take(action("a", "allow_future", "", (DAY + 28_000) * DAY_MS))
    assert [d.kind for d in bench.take(late)] == ["item_posted"]


def test_a_live_clock_that_jumps_waits_for_an_operator(bench: Bench) -> None:
    now = DAY * DAY_MS
    bench.take(clock(now))
    assert bench.told(clock(now + 301_000)) == [("fact_rejected", "shard.clock", ["clock_jump_seconds:301"])]
    assert bench.shard.row.now == now
    bench.take(action("a", "allow_clock", "", now + 400_000))
    assert bench.told(clock(now + 302_000)) == []
    assert bench.shard.row.now == now + 302_000
    # A clock never goes back.
    bench.take(clock(now))
    assert bench.shard.row.now == now + 302_000


def test_a_transition_that_fails_parks_its_account_and_nobody_else(bench: Bench) -> None:
    """Two amounts whose sum no balance can hold are what fails here; intake would refuse each of them."""
    huge = 3 << 60
    other = next(f"D{n}" for n in range(100) if partition_of(account_key("t", "e", f"D{n}"), SHARDS) == 0)
    bench.take(invoice("a", "INV-1", huge))
    ((kind, rule, reasons),) = bench.told(invoice("b", "INV-2", huge))
    assert (kind, rule) == ("exception_raised", "shard.parked")
    assert reasons[0].startswith("AssertionError")
    # Its facts wait; the others go on.
    assert bench.take(receipt("c", "R-1", 5, "INV-1")) == []
    assert [d.kind for d in bench.take(invoice("d", "INV-9", account=other))] == ["item_posted"]
    assert bench.shard.row.parked_accounts == 1
    bench.shard.commit()
    # The cause is still there: the first that waits fails again, and all wait on.
    again = [(d.kind, d.rule) for d in bench.take(action("e", "resume_account"))]
    assert again == [("exception_closed", "shard.parked"), ("exception_raised", "shard.parked")]
    bench.shard.commit()
    assert bench.shard.row.parked_accounts == 1


def test_what_waited_is_taken_in_when_the_account_is_resumed(bench: Bench) -> None:
    huge = MOST_MINOR - 100
    bench.take(invoice("a", "INV-1", huge))
    assert [d.rule for d in bench.take(invoice("b", "INV-2", 500))] == ["shard.parked"]
    assert bench.take(receipt("c", "R-1", 600, "INV-1")) == []
    # The rules are mended meanwhile: what does not fit any more is here made to fit by hand.
    account = bench.shard.accounts.get(f"t/e/{ACCOUNT}")
    assert account is not None
    account.balance("USD").open_debit -= 10_000
    account.balance("USD").debits_raised -= 10_000
    account.touch()
    bench.shard.accounts.changed(account)
    kinds = [(d.kind, d.document, d.cause_id) for d in bench.take(action("e", "resume_account"))]
    assert kinds == [
        ("exception_closed", "", "e"),
        ("item_posted", "INV-2", "b"),
        ("receipt_booked", "", "c"),
        ("cash_applied", "INV-1", "c"),
    ]
    assert bench.shard.row.parked_accounts == 0


def test_what_the_rules_conclude_otherwise_than_the_log_stops_the_shard(bench: Bench) -> None:
    (said,) = bench.take(invoice("x", "INV-1"))
    said.amount += 1
    said.sequence = 1
    said.fact_offset = 1
    said.document = "INV-2"
    with pytest.raises(Diverged, match="fact at offset 1"):
        bench.take(invoice("y", "INV-2"), Logged([encode_decision(said)], True, 0))


def test_ids_that_say_nothing_of_money_are_forgotten_after_45_days(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "forget")
    start = 45 * 400
    bench.take(clock(start * DAY_MS, "replay"))
    blocked = action("b", "block_reminders", day=start)
    promised = promise("p", start)
    time = start * DAY_MS
    shipped = Shipment("s", time, "", "wms", "t", "e", ACCOUNT, time, "S-1", "O-1", "", start, [])
    assert bench.take(blocked) == []
    assert [d.kind for d in bench.take(promised)] == ["promise_opened"]
    assert bench.take(shipped) == []
    bench.take(clock((start + 46) * DAY_MS, "replay"))
    bench.shard.commit()
    assert [bench.take(fact) for fact in (blocked, promised, shipped)] == [[], [], []]
    assert bench.shard.duplicates == 3
    bench.take(clock((start + 91) * DAY_MS, "replay"))
    bench.shard.commit()
    bench.shard.commit()
    # What an operator said, and what was promised, is kept for ever.
    kept = sorted(key for key, _ in bench.shard.store.range(b"E", b"F", 10))
    assert kept == sorted([event_key("b"), event_key("p")])
    assert [bench.take(fact) for fact in (blocked, promised, shipped)] == [[], [], []]
    assert bench.shard.duplicates == 5
    bench.shard.close()


def promise(event_id: str, day: int) -> Fact:
    time = day * DAY_MS
    return Promise(event_id, time, "", "crm", "t", "e", ACCOUNT, time, "P-1", "USD", 100, day + 5, [], False)


def test_a_policy_that_is_wrong_is_rejected_and_the_old_one_stays(bench: Bench) -> None:
    text = DEFAULT_TEXT.replace("version = 0", "version = 1").replace("[-7, 1,", "[1, -7,")
    fact = Policy("policy:1", 0, "", "headrace", "", "", "", 0, 1, text, "digest")
    ((kind, rule, reasons),) = bench.told(fact)
    assert (kind, rule) == ("fact_rejected", "shard.policy")
    assert reasons == ["reminders.steps_days: [1, -7, 10, 20, 30] must rise, each once"]
    assert bench.shard.row.policy_version == 0


def test_an_account_that_is_not_parked_cannot_be_resumed(bench: Bench) -> None:
    assert bench.told(action("a", "resume_account")) == [("fact_rejected", "operator.resume_account", ["not_parked"])]


def test_a_policy_of_the_same_version_with_another_text_is_rejected(bench: Bench) -> None:
    text = DEFAULT_TEXT.replace("version = 0", "version = 1")
    first = Policy("policy:1", 0, "", "headrace", "", "", "", 0, 1, text, "digest")
    other = Policy("policy:2", 0, "", "headrace", "", "", "", 0, 1, text + "# another\n", "digest")
    older = Policy("policy:3", 0, "", "headrace", "", "", "", 0, 0, DEFAULT_TEXT, "digest")
    assert [bench.told(fact) for fact in (first, first, older)] == [
        [("policy_in_force", "policy.from_offset", [])],
        [],
        [("fact_rejected", "shard.policy", ["version_not_above:1"])],
    ]
    assert bench.told(other) == [("fact_rejected", "shard.policy", ["version_with_other_text:1"])]
    assert bench.shard.row.policy_text == text


def test_nothing_is_looked_at_before_the_facts_that_came_before_the_first_clock(tmp_path: Path) -> None:
    """A shard whose first clock comes at the end of its first day, as that of a cut-over: an item that is past due, and a
    draft that waits."""
    bench = Bench(tmp_path / "shard")
    bench.take(but(invoice("x", "INV-1"), due_date=DAY - 40))
    assert [d.kind for d in bench.take(but(invoice("y", "INV-2"), stage="draft", order_id="O-1"))] == ["invoice_held"]
    said = [d for day in range(3) for d in bench.take(clock((DAY + day + 1) * DAY_MS - 1, "replay"))]
    assert "reminder_due" in {d.kind for d in said}
    assert [d.kind for d in said if d.event_time < DAY * DAY_MS] == []
    bench.shard.close()
