"""Tables of `headrace policy`, and the same for machines."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from headrace.commands.tables import Column, Listing
from headrace.policies.compiling import built_in
from headrace.policies.differences import ABSENT, Change
from headrace.policies.explaining import BASE, Explanation, Value, in_words
from headrace.policies.history import Known
from headrace.policies.in_force import Place, current
from headrace.policies.publishing import Version, day_of
from schemas.topics import NEXT_CLOCK

# Characters of a value in a table; a list of keywords has hundreds.
MOST_SHOWN: Final = 60
# Shards whose offsets a table lists; --json lists all.
MOST_PLACES: Final = 16


def short(value: Any) -> str:
    """A value for a table."""
    if value == ABSENT:
        return ABSENT
    said = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= MOST_SHOWN else f"{said[: MOST_SHOWN - 1]}…"


def changes_table(changes: Sequence[Change]) -> Listing:
    columns = (
        Column("value"),
        Column("for", wraps_at=12),
        Column("days", wraps_at=15),
        Column("is", wraps_at=12),
        Column("would be", wraps_at=12),
    )
    table = Listing(columns, title="What changes")
    for change in changes:
        table.add(change.path, in_words(change.who), _days(change), short(change.before), short(change.after))
    return table


def _days(change: Change) -> str:
    if change.first is None and change.last is None:
        return "always"
    return " ".join(
        [f"from {change.first}"] * (change.first is not None) + [f"until {change.last}"] * (change.last is not None)
    )


def json_of_change(change: Change) -> dict[str, Any]:
    return {
        "path": change.path,
        "for": dict(change.who),
        "from": None if change.first is None else change.first.isoformat(),
        "until": None if change.last is None else change.last.isoformat(),
        "before": None if change.before == ABSENT else change.before,
        "after": None if change.after == ABSENT else change.after,
    }


def versions_table(
    versions: Sequence[Version], places: Mapping[int, Sequence[Place]] | None, shards: int
) -> tuple[Listing, list[dict[str, Any]]]:
    """The versions as a table and for machines; the built-in one first. Without `places` nobody knows what is in force."""
    known = {} if places is None else {version: list(where) for version, where in places.items()}
    now = current(known, shards)
    columns = (
        Column("version"),
        Column("state", wraps_at=16),
        Column("from"),
        Column("published", wraps_at=16),
        Column("in force since (UTC); shard at offset", wraps_at=19),
    )
    table = Listing(columns, title="Policies")
    rows = []
    for number, version in [(0, None), *((version.number, version) for version in versions)]:
        where = known.get(number, [])
        here = 0 if places is None else sum(held == number for held in now.values())
        state = "" if places is None and version is None else _state(version, where, here, shards)
        rows.append(_row(number, version, state, where, here))
        table.add(str(number), state, _from(version), _published(version), _since(where, shards))
    return table, rows


def _state(version: Version | None, where: Sequence[Place], here: int, shards: int) -> str:
    if here == shards:
        return "in force in all shards"
    if here:
        return f"in force in {here} of {shards} shards"
    if where:
        return "over"
    if version is None:
        return "over"
    if version.taken_back is not None:
        return "taken back"
    return "proposed" if version.fact.proposed else "waits"


def _row(number: int, version: Version | None, state: str, where: Sequence[Place], here: int) -> dict[str, Any]:
    day = None if version is None else day_of(version.fact)
    return {
        "version": number,
        "state": state,
        "from": None if day is None else day.isoformat(),
        "digest": "" if version is None else version.fact.digest,
        "published_by": "" if version is None else version.fact.actor,
        "approved_by": "" if version is None else version.fact.approved_by,
        "published_at": "" if version is None else time_text(version.fact.recorded_time),
        "note": "" if version is None else version.fact.note,
        "taken_back_by": "" if version is None or version.taken_back is None else version.taken_back.actor,
        "in_force_in_shards": here,
        "took_effect": [{"shard": p.shard, "offset": p.offset, "time": time_text(p.time)} for p in where],
    }


def _from(version: Version | None) -> str:
    if version is None:
        return "the start"
    day = day_of(version.fact)
    return "next clock" if day is None else day.isoformat()


def _published(version: Version | None) -> str:
    if version is None:
        return ""
    fact = version.fact
    said = f"{time_text(fact.recorded_time)[:16]} {fact.actor}" + (f": {fact.note}" if fact.note else "")
    if fact.approved_by:
        said += f"; approved by {fact.approved_by}"
    back = version.taken_back
    return said if back is None else f"{said}; taken back {time_text(back.recorded_time)[:16]} {back.actor}"


def _since(where: Sequence[Place], shards: int) -> str:
    """The time, which is the same in all shards (where it is not, each of them is said), and offsets while they are few."""
    by_time: dict[int, list[Place]] = {}
    for place in where:
        by_time.setdefault(place.time, []).append(place)
    told = []
    for at, places in sorted(by_time.items()):
        when = time_text(at)[:19].replace("T", " ") if at > NEXT_CLOCK else "the start"
        if len(places) == shards:
            when += ", in all shards"
        if len(places) <= MOST_PLACES or len(places) < shards:
            when += ": " + ", ".join(f"{place.shard} at {place.offset}" for place in places)
        told.append(when)
    return "; ".join(told)


def time_text(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def explanation_lines(known: Known, found: Explanation, section: str, every: bool) -> list[str]:
    """Who it is, and a line for each value that is not as built in, or that a variant says; of a section, or with `every`,
    all of them."""
    who = known.who
    says = ", ".join(f"{name} {value}" for name, value in _known(known).items()) or "nothing is known of the customer"
    held = f", with {', '.join(found.variants)}" if found.variants else ""
    will = ", which will be in force then" if known.will_be else ""
    built = built_in().document
    lines = [
        f"{who.tenant}/{who.entity}/{who.account_id} at the end of {found.day}"
        f"{f' in {found.currency}' if found.currency else ''}: policy version {known.version}{will}{held}",
        f"{says}; calendar {found.calendar}",
    ]
    left_out = 0
    for value in found.values:
        if section not in ("", value.section):
            continue
        if not (every or section) and value.by.name == BASE and built[value.section].get(value.field) == value.value:
            left_out += 1
            continue
        lines.append(f"{value.section}.{value.field} = {short(value.value)}  ({_by(value)})")
        if value.why():
            lines.append(f"    {value.why()}")
    if left_out:
        lines.append(f"{left_out} other values are as built in: --all, or --section NAME, shows them")
    return lines


def _by(value: Value) -> str:
    """Such as `base, line 4`, or the variant's name, its line and whom it is for."""
    line = f", line {value.by.line}" if value.by.line else ""
    whom = "" if value.by.name == BASE else f", for {in_words(value.by.where)}"
    return f"{value.by.name}{line}{whom}"


def _known(known: Known) -> dict[str, str]:
    who = known.who
    said = {"country": who.country, "region": who.region, "tier": who.tier, "segment": who.segment}
    said |= {"risk_class": who.risk_class, "contract": who.contract}
    said["terms_days"] = str(who.terms_days) if who.terms_days else ""
    return {name: value for name, value in said.items() if value}


def json_of_value(value: Value) -> dict[str, Any]:
    return {
        "path": f"{value.section}.{value.field}",
        "value": value.value,
        "by": value.by.name,
        "where": dict(value.by.where),
        "line": value.by.line,
        "why": value.why(),
        "goes_before": [
            {"name": said.name, "where": dict(said.where), "value": said.value} for said in reversed(value.said[:-1])
        ],
    }
