"""What holds of credit in every history: exposures are what a second, slow count from scratch finds, and holds follow them."""

from collections import defaultdict
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from schemas import records as r
from schemas.codec import decode_fact
from schemas.records import Decision
from tests import facts
from tests.cases import cases, unreached
from tests.exposures import Ledger, evidence
from tests.histories import History, histories
from tests.policies import CREDIT
from tests.shard_runs import messages, run, same_however_kept

few = cases(60)
KINDS = (
    *("goods", "goods", "goods", "goods", "credit_limit", "credit_limit", "credit_limit"),
    *("receipt", "receipt", "returned", "credit_note", "dispute", "dispute_update", "operator"),
)
POLICY = st.sampled_from(["", CREDIT])
PARTS = ("open_items", "unbilled", "drafts", "orders", "unapplied")
HOLDS = ("credit_hold_set", "credit_hold_released")
PPM = 1_000_000


class Limits:
    """The limits of the account by what decisions say of them, and the policy's."""

    def __init__(self, policy: str) -> None:
        self._default = ("USD", 800) if policy else None
        self._limits: dict[str, tuple[int, str, int, str]] = {}

    def take(self, d: Decision) -> None:
        if d.kind != "credit_limit_set":
            return
        dates = evidence(d, ("from", "until"))
        if "cancelled:1" in d.evidence:
            self._limits.pop(d.reference_id)
        else:
            since, until = dates.get("from", 0), dates.get("until", 0)
            self._limits[d.reference_id] = (since, d.reference_id, until, f"{d.currency} {d.amount}")

    def holds(self, day: int) -> tuple[str, int] | None:
        there = [x for x in self._limits.values() if x[0] <= day and (not x[2] or day <= x[2])]
        if not there:
            return self._default
        currency, amount = max(there)[3].split()
        return currency, int(amount)


def told(history: History, policy: str) -> list[tuple[r.Fact, list[Decision]]]:
    """Each fact with its decisions."""
    values = messages(history.facts, policy=policy)
    said: dict[int, list[Decision]] = defaultdict(list)
    for d in run(values).decisions:
        said[d.fact_offset].append(d)
    return [(decode_fact(value), said[offset]) for offset, value in enumerate(values)]


def is_rejected(fact: r.Fact, said: list[Decision]) -> bool:
    return bool(said) and said[0].kind == "fact_rejected" and said[0].cause_id == fact.event_id


@few
@given(histories(KINDS), POLICY)
def test_each_exposure_is_what_a_count_from_scratch_finds(history: History, policy: str) -> None:
    ledger = Ledger()
    for fact, said in told(history, policy):
        ledger.take_fact(fact, is_rejected(fact, said))
        for d in said:
            ledger.take(d)
            if d.kind in (*HOLDS, "credit_near_limit"):
                parts = ledger.parts(d.currency) if any("limit:" in x for x in d.evidence) else evidence(d, PARTS)
                assert evidence(d, PARTS) == parts
                assert d.amount == sum(parts.values())


@few
@given(histories(KINDS), POLICY)
def test_an_account_is_held_while_it_has_to_be_and_no_longer(history: History, policy: str) -> None:
    ledger, limits = Ledger(), Limits(policy)
    held, for_long, kept = False, 5 if policy else 0, bool(policy)
    for fact, said in told(history, policy):
        ledger.take_fact(fact, is_rejected(fact, said))
        kept = kept or isinstance(fact, r.CreditLimit)
        for d in said:
            ledger.take(d)
            limits.take(d)
            if d.kind in HOLDS:
                assert (d.kind == "credit_hold_released") is held
                held = not held
        limit = limits.holds(ledger.today)
        total = sum(ledger.parts(limit[0]).values()) if limit else 0
        over = limit is not None and total > limit[1]
        if not said and isinstance(fact, r.Clock):
            # An account that nothing happened to is looked at when its day has come.
            continue
        if kept and any(d.account_id for d in said) and (over or (for_long and ledger.past_due_days() > for_long)):
            assert held
        # What has no rate is owed as before; these histories have none.
        elsewhere = [sum(ledger.parts(name).values()) for name in ("EUR", "USD") if limit is None or name != limit[0]]
        if held and limit is not None and not for_long and max(elsewhere) <= 0:
            assert total * PPM > limit[1] * 950_000


@few
@given(histories(KINDS), POLICY)
def test_nothing_is_released_on_hold_and_makers_never_approve(history: History, policy: str) -> None:
    held = False
    makers: dict[str, str] = {}
    for fact, said in told(history, policy):
        for d in said:
            if d.kind in HOLDS:
                held = d.kind == "credit_hold_set"
            elif d.kind == "credit_change_proposed":
                makers[d.reference_id] = next(x[6:] for x in d.evidence if x.startswith("maker:"))
            elif d.rule == "credit.approved":
                assert isinstance(fact, r.OperatorAction)
                assert makers.pop(fact.reference_id) != fact.actor
            assert not (held and d.kind == "invoice_released")


@few
@given(histories(KINDS), POLICY)
def test_the_same_bytes_whatever_is_evicted_or_adopted(history: History, policy: str) -> None:
    same_however_kept(messages(history.facts, policy=policy))


def test_histories_reach_what_the_properties_are_about() -> None:
    def said_of(history: History, policy: str) -> Iterator[str]:
        for d in run(messages(history.facts, policy=policy)).decisions:
            yield from (d.kind, d.rule, *[x.split(":")[0] for x in [*d.reasons, *d.evidence]])

    wanted = {
        *HOLDS,
        *("credit_near_limit", "credit_change_proposed", "credit.approved", "credit.rejected", "maker_never_approves"),
        *("over_limit", "past_due", "credit_held", *PARTS, "left_out"),
    }
    assert unreached(wanted, 200, said_of, histories(KINDS), POLICY) == set()


def test_what_came_and_went_within_a_fact_is_counted_nowhere() -> None:
    """A draft is held, counted while its release is looked at, and withdrawn since another one replaces it."""
    line = r.InvoiceLine(1, 1, "P1", 2_000, 2_500_000, 500, 0, "")
    drafts = {"stage": "draft", "amount": 500, "tax": 0, "lines": [line]}
    known = [facts.customer(), facts.credit_limit(limit_id="L", amount=100_000)]
    there = facts.invoice(event_id="replaces", document="INV-2", replaces="INV-1", **drafts)
    same_however_kept(
        messages([*known, there, facts.invoice(event_id="replaced", document="INV-1", currency="EUR", **drafts)])
    )
