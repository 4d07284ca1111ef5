"""Everything that waits, or waited, for a person: one row for each time that it did, and what is counted of them."""

from typing import Final

from sinks.clickhouse.kpis.flows import ACCOUNTS_OF, EVENT_DAY, Flow, Measure, minutes
from sinks.clickhouse.kpis.money import LAST_DAY, stocks
from sinks.clickhouse.rollups import bucket
from sinks.clickhouse.view import GROUP, KEY, TEXT, TIME, View, basis_points

_NEVER: Final = "toDateTime64(0, 3, 'UTC')"
# Decisions that say what is left unapplied of a receipt, and whoever closes what was proposed of it.
_SETTLES: Final = """((receipt_unapplied = 0 AND (
    kind IN ('receipt_booked', 'cash_applied', 'cash_unapplied', 'receipt_reversed', 'cash_exchanged', 'cash_on_account')
    OR (kind = 'cash_transferred' AND rule = 'transfer.out')
    OR (kind IN ('refund_posted', 'write_off_posted') AND document = '')))
    OR (kind = 'exception_closed' AND startsWith(reference_id, 'proposal:')))"""
_KEPT: Final = "(length(reasons) = 1 AND startsWith(decisions.reasons[1], 'prepayment:'))"
_PAYER: Final = "tenant, entity, account_id"

# Whose it is: the last that a decision about it names, of whatever kind.
_OF_REFERENCE: Final = """kind IN ('exception_raised', 'task_opened', 'assigned', 'escalated', 'dispute_routed', 'dispute_closed',
    'approval_requested', 'approval_delegated')"""
_OWNED_KINDS: Final = f"(kind IN ('invoice_held', 'cash_proposed') OR {_OF_REFERENCE})"
_NAMES_OWNER: Final = f"(decisions.owner != '' AND {_OWNED_KINDS})"
_OWNED_ENTRY: Final = (
    "multiIf(kind = 'cash_proposed', concat('proposal:', receipt_id), kind = 'invoice_held', document, reference_id)"
)
_OWNER: Final = f"argMaxIf(decisions.owner, sequence, {_NAMES_OWNER}) AS has_it"


def _names_owner_of(entries: str) -> str:
    """Of decisions: that they name an owner of one of those."""
    # One subquery: a plan takes longer than its parts, and there are many of these.
    return f"({_NAMES_OWNER} AND {_OWNED_ENTRY} IN ({entries}))"


def _waits(queue: str, entry: str, rule: str, begins: str, where: str, entries: str) -> str:
    """Rows of entries that may begin and end several times: `begins` is true of what begins one, and false of what ends it.

    entries: SQL of all that `entry` may be, or of more.
    """
    return f"""
    SELECT '{queue}' AS queue, {_PAYER}, entry, step.1 AS rule, step.2 AS began_sequence, step.4 AS began_time, step.5 AS currency,
           step.6 AS amount, step.7 AS until_time, NOT next_begins AS is_ended, if(is_ended, next_time, {_NEVER}) AS ended_time,
           has_it AS owner
    FROM (
        SELECT {_PAYER}, if({where}, {entry}, {_OWNED_ENTRY}) AS entry, {_OWNER},
               arraySort(groupArrayIf(
                   (toString({rule}), sequence, toUInt8({begins}), event_time, toString(currency), amount, deadline), {where})) AS told,
               -- Of what begins, or ends, several times on end the first. A rule's first one begins, so what follows a beginning and
               -- is none ends it.
               arrayFilter((x, rule, begins, rule_before, begins_before) -> begins != (rule = rule_before AND begins_before),
                           told, told.1, told.3, arraySlice(arrayPushFront(told.1, ''), 1, length(told)),
                           arraySlice(arrayPushFront(told.3, toUInt8(0)), 1, length(told))) AS steps
        FROM decisions_by_kind AS decisions WHERE ({where}) OR {_names_owner_of(entries)}
        GROUP BY {_PAYER}, entry
    )
    ARRAY JOIN steps AS step, arraySlice(arrayPushBack(steps.3, toUInt8(1)), 2) AS next_begins,
               arraySlice(arrayPushBack(steps.4, {_NEVER}), 2) AS next_time
    WHERE step.3 = 1"""


