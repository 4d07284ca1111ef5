"""The ERPs that the settings name: their mappings and secrets read, their adapters made."""

import os

from headrace.settings import ErpSettings, Settings, WrongSettings
from sinks.erp.mapping import WrongMapping, adapter_of, read_mapping
from sinks.erp.sink import Erp


def opened_erps(settings: Settings) -> list[Erp]:
    """Every ERP that is set. Raises WrongSettings, whose message never has a secret."""
    return [_opened(settings, one) for one in settings.erp]


def _opened(settings: Settings, one: ErpSettings) -> Erp:
    try:
        mapping = read_mapping(settings.dir / one.mapping)
    except WrongMapping as error:
        raise WrongSettings(f"erp {one.name}: {error}") from None
    try:
        adapter = adapter_of(one.url, _secret(one), mapping)
    except ValueError as error:
        if isinstance(error, WrongSettings):
            raise
        raise WrongSettings(f"erp {one.name}: url: {error}") from None
    left = frozenset((left.kind, left.cause) for left in mapping.leaves_out)
    return Erp(
        one.name, adapter, frozenset(mapping.kinds), left, mapping.suspense, one.tenants, one.entities, one.batch,
        one.timezone, one.at_once, one.retry_seconds, one.life_days,
    )  # fmt: skip


def _secret(one: ErpSettings) -> str:
    if one.secret_env:
        found = os.environ.get(one.secret_env, "").strip()
        where = f"the environment variable {one.secret_env}"
    else:
        assert one.secret_file is not None
        where = f"the file {one.secret_file}"
        try:
            found = one.secret_file.read_text().strip()
        except OSError as error:
            raise WrongSettings(f"erp {one.name}: {where} cannot be read: {error.strerror}") from None
    if not found or not found.isascii() or not found.isprintable():
        raise WrongSettings(f"erp {one.name}: {where} holds no secret: it must be there, printable ASCII on one line")
    return found
