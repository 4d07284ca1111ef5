"""Release of drafts: every condition and check that fails is a reason to hold. Source: REFERENCE 3.1."""

from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.credit_hold import CREDIT_HOLD, credit_held
from dataflows.rules.exceptions import closed
from dataflows.rules.keep import draft_invoice
from dataflows.rules.money import line_net
from dataflows.rules.policy import DAY_MS
from dataflows.rules.provisions.release import ReleaseTerms
from schemas.records import Decision, DraftRow, Invoice, OrderRow, ShipmentState

OVERDUE = "release.sla"


def decide_draft(account: Account, fact: Invoice, ctx: Context) -> list[Decision]:
    """Release the draft that has just been kept, or hold it with every reason."""
    reasons = holding_reasons(account, fact, ctx)
    return [_held(fact, reasons)] if reasons else [_released(account, fact, ctx)]


def decide_posted(account: Account, fact: Invoice) -> list[Decision]:
    """An invoice that the ERP has posted is open from posting, and waits for nothing where it was held."""
    decisions = [_posting(account, "item_posted", "posted.erp", fact)]
    if fact.document in account.row.held:
        draft = account.draft(fact.document)
        assert draft is not None, f"no draft {fact.document}"
        decisions += _hold_ended(draft, fact)
    return decisions


def recheck(account: Account, documents: list[str], ctx: Context) -> list[Decision]:
    """Look at held drafts again: release what is healed, say anew what is held for other reasons.

    At most one draft of an order goes at once: the next one is looked at when what this one bills is
    posted, so that no goods are billed twice.
    """
    decisions: list[Decision] = []
    orders: set[str] = set()
    for document in documents:
        draft = account.draft(document)
        assert draft is not None, f"no draft {document}"
        invoice = draft_invoice(draft)
        if invoice.order_id in orders:
            continue
        reasons = holding_reasons(account, invoice, ctx)
        if not reasons:
            orders.add(invoice.order_id)
            decisions.append(_released(account, invoice, ctx))
            decisions += _hold_ended(draft, invoice)
        elif reasons != draft.reasons:
            decisions.append(_held(invoice, reasons))
    return decisions


def recheck_order(account: Account, order_id: str, ctx: Context) -> list[Decision]:
    order = account.order(order_id)
    return [] if order is None else recheck(account, list(order.drafts), ctx)


def overdue_holds(account: Account, ctx: Context) -> list[Decision]:
    """Holds older than their SLA, each said once."""
    rule = _rule(account, ctx)
    decisions: list[Decision] = []
    for document in account.row.held:
        draft = account.draft(document)
        assert draft is not None, f"no draft {document}"
        if draft.sla_said or ctx.today - draft.held_time // DAY_MS <= rule.hold_sla_days:
            continue
        invoice = draft_invoice(draft)
        decisions.append(
            Decision(
                kind="exception_raised",
                rule=OVERDUE,
                currency=invoice.currency,
                amount=invoice.amount,
                document=document,
                reference_id=f"hold:{document}",
                reasons=draft.reasons,
            )
        )
    return decisions


def _hold_ended(draft: DraftRow, fact: Invoice) -> list[Decision]:
    """The draft is held no more: what was said of its age is settled."""
    return [closed(OVERDUE, f"hold:{fact.document}", fact.currency, document=fact.document)] if draft.sla_said else []


def holding_reasons(account: Account, fact: Invoice, ctx: Context) -> list[str]:
    """Every reason to hold the draft, in a fixed order; empty releases it."""
    row = account.customer()
    reasons: list[str] = []
    if row is None:
        reasons.append("customer_unknown")
    else:
        if not row.active:
            reasons.append("customer_inactive")
        if not row.billing_address:
            reasons.append("billing_address_missing")
        if row.po_required and not fact.po_reference:
            reasons.append("po_reference_missing")
    if credit_held(account):
        reasons.append(CREDIT_HOLD)
    _check_lines(fact, reasons)
    rule = _rule(account, ctx)
    order = account.order(fact.order_id) if fact.order_id else None
    if order is None or not order.known:
        reasons.append("order_missing")
        return reasons
    if order.cancelled:
        reasons.append("order_cancelled")
    if order.currency != fact.currency:
        reasons.append(f"currency_not_ordered:{fact.currency}")
    for other in order.billed:
        if other.amount == fact.amount and other.document_date == fact.document_date:
            reasons.append(f"duplicate_of:{other.document}")
    _check_prices(fact, order, reasons)
    if not fact.lines and order.lines and all(x.invoiced >= x.ordered for x in order.lines):
        reasons.append("nothing_left_to_bill")
    if rule.condition == "on_order":
        _check_ordered(fact, order, reasons)
    else:
        _check_shipped(fact, order, reasons)
    if rule.condition == "on_pod":
        _check_delivered(fact, order, rule, ctx, reasons)
    return reasons


