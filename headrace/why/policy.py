"""The part of a policy that held for one decision: its own lines, which variants hold, and why one of them wins."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from benchmarks.memory_rows import NoRows
from dataflows.rules.account.account import load
from dataflows.rules.context import Context
from dataflows.rules.keep import evolve_fact
from dataflows.rules.policy.policy import LAST_DAY, WHERE, Policy, Variant, Who
from headrace.policies.explaining import why_before
from headrace.why.facts import day
from headrace.why.history import WAKE, History, InForce
from headrace.why.rules import rule_of
from schemas.records import Decision

# Rules of these sections ask what holds for the account as a whole, in whatever currency.
_OF_ACCOUNT: Final = frozenset({"release", "statements"})
# Keys of these tables are categories of disputes: the others' are left out.
_BY_CATEGORY: Final = frozenset({"disputes.sla_hours", "disputes.documents", "disputes.keywords"})
# Lines of one section that are shown.
MOST_LINES: Final = 60
_CONTINUED: Final = " " * 16
_HEADER: Final = re.compile(r"\[\[?\s*([A-Za-z0-9_.\"' -]+?)\s*\]?\]\s*(#.*)?")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")


class PolicyPart(NamedTuple):
    """section: empty where no part of the policy has to do with it. line: as decisions say it in policy_line. lines: its text.
    variants: which hold and which not, and why."""

    version: int
    since: str
    section: str
    line: str
    lines: list[str]
    variants: list[str]


def who_at(history: History, offset: int) -> Who:
    """What variants can tell the account apart by, as it was known at an offset: the last customer fact by then."""
    account = load(history.key, NoRows(), b"")
    for taken in reversed(history.facts_of("customer", offset + 1)):
        if not history.was_rejected(taken):
            fact = taken.fact
            moment = history.times.at(taken.offset)
            ctx = Context(
                moment.now, "", moment.in_force.policy, fact.kind, fact.event_id, fact.event_time, fact.recorded_time
            )
            evolve_fact(account, fact, ctx)
            break
    return account.who()


def part_for(history: History, d: Decision) -> PolicyPart:
    """The part of the policy by which a decision was made. Raises NoSuchRule."""
    section = rule_of(d.rule).section
    moment = history.times.at(d.fact_offset)
    currency = "" if section in _OF_ACCOUNT else d.currency
    return part(
        moment.in_force,
        section,
        who_at(history, d.fact_offset),
        currency,
        moment.today(d.cause_kind == WAKE),
        d.category,
    )


def part(in_force: InForce, section: str, who: Who, currency: str, today: int, category: str = "") -> PolicyPart:
    """A section as it held for an account, currency and day (since 1970-01-01)."""
    since = "built in" if in_force.offset < 0 else f"in force from offset {in_force.offset} of the shard's facts on"
    if not section:
        return PolicyPart(in_force.version, since, "", "", [], [])
    policy = in_force.policy
    line = policy.provisions(who, currency, today).lines.get(section, "")
    holding = [v for v in policy.variants if v.holds(who, currency, today) and section in v.changes]
    changed = {name for variant in holding for name in variant.changes[section]}
    lines = [f"[{section}]", *_base(in_force.text, section, changed, category)]
    for variant in holding:
        lines += [f"variant {variant.name}:", *_changes(in_force.text, variant, section, category)]
    return PolicyPart(
        in_force.version,
        since,
        section,
        line,
        lines if len(lines) <= MOST_LINES else [*lines[:MOST_LINES], f"... {len(lines) - MOST_LINES} more lines"],
        _reasons(policy, section, holding, who, currency, today),
    )


# --- the policy's own lines ---


class _Block(NamedTuple):
    """What stands under one header of the text. written: the header as it is; number: of [[variants]], from 1; 0 in the base."""

    header: str
    written: str
    number: int
    lines: list[str]


def _blocks(text: str) -> Iterator[_Block]:
    block = _Block("", "", 0, [])
    number = 0
    for line in text.splitlines():
        header = None if _is_open(block.lines) else _HEADER.fullmatch(line.strip())
        if header is None:
            # A comment far to the right goes on with the one above it; others stand for what is not set.
            goes_on = line.startswith(_CONTINUED) and bool(block.lines)
            if line.strip() and (goes_on or not line.lstrip().startswith("#")):
                _add(block.lines, line)
            continue
        yield block
        name = header[1].replace(" ", "").replace('"', "")
        number += line.strip().startswith("[[") and name == "variants"
        written = line.partition("#")[0].strip()
        block = _Block(name, written, number if name.split(".")[0] == "variants" else 0, [])
    yield block


def _is_open(lines: list[str]) -> bool:
    """Whether a list began in the last line and has not ended."""
    return bool(lines) and lines[-1].count("[") > lines[-1].count("]")


def _add(lines: list[str], line: str) -> None:
    """A line that goes on with a list that is open above it stands behind that."""
    if not _is_open(lines):
        lines.append(line.rstrip())
    elif line.strip().startswith("]"):
        lines[-1] = lines[-1].removesuffix(",") + line.strip()
    else:
        lines[-1] += line.strip() if lines[-1].endswith("[") else f" {line.strip()}"


def _base(text: str, section: str, changed: set[str], category: str) -> list[str]:
    """The section's lines, but for what a variant changes."""
    found: list[str] = []
    for block in _blocks(text):
        if block.header == section:
            found += _kept(block.lines, changed)
        elif block.header.startswith(f"{section}.") and block.header.split(".")[1] not in changed:
            lines = block.lines
            if block.header in _BY_CATEGORY:
                lines = [line for line in lines if _key(line) in ("default", category)]
            if lines:
                found += [block.written, *lines]
    return found or [f"{name} = {_written(value)}" for name, value in _section(text, section) if name not in changed]


