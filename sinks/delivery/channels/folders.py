"""Documents into a folder that something else empties: whole or not at all, and once, by their name."""

import os
from pathlib import Path
from typing import Final

from sinks.effects.base import Outcome, Result

# A file whose name begins so is not there yet.
_UNFINISHED: Final = "."


def put(folder: Path, name: str, content: bytes) -> Outcome:
    """Put a file there, durably. What has that name is left as it is: with the same contents it is this one, put there before;
    with others it is refused. Whoever empties the folder must keep names that it has seen, or take a second file of one for
    the same document."""
    target = folder / name
    there = False
    try:
        if target.exists():
            if target.read_bytes() != content:
                said = f"{name} is in the folder already, with other contents: take it out of there if it is not needed, retry"
                return Outcome(Result.refused, said)
            return Outcome(Result.done, f"{name} is there already", reference=name)
        unfinished = folder / f"{_UNFINISHED}{name}"
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
        there = True
        directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        return Outcome(Result.later, f"{folder}: {error.strerror}", in_doubt=there)
    return Outcome(Result.done, f"put into the folder as {name}", reference=name)
