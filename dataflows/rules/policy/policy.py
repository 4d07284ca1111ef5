"""The policy: dated, versioned rules text that came as a fact. Pure: parses text, asks nothing else.

A policy is a base and variants of it. A variant says where it holds (tenant, entity, region, country, tier, risk
class, segment, payment terms, contract, customer, currency, from and until which day) and what is other there. For one account, currency and day all
variants that hold are laid over the base, the most specific last.
"""

import tomllib
from bisect import bisect_right
from pathlib import Path
from typing import Final
from zlib import crc32

from dataflows.rules.policy.policy_tables import EPOCH_ORDINAL, Table, WrongPolicy
from dataflows.rules.provisions.approvals import ApprovalTerms
from dataflows.rules.provisions.calendars import DEFAULT_CALENDAR, Calendar
from dataflows.rules.provisions.cash import CashTerms
from dataflows.rules.provisions.collections import CollectionTerms
from dataflows.rules.provisions.credit import CreditTerms
from dataflows.rules.provisions.delivery import DeliveryTerms
from dataflows.rules.provisions.differences import DifferenceTerms
from dataflows.rules.provisions.disputes import DisputeTerms
from dataflows.rules.provisions.exceptions import ExceptionTerms
from dataflows.rules.provisions.exchange import ExchangeTerms
from dataflows.rules.provisions.interest import InterestTerms
from dataflows.rules.provisions.people import PeopleTerms
from dataflows.rules.provisions.promises import PromiseTerms
from dataflows.rules.provisions.release import ReleaseTerms
from dataflows.rules.provisions.reminders import ReminderTerms, refuse_no_window
from dataflows.rules.provisions.statements import StatementTerms

__all__ = ["DEFAULT_TEXT", "EPOCH_ORDINAL", "Policy", "Provisions", "Who", "WrongPolicy", "parse", "published"]

DEFAULT_TEXT: Final = (Path(__file__).parent / "default_policy.toml").read_text()
DAY_MS: Final = 86_400_000
# Sections that a variant may change.
SECTIONS: Final = (
    "release",
    "reminders",
    "promises",
    "cash",
    "disputes",
    "interest",
    "collections",
    "statements",
    "differences",
    "exchange",
    "people",
    "approvals",
    "exceptions",
    "delivery",
    "credit",
)
# What a variant's [where] may name, the most specific first; the sort of variants follows this order.
WHERE: Final = (
    "customer",
    "contract",
    "tier",
    "risk_class",
    "segment",
    "terms_days",
    "country",
    "region",
    "entity",
    "tenant",
    "currency",
)
# The one of them that is a number: payment terms of so many days, or more; of two that hold the longer one wins.
TERMS: Final = "terms_days"
MOST_TERMS_DAYS: Final = 3_650
# Days of which it is kept when contacts may be made: some years.
MOST_WINDOWS: Final = 4_096
# No day of ours is later.
LAST_DAY: Final = 10**7


class Who:
    """Whose provisions are asked for: what variants may tell apart, but for currency and day."""

    __slots__ = (
        "account_id",
        "contract",
        "country",
        "entity",
        "key",
        "region",
        "risk_class",
        "segment",
        "tenant",
        "terms_days",
        "tier",
    )

    def __init__(
        self,
        tenant: str,
        entity: str,
        account_id: str,
        region: str,
        country: str,
        tier: str,
        segment: str,
        terms_days: int = 0,
        risk_class: str = "",
        contract: str = "",
    ) -> None:
        self.tenant: Final = tenant
        self.entity: Final = entity
        self.account_id: Final = account_id
        self.region: Final = region
        self.country: Final = country
        self.tier: Final = tier
        self.segment: Final = segment
        self.terms_days: Final = terms_days
        self.risk_class: Final = risk_class
        self.contract: Final = contract
        # Without what nearly every account has its own of, and terms, of which few numbers count.
        self.key: Final = (tenant, entity, region, country, tier, segment, risk_class)

    def value(self, name: str) -> str:
        """What stands for a name of WHERE, other than the currency and the payment terms."""
        if name == "customer":
            return self.account_id
        if name == "contract":
            return self.contract
        if name == "tier":
            return self.tier
        if name == "risk_class":
            return self.risk_class
        if name == "segment":
            return self.segment
        if name == "country":
            return self.country
        if name == "region":
            return self.region
        return self.entity if name == "entity" else self.tenant


