"""Money in another currency than its item: converted at the value date's rate. Source: REFERENCE 3.5.

The receipt's side is taken from it by `cash_exchanged` in its currency, the item's is cleared by `cash_applied` in its
own; what the item was worth when it was booked, against what came, is realised gain or loss.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import invoice_of
from dataflows.rules.cash.cash_postings import propose
from dataflows.rules.context import Context
from dataflows.rules.differences.rates import Rate, find
from dataflows.rules.money.months import iso_day
from dataflows.rules.provisions.exchange import ExchangeTerms
from schemas.records import Allocation, Decision, Item, ReceiptRow

OUT: Final = "exchange.out"
BACK: Final = "reversed.exchanged"
GAIN: Final = "exchange.realised"
MISSING: Final = "rate_missing:"


class _Missing(Exception):
    """A rate that nobody said yet, as a reason."""


def match(
    account: Account,
    receipt: ReceiptRow,
    references: list[str],
    amounts: list[int | None],
    rule: str,
    advice_id: str,
    ctx: Context,
) -> list[Decision] | None:
    """Apply a receipt whose references are all open debits in other currencies; None where they are not."""
    items: list[Item] = []
    for reference in references:
        item = account.item(reference)
        if item is None or item.kind == "credit_note" or item.currency == receipt.currency:
            return None
        items.append(item)
    stated: list[int] = []
    for amount in amounts:
        if amount is not None:
            stated.append(amount)
    in_order = len(items) > 1 and not stated and _are_instalments(account, items)
    if len(items) == 1:
        parts = [min(receipt.unapplied, stated[0]) if stated else receipt.unapplied]
    elif in_order:
        # Each takes what it needs of what those before it left.
        parts = [receipt.unapplied] * len(items)
    elif len(stated) < len(items) or sum(stated) != receipt.unapplied or min(stated) <= 0:
        return None
    else:
        parts = stated
    try:
        decisions: list[Decision] = []
        left = 0
        for item, part in zip(items, parts, strict=True):
            if in_order and item is not items[0]:
                part, left = left, 0
            found, rest = _applied(account, receipt, item, part, rule, advice_id, ctx)
            decisions += found
            left += rest
    except _Missing as missing:
        return propose(account, receipt, 0, [str(missing)], references)
    if left and decisions:
        decisions += propose(account, receipt, receipt.unapplied - left, ["overpaid"], references)
    return decisions or None


def _are_instalments(account: Account, items: list[Item]) -> bool:
    """Whether all are instalments of one invoice, in whose plan's order they stand."""
    whole = invoice_of(account, items[0].document)
    return all(item.document != whole and invoice_of(account, item.document) == whole for item in items)


def _rate(terms: ExchangeTerms, ctx: Context, base: str, quote: str, day: int) -> Rate:
    found = find(ctx.rates, base, quote, day, terms.rate_age_days)
    if found is None:
        raise _Missing(f"{MISSING}{base}/{quote}:{iso_day(day)}")
    return found


def _applied(
    account: Account, receipt: ReceiptRow, item: Item, part: int, rule: str, advice_id: str, ctx: Context
) -> tuple[list[Decision], int]:
    """What `part` of the receipt clears of the item, and what of it is more than the item needs."""
    terms = account.provisions(ctx, item.currency).exchange
    rate = _rate(terms, ctx, receipt.currency, item.currency, receipt.value_date)
    amount = rate.convert(part)
    spent = part
    if amount > item.open:
        back = _rate(terms, ctx, item.currency, receipt.currency, receipt.value_date)
        amount = item.open
        # A part that is worth less than the smallest unit is not left over.
        spent = min(part, back.convert(amount))
    if not amount or not spent:
        return [], part
    posting_date = max(receipt.posting_date, item.posting_date)
    out, applied = _sides(OUT, "cash_applied", rule, receipt, item, spent, amount, posting_date, receipt.value_date)
    applied.reference_id = advice_id
    out.evidence = [rate.told()]
    applied.evidence = [rate.told()]
    return [out, applied, *_difference(receipt, item, amount, spent, posting_date, terms, ctx)], part - spent


def _difference(
    receipt: ReceiptRow, item: Item, amount: int, spent: int, posting_date: int, terms: ExchangeTerms, ctx: Context
) -> list[Decision]:
    """What came, less what was booked, in the currency of the books; none where the item is in that one itself."""
    books = terms.books_currency or receipt.currency
    if item.currency == books:
        return []
    came = spent
    evidence: list[str] = []
    if receipt.currency != books:
        now = _rate(terms, ctx, receipt.currency, books, receipt.value_date)
        came = now.convert(spent)
        evidence.append(now.told())
    booked = _rate(terms, ctx, item.currency, books, item.posting_date)
    gain = came - booked.convert(amount)
    if not gain:
        return []
    return [
        Decision(
            kind="fx_difference_posted",
            rule=GAIN,
            currency=books,
            amount=gain,
            document=item.document,
            receipt_id=receipt.receipt_id,
            posting_date=posting_date,
            value_date=receipt.value_date,
            other_currency=item.currency,
            other_amount=amount,
            evidence=[*evidence, f"booked_{booked.told()}"],
        )
    ]


def undone(
    receipt: ReceiptRow, allocation: Allocation, item: Item, spent: int, rule: str, posting_date: int, value_date: int
) -> list[Decision]:
    """So much of the receipt, in its currency, is taken off the item again and is unapplied; more of it where that is
    worth less than the smallest unit of the item's currency."""
    smallest = -(-allocation.exchanged // allocation.amount)
    spent = max(spent, smallest)
    amount = allocation.amount * spent // allocation.exchanged
    back, off = _sides(BACK, "cash_unapplied", rule, receipt, item, spent, amount, posting_date, value_date)
    return [off, back]


def _sides(
    exchanged: str,
    kind: str,
    rule: str,
    receipt: ReceiptRow,
    item: Item,
    spent: int,
    amount: int,
    posting_date: int,
    value_date: int,
) -> tuple[Decision, Decision]:
    """The receipt's side, `spent` in its currency by the rule `exchanged`, and the item's, `amount` in its own."""
    of_receipt = Decision(
        kind="cash_exchanged",
        rule=exchanged,
        currency=receipt.currency,
        amount=spent,
        document=item.document,
        receipt_id=receipt.receipt_id,
        posting_date=posting_date,
        value_date=value_date,
        other_currency=item.currency,
        other_amount=amount,
    )
    of_item = Decision(
        kind=kind,
        rule=rule,
        currency=item.currency,
        amount=amount,
        document=item.document,
        receipt_id=receipt.receipt_id,
        posting_date=posting_date,
        value_date=value_date,
        other_currency=receipt.currency,
        other_amount=spent,
    )
    return of_receipt, of_item


def waits_for_rate(d: Decision) -> bool:
    """Whether a proposal waits for a rate."""
    return bool(d.reasons) and d.reasons[0].startswith(MISSING)
