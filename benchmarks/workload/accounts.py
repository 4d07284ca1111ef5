"""Who the customers are: their habits, their banks, how they write, how large they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.workload.chance import Chance, Mix
from benchmarks.workload.config import CURRENCIES, Config, Rates
from schemas.records import InvoiceLine


@dataclass(frozen=True, slots=True)
class Habit:
    """How a kind of customer pays. `late_days` are quantiles of days from due date to the order to pay."""

    name: str
    late_days: tuple[int, ...]
    run_days: tuple[int, ...] = ()  # pays by runs, one in so many days
    dispute: float = 0.015
    short: float = 1.0  # factor on Rates.short


HABITS: tuple[tuple[Habit, int], ...] = (
    (Habit("prompt", (-12, -7, -5, -3, -2, 0)), 31),
    (Habit("late", (-2, 1, 4, 8, 15, 30)), 22),
    (Habit("chronic", (6, 14, 22, 32, 45, 75)), 8),
    (Habit("disputer", (-2, 0, 3, 7, 12, 25), dispute=0.2, short=2.0), 6),
    (Habit("lump_sum", (0, 0), run_days=(7, 7, 14, 14, 30)), 14),
    (Habit("deductor", (-3, 0, 2, 5, 9, 20), dispute=0.03, short=10.0), 6),
    (Habit("prepayer", (-3, 0)), 3),
    (Habit("autopay", (0, 0), dispute=0.005), 8),
    (Habit("affiliate", (10, 60), run_days=(30,), dispute=0.002), 2),
)


@dataclass(frozen=True, slots=True)
class Channel:
    """A way money and its message reach a bank account. Shares are from 0 to 1, sizes in characters."""

    name: str
    booking_days: tuple[int, ...]  # business days from the order to pay to the booking
    knows_account: float
    structured: float
    text_limit: int
    advice: float
    returned: float
    typist: str  # who writes the reference: person, machine or scanner
    shows_bank: bool = True
    upper_case: bool = False
    statement: bool = False  # reaches us with the next morning's statement

    @property
    def slowest_days(self) -> int:
        """Calendar days within which an order to pay is surely booked."""
        return max(self.booking_days) + 2 * (1 + max(self.booking_days) // 5) + 1


DIRECT_DEBIT = Channel("direct_debit", (0,), 1.0, 1.0, 140, 0.0, 0.04, "machine")
PORTAL = Channel("portal", (0, 1), 1.0, 1.0, 140, 0.0, 0.006, "machine", shows_bank=False)
LOCKBOX = Channel("lockbox", (2, 3, 3, 4), 0.9, 0.75, 200, 0.15, 0.015, "scanner", shows_bank=False)
WIRE = Channel("wire", (0, 0, 1), 0.15, 0.05, 140, 0.35, 0.0, "person", upper_case=True)
ACH_CTX = Channel("ach_ctx", (1, 1, 2), 0.6, 1.0, 800, 0.1, 0.002, "machine", statement=True)
ACH_CCD = Channel("ach_ccd", (1, 1, 2), 0.45, 0.0, 80, 0.45, 0.002, "person", upper_case=True, statement=True)
SEPA = Channel("sepa", (0, 1), 0.3, 0.08, 140, 0.2, 0.0, "person", statement=True)

_DOLLAR_CHANNELS: Mix[Channel] = Mix([(PORTAL, 14), (LOCKBOX, 22), (WIRE, 14), (ACH_CTX, 26), (ACH_CCD, 24)])
_OTHER_CHANNELS: Mix[Channel] = Mix([(PORTAL, 18), (WIRE, 16), (SEPA, 66)])

_COUNTRIES: dict[str, tuple[str, ...]] = {
    "USD": ("US", "US", "US", "US", "us", "MX"),
    "EUR": ("DE", "DE", "DE", "FR", "NL", "AT", "ES", "IT"),
    "GBP": ("GB",),
    "CAD": ("CA",),
    "CHF": ("CH",),
    "JPY": ("JP",),
    "KWD": ("KW",),
}
_LANGUAGES = {"DE": "de-DE", "AT": "de-AT", "CH": "de-CH", "FR": "fr-FR", "ES": "es-ES", "IT": "it-IT", "NL": "nl-NL"}
_LANGUAGES |= {"JP": "ja-JP", "MX": "es-MX", "KW": "ar-KW"}
_FIRST = (
    "Northgate",
    "Bluewater",
    "Summit",
    "Harbor",
    "Cedar",
    "Prairie",
    "Granite",
    "Silverline",
    "Evergreen",
    "Delta",
)
_SECOND = ("Foods", "Supply", "Hardware", "Medical", "Electric", "Markets", "Logistics", "Building", "Retail", "Marine")
_FORMS = {
    "DE": "GmbH",
    "AT": "GmbH",
    "FR": "SARL",
    "NL": "B.V.",
    "IT": "S.r.l.",
    "ES": "S.L.",
    "GB": "Ltd",
    "JP": "K.K.",
}
# The tax code and its rate in basis points for sales inside a country; across borders none is due.
DOMESTIC_TAX = {
    "US": ("US-EXEMPT", 0), "DE": ("DE-19", 1900), "GB": ("GB-20", 2000), "JP": ("JP-10", 1000), "FR": ("FR-20", 2000),
}  # fmt: skip
US_STATE_TAX = (("US-EXEMPT", 0), ("US-EXEMPT", 0), ("US-TX", 825), ("US-IL", 625), ("US-NY", 888))


class BankAccount:
    """One of our bank accounts; counts its entries."""

    __slots__ = ("code", "entries", "number", "source")

    def __init__(self, code: str, number: str) -> None:
        self.code = code
        self.number = number
        self.source = f"bank-{code.lower()}"
        self.entries = 0


class Entity:
    """One company of the distributor: number ranges, tax country, bank accounts by currency."""

    __slots__ = ("_banks", "code", "country", "documents", "next_number", "place", "source", "warehouse")

    def __init__(self, place: int, code: str) -> None:
        self.place = place
        self.code = code
        self.country = code[:2] if code[:2] in DOMESTIC_TAX else "US"
        self.source = f"erp-{code.lower()}"
        self.warehouse = f"wms-{code.lower()}"
        self.next_number = {"invoice": 4_700 + 13 * place, "credit_note": 120, "order": 31_000, "shipment": 81_000}
        self.documents: list[str] = []  # a few of the latest invoice numbers
        self._banks: dict[tuple[str, bool], BankAccount] = {}

    def bank(self, currency: str, lockbox: bool) -> BankAccount:
        """Where payers of this currency pay to; cheques go to a lockbox of their own."""
        key = (currency, lockbox)
        found = self._banks.get(key)
        if found is None:
            code = f"{self.code}{currency}{'L' if lockbox else ''}"
            number = bank_number(self.country, 370_400_440_532_013_000 + 7 * len(self._banks) + 101 * self.place)
            found = self._banks[key] = BankAccount(code, number)
        return found

    def _take(self, kind: str) -> int:
        number = self.next_number[kind]
        self.next_number[kind] = number + 1
        return number

    def invoice_number(self, year: int) -> str:
        """The next invoice number, in this entity's form."""
        n = self._take("invoice")
        form = self.place % 3
        number = (
            f"INV-{year}-{n:06d}" if form == 0 else f"RE/{year % 100}/{n}" if form == 1 else f"{90_000_000 + n:010d}"
        )
        self.documents.append(number)
        if len(self.documents) > 128:
            del self.documents[:64]
        return number

    def credit_number(self, year: int) -> str:
        n = self._take("credit_note")
        form = self.place % 3
        return f"CN-{year}-{n:06d}" if form == 0 else f"GS/{year % 100}/{n}" if form == 1 else f"{91_000_000 + n:010d}"

    def order_number(self) -> str:
        n = self._take("order")
        return f"SO-{n:07d}" if self.place % 2 == 0 else f"{45_000_000 + n}"

    def shipment_number(self) -> str:
        return f"{self.code}-S{self._take('shipment'):08d}"


