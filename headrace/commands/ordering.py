"""What a person orders of one account, as a fact in the log by the topic operations: queued, and told what came of it."""

import getpass
import shlex
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import typer

from connectors.checks import findings
from connectors.files.ingest import Producer
from connectors.intake.clockwork import shard_clocks
from connectors.log.base import Log
from headrace.commands.common import WRONG_USAGE, installation, say, where_again
from headrace.commands.tables import show
from headrace.places import flows_lock, views
from headrace.settings import Settings
from schemas.records import Fact, OperatorAction
from sinks.base import SinkError
from sinks.local import holder

AWAY_SECONDS: Final = 30.0
# These lead to no decision themselves.
_SILENT: Final = {
    "block_reminders": " (reminders that it holds back)",
    "unblock_reminders": " (the reminders that go again)",
}
_COMPANIES: Final = """
SELECT DISTINCT tenant, entity FROM decisions WHERE account_id = {account:String} ORDER BY tenant, entity
"""


@dataclass(frozen=True, slots=True)
class Place:
    """An account of a company of a tenant."""

    tenant: str
    entity: str
    account: str

    @property
    def name(self) -> str:
        return f"{self.tenant}/{self.entity}/{self.account}"


def order(
    where: tuple[Path | None, Path | None],
    action: str,
    place: Place,
    note: str,
    actor: str,
    doubts: list[str] | None = None,
    **fields: Any,
) -> None:
    """Send an operator_action to the account, as `queue` does. fields: of the fact."""
    empty = {"receipt_id": "", "document": "", "target_account": "", "currency": "", "amount": 0, "until": 0}

    def made(at_ms: int) -> OperatorAction:
        return OperatorAction(
            event_id=f"{action}:{uuid.uuid4()}",
            recorded_time=at_ms,
            correlation="",
            source="operate",
            tenant=place.tenant,
            entity=place.entity,
            account_id=place.account,
            event_time=at_ms,
            action=action,
            actor=actor or getpass.getuser(),
            note=note,
            **{**empty, **fields},
        )

    queue(where, place, made, doubts, _SILENT.get(action, ""))


def queue(
    where: tuple[Path | None, Path | None],
    place: Place,
    made: Callable[[int], Fact],
    doubts: list[str] | None = None,
    only: str = "",
) -> None:
    """Send what a person says of an account to its topic. It is queued whether the account is known or not: what it is
    about may be on its way; what cannot be done then is rejected, and `headrace rejected` says why.

    where: --dir and --config; made: the fact, of the time at which it is said, UTC milliseconds; doubts: what is to be
    warned of, None: look whether there is such an account; only: what alone of its effects the timeline shows.
    """
    with installation(*where) as (settings, log):
        now_ms = time.time_ns() // 1_000_000
        at_ms = said_at(log, now_ms)
        fact = made(at_ms)
        found = findings(fact, at_ms)
        if found or not place.account:
            say("\n".join(found or ["account: is empty"]))
            raise typer.Exit(WRONG_USAGE)
        if doubts is None:
            doubts = [_doubt(settings, place)]
        give_up_at = time.monotonic() + AWAY_SECONDS
        with closing(Producer(log, "operate", lambda: time.monotonic() > give_up_at)) as producer:
            producer.send(fact)
            producer.flush()
    again = where_again(*where)
    for doubt in doubts:
        if doubt:
            say(f"warning: {doubt}")
    process = holder(flows_lock(settings))
    if at_ms != now_ms:
        takes_in = [" when intake takes it in:", f"  headrace run all {again} --replay --until-idle"]
    elif process:
        takes_in = [f" when intake takes it in, at once while the flows run: process {process}."]
    else:
        takes_in = [" when intake takes it in:", f"  headrace run {again}"]
    show(
        [
            f"{fact.event_id}: queued for {place.name}. It takes effect{takes_in[0]}",
            *takes_in[1:],
            f"Then what came of it{only}, and whether and why it could not be done:",
            f"  headrace timeline {again} {shlex.quote(place.account)}",
            f"  headrace rejected {again}",
        ]
    )


def said_at(log: Log, now_ms: int) -> int:
    """When what is said now is said, UTC milliseconds: in a log that was only ever replayed right after the day at which
    its clock stands, so that another replay goes on by a day and not up to today."""
    clocks = shard_clocks(log)
    stands = max((clock.now for clock in clocks), default=0)
    replayed = stands > 0 and all(clock.mode in ("", "replay") for clock in clocks)
    return min(stands + 1, now_ms) if replayed else now_ms


def _doubt(settings: Settings, place: Place) -> str:
    """Why the account may be a wrong one; empty where something was decided about it."""
    if not settings.clickhouse and not (settings.dir / "clickhouse").is_dir():
        return f"nothing was published here yet, so whether there is an account {place.name} cannot be told"
    try:
        asked = views(settings)
        try:
            found = [f"{row[0]}/{row[1]}" for row in asked.ask(_COMPANIES, {"account": place.account}).rows]
        finally:
            asked.close()
    except SinkError as error:
        return f"whether there is an account {place.name} cannot be told: {error}"
    if f"{place.tenant}/{place.entity}" in found:
        return ""
    elsewhere = f"; there is one of that number in {', '.join(found)}" if found else "; is that its number?"
    return f"nothing was ever decided about an account {place.name}{elsewhere}"
