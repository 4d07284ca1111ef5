"""What is checked of a draft before it is released, and what each check rests on. Source: REFERENCE 3.1, CAPABILITIES A2.

`examine` names every check that fails, in a fixed order, and changes nothing.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from dataflows.rules.credit.credit_hold import CREDIT_HELD, credit_held
from dataflows.rules.money.money import line_net
from dataflows.rules.provisions.release import ReleaseTerms
from dataflows.rules.release import rebilling
from dataflows.rules.release.goods import ON_POD, WITHOUT_GOODS, Source, available, drawn, pieces, sources
from dataflows.rules.release.price_agreements import agreed
from dataflows.rules.release.taxes import jurisdiction_of, tax_reasons
from schemas.records import CustomerRow, DraftRow, Invoice, InvoiceLine, OrderRow, OrderStateLine, ShipmentState

# Lines of evidence that one decision names.
MOST_SAID: Final = 200
# Reasons that say only that goods are lacking; what is there may be billed where the policy splits.
SHORT: Final = ("not_shipped", "proof_of_delivery_missing", "complaint")
_PPM: Final = 1_000_000


class Look:
    """What a draft was found to be. reasons: why it is held; evidence: what the checks rest on; there: thousandths
    that may still be billed, by order line, for each line that the draft bills more of."""

    __slots__ = ("evidence", "order", "reasons", "there")

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.evidence: list[str] = []
        self.order: OrderRow | None = None
        self.there: dict[int, int] = {}

    def say(self, text: str) -> None:
        if len(self.evidence) < MOST_SAID:
            self.evidence.append(text)


def examine(account: Account, fact: Invoice, draft: DraftRow | None, terms: ReleaseTerms, ctx: Context) -> Look:
    """Every reason to hold the draft but those of its schedule and of other drafts."""
    look = Look()
    customer = account.customer()
    _check_customer(account, customer, fact, terms, look)
    _check_lines(fact, look)
    look.reasons += tax_reasons(fact, terms, "" if customer is None else customer.country)
    if jurisdiction_of(fact, terms) in terms.taxes and fact.lines:
        look.say(f"tax:{jurisdiction_of(fact, terms)}")
    if terms.currencies and fact.currency not in terms.currencies:
        look.reasons.append(f"currency_not_allowed:{fact.currency}")
    if fact.replaces:
        look.say(f"replaces:{fact.replaces}")
        look.reasons += rebilling.replacing_reasons(account, fact, draft, terms)
    order = account.order(fact.order_id) if fact.order_id else None
    if order is None or not order.known:
        look.reasons.append("order_missing")
    else:
        look.order = order
        _check_order(account, fact, order, customer, terms, ctx, look)
    _waive(fact, terms, look)
    return look


def _check_customer(
    account: Account, customer: CustomerRow | None, fact: Invoice, terms: ReleaseTerms, look: Look
) -> None:
    if customer is None:
        look.reasons.append("customer_unknown")
    else:
        if not customer.active:
            look.reasons.append("customer_inactive")
        if not customer.billing_address:
            look.reasons.append("billing_address_missing")
    if terms.credit_holds and credit_held(account):
        look.reasons.append(CREDIT_HELD)
    if customer is not None and customer.po_required and not fact.po_reference:
        look.reasons.append("po_reference_missing")


def _check_lines(fact: Invoice, look: Look) -> None:
    """Line arithmetic and the total, to the minor unit; a tax code on each line."""
    if not fact.lines:
        return
    net = 0
    tax = 0
    for line in fact.lines:
        net += line.net
        tax += line.tax
        if line_net(line.quantity_milli, line.unit_price_micro, fact.currency) != line.net:
            look.reasons.append(f"line_arithmetic:{line.line}")
        if not line.tax_code:
            look.reasons.append(f"tax_code_missing:{line.line}")
    if net + tax != fact.amount or tax != fact.tax:
        look.reasons.append("total_mismatch")


def _check_order(
    account: Account,
    fact: Invoice,
    order: OrderRow,
    customer: CustomerRow | None,
    terms: ReleaseTerms,
    ctx: Context,
    look: Look,
) -> None:
    reasons = look.reasons
    look.say(f"order:{order.order_id}")
    if order.cancelled:
        reasons.append("order_cancelled")
    if order.currency != fact.currency:
        reasons.append(f"currency_not_ordered:{fact.currency}")
    required = customer is not None and customer.po_required
    if terms.po_must_match and (required or fact.po_reference) and order.po_reference not in ("", fact.po_reference):
        reasons.append(f"po_reference_differs:{order.po_reference}")
    for other in order.billed:
        same = other.amount == fact.amount and other.document_date == fact.document_date
        if same and other.document != fact.replaces:
            reasons.append(f"duplicate_of:{other.document}")
    _check_prices(account, fact, order, terms, look)
    again = rebilling.billed_again(fact, order)
    if not fact.lines and order.lines and all(x.invoiced - again.get(x.line, 0) >= x.ordered for x in order.lines):
        reasons.append("nothing_left_to_bill")
    _check_quantities(fact, order, again, terms, ctx, look)


def extra(line: InvoiceLine, terms: ReleaseTerms) -> bool:
    """Whether the line may be billed without an order: freight, a rebate."""
    return line.product in terms.extra_products


def _ordered(order: OrderRow, number: int) -> OrderStateLine | None:
    """The line that was ordered under that number; one that only shipments or bills speak of was not."""
    for line in order.lines:
        if line.line == number:
            return line if line.ordered else None
    return None


# --- prices ---


def _check_prices(account: Account, fact: Invoice, order: OrderRow, terms: ReleaseTerms, look: Look) -> None:
    """The price of each line is the one agreed on the order's date; where none was agreed, that of the order."""
    for line in fact.lines:
        if extra(line, terms):
            look.say(f"extra:{line.line}:{line.product}")
            continue
        ordered = _ordered(order, line.order_line)
        if ordered is None:
            look.reasons.append(f"line_not_ordered:{line.line}")
            continue
        agreement = agreed(account, ordered.product or line.product, fact.currency, order.order_date)
        if agreement is None and terms.agreement_required:
            look.reasons.append(f"price_agreement_missing:{line.line}")
            continue
        price = ordered.unit_price_micro if agreement is None else agreement.unit_price_micro
        name = "order" if agreement is None else agreement.agreement_id
        if _priced(line, price, fact.currency, terms):
            look.say(f"price:{line.line}:{name}")
        else:
            look.reasons.append(f"price_not_agreed:{line.line}")
            look.say(f"agreed:{line.line}:{name}:{_price(price)}")


