"""headrace run: one flow in this process, or all of them as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer

from connectors.log.base import Log
from dataflows.effects_position import begun, effects_file
from dataflows.shards.logged import ShardStopped
from dataflows.shards.owner import save_stored_progress
from dataflows.shards.store import OtherFormat, StoreInUse
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, failures_told, say, where_again
from headrace.documents import office_of
from headrace.flows import (
    Pace,
    start_clickhouse,
    start_delivery,
    start_erp,
    start_forward,
    start_intake,
    start_live,
    start_receivables,
    start_webhooks,
)
from headrace.logs import open_installation
from headrace.operations import StopFlag, configure_logging
from headrace.parents import end_with
from headrace.places import flows_lock
from headrace.settings import Settings, WrongSettings, load
from headrace.summary import Counted, policies_in_force, rejected, summary
from sinks.base import SinkError, SinkStopped
from sinks.local import Lock

CHILD_STOP_SECONDS: Final = 60.0
WATCH_SECONDS: Final = 0.05


class Flow(StrEnum):
    """What may be run."""

    intake = "intake"
    receivables = "receivables"
    publish = "publish"
    all = "all"


class Sink(StrEnum):
    """The flows of publish."""

    clickhouse = "clickhouse"
    forward = "forward"
    webhooks = "webhooks"
    delivery = "delivery"
    live = "live"
    erp = "erp"


def run(
    flow: Annotated[Flow, typer.Argument(help="The flow; all starts every flow as a process of its own.")] = Flow.all,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation; made on first use.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
    replay: Annotated[bool, typer.Option("--replay", help="History in its own order.")] = False,
    live: Annotated[bool, typer.Option("--live", help="As it comes; so it is without --replay.")] = False,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="Leave when all that is there is done.")] = False,
    shards: Annotated[str, typer.Option(help="Shards of this receivables process, such as 0-7.")] = "",
    sink: Annotated[
        Sink | None, typer.Option(help="The flow of publish; all that are set where none is named.")
    ] = None,
    paced: Annotated[bool, typer.Option("--paced", hidden=True)] = False,
    parent: Annotated[int, typer.Option("--parent", hidden=True)] = 0,
) -> None:
    """Run flows until told to stop (SIGTERM commits, then leaves)."""
    if replay and live:
        say("say --replay or --live, not both")
        raise typer.Exit(WRONG_USAGE)
    stop = StopFlag()
    stop.install()
    if parent:
        end_with(parent)
    configure_logging(flow.value if sink is None else f"{flow.value} {sink.value}")
    with failures_told():
        settings = load(directory, config)
        chosen = _shards(shards, settings.shards)
        if not parent:
            _tell_if_new(settings)
        try:
            if flow is Flow.intake:
                code = start_intake(settings, "replay" if replay else "live", until_idle, paced, stop)
            elif flow is Flow.receivables:
                code = start_receivables(settings, chosen, until_idle, stop)
            elif sink is Sink.clickhouse:
                code = start_clickhouse(settings, until_idle, stop)
            elif sink is Sink.forward:
                code = start_forward(settings, until_idle, stop)
            elif sink is Sink.webhooks:
                code = start_webhooks(settings, until_idle, stop)
            elif sink is Sink.delivery:
                code = start_delivery(settings, until_idle, stop)
            elif sink is Sink.live:
                code = start_live(settings, until_idle, stop)
            elif sink is Sink.erp:
                code = start_erp(settings, until_idle, stop)
            else:
                code = _Children(settings, directory, config, stop).run(flow, replay, until_idle)
        except (StoreInUse, OtherFormat, ShardStopped, SinkStopped) as error:
            say(str(error))
            code = FOUND_WANTING
    raise typer.Exit(code)


def _tell_if_new(settings: Settings) -> None:
    """An installation that is made by being run is told of: its name may have been mistyped."""
    if not settings.kafka and not (settings.dir / "log").is_dir():
        (settings.dir / "log").mkdir(parents=True)
        say(f"made a new installation at {settings.dir}")


def _shards(text: str, there: int) -> list[int]:
    """The shards that `A-B` or `A` names; all where it is empty."""
    if not text:
        return list(range(there))
    first, _, last = text.partition("-")
    if not first.isdigit() or (last and not last.isdigit()):
        raise WrongSettings(f"--shards {text}: must be A-B or A, from 0 to {there - 1}")
    chosen = list(range(int(first), int(last or first) + 1))
    if not chosen or chosen[-1] >= there:
        raise WrongSettings(f"--shards {text}: must be A-B or A, from 0 to {there - 1}")
    return chosen


class _Children:
    """The flows as processes; one that dies is told of, and ends the rest, but for a sink with effects outside."""

    def __init__(self, settings: Settings, directory: Path | None, config: Path | None, stop: StopFlag) -> None:
        self._settings = settings
        where = ["--dir", str(directory)] if directory is not None else []
        self._where = where + (["--config", str(config)] if config is not None else [])
        self._said_where = where_again(directory, config)
        self._stop = stop
        self._stopped = 0
        self._sends = office_of(settings).setup.sends
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log = structlog.get_logger()

    def _start(self, name: str, *arguments: str) -> None:
        command = [sys.executable, "-m", "headrace.main", "run", *arguments, *self._where]
        command += ["--parent", str(os.getpid())]
        self._running[name] = subprocess.Popen(command)

    def _effects(self) -> list[str]:
        """The sinks with effects outside that have anything to do."""
        there = {"webhooks": self._settings.webhooks, "delivery": self._sends, "erp": self._settings.erp}
        return [name for name, settings in there.items() if settings]

    def run(self, flow: Flow, replay: bool, until_idle: bool) -> int:
        """Run the flows; 0 where all of them left in order. All flows until idle end with a summary on stdout.

        Raises HeldElsewhere where another process runs them here: each would have some of the locks, and end for the others.
        """
        lock = Lock(flows_lock(self._settings), f"{self._settings.dir}: headrace run")
        try:
            return self._run(flow, replay, until_idle)
        finally:
            lock.close()

    def _run(self, flow: Flow, replay: bool, until_idle: bool) -> int:
        # Made here, so that no two processes make a topic at the same time.
        log = open_installation(self._settings)
        try:
            before = Counted.now(log, self._settings)
            for name in self._effects():
                # Before anything is decided: a sink that is new begins where the decisions end.
                begun(log, name, effects_file(self._settings.dir, name))
            self._start("clickhouse", "publish", "--sink", "clickhouse")
            self._start("forward", "publish", "--sink", "forward")
            self._start("live", "publish", "--sink", "live")
            for name in self._effects():
                self._start(name, "publish", "--sink", name)
            if flow is Flow.all:
                # Before anybody waits until all is decided: receivables itself says so only when it is there.
                save_stored_progress(log, range(self._settings.shards), self._settings.dir / "state")
                self._start("receivables", "receivables")
                mode = ["--replay", "--paced"] if replay else ["--live"]
                self._start("intake", "intake", *mode, *(["--until-idle"] if until_idle else []))
            pace = Pace(log, self._failed)
            code = self._watch(pace if until_idle else None)
            code = max(code, self._end())
            if code == 0 and until_idle:
                # What the flows left over after they were told to stop.
                for name in ("clickhouse", "live", *(() if self._stopped else self._effects())):
                    self._start(name, "publish", "--sink", name, "--until-idle")
                code = max(abs(self._running.pop(name).wait()) for name in list(self._running))
            if code == 0 and until_idle and flow is Flow.all:
                self._tell(before, log)
        finally:
            self._end()
            log.close()
        return max(code, self._stopped)

    def _tell(self, before: Counted, log: Log) -> None:
        if self._stop:
            say("told to stop before all was done; what was done is kept, and the next run goes on from there")
            return
        versions: dict[int, int] = {}
        rejections = 0
        try:
            rejections = rejected(self._settings)
            versions = policies_in_force(self._settings)
        except SinkError as error:
            # The run itself is done.
            say(f"how many facts were rejected, and which policy is in force, cannot be told: {error}")
        print(summary(before, Counted.now(log, self._settings), versions, rejections, self._said_where))

    def _failed(self) -> bool:
        return bool(self._stop) or any(child.poll() for child in self._running.values())

    def _watch(self, pace: Pace | None) -> int:
        """Wait until told to stop, until a flow fails, or (with `pace`) until all is done."""
        while not self._stop:
            for name, child in list(self._running.items()):
                code = child.poll()
                if code is None:
                    continue
                del self._running[name]
                if code and name in self._effects():
                    self._log.error("a sink stopped; the other flows go on", flow=name, code=code)
                    self._stopped = FOUND_WANTING
                elif code:
                    self._log.error("a flow ended; the others are stopped", flow=name, code=code)
                    return FOUND_WANTING
            if pace is not None and "intake" not in self._running and pace.quiet():
                return 0
            time.sleep(WATCH_SECONDS)
        return 0

    def _end(self) -> int:
        """Tell all that run to stop, and wait for them; the worst exit code."""
        for child in self._running.values():
            child.send_signal(signal.SIGTERM)
        worst = 0
        for name, child in self._running.items():
            try:
                code = child.wait(CHILD_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._log.error("did not stop in time and was killed; a restart recovers", flow=name)
                child.kill()
                code = child.wait()
            # One that was told to stop before it had begun ends by the signal itself.
            worst = max(worst, 0 if code == -signal.SIGTERM else abs(code))
        self._running.clear()
        return FOUND_WANTING if worst else 0


__all__ = ["WRONG_USAGE", "run"]
