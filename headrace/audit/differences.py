"""Differences, exchange, refunds: posted to the books by docs/ledger.md, and each held against facts and policy.

Written anew from REFERENCE 3.5, with exact fractions; nothing of the rules is used.
"""

from fractions import Fraction
from typing import Final

from headrace.audit.accounts import CREDIT, Account, Item
from headrace.audit.evidence import half_up, share
from headrace.audit.findings import Check
from headrace.audit.holdings import Holdings
from headrace.audit.policy import Terms, day_text
from schemas.records import Decision

UNDONE: Final = "reversed."
DEDUCTION: Final = "deduction"
CHARGES: Final = ("cash.7.charges", "reversed.charges")
TOLERANCE: Final = "cash.7.tolerance"
_DIGITS: Final = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "BHD": 3, "KWD": 3, "OMR": 3, "TND": 3, "JOD": 3}


def sign(d: Decision) -> int:
    return -1 if d.rule.startswith(UNDONE) else 1


# --- posting ---


def post_lowered(books: Holdings, account: Account, d: Decision) -> None:
    """discount_granted, write_off_posted."""
    books.positive(d)
    sums, amount = account.sums_of(d.currency), sign(d) * d.amount
    if not d.document:
        sums.small_credits += amount
        receipt = books.booked(account, d)
        if receipt is None:
            return
        if amount < 0:
            receipt.unapplied += d.amount
            books.keep_receipt(account, receipt)
        else:
            books.take(account, receipt, d)
        _hang(books, account, d, "small_credit\n", amount)
        return
    what = "discount"
    if d.kind == "discount_granted":
        sums.discounts += amount
    elif d.rule in CHARGES:
        what = "charges"
        sums.charges += amount
    else:
        what = "write_off"
        sums.written_off += amount
    item = books.debit(account, d)
    if item is not None:
        _move(books, account, item, d, amount)
        if what == "discount":
            item.discounted += amount
    _hang(books, account, d, f"{what}\n{d.document}", amount)


def post_deduction(books: Holdings, account: Account, d: Decision) -> None:
    """From an invoice to an item of its own, or back; the account's sums stay."""
    books.positive(d)
    amount = sign(d) * d.amount
    invoice = books.item(account, d.counterparty)
    if invoice is None or invoice.kind == CREDIT or invoice.currency != d.currency:
        books.wrong(d, "no_item", f"{account.key} has no debit {d.counterparty} in {d.currency}")
    else:
        _move(books, account, invoice, d, amount)
    deduction = books.item(account, d.document)
    if amount > 0:
        if deduction is not None:
            books.wrong(d, "item_twice", f"{d.document} was opened before")
            return
        item = Item(
            d.document, DEDUCTION, d.currency, amount, amount, 0, 0, d.due_date, d.document_date, d.posting_date, ""
        )
        item.tax = d.tax
        account.sums_of(d.currency).items_beyond += amount
        books.place(account, item)
        if invoice is not None and invoice.due_date != d.due_date:
            books.wrong(d, "due_date", f"{d.counterparty} is due on day {invoice.due_date}, it says {d.due_date}")
    elif deduction is None or deduction.kind != DEDUCTION:
        books.wrong(d, "no_item", f"{account.key} has no deduction {d.document}")
    else:
        _move(books, account, deduction, d, -amount)
    _hang(books, account, d, f"deduction\n{d.counterparty}\n{d.document}", amount)


def _move(books: Holdings, account: Account, item: Item, d: Decision, amount: int) -> None:
    """Lower the item by the amount, or raise it where that is below zero."""
    if amount > 0:
        books.lower(account, item, d)
    else:
        books.raise_again(account, item, d)


def _hang(books: Holdings, account: Account, d: Decision, name: str, amount: int) -> None:
    """What hangs on a receipt is undone at the most as far as it was posted."""
    receipt = books.receipt(account, d.receipt_id) if d.receipt_id else None
    if receipt is None:
        return
    left = receipt.hanging.get(name, 0) + amount
    if left < 0 and not name.startswith("exchange"):
        books.wrong(d, "over_undone", f"{d.amount} undone of {left + d.amount}: {name!r}")
    receipt.hanging[name] = left
    if not left:
        del receipt.hanging[name]
    books.keep_receipt(account, receipt)


