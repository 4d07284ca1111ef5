"""headrace ingest: files become facts in the topics that producers send to."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import connectors.files
from connectors.files.ingest import MOST_REPORTED, Counts, ingest_file
from connectors.files.ledger import FileLedger, Ingested, file_digest
from connectors.files.mapping import Mapping, WrongMapping, load
from connectors.files.rows import BadFile
from connectors.intake.clockwork import utc_text
from connectors.log.base import Log
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, failures_told, installation, say, where_again
from headrace.notices import ingest_notices

AWAY_SECONDS = 30.0


class Format(StrEnum):
    """What needs no mapping."""

    dsn = "dsn"


def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV or JSON-lines files.", show_default=False)],
    mapping: Annotated[
        str, typer.Option("--map", help="Mapping file, or the name of one that comes with headrace.")
    ] = "",
    form: Annotated[
        Format | None, typer.Option("--format", help="What the files are, where they need no mapping.")
    ] = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation; made on first use.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
    again: Annotated[
        bool, typer.Option(help="Ingest a file that was ingested before; it has no second effect.")
    ] = False,
) -> None:
    """Read files by a mapping (docs/mapping.md) and append their facts; rows that are refused become dead letters.
    With --format dsn: mails, or a maildir, that say what became of messages that were sent (docs/delivery.md).

    Exit 1 where a file or a row was refused, 2 where the mapping is wrong.
    """
    if bool(mapping) == (form is not None):
        say("say either --map, by which the files are read, or --format")
        raise typer.Exit(WRONG_USAGE)
    if form is Format.dsn:
        _notices(files, directory, config)
        return
    with failures_told():
        mapping_path = _mapping_path(mapping)
        checked = load(mapping_path)
    wanting = False
    with installation(directory, config, new=True) as (settings, log), FileLedger(settings.dir) as ledger:
        for path in files:
            try:
                wanting = (
                    not _one(log, ledger, checked, mapping_path, path, again, where_again(directory, config)) or wanting
                )
            except BadFile as error:
                say(f"{error}\n{path}: nothing of this file was taken")
                wanting = True
    if wanting:
        raise typer.Exit(FOUND_WANTING)


def _notices(files: list[Path], directory: Path | None, config: Path | None) -> None:
    refused = False
    give_up_at = time.monotonic() + AWAY_SECONDS
    with installation(directory, config) as (_, log):
        for path in files:
            wall_ms = time.time_ns() // 1_000_000
            found = ingest_notices(log, path, wall_ms, say, lambda: time.monotonic() > give_up_at)
            kinds = ", ".join(f"{count:,} {status}" for status, count in sorted(found.facts.items())) or "none"
            print(f"{path}: {found.read:,} mails, {found.refused:,} refused; facts: {kinds}")
            refused = refused or bool(found.refused)
    if refused:
        raise typer.Exit(FOUND_WANTING)


def _mapping_path(said: str) -> Path:
    """The file that is meant: a path, or the bare name of a mapping that is shipped. Raises WrongMapping."""
    mappings = Path(connectors.files.__file__).parent / "mappings"
    shipped = mappings / f"{said}.toml"
    if Path(said).exists():
        return Path(said)
    if not shipped.exists() and Path(said).name == said and not said.endswith(".toml"):
        names = ", ".join(sorted(path.stem for path in mappings.glob("*.toml")))
        raise WrongMapping(f"--map {said}: no such file, and no mapping of that name; there are {names}")
    return shipped if shipped.exists() else Path(said)


def _one(
    log: Log, ledger: FileLedger, mapping: Mapping, mapping_path: Path, path: Path, again: bool, where: str
) -> bool:
    """Ingest one file; whether nothing in it was refused."""
    digest = file_digest(path)
    before = ledger.find(digest, mapping.name)
    if before is not None and not again:
        done = f"({before.facts:,} facts, {before.refused:,} rows refused): nothing to do"
        say(f"{path}: was ingested already, as {before.file} at {utc_text(before.time_ms)} {done}")
        if before.refused:
            say(
                f"with a mapping that was corrected, `headrace dead-letters {where} replay --map {mapping_path}` submits the "
                "refused rows again, and --again here the whole file"
            )
        return True
    give_up_at = time.monotonic() + AWAY_SECONDS
    wall_ms = time.time_ns() // 1_000_000
    counts = ingest_file(log, mapping, mapping_path, path, wall_ms, say, lambda: time.monotonic() > give_up_at)
    total = counts.facts.total()
    ledger.save(digest, mapping.name, Ingested(str(path), wall_ms, counts.rows, total, counts.refused))
    print(_summary(path, counts))
    if counts.skipped:
        lines = ", ".join(map(str, counts.skipped_lines)) + (
            ", ..." if counts.skipped > len(counts.skipped_lines) else ""
        )
        say(f"{path}: skipped, as the mapping says of rows that none of its facts takes: line {lines}")
    if counts.refused > MOST_REPORTED:
        say(f"{path}: {counts.refused - MOST_REPORTED:,} more rows were refused: headrace dead-letters list")
    if counts.due_early > MOST_REPORTED:
        say(f"{path}: {counts.due_early - MOST_REPORTED:,} more invoices are due before they are dated")
    return counts.refused == 0


def _summary(path: Path, counts: Counts) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in counts.facts.items()) or "none"
    skipped = f", {counts.skipped:,} skipped" if counts.skipped else ""
    return f"{path}: {counts.rows:,} rows, {counts.refused:,} refused{skipped}; facts: {kinds}"
