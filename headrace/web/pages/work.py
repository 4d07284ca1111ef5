"""What people work on: tasks of collectors, reminders, exceptions, approvals."""

from datetime import date
from typing import Final

from headrace.overdue import PASSED
from headrace.overdue import TASK as OVERDUE_TASK
from headrace.resolutions import who_may
from headrace.web.asking import Asked, Block, Page, Row
from headrace.web.figures import (
    Cell,
    Chart,
    Column,
    Headline,
    Table,
    amount,
    minute,
    money,
    number,
    on,
    percent,
    text,
    until,
)
from headrace.why.rules import short_of
from headrace.words import because

# What is open is so at the end of the log.
_TASKS: Final = f"""
SELECT tenant, entity, account_id, task_id, category, owner, score, next_action, deadline, step, currency, past_due,
       evidence, opened_time, stated_time, {OVERDUE_TASK} AS late
FROM open_tasks WHERE {{owner:String}} IN ('', owner) AND {{WITHIN}}
ORDER BY score DESC, opened_time, tenant, entity, account_id, task_id
LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}
"""
_TASK_COUNTS: Final = f"""
SELECT if(owner = '', 'nobody yet', owner) AS owner, count() AS tasks, countIf({OVERDUE_TASK}) AS late,
       uniqExact(tenant, entity, account_id) AS accounts
FROM open_tasks WHERE {{owner:String}} IN ('', owner) AND {{WITHIN}} GROUP BY owner ORDER BY tasks DESC, owner
"""
_REMINDERS: Final = """
SELECT level, countIf(kind = 'reminder_due') AS sent, sumIf(amount, kind = 'reminder_due') AS reminded,
       countIf(kind = 'reminder_suppressed') AS suppressed
FROM decisions
WHERE kind IN ('reminder_due', 'reminder_suppressed') AND currency = {currency:String}
  AND toDate32(event_time) > {since:Date32} AND toDate32(event_time) <= {as_of:Date32} AND {WITHIN}
GROUP BY level ORDER BY level
"""
_SUPPRESSED: Final = """
SELECT replaceAll(splitByChar(':', reason)[1], '_', ' ') AS why, count() AS times
FROM decisions ARRAY JOIN reasons AS reason
WHERE kind = 'reminder_suppressed' AND currency = {currency:String} AND toDate32(event_time) > {since:Date32}
  AND toDate32(event_time) <= {as_of:Date32} AND {WITHIN}
GROUP BY why ORDER BY times DESC, why
"""
_HOLDS: Final = """
SELECT tenant, entity, account_id, exposure, credit_limit, held_for, held_since, stated_time
FROM credit WHERE held AND currency = {currency:String} AND NOT startsWith(account_id, '~') AND {WITHIN}
ORDER BY exposure DESC, tenant, entity, account_id LIMIT {limit:UInt32}
"""


def collections(asked: Asked) -> Page:
    owners = asked.ask(_TASK_COUNTS, by_collector=False)
    reminders = asked.ask(_REMINDERS)
    sent, suppressed = sum(row["sent"] for row in reminders), sum(row["suppressed"] for row in reminders)
    late, code = sum(row["late"] for row in owners), asked.filters.currency
    tasks = f"{sum(row['tasks'] for row in owners):,}"
    headlines = [
        Headline("Open tasks", tasks, note=f"of {len(owners)} people or teams, in all currencies"),
        Headline("Overdue", f"{late:,}", note="of these, by the log's own time"),
        Headline("Reminders", f"{sent:,}", note=f"of documents in {code}, in the period"),
        Headline(
            "Not reminded",
            f"{suppressed:,}",
            note=f"{percent(suppressed, sent + suppressed).text} % of those due: paused with a reason",
        ),
    ]
    return Page(
        "Collections",
        headlines=headlines,
        blocks=[
            Block(
                "Worklist",
                _worklist(asked),
                explains="What counts most first. What is open now; score and past due as of when the task was last looked at.",
            ),
            Block("Reminders by level", _levels(reminders, code), False, explains="In the period."),
            Block("Why not reminded", _suppressed(asked), False, explains="In the period; each reason counts."),
            Block("Tasks by owner", _owners(asked, owners), False, explains="In all currencies."),
            Block(
                "On credit hold",
                _holds(asked),
                False,
                explains="The most exposed first; exposure and limit as of when the rules last decided on them.",
            ),
        ],
        is_now=True,
    )


def _worklist(asked: Asked) -> Table:
    columns = [
        Column("Account"),
        Column("Score", "number"),
        Column("Do next"),
        Column("Past due", "amount"),
        Column("Owner"),
        Column("Until", "time"),
        Column("Why"),
        Column("As of", "time"),
    ]
    table = Table("worklist", "Open tasks of collectors", columns, empty="No task is open.")
    for row in asked.named(asked.ask(_TASKS, by_collector=False)):
        table.add(
            asked.account(row),
            number(row["score"]),
            text(row["next_action"].replace("_", " "), note=row["category"].replace("_", " ")),
            amount(row["past_due"], row["currency"]),
            text(row["owner"] or "nobody yet"),
            until(row),
            text(", ".join(_parts_of(row["evidence"]))),
            minute(row["stated_time"]),
        )
    return asked.cut(table)


