"""headrace webhooks: the endpoints that are told of events, what they were told, and telling them again."""

import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Annotated, Any, Final

import typer

from connectors.intake.clockwork import utc_text
from dataflows.effects_position import effects_file
from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, print_json, say, where_again
from headrace.commands.effects import MOST_NUMBER, again, as_object, decision_of, opened_effects, switch_on
from headrace.commands.tables import Column, Listing
from headrace.settings import Settings
from sinks.base import SinkStopped
from sinks.effects.base import Outcome, Result, State
from sinks.effects.sending import ATTEMPT_SECONDS, Sender
from sinks.effects.store import EffectStore, Row, TargetRow
from sinks.webhooks.endpoints import Endpoint
from sinks.webhooks.events import event_of, test_body
from sinks.webhooks.sink import WebhookSink

SINK: Final = WebhookSink.name
_ENDED_BADLY: Final = (State.failed, State.expired)
Name = Annotated[str, typer.Argument(help="The endpoint's name.", show_default=False)]

app = typer.Typer(
    help="Endpoints that are told of events: list them, what they were told, tell them again, switch them on, test them.",
    no_args_is_help=True,
)


@app.callback()
def where(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
) -> None:
    context.obj = (directory, config)


@app.command("list")
def list_endpoints(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each endpoint.")] = False,
) -> None:
    """The endpoints that are set, and how each stands."""
    with failures_told():
        settings = load_existing(*context.obj)
        rows, counts = _standing(settings)
        found = [_as_object(webhook.endpoint(), rows, counts) for webhook in settings.webhooks]
    if as_json:
        print_json(found)
        return
    listing = Listing(
        [Column("name"), Column("url", wraps_at=24), Column("events", wraps_at=16), Column("state", wraps_at=16),
         Column("wait", right=True), Column("failed", right=True)]
    )  # fmt: skip
    for one in found:
        listing.add(
            one["name"],
            one["url"],
            ", ".join(one["events"]) or "all",
            one["state"],
            f"{one['waiting']:,}",
            f"{one['failed']:,}",
        )
    if found:
        listing.show()
    else:
        say("no endpoint is set; docs/webhooks.md says how")


def _standing(settings: Settings) -> tuple[dict[str, TargetRow], dict[tuple[str, str], tuple[int, int]]]:
    path = effects_file(settings.dir, SINK)
    if not path.exists():
        return {}, {}
    try:
        with EffectStore.reading(path) as store:
            return store.targets(), store.counts()
    except SinkStopped as error:
        say(str(error))
        raise typer.Exit(FOUND_WANTING) from None


def _as_object(
    endpoint: Endpoint, rows: dict[str, TargetRow], counts: dict[tuple[str, str], tuple[int, int]]
) -> dict[str, Any]:
    """Without its secrets."""
    row = rows.get(endpoint.name, TargetRow(endpoint.name))
    state = "on"
    if row.off_ms:
        state = f"off since {utc_text(row.off_ms)}: {row.off_why}"
    elif row.paused_until_ms > time.time() * 1000:
        state = f"failed {row.failures} times in a row, tried again at {utc_text(row.paused_until_ms)}"
    return {
        "name": endpoint.name,
        "url": endpoint.url,
        "events": list(endpoint.events),
        "tenants": list(endpoint.tenants),
        "entities": list(endpoint.entities),
        "secrets": len(endpoint.secrets),
        "state": state,
        "waiting": counts.get((endpoint.name, State.waiting), (0, 0))[0],
        "failed": counts.get((endpoint.name, State.failed), (0, 0))[0],
    }


