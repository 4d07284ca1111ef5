"""Cash application: structured references, remittance advice, references normalised; and what is said of money that has
none of these (cash_search.py). Source: REFERENCE 3.5.

Certain means exactly one answer and no contradiction; everything else is proposed, never posted.
A reference to one open item fixes the item: a smaller amount leaves a residual, a larger one
leaves the rest unapplied.
"""

from typing import Final

from dataflows.rules import cash_search, exchange, later_advice, prepayments, relations
from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.differences import payable
from dataflows.rules.later_advice import ADVICE
from dataflows.rules.parts import expanded, meant
from dataflows.rules.references import bare, fold, neighbours, other_number, plain, prefix, same_number, tokens
from schemas.records import AdviceRow, Decision, Item, ReceiptRow, RemittanceLine

STRUCTURED: Final = "cash.1.structured"
NORMALISED: Final = "cash.3.normalised"
ONE_EDIT: Final = "cash.3.one_edit"
TEXT: Final = "cash.3.text"
BY_PERSON: Final = "cash.operator"
# A bare number in free text is taken for a short or over payment only from this length on.
MIN_TEXT_REFERENCE: Final = 5
MOST_TOKENS: Final = 200
# References of one receipt that are looked for one edit away: each costs some hundred looks at the account.
MOST_EDITED: Final = 50
# Reasons, and candidates, that a decision names; a receipt may have thousands of lines.
MOST_SAID: Final = 200
# Receipts of one bank reference, or of one amount, that an advice is tried on; there may be any number.
MOST_EXPLAINED: Final = 50
# Receipts without a reference that are tried again when an item comes; there may be any number.
MOST_RETRIED: Final = 5


class Wanted:
    """One reference of the payer and what it was found to be.

    amount: Minor units stated for it, what this receipt already paid on it taken off; None where not stated.
    may_differ: Whether it is looked for one edit away. stranger: Whether it is no document here however it is spelled.
    item: The open item it means, or None; reason says why not.
    """

    __slots__ = ("advice_id", "alias", "amount", "item", "may_differ", "reason", "reference", "rule", "stranger")

    def __init__(self, reference: str, amount: int | None, rule: str, advice_id: str) -> None:
        self.reference: Final = reference
        self.amount = amount
        self.rule = rule
        self.advice_id: Final = advice_id
        self.item: Item | None = None
        self.reason = ""
        self.may_differ = True
        self.stranger = False
        self.alias = ""


def match(account: Account, receipt: ReceiptRow, ctx: Context) -> list[Decision]:
    """Apply what is certain of a receipt's unapplied cash and propose the rest."""
    if account.suspense or not receipt.unapplied:
        return []
    wanted = _wanted(receipt, _lines(account, receipt, ctx), STRUCTURED)
    if not wanted:
        advices = _advices_for(account, receipt)
        wanted = _wanted(receipt, _advised(account, receipt, advices, ctx), ADVICE)
        stated = sum([w.amount or 0 for w in wanted])
        # What is open stands for amounts that are not stated; whether that adds up is seen below.
        if wanted and stated != receipt.unapplied and all(w.amount is not None for w in wanted):
            return _propose(account, receipt, 0, [f"advice_sum:{stated}_of_{receipt.unapplied}"], _references(wanted))
    if not wanted:
        return prepayments.match(account, receipt) if receipt.order_id else _by_text(account, receipt, ctx)
    for at, w in enumerate(wanted):
        w.may_differ = at < MOST_EDITED
        _resolve(account, receipt, w, len(wanted) == 1, ctx)
    if wanted[0].reason.startswith("other_currency:"):
        documents, amounts = [w.reference for w in wanted], [w.amount for w in wanted]
        found = exchange.match(account, receipt, documents, amounts, wanted[0].rule, wanted[0].advice_id, ctx)
        if found is not None:
            return found
    sent = _for_others(account, receipt, wanted)
    return sent + _by_wanted(account, receipt, wanted, sum([d.amount for d in sent]))


