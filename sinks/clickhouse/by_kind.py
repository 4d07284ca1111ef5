"""Decisions that KPIs follow through several steps, once more, in the order of their kinds and without what no KPI asks.

A question about disputes reads the decisions about disputes here, where `decisions` has those of each account together. A batch
adds its rows as it adds its sums (rolling.py), so they are there as often as the decisions are: once.
"""

from dataclasses import dataclass
from typing import Final

from sinks.clickhouse.evidence import said
from sinks.clickhouse.rollups import BY_PERSON, ROLLUPS, Rollup
from sinks.clickhouse.view import quoted

# Of an instalment said(part) is PLACE:COUNT:NUMBER, and the number may have colons.
DRAFT: Final = f"""if({said("part")} = '', document,
    arrayStringConcat(arraySlice(splitByChar(':', {said("part")}), 3), ':'))"""
_KINDS: Final = (
    *("invoice_held", "invoice_released", "invoice_withdrawn", "item_posted", "delivery_requested", "delivery_status"),
    *("receipt_booked", "receipt_reversed", "cash_proposed", "cash_applied", "cash_unapplied", "cash_exchanged"),
    *("cash_on_account", "cash_transferred", "application_reversed", "credit_allocated", "refund_posted"),
    *("discount_granted", "write_off_proposed", "write_off_posted", "deduction_opened", "interest_charged"),
    *("reminder_due", "reminder_suppressed", "promise_opened", "promise_kept", "promise_partially_kept"),
    *("promise_broken", "promise_cancelled", "dispute_opened", "dispute_routed", "dispute_closed"),
    *("exception_raised", "exception_closed", "task_opened", "task_closed", "escalated", "assigned", "noted"),
    *("approval_requested", "approval_delegated", "approval_given", "approval_rejected", "approval_expired"),
    "approval_withdrawn",
)
_DRAFT_KINDS: Final = "('invoice_held', 'invoice_released', 'invoice_withdrawn', 'item_posted')"
# Kinds whose evidence, reasons and candidates are asked for.
_SAYING: Final = """(kind IN ('dispute_closed', 'promise_opened', 'promise_kept', 'promise_partially_kept', 'promise_broken',
    'approval_requested', 'write_off_posted') OR rule = 'release.in_part')"""
_REASONED: Final = "kind IN ('invoice_held', 'cash_proposed', 'task_closed', 'approval_requested')"
_LISTING: Final = "kind IN ('delivery_requested', 'delivery_status', 'promise_opened')"
# As the view item_movements has them.
_ITEM_CHANGE: Final = """multiIf(
    document = '' OR kind IN ('invoice_held', 'fact_rejected', 'cash_exchanged', 'fx_difference_posted'), 0,
    kind = 'deduction_opened', if(decisions.raises, amount, -amount),
    item_kind = 'credit_note' AND (decisions.raises OR kind = 'refund_posted'), decisions.open_credit_change,
    decisions.open_debit_change)"""
_OTHER_CHANGE: Final = """multiIf(
    kind = 'credit_allocated' OR (kind = 'application_reversed' AND counterparty != ''), decisions.open_credit_change,
    kind = 'deduction_opened', if(decisions.raises, -amount, amount), 0)"""
