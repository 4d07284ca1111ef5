"""[reminders]: who is reminded when. Source: REFERENCE 3.2."""

from typing import Final

from dataflows.rules.policy_tables import Table, WrongPolicy

MINUTE_MS: Final = 60_000
DAY_MINUTES: Final = 1440
# A step further from the due date than this is a mistake.
STEP_DAYS: Final = range(-365, 3_651)


class ReminderTerms:
    """steps_days: days after the due date, rising; minimum_minor: a rest up to this is not reminded;
    window_start_ms, window_ms: when in the day contacts leave."""

    __slots__ = ("days_between_letters", "minimum_minor", "steps_days", "window_ms", "window_start_ms")

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
        self.window_start_ms: Final = MINUTE_MS * start
        self.window_ms: Final = MINUTE_MS * minutes
        table.done()
