"""How invoices come about, go out and are settled."""

from typing import Final

from sinks.clickhouse.evidence import said
from sinks.clickhouse.kpis.flows import Flow, Measure, counted, minutes
from sinks.clickhouse.rollups import BY_PERSON
from sinks.clickhouse.view import CODE, DAYS, TEXT, basis_points, divided, with_one_decimal

_GENERATED: Final = """(kind = 'invoice_released'
    OR (kind = 'item_posted' AND detail = 'invoice' AND rule != 'posted.opening'))"""
_SAYS: Final = {
    "sent": "It went out",
    "delivered": "It arrived",
    "viewed": "The customer looked at it",
    "acknowledged": "The customer's system took it",
    "rejected": "The customer refused it",
    "failed": "It could not be delivered",
}

_THROUGHPUT: Final = counted(
    "kpi_throughput",
    "Invoices generated, sent out and cleared on each day, and decisions in all",
    {
        "generated": Measure(f"sumIf(decisions, {_GENERATED})", "Invoices that became open items"),
        "generated_minor": Measure(f"sumIf(amount, {_GENERATED})", "Their amounts, minor units"),
        "requested": Measure(
            "sumIf(decisions, kind = 'delivery_requested')", "Documents asked to be sent out, each time"
        ),
        **{
            name: Measure(f"sumIf(decisions, kind = 'delivery_status' AND detail = '{name}')", comment)
            for name, comment in _SAYS.items()
        },
        "cleared": Measure("sum(count_days.cleared)", "Decisions that left nothing open of an invoice"),
        "decisions": Measure("sum(count_days.decisions)", "Decisions of every kind"),
    },
)

# Of an instalment said(part) is PLACE:COUNT:NUMBER, and the number may have colons.
DRAFT: Final = f"""if({said("part")} = '', document,
    arrayStringConcat(arraySlice(splitByChar(':', {said("part")}), 3), ':'))"""
_HELD: Final = "kind = 'invoice_held'"
_OF_RELEASE: Final = f"""(
    SELECT tenant, entity, account_id, currency, kind, rule, amount, event_time, sequence,
           minOrNullIf(sequence, {_HELD}) OVER draft AS first_held,
           argMinOrNullIf(event_time, sequence, {_HELD}) OVER draft AS held_time,
           first_held IS NOT NULL AND first_held < sequence AS was_held
    FROM (
        SELECT tenant, entity, account_id, currency, kind, rule, amount, event_time, sequence, {DRAFT} AS number
        FROM decisions WHERE kind IN ('invoice_held', 'invoice_released', 'invoice_withdrawn')
    )
    WINDOW draft AS (PARTITION BY tenant, entity, account_id, number)
)"""
_ENDED: Final = f"(was_held AND NOT {_HELD})"

_RELEASE: Final = Flow(
    "kpi_release",
    "Drafts held and released on each day",
    _OF_RELEASE,
    {
        "held": Measure(f"countIf({_HELD} AND sequence = first_held)", "Drafts held for the first time"),
        "held_minor": Measure(f"sumIf(amount, {_HELD} AND sequence = first_held)", "Their amounts, minor units"),
        "holds": Measure(f"countIf({_HELD})", "Holds, said again for other reasons too"),
        "released": Measure("countIf(kind = 'invoice_released')", "Invoices released"),
        "released_minor": Measure("sumIf(amount, kind = 'invoice_released')", "Their amounts, minor units"),
        "released_at_once": Measure(
            "countIf(kind = 'invoice_released' AND NOT was_held)", "Of them, never held before"
        ),
        "released_by_person": Measure("countIf(kind = 'invoice_released' AND rule = 'release.manual')", "By a person"),
        "withdrawn": Measure("countIf(kind = 'invoice_withdrawn')", "Drafts given up or replaced"),
        "hold_minutes": Measure(
            f"sumIf({minutes('assumeNotNull(held_time)', 'event_time')}, {_ENDED})",
            "From the first hold to the end of it",
        ),
        "hold_ended": Measure(f"countIf({_ENDED})", "Holds that ended: denominator of hold_minutes"),
    },
    ratios={"at_once_bp": Measure(basis_points("released_at_once", "released"), "released_at_once / released")},
)

