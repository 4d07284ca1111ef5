"""--dir and --config of a group of commands: taken right after the group's name, and as well behind any of its commands."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from headrace.commands.views import Config, Directory

_OPTIONS = {"directory": Directory, "config": Config}


def where(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation; also behind the command.")] = None,
    config: Config = None,
) -> None:
    """The callback of such a group: `context.obj` is --dir and --config."""
    context.obj = (directory, config)


def located(command: Callable[..., None]) -> Callable[..., None]:
    """The command with both options of its own, which go before what the group was told. Its first parameter is `context`."""

    @wraps(command)
    def taking(context: typer.Context, directory: Path | None, config: Path | None, **given: Any) -> None:
        before = context.obj
        context.obj = (directory or before[0], config or before[1])
        command(context=context, **given)

    own = inspect.signature(command)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=said)
        for name, said in _OPTIONS.items()
    ]
    setattr(taking, "__signature__", own.replace(parameters=[*own.parameters.values(), *more]))  # noqa: B010
    taking.__annotations__ = {**command.__annotations__, **_OPTIONS}
    return taking
