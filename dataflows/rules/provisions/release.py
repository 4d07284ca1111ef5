"""[release]: when drafts are released. Source: REFERENCE 3.1."""

from typing import Final

from dataflows.rules.policy_tables import Table

CONDITIONS: Final = ("on_order", "on_shipment", "on_pod")


class ReleaseTerms:
    """condition: one of CONDITIONS; pod_days: shipped so long ago without a complaint counts as delivered;
    hold_sla_days: an older hold is an exception."""

    __slots__ = ("condition", "hold_sla_days", "pod_days")

    def __init__(self, table: Table) -> None:
        self.condition: Final = table.one_of("condition", CONDITIONS)
        self.pod_days: Final = table.number("pod_days", 0, 365)
        self.hold_sla_days: Final = table.number("hold_sla_days", 0, 365)
        table.done()
