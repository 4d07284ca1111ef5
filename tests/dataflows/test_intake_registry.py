"""Intake of what producers write by schemas of their own: placed under our ids, refused with a reason, or waited for."""

import copy
import io
import json
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import confluent_kafka
import fastavro
import pytest
from typer.testing import CliRunner, Result

from connectors.files.ingest import Producer, ensure_topics
from connectors.intake.positions import GROUP
from connectors.log.base import Log
from connectors.log.kafka import KafkaLog
from connectors.log.sqlite import SqliteLog
from connectors.placing import producer_key
from connectors.registry.client import RegistryRefused, SchemaRegistry
from connectors.registry.writers import WriterSchemas
from dataflows.intake import Mode, run_intake
from headrace.main import app
from schemas.codec import encode_fact
from schemas.generate import sources
from schemas.records import Fact
from schemas.topics import FACTS, TOPIC_OF_KIND
from tests.dataflows.intake_runner import SmallSettings
from tests.dataflows.test_intake import SHARDS, FakeMachine, letters, placed
from tests.facts import customer, facts, invoice, receipt, records
from tests.registries import RegistryServer
from tests.schemas.avro import message

ROOT = Path(__file__).parents[2]
OURS = {source.name: source.schema for source in sources() if source.group == "facts"}


def theirs(kind: str) -> dict[str, Any]:
    """A producer's own schema of that kind: its namespace, its order of fields, and one field more."""
    found = copy.deepcopy(OURS[kind]) | {"namespace": "com.acme.erp"}
    found["fields"] = [{"name": "plant", "type": ["null", "string"], "default": None}, *reversed(found["fields"])]
    return found


def by_theirs(fact: Fact, number: int) -> bytes:
    """The fact as that producer writes it."""
    body = io.BytesIO(encode_fact(fact)[5:])
    value: Any = fastavro.schemaless_reader(body, fastavro.parse_schema(copy.deepcopy(OURS[fact.kind])))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(theirs(fact.kind)), value | {"plant": "P-7"})
    return message(number, out.getvalue())


def send(log: Log, sent: list[tuple[Fact, bytes]]) -> None:
    """Each fact's bytes to its topic, with its key."""
    producer = Producer(log, "test", lambda: False)
    for fact, value in sent:
        producer.send_bytes(TOPIC_OF_KIND[fact.kind], producer_key(fact), value)
    producer.flush()
    producer.close()


def run(
    log: Log, tmp_path: Path, server: RegistryServer, mode: Mode = "live", stop: Callable[[], bool] = lambda: False
) -> None:
    schemas = WriterSchemas(SchemaRegistry(server.url))
    run_intake(log, SmallSettings(tmp_path), mode, True, stop, FakeMachine(), schemas=schemas)


def some_facts(count: int = 20) -> list[Fact]:
    """Invoices of one account, so that their order shows."""
    return [invoice(event_id=f"i{at}", document=f"I{at}") for at in range(count)]


def event_ids(log: Log) -> list[str]:
    return [fact.event_id for partition in placed(log) for fact in partition]


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_the_facts_log_is_the_same_as_of_messages_by_our_ids(
    log: Log, tmp_path: Path, registry_server: RegistryServer, mode: Mode
) -> None:
    number = {kind: registry_server.add(theirs(kind)) for kind in ("invoice", "receipt", "customer")}
    sent = [*some_facts(), receipt(), receipt(event_id="r2", account_id="", receipt_id="R2"), customer()]
    send(
        log,
        [(fact, by_theirs(fact, number[fact.kind]) if at % 2 else encode_fact(fact)) for at, fact in enumerate(sent)],
    )
    run(log, tmp_path, registry_server, mode)
    other = SqliteLog(tmp_path / "other" / "log", sync=False)
    ensure_topics(other, 4)
    other.ensure_topic(FACTS, SHARDS)
    send(other, [(fact, encode_fact(fact)) for fact in sent])
    run_intake(other, SmallSettings(tmp_path / "other"), mode, True, machine=FakeMachine())
    assert records(log, FACTS) == records(other, FACTS)
    assert len(event_ids(log)) == len(sent)
    assert letters(log) == []
    other.close()


