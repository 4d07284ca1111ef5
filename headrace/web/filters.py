"""What a page is about, as its address says: day, currency, company, owner, period, page. An address can be kept and sent."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import urlencode

from headrace.scope import Scope

PERIODS: Final = (1, 3, 6, 12, 24)
DEFAULT_PERIOD: Final = 6
ROWS: Final = 25
_MOST_PAGE: Final = 4_000
_MOST_TEXT: Final = 200
_NAMES: Final = ("as_of", "currency", "entity", "region", "segment", "owner", "period", "page", "search", "table")
# Days and spans around it are days too, for Python and for the columns of ClickHouse (1900 to 2299).
_FIRST_DAY: Final = date(1970, 1, 1)
_LAST_DAY: Final = date(2199, 12, 31)


class BadAddress(ValueError):
    """A part of the address cannot be what it says. The message names it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be chosen, and what holds where nothing is: the last day of the log, the first of the currencies.

    until: the log's own time, UTC as YYYY-MM-DD HH:MM:SS.mmm, by which deadlines are judged.
    """

    last_day: date
    until: str
    currencies: Sequence[str]
    entities: Sequence[str]
    regions: Sequence[str] = ()
    segments: Sequence[str] = ()
    owners: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """`months` is the period; `page` counts from 1. Empty texts do not filter."""

    as_of: date
    currency: str
    entity: str = ""
    region: str = ""
    segment: str = ""
    owner: str = ""
    months: int = DEFAULT_PERIOD
    page: int = 1
    search: str = ""

    @property
    def scope(self) -> Scope:
        """The accounts meant where the owner is the account's collector."""
        return Scope(self.entity, self.region, self.segment, self.owner)

    @property
    def place(self) -> Scope:
        """The same where the owner is who has a piece of work, whoever's account it is."""
        return Scope(self.entity, self.region, self.segment)


def read_filters(said: Sequence[tuple[str, str]], known: Known, also: Collection[str] = ()) -> Filters:
    """From an address, in which names of `also` may be too. Raises BadAddress."""
    query = dict(said)
    for name, value in said:
        if query[name] != value:
            raise BadAddress(f"{name} is said twice, as {value} and {query[name]}: say it once")
        if name not in _NAMES and name not in also:
            raise BadAddress(f"{name}={query[name]}: there is no such name; there are {', '.join((*_NAMES, *also))}")
    found = Filters(known.last_day, known.currencies[0] if known.currencies else "")
    if query.get("as_of"):
        found = replace(found, as_of=_day(query["as_of"]))
    if query.get("currency"):
        found = replace(found, currency=_one_of("currency", query["currency"], known.currencies))
    if query.get("entity"):
        found = replace(found, entity=_one_of("entity", query["entity"], known.entities))
    if query.get("region"):
        found = replace(found, region=_one_of("region", query["region"], known.regions))
    if query.get("segment"):
        found = replace(found, segment=_one_of("segment", query["segment"], known.segments))
    if query.get("owner"):
        found = replace(found, owner=_one_of("owner", query["owner"], known.owners))
    if query.get("period"):
        found = replace(found, months=_number("period", query["period"], max(PERIODS)))
    if query.get("page"):
        found = replace(found, page=_number("page", query["page"], _MOST_PAGE))
    return replace(found, search=query.get("search", "").strip()[:_MOST_TEXT])


def address(path: str, filters: Filters, known: Known, **changes: object) -> str:
    """`path` with what differs from what holds anyway; page 1 unless it is changed."""
    changed = replace(filters, page=1, **changes) if "page" not in changes else replace(filters, **changes)  # type: ignore[arg-type]
    said = {
        "as_of": "" if changed.as_of == known.last_day else changed.as_of.isoformat(),
        "currency": "" if known.currencies and changed.currency == known.currencies[0] else changed.currency,
        "entity": changed.entity,
        "region": changed.region,
        "segment": changed.segment,
        "owner": changed.owner,
        "period": "" if changed.months == DEFAULT_PERIOD else changed.months,
        "search": changed.search,
        "page": "" if changed.page == 1 else changed.page,
    }
    query = urlencode({name: value for name, value in said.items() if value != ""})
    return f"{path}?{query}" if query else path


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadAddress(f"as_of={text}: write a day as YYYY-MM-DD") from None
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise BadAddress(f"as_of={text}: must be a day from {_FIRST_DAY} to {_LAST_DAY}")
    return day


def _one_of(name: str, text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise BadAddress(f"{name}={text}: there is none of that name; there are {', '.join(known)}")
    return text


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10) or not 1 <= int(text) <= most:
        raise BadAddress(f"{name}={text}: must be a whole number from 1 to {most}")
    return int(text)
