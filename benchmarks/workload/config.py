"""What is simulated: size, span, place, and how often things go wrong."""

from dataclasses import dataclass, fields
from datetime import date

RELEASE_CONDITIONS = ("order", "shipment", "pod")
# Minor units by ISO 4217, and what one US dollar is worth, as (numerator, denominator), to size prices.
CURRENCIES: dict[str, tuple[int, int, int]] = {
    "USD": (2, 1, 1),
    "EUR": (2, 9, 10),
    "GBP": (2, 4, 5),
    "CAD": (2, 7, 5),
    "CHF": (2, 9, 10),
    "JPY": (0, 150, 1),
    "KWD": (3, 3, 10),
}


@dataclass(frozen=True, slots=True)
class Rates:
    """How often each trouble comes, as a share of its occasions, from 0 to 1, or as a factor where it says so.

    The defaults are difficulty 2. They are set by what receivables departments meet, not by what a
    matcher can or cannot solve.
    """

    # Goods and documents
    partial_shipment: float = 0.18
    backorder_never: float = 0.06
    order_cancelled: float = 0.02
    order_amended: float = 0.03
    pod_missing: float = 0.05
    pod_late: float = 0.08
    complaint: float = 0.03
    missing_po: float = 0.06
    price_differs: float = 0.02
    late_master: float = 0.05
    inactive: float = 0.03
    rebate: float = 0.01
    # Money
    typo: float = 0.08
    systematic_style: float = 0.12  # share of payers whose system writes every number in a form of its own
    text_only: float = 1.0  # factor on the share of each channel's messages that have no structured lines
    no_reference: float = 0.06
    own_number: float = 0.03
    prepaid_by_order: float = 0.7  # share of prepayments that name the order, not the pro forma's number
    partial_reference: float = 0.08
    no_account: float = 1.0  # factor on the share of each channel's entries that do not tell the account
    unknown_bank: float = 0.06
    short: float = 0.03
    over: float = 0.012
    double: float = 0.004
    instalments: float = 0.03
    paid_by_parent: float = 0.06
    sweep: float = 0.2
    returned: float = 1.0  # factor on each channel's own share
    advice: float = 1.0  # factor on each channel's own share
    advice_parts: float = 0.08
    advice_wrong: float = 0.05
    never_paid: float = 0.006
    # People
    dispute: float = 1.0  # factor on each habit's own share
    dispute_cleared: float = 0.01
    promise: float = 0.5
    # The office
    tight_limit: float = 0.12  # share of customers with a limit that get one below what they owe
    portal_rejects: float = 0.03  # four times that of customers that want their order's number
    mail_bounces: float = 0.02
    questions: float = 0.012  # share of bills about which a mail disputes something; as many have a plain one
    service_case: float = 0.5  # share of complaints
    goods_back: float = 0.7  # share of complaints that are credited
    coded: float = 0.9  # share of what deductors will not pay that they explain by a code
    taken_over: float = 0.2  # share of customers with open bills of an older system
    erp_refuses: float = 0.004
    # Transport
    late_delivery: float = 0.03
    duplicate: float = 0.006
    conflict: float = 0.0008

    @classmethod
    def of(cls, difficulty: int) -> "Rates":
        """The rates of a difficulty: 1 is a third of 2, 3 is about twice 2."""
        if difficulty == 2:
            return cls()
        scale = 0.33 if difficulty == 1 else 2.0
        plain = cls()
        return cls(**{f.name: scale * getattr(plain, f.name) for f in fields(cls) if f.name not in _FIXED})

    @classmethod
    def clean(cls) -> "Rates":
        """No trouble at all: every receipt names its account and each document exactly, every fact comes once."""
        return cls(**{f.name: 0.0 for f in fields(cls)})


# How trade goes, however clean the data is.
_FIXED = frozenset(
    {
        *("text_only", "prepaid_by_order", "no_account", "advice", "paid_by_parent", "sweep", "promise", "rebate"),
        *("service_case", "goods_back", "taken_over", "coded"),
    }
)


@dataclass(frozen=True, slots=True)
class Config:
    """One simulated distributor. The same Config gives the same facts on every machine.

    `release_on` is what the distributor's own process waits for before a customer sees a draft: the
    customers of drafts that never come so far do not pay them. `rates` overrides `difficulty`.
    Raises ValueError with what is wrong.
    """

    accounts: int = 500
    months: int = 3
    seed: int = 1
    start: date = date(2026, 1, 5)
    tenant: str = "acme"
    entities: tuple[str, ...] = ("US01", "DE01")
    currencies: tuple[tuple[str, int], ...] = (("USD", 60), ("EUR", 25), ("GBP", 9), ("JPY", 4), ("KWD", 2))
    difficulty: int = 2
    orders_per_month: float = 6.0
    draft_share: float = 0.5
    release_on: str = "shipment"
    rates: Rates | None = None

    def __post_init__(self) -> None:
        wrong = []
        if self.accounts < 1 or self.months < 1:
            wrong.append(f"accounts {self.accounts} and months {self.months} must be at least 1")
        if self.difficulty not in (1, 2, 3):
            wrong.append(f"difficulty {self.difficulty} must be 1, 2 or 3")
        if not self.entities or len(set(self.entities)) != len(self.entities):
            wrong.append(f"entities {self.entities} must be at least one, each once")
        unknown = [code for code, _ in self.currencies if code not in CURRENCIES]
        if unknown or not self.currencies:
            wrong.append(f"currencies {unknown} are not among {sorted(CURRENCIES)}")
        if self.release_on not in RELEASE_CONDITIONS:
            wrong.append(f"release_on {self.release_on!r} must be one of {RELEASE_CONDITIONS}")
        if not 0 < self.orders_per_month <= 1000 or not 0 <= self.draft_share <= 1:
            wrong.append("orders_per_month must be above 0 and at most 1000, draft_share from 0 to 1")
        if wrong:
            raise ValueError("; ".join(wrong))

    def trouble(self) -> Rates:
        """The rates in force."""
        return self.rates if self.rates is not None else Rates.of(self.difficulty)

    def end(self) -> date:
        """The first day after the run."""
        month = self.start.month - 1 + self.months
        return date(self.start.year + month // 12, month % 12 + 1, min(self.start.day, 28))
