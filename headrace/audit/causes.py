"""Which decisions may follow from what: from any fact, from time, from a fact of one kind."""

from typing import Final

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
        "credit_hold_set",
        "credit_hold_released",
        "credit_near_limit",
        "credit_exposure_stated",
        "credit_group_told",
    )
)
OF_TIME: Final = CONSEQUENCES | {"reminder_due", "reminder_suppressed", "escalated", "statement"}
# A dispute finds its owner at once, and may cancel what was promised.
OF_DISPUTES: Final = frozenset(("dispute_opened", "dispute_routed", "promise_cancelled"))
CREDIT_CHANGES: Final = ("credit_limit_set", "credit_change_proposed", "credit_change_rejected")
# Decisions that only a fact of this kind may cause; the functions below say which of them must be there.
CAUSED: Final[dict[str, frozenset[str]]] = {
    "receipt": frozenset(("receipt_booked", "receipt_reversed", "cash_transferred")),
    "cash_transferred": frozenset(("receipt_booked", "receipt_reversed", "cash_transferred")),
    "invoice": frozenset(("item_posted",)),
    "credit_note": frozenset(("item_posted",)),
    "receipt_returned": frozenset(("receipt_reversed", "application_reversed", "cash_transferred")),
    "dispute": OF_DISPUTES,
    "dispute_update": frozenset(("dispute_routed", "write_off_proposed")),
    "message": OF_DISPUTES,
    "promise": frozenset(("promise_opened", "promise_cancelled")),
    "operator_action": frozenset(("cash_transferred", "cash_unapplied", "statement", *CREDIT_CHANGES)),
    "credit_limit": frozenset(CREDIT_CHANGES),
}
