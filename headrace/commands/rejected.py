"""headrace rejected: facts that came in whole and had no effect, with the reason."""

from typing import Annotated, Final

import typer

from headrace.commands.common import print_json, say
from headrace.commands.tables import show
from headrace.commands.views import Config, Directory, asked, place_of
from headrace.words import because

_SQL: Final = """
SELECT recorded_time, shard, sequence, fact_offset, tenant, entity, account_id, cause_kind, cause_id, event_time, rule,
       document, receipt_id, reference_id, currency, amount, reasons
FROM decisions WHERE kind = 'fact_rejected' ORDER BY recorded_time, shard, sequence
"""


def rejected(
    directory: Directory = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each rejection.")] = False,
) -> None:
    """List the facts that the rules rejected (docs/intake.md says the reasons): they had no effect.

    One line for each: id (for headrace why), time recorded (UTC), account, kind and event id of the fact, what it is about, reason.
    """
    rows = asked(directory, config, _SQL)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        account = place_of(row) if row["account_id"] else "whole shard"
        time = f"{row['recorded_time'][:19].replace(' ', 'T')}Z"
        about = ", ".join(filter(None, (row["document"], row["receipt_id"], row["reference_id"])))
        said = f"{row['cause_kind']} {row['cause_id']}{f' ({about})' if about else ''}  {because(row)}"
        show([f"{row['shard']}-{row['sequence']}  {time}  {account}  {said}"])
    if not rows:
        say("no fact was rejected, of all that is published")
