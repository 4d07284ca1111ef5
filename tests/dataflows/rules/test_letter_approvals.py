"""What holds of letters that another person has to approve, in every history, whoever answers what and when. Recomputed from
decisions, never by the rules.

`make nightly` tries 10,000 of each.
"""

from collections.abc import Iterator
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.approvals.approvals import MOST_OPEN
from dataflows.rules.evidence import value
from schemas import records as r
from schemas.records import Decision, Fact
from tests.cases import cases, unreached
from tests.facts import DAY_MS, header
from tests.histories import ACCOUNT, FIRST_DAY, History, fact_day, histories
from tests.policies import COLLECTING, EACH_ITEM
from tests.shard_runs import messages, run, same_however_kept

few = cases(20)
FROM_LEVEL = 2
TERMS = f"""
[approvals]
reminders_from_level = {FROM_LEVEL}
reminders_again_days = 3
expiry_hours = 20
"""
POLICY = st.sampled_from([COLLECTING + TERMS, EACH_ITEM + TERMS])
KINDS = (
    "receipt",
    "receipt",
    "returned",
    "dispute",
    "dispute_update",
    "promise",
    "service_case",
    "message",
    "operator",
)
# Requests come of answers: each round answers what the one before has asked for.
ROUNDS = 4
ENDS = ("approval_given", "approval_rejected", "approval_expired", "approval_withdrawn")


def requests(decisions: list[Decision]) -> list[Decision]:
    return [d for d in decisions if d.kind == "approval_requested" and d.category == "reminder"]


def answered(history: History, policy: str, seed: int) -> list[bytes]:
    """The history with most of its requests answered, some late, some by nobody who may."""
    chance = Random(seed)
    # It says its own policies, which would take the place of the one that is tried.
    facts: list[Fact] = [fact for fact in history.facts if not isinstance(fact, r.Policy)]
    seen: set[tuple[str, int]] = set()
    values = messages(facts, policy=policy)
    for _ in range(ROUNDS):
        for asked in requests(run(values).decisions):
            day = asked.event_time // DAY_MS
            if (asked.reference_id, day) in seen:
                continue
            seen.add((asked.reference_id, day))
            if chance.random() < 0.2:
                continue
            when = (day + chance.choice([1, 1, 2, 4])) * DAY_MS + 7 * 3_600_000
            common = header(f"answer-{len(seen)}", ACCOUNT, event_time=when, recorded_time=when)
            facts.append(
                r.Approval(
                    **common,
                    approval_id=asked.reference_id,
                    decision=chance.choice(["approved", "approved", "approved", "rejected"]),
                    actor=chance.choice(["lee", "lee", "lee", "policy"]),
                    role="",
                    delegate="",
                    note="so be it",
                )
            )
        facts.sort(key=fact_day)
        values = messages(facts, policy=policy)
    return values


@few
@given(histories(KINDS), POLICY, st.integers(0, 1 << 32))
def test_no_letter_of_such_a_level_goes_without_an_approval_before_it(history: History, policy: str, seed: int) -> None:
    asked: dict[str, Decision] = {}
    given_by: dict[str, str] = {}
    # What was approved of a request, and has not gone out.
    allowed: dict[str, dict[str, int]] = {}
    for d in run(answered(history, policy, seed)).decisions:
        if d.kind == "reminder_due":
            approval = value(d, "approval")
            assert bool(approval) is (d.level >= FROM_LEVEL)
            if approval:
                assert d.level <= allowed[approval].pop(d.document)
                assert value(d, "by") == given_by[approval] != "policy"
        elif d.category == "reminder" and d.kind == "approval_requested":
            assert d.reference_id not in asked
            levels = [int(level) for level in value(d, "levels").split(",")]
            assert len(levels) == len(d.candidates) > 0
            assert min(levels) >= FROM_LEVEL
            assert max(levels) == d.level
            waiting = {x for other in asked.values() for x in other.candidates}
            assert not waiting & set(d.candidates)
            asked[d.reference_id] = d
        elif d.category == "reminder" and d.kind in ENDS:
            request = asked.pop(d.reference_id)
            if d.kind == "approval_given":
                levels = [int(level) for level in value(request, "levels").split(",")]
                allowed[d.reference_id] = dict(zip(request.candidates, levels, strict=True))
                given_by[d.reference_id] = d.owner


