"""A producer beside the flows: sends prepared messages at set rates and notes when each was durable.

`Traffic` starts it as a process of its own, so that what it does and what a reader does do not wait for
each other. Rates are kept by the clock: what the producer or the log holds up is sent as soon as it can
be, and its time counts from when it was due.
"""

import gc
import json
import pickle
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, NamedTuple, Self

from benchmarks.ground import Sent
from connectors.log.base import Full, Log, Writer
from headrace.logs import open_installation
from headrace.settings import load

CHUNK: Final = 10_000
# As many messages as are sent between two looks at what became durable.
ROUND: Final = 1_000
WAIT_SECONDS: Final = 0.0005


class Phase(NamedTuple):
    """So many seconds at so many messages a second."""

    seconds: float
    rate: float

    @property
    def messages(self) -> int:
        return int(self.seconds * self.rate)


class Probe(NamedTuple):
    """When a message that is waited for was due to be sent, and when it was durable in its log."""

    event_id: str
    due: float
    appended: float


class Outcome(NamedTuple):
    """What a producer did. `late`: for each message, seconds from due to sent. `started`: when its first was due."""

    probes: Sequence[Probe]
    started: float
    late: Sequence[float]


class Traffic:
    """A producer process for the installation of `config`; `start` it when all else is ready, then `outcome`."""

    def __init__(self, config: Path, messages: Iterable[Sent], phases: Sequence[Phase], scratch: Path) -> None:
        """Takes as many of `messages` as the phases send, writes them to `scratch`, and waits until the producer has them."""
        self._scratch: Final = scratch
        self.probes: Final = _store(scratch, messages, sum(phase.messages for phase in phases))
        spoken = [f"{phase.seconds}:{phase.rate}" for phase in phases]
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.traffic", str(config), str(scratch), *spoken],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.pid: Final = self._popen.pid
        assert self._popen.stdout is not None
        said = self._popen.stdout.readline()
        assert said == b"ready\n", f"the producer did not come up: {said!r}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._popen.kill()
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                stream.close()
        self._scratch.unlink(missing_ok=True)

    def start(self) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.write(b"go\n")
        self._popen.stdin.flush()

    def stop(self) -> None:
        """Send no more; what was sent still becomes durable."""
        self._popen.terminate()

    def done(self) -> bool:
        return self._popen.poll() is not None

    def outcome(self) -> Outcome:
        """Wait for its end. Everything it sent is durable then."""
        code = self._popen.wait()
        assert code == 0, f"the producer ended with {code}"
        told = self._scratch.with_suffix(".out")
        probes, started, late = json.loads(told.read_text())
        told.unlink()
        return Outcome([Probe(*each) for each in probes], started, late)


def _store(path: Path, messages: Iterable[Sent], count: int) -> frozenset[str]:
    """Write the first `count` messages; the event ids of those that are waited for."""
    probes: list[str] = []
    source = iter(messages)
    stored = 0
    with path.open("wb") as file:
        while stored < count:
            chunk = list(islice(source, min(CHUNK, count - stored)))
            assert chunk, f"{count - stored} messages too few"
            stored += len(chunk)
            probes += [message.probe for message in chunk if message.probe]
            pickle.dump([tuple(message) for message in chunk], file, protocol=5)
    return frozenset(probes)


def _stored(path: Path) -> list[Sent]:
    found: list[Sent] = []
    with path.open("rb") as file, suppress(EOFError):
        while True:
            found += [Sent(*each) for each in pickle.load(file)]
    return found


def due_times(phases: Sequence[Phase]) -> list[float]:
    """When each message is due, seconds after the start."""
    found: list[float] = []
    begin = 0.0
    for phase in phases:
        found += [begin + number / phase.rate for number in range(phase.messages)]
        begin += phase.seconds
    return found


class _Producer:
    """One writer for each topic; what is waited for is noted when its log says that it is durable."""

    def __init__(self, log: Log, messages: Sequence[Sent], due: Sequence[float]) -> None:
        self._messages = messages
        self._due = due
        self._writers: dict[str, Writer] = {
            topic: log.writer(topic, "traffic") for topic in sorted({message.topic for message in messages})
        }
        self._waiting: dict[tuple[str, int], deque[int]] = {}
        self.probes: list[Probe] = []
        self.late: list[float] = []
        self._stopped = False

    def stop(self, number: int, frame: FrameType | None) -> None:
        """A signal's handler: send no more."""
        self._stopped = True

    def run(self, start: float) -> None:
        """Send each message when it is due, `start` being the beginning; all is durable on return."""
        sent = 0
        while sent < len(self._messages) and not self._stopped:
            now = time.monotonic() - start
            before = sent
            while sent < len(self._messages) and sent - before < ROUND and self._due[sent] <= now:
                if not self._send(sent):
                    break
                self.late.append(now - self._due[sent])
                sent += 1
            self._confirm(start)
            if sent == before:
                time.sleep(WAIT_SECONDS)
        while any(writer.unconfirmed for writer in self._writers.values()):
            self._confirm(start)
            time.sleep(WAIT_SECONDS)

    def _send(self, number: int) -> bool:
        message = self._messages[number]
        try:
            self._writers[message.topic].send(message.partition, message.key, message.value, number)
        except Full:
            return False
        if message.probe:
            self._waiting.setdefault((message.topic, message.partition), deque()).append(number)
        return True

    def _confirm(self, start: float) -> None:
        for topic, writer in self._writers.items():
            confirmed = writer.poll(0.0)
            now = time.monotonic()
            for entry in confirmed:
                waiting = self._waiting.get((topic, entry.partition))
                while waiting and waiting[0] <= entry.token:
                    number = waiting.popleft()
                    self.probes.append(Probe(self._messages[number].probe, start + self._due[number], now))

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()


def main(config: Path, scratch: Path, phases: Sequence[Phase]) -> None:
    """The producer's process: says `ready`, waits for a line, sends, leaves its outcome beside `scratch`."""
    messages = _stored(scratch)
    # They stay; a collection that looks at all of them would hold up what is due.
    gc.freeze()
    log = open_installation(load(None, config))
    producer = _Producer(log, messages, due_times(phases))
    signal.signal(signal.SIGTERM, producer.stop)
    try:
        print("ready", flush=True)
        if not sys.stdin.readline():
            return
        start = time.monotonic()
        producer.run(start)
    finally:
        producer.close()
        log.close()
    scratch.with_suffix(".out").write_text(json.dumps(Outcome(producer.probes, start, producer.late)))


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        [Phase(float(seconds), float(rate)) for seconds, _, rate in (each.partition(":") for each in sys.argv[3:])],
    )