_CODE: Final = "LowCardinality(String)"
# Type, SQL where it is no column of that name, and comment.
_COLUMNS: Final[dict[str, tuple[str, str, str]]] = {
    "kind": (_CODE, "", "What was concluded"),
    "tenant": (_CODE, "", "Tenant"),
    "entity": (_CODE, "", "Company of the tenant"),
    "account_id": ("String", "", "Payer"),
    "sequence": ("Int64", "", "Number in its shard"),
    "shard": ("UInt16", "", "Shard"),
    "rule": (_CODE, "", "Rule and step that concluded it"),
    "currency": (_CODE, "", "ISO 4217, or empty"),
    "amount": ("Int64", "", "Minor units that it moves or is about"),
    "document": ("String", "", "Item, or empty"),
    "draft": ("String", f"if(kind IN {_DRAFT_KINDS}, {DRAFT}, '')", "Of a draft, and what became of it: its number"),
    "item_kind": (_CODE, "", "invoice, credit_note, interest or empty"),
    "receipt_id": ("String", "", "Receipt, or empty"),
    "reference_id": ("String", "", "Dispute, promise, letter, transfer or exception it is about, or empty"),
    "counterparty": ("String", "", "As in decisions"),
    "cause_id": (
        "String",
        "if(kind = 'receipt_booked', decisions.cause_id, '')",
        "Of receipt_booked the event_id of its fact",
    ),
    "event_time": ("DateTime64(3, 'UTC')", "", "When the cause happened"),
    "posted_on": ("Date32", "", "Posting date; the day of the event where there is none"),
    "due_date": ("Date32", "", "1970-01-01 where there is none"),
    "document_date": ("Date32", "", "1970-01-01 where there is none"),
    "level": ("Int32", "", "Dunning level after it"),
    "reasons": (f"Array({_CODE})", f"if({_REASONED}, decisions.reasons, [])", "Why, of some kinds"),
    "candidates": ("Array(String)", f"if({_LISTING}, decisions.candidates, [])", "Documents, of some kinds"),
    "text": ("String", "", "Category, note or evidence"),
    "item_amount": ("Int64", "", "Original amount of the item, minor units"),
    "receipt_unapplied": ("Int64", "", "Unapplied amount of the receipt after it, minor units"),
    "evidence": ("Array(String)", f"if({_SAYING}, decisions.evidence, [])", "What it rests on, of some kinds"),
    "owner": (_CODE, "", "Who is to act, or empty"),
    "category": (_CODE, "", "Of a dispute, deduction, task or exception, or empty"),
    "channel": (_CODE, "", "How it is to be sent, or empty"),
    "deadline": ("DateTime64(3, 'UTC')", "", "Until when; 1970-01-01 is without"),
    "tax": ("Int64", "", "Tax in the amount, minor units"),
    "other_currency": (_CODE, "", "The receipt's currency where it is another one than the item's"),
    "other_amount": ("Int64", "", "Minor units of that currency"),
    "by_person": ("UInt8", BY_PERSON, "A person caused it"),
    "raises": ("UInt8", "", "It makes a new item"),
    "item_change": ("Int64", _ITEM_CHANGE, "What it changes of what is open of its document"),
    "other_change": ("Int64", _OTHER_CHANGE, "What it changes of what is open of the item that is its counterparty"),
    "unapplied_change": ("Int64", "", "What it posts to unapplied cash"),
    "on_account_change": ("Int64", "", "What it posts to cash left on account"),
}


@dataclass(frozen=True, slots=True)
class Copy:
    """Rows of decisions, each once: those of a batch are one part. columns: type, SQL over `decisions` where it is no column of
    it, and comment. where: of which decisions."""

    name: str
    comment: str
    order: str
    of: dict[str, tuple[str, str, str]]
    where: str
    of_accounts: bool = False

    @property
    def table(self) -> str:
        """CREATE of its table."""
        said = [f"{name} {kind} COMMENT {quoted(comment)}" for name, (kind, _, comment) in self.of.items()]
        said.append("last_batch Int64 COMMENT 'The batch of decisions that it came with; 0 where it was made anew'")
        columns = ",\n    ".join(said)
        return f"""
CREATE TABLE IF NOT EXISTS {self.name} (
    {columns}
)
ENGINE = MergeTree
ORDER BY ({self.order})
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT {quoted(self.comment)}
"""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of its rows, in the order of `select`."""
        return (*self.of, "last_batch")

    def select(self, decisions: str, condition: str, groups: str, batch: str = "0", change: str = "0") -> str:
        """The rows that decisions of that table come to, where the condition holds. As of a Rollup; what accounts are is not in it."""
        # What is computed has names of columns that it is made of.
        computed = ", ".join(f"{sql} AS made_{name}" for name, (_, sql, _) in self.of.items() if sql)
        plain = ", ".join(f"decisions.{name} AS {name}" for name, (_, sql, _) in self.of.items() if not sql)
        named = ", ".join(f"made_{name} AS {name}" if sql else name for name, (_, sql, _) in self.of.items())
        return (
            f"SELECT {named}, toInt64({batch}) AS last_batch "
            f"FROM (SELECT {plain}, {computed} FROM {decisions} AS decisions WHERE ({self.where}) AND ({condition}))"
        )


BY_KIND: Final = Copy(
    "decisions_by_kind",
    "Decisions that KPIs follow through several steps, in the order of their kinds",
    "kind, tenant, entity, account_id, sequence",
    _COLUMNS,
    f"kind IN ({', '.join(quoted(kind) for kind in _KINDS)}) OR ((document != '' OR receipt_id != '') AND {BY_PERSON})",
)
KEPT: Final[tuple[Rollup | Copy, ...]] = (*ROLLUPS, BY_KIND)
"""Everything that a batch of decisions adds to."""
