"""The whole audit: shard by shard through both logs once, every check beside the others."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.log.base import Log
from dataflows.publishing import FORWARD
from headrace.audit.contents import Contents
from headrace.audit.credit_news import CreditNews
from headrace.audit.definitions import check_definitions
from headrace.audit.findings import Check, Checks
from headrace.audit.keep import Scratch
from headrace.audit.kpi.check import check_kpis
from headrace.audit.kpi.reading import Reading
from headrace.audit.live import LiveCheck
from headrace.audit.rerun import Rerun
from headrace.audit.shard import ShardAudit
from headrace.audit.state import StateCheck, StateCopy, Unstable
from headrace.audit.streams import Group, ShardLogs
from headrace.audit.transit import Transit
from headrace.audit.versions import Everywhere
from headrace.audit.views import ClickHouseCheck, TableCheck
from schemas.records import ShardRow
from schemas.topics import DECISIONS, FACTS
from sinks.base import SinkError
from sinks.clickhouse.reading import Views
from sinks.redis.live.reading import LiveViews

# The group under which receivables says how far it is.
RECEIVABLES: Final = "receivables"
PROGRESS_FACTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Sources:
    """What is audited. `state` holds a directory for each shard; `views` and `live` are None where there are none."""

    log: Log
    state: Path
    views: Views | None
    live: LiveViews | None
    cache_bytes: int


def run_audit(sources: Sources, checks: Checks, progress: Callable[[int, int], None] | None = None) -> None:
    """Run every check into `checks`. `progress` gets the shard and the facts read so far in it.

    Raises LogUnavailable where the log is away; what is wrong is a finding.
    """
    log = sources.log
    with tempfile.TemporaryDirectory(prefix="headrace-verify-") as scratch_directory:
        scratch = Scratch(Path(scratch_directory))
        try:
            transit = Transit(checks.transit, scratch)
            everywhere = Everywhere(checks.facts)
            news = CreditNews(checks.credit, scratch)
            # Read first: what the forwarder had done with by now, it had brought to the log by now.
            forwarded = log.positions(FORWARD, DECISIONS)
            shown = _shown(sources, checks)
            reading = None if checks.kpi is None else Reading()
            for shard in range(log.partitions(FACTS)):
                with tempfile.TemporaryDirectory(prefix="headrace-verify-") as directory:
                    done = forwarded.get(shard, 0)
                    audit = ShardAudit(shard, checks, transit, news, scratch, done, everywhere, reading)
                    _Shard(sources, checks, shard, shown, Path(directory)).run(audit, transit, progress)
            transit.finish()
            everywhere.finish()
            news.finish()
            if shown is not None and shown.contents is not None:
                with _telling(checks, "ClickHouse"):
                    shown.contents.totals()
            if checks.kpi is not None and reading is not None:
                _compare_kpis(sources, checks, checks.kpi, shown, reading)
        finally:
            scratch.close()


def _compare_kpis(sources: Sources, checks: Checks, check: Check, shown: "_Shown | None", reading: Reading) -> None:
    """The figures of the views, where all that was decided is published."""
    if shown is None or sources.views is None:
        check.note("not compared: there are no views, or ClickHouse does not answer")
        return
    with _telling(checks, "ClickHouse"):
        behind = {s: n - shown.rows.published(s) for s, n in reading.known.items() if n > shown.rows.published(s)}
        if behind:
            check.note(f"not compared: {sum(behind.values())} decisions are not published to ClickHouse yet")
            return
        rows = shown.rows
        check_kpis(check, sources.views, reading, lambda: any(rows.under_way(s) > n for s, n in reading.known.items()))


@dataclass(frozen=True, slots=True)
class _Shown:
    """The checks of ClickHouse; `contents` is None where a definition is wrong."""

    rows: ClickHouseCheck
    contents: Contents | None


def _shown(sources: Sources, checks: Checks) -> _Shown | None:
    views = sources.views
    if views is None:
        return None
    with _telling(checks, "ClickHouse"):
        sound = check_definitions(checks.views, views)
        rows = ClickHouseCheck(checks.views, views, sources.log.partitions(FACTS))
        return _Shown(rows, Contents(checks.views, views, rows) if sound else None)
    return None


@contextmanager
def _telling(checks: Checks, what: str) -> Iterator[None]:
    """A sink that cannot be asked is a finding: nobody knows then whether it is right."""
    try:
        yield
    except SinkError as error:
        checks.views.find("unreachable", f"{what} does not answer: {error}")


class _Shard:
    """The audit of one shard."""

    def __init__(self, sources: Sources, checks: Checks, shard: int, shown: _Shown | None, directory: Path) -> None:
        self._sources: Final = sources
        self._checks: Final = checks
        self._shard: Final = shard
        self._shown: Final = shown
        self._directory: Final = directory
        self._last = b""
        self._state_done = False

    def run(self, audit: ShardAudit, transit: Transit, progress: Callable[[int, int], None] | None) -> None:
        with ExitStack() as stack:
            copy = self._open_state()
            if copy is not None:
                stack.callback(copy.close)
            logs = self._logs(copy)
            rerun = self._rerun(logs.first_version)
            stack.callback(rerun.close)
            table = None if self._shown is None else TableCheck(self._checks.views, self._shown.rows, self._shard)
            number = taken = 0
            for group in logs:
                if copy is not None and copy.row is not None and group.offset >= copy.row.next_offset:
                    self._compare_state(copy, copy.row, audit, rerun, taken)
                self._take(group, audit, rerun, table)
                taken = group.said[-1].decision.sequence + 1 if group.said else taken
                number += 1
                if progress is not None and number % PROGRESS_FACTS == 0:
                    progress(self._shard, number)
            if copy is not None and copy.row is not None:
                self._compare_state(copy, copy.row, audit, rerun, taken)
            audit.finish()
            for event_id in logs.undecided:
                transit.carried(event_id)
            self._compare_views(logs.decisions.next_sequence, audit, table)
            if progress is not None:
                progress(self._shard, number)

    def _take(self, group: Group, audit: ShardAudit, rerun: Rerun, table: TableCheck | None) -> None:
        audit.take(group)
        rerun.take(group)
        self._last = group.value
        if table is not None:
            for entry in group.said:
                table.take(entry.decision)

    # --- state ---

    def _open_state(self) -> StateCopy | None:
        directory = self._sources.state / f"shard-{self._shard:03d}"
        if not directory.is_dir():
            self._checks.state.note(
                f"shard {self._shard} has no state in {self._sources.state} to compare: receivables has not run for it here"
            )
            return None
        try:
            copy = StateCopy(directory, self._directory / "copy")
        except Unstable as error:
            self._checks.state.note(f"not checked: {error}; stop the process that writes it")
            return None
        if copy.damaged:
            self._checks.state.find("damaged", f"{directory} cannot be read: {copy.damaged}", shard=self._shard)
        return copy

    def _logs(self, copy: StateCopy | None) -> ShardLogs:
        log = self._sources.log
        if copy is not None and copy.row is not None:
            # A process that runs says how far it is before the log has all of it; its checkpoint has both.
            taken_in, unconfirmed = copy.row.next_offset, copy.unconfirmed()
        else:
            taken_in, unconfirmed = log.positions(RECEIVABLES, FACTS).get(self._shard, 0), {}
        return ShardLogs(log, self._shard, self._checks.sequence, taken_in, unconfirmed)

    def _rerun(self, first_version: str) -> Rerun:
        log = self._sources.log
        row = ShardRow(log.identity(FACTS), log.identity(DECISIONS))
        directory = self._directory / "rerun"
        shards = log.partitions(FACTS)
        return Rerun(self._checks.rerun, self._shard, shards, row, directory, self._sources.cache_bytes, first_version)

    def _compare_state(self, copy: StateCopy, row: ShardRow, audit: ShardAudit, rerun: Rerun, taken: int) -> None:
        if self._state_done:
            return
        self._state_done = True
        log = self._sources.log
        check = StateCheck(self._checks.state, self._shard, audit.books)
        check.identity(row, log.identity(FACTS), log.identity(DECISIONS))
        check.unconfirmed(row, copy.unconfirmed().keys(), log.end_offsets(DECISIONS)[self._shard])
        check.compare(copy, row, taken, self._last)
        rerun.compare_state(copy)

    # --- views ---

    def _compare_views(self, known: int, audit: ShardAudit, table: TableCheck | None) -> None:
        if table is not None and self._shown is not None:
            log = self._sources.log
            with _telling(self._checks, "ClickHouse"):
                table.finish()
                self._shown.rows.counted(self._shard, known, lambda: log.end_offsets(DECISIONS)[self._shard])
                if self._shown.contents is not None:
                    self._shown.contents.of_shard(self._shard, known, audit.books)
        if self._sources.live is not None:
            with _telling(self._checks, "Redis"):
                LiveCheck(self._checks.views, self._sources.live, self._shard).compare(
                    list(audit.books.accounts.values()), known
                )
