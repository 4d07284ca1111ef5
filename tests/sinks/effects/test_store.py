"""The file of a sink with effects: what is forgotten, what goes first in a lane, and what two connections see."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from schemas.codec import decode_decision, encode_decision
from schemas.records import Decision
from sinks.base import SinkStopped
from sinks.effects.base import Intent, Outcome, Result, State
from sinks.effects.breaker import after
from sinks.effects.files import make
from sinks.effects.store import EffectStore, Ended, TargetRow

SHARDS = (0,)
DAY = 86_400_000
DONE = Outcome(Result.done)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EffectStore]:
    make(tmp_path / "x.sqlite", "x", "facts", "decisions", {})
    found = EffectStore(tmp_path / "x.sqlite")
    yield found
    found.close()


def ask(store: EffectStore, *lanes: str, at: int = 0) -> None:
    """One effect after the other, at the target `out`; due at once."""
    first = len(store.rows())
    with store.transaction():
        for number, lane in enumerate(lanes):
            d = Decision(sequence=first + number, kind="item_posted", account_id="C1", recorded_time=at, count=1)
            store.add(f"k-0-{d.sequence}", d, encode_decision(d), Intent("out", "event", lane, 10), at)


def do(store: EffectStore, number: int, outcome: Outcome, at: int, retry: float | None = None) -> None:
    store.start([number], at)
    store.ended([Ended(number, outcome, retry)], at)


def tell(store: EffectStore) -> None:
    store.told(store.untold(100))


def remind(store: EffectStore, *documents: str) -> None:
    """One letter about these items."""
    with store.transaction():
        for number, document in enumerate(documents):
            d = Decision(sequence=number, kind="reminder_due", account_id="C1", document=document, count=len(documents))
            store.add("k-0-0", d, encode_decision(d), Intent("out", "reminder", "C1", 10, "letter"), 0)


def request(store: EffectStore, number: str, *documents: str, cleared: str = "") -> None:
    """Several documents are to be delivered as one; cleared: one that is, by then."""
    with store.transaction():
        evidence = ["chain:email", *([f"cleared:{cleared}"] if cleared else [])]
        d = Decision(
            sequence=50, kind="delivery_requested", account_id="C1", document=number, candidates=[*documents], evidence=evidence
        )  # fmt: skip
        store.add("k-0-50", d, encode_decision(d), Intent("out", "delivery", "C1", 10), 0)


def pay(store: EffectStore, document: str, left: int = 0, kind: str = "cash_applied") -> int:
    with store.transaction():
        paid = Decision(sequence=99, kind=kind, account_id="C1", document=document, item_open=left, count=1)
        return store.withdraw(paid, True, 0)


def test_the_first_of_a_lane_is_ready_and_those_without_a_lane_all(store: EffectStore) -> None:
    ask(store, "a", "a", "b", "", "", "b")
    assert store.ready("out", SHARDS, 0, 9) == [1, 3, 4, 5]
    assert store.ready("out", SHARDS, 0, 2) == [1, 3]
    assert store.ready("out", (1,), 0, 9) == []
    assert store.ready("other", SHARDS, 0, 9) == []
    do(store, 1, Outcome(Result.later), 0, 6.0)
    assert store.ready("out", SHARDS, 0, 9) == [3, 4, 5]
    assert store.ready("out", SHARDS, 6_000, 9) == [3, 4, 5, 1]
    do(store, 3, DONE, 0)
    assert store.ready("out", SHARDS, 0, 9) == [4, 5, 6]
    do(store, 1, Outcome(Result.later), 0, None)
    assert store.ready("out", SHARDS, 0, 9) == [2, 4, 5, 6]


def test_what_is_tried_again_goes_ahead_of_what_waits_in_its_lane(store: EffectStore) -> None:
    ask(store, "a", "a")
    do(store, 1, Outcome(Result.refused), 0)
    assert store.ready("out", SHARDS, 0, 9) == [2]
    assert store.again(1, 0) == ""
    assert store.ready("out", SHARDS, 0, 9) == [1]
    assert store.again(1, 0) == "is waiting, and is tried without this"
    assert store.again(2, 0) == "is waiting, and is tried without this"
    assert store.again(9, 0) == "there is no such effect"
    do(store, 1, DONE, 0)
    assert store.ready("out", SHARDS, 0, 9) == [2]
    assert [ending.event_id() for ending in store.untold(9)] == ["effect:out:k-0-0:done:1"]


def test_what_is_tried_again_lives_as_long_as_at_first_each_time(store: EffectStore) -> None:
    ask(store, "")
    for at in (30 * DAY, 31 * DAY, 400 * DAY):
        do(store, 1, Outcome(Result.refused), at)
        assert store.again(1, at) == ""
        assert [row.expires_ms for row in store.rows()] == [at + 10_000]


def test_what_ended_long_ago_is_forgotten_and_what_a_person_has_to_see_is_not(store: EffectStore) -> None:
    ask(store, *[""] * 6)
    for number, result in enumerate([Result.done, Result.refused, Result.unknown, Result.done], start=1):
        do(store, number, Outcome(result), number * DAY)
    assert store.forget(9 * DAY, 9) == 0
    tell(store)
    assert store.forget(4 * DAY, 9) == 2
    assert [row.number for row in store.rows()] == [6, 5, 4, 3]
    assert (store.attempts(1), store.members(1)) == ([], [])
    assert len(store.attempts(3)) == len(store.members(3)) == 1
    assert store.settle(3, State.done, "seen", 4 * DAY)
    tell(store)
    assert store.forget(9 * DAY, 1) == 1
    assert store.forget(9 * DAY, 9) == 1
    assert [row.number for row in store.rows()] == [6, 5]


def test_an_intent_that_is_asked_twice_is_kept_once(store: EffectStore) -> None:
    d = Decision(kind="item_posted", count=1)
    with store.transaction():
        for _ in range(2):
            store.add("k-0-0", d, encode_decision(d), Intent("out", "event", "", 10), 0)
            store.add("k-0-0", d, encode_decision(d), Intent("other", "event", "", 10), 0)
    assert [row.target for row in store.rows()] == ["other", "out"]


def test_expiry_ends_what_waits_and_lets_the_next_one_go(store: EffectStore) -> None:
    ask(store, "a")
    ask(store, "a", at=5_000)
    assert store.expire(9_999, 9) == 0
    assert store.expire(10_000, 9) == 1
    assert [row.state for row in store.rows()] == ["waiting", "expired"]
    assert store.ready("out", SHARDS, 10_000, 9) == [2]


def test_a_posting_is_for_a_person_however_it_was_not_done(store: EffectStore) -> None:
    with store.transaction():
        for number in range(6):
            d = Decision(sequence=number, kind="receipt_booked", recorded_time=0 if number < 3 else 9_000, count=1)
            kind = "posting" if number % 3 else "event"
            store.add(f"k-0-{number}", d, encode_decision(d), Intent("out", kind, "", 10), 0)
    assert store.expire(10_000, 9) == 3
    store.drop({4: "not taken", 5: "not taken"}, 10_000)
    assert [(row.number, row.state) for row in store.rows(None)] == [
        (6, "waiting"), (5, "withdrawn"), (3, "expired"), (2, "expired"),
    ]  # fmt: skip
    tell(store)
    settled = [store.settle(number, State.done, "by hand", 0) for number in range(1, 7)]
    assert settled == [False, True, True, False, True, False]
    assert [(ending.state, ending.detail) for ending in store.untold(9)] == [("done", "by hand")] * 3


def test_a_posting_that_shall_not_be_done_is_not_told_again(store: EffectStore) -> None:
    d = Decision(kind="receipt_booked", count=1)
    with store.transaction():
        store.add("k-0-0", d, encode_decision(d), Intent("out", "posting", "", 10), 0)
    assert store.expire(10_000, 9) == 1
    tell(store)
    assert store.settle(1, State.failed, "never owed", 0)
    assert [(row.state, row.detail) for row in store.rows()] == [("failed", "never owed")]
    assert store.untold(9) == []


def test_what_waits_since_a_time_that_has_not_come_waits_as_long_from_now_on(store: EffectStore) -> None:
    ask(store, "", "", at=DAY)
    do(store, 1, Outcome(Result.later), 0, 6.0)
    do(store, 2, Outcome(Result.later), DAY, 7.0)
    later = Outcome(Result.later, after_seconds=20)
    rows = {"a": after(TargetRow("a"), later, 0), "b": after(TargetRow("b"), later, DAY)}
    for row in rows.values():
        store.set_target(row)
    # The clock is right again, and the second time a moment has gone by.
    for now in (1_000, 2_000):
        store.put_back(now)
        assert [row.due_ms for row in store.rows()] == [8_000, 6_000]
        assert {name: row.paused_until_ms for name, row in store.targets().items()} == {"a": 20_000, "b": 21_000}


def test_what_is_asked_for_while_the_clock_is_ahead_is_due_at_once(store: EffectStore) -> None:
    d = Decision(kind="item_posted", recorded_time=5, count=1)
    with store.transaction():
        store.add("k-0-0", d, encode_decision(d), Intent("out", "event", "", 10), DAY)
    assert store.ready("out", SHARDS, 5, 9) == [1]


def test_what_has_expired_is_not_ready_however_many_are_to_be_ended_first(store: EffectStore) -> None:
    ask(store, "", "")
    ask(store, "", at=5_000)
    assert store.expire(10_000, 1) == 1
    assert store.ready("out", SHARDS, 10_000, 9) == [3]


def test_what_is_paid_while_its_letter_is_on_the_way_is_not_tried_again(store: EffectStore) -> None:
    remind(store, "INV-1", "INV-2")
    store.start([1], 0)
    assert pay(store, "INV-1") == 0
    store.ended([Ended(1, Outcome(Result.later), 1.0)], 0)
    assert [d.document for d in store.effect(1).decisions] == ["INV-2"]
    store.start([1], 1_000)
    assert pay(store, "INV-2") == 0
    store.ended([Ended(1, Outcome(Result.later), 1.0)], 1_000)
    assert [(row.state, row.detail) for row in store.rows()] == [("withdrawn", "paid")]
    assert store.ready("out", SHARDS, 9_000, 9) == []


def test_what_may_have_arrived_is_not_said_to_have_been_withdrawn_or_expired_alone(store: EffectStore) -> None:
    remind(store, "INV-1")
    ask(store, "")
    for number in (1, 2):
        do(store, number, Outcome(Result.later, in_doubt=True), 0, 0.0)
        do(store, number, Outcome(Result.later), 0, 0.0)
    assert pay(store, "INV-1") == 1
    assert store.expire(10_000, 9) == 1
    maybe = "; an attempt had no answer, and may have arrived"
    assert [row.detail for row in store.rows()] == [f"not done in time, 2 attempts{maybe}", f"paid{maybe}"]
    assert [ending.effect.in_doubt for ending in store.untold(9)] == [True, True]
    # A person has looked, and wants it tried again.
    assert store.again(2, 0) == ""
    assert not store.effect(2).in_doubt


def test_a_letter_that_arrived_after_its_item_was_paid_is_done(store: EffectStore) -> None:
    remind(store, "INV-1")
    store.start([1], 0)
    assert pay(store, "INV-1") == 0
    store.ended([Ended(1, DONE, None)], 0)
    assert [(row.state, row.detail) for row in store.rows()] == [("done", "")]


@pytest.mark.parametrize("result", [Result.refused, Result.unknown, None])
def test_what_was_paid_after_its_letter_ended_badly_is_not_tried_again_by_hand(
    result: Result | None, store: EffectStore
) -> None:
    remind(store, "INV-1", "INV-2")
    if result is None:
        assert store.expire(10_000, 9) == 1
    else:
        do(store, 1, Outcome(result), 0)
    assert pay(store, "INV-1") == 0
    assert store.again(1, 0) == ""
    assert [d.document for d in store.effect(1).decisions] == ["INV-2"]
    assert pay(store, "INV-2") == 1
    assert store.again(1, 0) == "nothing of it is left to be done: paid"
    assert [row.state for row in store.rows()] == ["withdrawn"]


def test_several_documents_are_not_delivered_once_each_of_them_is_cleared(store: EffectStore) -> None:
    request(store, "SR-1", "INV-1", "INV-2", "INV-3", cleared="INV-3")
    assert pay(store, "INV-1") == pay(store, "INV-2", left=5) == 0
    # Its money went back.
    assert pay(store, "INV-1", left=7, kind="cash_unapplied") == 0
    assert pay(store, "INV-2") == 0
    assert [row.state for row in store.rows()] == ["waiting"]
    assert pay(store, "INV-1") == 1
    assert [(row.state, row.detail) for row in store.rows()] == [("withdrawn", "cleared")]


def test_what_is_tried_again_by_hand_waits_for_what_its_lane_is_at(store: EffectStore) -> None:
    ask(store, "a", "a")
    do(store, 1, Outcome(Result.refused), 0)
    store.start([2], 0)
    assert store.again(1, 0) == ""
    assert store.ready("out", SHARDS, 0, 9) == []
    store.ended([Ended(2, DONE, None)], 0)
    assert store.ready("out", SHARDS, 0, 9) == [1]


def test_what_a_person_settles_while_its_end_is_being_told_is_told_too(store: EffectStore) -> None:
    ask(store, "")
    do(store, 1, Outcome(Result.unknown), 0)
    telling = store.untold(9)
    assert store.settle(1, State.done, "seen", 0)
    store.told(telling)
    assert [ending.event_id() for ending in store.untold(9)] == ["effect:out:k-0-0:done"]


def test_a_failure_that_a_person_leaves_as_one_is_not_told_again(store: EffectStore) -> None:
    ask(store, "")
    do(store, 1, Outcome(Result.refused, "no such item"), 0)
    tell(store)
    assert store.settle(1, State.failed, "shall not be", 0)
    assert store.untold(9) == []
    assert [(row.state, row.detail) for row in store.rows()] == [("failed", "shall not be")]


def test_a_file_of_an_earlier_version_gets_what_it_lacks(store: EffectStore, tmp_path: Path) -> None:
    remind(store, "INV-1", "INV-2")
    other = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    request(store, "SR-1", "INV-3", "INV-4")
    ask(store, "", at=5)
    for table in ("withdrawable", "candidates"):
        other.execute(f"DROP TABLE {table}")
    for table, column in (("effects", "life_ms"), ("effects", "in_doubt"), ("targets", "paused_ms")):
        other.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    other.execute("UPDATE sink SET format = 1")
    other.execute("DROP INDEX effects_bundle")
    other.execute("CREATE INDEX effects_withdrawable ON effects (account)")
    with closing(EffectStore(tmp_path / "x.sqlite")) as opened:
        assert pay(opened, "INV-1") == 0
        assert [d.document for d in opened.effect(1).decisions] == ["INV-2"]
        assert pay(opened, "INV-2") == 1
        assert (pay(opened, "INV-3"), pay(opened, "INV-4")) == (0, 1)
        do(opened, 3, Outcome(Result.refused), 0)
        assert opened.again(3, DAY) == ""
        assert opened.rows(most=1)[0].expires_ms == DAY + 10_000
    found = {name for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    other.close()
    assert {"withdrawable_document", "withdrawable_money", "candidates_document", "effects_bundle"} <= found
    assert "effects_withdrawable" not in found


def test_what_was_done_and_is_paid_since_is_not_done_again_by_hand(store: EffectStore) -> None:
    remind(store, "INV-1", "INV-2")
    do(store, 1, DONE, 0)
    assert pay(store, "INV-1") == 0
    # It was about both when it left, and that is what is told.
    ((ending),) = store.untold(9)
    assert [d.document for d in ending.effect.decisions] == ["INV-1", "INV-2"]
    assert store.again(1, 0) == ""
    assert [d.document for d in store.effect(1).decisions] == ["INV-2"]
    do(store, 1, DONE, 0)
    assert pay(store, "INV-2") == 0
    assert store.again(1, 0) == "nothing of it is left to be done: paid"
    assert [row.state for row in store.rows()] == ["done"]


def test_a_decision_looks_at_what_it_is_about_and_at_nothing_else_of_its_account(
    store: EffectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def decoding(raw: bytes) -> Decision:
        found = decode_decision(raw)
        looked.append(found.document)
        return found

    remind(store, *[f"INV-{number}" for number in range(50)])
    assert store.expire(10_000, 9) == 1
    monkeypatch.setattr("sinks.effects.withdrawable.decode_decision", decoding)
    with store.transaction():
        for kind in ("item_posted", "cash_applied"):
            other = Decision(sequence=90, kind=kind, account_id="C1", document="INV-x", count=1)
            assert store.withdraw(other, True, 0) == 0
    assert looked == []
    assert pay(store, "INV-7") == 0
    assert looked == ["INV-7"]


def test_a_transaction_that_fails_leaves_nothing(store: EffectStore) -> None:
    def fails() -> None:
        with store.transaction():
            store.put("a", b"1")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        fails()
    assert store.get("a") is None


def test_a_file_that_cannot_be_written_stops_the_sink(store: EffectStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    other.execute("DROP TABLE known")
    other.close()
    with pytest.raises(SinkStopped, match=r"x\.sqlite: cannot be written: no such table"), store.transaction():
        store.put("a", b"1")


def test_a_file_that_is_none_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkStopped, match="there is no such file"):
        EffectStore(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("no database, but long enough to be looked at as one" * 40)
    with pytest.raises(SinkStopped, match=r"text\.sqlite: cannot be read"):
        EffectStore(tmp_path / "text.sqlite")