def test_an_unknown_schema_is_a_dead_letter_as_it_came_and_a_fact_once_it_is_registered(
    log: Log, tmp_path: Path, registry_server: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = invoice()
    send(log, [(early, by_theirs(early, 1)), (customer(), encode_fact(customer()))])
    run(log, tmp_path, registry_server)
    assert event_ids(log) == ["Customer-1"]
    (letter,) = letters(log)
    assert (letter.reason, letter.raw) == ("schema_unknown", by_theirs(early, 1))
    assert letter.detail.startswith("schema 1 of the registry: is not known there")
    assert letter.origin.topic == "invoices"  # type: ignore[union-attr]

    monkeypatch.setenv("HEADRACE_SCHEMA_REGISTRY", registry_server.url)
    monkeypatch.setenv("HEADRACE_SHARDS", str(SHARDS))
    still = call("dead-letters", "--dir", tmp_path, "replay")
    assert (still.exit_code, still.stdout) == (1, "0 submitted again, 1 not\n")
    assert "still refused: schema_unknown: schema 1 of the registry" in still.stderr
    assert registry_server.add(theirs("invoice")) == 1
    again = call("dead-letters", "--dir", tmp_path, "replay")
    assert (again.exit_code, again.stdout) == (0, "1 submitted again, 0 not\n")
    run(log, tmp_path, registry_server)
    assert sorted(event_ids(log)) == ["Customer-1", "Invoice-1"]


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("schema", "reason", "said"),
    [
        ({"type": "string"}, "schema_refused", "is string; records of these names are taken"),
        (OURS["clock"], "schema_refused", "is record headrace.facts.clock; records of these names"),
        (theirs("order"), "unreadable", "by schema 1 of the registry: "),
        (theirs("customer"), "unreadable", "by schema 1 of the registry: "),
    ],
)
def test_what_the_registry_knows_and_we_do_not_take_is_a_dead_letter(
    log: Log, tmp_path: Path, registry_server: RegistryServer, schema: Any, reason: str, said: str
) -> None:
    registry_server.add(schema)
    send(log, [(invoice(), by_theirs(invoice(), 1)), (customer(), encode_fact(customer()))])
    run(log, tmp_path, registry_server)
    (letter,) = letters(log)
    assert letter.reason == reason
    assert said in letter.detail
    assert event_ids(log) == ["Customer-1"]


def test_without_a_registry_only_our_ids_are_read(log: Log, tmp_path: Path) -> None:
    send(log, [(invoice(), by_theirs(invoice(), 1)), (customer(), encode_fact(customer()))])
    run_intake(log, SmallSettings(tmp_path), "live", True, machine=FakeMachine())
    (letter,) = letters(log)
    assert (letter.reason, letter.detail) == ("unreadable", "schema id 1 is not one of ours")
    assert event_ids(log) == ["Customer-1"]


@pytest.mark.parametrize("mode", ["live", "replay"])
@pytest.mark.parametrize("trouble", ["down", 503])
def test_a_registry_that_is_away_is_waited_for_in_order(
    log: Log, tmp_path: Path, registry_server: RegistryServer, trouble: int | str, mode: Mode
) -> None:
    number = registry_server.add(theirs("invoice"))
    sent = some_facts()
    send(log, [(fact, by_theirs(fact, number) if at == 10 else encode_fact(fact)) for at, fact in enumerate(sent)])
    if trouble == "down":
        registry_server.stop()
    else:
        registry_server.trouble = trouble

    def heal() -> None:
        time.sleep(1.0)
        registry_server.trouble = 0
        if trouble == "down":
            registry_server.start()

    healer = threading.Thread(target=heal)
    healer.start()
    run(log, tmp_path, registry_server, mode)
    healer.join()
    assert event_ids(log) == [fact.event_id for fact in sent]
    assert letters(log) == []


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_told_to_stop_while_the_registry_is_away_loses_and_doubles_nothing(
    log: Log, tmp_path: Path, registry_server: RegistryServer, mode: Mode
) -> None:
    number = registry_server.add(theirs("invoice"))
    sent = some_facts()
    send(log, [(fact, by_theirs(fact, number) if at >= 10 else encode_fact(fact)) for at, fact in enumerate(sent)])
    registry_server.trouble = 503
    run(log, tmp_path, registry_server, mode, lambda: len(registry_server.asked) > 1)
    if mode == "live":
        assert event_ids(log) == [fact.event_id for fact in sent[:10]]
        assert sum(log.positions(GROUP, "invoices").values()) == 10
    assert letters(log) == []
    registry_server.trouble = 0
    run(log, tmp_path, registry_server, mode)
    assert event_ids(log) == [fact.event_id for fact in sent]


