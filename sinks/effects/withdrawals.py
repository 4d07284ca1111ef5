"""What withdraws an effect that has not been done yet: one table, by the kind of its intent.

A later decision about the same account, in the same shard, is held against each decision there that it may concern. Pure.
Events, statements and postings say what was so: nothing withdraws them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from schemas.records import Decision

Test = Callable[[Decision, Decision], bool]

# What lowers the open amount of an item.
CLEARING: Final = frozenset(
    ("cash_applied", "credit_allocated", "discount_granted", "write_off_posted", "deduction_opened")
)
# Begins what a request to deliver several documents says of one that is cleared by then.
CLEARED: Final = "cleared:"


def _same_document(asked: Decision, later: Decision) -> bool:
    return bool(asked.document) and later.document == asked.document


def _paid(asked: Decision, later: Decision) -> bool:
    """Any of it: what the letter says is open is not what is open now."""
    if later.kind == "deduction_opened":
        return bool(asked.document) and later.counterparty == asked.document
    return later.kind in CLEARING and _same_document(asked, later)


def clears(later: Decision) -> bool:
    """Whether nothing of its document is open any more."""
    return later.kind in CLEARING and later.item_open == 0


def _cleared(asked: Decision, later: Decision) -> bool:
    """Its document, or the last one of several: `withdrawn` asks about the others."""
    return clears(later) and (later.document in asked.candidates or _same_document(asked, later))


def _covered(asked: Decision, later: Decision) -> bool:
    """More money or credit stands on the account than when it was asked for."""
    return later.currency == asked.currency and money_of(later) > money_of(asked)


def account_of(decision: Decision) -> str:
    """TENANT/ENTITY/ACCOUNT."""
    return f"{decision.tenant}/{decision.entity}/{decision.account_id}"


def money_of(d: Decision) -> int:
    """What stands on the account and is applied to nothing, in its currency."""
    return d.unapplied + d.on_account + d.open_credit


def _covered_by_others(asked: Decision, later: Decision) -> bool:
    """Money in another currency is proposed for it, or is more than all that is open in that one."""
    if later.currency == asked.currency:
        return False
    if later.kind == "cash_proposed":
        return bool(asked.document) and asked.document in later.candidates
    return later.kind == "receipt_booked" and money_of(later) > later.open_debit


def _disputed(asked: Decision, later: Decision) -> bool:
    return later.kind == "dispute_opened" and _same_document(asked, later)


def _promised(asked: Decision, later: Decision) -> bool:
    """A promise that names no item is for all of its currency."""
    if later.kind != "promise_opened":
        return False
    return asked.document in later.candidates if later.candidates else later.currency == asked.currency


def _superseded(asked: Decision, later: Decision) -> bool:
    """It was asked for again, perhaps by another channel."""
    return later.kind == asked.kind and _same_document(asked, later)


def _arrived(asked: Decision, later: Decision) -> bool:
    return (
        later.kind == "delivery_status"
        and _same_document(asked, later)
        and later.text in ("delivered", "viewed", "acknowledged", "not_needed")
    )


_ALL_CLEARED: Final = "cleared"
# By kind of intent: the word that is told, and when it holds. The first one that holds counts.
WITHDRAWALS: Final[Mapping[str, tuple[tuple[str, Test], ...]]] = {
    "reminder": (
        ("paid", _paid),
        ("disputed", _disputed),
        ("promised", _promised),
        ("reminded_again", _superseded),
        ("cash_or_credit_covers", _covered_by_others),
    ),
    "delivery": (
        (_ALL_CLEARED, _cleared),
        ("not_needed", _arrived),
        ("requested_again", _superseded),
    ),
    "statement": (),
    "event": (),
    "posting": (),
}

# The same, held only against what a fact leaves behind: what a receipt brings is unapplied for a moment each time.
SETTLED: Final[Mapping[str, tuple[tuple[str, Test], ...]]] = {"reminder": (("cash_or_credit_covers", _covered),)}


KINDS: Final = frozenset(kind for kind, tests in WITHDRAWALS.items() if tests)


@dataclass(frozen=True, slots=True)
class Concerned:
    """Which decisions a later one may withdraw: those about one of these documents; and reminders, where `others` in any currency
    but its own, where `less` in its own with less money on the account, where `all_of_currency` in its own."""

    documents: tuple[str, ...]
    others: bool
    less: bool
    all_of_currency: bool


def concerned(later: Decision, last: bool) -> Concerned:
    """All that `withdrawn` may hold for is among these."""
    named = later.candidates if later.kind in ("cash_proposed", "promise_opened") else []
    documents = {later.document, later.counterparty, *named} - {""}
    return Concerned(
        tuple(sorted(documents)),
        others=later.kind == "receipt_booked" and money_of(later) > later.open_debit,
        less=last,
        all_of_currency=later.kind == "promise_opened" and not later.candidates,
    )


def withdrawn(kind: str, asked: Decision, later: Decision, last: bool, left: int = 0) -> str:
    """Why `later` withdraws what `asked` asks for; empty where it does not. last: the last decision of its fact for its
    account and currency. left: how many of several documents are open after `later`."""
    for word, holds in (*WITHDRAWALS[kind], *(SETTLED.get(kind, ()) if last else ())):
        if holds(asked, later) and not (left and word == _ALL_CLEARED):
            return word
    return ""
