"""Disputes and promises: what is open, how it ends, and why it came to it."""

from datetime import date
from fractions import Fraction
from typing import Any, Final

from headrace.overdue import DISPUTE as OVERDUE
from headrace.web.asking import Asked, Block, Page
from headrace.web.figures import (
    BAD_IF_MORE,
    GOOD_IF_MORE,
    Chart,
    Column,
    Headline,
    Table,
    compared,
    minute,
    money,
    month,
    number,
    on,
    percent,
    short_money,
    text,
    until,
)

OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")

_STATE: Final = f"""
SELECT countIf(status != 'closed') AS open, sumIf(amount, status != 'closed') AS open_amount,
       countIf({OVERDUE}) AS late, countIf(status = 'waiting_customer') AS waiting,
       countIf(toDate32(opened_time) > {{since:Date32}} AND toDate32(opened_time) <= {{as_of:Date32}}) AS opened,
       sumIf(amount, toDate32(opened_time) > {{since:Date32}} AND toDate32(opened_time) <= {{as_of:Date32}}) AS opened_amount
FROM disputes WHERE currency = {{currency:String}} AND {{owner:String}} IN ('', owner) AND {{WITHIN}}
"""
_SALES: Final = """
SELECT count() AS invoices, sum(amount) AS invoiced FROM decisions
WHERE is_sale AND item_kind = 'invoice' AND currency = {currency:String} AND posted_on > {since:Date32} AND posted_on <= {as_of:Date32} AND {WITHIN}
"""
_CATEGORIES: Final = """
SELECT if(category = '', 'none said', category) AS category, countIf(status != 'closed') AS open, sumIf(amount, status != 'closed') AS open_amount,
       countIf(status = 'closed' AND toDate32(closed_time) > {since:Date32} AND toDate32(closed_time) <= {as_of:Date32}) AS closed
FROM disputes WHERE currency = {currency:String} AND {owner:String} IN ('', owner) AND {WITHIN}
GROUP BY category ORDER BY open_amount DESC, category
"""
_MONTHS: Final = """
SELECT month, sum(opened) AS opened, sum(closed) AS closed FROM (
    SELECT toDate32(toStartOfMonth(opened_time)) AS month, 1 AS opened, 0 AS closed, toDate32(opened_time) AS day, currency, owner, tenant, entity, account_id FROM disputes
    UNION ALL
    SELECT toDate32(toStartOfMonth(assumeNotNull(closed_time))) AS month, 0 AS opened, 1 AS closed, toDate32(assumeNotNull(closed_time)) AS day, currency, owner, tenant, entity, account_id
    FROM disputes WHERE status = 'closed'
) WHERE day > {since:Date32} AND day <= {as_of:Date32} AND currency = {currency:String} AND {owner:String} IN ('', owner) AND {WITHIN}
GROUP BY month ORDER BY month
"""
_CAUSES: Final = """
SELECT if(root_cause = '', 'not said', root_cause) AS root_cause, count() AS disputes, sum(amount) AS contested, sum(credited) AS credited,
       sum(rejected) AS rejected, sum(written_off + goodwill) AS given, sum(recovered + rebilled) AS kept,
       quantileExact(0.5)(business_minutes) AS median_minutes, quantileExact(0.9)(business_minutes) AS p90_minutes
FROM disputes
WHERE status = 'closed' AND currency = {currency:String} AND toDate32(closed_time) > {since:Date32} AND toDate32(closed_time) <= {as_of:Date32}
  AND {owner:String} IN ('', owner) AND {WITHIN}
GROUP BY root_cause ORDER BY contested DESC, root_cause LIMIT {limit:UInt32}
"""
_DISPUTES: Final = f"""
SELECT tenant, entity, account_id, dispute_id, document, amount, category, owner, status, opened_time, deadline, escalations,
       dateDiff('day', opened_time, toDateTime64({{now:String}}, 3, 'UTC')) AS age_days, {OVERDUE} AS late
FROM disputes
WHERE status != 'closed' AND currency = {{currency:String}} AND {{owner:String}} IN ('', owner) AND {{WITHIN}}
ORDER BY toUnixTimestamp64Milli(deadline) = 0 AND NOT late, deadline, opened_time, tenant, entity, account_id, dispute_id
LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}
"""


