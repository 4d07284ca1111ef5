"""What holds of approvals, whoever says what in whatever order. Recomputed from decisions and facts, never by the rules.

`make nightly` tries 10,000 of each.
"""

from collections import defaultdict
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dataflows.shards.logged import Logged
from schemas import records as r
from schemas.codec import encode_fact
from schemas.records import Decision, Fact
from tests.books import Books
from tests.cases import cases
from tests.facts import DAY_MS, header
from tests.histories import ACCOUNT, FIRST_DAY
from tests.policies import policy_fact
from tests.shard_runs import at_one_day, run

# Cleo acts for kim all the time; mia approves little, nora everything, sam nothing.
POLICY = """
[differences]
short_payment = "write_off"
[approvals]
expiry_hours = 24
unapproved_refund = "exception"
[approvals.above_minor]
write_off = 50
refund = 0
cash = 60
transfer = 0
release = 0
[exceptions]
escalations = ["team_lead", "manager"]
[exceptions.owners]
default = "desk"
[[approvals.levels]]
role = "small"
most_minor = 100
[[approvals.levels]]
role = "large"
[[approvals.people]]
name = "kim"
roles = ["large"]
[[approvals.people]]
name = "cleo"
roles = ["large"]
[[approvals.people]]
name = "mia"
roles = ["small"]
[[approvals.people]]
name = "nora"
roles = ["large"]
[[approvals.delegations]]
person = "kim"
delegate = "cleo"
from = "2020-01-01"
until = "2099-12-31"
"""
PEOPLE = ("kim", "Kim ", "cleo", "mia", "nora", "sam")
DOCUMENTS = ("INV-1001", "INV-2002")
RECEIPTS = ("R-1", "R-2")
NAMES = (
    *(f"write_off:{document}" for document in DOCUMENTS),
    *(f"write_off:{receipt}:{document}" for receipt in RECEIPTS for document in DOCUMENTS),
    *(f"{what}:{receipt}:{document}" for what in ("cash", "unapply") for receipt in RECEIPTS for document in DOCUMENTS),
    *(f"refund:{receipt}" for receipt in RECEIPTS),
    "refund:RF-1",
    "write_off:D-1",
    "proposal:R-1",
)
# What asks for an approval, and what its request is called.
ASKED = {
    "propose_write_off": "write_off:{document}",
    "propose_refund": "refund:{receipt}",
    "apply_cash": "cash:{receipt}:{document}",
    "unapply_cash": "unapply:{receipt}:{document}",
}
ANSWERS = (
    "approve",
    "approve",
    "approve",
    "approve",
    "reject",
    "withdraw",
    "delegate",
    "assign",
    "note",
    "close_exception",
)
few = cases(40)


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Two invoices, two receipts, a dispute, and what people say of them, over a week. Drawn by a seed: what is said has to
    fit together to be of any effect."""
    chance = Random(draw(st.integers(0, 1 << 32)))
    facts: list[Fact] = []

    def add(kind: type[Fact], **fields: object) -> None:
        when = (FIRST_DAY + chance.randint(0, 6)) * DAY_MS + len(facts) * 60_000 + 9 * 3_600_000
        facts.append(kind(**(header(f"e-{len(facts)}", ACCOUNT, event_time=when, recorded_time=when) | fields)))

    def say(action: str, **fields: object) -> None:
        empty = {"receipt_id": "", "document": "", "target_account": "", "currency": "", "amount": 0, "until": 0}
        add(
            r.OperatorAction,
            **(empty | {"action": action, "actor": chance.choice(PEOPLE), "note": "why"} | fields),
        )

    for document in DOCUMENTS:
        add(
            r.Invoice, document=document, stage="posted", document_date=FIRST_DAY, posting_date=FIRST_DAY,
            due_date=FIRST_DAY + 90, currency="USD", amount=chance.choice([40, 100, 150]), tax=0, order_id="",
            po_reference="", replaces="", lines=[],
        )  # fmt: skip
    for receipt_id, document in zip(RECEIPTS, chance.sample(DOCUMENTS, 2), strict=True):
        add(
            r.Receipt, receipt_id=receipt_id, bank_account="B", bank_reference="", currency="USD",
            amount=chance.choice([40, 90, 150, 300]), posting_date=FIRST_DAY, value_date=FIRST_DAY,
            payer_name="", payer_account="", text="", lines=chance.choice([[], [r.RemittanceLine(document, None)]]),
        )  # fmt: skip
    if chance.random() < 0.5:
        add(
            r.Dispute, dispute_id="D-1", document="INV-1001", currency="USD", amount=20, category="pricing", reason="",
            channel="",
        )  # fmt: skip
        add(
            r.DisputeUpdate, dispute_id="D-1", status="closed", owner="", credited=0, rejected=0, written_off=20, note="",
            actor=chance.choice(PEOPLE),
        )  # fmt: skip
    for _ in range(chance.randint(2, 6)):
        action = chance.choice(list(ASKED))
        receipt_id, document = chance.choice(RECEIPTS), chance.choice(DOCUMENTS)
        name = ASKED[action].format(receipt=receipt_id, document=document)
        say(
            action,
            receipt_id="" if action == "propose_write_off" else receipt_id,
            document="" if action == "propose_refund" else document,
            amount=chance.choice([0, 0, 30, 70]),
        )
        for _ in range(chance.randint(1, 4)):
            answer = chance.choice(ANSWERS)
            other = chance.choice(PEOPLE) if answer in ("delegate", "assign") else ""
            say(answer, reference_id=chance.choice((name, name, name, chance.choice(NAMES))), owner=other)
    if chance.random() < 0.5:
        add(
            r.Refund, refund_id="RF-1", currency="USD", amount=chance.choice([10, 60, 150]),
            posting_date=FIRST_DAY, value_date=FIRST_DAY, receipt_id="R-1", document="",
        )  # fmt: skip
    return facts


def any_order(facts: list[Fact]) -> st.SearchStrategy[list[Fact]]:
    """As they happened, or shuffled."""
    return st.one_of(st.just(facts), st.permutations(facts))


def decided(facts: list[Fact]) -> list[Decision]:
    """All of them in the order given, on one day; then days without facts."""
    decisions = run([encode_fact(policy_fact(POLICY)), *at_one_day(facts)]).decisions
    assert [d.reasons for d in decisions if d.rule == "shard.parked"] == []
    Books().take_all(decisions).settle()
    return decisions


def evidence(d: Decision, name: str) -> str:
    return next((text.partition(":")[2] for text in d.evidence if text.startswith(f"{name}:")), "")


def person(name: str) -> str:
    return name.strip().casefold()


@few
@given(histories(), st.data())
def test_no_approval_is_ever_given_by_its_maker_or_who_acts_for_him(facts: list[Fact], data: st.DataObject) -> None:
    said = {fact.event_id: fact for fact in facts}
    for d in decided(data.draw(any_order(facts))):
        if d.kind not in ("approval_given", "approval_delegated"):
            continue
        cause = said[d.cause_id]
        assert isinstance(cause, r.OperatorAction)
        maker = person(evidence(d, "maker"))
        assert person(cause.actor) == person(evidence(d, "by")) != maker
        assert (maker, person(cause.actor)) != ("kim", "cleo")
        assert d.kind == "approval_given" or person(d.owner) != maker
        if evidence(d, "role") != "delegate":
            assert person(cause.actor) in ("kim", "cleo", "nora") or (person(cause.actor) == "mia" and d.amount <= 100)


@few
@given(histories(), st.data())
def test_what_is_approved_has_its_effect_once_and_nothing_above_a_limit_has_without(
    facts: list[Fact], data: st.DataObject
) -> None:
    open_ones: dict[str, int] = {}
    for_effect: dict[str, int] = {}
    cause = ""
    within = 0
    limits = {"cash": 60, "write_off": 50, "refund": 0}
    for d in decided(data.draw(any_order(facts))):
        if d.cause_id != cause:
            cause, for_effect = d.cause_id, {}
        if d.kind == "approval_requested":
            assert d.reference_id not in open_ones
            assert d.amount + (within if d.category == "write_off" else 0) > limits[d.category]
            open_ones[d.reference_id] = d.amount
        elif d.kind in ("approval_given", "approval_rejected", "approval_expired", "approval_withdrawn"):
            amount = open_ones.pop(d.reference_id)
            if d.kind == "approval_given":
                for_effect[d.reference_id] = amount
        elif d.kind == "approval_delegated":
            assert d.reference_id in open_ones
        name = evidence(d, "approval")
        if name:
            assert 0 < d.amount <= for_effect.pop(name)
        elif d.kind == "write_off_posted":
            assert d.rule == "write_off.within"
            # All of it is on one day: in however many steps, it is no more than goes without an approval.
            within += d.amount
            assert within <= limits["write_off"]
        elif d.rule == "cash.operator":
            assert d.amount <= limits["cash"]
        elif d.kind == "refund_posted":
            assert d.rule == "refund"


@few
@given(histories(), st.data())
def test_the_order_of_arrival_changes_no_balance_but_by_what_was_approved(
    facts: list[Fact], data: st.DataObject
) -> None:
    owed = sum(fact.amount for fact in facts if isinstance(fact, r.Invoice))
    owed -= sum(fact.amount for fact in facts if isinstance(fact, r.Receipt))
    for order in (facts, data.draw(any_order(facts))):
        decisions = decided(order)
        last = [d for d in decisions if d.currency][-1]
        given_up = sum(d.amount for d in decisions if d.kind == "write_off_posted")
        paid_back = sum(d.amount for d in decisions if d.kind == "refund_posted")
        assert last.open_debit - last.unapplied - last.on_account == owed - given_up + paid_back


@few
@given(histories(), st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_what_people_say_twice_changes_nothing(facts: list[Fact], picks: list[int]) -> None:
    repeated = [*facts, *(facts[pick % len(facts)] for pick in picks)]
    here = [(d.kind, d.cause_id, d.amount, d.reference_id, d.reasons) for d in decided(facts)]
    there = [(d.kind, d.cause_id, d.amount, d.reference_id, d.reasons) for d in decided(repeated)]
    assert here == there


@few
@given(histories(), st.data())
def test_adopting_what_was_decided_gives_the_same_rows(facts: list[Fact], data: st.DataObject) -> None:
    values = [encode_fact(policy_fact(POLICY)), *at_one_day(data.draw(any_order(facts)))]
    concluded = run(values)
    said: dict[int, list[bytes]] = defaultdict(list)
    for d, raw in zip(concluded.decisions, concluded.values, strict=True):
        said[d.fact_offset].append(raw)
    logged = [Logged(said[offset], True, 0) for offset in range(len(values))]
    adopted = run(values, cache_bytes=1, commit_each=True, logged=logged)
    assert adopted.rows == concluded.rows


@few
@given(histories(), st.data())
def test_what_is_open_has_one_end_and_a_closed_exception_is_not_escalated(
    facts: list[Fact], data: st.DataObject
) -> None:
    raised: set[str] = set()
    for d in decided(data.draw(any_order(facts))):
        if d.kind == "exception_raised":
            assert (d.owner, d.deadline > 0) == ("desk", True) or d.reference_id in raised
            raised.add(d.reference_id)
        elif d.kind == "cash_proposed":
            raised.add(f"proposal:{d.receipt_id}")
        elif d.kind == "exception_closed":
            raised.remove(d.reference_id)
        elif d.kind == "escalated" or (d.kind == "assigned" and d.category == "exception"):
            assert d.reference_id in raised
        if d.kind in ("cash_applied", "refund_posted", "receipt_reversed") and not d.receipt_unapplied:
            raised.discard(f"proposal:{d.receipt_id}")


def test_a_change_of_a_limit_that_replaces_one_that_waits_takes_its_place_among_as_many_as_there_may_be() -> None:
    facts: list[Fact] = []

    def add(kind: type[Fact], **fields: object) -> None:
        when = FIRST_DAY * DAY_MS + len(facts) * 1_000
        facts.append(kind(**(header(f"e-{len(facts)}", ACCOUNT, event_time=when, recorded_time=when) | fields)))

    def limit(amount: int) -> None:
        add(
            r.CreditLimit, limit_id="standard", currency="USD", amount=amount, valid_from_date=0, valid_until_date=0, group="",
            cancelled=False, actor="kim",
        )  # fmt: skip

    def given_up(number: int) -> None:
        add(
            r.Invoice, document=f"INV-{number}", stage="posted", document_date=FIRST_DAY, posting_date=FIRST_DAY,
            due_date=FIRST_DAY + 30, currency="USD", amount=1_000, tax=0, order_id="", po_reference="", replaces="", lines=[],
        )  # fmt: skip
        add(
            r.OperatorAction, action="propose_write_off", actor="kim", receipt_id="", document=f"INV-{number}",
            target_account="", currency="", amount=0, until=0, note="old",
        )  # fmt: skip

    limit(100_000)
    limit(9_000_000)
    waits = facts[-1].event_id
    for number in range(199):
        given_up(number)
    limit(8_000_000)
    instead = facts[-1].event_id
    given_up(199)
    decisions = run([encode_fact(policy_fact(POLICY)), *at_one_day(facts)]).decisions
    requested = [d.reference_id for d in decisions if d.kind == "approval_requested"]
    assert (len(requested), requested[0], requested[-1]) == (201, f"credit:{waits}", f"credit:{instead}")
    (withdrawn,) = [d for d in decisions if d.kind == "approval_withdrawn"]
    assert (withdrawn.reference_id, withdrawn.reasons) == (f"credit:{waits}", ["replaced"])
    (refused,) = [d for d in decisions if d.rule == "approvals.too_many"]
    assert (refused.document, refused.reasons) == ("INV-199", ["approvals_at_most:200"])
