"""headrace schema: the tables and views of ClickHouse, against those that this version makes."""

from contextlib import closing
from typing import Final

import typer

from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, say
from headrace.commands.views import Config, Directory
from headrace.places import clickhouse_place, query_socket
from headrace.settings import Settings
from sinks.base import SinkError
from sinks.clickhouse.connect import Database
from sinks.clickhouse.definitions import Difference, differences
from sinks.clickhouse.reading import DatabaseViews, Views, open_views
from sinks.clickhouse.schema import MIGRATIONS

app = typer.Typer(help="The tables and views of ClickHouse.", no_args_is_help=True)
_VERSION: Final = """
SELECT count() FROM system.tables WHERE database = currentDatabase() AND name = 'schema_versions'
"""


@app.callback()
def schema() -> None:
    """The tables and views of ClickHouse."""


@app.command()
def diff(directory: Directory = None, config: Config = None) -> None:
    """What `schema apply` would change; nothing is changed. Exit 1 where anything differs from what this version makes."""
    with failures_told():
        settings = load_existing(directory, config)
        try:
            with closing(open_views(clickhouse_place(settings), query_socket(settings), as_it_is=True)) as views:
                found, differing = _version(views), differences(views)
        except SinkError as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
    _tell(found, differing)
    if found != len(MIGRATIONS) or differing:
        raise typer.Exit(FOUND_WANTING)


@app.command()
def apply(directory: Directory = None, config: Config = None) -> None:
    """Bring tables to this version, forward only, and make again the views that differ. Nobody may publish meanwhile.

    Exit 1 where the tables are of a later version, or a table differs: `headrace rebuild clickhouse` makes those anew.
    """
    with failures_told():
        settings = load_existing(directory, config)
        try:
            differing = _applied(settings)
        except SinkError as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
    _tell(len(MIGRATIONS), differing)
    if differing:
        say("tables are made anew by `headrace rebuild clickhouse`")
        raise typer.Exit(FOUND_WANTING)


def _applied(settings: Settings) -> list[Difference]:
    """Apply; what differs still."""
    place = clickhouse_place(settings)
    with Database(place) as database:
        database.migrate()
    with closing(DatabaseViews(place)) as views:
        again = [difference for difference in differences(views) if difference.made.is_view]
    if again:
        with Database(place) as database, database.client() as client:
            for difference in again:
                client.command(difference.made.statement)
                print(f"made view {difference.made.name} again")
    with closing(DatabaseViews(place)) as views:
        return differences(views)


def _version(views: Views) -> int:
    if not views.ask(_VERSION).rows[0][0]:
        return 0
    return int(views.ask("SELECT max(version) FROM schema_versions").rows[0][0])


def _tell(found: int, differing: list[Difference]) -> None:
    known = len(MIGRATIONS)
    if found > known:
        print(f"version {found}; this headrace knows {known}: use the version that made it")
    elif found < known:
        print(f"version {found} of {known}: `headrace schema apply` brings it forward")
    else:
        print(f"version {found}, the newest")
    for difference in differing:
        print(str(difference))
