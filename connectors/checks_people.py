"""What actions of people, and what they say of requests for approval, must fulfil. connectors/checks.py has the rest."""

from typing import Final

from connectors.checking import MESSAGE_CHANNELS, Check
from schemas.records import Approval, OperatorAction

ACTIONS: Final = (
    "identify_payer",
    "resume_account",
    "block_reminders",
    "unblock_reminders",
    "apply_cash",
    "unapply_cash",
    "request_statement",
    "close_task",
    "approve",
    "reject",
    "delegate",
    "withdraw",
    "assign",
    "note",
    "close_exception",
    "propose_write_off",
    "propose_refund",
    "release_invoice",
    "withdraw_draft",
    "send_invoice",
)
# These are about something that is open, by its name.
NAMED: Final = ("approve", "reject", "delegate", "withdraw", "assign", "note", "close_exception")
# These move time for a whole installation: only its operator says them, by `headrace operate`.
OPERATOR_ONLY: Final = ("allow_clock", "allow_future")
VERDICTS: Final = ("approved", "rejected", "delegated")
# The name of a request or exception has those of a receipt and of an item in it.
REFERENCE_MAX: Final = 320


def said(check: Check, fact: OperatorAction | Approval) -> None:
    """By a person, or the directory."""
    if isinstance(fact, OperatorAction):
        _action(check, fact)
        return
    check.identifier("approval_id", fact.approval_id, REFERENCE_MAX)
    check.one_of("decision", fact.decision, VERDICTS)
    check.identifier("actor", fact.actor)
    check.optional_identifier("role", fact.role)
    check.optional_identifier("delegate", fact.delegate)
    check.text("note", fact.note)


def _action(check: Check, fact: OperatorAction) -> None:
    if fact.action in OPERATOR_ONLY:
        check.say(
            "action",
            f"{fact.action} is for a whole installation: headrace operate --dir DIR {fact.action.replace('_', '-')}",
        )
    else:
        check.one_of("action", fact.action, ACTIONS)
    check.identifier("actor", fact.actor)
    check.optional_identifier("receipt_id", fact.receipt_id)
    check.optional_identifier("document", fact.document)
    check.optional_identifier("target_account", fact.target_account)
    if fact.currency:
        check.currency("currency", fact.currency)
    check.not_negative("amount", fact.amount)
    if fact.action in NAMED:
        check.identifier("reference_id", fact.reference_id, REFERENCE_MAX)
    else:
        check.optional_identifier("reference_id", fact.reference_id)
    check.optional_identifier("owner", fact.owner)
    if fact.action == "send_invoice":
        check.one_of("category", fact.category, ("", *MESSAGE_CHANNELS))
    check.text("note", fact.note)
