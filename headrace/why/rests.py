"""The facts before its cause on which a decision rests: its documents, what was said of them, and who it is about.

Found by business keys: what the cause and the decision name, and what earlier decisions of the account tied to these
(the receipts that were applied to an invoice, the disputes of it, the promises for it).
"""

from collections.abc import Iterable
from typing import Final

from headrace.why.history import History, Taken
from headrace.why.names import names_of_decision, names_of_fact, reference_kind
from schemas.records import Decision

# Documents of an account that a task is about.
_MOST_PAST_DUE: Final = 200
# Decisions that are followed from one name to others.
_MOST_FOLLOWED: Final = 400
# What these are about is judged by all that happened to it before.
_JUDGING: Final = (
    *("reminder_due", "reminder_suppressed", "promise_kept", "promise_partially_kept", "promise_broken"),
    *("task_opened", "task_closed", "escalated", "interest_charged", "dispute_closed", "write_off_proposed"),
    *("approval_requested", "approval_given", "approval_rejected", "approval_expired", "approval_withdrawn"),
    *("write_off_posted", "refund_posted"),
    *("cash_unapplied", "application_reversed", "receipt_reversed", "exception_closed", "cash_transferred"),
)
_BY_ALL: Final = (*_JUDGING, "fact_rejected")
# Other decisions look at the document itself, and not at all that was said of it.
_DEFINES: Final = {"document": "document", "receipt": "receipt_id"}
_MADE_BY: Final = {
    "document": ("invoice", "credit_note", "debit_note", "opening_item"),
    "receipt": ("receipt", "cash_transferred", "receipt_returned", "remittance_advice"),
}
# Kinds of names that lead from one decision to another.
_TIES: Final = ("receipt", "dispute", "promise", "advice", "case")
# The customer's master data is a part of what these rules judge by.
_BY_CUSTOMER: Final = ("release.", "reminders.", "collections.", "disputes.routed_by_policy", "transfer.")
_BY_OWNER: Final = ("collections.", "disputes.routed_by_policy", "disputes.sla", "disputes.review_ended")
# Facts of an order count where goods were judged.
_BY_GOODS: Final = ("release.", "disputes.")
_GOODS: Final = ("order", "shipment", "proof_of_delivery", "return", "price_agreement")


def rests_on(history: History, d: Decision, cause: Taken | None) -> list[Taken]:
    """Facts that had an effect, in order, without the cause itself."""
    before = d.fact_offset + 1
    names: dict[str, None] = dict.fromkeys(names_of_decision(d))
    if cause is not None:
        names.update(dict.fromkeys(names_of_fact(cause.fact)))
    names.update(dict.fromkeys(_subject(history, d)))
    if d.kind in _JUDGING:
        names.update(dict.fromkeys(_tied(history, d, list(names))))
    found: dict[int, Taken] = {}
    orders: dict[str, None] = {}
    for name in names:
        for taken in _naming(history, name, before):
            if d.kind not in _BY_ALL and not _defines(taken, name):
                continue
            found[taken.offset] = taken
            orders.update({n: None for n in names_of_fact(taken.fact) if n.startswith("order:")})
    goods = d.rule.startswith(_BY_GOODS)
    for name in orders:
        for taken in history.facts_naming(name, before) if goods else []:
            found[taken.offset] = taken
    for taken in _account(history, d, before):
        found[taken.offset] = taken
    return [
        taken
        for offset, taken in sorted(found.items())
        if (cause is None or offset != cause.offset) and (goods or taken.fact.kind not in _GOODS)
    ]


def _defines(taken: Taken, name: str) -> bool:
    """Whether the fact is that document or receipt, and does not only speak of it; true of other things."""
    kind, _, number = name.partition(":")
    if kind not in _DEFINES:
        return True
    if taken.fact.kind not in _MADE_BY[kind]:
        return False
    said = getattr(taken.fact, _DEFINES[kind], "")
    # An instalment and a deduction have the number of their invoice before a slash.
    return bool(said == number or said == number.rpartition("@" if kind == "receipt" else "/")[0])


