"""headrace worklist: the open tasks of collectors, what counts most first, with why and what to do next."""

from typing import Annotated, Any, Final

import typer

from headrace.commands.common import print_json
from headrace.commands.tables import Column, Listing
from headrace.commands.views import Config, Directory, asked, money_of, place_of, say_nothing_of, until_of

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
    rows = asked(directory, config, _SQL, {"owner": owner})
    if as_json:
        print_json(rows)
        return
    if not rows:
        say_nothing_of(owner, directory, config, "no task is open", "open_tasks")
        return
    _print(rows)


def _print(rows: list[dict[str, Any]]) -> None:
    columns = (
        Column("score", right=True),
        Column("account"),
        Column("task"),
        Column("owner", wraps_at=12),
        Column("do", wraps_at=12),
        Column("past due", right=True),
        Column("until (UTC)"),
        Column("why", wraps_at=30),
    )
    listing = Listing(columns)
    for row in rows:
        listing.add(
            str(row["score"]),
            place_of(row),
            row["task_id"],
            row["owner"],
            row["next_action"].replace("_", " "),
            money_of(row, "past_due"),
            until_of(row),
            ", ".join(row["evidence"]),
        )
    listing.show()
