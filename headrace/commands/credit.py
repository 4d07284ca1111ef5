"""headrace credit: what accounts may owe and do owe, and who is on credit hold, for what and since when."""

import shlex
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import typer

from headrace.amounts import grouped
from headrace.commands.common import FOUND_WANTING, print_json, say, where_again
from headrace.commands.limits import LIMITS, days_of, in_force
from headrace.commands.tables import Column, Listing, show
from headrace.commands.views import Config, Directory, asked, money_of, place_of

# Of an account that has a limit and was not judged yet the view names no currency.
_ACCOUNTS: Final = """
SELECT tenant, entity, account_id, currency, credit_limit, exposure, open_items, unbilled, drafts, orders, members,
       unapplied, held, held_for, held_since, holds, stated_time, last_sequence
FROM credit WHERE {account:String} IN ('', account_id)
ORDER BY held DESC, held_since, tenant, entity, account_id
"""
_PROPOSED: Final = """
SELECT tenant, entity, account_id, limit_id, proposal_id, currency, amount, taken_away, maker, valid_from, valid_until,
       note, event_time
FROM credit_changes WHERE status = 'proposed' AND {account:String} IN ('', account_id)
    AND (tenant, entity, account_id, proposal_id) IN (
        SELECT tenant, entity, account_id, approval_id FROM open_approvals WHERE category = 'credit')
ORDER BY tenant, entity, account_id, event_time
"""
_TODAY: Final = "SELECT max(recorded_time) AS day FROM decisions"
_PARTS: Final = (
    ("open_items", "open items"),
    ("unbilled", "delivered and not billed"),
    ("drafts", "held drafts"),
    ("orders", "open orders"),
    ("members", "stated by the accounts of the group"),
    ("unapplied", "less unapplied cash"),
)

Row = dict[str, Any]


def credit(
    account: Annotated[str, typer.Argument(help="Only this account.", show_default="all")] = "",
    directory: Directory = None,
    config: Config = None,
    held: Annotated[bool, typer.Option("--held", help="Only accounts on credit hold.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each account.")] = False,
) -> None:
    """Show credit limits with their days, exposure and its parts, and holds: for what, and since when.

    An exposure is as of when the account's credit was last decided on; `headrace why --account ACCOUNT` computes it anew.
    """
    values = {"account": account}
    rows = asked(directory, config, _ACCOUNTS, values)
    limits = _by_place(asked(directory, config, LIMITS, values))
    proposed = _by_place(asked(directory, config, _PROPOSED, values))
    (last,) = asked(directory, config, _TODAY)
    today = date.fromisoformat(last["day"][:10]) if rows else datetime.now(UTC).date()
    for row in rows:
        row["limits"] = limits.get(place_of(row), [])
        row["proposed"] = proposed.get(place_of(row), [])
        now = in_force(row["limits"], today)
        row["limit_id"] = "" if now is None else now["limit_id"]
        if not row["currency"] and now is not None:
            row["currency"], row["credit_limit"] = now["currency"], now["amount"]
    if held:
        rows = [row for row in rows if row["held"]]
    if as_json:
        print_json(rows)
    elif account and rows:
        for row in rows:
            show(_lines(row, where_again(directory, config)))
    elif rows:
        _print(rows)
    elif account:
        on_hold = " on credit hold" if held else ""
        say(
            f"{account}: no account of that number is{on_hold or ' judged by a credit limit'}, of all that is published"
        )
        raise typer.Exit(FOUND_WANTING)
    else:
        say(f"no account {'is on credit hold' if held else 'has a credit limit'}, of all that is published")


def _by_place(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(place_of(row), []).append(row)
    return found


def _stated(row: Row) -> bool:
    """Whether the account was ever held, released or warned of: only then its exposure is known here."""
    return not row["stated_time"].startswith("1970-01-01 00:00:00")


def _causes(row: Row) -> str:
    """Such as `above the limit, 46 days past due`: what the oldest item was when the hold began."""
    said = {"over_limit": "above the limit", "past_due": "{} days past due", "group": "group {}"}
    causes = [text.partition(":") for text in row["held_for"]]
    return ", ".join(said[name].format(detail) for name, _, detail in causes)


def _print(rows: Sequence[Row]) -> None:
    waits = any(row["proposed"] for row in rows)
    columns = [
        Column("account"),
        Column("in"),
        Column("limit", right=True),
        Column("exposure", right=True),
        Column("on hold for", wraps_at=12),
        Column("since"),
    ]
    if waits:
        columns.append(Column("waits for approval", wraps_at=10))
    listing = Listing(columns, title="Credit, holds first; exposure as of when it was decided on last")
    for row in rows:
        unit = row["currency"]
        cells = [
            place_of(row),
            unit,
            grouped(row["credit_limit"], unit) if row["limit_id"] or row["credit_limit"] else "none",
            grouped(row["exposure"], unit) if _stated(row) else "",
            _causes(row),
            (row["held_since"] or "")[:10],
        ]
        wanted = ", ".join("none" if x["taken_away"] else money_of(x, "amount") for x in row["proposed"])
        listing.add(*cells, *([wanted] if waits else []))
    listing.show()


def _lines(row: Row, where: str) -> list[str]:
    """All of one account, in words."""
    unit = row["currency"]
    lines = [place_of(row)]
    if row["held"]:
        lines.append(f"  on credit hold since {row['held_since'][:16]}, for: {_causes(row)}")
    else:
        lines.append(
            f"  not on credit hold; held {row['holds']} times before" if row["holds"] else "  not on credit hold"
        )
    if _stated(row):
        lines.append(
            f"  exposure {money_of(row, 'exposure')} at {row['stated_time'][:16]}, when it was decided on; of it"
        )
        for name, words in _PARTS:
            if row[name]:
                lines.append(f"    {grouped(abs(row[name]), unit)} {unit} {words}")
    else:
        lines.append("  exposure: it never came near the limit")
    for limit in row["limits"]:
        holds = ", holds now" if limit["limit_id"] == row["limit_id"] else ""
        by = f", set by {limit['maker']}" + (f", approved by {limit['approver']}" if limit["approver"] else "")
        lines.append(f"  limit {limit['limit_id']}: {money_of(limit, 'amount')}, {days_of(limit)}{holds}{by}")
    if not row["limit_id"]:
        lines.append(
            f"  limit: the policy's, {money_of(row, 'credit_limit')}" if row["credit_limit"] else "  limit: none"
        )
    for change in row["proposed"]:
        what = (
            "is to be taken away" if change["taken_away"] else f"to be {money_of(change, 'amount')}, {days_of(change)}"
        )
        lines.append(
            f"  limit {change['limit_id']} {what}: waits for an approval; {change['maker']} asks, {change['note']}"
        )
        lines.append(f"  headrace approve {where} {change['proposal_id']} --by YOU")
    lines.append("What it is now, and what it holds back:")
    lines.append(f"  headrace why {where} --account {shlex.quote(row['account_id'])}")
    return lines
