"""What goes wrong with one effect, and with nothing else, ends that effect for a person; the sink goes on with the others."""

import errno
import sqlite3
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog

from connectors.log.base import LogRefused, LogUnavailable
from dataflows.publishing import Stopped
from sinks.base import SinkError
from sinks.effects.base import Effect, Outcome, Result

# Of the log, the sink's file, the machine, or because it was told to stop: each other effect would have them as well.
_OF_ALL: Final = (SinkError, LogUnavailable, LogRefused, Stopped, sqlite3.Error, MemoryError)
_OF_THE_MACHINE: Final = frozenset(
    [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS]
)


def contained(sink: str, effect: Effect, step: Callable[[], Any]) -> Any:
    """What a step of this effect gives; an Outcome that it failed where it raised something that is about this effect
    alone. Raises what is about all of them."""
    try:
        return step()
    except _OF_ALL:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise
        logger = structlog.get_logger().bind(flow=f"publish {sink}")
        logger.exception("a bug, or a value that nobody thought of", effect=effect.name, target=effect.target)
        return Outcome(Result.refused, _said(sink, effect, error))


def _said(sink: str, effect: Effect, error: Exception) -> str:
    """Without what the error says, in which there may be anything of the effect."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    what = type(error).__name__ + (f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else "")
    again = f"headrace effects retry {sink} {effect.number}"
    return (
        f"{what} in {Path(last.filename).name}, line {last.lineno}; the sink's log has the rest. Once mended: {again}"
    )
