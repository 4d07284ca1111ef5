"""headrace exceptions, approvals: what waits for people; approve, reject, assign, note ...: what they say of it, as facts."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from connectors.files.values import EPOCH
from dataflows.rules.provisions.approvals import same_person
from headrace.commands.common import (
    FOUND_WANTING,
    WRONG_USAGE,
    failures_told,
    installation,
    load_existing,
    print_json,
    say,
    where_again,
)
from headrace.commands.ordering import Place, order, said_at
from headrace.commands.tables import Column, Listing, show
from headrace.commands.views import Config, Directory, asked, money_of, place_of, say_nothing_of, until_of
from headrace.overdue import TASK_AT_END
from headrace.resolutions import Document, what_can_be_done, who_may
from headrace.words import because

_EXCEPTIONS: Final = f"""
SELECT tenant, entity, account_id, exception_id, what, rule, currency, amount, document, receipt_id, counterparty,
       reasons, candidates, text, owner, raised_time, deadline, step, notes, last_note,
       what = 'task' AND (tenant, entity, account_id, exception_id) IN (
           SELECT tenant, entity, account_id, task_id FROM open_tasks WHERE {TASK_AT_END}) AS at_end
FROM open_exceptions WHERE {{owner:String}} IN ('', owner)
ORDER BY at_end DESC, toUnixTimestamp64Milli(deadline) = 0, deadline, raised_time, tenant, entity, account_id, exception_id, rule
"""
_OPEN: Final = """
SELECT tenant, entity, account_id, document, currency, open FROM open_items WHERE document IN {named:Array(String)}
"""
_APPROVALS: Final = """
SELECT tenant, entity, account_id, approval_id, category, currency, amount, document, receipt_id, target_account, maker,
       note, reasons, asked, delegate, requested_time, deadline
