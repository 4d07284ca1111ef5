"""How invoices come about, go out and are settled."""

from typing import Final

from sinks.clickhouse.kpis.flows import Flow, Linked, Measure, counted, kept_and_linked, minutes
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

_HELD: Final = "kind = 'invoice_held'"
# Of drafts that were held: the first time they were, and each end after it.
_HELD_DRAFTS: Final = f"""(
    SELECT tenant, entity, account_id, toDate32(of_time) AS of_day, of_currency AS currency, begins AS held,
           begins * of_amount AS held_minor, -releases AS released_at_once, NOT begins AS hold_ended,
           hold_ended * {minutes("held_time", "of_time")} AS hold_minutes
    FROM (
        SELECT tenant, entity, account_id, draft, minIf(sequence, {_HELD}) AS first_held,
               argMinIf(event_time, sequence, {_HELD}) AS held_time, argMinIf(amount, sequence, {_HELD}) AS of_amount,
               arrayPushFront(groupArrayIf(sequence, NOT {_HELD}), first_held) AS at,
               arrayPushFront(groupArrayIf(event_time, NOT {_HELD}), held_time) AS times,
               arrayPushFront(groupArrayIf(toString(currency), NOT {_HELD}), toString(argMinIf(currency, sequence, {_HELD})))
                   AS currencies,
               arrayPushFront(groupArrayIf(kind = 'invoice_released', NOT {_HELD}), toUInt8(0)) AS released
        FROM decisions_by_kind
        WHERE {_HELD} OR (kind IN ('invoice_released', 'invoice_withdrawn')
                          AND draft IN (SELECT draft FROM decisions_by_kind WHERE {_HELD}))
        GROUP BY tenant, entity, account_id, draft
        HAVING countIf({_HELD}) > 0
    )
    ARRAY JOIN at AS of_sequence, times AS of_time, currencies AS of_currency, released AS releases,
               arrayMap((x, n) -> n = 1, at, arrayEnumerate(at)) AS begins
    WHERE begins OR of_sequence > first_held
)"""
_RELEASED: Final = "decisions * (kind = 'invoice_released')"

_RELEASE: Final = kept_and_linked(
    "kpi_release",
    "Drafts held and released on each day",
    {
        "held": Measure("0", "Drafts held for the first time"),
        "held_minor": Measure("0", "Their amounts, minor units"),
        "holds": Measure(f"decisions * ({_HELD})", "Holds, said again for other reasons too"),
        "released": Measure(_RELEASED, "Invoices released"),
        "released_minor": Measure("amount * (kind = 'invoice_released')", "Their amounts, minor units"),
        "released_at_once": Measure(_RELEASED, "Of them, never held before"),
        "released_by_person": Measure(f"{_RELEASED} * (rule = 'release.manual')", "By a person"),
        "withdrawn": Measure("decisions * (kind = 'invoice_withdrawn')", "Drafts given up or replaced"),
        "hold_minutes": Measure("0", "From the first hold to the end of it"),
        "hold_ended": Measure("0", "Holds that ended: denominator of hold_minutes"),
    },
    (Linked(_HELD_DRAFTS, ("held", "held_minor", "released_at_once", "hold_minutes", "hold_ended")),),
    where="kind IN ('invoice_held', 'invoice_released', 'invoice_withdrawn')",
    ratios={"at_once_bp": Measure(basis_points("released_at_once", "released"), "released_at_once / released")},
)

_REQUESTED: Final = "kind = 'delivery_requested'"
_ARRIVED: Final = "(kind = 'delivery_status' AND text = 'delivered')"
# Documents of which the first arrival came after the first request.
_ARRIVALS: Final = f"""(
    SELECT tenant, entity, account_id, toDate32(arrived_time) AS of_day, of_currency AS currency, of_channel AS channel,
           1 AS delivered_requested, {minutes("requested_time", "arrived_time")} AS delivered_minutes
    FROM (
        SELECT tenant, entity, account_id, document, argMinIf(event_time, sequence, {_REQUESTED}) AS requested_time,
               argMinIf(event_time, sequence, {_ARRIVED}) AS arrived_time, argMinIf(currency, sequence, {_ARRIVED}) AS of_currency,
               argMinIf(channel, sequence, {_ARRIVED}) AS of_channel
        FROM decisions_by_kind
        WHERE {_REQUESTED} OR ({_ARRIVED} AND document IN (SELECT document FROM decisions_by_kind WHERE {_REQUESTED}))
        GROUP BY tenant, entity, account_id, document
        HAVING countIf({_REQUESTED}) > 0 AND countIf({_ARRIVED}) > 0 AND minIf(sequence, {_REQUESTED}) < minIf(sequence, {_ARRIVED})
    )
)"""

_DELIVERY: Final = kept_and_linked(
    "kpi_delivery",
    "How invoices went out on each day, by channel",
    {
        "requests": Measure(f"decisions * ({_REQUESTED})", "Requests to send a document"),
        "fallbacks": Measure("decisions * (rule = 'delivery.fallback')", "Of them, by the next channel"),
        "resends": Measure("decisions * (rule = 'delivery.resend')", "Of them, again by the same channel"),
        **{
            name: Measure(f"decisions * (kind = 'delivery_status' AND detail = '{name}')", comment)
            for name, comment in _SAYS.items()
        },
        "delivered_minutes": Measure("0", "From the first request to the arrival"),
        "delivered_requested": Measure("0", "Arrivals after a request: denominator of delivered_minutes"),
    },
    (Linked(_ARRIVALS, ("delivered_minutes", "delivered_requested")),),
    where="kind IN ('delivery_requested', 'delivery_status')",
    by={"channel": Measure("channel", "How it went out")},
    ratios={"delivered_bp": Measure(basis_points("delivered", "sent"), "delivered / sent")},
    types={"channel": CODE},
)

# A touch changes nothing, and of a credit note that is allocated the invoice is another row.
_CLEARED: Final = """(
    SELECT tenant, entity, account_id, of_currency AS currency, of_amount AS amount, cleared_on, touched,
           dateDiff('day', posted, cleared_on) AS settle, greatest(dateDiff('day', due, cleared_on), 0) AS late
    FROM (
        SELECT tenant, entity, account_id, document, anyIf(currency, raised) AS of_currency, sumIf(amount, raised) AS of_amount,
               anyIf(posted_on, raised) AS posted, anyIf(due_date, raised) AS due,
               maxIf(posted_on, change < 0 OR raised) AS cleared_on, sum(touches) AS touched
        FROM (
            SELECT tenant, entity, account_id, document, currency, amount, posted_on, due_date, item_change AS change,
                   raises AS raised, raises AND item_kind = 'invoice' AND rule != 'posted.opening' AS is_invoice,
                   by_person AS touches
            FROM decisions_by_kind WHERE document != '' AND (item_change != 0 OR raises OR by_person)
            UNION ALL
            SELECT tenant, entity, account_id, counterparty, '', 0, posted_on, due_date, other_change, 0, 0, 0
            FROM decisions_by_kind WHERE kind IN ('credit_allocated', 'application_reversed', 'deduction_opened')
        )
        GROUP BY tenant, entity, account_id, document
        HAVING max(is_invoice) AND sum(change) = 0
    )
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

INVOICES: Final = (_THROUGHPUT, _RELEASE, _DELIVERY, _CYCLE_TIME.view)
