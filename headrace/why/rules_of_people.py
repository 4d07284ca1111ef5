"""Sentences of rules about people: approvals, what waits for a person, who has it. rules.py is where they are looked up."""

from typing import Final

from headrace.why.sentence import Rule

_APPROVALS: Final = "approvals: thresholds, four eyes, a maker never approves"
_QUEUE: Final = "exceptions: an owner, an age, a reason, and actions that are themselves facts"
_REFUNDS: Final = "refunds"

OF_PEOPLE: Final[dict[str, Rule]] = {
    "approvals": Rule(
        "what was said of a request cannot be",
        "What a person says of a request for approval is taken only of one that is open, from somebody who may say so, and "
        "never from its maker.",
        _APPROVALS,
        "approvals",
    ),
    "approvals.*": Rule(
        "it is above the policy's limit",
        "What is above the limit of the policy waits until another person than its maker approves it; it ends when it is "
        "approved, rejected, withdrawn, when its time is over, or when what it is about is no more.",
        _APPROVALS,
        "approvals",
    ),
    "approvals.reminder": Rule(
        "letters of that level wait for an approval",
        "A letter of a reminder level that the policy sets, and above, is asked for once and waits until another person "
        "approves it. Approved, it goes out when letters may, with what nothing is against by then. Rejected or not "
        "answered, it is asked for again after the policy's days, or when its next level is due.",
        _APPROVALS,
        "approvals",
    ),
    "approvals.letter_unanswered": Rule(
        "nobody approved or rejected the letter in time",
        "A letter that waited for an approval and got no answer in the policy's time does not go: a person is told, until it "
        "is asked for again, sent, paid or disputed.",
        _APPROVALS,
        "approvals",
    ),
    "approvals.not_possible": Rule(
        "it was approved, and cannot be done any more",
        "What was approved could not be done, since what it is about has changed: a person looks at it.",
        _APPROVALS,
        "approvals",
    ),
    "approvals.too_many": Rule(
        "too many requests are open",
        "An account has only so many open requests; what comes beyond waits for a person without one.",
        _APPROVALS,
        "approvals",
    ),
    "write_off.within": Rule(
        "the write-off is within the limit",
        "A write-off that was proposed and is not above the policy's limit is posted at once.",
        _APPROVALS,
        "approvals",
    ),
    "write_off.operator": Rule(
        "a person wants it given up",
        "A person proposes to give up an item or a part of it.",
        _APPROVALS,
        "approvals",
    ),
    "refund.operator": Rule(
        "a person wants it paid back",
        "A person proposes to pay back unapplied money or a credit note.",
        _REFUNDS,
        "approvals",
    ),
    "refund.approved": Rule(
        "the refund was approved",
        "A refund that another person than its maker approved is taken off what is unapplied, or off the credit.",
        _REFUNDS,
        "approvals",
    ),
    "refund.within": Rule(
        "the refund is within the limit",
        "A refund that is not above the policy's limit is posted at once.",
        _REFUNDS,
        "approvals",
    ),
    "refund.told": Rule(
        "the bank tells of a refund that was posted",
        "What the bank tells of a refund that was approved and posted changes nothing more.",
        _REFUNDS,
        "approvals",
    ),
    "refund.not_approved": Rule(
        "nobody approved that refund",
        "The bank tells of a refund above the policy's limit that nobody approved: a person looks at it.",
        _REFUNDS,
        "approvals",
    ),
    "exceptions.sla": Rule(
        "nobody resolved it in time",
        "What a person has to look at was not resolved in the policy's time: the next one of the chain is told.",
        _QUEUE,
        "exceptions",
    ),
    "people.exception": Rule(
        "a person took or gave it",
        "A person may assign what waits to somebody, or write something about it.",
        _QUEUE,
        "",
    ),
    "people.task": Rule(
        "a person took or gave it", "A person may assign a task to somebody, or write something about it.", _QUEUE, ""
    ),
    "people.approval": Rule(
        "a person wrote about it", "A person may write something about a request for approval.", _QUEUE, ""
    ),
    "people.dispute": Rule("a person wrote about it", "A person may write something about a dispute.", _QUEUE, ""),
}
