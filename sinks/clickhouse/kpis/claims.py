"""Disputes, reminders and promises, and what collectors did."""

from typing import Final

from sinks.clickhouse.kpis.flows import ACCOUNTS_OF, EVENT_DAY, OF_CUSTOMER, Flow, Measure
from sinks.clickhouse.view import CODE, GROUP, KEY, TEXT, View, basis_points

_OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
_CAUSES: Final = ("customer", "own", "upstream")
_OF_DISPUTES: Final = f"""(
    SELECT tenant, entity, account_id, currency, toDate32(opened_time) AS of_day, owner, category, '' AS root_cause,
           'opened' AS what, amount, 0 AS minutes, [0] AS outcomes, [0] AS days
    FROM disputes
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(assumeNotNull(closed_time)), owner, category, root_cause,
           'closed', amount, business_minutes, [{", ".join(_OUTCOMES)}], [{", ".join(f"days_{name}" for name in _CAUSES)}]
    FROM disputes WHERE closed_time IS NOT NULL
    UNION ALL
    SELECT tenant, entity, account_id, d.currency, {EVENT_DAY}, o.owner, o.category, '', 'escalated', 0, 0, [0], [0]
    FROM (
        SELECT tenant, entity, account_id, reference_id AS dispute_id, currency, event_time
        FROM decisions WHERE kind = 'escalated' AND startsWith(rule, 'disputes.')
    ) AS d
    LEFT JOIN (SELECT tenant, entity, account_id, dispute_id, owner, category FROM disputes) AS o
        USING (tenant, entity, account_id, dispute_id)
)"""
_PLACES: Final = (("median", 0.5), ("p90", 0.9))

KPI_DISPUTES: Final = View(
    "kpi_disputes",
    "Disputes opened and closed on each day, by category and root cause, beside what was invoiced",
    {
        **KEY,
        "owner": "Who has the dispute, as was said last",
        "category": "Of the dispute, as was said last",
        "root_cause": "Why, as its closing says; empty before",
        "opened": "Disputes opened: numerator of the dispute rate",
        "opened_minor": "Contested by them, minor units",
        "closed": "Disputes closed: denominator of resolution_minutes",
        "closed_minor": "Contested by them",
        **{f"{name}_minor": f"How they ended: {name.replace('_', ' ')}" for name in _OUTCOMES},
        **{f"{name}_days": f"Days lost at: {name}" for name in _CAUSES},
        "resolution_minutes": "Business minutes from opening to closing",
        "resolution_median_minutes": "Their median; holds for its row only",
        "resolution_p90_minutes": "Nine of ten took no longer; holds for its row only",
        "escalated": "Escalations",
        "invoiced": "Invoices posted, where owner, category and cause are empty: denominator of the dispute rate",
        "invoiced_minor": "Their amounts",
    },
    f"""
SELECT of_day AS day, {GROUP}, category, root_cause,
       toInt64(countIf(what = 'opened')) AS opened, toInt64(sumIf(amount, what = 'opened')) AS opened_minor,
       toInt64(countIf(what = 'closed')) AS closed, toInt64(sumIf(amount, what = 'closed')) AS closed_minor,
       {", ".join(f"toInt64(sumIf(outcomes[{at}], what = 'closed')) AS {name}_minor" for at, name in enumerate(_OUTCOMES, 1))},
       {", ".join(f"toInt64(sumIf(days[{at}], what = 'closed')) AS {name}_days" for at, name in enumerate(_CAUSES, 1))},
       toInt64(sum(minutes)) AS resolution_minutes,
       {", ".join(f"quantileExactOrNullIf({place})(toInt64(minutes), what = 'closed') AS resolution_{name}_minutes" for name, place in _PLACES)},
       toInt64(countIf(what = 'escalated')) AS escalated,
       toInt64(sum(bills)) AS invoiced, toInt64(sumIf(amount, what = 'invoiced')) AS invoiced_minor
FROM (
    SELECT of_day, tenant, entity, a.region AS region, a.segment AS segment, currency, owner, category, root_cause, what,
           amount, minutes, outcomes, days, 0 AS bills
    FROM {_OF_DISPUTES} AS d {ACCOUNTS_OF}
    UNION ALL
    SELECT day, tenant, entity, region, segment, currency, '', '', '', 'invoiced', invoiced_minor, 0, [0], [0], invoiced
    FROM money_days WHERE invoiced != 0 OR invoiced_minor != 0
)
GROUP BY day, {GROUP}, category, root_cause
HAVING opened != 0 OR closed != 0 OR escalated != 0 OR invoiced != 0 OR invoiced_minor != 0
""",
    types=dict.fromkeys(("currency", "owner", "category", "root_cause"), TEXT)
    | {f"resolution_{name}_minutes": "Nullable(Int64)" for name, _ in _PLACES},
)

