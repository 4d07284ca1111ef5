"""What facts that are entries in the books must fulfil: debit notes, items taken over, refunds, rates, closed periods, and
what invoices, receipts and advices say of differences. connectors/checks.py has the rest."""

from typing import Final

from connectors.checking import Check
from connectors.currencies import decimal_text
from schemas.records import (
    Adjustment,
    CreditNote,
    DebitNote,
    ErpPosting,
    Fact,
    FxRate,
    Invoice,
    OpeningItem,
    PeriodClose,
    Receipt,
    Refund,
)

ITEM_KINDS: Final = ("invoice", "debit_note", "credit_note")
ERP_STATUSES: Final = ("confirmed", "refused", "cleared")
# Billionths: no money is worth a hundred million of another one's.
RATE_MAX: Final = 10**17
DISCOUNT_DAYS_MAX: Final = 366
PPM: Final = 1_000_000
PARTS_MAX: Final = 1_000
LEVEL_MAX: Final = 100


def entry(check: Check, fact: Fact) -> None:
    """Of a kind that is here."""
    if isinstance(fact, DebitNote):
        booked(check, fact)
        check.due_day("due_date", fact.due_date)
        check.not_negative("tax", fact.tax, max(fact.amount, 0), fact.currency)
        check.optional_identifier("invoice", fact.invoice)
        check.text("reason", fact.reason)
    elif isinstance(fact, OpeningItem):
        _opening(check, fact)
    elif isinstance(fact, Refund):
        check.identifier("refund_id", fact.refund_id)
        check.currency("currency", fact.currency)
        check.positive("amount", fact.amount, fact.currency)
        check.booked_day("posting_date", fact.posting_date)
        check.booked_day("value_date", fact.value_date)
        check.optional_identifier("receipt_id", fact.receipt_id)
        check.optional_identifier("document", fact.document)
        if fact.receipt_id and fact.document:
            check.say("document", "has to be empty where a receipt is paid back; send a refund for each")
    elif isinstance(fact, ErpPosting):
        check.identifier("posting_id", fact.posting_id)
        check.one_of("status", fact.status, ERP_STATUSES)
        check.optional_identifier("decision_id", fact.decision_id)
        check.optional_identifier("document", fact.document)
        check.optional_identifier("receipt_id", fact.receipt_id)
        if fact.currency:
            check.currency("currency", fact.currency)
        check.not_negative("amount", fact.amount)
        check.text("reason", fact.reason)
    elif isinstance(fact, FxRate | PeriodClose):
        _of_installation(check, fact)


def booked(check: Check, fact: Invoice | CreditNote | DebitNote | OpeningItem) -> None:
    """What every item in the books has: its number, its days, and its money."""
    check.identifier("document", fact.document)
    check.booked_day("document_date", fact.document_date)
    check.booked_day("posting_date", fact.posting_date)
    check.currency("currency", fact.currency)
    check.positive("amount", fact.amount, fact.currency)


def _of_installation(check: Check, fact: FxRate | PeriodClose) -> None:
    if fact.account_id:
        check.say("account_id", f"{fact.account_id!r} has to be empty: a {fact.kind} is for all accounts")
    if isinstance(fact, PeriodClose):
        check.booked_day("first_open_date", fact.first_open_date)
        return
    check.currency("base_currency", fact.base_currency)
    check.currency("quote_currency", fact.quote_currency)
    if fact.base_currency == fact.quote_currency:
        check.say("quote_currency", f"{fact.quote_currency!r} is the base currency too")
    check.booked_day("rate_date", fact.rate_date)
    if not 0 < fact.rate_nano <= RATE_MAX:
        check.say("rate_nano", f"{fact.rate_nano:,} is not above zero and at most {RATE_MAX:,} billionths")


def _opening(check: Check, fact: OpeningItem) -> None:
    booked(check, fact)
    check.one_of("item_kind", fact.item_kind, ITEM_KINDS)
    check.due_day("due_date", fact.due_date)
    check.positive("residual", fact.residual, fact.currency)
    if fact.residual > fact.amount:
        said = [decimal_text(amount, fact.currency) for amount in (fact.residual, fact.amount)]
        check.say("residual", f"{said[0]} is more than the amount, {said[1]}")
    check.not_negative("disputed", fact.disputed, max(fact.residual, 0), fact.currency)
    check.not_negative("level", fact.level, LEVEL_MAX)
    check.optional_identifier("dispute_id", fact.dispute_id)
    check.optional_identifier("order_id", fact.order_id)


def terms(check: Check, fact: Invoice) -> None:
    """An invoice's cash discounts and instalments."""
    for number, tier in enumerate(fact.discounts, 1):
        check.not_negative(f"discounts.{number}.days", tier.days, DISCOUNT_DAYS_MAX)
        check.not_negative(f"discounts.{number}.rate_ppm", tier.rate_ppm, PPM - 1)
    if fact.discount_base_date:
        check.due_day("discount_base_date", fact.discount_base_date)
    if len(fact.instalments) > PARTS_MAX:
        check.say("instalments", f"are {len(fact.instalments):,}; at most {PARTS_MAX:,} are taken")
    for number, instalment in enumerate(fact.instalments, 1):
        check.due_day(f"instalments.{number}.due_date", instalment.due_date)
        check.positive(f"instalments.{number}.amount", instalment.amount, fact.currency)
    if fact.instalments and sum(instalment.amount for instalment in fact.instalments) != fact.amount:
        check.say("instalments", "do not add up to the invoice's amount")
    check.optional_identifier("consolidated", fact.consolidated)


def taken_off(check: Check, adjustments: list[Adjustment]) -> None:
    """What a payer says it took off."""
    for number, adjustment in enumerate(adjustments, 1):
        check.optional_identifier(f"adjustments.{number}.document", adjustment.document)
        check.optional_identifier(f"adjustments.{number}.reason_code", adjustment.reason_code)
        check.bounded(f"adjustments.{number}.amount", adjustment.amount)


def receipt(check: Check, fact: Receipt) -> None:
    """What a receipt says beside its lines."""
    taken_off(check, fact.adjustments)
    check.not_negative("charges", fact.charges)
    check.optional_identifier("order_id", fact.order_id)
