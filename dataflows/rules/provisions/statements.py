"""[statements]: statements of account. Source: C11."""

from datetime import date, timedelta
from typing import Final

from dataflows.rules.policy.policy_tables import EPOCH_ORDINAL, Table
from dataflows.rules.provisions.delivery import listed

# By which letters leave.
CHANNELS: Final = ("email", "portal", "api", "letter")


class StatementTerms:
    """day_of_month: on which statements are made, the last of a shorter month; 0: on request only. channels: by which they
    are sent, none where nobody is sent one; the last one needs nobody's consent."""

    __slots__ = ("channels", "day_of_month")

    def __init__(self, table: Table) -> None:
        self.day_of_month: Final = table.number("day_of_month", 0, 31)
        self.channels: Final = listed(table, "channels", CHANNELS)
        table.done()

    def next_day(self, day: int) -> int:
        """The first such day after `day`, as days since 1970-01-01; 0 where there is none."""
        if not self.day_of_month:
            return 0
        month = date.fromordinal(day + EPOCH_ORDINAL).replace(day=1)
        while True:
            following = (month + timedelta(31)).replace(day=1)
            last = following.toordinal() - month.toordinal()
            found = month.toordinal() + min(self.day_of_month, last) - 1 - EPOCH_ORDINAL
            if found > day:
                return found
            month = following
