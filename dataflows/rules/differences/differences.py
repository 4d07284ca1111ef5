"""Step 7 of cash application: what becomes of the difference between a fixed item and its money. Source: REFERENCE 3.5.

Cash is applied first; what is left of its item is then looked at, in this order: what the payer says it took off, an
earned discount, bank charges, an unearned discount, the tolerance, and the policy for short payments. Each is a
posting of its own that hangs on the application and is undone with it.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import invoice_of
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.cash.references import fold
from dataflows.rules.context import Context
from dataflows.rules.differences.discounts import allowed, beside, is_one
from dataflows.rules.disputes.disputes import of_short_payment, withdrawn
from dataflows.rules.money.money import half_up
from dataflows.rules.money.months import iso_day, month_of
from dataflows.rules.provisions.differences import BANK_CHARGE, DISCOUNT, PPM, DifferenceTerms
from schemas.records import (
    Adjustment,
    AdviceRow,
    Decision,
    Difference,
    Item,
    ReceiptRow,
    RemittanceLine,
)

STEP: Final = "cash.7."
TOLERANCE: Final = "cash.7.tolerance"
CHARGES: Final = "cash.7.charges"
ASKED: Final = "cash.remittance_asked"
SMALL_CREDIT: Final = "cash.7.small_credit"
ON_ACCOUNT: Final = "on_account.overpaid"
# What undoes a posting is said by the same kind of decision under a rule that begins so.
REVERSED: Final = "reversed."
KINDS: Final = ("discount_granted", "write_off_posted", "deduction_opened")
# By what of a difference, the kind of decision that posts it.
KIND_OF: Final = {
    "discount": "discount_granted",
    "write_off": "write_off_posted",
    "charges": "write_off_posted",
    "deduction": "deduction_opened",
    "exchange": "fx_difference_posted",
}
# These applications are no payer's: nobody paid less than asked.
NOT_OF_PAYERS: Final = ("cash.operator", "cash.erp")
NOT_SHORT: Final = ("cash.prepayment", "cash.6.")


def after(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What becomes of the rest of the item that cash was just applied to."""
    item = account.item(d.document)
    if item is None or d.rule in NOT_OF_PAYERS:
        return []
    receipt = account.known_receipt(d.receipt_id)
    advice = account.advice(d.reference_id) if d.reference_id else None
    rest = _Rest(account, receipt, item, d, ctx)
    rest.take_adjustments(advice)
    rest.take_discount(d.amount)
    rest.take_charges()
    rest.take_unearned(d.amount)
    rest.take_tolerance()
    rest.take_short()
    return rest.decisions


