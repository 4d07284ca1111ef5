"""The check kpi: every kpi_* view that is there against its recomputation, and every recomputation against its view."""

from collections.abc import Callable
from typing import Final

from headrace.audit.findings import Check
from headrace.audit.kpi.comparing import Comparison, Kpi
from headrace.audit.kpi.reading import Reading
from sinks.clickhouse.reading import Views

_THERE: Final = (
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, 'kpi_') ORDER BY name"
)
KPIS: Final[tuple[Kpi, ...]] = ()


def check_kpis(check: Check, views: Views, reading: Reading, went_on: Callable[[], bool]) -> None:
    """Compare all of them. `went_on`: whether decisions were published since the logs were read. Raises SinkError."""
    there = [row[0] for row in views.ask(_THERE).rows]
    known = {kpi.view: kpi for kpi in KPIS}
    for name in sorted(set(there) - set(known)):
        check.find("not_recomputed", f"{name} is a view of which nothing recomputes the figures")
    for name in sorted(set(known) - set(there)):
        check.find("not_there", f"{name} is not there")
    for name in sorted(set(known) & set(there)):
        found = Check(check.name, check.title)
        Comparison(found, views).compare(known[name], known[name].rows(reading))
        if went_on():
            check.note(
                f"decisions were published meanwhile, so {name} was not compared: run it while nothing is decided"
            )
            continue
        check.checked += found.checked
        for finding in found.findings:
            check.keep(finding)
        check.count += found.count - len(found.findings)
        check.note(
            f"{name}: {found.checked:,} rows, " + (f"{found.count:,} differences" if found.count else "all agree")
        )
