"""What invoices and letters say, before it has a form. Money is minor units of the document's currency, days are days
since 1970-01-01, rates are millionths; texts are as the facts have them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from connectors.currencies import MINOR_DIGITS

INVOICE: Final = "invoice"
CREDIT_NOTE: Final = "credit_note"
_EPOCH: Final = date(1970, 1, 1)
PIECE_MILLI: Final = 1_000


class NoDocument(ValueError):
    """The document cannot be made in that form from what is known. The message says what is lacking, and where it
    would have to be said."""


def day_of(days: int) -> date:
    """The date of a number of days since 1970-01-01."""
    return _EPOCH + timedelta(days=days)


def decimal(minor: int, currency: str) -> str:
    """5594 USD is "55.94": a point, no separators, the currency's own decimals. Raises NoDocument for no currency of
    ISO 4217."""
    digits = MINOR_DIGITS.get(currency)
    if digits is None:
        raise NoDocument(f"{currency or 'an empty currency'} is no currency of ISO 4217")
    sign = "-" if minor < 0 else ""
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{rest:0{digits}}" if digits else f"{sign}{whole}"


def scaled(number: int, digits: int, least: int = 0) -> str:
    """A number of 10**-digits as a decimal text, without zeros at its end beyond `least` decimals: 17470000 of millionths
    is "17.47"."""
    sign = "-" if number < 0 else ""
    whole, rest = divmod(abs(number), 10**digits)
    text = f"{rest:0{digits}}".rstrip("0").ljust(least, "0")
    return f"{sign}{whole}.{text}" if text else f"{sign}{whole}"


@dataclass(frozen=True, slots=True)
class Party:
    """Seller or buyer. `address` is what stands below the name on a letter, line by line; `street`, `city` and `postcode`
    are known of sellers, of buyers mostly not. `country` is ISO 3166-1 alpha-2 in capitals. `edi_id` has its qualifier
    before a colon, as X12's ISA has it: "ZZ:ACMEUS"."""

    name: str
    address: tuple[str, ...] = ()
    country: str = ""
    tax_number: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    city: str = ""
    postcode: str = ""
    iban: str = ""
    bic: str = ""
    bank_account: str = ""
    edi_id: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an invoice. `net` is without tax."""

    number: int
    product: str
    quantity_milli: int
    price_micro: int
    net: int
    tax: int
    tax_code: str


@dataclass(frozen=True, slots=True)
class TaxShare:
    """All lines of one tax code. `category` is UNTDID 5305 (S, Z, E, AE, K, G, O); rate_ppm -1 where nobody said it;
    `reason` is why there is no tax."""

    code: str
    category: str
    rate_ppm: int
    reason: str
    net: int
    tax: int


@dataclass(frozen=True, slots=True)
class Discount:
    """What is paid, less the discount, by who pays up to that day."""

    until: int
    rate_ppm: int
    amount: int


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment."""

    due: int
    amount: int


@dataclass(frozen=True, slots=True)
class InvoiceFigures:
    """An invoice or credit note. Sums of `lines` and of `taxes` are `net` and `tax`; `amount` is both."""

    kind: str
    number: str
    account: str
    issued: int
    due: int
    currency: str
    net: int
    tax: int
    amount: int
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    taxes: tuple[TaxShare, ...]
    order: str = ""
    purchase_order: str = ""
    replaces: str = ""
    contract: str = ""
    ship_to: str = ""
    discounts: tuple[Discount, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class LetterItem:
    """One open item of a letter. `open` is what is open of `amount`, `disputed` what of that is contested, `reminded` what
    is asked for; kind is invoice, debit_note, deduction or interest."""

    document: str
    kind: str
    level: int
    issued: int
    due: int
    currency: str
    amount: int
    open: int
    disputed: int
    reminded: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What a letter adds to what is owed: `kind` is fee, interest or compensation, `about` the item it is for, empty for
    the letter's own fee."""

    kind: str
    document: str
    about: str
    due: int
    currency: str
    amount: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What a letter asks for in one currency."""

    currency: str
    items: int
    charges: int

    @property
    def total(self) -> int:
        return self.items + self.charges


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """Money that was promised and did not come, or not in full."""

    promised: int
    currency: str
    amount: int
    kept: int


@dataclass(frozen=True, slots=True)
class LetterFigures:
    """A reminder letter for one item, or for several of an account. `day` is the day it is dated."""

    # The label of what it is.
    label: ClassVar[str] = "level"

    reference: str
    account: str
    day: int
    seller: Party
    buyer: Party
    items: tuple[LetterItem, ...]
    charges: tuple[Charge, ...] = ()
    broken: tuple[BrokenPromise, ...] = ()

    @property
    def level(self) -> int:
        """The highest level of its items."""
        return max([item.level for item in self.items], default=0)

    @property
    def sums(self) -> tuple[Sum, ...]:
        """One for each currency, in the order of their names."""
        currencies = sorted({item.currency for item in self.items} | {charge.currency for charge in self.charges})
        return tuple(
            Sum(
                currency,
                sum(item.reminded for item in self.items if item.currency == currency),
                sum(charge.amount for charge in self.charges if charge.currency == currency),
            )
            for currency in currencies
        )

    def days_past_due(self, item: LetterItem) -> int:
        """How long it has been due on the letter's day; below 0 where it is not due yet."""
        return self.day - item.due


@dataclass(frozen=True, slots=True)
class StatedItem:
    """One open item of a statement. `amount`, `open` and `disputed` have the sign that they have in the balance: a credit's
    are below zero; due is 0 where it has no such day."""

    document: str
    kind: str
    issued: int
    due: int
    amount: int
    open: int
    disputed: int


@dataclass(frozen=True, slots=True)
class StatementFigures:
    """A statement of account in one currency: `opening`, what `moved`, and `closing`, which is what is open less money that
    is applied to nothing.

    since: the day of the one before, 0 where there was none. moved: label and amount, of what moved. items: what is open, one
    by one; further: the sum of what is open beyond these; unallocated: the money, below zero.
    """

    label: ClassVar[str] = "statement"

    reference: str
    account: str
    day: int
    seller: Party
    buyer: Party
    currency: str
    since: int
    opening: int
    moved: tuple[tuple[str, int], ...]
    closing: int
    items: tuple[StatedItem, ...]
    further: int
    unallocated: int

    @property
    def past_due(self) -> int:
        """What is past due of the items, without what is contested."""
        return sum(item.open - item.disputed for item in self.items if 0 < item.due < self.day)


AnyLetter = LetterFigures | StatementFigures
