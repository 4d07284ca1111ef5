"""headrace statement: an account's last statement in each currency, with every movement in it."""

from typing import Annotated, Any, Final

import typer
from rich.table import Table

from headrace.amounts import grouped, plain
from headrace.commands.common import FOUND_WANTING, print_json, say
from headrace.commands.tables import plain_console
from headrace.commands.views import Config, Directory, opened_views
from headrace.words import in_words

_STATEMENTS: Final = """
SELECT tenant, entity, currency, max(sequence) AS last, argMax(amount, sequence) AS closing,
       argMax(item_amount, sequence) AS opening, argMax(posting_date, sequence) AS day,
       arrayElement(arrayReverseSort(groupArray(sequence)), 2) AS before
FROM (SELECT * FROM decisions WHERE account_id = {account:String} AND kind = 'statement')
GROUP BY tenant, entity, currency ORDER BY tenant, entity, currency
"""
# Sequences begin with 0: before the first statement there is everything.
_MOVEMENTS: Final = """
SELECT tenant, entity, shard, sequence, event_time, posted_on, kind, rule, cause_kind, cause_id, currency, amount,
       document, item_kind, receipt_id, reference_id, counterparty, posting_date, due_date, level, reasons, candidates,
       text, item_amount, item_open, evidence, owner,
       open_debit_change - open_credit_change - unapplied_change AS change
FROM decisions
WHERE account_id = {account:String} AND tenant = {tenant:String} AND entity = {entity:String}
  AND currency = {currency:String} AND sequence < {until:Int64} AND ({since:Int64} = 0 OR sequence > {since:Int64})
  AND change != 0
ORDER BY sequence
"""


def statement(
    account: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each currency.")] = False,
) -> None:
    """Show the account's last statements: opening, movements, closing. Exit 1 where there is none, or where they do not
    add up."""
    found: list[dict[str, Any]] = []
    with opened_views(directory, config) as views:
        answer = views.ask(_STATEMENTS, {"account": account})
        for row in answer.rows:
            said = dict(zip(answer.names, row, strict=True))
            where = {
                "account": account,
                "tenant": said["tenant"],
                "entity": said["entity"],
                "currency": said["currency"],
                "until": int(said["last"]),
                "since": int(said["before"]),
            }
            moved = views.ask(_MOVEMENTS, where)
            said["movements"] = [dict(zip(moved.names, line, strict=True)) for line in moved.rows]
            found.append(said)
    if not found:
        say(f"{account}: no statement was made; headrace operate asks for one")
        raise typer.Exit(FOUND_WANTING)
    if as_json:
        print_json([_said(one) for one in found])
    else:
        for one in found:
            _print(one)
    for one in found:
        rest = int(one["closing"]) - int(one["opening"]) - sum(int(line["change"]) for line in one["movements"])
        if rest:
            amount = f"{grouped(rest, one['currency'])} {one['currency']}"
            say(f"{account}: {amount} are in no movement; headrace verify finds why")
            raise typer.Exit(FOUND_WANTING)


def _said(one: dict[str, Any]) -> dict[str, Any]:
    currency = one["currency"]
    return {
        "tenant": one["tenant"],
        "entity": one["entity"],
        "currency": currency,
        "day": one["day"],
        "opening": plain(int(one["opening"]), currency),
        "movements": [
            {"day": line["posted_on"], "words": in_words(line), "amount": plain(int(line["change"]), currency)}
            for line in one["movements"]
        ],
        "closing": plain(int(one["closing"]), currency),
    }


def _print(one: dict[str, Any]) -> None:
    currency = one["currency"]
    table = Table(title=f"{one['tenant']}/{one['entity']}, {one['day']}, {currency}", title_justify="left")
    table.add_column("posted", no_wrap=True)
    table.add_column("what")
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_row("", "opening", grouped(int(one["opening"]), currency))
    for line in one["movements"]:
        table.add_row(line["posted_on"], in_words(line), grouped(int(line["change"]), currency))
    table.add_row("", "closing", grouped(int(one["closing"]), currency))
    plain_console().print(table)
