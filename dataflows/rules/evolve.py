"""How decisions change an account's state, and a wake that is done; what facts say is kept by keep.py, and nothing else does.

Each decision is posted as docs/ledger.md says, and gets the balances right after it. An assertion
here means that a rule concluded what the books do not bear: nothing was changed by then.
"""

from typing import Final

from dataflows.rules.account import Account
from dataflows.rules.cash import RETURNED_CREDIT, RETURNED_EARLY, waiting_references
from dataflows.rules.context import FAR, Context, contact_time, next_contact, step_day
from dataflows.rules.disputes import AMOUNT_KNOWN
from dataflows.rules.keep import bill, draft_invoice, known_order
from dataflows.rules.policy import DAY_MS
from schemas.records import (
    Allocation,
    CreditTaken,
    Decision,
    DisputeRow,
    Item,
    PromiseRow,
    ReceiptRow,
    WaitingReference,
)

# A judged promise is judged again when money comes late or goes back, for this long.
PROMISE_KEPT_DAYS: Final = 60
# References of one receipt that its account tries again by; the rest are tried by the first ones.
MOST_WAITING: Final = 64
# No balance comes near this (9.2e18 minor units is what 64 bits hold). Compiled code compares numbers below 2^62 fastest.
MOST_MINOR: Final = 4_000_000_000_000_000_000


def evolve_decision(account: Account, d: Decision, ctx: Context) -> None:
    """Post the decision and write the balances right after it into it."""
    kind = d.kind
    if kind == "cash_applied":
        _post_application(account, d)
    elif kind == "receipt_booked":
        _post_receipt(account, d)
    elif kind == "item_posted" or kind == "invoice_released":
        _post_item(account, d, ctx)
    elif kind == "reminder_due" or kind == "reminder_suppressed":
        _post_reminder(account, d, ctx)
    elif kind == "invoice_held":
        _post_hold(account, d)
    elif kind == "cash_proposed":
        _post_proposal(account, d)
    elif kind == "credit_allocated":
        _post_credit(account, d)
    elif kind == "application_reversed" and d.rule == RETURNED_CREDIT:
        _post_credit_undone(account, d, ctx)
    elif kind in ("cash_unapplied", "application_reversed"):
        _post_reversal(account, d, ctx)
    elif kind == "receipt_reversed":
        _post_returned_unapplied(account, d)
    elif kind == "cash_transferred":
        if d.rule == "transfer.out":
            _post_transfer(account, d)
    elif kind in ("dispute_opened", "dispute_routed", "dispute_closed"):
        _post_dispute(account, d)
    elif kind.startswith("promise_"):
        _post_promise(account, d, ctx)
    elif kind == "exception_raised" and d.rule == "release.sla":
        draft = account.draft(d.document)
        assert draft is not None, f"no draft {d.document}"
        draft.sla_said = True
        account.put_draft(d.document, draft)
    if d.currency:
        balance = account.balance(d.currency)
        d.open_debit = balance.open_debit
        d.open_credit = balance.open_credit
        d.unapplied = balance.unapplied
        d.on_account = balance.on_account
        assert -MOST_MINOR < balance.open_debit < MOST_MINOR
        assert -MOST_MINOR < balance.unapplied < MOST_MINOR


def _fill(d: Decision, item: Item) -> None:
    d.item_kind = item.kind
    d.item_amount = item.amount
    d.item_open = item.open
    d.item_disputed = item.disputed
    d.level = item.level
    d.due_date = item.due_date
    d.document_date = item.document_date


def _open_item(account: Account, document: str) -> Item:
    item = account.item(document)
    assert item is not None, f"no open item {document}"
    return item