# Ten days: what comes later is no response.
_RESPONSE_MS: Final = 10 * 86_400_000
_ANSWERED: Final = (
    "arrayExists(x -> x.1 > sequence AND x.2 <= toUnixTimestamp64Milli(event_time) + "
    f"{_RESPONSE_MS}"
    " AND x.2 >= toUnixTimestamp64Milli(event_time), {}.answers)"
)
_ANSWERS: Final = "groupArray((sequence, toUnixTimestamp64Milli(event_time))) AS answers"
_OF_REMINDERS: Final = f"""(
    SELECT tenant, entity, account_id, currency, kind, level, channel, amount, event_time, sequence, is_letter,
           kind = 'reminder_due' AND ({_ANSWERED.format("r")} OR {_ANSWERED.format("p")}) AS is_answered
    FROM (
        SELECT tenant, entity, account_id, document, currency, kind, level, channel, amount, event_time, sequence,
               kind = 'reminder_due' AND sequence = min(sequence) OVER (
                   PARTITION BY tenant, entity, account_id, kind, reference_id) AS is_letter
        FROM decisions WHERE kind IN ('reminder_due', 'reminder_suppressed')
    ) AS d
    LEFT JOIN (
        SELECT tenant, entity, account_id, said.1 AS document, groupArray(said.2) AS answers
        FROM (
            SELECT tenant, entity, account_id, arrayJoin(arrayMap(
                x -> (x, (sequence, toUnixTimestamp64Milli(event_time))),
                if(kind = 'promise_opened', candidates, [document]))) AS said
            FROM decisions
            WHERE kind IN ('cash_applied', 'dispute_opened') OR (kind = 'promise_opened' AND notEmpty(candidates))
        ) GROUP BY tenant, entity, account_id, document
    ) AS r USING (tenant, entity, account_id, document)
    LEFT JOIN (
        SELECT tenant, entity, account_id, {_ANSWERS}
        FROM decisions WHERE kind = 'promise_opened' AND empty(candidates) GROUP BY tenant, entity, account_id
    ) AS p USING (tenant, entity, account_id)
)"""
_LETTERS: Final = Measure("countIf(is_letter)", "Letters: the first reminder of each")
_REMINDERS: Final = Flow(
    "kpi_reminders",
    "Reminders of each day, what held others back, and how many were answered within 10 days",
    _OF_REMINDERS,
    {
        "reminders": Measure("countIf(kind = 'reminder_due')", "Items reminded of: denominator of response_bp"),
        "reminded_minor": Measure("sumIf(amount, kind = 'reminder_due')", "What is dunned, minor units"),
        "letters": _LETTERS,
        "responded": Measure(
            "countIf(is_answered)", "Of reminders, followed by payment, promise or dispute in 10 days"
        ),
        "suppressed": Measure("countIf(kind = 'reminder_suppressed')", "Steps that were not sent"),
    },
    by={"level": Measure("level", "Dunning level"), "channel": Measure("channel", "How it is to be sent")},
    ratios={"response_bp": Measure(basis_points("responded", "reminders"), "responded / reminders")},
    types={"level": "Int32", "channel": CODE},
)