def _for_others(account: Account, receipt: ReceiptRow, wanted: list[Wanted]) -> list[Decision]:
    """Money for references that are no documents here, to the accounts that this one pays for; those leave `wanted`.

    Only where the payer's amounts add up, or all of it is for the one reference.
    """
    if not account.row.relations:
        return []
    unknown = [(w.reference, w.amount or 0) for w in wanted if w.stranger and w.item is None]
    if len(wanted) == 1 and unknown:
        unknown = [(wanted[0].reference, receipt.unapplied)]
    elif (
        sum([w.amount or 0 for w in wanted]) != receipt.unapplied
        or min([amount for _, amount in unknown], default=0) <= 0
    ):
        return []
    sent = relations.send(account, receipt, unknown, wanted[0].rule)
    gone = [reference for d in sent for reference in d.candidates]
    wanted[:] = [w for w in wanted if w.reference not in gone]
    return sent


def _lines(account: Account, receipt: ReceiptRow, ctx: Context) -> list[tuple[RemittanceLine, str]]:
    """The receipt's own lines, as what is paid on each document."""
    lines = receipt.lines
    if receipt.adjustments or receipt.charges:
        lines = payable(lines, receipt.adjustments, receipt.charges, receipt.amount)
    grace_days = account.provisions(ctx, receipt.currency).differences.discount_grace_days
    return expanded(account, receipt, [(line, "") for line in lines], grace_days)