class Account:
    """One customer in one entity and currency, and the documents it still means to pay."""

    __slots__ = (
        "account_id",
        "active_from",
        "active_to",
        "bank_number",
        "channel",
        "children",
        "country",
        "credit_group",
        "credits",
        "currency",
        "decimals",
        "draft_mode",
        "entity",
        "gap",
        "habit",
        "index",
        "language",
        "master_recorded",
        "name",
        "next_run",
        "open",
        "opens",
        "paid_by",
        "po_required",
        "raw_time",
        "region",
        "run_days",
        "runs_to_skip",
        "segment",
        "sent_by",
        "size",
        "style",
        "tax_code",
        "tax_rate",
        "terms_days",
        "tier",
    )  # fmt: skip

    def __init__(self, index: int, entity: Entity, currency: str, habit: Habit) -> None:
        self.index = index
        self.entity = entity
        self.currency = currency
        self.decimals = CURRENCIES[currency][0]
        self.habit = habit
        form = entity.place % 3
        self.account_id = (
            f"C{index:06d}" if form == 0 else f"D-{10_000 + index}" if form == 1 else f"{100_000 + index:010d}"
        )
        self.country = self.language = self.name = self.segment = self.tier = self.bank_number = self.style = ""
        self.region = self.credit_group = self.sent_by = ""  # the office's: sent_by is how it takes bills
        self.tax_code = ""
        self.tax_rate = 0
        self.size = 1
        self.terms_days = 30
        self.channel = WIRE
        self.draft_mode = ""  # "" the ERP posts; "order" or "shipment": drafts made then
        self.po_required = False
        self.opens = 0  # time it becomes a customer
        self.master_recorded = 0
        self.active_from = self.active_to = 0  # inactive in [active_to, active_from); 0 is never
        self.paid_by: Account | None = None
        self.children: list[Account] = []
        self.open: dict[str, Document] = {}
        self.credits: list[tuple[str, int]] = []
        self.run_days = 0
        self.next_run = 0
        self.runs_to_skip = 0
        self.gap = 0  # mean milliseconds between orders
        self.raw_time = 0

    def active_since(self, time: int) -> int | None:
        """The first moment from `time` on at which the master says active; None is never again."""
        if self.active_to == 0 or time < self.active_to:
            return time
        if self.active_from == 0:
            return None
        return max(time, self.active_from)