NOBODY: Final = Who("", "", "", "", "", "", "")


class Variant:
    """A part of a policy that holds for some. first_day, last_day: days since 1970-01-01, both included."""

    __slots__ = ("changes", "first_day", "last_day", "name", "rank", "terms_days", "where")

    def __init__(self, table: Table) -> None:
        self.name: Final = table.text("name")
        where = table.table("where")
        self.where: Final[dict[str, str]] = {
            name: str(where.number(name, 1, MOST_TERMS_DAYS)) if name == TERMS else where.text(name)
            for name in WHERE
            if where.has(name)
        }
        # 0 where it does not name them, which all terms are at least.
        self.terms_days: Final = int(self.where.get(TERMS, "0"))
        self.first_day: Final = where.day("from") if where.has("from") else 0
        self.last_day: Final = where.day("until") if where.has("until") else LAST_DAY
        where.done()
        if self.last_day < self.first_day:
            raise WrongPolicy(f"{where.at('until')}: is before from")
        self.changes: Final[dict[str, dict[str, object]]] = {
            section: table.table(section).values() for section in SECTIONS if table.has(section)
        }
        if "sources" in self.changes.get("cash", {}):
            raise WrongPolicy(f"{table.at('cash')}.sources: is the same for all; a variant cannot change it")
        # Which of WHERE it names, the most specific first.
        self.rank: Final = [self.terms_days if name == TERMS else int(name in self.where) for name in WHERE]
        table.done()

    def holds(self, who: Who, currency: str, day: int) -> bool:
        if not self.first_day <= day <= self.last_day or who.terms_days < self.terms_days:
            return False
        for name, wanted in self.where.items():
            if name != TERMS and wanted != (currency if name == "currency" else who.value(name)):
                return False
        return True


def _rank(variant: Variant) -> tuple[list[int], int]:
    """More specific ones are greater, later ones among equals."""
    return (variant.rank, variant.first_day)


class Provisions:
    """What a policy says for one account, currency and day.

    lines: For each section that variants changed, their names, the one that wins last.
    """

    def __init__(self, tables: dict[str, Table], calendar: Calendar, lines: dict[str, str], steps_key: int) -> None:
        self.lines: Final = lines
        self.calendar: Final = calendar
        self.release: Final = ReleaseTerms(tables["release"])
        self.reminders: Final = ReminderTerms(tables["reminders"])
        self.promises: Final = PromiseTerms(tables["promises"])
        self.cash: Final = CashTerms(tables["cash"])
        self.disputes: Final = DisputeTerms(tables["disputes"])
        self.interest: Final = InterestTerms(tables["interest"])
        self.collections: Final = CollectionTerms(tables["collections"])
        self.statements: Final = StatementTerms(tables["statements"])
        self.differences: Final = DifferenceTerms(tables["differences"])
        self.exchange: Final = ExchangeTerms(tables["exchange"])
        self.people: Final = PeopleTerms(tables["people"])
        self.approvals: Final = ApprovalTerms(tables["approvals"])
        self.exceptions: Final = ExceptionTerms(tables["exceptions"])
        for covers in (self.collections.absences, self.disputes.absences, self.exceptions.covers):
            covers.extend(self.people.absences)
        self.delivery: Final = DeliveryTerms(tables["delivery"])
        self.credit: Final = CreditTerms(tables["credit"])
        # Equal where the steps of all currencies fall on the same days.
        self.steps_key: Final = steps_key
        self._windows: Final[dict[int, tuple[int, int]]] = {}

    def contact_window(self, day: int) -> tuple[int, int]:
        """The hours of that day at which customers are written to: when they begin, UTC milliseconds, and how long they
        last, at least 1.

        The window is of the customer's country. Of it, those hours count in which that country's date is also the date in
        UTC: a day of the log and a day of the customer are one then.
        """
        known = self._windows.get(day)
        if known is not None:
            return known
        opens = day * DAY_MS + self.reminders.window_start_ms
        start = max(day * DAY_MS, self.calendar.utc(opens))
        end = min((day + 1) * DAY_MS, self.calendar.utc(opens + self.reminders.window_ms))
        found = (start, max(1, end - start))
        if len(self._windows) < MOST_WINDOWS:
            self._windows[day] = found
        return found