def _advised(
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


def _wanted(receipt: ReceiptRow, lines: list[tuple[RemittanceLine, str]], rule: str) -> list[Wanted]:
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
            paid.amount -= allocation.amount
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
        near = neighbours(folded)
        alike = [w for w in wanted if fold(w.reference) in near]
    return alike[0] if len(alike) == 1 else None


def _advices_for(account: Account, receipt: ReceiptRow) -> list[AdviceRow]:
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
        elif advice.amount == receipt.unapplied:
            alike.append(advice)
    if named:
        return named
    return alike if len(alike) == 1 else []


def _alike_advices(account: Account, receipt: ReceiptRow) -> list[str]:
    """The advices of just the receipt's amount that name no receipt."""
    found: list[str] = []
    for advice_id in account.row.advices:
        advice = account.advice(advice_id)
        if advice is None or advice.receipt_id or advice.bank_reference:
            continue
        if advice.currency == receipt.currency and advice.amount == receipt.unapplied:
            found.append(advice_id)
    return found


def _resolve(account: Account, receipt: ReceiptRow, w: Wanted, alone: bool, ctx: Context) -> None:
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
        w.reason = _cleared(account, receipt, w.reference, ctx)
    elif w.reference in account.row.held:
        w.reason = f"held:{w.reference}"
    elif credit:
        w.reason = f"unknown:{w.reference}"
    else:
        _normalise(account, receipt, w, alone)


def _cleared(account: Account, receipt: ReceiptRow, document: str, ctx: Context) -> str:
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
        sure = same_number(w.reference, item.document)
        habit = not sure and bare(w.reference) == bare(item.document) and prefix(w.reference) in account.row.habits
        _take_or_say(w, item, receipt, NORMALISED, sure or habit or _agrees(w, receipt, item, alone))
        w.alias = prefix(w.reference) if habit else ""
        return
    _one_edit(account, receipt, w, alone)


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
    _take_or_say(w, near[0], receipt, ONE_EDIT, _agrees(w, receipt, near[0], alone))
    if w.item is not None and other_number(w.reference, near[0].document):
        w.item = None
        w.reason = f"other_number:{near[0].document}"


def _take_or_say(w: Wanted, item: Item, receipt: ReceiptRow, rule: str, agrees: bool) -> None:
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


def _by_wanted(account: Account, receipt: ReceiptRow, wanted: list[Wanted], sent: int = 0) -> list[Decision]:
    """Decide over all references of a receipt at once. sent: of its money is on its way to others already."""
    left = receipt.unapplied - sent
    if not wanted:
        return []
    missing = [w.reason for w in wanted if w.item is None]
    if len(wanted) == 1 and not missing:
        # A single reference takes what came, and no more than the payer gave it.
        stated_one = wanted[0].amount
        pays = [left if stated_one is None else min(left, stated_one)]
        only = wanted[0].item
        if only is not None and pays[0] > only.open and _is_stranger(account, receipt):
            return _propose(account, receipt, sent, ["payer_not_confirmed"], _references(wanted))
    else:
        stated = [w.amount if w.amount is not None else (0 if w.item is None else w.item.open) for w in wanted]
        guessed = any(w.amount is None for w in wanted)
        if sum(stated) != left or (missing and guessed):
            reasons = missing or [f"lines_sum:{sum(stated)}_of_{left}"]
            return _propose(account, receipt, sent, reasons, _references(wanted))
        pays = stated
    if missing and min(pays) < 0:
        # With a credit taken off, the rest alone is more than the payment.
        return _propose(account, receipt, sent, missing, _references(wanted))
    credits = [(w.item, -pay) for w, pay in zip(wanted, pays, strict=True) if w.item is not None and pay < 0]
    decisions: list[Decision] = []
    for w, pay in _each_once(wanted, pays):
        item = w.item
        assert item is not None, "only references to items are paid"
        if missing and pay != item.open:
            missing.append(f"amount_differs:{item.document}")
            continue
        left -= _pay(receipt, w, item, min(pay, item.open), credits, decisions)
    if not left:
        return decisions
    if not missing:
        whole = receipt.unapplied - sent
        missing = ["overpaid"] if sum(pays) == whole else [f"lines_sum:{sum(pays)}_of_{whole}"]
    return decisions + _propose(account, receipt, receipt.unapplied - left, missing, _references(wanted))


def _is_stranger(account: Account, receipt: ReceiptRow) -> bool:
    """Whether nothing but its reference says that the money is this account's: it came through suspense, from a bank
    account that is not known to be the customer's. More than the item says that it is another's, or the number is."""
    if not receipt.came_from.startswith("~suspense"):
        return False
    customer = account.customer()
    return customer is None or receipt.payer_account not in customer.bank_accounts


def _each_once(wanted: list[Wanted], pays: list[int]) -> list[tuple[Wanted, int]]:
    """What is to be paid on each item, by the first reference to it: two spellings of one number are one."""
    found: dict[str, tuple[Wanted, int]] = {}
    for w, pay in zip(wanted, pays, strict=True):
        if w.item is not None and pay > 0:
            first, before = found.get(w.item.document, (w, 0))
            found[w.item.document] = (first, before + pay)
    return list(found.values())


def _pay(
    receipt: ReceiptRow, w: Wanted, item: Item, pay: int, credits: list[tuple[Item, int]], decisions: list[Decision]
) -> int:
    """Clear `pay` of the item by the credits that are left, then by cash; how much cash it took."""
    for at in range(len(credits)):
        credit, available = credits[at]
        part = min(pay, available)
        if part:
            decisions.append(
                Decision(
                    kind="credit_allocated",
                    rule=w.rule,
                    currency=item.currency,
                    amount=part,
                    document=item.document,
                    receipt_id=receipt.receipt_id,
                    reference_id=credit.settles if credit.settles in item.disputes else "",
                    counterparty=credit.document,
                    posting_date=max(receipt.posting_date, item.posting_date, credit.posting_date),
                    value_date=receipt.value_date,
                )
            )
            credits[at] = (credit, available - part)
            pay -= part
    if pay:
        applied = _applied(receipt, item, pay, w.rule, w.advice_id)
        if w.reference:
            applied.evidence = [f"reference:{w.reference}"]
            if w.alias:
                applied.evidence.append(f"alias:{w.alias}")
        decisions.append(applied)
    return pay


def _by_text(account: Account, receipt: ReceiptRow, ctx: Context) -> list[Decision]:
    """References in free text: taken where they are documents of the account and add up, or where just one is written out."""
    hits: dict[str, Wanted] = {}
    reasons: list[str] = []
    words = tokens(receipt.text)[:MOST_TOKENS]
    for word, _ in expanded(account, receipt, [(RemittanceLine(token, None), "") for token in words], 0):
        w = Wanted(word.document, None, TEXT, "")
        _resolve_text(account, receipt, w, ctx)
        if w.item is not None:
            hits.setdefault(w.item.document, w)
        elif w.reason:
            reasons.append(w.reason)
    found = list(hits.values())
    opens = [w.item.open if w.item.kind != "credit_note" else -w.item.open for w in found if w.item is not None]
    credited = [w.item.document for w in found if w.item is not None and w.item.kind == "credit_note"]
    if credited and not reasons:
        if sum(opens) == receipt.unapplied:
            for w, amount in zip(found, opens, strict=True):
                w.amount = amount
            return _by_wanted(account, receipt, found)
        reasons = [f"credit_note:{document}" for document in credited]
    if not found and not reasons and receipt.allocations:
        # What was said when the rest was applied still holds.
        return []
    if not found and not reasons:
        alike = _alike_advices(account, receipt) if account.row.advices else []
        if alike:
            # One of them may be the payer's word for it.
            return _propose(account, receipt, 0, [f"advices_alike:{len(alike)}"], alike)
        return _by_search(receipt, cash_search.find(account, receipt, ctx, words))
    if not found or reasons:
        return _propose(account, receipt, 0, reasons, sorted(hits))
    whole = sum(opens) == receipt.unapplied
    if not whole:
        more = _shortened(account, receipt, words, found)
        if sum(opens) + sum([w.item.open for w in more if w.item is not None]) == receipt.unapplied:
            return _by_wanted(account, receipt, found + more)
        if len(found) > 1 and 0 < sum(opens) < receipt.unapplied:
            named = [w.item for w in found if w.item is not None]
            # A number that stands for several documents names these, and no other.
            others = [word for word in words if meant(account, word) is None]
            rest = cash_search.complete(account, receipt, ctx, named, others)
            if rest.rule:
                decisions: list[Decision] = []
                for w in found:
                    assert w.item is not None, "only documents are found"
                    _pay(receipt, w, w.item, w.item.open, [], decisions)
                return decisions + _by_search(receipt, rest)
    fixed = len(found) == 1 and found[0].reference in hits and len(plain(found[0].reference)) >= MIN_TEXT_REFERENCE
    if not whole and not fixed:
        return _propose(account, receipt, 0, [f"text_sum:{sum(opens)}_of_{receipt.unapplied}"], sorted(hits))
    return _by_wanted(account, receipt, found)


def _shortened(account: Account, receipt: ReceiptRow, words: list[str], found: list[Wanted]) -> list[Wanted]:
    """Numbers of which only the last digits are written, after one that is written out: INV-2026-004711, 4712, 4713.

    Open items only, each once; whether they are meant is seen by their sum.
    """
    named = [w.item.document for w in found if w.item is not None]
    more: list[Wanted] = []
    for word in words:
        if not word.isdigit():
            continue
        for document in named:
            head, tail = document[: -len(word)], document[-len(word) :]
            item = account.item(head + word) if tail.isdigit() else None
            if item is not None and item.document not in named and item.currency == receipt.currency:
                if item.kind != "credit_note" and all(w.item is not item for w in more):
                    w = Wanted(word, None, TEXT, "")
                    w.item = item
                    more.append(w)
                break
    return more


def _by_search(receipt: ReceiptRow, found: cash_search.Found) -> list[Decision]:
    """What the search for what names nothing found, as decisions."""
    if not found.rule:
        if receipt.proposed[: len(found.reasons)] == found.reasons:
            # The likeliest candidates change with each new item; that is not said again.
            return []
        proposed = _proposal(receipt, receipt.unapplied, found.reasons, found.candidates)
        proposed.evidence = found.evidence
        return [proposed]
    decisions: list[Decision] = []
    w = Wanted("", None, found.rule, "")
    left = found.amount
    credits = list(found.credits)
    for item, pay in found.pays:
        left -= _pay(receipt, w, item, pay, credits, decisions)
    for d in decisions:
        d.evidence = found.evidence
        d.excluded = found.excluded
    if left:
        decisions.append(_proposal(receipt, left, ["overpaid"], []))
    return decisions


def _resolve_text(account: Account, receipt: ReceiptRow, w: Wanted, ctx: Context) -> None:
    """As _resolve, but a word that is no document says nothing."""
    item = account.item(w.reference)
    if item is None and account.cleared_item(w.reference) is not None:
        # What this receipt cleared itself is explained already.
        if all(allocation.document != w.reference for allocation in receipt.allocations):
            w.reason = _cleared(account, receipt, w.reference, ctx)
        return
    if item is None and w.reference in account.row.held:
        w.reason = f"held:{w.reference}"
        return
    if item is None:
        spelled = [other for other in account.alike(fold(w.reference)) if bare(other.document) == bare(w.reference)]
        if len(spelled) > 1:
            w.reason = f"ambiguous:{w.reference}"
        if len(spelled) != 1:
            return
        item = spelled[0]
    if item.kind == "credit_note" and item.open and item.currency == receipt.currency:
        # Whether it is taken off is seen by the sum.
        w.item = item
        return
    _take_or_say(w, item, receipt, TEXT, True)


def _references(wanted: list[Wanted]) -> list[str]:
    return [w.reference if w.item is None else w.item.document for w in wanted]


def said(names: list[str]) -> list[str]:
    """The first MOST_SAID of the names, and how many more there are."""
    return names if len(names) <= MOST_SAID else [*names[:MOST_SAID], f"more:{len(names) - MOST_SAID}"]


def _propose(
    account: Account, receipt: ReceiptRow, applied: int, reasons: list[str], candidates: list[str]
) -> list[Decision]:
    """Say once what a person has to look at."""
    reasons = said(reasons)
    candidates = said(candidates)
    if receipt.proposed == reasons + candidates:
        return []
    return [_proposal(receipt, receipt.unapplied - applied, reasons, candidates)]


def _proposal(receipt: ReceiptRow, amount: int, reasons: list[str], candidates: list[str]) -> Decision:
    return Decision(
        kind="cash_proposed",
        rule="cash.proposed",
        currency=receipt.currency,
        amount=amount,
        receipt_id=receipt.receipt_id,
        reasons=reasons,
        candidates=candidates,
    )


def _applied(receipt: ReceiptRow, item: Item, amount: int, rule: str, advice_id: str) -> Decision:
    """Clearing is posted on the later day of its two sides: before that, one of them was not in the books."""
    return Decision(
        kind="cash_applied",
        rule=rule,
        currency=receipt.currency,
        amount=amount,
        document=item.document,
        receipt_id=receipt.receipt_id,
        reference_id=advice_id,
        posting_date=max(receipt.posting_date, item.posting_date),
        value_date=receipt.value_date,
    )


def apply_by_person(receipt: ReceiptRow, item: Item, amount: int) -> Decision:
    """What a person said is to be applied."""
    return _applied(receipt, item, amount, BY_PERSON, "")


def applied_by(receipt: ReceiptRow, item: Item, amount: int, rule: str) -> Decision:
    """Cash that somebody else has put on the item, by that rule."""
    return _applied(receipt, item, amount, rule, "")


def unapply_by_person(receipt: ReceiptRow, item: Item, amount: int) -> Decision:
    """What a person said is to be taken off the item, on the day it was applied."""
    decision = _applied(receipt, item, amount, BY_PERSON, "")
    decision.kind = "cash_unapplied"
    return decision


def send_on(receipt: ReceiptRow, target: str) -> Decision:
    """All that is unapplied goes to another account, on the day it came."""
    return Decision(
        kind="cash_transferred",
        rule="transfer.out",
        currency=receipt.currency,
        amount=receipt.unapplied,
        receipt_id=receipt.receipt_id,
        counterparty=target,
        posting_date=receipt.posting_date,
        value_date=receipt.value_date,
    )


def retry(account: Account, document: str, ctx: Context) -> list[Decision]:
    """Try unapplied receipts again that name a document which has just come; then those that name nothing."""
    decisions: list[Decision] = []
    if not account.waits and not account.has_unapplied:
        return decisions
    for receipt_id in account.waiting_for(fold(document)):
        found = match(account, account.known_receipt(receipt_id), ctx)
        decisions += found
        if any(d.kind == "cash_applied" for d in found):
            # One at a time: the next one is judged on the books after this one.
            return decisions
    return decisions + _retry_unnamed(account, document, ctx)


def retry_named(account: Account, ctx: Context) -> list[Decision]:
    """Try the latest unapplied receipts again, whatever they name: whom the account pays for is known otherwise now."""
    decisions: list[Decision] = []
    for receipt in account.latest_unapplied(MOST_EXPLAINED):
        found = match(account, receipt, ctx)
        decisions += [d for d in found if d.kind == "cash_transferred"]
    return decisions


def _retry_unnamed(account: Account, document: str, ctx: Context) -> list[Decision]:
    """Try the receipts again that a new item may be for, though they do not name it: first those of its amount, then
    the latest. Only what is certain now is said; a person has the proposal."""
    item = account.item(document)
    if item is None:
        return []
    waiting = account.unapplied_with_amount(item.currency, item.open, MOST_RETRIED)
    waiting += [x for x in account.latest_unapplied(MOST_RETRIED) if x not in waiting]
    for receipt in waiting:
        fits = receipt.currency == item.currency and (item.kind == "credit_note" or item.open <= receipt.unapplied)
        # One that an advice may be of was judged when that came.
        if fits and not receipt.lines and not _advices_for(account, receipt):
            found = match(account, receipt, ctx)
            if any(d.kind == "cash_applied" for d in found):
                return found
    return []


def explain(account: Account, advice: AdviceRow, ctx: Context) -> list[Decision]:
    """An advice that came after its money: apply the first receipt that it names, or the one that it must mean."""
    found: list[ReceiptRow] = []
    if advice.receipt_id:
        named = account.receipt(advice.receipt_id)
        # One that names documents itself is not explained by another's words.
        if named is not None and named.unapplied and not named.lines:
            found.append(named)
    elif advice.bank_reference:
        found += account.unapplied_with_reference(advice.currency, advice.bank_reference, MOST_EXPLAINED)
    else:
        found += account.unapplied_with_amount(advice.currency, advice.amount, MOST_EXPLAINED + 1)
    meant = [x for x in found if any(a.advice_id == advice.advice_id for a in _advices_for(account, x))]
    guessed = _guessed(account, advice)
    if not (advice.receipt_id or advice.bank_reference) and (
        len(meant) + len(guessed) > 1 or len(found) > MOST_EXPLAINED
    ):
        # Two receipts of its amount: a person has to say which.
        return []
    if guessed and not meant:
        return later_advice.open_again(account, guessed[0], advice, _advices_for(account, guessed[0]))
    decisions: list[Decision] = []
    for receipt in meant:
        decisions += match(account, receipt, ctx)
        if any(d.kind == "cash_applied" for d in decisions):
            break
    return decisions


def _guessed(account: Account, advice: AdviceRow) -> list[ReceiptRow]:
    """The receipts that steps 4 to 6 applied and that the advice is of: it names them, or has their whole amount."""
    found: list[ReceiptRow] = []
    for receipt_id in account.row.guessed:
        receipt = account.known_receipt(receipt_id)
        if receipt.currency != advice.currency or not receipt.guessed:
            continue
        if advice.receipt_id:
            named = advice.receipt_id == receipt_id
        elif advice.bank_reference:
            named = advice.bank_reference == receipt.bank_reference
        else:
            named = advice.amount == receipt.amount - receipt.returned
        if named:
            found.append(receipt)
    return found


def allocate_credit(credit: Item, invoice: Item) -> list[Decision]:
    """A credit note clears the open invoice it names."""
    if invoice.kind == "credit_note" or invoice.currency != credit.currency:
        return []
    return [
        Decision(
            kind="credit_allocated",
            rule="cash.credit_note",
            currency=credit.currency,
            amount=min(credit.open, invoice.open),
            document=invoice.document,
            counterparty=credit.document,
            posting_date=max(credit.posting_date, invoice.posting_date),
            value_date=max(credit.posting_date, invoice.posting_date),
        )
    ]


def payer_references(receipt: ReceiptRow) -> list[str]:
    """References that the receipt itself names, as written, each once."""
    names = [line.document for line in receipt.lines] or tokens(receipt.text)[:MOST_TOKENS]
    return list(dict.fromkeys(names))


def waiting_references(account: Account, receipt: ReceiptRow) -> list[str]:
    """Folded references that the receipt, or an advice of it, names."""
    names = [line.document for line in receipt.lines]
    if not names:
        for advice in _advices_for(account, receipt):
            names += [line.document for line in advice.lines]
    return list(dict.fromkeys([fold(name) for name in names or payer_references(receipt)]))
