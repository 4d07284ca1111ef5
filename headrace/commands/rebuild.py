"""headrace rebuild: what follows from the logs, made anew while what is there stays in use."""

import time
from contextlib import closing
from typing import Annotated

import typer

from dataflows.clickhouse import rebuild_clickhouse
from dataflows.live import Reopen, rebuild_live
from dataflows.publishing import Patience, PublishStatus, Stopped
from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, print_json, say
from headrace.commands.views import Config, Directory
from headrace.logs import open_log_of
from headrace.operations import StopFlag
from headrace.places import clickhouse_place, live_server, query_socket
from sinks.base import SinkError
from sinks.local import Lock

app = typer.Typer(help="Make views anew from the logs while the old ones stay in use.", no_args_is_help=True)


@app.callback()
def rebuild() -> None:
    """Make views anew from the logs while the old ones stay in use."""


@app.command()
def clickhouse(directory: Directory = None, config: Config = None) -> None:
    """Build all tables of ClickHouse beside those in use, and switch at once when they are whole.

    Takes the place of `run publish --sink clickhouse`, which may not run meanwhile; questions are answered all the while. Stopped or
    killed before the switch it has changed nothing. Exit 1 where it did not switch.
    """
    stop = StopFlag()
    stop.install()
    status = PublishStatus()
    with failures_told():
        settings = load_existing(directory, config)
        place = clickhouse_place(settings)
        try:
            with closing(open_log_of(settings)) as log:
                done = rebuild_clickhouse(log, place, query_socket(settings), stop=stop, status=status)
        except SinkError as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
    if not done:
        say("told to stop before all was built: the tables in use are as they were")
        raise typer.Exit(FOUND_WANTING)
    print(f"{place.name}: {status.published:,} decisions in new tables, which are in use now")


@app.command("redis")
def rebuild_redis(
    directory: Directory = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object: decisions, shards, seconds.")] = False,
) -> None:
    """Make the live views in Redis anew. Those that are there are read, and kept, until the new ones are as far."""
    stop = StopFlag()
    stop.install()
    began = time.monotonic()
    with failures_told(), closing(open_log_of(settings := load_existing(directory, config))) as log:
        status = PublishStatus()
        try:
            lock = Lock(settings.dir / "run" / "rebuild-redis.lock", "the rebuild of Redis")
            try:
                with live_server(settings, shared=True) as server:
                    made = rebuild_live(log, server, Patience("rebuild redis", stop, status), status)
            finally:
                lock.close()
        except Stopped:
            say("told to stop; the views are as they were")
            raise typer.Exit(FOUND_WANTING) from None
        except (SinkError, Reopen) as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json({"decisions": sum(made.values()), "shards": len(made), "seconds": seconds})
    else:
        print(f"live views of {len(made)} shards made of {sum(made.values()):,} decisions in {seconds} s")
