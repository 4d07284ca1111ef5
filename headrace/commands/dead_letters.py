"""headrace dead-letters: what was refused, why, and submitting it again."""

import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from connectors import dead_letters
from connectors.dead_letters import DeadLetter
from connectors.intake.clockwork import utc_text
from connectors.intake.resubmit import Outcome, Resubmission, chosen
from connectors.log.base import Log
from headrace.commands.common import FOUND_WANTING, installation, say
from headrace.flows import writer_schemas

AWAY_SECONDS = 30.0
# Of a letter's bytes, what `show` prints.
SHOWN_BYTES = 4096

app = typer.Typer(help="What could not be read or placed: list it, show it, submit it again.", no_args_is_help=True)

Numbers = Annotated[list[int] | None, typer.Argument(help="Numbers of letters; without any, all not replayed yet.")]
Where = tuple[Path | None, Path | None]


@app.callback()
def where(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
) -> None:
    context.obj = (directory, config)


@app.command("list")
def list_letters(context: typer.Context) -> None:
    """One line for each: number, time, reason, origin, bytes, replayed or not."""
    with installation(*_where(context)) as (_, log):
        replayed = dead_letters.replayed_times(log)
        for number, letter in chosen(log, ()):
            again = f"  replayed {utc_text(replayed[number])}" if number in replayed else ""
            detail = letter.detail if len(letter.detail) <= 120 else letter.detail[:117] + "..."
            print(
                f"{number}  {utc_text(letter.time_ms)}  {letter.reason}  {letter.origin}  {letter.size:,} B{again}  {detail}"
            )


@app.command()
def show(context: typer.Context, number: Annotated[int, typer.Argument(help="The letter's number.")]) -> None:
    """All that is known of one letter, with its bytes as text, or as hex where they are none."""
    with installation(*_where(context)) as (_, log):
        letter = next((letter for _, letter in chosen(log, [number])), None)
        if letter is None:
            say(f"there is no dead letter {number}; headrace dead-letters list shows what there is")
            raise typer.Exit(FOUND_WANTING)
        replayed = dead_letters.replayed_times(log).get(number)
        print(f"number:   {number}")
        print(f"time:     {utc_text(letter.time_ms)}")
        print(f"reason:   {letter.reason}")
        print(f"detail:   {letter.detail}")
        print(f"origin:   {letter.origin}")
        print(f"replayed: {utc_text(replayed) if replayed is not None else 'no'}")
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
def replay(
    context: typer.Context,
    numbers: Numbers = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", help="Mapping for rows of files, in place of the one they were refused by.")
    ] = None,
    again: Annotated[bool, typer.Option(help="Also those that were replayed before.")] = False,
) -> None:
    """Submit letters again to where they came from, through the same checks. Exit 1 where one is still refused."""
    wanted = numbers or []
    with installation(*_where(context)) as (settings, log):
        give_up_at = time.monotonic() + AWAY_SECONDS
        wall_ms = time.time_ns() // 1_000_000
        replayed = {} if again else dead_letters.replayed_times(log)
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
            outcomes = list(_replay(log, work, wanted, replayed))
    submitted = sum(outcome.done for outcome in outcomes)
    print(f"{submitted:,} submitted again, {len(outcomes) - submitted:,} not")
    if submitted < len(outcomes):
        raise typer.Exit(FOUND_WANTING)


def _replay(log: Log, work: Resubmission, wanted: list[int], replayed: dict[int, int]) -> Iterable[Outcome]:
    missing = set(wanted)
    for number, letter in chosen(log, wanted):
        missing.discard(number)
        if number in replayed:
            if not wanted:
                continue
            detail = f"was submitted again at {utc_text(replayed[number])}; say --again to repeat it"
            outcome = Outcome(number, False, detail)
        else:
            outcome = work.submit(number, letter)
        say(f"{number}: {outcome.detail}")
        yield outcome
    for number in sorted(missing):
        say(f"{number}: there is no such dead letter")
        yield Outcome(number, False, "")


def _where(context: typer.Context) -> Where:
    directory, config = context.obj
    return directory, config