def disputes(asked: Asked) -> Page:
    currency = asked.filters.currency
    [state] = asked.ask(_STATE, by_collector=False)
    [sales] = asked.ask(_SALES, by_collector=False)
    headlines = [
        Headline(
            "Open",
            f"{state['open']:,}",
            "disputes",
            note=f"{short_money(state['open_amount'], currency)} {currency} contested",
        ),
        Headline("Overdue", f"{state['late']:,}", note="past their deadline, or their last escalation"),
        Headline("Wait for the customer", f"{state['waiting']:,}", note="their clock stands still"),
        compared(
            "Rate by number",
            _ratio(state["opened"], sales["invoices"]),
            None,
            "%",
            "",
            BAD_IF_MORE,
            f"{state['opened']:,} of {sales['invoices']:,} invoices in the period",
        ),
        compared(
            "Rate by amount",
            _ratio(state["opened_amount"], sales["invoiced"]),
            None,
            "%",
            "",
            BAD_IF_MORE,
            "opened, of what was invoiced",
        ),
    ]
    return Page(
        "Disputes",
        headlines=headlines,
        blocks=[
            Block("Open, by category", _categories(asked), False, explains="As it stands now."),
            Block("Opened and closed, by month", _months(asked), False),
            Block("Open disputes", _open_disputes(asked), explains="The first deadline first; as it stands now."),
            Block(
                "Closed in the period, by root cause",
                _causes(asked),
                explains="Hours are business hours of the owner's calendar.",
            ),
        ],
        is_now=True,
    )


def _ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(100 * part, whole) if whole > 0 else None


def _escalated(times: int) -> str:
    return f"escalated {'once' if times == 1 else f'{times} times'}" if times else ""


def _said(code: str) -> str:
    return code.replace("_", " ")


def _categories(asked: Asked) -> Chart:
    columns = [
        Column("Category"),
        Column("Open", "number"),
        Column("Contested", "money"),
        Column("Closed in the period", "number"),
    ]
    table = Table("categories", "Disputes by category", columns, empty="There is no dispute.")
    for row in asked.ask(_CATEGORIES, by_collector=False):
        table.add(
            text(_said(row["category"])),
            number(row["open"]),
            money(row["open_amount"], asked.filters.currency),
            number(row["closed"]),
        )
    return Chart(
        table,
        "bars",
        asked.filters.currency,
        "Contested amount of open disputes by category",
        ("Contested",),
        across=True,
    )


def _months(asked: Asked) -> Chart:
    columns = [Column("Month", "month"), Column("Opened", "number"), Column("Closed", "number")]
    table = Table("months", "Disputes opened and closed by month", columns, empty="None in the period.")
    for row in asked.ask(_MONTHS, by_collector=False):
        table.add(month(date.fromisoformat(row["month"])), number(row["opened"]), number(row["closed"]))
    return Chart(
        table, "bars", "disputes", "Disputes opened and closed by month", ("Opened", "Closed"), colours=("main", "soft")
    )


def _open_disputes(asked: Asked) -> Table:
    columns = [
        Column("Dispute"),
        Column("Account"),
        Column("Document"),
        Column("Contested", "money"),
        Column("Category"),
        Column("Owner"),
        Column("State"),
        Column("Days", "number"),
        Column("Until", "time"),
    ]
    table = Table("disputes", "Open disputes", columns, empty="No dispute is open.")
    for row in asked.named(asked.ask(_DISPUTES, by_collector=False)):
        table.add(
            text(row["dispute_id"], asked.waits(row, row["dispute_id"])),
            asked.account(row),
            text(row["document"], asked.waits(row, row["document"]) if row["document"] else ""),
            money(row["amount"], asked.filters.currency),
            text(_said(row["category"])),
            text(row["owner"] or "nobody yet"),
            text(_said(row["status"]), note=_escalated(row["escalations"])),
            number(row["age_days"]),
            until(row),
        )
    return asked.cut(table)


