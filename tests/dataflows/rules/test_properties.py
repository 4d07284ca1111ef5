"""What holds of every history, whatever comes in what order. Recomputed from decisions and facts, never by the rules.

`make nightly` tries 10,000 of each.
"""

from collections import defaultdict
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from dataflows.shards.logged import Logged
from schemas import records as r
from schemas.codec import decode_decision, encode_decision
from schemas.records import Decision, Fact
from tests.books import Books
from tests.cases import cases, unreached
from tests.facts import DAY_MS, receipt, returned
from tests.histories import ACCOUNT, AMOUNTS, CURRENCIES, DAYS, DOCUMENTS, FIRST_DAY, History, histories
from tests.shard_runs import again, at_one_day, messages, run

# Documents that no reference to another can mean, and those that are near one of them.
FAR = ("INV-1001", "INV-47110", "inv 20003")
NEAR = ("INV-1002", "INV-1020", "RE-1001")
# Without persons, who take cash off that other cash then waits for.
BY_RULES = ("receipt", "receipt", "returned", "credit_note", "advice", "dispute", "promise", "draft", "message")
# A history takes 50 to 100 ms, most of it to open RocksDB.
few = cases(35)


def balances_of(facts: tuple[Fact, ...]) -> dict[str, int]:
    """What the account owes in each currency once all facts are here: billed less credited, less what came and stayed."""
    found: dict[str, int] = defaultdict(int)
    for fact in facts:
        if isinstance(fact, r.Invoice | r.ReceiptReturned):
            found[fact.currency] += fact.amount
        elif isinstance(fact, r.CreditNote | r.Receipt):
            found[fact.currency] -= fact.amount
    return {currency: amount for currency, amount in sorted(found.items()) if amount}


def balances_in(decisions: list[Decision]) -> dict[str, int]:
    """The balance that the last decision of each currency states."""
    found = {d.currency: d.open_debit - d.open_credit - d.unapplied - d.on_account for d in decisions if d.currency}
    return {currency: amount for currency, amount in sorted(found.items()) if amount}


@few
@given(histories())
def test_money_is_conserved_at_every_decision(history: History) -> None:
    decisions = run(messages(history.facts)).decisions
    books = Books()
    for d in decisions:
        books.take(d)
    books.settle()
    assert balances_in(decisions) == balances_of(history.facts)
    assert [d for d in decisions if d.rule == "shard.parked"] == []
    assert [d.sequence for d in decisions] == list(range(len(decisions)))


@few
@given(histories(), st.data())
def test_the_order_of_arrival_changes_no_balance(history: History, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(history.facts))
    decisions = run(at_one_day(shuffled)).decisions
    Books().take_all(decisions).settle()
    assert balances_in(decisions) == balances_of(history.facts)


@few
@given(histories(("receipt", "returned", "credit_note", "advice", "draft")), st.data())
def test_items_of_exact_references_do_not_depend_on_order(history: History, data: st.DataObject) -> None:
    """Each receipt names one document, as written, and no two name the same: who pays what is certain in any order."""
    facts = _uncontested(history.facts)
    here = Books().take_all(run(at_one_day(facts)).decisions).open_items(ACCOUNT)
    there = Books().take_all(run(at_one_day(data.draw(st.permutations(facts)))).decisions).open_items(ACCOUNT)
    assert here == there


