"""headrace rebuild: makes views anew from the logs, beside those that are read, and switches over."""

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from dataflows.live import Reopen, rebuild_live
from dataflows.publishing import Patience, PublishStatus, Stopped
from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, print_json, say
from headrace.flows import open_log_of
from headrace.operations import StopFlag
from headrace.places import live_server
from sinks.base import SinkError
from sinks.local import Lock

app = typer.Typer(help="Make views anew from the logs, while they are read.", no_args_is_help=True)

Directory = Annotated[Path | None, typer.Option("--dir", help="The installation.")]
Config = Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")]


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