def _naming(history: History, name: str, before: int) -> list[Taken]:
    """Facts about a name; of a receipt that has its bank in its name, and of an instalment, by the number behind it."""
    found = history.facts_naming(name, before)
    if name.startswith("receipt:"):
        found = _of_bank(history, name, before, found)
    elif name.startswith("document:") and "/" in name:
        # An instalment, a deduction, or interest: what its invoice is counts.
        found = [*found, *history.facts_naming(name.rpartition("/")[0], before)]
    elif not found and name.startswith("promise:") and "/" in name:
        found = history.facts_naming(name.rpartition("/")[0], before)
    elif name.startswith("dispute:"):
        # Those that messages, short payments or deductions opened have their number in the id; news of them name that.
        kind, _, number = name.removeprefix("dispute:").partition(":")
        if kind == "message":
            found = [*found, *history.facts_naming(f"message:{number}", before)]
        elif kind in ("deduction", "opening"):
            found = [*found, *history.facts_naming(f"document:{number.partition('/')[0]}", before)]
        elif kind == "short":
            found = [*found, *history.facts_naming(f"receipt:{number.partition(':')[0]}", before)]
    return found


def _of_bank(history: History, name: str, before: int, found: list[Taken]) -> list[Taken]:
    """Facts about a receipt, where two banks may have given one number: the second one's has its bank behind it."""
    number, at, bank = name.rpartition("@")
    if at:
        same_number = history.facts_naming(number, before)
        return [*found, *[x for x in same_number if getattr(x.fact, "bank_account", "") == bank]]
    others = [x for x in found if history.decisions_naming(f"{name}@{getattr(x.fact, 'bank_account', '')}")]
    return [x for x in found if x not in others]


def _subject(history: History, d: Decision) -> list[str]:
    """What a task, an exception or a statement is about."""
    kind = reference_kind(d)
    about, _, number = d.reference_id.partition(":")
    if kind == "exception":
        known = {
            "unidentified": "receipt",
            "return": "receipt",
            "hold": "document",
            "interest": "document",
            "message": "message",
        }
        return [f"{known[about]}:{number}"] if about in known else []
    if kind == "task":
        known = {"broken_promise": "promise", "dispute_overdue": "dispute", "short_pay": "document"}
        if about in known:
            return [f"{known[about]}:{number}"]
        return _past_due(history, d)
    if d.kind == "statement" or (d.kind.startswith("promise_") and not d.candidates):
        return _moved(history, d)
    return []


def _past_due(history: History, d: Decision) -> list[str]:
    """Documents of the account that were reminded of, or posted, in the task's currency and are open."""
    is_open: dict[str, bool] = {}
    for said in history.decisions:
        if said.sequence >= d.sequence:
            break
        if said.currency == d.currency and said.document and said.item_amount and said.item_kind != "credit_note":
            is_open[said.document] = said.item_open > 0
    return [f"document:{document}" for document, still in is_open.items() if still][-_MOST_PAST_DUE:]


def _moved(history: History, d: Decision) -> list[str]:
    """What moved the account's balance in that currency since its last statement, or since the promise was made."""
    found: dict[str, None] = {}
    start = ("statement",) if d.kind == "statement" else ("promise_opened",)
    for said in reversed(history.decisions):
        if said.sequence >= d.sequence or said.currency != d.currency:
            continue
        if said.kind in start and (d.kind == "statement" or said.reference_id == d.reference_id):
            break
        if said.kind in ("item_posted", "invoice_released"):
            found[f"document:{said.document}"] = None
        elif said.kind == "receipt_booked":
            found[f"receipt:{said.receipt_id}"] = None
        if len(found) >= _MOST_FOLLOWED:
            break
    return list(found)


def _tied(history: History, d: Decision, names: Iterable[str]) -> list[str]:
    """What earlier decisions tied to these names: receipts, disputes, promises, advices."""
    found: dict[str, None] = {}
    for name in names:
        if not name.startswith(("document:", "receipt:", "promise:")):
            continue
        earlier = [x for x in history.decisions_naming(name) if x.sequence < d.sequence]
        for said in earlier[-_MOST_FOLLOWED:]:
            found.update({n: None for n in names_of_decision(said) if n.partition(":")[0] in _TIES})
            if name.startswith(("receipt:", "promise:")) and said.document:
                found[f"document:{said.document}"] = None
    return list(found)


def _account(history: History, d: Decision, before: int) -> list[Taken]:
    """Facts about the account as a whole that the rule looks at: the last word of each."""
    found: list[Taken] = []
    if d.rule.startswith(_BY_CUSTOMER):
        found += [x for x in history.facts_of("customer", before) if not history.was_rejected(x)][-1:]
    if d.rule.startswith(_BY_OWNER):
        roles = {x.fact.role: x for x in history.facts_of("account_owner", before)}  # type: ignore[attr-defined]
        found += roles.values()
    if "blocked" in d.reasons:
        blocks = history.facts_of("operator_action", before)
        found += [x for x in blocks if getattr(x.fact, "action", "") == "block_reminders"][-1:]
    return found
