"""Numbers that stand for several documents: an invoice in instalments, a consolidated invoice. Source: REFERENCE 3.5.

Each instalment is an item of its own: the invoice's number, `/P` and its place in the plan. A reference to the number,
in whatever spelling, means all its open instalments, in the plan's order; one to the number, a slash and a place
means that one. What the terms of an invoice are is said in the evidence of the decision that posts it.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.cash.references import bare, fold, plain
from dataflows.rules.differences.discounts import allowed
from dataflows.rules.money.money import half_up
from schemas.records import Decision, DiscountTerm, DocumentGroup, Invoice, Item, ReceiptRow, RemittanceLine

PART: Final = "/P"
DISCOUNT: Final = "discount:"
DISCOUNTABLE: Final = "discountable:"
PART_OF: Final = "part:"
CONSOLIDATED: Final = "consolidated:"


def part_name(document: str, number: int) -> str:
    """The number of an invoice's instalment, counted from 1."""
    return f"{document}{PART}{number}"


def invoice_of(account: Account, document: str) -> str:
    """The number of the invoice whose instalment a document is; of any other one its own."""
    number = document.rpartition(PART)[0]
    group = account.joined(number) if number else None
    return number if group is not None and document in group.documents else document


def names(fact: Invoice) -> list[str]:
    """The numbers of the items that an invoice is posted as."""
    if not fact.instalments:
        return [fact.document]
    return [part_name(fact.document, at) for at in range(1, len(fact.instalments) + 1)]


def postings(posting: Decision, fact: Invoice) -> list[Decision]:
    """The posting of an invoice, with its terms; for each instalment one."""
    if not fact.instalments:
        _say_terms(posting, fact, fact.amount, fact.tax)
        return [posting]
    found: list[Decision] = []
    tax_left = fact.tax
    count = len(fact.instalments)
    for at, instalment in enumerate(fact.instalments, 1):
        tax = tax_left if at == count else min(tax_left, half_up(fact.tax * instalment.amount, fact.amount))
        tax_left -= tax
        part = Decision(
            kind=posting.kind,
            rule=posting.rule,
            currency=posting.currency,
            amount=instalment.amount,
            document=part_name(fact.document, at),
            item_kind=posting.item_kind,
            reference_id=posting.reference_id,
            posting_date=posting.posting_date,
            due_date=instalment.due_date,
            document_date=posting.document_date,
            reasons=posting.reasons,
        )
        part.owner = posting.owner
        part.text = posting.text
        part.policy_line = posting.policy_line
        part.evidence = [f"{PART_OF}{at}:{count}:{fact.document}", *posting.evidence]
        _say_terms(part, fact, instalment.amount, tax)
        found.append(part)
    return found


def _say_terms(posting: Decision, fact: Invoice, amount: int, tax: int) -> None:
    posting.tax = tax
    if fact.discounts:
        base = fact.discount_base_date or fact.document_date
        terms = [f"{DISCOUNT}{base + tier.days}:{tier.rate_ppm}" for tier in fact.discounts]
        of = amount - tax if fact.discount_net else amount
        posting.evidence = [*posting.evidence, *terms, f"{DISCOUNTABLE}{of}"]
    said = f"{CONSOLIDATED}{fact.consolidated}"
    if fact.consolidated and fact.consolidated != fact.document and said not in posting.evidence:
        posting.evidence = [*posting.evidence, said]


def keep_terms(account: Account, item: Item, d: Decision) -> str:
    """Keep what the evidence of its posting says of a new item; the number of the invoice whose last instalment it is."""
    item.tax = d.tax
    ended = ""
    for said in d.evidence:
        if said.startswith(DISCOUNTABLE):
            item.discountable = int(said[len(DISCOUNTABLE) :])
        elif said.startswith(DISCOUNT):
            day, rate = said[len(DISCOUNT) :].split(":")
            item.terms.append(DiscountTerm(int(day), int(rate)))
            account.row.discount_ppm = max(account.row.discount_ppm, int(rate))
        elif said.startswith(PART_OF):
            at, count, number = said[len(PART_OF) :].split(":", 2)
            _join(account, number, item.document)
            if at == count:
                ended = number
        elif said.startswith(CONSOLIDATED):
            _join(account, said[len(CONSOLIDATED) :], item.document)
    return ended


def _join(account: Account, number: str, document: str) -> None:
    """A document of those that a number stands for; what was promised for that number is promised for it."""
    account.join(number, document)
    for promise in account.row.promises:
        if promise.status == "open" and number in promise.documents and document not in promise.documents:
            promise.documents.append(document)
            account.touch()


