"""[promises]: when a promise is judged, and how much may be missing. Source: REFERENCE 3.4."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table

SUPERSEDED: Final = ("never", "over_promised", "always")


class PromiseTerms:
    """tolerance_days: days after the promised date; tolerance_minor: minor units that may be missing;
    superseded: when a new promise for the same items replaces an open one;
    cancelled_by_dispute: whether a dispute of an item cancels the open promises that name it."""

    __slots__ = ("cancelled_by_dispute", "superseded", "tolerance_days", "tolerance_minor")

    def __init__(self, table: Table) -> None:
        self.tolerance_days: Final = table.number("tolerance_days", 0, 90)
        self.tolerance_minor: Final = table.number("tolerance_minor", 0, 10**9)
        self.superseded: Final = table.one_of("superseded", SUPERSEDED)
        self.cancelled_by_dispute: Final = table.flag("cancelled_by_dispute")
        table.done()
