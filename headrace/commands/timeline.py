"""headrace timeline: everything that was concluded about an account, in plain words."""

from typing import Annotated, Any, Final

import typer
from rich.table import Table

from headrace.commands.common import FOUND_WANTING, print_json, say
from headrace.commands.tables import plain_console
from headrace.commands.views import Config, Directory, asked
from headrace.why.evidence import reason_in_words
from headrace.why.explain import id_of
from headrace.why.rules import closed_since, short_of
from headrace.words import in_words

# A shard's sequence is the order in which it happened to the account; recorded times follow it.
_SQL = """
SELECT tenant, entity, shard, sequence, event_time, recorded_time, kind, rule, cause_kind, cause_id, currency, amount,
       document, item_kind, receipt_id, reference_id, counterparty, posting_date, due_date, level, reasons, candidates,
       text, item_amount, item_open, open_debit, open_credit, unapplied, on_account, evidence, owner, category,
       other_currency, other_amount, tax, channel
FROM decisions
WHERE account_id = {account:String} OR (tenant = {tenant:String} AND entity = {entity:String} AND account_id = {number:String})
ORDER BY tenant, entity, sequence
"""
# Of one decision; `headrace why` has all of them.
MOST_REASONS: Final = 3
# Their reasons say what the item is, not why it is there; or why the hold was set that ends.
_RAISING: Final = ("item_posted", "invoice_released", "interest_charged", "credit_hold_released")


def timeline(
    account: Annotated[str, typer.Argument(help="The account, or TENANT/ENTITY/ACCOUNT.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each decision.")] = False,
) -> None:
    """Show every decision of an account, in the order it became known. Exit 1 where there is none.

    The time shown is when it happened, so that what was learned late stands below what happened after it. Each line has
    its decision's id: `headrace why ID` explains it.
    """
    tenant, entity, number = account.split("/", 2) if account.count("/") > 1 else ("", "", "")
    values = {"account": account, "tenant": tenant, "entity": entity, "number": number}
    rows = asked(directory, config, _SQL, values)
    for row in rows:
        row["id"] = id_of(row["shard"], row["sequence"])
        row["because"] = _because(row)
    if not rows:
        say(f"{account}: no decisions; is it the account's number, and has publish run?")
        raise typer.Exit(FOUND_WANTING)
    if as_json:
        print_json([{"words": in_words(row), **row} for row in rows])
        return
    _print(rows)


def _because(row: dict[str, Any]) -> str:
    """The reasons of a decision that has some of its own; else its rule, in a few words."""
    if row["kind"] in _RAISING or not row["reasons"]:
        return closed_since(row["rule"]) if row["kind"] == "exception_closed" else short_of(row["rule"])
    more = f" and {len(row['reasons']) - MOST_REASONS} more" if len(row["reasons"]) > MOST_REASONS else ""
    return ", ".join(reason_in_words(text, row["currency"]) for text in row["reasons"][:MOST_REASONS]) + more


def _line(words: str, because: str) -> str:
    """The reasons of some are in their words already."""
    return words if because in words else f"{words}, because {because}"


def _print(rows: list[dict[str, Any]]) -> None:
    console = plain_console()
    # What is of no company holds in every shard, and is said once, behind the account.
    for company in sorted({(row["tenant"], row["entity"]) for row in rows}, key=lambda one: (not any(one), one)):
        own = [row for row in rows if (row["tenant"], row["entity"]) == company]
        if not any(company):
            own = list({(row["event_time"], in_words(row)): row for row in reversed(own)}.values())[::-1]
        name = "/".join(company) if any(company) else "for every account"
        table = Table(title=f"{name}, in the order it became known", title_justify="left")
        table.add_column("id", no_wrap=True)
        table.add_column("happened (UTC)", no_wrap=True)
        table.add_column("what, and because")
        for row in own:
            table.add_row(row["id"], row["event_time"][:16], _line(in_words(row), row["because"]))
        console.print(table)
