"""Intake, of what comes or of history."""

import structlog

from connectors.registry.client import RegistryAway, SchemaRegistry
from dataflows.intake import Mode, run_intake
from headrace.flows.pace import Pace
from headrace.flows.serving import has_log, opened, served
from headrace.logs import writer_schemas
from headrace.operations import StopFlag
from headrace.settings import Settings


def start_intake(settings: Settings, mode: Mode, until_idle: bool, paced: bool, stop: StopFlag) -> int:
    """Run intake. `paced`: a replay waits, where it has to, for the flows behind it at each day's end."""
    schemas = writer_schemas(settings)
    if schemas is not None:
        _ask_registry(schemas.registry)
    log = opened(settings, until_idle, stop)

    def health() -> dict[str, object]:
        found: dict[str, object] = {"ok": True} | has_log(log)
        return found if schemas is None else found | {"schema_registry": schemas.registry.status}

    server = served(settings, "intake", health)
    pace = Pace(log, stop.__bool__) if paced else None
    wait = pace.wait if pace is not None else None
    try:
        run_intake(log, settings, mode, until_idle, stop.__bool__, pace=wait, schemas=schemas)
    finally:
        log.close()
        if server is not None:
            server.close()
    return 0


def _ask_registry(registry: SchemaRegistry) -> None:
    """Say at the start how it stands. Raises RegistryRefused; one that is away is waited for when it is needed."""
    try:
        registry.check()
    except RegistryAway as error:
        structlog.get_logger().warning("starting without it; messages by headrace's own ids go on", why=str(error))