def post_exchanged(books: Holdings, account: Account, d: Decision) -> None:
    """Cash that leaves a receipt for an item in another currency, or comes back."""
    books.positive(d)
    amount = sign(d) * d.amount
    account.sums_of(d.currency).exchanged_out += amount
    receipt = books.booked(account, d)
    if receipt is None:
        return
    if amount > receipt.unapplied:
        books.wrong(d, "over_receipt", f"{amount} of {d.receipt_id}, which has {receipt.unapplied} unapplied")
    receipt.unapplied = max(0, receipt.unapplied - amount)
    pending = receipt.exchanging.get(d.document, 0) + sign(d) * d.other_amount
    receipt.exchanging[d.document] = pending
    if not pending:
        del receipt.exchanging[d.document]
    books.keep_receipt(account, receipt)


def post_difference(books: Holdings, account: Account, d: Decision) -> None:
    """Realised gain or loss: no balance moves."""
    if not d.amount:
        books.wrong(d, "amount", "it posts 0")
    _hang(books, account, d, f"exchange\n{d.document}\n{d.currency}", d.amount)


def post_refund(books: Holdings, account: Account, d: Decision) -> None:
    """Unapplied cash paid back, or a credit note paid out."""
    books.positive(d)
    if d.rule != "refund":
        name = (d.reference_id, d.receipt_id, d.document)
        account.refunds_due[name] = account.refunds_due.get(name, 0) + d.amount
    sums = account.sums_of(d.currency)
    if not d.document:
        sums.refunded += d.amount
        receipt = books.booked(account, d)
        if receipt is not None:
            books.take(account, receipt, d)
        return
    sums.credits_refunded += d.amount
    credit = books.item(account, d.document)
    if credit is None or credit.kind != CREDIT or credit.currency != d.currency:
        books.wrong(d, "no_credit", f"{account.key} has no credit note {d.document} in {d.currency}")
    else:
        books.lower(account, credit, d)


def post_refund_told(books: Holdings, account: Account, d: Decision) -> None:
    """The bank told of a refund that was posted before."""
    name = (d.evidence[0].partition(":")[2] if d.evidence else "", d.receipt_id, d.document)
    left = account.refunds_due.get(name, 0) - d.amount
    if left < 0 or d.amount <= 0:
        books.wrong(d, "refund_told", f"{d.amount} of {left + d.amount} that the bank had yet to tell of")
    account.refunds_due[name] = max(0, left)


def post_on_account(books: Holdings, account: Account, d: Decision) -> None:
    """Cash that is left on the account, or taken from there."""
    books.positive(d)
    amount = sign(d) * d.amount
    account.sums_of(d.currency).on_account += amount
    receipt = books.booked(account, d)
    if receipt is None:
        return
    receipt.unapplied -= amount
    receipt.on_account += amount
    if min(receipt.unapplied, receipt.on_account) < 0:
        books.wrong(d, "over_receipt", f"{amount} of {d.receipt_id} goes beyond what it has")
    books.keep_receipt(account, receipt)


# --- what each rests on, before it is posted ---


