"""What facts say, kept in an account's state: customers, orders, goods, drafts, receipts before they are booked.

Amounts are posted by the decisions that follow (evolve.py), never here.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.account_rows import REFUND
from dataflows.rules.account.contacts import keep_case, keep_message, keep_owner
from dataflows.rules.cash import relations
from dataflows.rules.context import Context, contact_time, next_contact
from dataflows.rules.money.money import MOST_MINOR, line_net
from dataflows.rules.provisions.release import AT_ONCE
from dataflows.rules.release.consolidation import join
from dataflows.rules.release.goods import keep_return, known_order, order_line
from dataflows.rules.release.price_agreements import keep_agreement
from dataflows.rules.release.rebilling import billed_document, count_again, withdrawn_by
from schemas.codec import decode_fact, encode_fact
from schemas.records import (
    AccountOwner,
    AdviceRow,
    CashTransferred,
    Customer,
    CustomerRow,
    DraftRow,
    Fact,
    Invoice,
    Message,
    OperatorAction,
    Order,
    OrderRow,
    PayerRelation,
    PriceAgreement,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    ReceiptRow,
    Refund,
    RefundRow,
    RemittanceAdvice,
    Return,
    ServiceCase,
    Shipment,
    ShipmentState,
)

# Advices that wait for their money; payers announce no more at a time.
MOST_ADVICES: Final = 200
# What the forwarder's facts begin with; facts from outside never do (connectors/checks.py).
BROUGHT: Final = "transfer:"


def evolve_fact(account: Account, fact: Fact, ctx: Context) -> None:
    """Keep what the fact says. Amounts are posted by the decisions that follow."""
    if isinstance(fact, Receipt):
        _keep_receipt(account, fact)
    elif isinstance(fact, Invoice):
        _keep_invoice(account, fact, ctx)
    elif isinstance(fact, Shipment):
        _keep_shipment(account, fact)
    elif isinstance(fact, ProofOfDelivery):
        _keep_delivery(account, fact)
    elif isinstance(fact, Order):
        _keep_order(account, fact)
    elif isinstance(fact, Return):
        keep_return(account, fact)
    elif isinstance(fact, PriceAgreement):
        keep_agreement(account, fact)
    elif isinstance(fact, Customer):
        _keep_customer(account, fact, ctx)
    elif isinstance(fact, CashTransferred):
        known = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        if fact.returned:
            if known is not None:
                relations.keep_answer(known, fact)
                account.put_receipt(known)
        elif account.known and (known is None or not known.amount) and relations.takes(account, fact):
            _keep_receipt(account, fact)
    elif isinstance(fact, PayerRelation):
        relations.keep(account, fact)
    elif isinstance(fact, Refund):
        account.keep(REFUND + fact.refund_id, RefundRow(fact.refund_id))
    elif isinstance(fact, RemittanceAdvice):
        _keep_advice(account, fact)
    elif isinstance(fact, ReceiptReturned):
        if brought(fact):
            # Its money came before it, or never will.
            return
        name = receipt_name(account, fact.receipt_id, fact.bank_account)
        early = account.receipt(name)
        if early is not None and not early.amount:
            early.pending_return += fact.amount
            assert early.pending_return < MOST_MINOR, f"returns of {name} come to {early.pending_return}"
            account.put_receipt(early)
        elif early is None:
            waiting = ReceiptRow(name, fact.bank_account, fact.bank_reference, fact.currency)
            waiting.pending_return = fact.amount
            waiting.return_date = fact.posting_date
            account.put_receipt(waiting)
    elif isinstance(fact, OperatorAction) and fact.action in ("block_reminders", "unblock_reminders"):
        account.row.reminders_blocked = fact.action == "block_reminders"
        account.touch()
    elif isinstance(fact, ServiceCase):
        keep_case(account, fact)
    elif isinstance(fact, Message):
        keep_message(account, fact)
    elif isinstance(fact, AccountOwner):
        keep_owner(account, fact)


def _keep_customer(account: Account, fact: Customer, ctx: Context) -> None:
    row = CustomerRow(
        fact.active,
        fact.country.upper(),
        fact.segment,
        fact.tier,
        fact.currency,
        fact.billing_address,
        fact.po_required,
        fact.direct_debit,
        fact.affiliate,
        fact.region,
        fact.name,
        fact.language,
        fact.channels,
        fact.email,
        fact.terms_days,
        fact.cash_order,
        fact.credit_group,
        fact.time_zone,
        fact.contacts_blocked,
        fact.bank_accounts,
        fact.credit_status,
        fact.risk_class,
        fact.contract,
    )
    account.put_customer(row)
    if ctx.policy.varies and account.row.open_items:
        # Its reminders may have other steps now.
        account.wake_by(next_contact(ctx, ctx.policy.base, account.key, ctx.today))
    if account.row.affiliate != fact.affiliate:
        # Kept in the header too: every posting says so, and most never ask for the customer.
        account.row.affiliate = fact.affiliate
        account.touch()


def brought(fact: ReceiptReturned) -> bool:
    """Whether another account passed the return on, after the money that it had sent here."""
    return fact.event_id.startswith(BROUGHT)


def not_taken(fact: ReceiptReturned, known: ReceiptRow | None) -> bool:
    """Whether the return was passed on for money that this account did not take from that sender: it refused it, or
    what has its number here came from the bank, or from another account. Version 1 of the fact names no sender."""
    if not brought(fact):
        return False
    if known is None or not known.came_from:
        return True
    return fact.from_account != "" and fact.from_account != known.came_from


def receipt_name(account: Account, receipt_id: str, bank_account: str) -> str:
    """What the account calls the receipt: its number, with its bank account where another bank's receipt has that number.

    A number is unique for a bank account only. A bank account that is not said is any.
    """
    name = receipt_id
    row = account.receipt(name)
    while row is not None and bank_account and row.bank_account and row.bank_account != bank_account:
        name = f"{name}@{bank_account}"
        row = account.receipt(name)
    return name


def _keep_advice(account: Account, fact: RemittanceAdvice) -> None:
    row = AdviceRow(
        fact.advice_id,
        fact.currency,
        fact.amount,
        fact.receipt_id,
        fact.bank_reference,
        fact.value_date,
        fact.lines,
    )
    row.adjustments = fact.adjustments
    row.parts = fact.parts
    account.put_advice(row)
    account.row.advices.append(fact.advice_id)
    # Only the last ones are looked at.
    del account.row.advices[:-MOST_ADVICES]
    account.touch()


def _keep_receipt(account: Account, fact: Receipt | CashTransferred) -> None:
    name = receipt_name(account, fact.receipt_id, fact.bank_account)
    row = account.receipt(name)
    if row is None:
        row = ReceiptRow(name)
    if row.currency != fact.currency:
        # What went back early, in another currency, was not of this receipt: a person has to look at that.
        row.pending_return = 0
    row.bank_account = fact.bank_account
    row.bank_reference = fact.bank_reference
    row.currency = fact.currency
    row.posting_date = fact.posting_date
    row.value_date = fact.value_date
    row.payer_name = fact.payer_name
    row.payer_account = fact.payer_account
    row.text = fact.text
    row.lines = fact.lines
    row.adjustments = fact.adjustments
    row.charges = fact.charges
    row.order_id = fact.order_id
    account.put_receipt(row)
    if fact.order_id and not account.suspense:
        order = known_order(account, fact.order_id)
        order.prepaid.append(name)
        account.put_order(order)


def _keep_invoice(account: Account, fact: Invoice, ctx: Context) -> None:
    if fact.consolidated:
        join(account, fact.consolidated, fact.document, fact.stage != "posted")
    if fact.stage == "posted":
        if fact.order_id:
            # The order itself may come later; what is billed of it is known by then.
            order = known_order(account, fact.order_id)
            bill(order, fact)
            account.put_order(order)
        return
    account.put_draft(fact.document, DraftRow(encode_fact(fact), None, ctx.now or fact.recorded_time))
    account.row.held.append(fact.document)
    account.touch()
    if fact.replaces:
        account.row.rebills.append(fact.document)
    for gone in withdrawn_by(account, fact):
        account.leave(gone.document)
        billed = account.order(gone.reference_id) if gone.reference_id else None
        if billed is not None:
            account.put_order(billed)
    provisions = account.provisions(ctx)
    account.wake_by(contact_time(provisions, account.key, provisions.calendar.business_day(ctx.planning_day() + 1)))
    if provisions.release.schedule != AT_ONCE and provisions.calendar.is_business_day(ctx.today):
        # It may leave today.
        account.wake_by(next_contact(ctx, provisions, account.key, ctx.today))
    if fact.order_id:
        order = known_order(account, fact.order_id)
        order.drafts.append(fact.document)
        account.put_order(order)


def bill(order: OrderRow, fact: Invoice) -> None:
    """Count the invoiced quantities on the order's lines, and keep what tells a second bill of the same."""
    if fact.replaces:
        count_again(order, fact)
    quantities: dict[int, int] = {}
    for line in fact.lines:
        if line.order_line:
            order_line(order, line.order_line, line.product).invoiced += line.quantity_milli
            quantities[line.order_line] = quantities.get(line.order_line, 0) + line.quantity_milli
    if not fact.lines and fact.stage == "draft":
        # A draft without lines was released for all that was ordered.
        for ordered in order.lines:
            quantities[ordered.line] = max(0, ordered.ordered - ordered.invoiced)
            ordered.invoiced = max(ordered.invoiced, ordered.ordered)
    elif not fact.lines:
        order.unlined += fact.amount - fact.tax
        _count_unlined(order)
    order.billed.append(billed_document(fact, quantities))


