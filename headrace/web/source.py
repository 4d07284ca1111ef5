"""Answers for pages: one question at a time, kept for as long as they are true, chDB given back when nobody asks.

Guarantees: an answer that is given again is of the same decisions, or is at most a second, or ten times as long as it
took to find, old. chDB belongs to one process: here it is open only while pages are made and shortly after, and even
while pages are asked for without a pause it is given up every two seconds for longer than others wait between two tries,
so that `headrace run` and other commands get it as soon as no single question takes longer than they wait (ten seconds).
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, RLock, Thread
from typing import Any, Final, TypeVar

from sinks.base import SinkStopped
from sinks.clickhouse.reading import Answer, DatabaseViews, SocketViews, Views

# What is younger is given again without looking whether anything came since.
FRESH_SECONDS: Final = 1.0
# A question that took a second may be ten seconds old: else looking would be all that is done.
KEPT_TIMES_ITS_COST: Final = 10.0
# What hangs on more than the decisions (names, regions, collectors) is asked again after it in any case.
OLDEST_SECONDS: Final = 300.0
IDLE_SECONDS: Final = 0.5
HELD_SECONDS: Final = 2.0
# Others try ten times a second.
PAUSE_SECONDS: Final = 0.25
MOST_ANSWERS: Final = 400
MOST_ROWS_KEPT: Final = 200_000
# Those of a longer answer are made into something that is kept itself, or go into a file.
MOST_ROWS_OF_ONE: Final = 20_000
# What is made of answers has something of every account: a forecast, for each up to a sum a day.
MOST_MADE: Final = 4

T = TypeVar("T")
# Out of what is kept by day: of all decisions it would take as long as some questions.
_VERSION: Final = """
SELECT (SELECT count() FROM decisions), toString(fromUnixTimestamp64Milli(max(last_recorded_ms), 'UTC')) FROM shard_days
"""


@dataclass(frozen=True, slots=True)
class Version:
    """How much the views know: decisions, and the time of the log that they have come to (UTC; empty without any)."""

    decisions: int
    until: str


@dataclass(slots=True)
class _Kept:
    answer: Any
    version: Version
    asked: float
    cost: float


def _size(kept: _Kept) -> int:
    return len(kept.answer.rows) if isinstance(kept.answer, Answer) else 0


class Source:
    """Something to ask, for many threads. `open_views` opens the views anew; close it."""

    def __init__(self, open_views: Callable[[], Views], clock: Callable[[], float] = time.monotonic) -> None:
        self._open = open_views
        self._clock = clock
        self._lock = RLock()
        self._views: Views | None = None
        self._opened = 0.0
        self._used = 0.0
        self._version = Version(0, "")
        self._version_asked = float("-inf")
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._over = Event()
        self._thread = Thread(target=self._give_back, name="idle", daemon=True)
        self._thread.start()

    def ask(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """Run one reading statement, as Views.ask; raises RetryLater, SinkStopped."""
        return self.kept(json.dumps([sql, parameters or {}], sort_keys=True), lambda: self._ask(sql, parameters))

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, or gave under that name if that holds still: the last MOST_MADE of them are kept.

        It asks nobody but this source.
        """
        with self._lock:
            kept = self._kept.get(name)
            if kept is not None and self._holds(kept):
                self._kept.move_to_end(name)
                found: T = kept.answer
                return found
            version = self.version()
            began = self._clock()
            made = make()
            ended = self._clock()
            kept = _Kept(made, version, ended, ended - began)
            if _size(kept) <= MOST_ROWS_OF_ONE:
                self._keep(name, kept)
            return made

    def version(self) -> Version:
        """At most a second old."""
        with self._lock:
            if self._clock() - self._version_asked > FRESH_SECONDS:
                count, until = self._ask(_VERSION, None).rows[0]
                self._version = Version(count, until if count else "")
                self._version_asked = self._clock()
            return self._version

    def close(self) -> None:
        """Wait for the question that is under way, and give back what is open. No other question is taken."""
        self._over.set()
        self._thread.join()
        with self._lock:
            self._close_views()

    def _holds(self, kept: _Kept) -> bool:
        age = self._clock() - kept.asked
        if age <= max(FRESH_SECONDS, KEPT_TIMES_ITS_COST * kept.cost):
            return True
        return age <= OLDEST_SECONDS and self.version() == kept.version

    def _keep(self, key: str, kept: _Kept) -> None:
        self._kept[key] = kept
        self._kept.move_to_end(key)
        made = [name for name, each in self._kept.items() if not isinstance(each.answer, Answer)]
        for name in made[:-MOST_MADE]:
            del self._kept[name]
        rows = sum(_size(each) for each in self._kept.values())
        while len(self._kept) > MOST_ANSWERS or (rows > MOST_ROWS_KEPT and len(self._kept) > 1):
            _, dropped = self._kept.popitem(last=False)
            rows -= _size(dropped)

    def _ask(self, sql: str, parameters: Mapping[str, Any] | None) -> Answer:
        views = self._open_views()
        try:
            return views.ask(sql, parameters)
        except SinkStopped:
            self._close_views()
            if not isinstance(views, SocketViews):
                raise
            # The publisher that answered may be gone. Where it is the question that is wrong, it says so again.
            return self._open_views().ask(sql, parameters)
        except BaseException:
            self._close_views()
            raise
        finally:
            self._used = self._clock()

    def _open_views(self) -> Views:
        if self._over.is_set():
            # A page that is still being made must not open chDB again: the process is about to end.
            raise SinkStopped("the pages are being closed")
        if isinstance(self._views, DatabaseViews) and self._clock() - self._opened > HELD_SECONDS:
            self._close_views()
            time.sleep(PAUSE_SECONDS)
        if self._views is None:
            self._views = self._open()
            self._opened = self._clock()
        return self._views

    def _close_views(self) -> None:
        views, self._views = self._views, None
        if views is not None:
            views.close()

    def _give_back(self) -> None:
        while not self._over.wait(IDLE_SECONDS / 2):
            with self._lock:
                if self._views is not None and self._clock() - self._used > IDLE_SECONDS:
                    self._close_views()
