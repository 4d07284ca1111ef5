"""headrace timeline: everything that was concluded about an account, in plain words."""

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from headrace.commands.common import FOUND_WANTING, say
from headrace.commands.views import Config, Directory, opened_views
from headrace.words import in_words

# A shard's sequence is the order in which it happened to the account; recorded times follow it.
_SQL = """
SELECT tenant, entity, shard, sequence, event_time, recorded_time, kind, rule, cause_kind, cause_id, currency, amount,
       document, item_kind, receipt_id, reference_id, counterparty, posting_date, due_date, level, reasons, candidates,
       text, item_amount, item_open, open_debit, open_credit, unapplied, on_account, evidence, owner, category,
       other_currency, other_amount, tax
FROM decisions WHERE account_id = {account:String} ORDER BY tenant, entity, sequence
"""


def timeline(
    account: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each decision.")] = False,
) -> None:
    """Show every decision of an account, in the order it became known. Exit 1 where there is none.

    The time shown is when it happened, so that what was learned late stands below what happened after it.
    """
    with opened_views(directory, config) as views:
        answer = views.ask(_SQL, {"account": account})
    rows = [dict(zip(answer.names, row, strict=True)) for row in answer.rows]
    if not rows:
        say(f"{account}: no decisions; is it the account's number, and has publish run?")
        raise typer.Exit(FOUND_WANTING)
    if as_json:
        json.dump([{"words": in_words(row), **row} for row in rows], sys.stdout, ensure_ascii=False)
        print()
        return
    _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    console = Console(markup=False, highlight=False)
    for company in sorted({(row["tenant"], row["entity"]) for row in rows}):
        own = [row for row in rows if (row["tenant"], row["entity"]) == company]
        table = Table(title=f"{company[0]}/{company[1]}, in the order it became known", title_justify="left")
        table.add_column("happened (UTC)", no_wrap=True)
        table.add_column("what")
        for row in own:
            table.add_row(row["event_time"][:16], in_words(row))
        console.print(table)
