"""Sentences of rules that are not in dataflows yet: release in full, delivery, credit, published policies.

They go into tables beside the others with the rules.
"""

from typing import Final

from headrace.why.sentence import Rule

_RELEASE: Final = "release of invoices"
_DELIVERY: Final = "delivery of invoices"
_CREDIT: Final = "credit"

TO_COME: Final[dict[str, Rule]] = {
    "release.in_part": Rule(
        "a part of it is ready",
        "Where the policy bills partial shipments, what is ready of a draft is released, and the rest waits on.",
        f"{_RELEASE}: partial shipments",
        "release",
    ),
    "release.manual": Rule(
        "a person released it",
        "A person released a held draft and said why; above the policy's threshold another one has to approve.",
        f"{_RELEASE}: by a person, with a reason",
        "release",
    ),
    "release.replaced": Rule(
        "another document replaces it",
        "A document that replaces another one takes its place: the old one is credited, or withdrawn while it is held.",
        f"{_RELEASE}: rebill and credit",
        "release",
    ),
    "release.withdrawn": Rule(
        "a person withdrew it",
        "A held draft that a person withdraws is never billed.",
        _RELEASE,
        "release",
    ),
    "delivery.first": Rule(
        "the invoice is to be sent",
        "A posted document is sent by the first channel that the customer prefers and can take.",
        f"{_DELIVERY}: channel by preference and capability",
        "delivery",
    ),
    "delivery.resend": Rule(
        "it has to be sent again",
        "What was not confirmed in time is sent again by the same channel, as often as the policy says.",
        f"{_DELIVERY}: resend",
        "delivery",
    ),
    "delivery.fallback": Rule(
        "the channel before did not work",
        "Where one channel fails, the next one of the policy's chain is tried.",
        f"{_DELIVERY}: fallback chain",
        "delivery",
    ),
    "delivery.operator": Rule(
        "a person wants it sent",
        "A person may have a document sent again, by a channel of choice.",
        _DELIVERY,
        "delivery",
    ),
    "delivery.status": Rule(
        "news of its delivery came",
        "What the channel says of a delivery is kept as it came, in order.",
        f"{_DELIVERY}: status timeline",
        "delivery",
    ),
    "delivery.unreachable": Rule(
        "no channel is left",
        "None of the channels works for this customer: a person has to find one.",
        f"{_DELIVERY}: fallback chain",
        "delivery",
    ),
    "delivery.unconfirmed": Rule(
        "nobody confirmed that it arrived",
        "A delivery that is not confirmed within the policy's time is told to a person.",
        _DELIVERY,
        "delivery",
    ),
    "delivery.unacknowledged": Rule(
        "the customer did not acknowledge it",
        "A document that the customer has to acknowledge, and did not by the deadline, is told to a person.",
        f"{_DELIVERY}: acknowledgement deadline",
        "delivery",
    ),
    "delivery.rejected": Rule(
        "the customer's system refused it",
        "A delivery that the receiver rejects is an exception with the receiver's reason.",
        f"{_DELIVERY}: a rejected delivery is an exception",
        "delivery",
    ),
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