def _post_item(account: Account, d: Decision, ctx: Context) -> None:
    assert 0 < d.amount < MOST_MINOR, f"amount {d.amount} of {d.document}"
    balance = account.posting_balance(d.currency)
    assert balance.open_debit + d.amount < MOST_MINOR
    assert balance.open_credit + d.amount < MOST_MINOR
    credit = d.item_kind == "credit_note"
    item = Item(d.document, d.item_kind, d.currency, d.amount, d.amount)
    item.document_date = d.document_date
    item.posting_date = d.posting_date
    item.due_date = d.due_date
    if credit:
        balance.open_credit += d.amount
        balance.credits_raised += d.amount
        item.corrects = d.counterparty
        account.row.credits.append(d.document)
    else:
        balance.open_debit += d.amount
        balance.debits_raised += d.amount
        if not account.row.open_items:
            account.row.steps_key = ctx.policy.steps_key
        item.action_date = step_day(ctx.policy, d.due_date, 1)
        account.wake_by(next_contact(ctx, account.key, item.action_date) if item.action_date else FAR)
        _adopt_early_disputes(account, item)
    account.add_item(item)
    if d.document in account.row.held:
        _drop_draft(account, d.document, d.kind == "invoice_released")
    _fill(d, item)


def _adopt_early_disputes(account: Account, item: Item) -> None:
    """Disputes that came before their invoice pause it from now on."""
    for dispute_id in list(account.row.early_disputes):
        dispute = account.dispute(dispute_id)
        if dispute is not None and dispute.document == item.document and dispute.currency == item.currency:
            item.disputes.append(dispute_id)
            account.row.early_disputes.remove(dispute_id)
    _pause(account, item)


def _pause(account: Account, item: Item) -> None:
    """What its open disputes contest pauses the item, as far as it is open. Money that comes and goes changes that.

    One that came before the item and named no amount contests all of it.
    """
    contested = 0
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status != "closed":
            contested += dispute.amount or item.amount
    item.disputed = min(contested, item.open)


def _drop_draft(account: Account, document: str, released: bool) -> None:
    draft = account.draft(document)
    assert draft is not None, f"no draft {document}"
    invoice = draft_invoice(draft)
    if invoice.order_id:
        order = known_order(account, invoice.order_id)
        if document in order.drafts:
            order.drafts.remove(document)
        if released:
            bill(order, invoice)
        account.put_order(order)
    account.row.held.remove(document)
    account.put_draft(document, None)


def _post_hold(account: Account, d: Decision) -> None:
    draft = account.draft(d.document)
    assert draft is not None, f"no draft {d.document}"
    draft.reasons = d.reasons
    account.put_draft(d.document, draft)


def _post_receipt(account: Account, d: Decision) -> None:
    assert 0 < d.amount < MOST_MINOR, f"amount {d.amount} of {d.receipt_id}"
    balance = account.posting_balance(d.currency)
    assert balance.unapplied + d.amount < MOST_MINOR
    receipt = account.known_receipt(d.receipt_id)
    balance.unapplied += d.amount
    if d.rule == "transfer.returned":
        balance.transferred_in += d.amount
        receipt.transferred -= d.amount
        receipt.sent_to = ""
        receipt.refused_by.append(d.counterparty)
    elif d.rule == "transfer.in":
        balance.transferred_in += d.amount
        receipt.amount += d.amount
    else:
        balance.received += d.amount
        receipt.amount += d.amount
    receipt.unapplied += d.amount
    # A suspense account holds any number of receipts and never searches them: it keeps no list.
    if not account.suspense and d.receipt_id not in account.row.unapplied:
        account.row.unapplied.append(d.receipt_id)
    account.put_receipt(receipt)
    account.touch()
    d.receipt_unapplied = receipt.unapplied


def _post_proposal(account: Account, d: Decision) -> None:
    """Remember what was said, and the references that this cash waits for."""
    receipt = account.known_receipt(d.receipt_id)
    receipt.proposed = d.reasons + d.candidates
    d.receipt_unapplied = receipt.unapplied
    account.put_receipt(receipt)
    _wait_no_more(account, d.receipt_id)
    for folded in waiting_references(account, receipt)[:MOST_WAITING]:
        account.row.waiting.append(WaitingReference(folded, d.receipt_id))
    account.touch()


def _wait_no_more(account: Account, receipt_id: str) -> None:
    if account.row.waiting:
        account.row.waiting = [w for w in account.row.waiting if w.receipt_id != receipt_id]


def _post_advised(account: Account, d: Decision, receipt: ReceiptRow) -> None:
    """An advice that its receipt was applied by belongs to that receipt, and waits no more once all is applied."""
    advice = account.advice(d.reference_id)
    assert advice is not None, f"no advice {d.reference_id}"
    advice.used = True
    advice.receipt_id = receipt.receipt_id
    account.put_advice(advice)
    if not receipt.unapplied and advice.advice_id in account.row.advices:
        account.row.advices.remove(advice.advice_id)


