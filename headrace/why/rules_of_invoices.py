"""Sentences of rules of drafts and of how documents reach the customer. rules.py is where they are looked up."""

from typing import Final

from headrace.why.sentence import Rule

_RELEASE: Final = "release of invoices: a draft is released when all conditions of its policy hold"
_DELIVERY: Final = "delivery of invoices"

OF_INVOICES: Final[dict[str, Rule]] = {
    "release.held": Rule(
        "conditions of release fail",
        "A draft stays back while any check or condition of its policy fails, and every reason is named, not the first "
        "one alone. It is looked at again with each fact about its order, its customer and each day.",
        f"{_RELEASE}; a failed check holds with every reason",
        "release",
    ),
    "release.on_order": Rule(
        "it is ordered, and all checks pass",
        "The policy bills on order: every quantity invoiced is ordered and not yet billed, and all checks of lines, "
        "prices, tax, customer and order pass.",
        f"{_RELEASE}: on_order",
        "release",
    ),
    "release.on_shipment": Rule(
        "it is shipped, and all checks pass",
        "The policy bills on shipment: every quantity invoiced is shipped and not yet billed, and all checks of lines, "
        "prices, tax, customer and order pass.",
        f"{_RELEASE}: on_shipment",
        "release",
    ),
    "release.on_pod": Rule(
        "it is delivered, and all checks pass",
        "The policy bills on proof of delivery: every quantity invoiced is delivered without complaint, or was shipped "
        "the policy's number of days ago without one, and all checks pass.",
        f"{_RELEASE}: on_pod (delivered, or n days without complaint)",
        "release",
    ),
    "release.on_schedule": Rule(
        "it is ordered, and its day has come",
        "The policy bills on the days of its schedule what is ordered and not yet billed, delivered or not, and all "
        "checks of lines, prices, tax, customer and order pass.",
        f"{_RELEASE}: on_schedule",
        "release",
    ),
    "release.manual": Rule(
        "a person released it",
        "A person released a held draft and said why; above the policy's threshold another one has to approve.",
        f"{_RELEASE}: by a person, with a reason",
        "release",
    ),
    "release.sla": Rule(
        "it is held for longer than allowed",
        "A draft that is held for longer than the policy allows is told to a person once; that is settled when it is "
        "released or posted.",
        "release of invoices: a hold older than its SLA raises an exception",
        "release",
    ),
    "release.in_part": Rule(
        "a part of it is ready",
        "Where the policy bills partial shipments, what is ready of a draft is released, and the rest waits on.",
        "release of invoices: partial shipments",
        "release",
    ),
    "release.replaced": Rule(
        "another document replaces it",
        "A document that replaces another one takes its place: the old one is credited, or withdrawn while it is held.",
        "release of invoices: rebill and credit",
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
}
