"""How items are posted: opened, paused, opened again; and the drafts they come from. evolve.py says when."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import keep_terms
from dataflows.rules.cash import netting
from dataflows.rules.context import FAR, Context, contact_time, next_contact, step_day
from dataflows.rules.evidence import value
from dataflows.rules.keep import bill, draft_invoice
from dataflows.rules.money.money import MOST_MINOR
from dataflows.rules.policy.policy import Provisions
from dataflows.rules.release.consolidation import join, leave
from dataflows.rules.release.goods import known_order
from dataflows.rules.release.partial_invoices import parts_of
from dataflows.rules.release.rebilling import note_credit
from dataflows.rules.release.rebilling import replaced as replaced_item
from schemas.codec import encode_fact
from schemas.records import (
    Decision,
    DraftRow,
    Item,
)

# No policy's steps have this key.
STEPS_OF_SEVERAL: Final = -1


def fill(d: Decision, item: Item) -> None:
    """Write the item, as it now is, into a decision about it."""
    d.item_kind = item.kind
    d.item_amount = item.amount
    d.item_open = item.open
    d.item_disputed = item.disputed
    d.level = item.level
    d.due_date = item.due_date
    d.document_date = item.document_date


def open_item(account: Account, document: str) -> Item:
    """The open item of that number, which must be there."""
    item = account.item(document)
    assert item is not None, f"no open item {document}"
    return item


def post_item(account: Account, d: Decision, ctx: Context) -> None:
    """A new open item."""
    assert 0 < d.amount < MOST_MINOR, f"amount {d.amount} of {d.document}"
    balance = account.posting_balance(d.currency)
    assert balance.open_debit + d.amount < MOST_MINOR
    assert balance.open_credit + d.amount < MOST_MINOR
    credit = d.item_kind == "credit_note"
    # One that is taken over from another system may have been more, and may have been reminded.
    item = Item(d.document, d.item_kind, d.currency, d.item_amount or d.amount, d.amount)
    item.level = d.level
    item.document_date = d.document_date
    item.posting_date = d.posting_date
    item.due_date = d.due_date
    if credit:
        balance.open_credit += d.amount
        balance.credits_raised += d.amount
        item.corrects = d.counterparty
        item.settles = value(d, "dispute")
        account.row.credits.append(d.document)
    else:
        item.order_id = d.reference_id
        balance.open_debit += d.amount
        balance.debits_raised += d.amount
        _plan_by(account, ctx)
        provisions = account.provisions(ctx, d.currency)
        item.action_date = step_day(provisions, d.due_date, item.level + 1)
        account.wake_by(next_contact(ctx, provisions, account.key, item.action_date) if item.action_date else FAR)
        if provisions.statements.day_of_month and not account.row.next_statement:
            account.row.next_statement = provisions.statements.next_day(ctx.today)
            account.wake_by(contact_time(provisions, account.key, account.row.next_statement))
        _adopt_early_disputes(account, item)
    account.add_item(item)
    if account.row.credits:
        netted = netting.next_day(account, ctx)
        if netted:
            provisions = account.provisions(ctx)
            account.wake_by(next_contact(ctx, provisions, account.key, provisions.calendar.business_day(netted)))
    ended = keep_terms(account, item, d) or d.document
    if credit or account.row.credits:
        note_credit(account, item)
    number = value(d, "replaces") if d.evidence else ""
    if number and number != ended:
        replaced = replaced_item(account, number)
        if replaced is not None:
            replaced.replaced_by = ended
            account.touch_item(replaced)
    if ended in account.row.held:
        drop_draft(account, ended, d, ctx)
    fill(d, item)


def _plan_by(account: Account, ctx: Context) -> None:
    """Before a step is planned by the policy in force: where others are open that were planned by another one, the
    account's items are of no one policy, and its next wake plans them all, whichever is in force by then."""
    row = account.row
    steps_key = account.provisions(ctx).steps_key
    if row.steps_key != steps_key:
        row.steps_key = STEPS_OF_SEVERAL if row.open_items else steps_key
        account.touch()


