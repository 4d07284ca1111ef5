"""headrace verify: recompute everything from the facts by other code, compare, and show the first differences."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from connectors.log import open_log
from connectors.log.base import Log
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Check, Checks, Finding, as_json
from headrace.commands.common import FOUND_WANTING, failures_told, load_existing
from headrace.places import clickhouse_place, live_server, query_socket
from headrace.settings import Settings
from schemas.topics import FACTS
from sinks.base import SinkError
from sinks.clickhouse.reading import Views, open_views
from sinks.redis.live.reading import LiveViews

# Findings and notes of each check that are shown; --json has more. Of the KPIs there is a note for each view.
SHOWN: Final = 10
SHOWN_NOTES: Final = 30


def verify(
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All findings as one JSON object.")] = False,
    kpi: Annotated[bool, typer.Option("--kpi", help="The figures of every kpi_* view too (docs/kpis.md).")] = False,
) -> None:
    """Recompute from the facts by other code, compare with decisions, views and state; exit 1 on any difference."""
    with failures_told():
        code = run(load_existing(directory, config), as_json, kpi)
    raise typer.Exit(code)


def run(settings: Settings, json_wanted: bool, kpi: bool = False) -> int:
    """Audit the installation and print the result on stdout; 0 where all agrees, 1 where something differs.

    Raises LogRefused where there is no log, LogUnavailable where it is away.
    """
    checks = Checks(kpi)
    with ExitStack() as stack:
        log = stack.enter_context(closing(_log(settings)))
        views = _views(settings, checks)
        if views is not None:
            stack.callback(views.close)
        live = _live(settings, checks, stack)
        sources = Sources(log, settings.dir / "state", views, live, settings.cache_bytes)
        with _progress(log) as told:
            run_audit(sources, checks, told)
    if json_wanted:
        print(json.dumps(as_json(checks), indent=2, ensure_ascii=False))
    else:
        show(checks, Console(emoji=False))
    return 0 if checks.ok else FOUND_WANTING


def _log(settings: Settings) -> Log:
    """The installation's log as it is: nothing is made where it is missing."""
    return open_log(
        settings.kafka, settings.dir / "log", settings.topic_prefix, settings.kafka_transactional, settings.log_sync
    )


def _views(settings: Settings, checks: Checks) -> Views | None:
    if not settings.clickhouse and not (settings.dir / "clickhouse").is_dir():
        checks.views.note("nothing was published to ClickHouse yet")
        return None
    try:
        return open_views(clickhouse_place(settings), query_socket(settings))
    except SinkError as error:
        checks.views.find("unreachable", f"ClickHouse does not answer: {error}")
        return None


def _live(settings: Settings, checks: Checks, stack: ExitStack) -> LiveViews | None:
    """The live views, open as long as `stack`."""
    if not settings.redis and not (settings.dir / "live").is_dir():
        checks.views.note("nothing was published to Redis yet")
        return None
    try:
        return LiveViews(stack.enter_context(live_server(settings, shared=True)))
    except SinkError as error:
        checks.views.find("unreachable", f"Redis does not answer: {error}")
        return None


@contextmanager
def _progress(log: Log) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr where it is a terminal. Yields what the audit calls with a shard and the facts read in it."""
    console = Console(stderr=True, emoji=False)
    columns = (TextColumn("verify"), BarColumn(), MofNCompleteColumn(), TextColumn("facts"), TimeElapsedColumn())
    done: dict[int, int] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("verify", total=sum(log.end_offsets(FACTS)))

        def told(shard: int, number: int) -> None:
            done[shard] = number
            bar.update(task, completed=sum(done.values()))

        yield told


def show(checks: Checks, console: Console) -> None:
    """The checks with their counts, then the first findings and notes of each."""
    table = Table("check", "what must be so", box=None, pad_edge=False)
    table.add_column("checked", justify="right")
    table.add_column("found", justify="right")
    for check in checks.all():
        style = "red" if check.count else ""
        table.add_row(check.name, check.title, f"{check.checked:,}", Text(f"{check.count:,}", style=style))
    console.print(table)
    for check in checks.all():
        _details(check, console)
    total = sum(check.count for check in checks.all())
    verdict = "all agrees" if checks.ok else f"{total:,} differences"
    console.print(Text(verdict, style="green" if checks.ok else "red"))


def _details(check: Check, console: Console) -> None:
    if check.findings or check.notes:
        console.print(Text(f"\n{check.name}", style="bold"))
    for finding in check.findings[:SHOWN]:
        console.print(Text(f"  {_line(finding)}"), soft_wrap=True)
    if check.count > SHOWN:
        console.print(f"  and {check.count - SHOWN:,} more")
    for note in check.notes[:SHOWN_NOTES]:
        console.print(Text(f"  {note}", style="dim"), soft_wrap=True)
    if len(check.notes) > SHOWN_NOTES:
        console.print(f"  and {len(check.notes) - SHOWN_NOTES:,} notes more; --json has them all")


def _line(finding: Finding) -> str:
    where = [finding.code]
    if finding.shard >= 0:
        where.append(f"shard {finding.shard}")
    if finding.offset >= 0:
        where.append(f"fact {finding.offset}")
    if finding.sequence >= 0:
        where.append(f"decision {finding.sequence}")
    if finding.account:
        where.append(finding.account)
    return f"{', '.join(where)}: {finding.text}"
