"""Evidence, reasons and excluded alternatives of a decision in words. Rules write them as name:value (docs/ledger.md)."""

from collections.abc import Callable
from typing import Final

from headrace.why.facts import day, decimal, moment, money
from headrace.words import reason
from schemas.records import Decision

# Their value is an amount in the decision's currency.
_MONEY: Final = {
    "amount": "amount",
    "sum": "adds up to",
    "allowed": "the policy's claim allows",
    "charged_before": "charged before",
    "lowered_to": "after credits and disputes there is left to pay",
    "past_due": "past due",
    "opening": "opening balance",
    "debits": "invoices and charges",
    "credits": "credit notes",
    "cash": "cash",
    "other": "other",
    "closing": "closing balance",
    "credited": "credited",
    "rejected": "rejected",
    "written_off": "written off",
    "goodwill": "goodwill",
    "recovered": "recovered",
    "rebilled": "billed anew",
    "refunded": "refunded",
    "discountable": "of this the discount counts",
}
_LABELS: Final = {
    "keyword": "the words",
    "order": "order",
    "shipment": "shipment",
    "proof_of_delivery": "proof of delivery of shipment",
    "dispute": "dispute",
    "document": "document",
    "invoice": "invoice",
    "message": "message",
    "receipt": "receipt",
    "claim": "claim of the policy",
    "verdict": "the deduction is",
    "reason_code": "the payer's reason code",
    "calendar": "business hours of calendar",
    "owner": "owner until now",
    "from": "with until now",
    "role": "as",
    "part_of": "instalment of promise",
    "jurisdiction": "law of",
    "root_cause": "root cause",
    "rebilled_as": "billed anew as",
    "days_customer": "days lost by the customer",
    "days_own": "days lost here",
    "days_upstream": "days lost upstream",
    "oldest_days": "days that the oldest is past due",
    "carrier": "carrier",
    "product": "product",
    "region": "region",
    "segment": "segment",
    "reference": "the payer's reference",
    "alias": "known habit of the payer",
    "relation": "pays by relation for",
    "named_by": "named by",
    "sets": "sets that add up",
    "seen_in": "seen in",
    "said_by": "said by",
    "maker": "asked for by",
    "approval": "approval",
    "by": "by",
    "levels": "reminder levels",
    "for": "in place of",
    "action": "the order",
    "overridden": "in spite of",
}
# Parts of the score of a task.
_POINTS: Final = {
    "overdue": "what is past due",
    "age": "its age",
    "broken_promise": "broken promises",
    "risk": "a customer at risk",
    "strategic": "a strategic customer",
    "dispute": "a dispute of it",
}
# Reasons that a person would not understand from their name.
_REASONS: Final = {
    "affiliate": "the customer is an affiliate: no sale, and not reminded",
    "withdrawn": "it was withdrawn before it left: {}",
    "blocked": "an operator blocked reminders of the account",
    "contacts_blocked": "the customer is not to be contacted",
    "direct_debit": "the customer pays by direct debit",
    "service_case": "service case {} is open",
    "promise": "promise {} is open for it",
    "disputed": "it is disputed",
    "disputed_rest": "a part is disputed, and the policy reminds of the rest up to a lower level only",
    "cash_or_credit_covers": "money or credits that are here cover it, oldest item first",
    "below_minimum": "what is left is no more than the policy's minimum",
    "contact_cap": "the customer was contacted as often as the policy allows",
    "template_missing": "there is no approved template for level and language {}",
    "customer_unknown": "no customer of that number is known",
    "customer_inactive": "the customer is not active",
    "billing_address_missing": "the customer has no billing address",
    "po_reference_missing": "the customer wants its purchase order on invoices, and it is not there",
    "order_missing": "its order is not here",
    "order_cancelled": "its order is cancelled",
    "currency_not_ordered": "the order is not in {}",
    "duplicate_of": "it has order, amount and date of {}",
    "price_not_agreed": "the price on line {} is not the order's",
    "line_not_ordered": "line {} was not ordered",
    "nothing_left_to_bill": "all of the order is billed",
    "more_than_ordered": "it bills more of order line {} than was ordered",
    "shipment_missing": "nothing of the order is shipped",
    "not_shipped": "it bills more of order line {} than was shipped",
    "complaint": "the customer complained of shipment {}",
    "proof_of_delivery_missing": "there is no proof of delivery of shipment {}",
    "line_arithmetic": "quantity times price is not the net amount of line {}",
    "tax_code_missing": "line {} has no tax code",
    "total_mismatch": "its lines do not add up to its total",
    "unidentified": "the payer is not known",
    "refused_by": "{} refused it",
    "no_reference": "the payment names nothing that is known",
    "answers": "{} answers are as good",
    "tie": "the policy's rule {} fits more than one set of items",
    "by_chance": "it may add up by chance: {}",
    "too_many_items": "the account has too many open items to be sure",
    "search_not_finished": "there are too many sets to look at all of them",
    "prepayment": "it is kept for order {}",
    "short_paid": "less was paid than is due",
    "above_tolerance": "it is above the policy's tolerance",
    "cleared": "{} is cleared already",
    "held": "{} is a draft that is held",
    "unknown": "{} is no document of the account",
    "ambiguous": "{} may be several documents",
    "other_currency": "{} is in another currency",
    "other_number": "it may be another number of the same series than {}",
    "amount_differs": "the amount is not what is open of {}",
    "credit_note": "{} is a credit note",
    "invoice": "{} is an invoice",
    "credit_too_small": "less is left of credit note {}",
    "overpaid": "more came than is open",
    "superseded_by": "promise {} replaces it",
    "return_before_receipt": "the receipt that it takes back is not here yet",
    "receipt_not_here": "its receipt was refused here",
    "no_approved_template": "there is no approved template",
    "no_further_step": "the chain of escalation ends here",
    "no_longer_large": "it is no longer so large, or so old",
    "paid": "it is paid",
    "done_by": "{} has done it",
    "several_documents": "it names several documents",
    "no_document": "it names no document",
    "advice_known": "a remittance advice of that number is here already",
    "document_known": "a document of that number is here already",
    "dispute_known": "a dispute of that number is here already",
    "promise_known": "a promise of that number is here already",
    "refund_known": "a refund of that number is here already",
    "receipt_known": "a receipt of that number is here already",
    "dispute_unknown": "there is no dispute of that number",
    "dispute_closed": "the dispute is closed",
    "is_part_of": "a dispute of that number is a part of dispute {}",
    "receipt_unknown": "there is no receipt of that number",
    "task_unknown": "there is no open task of that name",
    "no_open_promise": "there is no open promise of that number",
    "no_such_open_item": "there is no open invoice of that number and currency",
    "not_applied_there": "the receipt is not applied to that document",
    "nothing_to_state": "the account never had anything in that currency",
    "nothing_unapplied": "nothing of the receipt is unapplied",
    "sent_there_already": "the receipt was sent there already",
    "target_account_missing": "it does not say which other account",
    "target_is_no_account": "no customer's account is called so",
    "of_cleared_item": "the item is paid, so the dispute cannot end in {}",
    "currency_of_item": "the item is in {}",
    "currency_of_receipt": "the receipt is in {}",
    "no_reference_rate": "the policy has no reference rate of {}",
    "approval_unknown": "there is no open request of that number",
    "no_rate": "there is no rate of {}, so that it is above every limit",
    "nobody_may_approve": "nobody may approve so much by the policy",
    "maker_never_approves": "who asks for it never approves it, nor does who acts in that person's place",
    "approval_pending": "{} has asked for it already",
    "written_off_needs_approval": "a write-off needs an approval",
    "over_limit": "it is above the credit limit",
    "past_due": "its oldest item is {} days past due",
    "group": "its group {} is on credit hold",
    "credit_held": "the account is on credit hold",
    "limit_taken_away": "its credit limit is to be taken away",
    "letters_from_level": "letters of level {} and above are approved before they are sent",
    "level_due": "its level {} is due by now",
    "needs_no_approval": "the policy wants no approval of it any more",
    "nobody_answered": "nobody approved or rejected it in time",
    "approvals_at_most": "{} requests for approval of the account are open",
    "closes_when_resolved": "only what it is about closes it: {}",
    "bounced": "it did not get through: {}",
    "goodwill_needs_approval": "goodwill beyond the policy's limit needs an approval",
}
# With amounts in them, one or `A_of_B`.
_AMOUNTS: Final = {
    "advice_sum": "the lines of the advice come to {}, the money is {}",
    "lines_sum": "the lines of the payment come to {}, the money is {}",
    "text_sum": "what the text names comes to {}, the money is {}",
    "above": "it is above the limit of {}",
    "rises_by": "credit limits rise by {} that day",
    "same_day": "{} went without an approval on the same business day",
    "closing_amounts": "it ends in {}, and {} are contested",
    "written_off_of_open": "it gives up {}, and {} are open",
    "refunded_of_paid": "it refunds {}, and {} are paid",
    "parts": "its instalments come to {}, and it promises {}",
    "amount_below_zero": "the amount is {}, below zero",
    "amount_not_above_zero": "the amount is {}, not above zero",
    "more_than_there_is": "there are no more than {}",
    "more_than_that": "there are {} to send on, more than was asked for",
    "residual_not_within_amount": "what is open of it is {}: not above zero, or more than its amount",
    "credited_already": "{} are credited already",
    "returned_more_than_received": "{} more went back than came",
}

