"""The live views are the same on every kind of server, after kills, replays, losses and rebuilds, and while they are read."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import redis

from connectors.log.base import Log
from dataflows import live
from dataflows.live import rebuild_live, views_identity
from dataflows.publish import publish_live
from dataflows.publishing import Patience, PublishStatus
from sinks.base import SinkStopped
from sinks.redis.connect import RedisServer
from sinks.redis.live import store as stores
from sinks.redis.live.keys import CARD, POSITION, WORKLIST, current, named
from sinks.redis.live.reading import LiveViews
from sinks.redis.live.store import Position, Reopen, Store
from sinks.redis.store import Store as Directory
from tests.headrace.audit.story import SHARDS
from tests.installations import open_log
from tests.ledger import Ledger
from tests.live_views import contents, dumps, embedded, keep, told
from tests.publishing import Never, append_decisions
from tests.redis_servers import LocalCluster, LocalRedis

ROOT = Path(__file__).parents[2]
SERVERS = ["embedded", pytest.param("redis", marks=pytest.mark.redis), pytest.param("cluster", marks=pytest.mark.redis)]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The directory of a log, and what the views of it are."""
    directory = tmp_path_factory.mktemp("story")
    log = told(directory)
    with embedded(directory) as server:
        keep(log, server)
        views = contents(server)
    log.close()
    return directory, views


@pytest.fixture
def log(story: tuple[Path, dict[str, Any]]) -> Iterator[Log]:
    opened = open_log(story[0], SHARDS)
    yield opened
    opened.close()


@pytest.fixture
def views(story: tuple[Path, dict[str, Any]]) -> dict[str, Any]:
    return story[1]


@pytest.fixture(params=SERVERS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "embedded":
        yield ""
        return
    if request.param == "cluster":
        cluster: LocalCluster = request.getfixturevalue("redis_cluster")
        yield cluster.url
        return
    found: str = request.getfixturevalue("redis_url")
    yield found
    with redis.Redis.from_url(found) as client:
        client.flushdb()


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "live", tmp_path / "run" / "live.sock", url) as found:
        yield found


def rebuilt(log: Log, server: RedisServer) -> dict[int, int]:
    status = PublishStatus()
    return rebuild_live(log, server, Patience("test", Never(), status), status)


def generations(server: RedisServer) -> list[str]:
    return [server.client.get(current(shard)) for shard in range(SHARDS)]


def test_the_views_are_the_same_on_every_server(log: Log, server: RedisServer, views: dict[str, Any]) -> None:
    keep(log, server)
    assert contents(server) == views


def test_the_story_is_told_by_them(log: Log, server: RedisServer) -> None:
    """What the others compare is not empty: every kind of key has something in it."""
    keep(log, server)
    kinds = {name.split(":")[4] for name in server.scan("headrace:v2:{*") if not name.endswith("current")}
    positions = LiveViews(server).positions()
    assert sum(position.sequence for position in positions) == sum(log.end_offsets("decisions"))
    assert kinds == {
        *("position", "card", "items", "days", "matters", "tasks", "worklist", "queue", "clocks", "turning"),
        *("owners", "references"),
    }


