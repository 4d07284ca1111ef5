"""What starts what: opens the logs, the shards and the sinks of a flow, and runs it until it may leave."""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import structlog
from prometheus_client import REGISTRY

from connectors.log.base import Log
from connectors.registry.client import RegistryAway, SchemaRegistry
from connectors.steady import patiently
from dataflows.effects import EffectsStatus
from dataflows.effects_position import effects_file
from dataflows.intake import Mode, run_intake
from dataflows.publish import publish_clickhouse, publish_effects, publish_forward, publish_live
from dataflows.publishing import FORWARD, PublishStatus
from dataflows.receivables import run_receivables
from dataflows.rules.transition import RULES_VERSION
from dataflows.shards.owner import GROUP as RECEIVABLES
from dataflows.shards.owner import Owner
from headrace.documents import office_of
from headrace.effects_metrics import EffectsMetrics
from headrace.erps import opened_erps
from headrace.lag import LagWatch
from headrace.logs import open_installation, open_log_of, writer_schemas
from headrace.operations import (
    MetricsServer,
    PublishMetrics,
    ReceivablesMetrics,
    StopFlag,
    flow_port,
    memory_gauge,
    serve_metrics,
)
from headrace.places import clickhouse_place, live_server, query_socket, redis_socket
from headrace.settings import Settings
from schemas.topics import DECISIONS, FACTS
from sinks.delivery.sink import DeliverySink
from sinks.effects.base import EffectSink
from sinks.erp.sink import ErpSink
from sinks.redis.connect import RedisServer
from sinks.webhooks.sink import WebhookSink

METRICS_SECONDS: Final = 1.0
STOP_SECONDS: Final = 30.0
PACE_SECONDS: Final = 0.01
T = TypeVar("T")


class _Watch:
    """Metrics, health and progress of the receivables flow, told about once a second; and when it may leave."""

    def __init__(self, owner: Owner, stop: StopFlag, until_idle: bool) -> None:
        self._owner = owner
        self._stop = stop
        self._until_idle = until_idle
        self._metrics = ReceivablesMetrics()
        self._next = 0.0
        self._facts = 0
        self._duplicates = 0
        self._hits = 0
        self._misses = 0
        self._commits = 0

    def leave(self) -> bool:
        if self._owner.at_end:
            self._owner.save_progress()
        now = time.monotonic()
        if now >= self._next:
            self._next = now + METRICS_SECONDS
            self._tell()
        if self._stop or not self._owner.open:
            return True
        return self._until_idle and self._owner.idle()

    def _tell(self) -> None:
        shards = {number: opened.shard for number, opened in self._owner.open.items()}
        facts = sum(shard.facts for shard in shards.values())
        hits = sum(shard.accounts.hits for shard in shards.values())
        misses = sum(shard.accounts.misses for shard in shards.values())
        kinds: Counter[str] = Counter()
        for shard in shards.values():
            kinds.update(shard.kinds)
            shard.kinds.clear()
        self._metrics.rates(
            max(0, facts - self._facts), kinds, max(0, hits - self._hits), max(0, misses - self._misses)
        )
        duplicates = sum(shard.duplicates for shard in shards.values())
        self._metrics.duplicates(max(0, duplicates - self._duplicates))
        self._duplicates = duplicates
        self._facts, self._hits, self._misses = facts, hits, misses
        for seconds in self._owner.take_commit_seconds():
            self._metrics.commit(seconds)
        for number, (lag_facts, lag_seconds) in self._owner.lags().items():
            shard = shards[number]
            self._metrics.shard(
                number, lag_facts, lag_seconds, len(shard.unconfirmed), shard.store.rows(), shard.row.parked_accounts
            )

    def health(self) -> dict[str, object]:
        return {"ok": not self._owner.stopped, "stopped": dict(self._owner.stopped), "log": self._owner.log.status()}


def _opened(settings: Settings, until_idle: bool, stop: StopFlag) -> Log:
    return _patient(lambda: open_installation(settings), until_idle, stop)


