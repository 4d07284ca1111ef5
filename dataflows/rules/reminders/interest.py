"""Late interest, the fixed compensation, and what letters cost. Source: REFERENCE 3.6, EU 2011/7.

Each unit of money bears interest from the day after the due date to the day it is valued, so what an item bears is the
sum over its late payments; `late_payments` of the item keeps those. What credits clear was not owed, and what is
disputed is not charged for before the dispute is decided: neither bears any.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import documents_of, invoice_of
from dataflows.rules.context import Context
from dataflows.rules.differences.differences import REVERSED
from dataflows.rules.provisions.interest import InterestTerms, Jurisdiction
from dataflows.rules.release.release import no_sale
from schemas.records import Decision, Item

LATE: Final = "interest.late"
COMPENSATION: Final = "interest.compensation"
FEE: Final = "reminders.fee"
# What their debit notes are named by, behind the number of the item.
NAMES: Final = {LATE: "interest", COMPENSATION: "compensation", FEE: "fee"}
NO_RATE: Final = "interest.rate_missing"
ITEM_KIND: Final = "interest"
# Decisions that may leave nothing open of their document.
CLEARING: Final = ("cash_applied", "credit_allocated", "discount_granted", "write_off_posted", "deduction_opened")
# Parts of a calculation that a decision shows.
MOST_SHOWN: Final = 40


def charges(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What is charged after a decision: the item is cleared and was paid late, or has reached the level at which it is
    charged."""
    if d.kind == "reminder_due":
        return _charged(account, account.posted_item(d.document), d, ctx, "step")
    if d.kind not in CLEARING or d.rule.startswith(REVERSED):
        return []
    # A deduction is another item than the one that it leaves nothing open of; what is kept of a receipt is of none.
    document = d.counterparty if d.kind == "deduction_opened" else d.document
    if not document or (d.item_open and document == d.document):
        return []
    item = account.posted_item(document)
    return _charged(account, item, d, ctx, "cleared") if item.late_payments and not item.open else []


def _charged(account: Account, item: Item, d: Decision, ctx: Context, when: str) -> list[Decision]:
    terms = account.provisions(ctx, item.currency).interest
    law = terms.jurisdiction
    if law is None or item.kind == ITEM_KIND:
        return []
    # What was charged at a step is charged to its end when the item is paid.
    if terms.charge != when and not (terms.charge == "step" and when == "cleared" and item.interest):
        return []
    if when == "step" and d.level != terms.step:
        return []
    first = item.due_date + 1
    if not law.knows(first):
        return [_no_rate(item, law, first)]
    weighted = sum([part.amount * law.ppm_days(first, part.value_date) for part in item.late_payments])
    until = ctx.today if when == "step" else max([part.value_date for part in item.late_payments], default=0)
    if item.open:
        weighted += (item.open - item.disputed) * law.ppm_days(first, until)
    amount = law.interest(weighted) - item.interest
    decisions: list[Decision] = []
    day = max(ctx.today, d.posting_date)
    line = account.provisions(ctx, item.currency).lines.get("interest", "")
    if amount > 0 and amount >= terms.minimum_minor:
        decisions.append(_charge(account, item, day, terms, LATE, item.currency, amount))
        decisions[0].evidence = _evidence(item, law, first, until)
    late = until >= first and (item.late_payments or item.open > item.disputed)
    if law.compensation_minor and late and item.kind == "invoice" and not _compensated(account, item):
        decisions.append(
            _charge(account, item, day, terms, COMPENSATION, law.compensation_currency, law.compensation_minor)
        )
    for charge in decisions:
        charge.policy_line = line
    return decisions


def _compensated(account: Account, item: Item) -> bool:
    """Whether the fixed sum was charged for the invoice, for whichever of its instalments."""
    parts = [account.posted_item(name) for name in documents_of(account, [invoice_of(account, item.document)])]
    return any(part.compensated for part in parts)


def letter_fees(account: Account, sent: list[Decision], ctx: Context) -> list[Decision]:
    """What letters cost: once for each of them, for its first item of the highest level. One of charges alone costs
    nothing. sent: the reminders of the day."""
    highest: dict[str, Decision] = {}
    for d in sent:
        known = highest.get(d.reference_id)
        if account.posted_item(d.document).kind != ITEM_KIND and (known is None or d.level > known.level):
            highest[d.reference_id] = d
    decisions: list[Decision] = []
    for d in highest.values():
        item = account.posted_item(d.document)
        provisions = account.provisions(ctx, item.currency)
        terms = provisions.reminders
        amount = terms.fee(d.level)
        if amount:
            fee = _charge(account, item, ctx.today, provisions.interest, FEE, terms.fees_currency, amount)
            fee.evidence = [f"letter:{d.reference_id}", f"level:{d.level}"]
            fee.policy_line = provisions.lines.get("reminders", "")
            decisions.append(fee)
    return decisions


def _evidence(item: Item, law: Jurisdiction, first: int, until: int) -> list[str]:
    found = [f"jurisdiction:{law.name}"]
    for part in item.late_payments:
        found.append(f"paid:{part.amount} after {part.value_date - item.due_date} days")
    if item.open > item.disputed:
        found.append(f"open:{item.open - item.disputed} for {until - item.due_date} days")
    if item.interest:
        found.append(f"charged_before:{item.interest}")
    return (found + law.parts(first, until))[:MOST_SHOWN]


def _charge(
    account: Account, item: Item, day: int, terms: InterestTerms, rule: str, currency: str, amount: int
) -> Decision:
    name = NAMES[rule]
    return Decision(
        kind="interest_charged",
        rule=rule,
        currency=currency,
        amount=amount,
        document=_number(account, f"{item.document}/{name}"),
        item_kind=ITEM_KIND,
        counterparty=item.document,
        posting_date=day,
        due_date=day + terms.due_days,
        document_date=day,
        reasons=no_sale(account),
    )


def _number(account: Account, wanted: str) -> str:
    """The number of a new debit note: that one, with a count behind it where there is such a document."""
    number = wanted
    count = 1
    while account.known_item(number) is not None or number in account.row.held:
        count += 1
        number = f"{wanted}:{count}"
    return number


def _no_rate(item: Item, law: Jurisdiction, day: int) -> Decision:
    return Decision(
        kind="exception_raised",
        rule=NO_RATE,
        currency=item.currency,
        document=item.document,
        reference_id=f"interest:{item.document}",
        reasons=[f"no_reference_rate:{law.name}", f"day:{day}"],
    )
