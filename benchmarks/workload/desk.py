"""What all desks of the distributor's office have: chances of their own, and facts that they say once.

No desk draws from the chances of trade: goods, bills and money come out the same whatever the office does beside them.
"""

from typing import Final

from benchmarks.workload.accounts import Account, Entity
from benchmarks.workload.chance import Chance
from benchmarks.workload.config import CURRENCIES
from benchmarks.workload.days import HOUR, business_days_after, work_time
from benchmarks.workload.world import PROMPT, World
from schemas.records import Approval, OperatorAction

Head = tuple[str, int, str, str, str, str, str, int]
# Seeds of desks lie apart from those of trade, which are small.
_APART: Final = 1_000_003


class Desk:
    """A desk of the office. `place` is its own number: it sets its chances apart from those of the other desks."""

    def __init__(self, world: World, place: int) -> None:
        self._world = world
        self._chance = Chance((world.config.seed + 1) * _APART + place)

    def _head(self, source: str, account: Account, happened: int, usual: tuple[int, ...] = PROMPT) -> Head:
        """The fields that every fact has; recorded within the usual time after it happened."""
        recorded = happened + self._chance.along(usual)
        return self._place(source, account.entity, account.account_id, happened, recorded)

    def _place(self, source: str, entity: Entity, account_id: str, happened: int, recorded: int) -> Head:
        world = self._world
        return world.next_id(source), recorded, "", source, world.config.tenant, entity.code, account_id, happened

    def _after(self, now: int, least: int, most: int) -> int:
        """Working hours of a day from `least` to `most` business days after."""
        day = business_days_after(now // (24 * HOUR), self._chance.between(least, most))
        return work_time(day * 24 * HOUR + self._chance.below(24 * HOUR))

    def _act(
        self,
        account: Account,
        now: int,
        action: str,
        actor: str,
        note: str,
        *,
        document: str = "",
        receipt_id: str = "",
        amount: int = 0,
        reference_id: str = "",
        owner: str = "",
    ) -> None:
        """A person of the office wants something done."""
        self._world.say_once(
            OperatorAction(
                *self._head("office", account, now), action, actor, receipt_id, document, "", account.currency, amount, 0,
                note, "", reference_id, owner,
            )
        )  # fmt: skip

    def _answer(self, account: Account, now: int, approval_id: str, actor: str, granted: bool, note: str) -> None:
        """A checker says yes or no to what another one asked for."""
        decision = "approved" if granted else "rejected"
        self._world.say_once(
            Approval(*self._head("office", account, now), approval_id, decision, actor, "", "", note),
        )


def dollars(account: Account, amount: int) -> int:
    """So many US dollars, about, in minor units of the account's currency."""
    decimals, numerator, denominator = CURRENCIES[account.currency]
    units: int = 10**decimals
    return amount * numerator * units // denominator


def checker(account: Account, amount: int) -> str:
    """Who is good for so much: amounts in minor units of the account's currency."""
    decimals, numerator, denominator = CURRENCIES[account.currency]
    about = amount * denominator // (numerator * 10**decimals)
    where = account.entity.code.lower()
    if about < 400:
        return f"team-lead-{where}"
    return f"credit-manager-{where}" if about < 8_000 else "cfo"
