"""How long decisions take from the log into the tables while so many come a second."""

import signal
import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.ground import FLUSH_SECONDS, START_SECONDS, used, write_config
from benchmarks.measure import latency
from benchmarks.processes import Process, run_flow
from connectors.log.base import Writer, account_key
from headrace.logs import open_installation
from headrace.places import query_socket
from headrace.settings import load
from schemas.codec import encode_decision
from schemas.records import Decision
from schemas.topics import DECISIONS
from sinks.base import SinkError
from sinks.clickhouse.reading import SocketViews

_ROUND_SECONDS: Final = 0.02
_LOOK_SECONDS: Final = 0.05
_END_SECONDS: Final = 60.0


class _Visible:
    """When each shard's decisions could be asked for: looks now and then."""

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path
        self._looked = 0.0
        # Of each shard: when it was looked, and the highest sequence then.
        self.seen: Final[dict[int, list[tuple[float, int]]]] = {}

    def look(self) -> int:
        """How many decisions there are; asked at most every _LOOK_SECONDS, and -1 in between."""
        if time.monotonic() < self._looked + _LOOK_SECONDS:
            return -1
        rows = SocketViews(self._path).ask("SELECT shard, max(sequence), count() FROM decisions GROUP BY shard").rows
        self._looked = time.monotonic()
        for shard, highest, _ in rows:
            self.seen.setdefault(int(shard), []).append((self._looked, int(highest)))
        return sum(int(count) for _, _, count in rows)

    def seconds(self, appended: Sequence[tuple[int, int, float]]) -> list[float]:
        """For each decision (shard, sequence, when it was durable in the log) how long until it was seen."""
        highest = {shard: [sequence for _, sequence in looks] for shard, looks in self.seen.items()}
        return [
            self.seen[shard][bisect_right(highest[shard], sequence - 1)][0] - when for shard, sequence, when in appended
        ]


def publishing_lag(directory: Path, decisions: Sequence[Decision], rate: int) -> dict[str, Any]:
    """Append the decisions, in their order, `rate` a second, beside `headrace run publish --sink clickhouse`.

    Gives from durable in the log to visible to a question, with at most _LOOK_SECONDS of looking in it; and the cores that
    publishing used. Raises ProcessFailed, TimeoutError.
    """
    config = write_config(directory / "lag", shards=1 + max(d.shard for d in decisions))
    settings = load(None, config)
    with (
        closing(open_installation(settings)) as log,
        closing(log.writer(DECISIONS, "bench")) as writer,
        Process(*run_flow(config, "publish", "--sink", "clickhouse")) as publisher,
    ):
        visible = _answering(query_socket(settings))
        start = publisher.usage()
        appended = _append(writer, decisions, rate, visible)
        give_up = time.monotonic() + _END_SECONDS
        while visible.look() < len(decisions):
            if time.monotonic() > give_up:
                raise TimeoutError(f"not all of {len(decisions)} decisions were published {_END_SECONDS:.0f} s later")
            time.sleep(_LOOK_SECONDS)
        end = publisher.usage()
        publisher.signal(signal.SIGTERM)
        publisher.wait()
    lag = latency(visible.seconds(appended))
    assert lag is not None
    return {
        "decisions": len(decisions),
        "per_second": round(len(decisions) / (appended[-1][2] - appended[0][2])),
        "lag": asdict(lag),
        "cores": used(start, end),
        "peak_mb": round(publisher.peak_bytes / 1e6),
    }


def _answering(socket_path: Path) -> _Visible:
    """As soon as the publisher answers. Raises TimeoutError."""
    visible = _Visible(socket_path)
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            visible.look()
            return visible
        except (OSError, SinkError) as error:
            if time.monotonic() > give_up:
                raise TimeoutError(f"{socket_path}: nobody answers") from error
            time.sleep(_LOOK_SECONDS)


def _append(
    writer: Writer, decisions: Sequence[Decision], rate: int, visible: _Visible
) -> list[tuple[int, int, float]]:
    """Shard, sequence and when it was durable, of each; in rounds of _ROUND_SECONDS, each late one caught up with."""
    keys = [account_key(d.tenant, d.entity, d.account_id) for d in decisions]
    values = [encode_decision(d) for d in decisions]
    appended: list[tuple[int, int, float]] = []
    began = time.monotonic()
    while len(appended) < len(decisions):
        first = len(appended)
        due = min(len(decisions), int((time.monotonic() - began) * rate))
        for at in range(first, due):
            writer.send(decisions[at].shard, keys[at], values[at])
        writer.flush(FLUSH_SECONDS)
        durable = time.monotonic()
        appended += [(d.shard, d.sequence, durable) for d in decisions[first:due]]
        visible.look()
        time.sleep(_ROUND_SECONDS)
    return appended
