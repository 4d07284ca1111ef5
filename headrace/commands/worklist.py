"""headrace worklist: the open tasks of collectors, what counts most first, with why and what to do next."""

import json
import sys
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from headrace.amounts import grouped
from headrace.commands.common import say
from headrace.commands.views import Config, Directory, opened_views

_SQL: Final = """
SELECT tenant, entity, account_id, task_id, category, owner, score, next_action, deadline, step, currency, past_due,
       document, evidence, opened_time
FROM open_tasks WHERE {owner:String} IN ('', owner)
ORDER BY score DESC, opened_time, tenant, entity, account_id, task_id
"""


def worklist(
    directory: Directory = None,
    config: Config = None,
    owner: Annotated[str, typer.Option(help="Only this person's or team's.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each task.")] = False,
) -> None:
    """List open tasks by score. Amounts past due and parts of the score are as of when the task was last decided on."""
    with opened_views(directory, config) as views:
        answer = views.ask(_SQL, {"owner": owner})
    rows = [dict(zip(answer.names, row, strict=True)) for row in answer.rows]
    if as_json:
        json.dump(rows, sys.stdout, ensure_ascii=False)
        print()
        return
    if not rows:
        say("no task is open, of all that is published" + (f", for {owner}" if owner else ""))
        return
    _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table()
    for name in ("score", "account", "task", "owner", "do", "past due", "until (UTC)", "why"):
        table.add_column(name, no_wrap=name in ("score", "past due", "until (UTC)"))
    for row in rows:
        until = row["deadline"][:16]
        table.add_row(
            str(row["score"]),
            f"{row['tenant']}/{row['entity']}/{row['account_id']}",
            row["task_id"],
            row["owner"],
            row["next_action"].replace("_", " "),
            f"{grouped(row['past_due'], row['currency'])} {row['currency']}" if row["currency"] else "",
            "" if until.startswith("1970-01-01") else until,
            ", ".join(row["evidence"]),
        )
    Console(markup=False, highlight=False).print(table)
