"""Amounts and dates: what is written is read exactly, or refused; nothing is guessed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.values import (
    NEGATIVE_STYLES,
    NumberStyle,
    Unfit,
    boolean,
    days,
    integer,
    milliseconds,
    money,
    scaled,
)
from tests.facts import instant

AMERICAN = NumberStyle(".", ",", NEGATIVE_STYLES)
GERMAN = NumberStyle(",", ".", NEGATIVE_STYLES)
SWISS = NumberStyle(".", "'", NEGATIVE_STYLES)
FRENCH = NumberStyle(",", " ", NEGATIVE_STYLES)


def written(minor: int, digits: int, style: NumberStyle, grouped: bool, sign: str) -> str:
    """The amount as a person of that style writes it."""
    text = f"{Decimal(abs(minor)).scaleb(-digits):,.{digits}f}"
    text = text.replace(",", "T").replace(".", style.decimal).replace("T", style.thousands if grouped else "")
    if minor >= 0:
        return text
    return {"minus": f"-{text}", "trailing_minus": f"{text}-", "parentheses": f"({text})"}[sign]


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from([0, 2, 3]),
    st.sampled_from([AMERICAN, GERMAN, SWISS, FRENCH]),
    st.booleans(),
    st.sampled_from(NEGATIVE_STYLES),
)
def test_what_is_written_is_read(minor: int, digits: int, style: NumberStyle, grouped: bool, sign: str) -> None:
    assert money(written(minor, digits, style, grouped, sign), "XYZ", digits, style) == minor


@given(st.text("0123456789.,-()' +", max_size=12))
def test_whatever_is_read_is_what_a_decimal_says(text: str) -> None:
    """Every text is refused, or its plain form is the same decimal number."""
    try:
        found = scaled(text, 2, AMERICAN)
    except Unfit:
        return
    plain = text.strip().replace(",", "").replace("(", "-").replace(")", "")
    if plain.endswith("-"):
        plain = "-" + plain[:-1]
    assert Decimal(found).scaleb(-2) == Decimal(plain.replace(" ", ""))


@given(st.integers(0, 10**9), st.integers(3, 6))
def test_more_decimals_than_the_currency_has_are_refused(minor: int, digits: int) -> None:
    text = f"{Decimal(minor).scaleb(-digits):.{digits}f}"
    with pytest.raises(Unfit, match=rf"has {digits} decimals; USD has 2"):
        money(text, "USD", 2, AMERICAN)


@pytest.mark.parametrize(
    ("text", "style", "minor"),
    [
        ("55.94", NumberStyle(), 5594),
        ("53", NumberStyle(), 5300),
        ("53.9", NumberStyle(), 5390),
        (".5", NumberStyle(), 50),
        ("+1", NumberStyle(), 100),
        ("1,234.50", AMERICAN, 123450),
        ("1234.50", AMERICAN, 123450),
        ("1.234.567,8", GERMAN, 123456780),
        ("1\u202f234,50", FRENCH, 123450),
        ("(1,234.50)", AMERICAN, -123450),
        ("1,234.50-", AMERICAN, -123450),
        ("\u22125", AMERICAN, -500),
    ],
)
def test_examples(text: str, style: NumberStyle, minor: int) -> None:
    assert money(text, "USD", 2, style) == minor


@pytest.mark.parametrize(
    ("text", "style", "message"),
    [
        (
            "55.943",
            NumberStyle(),
            "'55.943' has 3 decimals; USD has 2. Correct the amount, or the decimal and thousands separators",
        ),
        ("1,234", NumberStyle(), "'1,234' is not a number with decimal separator '.' and no thousands separator"),
        ("12,34.50", AMERICAN, "'12,34.50' is not a number with decimal separator '.' and thousands separator ','"),
        ("1,234,56", AMERICAN, "is not a number"),
        ("(5)", NumberStyle(), "'(5)' is in parentheses; if that means below zero, say negative = [\"parentheses\"]"),
        (
            "5-",
            NumberStyle(),
            "'5-' has its minus at the end; if that means below zero, say negative = [\"trailing_minus\"]",
        ),
        (
            "-5",
            NumberStyle(negative=("parentheses",)),
            "'-5' has a minus; if that means below zero, say negative = [\"minus\"]",
        ),
        ("", NumberStyle(), "is not a number"),
        (".", NumberStyle(), "is not a number"),
        ("--5", AMERICAN, "is not a number"),
        ("(-5)", AMERICAN, "is not a number"),
        ("1e3", NumberStyle(), "is not a number"),
        ("\u0665", NumberStyle(), "is not a number"),
        ("9" * 16, NumberStyle(), "has more than 17 digits"),
    ],
)
def test_refusals_say_why(text: str, style: NumberStyle, message: str) -> None:
    with pytest.raises(Unfit) as refused:
        money(text, "USD", 2, style)
    assert message in str(refused.value)


@given(st.dates(date(1000, 1, 1)), st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d"]))
def test_a_date_is_read_in_its_form(day: date, form: str) -> None:
    assert days(day.strftime(form), (form,), "UTC") == (day - date(1970, 1, 1)).days


@given(st.dates(date(1971, 1, 1), date(2100, 1, 1)), st.integers(0, 1439))
def test_a_date_at_a_time_of_day(day: date, minute: int) -> None:
    start = (day - date(1970, 1, 1)) // timedelta(milliseconds=1)
    assert milliseconds(day.isoformat(), ("%Y-%m-%d",), "UTC", minute) == start + minute * 60_000


@pytest.mark.parametrize(
    ("text", "forms", "zone", "moment"),
    [
        ("4/6/2013", ("%m/%d/%Y",), "UTC", "2013-04-06T00:00:00"),
        ("2013-04-06", ("%m/%d/%Y", "%Y-%m-%d"), "UTC", "2013-04-06T00:00:00"),
        ("2026-07-01 12:30", ("%Y-%m-%d %H:%M",), "America/New_York", "2026-07-01T16:30:00"),
        ("2026-07-01T12:30:00+02:00", ("%Y-%m-%dT%H:%M:%S%z",), "America/New_York", "2026-07-01T10:30:00"),
        ("1365206400", ("epoch_s",), "UTC", "2013-04-06T00:00:00"),
        ("1365206400000", ("epoch_ms",), "UTC", "2013-04-06T00:00:00"),
        ("15801", ("epoch_days",), "UTC", "2013-04-06T00:00:00"),
    ],
)
def test_moments(text: str, forms: tuple[str, ...], zone: str, moment: str) -> None:
    assert milliseconds(text, forms, zone, None) == instant(moment)


@pytest.mark.parametrize("text", ["13/1/2013", "2/30/2013", "2013-04-06", "4/6/13", "", "tomorrow"])
def test_a_wrong_date_is_refused(text: str) -> None:
    with pytest.raises(Unfit) as refused:
        days(text, ("%m/%d/%Y",), "UTC")
    assert str(refused.value) == f"{text!r} is not a date of the form %m/%d/%Y"


def test_integers_and_booleans() -> None:
    assert [integer(text) for text in ("30", "-1", "+7", "007")] == [30, -1, 7, 7]
    with pytest.raises(Unfit, match=r"'3\.5' is not a whole number"):
        integer("3.5")
    assert [boolean(text, ("Y",), ("N",)) for text in ("Y", "N")] == [True, False]
    with pytest.raises(Unfit, match=r"'y' is neither true \(Y\) nor false \(N\)"):
        boolean("y", ("Y",), ("N",))