def last_of(d: Decision) -> str:
    """The number of the invoice whose last instalment a posting is; the document's own where it has none; empty for
    the instalments before the last."""
    for said in d.evidence:
        if said.startswith(PART_OF):
            at, count, number = said[len(PART_OF) :].split(":", 2)
            return number if at == count else ""
    return d.document


def numbers(d: Decision) -> list[str]:
    """The numbers for several documents of which a posting is the last one, or one of any number."""
    found: list[str] = []
    for said in d.evidence:
        if said.startswith(PART_OF):
            at, count, number = said[len(PART_OF) :].split(":", 2)
            if at == count:
                found.append(number)
        elif said.startswith(CONSOLIDATED):
            found.append(said[len(CONSOLIDATED) :])
    return found


def meant(account: Account, reference: str) -> DocumentGroup | None:
    """The one number for several documents that the reference is, or is another spelling of."""
    found = account.joined(reference)
    if found is not None or account.known_item(reference) is not None:
        return found
    folded = fold(reference)
    groups = account.joined_alike(folded)
    if not groups or account.alike(folded):
        return None
    if len(groups) > 1:
        groups = [group for group in groups if plain(group.document) == plain(reference)]
    if len(groups) == 1 and bare(groups[0].document) == bare(reference):
        return groups[0]
    return None


def documents_of(account: Account, names: list[str]) -> list[str]:
    """The names, each that stands for several documents as these."""
    found: list[str] = []
    for name in names:
        group = account.joined(name) if account.known_item(name) is None else None
        found += [name] if group is None else group.documents
    return list(dict.fromkeys(found))


def _place(account: Account, reference: str) -> str:
    """NUMBER/3 where the third instalment of NUMBER is meant; else empty."""
    number, slash, place = reference.rpartition("/")
    if not slash or not place.isdecimal() or account.known_item(reference) is not None:
        return ""
    name = part_name(number, int(place))
    return name if account.known_item(name) is not None and invoice_of(account, name) == number else ""


def expanded(
    account: Account, receipt: ReceiptRow, lines: list[tuple[RemittanceLine, str]], grace_days: int
) -> list[tuple[RemittanceLine, str]]:
    """The lines, each that names a number for several documents as lines of these."""
    found: list[tuple[RemittanceLine, str]] = []
    for line, advice_id in lines:
        if "/" in line.document:
            name = _place(account, line.document)
            if name:
                found.append((RemittanceLine(name, line.amount), advice_id))
                continue
        group = meant(account, line.document)
        if group is None:
            found.append((line, advice_id))
            continue
        amount = line.amount
        if amount is None and len(lines) == 1:
            amount = receipt.unapplied + _paid(receipt, group)
        for part in _shared(account, receipt, group, amount, grace_days):
            found.append((part, advice_id))
    return found


def _paid(receipt: ReceiptRow, group: DocumentGroup) -> int:
    """Of the receipt, in its currency."""
    return sum([a.exchanged or a.amount for a in receipt.allocations if a.document in group.documents])


def _shared(
    account: Account, receipt: ReceiptRow, group: DocumentGroup, amount: int | None, grace_days: int
) -> list[RemittanceLine]:
    """What is meant for each open document of the number. Instalments are paid in the plan's order, all of them where the
    amount is more than they are; of a consolidated invoice all or, where the amount is another one, nothing that could be said."""
    paid = {a.document: a.exchanged or a.amount for a in receipt.allocations if a.document in group.documents}
    items: list[Item] = []
    for document in group.documents:
        item = account.item(document)
        if item is not None and item.kind != "credit_note":
            items.append(item)
    if not items:
        return [RemittanceLine(document, amount) for document in group.documents[-1:]]
    if amount is None:
        return [RemittanceLine(item.document, None) for item in items]
    left = amount - sum(paid.values())
    if items[0].currency != receipt.currency:
        # What each of them takes is known when it is exchanged; where not all of the money is meant, the first one's.
        if left == receipt.unapplied:
            return [RemittanceLine(item.document, None) for item in items]
        return [RemittanceLine(items[0].document, left + paid.get(items[0].document, 0))]
    discounts = [allowed(item, receipt.value_date, grace_days) for item in items]
    for less in (False, True):
        rests = [x.open - (min(x.open, y) if less else 0) for x, y in zip(items, discounts, strict=True)]
        if sum(rests) == left:
            return [
                RemittanceLine(item.document, rest + paid.get(item.document, 0))
                for item, rest in zip(items, rests, strict=True)
            ]
    if left > sum([item.open for item in items]) or not group.documents[0].startswith(group.document + PART):
        return [RemittanceLine(item.document, None) for item in items]
    lines: list[RemittanceLine] = []
    for item in items:
        part = min(left, item.open)
        left -= part
        if part > 0:
            lines.append(RemittanceLine(item.document, part + paid.get(item.document, 0)))
    return lines