EXCEPTIONS: Final = _waits(
    "exception",
    "reference_id",
    "rule",
    "kind = 'exception_raised'",
    "kind IN ('exception_raised', 'exception_closed') AND NOT startsWith(reference_id, 'proposal:')",
    "SELECT reference_id FROM decisions_by_kind WHERE kind = 'exception_raised'",
)
_PROPOSALS: Final = _waits(
    "proposal",
    "concat('proposal:', receipt_id)",
    "'cash.proposed'",
    "kind = 'cash_proposed'",
    f"""((kind = 'cash_proposed' AND receipt_id != '' AND NOT {_KEPT})
    OR ({_SETTLES} AND receipt_id != '' AND receipt_id IN (
        SELECT receipt_id FROM decisions_by_kind WHERE kind = 'cash_proposed')))""",
    "SELECT concat('proposal:', receipt_id) FROM decisions_by_kind WHERE kind = 'cash_proposed'",
)
_TASKS: Final = _waits(
    "task",
    "reference_id",
    "''",
    "kind = 'task_opened'",
    "kind IN ('task_opened', 'task_closed')",
    "SELECT reference_id FROM decisions_by_kind WHERE kind = 'task_opened'",
)
_ANSWERED_ENTRIES: Final = f"""
    SELECT queue, {_PAYER}, entry, rule, began_sequence, began_time, currency, amount, until_time, is_ended, ended_time,
           has_it AS owner
    FROM (
        SELECT 'approval' AS queue, {
    _PAYER
}, approval_id AS entry, toString(category) AS rule, request AS began_sequence,
               requested_time AS began_time, toString(currency) AS currency, amount, deadline AS until_time, status != 'open' AS is_ended,
               ifNull(answered_time, {_NEVER}) AS ended_time
        FROM approvals
        UNION ALL
        SELECT 'dispute', {
    _PAYER
}, dispute_id, toString(category), toInt64(0), opened_time, toString(currency), amount, deadline,
               status = 'closed', ifNull(closed_time, {_NEVER})
        FROM disputes
    ) AS q
    LEFT JOIN (
        SELECT {_PAYER}, {_OWNED_ENTRY} AS entry, {_OWNER}
        FROM decisions_by_kind AS decisions WHERE {
    _names_owner_of(
        "SELECT reference_id FROM decisions_by_kind WHERE kind = 'approval_requested' OR startsWith(kind, 'dispute_')"
        " OR kind = 'escalated'"
    )
}
        GROUP BY {_PAYER}, entry
    ) AS o USING ({_PAYER}, entry)"""
_HELD: Final = "kind = 'invoice_held'"
_HELD_NUMBERS: Final = f"SELECT document FROM decisions_by_kind WHERE {_HELD}"
_ENDS_DRAFT: Final = "kind IN ('invoice_released', 'invoice_withdrawn', 'item_posted')"
# Only what was released may be an instalment of its draft.
_DRAFTS: Final = f"""
    SELECT 'draft', {_PAYER}, number, '', began, of_time, of_currency, of_amount, {_NEVER},
           until_sequence > began, until, has_it
    FROM (
        SELECT {_PAYER}, if({_ENDS_DRAFT}, draft, {_OWNED_ENTRY}) AS number, minIf(sequence, {_HELD}) AS began,
               argMinIf(event_time, sequence, {_HELD}) AS of_time, toString(argMinIf(currency, sequence, {_HELD})) AS of_currency,
               argMinIf(amount, sequence, {_HELD}) AS of_amount, maxIf(sequence, {_ENDS_DRAFT}) AS until_sequence,
               argMaxIf(event_time, sequence, {_ENDS_DRAFT}) AS until, {_OWNER}
        FROM decisions_by_kind AS decisions
        WHERE {_HELD} OR ({_ENDS_DRAFT} AND draft IN ({_HELD_NUMBERS})) OR {_names_owner_of(_HELD_NUMBERS)}
        GROUP BY {_PAYER}, number
        HAVING countIf({_HELD}) > 0
    )"""

