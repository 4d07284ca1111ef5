"""What a credit limit from outside must fulfil. connectors/checks.py has the rest."""

from connectors.checking import Check
from schemas.records import CreditLimit


def credit_limit(check: Check, fact: CreditLimit) -> None:
    """A limit of one account, or of a group, whose own account has no name outside."""
    check.identifier("limit_id", fact.limit_id)
    check.currency("currency", fact.currency)
    check.not_negative("amount", fact.amount)
    for name, day in (("valid_from_date", fact.valid_from_date), ("valid_until_date", fact.valid_until_date)):
        if day:
            check.due_day(name, day)
    if fact.valid_until_date and fact.valid_until_date < fact.valid_from_date:
        check.say("valid_until_date", "is before valid_from_date")
    check.optional_identifier("group", fact.group)
    if fact.group and fact.account_id:
        check.say("account_id", "has to be empty where the limit is of a group of accounts")
    check.optional_identifier("actor", fact.actor)
    check.text("note", fact.note)
