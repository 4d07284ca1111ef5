"""The command line on an installation: as a process, or in the test's own where a process shows nothing more."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from headrace.main import app

ROOT = Path(__file__).parents[1]
# Wide enough for a table of numbers and texts.
COLUMNS = {"COLUMNS": "200"}


def headrace(directory: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A command on an installation."""
    return subprocess.run(
        [sys.executable, "-m", "headrace.main", *_words(directory, arguments)], cwd=ROOT, capture_output=True, text=True,
        timeout=300, env=os.environ | COLUMNS | environment,
    )  # fmt: skip


def headrace_here(directory: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The same without a process of its own: not for `run`, which takes over the signals and the logging of its process."""
    words = _words(directory, arguments)
    done = CliRunner(env=COLUMNS | environment).invoke(app, words, catch_exceptions=False)
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)


def _words(directory: Path, arguments: tuple[str, ...]) -> list[str]:
    """Options of a group of commands stand before its command."""
    at = 1 if arguments[0] in ("effects", "webhooks") else len(arguments)
    return [*arguments[:at], "--dir", str(directory), *arguments[at:]]