class Document:
    """What a customer owes by one invoice, as the customer sees it. Amounts in minor units."""

    __slots__ = (
        "account", "amount", "contested", "due", "goods", "hold", "known", "number", "order_id", "plan", "po_reference", "posted",
        "recorded", "remaining", "reserved",
    )  # fmt: skip

    def __init__(self, account: Account, number: str, amount: int, posted: int, due: int) -> None:
        self.account = account
        self.number = number
        self.amount = amount
        self.remaining = amount
        self.contested = 0
        self.hold = False  # all of it is disputed: nothing is paid
        self.reserved = False  # has a plan of its own: no sweep or run takes it along
        self.plan = 0  # a later plan makes the earlier ones void
        self.posted = posted
        self.due = due
        self.known = 0
        self.recorded = 0
        self.order_id = ""
        self.po_reference = ""
        self.goods: Sequence[InvoiceLine] = ()

    @property
    def payable(self) -> int:
        return 0 if self.hold else max(0, self.remaining - self.contested)


_IBAN_DIGITS = {"DE": 18, "FR": 23, "AT": 16, "ES": 20, "CH": 17}


def bank_number(country: str, number: int) -> str:
    """An account number as banks of that country show it: an IBAN with right check digits where it is all digits
    after the country, else routing number and account, for which no check is made."""
    digits = _IBAN_DIGITS.get(country)
    if digits is None:
        return f"{21_000_000 + number % 97:09d}-{number % 10**12:012d}"
    body = f"{number % 10**digits:0{digits}d}"
    letters = "".join(str(ord(c) - 55) for c in country)
    return f"{country}{98 - int(body + letters + '00') % 97:02d}{body}"


