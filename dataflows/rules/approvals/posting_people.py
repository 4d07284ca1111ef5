"""How approvals, exceptions and what people do with them are kept. They post no money. evolve.py says when."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals import approvals, approved, work_queue
from dataflows.rules.context import Context
from dataflows.rules.evidence import value
from dataflows.rules.provisions.approvals import REMINDER
from dataflows.rules.reminders import posting_letters
from schemas.records import Decision, ExceptionRow, RefundDue

KINDS: Final = (
    "approval_requested",
    "approval_delegated",
    "approval_given",
    "approval_rejected",
    "approval_expired",
    "approval_withdrawn",
    "refund_confirmed",
    "assigned",
)


def post(account: Account, d: Decision, ctx: Context) -> None:
    """A decision of KINDS, or an escalation of an exception."""
    kind = d.kind
    if kind == "approval_requested":
        assert approvals.find(account, d.reference_id) is None, f"{d.reference_id} is asked already"
        account.row.approvals.append(approvals.state_of(d))
        if d.category == REMINDER:
            posting_letters.keep_request(account, d)
        account.wake_first()
    elif kind == "approval_delegated":
        request = approvals.find(account, d.reference_id)
        assert request is not None, f"no request {d.reference_id}"
        request.delegate = d.owner
        request.delegated_by = value(d, "by")
        account.touch()
    elif kind == "refund_confirmed":
        _post_told(account, d)
    elif kind == "assigned":
        _post_assigned(account, d)
    elif kind == "escalated":
        row = _known(account, d.reference_id)
        row.step = d.level
        row.owner = d.owner
        account.plan_exception(row, d.deadline)
    else:
        request = approvals.find(account, d.reference_id)
        assert request is not None, f"no request {d.reference_id}"
        account.row.approvals.remove(request)
        if d.category == REMINDER:
            posting_letters.keep_answer(account, d, ctx)
        account.wake_first()


def _post_told(account: Account, d: Decision) -> None:
    """The bank told of a refund that was posted: it is due no more."""
    name = value(d, "refund")
    for due in account.row.refunds_due:
        if due.approval_id == name and due.receipt_id == d.receipt_id and due.document == d.document:
            assert d.amount <= due.amount, f"{d.amount} of {due.amount} of {name}"
            due.amount -= d.amount
            if not due.amount:
                account.row.refunds_due.remove(due)
            account.touch()
            return
    raise AssertionError(f"no refund {name} is due")


def keep_refund(account: Account, d: Decision) -> None:
    """A refund that was posted by approval: the bank will tell of it."""
    if d.rule in (approved.REFUNDED, approved.REFUNDED_WITHIN):
        account.row.refunds_due.append(RefundDue(d.reference_id, d.currency, d.amount, d.receipt_id, d.document))
        account.touch()


def _post_assigned(account: Account, d: Decision) -> None:
    if d.category == "task":
        for task in account.row.tasks:
            if task.task_id == d.reference_id:
                task.owner = d.owner
        account.touch()
        return
    row = _known(account, d.reference_id)
    row.owner = d.owner
    account.put_exception(row.exception_id, row)


def _known(account: Account, name: str) -> ExceptionRow:
    row = account.exception(name)
    assert row is not None, f"no exception {name}"
    return row


# --- exceptions ---


def keep_exception(account: Account, d: Decision, ctx: Context) -> None:
    """An exception is raised or closed; a proposal of cash waits for a person."""
    name = work_queue.id_of(d)
    if not name:
        return
    row = account.exception(name)
    if d.kind == "exception_closed":
        if row is not None and d.rule in row.rules:
            row.rules.remove(d.rule)
            account.put_exception(name, row)
            if not row.rules:
                account.drop_exception(name)
        return
    if row is None:
        row = ExceptionRow(name, [])
        row.owner = d.owner
        row.deadline = d.deadline
    row.currency = d.currency
    row.amount = d.amount
    row.document = d.document
    row.receipt_id = d.receipt_id
    if d.rule not in row.rules:
        row.rules.append(d.rule)
    account.put_exception(name, row)
    if row.deadline and not row.due and not row.step and account.provisions(ctx, d.currency).exceptions.escalations:
        account.plan_exception(row, row.deadline)
