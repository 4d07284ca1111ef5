"""A trace as OpenTelemetry's OTLP has it in JSON (opentelemetry-proto 1.x, trace/v1): what collectors, Jaeger and Tempo take."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from headrace.why.trace import Step

# W3C Trace Context: version, trace, parent span, flags.
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
# SpanKind and StatusCode of the protocol.
_KINDS: Final = {"fact": 5, "decision": 1, "effect": 4, "attempt": 3}
_OK: Final = 1
_ERROR: Final = 2
_DONE: Final = frozenset({"done"})
_WRONG: Final = frozenset({"failed", "expired", "unknown", "rejected", "refused", "later", "off"})


def otlp(account: str, number: str, steps: Sequence[Step]) -> dict[str, Any]:
    """An ExportTraceServiceRequest of one trace. Its ids follow from the account, the number and the steps, so that the same trace
    sent twice is one. A fact whose correlation is a traceparent is linked to the trace that its producer began."""
    trace_id = sha256(f"{account}\n{number}".encode()).hexdigest()[:32]
    root = _span_id(trace_id, "")
    ends = [max(step.begun_ms, step.ended_ms) for step in steps]
    whole = _span(trace_id, "", "", number, min(step.begun_ms for step in steps), max(ends))
    whole["attributes"] = _attributes({"headrace.account": account, "headrace.number": number})
    spans = [whole]
    for step in steps:
        parent = _span_id(trace_id, step.parent) if step.parent else root
        # What is under way has no end yet; the protocol wants one.
        end = max(step.begun_ms, step.ended_ms)
        span = _span(trace_id, step.id, parent, step.words, step.begun_ms, end, _KINDS[step.kind])
        said = {"id": step.id, "kind": step.kind, "state": step.state, **step.said}
        span["attributes"] = _attributes({f"headrace.{name}": value for name, value in said.items() if value})
        if step.state in _DONE | _WRONG:
            span["status"] = {"code": _OK if step.state in _DONE else _ERROR}
        begun = _TRACEPARENT.fullmatch(step.said.get("correlation", ""))
        if begun is not None:
            span["links"] = [{"traceId": begun[1], "spanId": begun[2]}]
        spans.append(span)
    scope = {"scope": {"name": "headrace"}, "spans": spans}
    resource = {"attributes": _attributes({"service.name": "headrace"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _span_id(trace_id: str, step: str) -> str:
    return sha256(f"{trace_id}\n{step}".encode()).hexdigest()[:16]


def _span(
    trace_id: str, step: str, parent: str, name: str, begun_ms: int, ended_ms: int, kind: int = 1
) -> dict[str, Any]:
    return {
        "traceId": trace_id,
        "spanId": _span_id(trace_id, step),
        "parentSpanId": parent,
        "name": name,
        "kind": kind,
        # 64-bit integers are texts in the protocol's JSON.
        "startTimeUnixNano": str(begun_ms * 1_000_000),
        "endTimeUnixNano": str(ended_ms * 1_000_000),
    }


def _attributes(said: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in said.items()]
