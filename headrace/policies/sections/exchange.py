"""[exchange]"""

from typing import Annotated

from pydantic import field_validator

from headrace.policies.sections.fields import Section, whole, wrong


class ExchangeSection(Section):
    """Money in another currency than its item."""

    books_currency: str
    rate_age_days: Annotated[int, whole(0, 31)]

    @field_validator("books_currency")
    @classmethod
    def _currency(cls, books_currency: str) -> str:
        if books_currency and not (len(books_currency) == 3 and books_currency.isupper()):
            raise wrong("must be ISO 4217 or empty")
        return books_currency
