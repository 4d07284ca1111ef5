"""[promises]: when a promise is judged, and how much may be missing. Source: REFERENCE 3.4."""

from typing import Final

from dataflows.rules.policy_tables import Table


class PromiseTerms:
    """tolerance_days: days after the promised date; tolerance_minor: minor units that may be missing."""

    __slots__ = ("tolerance_days", "tolerance_minor")

    def __init__(self, table: Table) -> None:
        self.tolerance_days: Final = table.number("tolerance_days", 0, 90)
        self.tolerance_minor: Final = table.number("tolerance_minor", 0, 10**9)
        table.done()
