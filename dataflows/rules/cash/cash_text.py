"""Cash application: references in free text, and what is said of a text that names nothing. Source: REFERENCE 3.5."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import expanded, meant
from dataflows.rules.cash import cash_search, relations
from dataflows.rules.cash.cash_clearing import by_wanted, clear_item, fits_no_other, open_less_discount
from dataflows.rules.cash.cash_postings import proposal, propose
from dataflows.rules.cash.cash_wanted import (
    BY_ORDER,
    Wanted,
    alike_advices,
    of_order,
    take_or_say,
    why_cleared,
    written_as,
    zeros_apart,
)
from dataflows.rules.cash.references import bare, fold, is_list, misread, plain, prefix, says_order, tokens
from dataflows.rules.context import Context
from schemas.records import Decision, ReceiptRow, RemittanceLine

TEXT: Final = "cash.3.text"
# A bare number in free text is taken for a short or over payment only from this length on.
MIN_TEXT_REFERENCE: Final = 5
# One without letters and punctuation, from this one on.
MIN_BARE_REFERENCE: Final = 8
MOST_TOKENS: Final = 200


def by_text(account: Account, receipt: ReceiptRow, ctx: Context) -> list[Decision]:
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
            return by_wanted(account, receipt, found, ctx)
        reasons = [f"credit_note:{document}" for document in credited]
    if not found and not reasons and receipt.allocations:
        # What was said when the rest was applied still holds.
        return []
    if not found and not reasons:
        alike = alike_advices(account, receipt) if account.row.advices else []
        if alike:
            # One of them may be the payer's word for it.
            return propose(account, receipt, 0, [f"advices_alike:{len(alike)}"], alike)
        sent = _for_another(account, receipt, words)
        return sent or _by_search(receipt, cash_search.find(account, receipt, ctx, words))
    if not found or reasons:
        return propose(account, receipt, 0, reasons, sorted(hits))
    whole = receipt.unapplied in (
        sum(opens),
        sum([open_less_discount(account, receipt, w, ctx) for w in found]),
    )
    if not whole:
        more = _shortened(account, receipt, words, found) + _misread(account, receipt, words, found)
        if sum(opens) + sum([w.item.open for w in more if w.item is not None]) == receipt.unapplied:
            return by_wanted(account, receipt, found + more, ctx)
        if len(found) > 1 and 0 < sum(opens) < receipt.unapplied:
            named = [w.item for w in found if w.item is not None]
            # A number that stands for several documents names these, and no other.
            others = [word for word in words if meant(account, word) is None]
            rest = cash_search.complete(account, receipt, ctx, named, others)
            if rest.rule:
                decisions: list[Decision] = []
                for w in found:
                    assert w.item is not None, "only documents are found"
                    clear_item(receipt, w, w.item, w.item.open, [], decisions)
                return decisions + _by_search(receipt, rest)
    # Several that are less than what they name: which of them is paid in part is not said.
    fixed = (len(found) == 1 or sum(opens) < receipt.unapplied) and _sure(account, receipt, words, found)
    if not whole and not fixed:
        return propose(account, receipt, 0, [f"text_sum:{sum(opens)}_of_{receipt.unapplied}"], sorted(hits))
    return by_wanted(account, receipt, found, ctx)


def _for_another(account: Account, receipt: ReceiptRow, words: list[str]) -> list[Decision]:
    """The text names one number, which is no document here: the money goes where a payer relation lets it be asked for."""
    if not account.row.relations or receipt.allocations:
        return []
    own = plain(account.account_id)
    numbers = [
        word for word in words if not says_order(word) and plain(word) != own and len(plain(word)) >= MIN_TEXT_REFERENCE
    ]
    if len(numbers) != 1:
        return []
    return relations.send(account, receipt, [(numbers[0], receipt.unapplied)], TEXT)


def completed(
    account: Account, receipt: ReceiptRow, wanted: list[Wanted], decisions: list[Decision], ctx: Context
) -> list[Decision]:
    """Lines name several items, each is paid in full and money is left: the one set of others that makes it up, step 5."""
    if len(wanted) < 2 or not decisions or decisions[-1].reasons != ["overpaid"]:
        return decisions
    named = [w.item for w in wanted if w.item is not None]
    rest = cash_search.complete(account, receipt, ctx, named, [])
    if not rest.rule or rest.amount != decisions[-1].amount:
        return decisions
    return decisions[:-1] + _by_search(receipt, rest)


def _sure(account: Account, receipt: ReceiptRow, words: list[str], found: list[Wanted]) -> bool:
    """Whether the text fixes these items whatever the amount: each is written out, and no other word may be one more.
    What is more than they come to is for no other open item, as far as its amount goes."""
    for w in found:
        assert w.item is not None, "only documents are found"
        if w.item.kind == "credit_note" or not _written_out(w.reference, w.item.document):
            return False
    more = receipt.unapplied - sum([w.item.open for w in found if w.item is not None])
    named = [w.item.document for w in found if w.item is not None]
    if named == [found[0].reference] and more > 0:
        # Its number as it is, and all of it is paid: another word may be what the rest is for.
        return True
    for word in words:
        if is_list(word):
            return False
        known = plain(word) == plain(account.account_id) or says_order(word)
        if not known and not any(bare(word) == bare(document) or written_as(word, document) for document in named):
            return False
    return len(found) == 1 or fits_no_other(account, receipt.currency, more, named)


def _written_out(word: str, document: str) -> bool:
    """Whether a word of a text is just this document's number: with letters before it, or set as it is, or so long that
    it is no other number."""
    if word == document or (prefix(word) and written_as(word, document)):
        return len(plain(word)) >= MIN_TEXT_REFERENCE
    set_alike = not word.isdigit() and document.upper().endswith(word.upper())
    enough = MIN_TEXT_REFERENCE if set_alike else MIN_BARE_REFERENCE
    return len(bare(word)) >= enough and written_as(word, document)


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


def _misread(account: Account, receipt: ReceiptRow, words: list[str], found: list[Wanted]) -> list[Wanted]:
    """Numbers with a character that looks like the right one, each of one open item; their sum says if they are meant."""
    more: list[Wanted] = []
    known = [w.item.document for w in found if w.item is not None]
    for word in words:
        items = [item for item in account.alike(fold(word)) if misread(word, item.document)]
        item = items[0] if len(items) == 1 else None
        if item is None or item.document in known or item.kind == "credit_note" or item.currency != receipt.currency:
            continue
        if item.open:
            known.append(item.document)
            w = Wanted(word, None, TEXT, "")
            w.item = item
            more.append(w)
    return more


def _by_search(receipt: ReceiptRow, found: cash_search.Found) -> list[Decision]:
    """What the search for what names nothing found, as decisions."""
    if not found.rule:
        if receipt.proposed[: len(found.reasons)] == found.reasons:
            # The likeliest candidates change with each new item; that is not said again.
            return []
        proposed = proposal(receipt, receipt.unapplied, found.reasons, found.candidates)
        proposed.evidence = found.evidence
        return [proposed]
    decisions: list[Decision] = []
    w = Wanted("", None, found.rule, "")
    left = found.amount
    credits = list(found.credits)
    for item, pay in found.pays:
        left -= clear_item(receipt, w, item, pay, credits, decisions)
    for d in decisions:
        d.evidence = found.evidence
        d.excluded = found.excluded
    if left:
        decisions.append(proposal(receipt, left, ["overpaid"], []))
    return decisions


def _resolve_text(account: Account, receipt: ReceiptRow, w: Wanted, ctx: Context) -> None:
    """As _resolve, but a word that is no document says nothing."""
    item = account.item(w.reference)
    if item is None and account.cleared_item(w.reference) is not None:
        # What this receipt cleared itself is explained already.
        if all(allocation.document != w.reference for allocation in receipt.allocations):
            w.reason = why_cleared(account, receipt, w.reference, ctx)
        return
    if item is None and w.reference in account.row.held:
        w.reason = f"held:{w.reference}"
        return
    if item is None:
        spelled = [other for other in account.alike(fold(w.reference)) if bare(other.document) == bare(w.reference)]
        if not spelled and prefix(w.reference):
            spelled, held = zeros_apart(account, w.reference)
            if held:
                w.reason = f"held:{held[0]}"
                return
        if len(spelled) > 1:
            w.reason = f"ambiguous:{w.reference}"
        if not spelled:
            billing = of_order(account, w.reference, receipt.currency)
            if billing is not None and billing.open == receipt.unapplied:
                w.item = billing
                w.rule = BY_ORDER
        if len(spelled) != 1:
            return
        item = spelled[0]
    if item.kind == "credit_note" and item.open and item.currency == receipt.currency:
        # Whether it is taken off is seen by the sum.
        w.item = item
        return
    take_or_say(w, item, receipt, TEXT, True)


def payer_references(receipt: ReceiptRow) -> list[str]:
    """References that the receipt itself names, as written, each once."""
    names = [line.document for line in receipt.lines] or tokens(receipt.text)[:MOST_TOKENS]
    return list(dict.fromkeys(names))