_JUDGED: Final = "what = 'judged'"
_OF_PROMISES: Final = f"""(
    SELECT tenant, entity, account_id, currency, toDate32(made_time) AS of_day, 'made' AS what, amount, 0 AS kept, '' AS ended
    FROM promises
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(assumeNotNull(judged_time)), 'judged', amount, kept, status
    FROM promises WHERE is_judged
    UNION ALL
    SELECT tenant, entity, account_id, currency, cancelled_on, 'cancelled', amount, 0, status
    FROM promises AS s
    INNER JOIN (
        SELECT tenant, entity, account_id, reference_id AS promise_id, argMax({EVENT_DAY}, sequence) AS cancelled_on
        FROM decisions WHERE kind = 'promise_cancelled' GROUP BY tenant, entity, account_id, promise_id
    ) AS c USING (tenant, entity, account_id, promise_id)
    WHERE status = 'cancelled'
)"""
_PROMISES: Final = Flow(
    "kpi_promises",
    "Promises made and judged on each day",
    _OF_PROMISES,
    {
        "made": Measure("countIf(what = 'made')", "Promises made"),
        "made_minor": Measure("sumIf(amount, what = 'made')", "Their amounts, minor units"),
        "judged": Measure(f"countIf({_JUDGED})", "Promises judged, on the day of the first judgement"),
        "promised_minor": Measure(f"sumIf(amount, {_JUDGED})", "Their amounts: denominator of conversion_bp"),
        "kept_minor": Measure(f"sumIf(kept, {_JUDGED})", "Paid of them, by the last judgement"),
        "in_full": Measure(f"countIf({_JUDGED} AND ended = 'kept')", "Kept"),
        "in_part": Measure(f"countIf({_JUDGED} AND ended = 'partially_kept')", "Partially kept"),
        "broken": Measure(f"countIf({_JUDGED} AND ended = 'broken')", "Broken"),
        "cancelled": Measure("countIf(what = 'cancelled')", "Taken back, replaced or disputed"),
    },
    day="of_day",
    ratios={"conversion_bp": Measure(basis_points("kept_minor", "promised_minor"), "kept_minor / promised_minor")},
    types={"currency": TEXT},
)

_NET: Final = """multiIf(kind = 'receipt_booked', amount,
    kind = 'receipt_reversed' OR (kind = 'application_reversed' AND counterparty = '')
        OR (kind = 'cash_transferred' AND rule = 'transfer.out'), -amount, 0)"""
_OF_COLLECTORS: Final = f"""(
    SELECT tenant, entity, account_id, currency, {EVENT_DAY} AS of_day, kind AS what, 0 AS amount, 0 AS cash,
           kind = 'reminder_due' AND sequence = min(sequence) OVER (
               PARTITION BY tenant, entity, account_id, kind, reference_id) AS is_letter,
           arrayExists(x -> startsWith(x, 'done_by:'), decisions.reasons) AS by_hand
    FROM decisions WHERE kind IN ('reminder_due', 'task_opened', 'task_closed', 'noted') AND {OF_CUSTOMER}
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(made_time), 'promise', amount, 0, 0, 0
    FROM promises WHERE {OF_CUSTOMER}
    UNION ALL
    SELECT tenant, entity, account_id, currency, posted_on, 'cash', 0, {_NET}, 0, 0
    FROM decisions
    WHERE kind IN ('receipt_booked', 'receipt_reversed', 'application_reversed', 'cash_transferred') AND {OF_CUSTOMER}
)"""
_COLLECTORS: Final = Flow(
    "kpi_collectors",
    "What each collector's accounts brought on each day, and what was done about them",
    _OF_COLLECTORS,
    {
        "letters": _LETTERS,
        "promises": Measure("countIf(what = 'promise')", "Promises made"),
        "promised_minor": Measure("sumIf(amount, what = 'promise')", "Their amounts, minor units"),
        "cash_minor": Measure("sum(cash)", "Cash that came less what went back or on, minor units"),
        "tasks_opened": Measure("countIf(what = 'task_opened')", "Tasks opened, or given to another"),
        "tasks_closed": Measure("countIf(what = 'task_closed')", "Tasks closed"),
        "tasks_done": Measure("countIf(what = 'task_closed' AND by_hand)", "Of them, done by a person"),
        "notes": Measure("countIf(what = 'noted')", "Notes written"),
    },
    day="of_day",
    ratios={
        "is_working_day": Measure("toUInt8(toDayOfWeek(day) <= 5)", "1 from Monday to Friday; holds for its row only")
    },
    types={"currency": TEXT, "is_working_day": "UInt8"},
)

CLAIM_KPIS: Final = (KPI_DISPUTES, *(flow.view for flow in (_REMINDERS, _PROMISES, _COLLECTORS)))
