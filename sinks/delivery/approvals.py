"""approved.toml: which templates may leave, by the hash of what they are. `headrace templates approve` writes it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomli_w

from sinks.delivery.setup import WrongSetup


def read_approved(path: Path) -> dict[str, str]:
    """Hashes by LANGUAGE/NAME; none where there is no file. Raises WrongSetup."""
    if not path.exists():
        return {}
    try:
        found = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise WrongSetup(f"{path}: not TOML: {error}") from error
    return {
        name: str(entry["sha256"]) for name, entry in found.items() if isinstance(entry, dict) and "sha256" in entry
    }


def approve(path: Path, names: Mapping[str, str], by: str, at: str) -> None:
    """Write the hashes of these templates, and who approved them when, beside those that are there."""
    found = tomllib.loads(path.read_text()) if path.exists() else {}
    for name, digest in names.items():
        found[name] = {"sha256": digest, "by": by, "at": at}
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(tomli_w.dumps(dict(sorted(found.items()))))
    new.replace(path)