def _take(account: Account, receipt: ReceiptRow, amount: int) -> None:
    """Take unapplied cash from a receipt and its account."""
    balance = account.posting_balance(receipt.currency)
    balance.unapplied -= amount
    receipt.unapplied -= amount
    if not receipt.unapplied and not account.suspense:
        account.row.unapplied.remove(receipt.receipt_id)
        _wait_no_more(account, receipt.receipt_id)
    account.put_receipt(receipt)
    account.touch()


def _post_application(account: Account, d: Decision) -> None:
    item = _open_item(account, d.document)
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= item.open, f"{d.amount} on {d.document} with {item.open} open"
    assert d.amount <= receipt.unapplied, f"{d.amount} of {d.receipt_id} with {receipt.unapplied} unapplied"
    assert item.currency == receipt.currency
    assert item.kind != "credit_note"
    balance = account.posting_balance(d.currency)
    balance.open_debit -= d.amount
    balance.cash_applied += d.amount
    _take(account, receipt, d.amount)
    account.lower_item(item, d.amount)
    for allocation in receipt.allocations:
        if allocation.document == d.document:
            allocation.amount += d.amount
            break
    else:
        receipt.allocations.append(Allocation(d.document, d.amount))
    _count_for_promises(account, d.document, d.currency, d.amount, d.value_date)
    if d.reference_id:
        _post_advised(account, d, receipt)
    _fill(d, item)
    d.receipt_unapplied = receipt.unapplied


def _count_for_promises(account: Account, document: str, currency: str, amount: int, value_date: int) -> None:
    """Count applied cash for the promises it is for; each unit once, earliest promise first. Negative takes it off.

    What is beyond them all is kept with the last one, so that taking that off again breaks none.
    """
    fit = [
        promise
        for promise in account.row.promises
        if promise.currency == currency
        and value_date >= promise.made_date
        and (not promise.documents or document in promise.documents)
    ]
    if not fit:
        return
    left = amount
    if amount > 0:
        for promise in fit:
            taken = min(left, max(0, promise.amount - promise.counted))
            promise.counted += taken
            left -= taken
        fit[-1].counted += left
    else:
        for promise in reversed(fit):
            taken = min(-left, promise.counted)
            promise.counted -= taken
            left += taken
    account.touch()


def _post_reversal(account: Account, d: Decision, ctx: Context) -> None:
    receipt = account.known_receipt(d.receipt_id)
    for allocation in receipt.allocations:
        if allocation.document == d.document:
            break
    else:
        raise AssertionError(f"{d.receipt_id} is not applied to {d.document}")
    assert 0 < d.amount <= allocation.amount, f"{d.amount} of {allocation.amount} on {d.document}"
    allocation.amount -= d.amount
    if not allocation.amount:
        receipt.allocations.remove(allocation)
    item = _reopen(account, d, ctx)
    balance = account.posting_balance(d.currency)
    balance.open_debit += d.amount
    balance.cash_applied -= d.amount
    if d.kind == "cash_unapplied":
        balance.unapplied += d.amount
        receipt.unapplied += d.amount
        if not account.suspense and receipt.receipt_id not in account.row.unapplied:
            account.row.unapplied.append(receipt.receipt_id)
    else:
        balance.returned += d.amount
        receipt.returned += d.amount
    _count_for_promises(account, d.document, d.currency, -d.amount, receipt.value_date)
    account.put_receipt(receipt)
    _fill(d, item)
    d.receipt_unapplied = receipt.unapplied


def _reopen(account: Account, d: Decision, ctx: Context) -> Item:
    """The debit that a decision takes something off, open again by that much; its due date and level stay."""
    item = account.raise_item(d.document, d.amount)
    _pause(account, item)
    account.plan_item(item, _resumed(ctx, item))
    account.wake_by(contact_time(ctx.policy, account.key, item.action_date) if item.action_date else FAR)
    return item


def _resumed(ctx: Context, item: Item) -> int:
    """The next reminder day of an item that is open again; its level stays."""
    day = step_day(ctx.policy, item.due_date, item.level + 1)
    return max(day, ctx.today + 1) if day else 0


