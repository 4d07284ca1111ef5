"""What an adapter of an ERP is: it posts once for a key, and lists what it has posted."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connectors.currencies import MINOR_DIGITS
from sinks.base import SinkError
from sinks.erp.http import ErpHttp
from sinks.erp.posting import Posting

POSTED: Final = "posted"
DRAFT: Final = "draft"
CANCELLED: Final = "cancelled"
# Before the point, of an amount in minor units: more is none, and would be a number as long as its exponent says.
_MOST_DIGITS: Final = 30


class Refused(SinkError):
    """The ERP does not take it as it is, or the mapping cannot say it; a person has to act."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A document of the ERP, as far as it is compared with what was posted.

    key: ours, empty of a document that is none of ours. number: there. state: posted, draft or cancelled. account: the
    customer, empty where it has none. date: ISO. amount: minor units of `currency`; None where it has none. about: the
    receipt or item. references: (document, minor units that it clears of it), in order; None where that is not compared.
    money: a receipt, which somebody may have entered there as well, without a key. entity: whose books, of what has no key.
    unreadable: which amount cannot be read, and why; then it has no amount and no references.
    """

    key: str
    number: str
    state: str
    account: str
    date: str
    currency: str
    amount: int | None
    about: str = ""
    references: tuple[tuple[str, int], ...] | None = None
    money: bool = False
    entity: str = ""
    unreadable: str = ""


class ErpAdapter(ABC):
    """One ERP. Many threads may post; none posts the same key at the same time."""

    def __init__(self, http: ErpHttp) -> None:
        """http: by which everything is asked; closed with this."""
        self.http: Final = http

    def close(self) -> None:
        self.http.close()

    @abstractmethod
    def post(self, posting: Posting) -> str:
        """Have the posting in the ERP, once for its key however often this is called; its number there.

        Raises Refused, RetryLater (it may be there or not; the same call again finds out).
        """

    @abstractmethod
    def find(self, posting: Posting) -> str | None:
        """The number there of what was posted with its key; empty where nothing was, None where it cannot be looked for. Raises
        Refused, RetryLater."""

    @abstractmethod
    def expected(self, posting: Posting) -> Seen:
        """How the posting is to look when `all_of` gives it; number is empty. Raises Refused."""

    @abstractmethod
    def all_of(self, prefix: str) -> Iterator[Seen]:
        """Every document whose key begins with `prefix`, and money of customers with no key, as it stands. Raises
        RetryLater, Refused."""


def amounts_of(values: Iterable[object], currency: str) -> tuple[list[int], str]:
    """`minor_of` each; none, and why, where one cannot be read."""
    try:
        return [minor_of(value, currency) for value in values], ""
    except ValueError as error:
        return [], str(error)


def minor_of(value: object, currency: str) -> int:
    """Minor units of what a JSON body says: 12.30 or "12.30" USD is 1230. Raises ValueError where it is no whole number of
    them. Numbers must have been read as Decimal or int."""
    if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no amount")
    try:
        scaled = Decimal(value).scaleb(MINOR_DIGITS.get(currency, 0))
        if scaled.is_finite() and scaled.adjusted() > _MOST_DIGITS:
            raise ValueError
        whole = int(scaled)
    except (ArithmeticError, ValueError, OverflowError):
        raise ValueError(f"{value!r} is no amount") from None
    if whole != scaled:
        raise ValueError(f"{value} has more decimals than {currency} has")
    return whole
