"""A file of the shape of the public late-payment sample, for machines that do not have it."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.workload.chance import Chance

COLUMNS = (
    "countryCode", "customerID", "PaperlessDate", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount", "Disputed",
    "SettledDate", "PaperlessBill", "DaysToSettle", "DaysLate",
)  # fmt: skip
CUSTOMERS = 100
TERMS_DAYS = 30
_COUNTRIES = ("391", "391", "391", "406", "406", "770", "770", "818", "897")
_FIRST_DAY = date(2012, 1, 3)
_SPAN_DAYS = 699
# Quantiles: cents of an invoice; a customer's usual days to settle, and the swing about them; the days a dispute
# adds; a customer's share of disputed invoices, in thousandths.
_CENTS = (526, 2_800, 3_500, 4_100, 4_640, 5_100, 5_600, 6_057, 6_500, 6_950, 7_377, 7_900, 8_600, 9_600, 12_828)
_USUAL_DAYS = (4, 11, 16, 20, 23, 26, 28, 31, 35, 44)
_SWING_DAYS = (-19, -10, -7, -4, -2, 0, 2, 4, 7, 10, 19)
_DISPUTE_DAYS = (3, 9, 12, 18)
_DISPUTED_MILLI = (0, 0, 0, 40, 80, 110, 220, 290, 360, 500, 980)


@dataclass(frozen=True, slots=True)
class _Customer:
    code: str
    country: str
    paperless: date
    usual_days: int
    disputed_milli: int


def ar_history_shape(path: Path, rows: int = 2466, seed: int = 1) -> None:
    """Write `rows` invoices of 100 customers to `path`, CSV with lines ended by CRLF, in no order.

    Columns, forms of ids, dates (month/day/year, no leading zeros), share of disputes and days to
    settle are as in the sample; no row is. The same for the same seed everywhere.
    """
    chance = Chance(seed)
    customers = [_customer(chance, taken) for taken in range(CUSTOMERS)]
    numbers: set[int] = set()
    with path.open("w", newline="", encoding="ascii") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for _ in range(rows):
            number = 1_000_000 + chance.below(9_990_000_000)
            while number in numbers:
                number = 1_000_000 + chance.below(9_990_000_000)
            numbers.add(number)
            writer.writerow(_row(chance.pick(customers), number, chance))


def _customer(chance: Chance, place: int) -> _Customer:
    letters = "".join(chance.pick("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(5))
    return _Customer(
        code=f"{place * 100 + chance.below(100):04d}-{letters}",
        country=chance.pick(_COUNTRIES),
        paperless=_FIRST_DAY + timedelta(days=chance.below(_SPAN_DAYS)),
        usual_days=chance.along(_USUAL_DAYS),
        disputed_milli=chance.along(_DISPUTED_MILLI),
    )


def _row(customer: _Customer, number: int, chance: Chance) -> list[str]:
    issued = _FIRST_DAY + timedelta(days=chance.below(_SPAN_DAYS))
    due = issued + timedelta(days=TERMS_DAYS)
    cents = chance.along(_CENTS)
    disputed = chance.below(1000) < customer.disputed_milli
    days = customer.usual_days + chance.along(_SWING_DAYS) + (chance.along(_DISPUTE_DAYS) if disputed else 0)
    days = max(0, days)
    return [
        customer.country,
        customer.code,
        _text(customer.paperless),
        str(number),
        _text(issued),
        _text(due),
        f"{cents // 100}.{cents % 100:02d}".rstrip("0").rstrip("."),
        "Yes" if disputed else "No",
        _text(issued + timedelta(days=days)),
        "Electronic" if customer.paperless <= issued else "Paper",
        str(days),
        str(max(0, days - TERMS_DAYS)),
    ]


def _text(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
