"""headrace run: one flow in this process, or all of them as processes of their own."""

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from dataflows.shards.logged import ShardStopped
from dataflows.shards.store import OtherFormat, StoreInUse
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, failures_told, say, tell_if_new
from headrace.operations import TOLD_TO_STOP, IdleFlag, StopFlag, configure_logging
from headrace.parents import end_with
from headrace.settings import Settings, WrongSettings, load
from sinks.base import SinkStopped


class Flow(StrEnum):
    """What may be run."""

    intake = "intake"
    receivables = "receivables"
    publish = "publish"
    all = "all"


class Sink(StrEnum):
    """The flows of publish."""

    clickhouse = "clickhouse"
    forward = "forward"
    webhooks = "webhooks"
    delivery = "delivery"
    live = "live"
    erp = "erp"


# The module in headrace.flows that has `start_NAME`. It is loaded when its flow is run: all of them take a second.
_MODULES: Final[dict[Flow | Sink, str]] = {
    Flow.intake: "intake",
    Flow.receivables: "receivables",
    Sink.clickhouse: "clickhouse",
    Sink.forward: "redis",
    Sink.live: "redis",
    Sink.webhooks: "effects",
    Sink.delivery: "effects",
    Sink.erp: "effects",
}


def _start(name: Flow | Sink, settings: Settings, *arguments: Any) -> int:
    """Run that flow in this process; its exit code."""
    start = getattr(import_module(f"headrace.flows.{_MODULES[name]}"), f"start_{name.value}")
    return int(start(settings, *arguments))


def run(
    flow: Annotated[Flow, typer.Argument(help="The flow; all starts every flow as a process of its own.")] = Flow.all,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation; made on first use.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
    replay: Annotated[bool, typer.Option("--replay", help="History in its own order.")] = False,
    live: Annotated[bool, typer.Option("--live", help="As it comes; so it is without --replay.")] = False,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="Leave when all that is there is done.")] = False,
    shards: Annotated[str, typer.Option(help="Shards of this receivables process, such as 0-7.")] = "",
    sink: Annotated[
        Sink | None, typer.Option(help="The flow of publish; all that are set where none is named.")
    ] = None,
    paced: Annotated[bool, typer.Option("--paced", hidden=True)] = False,
    parent: Annotated[int, typer.Option("--parent", hidden=True)] = 0,
) -> None:
    """Run flows until told to stop (SIGTERM commits, then leaves)."""
    if replay and live:
        say("say --replay or --live, not both")
        raise typer.Exit(WRONG_USAGE)
    stop = StopFlag()
    stop.install()
    idle = IdleFlag(until_idle)
    if parent:
        end_with(parent)
        idle.listen()
    configure_logging(flow.value if sink is None else f"{flow.value} {sink.value}")
    with failures_told():
        settings = load(directory, config)
        chosen = _shards(shards, settings.shards)
        if not parent:
            tell_if_new(settings)
        try:
            if flow is Flow.intake:
                code = _start(flow, settings, "replay" if replay else "live", until_idle, paced, stop)
            elif flow is Flow.receivables:
                code = _start(flow, settings, chosen, until_idle, stop)
            elif sink is not None:
                code = _start(sink, settings, idle, stop)
            else:
                children = import_module("headrace.flows.children").Children(settings, directory, config, stop)
                code = children.run(flow is Flow.all, replay, until_idle)
        except (StoreInUse, OtherFormat, ShardStopped, SinkStopped) as error:
            say(str(error))
            code = FOUND_WANTING
    # Who started it may not be who told it to stop, and waits for what it was to do.
    raise typer.Exit(TOLD_TO_STOP if parent and stop and not code else code)


def _shards(text: str, there: int) -> list[int]:
    """The shards that `A-B` or `A` names; all where it is empty."""
    if not text:
        return list(range(there))
    first, _, last = text.partition("-")
    if not first.isdigit() or (last and not last.isdigit()):
        raise WrongSettings(f"--shards {text}: must be A-B or A, from 0 to {there - 1}")
    chosen = list(range(int(first), int(last or first) + 1))
    if not chosen or chosen[-1] >= there:
        raise WrongSettings(f"--shards {text}: must be A-B or A, from 0 to {there - 1}")
    return chosen
