"""What commands that only touch the log share: opening the installation, and saying what failed."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from connectors.files.mapping import WrongMapping
from connectors.files.rows import BadFile
from connectors.intake.clockwork import ClockRefused
from connectors.log.base import Log, LogRefused, LogUnavailable
from connectors.registry.client import RegistryAway, RegistryRefused
from headrace.logs import open_installation
from headrace.settings import Settings, WrongSettings, load

FOUND_WANTING = 1
WRONG_USAGE = 2


def say(text: str) -> None:
    """One line or more on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_json(found: Any) -> None:
    """On stdout, in one line."""
    json.dump(found, sys.stdout, ensure_ascii=False)
    print()


def no_such_day(error: ValueError) -> str:
    """What to say where a day has its form and is not in the calendar, as 2026-11-31; empty for other mistakes."""
    text = str(error)
    return "there is no such day" if "day is out of range" in text or "month must be in" in text else ""


def where_again(directory: Path | None, config: Path | None) -> str:
    """The options that name the installation, as they were given, for a command to be run next."""
    given = [f"--dir {directory}"] if directory is not None else []
    return " ".join(given + ([f"--config {config}"] if config is not None else []))


@contextmanager
def failures_told() -> Iterator[None]:
    """Failures of the outside become a message on stderr and an exit code."""
    try:
        yield
    except (WrongSettings, WrongMapping) as error:
        say(str(error))
        raise typer.Exit(WRONG_USAGE) from None
    except (BadFile, ClockRefused, LogRefused, RegistryRefused) as error:
        say(str(error))
        raise typer.Exit(FOUND_WANTING) from None
    except (LogUnavailable, RegistryAway) as error:
        say(f"{error}\nNothing that was confirmed is lost; run the same command again when it is back.")
        raise typer.Exit(FOUND_WANTING) from None
    except OSError as error:
        say(f"{error.filename}: {error.strerror}")
        raise typer.Exit(FOUND_WANTING) from None


def load_existing(directory: Path | None, config: Path | None) -> Settings:
    """The settings of an installation that is there: who asks about one that is not has mistyped it. Raises WrongSettings."""
    settings = load(directory, config)
    if not settings.kafka and not settings.dir.is_dir():
        raise WrongSettings(f"{settings.dir}: no installation is there; `headrace ingest` and `headrace run` make one")
    return settings


def tell_if_new(settings: Settings) -> None:
    """An installation that is made by being used is told of: its name may have been mistyped."""
    if not settings.kafka and not (settings.dir / "log").is_dir():
        (settings.dir / "log").mkdir(parents=True)
        say(f"made a new installation at {settings.dir}")


@contextmanager
def installation(directory: Path | None, config: Path | None, new: bool = False) -> Iterator[tuple[Settings, Log]]:
    """The installation's settings and its open log; with `new`, made on first use. Failures are told."""
    with failures_told():
        settings = load(directory, config) if new else load_existing(directory, config)
        if new:
            tell_if_new(settings)
        log = open_installation(settings)
        try:
            yield settings, log
        finally:
            log.close()
