"""Cash application: what the payer names, and which open item each of it means. Source: REFERENCE 3.5, steps 1 to 3."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import expanded
from dataflows.rules.cash.references import (
    bare,
    fold,
    misread,
    neighbours,
    other_number,
    plain,
    prefix,
    same_number,
    tokens,
    unpadded,
    zeros_otherwise,
)
from dataflows.rules.context import Context
from dataflows.rules.differences.differences import payable
from schemas.records import AdviceRow, Item, ReceiptRow, RemittanceLine

NORMALISED: Final = "cash.3.normalised"
ONE_EDIT: Final = "cash.3.one_edit"
BY_ORDER: Final = "cash.3.order"
# A shorter one may be any word of a text.
MIN_ADVICE_ID: Final = 5


class Wanted:
    """One reference of the payer and what it was found to be.

    amount: Minor units stated for it, what this receipt already paid on it taken off; None where not stated.
    by_sum: Whether it is that item only if all that is open of the items that are named comes to just the money.
    may_differ: Whether it is looked for one edit away. stranger: Whether it is no document here however it is spelled.
    item: The open item it means, or None; reason says why not.
    """

    __slots__ = (
        "advice_id",
        "alias",
        "amount",
        "by_sum",
        "item",
        "may_differ",
        "reason",
        "reference",
        "rule",
        "stranger",
    )

    def __init__(self, reference: str, amount: int | None, rule: str, advice_id: str) -> None:
        self.reference: Final = reference
        self.amount = amount
        self.rule = rule
        self.advice_id: Final = advice_id
        self.item: Item | None = None
        self.reason = ""
        self.may_differ = True
        self.by_sum = False
        self.stranger = False
        self.alias = ""


def lines_of(account: Account, receipt: ReceiptRow, ctx: Context) -> list[tuple[RemittanceLine, str]]:
    """The receipt's own lines, as what is paid on each document."""
    lines = receipt.lines
    if receipt.adjustments or receipt.charges:
        lines = payable(lines, receipt.adjustments, receipt.charges, receipt.amount)
    grace_days = account.provisions(ctx, receipt.currency).differences.discount_grace_days
    return expanded(account, receipt, [(line, "") for line in lines], grace_days)


def advised(
    account: Account, receipt: ReceiptRow, advices: list[AdviceRow], ctx: Context
) -> list[tuple[RemittanceLine, str]]:
    """The same of the lines of advices."""
    found: list[tuple[RemittanceLine, str]] = []
    for advice in advices:
        total = receipt.amount if len(advices) == 1 else advice.amount
        lines = advice.lines
        if advice.adjustments or receipt.charges:
            lines = payable(lines, advice.adjustments, receipt.charges, total)
        found += [(line, advice.advice_id) for line in lines]
    grace_days = account.provisions(ctx, receipt.currency).differences.discount_grace_days
    return expanded(account, receipt, found, grace_days)


def wanted_of(receipt: ReceiptRow, lines: list[tuple[RemittanceLine, str]], rule: str) -> list[Wanted]:
    """The lines, each with the advice it is of, as references, each once; what this receipt already paid on them is
    taken off."""
    found: dict[str, Wanted] = {}
    for line, advice_id in lines:
        known = found.get(line.document)
        if known is None:
            found[line.document] = Wanted(line.document, line.amount, rule, advice_id)
        elif known.amount is not None and line.amount is not None:
            known.amount += line.amount
    for allocation in receipt.allocations:
        paid = found.get(allocation.document) or _spelled_otherwise(list(found.values()), allocation.document)
        if paid is not None and paid.amount is not None:
            # Lines are in the receipt's currency.
            paid.amount -= allocation.exchanged or allocation.amount
        elif paid is not None and len(found) > 1:
            # It took what was open of it; what is left is not for it.
            found.pop(paid.reference)
    for taken in receipt.credits:
        for document, part in ((taken.document, taken.amount), (taken.credit, -taken.amount)):
            paid = found.get(document)
            if paid is not None and paid.amount is not None:
                paid.amount -= part
    for sent in receipt.sent:
        for document in sent.documents:
            found.pop(document, None)
    return [w for w in found.values() if w.amount is None or w.amount != 0]


def _spelled_otherwise(wanted: list[Wanted], document: str) -> Wanted | None:
    """The one reference by which this document can have been found, other than its own number."""
    folded = fold(document)
    alike = [w for w in wanted if fold(w.reference) == folded]
    if not alike:
        alike = [w for w in wanted if unpadded(w.reference) == unpadded(document)]
    if not alike:
        near = neighbours(folded)
        alike = [w for w in wanted if fold(w.reference) in near]
    return alike[0] if len(alike) == 1 else None