def test_small_chunks_make_the_same_views(
    log: Log, server: RedisServer, views: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_DECISIONS_AT_ONCE", 3)
    monkeypatch.setattr(live, "_FACTS_AT_ONCE", 4)
    monkeypatch.setattr(live, "_TURNED_AT_ONCE", 1)
    keep(log, server)
    assert contents(server) == views


@pytest.fixture
def compact(server: RedisServer) -> Iterator[None]:
    """Hashes are kept as lists, which DUMP gives in one order; a table's order changes while the server tidies it."""
    names = ("hash-max-listpack-value", "hash-max-listpack-entries")
    everywhere = {"target_nodes": "all"} if isinstance(server.client, redis.RedisCluster) else {}
    before = {name: server.client.config_get(name)[name] for name in names}
    for name in names:
        server.client.config_set(name, "1000000", **everywhere)
    yield
    for name, value in before.items():
        server.client.config_set(name, value, **everywhere)


@pytest.mark.usefixtures("compact")
def test_the_same_decisions_read_again_change_no_byte(log: Log, server: RedisServer) -> None:
    keep(log, server)
    before = dumps(server)
    for shard in range(SHARDS):
        assert server.client.hset(named(shard, 1, POSITION), mapping={"offset": "0", "facts": "0"}) == 0
    assert dumps(server) != before
    keep(log, server)
    assert dumps(server) == before


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_sink_goes_on_where_it_was(
    story: tuple[Path, dict[str, Any]], url: str, moment: str, tmp_path: Path
) -> None:
    directory = tmp_path / "d"
    directory.mkdir()
    (directory / "log").symlink_to(story[0] / "log")
    command = [sys.executable, "-m", "tests.dataflows.dying_live", str(directory), url, moment, "2", "5", "14", "0"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120)
    assert [int(code) for code in done.stdout.split()] == [-signal.SIGKILL] * 3 + [0]
    with RedisServer(directory / "live", directory / "run" / "live.sock", url) as server:
        assert contents(server) == story[1]


class _Killing:
    """Kills (-9) a server right before or after chosen commits; as a stop that never comes it brings the server back once
    that was noticed."""

    def __init__(self, killed: LocalRedis, commits: Sequence[int], moment: str) -> None:
        self.killed = killed
        self.commits = commits
        self.moment = moment
        self.status = PublishStatus()
        self.passed = 0
        self.kills = 0

    def run(self, store: Store, script: str, keys: Sequence[str], arguments: Sequence[str]) -> str:
        self.passed += 1
        due = self.passed in self.commits
        if due and self.moment == "after":
            RUN(store, script, keys, arguments)
        if due:
            self.killed.stop()
            self.kills += 1
        return RUN(store, script, keys, arguments)

    def __bool__(self) -> bool:
        if self.status.state.startswith("away"):
            self.killed.start()
        return False


RUN = Store._run


@pytest.mark.redis
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("kind", ["redis", "cluster"])
def test_a_killed_server_costs_nothing_that_it_had(
    kind: str,
    moment: str,
    log: Log,
    views: dict[str, Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if kind == "cluster":
        url = request.getfixturevalue("redis_cluster").url
        with redis.RedisCluster.from_url(url) as client:
            port = client.get_node_from_key(current(0)).port
        killed = next(node for node in request.getfixturevalue("redis_cluster").nodes if node.port == port)
    else:
        killed = request.getfixturevalue("local_redis")
        url = killed.url
    killing = _Killing(killed, (2, 7, 12), moment)
    monkeypatch.setattr(live, "_DECISIONS_AT_ONCE", 9)
    monkeypatch.setattr(Store, "_run", lambda *arguments: killing.run(*arguments))
    with RedisServer(tmp_path / "live", tmp_path / "run" / "live.sock", url) as server:
        publish_live(log, server, until_idle=True, stop=killing, status=killing.status)
        assert killing.kills == 3
        killed.start()
        if kind == "cluster":
            request.getfixturevalue("redis_cluster").wait()
        assert contents(server) == views


def test_what_redis_lost_is_made_again(log: Log, server: RedisServer, views: dict[str, Any]) -> None:
    keep(log, server)
    for name in server.scan("headrace:v2:{001}:*"):
        server.client.delete(name)
    keep(log, server)
    assert contents(server) == views


def test_a_server_that_is_emptied_in_use_is_noticed(log: Log, server: RedisServer, views: dict[str, Any]) -> None:
    keep(log, server)
    store = Store(server, views_identity(log), SHARDS)
    server.unlink(list(server.scan("headrace:v2:{000}:*")))
    with pytest.raises(Reopen, match="shard 0: switched"):
        store.commit(store.work(0), Position(1, 1, 1, 1, 1))
    assert generations(server)[0] is None
    keep(log, server)
    assert contents(server) == views


def test_the_views_of_another_log_are_not_touched(log: Log, server: RedisServer, tmp_path: Path) -> None:
    keep(log, server)
    before = dumps(server)
    other = open_log(tmp_path / "other", SHARDS)
    with pytest.raises(SinkStopped, match="holds live views of another log"):
        keep(other, server)
    other.close()
    assert dumps(server) == before


def test_a_server_that_may_drop_keys_is_refused(log: Log, local_redis: LocalRedis, tmp_path: Path) -> None:
    with RedisServer(tmp_path / "live", tmp_path / "live.sock", local_redis.url) as server:
        server.client.config_set("maxmemory", "50mb")
        server.client.config_set("maxmemory-policy", "allkeys-lru")
        with pytest.raises(SinkStopped, match="maxmemory-policy is allkeys-lru"):
            keep(log, server)


def test_two_sinks_by_mistake_write_the_same(log: Log, server: RedisServer, views: dict[str, Any]) -> None:
    """One reads everything before the other writes it: it is overtaken, and goes on from there."""
    late = Store(server, views_identity(log), SHARDS)
    keep(log, server)
    work = late.work(0)
    work.put(f"{CARD}:acme/US01/A", "name", "wrong")
    with pytest.raises(Reopen, match="shard 0: overtaken"):
        late.commit(work, Position(1, 1))
    assert contents(server) == views


def test_a_commit_that_was_made_is_not_made_twice(log: Log, server: RedisServer) -> None:
    store = Store(server, views_identity(log), SHARDS)
    before = store.positions[1]
    work = store.work(1)
    work.rank(WORKLIST, "a", 5)
    store.commit(work, Position(1, 1))
    store.positions[1] = before
    store.commit(work, Position(1, 1))
    assert store.positions[1] == Position(1, 1)
    assert server.client.zrange(named(1, 1, WORKLIST), 0, -1, withscores=True) == [("a", 5.0)]


# --- rebuilds ---


def test_a_rebuild_makes_the_same_and_leaves_nothing_of_the_old(
    log: Log, server: RedisServer, views: dict[str, Any]
) -> None:
    keep(log, server)
    server.client.hset(named(0, 1, CARD, "acme/US01/A"), "name", "changed by hand")
    server.client.zadd(named(1, 1, WORKLIST), {"nothing": 7})
    assert contents(server) != views
    assert sum(rebuilt(log, server).values()) == sum(log.end_offsets("decisions"))
    assert generations(server) == ["2", "2"]
    assert contents(server) == views
    keep(log, server)
    assert generations(server) == ["2", "2"]


def test_a_rebuild_where_nothing_is_yet(log: Log, server: RedisServer, views: dict[str, Any]) -> None:
    rebuilt(log, server)
    assert contents(server) == views


def test_leftovers_of_a_rebuild_that_died_are_no_part_of_the_next(
    log: Log, server: RedisServer, views: dict[str, Any]
) -> None:
    keep(log, server)
    server.client.hset(named(0, 2, CARD, "acme/US01/A"), "name", "left over")
    server.client.hset(named(0, 2, POSITION), "sequence", 10_000)
    rebuilt(log, server)
    assert contents(server) == views


class _Rebuilding:
    """A stop that never comes, and rebuilds the views when it is asked for the third time: beside a sink that is at work."""

    def __init__(self, rebuild: Callable[[], object]) -> None:
        self._rebuild = rebuild
        self.asked = 0

    def __bool__(self) -> bool:
        self.asked += 1
        if self.asked == 3:
            self._rebuild()
        return False


def test_a_sink_that_is_at_work_goes_on_with_the_rebuilt_views(
    log: Log,
    server: RedisServer,
    views: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """And says so in a line, without a trace of the dataflow's engine."""
    monkeypatch.setattr(live, "_DECISIONS_AT_ONCE", 9)
    rebuilding = _Rebuilding(lambda: rebuilt(log, server))
    publish_live(log, server, until_idle=True, stop=rebuilding, status=PublishStatus())
    said = "".join(capfd.readouterr())
    assert "opening the live views again" in said
    assert "panicked" not in said
    assert generations(server) == ["2", "2"]
    assert contents(server) == views


class _LeaveLater:
    """Says that a sink is to leave when it is idle once it was idle for long, right after something new is in the log."""

    def __init__(self, more: Callable[[], None]) -> None:
        self._more = more
        self.asked = 0

    def __bool__(self) -> bool:
        self.asked += 1
        if self.asked == 20:
            self._more()
        return self.asked >= 20


def test_a_sink_that_is_told_to_leave_when_idle_does_what_came_meanwhile(server: RedisServer, tmp_path: Path) -> None:
    log = open_log(tmp_path, SHARDS)
    ledger = Ledger(SHARDS, "acme", "US01")

    def more() -> None:
        ledger.receipt("A-1", "R-1", 20_00, "2026-03-03")
        append_decisions(log, ledger)

    later, status = _LeaveLater(more), PublishStatus()
    publish_live(log, server, until_idle=later, stop=Never(), status=status)
    assert later.asked > 20
    assert status.published == 1
    log.close()


class _Reader(Thread):
    """Reads cards and positions of every shard over and over; `seen` has what was not as it should be."""

    def __init__(self, server: RedisServer, accounts: dict[int, list[str]]) -> None:
        super().__init__()
        self._server = server
        self._accounts = accounts
        self.right = self._answers(LiveViews(server))
        self.over = Event()
        self.wrong: list[object] = []
        self.generations: set[tuple[str, ...]] = set()
        self.reads = 0

    def _answers(self, views: LiveViews) -> dict[int, object]:
        return {shard: views.cards(shard, accounts) for shard, accounts in self._accounts.items()}

    def run(self) -> None:
        views = LiveViews(self._server)
        while not self.over.is_set():
            found = self._answers(views)
            if found != self.right:
                self.wrong.append(found)
            self.generations.add(tuple(generations(self._server)))
            self.reads += 1


def test_who_reads_during_rebuilds_never_sees_half(
    log: Log, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_DECISIONS_AT_ONCE", 5)
    with (
        RedisServer(tmp_path / "live", tmp_path / "run" / "live.sock", url) as server,
        RedisServer(tmp_path / "live", tmp_path / "run" / "live.sock", url, shared=True) as other,
    ):
        keep(log, server)
        found = [name.split(":", 5) for name in server.scan("headrace:v2:{*:card:*")]
        accounts = {shard: sorted(x[5] for x in found if x[2] == f"{{{shard:03d}}}") for shard in range(SHARDS)}
        assert all(accounts.values())
        reader = _Reader(other, accounts)
        reader.start()
        for _ in range(5):
            rebuilt(log, server)
        reader.over.set()
        reader.join()
        assert generations(server) == ["6", "6"]
    assert reader.wrong == []
    assert len(reader.generations) > 1
    assert reader.reads > len(reader.generations)


def test_a_running_sink_goes_over_to_the_new_views(
    log: Log, server: RedisServer, views: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rebuild is done between two of its commits."""
    run, passed = Store._run, []

    def interrupted(self: Store, *arguments: Any) -> str:
        if len(passed) < 3 and not self._building:
            passed.append(1)
            if len(passed) == 3:
                rebuilt(log, server)
        return run(self, *arguments)

    monkeypatch.setattr(live, "_DECISIONS_AT_ONCE", 5)
    monkeypatch.setattr(stores.Store, "_run", interrupted)
    keep(log, server)
    assert len(passed) == 3
    assert generations(server) == ["2", "2"]
    assert contents(server) == views


def test_new_views_that_are_behind_are_not_switched_to(log: Log, server: RedisServer) -> None:
    keep(log, server)
    behind = Store(server, views_identity(log), SHARDS, {0: 2, 1: 2})
    assert behind.switch(0, 1) is False
    assert generations(server) == ["1", "1"]


# --- beside the forwarder ---


def test_a_forwarder_that_stands_still_holds_nothing_up(log: Log, views: dict[str, Any], tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock") as stalled:
        process = stalled.client.info("server")["process_id"]
        os.kill(process, signal.SIGSTOP)
        with embedded(tmp_path) as server:
            keep(log, server)
            assert contents(server) == views
        os.kill(process, signal.SIGCONT)


def test_the_directory_of_the_forwarder_and_the_views_share_a_server(
    log: Log, server: RedisServer, views: dict[str, Any]
) -> None:
    keep(log, server)
    assert Directory(server, "log").positions.decisions == {}
    assert {name: value for name, value in contents(server).items() if "{directory}" not in name} == views


def test_a_sink_that_is_told_to_stop_while_redis_is_away_leaves(
    log: Log, local_redis: LocalRedis, tmp_path: Path
) -> None:
    local_redis.stop()
    status = PublishStatus()

    class Away:
        def __bool__(self) -> bool:
            return status.state.startswith("away")

    with RedisServer(tmp_path / "live", tmp_path / "live.sock", local_redis.url) as server:
        publish_live(log, server, until_idle=True, stop=Away(), status=status)
    assert status.state == "stopped"