def _causes(asked: Asked) -> Table:
    currency = asked.filters.currency
    columns = [
        Column("Root cause"),
        Column("Disputes", "number"),
        *(Column(name, "money") for name in ("Contested", "Credited", "Rejected", "Given up", "Recovered, rebilled")),
        Column("Median, hours", "number"),
        Column("90 %, hours", "number"),
    ]
    table = Table("causes", "Closed disputes by root cause", columns, empty="None was closed in the period.")
    for row in asked.ask(_CAUSES, by_collector=False):
        amounts = [money(row[name], currency) for name in ("contested", "credited", "rejected", "given", "kept")]
        table.add(
            text(_said(row["root_cause"])),
            number(row["disputes"]),
            *amounts,
            number(row["median_minutes"] // 60),
            number(row["p90_minutes"] // 60),
        )
    return asked.cut(table, paged=False)


# --- promises ---

_PROMISED: Final = """
SELECT countIf(status = 'opened') AS open, sumIf(amount, status = 'opened') AS open_amount,
       countIf(status = 'opened' AND promised_date <= addDays({as_of:Date32}, 7)) AS soon,
       sumIf(amount, status = 'opened' AND promised_date <= addDays({as_of:Date32}, 7)) AS soon_amount,
       countIf(is_judged AND in_period) AS judged, countIf(status = 'broken' AND in_period) AS broken,
       sumIf(to_keep, is_judged AND in_period) AS promised, sumIf(kept, is_judged AND in_period) AS kept
FROM (SELECT *, toDate32(judged_time) > {since:Date32} AND toDate32(judged_time) <= {as_of:Date32} AS in_period FROM promises)
WHERE currency = {currency:String} AND {WITHIN}
"""
_JUDGED: Final = """
SELECT toDate32(toStartOfMonth(assumeNotNull(judged_time))) AS month, count() AS promises, countIf(status = 'kept') AS in_full,
       countIf(status = 'partially_kept') AS in_part, countIf(status = 'broken') AS broken, sum(to_keep) AS promised, sum(kept) AS kept_amount
FROM promises
WHERE is_judged AND currency = {currency:String} AND toDate32(judged_time) > {since:Date32} AND toDate32(judged_time) <= {as_of:Date32} AND {WITHIN}
GROUP BY month ORDER BY month
"""
_OPEN_PROMISES: Final = """
SELECT tenant, entity, account_id, promise_id, amount, promised_date, documents, made_time, promised_date < {as_of:Date32} AS late
FROM promises WHERE status = 'opened' AND currency = {currency:String} AND {WITHIN}
ORDER BY promised_date, tenant, entity, account_id, promise_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""
_BY_STATE: Final = """
SELECT status, count() AS promises, sum(amount) AS promised FROM promises
WHERE currency = {currency:String} AND toDate32(made_time) > {since:Date32} AND toDate32(made_time) <= {as_of:Date32} AND {WITHIN}
GROUP BY status ORDER BY promises DESC, status
"""


def promises(asked: Asked) -> Page:
    currency = asked.filters.currency
    [state] = asked.ask(_PROMISED)
    headlines = [
        Headline("Open", short_money(state["open_amount"], currency), currency, note=f"{state['open']:,} promises"),
        Headline(
            "Due within a week",
            short_money(state["soon_amount"], currency),
            currency,
            note=f"{state['soon']:,} promises, and those whose day has passed",
        ),
        compared(
            "Kept",
            _ratio(state["kept"], state["promised"]),
            None,
            "%",
            "",
            GOOD_IF_MORE,
            f"of {short_money(state['promised'], currency)} {currency} judged in the period",
        ),
        Headline("Broken", f"{state['broken']:,}", note=f"of {state['judged']:,} judged in the period"),
    ]
    return Page(
        "Promises to pay",
        headlines=headlines,
        blocks=[
            Block("Promised and kept, by month of judgement", _judged(asked), False),
            Block("Made in the period, by state", _states(asked), False),
            Block("Open promises", _open_promises(asked), explains="The first day first; as it stands now."),
        ],
        is_now=True,
    )


def _judged(asked: Asked) -> Chart:
    currency = asked.filters.currency
    columns = [
        Column("Month", "month"),
        Column("Promised", "money"),
        Column("Kept", "money"),
        Column("Kept %", "percent"),
        *(Column(name, "number") for name in ("Promises", "In full", "In part", "Broken")),
    ]
    table = Table("months", "Promises judged, by month", columns, empty="None was judged in the period.")
    for row in asked.ask(_JUDGED):
        counts = [number(row[name]) for name in ("promises", "in_full", "in_part", "broken")]
        table.add(
            month(date.fromisoformat(row["month"])),
            money(row["promised"], currency),
            money(row["kept_amount"], currency),
            percent(row["kept_amount"], row["promised"]),
            *counts,
        )
    return Chart(
        table,
        "bars",
        currency,
        "Promised and kept amounts by month of judgement",
        ("Promised", "Kept"),
        colours=("soft", "main"),
    )


def _states(asked: Asked) -> Chart:
    table = Table(
        "states",
        "Promises made in the period, by state",
        [Column("State"), Column("Promises", "number"), Column("Amount", "money")],
        empty="None was made in the period.",
    )
    names = {"opened": "open", "partially_kept": "partially kept"}
    for row in asked.ask(_BY_STATE):
        table.add(
            text(names.get(row["status"], row["status"])),
            number(row["promises"]),
            money(row["promised"], asked.filters.currency),
        )
    return Chart(table, "bars", asked.filters.currency, "Promised amounts by state", ("Amount",), across=True)


def _open_promises(asked: Asked) -> Table:
    columns = [
        Column("Promise"),
        Column("Account"),
        Column("Amount", "money"),
        Column("On", "day"),
        Column("For"),
        Column("Made", "time"),
    ]
    table = Table("promises", "Open promises", columns, empty="No promise is open.")
    for row in asked.named(asked.ask(_OPEN_PROMISES)):
        day = on(date.fromisoformat(row["promised_date"]))
        documents: list[Any] = row["documents"]
        table.add(
            text(row["promise_id"], asked.waits(row, row["promise_id"])),
            asked.account(row),
            money(row["amount"], asked.filters.currency),
            day if not row["late"] else type(day)(day.text, day.value, "", "bad"),
            text(", ".join(documents[:3]) + (" …" if len(documents) > 3 else "") if documents else "the account"),
            minute(row["made_time"]),
        )
    return asked.cut(table)