def _parts_of(evidence: list[str]) -> list[str]:
    """What a score is made of: name and points; the sum past due has a column of its own."""
    pairs = [text.partition(":") for text in evidence]
    return [f"{name.replace('_', ' ')} {value}" for name, _, value in pairs if name != "past_due"]


def _levels(rows: list[Row], currency: str) -> Chart:
    columns = [Column("Level"), Column("Sent", "number"), Column("Not sent", "number"), Column("Reminded", "money")]
    table = Table("reminders", "Reminders by level", columns, empty="No reminder was due in the period.")
    for row in rows:
        table.add(
            text(f"Level {row['level']}"),
            number(row["sent"]),
            number(row["suppressed"]),
            money(row["reminded"], currency),
        )
    return Chart(
        table,
        "stacked",
        "reminders",
        "Reminders sent and not sent by level",
        ("Sent", "Not sent"),
        colours=("main", "soft"),
    )


def _suppressed(asked: Asked) -> Chart:
    table = Table(
        "suppressed",
        "Reasons for not reminding",
        [Column("Reason"), Column("Times", "number")],
        empty="None was held back.",
    )
    for row in asked.ask(_SUPPRESSED):
        table.add(text(row["why"]), number(row["times"]))
    return Chart(table, "bars", "times", "Reasons for not reminding", ("Times",), across=True)


def _owners(asked: Asked, rows: list[Row]) -> Table:
    table = Table(
        "owners",
        "Open tasks by owner",
        [Column("Owner"), Column("Tasks", "number"), Column("Overdue", "number"), Column("Accounts", "number")],
    )
    for row in rows:
        href = asked.link("/collections", owner=row["owner"]) if row["owner"] in asked.known.owners else ""
        table.add(
            text(row["owner"], href), number(row["tasks"]), number(row["late"], tone="bad"), number(row["accounts"])
        )
    return table


def _holds(asked: Asked) -> Table:
    currency = asked.filters.currency
    columns = [
        Column("Account"),
        Column("Exposure", "money"),
        Column("Limit", "money"),
        Column("Because"),
        Column("Since", "time"),
        Column("As of", "time"),
    ]
    table = Table("holds", "Accounts on credit hold", columns, empty="Nobody is on credit hold.")
    for row in asked.named(asked.ask(_HOLDS)):
        why = ", ".join(reason.partition(":")[0].replace("_", " ") for reason in row["held_for"])
        limit = money(row["credit_limit"], currency) if row["credit_limit"] else Cell("none")
        times = (minute(row["held_since"]), minute(row["stated_time"]))
        table.add(asked.account(row), money(row["exposure"], currency), limit, text(why), *times)
    return asked.cut(table, paged=False)


# --- exceptions and approvals ---

_OPEN: Final = f"""
SELECT tenant, entity, account_id, exception_id, what, rule, currency, amount, document, receipt_id, reasons, owner,
       raised_time, deadline, step, last_note, {PASSED} AS late,
       dateDiff('day', raised_time, toDateTime64({{now:String}}, 3, 'UTC')) AS age_days
FROM open_exceptions WHERE {{owner:String}} IN ('', owner) AND what != 'task' AND {{WITHIN}}
ORDER BY toUnixTimestamp64Milli(deadline) = 0, deadline, raised_time, tenant, entity, account_id, exception_id, rule
LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}
"""
# By rule and by owner in one question: what is open is made out of all that ever was.
_COUNTS: Final = f"""
SELECT grouping(rule) AS is_owner, rule, if(owner = '', 'nobody yet', owner) AS owner, countIf(NOT late) AS in_time,
       countIf(late) AS overdue, countIf(is_nobodys) AS nobodys, max(age_days) AS oldest,
       countIf(what = 'exception') AS exceptions, countIf(what = 'proposal') AS proposals
FROM (SELECT what, rule, owner, owner = '' AS is_nobodys, {PASSED} AS late,
             dateDiff('day', raised_time, toDateTime64({{now:String}}, 3, 'UTC')) AS age_days
      FROM open_exceptions WHERE {{owner:String}} IN ('', owner) AND what != 'task' AND {{WITHIN}})
GROUP BY GROUPING SETS ((rule), (owner)) ORDER BY in_time + overdue DESC, rule, owner
"""
_RAISED: Final = """
SELECT toDate32(toMonday(event_time)) AS week, countIf(kind = 'exception_raised') AS raised, countIf(kind = 'exception_closed') AS closed
FROM decisions
WHERE kind IN ('exception_raised', 'exception_closed') AND toDate32(event_time) > {since:Date32}
  AND toDate32(event_time) <= {as_of:Date32} AND {WITHIN}
GROUP BY week ORDER BY week
"""
_APPROVALS: Final = f"""
SELECT tenant, entity, account_id, approval_id, category, currency, amount, document, receipt_id, maker, note, reasons,
       asked, delegate, requested_time, deadline, {PASSED} AS late
FROM open_approvals WHERE {{WITHIN}}
ORDER BY toUnixTimestamp64Milli(deadline) = 0, deadline, requested_time, tenant, entity, account_id, approval_id
LIMIT {{limit:UInt32}}
"""


