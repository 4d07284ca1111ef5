"""[exchange]: money in another currency than its item. Source: REFERENCE 3.5."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy


class ExchangeTerms:
    """books_currency: of gains and losses; empty is the receipt's. rate_age_days: an older rate than this is none."""

    __slots__ = ("books_currency", "rate_age_days")

    def __init__(self, table: Table) -> None:
        self.books_currency: Final = table.text("books_currency")
        if self.books_currency and not (len(self.books_currency) == 3 and self.books_currency.isupper()):
            raise WrongPolicy(f"{table.at('books_currency')}: {self.books_currency!r} must be ISO 4217 or empty")
        self.rate_age_days: Final = table.number("rate_age_days", 0, 31)
        table.done()
