"""Sentences of rules of credit. rules.py is where they are looked up."""

from typing import Final

from headrace.why.sentence import Rule

_CREDIT: Final = "credit"

OF_CREDIT: Final[dict[str, Rule]] = {
    "credit.hold": Rule(
        "credit is used up, or overdue for too long",
        "Deliveries are held when the exposure is above the limit, or the oldest item past due is older than the policy "
        "allows.",
        f"{_CREDIT}: hold above the limit or when the oldest past due is over n days",
        "credit",
    ),
    "credit.released": Rule(
        "credit is free again",
        "A hold ends when the exposure is below the limit by the policy's margin, and nothing is overdue for too long.",
        f"{_CREDIT}: release with hysteresis",
        "credit",
    ),
    "credit.near": Rule(
        "credit is nearly used up",
        "The exposure has come as near to the limit as the policy warns at.",
        _CREDIT,
        "credit",
    ),
    "credit.stated": Rule(
        "its group shares one limit",
        "An account of a group that shares one limit states its exposure to the group when it changes.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.left": Rule(
        "it left its group",
        "An account that left a group with a common limit counts there no more.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.group_held": Rule(
        "its group is held",
        "A hold of the group is one of each of its accounts.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.group_released": Rule(
        "its group is released",
        "When the hold of the group ends, that of each of its accounts does.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.change_proposed": Rule(
        "the change needs an approval",
        "A limit that rises by more than the policy allows, changes its currency or is taken away is proposed.",
        f"{_CREDIT}: approval",
        "credit",
    ),
    "credit.limit": Rule(
        "the limit was changed", "A limit within the policy's bounds holds as it came.", _CREDIT, "credit"
    ),
    "credit.approved": Rule(
        "another person approved it",
        "A change of a limit that somebody else than its maker approved is in force.",
        f"{_CREDIT}: maker and checker are never the same",
        "credit",
    ),
    "credit.rejected": Rule(
        "a person rejected it", "A change of a limit that was rejected has no effect.", _CREDIT, "credit"
    ),
}