def _post_returned_unapplied(account: Account, d: Decision) -> None:
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= receipt.unapplied, f"{d.amount} of {receipt.unapplied} of {d.receipt_id}"
    account.posting_balance(d.currency).returned += d.amount
    receipt.returned += d.amount
    if d.rule == RETURNED_EARLY:
        receipt.pending_return = 0
    _take(account, receipt, d.amount)
    d.receipt_unapplied = receipt.unapplied


def _post_transfer(account: Account, d: Decision) -> None:
    receipt = account.known_receipt(d.receipt_id)
    assert 0 < d.amount <= receipt.unapplied, f"{d.amount} of {receipt.unapplied} of {d.receipt_id}"
    account.posting_balance(d.currency).transferred_out += d.amount
    receipt.transferred += d.amount
    receipt.sent_to = d.counterparty
    _take(account, receipt, d.amount)
    d.receipt_unapplied = receipt.unapplied


def _post_credit(account: Account, d: Decision) -> None:
    invoice = _open_item(account, d.document)
    credit = _open_item(account, d.counterparty)
    assert 0 < d.amount <= min(invoice.open, credit.open)
    assert invoice.currency == credit.currency
    assert invoice.kind != "credit_note"
    assert credit.kind == "credit_note"
    balance = account.posting_balance(d.currency)
    balance.open_debit -= d.amount
    balance.open_credit -= d.amount
    account.lower_item(invoice, d.amount)
    account.lower_item(credit, d.amount)
    _fill(d, invoice)
    if not credit.open:
        account.row.credits.remove(credit.document)
    if d.receipt_id:
        receipt = account.known_receipt(d.receipt_id)
        receipt.credits.append(CreditTaken(d.document, d.counterparty, d.amount))
        d.receipt_unapplied = receipt.unapplied
        account.put_receipt(receipt)


def _post_credit_undone(account: Account, d: Decision, ctx: Context) -> None:
    """The money of the remittance that took the credit off went back: invoice and credit note are open again."""
    receipt = account.known_receipt(d.receipt_id)
    for taken in receipt.credits:
        if taken.document == d.document and taken.credit == d.counterparty and taken.amount == d.amount:
            break
    else:
        raise AssertionError(f"{d.receipt_id} took no {d.amount} of {d.counterparty} off {d.document}")
    receipt.credits.remove(taken)
    account.put_receipt(receipt)
    invoice = _reopen(account, d, ctx)
    credit = account.raise_item(d.counterparty, d.amount)
    assert invoice.open <= invoice.amount, f"{invoice.open} open of {invoice.document}"
    assert credit.open <= credit.amount, f"{credit.open} open of {credit.document}"
    if credit.document not in account.row.credits:
        account.row.credits.append(credit.document)
    balance = account.posting_balance(d.currency)
    balance.open_debit += d.amount
    balance.open_credit += d.amount
    _fill(d, invoice)
    d.receipt_unapplied = receipt.unapplied


def _post_dispute(account: Account, d: Decision) -> None:
    if d.rule == AMOUNT_KNOWN:
        _post_contested(account, d)
        return
    if d.kind == "dispute_opened":
        dispute = DisputeRow(d.reference_id, d.document, d.currency, d.amount, d.text, "open", "", d.event_time)
    else:
        known = account.dispute(d.reference_id)
        assert known is not None, f"no dispute {d.reference_id}"
        dispute = known
        if d.kind == "dispute_routed":
            dispute.status = "in_review"
            dispute.owner = d.text
        else:
            dispute.status = "closed"
    account.put_dispute(dispute)
    if d.kind == "dispute_routed":
        return
    opened = d.kind == "dispute_opened"
    item = account.known_item(d.document)
    early = account.row.early_disputes
    if d.reference_id in early:
        early.remove(d.reference_id)
        account.touch()
    elif item is None:
        early.append(d.reference_id)
        account.touch()
    elif item.kind != "credit_note":
        if opened:
            item.disputes.append(d.reference_id)
        else:
            item.disputes.remove(d.reference_id)
        _pause(account, item)
        account.touch_item(item)
        _fill(d, item)


