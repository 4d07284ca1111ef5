"""The check kpi: every kpi_* view that is there against its recomputation, and every recomputation against its view."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from headrace.audit.findings import Check
from headrace.audit.kpi import cash, contacts, control, invoices, overdue, queues, receivables
from headrace.audit.kpi.basis import Basis
from headrace.audit.kpi.comparing import Comparison, Kpi
from headrace.audit.kpi.reading import Reading
from sinks.base import SinkError
from sinks.clickhouse.answers import AS_OF
from sinks.clickhouse.reading import Views

_THERE: Final = """
SELECT name FROM system.tables WHERE database = currentDatabase() AND (startsWith(name, 'kpi_') OR startsWith(name, 'now_kpi_'))
ORDER BY name
"""
# Views that give what was counted last, and whether that is of what is in the tables now.
_KEPT: Final = f"""
SELECT substring(name, 9), (SELECT argMax(as_of, version) FROM answers WHERE kpi = substring(name, 9)) = {AS_OF}
FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'answers_kpi_')
"""
_NOW: Final = "now_"
# Facts before this offset are in the dimensions; and the last ones that are there.
_FACTS: Final = "SELECT shard, max(next_offset) FROM facts_state GROUP BY shard"
_LAST_FACTS: Final = """
SELECT shard, max(fact_offset) FROM (
    SELECT shard, fact_offset FROM customer_facts UNION ALL SELECT shard, fact_offset FROM account_owner_facts)
GROUP BY shard
"""
KPIS: Final = (
    Kpi("kpi_throughput", invoices.throughput),
    Kpi("kpi_release", invoices.release),
    Kpi("kpi_delivery", invoices.delivery, ("channel",)),
    Kpi("kpi_cycle_time", invoices.cycle_time),
    Kpi("kpi_dso", receivables.dso),
    Kpi("kpi_cei", receivables.cei),
    Kpi("kpi_aging", receivables.aging),
    Kpi("kpi_unapplied", receivables.unapplied),
    Kpi("kpi_recovery", receivables.recovery),
    Kpi("kpi_forecast", receivables.forecast),
    Kpi("kpi_cash_application", cash.cash_application),
    Kpi("kpi_write_offs", cash.write_offs, ("category", "rule")),
    Kpi("kpi_deductions", cash.deductions, ("category",)),
    Kpi("kpi_disputes", contacts.disputes, ("category", "root_cause")),
    Kpi("kpi_reminders", contacts.reminders, ("level", "channel")),
    Kpi("kpi_promises", contacts.promises),
    Kpi("kpi_collectors", contacts.collectors),
    Kpi("kpi_overdue_causes", overdue.overdue_causes, ("status",)),
    Kpi("kpi_queues", queues.queues, ("queue",)),
    Kpi("kpi_exceptions", queues.exceptions_kpi, ("rule",)),
    Kpi("kpi_approvals", control.approvals, ("category",)),
    Kpi("kpi_overrides", control.overrides, ("kind",)),
    Kpi("kpi_policy_adherence", control.policy_adherence, ("subject",)),
    Kpi("kpi_integration", control.integration, ("cause_kind",)),
    Kpi("kpi_lag", control.lag, ("shard",)),
    Kpi("kpi_audit", control.audit, ("origin",)),
)


def check_kpis(check: Check, views: Views, reading: Reading, went_on: Callable[[], bool]) -> None:
    """Compare all of them. `went_on`: whether decisions were published since the logs were read. Raises SinkError."""
    published = {row[0]: int(row[1]) for row in views.ask(_FACTS).rows}
    behind = [shard for shard, offset in reading.named.items() if published.get(shard, 0) <= offset]
    if behind:
        check.note(f"not compared: facts about accounts in shard {behind[0]} are not published to ClickHouse yet")
        return
    there = {row[0] for row in views.ask(_THERE).rows}
    counted = {row[0]: bool(row[1]) for row in views.ask(_KEPT).rows}
    basis = Basis(reading)
    known = {kpi.view: kpi for kpi in KPIS}
    wanted = set(known) | {f"{_NOW}{name}" for name in counted if name in known}
    for name in sorted(there - wanted):
        check.find("not_recomputed", f"{name} is a view of which nothing recomputes the figures")
    for name in sorted(wanted - there):
        check.find("not_there", f"{name} is not there")
    for name in sorted(set(known) & {view.removeprefix(_NOW) for view in wanted & there}):
        rows = known[name].rows(basis)
        for view in sorted({name, f"{_NOW}{name}"} & there):
            if not counted.get(view, True):
                check.note(f"{view} was not counted since the last decisions: headrace run publish does it")
                continue
            found = Check(check.name, check.title)
            try:
                Comparison(found, views).compare(replace(known[name], view=view), rows)
            except SinkError as error:
                # It may be this view alone that cannot be asked.
                found.find("not_answered", f"{view} cannot be read: {error}")
            if went_on() or any(offset >= reading.facts.get(shard, 0) for shard, offset in views.ask(_LAST_FACTS).rows):
                check.note(f"something was published meanwhile, so {view} was not compared: run it while nothing comes")
                continue
            _keep(check, view, found)


def _keep(check: Check, view: str, found: Check) -> None:
    check.checked += found.checked
    for finding in found.findings:
        check.keep(finding)
    check.count += found.count - len(found.findings)
    check.note(f"{view}: {found.checked:,} rows, " + (f"{found.count:,} differences" if found.count else "all agree"))
