"""Whether what happened was as the policy says, by whom, how late, and whether all of it is accounted for."""

from typing import Final

from sinks.clickhouse.evidence import said
from sinks.clickhouse.kpis.flows import EVENT_DAY, NO_REVERSAL, Flow, Measure
from sinks.clickhouse.rollups import BY_PERSON
from sinks.clickhouse.view import GROUP, KEY, View, basis_points

_BY_HAND: Final = """rule IN ('release.manual', 'cash.operator', 'cash.erp', 'delivery.operator', 'write_off.operator',
    'refund.operator')"""
_OVERRIDES: Final = Flow(
    "kpi_overrides",
    "What people decided in place of a rule on each day, by kind",
    """(SELECT * FROM decisions WHERE kind IN (
        'invoice_released', 'cash_applied', 'cash_unapplied', 'delivery_requested', 'write_off_proposed', 'refund_proposed'))""",
    {
        "overrides": Measure(f"countIf({_BY_HAND})", "By a person in place of a rule"),
        "decided": Measure("count()", "Decisions of the kind: denominator of override_bp"),
    },
    by={"kind": Measure("kind", "Kind of the decision")},
    ratios={"override_bp": Measure(basis_points("overrides", "decided"), "overrides / decided")},
)

_WITHIN: Final = f"(startsWith(rule, 'cash.7.') OR {said('within')} != '' OR {said('approval')} != '')"
_OF_ADHERENCE: Final = f"""(
    SELECT tenant, entity, account_id, currency, {EVENT_DAY} AS of_day,
           multiIf(kind = 'invoice_released', 'release', kind = 'cash_applied', 'cash', 'write_off') AS subject,
           multiIf(kind = 'invoice_released', rule != 'release.manual',
                   kind = 'cash_applied', rule NOT IN ('cash.operator', 'cash.erp'), {_WITHIN}) AS is_so, 1 AS number
    FROM decisions
    WHERE kind IN ('invoice_released', 'cash_applied') OR (kind = 'write_off_posted' AND {NO_REVERSAL})
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(ended_time), 'exceptions',
           toUnixTimestamp64Milli(until_time) = 0 OR ended_time <= until_time, 1
    FROM queue_entries WHERE queue = 'exception' AND is_ended
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(assumeNotNull(answered_time)), 'approvals',
           status != 'expired' AND (toUnixTimestamp64Milli(deadline) = 0 OR assumeNotNull(answered_time) <= deadline), 1
    FROM approvals WHERE status IN ('given', 'rejected', 'expired')
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(assumeNotNull(closed_time)), 'disputes', escalations = 0, 1
    FROM disputes WHERE closed_time IS NOT NULL
)"""
_ADHERENCE: Final = Flow(
    "kpi_policy_adherence",
    "What was decided and done as the policy says on each day, by subject",
    _OF_ADHERENCE,
    {
        "checked": Measure("sum(number)", "Cases: denominator of adherence_bp"),
        "adhered": Measure("sum(is_so)", "As the policy says"),
    },
    day="of_day",
    by={"subject": Measure("subject", "release, cash, write_off, exceptions, approvals or disputes")},
    ratios={"adherence_bp": Measure(basis_points("adhered", "checked"), "adhered / checked")},
)

_INTEGRATION: Final = Flow(
    "kpi_integration",
    "Facts that came on each day, by kind, and what went wrong with other systems",
    "decisions",
    {
        "facts": Measure("countIf(`index` = 0)", "Facts that led to a decision: denominator of success_bp"),
        "rejected": Measure("countIf(kind = 'fact_rejected')", "Of them, rejected"),
        "deliveries_failed": Measure(
            "countIf(kind = 'delivery_status' AND text IN ('failed', 'rejected'))",
            "Deliveries that failed or were refused",
        ),
        "erp_refused": Measure(
            "countIf(kind = 'exception_raised' AND rule = 'erp.refused')", "Postings the ERP refused"
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
    f"""
SELECT {EVENT_DAY} AS day, {GROUP.replace("region, segment", "'' AS region, '' AS segment").replace("owner", "'' AS owner")}, shard,
       toInt64(countIf(`index` = 0)) AS facts,
       toInt64(sumIf(toUnixTimestamp64Milli(recorded_time) - toUnixTimestamp64Milli(event_time), `index` = 0)) AS lag_ms,
       toInt64(maxIf(toUnixTimestamp64Milli(recorded_time) - toUnixTimestamp64Milli(event_time), `index` = 0)) AS lag_max_ms,
       max(sequence) AS last_sequence
FROM decisions
GROUP BY day, tenant, entity, currency, shard
""",
)

_CAUSED: Final = "(cause_kind != '' AND cause_id != '')"
_AUDIT: Final = Flow(
    "kpi_audit",
    "Whether each day's decisions say what caused them, by which rule and version, and by whom",
    "decisions",
    {
        "decisions": Measure("count()", "Decisions: denominator of complete_bp"),
        "with_cause": Measure(f"countIf({_CAUSED})", "They name the fact that caused them"),
        "with_rule": Measure("countIf(rule != '')", "They name a rule"),
        "with_version": Measure("countIf(rules_version != '' AND policy_version >= 0)", "They name rules and policy"),
        "by_person": Measure(f"countIf({BY_PERSON})", "Caused by a person"),
        "named": Measure(
            f"countIf({BY_PERSON} AND (owner != '' OR {said('by')} != '' OR {said('maker')} != ''"
            " OR arrayExists(x -> startsWith(x, 'done_by:'), decisions.reasons)))",
            "Of them, these name one",
        ),
        "complete": Measure(
            f"countIf({_CAUSED} AND rule != '' AND rules_version != '' AND policy_version >= 0)",
            "They name all of that",
        ),
    },
    by={"origin": Measure("origin", "live, or history for imports and replays")},
    ratios={"complete_bp": Measure(basis_points("complete", "decisions"), "complete / decisions")},
)

CONTROL_KPIS: Final = (*(flow.view for flow in (_OVERRIDES, _ADHERENCE, _INTEGRATION, _AUDIT)), KPI_LAG)
