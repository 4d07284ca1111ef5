"""The policy as the auditor reads it: only what its checks need. A text that is no policy was rejected by its shard."""

import tomllib
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

EPOCH = date(1970, 1, 1)
_BUILT_IN = (files("dataflows") / "rules" / "policy" / "default_policy.toml").read_text()


@dataclass(frozen=True, slots=True)
class Who:
    """What a variant may tell customers apart by, other than the currency."""

    tenant: str = ""
    entity: str = ""
    account_id: str = ""
    region: str = ""
    country: str = ""
    tier: str = ""
    segment: str = ""
    terms_days: int = 0
    risk_class: str = ""
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """One policy, as it is for one customer, currency and day once `of` was asked."""

    text: dict[str, Any]
    calendar: dict[str, Any]

    def of(self, who: Who, currency: str, day: int) -> "Terms":
        """What holds there: the variants that fit laid over the base, the most specific last."""
        fitting = [v for v in self.text.get("variants", []) if _fits(v["where"], who, currency, day)]
        text = dict(self.text)
        for variant in sorted(fitting, key=_specific):
            for name, part in variant.items():
                if name not in ("name", "where"):
                    text[name] = {**text[name], **part}
        calendars = self.text["calendars"]
        return Terms(text, calendars.get(who.country, calendars["default"]))

    @property
    def steps_days(self) -> list[int]:
        found: list[int] = self.text["reminders"]["steps_days"]
        return found

    @property
    def minimum_minor(self) -> int:
        return int(self.text["reminders"]["minimum_minor"])

    @property
    def days_between_letters(self) -> int:
        return int(self.text["reminders"]["days_between_letters"])

    @property
    def reminders(self) -> dict[str, Any]:
        found: dict[str, Any] = self.text["reminders"]
        return found

    @property
    def interest(self) -> dict[str, Any]:
        found: dict[str, Any] = self.text["interest"]
        return found

    @property
    def cash_sources(self) -> list[str]:
        found: list[str] = self.text["cash"]["sources"]
        return found

    @property
    def differences(self) -> dict[str, Any]:
        found: dict[str, Any] = self.text["differences"]
        return found

    @property
    def exchange(self) -> dict[str, Any]:
        found: dict[str, Any] = self.text["exchange"]
        return found

    def business_day_number(self, day: int) -> int:
        """The same of days since 1970-01-01."""
        return (self.business_day(EPOCH + timedelta(day)) - EPOCH).days

    def business_day(self, day: date) -> date:
        """The day, or the next one that is for business."""
        while day.weekday() in self.calendar["weekend"] or day.isoformat() in self.calendar["holidays"]:
            day += timedelta(1)
        return day

    def step_day(self, due_date: int, level: int) -> int:
        """The business day on which an item may first be reminded at `level`, from 1."""
        return (self.business_day(EPOCH + timedelta(due_date + self.steps_days[level - 1])) - EPOCH).days


# The most specific first.
ORDER = ("customer", "contract", "tier", "risk_class", "segment", "terms_days", "country", "region", "entity", "tenant", "currency")  # fmt: skip


def _specific(variant: dict[str, Any]) -> list[int]:
    where = variant["where"]
    # Of those that name payment terms, the longest.
    return [where.get(name, 0) if name == "terms_days" else int(name in where) for name in ORDER]


def day_text(day: int) -> str:
    """A day since 1970-01-01 as YYYY-MM-DD."""
    return (EPOCH + timedelta(day)).isoformat()


def _fits(where: dict[str, Any], who: Who, currency: str, day: int) -> bool:
    today = (EPOCH + timedelta(day)).isoformat()
    if not where.get("from", "") <= today <= where.get("until", "9999-12-31"):
        return False
    said = {**asdict(who), "customer": who.account_id, "currency": currency}
    if who.terms_days < where.get("terms_days", 0):
        return False
    return all(said[name] == wanted for name, wanted in where.items() if name not in ("from", "until", "terms_days"))


def read_terms(text: str) -> Terms:
    """The terms in a policy text that its shard accepted; of nobody in particular until `of` is asked."""
    document = tomllib.loads(text)
    for name, part in tomllib.loads(_BUILT_IN).items():
        if isinstance(part, dict) and name != "calendars":
            # An older program may have published it, which knew fewer settings.
            document[name] = {**part, **document.get(name, {})}
    return Terms(document, document["calendars"]["default"])


def built_in() -> Terms:
    """The policy in force where none was published."""
    return read_terms(_BUILT_IN)
