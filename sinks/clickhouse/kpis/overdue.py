"""Why items became overdue: the days past due of each, at the customer, in own processes and by upstream data.

Days that were lost before the customer had an invoice count against all of its days past due, since its term ran
meanwhile; those of a dispute only where they are past due. Upstream comes first, then own, and the rest is the customer's.
"""

from typing import Final

from sinks.clickhouse.evidence import number, said
from sinks.clickhouse.kpis.flows import EVENT_DAY, Flow, Measure
from sinks.clickhouse.kpis.money import LAST_DAY
from sinks.clickhouse.view import TEXT, View

_NO_DAY: Final = "toDate32('1970-01-01')"
_PAYER: Final = "tenant, entity, account_id"
_OF_ITEM: Final = f"{_PAYER}, document"
# What is not here is upstream's: something has not arrived, or is wrong at its source.
_OWN_REASONS: Final = "('waits_for_schedule', 'consolidated_incomplete', 'complaint')"
_CUSTOMER_REASONS: Final = "('credit_held')"
_CAUSE_OF_HOLD: Final = f"""multiIf(
    arrayExists(x -> splitByChar(':', x)[1] NOT IN {_OWN_REASONS} AND splitByChar(':', x)[1] NOT IN {_CUSTOMER_REASONS},
                decisions.reasons), 'upstream',
    arrayExists(x -> splitByChar(':', x)[1] IN {_OWN_REASONS}, decisions.reasons), 'own', 'customer')"""

# What is left of a draft that is billed in parts is NUMBER/2, NUMBER/3 ..., and was held with it before.
_RESTS: Final = f"SELECT {_PAYER}, {said('rest')} FROM decisions_by_kind AS decisions WHERE kind = 'invoice_released' AND rule = 'release.in_part'"


def _whole(draft: str) -> str:
    """The number that a draft had at first."""
    is_rest = f"position({draft}, '/') > 0 AND ({_PAYER}, {draft}) IN ({_RESTS})"
    return f"if({is_rest}, replaceRegexpOne({draft}, '/[0-9]+$', ''), {draft})"


_HOLDS: Final = f"""
    SELECT {_PAYER}, {_whole("document")} AS draft,
           arraySort(groupArray((sequence, {EVENT_DAY}, {_CAUSE_OF_HOLD}))) AS all_holds
    FROM decisions_by_kind AS decisions WHERE kind = 'invoice_held' GROUP BY {_PAYER}, draft"""
# An open dispute lost what it would have lost had it been closed on the last day.
_DISPUTES: Final = f"""
    SELECT {_OF_ITEM}, groupArray((opened_on, closed_on, lost_upstream, lost_own)) AS contested
    FROM (
        SELECT {_PAYER}, argMinIf(decisions.document, sequence, kind = 'dispute_opened') AS document,
               argMinIf({EVENT_DAY}, sequence, kind = 'dispute_opened') AS opened_on, countIf(kind = 'dispute_closed') > 0 AS is_closed,
               if(is_closed, argMaxIf({EVENT_DAY}, sequence, kind = 'dispute_closed'), {LAST_DAY}) AS closed_on,
               arraySort(groupArrayIf((sequence, {EVENT_DAY}, decisions.text = 'waiting_customer'), kind = 'dispute_routed'))
                   AS routed,
               arraySum((x, until) -> if(x.3, greatest(dateDiff('day', x.2, until), 0), 0), routed,
                        arrayPopFront(arrayPushBack(arrayMap(x -> x.2, routed), closed_on))) AS waited,
               argMaxIf({number("days_upstream")}, sequence, kind = 'dispute_closed') AS lost_upstream,
               if(is_closed, argMaxIf({number("days_own")}, sequence, kind = 'dispute_closed'),
                  greatest(dateDiff('day', opened_on, closed_on) - waited, 0)) AS lost_own
        FROM decisions_by_kind AS decisions WHERE kind IN ('dispute_opened', 'dispute_routed', 'dispute_closed')
        GROUP BY {_PAYER}, reference_id
        HAVING countIf(kind = 'dispute_opened') > 0
    )
    GROUP BY {_OF_ITEM}"""

