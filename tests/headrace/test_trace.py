"""`headrace trace`: the chain from an order to the message that a customer's system got, step by step, and as OTLP."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.commands.trace import lasted
from schemas.records import Order, OrderLine, Shipment, ShipmentLine
from tests.commands import headrace, headrace_here
from tests.dataflows.sending import send
from tests.facts import DAY_MS, customer, header, invoice, receipt
from tests.hooks import HookServer, endpoint, made

PRODUCERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture(scope="module")
def server() -> Iterator[HookServer]:
    found = HookServer()
    yield found
    found.close()


@pytest.fixture(scope="module")
def directory(server: HookServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An order, shipped and billed; the bill is told to an endpoint, and paid. There is another bill of the same order."""
    found = tmp_path_factory.mktemp("traced")
    log = made(found, endpoint(server, events=["posted"]))
    now = time.time_ns() // 1_000_000
    today = now // DAY_MS
    days = {"document_date": today, "posting_date": today, "due_date": today + 30}
    send(log, [customer(event_time=now)])
    for fact in (
        Order(**header("o", event_time=now - 3_000), order_id="O-1", order_date=today, currency="USD", po_reference="",
              cancelled=False, lines=[OrderLine(1, "P-1", 5_000, 20_000_000)]),
        Shipment(**header("s", event_time=now - 2_000), shipment_id="S-1", order_id="O-1", carrier="dhl",
                 ship_date=today, lines=[ShipmentLine(1, "P-1", 5_000)]),
        invoice(event_id="i", event_time=now, correlation=f"00-{PRODUCERS_TRACE}-00f067aa0ba902b7-01", **days),
        invoice(event_id="j", event_time=now, document="INV-2", **days),
    ):  # fmt: skip
        send(log, [fact])
    flows = (("intake",), ("receivables",), ("publish", "--sink", "webhooks"))
    for words in flows:
        assert headrace(found, "run", *words, "--until-idle").returncode == 0
    send(log, [receipt(event_id="r", event_time=now, posting_date=today, value_date=today)])
    for words in (*flows, ("publish", "--sink", "clickhouse")):
        assert headrace(found, "run", *words, "--until-idle").returncode == 0
    return found


def test_every_step_is_there_below_what_it_came_of(directory: Path) -> None:
    told = json.loads(headrace_here(directory, "trace", "INV-1", "--json").stdout)
    assert (told["account"], told["number"]) == ("t1/us01/A-1", "INV-1")
    steps = {step["id"]: step for step in told["steps"]}
    of_facts = [step["said"]["event_id"] for step in told["steps"] if step["kind"] == "fact"]
    # Not the other bill of the order.
    assert of_facts == ["o", "s", "i", "r"]
    of_invoice = next(name for name, step in steps.items() if step["said"].get("event_id") == "i")
    assert steps[of_invoice]["ended_ms"] >= steps[of_invoice]["begun_ms"]
    [posted] = [step for step in told["steps"] if step["parent"] == of_invoice]
    assert posted["kind"] == "decision"
    [effect] = [step for step in told["steps"] if step["kind"] == "effect"]
    assert (effect["parent"], effect["state"], effect["said"]["target"]) == (posted["id"], "done", "crm")
    [attempt] = [step for step in told["steps"] if step["kind"] == "attempt"]
    assert (attempt["parent"], attempt["state"], attempt["said"]) == (effect["id"], "done", {"detail": "HTTP 200"})
    assert effect["begun_ms"] <= attempt["begun_ms"] <= attempt["ended_ms"] == effect["ended_ms"]
    of_receipt = next(name for name, step in steps.items() if step["said"].get("event_id") == "r")
    assert [step["parent"] for step in told["steps"] if "applied" in step["words"]] == [of_receipt]


def test_people_read_it_in_the_order_in_which_it_became_known(directory: Path) -> None:
    lines = headrace_here(directory, "trace", "INV-1").stdout.splitlines()
    assert lines[0] == "INV-1, account t1/us01/A-1"
    found = [at for word in ("Order O-1", "Shipment S-1", "nvoice INV-1 of", "event to crm", "attempt 1", "Receipt R-1")
             for at, line in enumerate(lines) if word in line][:6]  # fmt: skip
    assert len(found) == 6
    assert found == sorted(found)


def test_a_trace_of_open_telemetry_is_a_tree_linked_to_its_producers(directory: Path) -> None:
    told = headrace_here(directory, "trace", "INV-1", "--otlp").stdout
    assert told == headrace_here(directory, "trace", "INV-1", "--otlp", "--account", "t1/us01/A-1").stdout
    [resource] = json.loads(told)["resourceSpans"]
    [scope] = resource["scopeSpans"]
    spans = {span["spanId"]: span for span in scope["spans"]}
    assert (
        len(spans)
        == len(scope["spans"])
        == 1 + len(json.loads(headrace_here(directory, "trace", "INV-1", "--json").stdout)["steps"])
    )
    assert {len(span["traceId"]) for span in spans.values()} == {32}
    assert {len(name) for name in spans} == {16}
    assert len({span["traceId"] for span in spans.values()}) == 1
    parents = Counter(span["parentSpanId"] in spans for span in spans.values())
    assert parents[False] == 1
    [root] = [span for span in spans.values() if not span["parentSpanId"]]
    assert root["name"] == "INV-1"
    for span in spans.values():
        begun, ended = int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"])
        assert int(root["startTimeUnixNano"]) <= begun <= ended <= int(root["endTimeUnixNano"])
    links = [span["links"] for span in spans.values() if "links" in span]
    assert links == [[{"traceId": PRODUCERS_TRACE, "spanId": "00f067aa0ba902b7"}]]
    assert [span["status"]["code"] for span in spans.values() if "status" in span] == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("INV-9",), 1, "INV-9: nothing was decided about anything of that number, of all that is published; headrace live find knows other spellings\n"),
        (("INV-1", "--account", "B"), 1, "INV-1: nothing was decided about anything of B of that number, of all that is published; headrace live find knows other spellings\n"),
        (("INV-1", "--json", "--otlp"), 2, "say --json or --otlp, not both\n"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said(directory: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = headrace_here(directory, "trace", *arguments)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", said)


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0.0 s"),
        (400, "0.4 s"),
        (119_999, "120.0 s"),
        (120_000, "2 min"),
        (7_200_000, "2 h"),
        (200_000_000, "2 days"),
    ],
)
def test_how_long_it_took(ms: int, said: str) -> None:
    assert lasted(ms) == said