def advices_for(account: Account, receipt: ReceiptRow) -> list[AdviceRow]:
    """The advices that name the receipt; else the one that has its amount and names none."""
    named: list[AdviceRow] = []
    alike: list[AdviceRow] = []
    for advice_id in account.row.advices:
        advice = account.advice(advice_id)
        if advice is None or advice.currency != receipt.currency:
            continue
        if advice.receipt_id or advice.bank_reference:
            same_reference = advice.bank_reference and advice.bank_reference == receipt.bank_reference
            if advice.receipt_id == receipt.receipt_id or (same_reference and not advice.receipt_id):
                named.append(advice)
        elif _names(receipt, advice.advice_id):
            named.append(advice)
        elif advice.amount == receipt.unapplied:
            alike.append(advice)
    if named:
        return named
    return alike if len(alike) == 1 else []


def _names(receipt: ReceiptRow, advice_id: str) -> bool:
    """Whether the text of the money names the advice, or all its parts by what stands before their numbers."""
    if not receipt.text or len(advice_id) < MIN_ADVICE_ID:
        return False
    whole, _, part = advice_id.rpartition("/")
    words = tokens(receipt.text)
    return advice_id in words or (part.isdigit() and len(whole) >= MIN_ADVICE_ID and whole in words)


def alike_advices(account: Account, receipt: ReceiptRow) -> list[str]:
    """The advices of just the receipt's amount that name no receipt."""
    found: list[str] = []
    for advice_id in account.row.advices:
        advice = account.advice(advice_id)
        if advice is None or advice.receipt_id or advice.bank_reference:
            continue
        if advice.currency == receipt.currency and advice.amount == receipt.unapplied:
            found.append(advice_id)
    return found


def resolve(account: Account, receipt: ReceiptRow, w: Wanted, alone: bool, ctx: Context) -> None:
    """Find the one open item that the reference means, or say why there is none."""
    credit = w.amount is not None and w.amount < 0
    item = account.item(w.reference)
    if item is not None:
        if item.currency != receipt.currency:
            w.reason = f"other_currency:{w.reference}"
        elif (item.kind == "credit_note") != credit:
            w.reason = f"{item.kind}:{w.reference}"
        elif credit and item.open < -(w.amount or 0):
            w.reason = f"credit_too_small:{w.reference}"
        else:
            w.item = item
    elif account.cleared_item(w.reference) is not None:
        w.reason = why_cleared(account, receipt, w.reference, ctx)
    elif w.reference in account.row.held:
        w.reason = f"held:{w.reference}"
    elif credit:
        _normalise_credit(account, receipt, w)
    else:
        _normalise(account, receipt, w, alone)


def why_cleared(account: Account, receipt: ReceiptRow, document: str, ctx: Context) -> str:
    """Why cash for a cleared item is none: it may be the same payment made twice, or another one."""
    item = account.posted_item(document)
    first = account.receipt(item.cleared_by) if item.cleared_by else None
    days = account.provisions(ctx, receipt.currency).cash.duplicate_days
    if (
        first is not None
        and first.receipt_id != receipt.receipt_id
        and first.amount == receipt.amount
        and first.payer_account == receipt.payer_account
        and abs(receipt.value_date - first.value_date) <= days
        and first.amount > first.returned
    ):
        return f"duplicate_of:{first.receipt_id}"
    return f"cleared:{document}"


def _normalise(account: Account, receipt: ReceiptRow, w: Wanted, alone: bool) -> None:
    """The reference as written is no document: the one document it is another spelling of, or one edit away from."""
    folded = fold(w.reference)
    documents = account.alike(folded)
    held = [document for document in account.row.held if fold(document) == folded]
    if not documents and not held:
        documents, held = zeros_apart(account, w.reference)
        if len(documents) + len(held) > 1:
            w.reason = f"ambiguous:{w.reference}"
            return
    if len(documents) > 1 and w.amount is not None:
        # Money is paid on no credit note.
        documents = [item for item in documents if item.kind != "credit_note"] or documents
    if len(documents) + len(held) > 1:
        names = [item.document for item in documents] + held
        spelled = [name for name in names if plain(name) == plain(w.reference)]
        spelled = spelled or [name for name in names if bare(name) == bare(w.reference)]
        if len(spelled) != 1:
            w.reason = f"ambiguous:{w.reference}"
            return
        documents = [item for item in documents if item.document == spelled[0]]
        held = [document for document in held if document == spelled[0]]
    if held:
        w.reason = f"held:{held[0]}"
        return
    if documents:
        item = documents[0]
        sure = written_as(w.reference, item.document)
        habit = not sure and bare(w.reference) == bare(item.document) and prefix(w.reference) in account.row.habits
        w.by_sum = not sure and not habit and not alone and w.amount is None and misread(w.reference, item.document)
        take_or_say(w, item, receipt, NORMALISED, sure or habit or w.by_sum or _agrees(w, receipt, item, alone))
        w.alias = prefix(w.reference) if habit else ""
        return
    billing = of_order(account, w.reference, receipt.currency)
    if billing is not None and _agrees(w, receipt, billing, alone):
        w.item = billing
        w.rule = BY_ORDER
    else:
        _one_edit(account, receipt, w, alone)


