"""headrace effects: what was and is to be done outside, by every sink that has effects there; and what people decide of it."""

import getpass
import shlex
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from connectors.intake.clockwork import utc_text
from dataflows.effects_position import PositionLost, effects_file, go_on_from, offsets_since, opened
from headrace.commands.common import (
    FOUND_WANTING,
    WRONG_USAGE,
    failures_told,
    installation,
    load_existing,
    print_json,
    say,
    where_again,
)
from headrace.commands.tables import Column, Listing
from headrace.settings import Settings
from headrace.why.explain import row_of
from headrace.words import in_words
from schemas.topics import DECISIONS
from sinks.base import SinkStopped
from sinks.effects.base import SINKS, State
from sinks.effects.files import readable
from sinks.effects.store import EffectStore, Row, TargetRow

END: Final = "end"
Where = tuple[Path | None, Path | None]
SinkName = Annotated[str, typer.Argument(help=f"One of: {', '.join(SINKS)}.", show_default=False)]
# That a number in a sink's file can be.
MOST_NUMBER: Final = (1 << 63) - 1
Numbers = Annotated[list[int], typer.Argument(max=MOST_NUMBER, help="Numbers of effects.", show_default=False)]
Note = Annotated[str, typer.Option(help="Why; kept with it.", show_default=False)]
Actor = Annotated[str, typer.Option("--actor", "--by", help="Who says so.", show_default="the user")]

app = typer.Typer(
    help="What sinks do outside: list it, show it, try it again, settle it; switch targets on, say from where a sink goes on.",
    no_args_is_help=True,
)


@app.callback()
def where(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
) -> None:
    context.obj = (directory, config)


@contextmanager
def opened_effects(given: Where, sink: str) -> Iterator[tuple[Settings, EffectStore]]:
    """The file of a sink with effects, on this machine. Failures are told."""
    with failures_told():
        settings = load_existing(*given)
        path = effects_file(settings.dir, sink)
        if not path.exists() and sink not in SINKS:
            say(f"{sink}: there is no such sink; there are {', '.join(SINKS)}")
            raise typer.Exit(WRONG_USAGE)
        if not path.exists():
            say(
                f"the sink {sink} has not run here yet, or its file is lost: `headrace run publish --sink {sink} "
                f"{where_again(*given)}` makes {path}, or says what to do"
            )
            raise typer.Exit(FOUND_WANTING)
        try:
            with EffectStore.reading(path) as store:
                yield settings, store
        except SinkStopped as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None


