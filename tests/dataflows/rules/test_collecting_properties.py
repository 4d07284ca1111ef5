"""What holds of reminders, charges, tasks and statements in every history, under policies that do all of it.

Recomputed from facts and decisions, never by the rules.
"""

from collections import defaultdict
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from schemas import records as r
from schemas.codec import decode_fact
from schemas.records import Decision
from tests.books import Books
from tests.cases import cases, unreached
from tests.facts import DAY_MS
from tests.histories import ACCOUNT, History, histories
from tests.policies import COLLECTING, EACH_ITEM
from tests.shard_runs import messages, run, same_however_kept

few = cases(40)
POLICY = st.sampled_from(["", COLLECTING, EACH_ITEM])
STEPS, CONTACTS_MAX, CONTACTS_DAYS, BETWEEN_DAYS = 4, 3, 12, 2


class Blocks:
    """What the facts of the log said that forbids reminders, up to some offset."""

    def __init__(self, values: list[bytes]) -> None:
        self._values = values
        self._next = 0
        self.day = 0
        self.direct_debit = False
        self.blocked = False
        self.cases: dict[str, str] = {}
        self.messages: dict[str, int] = {}

    def up_to(self, offset: int) -> None:
        while self._next <= offset:
            fact = decode_fact(self._values[self._next])
            self._next += 1
            if isinstance(fact, r.Clock):
                self.day = fact.now // DAY_MS
            elif isinstance(fact, r.Customer):
                self.direct_debit = fact.direct_debit
            elif isinstance(fact, r.OperatorAction) and fact.action.endswith("block_reminders"):
                self.blocked = fact.action == "block_reminders"
            elif isinstance(fact, r.ServiceCase):
                self.cases.pop(fact.case_id, None)
                if fact.status == "open":
                    self.cases[fact.case_id] = fact.document
            elif isinstance(fact, r.Message):
                reached = fact.direction == "out" and fact.status in ("sent", "delivered")
                if reached and not fact.delivery_id:
                    self.messages.setdefault(fact.message_id, fact.event_time // DAY_MS)


@few
@given(histories(), POLICY)
def test_nobody_is_reminded_of_what_is_paid_promised_disputed_or_held(history: History, policy: str) -> None:
    values = messages(history.facts, policy=policy)
    blocks, books = Blocks(values), Books()
    disputes: dict[str, Decision] = {}
    credited: dict[str, int] = defaultdict(int)
    promises: dict[str, Decision] = {}
    for d in run(values).decisions:
        blocks.up_to(d.fact_offset)
        if d.kind == "reminder_due":
            open_now = books.items[ACCOUNT, d.document].open
            contested = [
                max(0, (x.amount or open_now) - credited[x.reference_id])
                for x in disputes.values()
                if x.document == d.document
            ]
            assert 0 < d.amount <= open_now - sum(contested)
            assert not blocks.direct_debit
            assert not blocks.blocked
            assert not {"", d.document} & set(blocks.cases.values())
            for made in promises.values():
                assert d.document not in made.candidates if made.candidates else d.currency != made.currency
        elif d.kind == "dispute_opened":
            disputes[d.reference_id] = d
        elif d.kind == "dispute_closed" or d.rule == "disputes.review_ended":
            # What was not reviewed in time is dunned again.
            disputes.pop(d.reference_id, None)
        elif d.kind == "credit_allocated":
            credited[d.reference_id] += d.amount
        elif d.rule == "returned.credit":
            credited[d.reference_id] -= d.amount
        elif d.kind == "promise_opened":
            promises[d.reference_id] = d
        elif d.kind.startswith("promise_"):
            promises.pop(d.reference_id, None)
        books.take(d)
    books.settle()


@few
@given(
    histories(("message", "message", "receipt", "promise", "service_case")), st.sampled_from([COLLECTING, EACH_ITEM])
)
def test_letters_keep_their_cap_their_distance_and_their_templates(history: History, policy: str) -> None:
    values = messages(history.facts, policy=policy)
    blocks = Blocks(values)
    letters: dict[str, int] = {}
    last: dict[str, int] = {}
    for d in run(values).decisions:
        blocks.up_to(d.fact_offset)
        if d.kind != "reminder_due":
            continue
        letters.setdefault(d.reference_id, blocks.day)
        went = [*letters.values(), *blocks.messages.values()]
        assert sum(day > blocks.day - CONTACTS_DAYS for day in went) <= CONTACTS_MAX
        key = d.document if policy == EACH_ITEM else ""
        # One letter of the account names several items.
        same_letter = not key and last.get(key, 0) == blocks.day
        assert same_letter or last.get(key, 0) + BETWEEN_DAYS <= blocks.day
        last[key] = blocks.day
        assert (d.channel, d.language) == ("portal", "en")
        assert d.template == ("friendly" if d.level <= 2 else "firm")


@few
@given(histories(("receipt", "receipt", "returned", "credit_note", "dispute", "dispute_update")), POLICY)
def test_each_invoice_is_compensated_once_and_interest_is_what_late_money_bore(history: History, policy: str) -> None:
    compensated: set[str] = set()
    charged: dict[str, int] = defaultdict(int)
    late: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    values: dict[str, int] = {}
    due: dict[str, int] = {}
    for d in run(messages(history.facts, policy=policy)).decisions:
        if d.kind == "receipt_booked":
            values[d.receipt_id] = d.value_date
        elif d.kind == "item_posted":
            due[d.document] = d.due_date
        elif d.kind == "cash_applied":
            late[d.document][d.value_date] += d.amount
        elif d.kind in ("cash_unapplied", "application_reversed") and not d.counterparty:
            late[d.document][values[d.receipt_id]] -= d.amount
        elif d.rule == "interest.compensation":
            assert (d.amount, d.currency) == (4_000, "EUR")
            assert d.counterparty not in compensated
            compensated.add(d.counterparty)
        elif d.kind == "interest_charged":
            charged[d.counterparty] += d.amount
            if policy == COLLECTING:
                # All days are in the first half of 2026: 2.15 and eight percent.
                first = due[d.counterparty]
                borne = sum(amount * max(0, day - first) for day, amount in late[d.counterparty].items())
                assert charged[d.counterparty] == (2 * borne * 101_500 + 365 * 10**6) // (2 * 365 * 10**6)
    assert policy or not compensated


@few
@given(histories(), st.sampled_from([COLLECTING, EACH_ITEM]))
def test_a_task_is_opened_once_and_stands_while_its_cause_does(history: History, policy: str) -> None:
    tasks: dict[str, Decision] = {}
    levels: dict[str, int] = {}
    opened: dict[str, Decision] = {}
    books = Books()
    for d in run(messages(history.facts, policy=policy)).decisions:
        books.take(d)
        if d.kind == "reminder_due":
            levels[d.document] = d.level
        if d.kind in ("item_posted", "invoice_released", "interest_charged"):
            opened[d.document] = d
        if d.kind == "task_opened":
            assert d.reference_id not in tasks
            assert d.score == sum(
                int(part.split(":")[1])
                for part in d.evidence
                if part.split(":")[0] in ("overdue", "age", "broken_promise", "dispute")
            )
            assert d.owner
            tasks[d.reference_id] = d
        elif d.kind == "task_closed":
            del tasks[d.reference_id]
        elif d.kind == "escalated":
            assert (d.reference_id in tasks) is d.rule.startswith("collections.")
            # A dispute's first one opens a task, and its own chain goes on beside it.
            assert d.reference_id in tasks or d.level == 1 or f"dispute_overdue:{d.reference_id}" in tasks
    last = [x for x, level in levels.items() if level == STEPS and books.items[ACCOUNT, x].open]
    exhausted = {f"reminders_exhausted:{opened[x].currency}" for x in last}
    assert {x for x in tasks if x.startswith("reminders_exhausted")} == exhausted
    for task in tasks.values():
        if task.category == "short_pay":
            assert books.items[ACCOUNT, task.document].open


@few
@given(histories(("statement", "statement", "receipt", "returned", "credit_note", "operator")), POLICY)
def test_statements_go_from_one_balance_to_the_next(history: History, policy: str) -> None:
    books = Books()
    closed: dict[str, int] = defaultdict(int)
    for d in run(messages(history.facts, policy=policy)).decisions:
        books.take(d)
        if d.kind == "statement":
            parts = dict(part.split(":", 1) for part in d.evidence)
            moved = sum(int(parts[name]) for name in ("debits", "credits", "cash", "other"))
            assert d.item_amount == closed[d.currency]
            assert d.amount == books.sums[ACCOUNT, d.currency].balance == d.item_amount + moved
            assert parts["other"] == "0"
            if d.channel:
                # DATED:DUE:AMOUNT:OPEN:DISPUTED:KIND:NUMBER: all that is open, and nothing else.
                items = [part.split(":", 7) for part in d.evidence if part.startswith("open_item:")]
                assert sorted((document, int(left)) for *_, left, _, _, document in items) == sorted(
                    (document, item.open)
                    for (_, document), item in books.items.items()
                    if item.open and item.currency == d.currency
                )
            closed[d.currency] = d.amount


@few
@given(histories(), st.sampled_from([COLLECTING, EACH_ITEM]))
def test_the_same_bytes_whatever_is_evicted_or_adopted(history: History, policy: str) -> None:
    same_however_kept(messages(history.facts, policy=policy))


def test_histories_reach_what_the_properties_are_about() -> None:
    def said_of(history: History, policy: str) -> Iterator[str]:
        for d in run(messages(history.facts, policy=policy)).decisions:
            yield from (d.kind, d.rule, d.category, *[reason.split(":")[0] for reason in d.reasons])

    wanted = {
        *("interest.late", "interest.compensation", "statement", "escalated", "task_closed", "service_case"),
        *("reminders_exhausted", "broken_promise", "short_pay", "large_overdue", "contact_cap"),
    }
    assert unreached(wanted, 150, said_of, histories(), st.sampled_from([COLLECTING, EACH_ITEM])) == set()
