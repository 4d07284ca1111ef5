"""All flows, or all of publish, as processes of their own."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from connectors.log.base import Log
from dataflows.effects_position import begun, effects_file
from dataflows.shards.owner import save_stored_progress
from headrace.commands.common import FOUND_WANTING, say, where_again
from headrace.documents import office_of
from headrace.flows.pace import Pace
from headrace.logs import open_installation
from headrace.operations import LEAVE_WHEN_IDLE, TOLD_TO_STOP, StopFlag
from headrace.places import flows_lock
from headrace.settings import Settings
from headrace.summary import Counted, Rejected, policies_in_force, rejected, summary
from sinks.base import SinkError
from sinks.local import Lock

CHILD_STOP_SECONDS: Final = 60.0
WATCH_SECONDS: Final = 0.05


class Children:
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
        self._running[name] = subprocess.Popen(command, stdin=subprocess.PIPE)

    def _effects(self) -> list[str]:
        """The sinks with effects outside that have anything to do."""
        # What waits for endpoints that were taken out ends, and what is decided meanwhile is not for one that is set later.
        told = self._settings.webhooks or effects_file(self._settings.dir, "webhooks").exists()
        there = {"webhooks": told, "delivery": self._sends, "erp": self._settings.erp}
        return [name for name, settings in there.items() if settings]

    def run(self, whole: bool, replay: bool, until_idle: bool) -> int:
        """Run the flows; 0 where all of them left in order. whole: intake and receivables too; then all, until idle, end
        with a summary on stdout.

        Raises HeldElsewhere where another process runs them here: each would have some of the locks, and end for the others.
        """
        lock = Lock(flows_lock(self._settings), f"{self._settings.dir}: headrace run")
        try:
            return self._run(whole, replay, until_idle)
        finally:
            lock.close()

    def _run(self, whole: bool, replay: bool, until_idle: bool) -> int:
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
            if whole:
                # Before anybody waits until all is decided: receivables itself says so only when it is there.
                save_stored_progress(log, range(self._settings.shards), self._settings.dir / "state")
                self._start("receivables", "receivables")
                mode = ["--replay", "--paced"] if replay else ["--live"]
                self._start("intake", "intake", *mode, *(["--until-idle"] if until_idle else []))
            pace = Pace(log, self._failed)
            code = self._watch(pace if until_idle else None)
            if code == 0 and until_idle and not self._stop:
                code = self._finish()
            code = max(code, self._end(*self._running))
            if code == 0 and until_idle and whole:
                self._tell(before, log)
        finally:
            self._end(*self._running)
            log.close()
        return max(code, self._stopped)

    def _finish(self) -> int:
        """All is decided and forwarded: who does that ends, and who publishes when all there is is published."""
        code = self._end("receivables", "forward")
        if code == 0:
            for child in self._running.values():
                assert child.stdin is not None
                # One that has ended is found by who watches.
                with suppress(BrokenPipeError), child.stdin:
                    child.stdin.write(LEAVE_WHEN_IDLE.encode())
            code = self._watch(None)
        return code

    def _tell(self, before: Counted, log: Log) -> None:
        if self._stop:
            say("told to stop before all was done; what was done is kept, and the next run goes on from there")
            return
        versions: dict[int, int] = {}
        rejections = Rejected()
        try:
            rejections = rejected(self._settings, before)
            versions = policies_in_force(self._settings)
        except SinkError as error:
            # The run itself is done.
            say(f"how many facts were rejected, and which policy is in force, cannot be told: {error}")
        print(summary(before, Counted.now(log, self._settings), versions, rejections, self._said_where))

    def _failed(self) -> bool:
        return bool(self._stop) or any(child.poll() for child in self._running.values())

    def _watch(self, pace: Pace | None) -> int:
        """Wait until told to stop, until a flow fails, until all have ended, or (with `pace`) until all is done."""
        while self._running and not self._stop:
            for name, child in list(self._running.items()):
                code = child.poll()
                if code is None:
                    continue
                if self._stop:
                    return 0
                del self._running[name]
                if code == TOLD_TO_STOP:
                    self._log.error("somebody else told a flow to stop", flow=name)
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

    def _end(self, *names: str) -> int:
        """Tell those of them that run to stop, and wait for them; the worst exit code."""
        ending = {name: self._running.pop(name) for name in names if name in self._running}
        for child in ending.values():
            child.send_signal(signal.SIGTERM)
        worst = 0
        for name, child in ending.items():
            try:
                code = child.wait(CHILD_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._log.error("did not stop in time and was killed; a restart recovers", flow=name)
                child.kill()
                code = child.wait()
            # One that was told to stop before it had begun ends by the signal itself.
            worst = max(worst, 0 if code in (-signal.SIGTERM, TOLD_TO_STOP) else abs(code))
        return FOUND_WANTING if worst else 0
