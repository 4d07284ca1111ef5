"""The mapping of an ERP: read from TOML, checked whole, made into its adapter."""

import tomllib
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from sinks import wrong_settings
from sinks.erp.adapter import ErpAdapter
from sinks.erp.erpnext import ErpNext
from sinks.erp.erpnext_mapping import ErpNextMapping
from sinks.erp.rest import RestErp
from sinks.erp.rest_mapping import RestMapping

_MAPPINGS: Final[dict[str, type[ErpNextMapping] | type[RestMapping]]] = {"erpnext": ErpNextMapping, "rest": RestMapping}


class WrongMapping(ValueError):
    """The mapping is none. The message has every finding, with its place."""


def read_mapping(path: Path) -> ErpNextMapping | RestMapping:
    """Raises WrongMapping."""
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise WrongMapping(f"{path}: there is no such file") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongMapping(f"{path}: not TOML: {error}") from error
    adapter = values.get("adapter", "")
    if adapter not in _MAPPINGS:
        raise WrongMapping(f"{path}: adapter = {adapter!r}: must be one of {', '.join(_MAPPINGS)}")
    try:
        return _MAPPINGS[adapter](**values)
    except ValidationError as error:
        found = wrong_settings.findings(error, _MAPPINGS[adapter], ())
        raise WrongMapping("\n".join(f"{path}: {each}" for each in found)) from None


def adapter_of(url: str, secret: str, mapping: ErpNextMapping | RestMapping) -> ErpAdapter:
    """Raises ValueError where the address is none."""
    return ErpNext(url, secret, mapping) if isinstance(mapping, ErpNextMapping) else RestErp(url, secret, mapping)