# Followed by minor units: candidates next above and below the amount.
_NEAREST: Final = {"short_by": "short of it", "over_by": "above it"}


def in_words(text: str, currency: str) -> str:
    """One piece of evidence, name:value, in words; what has no name is said as it is."""
    name, colon, value = text.partition(":")
    if not colon:
        return text.replace("_", " ")
    nearest, _, minor = name.rpartition("_")
    if nearest in _NEAREST and minor.isdigit():
        return f"{value}: the money is {money(int(minor), currency)} {_NEAREST[nearest]}"
    if name in _SPECIAL:
        return _SPECIAL[name](value, currency)
    if name in _MONEY and value.lstrip("-").isdigit():
        return f"{_MONEY[name]} {money(int(value), currency)}"
    return f"{_LABELS.get(name, name.replace('_', ' '))} {value}"


def reason_in_words(text: str, currency: str) -> str:
    """One reason, name or name:detail; one that says it all is told as timelines do."""
    name, _, detail = text.partition(":")
    if name in ("above_in", "same_day_in"):
        # It names its own currency.
        name, (currency, _, detail) = name.removesuffix("_in"), detail.partition(":")
    amounts = detail.split("_of_")
    if name in _AMOUNTS and all(amount.removeprefix("-").isdigit() for amount in amounts):
        return _AMOUNTS[name].format(*[money(int(amount), currency) for amount in amounts], "")
    if name == "day" and detail.isdigit():
        return f"on {day(int(detail))}"
    if name not in _REASONS:
        return reason(text, currency)
    said = _REASONS[name]
    if detail or "{}" not in said:
        return said.format(detail)
    return f"it{said[2:]}" if said.startswith("{} is ") else reason(text, currency)