def _patient(call: Callable[[], T], until_idle: bool, stop: StopFlag) -> T:
    """What `call` returns. A flow that is to stay waits for a log that is away; one that ends when it is idle says so."""
    return patiently(call, lambda: until_idle or bool(stop))


def start_receivables(settings: Settings, shards: Sequence[int], until_idle: bool, stop: StopFlag) -> int:
    """Run receivables over `shards`; 0 when it left in order, 1 where a shard had to be stopped."""
    told = structlog.get_logger()
    log = _opened(settings, until_idle, stop)
    name = f"receivables-{min(shards)}-{max(shards)}"
    owner = _patient(lambda: Owner(log, shards, settings.dir / "state", settings.cache_bytes, name), until_idle, stop)
    watch = _Watch(owner, stop, until_idle)
    server = _served(settings, "receivables", watch.health)
    # Facts, rows and decisions make no reference cycles, and looking for them among a million
    # objects that live long took a seventh of the time (November 2026).
    gc.freeze()
    gc.disable()
    told.info("receivables started", shards=f"{min(shards)}-{max(shards)}", rules=RULES_VERSION)
    try:
        run_receivables(owner, watch.leave)
        owner.stop(STOP_SECONDS)
    finally:
        owner.close()
        log.close()
        if server is not None:
            server.close()
    for number, why in owner.stopped.items():
        told.error("shard stopped", shard=number, why=why)
    told.info("receivables stopped", reason=stop.reason or "idle")
    return 1 if owner.stopped else 0


def start_intake(settings: Settings, mode: Mode, until_idle: bool, paced: bool, stop: StopFlag) -> int:
    """Run intake. `paced`: a replay waits, where it has to, for the flows behind it at each day's end."""
    schemas = writer_schemas(settings)
    if schemas is not None:
        _ask_registry(schemas.registry)
    log = _opened(settings, until_idle, stop)

    def health() -> dict[str, object]:
        found: dict[str, object] = {"ok": True, "log": log.status()}
        return found if schemas is None else found | {"schema_registry": schemas.registry.status}

    server = _served(settings, "intake", health)
    pace = Pace(log, stop.__bool__) if paced else None
    wait = pace.wait if pace is not None else None
    try:
        run_intake(log, settings, mode, until_idle, stop.__bool__, pace=wait, schemas=schemas)
    finally:
        log.close()
        if server is not None:
            server.close()
    return 0


def _ask_registry(registry: SchemaRegistry) -> None:
    """Say at the start how it stands. Raises RegistryRefused; one that is away is waited for when it is needed."""
    try:
        registry.check()
    except RegistryAway as error:
        structlog.get_logger().warning("starting without it; messages by headrace's own ids go on", why=str(error))