def _priced(line: InvoiceLine, price: int, currency: str, terms: ReleaseTerms) -> bool:
    """Whether the line's price is near enough to the one agreed."""
    if line.unit_price_micro == price:
        return True
    if line.unit_price_micro < price and not terms.below_holds:
        return True
    if abs(line.unit_price_micro - price) * _PPM <= terms.price_ppm * price:
        return True
    if not terms.price_minor:
        return False
    return abs(line.net - line_net(line.quantity_milli, price, currency)) <= terms.price_minor


def _price(price_micro: int) -> str:
    whole, rest = divmod(price_micro, _PPM)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")


# --- quantities ---


def billed_after(fact: Invoice, order: OrderRow, again: dict[int, int], terms: ReleaseTerms) -> dict[int, int]:
    """For each ordered line of the draft, what is billed of it with this draft; of one without lines, all that was
    ordered."""
    if not fact.lines:
        return {ordered.line: ordered.ordered for ordered in order.lines}
    billed: dict[int, int] = {}
    for line in fact.lines:
        if not extra(line, terms):
            billed[line.order_line] = billed.get(line.order_line, 0) + line.quantity_milli
    return {x.line: x.invoiced - again.get(x.line, 0) + billed[x.line] for x in order.lines if x.line in billed}


def _check_quantities(
    fact: Invoice, order: OrderRow, again: dict[int, int], terms: ReleaseTerms, ctx: Context, look: Look
) -> None:
    """Every invoiced quantity is there by the policy's condition, and not yet billed; and it was ordered, though more
    may have been sent."""
    billed = billed_after(fact, order, again, terms)
    goods = terms.condition not in WITHOUT_GOODS
    before = {x.line: x.invoiced - again.get(x.line, 0) for x in order.lines}
    if goods and not order.shipments:
        look.reasons += _beyond_order(order, billed, before, list(billed), terms)
        look.reasons.append("shipment_missing")
        return
    found, waiting = sources(order, terms, ctx.today)
    there = available(order, terms, found)
    short: list[int] = []
    for ordered in order.lines:
        number = ordered.line
        after = billed.get(number, 0)
        has = there.get(number, 0)
        if after > has and (goods or ordered.ordered):
            short.append(number)
            look.there[number] = max(0, has - ordered.invoiced + again.get(number, 0))
            look.say(f"available:{number}:{pieces(has)} of {pieces(after)}")
        elif terms.short_holds and goods and max(after, ordered.invoiced) < has:
            look.reasons.append(f"less_than_shipped:{number}")
    if goods:
        look.reasons += _beyond_order(order, billed, before, short, terms)
    if not goods:
        look.reasons += [f"more_than_ordered:{number}" for number in short]
    elif terms.condition != ON_POD:
        look.reasons += [f"not_shipped:{number}" for number in short]
    else:
        # What was not even sent waits for that; of the rest, each shipment that keeps it from being there is a reason.
        look.reasons += _lacking_proof(order, billed, short, waiting)
    if goods:
        _say_sources(fact, order, again, found, terms, look)


