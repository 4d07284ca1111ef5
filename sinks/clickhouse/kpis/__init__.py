"""The KPIs, each a view of the decisions and of who the accounts are. docs/kpis.md is their contract.

May not be here: figures that no decision says, and anything that writes rows.
"""

from typing import Final

from sinks.clickhouse.answers import KeptAnswer
from sinks.clickhouse.kpis.cash import CASH_KPIS
from sinks.clickhouse.kpis.claims import CLAIM_KPIS
from sinks.clickhouse.kpis.control import CONTROL_KPIS
from sinks.clickhouse.kpis.invoices import INVOICES
from sinks.clickhouse.kpis.money import MONEY
from sinks.clickhouse.kpis.overdue import OVERDUE
from sinks.clickhouse.kpis.queues import QUEUE_KPIS
from sinks.clickhouse.view import View

_COUNTED: Final = (*MONEY, *INVOICES, *CASH_KPIS, *CLAIM_KPIS, *OVERDUE, *QUEUE_KPIS, *CONTROL_KPIS)
# Those that take more than 80 ms at a million decisions.
_KEPT: Final = (
    *("kpi_overdue_causes", "kpi_queues", "kpi_policy_adherence", "kpi_unapplied", "kpi_release", "kpi_exceptions"),
    *("kpi_cycle_time", "kpi_reminders", "kpi_cash_application", "kpi_disputes", "kpi_collectors"),
)
ANSWERED: Final = tuple(KeptAnswer(view) for view in _COUNTED if view.name in _KEPT)
"""Those of which what was counted last is kept."""
KPIS: Final[tuple[View, ...]] = (
    *(view for view in _COUNTED if view.name not in _KEPT),
    *(view for answer in ANSWERED for view in (answer.now, answer.kept)),
)
"""In an order in which each is made after those that it asks."""