@app.command("list")
def list_effects(
    context: typer.Context,
    sink: Annotated[str, typer.Argument(help=f"One of: {', '.join(SINKS)}; all that have run here without it.")] = "",
    state: Annotated[
        list[State] | None, typer.Option(help="Only these; what is open or for a person without it.")
    ] = None,
    target: Annotated[str, typer.Option(help="Only of this target.")] = "",
    account: Annotated[str, typer.Option(help="Only of this account, TENANT/ENTITY/ACCOUNT.")] = "",
    most: Annotated[int, typer.Option(min=1, max=MOST_NUMBER, help="Of the latest, so many.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="A list of objects.")] = False,
) -> None:
    """What waits, what failed, and of what nobody knows whether it arrived; of postings also what expired or was withdrawn;
    newest first, sink by sink."""
    states = [each.value for each in state] if state else None
    found: dict[str, list[Row]] = {}
    for name in [sink] if sink else _there(context.obj):
        with opened_effects(context.obj, name) as (_, store):
            found[name] = store.rows(states, target, account, most)
    if as_json:
        print_json([{"sink": name, **as_object(row)} for name, rows in found.items() for row in rows])
        return
    for name, rows in found.items():
        if rows:
            _listed(name, rows).show()
        else:
            say(f"{name}: {'there are none' if state else 'nothing waits, and nothing failed'}")


def _there(given: Where) -> list[str]:
    """The sinks that have run here; where none has, the first, which says so when it is opened."""
    with failures_told():
        directory = load_existing(*given).dir
    return [name for name in SINKS if effects_file(directory, name).exists()] or [SINKS[0]]


def _listed(sink: str, rows: list[Row]) -> Listing:
    listing = Listing(
        [Column("number"), Column("decision"), Column("target"), Column("state"), Column("attempts", right=True),
         Column("account"), Column("asked for (UTC)"), Column("because", wraps_at=20)],
        sink,
    )  # fmt: skip
    for row in rows:
        because = row.detail or (f"due {utc_text(row.due_ms)}" if row.state == State.waiting else "")
        listing.add(
            str(row.number), decision_of(row), row.target, row.state, str(row.attempts), row.account,
            utc_text(row.made_ms), because,
        )  # fmt: skip
    return listing


def decision_of(row: Row) -> str:
    """SHARD-SEQUENCE of the decision that asked for it, which `headrace why` takes."""
    return row.key.partition("-")[2]


def as_object(row: Row) -> dict[str, Any]:
    """An effect for programs; times as ISO texts, null where there is none."""
    times = ("made_ms", "expires_ms", "due_ms", "ended_ms")
    found: dict[str, Any] = {name: value for name, value in row._asdict().items() if name not in times}
    found["decision"] = decision_of(row)
    for name in times:
        time_ms = getattr(row, name)
        found[name.removesuffix("_ms")] = utc_text(time_ms) if time_ms else None
    return found


@app.command()
def show(
    context: typer.Context,
    sink: SinkName,
    number: Annotated[int, typer.Argument(max=MOST_NUMBER, help="Number of an effect.", show_default=False)],
) -> None:
    """All that is known of one effect: what asked for it, each attempt, how it ended."""
    with opened_effects(context.obj, sink) as (_, store):
        row = store.row(number)
        if row is None:
            say(f"{number}: there is no such effect; headrace effects list shows what there is")
            raise typer.Exit(FOUND_WANTING)
        ended = f" {utc_text(row.ended_ms)}" if row.ended_ms else ""
        print(f"effect:   {row.number}, {row.kind} to {row.target}")
        print(f"key:      {row.key}")
        print(f"account:  {row.account}")
        print(f"state:    {row.state}{ended}{f': {row.detail}' if row.detail else ''}")
        print(f"expires:  {utc_text(row.expires_ms)}")
        if row.state == State.waiting:
            print(f"due:      {utc_text(row.due_ms)}")
        for decision, withdrawn in store.members(number):
            left_out = f", withdrawn: {withdrawn}" if withdrawn else ""
            print(f"decision: {decision.shard}-{decision.sequence} {in_words(row_of(decision))}{left_out}")
        for tried in store.attempts(number):
            result = tried.result or "not ended"
            print(f"attempt:  {utc_text(tried.at_ms)} {result}{f': {tried.detail}' if tried.detail else ''}")


@app.command()
def retry(context: typer.Context, sink: SinkName, numbers: Numbers) -> None:
    """Try effects that have ended once more, with the same key. Exit 1 where one is not there, or is still open."""
    with opened_effects(context.obj, sink) as (_, store):
        again(store, numbers)


def again(store: EffectStore, numbers: list[int]) -> None:
    """Have effects tried once more, and tell; Exit 1 where one cannot be."""
    now_ms = time.time_ns() // 1_000_000
    done = 0
    for number in numbers:
        why_not = store.again(number, now_ms)
        if why_not:
            say(f"{number}: {why_not}")
        else:
            done += 1
    print(f"{done:,} will be tried again, {len(numbers) - done:,} not")
    if done < len(numbers):
        raise typer.Exit(FOUND_WANTING)


@app.command()
def settle(
    context: typer.Context,
    sink: SinkName,
    numbers: Numbers,
    note: Note,
    done: Annotated[bool, typer.Option("--done/--failed", help="It arrived, or it did not and shall not.")] = True,
    actor: Actor = "",
) -> None:
    """Say what became of effects that failed or are unknown, and of postings that expired or were withdrawn. Exit 1 where one
    is none of these."""
    if not note.strip():
        say("--note: is empty; say how it is known")
        raise typer.Exit(WRONG_USAGE)
    now_ms = time.time_ns() // 1_000_000
    state = State.done if done else State.failed
    with opened_effects(context.obj, sink) as (_, store):
        settled = 0
        for number in numbers:
            row = store.row(number)
            if row is None:
                say(f"{number}: there is no such effect")
            elif store.settle(number, state, f"settled by {actor or getpass.getuser()}: {note}", now_ms):
                settled += 1
            else:
                say(
                    f"{number}: is {row.state}; only what failed or is unknown is settled, and of postings what expired or was withdrawn"
                )
    print(f"{settled:,} settled as {state}, {len(numbers) - settled:,} not")
    if settled < len(numbers):
        raise typer.Exit(FOUND_WANTING)


@app.command()
def enable(
    context: typer.Context,
    sink: SinkName,
    target: Annotated[str, typer.Argument(help="A target, as `list` shows it.", show_default=False)],
) -> None:
    """Switch a target on again that refused a login or wants no more, and stop waiting for one that failed. Exit 1 where
    nothing was ever tried there."""
    with opened_effects(context.obj, sink) as (_, store):
        if target not in store.targets():
            if store.rows(target=target, most=1):
                say(f"{target}: is on: nothing has failed there")
            else:
                others = ", ".join(sorted({row.target for row in store.rows()}))
                say(f"{target}: nothing was ever to be done there; of late something was at: {others or 'none'}")
            raise typer.Exit(FOUND_WANTING)
        print(f"{target} is on ({switch_on(store, target)})")


def switch_on(store: EffectStore, target: str) -> str:
    """Have a target tried again from now on; how it was."""
    row = store.targets().get(target, TargetRow(target))
    store.set_target(TargetRow(target))
    return f"was off since {utc_text(row.off_ms)}" if row.off_ms else "was on"


@app.command()
def start(
    context: typer.Context,
    sink: SinkName,
    since: Annotated[
        str,
        typer.Option("--from", help="`end`, or a time (UTC without a zone) from which on it does what was decided."),
    ],
) -> None:
    """Say from where a sink goes on that lost its position, or begins. Exit 1 where it has its position, or runs.

    Keys are made of the log, so what an outside that honours them has got already has no second effect there.
    """
    since_ms = _time_ms(since)
    with installation(*context.obj) as (settings, log):
        if sink not in SINKS:
            say(f"{sink}: there is no such sink; there are {', '.join(SINKS)}")
            raise typer.Exit(WRONG_USAGE)
        path = effects_file(settings.dir, sink)
        try:
            if path.exists():
                with readable(path), closing(opened(log, sink, path, "")) as store:
                    store.check()
                say(f"the sink {sink} has its position, and goes on from it: `headrace run publish --sink {sink}`")
                raise typer.Exit(FOUND_WANTING)
        except PositionLost as error:
            say(str(error).partition(". ")[0])
        except SinkStopped as error:
            say(str(error))
        try:
            ends = dict(enumerate(log.end_offsets(DECISIONS)))
            offsets = ends if since_ms is None else offsets_since(log, since_ms)
            kept = go_on_from(log, sink, path, offsets, time.time_ns() // 1_000_000)
        except SinkStopped as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
    if kept is not None:
        say(f"what was there is kept as {shlex.quote(str(kept))}")
    print(f"the sink {sink} goes on from {since}: {sum(ends[s] - offsets[s] for s in ends):,} decisions are to be read")


def _time_ms(text: str) -> int | None:
    """UTC milliseconds; None for `end`."""
    if text == END:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        say(f"--from {text}: must be `end` or a time, such as 2026-12-31T12:00:00Z")
        raise typer.Exit(WRONG_USAGE) from None
    return round((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
