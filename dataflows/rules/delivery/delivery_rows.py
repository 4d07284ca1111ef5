"""How documents get to the customer: what is kept of each that was sent out, in the row of its item, which is read and
stored with it anyway. Indexes t (deadlines) and u (no channel was found)."""

from collections.abc import Iterator
from typing import Final

from dataflows.rules.account import deadlines
from dataflows.rules.account.account import Account
from dataflows.rules.account.account_times import MOST_TIME_MS
from schemas.records import DeliveryRow

NOWHERE: Final = "u"
_BEHIND: Final = "v"
# What a document that is on its way can come to, in order; each is said once.
STEPS: Final = ("requested", "sent", "delivered", "viewed", "acknowledged")
ARRIVED: Final = ("delivered", "viewed", "acknowledged")
REJECTED: Final = "rejected"
FAILED: Final = "failed"
UNREACHABLE: Final = "unreachable"
# The channel cannot say whether it left.
UNKNOWN: Final = "unknown"
# Nobody waits for it any more: it was paid, or replaced.
NOT_NEEDED: Final = "not_needed"


def delivery(account: Account, document: str) -> DeliveryRow | None:
    """What is kept of the document, or of the consolidated invoice that it went with; None where it was never sent."""
    row = account.delivery(document)
    return account.delivery(row.part_of) if row is not None and row.part_of else row


def arrived(account: Account, document: str) -> bool:
    """Whether the document arrived, as far as anybody knows; one that was never sent out from here counts as arrived."""
    row = delivery(account, document)
    return row is None or row.arrived


def keep(account: Account, row: DeliveryRow, was_out: bool) -> None:
    """Keep the row, and how many documents are on their way. was_out: whether this one was before."""
    account.put_delivery(row)
    if was_out != (not row.arrived):
        account.row.undelivered += -1 if was_out else 1
        account.touch()


def join(account: Account, document: str, number: str) -> None:
    """The document goes with a consolidated invoice."""
    account.put_delivery(DeliveryRow(document, number))


def set_deadline(account: Account, row: DeliveryRow, time_ms: int) -> None:
    """Set when the delivery is looked at again, UTC milliseconds; 0 for never. The account wakes then."""
    assert 0 <= time_ms < MOST_TIME_MS, f"a deadline at {time_ms}"
    if row.deadline == time_ms:
        return
    deadlines.put(account.index(), row.document, row.deadline, time_ms, deadlines.DELIVERIES)
    state = account.row
    state.delivery_deadlines += (time_ms > 0) - (row.deadline > 0)
    row.deadline = time_ms
    alone = state.delivery_deadlines == (time_ms > 0)
    if alone or (time_ms and time_ms < state.delivery_deadline):
        state.delivery_deadline = time_ms
    # Else the first one may have gone. To look for the next each time was a fifth of what a fact costs; the account
    # wakes once for nothing instead, and looks then.
    account.wake_first()


def find_first_deadline(account: Account) -> None:
    """Set when the first delivery is looked at again, as the index has it: after a wake for the one that was first."""
    account.row.delivery_deadline = deadlines.first(account.index(), deadlines.DELIVERIES)
    account.wake_first()


def due(account: Account, time_ms: int) -> Iterator[DeliveryRow]:
    """Deliveries whose deadline is no later than that, the earliest first."""
    for document in deadlines.until(account.index(), time_ms, deadlines.DELIVERIES):
        row = account.delivery(document)
        assert row is not None, f"no delivery of {document}"
        yield row


def set_unreachable(account: Account, row: DeliveryRow, there: bool) -> None:
    """No channel is known for the document, or one is by now."""
    account.index().changed[NOWHERE + row.document] = there
    account.row.unreachable += 1 if there else -1
    account.touch()


def unreachable(account: Account) -> Iterator[DeliveryRow]:
    """Documents that no channel was found for, by number."""
    for name in account.index().between(NOWHERE, _BEHIND):
        row = account.delivery(name[1:])
        assert row is not None, f"no delivery of {name[1:]}"
        yield row
