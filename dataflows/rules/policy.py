"""The policy: dated, versioned rules text that came as a fact. Pure: parses text, asks nothing else."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Final
from zlib import crc32

DEFAULT_TEXT: Final = (Path(__file__).parent / "default_policy.toml").read_text()
EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
DAY_MS: Final = 86_400_000
CONDITIONS: Final = ("on_order", "on_shipment", "on_pod")
# A step further from the due date than this is a mistake.
STEP_DAYS: Final = range(-365, 3_651)
# What may stand in each table.
_KNOWN: Final = {
    "": ("version", "release", "reminders", "promises", "cash", "segments", "tiers"),
    "release": ("condition", "pod_days", "hold_sla_days"),
    "reminders": (
        "steps_days",
        "minimum_minor",
        "days_between_letters",
        "window_start_minute",
        "window_minutes",
        "weekend",
        "holidays",
    ),
    "promises": ("tolerance_days", "tolerance_minor"),
    "cash": ("sources",),
}


class WrongPolicy(ValueError):
    """A policy text that cannot be in force. The message names the path and what may stand there."""


class Release:
    """When drafts are released. Source: REFERENCE 3.1."""

    __slots__ = ("condition", "hold_sla_days", "pod_days")

    def __init__(self, condition: str, pod_days: int, hold_sla_days: int) -> None:
        self.condition: Final = condition
        self.pod_days: Final = pod_days
        self.hold_sla_days: Final = hold_sla_days


class Policy:
    """One policy in force. Days are days since 1970-01-01; money is minor units."""

    def __init__(self, version: int, document: dict[str, object]) -> None:
        self.version: Final = version
        base = _table(document, "release")
        self.release: Final = _release(base, "release")
        self.release_of_segment: Final = _variants(document, "segments", base)
        self.release_of_tier: Final = _variants(document, "tiers", base)
        reminders = _table(document, "reminders")
        self.steps_days: Final = _numbers(reminders, "reminders", "steps_days")
        if self.steps_days != sorted(set(self.steps_days)):
            raise WrongPolicy(f"reminders.steps_days: {self.steps_days} must rise, each once")
        if any(days not in STEP_DAYS for days in self.steps_days):
            raise WrongPolicy(
                f"reminders.steps_days: {self.steps_days} must be from {STEP_DAYS[0]} to {STEP_DAYS[-1]} days after the due date"
            )
        self.minimum_minor: Final = _number(reminders, "reminders", "minimum_minor", 0, 10**12)
        self.days_between_letters: Final = _number(reminders, "reminders", "days_between_letters", 0, 365)
        self.window_start_ms: Final = 60_000 * _number(reminders, "reminders", "window_start_minute", 0, 1439)
        self.window_ms: Final = 60_000 * _number(reminders, "reminders", "window_minutes", 1, 1440)
        if self.window_start_ms + self.window_ms > DAY_MS:
            raise WrongPolicy("reminders.window_minutes: the window must end by midnight")
        self.weekend: Final = _numbers(reminders, "reminders", "weekend")
        if len({day for day in self.weekend if 0 <= day <= 6}) != len(self.weekend) or len(self.weekend) > 6:
            raise WrongPolicy(
                f"reminders.weekend: {self.weekend} must be days from 0 (Monday) to 6, each once, not all"
            )
        self.holidays: Final = _holidays(reminders)
        # Equal where all steps fall on the same days.
        self.steps_key: Final = crc32(repr((self.steps_days, sorted(self.weekend), sorted(self.holidays))).encode())
        promises = _table(document, "promises")
        self.promise_tolerance_days: Final = _number(promises, "promises", "tolerance_days", 0, 90)
        self.promise_tolerance_minor: Final = _number(promises, "promises", "tolerance_minor", 0, 10**9)
        self.cash_sources: Final = _texts(_table(document, "cash"), "cash", "sources")

    def release_for(self, segment: str, tier: str) -> Release:
        """The most specific release rule: tier, else segment, else the base."""
        found = self.release_of_tier.get(tier)
        if found is None:
            found = self.release_of_segment.get(segment)
        return found if found is not None else self.release

    def business_day(self, day: int) -> int:
        """`day`, or the next one that is neither weekend nor holiday. There is one: a week has a working day."""
        # 1970-01-01 was a Thursday: weekday 3.
        while (day + 3) % 7 in self.weekend or day in self.holidays:
            day += 1
        return day


def parse(text: str) -> Policy:
    """The policy in a TOML text. Raises WrongPolicy with the path that is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongPolicy(f"not TOML: {error}") from error
    _refuse_unknown(document, "", _KNOWN[""])
    for name in ("release", "reminders", "promises", "cash"):
        table = document.get(name)
        if isinstance(table, dict):
            _refuse_unknown(table, name, _KNOWN[name])
    return Policy(_number(document, "", "version", 0, 10**9), document)


