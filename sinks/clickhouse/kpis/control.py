"""Whether what happened was as the policy says, by whom, how late, and whether all of it is accounted for."""

from typing import Final

from sinks.clickhouse.evidence import said
from sinks.clickhouse.kpis.flows import ACCOUNTS_OF, EVENT_DAY, NO_REVERSAL, Measure, counted
from sinks.clickhouse.kpis.queues import EXCEPTIONS
from sinks.clickhouse.view import GROUP, KEY, TEXT, View, basis_points

_BY_HAND: Final = """rule IN ('release.manual', 'cash.operator', 'cash.erp', 'delivery.operator', 'write_off.operator',
    'refund.operator')"""
_OVERRIDES: Final = counted(
    "kpi_overrides",
    "What people decided in place of a rule on each day, by kind",
    {
        "overrides": Measure(f"sumIf(decisions, {_BY_HAND})", "By a person in place of a rule"),
        "decided": Measure("sum(decisions)", "Decisions of the kind: denominator of override_bp"),
    },
    by={"kind": Measure("kind", "Kind of the decision")},
    ratios={"override_bp": Measure(basis_points("overrides", "decided"), "overrides / decided")},
    where="""kind IN (
        'invoice_released', 'cash_applied', 'cash_unapplied', 'delivery_requested', 'write_off_proposed', 'refund_proposed')""",
)

_WITHIN: Final = f"(startsWith(rule, 'cash.7.') OR {said('within')} != '' OR {said('approval')} != '')"
_OF_ADHERENCE: Final = f"""
    SELECT {EVENT_DAY} AS day, tenant, entity, account_id, currency, 'write_off' AS subject, {_WITHIN} AS is_so
    FROM decisions_by_kind AS decisions WHERE kind = 'write_off_posted' AND {NO_REVERSAL}
    UNION ALL
    SELECT toDate32(ended_time), tenant, entity, account_id, currency, 'exceptions',
           toUnixTimestamp64Milli(until_time) = 0 OR ended_time <= until_time
    FROM ({EXCEPTIONS}) WHERE is_ended
    UNION ALL
    SELECT toDate32(assumeNotNull(answered_time)), tenant, entity, account_id, currency, 'approvals',
           status != 'expired' AND (toUnixTimestamp64Milli(deadline) = 0 OR assumeNotNull(answered_time) <= deadline)
    FROM approvals WHERE status IN ('given', 'rejected', 'expired')
    UNION ALL
    SELECT toDate32(assumeNotNull(closed_time)), tenant, entity, account_id, currency, 'disputes', escalations = 0
    FROM disputes WHERE closed_time IS NOT NULL"""
KPI_POLICY_ADHERENCE: Final = View(
    "kpi_policy_adherence",
    "What was decided and done as the policy says on each day, by subject",
    {
        **KEY,
        "subject": "release, cash, write_off, exceptions, approvals or disputes",
        "checked": "Cases: denominator of adherence_bp",
        "adhered": "As the policy says",
        "adherence_bp": "adhered / checked",
    },
    f"""
SELECT day, {GROUP}, subject, toInt64(sum(cases)) AS checked, toInt64(sum(so)) AS adhered,
       {basis_points("adhered", "checked")} AS adherence_bp
FROM (
    SELECT day, {GROUP}, if(kind = 'cash_applied', 'cash', 'release') AS subject, decisions AS cases,
           decisions * (rule NOT IN ('release.manual', 'cash.operator', 'cash.erp')) AS so
    FROM count_days WHERE kind IN ('invoice_released', 'cash_applied')
    UNION ALL
    SELECT day, tenant, entity, a.region, a.segment, currency, a.collector, subject, 1, is_so
    FROM ({_OF_ADHERENCE}) AS d {ACCOUNTS_OF}
)
GROUP BY day, {GROUP}, subject
HAVING checked != 0
""",
    types={"currency": TEXT, "subject": TEXT},
)

_INTEGRATION: Final = counted(
    "kpi_integration",
    "Facts that came on each day, by kind, and what went wrong with other systems",
    {
        "facts": Measure("sum(count_days.facts)", "Facts that led to a decision: denominator of success_bp"),
        "rejected": Measure("sumIf(decisions, kind = 'fact_rejected')", "Of them, rejected"),
        "deliveries_failed": Measure(
            "sumIf(decisions, kind = 'delivery_status' AND detail IN ('failed', 'rejected'))",
            "Deliveries that failed or were refused",
        ),
        "erp_refused": Measure(
            "sumIf(decisions, kind = 'exception_raised' AND rule = 'erp.refused')", "Postings the ERP refused"
        ),
    },
    by={"cause_kind": Measure("cause_kind", "Kind of the fact; wake is time itself")},
    ratios={"success_bp": Measure(basis_points("(facts - rejected)", "facts"), "facts less rejected / facts")},
)

KPI_LAG: Final = View(
    "kpi_lag",
    "How long after it happened each day's facts were known, by shard",
    {
        **KEY,
        "region": "Empty",
        "segment": "Empty",
        "owner": "Empty",
        "shard": "Shard",
        "facts": "Facts that led to a decision: denominator of lag_ms",
        "lag_ms": "Milliseconds from when it happened to when the log learned it",
        "lag_max_ms": "The longest; holds for its row only",
        "last_sequence": "The day's highest decision of the shard; holds for its row only",
    },
    """
SELECT day, tenant, entity, '' AS region, '' AS segment, currency, '' AS owner, shard, sum(shard_days.facts) AS facts,
       sum(shard_days.lag_ms) AS lag_ms, toInt64(max(shard_days.lag_max_ms)) AS lag_max_ms,
       toInt64(max(shard_days.last_sequence)) AS last_sequence
FROM shard_days
GROUP BY day, tenant, entity, currency, shard
""",
    types={"region": TEXT, "segment": TEXT, "owner": TEXT, "shard": "UInt16"},
)

_AUDITED: Final = {
    "decisions": "Decisions: denominator of complete_bp",
    "with_cause": "They name the fact that caused them",
    "with_rule": "They name a rule",
    "with_version": "They name rules and policy",
    "by_person": "Caused by a person",
    "named": "Of them, these name one",
    "complete": "They name cause, rule and versions",
}
_AUDIT: Final = counted(
    "kpi_audit",
    "Whether each day's decisions say what caused them, by which rule and version, and by whom",
    {name: Measure(f"sum(count_days.{name})", comment) for name, comment in _AUDITED.items()},
    by={"origin": Measure("origin", "live, or history for imports and replays")},
    ratios={"complete_bp": Measure(basis_points("complete", "decisions"), "complete / decisions")},
)

CONTROL_KPIS: Final = (_OVERRIDES, KPI_POLICY_ADHERENCE, _INTEGRATION, _AUDIT, KPI_LAG)
