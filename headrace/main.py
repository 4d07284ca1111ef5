"""The command line. Exit 0 done, 1 found wanting, 2 wrong usage."""

import atexit
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cache, partial
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_group

from headrace.compiled import StaleCompiled, refuse_stale

# Each command, in the order of --help, and its module in headrace.commands: a module's `app` is a group of commands, and
# else the function of that name is the command. A module is loaded when its command is called: all take a second.
_MODULES: Final = {
    "demo": "demo",
    "ingest": "ingest",
    "run": "run",
    "report": "report",
    "forecast": "forecast",
    "query": "query",
    "timeline": "timeline",
    "worklist": "worklist",
    "credit": "credit",
    "exceptions": "people",
    "approvals": "people",
    "approve": "people",
    "reject": "people",
    "withdraw": "people",
    "delegate": "people",
    "assign": "people",
    "note": "people",
    "close": "people",
    "serve": "serve",
    "statement": "statement",
    "rejected": "rejected",
    "why": "why",
    "trace": "trace",
    "render": "render",
    "letter": "render",
    "verify": "verify",
    "bench": "bench",
    "dead-letters": "dead_letters",
    "effects": "effects",
    "live": "live",
    "operate": "operate",
    "policy": "policy",
    "rebuild": "rebuild",
    "schema": "schema",
    "reconcile": "reconcile",
    "schemas": "schemas",
    "templates": "templates",
    "webhooks": "webhooks",
}


@cache
def _command(name: str) -> Any:
    """The command as typer makes it of a group that has no other."""
    module = import_module(f"headrace.commands.{_MODULES[name]}")
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, callback=headrace)
    if hasattr(module, "app"):
        alone.add_typer(module.app, name=name)
    else:
        alone.command(name)(getattr(module, name))
    return get_group(alone).commands[name]


class _Commands(Mapping[str, Any]):
    """The commands by name, each loaded when it is looked up."""

    def __getitem__(self, name: str) -> Any:
        if name not in _MODULES:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


class _Headrace(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _Commands()  # type: ignore[assignment]  # typer only reads it


app = typer.Typer(
    cls=_Headrace,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def headrace() -> None:
    """Accounts receivable over event logs."""


def main() -> None:
    """Entry point of the command."""
    code = [1]
    # Registered first, and so called last.
    atexit.register(partial(_leave, code))
    try:
        refuse_stale()
        app()
        code[0] = 0
    except StaleCompiled as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except SystemExit as leaving:
        code[0] = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        raise


def _leave(code: list[int]) -> None:
    """End the process before clients and the C++ runtime are taken down under threads that still use them.

    chDB's outlive its handles: a segfault in BgSchPool when all was done, exit 245 (chdb-core 26.9.0). And librdkafka waits
    for ever now and then for a client that is given up this late (confluent-kafka 2.16.1; both seen November 2026;
    docs/decisions/0009-processes-end-at-once.md).
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        # Nobody reads on (`headrace query | head`): Python's own code for that.
        code[0] = 120
    finally:
        os._exit(code[0])


if __name__ == "__main__":
    main()