def zeros_apart(account: Account, reference: str) -> tuple[list[Item], list[str]]:
    """Documents of this number but for zeros before its last digits: items, cleared ones too, and held ones."""
    items: list[Item] = []
    held: list[str] = []
    for other in zeros_otherwise(reference):
        items += [
            item for item in account.alike(fold(other)) if same_number(other, item.document) and item not in items
        ]
        held += [name for name in account.row.held if same_number(other, name)]
    return items, held


def written_as(reference: str, document: str) -> bool:
    """Whether the reference has the document's number, but for zeros that it leaves out or adds."""
    return same_number(reference, document) or any(same_number(x, document) for x in zeros_otherwise(reference))


def _normalise_credit(account: Account, receipt: ReceiptRow, w: Wanted) -> None:
    """A credit that is taken off, and written otherwise: the one open credit note that has this number."""
    items = [item for item in account.alike(fold(w.reference)) if same_number(w.reference, item.document)]
    if not items:
        items = zeros_apart(account, w.reference)[0]
    if not items:
        # Characters that look alike: where the amount agrees.
        items = [item for item in account.alike(fold(w.reference)) if item.open == -(w.amount or 0)]
    credits = [item for item in items if item.kind == "credit_note"]
    if len(credits) != 1 or credits[0].currency != receipt.currency:
        w.reason = f"ambiguous:{w.reference}" if len(credits) > 1 else f"unknown:{w.reference}"
    elif credits[0].open < -(w.amount or 0):
        w.reason = f"credit_too_small:{w.reference}" if credits[0].open else f"cleared:{credits[0].document}"
    else:
        w.item = credits[0]
        w.rule = NORMALISED


def of_order(account: Account, reference: str, currency: str) -> Item | None:
    """The one open item that bills the order of this number, which is one of the account; None where it is not one."""
    order = account.order(reference)
    if order is None:
        return None
    items: list[Item] = []
    for billed in order.billed:
        group = account.joined(billed.document)
        for document in [billed.document] if group is None else group.documents:
            item = account.item(document)
            if item is not None and item.kind != "credit_note" and item.currency == currency:
                items.append(item)
    return items[0] if len(items) == 1 else None


def _agrees(w: Wanted, receipt: ReceiptRow, item: Item, alone: bool) -> bool:
    """Whether what came, and what the payer states, is just what is open of the item."""
    if w.amount is None and not alone:
        return False
    return (w.amount is None or w.amount == item.open) and (not alone or receipt.unapplied == item.open)


def _one_edit(account: Account, receipt: ReceiptRow, w: Wanted, alone: bool) -> None:
    """No document is spelled so: the one that is one edit away, where no other is, and its amount agrees.

    A number that is formed as the document's own may be right as it is written: another account's document, or one
    that comes later. Which it is, this account's books cannot tell. One that is too long or too short, or has a letter
    among the digits, is none of that series.
    """
    w.stranger = True
    if not w.may_differ:
        w.reason = f"unknown:{w.reference}"
        return
    near: list[Item] = []
    held = {fold(document) for document in account.row.held}
    for neighbour in neighbours(fold(w.reference)):
        near += account.alike(neighbour)
        if len(near) > 1 or (near and neighbour in held):
            w.reason = f"ambiguous:{w.reference}"
            return
    if not near:
        w.reason = f"unknown:{w.reference}"
        return
    take_or_say(w, near[0], receipt, ONE_EDIT, _agrees(w, receipt, near[0], alone))
    if w.item is not None and other_number(w.reference, near[0].document):
        w.item = None
        w.reason = f"other_number:{near[0].document}"


def take_or_say(w: Wanted, item: Item, receipt: ReceiptRow, rule: str, agrees: bool) -> None:
    if not item.open:
        w.reason = f"cleared:{item.document}"
    elif item.kind == "credit_note" or item.currency != receipt.currency:
        w.reason = (
            f"other_currency:{item.document}" if item.currency != receipt.currency else f"credit_note:{item.document}"
        )
    elif not agrees:
        w.reason = f"amount_differs:{item.document}"
    else:
        w.item = item
        w.rule = rule


def references(wanted: list[Wanted]) -> list[str]:
    return [w.reference if w.item is None else w.item.document for w in wanted]
