"""Drafts that are billed in parts: what is there goes, the rest waits as a draft of its own. Source: CAPABILITIES A2.

Off unless the policy's `partial_shipments` is `split`. The first part keeps the number, what is left of it is
NUMBER/2, then NUMBER/3. The decision that releases a part says in its evidence what either has, line by line.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.money.money import line_net
from dataflows.rules.provisions.release import ReleaseTerms
from dataflows.rules.release.goods import pieces
from dataflows.rules.release.release_checks import SHORT, Look, extra
from dataflows.rules.release.taxes import half_up, taxes_of
from schemas.records import DraftRow, Invoice, InvoiceLine

REST: Final = "rest:"
BILLED_LINE: Final = "billed_line:"
REST_LINE: Final = "rest_line:"
# More lines than these are not billed in parts: what either part has would be too much to say.
MOST_LINES: Final = 90


class Part:
    """billed: the draft as far as it is billed now; evidence: that, and what is left as which document."""

    __slots__ = ("billed", "evidence")

    def __init__(self, billed: Invoice, evidence: list[str]) -> None:
        self.billed: Final = billed
        self.evidence: Final = evidence


def of_draft(account: Account, fact: Invoice, draft: DraftRow, look: Look, terms: ReleaseTerms) -> Part | None:
    """What of a held draft may be billed now; None where nothing, or where it lacks more than goods."""
    if not terms.split or fact.replaces or fact.instalments or not 0 < len(fact.lines) <= MOST_LINES:
        return None
    if len({line.line for line in fact.lines}) < len(fact.lines):
        # The decision names lines by their number.
        return None
    if any(reason.partition(":")[0] not in SHORT for reason in look.reasons):
        return None
    left = dict(look.there)
    billed: list[InvoiceLine] = []
    rest: list[InvoiceLine] = []
    for line in fact.lines:
        there = line.quantity_milli
        if not extra(line, terms) and line.order_line in left:
            there = min(there, left[line.order_line])
            left[line.order_line] -= there
        if there:
            billed.append(_cut(line, there, line.tax if there == line.quantity_milli else _share(line, there), fact))
        if there < line.quantity_milli:
            rest.append(_cut(line, line.quantity_milli - there, line.tax - (_share(line, there) if there else 0), fact))
    if not rest or all(extra(line, terms) for line in billed):
        return None
    billed = _taxed(billed, fact, terms)
    rest = _taxed(rest, fact, terms)
    part = made(fact, fact.document, billed)
    if part.amount <= 0 or sum([line.net + line.tax for line in rest]) <= 0:
        return None
    evidence = [f"{REST}{_number(account, fact, draft)}"]
    evidence += [_said(BILLED_LINE, line) for line in billed]
    evidence += [_said(REST_LINE, line) for line in rest]
    return Part(part, evidence)


def _taxed(lines: list[InvoiceLine], fact: Invoice, terms: ReleaseTerms) -> list[InvoiceLine]:
    taxes = taxes_of(lines, fact, terms)
    return [_cut(line, line.quantity_milli, tax, fact) for line, tax in zip(lines, taxes, strict=True)]


def _cut(line: InvoiceLine, quantity: int, tax: int, fact: Invoice) -> InvoiceLine:
    net = line_net(quantity, line.unit_price_micro, fact.currency)
    return InvoiceLine(
        line.line, line.order_line, line.product, quantity, line.unit_price_micro, net, tax, line.tax_code
    )


def _share(line: InvoiceLine, quantity: int) -> int:
    return half_up(line.tax * quantity, line.quantity_milli)


def _number(account: Account, fact: Invoice, draft: DraftRow) -> str:
    """The next number that nobody has."""
    base = draft.part_of or fact.document
    at = draft.part + 2
    while account.known_item(f"{base}/{at}") is not None or f"{base}/{at}" in account.row.held:
        at += 1
    return f"{base}/{at}"


def _said(kind: str, line: InvoiceLine) -> str:
    return f"{kind}{line.line}:{pieces(line.quantity_milli)}:{line.net}:{line.tax}"


def made(fact: Invoice, document: str, lines: list[InvoiceLine]) -> Invoice:
    """The draft under another number, with these lines only."""
    tax = sum([line.tax for line in lines])
    return Invoice(
        fact.event_id,
        fact.recorded_time,
        fact.correlation,
        fact.source,
        fact.tenant,
        fact.entity,
        fact.account_id,
        fact.event_time,
        document,
        fact.stage,
        fact.document_date,
        fact.posting_date,
        fact.due_date,
        fact.currency,
        sum([line.net for line in lines]) + tax,
        tax,
        fact.order_id,
        fact.po_reference,
        fact.replaces,
        lines,
        fact.discounts,
        fact.discount_base_date,
        fact.discount_net,
        fact.instalments,
        fact.jurisdiction,
        fact.ship_to,
        fact.sold_to,
        fact.contract,
        fact.consolidated,
        fact.carrier,
    )


def parts_of(fact: Invoice, evidence: list[str]) -> tuple[Invoice, str, Invoice | None]:
    """What a decision that released the draft billed of it, and under which number what is left; all of it and nothing
    where it says no more."""
    number = ""
    billed: list[InvoiceLine] = []
    rest: list[InvoiceLine] = []
    for text in evidence:
        if text.startswith(REST):
            number = text[len(REST) :]
        elif text.startswith(BILLED_LINE):
            billed.append(_read(fact, text[len(BILLED_LINE) :]))
        elif text.startswith(REST_LINE):
            rest.append(_read(fact, text[len(REST_LINE) :]))
    if not number:
        return fact, "", None
    return made(fact, fact.document, billed), number, made(fact, number, rest)


def _read(fact: Invoice, text: str) -> InvoiceLine:
    number, quantity, net, tax = text.split(":")
    for line in fact.lines:
        if line.line == int(number):
            whole, _, part = quantity.partition(".")
            milli = int(whole) * 1000 + int(f"{part:0<3}")
            return InvoiceLine(
                line.line,
                line.order_line,
                line.product,
                milli,
                line.unit_price_micro,
                int(net),
                int(tax),
                line.tax_code,
            )
    raise AssertionError(f"{fact.document} has no line {number}")
