"""headrace templates: which words letters and invoices are made of, and which of them may leave."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, failures_told, load_existing, say
from headrace.commands.tables import plain_console
from headrace.commands.views import Config, Directory
from headrace.documents import office_folder, open_office
from sinks.delivery.approvals import approve as approve_hashes
from sinks.delivery.documents.templates import BLOCKS, NoTemplate
from sinks.delivery.office import APPROVED_FILE, Office

app = typer.Typer(
    help="The words that letters and invoices are made of; only approved ones leave.", no_args_is_help=True
)
_SHORT = 12


Folder = Annotated[
    Path | None, typer.Option("--folder", help="A delivery folder itself, where the installation is elsewhere.")
]


def _office(directory: Directory, config: Config, folder: Folder) -> tuple[Office, Path]:
    """The installation's, and where its approvals are."""
    if folder is None:
        folder = office_folder(load_existing(directory, config))
    return open_office(folder), folder / APPROVED_FILE


@app.command("list")
def list_templates(directory: Directory = None, config: Config = None, folder: Folder = None) -> None:
    """List all templates, with their hash and whether they may leave."""
    with failures_told():
        office, _ = _office(directory, config, folder)
    table = Table("template", "hash", "approved")
    for language, name in office.templates.names():
        try:
            found = office.templates.read(language, name)
            row = (
                ("", "no: it has no labels.toml")
                if found is None
                else (found.digest[:_SHORT], office.templates.standing(found))
            )
        except NoTemplate as error:
            row = "", f"no: {error}"
        table.add_row(f"{language}/{name}", *row)
    plain_console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="LANGUAGE/NAME.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Print a template's words. Exit 1 where there is none of that name."""
    with failures_told():
        office, _ = _office(directory, config, folder)
    language, _, short = name.partition("/")
    try:
        found = office.templates.read(language, short)
        if found is None:
            raise NoTemplate(f"there is no template {name}")
    except NoTemplate as error:
        say(str(error))
        raise typer.Exit(FOUND_WANTING) from None
    print(found.words, end="")


@app.command()
def approve(
    names: Annotated[list[str], typer.Argument(help="LANGUAGE/NAME of each, or all.", show_default=False)],
    by: Annotated[str, typer.Option(help="Who approves.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    folder: Folder = None,
) -> None:
    """Approve templates as they are now: by their hash, so that a changed one is no longer approved. Exit 1 where one is
    not there, or lacks a part."""
    if not by.strip():
        say("--by: is empty; name the person who approves")
        raise typer.Exit(WRONG_USAGE)
    with failures_told():
        office, path = _office(directory, config, folder)
        wanted = [f"{language}/{name}" for language, name in office.templates.names()] if names == ["all"] else names
        digests: dict[str, str] = {}
        for full in wanted:
            language, _, name = full.partition("/")
            try:
                found = office.templates.read(language, name)
                if found is None:
                    raise NoTemplate(f"there is no template {full}")
                if missing := found.missing(BLOCKS):
                    raise NoTemplate(f"template {full} has no block {', '.join(missing)}")
                if lacking := found.lacking():
                    raise NoTemplate(f"labels.toml of {language} has no {', '.join(lacking)}")
            except NoTemplate as error:
                say(str(error))
                raise typer.Exit(FOUND_WANTING) from None
            digests[full] = found.digest
        approve_hashes(path, digests, by.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
    print(f"{len(digests)} templates approved by {by.strip()} in {path}")