_OF_DELIVERY: Final = """(
    SELECT tenant, entity, account_id, currency, kind, rule, text, channel, event_time, sequence,
           minOrNullIf(sequence, kind = 'delivery_requested') OVER document_of AS first_requested,
           argMinOrNullIf(event_time, sequence, kind = 'delivery_requested') OVER document_of AS requested_time,
           minOrNullIf(sequence, kind = 'delivery_status' AND text = 'delivered') OVER document_of AS first_delivered,
           ifNull(sequence = first_delivered AND first_requested < sequence, 0) AS arrives
    FROM decisions WHERE kind IN ('delivery_requested', 'delivery_status')
    WINDOW document_of AS (PARTITION BY tenant, entity, account_id, document)
)"""

_DELIVERY: Final = Flow(
    "kpi_delivery",
    "How invoices went out on each day, by channel",
    _OF_DELIVERY,
    {
        "requests": Measure("countIf(kind = 'delivery_requested')", "Requests to send a document"),
        "fallbacks": Measure("countIf(rule = 'delivery.fallback')", "Of them, by the next channel"),
        "resends": Measure("countIf(rule = 'delivery.resend')", "Of them, again by the same channel"),
        **{
            name: Measure(f"countIf(kind = 'delivery_status' AND text = '{name}')", comment)
            for name, comment in _SAYS.items()
        },
        "delivered_minutes": Measure(
            f"sumIf({minutes('assumeNotNull(requested_time)', 'event_time')}, arrives)",
            "From the first request to the arrival",
        ),
        "delivered_requested": Measure(
            "countIf(arrives)", "Arrivals after a request: denominator of delivered_minutes"
        ),
    },
    by={"channel": Measure("channel", "How it went out")},
    ratios={"delivered_bp": Measure(basis_points("delivered", "sent"), "delivered / sent")},
    types={"channel": CODE},
)

_CLEARED: Final = f"""(
    SELECT tenant, entity, account_id, currency, amount, cleared_on, touched,
           dateDiff('day', posted, cleared_on) AS settle, greatest(dateDiff('day', due, cleared_on), 0) AS late
    FROM (
        SELECT tenant, entity, account_id, document, anyIf(m.currency, raises) AS currency,
               sumIf(m.amount, raises) AS amount, anyIf(posted_on, raises) AS posted, anyIf(due_date, raises) AS due,
               maxIf(posted_on, change < 0 OR raises) AS cleared_on
        FROM item_movements AS m
        GROUP BY tenant, entity, account_id, document
        HAVING countIf(raises AND item_kind = 'invoice' AND rule != 'posted.opening') > 0 AND sum(change) = 0
    ) AS i
    LEFT JOIN (
        SELECT tenant, entity, account_id, document, count() AS touched
        FROM decisions WHERE document != '' AND {BY_PERSON} GROUP BY tenant, entity, account_id, document
    ) AS t USING (tenant, entity, account_id, document)
)"""

_CYCLE_TIME: Final = Flow(
    "kpi_cycle_time",
    "From posting to clearing of invoices, on the day on which they were cleared",
    _CLEARED,
    {
        "invoices": Measure("count()", "Invoices cleared"),
        "invoiced_minor": Measure("sum(amount)", "Their amounts, minor units"),
        "settle_days": Measure("sum(settle)", "Days from posting to clearing"),
        "late_days": Measure("sum(late)", "Days from due date to clearing, of those cleared later"),
        "late": Measure("countIf(late > 0)", "Cleared after the due date"),
        "touches": Measure("sum(touched)", "Decisions about them by a person"),
        "untouched": Measure("countIf(touched = 0)", "With none"),
    },
    day="cleared_on",
    ratios={
        "mean_settle_days": Measure(with_one_decimal("settle_days", "invoices"), "settle_days / invoices, one decimal"),
        "touches_per_100": Measure(divided("(touches * 100)", "invoices"), "touches for each 100 invoices"),
    },
    types={"currency": TEXT, "mean_settle_days": DAYS, "touches_per_100": "Nullable(Int64)"},
)

INVOICES: Final = (_THROUGHPUT, *(flow.view for flow in (_RELEASE, _DELIVERY, _CYCLE_TIME)))
