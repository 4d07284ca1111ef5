"""When an account wakes: its contact time, deadlines of disputes and exceptions, and what else time brings."""

from typing import Final

from dataflows.rules.account import deadlines
from dataflows.rules.account.account_documents import AccountDocuments
from dataflows.rules.account.account_rows import ACCOUNT
from schemas.records import DisputeRow, ExceptionRow

# Past it nothing is a time; what is stored has to be a number of 64 bits.
MOST_TIME_MS: Final = 1 << 60


class AccountTimes(AccountDocuments):
    """Whatever has a time names it here, and the account's wake is the first of them."""

    # --- wakes ---

    def wake_by(self, time_ms: int) -> None:
        """Wake no later than this, for contacts and all that is done with them."""
        assert -MOST_TIME_MS < time_ms < MOST_TIME_MS, f"a wake at {time_ms}"
        if not self.row.contact_wake or time_ms < self.row.contact_wake:
            self.set_contact_wake(time_ms)

    def set_contact_wake(self, time_ms: int) -> None:
        """Wake then for contacts, 0 for not at all; and for the first deadline, where that comes before."""
        self.row.contact_wake = time_ms
        self.wake_first()

    def wake_first(self) -> None:
        """Set the wake to what comes first: contacts, a deadline of a dispute, delivery or task, or what changes its
        credit."""
        row = self.row
        row.wake = row.contact_wake
        if row.deadline and (not row.wake or row.deadline < row.wake):
            row.wake = row.deadline
        if row.delivery_deadline and (not row.wake or row.delivery_deadline < row.wake):
            row.wake = row.delivery_deadline
        if row.credit_wake and (not row.wake or row.credit_wake < row.wake):
            row.wake = row.credit_wake
        for task in row.tasks:
            if task.deadline and (not row.wake or task.deadline < row.wake):
                row.wake = task.deadline
        for request in row.approvals:
            if request.deadline and (not row.wake or request.deadline < row.wake):
                row.wake = request.deadline
        if row.exception_due and (not row.wake or row.exception_due < row.wake):
            row.wake = row.exception_due
        self.dirty[ACCOUNT] = True

    # --- deadlines of disputes ---

    def set_deadline(self, dispute: DisputeRow, time_ms: int) -> None:
        """Set when a dispute's time is over, UTC milliseconds; 0 stops its clock. The account wakes then."""
        assert 0 <= time_ms < MOST_TIME_MS, f"a deadline at {time_ms}"
        if dispute.deadline != time_ms:
            self.row.deadline = deadlines.move(
                self._index_names(), dispute.dispute_id, dispute.deadline, time_ms, self.row.deadline
            )
            dispute.deadline = time_ms
            self.wake_first()
        self.put_dispute(dispute)

    def disputes_due(self, time_ms: int) -> list[DisputeRow]:
        """Disputes whose deadline is no later than that, the earliest first."""
        found: list[DisputeRow] = []
        for dispute_id in deadlines.until(self._index_names(), time_ms):
            dispute = self.dispute(dispute_id)
            assert dispute is not None, f"no dispute {dispute_id}"
            found.append(dispute)
        return found

    # --- exceptions ---

    def drop_exception(self, exception_id: str) -> None:
        """Nobody has to look at it any more, if anybody had."""
        row = self.exception(exception_id)
        if row is not None:
            self.plan_exception(row, 0)
            self.put_exception(exception_id, None)

    def plan_exception(self, row: ExceptionRow, time_ms: int) -> None:
        """Set when it is escalated, UTC milliseconds; 0 never. The account wakes then."""
        if row.due != time_ms:
            self.row.exception_due = deadlines.move(
                self._index_names(),
                row.exception_id,
                row.due,
                time_ms,
                self.row.exception_due,
                table=deadlines.EXCEPTION_DUE,
            )
            row.due = time_ms
            self.wake_first()
        self.put_exception(row.exception_id, row)

    def exceptions_due(self, time_ms: int) -> list[ExceptionRow]:
        """Exceptions that are to be escalated by then, the earliest first."""
        found: list[ExceptionRow] = []
        for exception_id in deadlines.until(self._index_names(), time_ms, deadlines.EXCEPTION_DUE):
            row = self.exception(exception_id)
            assert row is not None, f"no exception {exception_id}"
            found.append(row)
        return found
