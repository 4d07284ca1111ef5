"""kpi_approvals, kpi_overrides, kpi_policy_adherence, kpi_integration, kpi_lag, kpi_audit: who decided, and how surely."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import ANSWERS, UNDONE, Basis, by_person, minutes, said, shown
from headrace.audit.kpi.queues import exceptions
from headrace.audit.kpi.reading import DAY_MS
from headrace.audit.kpi.tables import Key, Rows, Table, per
from schemas.records import Decision

OVERRIDES: Final = frozenset(
    ("release.manual", "cash.operator", "cash.erp", "delivery.operator", "write_off.operator", "refund.operator")
)
_OVERRIDDEN: Final = (
    *("invoice_released", "cash_applied", "cash_unapplied"),
    *("delivery_requested", "write_off_proposed", "refund_proposed"),
)


# --- approvals ---


def answered(basis: Basis) -> Iterator[tuple[Decision, Decision | None]]:
    """Each request with its answer, None while it is open; one that is asked again is another."""
    asked: dict[tuple[str, str], Decision] = {}
    for d in basis.decisions:
        name = account_of(d), d.reference_id
        if d.kind == "approval_requested":
            if name in asked:
                yield asked[name], None
            asked[name] = d
        elif d.kind in ANSWERS and name in asked:
            yield asked.pop(name), d
    for request in asked.values():
        yield request, None


def _in_time(request: Decision, answer: Decision) -> bool:
    said_so = answer.kind in ("approval_given", "approval_rejected")
    return said_so and (not request.deadline or answer.event_time <= request.deadline)


def approvals(basis: Basis) -> Rows:
    """kpi_approvals."""
    table = Table("requested", "requested_minor", *ANSWERS.values(), "answer_minutes", "in_time")
    for request, answer in answered(basis):
        owner, category = request.owner, request.category
        table.add(basis.on_event(request, category, owner=owner), requested=1, requested_minor=request.amount)
        if answer is None:
            continue
        key = (shown(answer.event_time // DAY_MS), *basis.group(request, owner), category)
        table.add(key, **{ANSWERS[answer.kind]: 1}, in_time=int(_in_time(request, answer)))
        if answer.kind in ("approval_given", "approval_rejected"):
            table.add(key, answer_minutes=minutes(request, answer))
    return table.flow(lambda row: {"in_time_bp": per(row["in_time"], row["given"] + row["rejected"] + row["expired"])})


# --- overrides, adherence ---


def overrides(basis: Basis) -> Rows:
    """kpi_overrides."""
    table = Table("overrides", "decided")
    for d in basis.of(*_OVERRIDDEN):
        table.add(basis.on_event(d, d.kind), overrides=int(d.rule in OVERRIDES), decided=1)
    return table.flow(lambda row: {"override_bp": per(row["overrides"], row["decided"])})


def policy_adherence(basis: Basis) -> Rows:
    """kpi_policy_adherence."""
    table = Table("checked", "adhered")
    for d in basis.of("invoice_released"):
        _adheres(table, basis.on_event(d, "release"), d.rule != "release.manual")
    for d in basis.of("cash_applied"):
        _adheres(table, basis.on_event(d, "cash"), d.rule not in ("cash.operator", "cash.erp"))
    for d in basis.of("write_off_posted"):
        if not d.rule.startswith(UNDONE):
            right = d.rule.startswith("cash.7.") or said(d, "within") != "" or said(d, "approval") != ""
            _adheres(table, basis.on_event(d, "write_off"), right)
    for entry in exceptions(basis):
        if entry.end is not None:
            _adheres(table, basis.on_event(entry.end, "exceptions"), entry.in_time)
    for request, answer in answered(basis):
        if answer is not None and answer.kind != "approval_withdrawn":
            _adheres(table, basis.on_event(answer, "approvals"), _in_time(request, answer))
    _disputes(basis, table)
    return table.flow(lambda row: {"adherence_bp": per(row["adhered"], row["checked"])})


def _adheres(table: Table, key: Key, right: bool) -> None:
    table.add(key, checked=1, adhered=int(right))


def _disputes(basis: Basis, table: Table) -> None:
    late = {(account_of(d), d.reference_id) for d in basis.of("escalated") if d.rule.startswith("disputes.")}
    for name, (_, _, closed) in basis.disputes().items():
        if closed is not None:
            _adheres(table, basis.on_event(closed, "disputes"), name not in late)


# --- how the installation does ---


def integration(basis: Basis) -> Rows:
    """kpi_integration."""
    table = Table("facts", "rejected", "deliveries_failed", "erp_refused")
    for d in basis.decisions:
        failed = d.kind == "delivery_status" and d.text in ("failed", "rejected")
        refused = d.kind == "exception_raised" and d.rule == "erp.refused"
        table.add(
            basis.on_event(d, d.cause_kind),
            facts=int(d.index == 0),
            rejected=int(d.kind == "fact_rejected"),
            deliveries_failed=int(failed),
            erp_refused=int(refused),
        )
    return table.flow(lambda row: {"success_bp": per(row["facts"] - row["rejected"], row["facts"])})


def lag(basis: Basis) -> Rows:
    """kpi_lag."""
    rows: Rows = {}
    slowest: dict[Key, list[int]] = defaultdict(list)
    highest: dict[Key, int] = {}
    for d in basis.decisions:
        key: Key = (shown(d.event_time // DAY_MS), d.tenant, d.entity, "", "", d.currency, "", d.shard)
        highest[key] = max(highest.get(key, 0), d.sequence)
        if d.index == 0:
            slowest[key].append(d.recorded_time - d.event_time)
    for key, last in highest.items():
        times = slowest[key]
        rows[key] = {
            "facts": len(times),
            "lag_ms": sum(times),
            "lag_max_ms": max(times, default=0),
            "last_sequence": last,
        }
    return rows


def audit(basis: Basis) -> Rows:
    """kpi_audit."""
    measures = ("decisions", "with_cause", "with_rule", "with_version", "by_person", "named", "complete")
    table = Table(*measures)
    for d in basis.decisions:
        caused, versioned = bool(d.cause_kind and d.cause_id), bool(d.rules_version) and d.policy_version > -1
        person = by_person(d)
        table.add(
            basis.on_event(d, d.origin),
            decisions=1,
            with_cause=int(caused),
            with_rule=int(bool(d.rule)),
            with_version=int(versioned),
            by_person=int(person),
            named=int(person and _named(d)),
            complete=int(caused and bool(d.rule) and versioned),
        )
    return table.flow(lambda row: {"complete_bp": per(row["complete"], row["decisions"])})


def _named(d: Decision) -> bool:
    done = any(text.startswith("done_by:") for text in d.reasons)
    return bool(d.owner or said(d, "by") or said(d, "maker") or done)
