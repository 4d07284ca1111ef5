"""The mapping of an ERP: read from TOML, checked whole, made into its adapter."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from sinks.erp.adapter import ErpAdapter
from sinks.erp.erpnext import ErpNext
from sinks.erp.erpnext_mapping import ErpNextMapping
from sinks.erp.kinds import Kinds

ADAPTERS = {"erpnext": ErpNextMapping}


class WrongMapping(ValueError):
    """The mapping is none. The message has every finding, with its place."""


def read_mapping(path: Path) -> Kinds:
    """Raises WrongMapping."""
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise WrongMapping(f"{path}: there is no such file") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongMapping(f"{path}: not TOML: {error}") from error
    adapter = values.get("adapter", "")
    if adapter not in ADAPTERS:
        raise WrongMapping(f"{path}: adapter = {adapter!r}: must be one of {', '.join(ADAPTERS)}")
    try:
        return ADAPTERS[adapter](**values)
    except ValidationError as error:
        found = [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise WrongMapping("\n".join(found)) from None


def adapter_of(url: str, secret: str, mapping: Kinds) -> ErpAdapter:
    """Raises ValueError where the address is none."""
    assert isinstance(mapping, ErpNextMapping)
    return ErpNext(url, secret, mapping)
