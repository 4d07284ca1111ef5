"""The check of late interest, by the day: each day that money was late at that day's rate. Source: REFERENCE 3.6."""

from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from headrace.audit.accounts import Account, Item
from headrace.audit.books import Books
from headrace.audit.findings import Check
from headrace.audit.policy import EPOCH, Terms
from schemas.records import Decision


def check_charge(check: Check, books: Books, account: Account, d: Decision, terms: Terms, today: int) -> None:
    """An interest_charged, before it is posted. `today` is the log's day."""
    check.checked += 1
    item = books.item(account, d.counterparty)
    if item is None:
        return
    if d.rule == "reminders.fee":
        _check_fee(check, account, item, d, terms.of(account.who, item.currency, today).reminders, today)
        return
    policy = terms.of(account.who, item.currency, today).interest
    law = policy["jurisdictions"].get(policy["jurisdiction"])
    if policy["charge"] == "none" or law is None:
        check.about(d, "not_charged", "the policy charges no interest here")
        return
    if d.rule == "interest.compensation":
        right = (law["compensation_minor"], law["compensation_currency"])
        if (d.amount, d.currency) != right or not (item.late or item.due_date < today):
            check.about(
                d, "compensation", f"{d.amount} {d.currency} for {item.document}, should be {right}, if it is late"
            )
        return
    right_amount = _interest(law, item, item.open - item.disputed, today) - item.interest
    if d.amount != right_amount:
        check.about(d, "interest", f"{d.amount} for {item.document}, by the days it is {right_amount}")


def _check_fee(check: Check, account: Account, item: Item, d: Decision, policy: dict[str, Any], today: int) -> None:
    """What the letter of today costs by its highest level, once."""
    fees = policy["fees_minor"]
    right = (fees[item.level - 1] if 0 < item.level <= len(fees) else 0, policy["fees_currency"])
    if (d.amount, d.currency) != right or item.last_letter != today or item.kind == "interest":
        check.about(d, "fee", f"{d.amount} {d.currency} for a letter about {item.document}, should be {right}")
    together = [x for x in account.open.values() if x.last_letter == today and x.kind != "interest"]
    if policy["letter"] == "account" and any(x.level > item.level for x in together):
        check.about(d, "fee", f"a higher level than {item.level} of {item.document} is in the letter")
    letter = [text for text in d.evidence if text.startswith("letter:")]
    if letter and letter[0] in account.fees:
        check.about(d, "fee_twice", f"{letter[0]} was charged before")
    account.fees.update(letter)


def _interest(law: dict[str, Any], item: Item, rest: int, today: int) -> int:
    """Minor units that late money bore, and `rest`, which is open, up to today; rounded half up."""
    last = {day: amount for day, amount in item.late.items() if amount}
    if rest:
        last[today] = last.get(today, 0) + rest
    total = Fraction(0)
    outstanding = sum(last.values())
    for day in range(item.due_date + 1, max(last, default=item.due_date) + 1):
        total += outstanding * _rate(law, EPOCH + timedelta(day))
        outstanding -= last.get(day, 0)
    return floor(total / int(law["year_days"]) + Fraction(1, 2))


def _rate(law: dict[str, Any], day: date) -> Fraction:
    """The yearly rate of that day."""
    since = date(day.year, 1 if day.month < 7 else 7, 1) if law["half_years"] else day
    known = [ppm for text, ppm in zip(law["rate_days"], law["rates_ppm"], strict=True) if text <= since.isoformat()]
    return max(Fraction(0), Fraction((known[-1] if known else 0) + law["points_ppm"], 10**6))
