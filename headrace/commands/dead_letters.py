"""headrace dead-letters: what was refused, why, submitting it again, and dismissing it."""

import getpass
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from connectors import dead_letters
from connectors.dead_letters import DeadLetter, Dismissed, Replayed
from connectors.intake.clockwork import utc_text
from connectors.intake.resubmit import Outcome, Resubmission, chosen
from connectors.log.base import Log
from connectors.steady import SteadyWriter
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, installation, say, where_again
from headrace.commands.located import located, where
from headrace.logs import writer_schemas
from schemas.topics import DEAD_LETTERS

AWAY_SECONDS = 30.0
# Of a letter's bytes, what `show` prints.
SHOWN_BYTES = 4096

app = typer.Typer(
    help="What could not be read or placed: list it, show it, submit it again, dismiss it.", no_args_is_help=True
)

Settled = Replayed | Dismissed
Numbers = Annotated[list[int] | None, typer.Argument(help="Numbers of letters; without any, all open ones.")]
Where = tuple[Path | None, Path | None]


app.callback()(where)


@app.command("list")
@located
def list_letters(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Also those that were replayed or dismissed.")] = False,
) -> None:
    """One line for each open letter: number, time (UTC), reason, origin, bytes, detail."""
    hidden = 0
    with installation(*_where(context)) as (_, log):
        done = dead_letters.settled(log)
        for number, letter in chosen(log, ()):
            if number in done and not every:
                hidden += 1
                continue
            state = f"  {_state(done[number])}" if number in done else ""
            detail = letter.detail if len(letter.detail) <= 120 else letter.detail[:117] + "..."
            print(
                f"{number}  {utc_text(letter.time_ms)}  {letter.reason}  {letter.origin}  {letter.size:,} B{state}  {detail}"
            )
    if hidden:
        say(f"{hidden:,} more were replayed or dismissed: --all lists them too")
    say(
        "Facts that could be read and placed, and were rejected by the rules, are no dead letters: "
        f"headrace rejected {where_again(*_where(context))}"
    )


def _state(done: Settled) -> str:
    if isinstance(done, Replayed):
        return f"replayed {utc_text(done.time_ms)}"
    return f"dismissed {utc_text(done.time_ms)} by {done.actor}: {done.reason}"


@app.command()
@located
def show(context: typer.Context, number: Annotated[int, typer.Argument(help="The letter's number.")]) -> None:
    """All that is known of one letter, with its bytes as text, or as hex where they are none."""
    with installation(*_where(context)) as (_, log):
        letter = next((letter for _, letter in chosen(log, [number])), None)
        if letter is None:
            say(f"there is no dead letter {number}; headrace dead-letters list shows what there is")
            raise typer.Exit(FOUND_WANTING)
        done = dead_letters.settled(log).get(number)
        print(f"number:   {number}")
        print(f"time:     {utc_text(letter.time_ms)}")
        print(f"reason:   {letter.reason}")
        print(f"detail:   {letter.detail}")
        print(f"origin:   {letter.origin}")
        print(f"state:    {_state(done) if done is not None else 'open'}")
        print(f"bytes:    {letter.size:,}{', cut' if letter.cut or letter.size > SHOWN_BYTES else ''}")
        print(_bytes_text(letter))


def _bytes_text(letter: DeadLetter) -> str:
    raw = letter.raw[:SHOWN_BYTES]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw.hex(" ")
    return text.rstrip("\r\n") if all(c.isprintable() or c in "\r\n\t" for c in text) else raw.hex(" ")


@app.command()
@located
def replay(
    context: typer.Context,
    numbers: Numbers = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", help="Mapping for rows of files, in place of the one they were refused by.")
    ] = None,
    again: Annotated[bool, typer.Option(help="Also those that were replayed or dismissed before.")] = False,
) -> None:
    """Submit letters again to where they came from, through the same checks. Exit 1 where one is still refused."""
    wanted = numbers or []
    with installation(*_where(context)) as (settings, log):
        give_up_at = time.monotonic() + AWAY_SECONDS
        wall_ms = time.time_ns() // 1_000_000
        done = {} if again else dead_letters.settled(log)
        with closing(
            Resubmission(
                log,
                settings.shards,
                wall_ms,
                mapping,
                lambda: time.monotonic() > give_up_at,
                writer_schemas(settings),
            )
        ) as work:
            outcomes = list(_replay(log, work, wanted, done))
    submitted = sum(outcome.done for outcome in outcomes)
    print(f"{submitted:,} submitted again, {len(outcomes) - submitted:,} not")
    if submitted < len(outcomes):
        raise typer.Exit(FOUND_WANTING)


def _replay(log: Log, work: Resubmission, wanted: list[int], done: dict[int, Settled]) -> Iterable[Outcome]:
    missing = set(wanted)
    for number, letter in chosen(log, wanted):
        missing.discard(number)
        if number in done:
            if not wanted:
                continue
            outcome = Outcome(number, False, f"was {_state(done[number])}; say --again to submit it all the same")
        else:
            outcome = work.submit(number, letter)
        say(f"{number}: {outcome.detail}")
        yield outcome
    for number in sorted(missing):
        say(f"{number}: there is no such dead letter")
        yield Outcome(number, False, "")


@app.command()
@located
def dismiss(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(help="Numbers of letters.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why nothing shall come of them; kept with them.", show_default=False)],
    actor: Annotated[str, typer.Option("--actor", "--by", help="Who says so.", show_default="the user")] = "",
) -> None:
    """Say of open letters that nothing shall come of them. They stay in the log, and `list --all` shows them.

    Exit 1 where a letter is not there, or not open any more.
    """
    if not reason.strip():
        say("--reason: is empty; say why nothing shall come of it")
        raise typer.Exit(WRONG_USAGE)
    wanted = sorted(set(numbers))
    with installation(*_where(context)) as (_, log):
        there = {number for number, _ in chosen(log, wanted)}
        done = dead_letters.settled(log)
        give_up_at = time.monotonic() + AWAY_SECONDS
        dismissed = 0
        with closing(SteadyWriter(log, DEAD_LETTERS, "dead-letters", lambda: time.monotonic() > give_up_at)) as marks:
            for number in wanted:
                if number not in there:
                    say(f"{number}: there is no such dead letter")
                elif number in done:
                    say(f"{number}: was {_state(done[number])}")
                else:
                    entry = Dismissed(number, time.time_ns() // 1_000_000, actor or getpass.getuser(), reason)
                    marks.send(0, None, dead_letters.encode(entry))
                    dismissed += 1
            marks.flush()
    print(f"{dismissed:,} dismissed, {len(wanted) - dismissed:,} not")
    if dismissed < len(wanted):
        raise typer.Exit(FOUND_WANTING)


def _where(context: typer.Context) -> Where:
    directory, config = context.obj
    return directory, config