def exceptions(asked: Asked) -> Page:
    counts = asked.ask(_COUNTS, by_collector=False)
    rules, owners = ([row for row in counts if row["is_owner"] == wanted] for wanted in (0, 1))
    total, overdue = sum(row["in_time"] + row["overdue"] for row in rules), sum(row["overdue"] for row in rules)
    nobody = sum(row["nobodys"] for row in rules)
    approvals = _approvals(asked)
    headlines = [
        Headline("Open", f"{total:,}", note="exceptions and proposed cash, in all currencies"),
        Headline("Overdue", f"{overdue:,}", note=f"{percent(overdue, total).text} % of them"),
        Headline("Nobody has them", f"{nobody:,}", note="no owner yet"),
        Headline("Oldest", f"{max((row['oldest'] for row in rules), default=0):,}", "days"),
        Headline(
            "Approvals", f"{len(approvals.rows):,}{'+' if approvals.more else ''}", note="wait for another person"
        ),
    ]
    return Page(
        "Exceptions",
        "What a person has to look at, at the end of the log and by its own time.",
        headlines,
        [
            Block("By kind", _rules(rules), False),
            Block("Raised and closed, by week", _raised(asked), False),
            Block("Open", _list(asked), explains="The first deadline first."),
            Block("By owner", _exception_owners(asked, owners), False),
            Block("Approvals that wait", approvals),
        ],
        is_now=True,
    )


def _rules(rows: list[Row]) -> Chart:
    columns = [
        Column("Rule"),
        Column("In time", "number"),
        Column("Overdue", "number"),
        Column("Oldest, days", "number"),
    ]
    table = Table("rules", "Open exceptions by rule", columns, empty="Nothing waits for a person.")
    for row in rows:
        table.add(
            text(row["rule"], note=short_of(row["rule"])),
            number(row["in_time"]),
            number(row["overdue"]),
            number(row["oldest"]),
        )
    return Chart(
        table,
        "stacked",
        "exceptions",
        "Open exceptions by rule, in time and overdue",
        ("In time", "Overdue"),
        colours=("main", "alarm"),
        across=True,
    )


def _raised(asked: Asked) -> Chart:
    table = Table(
        "weeks",
        "Exceptions raised and closed by week",
        [Column("Week from", "day"), Column("Raised", "number"), Column("Closed", "number")],
        empty="None was raised in the period.",
    )
    for row in asked.ask(_RAISED):
        table.add(on(date.fromisoformat(row["week"])), number(row["raised"]), number(row["closed"]))
    return Chart(
        table,
        "bars",
        "exceptions",
        "Exceptions raised and closed by week",
        ("Raised", "Closed"),
        colours=("main", "soft"),
    )


def _list(asked: Asked) -> Table:
    columns = [
        Column("What"),
        Column("Account"),
        Column("Amount", "amount"),
        Column("Why"),
        Column("Owner"),
        Column("Days", "number"),
        Column("Until", "time"),
    ]
    table = Table("exceptions", "Open exceptions", columns, empty="Nothing waits for a person.")
    for row in asked.named(asked.ask(_OPEN, by_collector=False)):
        note = f" · note: {row['last_note']}" if row["last_note"] else ""
        number_of = row["document"] or row["receipt_id"]
        href = asked.waits(row, number_of) if number_of else ""
        table.add(
            text(row["exception_id"], href, note=short_of(row["rule"])),
            asked.account(row),
            amount(row["amount"], row["currency"]),
            text(because(row).replace(":", ": ") + note),
            text(row["owner"] or "nobody yet"),
            number(row["age_days"]),
            until(row),
        )
    return asked.cut(table)


def _exception_owners(asked: Asked, rows: list[Row]) -> Table:
    columns = [Column("Owner"), *(Column(name, "number") for name in ("Exceptions", "Proposals", "Overdue"))]
    table = Table("owners", "Open exceptions by owner", columns, empty="Nobody has any.")
    for row in rows:
        href = asked.link("/exceptions", owner=row["owner"]) if row["owner"] in asked.known.owners else ""
        table.add(
            text(row["owner"], href),
            number(row["exceptions"]),
            number(row["proposals"]),
            number(row["overdue"], tone="bad"),
        )
    return asked.cut(table, paged=False)


def _approvals(asked: Asked) -> Table:
    columns = [
        Column("Request"),
        Column("Account"),
        Column("Amount", "amount"),
        Column("Asked by"),
        Column("Who may"),
        Column("Until", "time"),
    ]
    table = Table("approvals", "Approvals that wait", columns, empty="Nothing waits for an approval.")
    for row in asked.named(asked.ask(_APPROVALS, by_collector=False)):
        table.add(
            text(row["approval_id"], note=row["note"] or because(row)),
            asked.account(row),
            amount(row["amount"], row["currency"]),
            text(row["maker"]),
            text(who_may(row)),
            until(row),
        )
    return asked.cut(table, paged=False)