# Everything about a document: what raised it and moved it, and how it went out; what is sent as one goes by its own number, or
# tells the documents that are in it. said: 0 of a movement, of a delivery what became of it. Aggregates of tuples cost five times
# those of their parts.
_GOT, _SENT, _WRONG = 2, 3, 4
_TOLD: Final = f"""
    SELECT {_PAYER}, document, sequence, currency, item_kind, posted_on, due_date, item_change AS change, raises AS raised,
           raises AND item_kind IN ('invoice', 'debit_note') AND kind IN ('invoice_released', 'item_posted')
               AND rule != 'posted.opening' AS is_first,
           draft, amount, {EVENT_DAY} AS happened_on, document_date, 0 AS said
    FROM decisions_by_kind WHERE document != '' AND (item_change != 0 OR raises)
    UNION ALL
    SELECT {_PAYER}, counterparty, sequence, currency, item_kind, posted_on, due_date, other_change, 0, 0, draft, amount,
           {EVENT_DAY}, document_date, 0
    FROM decisions_by_kind WHERE kind IN ('credit_allocated', 'application_reversed', 'deduction_opened')
    UNION ALL
    SELECT {_PAYER}, arrayJoin(if(empty(candidates), [d.document], arrayDistinct(arrayPushBack(candidates, d.document)))), sequence,
           currency, item_kind, posted_on, due_date, 0, 0, 0, draft, amount, {EVENT_DAY}, document_date,
           multiIf(kind = 'delivery_requested', 1, d.text IN ('delivered', 'viewed', 'acknowledged'), {_GOT},
                   d.text = 'sent', {_SENT}, d.text IN ('failed', 'rejected'), {_WRONG}, 1)
    FROM decisions_by_kind AS d WHERE kind IN ('delivery_requested', 'delivery_status')"""
_PAST_DUE: Final = f"""
    SELECT {_OF_ITEM}, of_currency AS currency, of_kind AS item_kind, open, posting_date, due_on AS due_date, status, until_day,
           raised_sequence, {_whole("first_draft")} AS draft, raised_amount, raised_on, dated, said_times, got_on, last_sent,
           last_wrong, sent_on
    FROM (
        SELECT {_OF_ITEM}, anyIf(currency, raised) AS of_currency, anyIf(item_kind, raised) AS of_kind, sum(change) AS open,
               anyIf(posted_on, raised) AS posting_date, anyIf(due_date, raised) AS due_on,
               if(open = 0, 'cleared', 'open') AS status,
               if(open = 0, maxIf(posted_on, change < 0 OR raised), {LAST_DAY}) AS until_day,
               minIf(sequence, is_first) AS raised_sequence, argMinIf(draft, sequence, is_first) AS first_draft,
               argMinIf(amount, sequence, is_first) AS raised_amount, argMinIf(happened_on, sequence, is_first) AS raised_on,
               argMinIf(document_date, sequence, is_first) AS dated, countIf(said > 0) AS said_times,
               minOrNullIf(happened_on, said = {_GOT}) AS got_on, maxOrNullIf(sequence, said = {_SENT}) AS last_sent,
               maxOrNullIf(sequence, said = {_WRONG}) AS last_wrong, argMaxIf(happened_on, sequence, said = {_SENT}) AS sent_on
        FROM ({_TOLD})
        GROUP BY {_OF_ITEM}
        HAVING countIf(is_first) > 0 AND of_kind IN ('invoice', 'debit_note') AND due_on > {_NO_DAY} AND due_on < until_day
               AND (open = 0 OR posting_date <= {LAST_DAY})
    )"""


def _held_for(cause: str) -> str:
    """Days for which a draft was held for that cause, after it began and before the customer had it."""
    return f"""arraySum((x, until) -> if(x.3 = '{cause}',
               greatest(dateDiff('day', greatest(x.2, began_on), least(until, had_on)), 0), 0), holds, hold_ends)"""


