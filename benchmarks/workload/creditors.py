"""The credit desk: what each customer may owe, cut and raised by what it owes and how it pays."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from benchmarks.workload.accounts import Account
from benchmarks.workload.days import DAY, work_time
from benchmarks.workload.desk import Desk, dollars
from benchmarks.workload.world import World
from schemas.records import CreditLimit

MAKER: Final = "credit-desk"
_SOURCE: Final = "limits"
# Limits above so many dollars are for the head of finance.
_LARGE: Final = 80_000
# A rise by more than this is for another person to agree to, minor units.
RISE_MINOR: Final = 1_000_000
_LIMITED: Final = 0.7
_GROUP_TIMES: Final = 4


class CreditDesk(Desk):
    """Sets a limit some weeks after a customer is new, by what it came to owe; looks at it again each month."""

    def __init__(self, world: World) -> None:
        super().__init__(world, 2)

    def start(self, accounts: Sequence[Account]) -> None:
        """Plan the first look at each customer."""
        for account in accounts:
            if self._chance.yes(_LIMITED):
                first = account.opens + self._chance.between(8, 30) * DAY
                self._world.at(work_time(first), partial(self._first, account))

    def _first(self, account: Account, now: int) -> None:
        owed = _owed(account)
        tight = self._chance.yes(self._world.rates.tight_limit)
        if tight:
            # A bad report, or a customer that grew faster than anybody thought.
            limit = _rounded(owed * self._chance.between(55, 90) // 100, account)
        else:
            limit = _rounded(max(owed, _least(account)) * self._chance.between(30, 60) // 10, account)
        self._set(account, limit, "first limit" if not tight else "report of the credit agency", now)
        if account.children:
            whole = sum(max(_owed(x), _least(x)) for x in (account, *account.children))
            self._set_group(account, _rounded(whole * _GROUP_TIMES, account), now)
        if tight and account.draft_mode:
            # Its bills wait while it is on hold: somebody asks for more within days.
            self._world.at(self._after(now, 1, 4), partial(self._raise, account, limit))
        else:
            self._look_again(account, limit, now)

    def _look_again(self, account: Account, limit: int, now: int) -> None:
        """Where a hold keeps bills back, which customers need to pay them, it is looked at each week."""
        days = 6 if account.draft_mode else 30
        self._world.at(work_time(now + days * DAY), partial(self._review, account, limit))

    def _review(self, account: Account, limit: int, now: int) -> None:
        """Customers that grew get more; some that pay late get less."""
        owed = _owed(account)
        if owed * 10 > limit * (5 if account.draft_mode else 8) and (
            account.draft_mode or account.habit.name != "chronic"
        ):
            self._raise(account, limit, now)
            return
        if (
            account.habit.name == "chronic"
            and not account.draft_mode
            and self._chance.yes(self._world.rates.tight_limit)
        ):
            limit = _rounded(max(owed, _least(account)) * 9 // 10, account)
            self._set(account, limit, "pays late", now)
        self._look_again(account, limit, now)

    def _raise(self, account: Account, limit: int, now: int) -> None:
        """A higher limit; what is much higher waits for another person, who mostly agrees."""
        owed = max(_owed(account), _least(account))
        times = self._chance.between(30, 45) if account.draft_mode else self._chance.between(18, 30)
        higher = max(limit, _rounded(owed * times // 10, account))
        event_id = self._set(account, higher, "more orders are expected", now)
        granted = True
        if higher - limit > RISE_MINOR:
            roll = self._chance.roll()
            granted = roll < 0.8 or account.draft_mode != ""
            if granted or roll < 0.9:
                note = "as asked" if granted else "let it pay first"
                when = self._after(now, 0, 2)
                large = higher > dollars(account, _LARGE)
                by = "cfo" if large else f"credit-manager-{account.entity.code.lower()}"
                answer = partial(self._agreed, account, f"credit:{event_id}", by, granted, note)
                self._world.at(max(when, now + DAY // 24), answer)
        known = higher if granted else limit
        self._look_again(account, known, now)

    def _agreed(self, account: Account, approval_id: str, by: str, granted: bool, note: str, now: int) -> None:
        self._answer(account, now, approval_id, by, granted, note)

    def _set(self, account: Account, amount: int, note: str, now: int) -> str:
        """The id of the fact that says so."""
        head = self._head(_SOURCE, account, now)
        fact = CreditLimit(
            *head, f"CL-{account.index}", account.currency, amount, now // DAY, 0, "", False, MAKER, note,
        )  # fmt: skip
        self._world.say_once(fact)
        return fact.event_id

    def _set_group(self, account: Account, amount: int, now: int) -> None:
        head = self._place(_SOURCE, account.entity, "", now, now + 1_000)
        fact = CreditLimit(
            *head, f"CL-{account.credit_group}", account.currency, amount, now // DAY, 0, account.credit_group, False,
            MAKER, "of the group",
        )  # fmt: skip
        self._world.say_once(fact)


def _owed(account: Account) -> int:
    """What the customer's open bills come to, as it sees them."""
    return sum(document.remaining for document in account.open.values())


def _least(account: Account) -> int:
    """What a customer of that size is good for anyway, minor units."""
    return dollars(account, 2_000 * account.size)


def _rounded(amount: int, account: Account) -> int:
    """To whole hundreds, and never nothing."""
    step = dollars(account, 100)
    return max(step, amount // step * step)
