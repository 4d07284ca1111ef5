"""Invoices that replace others: corrected ones, and rebills after a dispute. Source: CAPABILITIES A6.

A draft that replaces an invoice waits until credit notes have taken that back, as far as it bills it again; its goods
can be billed once more then. One that replaces a held draft takes its place.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import PART, documents_of, invoice_of, names, part_name
from dataflows.rules.provisions.release import ReleaseTerms
from schemas.codec import decode_fact
from schemas.records import BilledDocument, BilledQuantity, Decision, DraftRow, Invoice, Item, OrderRow

WITHDRAWN: Final = "invoice_withdrawn"
REPLACED: Final = "release.replaced"
BY_PERSON: Final = "release.withdrawn"


def draft_fact(account: Account, document: str) -> Invoice | None:
    """The held draft of that number, as it came."""
    draft = account.draft(document)
    if draft is None:
        return None
    fact = decode_fact(draft.fact)
    assert isinstance(fact, Invoice)
    return fact


def replacing_reasons(account: Account, fact: Invoice, draft: DraftRow | None, terms: ReleaseTerms) -> list[str]:
    """Why what the draft replaces does not let it go."""
    number = fact.replaces
    if number in account.row.held or (draft is not None and draft.replaces_draft):
        return ["replaces_itself"] if number == fact.document else []
    item = replaced(account, number)
    if item is None:
        return [f"replaced_unknown:{number}"]
    if item.kind == "credit_note" or item.currency != fact.currency:
        return [f"replaced_differs:{number}"]
    if item.replaced_by:
        return [f"replaced_by:{item.replaced_by}"]
    if terms.rebill_waits and _credited(account, number) < min(_whole(account, number), fact.amount):
        return [f"replaced_not_credited:{number}"]
    return []


def replaced(account: Account, number: str) -> Item | None:
    """The item that says of an invoice what credit notes took back of it and what replaced it: of one in instalments
    the first of these."""
    item = account.known_item(number)
    first = part_name(number, 1)
    return item if item is not None or invoice_of(account, first) != number else account.known_item(first)


def _whole(account: Account, number: str) -> int:
    """What an invoice that is here came to, minor units: all its instalments."""
    return sum([account.posted_item(name).amount for name in documents_of(account, [number])])


def _credited(account: Account, number: str) -> int:
    """What credit notes took back of it, minor units: under its own number, and under those of its instalments."""
    return sum([account.posted_item(name).credited for name in documents_of(account, [number])])


def is_instalment_of_draft(account: Account, document: str) -> bool:
    """Whether a held draft will post an item of that number: one of its instalments."""
    whole = document.rpartition(PART)[0]
    fact = draft_fact(account, whole) if whole in account.row.held else None
    return fact is not None and document in names(fact)


def withdrawn_by(account: Account, fact: Invoice) -> list[Decision]:
    """The held drafts that this draft, or a held one that waits for this one, takes the place of."""
    found: list[Decision] = []
    if fact.replaces in account.row.held and fact.replaces != fact.document:
        found.append(withdrawn(account, fact.replaces, REPLACED, fact.document))
    for waiting in account.row.rebills:
        other = draft_fact(account, waiting)
        if other is None or other.replaces != fact.document:
            continue
        # Of two that replace each other the one that came last stays.
        if waiting not in (fact.document, fact.replaces):
            found.append(withdrawn(account, fact.document, REPLACED, waiting))
            break
    return found


def withdrawn(account: Account, document: str, rule: str, by: str) -> Decision:
    """A held draft is given up. by: the draft that replaces it, or empty."""
    fact = draft_fact(account, document)
    assert fact is not None, f"no draft {document}"
    return Decision(
        kind=WITHDRAWN,
        rule=rule,
        currency=fact.currency,
        amount=fact.amount,
        document=document,
        item_kind="invoice",
        reference_id=fact.order_id,
        counterparty=by,
        document_date=fact.document_date,
        evidence=[f"consolidated:{fact.consolidated}"] if fact.consolidated else None,
    )


def billed_again(fact: Invoice, order: OrderRow) -> dict[int, int]:
    """Thousandths, by order line, that the draft bills in the place of what it replaces."""
    found: dict[int, int] = {}
    if not fact.replaces:
        return found
    for document in order.billed:
        if document.document == fact.replaces:
            mine = quantities_of(fact, order)
            for part in document.quantities:
                found[part.order_line] = min(part.quantity_milli, mine.get(part.order_line, 0))
    return found


def quantities_of(fact: Invoice, order: OrderRow) -> dict[int, int]:
    """Thousandths that the document bills of each line of its order; of a draft without lines all that was ordered."""
    found: dict[int, int] = {}
    if not fact.lines:
        return {line.line: line.ordered for line in order.lines} if fact.stage == "draft" else found
    for line in fact.lines:
        if line.order_line:
            found[line.order_line] = found.get(line.order_line, 0) + line.quantity_milli
    return found


def count_again(order: OrderRow, fact: Invoice) -> None:
    """What a posted document replaces is billed no more, as far as it bills that again."""
    again = billed_again(fact, order)
    for number, quantity in again.items():
        for line in order.lines:
            if line.line == number:
                line.invoiced -= quantity
    for document in list(order.billed):
        if document.document != fact.replaces:
            continue
        for part in document.quantities:
            part.quantity_milli -= again.get(part.order_line, 0)
        if all(part.quantity_milli <= 0 for part in document.quantities):
            order.billed.remove(document)


def billed_document(fact: Invoice, quantities: dict[int, int]) -> BilledDocument:
    """What is kept of a document that bills an order."""
    parts = [BilledQuantity(number, quantities[number]) for number in sorted(quantities) if quantities[number]]
    return BilledDocument(fact.document, fact.amount, fact.document_date, parts)


def note_credit(account: Account, item: Item) -> None:
    """A new item: a credit note counts on the invoice it names, and on an invoice count those that named it before."""
    if item.kind == "credit_note":
        named = replaced(account, item.corrects) if item.corrects else None
        if named is not None and named.kind != "credit_note" and named.currency == item.currency:
            named.credited += item.amount
            account.touch_item(named)
        return
    number = invoice_of(account, item.document)
    number = number if number == item.document or item.document == part_name(number, 1) else item.document
    for name in account.row.credits:
        credit = account.item(name)
        if credit is not None and credit.corrects in (number, item.document) and credit.currency == item.currency:
            item.credited += credit.amount