def _adopt_early_disputes(account: Account, item: Item) -> None:
    """Disputes that came before their invoice pause it from now on."""
    for dispute_id in list(account.row.early_disputes):
        dispute = account.dispute(dispute_id)
        if dispute is not None and dispute.document == item.document and dispute.currency == item.currency:
            item.disputes.append(dispute_id)
            account.row.early_disputes.remove(dispute_id)
    pause(account, item)


def pause(account: Account, item: Item) -> None:
    """What its open disputes contest pauses the item, as far as it is open. Money that comes and goes changes that.

    One that came before the item and named no amount contests all of it.
    """
    contested = 0
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status != "closed" and not dispute.review_ended:
            contested += max(0, (dispute.amount or item.amount) - dispute.credited)
    item.disputed = min(contested, item.open)


def drop_draft(account: Account, document: str, d: Decision, ctx: Context) -> None:
    """A draft is held no more: it was released, wholly or in part, posted by the ERP, or given up."""
    draft = account.draft(document)
    assert draft is not None, f"no draft {document}"
    invoice = draft_invoice(draft)
    released = d.kind == "invoice_released"
    billed, number, rest = parts_of(invoice, d.evidence if released else [])
    account.row.held.remove(document)
    if document in account.row.rebills:
        account.row.rebills.remove(document)
    account.put_draft(document, None)
    account.touch()
    if invoice.consolidated:
        leave(account, invoice.consolidated, document, released)
    if rest is not None:
        row = DraftRow(encode_fact(rest), None, ctx.now or ctx.recorded_time)
        row.part_of = draft.part_of or document
        row.part = draft.part + 1
        account.put_draft(number, row)
        account.row.held.append(number)
        if rest.consolidated:
            join(account, rest.consolidated, number, True)
    if invoice.order_id:
        order = known_order(account, invoice.order_id)
        if document in order.drafts:
            order.drafts.remove(document)
        if released:
            bill(order, billed)
        if rest is not None:
            order.drafts.append(number)
        account.put_order(order)


def post_withdrawn(account: Account, d: Decision, ctx: Context) -> None:
    """A draft is given up; one that replaces it knows that there is nothing to take back."""
    drop_draft(account, d.document, d, ctx)
    by = account.draft(d.counterparty) if d.counterparty else None
    if by is not None:
        by.replaces_draft = True
        account.put_draft(d.counterparty, by)


def post_overdue(account: Account, d: Decision) -> None:
    """A person was told that a draft is held for too long."""
    draft = account.draft(d.document)
    assert draft is not None, f"no draft {d.document}"
    draft.sla_said = True
    account.put_draft(d.document, draft)


def post_hold(account: Account, d: Decision) -> None:
    """Why a draft is held."""
    draft = account.draft(d.document)
    assert draft is not None, f"no draft {d.document}"
    draft.reasons = d.reasons
    account.put_draft(d.document, draft)


def reopen(account: Account, d: Decision, ctx: Context) -> Item:
    """The debit that a decision takes something off, open again by that much; its due date and level stay."""
    return reopen_item(account, d.document, d.amount, ctx)


def reopen_item(account: Account, document: str, amount: int, ctx: Context) -> Item:
    """A debit, open again by that much; its due date and level stay."""
    _plan_by(account, ctx)
    item = account.raise_item(document, amount)
    item.cleared_by = ""
    pause(account, item)
    if item.kind == "deduction":
        return item
    provisions = account.provisions(ctx, item.currency)
    account.plan_item(item, _resumed(ctx, provisions, item))
    account.wake_by(contact_time(provisions, account.key, item.action_date) if item.action_date else FAR)
    return item


def _resumed(ctx: Context, provisions: Provisions, item: Item) -> int:
    """The next reminder day of an item that is open again; its level stays."""
    day = step_day(provisions, item.due_date, item.level + 1)
    return max(day, ctx.today + 1) if day else 0
