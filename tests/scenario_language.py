"""Scenarios as text: dated lines of facts, what they lead to below them. tests/scenarios/README.md is the language.

`parse` gives steps with real facts in them. Raises WrongScenario with file and line.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from connectors.currencies import MINOR_DIGITS
from schemas.records import Fact
from schemas.topics import SUSPENSE_PREFIX
from tests.scenario_entries import ENTRIES
from tests.scenario_facts import FACTS
from tests.scenario_lines import ACCOUNT, Line, day_of, matched, pattern
from tests.scenario_people import PEOPLE


class WrongScenario(ValueError):
    """A line that is not of the language. The message says which one and what is wrong."""


@dataclass(frozen=True, slots=True)
class DayEnds:
    """The clock at the end of the day, and all that is due by then."""


@dataclass(frozen=True, slots=True)
class Arrives:
    """Money on its way between accounts arrives where it was sent."""

    receipt_id: str


@dataclass(frozen=True, slots=True)
class CreditArrives:
    """What accounts that share a credit limit have said to each other arrives, all of it, in the order in which it was said."""


@dataclass(frozen=True, slots=True)
class Again:
    """The fact of the line above, delivered once more."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What is written replaces that part of the default policy; the rest is as by default."""

    part: dict[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One dated line: what happens, and the lines below it (number, text)."""

    line: int
    text: str
    day: int
    action: Fact | DayEnds | Arrives | CreditArrives | Again | PolicyChange
    below: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`xfail` is why it is expected to fail; empty where it must pass. `live`: its days are lived, not replayed."""

    path: Path
    currency: str
    xfail: str
    live: bool
    steps: list[Step]


_COMMENT = re.compile(r"(^|\s);.*")
_ARRIVES = pattern("transfer of receipt=ID arrives")
_DATED = re.compile(r"(\d{4}-\d\d-\d\d) (?:\[(\S+)\] )?(.+)")


def parse(path: Path) -> Scenario:
    """The scenario in that file. Raises WrongScenario."""
    currency, xfail, live = "USD", "", False
    steps: list[Step] = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        bare = _COMMENT.sub("", text).rstrip()
        try:
            if not bare:
                if number == 1 and not text.startswith("; "):
                    raise ValueError("the first line says after a semicolon what the scenario shows")
            elif bare.startswith(" "):
                if not steps:
                    raise ValueError("nothing was dated above it")
                steps[-1].below.append((number, bare))
            elif steps or bare[0].isdigit():
                steps.append(_step(number, bare, currency, steps))
            elif bare.startswith("expected to fail: "):
                xfail = bare.removeprefix("expected to fail: ")
            elif bare == "live":
                live = True
            elif bare.startswith("currency ") and bare[9:] in MINOR_DIGITS:
                currency = bare[9:]
            else:
                raise ValueError(
                    "before the first date there may be `currency CODE`, `live` or `expected to fail: why`"
                )
        except ValueError as error:
            raise WrongScenario(f"{path}:{number}: {text.strip()}\n    {error}") from error
    if not steps:
        raise WrongScenario(f"{path}:1: has no dated line")
    return Scenario(path, currency, xfail, live, [_with_policy(path, step) for step in steps])


def _step(number: int, text: str, currency: str, before: list[Step]) -> Step:
    found = matched(_DATED, text, "YYYY-MM-DD [ACCOUNT] what happens")
    day, what = day_of(found[1]), found[3]
    if before and day < before[-1].day:
        raise ValueError("is dated before the line above it")
    if what == "end of day":
        return Step(number, text, day, DayEnds(), [])
    if what == "policy":
        return Step(number, text, day, PolicyChange({}), [])
    if what == "credit news arrives":
        return Step(number, text, day, CreditArrives(), [])
    if what == "same again":
        return Step(number, text, day, Again(), [])
    arrives = _ARRIVES.fullmatch(what)
    if arrives is not None:
        return Step(number, text, day, Arrives(arrives["receipt"]), [])
    line = Line(number, day, found[2] or ACCOUNT, currency)
    if "/" in line.account:
        line.entity, line.account = line.account.split("/", 1)
    if line.account == "suspense":
        line.account = _suspense_before(before)
    for form, build in FACTS + ENTRIES + PEOPLE:
        fits = form.fullmatch(what)
        if fits is not None:
            line.found = fits.groupdict()
            line.currency = line.found.get("currency") or currency
            return Step(number, text, day, build(line), [])
    raise ValueError("is no fact of the language; tests/scenarios/README.md has them all")


def _suspense_before(steps: list[Step]) -> str:
    """The suspense account that unidentified money above went to."""
    for step in steps:
        if isinstance(step.action, Fact) and step.action.account_id.startswith(SUSPENSE_PREFIX):
            return step.action.account_id
    raise ValueError("no money went to a suspense account above it")


def _with_policy(path: Path, step: Step) -> Step:
    """A policy step with the TOML below it; nothing is expected of it."""
    if not isinstance(step.action, PolicyChange):
        return step
    text = "\n".join(line.strip() for _, line in step.below)
    try:
        return Step(step.line, step.text, step.day, PolicyChange(tomllib.loads(text)), [])
    except tomllib.TOMLDecodeError as error:
        raise WrongScenario(f"{path}:{step.line}: the policy below is not TOML: {error}") from error