def _kept(lines: list[str], changed: set[str]) -> list[str]:
    """Lines without those of changed keys; a line without a key goes on with the one before it."""
    found: list[str] = []
    keep = True
    for line in lines:
        key = _key(line)
        if key:
            keep = key not in changed
        if keep:
            found.append(line.strip() if key else f"  {line.strip()}")
    return found


def _key(line: str) -> str:
    found = _KEY.match(line)
    return found[1] if found is not None else ""


def _changes(text: str, variant: Variant, section: str, category: str) -> list[str]:
    """A variant's lines for that section."""
    blocks = list(_blocks(text))
    for named in blocks:
        if named.header == "variants" and any(_names(line, variant.name) for line in named.lines):
            mine = [b for b in blocks if b.number == named.number and b.header.startswith(f"variants.{section}")]
            found = [f"  {line.strip()}" for block in mine for line in block.lines]
            if found:
                return found
    return [f"  {name} = {_written(value)}" for name, value in variant.changes[section].items()]


def _names(line: str, name: str) -> bool:
    return _key(line) == "name" and tomllib.loads(line).get("name") == name


def _section(text: str, section: str) -> list[tuple[str, Any]]:
    found = tomllib.loads(text).get(section, {})
    return list(found.items()) if isinstance(found, dict) else []


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)


# --- which variant, and why ---


def _reasons(policy: Policy, section: str, holding: list[Variant], who: Who, currency: str, today: int) -> list[str]:
    of_section = [v for v in policy.variants if section in v.changes]
    if not of_section:
        return [f"the policy has no variants of [{section}]: its base holds for everybody"]
    found: list[str] = []
    for variant in reversed(holding):
        found.append(f"{variant.name} holds, since {_where(variant)}")
    if len(holding) > 1:
        last, before = holding[-1], holding[-2]
        found.append(f"{last.name} wins over {before.name}: {why_before(last.where, before.where)}")
    if not holding:
        found.append(f"no variant of [{section}] holds here: its base does")
    for variant in of_section:
        if variant not in holding:
            found.append(f"{variant.name} does not hold: {_why_not(variant, who, currency, today)}")
    return found


def _where(variant: Variant) -> str:
    said = [f"{name} is {variant.where[name]}" for name in WHERE if name in variant.where]
    if variant.first_day:
        said.append(f"it is {day(variant.first_day)} or later")
    if variant.last_day < LAST_DAY:
        said.append(f"it is {day(variant.last_day)} or before")
    return " and ".join(said) or "it is for all"


def _why_not(variant: Variant, who: Who, currency: str, today: int) -> str:
    for name in WHERE:
        if name in variant.where:
            here = currency if name == "currency" else who.value(name)
            if here != variant.where[name]:
                return f"it is for {name} {variant.where[name]}, here it is {here or 'none'}"
    if today < variant.first_day:
        return f"it is for {day(variant.first_day)} and later"
    return f"it is for {day(variant.last_day)} and before"