def _rule(account: Account, ctx: Context) -> ReleaseTerms:
    return account.provisions(ctx).release


def _check_lines(fact: Invoice, reasons: list[str]) -> None:
    """Line arithmetic and the total, to the minor unit; a tax code on each line."""
    if not fact.lines:
        return
    net = 0
    tax = 0
    for line in fact.lines:
        net += line.net
        tax += line.tax
        if line_net(line.quantity_milli, line.unit_price_micro, fact.currency) != line.net:
            reasons.append(f"line_arithmetic:{line.line}")
        if not line.tax_code:
            reasons.append(f"tax_code_missing:{line.line}")
    if net + tax != fact.amount or tax != fact.tax:
        reasons.append("total_mismatch")


def _check_prices(fact: Invoice, order: OrderRow, reasons: list[str]) -> None:
    for line in fact.lines:
        for ordered in order.lines:
            # A line that only shipments or bills speak of was not ordered.
            if ordered.line == line.order_line and ordered.ordered:
                if ordered.unit_price_micro != line.unit_price_micro:
                    reasons.append(f"price_not_agreed:{line.line}")
                break
        else:
            reasons.append(f"line_not_ordered:{line.line}")


def _billed_after(fact: Invoice, order: OrderRow) -> dict[int, int]:
    """For each ordered line of the draft, what is billed of it with this draft; of one without lines, all that was ordered."""
    billed: dict[int, int] = {}
    for line in fact.lines:
        billed[line.order_line] = billed.get(line.order_line, 0) + line.quantity_milli
    if not fact.lines:
        return {ordered.line: ordered.ordered for ordered in order.lines}
    return {x.line: x.invoiced + billed[x.line] for x in order.lines if x.line in billed}


def _check_ordered(fact: Invoice, order: OrderRow, reasons: list[str]) -> None:
    """Every invoiced quantity is ordered and not yet billed."""
    billed = _billed_after(fact, order)
    for ordered in order.lines:
        if ordered.ordered and billed.get(ordered.line, 0) > ordered.ordered:
            reasons.append(f"more_than_ordered:{ordered.line}")


def _check_shipped(fact: Invoice, order: OrderRow, reasons: list[str]) -> None:
    """Every invoiced quantity is shipped and not yet billed."""
    if not order.shipments:
        reasons.append("shipment_missing")
        return
    billed = _billed_after(fact, order)
    for ordered in order.lines:
        if billed.get(ordered.line, 0) > ordered.shipped:
            reasons.append(f"not_shipped:{ordered.line}")


def _check_delivered(fact: Invoice, order: OrderRow, rule: ReleaseTerms, ctx: Context, reasons: list[str]) -> None:
    """Every invoiced quantity is delivered without complaint, or was sent so long ago without one.

    Where it is not, each shipment that keeps it from being so is a reason.
    """
    arrived: dict[int, int] = {}
    waiting: list[ShipmentState] = []
    for shipment in order.shipments:
        aged = ctx.today - shipment.ship_date >= rule.pod_days
        if shipment.complaint or not (shipment.delivered_date or aged):
            waiting.append(shipment)
            continue
        for sent in shipment.lines:
            arrived[sent.order_line] = arrived.get(sent.order_line, 0) + sent.quantity_milli
    short = {line for line, billed in _billed_after(fact, order).items() if billed > arrived.get(line, 0)}
    for shipment in waiting:
        if any(sent.order_line in short for sent in shipment.lines):
            missing = "complaint" if shipment.complaint else "proof_of_delivery_missing"
            reasons.append(f"{missing}:{shipment.shipment_id}")


def _held(fact: Invoice, reasons: list[str]) -> Decision:
    return Decision(
        kind="invoice_held",
        rule="release.held",
        currency=fact.currency,
        amount=fact.amount,
        document=fact.document,
        item_kind="invoice",
        reference_id=fact.order_id,
        due_date=fact.due_date,
        document_date=fact.document_date,
        reasons=reasons,
    )


def _released(account: Account, fact: Invoice, ctx: Context) -> Decision:
    rule = _rule(account, ctx)
    return _posting(account, "invoice_released", f"release.{rule.condition}", fact)


def no_sale(account: Account) -> list[str]:
    """Why what is posted to the account counts in no sales; empty where it does."""
    return ["affiliate"] if account.row.affiliate else []


def _posting(account: Account, kind: str, rule: str, fact: Invoice) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=fact.currency,
        amount=fact.amount,
        document=fact.document,
        item_kind="invoice",
        reference_id=fact.order_id,
        posting_date=fact.posting_date,
        due_date=fact.due_date,
        document_date=fact.document_date,
        reasons=no_sale(account),
    )
