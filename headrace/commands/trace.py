"""headrace trace: from the facts about a document, receipt or order to what was done outside, with when and how long."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Final

import typer

from dataflows.effects_position import effects_file
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, installation, print_json, say
from headrace.commands.tables import show
from headrace.commands.views import Config, Directory, opened_views
from headrace.settings import Settings
from headrace.why.facts import moment
from headrace.why.history import of_accounts
from headrace.why.otlp import otlp
from headrace.why.trace import Asked, Step, trace_of
from sinks.base import SinkStopped
from sinks.effects.base import SINKS
from sinks.effects.store import EffectStore

# Effects of one account that are looked through, of each sink: the last ones.
MOST_EFFECTS: Final = 100_000
_ACCOUNTS: Final = """
SELECT DISTINCT shard, concat(tenant, '/', entity, '/', account_id) AS account FROM decisions
WHERE account_id != '' AND {account:String} IN ('', account_id, account)
  AND (document = {number:String} OR receipt_id = {number:String} OR reference_id = {number:String}
       OR counterparty = {number:String} OR has(evidence, concat('shipment:', {number:String})))
ORDER BY account
"""


def trace(
    number: Annotated[
        str, typer.Argument(help="A document, order, shipment, receipt, dispute or promise.", show_default=False)
    ],
    directory: Directory = None,
    config: Config = None,
    account: Annotated[str, typer.Option(help="The account, or TENANT/ENTITY/ACCOUNT, where several have it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="An object with every step.")] = False,
    as_otlp: Annotated[
        bool, typer.Option("--otlp", help="As OpenTelemetry's OTLP in JSON, for a collector, Jaeger or Tempo.")
    ] = False,
) -> None:
    """Follow what has that number from its source documents to what was done outside: when each fact happened and was known,
    what was decided, what was sent, each attempt, and how long that took. Exit 1 where there is nothing of that number.

    Reads the logs and the sinks' files, while flows run or not, and changes nothing.
    """
    if as_json and as_otlp:
        say("say --json or --otlp, not both")
        raise typer.Exit(WRONG_USAGE)
    with opened_views(directory, config) as views:
        rows = views.ask(_ACCOUNTS, {"number": number, "account": account}).rows
    if len(rows) > 1:
        say(f"several accounts have {number}; say --account with one of: {', '.join(row[1] for row in rows)}")
        raise typer.Exit(FOUND_WANTING)
    if not rows:
        of = f" of {account}" if account else ""
        say(
            f"{number}: nothing was decided about anything{of} of that number, of all that is published; headrace live find knows other spellings"
        )
        raise typer.Exit(FOUND_WANTING)
    [(shard, key)] = rows
    with installation(directory, config) as (settings, log):
        history = of_accounts(log, shard, {key.encode()})[key]
        try:
            steps = trace_of(history, number, _asked(settings, key))
        except SinkStopped as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
    if as_otlp:
        print_json(otlp(key, number, steps))
    elif as_json:
        print_json({"account": key, "number": number, "steps": [asdict(step) for step in steps]})
    else:
        show([f"{number}, account {key}", *lines_of(steps)])


def _asked(settings: Settings, account: str) -> Iterator[Asked]:
    """Effects of the account that sinks on this machine have in their files."""
    for sink in SINKS:
        path = effects_file(settings.dir, sink)
        if not path.exists():
            continue
        with EffectStore.reading(path) as store:
            rows = store.rows(account=account, most=MOST_EFFECTS)
            if len(rows) == MOST_EFFECTS:
                say(f"{sink}: only the last {MOST_EFFECTS:,} effects of {account} are looked through")
            for row in reversed(rows):
                sequences = [d.sequence for d, _ in store.members(row.number)]
                yield Asked(sink, row, sequences, store.attempts(row.number))


def lines_of(steps: Sequence[Step]) -> list[str]:
    """Facts with their time, and below each what came of it."""
    out = []
    for step in steps:
        took = lasted(step.ended_ms - step.begun_ms)
        about = ", ".join(f"{name} {value}" for name, value in step.said.items())
        if step.kind == "fact":
            out.append(f"{moment(step.begun_ms)}  {step.words}{', rejected' if step.state else ''}")
            out.append(f"    {step.id}: {about}; in the log {took} later")
        elif step.kind == "decision":
            at = "" if step.parent else f"  {moment(step.begun_ms)}"
            out.append(f"  {step.id}{at}  {step.words}")
        elif step.kind == "effect":
            when = f"{step.state} {took} after it was asked for" if step.ended_ms else step.state
            out.append(f"      {step.words}: {when} ({about})")
        else:
            end = f"{step.state} after {took}" if step.ended_ms else step.state
            out.append(f"        {step.words} at {moment(step.begun_ms)}: {end}{f' ({about})' if about else ''}")
    return out


def lasted(ms: int) -> str:
    """As people say it: 0.4 s, 12 min, 5 h, 3 days."""
    for unit, length in ((" days", 86_400_000), (" h", 3_600_000), (" min", 60_000)):
        if ms >= 2 * length:
            return f"{ms // length:,}{unit}"
    return f"{ms / 1000:.1f} s"
