"""The KPIs, each a view of the decisions and of who the accounts are. docs/kpis.md is their contract.

May not be here: figures that no decision says, and anything that writes rows.
"""

from typing import Final

from sinks.clickhouse.kpis.cash import CASH_KPIS
from sinks.clickhouse.kpis.claims import CLAIM_KPIS
from sinks.clickhouse.kpis.control import CONTROL_KPIS
from sinks.clickhouse.kpis.invoices import INVOICES
from sinks.clickhouse.kpis.money import MONEY
from sinks.clickhouse.kpis.overdue import OVERDUE
from sinks.clickhouse.kpis.queues import QUEUE_KPIS
from sinks.clickhouse.view import View

KPIS: Final[tuple[View, ...]] = (
    *MONEY,
    *INVOICES,
    *CASH_KPIS,
    *CLAIM_KPIS,
    *OVERDUE,
    *QUEUE_KPIS,
    *CONTROL_KPIS,
)
"""In an order in which each is made after those that it asks."""