@app.command()
def log(
    context: typer.Context,
    endpoint: Annotated[str, typer.Option(help="Only of this one.")] = "",
    account: Annotated[str, typer.Option(help="Only of this account, TENANT/ENTITY/ACCOUNT.")] = "",
    most: Annotated[int, typer.Option(min=1, max=MOST_NUMBER, help="Of the latest, so many.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="A list with one object for each event, its attempts in it.")
    ] = False,
) -> None:
    """What endpoints were told, newest first; `headrace effects show webhooks NUMBER` has each attempt."""
    with opened_effects(context.obj, SINK) as (_, store):
        rows = store.rows((), endpoint, account, most)
        if as_json:
            print_json([_logged(store, row) for row in rows])
            return
        listing = Listing(
            [Column("number"), Column("event"), Column("decision"), Column("account"), Column("endpoint"), Column("state"),
             Column("attempts", right=True), Column("at (UTC)"), Column("last answer", wraps_at=16)]
        )  # fmt: skip
        for row in rows:
            listing.add(
                str(row.number), _event(store, row), decision_of(row), row.account, row.target, row.state,
                str(row.attempts), utc_text(row.ended_ms or row.made_ms), row.detail,
            )  # fmt: skip
        if rows:
            listing.show()
        else:
            say("nothing was told yet")


def _event(store: EffectStore, row: Row) -> str:
    return event_of(store.members(row.number)[0][0])


def _logged(store: EffectStore, row: Row) -> dict[str, Any]:
    attempts = [
        {"at": utc_text(tried.at_ms), "result": tried.result, "detail": tried.detail}
        for tried in store.attempts(row.number)
    ]
    return {"event": _event(store, row), **as_object(row), "tried": attempts}


@app.command()
def replay(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(max=MOST_NUMBER, help="Numbers of events, as `log` shows them.")
    ] = None,
    endpoint: Annotated[str, typer.Option(help="All that failed or expired at this endpoint.")] = "",
) -> None:
    """Tell events again, with the same ids. Exit 1 where one is not there, or is still being tried."""
    with opened_effects(context.obj, SINK) as (_, store):
        wanted = list(numbers or [])
        if endpoint:
            every = store.rows([state.value for state in _ENDED_BADLY], endpoint, most=1_000_000)
            # In the order in which they happened.
            wanted += sorted(row.number for row in every)
        if not wanted and not endpoint:
            say("say which: numbers, or --endpoint NAME for all that failed or expired there")
            raise typer.Exit(FOUND_WANTING)
        again(store, wanted)


@app.command()
def enable(context: typer.Context, name: Name) -> None:
    """Switch an endpoint on again that was switched off because it answered 410, and stop waiting for one that failed."""
    with opened_effects(context.obj, SINK) as (settings, store):
        _endpoint(settings, name)
        was = switch_on(store, name)
    print(
        f"{name} is on ({was}); `headrace webhooks {where_again(*context.obj)} replay --endpoint {name}` tells it what it missed"
    )


@app.command("test")
def try_endpoint(
    context: typer.Context,
    name: Name,
    seconds: Annotated[float, typer.Option(min=1, help="It has to have answered by then.")] = ATTEMPT_SECONDS,
) -> None:
    """Send a signed event of type `test` to an endpoint, once. Exit 1 where it does not take it, or not in time."""
    with failures_told():
        endpoint = _endpoint(load_existing(*context.obj), name)
        at = datetime.now(UTC)
        message_id = f"test-{uuid.uuid4()}"
        body = test_body(message_id, at)
        outcome = _tried(endpoint, endpoint.headers(message_id, at, body), body.encode(), seconds)
    print(f"{message_id}: {outcome.detail}")
    if outcome.result is not Result.done:
        raise typer.Exit(FOUND_WANTING)


def _tried(endpoint: Endpoint, headers: Mapping[str, str], body: bytes, seconds: float) -> Outcome:
    """One attempt, which ends in time whatever the other side and the resolver of names do."""
    sender = Sender()
    landed: Queue[Outcome] = Queue()
    # A daemon: what hangs in the resolver holds up nobody who leaves.
    Thread(
        target=lambda: landed.put(sender.post(0, endpoint.url, endpoint.private, headers, body)), daemon=True
    ).start()
    try:
        return landed.get(timeout=seconds)
    except Empty:
        sender.abandon(0)
        said = f"no whole answer within {seconds:g} seconds, broken off; it may have the message all the same"
        return Outcome(Result.later, said)


def _endpoint(settings: Settings, name: str) -> Endpoint:
    for webhook in settings.webhooks:
        if webhook.name == name:
            return webhook.endpoint()
    names = ", ".join(webhook.name for webhook in settings.webhooks) or "none"
    say(f"{name}: no endpoint of that name is set; there are: {names}")
    raise typer.Exit(FOUND_WANTING)