def start_clickhouse(settings: Settings, until_idle: bool, stop: StopFlag) -> int:
    """Publish decisions into ClickHouse."""
    log = _opened(settings, until_idle, stop)
    try:
        with _publishing(settings, "clickhouse") as status:
            place, socket = clickhouse_place(settings), query_socket(settings)
            publish_clickhouse(log, place, socket, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
    return 0


def start_forward(settings: Settings, until_idle: bool, stop: StopFlag) -> int:
    """Keep the directory and bring back as facts what must come back."""
    log = _opened(settings, until_idle, stop)
    try:
        with (
            _publishing(settings, "forward") as status,
            RedisServer(settings.dir / "redis", redis_socket(settings), settings.redis) as redis,
        ):
            publish_forward(log, redis, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
    return 0


def start_webhooks(settings: Settings, until_idle: bool, stop: StopFlag) -> int:
    """Tell the endpoints that are set what happens."""
    return start_effects(settings, WebhookSink([webhook.endpoint() for webhook in settings.webhooks]), until_idle, stop)


def start_delivery(settings: Settings, until_idle: bool, stop: StopFlag) -> int:
    """Send documents and letters by the channels that delivery.toml sets. Raises WrongSettings."""
    return start_effects(settings, DeliverySink(office_of(settings)), until_idle, stop)


def start_erp(settings: Settings, until_idle: bool, stop: StopFlag) -> int:
    """Write decisions back to the ERPs that are set. Raises WrongSettings."""
    erps = opened_erps(settings)
    try:
        return start_effects(settings, ErpSink(erps), until_idle, stop)
    finally:
        for erp in erps:
            erp.adapter.close()


def start_effects(settings: Settings, sink: EffectSink, until_idle: bool, stop: StopFlag) -> int:
    """Do outside what decisions ask `sink` for."""
    log = _opened(settings, until_idle, stop)
    effects = EffectsStatus()
    path, again = (
        effects_file(settings.dir, sink.name),
        f"headrace effects --dir {settings.dir} start {sink.name} --from end",
    )
    try:
        with _publishing(settings, sink.name) as status, EffectsMetrics.told(sink.name, effects):
            publish_effects(log, sink, path, again, until_idle=until_idle, stop=stop, status=status, effects=effects)
    finally:
        log.close()
    return 0


def start_live(settings: Settings, until_idle: bool, stop: StopFlag) -> int:
    """Keep the live views in Redis."""
    log = _opened(settings, until_idle, stop)
    try:
        with _publishing(settings, "live") as status, live_server(settings) as redis:
            publish_live(log, redis, until_idle=until_idle, stop=stop, status=status)
    finally:
        log.close()
    return 0


def publish_health(status: PublishStatus) -> dict[str, object]:
    """What /health says of a publishing flow."""
    said: dict[str, object] = {"ok": status.state != "stopped" and not status.stuck, "state": status.state}
    if status.stuck:
        said["reason"] = f"{status.stuck} transfers are stuck: headrace verify names them"
    return said


@contextmanager
def _publishing(settings: Settings, sink: str) -> Iterator[PublishStatus]:
    """The status of a publishing flow, told as metrics and health. One that waits for what is away is well."""
    status = PublishStatus()
    server = _served(settings, f"publish {sink}", lambda: publish_health(status))
    if server is None:
        yield status
        return
    watch = LagWatch(open_log_of(settings), lambda: status.positions)
    REGISTRY.register(PublishMetrics(sink, status, watch.last))
    try:
        yield status
    finally:
        watch.close()
        server.close()


def _served(settings: Settings, flow: str, health: Callable[[], dict[str, object]]) -> MetricsServer | None:
    """Metrics and health of a flow, where a port is set."""
    memory_gauge()
    port = flow_port(settings.metrics_port, flow)
    return serve_metrics(port, health, settings.metrics_host) if port else None


class Pace:
    """Waits until the flows behind the facts log have done all that is there: nothing moves any more."""

    def __init__(self, log: Log, stop: Callable[[], object]) -> None:
        self._log = log
        self._stop = stop

    def quiet(self) -> bool:
        """Every fact is decided, every decision forwarded, and nothing came of it since."""
        facts = self._log.end_offsets(FACTS)
        decided = self._log.positions(RECEIVABLES, FACTS)
        if any(decided.get(shard, 0) < end for shard, end in enumerate(facts)):
            return False
        decisions = self._log.end_offsets(DECISIONS)
        forwarded = self._log.positions(FORWARD, DECISIONS)
        if any(forwarded.get(shard, 0) < end for shard, end in enumerate(decisions)):
            return False
        # A customer fact leads to no decision, and may name the payer of a receipt that waits.
        read = self._log.positions(FORWARD, FACTS)
        if any(read.get(shard, 0) < end for shard, end in enumerate(facts)):
            return False
        return self._log.end_offsets(FACTS) == facts

    def wait(self) -> None:
        """Return when all is quiet, or when told to stop."""
        while not self._stop() and not self.quiet():
            time.sleep(PACE_SECONDS)
