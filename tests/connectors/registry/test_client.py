"""The client and the registering on a real registry and on ours, and on one that is away, wrong or in trouble."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from connectors.registry import client
from connectors.registry.client import Registered, RegistryAway, RegistryRefused, SchemaRegistry
from connectors.registry.registering import register_all
from connectors.registry.writers import WriterSchema, accept
from schemas.generate import sources
from schemas.topics import TOPIC_OF_KIND
from tests.registries import RegistryServer

OLD: dict[str, Any] = {"type": "record", "name": "thing", "fields": [{"name": "a", "type": "long"}]}
GROWN = OLD | {"fields": [*OLD["fields"], {"name": "b", "type": "string", "default": ""}]}
BROKEN = OLD | {"fields": [*OLD["fields"], {"name": "c", "type": "string"}]}


@pytest.fixture(params=["ours", pytest.param("real", marks=pytest.mark.registry)])
def registry(request: pytest.FixtureRequest) -> Iterator[SchemaRegistry]:
    url = (
        request.getfixturevalue("real_registry")
        if request.param == "real"
        else request.getfixturevalue("registry_server").url
    )
    found = SchemaRegistry(url)
    yield found
    found.close()


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> str:
    """One that nobody used before, with characters that a path must quote."""
    return f"test/{time.time_ns()} {request.node.callspec.id}"


def test_a_registry_that_answers_is_ready(registry: SchemaRegistry) -> None:
    registry.check()
    assert registry.status == "ready"


def test_ids_that_are_not_there_are_nothing(registry: SchemaRegistry) -> None:
    assert registry.schema(1_999_999_999) is None
    assert registry.status == "ready"


def test_what_was_registered_is_found_by_id_and_by_subject(registry: SchemaRegistry, subject: str) -> None:
    text = json.dumps(OLD)
    assert registry.id_of(subject, text) is None
    number = registry.register(subject, text)
    assert registry.register(subject, text) == number
    assert registry.id_of(subject, text) == number
    assert registry.id_of(subject, json.dumps(GROWN)) is None
    found = registry.schema(number)
    assert found is not None
    assert (json.loads(found.text), found.language, found.has_references) == (OLD, "AVRO", False)


def test_a_subject_s_compatibility_is_set_and_kept_to(registry: SchemaRegistry, subject: str) -> None:
    assert registry.compatibility(subject) == ""
    number = registry.register(subject, json.dumps(OLD))
    registry.set_compatibility(subject, "BACKWARD")
    assert registry.compatibility(subject) == "BACKWARD"
    assert registry.register(subject, json.dumps(GROWN)) > number
    with pytest.raises(RegistryRefused, match=r"answered 409 to POST .*it does not take this schema"):
        registry.register(subject, json.dumps(BROKEN))


def test_our_schemas_are_registered_once_each_under_their_own_names(registry: SchemaRegistry) -> None:
    steps = list(register_all(registry))
    ours = [source for source in sources() if source.group == "facts" and source.name in TOPIC_OF_KIND]
    assert [(step.subject, step.version) for step in steps] == [(f"headrace.facts.{s.name}", s.version) for s in ours]
    assert [step._replace(new=False) for step in steps] == list(register_all(registry))
    for step, source in zip(steps, ours, strict=True):
        assert registry.compatibility(step.subject) == "BACKWARD"
        found = registry.schema(step.number)
        assert isinstance(found, Registered)
        taken = accept(found.text)
        assert isinstance(taken, WriterSchema)
        assert taken.own.kind == source.name


def test_registering_goes_on_where_it_was_broken_off(registry_server: RegistryServer) -> None:
    registry = SchemaRegistry(registry_server.url)
    steps = register_all(registry)
    begun = [next(steps) for _ in range(3)]
    registry_server.stop()
    with pytest.raises(RegistryAway):
        next(steps)
    registry_server.start()
    again = list(register_all(registry))
    assert again[:3] == [step._replace(new=False) for step in begun]
    assert {step.new for step in again[3:]} == {True}
    registry_server.levels["headrace.facts.order"] = "NONE"
    assert {step.new for step in register_all(registry)} == {False}
    assert set(registry_server.levels.values()) == {"BACKWARD"}


def test_a_subject_that_holds_something_else_is_told(registry_server: RegistryServer) -> None:
    registry = SchemaRegistry(registry_server.url)
    registry.register("headrace.facts.receipt", json.dumps(OLD))
    with pytest.raises(RegistryRefused, match=r"409 to POST /subjects/headrace.facts.receipt/versions: .*incompatible"):
        list(register_all(registry))


@pytest.mark.parametrize("trouble", [500, 502, 503, 429, 408, "slow", "down"])
def test_what_may_be_better_in_a_moment_is_away_and_then_back(
    registry_server: RegistryServer, monkeypatch: pytest.MonkeyPatch, trouble: int | str
) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.2)
    registry = SchemaRegistry(registry_server.url)
    if trouble == "down":
        registry_server.stop()
    else:
        registry_server.trouble = trouble
    with pytest.raises(RegistryAway, match=f"the schema registry at 127.0.0.1:{registry_server.port} is away: "):
        registry.schema(1)
    assert registry.status.startswith("away: ")
    if trouble == "down":
        registry_server.start()
    registry_server.trouble = 0
    assert registry.schema(1) is None
    assert registry.status == "ready"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("garbage", "answered 200 to GET /schemas/ids/1: <html>Sign in to the network</html>; look at its address"),
        ("endless", "with more than 1,048,576 bytes"),
        (404, "answered 404 to GET /schemas/ids/1: .*look at its address"),
        (403, "answered 403 .*look at its login"),
        (302, "answered 302 .*look at its address"),
    ],
)
def test_what_a_person_has_to_look_at(registry_server: RegistryServer, trouble: int | str, said: str) -> None:
    registry_server.trouble = trouble
    with pytest.raises(RegistryRefused, match=said):
        SchemaRegistry(registry_server.url).schema(1)


def test_a_login_is_sent_and_never_told() -> None:
    server = RegistryServer("headrace:s3cr@t:/")
    try:
        right = server.url.replace(server.login, "headrace:s3cr%40t%3A%2F")
        assert SchemaRegistry(right).schema(1) is None
        for wrong in (right.replace("s3cr", "s3cret"), f"http://127.0.0.1:{server.port}"):
            with pytest.raises(RegistryRefused, match=r"answered 401 .*look at its login") as told:
                SchemaRegistry(wrong).check()
            assert "s3cr" not in str(told.value)
        server.stop()
        with pytest.raises(RegistryAway) as away:
            SchemaRegistry(right).check()
        assert "s3cr" not in str(away.value)
    finally:
        server.stop()


@pytest.mark.parametrize("url", ["registry:8081", "ftp://registry", "http://", "/path"])
def test_what_is_no_address_is_told_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="must be an http or https address"):
        SchemaRegistry(url)
