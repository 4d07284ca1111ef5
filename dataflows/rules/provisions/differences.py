"""[differences]: what becomes of the difference between an item and its money. Source: REFERENCE 3.5, step 7."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.disputes import CATEGORIES as OF_DISPUTES

PPM: Final = 1_000_000
BORNE_BY: Final = ("payer", "us")
SHORT_PAYMENT: Final = ("residual", "deduction", "dispute", "write_off")
OVERPAYMENT: Final = ("unapplied", "on_account")
# What a reason code may mean: besides what disputes are about, that the difference is none of the goods.
DISCOUNT: Final = "discount"
BANK_CHARGE: Final = "bank_charge"
UNMAPPED: Final = "other"
CATEGORIES: Final = (DISCOUNT, BANK_CHARGE, *OF_DISPUTES)
LAST_DAY: Final = 10**7


class ReasonCode:
    """One line of the table of reason codes. payer: the account whose own code it is, or empty.

    first_day, last_day: days since 1970-01-01, both included.
    """

    __slots__ = ("category", "code", "first_day", "last_day", "payer")

    def __init__(self, table: Table) -> None:
        self.code: Final = table.text("code").upper()
        self.category: Final = table.one_of("category", CATEGORIES)
        self.payer: Final = table.text("payer") if table.has("payer") else ""
        self.first_day: Final = table.day("from") if table.has("from") else 0
        self.last_day: Final = table.day("until") if table.has("until") else LAST_DAY
        if not self.code:
            raise WrongPolicy(f"{table.at('code')}: must not be empty")
        if self.last_day < self.first_day:
            raise WrongPolicy(f"{table.at('until')}: is before from")
        table.done()


class DifferenceTerms:
    """discount_grace_days: a discount is earned so many days longer.

    tolerance_minor, tolerance_ppm: what may be written off by policy alone, the lesser of the amount and millionths
    of the item; tolerance_month_minor: how much of it for an account in a month. small_credit_minor: what is left of
    a receipt up to this is kept as income.
    """

    __slots__ = (
        "_codes",
        "ask_reason",
        "charges_borne_by",
        "discount_grace_days",
        "overpayment",
        "short_category",
        "short_payment",
        "small_credit_minor",
        "tolerance_minor",
        "tolerance_month_minor",
        "tolerance_ppm",
    )

    def __init__(self, table: Table) -> None:
        self.discount_grace_days: Final = table.number("discount_grace_days", 0, 90)
        self.tolerance_minor: Final = table.minor("tolerance_minor")
        self.tolerance_ppm: Final = table.number("tolerance_ppm", 0, PPM)
        self.tolerance_month_minor: Final = table.minor("tolerance_month_minor")
        self.small_credit_minor: Final = table.minor("small_credit_minor")
        self.charges_borne_by: Final = table.one_of("charges_borne_by", BORNE_BY)
        self.short_payment: Final = table.one_of("short_payment", SHORT_PAYMENT)
        self.short_category: Final = table.one_of("short_category", CATEGORIES)
        self.ask_reason: Final = table.flag("ask_reason")
        self.overpayment: Final = table.one_of("overpayment", OVERPAYMENT)
        codes: dict[str, list[ReasonCode]] = {}
        for line in table.tables("reason_codes"):
            code = ReasonCode(line)
            for other in codes.setdefault(code.code, []):
                if other.payer == code.payer and other.first_day <= code.last_day and code.first_day <= other.last_day:
                    raise WrongPolicy(f"{line.at('code')}: {code.code!r} means two categories on the same days")
            codes[code.code].append(code)
        self._codes: Final = codes
        table.done()

    def category(self, code: str, payer: str, day: int) -> str:
        """What a code means on a day: the payer's own line first, then everybody's; UNMAPPED where there is none."""
        found = UNMAPPED
        for line in self._codes.get(code.strip().upper(), []):
            if line.first_day <= day <= line.last_day:
                if line.payer == payer and payer:
                    return line.category
                if not line.payer:
                    found = line.category
        return found
