"""Disputes, reminders and promises, and what collectors did."""

from typing import Final

from sinks.clickhouse.evidence import number, said
from sinks.clickhouse.kpis.flows import ACCOUNTS_OF, EVENT_DAY, OF_CUSTOMER, Flow, Linked, Measure, kept_and_linked
from sinks.clickhouse.view import CODE, GROUP, KEY, TEXT, View, basis_points

_OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
_CAUSES: Final = ("customer", "own", "upstream")
# What happened to a dispute: what, on which day, in which currency, why, and then what closed it.
_OF_DISPUTES: Final = f"""(
    SELECT tenant, entity, account_id, owner, category, of.1 AS what, of.2 AS of_day, of.3 AS currency, of.4 AS root_cause,
           if(what = 'escalated', 0, of_amount) AS amount, if(what = 'closed', business_minutes, 0) AS minutes, outcomes, days
    FROM (
        SELECT tenant, entity, account_id, owner, category, of_amount, business_minutes, outcomes, days,
               arrayConcat(
                   [('opened', toDate32(opened_time), of_currency, '')],
                   if(is_closed, [('closed', toDate32(closed_time), of_currency, root_cause)], []),
                   arrayMap(x -> ('escalated', x.1, x.2, ''), escalated)) AS all
        FROM (
            SELECT tenant, entity, account_id,
                   toString(argMin(decisions.currency, sequence)) AS of_currency,
                   argMaxIf(decisions.amount, sequence, kind = 'dispute_opened') AS of_amount,
                   toString(argMaxIf(decisions.category, sequence, decisions.category != '')) AS category,
                   toString(argMaxIf(decisions.owner, sequence, decisions.owner != '')) AS owner,
                   argMinIf(event_time, sequence, kind = 'dispute_opened') AS opened_time,
                   countIf(kind = 'dispute_closed') > 0 AS is_closed,
                   argMaxIf(event_time, sequence, kind = 'dispute_closed') AS closed_time,
                   groupArrayIf(({EVENT_DAY}, toString(decisions.currency)), kind = 'escalated') AS escalated,
                   argMaxIf(decisions.evidence, sequence, kind = 'dispute_closed') AS closing,
                   {said("root_cause", "closing")} AS root_cause,
                   {number("business_minutes", "closing")} AS business_minutes,
                   [{", ".join(number(name, "closing") for name in _OUTCOMES)}] AS outcomes,
                   [{", ".join(number(f"days_{name}", "closing") for name in _CAUSES)}] AS days
            FROM decisions_by_kind AS decisions
            WHERE kind IN ('dispute_opened', 'dispute_routed', 'dispute_closed')
               OR (kind = 'escalated' AND startsWith(rule, 'disputes.'))
            GROUP BY tenant, entity, account_id, reference_id
        )
    ) ARRAY JOIN all AS of
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
_ANSWERED: Final = f"""arrayExists((at, time) -> at > of_sequence AND time >= of_time AND time <= of_time + {_RESPONSE_MS},
    {{0}}.answers, {{0}}.answer_times)"""
_DUE: Final = "kind = 'reminder_due'"
# A letter is counted with the first reminder of it.
_OF_LETTERS: Final = f"""(
    SELECT tenant, entity, account_id, argMin({EVENT_DAY}, sequence) AS of_day, argMin(s.currency, sequence) AS currency,
           argMin(s.level, sequence) AS level, argMin(s.channel, sequence) AS channel, 1 AS letters
    FROM decisions_by_kind AS s WHERE {_DUE} GROUP BY tenant, entity, account_id, reference_id
)"""
# Reminders that were answered.
_OF_ANSWERED: Final = f"""(
    SELECT tenant, entity, account_id, toDate32(fromUnixTimestamp64Milli(of_time, 'UTC')) AS of_day, of_currency AS currency,
           of_level AS level, of_channel AS channel, 1 AS responded
    FROM (
        SELECT tenant, entity, account_id, of_document,
               groupArrayIf(sequence, {_DUE}) AS reminders, groupArrayIf(time, {_DUE}) AS times,
               groupArrayIf(toString(s.currency), {_DUE}) AS currencies, groupArrayIf(s.level, {_DUE}) AS levels,
               groupArrayIf(toString(s.channel), {_DUE}) AS channels,
               groupArrayIf(sequence, NOT {_DUE}) AS answers, groupArrayIf(time, NOT {_DUE}) AS answer_times
        FROM (
            SELECT tenant, entity, account_id, document AS of_document, kind, sequence, toUnixTimestamp64Milli(event_time) AS time,
                   currency, level, channel
            FROM decisions_by_kind
            WHERE {_DUE} OR (kind IN ('cash_applied', 'dispute_opened')
                             AND document IN (SELECT document FROM decisions_by_kind WHERE {_DUE}))
            UNION ALL
            SELECT tenant, entity, account_id, arrayJoin(candidates), kind, sequence, toUnixTimestamp64Milli(event_time),
                   currency, level, channel
            FROM decisions_by_kind WHERE kind = 'promise_opened'
        ) AS s
        GROUP BY tenant, entity, account_id, of_document
        HAVING notEmpty(reminders)
    ) AS d
    LEFT JOIN (
        SELECT tenant, entity, account_id, groupArray(sequence) AS answers,
               groupArray(toUnixTimestamp64Milli(event_time)) AS answer_times
        FROM decisions_by_kind WHERE kind = 'promise_opened' AND empty(candidates) GROUP BY tenant, entity, account_id
    ) AS p USING (tenant, entity, account_id)
    ARRAY JOIN reminders AS of_sequence, times AS of_time, currencies AS of_currency, levels AS of_level, channels AS of_channel
    WHERE (notEmpty(d.answers) OR notEmpty(p.answers)) AND ({_ANSWERED.format("d")} OR {_ANSWERED.format("p")})
)"""
_REMINDERS: Final = kept_and_linked(
    "kpi_reminders",
    "Reminders of each day, what held others back, and how many were answered within 10 days",
    {
        "reminders": Measure(f"decisions * ({_DUE})", "Items reminded of: denominator of response_bp"),
        "reminded_minor": Measure(f"amount * ({_DUE})", "What is dunned, minor units"),
        "letters": Measure("0", "Letters: the first reminder of each"),
        "responded": Measure("0", "Of reminders, followed by payment, promise or dispute in 10 days"),
        "suppressed": Measure("decisions * (kind = 'reminder_suppressed')", "Steps that were not sent"),
    },
    (Linked(_OF_LETTERS, ("letters",)), Linked(_OF_ANSWERED, ("responded",))),
    where="kind IN ('reminder_due', 'reminder_suppressed')",
    by={"level": Measure("level", "Dunning level"), "channel": Measure("channel", "How it is to be sent")},
    ratios={"response_bp": Measure(basis_points("responded", "reminders"), "responded / reminders")},
    types={"level": "Int32", "channel": CODE},
)

_JUDGED: Final = "what = 'judged'"
_OF_PROMISES: Final = f"""(
    SELECT tenant, entity, account_id, currency, toDate32(made_time) AS of_day, 'made' AS what, amount, 0 AS kept, '' AS ended
    FROM promises
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(assumeNotNull(judged_time)), 'judged', to_keep, kept, status
    FROM promises WHERE is_judged
    UNION ALL
    SELECT tenant, entity, account_id, currency, cancelled_on, 'cancelled', amount, 0, status
    FROM promises AS s
    INNER JOIN (
        SELECT tenant, entity, account_id, reference_id AS promise_id, argMax({EVENT_DAY}, sequence) AS cancelled_on
        FROM decisions_by_kind AS decisions WHERE kind = 'promise_cancelled' GROUP BY tenant, entity, account_id, promise_id
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
        "promised_minor": Measure(
            f"sumIf(amount, {_JUDGED})",
            "What was left to keep of their amounts after credits and disputes: denominator of conversion_bp",
        ),
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

_OF_COLLECTORS: Final = f"""(
    SELECT tenant, entity, account_id, currency, {EVENT_DAY} AS of_day, 0 AS letters, 0 AS promises, 0 AS promised_minor,
           kind = 'task_opened' AS tasks_opened, kind = 'task_closed' AS tasks_closed,
           tasks_closed AND arrayExists(x -> startsWith(x, 'done_by:'), decisions.reasons) AS tasks_done, kind = 'noted' AS notes
    FROM decisions_by_kind AS decisions WHERE kind IN ('task_opened', 'task_closed', 'noted') AND {OF_CUSTOMER}
    UNION ALL
    SELECT tenant, entity, account_id, currency, of_day, letters, 0, 0, 0, 0, 0, 0
    FROM {_OF_LETTERS} WHERE {OF_CUSTOMER}
    UNION ALL
    SELECT tenant, entity, account_id, currency, toDate32(made_time), 0, 1, amount, 0, 0, 0, 0
    FROM promises WHERE {OF_CUSTOMER}
)"""
_COLLECTORS: Final = kept_and_linked(
    "kpi_collectors",
    "What each collector's accounts brought on each day, and what was done about them",
    {
        "letters": Measure("0", "Letters: the first reminder of each"),
        "promises": Measure("0", "Promises made"),
        "promised_minor": Measure("0", "Their amounts, minor units"),
        "cash_minor": Measure("received", "Cash that came less what went back or on, minor units"),
        "tasks_opened": Measure("0", "Tasks opened, or given to another"),
        "tasks_closed": Measure("0", "Tasks closed"),
        "tasks_done": Measure("0", "Of them, done by a person"),
        "notes": Measure("0", "Notes written"),
    },
    (
        Linked(
            _OF_COLLECTORS,
            ("letters", "promises", "promised_minor", "tasks_opened", "tasks_closed", "tasks_done", "notes"),
        ),
    ),
    where="received != 0",
    kept="money_days",
    ratios={
        "is_working_day": Measure("toUInt8(toDayOfWeek(day) <= 5)", "1 from Monday to Friday; holds for its row only")
    },
    types={"currency": TEXT, "is_working_day": "UInt8"},
)

CLAIM_KPIS: Final = (KPI_DISPUTES, _REMINDERS, _PROMISES.view, _COLLECTORS)