def _amount_behind(before: str) -> Callable[[str, str], str]:
    """For `10000 after 5 days`: an amount, and words that stay."""

    def said(value: str, currency: str) -> str:
        amount, _, rest = value.partition(" ")
        return (
            f"{before} {money(int(amount), currency)} {rest}" if amount.lstrip("-").isdigit() else f"{before} {value}"
        )

    return said


def _rate(value: str, _currency: str) -> str:
    """`30 days at 111500 ppm`."""
    days, _, rate = value.removesuffix(" ppm").rpartition(" ")
    return f"{days} {decimal(int(rate), 4)} %" if rate.isdigit() else value


def _discount(value: str, currency: str) -> str:
    """`20540:20000`: the last day and the rate of a discount; `INV-1:2000`: the item and the amount that it earns."""
    last, _, rate = value.rpartition(":")
    if not last.isdigit():
        return f"{last} earns a discount of {money(int(rate), currency)}"
    return f"discount of {decimal(int(rate), 4)} % until {day(int(last))}"


def _within(value: str, currency: str) -> str:
    """`write_off:5000`: the category, and its limit."""
    category, _, limit = value.partition(":")
    return f"within the limit of {money(int(limit), currency)} for {category.replace('_', ' ')}"


def _open_item(value: str, currency: str) -> str:
    """`20500:20530:10000:4000:0:invoice:INV-1`: dated, due, amount, open, contested, kind, number."""
    _, due, _, left, disputed, kind, number = value.split(":", 6)
    contested = f", of which {money(int(disputed), currency)} are contested" if disputed != "0" else ""
    by = f" due {day(int(due))}" if due != "0" else ""
    return f"open is {kind.replace('_', ' ')} {number} with {money(int(left), currency)}{by}{contested}"


def _minutes(value: str, _currency: str) -> str:
    return f"{decimal(int(value) * 100 // 60, 2)} business hours"


_SPECIAL: Final[dict[str, Callable[[str, str], str]]] = {
    "items": lambda value, _: f"items looked at {value.replace('_', ' ')}",
    "within": _within,
    "open_item": _open_item,
    "paid": _amount_behind("paid"),
    "open": _amount_behind("open"),
    "rate": _rate,
    "discount": _discount,
    "confidence_ppm": lambda value, _: f"how sure: {decimal(int(value), 4)} %",
    "left_minutes": lambda value, _: f"left of the owner's time: {_minutes(value, '')}",
    "business_minutes": lambda value, _: f"decided in {_minutes(value, '')}",
    "deadline": lambda value, _: f"its deadline was {moment(int(value))}",
    "since_day": lambda value, _: f"since {day(int(value))}" if value != "0" else "since the beginning",
}


def evidence_of(d: Decision) -> list[str]:
    """What the decision rests on, in words."""
    if d.rule.startswith("cash.6."):
        return [
            f"the policy's rule {text[6:].replace('_', ' ')}"
            if text.startswith("order:")
            else in_words(text, d.currency)
            for text in d.evidence
        ]
    scored = d.kind in ("task_opened", "escalated") and d.rule.startswith("collections.")
    return [_scored(text, d.currency) if scored else in_words(text, d.currency) for text in d.evidence]


def _scored(text: str, currency: str) -> str:
    name, _, value = text.partition(":")
    return f"{value} points for {_POINTS[name]}" if name in _POINTS else in_words(text, currency)


def reasons_of(d: Decision, currency: str = "") -> list[str]:
    """Its reasons in words. currency: where it has none itself."""
    return [reason_in_words(text, d.currency or currency) for text in d.reasons]
