"""Numbers, days and sentences as people of a language write them.

Sentences are approved templates (templates.py); numbers and days are Babel's, of the customer's own region where it has
the language of the template, so that a customer in Austria has Austrian ones.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

from sinks.delivery.documents.figures import day_of, decimal
from sinks.delivery.documents.templates import NoTemplate, Template

# A4 everywhere but here.
_LETTER_PAPER: Final = frozenset({"US", "CA", "MX"})
_MOST_DECIMALS: Final = "#,##0.######"


class Wording:
    """One language's way of writing. `customer_language` is BCP 47 as the customer's facts have it, or empty."""

    def __init__(self, template: Template, customer_language: str) -> None:
        self.template: Final = template
        self.locale: Final = _locale(template.language, customer_language)
        self.language: Final = self.locale.language

    def label(self, name: str, **values: str) -> str:
        """A label, with these values in its {places}. Raises NoTemplate where there is none, or it has other places."""
        found = self.template.label(name)
        try:
            return found.format(**values) if values else found
        except (LookupError, ValueError, AttributeError) as error:
            raise NoTemplate(f"labels.toml of {self.template.language}, {name} = {found!r}: {error!r}") from error

    def money(self, minor: int, currency: str) -> str:
        """With the currency, as "1.234,56 €"."""
        return str(format_currency(Decimal(decimal(minor, currency)), currency, locale=self.locale))

    def amount(self, minor: int, currency: str) -> str:
        """Without it, for the columns of a table."""
        text = decimal(minor, currency)
        places = len(text.partition(".")[2])
        form = "#,##0" + ("." + "0" * places if places else "")
        return str(format_decimal(Decimal(text), form, locale=self.locale))

    def number(self, text: str) -> str:
        """A decimal text, such as a quantity."""
        return str(format_decimal(Decimal(text), _MOST_DECIMALS, locale=self.locale))

    def percent(self, rate_ppm: int) -> str:
        return str(format_percent(Decimal(rate_ppm) / 1_000_000, "#,##0.####%", locale=self.locale))

    def day(self, days: int) -> str:
        """A day in a sentence: with the month's name, so that nobody takes the month for the day."""
        return str(format_date(day_of(days), "long", locale=self.locale))

    def short_day(self, days: int) -> str:
        """A day in a table."""
        return str(format_date(day_of(days), "medium", locale=self.locale))

    def text(self, block: str, values: Mapping[str, Any]) -> list[str]:
        """The paragraphs of one block of the template; lines that follow each other stay apart."""
        return paragraphs(self.template.render(block, values))

    def line(self, block: str, values: Mapping[str, Any]) -> str:
        """A block of one line, such as a subject."""
        return " ".join(self.template.render(block, values).split())

    def country(self, code: str) -> str:
        """The name of ISO 3166's code."""
        return str(self.locale.territories.get(code, code))

    def paper(self, country: str) -> str:
        return "us-letter" if country in _LETTER_PAPER else "a4"


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: blank lines part them."""
    blocks = "\n".join(line.strip() for line in text.splitlines()).split("\n\n")
    return [block.strip() for block in blocks if block.strip()]


def _locale(language: str, customer_language: str) -> Locale:
    """The customer's locale where it is of the template's language, else that of the template."""
    for tag in (customer_language, language):
        if tag.partition("-")[0] != language.partition("-")[0]:
            continue
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
