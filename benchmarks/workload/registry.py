"""Master data beside the customers themselves: who looks after them, agreed prices, rates of exchange, closed periods,
and how bills are sent out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from benchmarks.workload.accounts import Account, Entity
from benchmarks.workload.chance import Mix
from benchmarks.workload.config import CURRENCIES
from benchmarks.workload.days import DAY, HOUR, business_day, business_days_after, date_of, day_number
from benchmarks.workload.desk import Desk
from benchmarks.workload.world import World
from schemas.records import AccountOwner, FxRate, PeriodClose, PriceAgreement

# How customers take their bills; by letter nobody tells that they arrived.
SENT_BY: Final[Mix[str]] = Mix([("edi", 25), ("portal", 25), ("email", 30), ("letter", 20)])
_REGIONS: Final = {"US": ("east", "west", "south"), "MX": ("south",), "CA": ("east",), "JP": ("asia",), "KW": ("asia",)}
_COLLECTORS: Final = 3
_PRODUCTS_AGREED: Final = 40


class Registry(Desk):
    """`price(account, product)` is what the customer is charged, in millionths of the major unit."""

    def __init__(self, world: World, price: Callable[[Account, int], int]) -> None:
        super().__init__(world, 1)
        self._price = price
        self._rates: dict[str, int] = {}

    def describe(self, accounts: Sequence[Account]) -> None:
        """Where each customer is, how it takes bills, and which credit it shares with the head of its group."""
        for account in accounts:
            account.region = self._chance.pick(_REGIONS.get(account.country.upper(), ("europe",)))
            account.sent_by = SENT_BY.draw(self._chance)
            head = account.paid_by or account
            account.credit_group = f"G{head.index:05d}" if head.children else ""

    def start(self, accounts: Sequence[Account]) -> None:
        """Plan what is registered of each customer, each working day's rates, and the closing of each month."""
        world = self._world
        for account in accounts:
            world.at(account.opens, partial(self._opened, account))
        # A rate for each, and so the same order everywhere.
        for currency in dict.fromkeys(account.currency for account in accounts):
            if currency != self._books:
                _, numerator, denominator = CURRENCIES[currency]
                self._rates[currency] = 10**9 * denominator // numerator
        if self._rates:
            world.at(world.start, self._quote)
        for entity in {id(x.entity): x.entity for x in accounts}.values():
            world.at(_closing(world.start // DAY), partial(self._close, entity))

    @property
    def _books(self) -> str:
        return self._world.config.currencies[0][0]

    def _opened(self, account: Account, now: int) -> None:
        where, place = account.entity.code.lower(), account.index % _COLLECTORS + 1
        for role, owner in (
            ("collector", f"collector-{where}-{place}"),
            ("team_lead", f"team-lead-{where}"),
            ("account_manager", f"sales-{account.region}"),
            ("credit_manager", f"credit-manager-{where}"),
        ):
            self._owned(account, role, owner, now)
        if self._chance.yes(0.06):
            moved = now + self._chance.between(20, 70) * DAY
            other = f"collector-{where}-{place % _COLLECTORS + 1}"
            self._world.at(moved, partial(self._owned, account, "collector", other))
        if self._chance.yes(0.4):
            for product in sorted({self._chance.below(_PRODUCTS_AGREED) for _ in range(8)}):
                self._agree(account, product, now // DAY, 1, now)

    def _owned(self, account: Account, role: str, owner: str, now: int) -> None:
        self._world.say_once(AccountOwner(*self._head("crm-roles", account, now), role, owner, 0))

    def _agree(self, account: Account, product: int, since: int, time: int, now: int) -> None:
        """A price that holds for a quarter or so; mostly it is renewed before that is over."""
        chance = self._chance
        until = since + chance.between(50, 120)
        self._world.say_once(
            PriceAgreement(
                *self._head("contracts", account, now), f"PA-{account.index}-{product}-{time}", f"P-{10_000 + product}",
                account.currency, self._price(account, product), since, until, False,
            )
        )  # fmt: skip
        if chance.yes(0.85):
            self._world.at((until - 5) * DAY, partial(self._agree, account, product, until + 1, time + 1))

    def _quote(self, now: int) -> None:
        """The morning's rates of all currencies, each a little other than the day before."""
        day = now // DAY
        for currency, rate in self._rates.items():
            rate += rate * self._chance.between(-40, 40) // 10_000
            self._rates[currency] = rate
            self._world.say_once(
                FxRate(
                    self._world.next_id("treasury"), now + 6 * HOUR, "", "treasury", self._world.config.tenant, "", "",
                    now + 6 * HOUR, currency, self._books, rate, day,
                )
            )  # fmt: skip
        self._world.at(business_day(day + 1) * DAY, self._quote)

    def _close(self, entity: Entity, now: int) -> None:
        """The month before is closed in the books of this company."""
        first = day_number(date_of(now // DAY).replace(day=1))
        head = self._place(f"{entity.source}-books", entity, "", now, now + HOUR)
        self._world.say_once(PeriodClose(*head, first))
        self._world.at(_closing(now // DAY), partial(self._close, entity))


def _closing(day: int) -> int:
    """The evening of the sixth business day of the month after that day's."""
    date = date_of(day)
    first = date.replace(year=date.year + date.month // 12, month=date.month % 12 + 1, day=1)
    return business_days_after(day_number(first) - 1, 6) * DAY + 18 * HOUR
