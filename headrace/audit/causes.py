"""Which decisions may follow from what: from any fact, from time, from a fact of one kind."""

from collections.abc import Sequence
from typing import Final

from schemas.records import Decision

# What may follow from any fact, or from time alone, as a consequence of books and orders.
CONSEQUENCES: Final = frozenset(
    (
        "invoice_released",
        "invoice_held",
        "cash_applied",
        "credit_allocated",
        "cash_proposed",
        "dispute_closed",
        "promise_kept",
        "promise_partially_kept",
        "promise_broken",
        "exception_raised",
        "exception_closed",
        "interest_charged",
        "task_opened",
        "task_closed",
        "discount_granted",
        "write_off_posted",
        "write_off_proposed",
        "deduction_opened",
        "cash_exchanged",
        "fx_difference_posted",
        "cash_on_account",
        "approval_requested",
        "approval_withdrawn",
        "credit_change_rejected",
        # Money that payer relations let go on; CashCheck looks at each.
        "cash_transferred",
        "delivery_requested",
        "delivery_status",
        "credit_hold_set",
        "credit_hold_released",
        "credit_near_limit",
        "credit_exposure_stated",
        "credit_group_told",
    )
)
# A fact that is rejected does nothing; with it comes what was so before, a credit hold or a request that is about nothing any more.
SHOWN: Final = frozenset(
    (
        "approval_withdrawn",
        "credit_hold_set",
        "credit_hold_released",
        "credit_near_limit",
        "credit_exposure_stated",
        "credit_group_told",
    )
)
# A short payment opens a dispute by policy, and a deduction is disputed as a whole: such a dispute says this channel.
SHORT_PAYMENT: Final = "short_payment"
OF_TIME: Final = CONSEQUENCES | {"reminder_due", "reminder_suppressed", "escalated", "statement", "approval_expired"}
# A dispute finds its owner at once, and may cancel what was promised.
OF_DISPUTES: Final = frozenset(("dispute_opened", "dispute_routed", "promise_cancelled"))
# What a person says of a request, and what may follow from that.
ANSWERED: Final = frozenset(
    (
        "approval_given",
        "approval_rejected",
        "approval_delegated",
        "approval_expired",
        "cash_transferred",
        "cash_unapplied",
        "refund_posted",
        "credit_limit_set",
    )
)
# Decisions that only a fact of this kind may cause; the functions below say which of them must be there.
CAUSED: Final[dict[str, frozenset[str]]] = {
    "receipt": frozenset(("receipt_booked", "receipt_reversed", "cash_transferred")),
    "cash_transferred": frozenset(("receipt_booked", "receipt_reversed", "cash_transferred")),
    "invoice": frozenset(("item_posted", "invoice_withdrawn")),
    "credit_note": frozenset(("item_posted",)),
    "debit_note": frozenset(("item_posted",)),
    "opening_item": OF_DISPUTES | {"item_posted"},
    "refund": frozenset(("refund_posted", "refund_confirmed")),
    "receipt_returned": frozenset(("receipt_reversed", "application_reversed", "cash_transferred", "cash_unapplied")),
    "dispute": OF_DISPUTES,
    "dispute_update": frozenset(("dispute_routed", "write_off_proposed")),
    "message": OF_DISPUTES | {"letter_status"},
    "promise": frozenset(("promise_opened", "promise_cancelled")),
    "operator_action": ANSWERED
    | {"statement", "assigned", "noted", "refund_proposed", "dispute_routed", "alias_learned", "invoice_withdrawn"},
    "approval": ANSWERED | {"alias_learned"},
    "remittance_advice": frozenset(("cash_unapplied",)),
    "credit_limit": frozenset(("credit_limit_set", "credit_change_proposed")),
}


def of_short_payments(said: Sequence[Decision]) -> frozenset[str]:
    """What may follow besides where any of the decisions is a dispute of what a payer kept back, or one that came before
    its invoice in instalments and goes over to these."""
    if any(d.kind == "dispute_opened" and (d.channel == SHORT_PAYMENT or _is_part(d)) for d in said):
        return OF_DISPUTES
    return frozenset()


def _is_part(d: Decision) -> bool:
    return any(text.startswith("part_of:") for text in d.evidence)
