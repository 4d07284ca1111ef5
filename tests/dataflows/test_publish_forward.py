"""The forwarder brings everything once: after restarts and kills, with a server that goes away or loses its contents."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from dataflows.publish import publish_forward
from dataflows.publishing import PublishStatus
from schemas.codec import contents_digest, encode_fact
from schemas.records import CreditExposure, CreditGroupTold, Fact, OperatorAction
from schemas.topics import DECISIONS
from sinks.base import RetryLater, SinkStopped
from sinks.redis.connect import RedisServer
from sinks.redis.store import Positions, Store, Wiped, Work
from tests.dataflows.forwarding import World, send_out
from tests.publishing import (
    Never,
    all_facts,
    append,
    append_decisions,
)
from tests.redis_servers import LocalCluster, LocalRedis

ROOT = Path(__file__).parents[2]


def _busy(world: World) -> None:
    """Twenty unidentified receipts: some known, some sent on, some ambiguous."""
    for at in range(20):
        world.invoice(f"C{at}", f"INV-{at}")
        world.invoice(f"C{at + 1}", f"DUP-{at // 2}")
    for at in range(20):
        world.unidentified(f"R{at}", [f"DUP-{at}" if at % 5 == 4 else f"INV-{at}"])
        if at % 3 == 0:
            send_out(world, f"R{at}", f"C{at}")


def _contents(facts: list[Fact]) -> dict[str, int]:
    """Digest of each event id's contents; an id with two contents is a failure."""
    found: dict[str, int] = {}
    for fact in facts:
        digest = contents_digest(encode_fact(fact))
        assert found.setdefault(fact.event_id, digest) == digest, fact.event_id
    return found


def test_a_restart_forwards_nothing_again(world: World) -> None:
    _busy(world)
    first = world.run()
    assert len(first) > 12
    assert len(world.run()) == len(first)


def test_a_wiped_redis_is_rebuilt_and_gives_the_same_facts(world: World) -> None:
    _busy(world)
    first = world.run()
    before = _everything(world.server)
    world.server.client.flushdb()
    again = world.run()
    assert len(again) > len(first)
    assert _contents(again) == _contents(first)
    after = _everything(world.server)
    assert {name: after[name] for name in after if name != "headrace:v2:{directory}:position"} == {
        name: before[name] for name in before if name != "headrace:v2:{directory}:position"
    }


@pytest.mark.redis
def test_a_cluster_gives_the_same_facts(redis_cluster: LocalCluster, tmp_path: Path) -> None:
    found = []
    for name, url in (("embedded", ""), ("cluster", redis_cluster.url)):
        directory = tmp_path / name
        with RedisServer(directory / "redis", directory / "run" / "redis.sock", url) as server:
            world = World(directory, server)
            _busy(world)
            facts = world.run()
            assert len(world.run()) == len(facts)
            found.append((_contents(facts), {k: v for k, v in _everything(server).items() if "position" not in k}))
    assert len(found[0][0]) > 12
    assert found[0] == found[1]


def _everything(server: RedisServer) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in server.client.keys("headrace:v2:{directory}:*"):
        kind = server.client.type(name)
        found[name] = server.client.hgetall(name) if kind == "hash" else server.client.smembers(name)
    return found


SCRIPT = """
import sys
from pathlib import Path
from connectors.log.sqlite import SqliteLog
from dataflows.publish import publish_forward
from dataflows.publishing import PublishStatus
from headrace.operations import StopFlag
from sinks.redis.connect import RedisServer

directory = Path(sys.argv[1])
with RedisServer(directory / "redis", directory / "run" / "redis.sock") as server:
    publish_forward(SqliteLog(directory / "log", False), server, until_idle=True, stop=StopFlag(), status=PublishStatus())
"""


