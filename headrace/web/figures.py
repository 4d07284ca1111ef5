"""What pages are made of: tables of typed cells, charts drawn from such tables, headline figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal

from connectors.currencies import MINOR_DIGITS
from headrace.amounts import grouped, plain
from headrace.formulas import rounded

Kind = Literal["text", "money", "amount", "number", "days", "percent", "day", "month", "time"]
RIGHT: Final = ("money", "amount", "number", "days", "percent")
NO_ANSWER: Final = "\N{EN DASH}"
_MINUS: Final = "\N{MINUS SIGN}"
AT_MOST: Final = "\N{LESS-THAN OR EQUAL TO} "
AT_LEAST: Final = "\N{GREATER-THAN OR EQUAL TO} "


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` for people, `value` for charts and CSV; `href` leads further, `tone` is good, warn or bad."""

    text: str
    value: str = ""
    href: str = ""
    tone: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind = "text"

    @property
    def right(self) -> bool:
        return self.kind in RIGHT


@dataclass(slots=True)
class Table:
    """Rows under a caption. `footer` sums up; `more`: there are more rows than shown, on the next page where it is `paged`."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: list[list[Cell]] = field(default_factory=list)
    footer: list[Cell] = field(default_factory=list)
    more: bool = False
    paged: bool = False
    empty: str = "Nothing."

    def add(self, *cells: Cell) -> None:
        assert len(cells) == len(self.columns), (self.name, len(cells))
        self.rows.append(list(cells))


@dataclass(frozen=True, slots=True)
class Chart:
    """A table drawn: its first column is the axis, each other one a series, unless `series` names some of them.

    kind: bars, stacked, line; a `line_series` among bars is drawn as a line on an axis of its own (percent, days).
    `ramp` gives the series the colours of age, from not due to oldest; `across` lays bars on their side; `steps`: a line
    stays where it is until the next point. `colours` of the series: main, soft or alarm.
    """

    table: Table
    kind: Literal["bars", "stacked", "line"]
    unit: str
    says: str
    series: Sequence[str] = ()
    lines: Sequence[str] = ()
    ramp: bool = False
    across: bool = False
    steps: bool = False
    colours: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure, what it means, and how it changed against the month before; `tone` of the change: good, bad or empty."""

    name: str
    text: str
    unit: str = ""
    change: str = ""
    tone: str = ""
    note: str = ""
    href: str = ""
    compares: bool = False


def text(said: object, href: str = "", tone: str = "", note: str = "") -> Cell:
    return Cell(str(said), str(said), href, tone, note)


def money(minor: int, currency: str, href: str = "", tone: str = "") -> Cell:
    """Exact, in full."""
    tone = tone if minor else "zero"
    return Cell(grouped(minor, currency).replace("-", _MINUS), plain(minor, currency), href, tone)


def amount(minor: int, currency: str) -> Cell:
    """With its currency, where rows have several; nothing where there is neither."""
    if not currency or not minor:
        return Cell("")
    return Cell(f"{grouped(minor, currency)} {currency}".replace("-", _MINUS), f"{plain(minor, currency)} {currency}")


def number(value: int, href: str = "", tone: str = "") -> Cell:
    return Cell(f"{value:,}".replace("-", _MINUS), str(value), href, tone if value else "zero")


def decimal(value: Fraction | None, places: int = 1, tone: str = "", bound: str = "") -> Cell:
    """Rounded half up, as the report does; a dash where there is no answer. bound: AT_MOST, AT_LEAST or empty."""
    exact = rounded(value, places)
    return Cell(NO_ANSWER) if exact is None else Cell(_figure(exact, bound), str(exact), "", tone)


def _figure(exact: Decimal, bound: str) -> str:
    return f"{bound}{exact:,}".replace("-", _MINUS)


def percent(part: int, whole: int, places: int = 1) -> Cell:
    return decimal(Fraction(100 * part, whole) if whole else None, places)


def on(day: date, href: str = "") -> Cell:
    return Cell(f"{day.day} {day:%b %Y}", day.isoformat(), href)


def month(first: date) -> Cell:
    return Cell(f"{first:%b %Y}", first.isoformat())


def minute(time: str, tone: str = "") -> Cell:
    """Of an ISO time in UTC, as the views have it; nothing where there is none."""
    if not time or time.startswith("1970-01-01"):
        return Cell("")
    day = date.fromisoformat(time[:10])
    return Cell(f"{day.day} {day:%b %Y} {time[11:16]}", time[:16], "", tone)


def until(row: Mapping[str, Any]) -> Cell:
    """The deadline of a row of work; what is late without one went through the last step of its escalation."""
    tone = "bad" if row["late"] else ""
    shown = minute(row["deadline"], tone)
    return shown if shown.text or not row["late"] else Cell("past the last step", "", "", tone)


def short_money(minor: int, currency: str) -> str:
    """1.24 m: for headlines, three digits; exact below a thousand major units."""
    places = MINOR_DIGITS.get(currency, 0)
    major = Fraction(minor, 10**places)
    sign = _MINUS if major < 0 else ""
    size = abs(major)
    for limit, unit in ((10**9, "bn"), (10**6, "m"), (10**3, "k")):
        if size >= limit:
            shown = size / limit
            digits = 2 if shown < 10 else 1 if shown < 100 else 0
            return f"{sign}{rounded(shown, digits)} {unit}"
    return f"{sign}{rounded(size, min(places, 2)):,}"


# The tone of a change by its sign: more, less.
BAD_IF_MORE: Final = ("bad", "good")
GOOD_IF_MORE: Final = ("good", "bad")
NEITHER: Final = ("", "")
# Beyond that a percentage says nothing.
_MOST_PERCENT: Final = 999


def compared_money(
    name: str,
    now: int,
    before: int | None,
    currency: str,
    tones: tuple[str, str] = NEITHER,
    note: str = "",
    href: str = "",
) -> Headline:
    """Minor units, with the change against `before` in amount and percent; without it, none."""
    change = tone = ""
    if before is not None and now != before:
        tone = tones[0] if now > before else tones[1]
        change = ("+" if now > before else "") + short_money(now - before, currency)
        share = Fraction(100 * (now - before), abs(before)) if before else None
        if share is not None and abs(share) <= _MOST_PERCENT:
            change += f" ({signed(share, 1)} %)"
    elif before is not None:
        change = "unchanged"
    return Headline(name, short_money(now, currency), currency, change, tone, note, href, bool(change))


def compared(
    name: str,
    now: Fraction | None,
    before: Fraction | None,
    unit: str,
    change_unit: str,
    tones: tuple[str, str] = NEITHER,
    note: str = "",
    href: str = "",
    bound: str = "",
) -> Headline:
    """Rounded to a tenth, with the change against `before` unless it is a bound; says so where there is no answer."""
    exact = rounded(now, 1)
    if exact is None:
        return Headline(name, NO_ANSWER, "", "", "", f"no answer yet; {note}" if note else "no answer yet", href)
    change = tone = ""
    if now is not None and before is not None and not bound:
        tone = "" if now == before else tones[0] if now > before else tones[1]
        change = f"{signed(now - before, 1)} {change_unit}"
    return Headline(name, _figure(exact, bound), unit, change, tone, note, href, bool(change))


def signed(value: Fraction, places: int) -> str:
    """+3.2, a real minus, and no sign where nothing is left of it."""
    exact = rounded(value, places)
    assert exact is not None
    sign = "+" if exact > 0 else _MINUS if exact < 0 else ""
    return f"{sign}{abs(exact):,}"
