"""Tasks whose causes other rules decide: a credit hold, a dispute that its own chain escalated."""

from benchmarks.memory_rows import NoRows
from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.evolve import evolve_decision
from dataflows.rules.policy.policy import parse
from dataflows.rules.reminders import tasks
from dataflows.rules.reminders.worklist import MOST_LOOKED_AT, standing
from schemas.records import AccountRow, Decision, DisputeRow, Item
from tests.policies import COLLECTING, policy_text

TODAY = 20_524


def context() -> Context:
    return Context(TODAY * 86_400_000, "live", parse(policy_text(COLLECTING)), "test", "x", 0, 0)


def account() -> Account:
    return Account("t/e/A-1", AccountRow(), NoRows())


def follow(a: Account, ctx: Context, d: Decision) -> list[Decision]:
    found = tasks.follow(a, d, [], ctx)
    for one in found:
        evolve_decision(a, one, ctx)
    return found


def test_a_credit_hold_is_a_task_until_it_is_released() -> None:
    a, ctx = account(), context()
    (opened,) = follow(a, ctx, Decision(kind="credit_hold_set", currency="USD"))
    assert (opened.reference_id, opened.text, opened.category) == ("credit_hold:USD", "review_credit", "credit_hold")
    assert follow(a, ctx, Decision(kind="credit_hold_set", currency="USD")) == []
    (closed,) = follow(a, ctx, Decision(kind="credit_hold_released", currency="USD"))
    assert (closed.kind, closed.reasons) == ("task_closed", ["credit_hold_released"])
    assert a.row.tasks == []


def test_an_escalated_dispute_is_a_task_until_it_is_closed() -> None:
    a, ctx = account(), context()
    a.put_dispute(DisputeRow("D-1", "INV-1", "USD", 100, "pricing", "open", "", 0))
    late = Decision(kind="escalated", rule="disputes.sla", reference_id="D-1", currency="USD", document="INV-1")
    (opened,) = follow(a, ctx, late)
    assert (opened.reference_id, opened.text) == ("dispute_overdue:D-1", "resolve_dispute")
    assert follow(a, ctx, Decision(kind="dispute_closed", reference_id="D-2", currency="USD")) == []
    (closed,) = follow(a, ctx, Decision(kind="dispute_closed", reference_id="D-1", currency="USD"))
    assert closed.reasons == ["dispute_closed"]


def test_no_more_than_so_many_tasks_are_open() -> None:
    a, ctx = account(), context()
    for number in range(tasks.MOST_TASKS + 10):
        short = Decision(kind="cash_applied", document=f"INV-{number}", currency="USD", item_open=500)
        assert len(follow(a, ctx, short)) == (number < tasks.MOST_TASKS)
    assert len(a.row.tasks) == tasks.MOST_TASKS


def test_a_score_looks_at_no_more_than_the_oldest_items() -> None:
    a, ctx = account(), context()
    for number in range(MOST_LOOKED_AT + 50):
        item = Item(f"INV-{number:04}", "invoice", "USD", 100, 100)
        item.due_date = TODAY - 300 + number
        a.add_item(item)
    now = standing(a, "USD", ctx)
    assert (now.overdue, now.age_days, now.more) == (100 * MOST_LOOKED_AT, 300, True)
    assert now.told() == ["past_due:20000", "oldest_days:300", "items:the 200 oldest"]
