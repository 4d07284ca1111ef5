"""Credit limits as people set them: a limit that comes, in the place of the one that holds, or taken away; a credit_limit fact."""

import getpass
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import typer

from headrace.commands.common import WRONG_USAGE, failures_told, load_existing, no_such_day, say
from headrace.commands.ordering import Place, queue
from headrace.commands.sums import in_minor
from headrace.commands.views import asked, place_of
from schemas.records import CreditLimit
from schemas.topics import CREDIT_PREFIX

# What holds until it is replaced: the last word on each limit.
LIMITS: Final = """
SELECT tenant, entity, account_id, limit_id, argMax(currency, sequence) AS currency, argMax(amount, sequence) AS amount,
       argMax(valid_from, sequence) AS valid_from, argMax(valid_until, sequence) AS valid_until,
       argMax(maker, sequence) AS maker, argMax(approver, sequence) AS approver, max(event_time) AS set_time
FROM credit_changes WHERE status IN ('set', 'approved') AND {account:String} IN ('', account_id)
GROUP BY tenant, entity, account_id, limit_id HAVING argMax(taken_away, sequence) = 0
ORDER BY tenant, entity, account_id, valid_from, limit_id
"""
_NEW: Final = "limit"
_EPOCH_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A limit as it was typed. amount: such as 50000.00; limit, first, last, group: empty where not given; away: the limit
    is to be taken away."""

    amount: str = "0"
    currency: str = ""
    limit: str = ""
    first: str = ""
    last: str = ""
    group: str = ""
    away: bool = False


def in_force(limits: Sequence[dict[str, Any]], day: date) -> dict[str, Any] | None:
    """Of an account's rows of LIMITS the one that holds on that day, as the rules choose: the one that began last, then
    the last by id."""
    holding = [row for row in limits if _first(row) <= day <= (_last(row) or date.max)]
    return max(holding, key=lambda row: (_first(row), row["limit_id"]), default=None)


def _first(row: dict[str, Any]) -> date:
    return date.fromisoformat(row["valid_from"])


def _last(row: dict[str, Any]) -> date | None:
    found = date.fromisoformat(row["valid_until"])
    return None if found == _EPOCH_DAY else found


def days_of(row: dict[str, Any]) -> str:
    """Such as `from 2026-01-05 until 2026-06-30`; from ever, and without end, are not said."""
    first = "" if _first(row) == _EPOCH_DAY else f"from {_first(row)}"
    last = f"until {_last(row)}" if _last(row) else ""
    return " ".join(text for text in (first, last) if text) or "always"


def set_limit(where: tuple[Path | None, Path | None], place: Place, wanted: Wanted, note: str, actor: str) -> None:
    """Queue a limit of the account, or of the group. It replaces the one that it names, else the one that holds on its
    first day, but for one that begins later: what holds until then does so. Wrong usage leaves with exit code 2."""
    account = _account(place, wanted)
    known = _known(where, Place(place.tenant, place.entity, account))
    currency, amount = ("", 0) if wanted.away else in_minor(wanted.amount, wanted.currency)
    first, last = _day(wanted.first, "--from"), _day(wanted.last, "--until")

    def made(at_ms: int) -> CreditLimit:
        today = datetime.fromtimestamp(at_ms / 1000, UTC).date()
        begins = first or today
        limit_id = wanted.limit or _replaced(known, begins, today)
        named = next((row for row in known if row["limit_id"] == limit_id), None)
        if wanted.away and named is None:
            name = f"{place.name} has no limit {limit_id}" if limit_id else f"{place.name} has no limit"
            say(f"{name}, of all that is published; headrace credit lists those that there are")
            raise typer.Exit(WRONG_USAGE)
        return CreditLimit(
            event_id=f"credit_limit:{uuid.uuid4()}",
            recorded_time=at_ms,
            correlation="",
            source="operate",
            tenant=place.tenant,
            entity=place.entity,
            account_id=place.account,
            event_time=at_ms,
            limit_id=limit_id or (_NEW if begins <= today else f"{_NEW}-{begins}"),
            currency=currency if named is None or not wanted.away else named["currency"],
            amount=amount,
            valid_from_date=0 if wanted.away else (begins - _EPOCH_DAY).days,
            valid_until_date=0 if last is None else (last - _EPOCH_DAY).days,
            group=wanted.group,
            cancelled=wanted.away,
            actor=actor or getpass.getuser(),
            note=note,
        )

    queue(where, Place(place.tenant, place.entity, account), made, [] if wanted.group else None)


def _account(place: Place, wanted: Wanted) -> str:
    if bool(wanted.group) == bool(place.account):
        say("say whose limit it is: an ACCOUNT, or --group GROUP")
        raise typer.Exit(WRONG_USAGE)
    return CREDIT_PREFIX + wanted.group if wanted.group else place.account


def _replaced(known: Sequence[dict[str, Any]], begins: date, today: date) -> str:
    """The limit that holds; empty where none does, or where it holds until another begins."""
    holds = in_force(known, begins) if begins <= today else None
    return "" if holds is None else str(holds["limit_id"])


def _day(text: str, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        say(f"{option} {text}: {no_such_day(error) or 'not a day, such as 2026-12-31'}")
        raise typer.Exit(WRONG_USAGE) from None


def _known(where: tuple[Path | None, Path | None], place: Place) -> list[dict[str, Any]]:
    """Its limits, as far as they are published; none where nothing is."""
    with failures_told():
        settings = load_existing(*where)
    if not settings.clickhouse and not (settings.dir / "clickhouse").is_dir():
        return []
    found = asked(*where, LIMITS, {"account": place.account})
    return [row for row in found if place_of(row) == place.name]
