"""What commands that ask the views share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, say
from headrace.places import views
from sinks.base import SinkError
from sinks.clickhouse.reading import Views

Directory = Annotated[Path | None, typer.Option("--dir", help="The installation.")]
Config = Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")]


@contextmanager
def opened_views(directory: Path | None, config: Path | None) -> Iterator[Views]:
    """The views of an installation; what fails is told, exit 1, wrong settings exit 2."""
    with failures_told():
        settings = load_existing(directory, config)
        try:
            found = views(settings)
            try:
                yield found
            finally:
                found.close()
        except SinkError as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