def _uncontested(facts: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Receipts of one line, each for another document; no document is near another; credits name none."""
    there = {fact.document: fact.currency for fact in facts if isinstance(fact, r.Invoice) and fact.document in FAR}
    receipts: set[str] = set()
    found: list[Fact] = []
    for fact in facts:
        if isinstance(fact, r.Receipt):
            named = next((document for document, currency in there.items() if currency == fact.currency), "")
            if not named:
                continue
            del there[named]
            receipts.add(fact.receipt_id)
            found.append(changed(fact, text="", bank_reference="", lines=[r.RemittanceLine(named, None)]))
        elif isinstance(fact, r.CreditNote):
            found.append(changed(fact, invoice=""))
        elif not isinstance(fact, r.RemittanceAdvice) and (
            not isinstance(fact, r.Invoice) or fact.document not in NEAR
        ):
            found.append(fact)
    return tuple(x for x in found if not isinstance(x, r.ReceiptReturned) or x.receipt_id in receipts)


def changed(fact: Fact, **changes: object) -> Fact:
    """The same fact but for this."""
    names = [*Fact.FIELDS[1:], *type(fact).FIELDS]
    made: Fact = type(fact)(**{name: getattr(fact, name) for name in names} | changes)
    return made


@few
@given(histories(BY_RULES), st.sampled_from(AMOUNTS), st.sampled_from((*DOCUMENTS, "1001", "ZZ-9")), st.booleans())
def test_money_that_comes_and_goes_back_leaves_the_items_as_they_were(
    history: History, amount: int, reference: str, early: bool
) -> None:
    """But for what other cash then clears that waited: its references may add up to what is open while the money is
    here, and a return undoes no other payment."""
    when = (FIRST_DAY + DAYS) * DAY_MS
    shared = {"currency": history.currency, "amount": amount, "event_time": when, "account_id": ACCOUNT}
    came = receipt(event_id="last-1", receipt_id="LAST", lines=[r.RemittanceLine(reference, None)], **shared)
    went = returned(event_id="last-2", receipt_id="LAST", **shared)
    more = (went, came) if early else (came, went)
    before = Books().take_all(run(messages(history.facts)).decisions)
    decisions = run(messages((*history.facts, *more))).decisions
    after = Books().take_all(decisions)
    unpaid = defaultdict(int, after.open_items(ACCOUNT))
    for d in decisions:
        if d.cause_id in ("last-1", "last-2") and d.receipt_id not in ("", "LAST"):
            if d.kind in ("cash_applied", "credit_allocated"):
                unpaid[d.document] += d.amount
            if d.kind == "credit_allocated":
                unpaid[d.counterparty] += d.amount
    assert unpaid == before.open_items(ACCOUNT)
    assert after.sums[ACCOUNT, history.currency].balance == before.sums[ACCOUNT, history.currency].balance


@few
@given(histories())
def test_nobody_is_reminded_of_what_is_paid_disputed_or_promised(history: History) -> None:
    books = Books()
    disputes: dict[str, Decision] = {}
    # What credit notes settled of each, and which pause nothing any more, since their review took too long.
    credited: dict[str, int] = defaultdict(int)
    ended: set[str] = set()
    # What each open promise is for: its documents, or all in its currency.
    promises: dict[str, Decision] = {}
    for d in run(messages(history.facts)).decisions:
        if d.kind == "reminder_due":
            open_now = books.items[ACCOUNT, d.document].open
            # A dispute that named no amount, ahead of its invoice, contests all of it.
            contested = [
                max(0, (x.amount or open_now) - credited[name])
                for name, x in disputes.items()
                if x.document == d.document and name not in ended
            ]
            assert 0 < d.amount <= open_now - sum(contested), (d.document, contested)
            pausing = [
                name
                for name, made in promises.items()
                if (d.document in made.candidates if made.candidates else d.currency == made.currency)
            ]
            assert pausing == []
        elif d.kind == "dispute_opened":
            disputes[d.reference_id] = d
        elif d.kind == "dispute_closed":
            del disputes[d.reference_id]
        elif d.rule == "disputes.review_ended":
            ended.add(d.reference_id)
        elif d.kind == "credit_allocated" and d.reference_id:
            credited[d.reference_id] += d.amount
        elif d.rule == "returned.credit" and d.reference_id:
            credited[d.reference_id] -= d.amount
        elif d.kind == "promise_opened":
            promises[d.reference_id] = d
        elif d.kind.startswith("promise_"):
            promises.pop(d.reference_id, None)
        books.take(d)


OF_DISPUTES = (
    "dispute",
    "dispute",
    "dispute_update",
    "dispute_update",
    "message",
    "credit_note",
    "receipt",
    "returned",
)
OUTCOMES = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")


@few
@given(histories(OF_DISPUTES))
def test_what_a_dispute_ends_in_adds_up_to_what_was_contested(history: History) -> None:
    contested: dict[str, int] = {}
    ended: set[str] = set()
    for d in run(messages(history.facts)).decisions:
        if d.kind == "dispute_opened":
            contested[d.reference_id] = d.amount
        elif d.kind == "dispute_closed":
            parts = [int(x.partition(":")[2]) for x in d.evidence if x.partition(":")[0] in OUTCOMES]
            assert sum(parts) == d.amount == contested[d.reference_id]
            assert min(parts, default=0) >= 0
            assert d.reference_id not in ended
            ended.add(d.reference_id)


@few
@given(histories(OF_DISPUTES))
def test_an_open_dispute_with_an_owner_is_heard_of_in_time(history: History) -> None:
    """No open dispute has a deadline that is over; what waits for the customer, or is closed, has none."""
    deadlines: dict[str, int] = {}
    for d in run(messages(history.facts)).decisions:
        if d.kind in ("dispute_routed", "escalated"):
            assert d.deadline == 0 or d.text != "waiting_customer"
            deadlines[d.reference_id] = d.deadline
        elif d.kind == "dispute_closed":
            deadlines[d.reference_id] = 0
    end = (FIRST_DAY + DAYS + 15) * DAY_MS
    assert [name for name, deadline in deadlines.items() if 0 < deadline < end] == []


@few
@given(histories(("promise", "promise", "promise", "dispute", "receipt")))
def test_promises_are_opened_once_and_end_once(history: History) -> None:
    """Judged again as often as money says, cancelled once and never after it was judged."""
    states: dict[str, str] = {}
    for d in run(messages(history.facts)).decisions:
        if d.kind == "promise_opened":
            assert states.get(d.reference_id, "cancelled") == "cancelled"
            states[d.reference_id] = "open"
        elif d.kind == "promise_cancelled":
            assert states[d.reference_id] == "open"
            states[d.reference_id] = "cancelled"
        elif d.kind.startswith("promise_"):
            assert states[d.reference_id] not in ("cancelled", d.kind)
            states[d.reference_id] = d.kind


@few
@given(histories(("promise", "promise", "receipt", "returned", "operator", "credit_note")))
def test_promises_count_no_money_twice(history: History) -> None:
    books = Books()
    judged: dict[tuple[int, str], int] = defaultdict(int)
    for d in run(messages(history.facts)).decisions:
        if d.kind in ("promise_kept", "promise_partially_kept", "promise_broken"):
            judged[d.fact_offset, d.currency] += d.item_amount
            sums = books.sums[ACCOUNT, d.currency]
            assert 0 <= d.item_amount <= d.amount
            assert judged[d.fact_offset, d.currency] <= sums.cash_applied + sums.unapplied
        books.take(d)


@few
@given(histories())
def test_the_same_facts_give_the_same_bytes_whatever_is_evicted(history: History) -> None:
    values = messages(history.facts)
    kept = run(values)
    evicted = run(values, cache_bytes=1, commit_each=True)
    assert evicted.values == kept.values
    assert evicted.rows == kept.rows


@few
@given(histories())
def test_a_state_that_adopts_decisions_is_the_one_that_made_them(history: History) -> None:
    values = messages(history.facts)
    made = run(values)
    logged: dict[int, list[bytes]] = defaultdict(list)
    for value in made.values:
        logged[decode_decision(value).fact_offset].append(value)
    adopted = run(values, logged=[Logged(logged[at], True, 0) for at in range(len(values))])
    assert adopted.values == made.values
    assert adopted.rows == made.rows


@few
@given(histories(), st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_a_duplicate_changes_nothing(history: History, picks: list[int]) -> None:
    once = run(messages(history.facts))
    twice = run(messages(again(history, picks).facts))
    assert [_anywhere(d) for d in twice.decisions] == [_anywhere(d) for d in once.decisions]
    assert twice.rows == once.rows


def _anywhere(d: Decision) -> bytes:
    """The decision without the offset of its fact."""
    d.fact_offset = 0
    return encode_decision(d)


def test_histories_reach_what_the_properties_are_about() -> None:
    """The properties would be worth nothing if histories never led to these."""

    def said_of(history: History) -> Iterator[str]:
        for d in run(messages(history.facts)).decisions:
            yield from (d.kind, d.rule, d.currency)

    of_money = {
        *CURRENCIES,
        *("cash.1.structured", "cash.2.advice", "cash.3.normalised", "cash.3.text", "cash.operator"),
        *("application_reversed", "receipt_reversed", "cash_unapplied", "credit_allocated", "invoice_released"),
        *("reminder_due", "reminder_suppressed", "promise_kept", "promise_broken"),
    }
    of_disputes = {
        *("dispute_closed", "disputes.sla", "disputes.review_ended", "disputes.waiting_customer", "disputes.answered"),
        *("disputes.credited", "disputes.cleared", "disputes.message", "promises.superseded", "promises.disputed"),
    }
    assert unreached(of_money, 400, said_of, histories()) == set()
    assert unreached(of_disputes, 400, said_of, histories((*OF_DISPUTES, "promise", "promise"))) == set()