_LOST: Final = f"""
    SELECT {_OF_ITEM}, currency, item_kind, raised_amount, open, posting_date, due_date, status, until_day,
           dateDiff('day', due_date, until_day) AS overdue_days,
           least(multiIf(said_times = 0, raised_on, got_on IS NOT NULL, assumeNotNull(got_on),
                         last_sent IS NOT NULL AND ifNull(last_wrong, -1) < last_sent, sent_on, until_day), until_day) AS had_on,
           arrayFilter(x -> x.1 < raised_sequence, all_holds) AS holds,
           if(dated > {_NO_DAY}, dated, least(if(notEmpty(holds), holds[1].2, raised_on), raised_on)) AS began_on,
           greatest(dateDiff('day', began_on, had_on), 0) AS days_before,
           arrayPopFront(arrayPushBack(arrayMap(x -> x.2, holds), raised_on)) AS hold_ends,
           least({_held_for("upstream")}, days_before) AS held_upstream_days,
           least({_held_for("customer")}, days_before - held_upstream_days) AS held_customer_days,
           days_before - held_upstream_days - held_customer_days AS late_days,
           arrayMap(x -> (greatest(dateDiff('day', greatest(due_date, x.1), least(x.2, until_day)), 0), x.3, x.4), contested)
               AS disputed,
           arraySum(x -> least(x.2, x.1), disputed) AS disputed_upstream_days,
           arraySum(x -> least(x.3, x.1 - least(x.2, x.1)), disputed) AS disputed_own_days,
           least(held_upstream_days + disputed_upstream_days, overdue_days) AS upstream_days,
           least(late_days + disputed_own_days, overdue_days - upstream_days) AS own_days,
           overdue_days - upstream_days - own_days AS customer_days
    FROM ({_PAST_DUE}) AS i
    LEFT JOIN ({_HOLDS}) AS h USING ({_PAYER}, draft)
    LEFT JOIN ({_DISPUTES}) AS c USING ({_OF_ITEM})"""

OVERDUE_ITEMS: Final = View(
    "overdue_items",
    "Every item that became overdue, with the days it was, at the customer, in own processes and by upstream data",
    {
        "tenant": "Tenant",
        "entity": "Company of the tenant",
        "account_id": "Payer",
        "document": "Item",
        "currency": "ISO 4217",
        "item_kind": "invoice or debit_note",
        "amount": "What it was raised with, minor units",
        "open": "What is open of it, minor units",
        "posting_date": "Day on which it was posted",
        "due_date": "Day on which it was due",
        "status": "cleared or open",
        "until_day": "Day on which it was cleared; of an open one the last day",
        "overdue_days": "Days from due_date to until_day: upstream_days + own_days + customer_days",
        "upstream_days": "Of them, by data that had not arrived or were wrong at their source",
        "own_days": "Of them, in own processes",
        "customer_days": "The rest",
        "main_cause": "upstream, own or customer: where most days are, of as many the first of these",
        "began_on": "Day from which its term ran: its document date",
        "had_on": "Day on which the customer had it",
        "held_upstream_days": "Days between these for which its draft was held for upstream data",
        "held_customer_days": "And for the customer's credit",
        "late_days": "The rest of the days between them: released, sent or delivered late",
        "disputed_upstream_days": "Days past due that disputes lost by upstream data",
        "disputed_own_days": "And in own processes",
    },
    f"""
SELECT {_OF_ITEM}, currency, item_kind, raised_amount AS amount, open, posting_date, due_date, status, until_day,
       overdue_days, upstream_days, own_days, customer_days,
       multiIf(upstream_days >= own_days AND upstream_days >= customer_days, 'upstream',
               own_days >= customer_days, 'own', 'customer') AS main_cause,
       began_on, had_on, held_upstream_days, held_customer_days, late_days, disputed_upstream_days, disputed_own_days
FROM ({_LOST})
""",
    types=dict.fromkeys(("account_id", "document", "currency", "item_kind", "status", "main_cause"), TEXT)
    | dict.fromkeys(("posting_date", "due_date", "until_day", "began_on", "had_on"), "Date32"),
)

_WORTH: Final = "if(status = 'cleared', amount, open)"
_CAUSES: Final = Flow(
    "kpi_overdue_causes",
    "Days past due by what they came of: of items cleared on each day, and on the last day of those still open",
    "overdue_items",
    {
        "items": Measure("count()", "Items that became overdue"),
        "overdue_minor": Measure(f"sum({_WORTH})", "Their amounts, of open ones what is open, minor units"),
        "overdue_days": Measure("sum(overdue_items.overdue_days)", "Their days past due"),
        "upstream_days": Measure("sum(overdue_items.upstream_days)", "Of these, by upstream data"),
        "own_days": Measure("sum(overdue_items.own_days)", "Of these, in own processes"),
        "customer_days": Measure("sum(overdue_items.customer_days)", "Of these, at the customer"),
        **{
            f"{cause}_minor": Measure(f"sumIf({_WORTH}, main_cause = '{cause}')", f"Of overdue_minor, {where}")
            for cause, where in (
                ("upstream", "items with most days by upstream data"),
                ("own", "items with most days in own processes"),
                ("customer", "items with most days at the customer"),
            )
        },
    },
    day="until_day",
    by={"status": Measure("status", "cleared on the day, or open on the last one")},
    types={"currency": TEXT, "status": TEXT},
)

OVERDUE: Final = (OVERDUE_ITEMS, _CAUSES.view)