def _count_unlined(order: OrderRow) -> None:
    """Posted documents without lines that are worth all that was not billed yet have billed it; less may be any part."""
    left = 0
    for line in order.lines:
        left += line_net(max(0, line.ordered - line.invoiced), line.unit_price_micro, order.currency)
    if left and order.unlined >= left:
        order.unlined -= left
        for line in order.lines:
            line.invoiced = max(line.invoiced, line.ordered)


def _keep_order(account: Account, fact: Order) -> None:
    row = known_order(account, fact.order_id)
    row.known = True
    row.cancelled = fact.cancelled
    row.currency = fact.currency
    row.po_reference = fact.po_reference
    row.order_date = fact.order_date
    for line in row.lines:
        line.ordered = 0
    for sent in fact.lines:
        line = order_line(row, sent.line, sent.product)
        line.product = sent.product
        line.ordered = sent.quantity_milli
        line.unit_price_micro = sent.unit_price_micro
    _count_unlined(row)
    account.put_order(row)


def _keep_shipment(account: Account, fact: Shipment) -> None:
    row = known_order(account, fact.order_id)
    for shipment in row.shipments:
        if shipment.shipment_id == fact.shipment_id:
            return
    shipment = ShipmentState(fact.shipment_id, fact.ship_date, 0, "", fact.lines, fact.carrier)
    row.shipments.append(shipment)
    for sent in fact.lines:
        order_line(row, sent.order_line, sent.product).shipped += sent.quantity_milli
    for pod in row.pods:
        shipment_id, delivered, complaint = pod.split("\n", 2)
        if shipment_id == fact.shipment_id:
            row.pods.remove(pod)
            _deliver(row, shipment, int(delivered), complaint)
            break
    account.put_order(row)


def _keep_delivery(account: Account, fact: ProofOfDelivery) -> None:
    row = known_order(account, fact.order_id)
    for shipment in row.shipments:
        if shipment.shipment_id == fact.shipment_id:
            _deliver(row, shipment, fact.delivered_date, fact.complaint)
            break
    else:
        row.pods.append(f"{fact.shipment_id}\n{fact.delivered_date}\n{fact.complaint}")
    account.put_order(row)


def _deliver(row: OrderRow, shipment: ShipmentState, delivered_date: int, complaint: str) -> None:
    if not shipment.delivered_date:
        for sent in shipment.lines:
            order_line(row, sent.order_line, sent.product).delivered += sent.quantity_milli
    shipment.delivered_date = delivered_date
    shipment.complaint = complaint


def draft_invoice(draft: DraftRow) -> Invoice:
    """The invoice that a draft row keeps."""
    fact = decode_fact(draft.fact)
    assert isinstance(fact, Invoice)
    return fact