QUEUE_ENTRIES: Final = View(
    "queue_entries",
    "Everything that waits or waited for a person, one row for each time that it did",
    {
        "queue": "exception, proposal, task, approval, dispute or draft",
        "tenant": "Tenant",
        "entity": "Company of the tenant",
        "account_id": "Payer",
        "entry": "What it is: the id of the exception, task, approval or dispute, proposal:RECEIPT, or the draft",
        "rule": "Rule of an exception, category of an approval or dispute",
        "began_sequence": "Of an exception, proposal, task or approval: the decision that began it, in its shard",
        "began_time": "When it began",
        "currency": "ISO 4217, or empty",
        "amount": "What it is about, minor units",
        "until_time": "Until when it should have ended; 1970-01-01 is without",
        "is_ended": "1 where it ended",
        "ended_time": "When; 1970-01-01 where it did not",
        "owner": "Who has it, as was said last",
    },
    f"""
SELECT queue, {_PAYER}, entry, rule, began_sequence, began_time, currency, amount, until_time, is_ended, ended_time, owner
FROM ({EXCEPTIONS} UNION ALL {_PROPOSALS} UNION ALL {_TASKS} UNION ALL {_ANSWERED_ENTRIES} UNION ALL {_DRAFTS})
""",
    types=dict.fromkeys(("queue", "account_id", "entry", "rule", "currency", "owner"), TEXT)
    | dict.fromkeys(("began_time", "until_time", "ended_time"), TIME)
    | {"is_ended": "UInt8"},
)

_AGES: Final = ("age_0_1", "age_2_5", "age_6_10", "age_11")
_BOUNDS: Final = (1, 5, 10)
_AGED: Final = ", ".join(
    f"sum((NOT ends) * (age = {at}) - later * (age_before = {at})) AS {name}_change" for at, name in enumerate(_AGES)
)
_OF_QUEUES: Final = f"""(
    SELECT day, tenant, entity, region, segment, currency, owner, queue, sum(begins - ends) AS open_change,
           sum(amount * (begins - ends)) AS open_minor_change, {_AGED}
    FROM (
        SELECT day, tenant, entity, a.region AS region, a.segment AS segment, currency, owner, queue, amount,
               toInt8(day = began) AS begins, toInt8(day = ended) AS ends, day > began AS later,
               dateDiff('day', began, day) AS days_old, {bucket("days_old", _BOUNDS)} AS age,
               {bucket("(days_old - 1)", _BOUNDS)} AS age_before
        FROM (
            SELECT tenant, entity, account_id, currency, owner, queue, amount, toDate32(began_time) AS began,
                   if(is_ended, greatest(toDate32(ended_time), began), toDate32('2299-12-31')) AS ended,
                   arrayFilter(x -> x <= ended, if(ended IN (addDays(began, 2), addDays(began, 6), addDays(began, 11)),
                       [began, addDays(began, 2), addDays(began, 6), addDays(began, 11)],
                       [began, addDays(began, 2), addDays(began, 6), addDays(began, 11), ended])) AS days
            FROM queue_entries WHERE began < ended
        ) AS d {ACCOUNTS_OF}
        ARRAY JOIN days AS day
        WHERE day <= {LAST_DAY}
    )
    GROUP BY day, {GROUP}, queue
)"""
_SUMS: Final = {
    "open": "open_change",
    "open_minor": "open_minor_change",
    **{name: f"{name}_change" for name in _AGES},
}
KPI_QUEUES: Final = View(
    "kpi_queues",
    "What waits for a person at the end of each day, by how long",
    {
        **KEY,
        "owner": "Who has it, as was said last",
        "queue": "exception, proposal, task, approval, dispute or draft",
        "open": "Entries open at the end of the day",
        "open_minor": "What they are about, minor units",
        "age_0_1": "Of them, begun on the day or the one before",
        "age_2_5": "2 to 5 days before",
        "age_6_10": "6 to 10 days before",
        "age_11": "11 days before, or earlier",
    },
    f"SELECT day, {GROUP}, queue, {', '.join(_SUMS)} FROM {stocks(_OF_QUEUES, _SUMS, by=('queue',))}",
    types=dict.fromkeys(("currency", "owner", "queue"), TEXT),
)