class DifferenceCheck:
    """Holds each difference against the terms of its item, the facts of its receipt, the policy and the rates."""

    def __init__(self, check: Check, books: Holdings) -> None:
        self._check: Final = check
        self._books: Final = books
        self._rates: Final[dict[tuple[str, str, int], int]] = {}
        # By account key, currency and month.
        self._given_up: Final[dict[tuple[str, str, str], int]] = {}

    def rate(self, base: str, quote: str, day: int, nano: int) -> None:
        self._rates[base, quote, day] = nano

    def look(self, account: Account, d: Decision, terms: Terms, today: int) -> None:
        """Before it is posted. `today` is the log's day."""
        self._check.checked += 1
        if d.rule.startswith(UNDONE):
            return
        terms = terms.of(account.who, d.currency, today)
        item = account.open.get(d.counterparty if d.kind == "deduction_opened" else d.document)
        receipt = self._books.receipt(account, d.receipt_id)
        if d.kind == "discount_granted" and item is not None:
            self._discount(d, item, terms)
        elif d.kind == "write_off_posted" and d.rule == TOLERANCE and item is not None:
            self._tolerance(account, d, item, terms, today)
        elif d.kind == "write_off_posted" and d.rule in CHARGES:
            if terms.differences["charges_borne_by"] != "us":
                self._check.about(d, "charges", "the policy says that the payer bears bank charges")
        elif d.kind == "deduction_opened" and d.rule == "cash.7.coded":
            category = self._category(terms, d.text, account, d.value_date)
            if category != d.category:
                self._check.about(d, "category", f"{d.text!r} means {category}, it says {d.category}")
        elif d.kind == "cash_exchanged" and receipt is not None:
            self._exchanged(d, terms)
        if item is not None and d.kind in ("discount_granted", "write_off_posted", "deduction_opened"):
            tax = share(d.amount, item.amount, item.tax)
            if d.tax != tax:
                self._check.about(d, "tax", f"{tax} of {d.amount} of {item.document} is tax, it says {d.tax}")

    def _discount(self, d: Decision, item: Item, terms: Terms) -> None:
        grace = terms.differences["discount_grace_days"]
        whole = [
            min(item.amount - 1, half_up(Fraction(item.discountable * rate, 10**6)))
            for last, rate in item.terms
            if d.value_date <= last + grace
        ]
        if not whole:
            self._check.about(
                d, "unearned", f"money of day {d.value_date} is too late for a discount of {item.document}"
            )
        elif item.discounted + d.amount > max(whole):
            self._check.about(
                d, "over_discount", f"{item.discounted} and {d.amount} of at most {max(whole)} on {item.document}"
            )

    def _tolerance(self, account: Account, d: Decision, item: Item, terms: Terms, today: int) -> None:
        policy = terms.differences
        most = min(policy["tolerance_minor"], item.amount * policy["tolerance_ppm"] // 10**6)
        if d.amount > most:
            self._check.about(d, "tolerance", f"{d.amount} given up of {item.document}, {most} are within tolerance")
        month = (account.key, d.currency, day_text(today)[:7])
        self._given_up[month] = self._given_up.get(month, 0) + d.amount
        if self._given_up[month] > policy["tolerance_month_minor"]:
            self._check.about(d, "tolerance_month", f"{self._given_up[month]} given up by policy alone in a month")

    def _category(self, terms: Terms, code: str, account: Account, day: int) -> str:
        """The payer's own line goes before everybody's; what nobody mapped is other."""
        on = day_text(day)
        lines = [
            line
            for line in terms.differences["reason_codes"]
            if line["code"].upper() == code.strip().upper()
            and line.get("from", "") <= on <= (line.get("until") or "9999-12-31")
            and line.get("payer", "") in ("", account.who.account_id)
        ]
        lines.sort(key=lambda line: line.get("payer", ""))
        return str(lines[-1]["category"]) if lines else "other"

    def _exchanged(self, d: Decision, terms: Terms) -> None:
        """Either side may be the one that was converted and rounded: the item's, or the receipt's where the item needs
        less than came."""
        oldest = d.value_date - terms.exchange["rate_age_days"]
        there = self.converted(d.amount, d.currency, d.other_currency, d.value_date, oldest)
        back = self.converted(d.other_amount, d.other_currency, d.currency, d.value_date, oldest)
        if there is None or back is None:
            self._check.about(
                d, "no_rate", f"there is no rate of {d.currency}/{d.other_currency} on day {d.value_date}"
            )
        elif d.other_amount != there and d.amount != back:
            text = f"{d.amount} {d.currency} is {there} {d.other_currency}, and {d.other_amount} is {back}"
            self._check.about(d, "converted", f"{text}; it says {d.other_amount} for {d.amount}")

    def converted(self, amount: int, base: str, quote: str, day: int, oldest: int) -> int | None:
        """The amount in the other currency by the rate of that day, or the latest one since `oldest`; None without one."""
        scale = Fraction(10 ** _DIGITS.get(quote, 2), 10 ** _DIGITS.get(base, 2))
        for on in range(day, oldest - 1, -1):
            straight, inverse = self._rates.get((base, quote, on)), self._rates.get((quote, base, on))
            if straight is not None:
                return half_up(amount * scale * Fraction(straight, 10**9))
            if inverse is not None:
                return half_up(amount * scale * Fraction(10**9, inverse))
        return None