@few
@given(histories(KINDS), POLICY, st.integers(0, 1 << 32))
def test_what_is_rejected_is_asked_again_after_its_days_or_when_more_happened(
    history: History, policy: str, seed: int
) -> None:
    """Not the next day, unless money went back or a promise broke meanwhile."""
    put_off: dict[str, int] = {}
    asked: dict[str, Decision] = {}
    for d in run(answered(history, policy, seed)).decisions:
        if d.category == "reminder" and d.kind == "approval_requested":
            asked[d.reference_id] = d
            levels = value(d, "levels").split(",")
            for document, level in zip(d.candidates, levels, strict=True):
                assert d.event_time // DAY_MS >= put_off.pop(f"{document} {level}", 0)
        elif d.category == "reminder" and d.kind in ("approval_rejected", "approval_expired"):
            request = asked.pop(d.reference_id)
            for document, level in zip(request.candidates, value(request, "levels").split(","), strict=True):
                put_off[f"{document} {level}"] = d.event_time // DAY_MS + 2
        elif d.kind in ("application_reversed", "cash_unapplied", "promise_broken"):
            put_off.clear()


@few
@given(histories(KINDS), POLICY, st.integers(0, 1 << 32))
def test_who_waits_is_told_when_nobody_answers(history: History, policy: str, seed: int) -> None:
    said = run(answered(history, policy, seed)).decisions
    open_ones: dict[str, int] = {}
    expired = 0
    for d in said:
        if d.rule == "approvals.letter_unanswered":
            if d.kind == "exception_raised":
                assert d.reference_id not in open_ones
                open_ones[d.reference_id] = d.sequence
            else:
                del open_ones[d.reference_id]
        expired += d.kind == "approval_expired"
    assert expired == sum(d.rule == "approvals.letter_unanswered" and d.kind == "exception_raised" for d in said)


@few
@given(histories(KINDS), POLICY, st.integers(0, 1 << 32))
def test_the_same_bytes_whatever_is_evicted_or_adopted(history: History, policy: str, seed: int) -> None:
    same_however_kept(answered(history, policy, seed))


def test_histories_reach_what_the_properties_are_about() -> None:
    def said_of(history: History, policy: str, seed: int) -> Iterator[str]:
        for d in run(answered(history, policy, seed)).decisions:
            if d.category == "reminder":
                yield from (d.kind, *[reason.partition(":")[0] for reason in d.reasons])
            if d.kind == "reminder_due" and value(d, "approval"):
                yield "sent"
            if d.rule == "approvals.letter_unanswered":
                yield d.kind

    wanted = (*ENDS, "approval_requested", "sent", "exception_raised", "exception_closed", "level_due")
    assert unreached(wanted, 60, said_of, histories(KINDS), POLICY, st.integers(0, 1 << 32)) == set()


def test_more_letters_than_may_be_asked_for_wait_with_a_reason() -> None:
    """Said once for each step, and asked for when there is room."""
    facts: list[Fact] = [
        r.Invoice(
            **header(f"e-{n}", ACCOUNT, event_time=FIRST_DAY * DAY_MS, recorded_time=1), document=f"INV-{n:03}",
            stage="posted", document_date=FIRST_DAY, posting_date=FIRST_DAY, due_date=FIRST_DAY, currency="USD",
            amount=1_000, tax=0, order_id="", po_reference="", replaces="", lines=[],
        )
        for n in range(1, MOST_OPEN + 3)
    ]  # fmt: skip
    policy = '[reminders]\nsteps_days = [1]\nletter = "item"\n[approvals]\nreminders_from_level = 1\nexpiry_hours = 0'
    said = run(messages(facts, policy=policy)).decisions
    assert [d.reference_id for d in requests(said)] == [f"reminder:INV-{n:03}:1" for n in range(1, MOST_OPEN + 1)]
    assert [(d.document, d.reasons) for d in said if d.kind == "reminder_suppressed"] == [
        (f"INV-{n:03}", [f"approvals_at_most:{MOST_OPEN}"]) for n in (MOST_OPEN + 1, MOST_OPEN + 2)
    ]
    assert not [d for d in said if d.kind == "reminder_due"]