def _refuse_unknown(table: dict[str, object], path: str, known: tuple[str, ...]) -> None:
    for name in sorted(table):
        if name not in known:
            raise WrongPolicy(f"{path}.{name}: unknown; known are {', '.join(known)}".lstrip("."))


def _table(document: dict[str, object], name: str) -> dict[str, object]:
    value = document.get(name)
    if not isinstance(value, dict):
        raise WrongPolicy(f"{name}: a table [{name}] must be there")
    return value


def _number(table: dict[str, object], path: str, name: str, low: int, high: int) -> int:
    value = table.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise WrongPolicy(f"{path}.{name}: {value!r} must be a whole number from {low} to {high}".lstrip("."))
    return value


def _list(table: dict[str, object], path: str, name: str) -> list[object]:
    value = table.get(name)
    if not isinstance(value, list):
        raise WrongPolicy(f"{path}.{name}: {value!r} must be a list")
    return value


def _numbers(table: dict[str, object], path: str, name: str) -> list[int]:
    found: list[int] = []
    for value in _list(table, path, name):
        if not isinstance(value, int) or isinstance(value, bool):
            raise WrongPolicy(f"{path}.{name}: {value!r} must be a whole number")
        found.append(value)
    return found


def _texts(table: dict[str, object], path: str, name: str) -> list[str]:
    found: list[str] = []
    for value in _list(table, path, name):
        if not isinstance(value, str):
            raise WrongPolicy(f"{path}.{name}: {value!r} must be a text")
        found.append(value)
    return found


def _holidays(table: dict[str, object]) -> frozenset[int]:
    days: list[int] = []
    for text in _texts(table, "reminders", "holidays"):
        try:
            days.append(date.fromisoformat(text).toordinal() - EPOCH_ORDINAL)
        except ValueError:
            raise WrongPolicy(f"reminders.holidays: {text!r} must be a date YYYY-MM-DD") from None
    return frozenset(days)


def _release(table: dict[str, object], path: str) -> Release:
    condition = table.get("condition")
    if not isinstance(condition, str) or condition not in CONDITIONS:
        raise WrongPolicy(f"{path}.condition: {condition!r} must be one of {', '.join(CONDITIONS)}")
    return Release(condition, _number(table, path, "pod_days", 0, 365), _number(table, path, "hold_sla_days", 0, 365))


def _variants(document: dict[str, object], name: str, base: dict[str, object]) -> dict[str, Release]:
    """[segments.NAME.release] and [tiers.NAME.release]: what they leave out is as in [release]."""
    found: dict[str, Release] = {}
    for key, value in sorted(_table(document, name).items()):
        path = f"{name}.{key}.release"
        if not isinstance(value, dict):
            raise WrongPolicy(f"{name}.{key}: must be a table")
        _refuse_unknown(value, f"{name}.{key}", ("release",))
        own = value.get("release")
        if not isinstance(own, dict):
            raise WrongPolicy(f"{path}: a table [{path}] must be there")
        _refuse_unknown(own, path, _KNOWN["release"])
        found[key] = _release({**base, **own}, path)
    return found
