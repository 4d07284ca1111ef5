"""Cash application: structured references, remittance advice, references normalised; and what is said of money that has
none of these (cash_search.py). Source: REFERENCE 3.5.

Certain means exactly one answer and no contradiction; everything else is proposed, never posted.
A reference to one open item fixes the item: a smaller amount leaves a residual, a larger one
leaves the rest unapplied.
"""

from itertools import chain
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.cash import later_advice, prepayments, relations
from dataflows.rules.cash.cash_clearing import by_wanted
from dataflows.rules.cash.cash_postings import propose
from dataflows.rules.cash.cash_text import TEXT, by_text, completed, payer_references
from dataflows.rules.cash.cash_wanted import Wanted, advices_for, advised, lines_of, references, resolve, wanted_of
from dataflows.rules.cash.later_advice import ADVICE
from dataflows.rules.cash.references import unpadded
from dataflows.rules.context import Context
from dataflows.rules.differences import exchange
from schemas.records import AdviceRow, Decision, ReceiptRow

STRUCTURED: Final = "cash.1.structured"
# References of one receipt that are looked for one edit away: each costs some hundred looks at the account.
MOST_EDITED: Final = 50
# Receipts of one bank reference, or of one amount, that an advice is tried on; there may be any number.
MOST_EXPLAINED: Final = 50
# Receipts without a reference that are tried again when an item comes; there may be any number.
MOST_RETRIED: Final = 5


def match(account: Account, receipt: ReceiptRow, ctx: Context) -> list[Decision]:
    """Apply what is certain of a receipt's unapplied cash and propose the rest."""
    if account.suspense or not receipt.unapplied:
        return []
    wanted = wanted_of(receipt, lines_of(account, receipt, ctx), STRUCTURED)
    if not wanted:
        advices = advices_for(account, receipt)
        wanted = wanted_of(receipt, advised(account, receipt, advices, ctx), ADVICE)
        stated = sum([w.amount or 0 for w in wanted])
        # What is open stands for amounts that are not stated; whether that adds up is seen below.
        if wanted and stated != receipt.unapplied and all(w.amount is not None for w in wanted):
            whole = sum([advice.amount for advice in advices]) == receipt.amount
            return _beside_advice(account, receipt, wanted, stated, whole, ctx)
    if not wanted:
        return prepayments.match(account, receipt) if receipt.order_id else by_text(account, receipt, ctx)
    for at, w in enumerate(wanted):
        w.may_differ = at < MOST_EDITED
        resolve(account, receipt, w, len(wanted) == 1, ctx)
    if wanted[0].reason.startswith("other_currency:"):
        documents, amounts = [w.reference for w in wanted], [w.amount for w in wanted]
        found = exchange.match(account, receipt, documents, amounts, wanted[0].rule, wanted[0].advice_id, ctx)
        if found is not None:
            return found
    sent = _for_others(account, receipt, wanted)
    found = by_wanted(account, receipt, wanted, ctx, sum([d.amount for d in sent]))
    return sent + (found if sent else completed(account, receipt, wanted, found, ctx))


def _beside_advice(
    account: Account, receipt: ReceiptRow, wanted: list[Wanted], stated: int, whole: bool, ctx: Context
) -> list[Decision]:
    """The lines of the advice do not add up to the money. It is of the whole of it, and they are less, each just an open
    item: these are paid, and the rest waits. Or the text of the money names some of them, which add up. Else nothing is certain."""
    for w in wanted:
        w.may_differ = False
        resolve(account, receipt, w, False, ctx)
    if whole and 0 < stated < receipt.unapplied and all(_is_just_open(w) for w in wanted):
        return by_wanted(account, receipt, wanted, ctx)
    by_its_text = by_text(account, receipt, ctx) if receipt.text else []
    named = [w.item.document for w in wanted if w.item is not None]
    if (
        all(d.kind == "cash_applied" and d.rule == TEXT and d.document in named for d in by_its_text)
        and sum([d.amount for d in by_its_text]) == receipt.unapplied
    ):
        return by_its_text
    return propose(account, receipt, 0, [f"advice_sum:{stated}_of_{receipt.unapplied}"], references(wanted))


def _is_just_open(w: Wanted) -> bool:
    return w.item is not None and w.rule == ADVICE and w.item.kind != "credit_note" and w.amount == w.item.open


def _for_others(account: Account, receipt: ReceiptRow, wanted: list[Wanted]) -> list[Decision]:
    """Money for references that are no documents here, to the accounts that this one pays for; those leave `wanted`.

    Only where the payer's amounts add up and the money has so much, or all of it is for the one reference.
    """
    if not account.row.relations:
        return []
    unknown = [(w.reference, w.amount or 0) for w in wanted if w.stranger and w.item is None]
    if len(wanted) == 1 and unknown:
        unknown = [(wanted[0].reference, receipt.unapplied)]
    elif (
        sum([w.amount or 0 for w in wanted]) != receipt.unapplied
        or min([amount for _, amount in unknown], default=0) <= 0
        # A credit of this account's pays part of it: that credit cannot be sent.
        or sum([amount for _, amount in unknown]) > receipt.unapplied
    ):
        return []
    sent = relations.send(account, receipt, unknown, wanted[0].rule)
    gone = [reference for d in sent for reference in d.candidates]
    wanted[:] = [w for w in wanted if w.reference not in gone]
    return sent


def retry(account: Account, document: str, ctx: Context) -> list[Decision]:
    """Try unapplied receipts again that name a document which has just come; then those that name nothing."""
    decisions: list[Decision] = []
    if not account.waits and not account.has_unapplied:
        return decisions
    item = account.item(document)
    waiting = account.waiting_for(unpadded(document))
    if item is not None and item.order_id:
        # The number of its order may stand for it.
        waiting = chain(waiting, account.waiting_for(unpadded(item.order_id)))
    tried: set[str] = set()
    for receipt_id in waiting:
        if receipt_id in tried:
            continue
        tried.add(receipt_id)
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
        if fits and not receipt.lines and not advices_for(account, receipt):
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
    meant = [x for x in found if any(a.advice_id == advice.advice_id for a in advices_for(account, x))]
    guessed = _guessed(account, advice)
    if not (advice.receipt_id or advice.bank_reference) and (
        len(meant) + len(guessed) > 1 or len(found) > MOST_EXPLAINED
    ):
        # Two receipts of its amount: a person has to say which.
        return []
    if guessed and not meant:
        return later_advice.open_again(account, guessed[0], advice, advices_for(account, guessed[0]))
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


def waiting_references(account: Account, receipt: ReceiptRow) -> list[str]:
    """Names of the documents that the receipt, or an advice of it, waits for."""
    names = [line.document for line in receipt.lines]
    if not names:
        for advice in advices_for(account, receipt):
            names += [line.document for line in advice.lines]
    return list(dict.fromkeys([unpadded(name) for name in names or payer_references(receipt)]))
