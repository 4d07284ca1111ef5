"""[reminders]: who is reminded when, how and how often. Source: REFERENCE 3.2."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.calendars import Calendar

MINUTE_MS: Final = 60_000
DAY_MINUTES: Final = 1440
# A step further from the due date than this is a mistake.
STEP_DAYS: Final = range(-365, 3_651)
LETTERS: Final = ("account", "item")
# Contacts that an account remembers (contacts.py).
MOST_CONTACTS: Final = 100
# A letter that costs more is a mistake.
MOST_FEE: Final = 10**9
CHANNELS: Final = ("edi", "portal", "email", "api", "letter", "phone")


class Template:
    """A text for letters. levels: those it is for, none for all; channel: the one it is for, empty for any."""

    __slots__ = ("approved", "channel", "language", "levels", "name")

    def __init__(self, table: Table) -> None:
        self.name: Final = table.text("name")
        if not self.name:
            raise WrongPolicy(f"{table.at('name')}: must not be empty")
        self.language: Final = table.text("language")
        self.levels: Final = table.numbers("levels") if table.has("levels") else []
        self.channel: Final = table.one_of("channel", CHANNELS) if table.has("channel") else ""
        self.approved: Final = table.flag("approved")
        table.done()

    def fits(self, level: int, channel: str) -> bool:
        """Whether letters of that level by that channel may be made from it."""
        if not self.approved or (self.levels and level not in self.levels):
            return False
        return not self.channel or self.channel == channel


class ReminderTerms:
    """steps_days: days after the due date, rising; minimum_minor: a rest up to this is not reminded;
    window_start_ms, window_ms: when in the customer's day contacts leave; quiet_from, quiet_until: minutes of that day
    between which none does, whatever was late; letter: one of LETTERS; contacts_max: contacts in contacts_days days,
    0 any; channels: those that may be used, the last one needs nobody's consent; templates: what letters are made from;
    fees_minor: what a letter costs the customer, by its level."""

    __slots__ = (
        "channels",
        "contacts_days",
        "contacts_max",
        "days_between_letters",
        "fallback_language",
        "fees_currency",
        "fees_minor",
        "letter",
        "minimum_minor",
        "only_delivered",
        "pause_for_cases",
        "quiet_from",
        "quiet_until",
        "steps_days",
        "templates",
        "window_minutes",
        "window_ms",
        "window_start",
        "window_start_ms",
    )

    def __init__(self, table: Table) -> None:
        steps = table.numbers("steps_days")
        if steps != sorted(set(steps)):
            raise WrongPolicy(f"{table.at('steps_days')}: {steps} must rise, each once")
        if any(days not in STEP_DAYS for days in steps):
            raise WrongPolicy(
                f"{table.at('steps_days')}: {steps} must be from {STEP_DAYS[0]} to {STEP_DAYS[-1]} days after the due date"
            )
        self.steps_days: Final = steps
        self.minimum_minor: Final = table.minor("minimum_minor")
        self.days_between_letters: Final = table.number("days_between_letters", 0, 365)
        start = table.number("window_start_minute", 0, DAY_MINUTES - 1)
        minutes = table.number("window_minutes", 1, DAY_MINUTES)
        if start + minutes > DAY_MINUTES:
            raise WrongPolicy(f"{table.at('window_minutes')}: the window must end by midnight")
        self.window_start: Final = start
        self.window_minutes: Final = minutes
        self.window_start_ms: Final = MINUTE_MS * start
        self.window_ms: Final = MINUTE_MS * minutes
        self.quiet_from: Final = table.number("quiet_from_minute", 0, DAY_MINUTES)
        self.quiet_until: Final = table.number("quiet_until_minute", 0, DAY_MINUTES)
        if start < self.quiet_until or start + minutes > self.quiet_from:
            raise WrongPolicy(f"{table.at('quiet_from_minute')}: the window must lie outside the quiet hours")
        self.letter: Final = table.one_of("letter", LETTERS)
        self.contacts_max: Final = table.number("contacts_max", 0, MOST_CONTACTS)
        self.contacts_days: Final = table.number("contacts_days", 1, 365)
        self.only_delivered: Final = table.flag("only_delivered")
        self.pause_for_cases: Final = table.flag("pause_for_cases")
        self.channels: Final = table.texts("channels")
        for channel in self.channels:
            if channel not in CHANNELS:
                raise WrongPolicy(f"{table.at('channels')}: {channel!r} must be one of {', '.join(CHANNELS)}")
        self.fees_minor: Final = table.numbers("fees_minor")
        if any(not 0 <= fee <= MOST_FEE for fee in self.fees_minor):
            raise WrongPolicy(f"{table.at('fees_minor')}: {self.fees_minor} must be from 0 to {MOST_FEE}")
        self.fees_currency: Final = table.text("fees_currency")
        if any(self.fees_minor) and not self.fees_currency:
            raise WrongPolicy(f"{table.at('fees_currency')}: must be there")
        self.fallback_language: Final = table.text("fallback_language")
        self.templates: Final = [Template(part) for part in table.tables("templates")]
        table.done()

    def fee(self, level: int) -> int:
        """What a letter of that level costs the customer, minor units."""
        return self.fees_minor[level - 1] if level <= len(self.fees_minor) else 0

    def quiet(self, local_ms: int) -> bool:
        """Whether nobody is to be contacted at that local time."""
        minute = local_ms // MINUTE_MS % DAY_MINUTES
        return minute < self.quiet_until or minute >= self.quiet_from

    def channel(self, accepted: list[str]) -> str:
        """The first channel that the customer accepts, in the customer's order; where there is none, the policy's last
        one, or its first where the customer named none. Empty where the policy names none."""
        if not self.channels:
            return ""
        for channel in accepted:
            if channel in self.channels:
                return channel
        return self.channels[-1] if accepted else self.channels[0]

    def template(self, level: int, language: str, channel: str) -> Template | None:
        """The first approved one in that language, in the language without its region, or in the fallback."""
        for wanted in (language, language.partition("-")[0], self.fallback_language):
            for template in self.templates:
                if template.language == wanted and wanted and template.fits(level, channel):
                    return template
        return None


def refuse_no_window(name: str, calendar: Calendar, terms: ReminderTerms, path: str) -> None:
    """Contacts leave in those minutes of the window in which the customer's date is also the date in UTC, by which the
    log's days go. Raises WrongPolicy where a calendar has none such."""
    for offset in calendar.offset_minutes:
        start = max(0, terms.window_start - offset)
        if min(DAY_MINUTES, terms.window_start + terms.window_minutes - offset) <= start:
            raise WrongPolicy(
                f"{path}.window_minutes: in calendar {name}, {offset} minutes from UTC, the window is on another day in UTC"
            )
