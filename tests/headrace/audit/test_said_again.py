"""The same facts once more, long after: what is known has no effect, and the audit agrees."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.log.base import Log
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.codec import decode_fact, encode_fact
from schemas.records import Decision, Dispute, Fact, PayerRelation, Promise, Return, Shipment
from tests.facts import DAY, one_of_each
from tests.headrace.audit.tampering import change_decision, rewrite
from tests.installations import Facts, all_decisions, all_facts, but, clock, decide, open_log

SHARDS = 2
# Ids that are not kept for ever are forgotten after two generations of 45 days.
FORGOTTEN = DAY + 100
SENT = [fact for fact in one_of_each() if fact.kind not in ("operator_action", "receipt_returned")]


class Installation:
    """One fact of each kind was sent, and a hundred days passed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.log: Log = open_log(directory, SHARDS)
        for facts in ([clock(DAY - 1)], SENT, [clock(FORGOTTEN)]):
            self.take(*facts)

    def take(self, *facts: Fact) -> list[tuple[str, list[str]]]:
        """Kind and reasons of what comes of these facts."""
        before = self._said()
        Facts(self.log).append(facts)
        decide(self.log, self.directory / "state")
        return [(d.kind, d.reasons) for number, d in self._said().items() if number not in before]

    def _said(self) -> dict[tuple[int, int], Decision]:
        return {(d.shard, d.sequence): d for d in all_decisions(self.log)}

    def findings(self) -> list[str]:
        checks = Checks()
        log = open_log(self.directory, SHARDS)
        run_audit(Sources(log, self.directory / "state", None, None, 1 << 24), checks)
        log.close()
        return [f.code for check in checks.all() for f in check.findings]


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.log.close()


def test_the_same_file_after_a_hundred_days_has_no_effect(there: Installation) -> None:
    kinds = {"dispute", "dispute_update", "promise", "shipment", "proof_of_delivery", "order", "customer"}
    assert kinds < {fact.kind for fact in SENT}
    assert there.take(*SENT) == []
    ids = [fact.event_id for _, _, fact in all_facts(there.log)]
    # Rates and closed periods are for every shard.
    assert [ids.count(fact.event_id) for fact in SENT] == [2 if fact.account_id else 2 * SHARDS for fact in SENT]
    assert there.findings() == []


@pytest.mark.parametrize("kind", [Dispute, Promise])
def test_other_contents_under_a_known_id_are_rejected(there: Installation, kind: type[Fact]) -> None:
    (fact,) = [fact for fact in SENT if isinstance(fact, kind)]
    assert there.take(but(fact, amount=77)) == [("fact_rejected", ["event_id_with_other_contents"])]
    assert there.findings() == []

    def opens_it_again(d: Decision) -> None:
        d.kind, d.rule, d.reference_id = f"{fact.kind}_opened", f"{fact.kind}s.opened", "X-1"

    change_decision(there.directory, SHARDS, lambda d: d.rule == "shard.event_id", opens_it_again)
    assert "duplicates.other_contents" in there.findings()


def test_a_promise_that_was_judged_and_forgotten_is_not_made_again(there: Installation) -> None:
    """Opened again it would be broken at once, and raise the reminders of its items."""
    there.take(clock(FORGOTTEN + 1_000))
    (promise,) = [fact for fact in SENT if isinstance(fact, Promise)]
    assert there.take(promise) == []
    assert there.take(but(promise, event_id="another", promised_date=FORGOTTEN + 1_010)) == [("promise_opened", [])]
    assert there.findings() == []


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [(Shipment, {"carrier": "another"}, "shipment_known"), (Return, {"shipment_id": "another"}, "return_known")],
)
def test_goods_of_a_known_number_that_are_other_goods_are_rejected(
    there: Installation, kind: type[Fact], changes: dict[str, str], reason: str
) -> None:
    (fact,) = [fact for fact in SENT if isinstance(fact, kind)]
    assert there.take(but(fact, event_id="again")) == []
    ((said, reasons),) = there.take(but(fact, event_id="another", **changes))
    assert (said, reasons[0].split(":")[0]) == ("fact_rejected", reason)
    assert there.findings() == []


def test_goods_that_are_the_same_are_not_rejected(there: Installation) -> None:
    (sent,) = [fact for fact in SENT if isinstance(fact, Shipment)]
    there.take(but(sent, event_id="another", carrier="another"))
    for partition in range(SHARDS):
        rewrite(there.directory, "facts", partition, lambda rows: [(key, _as_sent(raw, sent)) for key, raw in rows])
    assert "facts.wrongly_rejected" in there.findings()


def _as_sent(raw: bytes, sent: Shipment) -> bytes:
    """A message of another shipment of that number, made to say the same."""
    fact = decode_fact(raw)
    return encode_fact(but(fact, carrier=sent.carrier)) if fact.event_id == "another" else raw


def test_the_relation_after_the_two_hundredth_is_rejected(there: Installation) -> None:
    (first,) = [fact for fact in SENT if isinstance(fact, PayerRelation)]
    assert there.take(*(but(first, event_id=f"more {n}", relation_id=f"more {n}") for n in range(199))) == []
    one_more = but(first, event_id="one more", relation_id="one more")
    assert there.take(one_more) == [("fact_rejected", ["relations_at_most:200"])]
    # One that is known is changed, and in the place of one that is taken back there is room.
    assert there.take(but(first, event_id="known", pays_for="A-9")) == []
    assert there.take(but(first, event_id="gone", cancelled=True), but(one_more, event_id="now")) == []
    assert there.findings() == []


def test_a_relation_is_not_rejected_where_there_is_room(there: Installation) -> None:
    (first,) = [fact for fact in SENT if isinstance(fact, PayerRelation)]
    there.take(but(first, event_id="itself", relation_id="itself", pays_for="~"))

    def says_there_are_too_many(d: Decision) -> None:
        d.reasons = ["relations_at_most:200"]

    change_decision(there.directory, SHARDS, lambda d: d.reasons == ["target_is_no_account"], says_there_are_too_many)
    assert "facts.wrongly_rejected" in there.findings()