@pytest.mark.slow
def test_kills_at_random_lose_nothing(tmp_path: Path) -> None:
    """The Valkey of a killed forwarder stays behind and is taken over by the next one."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    with RedisServer(tmp_path / "unbroken" / "redis", tmp_path / "unbroken" / "redis.sock") as server:
        unbroken = World(tmp_path / "unbroken", server)
        _busy(unbroken)
        expected = _contents(unbroken.run())
        written = World(tmp_path, server)
        _busy(written)
        append_decisions(written.log, written.ledger)
    for _ in range(8):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT)
        try:
            process.wait(rng.uniform(0.5, 1.2))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
    assert subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT, check=False).returncode == 0
    found = [fact for fact in all_facts(written.log) if fact.kind not in ("receipt", "customer", "remittance_advice")]
    assert _contents(found) == expected, f"seed {seed}"


def test_a_gap_stops_the_forwarder(world: World) -> None:
    for document in ("INV-1", "INV-2", "INV-3"):
        world.invoice("C1", document)
    records = world.ledger.records()
    append(world.log, DECISIONS, [records[0], records[2]])
    with pytest.raises(SinkStopped, match="sequence 2 where 1 was due"):
        publish_forward(world.log, world.server, until_idle=True, stop=Never(), status=PublishStatus())


def test_another_log_s_directory_is_refused(world: World, tmp_path: Path) -> None:
    world.run()
    other = World(tmp_path / "other", world.server)
    with pytest.raises(SinkStopped, match="holds the directory of another log"):
        other.run()


def test_of_two_forwarders_one_stops(server: RedisServer) -> None:
    one, other = Store(server, "log"), Store(server, "log")
    one.commit(Work(one), Positions({0: 1}, {0: 1}, {0: 1}))
    with pytest.raises(SinkStopped, match="another forwarder writes to it"):
        other.commit(Work(other), Positions({0: 2}, {0: 2}, {0: 2}))
    assert Store(server, "log").positions == Positions({0: 1}, {0: 1}, {0: 1})


def test_a_redis_emptied_in_use_is_noticed(server: RedisServer) -> None:
    store = Store(server, "log")
    store.commit(Work(store), Positions({0: 1}, {0: 1}, {0: 1}))
    server.client.flushdb()
    with pytest.raises(Wiped):
        store.commit(Work(store), Positions({0: 2}, {0: 2}, {0: 2}))
    assert Store(server, "log").positions == Positions()


def test_a_redis_that_drops_keys_is_refused(server: RedisServer) -> None:
    server.client.config_set("maxmemory", "100mb")
    server.client.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(SinkStopped, match="maxmemory-policy is allkeys-lru"):
        Store(server, "log")


@pytest.mark.redis
def test_a_redis_that_goes_away_is_waited_for(local_redis: LocalRedis, tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock", local_redis.url) as server:
        world = World(tmp_path, server)
        world.invoice("C1", "INV-1")
        world.unidentified("R1", ["INV-1"])
        local_redis.stop()
        status, told = PublishStatus(), []

        class Watching(Never):
            """Brings the server back when the forwarder has said that it is away."""

            def __bool__(self) -> bool:
                if status.state not in told:
                    told.append(status.state)
                    if status.state.startswith("away"):
                        local_redis.start()
                return False

        append_decisions(world.log, world.ledger)
        publish_forward(world.log, server, until_idle=True, stop=Watching(), status=status)
        assert [state for state in told if state.startswith("away")] != []
        assert [f.target_account for f in all_facts(world.log) if isinstance(f, OperatorAction)] == ["C1"]


@pytest.mark.redis
@pytest.mark.parametrize("login", ["", ":secret1@"], ids=["none", "wrong"])
def test_a_missing_or_wrong_password_stops_and_is_not_told(local_redis: LocalRedis, tmp_path: Path, login: str) -> None:
    with redis.Redis.from_url(local_redis.url) as owner:
        owner.config_set("requirepass", "secret2")
    url = local_redis.url.replace("127", f"{login}127")
    with (
        RedisServer(tmp_path / "redis", tmp_path / "redis.sock", url) as server,
        pytest.raises(SinkStopped, match=f"Redis at 127.0.0.1:{local_redis.port}: ") as stopped,
    ):
        Store(server, "log")
    assert "secret" not in str(stopped.value)


def test_an_embedded_valkey_that_was_killed_is_started_again(tmp_path: Path) -> None:
    with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock") as server:
        store = Store(server, "log")
        os.kill(server.client.info("server")["process_id"], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                store.commit(Work(store), Positions({0: 5}, {0: 4}, {0: 3}))
                break
            except (RetryLater, Wiped):
                store = _patiently_opened(server, deadline)
        assert Store(server, "log").positions == Positions({0: 5}, {0: 4}, {0: 3})


def _patiently_opened(server: RedisServer, deadline: float) -> Store:
    while time.monotonic() < deadline:
        try:
            return Store(server, "log")
        except RetryLater:
            time.sleep(0.05)
    raise AssertionError("Valkey did not come back")


def test_the_embedded_valkey_keeps_its_data_over_a_restart(tmp_path: Path) -> None:
    for expected in (Positions(), Positions({0: 5}, {0: 4}, {0: 3})):
        with RedisServer(tmp_path / "redis", tmp_path / "run" / "redis.sock") as server:
            store = Store(server, "log")
            assert store.positions == expected
            store.commit(Work(store), Positions({0: 5}, {0: 4}, {0: 3}))


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with RedisServer(deep / "redis", deep / "run" / "redis.sock") as server:
        assert server.client.ping()


def test_what_accounts_that_share_a_limit_say_is_brought_once(world: World) -> None:
    world.ledger.say(
        "credit_exposure_stated", "ACME", "2026-01-05", counterparty="~credit:north", amount=70_00, rule="credit.stated"
    )
    told = world.ledger.say(
        "credit_group_told", "~credit:north", "2026-01-05", reference_id="north", candidates=["ACME", "BETA"],
        rule="credit.group_held",
    )  # fmt: skip
    facts = world.run()
    stated = [fact for fact in facts if isinstance(fact, CreditExposure)]
    assert [(x.account_id, x.from_account, x.currency, x.amount, x.left) for x in stated] == [
        ("~credit:north", "ACME", "USD", 70_00, False)
    ]
    heard = [fact for fact in facts if isinstance(fact, CreditGroupTold)]
    assert sorted((x.account_id, x.group, x.held, x.number) for x in heard) == [
        ("ACME", "north", True, told.sequence),
        ("BETA", "north", True, told.sequence),
    ]
    assert sorted(x.event_id for x in heard) == [f"credit:{told.shard}-{told.sequence}:{x}" for x in ("ACME", "BETA")]
    # The same decisions are not brought a second time.
    assert len(world.run()) == len(facts)