FROM open_approvals
ORDER BY toUnixTimestamp64Milli(deadline) = 0, deadline, requested_time, tenant, entity, account_id, approval_id
"""
_NAMED: Final = """
SELECT tenant, entity, account_id, maker FROM (
    SELECT tenant, entity, account_id, approval_id AS name, maker FROM open_approvals
    UNION ALL SELECT tenant, entity, account_id, exception_id AS name, '' AS maker FROM open_exceptions
    UNION ALL SELECT tenant, entity, account_id, dispute_id AS name, '' AS maker FROM disputes WHERE status != 'closed'
) WHERE name = {name:String} GROUP BY tenant, entity, account_id, maker ORDER BY tenant, entity, account_id
"""

# Of what was said with money, and of documents that it could be for, so much is shown.
MOST_TEXT: Final = 80
MOST_CANDIDATES: Final = 3

Name = Annotated[str, typer.Argument(help="As `headrace approvals` and `headrace exceptions` name it.")]
By = Annotated[str, typer.Option("--by", "--actor", help="Who says so.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the fact.")]
Where = Annotated[str, typer.Option(help="TENANT/ENTITY/ACCOUNT, where several have that name, or none yet.")]
AsJson = Annotated[bool, typer.Option("--json", help="A list with one object for each.")]


def exceptions(
    name: Annotated[
        str,
        typer.Argument(help="Only this one, with all that is known of it and what can be done.", show_default="all"),
    ] = "",
    directory: Directory = None,
    config: Config = None,
    owner: Annotated[str, typer.Option(help="Only this person's or team's.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what took longer than its time.")] = False,
    as_json: AsJson = False,
) -> None:
    """List what a person has to look at: exceptions, proposed cash, tasks; the first deadline first.

    Ages and what is overdue are by the log's time: in a log that was only replayed the end of its last day. With an ID: all
    that is known of that one, and the commands that resolve it.
    """
    rows = asked(directory, config, _EXCEPTIONS, {"owner": owner})
    now = _log_time(directory, config) if rows else datetime.now(UTC)
    where = where_again(directory, config)
    for row in rows:
        row["overdue"] = bool(row.pop("at_end")) or _is_overdue(row, now)
        row["age_days"] = (now.date() - _time(row["raised_time"]).date()).days
        row["reason"] = because(row)
    rows = [row for row in rows if (row["overdue"] or not overdue) and name in ("", row["exception_id"])]
    open_of = _open_of(rows, directory, config) if name or as_json else {}
    for row in rows:
        row["can_be_done"] = what_can_be_done(row, where, open_of)
    if as_json:
        print_json(rows)
    elif not rows:
        what = f"nothing open is called {name}" if name else "nothing waits for a person"
        say_nothing_of(owner, directory, config, what, "open_exceptions")
        if name:
            raise typer.Exit(FOUND_WANTING)
    elif name:
        _print_exceptions(rows)
    else:
        show([line for row in rows for line in _short(row)])
        say(
            f"{len(rows)} wait, {sum(row['overdue'] for row in rows)} overdue at {now:%Y-%m-%d %H:%M}, the log's time (UTC); "
            f"what can be done about one: headrace exceptions {where} ID"
        )


def _open_of(rows: list[dict[str, Any]], directory: Path | None, config: Path | None) -> dict[Document, int]:
    """What is open of the documents that proposed cash could be for."""
    named = sorted({document for row in rows if row["what"] == "proposal" for document in row["candidates"]})
    found = asked(directory, config, _OPEN, {"named": named}) if named else []
    return {
        (row["tenant"], row["entity"], row["account_id"], row["document"], row["currency"]): row["open"]
        for row in found
    }


def _log_time(directory: Path | None, config: Path | None) -> datetime:
    """At which what is said now is said: the machine's time, or the log's where that was only replayed."""
    with installation(directory, config) as (_, log):
        return EPOCH + timedelta(milliseconds=said_at(log, time.time_ns() // 1_000_000))


def _short(row: dict[str, Any]) -> list[str]:
    """One of the queue in two lines: what, whose, until when; and why, how much, with whom."""
    deadline = _until(row)
    money = f", {money_of(row, 'amount')}" if row["currency"] else ""
    step = f" (step {row['step']})" if row["step"] else ""
    return [
        f"{row['exception_id']}  {place_of(row)}  {f'until {deadline}' if deadline else 'any time'}",
        f"    {_why(row)}{money}; {row['owner'] + step if row['owner'] else 'nobody has it'}, for {row['age_days']} days",
    ]


def _why(row: dict[str, Any]) -> str:
    """The rule and its reasons; of money what was said with it and which documents it could be for; the last note."""
    said = f"{row['rule']}: {row['reason']}"
    if row["rule"] in ("cash.unidentified", "cash.proposed"):
        text = row["text"] if len(row["text"]) <= MOST_TEXT else f"{row['text'][:MOST_TEXT]}..."
        said += f", {text!r}" if text else ""
        said += f", could be {', '.join(row['candidates'][:MOST_CANDIDATES])}" if row["candidates"] else ""
    return f"{said}; note: {row['last_note']}" if row["last_note"] else said


def approvals(directory: Directory = None, config: Config = None, as_json: AsJson = False) -> None:
    """List what waits for the approval of another person than its maker."""
    rows = asked(directory, config, _APPROVALS, {})
    where = where_again(directory, config)
    for row in rows:
        row["reason"] = because(row)
        ids = [each["approval_id"] for each in rows]
        which = f" --account {place_of(row)}" if ids.count(row["approval_id"]) > 1 else ""
        row["can_be_done"] = [
            f"headrace {verdict} {where} {row['approval_id']}{which} --by YOU{reason}"
            for verdict, reason in (("approve", ""), ("reject", " --reason WHY"))
        ]
    if as_json:
        print_json(rows)
    elif not rows:
        say("nothing waits for an approval, of all that is published")
    else:
        _print_approvals(rows)


def approve(
    name: Name, by: By, directory: Directory = None, config: Config = None, reason: Reason = "", account: Where = ""
) -> None:
    """Agree to a request of another person; what was asked for follows."""
    _say(directory, config, "approve", name, by, reason, account)


def reject(
    name: Name, by: By, reason: Reason, directory: Directory = None, config: Config = None, account: Where = ""
) -> None:
    """Refuse a request, and say why."""
    _say(directory, config, "reject", name, by, reason, account)


def withdraw(
    name: Name, by: By, directory: Directory = None, config: Config = None, reason: Reason = "", account: Where = ""
) -> None:
    """Take an own request back."""
    _say(directory, config, "withdraw", name, by, reason, account)


def delegate(
    name: Name,
    to: Annotated[str, typer.Option(help="Who may approve it instead.")],
    by: By,
    directory: Directory = None,
    config: Config = None,
    reason: Reason = "",
    account: Where = "",
) -> None:
    """Let somebody else approve one request."""
    _say(directory, config, "delegate", name, by, reason, account, owner=to)


def assign(
    name: Name,
    to: Annotated[str, typer.Option(help="Who has it from now on.")],
    by: By,
    directory: Directory = None,
    config: Config = None,
    reason: Reason = "",
    account: Where = "",
) -> None:
    """Give an exception, a task or a dispute to somebody."""
    _say(directory, config, "assign", name, by, reason, account, owner=to)


def note(
    name: Name,
    text: Annotated[str, typer.Argument(help="What is to be known about it.")],
    by: By,
    directory: Directory = None,
    config: Config = None,
    account: Where = "",
) -> None:
    """Write something about a request, exception, task or dispute; it is kept with it."""
    _say(directory, config, "note", name, by, text, account)


def close(
    name: Name, by: By, reason: Reason, directory: Directory = None, config: Config = None, account: Where = ""
) -> None:
    """Say that an exception is resolved which nothing else closes."""
    _say(directory, config, "close_exception", name, by, reason, account)


def _say(
    directory: Path | None,
    config: Path | None,
    action: str,
    name: str,
    by: str,
    reason: str,
    account: str,
    owner: str = "",
) -> None:
    """Find whose it is, refuse what can never be, and send the fact."""
    if not by.strip():
        say("--by: is empty; name the person who says so")
        raise typer.Exit(WRONG_USAGE)
    known = _known(directory, config, name)
    chosen = [row for row in known or [] if account in ("", place_of(row))]
    doubts: list[str] = []
    if len(chosen) > 1:
        places = ", ".join(place_of(row) for row in chosen)
        say(f"{name}: there are several: {places}; say which one with --account")
        raise typer.Exit(WRONG_USAGE)
    if chosen:
        row = chosen[0]
        place = Place(row["tenant"], row["entity"], row["account_id"])
        if action == "approve" and same_person(by, row["maker"]):
            say(f"{name}: {by.strip()} asked for it, and never approves it; another person has to")
            raise typer.Exit(WRONG_USAGE)
    else:
        parts = account.split("/", 2)
        unknown = "nothing was published here yet" if known is None else f"nothing open is called {name}"
        if len(parts) != 3 or not all(parts):
            say(f"{unknown}; to send it anyway say whose it is with --account TENANT/ENTITY/ACCOUNT")
            raise typer.Exit(WRONG_USAGE)
        place = Place(parts[0], parts[1], parts[2])
        doubts.append(f"{unknown}, of all that is published; it is sent anyway")
    order((directory, config), action, place, reason, by, doubts, reference_id=name, owner=owner)


def _known(directory: Path | None, config: Path | None, name: str) -> list[dict[str, Any]] | None:
    """What is open under that name; None where nothing was published yet."""
    with failures_told():
        settings = load_existing(directory, config)
    if not settings.clickhouse and not (settings.dir / "clickhouse").is_dir():
        return None
    return asked(directory, config, _NAMED, {"name": name})


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _until(row: dict[str, Any]) -> str:
    return " ".join([each for each in (until_of(row), "overdue" if row["overdue"] else "") if each])


def _is_overdue(row: dict[str, Any], now: datetime) -> bool:
    return bool(until_of(row)) and _time(row["deadline"]) < now


def _print_exceptions(rows: list[dict[str, Any]]) -> None:
    columns = (
        Column("id"),
        Column("account"),
        Column("why", wraps_at=30),
        Column("amount"),
        Column("owner", wraps_at=12),
        Column("days", right=True),
        Column("until (UTC)"),
        Column("what can be done"),
    )
    listing = Listing(columns, lines=True)
    for row in rows:
        listing.add(
            row["exception_id"],
            place_of(row),
            _why(row),
            money_of(row, "amount"),
            row["owner"] + (f" (step {row['step']})" if row["step"] else ""),
            str(row["age_days"]),
            _until(row),
            "\n".join(row["can_be_done"]),
        )
    listing.show()


def _what(row: dict[str, Any]) -> str:
    """What is to be approved; a letter about several items names them in its note."""
    about = row["document"] or row["receipt_id"]
    category = row["category"].replace("_", " ")
    if about or row["category"] == "reminder":
        return f"{category} of {about or 'several items'}"
    return f"{category} limit"


def _print_approvals(rows: list[dict[str, Any]]) -> None:
    columns = (
        Column("id"),
        Column("account"),
        Column("what", wraps_at=20),
        Column("amount"),
        Column("asked by", wraps_at=12),
        Column("why", wraps_at=20),
        Column("who may", wraps_at=12),
        Column("until (UTC)"),
        Column("what can be done"),
    )
    listing = Listing(columns, lines=True)
    for row in rows:
        listing.add(
            row["approval_id"],
            place_of(row),
            _what(row),
            money_of(row, "amount"),
            row["maker"],
            row["note"] or row["reason"],
            who_may(row),
            until_of(row),
            "\n".join(row["can_be_done"]),
        )
    listing.show()