class _Rest:
    """What is left of an item after a payment, and what was decided about it so far."""

    def __init__(self, account: Account, receipt: ReceiptRow, item: Item, d: Decision, ctx: Context) -> None:
        provisions = account.provisions(ctx, item.currency)
        self.account: Final = account
        self.receipt: Final = receipt
        self.item: Final = item
        self.applied: Final = d
        self.ctx: Final = ctx
        self.terms: Final[DifferenceTerms] = provisions.differences
        self.line: Final = provisions.lines.get("differences", "")
        self.left = item.open
        self.deductions = 0
        self.granted = 0
        self.decisions: Final[list[Decision]] = []

    def take_adjustments(self, advice: AdviceRow | None) -> None:
        """What the payer says it took off: of this item first, then of the payment as a whole."""
        if self.receipt.currency != self.item.currency:
            return
        sources = [("receipt", self.receipt.adjustments)]
        if advice is not None:
            sources.append((advice.advice_id, advice.adjustments))
        for whole in (False, True):
            for source, adjustments in sources:
                for at, adjustment in enumerate(adjustments):
                    if (adjustment.document == "") == whole and (
                        whole or is_about(self.account, adjustment, self.item)
                    ):
                        self._take_adjustment(f"{source}#{at}", adjustment)

    def _take_adjustment(self, name: str, adjustment: Adjustment) -> None:
        amount = min(self.left, adjustment.amount - used(self.receipt, name))
        if amount <= 0:
            return
        category = self.terms.category(adjustment.reason_code, self.account.account_id, self.applied.value_date)
        if category == DISCOUNT:
            self._take_claimed(name, adjustment, amount)
        elif category == BANK_CHARGE:
            if self.terms.charges_borne_by == "us":
                self._lower("write_off_posted", CHARGES, amount, BANK_CHARGE, name, adjustment.reason_code)
        else:
            self._deduct(f"{STEP}coded", amount, category, name, adjustment.reason_code)

    def _take_claimed(self, name: str, adjustment: Adjustment, amount: int) -> None:
        """A discount that the payer says it took: as much as is earned; the rest within tolerance, else a deduction."""
        item = self.item
        most = allowed(item, self.applied.value_date, self.terms.discount_grace_days) - item.discounted - self.granted
        earned = min(amount, max(0, most))
        if earned:
            self._grant(earned, name, adjustment.reason_code)
        unearned = amount - earned
        if unearned and not self._tolerated(unearned):
            self._deduct(f"{STEP}unearned_discount", unearned, "unearned_discount", name, adjustment.reason_code)

    def take_discount(self, paid: int) -> None:
        """A part payment clears paid / (1 - rate)."""
        item = self.item
        if not item.terms or not self.left or self.granted:
            return
        discount = allowed(item, self.applied.value_date, self.terms.discount_grace_days)
        amount = min(self.left, beside(item, paid, discount), discount - item.discounted) if discount else 0
        if amount > 0:
            self._grant(amount, "", "")

    def _grant(self, amount: int, name: str, code: str) -> None:
        self.granted += amount
        self._lower("discount_granted", f"{STEP}discount", amount, DISCOUNT, name, code)
        last = max([term.last_day for term in self.item.terms])
        self.decisions[-1].evidence = [
            f"value_date:{iso_day(self.applied.value_date)}",
            f"last_discount_day:{iso_day(last)}",
        ]

    def take_charges(self) -> None:
        """Bank charges that were taken from the receipt, where the policy says that they are ours."""
        if self.receipt.currency != self.item.currency or self.terms.charges_borne_by != "us":
            return
        amount = min(self.left, self.receipt.charges - used(self.receipt, "charges"))
        if amount > 0:
            self._lower("write_off_posted", CHARGES, amount, BANK_CHARGE, "charges", "")

    def take_unearned(self, paid: int) -> None:
        """Just a discount is missing that the money came too late for: tolerance, else a deduction."""
        if not self.left or self.granted or not self.item.terms or not is_one(self.item, paid, self.left):
            return
        if not self._tolerated(self.left):
            self._deduct(f"{STEP}unearned_discount", self.left, "unearned_discount", "", "")

    def take_tolerance(self) -> None:
        if self.left and not self.item.disputed:
            self._tolerated(self.left)

    def _tolerated(self, amount: int) -> bool:
        """Give it up by policy alone: the lesser of amount and percent, within what is left of the account's month."""
        terms = self.terms
        if amount > min(terms.tolerance_minor, self.item.amount * terms.tolerance_ppm // PPM):
            return False
        balance = self.account.balance(self.item.currency)
        spent = balance.tolerance_used if balance.tolerance_month == month_of(self.ctx.today) else 0
        if spent + amount > terms.tolerance_month_minor:
            return False
        self._lower("write_off_posted", TOLERANCE, amount, "tolerance", "", "")
        return True

    def take_short(self) -> None:
        """What nothing explains: by the policy for short payments; the customer is asked for the reason."""
        item, receipt = self.item, self.receipt
        # What is still unapplied may be for it; what is disputed says itself why it is not paid. Nobody paid short who
        # paid before there was an invoice, or left it to the policy's order what is paid.
        if not self.left or item.disputed or receipt.unapplied or self.applied.rule.startswith(NOT_SHORT):
            return
        wanted = self.terms.short_payment
        left = self.left
        about = item.document
        if wanted == "deduction":
            self._deduct(f"{STEP}short", left, self.terms.short_category, "", "")
            about = self.decisions[-1].document
        elif wanted == "dispute":
            for said in of_short_payment(
                self.account, item, left, self.terms.short_category, receipt.receipt_id, self.ctx
            ):
                said.rule = f"{STEP}dispute"
                said.receipt_id = receipt.receipt_id
                said.posting_date = self.applied.posting_date
                said.value_date = self.applied.value_date
                said.policy_line = self.line
                self.decisions.append(said)
        elif wanted == "write_off":
            said = self._said("write_off_proposed", f"{STEP}write_off", left)
            said.reference_id = f"write_off:{receipt.receipt_id}:{item.document}"
            said.tax = tax_in(item, left)
            said.reasons = ["above_tolerance"]
            self.decisions.append(said)
        if self.terms.ask_reason and not item.asked:
            asked = self._said("exception_raised", ASKED, left)
            asked.document = about
            asked.reference_id = f"remittance:{receipt.receipt_id}:{about}"
            asked.reasons = ["short_paid"]
            self.decisions.append(asked)

    def _lower(self, kind: str, rule: str, amount: int, category: str, name: str, code: str) -> None:
        said = self._said(kind, rule, amount)
        said.category = category
        said.reference_id = name
        said.text = code
        said.tax = tax_in(self.item, amount)
        self.left -= amount
        self.decisions.append(said)

    def _is_taken(self, number: str) -> bool:
        return self.account.known_item(number) is not None or number in self.account.row.held

    def _deduct(self, rule: str, amount: int, category: str, name: str, code: str) -> None:
        item = self.item
        number = self.deductions + 1
        while self._is_taken(f"{item.document}/D{number}"):
            number += 1
        self.deductions = number
        said = self._said("deduction_opened", rule, amount)
        said.document = f"{item.document}/D{number}"
        said.item_kind = "deduction"
        said.counterparty = item.document
        said.category = category
        said.reference_id = name
        said.text = code
        said.tax = tax_in(item, amount)
        said.due_date = item.due_date
        said.document_date = item.document_date
        self.left -= amount
        self.decisions.append(said)

    def _said(self, kind: str, rule: str, amount: int) -> Decision:
        return Decision(
            kind=kind,
            rule=rule,
            currency=self.item.currency,
            amount=amount,
            document=self.item.document,
            receipt_id=self.receipt.receipt_id,
            posting_date=self.applied.posting_date,
            value_date=self.applied.value_date,
            policy_line=self.line,
        )


def is_about(account: Account, adjustment: Adjustment, item: Item) -> bool:
    """Whether it names the item, or the invoice whose instalment it is."""
    return fold(adjustment.document) in (fold(item.document), fold(invoice_of(account, item.document)))


def used(receipt: ReceiptRow, name: str) -> int:
    """How much of an adjustment, or of the charges, was posted."""
    return sum([x.amount for x in receipt.differences if x.adjustment == name])


def tax_in(item: Item, amount: int) -> int:
    """The tax in a part of an item."""
    return half_up(item.tax * amount, item.amount)


def payable(
    lines: list[RemittanceLine], adjustments: list[Adjustment], charges: int, total: int
) -> list[RemittanceLine]:
    """The lines as what is paid on each. Payers state either that, or what each item was before they took something off:
    which of the two it is, sums must prove; where neither adds up the lines stay as they are."""
    stated = 0
    for line in lines:
        if line.amount is None:
            return lines
        stated += line.amount
    taken = sum([x.amount for x in adjustments])
    if stated == total or not lines:
        return lines
    for less in (taken, charges, taken + charges):
        if less and stated - less == total:
            break
    else:
        return lines
    found = list(lines)
    whole = charges if less != taken else 0
    for adjustment in adjustments if less != charges or taken == charges else []:
        at = -1
        for number, line in enumerate(found):
            if adjustment.document and fold(line.document) == fold(adjustment.document):
                at = number
                break
        if at < 0:
            whole += adjustment.amount
        else:
            found[at] = _less(found[at], adjustment.amount)
    # What is of the payment as a whole is taken from its last lines.
    at = len(found) - 1
    while whole > 0 and at >= 0:
        part = min(whole, max(0, found[at].amount or 0))
        found[at] = _less(found[at], part)
        whole -= part
        at -= 1
    return found


def _less(line: RemittanceLine, amount: int) -> RemittanceLine:
    return RemittanceLine(line.document, (line.amount or 0) - amount)


def explained(account: Account, advice: AdviceRow, ctx: Context) -> list[Decision]:
    """An advice that comes after its money says why less came: that of the rest is a deduction, and no more."""
    receipt = account.receipt(advice.receipt_id) if advice.receipt_id else None
    decisions: list[Decision] = []
    if receipt is None or receipt.unapplied or receipt.currency != advice.currency:
        return decisions
    for allocation in receipt.allocations:
        item = account.item(allocation.document)
        if item is None or not any(is_about(account, x, item) for x in advice.adjustments):
            continue
        applied = Decision(
            posting_date=max(receipt.posting_date, item.posting_date),
            value_date=receipt.value_date,
            document=item.document,
        )
        rest = _Rest(account, receipt, item, applied, ctx)
        rest.take_adjustments(advice)
        decisions += rest.decisions
    return decisions


def overpaid(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """More came than was to be paid: a small rest is kept as income, another is left on account, where the policy says
    so; else it stays unapplied."""
    provisions = account.provisions(ctx, d.currency)
    terms = provisions.differences
    receipt = account.known_receipt(d.receipt_id)
    if not receipt.unapplied or receipt.unapplied != d.amount:
        return []
    said = Decision(
        currency=d.currency,
        amount=d.amount,
        receipt_id=d.receipt_id,
        posting_date=receipt.posting_date,
        value_date=receipt.value_date,
        policy_line=provisions.lines.get("differences", ""),
    )
    if d.amount <= terms.small_credit_minor:
        said.kind = "write_off_posted"
        said.rule = SMALL_CREDIT
        said.category = "small_credit"
    elif terms.overpayment == "on_account":
        said.kind = "cash_on_account"
        said.rule = ON_ACCOUNT
    else:
        return []
    return [said]


def put_back(receipt: ReceiptRow, most: int, posting_date: int, value_date: int) -> list[Decision]:
    """Up to so much of what was left on account or kept as income is unapplied again."""
    decisions: list[Decision] = []
    left = max(0, most)
    if receipt.on_account and left:
        part = min(left, receipt.on_account)
        decisions.append(_put_back("cash_on_account", REVERSED + "on_account", receipt, part, posting_date, value_date))
        left -= part
    for difference in receipt.differences:
        if difference.what == "small_credit" and left:
            part = min(left, difference.amount)
            decisions.append(
                _put_back("write_off_posted", REVERSED + "small_credit", receipt, part, posting_date, value_date)
            )
            left -= part
    return decisions


def _put_back(kind: str, rule: str, receipt: ReceiptRow, amount: int, posting_date: int, value_date: int) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=receipt.currency,
        amount=amount,
        receipt_id=receipt.receipt_id,
        posting_date=max(posting_date, receipt.posting_date),
        value_date=value_date,
    )


def asked_no_more(account: Account, item: Item) -> list[Decision]:
    """The item is cleared, or is as it was before: the customer's answer is of no use any more."""
    if not item.asked:
        return []
    reference = f"remittance:{item.asked}:{item.document}"
    return [closed(ASKED, reference, item.currency, document=item.document, receipt_id=item.asked)]


def undo(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """An application, or a part of it, was undone: what hung on it is undone too, the latest first.

    Of a discount and of an exchange difference the part that the rest of the money still earns stays; a deduction
    stays until all of the application is undone, and so far as it was cleared meanwhile.
    """
    receipt = account.known_receipt(d.receipt_id)
    if not receipt.differences:
        return []
    rest = 0
    for allocation in receipt.allocations:
        if allocation.document == d.document:
            rest = allocation.amount
    decisions: list[Decision] = []
    for difference in reversed(receipt.differences):
        if difference.document != d.document:
            continue
        if difference.what == "dispute":
            dispute = account.dispute(difference.reference)
            if not rest and dispute is not None and dispute.status != "closed":
                decisions.append(withdrawn(account, dispute, REVERSED + "dispute", ctx))
            continue
        amount = _undone(account, difference, rest, d.amount)
        if amount:
            decisions.append(_reversal(account, receipt, difference, amount, d))
    return decisions


def _undone(account: Account, difference: Difference, rest: int, gone: int) -> int:
    """How much of the difference goes with `gone` of the cash, `rest` of it being left."""
    if difference.what in ("discount", "exchange"):
        size = abs(difference.amount)
        kept = half_up(size * rest, rest + gone)
        return size - kept if difference.amount > 0 else kept - size
    if difference.what == "write_off":
        return difference.amount
    if rest:
        return 0
    if difference.what == "deduction":
        deduction = account.item(difference.reference)
        return 0 if deduction is None else min(difference.amount, deduction.open)
    return difference.amount


def _reversal(account: Account, receipt: ReceiptRow, difference: Difference, amount: int, d: Decision) -> Decision:
    said = Decision(
        kind=KIND_OF[difference.what],
        rule=REVERSED + difference.what,
        currency=difference.currency,
        amount=amount if difference.what != "exchange" else -amount,
        document=difference.document,
        receipt_id=receipt.receipt_id,
        reference_id=difference.adjustment,
        posting_date=d.posting_date,
        value_date=d.value_date,
        tax=half_up(difference.tax * abs(amount), abs(difference.amount)),
    )
    if difference.what == "deduction":
        deduction = account.posted_item(difference.reference)
        said.document = deduction.document
        said.item_kind = deduction.kind
        said.counterparty = difference.document
    return said