class Policy:
    """One policy in force. Days are days since 1970-01-01; money is minor units."""

    def __init__(self, document: Table) -> None:
        self.version: Final = document.number("version", 0, 10**9)
        self._sections: Final = {name: document.table(name).values() for name in SECTIONS}
        self.calendars: Final = _calendars(document.table("calendars"))
        self.variants: Final = sorted([Variant(table) for table in document.tables("variants")], key=_rank)
        document.done()
        _refuse_ties(self.variants)
        # Sections that some variant changes.
        self.varied: Final = {section for variant in self.variants for section in variant.changes}
        self._customers: Final = {v.where["customer"] for v in self.variants if "customer" in v.where}
        self._contracts: Final = {v.where["contract"] for v in self.variants if "contract" in v.where}
        self._terms: Final = sorted({v.terms_days for v in self.variants} - {0})
        # Whether provisions depend on the currency.
        self.names_currencies: Final = any("currency" in variant.where for variant in self.variants)
        # On these days other variants hold than on the day before.
        self.boundaries: Final = sorted(
            {v.first_day for v in self.variants} | {v.last_day + 1 for v in self.variants if v.last_day < LAST_DAY}
        )
        self._known: dict[tuple[tuple[str, ...], str, str, str, int, int], Provisions] = {}
        self.base: Final = self._made(NOBODY, [], [])
        self.cash_sources: Final = self.base.cash.sources
        # Whether provisions depend on whose they are.
        self.varies: Final = bool(self.variants) or len(self.calendars) > 1
        made = [("reminders", self.base)]
        for variant in self.variants:
            # What is wrong in a variant is told now, not when it first holds.
            made.append((f"variants.{variant.name}.reminders", self._made(NOBODY, [variant], [])))
        for path, provisions in made:
            for name in sorted(self.calendars):
                refuse_no_window(name, self.calendars[name], provisions.reminders, path)
        # Whether any account gets tasks: most decisions need not ask whose they are.
        self.opens_tasks: Final = any(bool(provisions.collections.tasks) for _, provisions in made)
        # Whether anything is sent out: most postings need not ask by whom.
        self.delivers: Final = any(bool(provisions.delivery.channels) for _, provisions in made)
        # Whether the exposure of any account is kept that has no limit of its own.
        self.asks_credit: Final = any(provisions.credit.asks for _, provisions in made)
        # Equal where all steps fall on the same days for everybody, and items past due hold after as many.
        reminders = [
            (v.name, v.where, v.first_day, v.last_day, v.changes.get("reminders"), v.changes.get("credit"))
            for v in self.variants
        ]
        # And where credit notes are netted on the same days.
        parts = [self._sections["cash"], *[v.changes.get("cash", {}) for v in self.variants]]
        netting = [(part.get("net_credits"), part.get("net_credits_days")) for part in parts]
        calendars = [(name, self.calendars[name].key) for name in sorted(self.calendars)]
        credit = sorted(self._sections["credit"].items())
        self.steps_key: Final = crc32(repr((self.base.steps_key, calendars, reminders, credit, netting)).encode())

    def provisions(self, who: Who, currency: str, day: int) -> Provisions:
        """What holds for that account, in that currency (empty: for the account as a whole), on that day."""
        if not self.varies:
            return self.base
        key = (
            who.key,
            who.account_id if who.account_id in self._customers else "",
            who.contract if who.contract in self._contracts else "",
            currency if self.names_currencies else "",
            bisect_right(self.boundaries, day),
            bisect_right(self._terms, who.terms_days),
        )
        known = self._known.get(key)
        if known is None:
            known = self._made(
                who,
                [v for v in self.variants if v.holds(who, currency, day)],
                [v for v in self.variants if v.holds(who, v.where.get("currency", ""), day)],
            )
            self._known[key] = known
        return known

    def days_alike(self, day: int) -> tuple[int, int]:
        """From which day until before which day the same variants hold as on that day."""
        at = bisect_right(self.boundaries, day)
        first = self.boundaries[at - 1] if at else -LAST_DAY
        return first, self.boundaries[at] if at < len(self.boundaries) else LAST_DAY

    def changes_between(self, day: int, later: int) -> bool:
        """Whether other variants hold on the later day than on the day."""
        return bisect_right(self.boundaries, day) != bisect_right(self.boundaries, later)

    def _made(self, who: Who, variants: list[Variant], in_any_currency: list[Variant]) -> Provisions:
        tables: dict[str, Table] = {}
        lines: dict[str, str] = {}
        for section in SECTIONS:
            values = dict(self._sections[section])
            path = section
            for variant in variants:
                if section in variant.changes:
                    values.update(variant.changes[section])
                    lines[section] = f"{lines[section]}, {variant.name}" if section in lines else variant.name
                    path = f"variants.{variant.name}.{section}"
            tables[section] = Table(values, path)
        calendar = self.calendars.get(who.country)
        if calendar is None:
            calendar = self.calendars[DEFAULT_CALENDAR]
        steps = [self._sections["reminders"].get("steps_days")]
        for variant in in_any_currency:
            steps += [variant.where.get("currency"), variant.changes.get("reminders", {}).get("steps_days")]
        return Provisions(tables, calendar, lines, crc32(repr((steps, calendar.key)).encode()))