def _post_contested(account: Account, d: Decision) -> None:
    """What a dispute contests that was opened before its item, and pauses it by now."""
    dispute = account.dispute(d.reference_id)
    assert dispute is not None, f"no dispute {d.reference_id}"
    dispute.amount = d.amount
    account.put_dispute(dispute)
    item = account.posted_item(d.document)
    _pause(account, item)
    account.touch_item(item)
    _fill(d, item)


def _post_promise(account: Account, d: Decision, ctx: Context) -> None:
    promises = account.row.promises
    account.touch()
    if d.kind == "promise_opened":
        judge_date = d.due_date + ctx.policy.promise_tolerance_days + 1
        made_date = d.event_time // DAY_MS
        promises.append(
            PromiseRow(d.reference_id, d.currency, d.amount, d.due_date, made_date, judge_date, list(d.candidates))
        )
        promises.sort(key=_by_promised)
        account.wake_by(next_contact(ctx, account.key, judge_date))
        return
    for promise in promises:
        if promise.promise_id == d.reference_id:
            break
    else:
        raise AssertionError(f"no promise {d.reference_id}")
    if d.kind == "promise_cancelled":
        promises.remove(promise)
        return
    promise.status = d.kind.removeprefix("promise_")
    if d.kind == "promise_broken":
        _raise_levels(account, promise, ctx)


def _raise_levels(account: Account, promise: PromiseRow, ctx: Context) -> None:
    """Reminders of what was promised resume one level up: of what was due by the promised day, where none is named."""
    items: list[Item] = []
    for document in promise.documents:
        item = account.item(document)
        if item is not None and item.kind != "credit_note":
            items.append(item)
    if not promise.documents:
        for item in account.debits_by_due(promise.currency):
            if item.due_date > promise.promised_date:
                break
            items.append(item)
    for item in items:
        item.raise_by = 1
        account.plan_item(item, ctx.today + 1)
        account.wake_by(contact_time(ctx.policy, account.key, ctx.today + 1))


def _by_promised(promise: PromiseRow) -> tuple[int, str]:
    return (promise.promised_date, promise.promise_id)


def _post_reminder(account: Account, d: Decision, ctx: Context) -> None:
    item = _open_item(account, d.document)
    if d.kind == "reminder_due":
        item.level = d.level
        item.said_level = 0
        item.raise_by = 0
        account.plan_item(item, step_day(ctx.policy, item.due_date, item.level + 1))
        account.row.last_letter = ctx.today
    else:
        item.said_level = d.level
    level = d.level
    _fill(d, item)
    d.level = level
    account.touch_item(item)


def evolve_steps(account: Account, ctx: Context) -> None:
    """Before a wake: where a new policy has other steps, the next one of each open debit is set by it.

    An account is looked at once for each change of steps, at its first wake after it; the shard brings that forward.
    """
    row = account.row
    if row.steps_key == ctx.policy.steps_key:
        return
    row.steps_key = ctx.policy.steps_key
    account.touch()
    for balance in row.balances:
        for item in list(account.debits_by_due(balance.currency)):
            day = step_day(ctx.policy, item.due_date, item.level + 1)
            # What a broken promise raises is due in any case.
            if day != item.action_date and not item.raise_by:
                account.plan_item(item, day)


def evolve_wake(account: Account, ctx: Context) -> None:
    """A wake is done: what was due and not said waits for the next business day; the next wake is set."""
    row = account.row
    tomorrow = ctx.policy.business_day(ctx.today + 1)
    last = len(ctx.policy.steps_days)
    for item in account.debits_to_act_on(ctx.today):
        # Nothing comes after the last step, a broken promise neither.
        account.plan_item(item, tomorrow if item.level < last else 0)
    row.promises = [p for p in row.promises if p.status == "open" or p.judge_date + PROMISE_KEPT_DAYS >= ctx.today]
    days = [promise.judge_date for promise in row.promises if promise.status == "open"]
    first = account.first_action()
    if first:
        days.append(first)
    if row.held:
        days.append(tomorrow)
    if days:
        row.wake = contact_time(ctx.policy, account.key, max(min(days), ctx.today + 1))
    else:
        row.wake = FAR if row.open_items else 0
    account.touch()