def _beyond_order(
    order: OrderRow, billed: dict[int, int], before: dict[int, int], short: list[int], terms: ReleaseTerms
) -> list[str]:
    """Lines of which more is billed than was ordered, though the goods may be there: by the draft alone, or, where no
    goods are short of it, together with what was billed before."""
    found: list[str] = []
    for line in order.lines:
        after = billed.get(line.line, 0)
        beyond = after - (before[line.line] if line.line in short else 0)
        if terms.over_holds and 0 < line.ordered < beyond:
            found.append(f"more_than_ordered:{line.line}")
    return found


def _lacking_proof(
    order: OrderRow, billed: dict[int, int], short: list[int], waiting: list[ShipmentState]
) -> list[str]:
    reasons: list[str] = []
    for line in order.lines:
        if line.line in short and billed.get(line.line, 0) > line.shipped - line.returned:
            reasons.append(f"not_shipped:{line.line}")
    for shipment in waiting:
        if any(sent.order_line in short for sent in shipment.lines):
            missing = "complaint" if shipment.complaint else "proof_of_delivery_missing"
            reasons.append(f"{missing}:{shipment.shipment_id}")
    return reasons


def _say_sources(
    fact: Invoice, order: OrderRow, again: dict[int, int], found: list[Source], terms: ReleaseTerms, look: Look
) -> None:
    """Which shipment each billed piece is from, and what shows that it arrived."""
    invoiced = {line.line: line.invoiced - again.get(line.line, 0) for line in order.lines}
    named: list[str] = []
    for number, line, quantity in _drawn_lines(fact, order, invoiced, terms):
        for source, part in drawn(found, number, invoiced.get(number, 0), quantity):
            look.say(f"shipped:{line}:{source.shipment.shipment_id}:{pieces(part)}")
            if terms.condition == ON_POD and source.shipment.shipment_id not in named:
                named.append(source.shipment.shipment_id)
                proof = "no_complaint" if source.aged else str(source.shipment.delivered_date)
                look.say(f"proof_of_delivery:{source.shipment.shipment_id}:{proof}")
        invoiced[number] = invoiced.get(number, 0) + quantity


def _drawn_lines(
    fact: Invoice, order: OrderRow, invoiced: dict[int, int], terms: ReleaseTerms
) -> list[tuple[int, int, int]]:
    """(order line, line of the draft, thousandths) that the draft takes from shipments."""
    if fact.lines:
        return [(x.order_line, x.line, x.quantity_milli) for x in fact.lines if not extra(x, terms)]
    return [(x.line, x.line, x.ordered - invoiced.get(x.line, 0)) for x in order.lines]


# --- contracts ---


def _waive(fact: Invoice, terms: ReleaseTerms, look: Look) -> None:
    """Take off what the draft's contract sets aside."""
    for waiver in terms.waivers:
        if not waiver.holds(fact.contract, fact.document_date):
            continue
        gone = [reason for reason in look.reasons if reason.partition(":")[0] in waiver.waive]
        if gone:
            look.reasons = [reason for reason in look.reasons if reason not in gone]
            for reason in gone:
                look.say(f"waived:{waiver.name}:{reason}")
