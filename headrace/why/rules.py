"""What each rule says, for people: a sentence for every rule id that a decision may carry, and where it comes from.

An id that ends in `*` stands for all that begin so; the most exact one counts. tests/headrace/why/test_rules.py holds
this table against the sources: no rule without a sentence, no sentence without its rule.
"""

from typing import Final

from headrace.why.rules_of_credit import OF_CREDIT
from headrace.why.rules_of_customers import OF_CUSTOMERS
from headrace.why.rules_of_differences import OF_DIFFERENCES
from headrace.why.rules_of_invoices import OF_INVOICES
from headrace.why.rules_of_money import OF_MONEY
from headrace.why.rules_of_people import OF_PEOPLE
from headrace.why.sentence import Rule

RULES: Final[dict[str, Rule]] = {
    **OF_INVOICES,
    **OF_MONEY,
    **OF_DIFFERENCES,
    **OF_CUSTOMERS,
    **OF_PEOPLE,
    **OF_CREDIT,
}

# Why what such a rule raised is closed, where nobody says so.
_CLOSES: Final = {
    "cash.unidentified": "none of the money is left there",
    "release.sla": "the draft is held no more",
}


class NoSuchRule(LookupError):
    """A rule id that has no sentence."""


def pattern_of(rule: str) -> str:
    """The id in the table by which a rule is explained. Raises NoSuchRule."""
    if rule in RULES:
        return rule
    parts = rule.split(".")
    for length in range(len(parts) - 1, 0, -1):
        pattern = f"{'.'.join(parts[:length])}.*"
        if pattern in RULES:
            return pattern
    raise NoSuchRule(rule)


def rule_of(rule: str) -> Rule:
    """What the rule of that id says. Raises NoSuchRule."""
    return RULES[pattern_of(rule)]


def short_of(rule: str) -> str:
    """The same for a timeline, in a few words; the id where there is no sentence for it."""
    try:
        return rule_of(rule).short
    except NoSuchRule:
        return rule


def closed_since(rule: str) -> str:
    """Why an exception is closed that a rule of that id raised: its own sentence says why there was one."""
    return _CLOSES.get(rule, "what it was about is resolved")