_IN_TIME: Final = "(toUnixTimestamp64Milli(until_time) = 0 OR ended_time <= until_time)"
_OF_EXCEPTIONS: Final = f"""(
    SELECT tenant, entity, account_id, currency, rule, owner, toDate32(if(ends, ended_time, began_time)) AS of_day,
           NOT ends AS raised, ends AS closed, ends * {minutes("began_time", "ended_time")} AS took, ends AND {_IN_TIME} AS in_time,
           0 AS escalated
    FROM ({EXCEPTIONS}) ARRAY JOIN if(is_ended, [0, 1], [0]) AS ends
    UNION ALL
    SELECT tenant, entity, account_id, currency, rule, decisions.owner, {EVENT_DAY}, 0, 0, 0, 0, 1
    FROM decisions_by_kind AS decisions WHERE kind = 'escalated' AND rule = 'exceptions.sla'
)"""
_EXCEPTION_FLOW: Final = Flow(
    "kpi_exceptions",
    "Exceptions raised and closed on each day, by rule",
    _OF_EXCEPTIONS,
    {
        "raised": Measure("sum(s.raised)", "Exceptions raised"),
        "closed": Measure("sum(s.closed)", "Exceptions closed: denominator of closed_minutes and in_time_bp"),
        "closed_minutes": Measure("sum(took)", "From raising to closing"),
        "in_time": Measure("sum(s.in_time)", "Of the closed, by their deadline or without one"),
        "escalated": Measure("sum(s.escalated)", "Escalations"),
    },
    day="of_day",
    by={"rule": Measure("rule", "Rule that raised it; of an escalation exceptions.sla")},
    owner="owner",
    owner_comment="Who has it, as was said last; of an escalation who is told",
    ratios={"in_time_bp": Measure(basis_points("in_time", "closed"), "in_time / closed")},
    types=dict.fromkeys(("currency", "owner", "rule"), TEXT),
)

_ANSWERED: Final = "what IN ('given', 'rejected')"
_OF_APPROVALS: Final = f"""(
    SELECT tenant, entity, account_id, currency, category, asked, toDate32(requested_time) AS of_day, 'requested' AS what,
           amount, 0 AS took, 0 AS in_time
    FROM approvals
    UNION ALL
    SELECT tenant, entity, account_id, currency, category, asked, toDate32(assumeNotNull(answered_time)), status, amount,
           {minutes("requested_time", "assumeNotNull(answered_time)")},
           toUnixTimestamp64Milli(deadline) = 0 OR assumeNotNull(answered_time) <= deadline
    FROM approvals WHERE answered_time IS NOT NULL
)"""
_APPROVAL_FLOW: Final = Flow(
    "kpi_approvals",
    "Approvals asked for and answered on each day, by category",
    _OF_APPROVALS,
    {
        "requested": Measure("countIf(what = 'requested')", "Requests"),
        "requested_minor": Measure("sumIf(amount, what = 'requested')", "What is asked for, minor units"),
        "given": Measure("countIf(what = 'given')", "Approved"),
        "rejected": Measure("countIf(what = 'rejected')", "Rejected"),
        "expired": Measure("countIf(what = 'expired')", "Not answered in time"),
        "withdrawn": Measure("countIf(what = 'withdrawn')", "Taken back, or nothing was left of it"),
        "answer_minutes": Measure(f"sumIf(took, {_ANSWERED})", "From request to approval or rejection"),
        "in_time": Measure(f"countIf({_ANSWERED} AND in_time)", "Approved or rejected by the deadline"),
    },
    day="of_day",
    by={"category": Measure("category", "What is asked for")},
    owner="asked",
    owner_comment="Who may approve it",
    ratios={
        "in_time_bp": Measure(
            basis_points("in_time", "(given + rejected + expired)"), "in_time / given, rejected and expired"
        )
    },
    types=dict.fromkeys(("currency", "owner", "category"), TEXT),
)

QUEUE_KPIS: Final = (QUEUE_ENTRIES, KPI_QUEUES, _EXCEPTION_FLOW.view, _APPROVAL_FLOW.view)