def test_a_login_that_is_refused_stops_intake_and_loses_nothing(log: Log, tmp_path: Path) -> None:
    server = RegistryServer("reader:right")
    try:
        number = server.add(theirs("invoice"))
        send(log, [(fact, by_theirs(fact, number)) for fact in some_facts()])
        wrong = WriterSchemas(SchemaRegistry(server.url.replace("right", "wrong")))
        with pytest.raises(RegistryRefused, match=r"answered 401 .*look at its login"):
            run_intake(log, SmallSettings(tmp_path), "live", True, machine=FakeMachine(), schemas=wrong)
        assert (event_ids(log), letters(log)) == ([], [])
        run(log, tmp_path, server)
        assert len(event_ids(log)) == 20
    finally:
        server.stop()


def test_wrong_settings_and_a_registry_that_is_away_are_told_by_the_commands(
    tmp_path: Path, registry_server: RegistryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset = call("schemas", "register", "--dir", tmp_path)
    assert (unset.exit_code, unset.stderr) == (
        2,
        "schema_registry: is not set; it is the address of the registry to write to\n",
    )
    monkeypatch.setenv("HEADRACE_SCHEMA_REGISTRY", "me:secret@registry")
    wrong = call("schemas", "register", "--dir", tmp_path)
    assert wrong.exit_code == 2
    assert wrong.stderr == (
        "schema_registry: must be an http or https address, such as https://user:password@registry:8081\n"
    )
    monkeypatch.setenv("HEADRACE_SCHEMA_REGISTRY", registry_server.url)
    registry_server.trouble = 503
    away = call("schemas", "register", "--dir", tmp_path)
    assert (away.exit_code, away.stdout) == (1, "")
    assert f"the schema registry at 127.0.0.1:{registry_server.port} is away: it answered 503" in away.stderr
    registry_server.trouble = 0
    done = call("schemas", "register", "--dir", tmp_path)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == "headrace.facts.receipt  version 1  id 1  new"
    versions = sum(source.name in TOPIC_OF_KIND for source in sources() if source.group == "facts")
    assert done.stdout.splitlines()[-1] == f"{versions} registered, 0 there already; compatibility BACKWARD"
    assert f"0 registered, {versions} there already" in call("schemas", "register", "--dir", tmp_path).stdout


@pytest.mark.kafka
@pytest.mark.registry
def test_producers_over_kafka_by_what_a_real_registry_has(kafka: str, real_registry: str, tmp_path: Path) -> None:
    """Two producers, one by the schema that `schemas register` put there, one by its own, and intake as a process."""
    prefix = f"t{uuid.uuid4().hex[:12]}."
    config = tmp_path / "headrace.toml"
    config.write_text(
        f'dir = "{tmp_path}"\nkafka = "{kafka}"\ntopic_prefix = "{prefix}"\nshards = {SHARDS}\n'
        f'schema_registry = "{real_registry}"\n'
    )
    done = call("schemas", "register", "--config", config)
    assert done.exit_code == 0, done.stderr
    ids = {words[0]: int(words[4]) for line in done.stdout.splitlines()[:-1] if (words := line.split())}
    own = SchemaRegistry(real_registry).register("com.acme.erp.invoice", json.dumps(theirs("invoice")))
    log = KafkaLog(kafka, prefix)
    ensure_topics(log, 4)
    sent: list[tuple[Fact, bytes]] = []
    for at, fact in enumerate(some_facts(10)):
        by_ours = message(ids["headrace.facts.invoice"], encode_fact(fact)[5:])
        sent.append((fact, by_theirs(fact, own) if at % 2 else by_ours))
    producer = confluent_kafka.Producer({"bootstrap.servers": kafka, "partitioner": "murmur2_random", "acks": "all"})
    for fact, value in sent:
        producer.produce(prefix + TOPIC_OF_KIND[fact.kind], value, producer_key(fact))
    assert producer.flush(20) == 0
    command = [sys.executable, "-m", "headrace.main", "run", "intake", "--config", str(config), "--until-idle"]
    ended = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert event_ids(log) == [fact.event_id for fact, _ in sent]
    assert letters(log) == []
    assert sum(len(partition) for partition in facts(log, FACTS)) > len(sent)
    log.close()