def make_accounts(config: Config, chance: Chance) -> list[Account]:
    """The customers, sizes by Zipf's law over a shuffled order."""
    rates = config.trouble()
    entities = [Entity(place, code) for place, code in enumerate(config.entities)]
    currencies = Mix(config.currencies)
    habits = Mix(HABITS)
    ranks = list(range(config.accounts))
    chance.shuffle(ranks)
    # Whole billionths: from Python 3.12 on sum() adds floats more exactly than before, and so otherwise.
    weight = sum(1_000_000_000 // (rank + 4) for rank in range(config.accounts))
    month = 30 * 86_400_000
    heads: dict[tuple[int, str], Account] = {}
    accounts = []
    for index, rank in enumerate(ranks):
        currency = currencies.draw(chance)
        at_home = currency == config.currencies[0][0]
        place = 0 if len(entities) == 1 or (at_home != chance.yes(0.08)) else 1 + chance.below(len(entities) - 1)
        account = Account(index + 1, entities[place], currency, habits.draw(chance))
        share = config.accounts * config.orders_per_month * (1_000_000_000 // (rank + 4)) / weight
        account.gap = max(1, int(month / max(0.4, share)))
        account.size = 1 + min(9, int(share / config.orders_per_month))
        _describe(account, chance)
        _bank_with(account, rates, chance)
        _how_billed(account, config, chance)
        _group(account, heads, rates, chance)
        accounts.append(account)
    return accounts


def _describe(account: Account, chance: Chance) -> None:
    country = chance.pick(_COUNTRIES[account.currency])
    account.country = country
    account.language = _LANGUAGES.get(country, "en-US" if country.upper() == "US" else "en-GB")
    form = _FORMS.get(country, "Inc.")
    account.name = f"{chance.pick(_FIRST)} {chance.pick(_SECOND)} {account.index} {form}"
    account.segment = chance.pick(("retail", "wholesale", "industrial", "public", "horeca"))
    account.tier = "gold" if account.size >= 4 else "silver" if account.size >= 2 else "bronze"
    account.terms_days = chance.pick((10, 14, 30, 30, 30, 45, 60))
    if account.entity.country == country.upper():
        account.tax_code, account.tax_rate = (
            chance.pick(US_STATE_TAX) if country.upper() == "US" else DOMESTIC_TAX[country]
        )
    else:
        account.tax_code = f"{account.entity.country}-EXPORT"
    account.bank_number = bank_number(country.upper(), 10_000_000_000_000 + account.index * 1_009)


def _bank_with(account: Account, rates: Rates, chance: Chance) -> None:
    if account.habit.name == "autopay":
        account.channel = DIRECT_DEBIT
    elif account.currency in ("USD", "CAD"):
        account.channel = _DOLLAR_CHANNELS.draw(chance)
    else:
        account.channel = _OTHER_CHANNELS.draw(chance)
    if chance.yes(rates.systematic_style):
        account.style = chance.pick(("zeros", "punctuation", "prefix", "case"))
    if account.habit.run_days:
        account.run_days = chance.pick(account.habit.run_days)


def _how_billed(account: Account, config: Config, chance: Chance) -> None:
    if account.habit.name != "prepayer" and chance.yes(config.draft_share):
        account.draft_mode = chance.pick(("order", "shipment"))
    account.po_required = chance.yes(0.25)


def _group(account: Account, heads: dict[tuple[int, str], Account], rates: Rates, chance: Chance) -> None:
    """Some accounts are paid for by the head of their group: one of the same entity and currency."""
    key = (account.entity.place, account.currency)
    head = heads.get(key)
    if head is None or len(head.children) >= 5:
        if account.habit.name in ("lump_sum", "prompt", "late"):
            heads[key] = account
    elif chance.yes(rates.paid_by_parent) and account.habit.name not in ("autopay", "prepayer", "affiliate"):
        account.paid_by = head
        head.children.append(account)