def _calendars(table: Table) -> dict[str, Calendar]:
    found = {name: Calendar(table.table(name)) for name in table.names()}
    if DEFAULT_CALENDAR not in found:
        raise WrongPolicy(f"{table.at(DEFAULT_CALENDAR)}: a table [{table.at(DEFAULT_CALENDAR)}] must be there")
    return found


def _refuse_ties(variants: list[Variant]) -> None:
    """Of two variants for the same on the same day nobody could say which wins."""
    names: set[str] = set()
    for variant in variants:
        if not variant.name or variant.name in names:
            raise WrongPolicy(f"variants: the name {variant.name!r} must be there, and only once")
        names.add(variant.name)
    for at, one in enumerate(variants):
        for other in variants[at + 1 :]:
            if one.where == other.where and one.first_day <= other.last_day and other.first_day <= one.last_day:
                raise WrongPolicy(f"variants: {one.name!r} and {other.name!r} hold for the same on the same days")


def parse(text: str) -> Policy:
    """The policy in a TOML text. Raises WrongPolicy with the path that is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongPolicy(f"not TOML: {error}") from error
    return Policy(Table(document, ""))


def published(text: str) -> Policy:
    """The policy in a text that was published, maybe by a program that knew fewer settings: those are as built in, so
    that an upgrade reads what is in force. Raises WrongPolicy."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongPolicy(f"not TOML: {error}") from error
    built_in = tomllib.loads(DEFAULT_TEXT)
    for name, default in built_in.items():
        if name in ("version", "calendars") or not isinstance(default, dict):
            continue
        part = document.setdefault(name, {})
        if isinstance(part, dict):
            for field, value in default.items():
                part.setdefault(field, value)
    return Policy(Table(document, ""))
