"""The check of credit: exposures recomputed from scratch at each decision that states one, and holds by them. Source: REFERENCE 3.7.

What an account owes comes from the auditor's own books and orders; nothing here is counted by the rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account
from headrace.audit.approvals import same
from headrace.audit.books import Books
from headrace.audit.differences import DifferenceCheck
from headrace.audit.evidence import integer, whole
from headrace.audit.findings import Check
from headrace.audit.orders import OrderBook, again, came_back, net_of
from headrace.audit.policy import Terms
from schemas.records import CreditExposure, CreditGroupTold, CreditLimit, Customer, Decision, Fact

PARTS: Final = ("open_items", "unbilled", "drafts", "orders", "members", "unapplied")
GROUP_ACCOUNT: Final = "~credit:"
PPM: Final = 10**6
# By id: from, until, currency, amount.
Limits = dict[str, tuple[int, int, str, int]]
REMIND: Final = {"credit_hold_set": "hold", "credit_near_limit": "near_limit"}


@dataclass(slots=True)
class Credit:
    """What is known of one account's credit. limits: by id, (from, until, currency, amount), 0 is without a day.

    proposals: by id, (limit, maker); members: of a group, by account, what each stated in each currency.
    """

    limits: dict[str, tuple[int, int, str, int]] = field(default_factory=dict)
    proposals: dict[str, tuple[str, str]] = field(default_factory=dict)
    held: bool = False
    group: str = ""
    group_held: bool = False
    members: dict[str, dict[str, int]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    asked: bool = False
    # By how much limits rose without an approval, and on which business day.
    risen: tuple[int, int] = (0, 0)


class CreditCheck:
    """The check of one shard. `fact` before its decisions, `said` for each decision before it is posted, then `finish`."""

    def __init__(self, check: Check, books: Books, orders: OrderBook, rates: DifferenceCheck) -> None:
        self._check: Final = check
        self._books: Final = books
        self._orders: Final = orders
        self._rates: Final = rates
        self._credits: Final[dict[str, Credit]] = {}

    def _of(self, account: Account) -> Credit:
        found = self._credits.get(account.key)
        if found is None:
            found = self._credits[account.key] = Credit()
        return found

    # --- facts ---

    def fact(self, account: Account, fact: Fact) -> None:
        """Keep what a fact that was not rejected says of credit."""
        if isinstance(fact, CreditLimit):
            self._of(account).asked = True
        elif isinstance(fact, Customer):
            credit = self._credits.get(account.key)
            if fact.credit_group or credit is not None:
                credit = self._of(account)
                if credit.group != fact.credit_group:
                    credit.group, credit.group_held = fact.credit_group, False
        elif isinstance(fact, CreditGroupTold):
            self._of(account).group_held = fact.held
        elif isinstance(fact, CreditExposure):
            credit = self._of(account)
            if fact.number <= credit.numbers.get(fact.from_account, -1):
                self._check.find("stated_before", f"{fact.event_id} was stated before", account=account.key)
            credit.numbers[fact.from_account] = fact.number
            if fact.left:
                credit.members.pop(fact.from_account, None)
            else:
                credit.members.setdefault(fact.from_account, {})[fact.currency] = fact.amount

    # --- decisions ---

    def said(self, account: Account, d: Decision, terms: Terms, today: int, running: int) -> None:
        """A decision about credit. running: the day that runs by the log's clock."""
        self._check.checked += 1
        policy = terms.of(account.who, "", today).text["credit"]
        credit = self._of(account)
        if d.kind in ("credit_limit_set", "credit_change_proposed", "credit_change_rejected"):
            self._limit(credit, d, policy, today, terms.of(account.who, "", today).business_day_number(running))
        elif d.kind == "credit_exposure_stated":
            self._stated(account, credit, d, policy)
        elif d.kind == "credit_group_told":
            if not set(d.candidates) <= credit.members.keys() or (d.rule == "credit.group_held") is not credit.held:
                self._wrong(d, "told", f"tells {', '.join(d.candidates)} by {d.rule}, on hold: {credit.held}")
        else:
            age = terms.of(account.who, "", today).exchange["rate_age_days"]
            self._standing(account, credit, d, policy, today, age)

    def _wrong(self, d: Decision, code: str, text: str) -> None:
        self._check.about(d, code, f"{d.kind}: {text}")

    def _limit(self, credit: Credit, d: Decision, policy: dict[str, Any], today: int, on: int) -> None:
        said = _said(d)
        before = dict(credit.limits)
        if d.kind == "credit_change_proposed":
            about, maker = said.get("limit", ""), said.get("maker", "")
            if not about or not maker:
                self._wrong(d, "not_proposed", f"{d.reference_id} names no limit, or nobody who wants it")
            for known in [name for name, (limit, _) in credit.proposals.items() if limit == about]:
                del credit.proposals[known]
            credit.proposals[d.reference_id] = about, maker
            return
        if d.rule in ("credit.approved", "credit.rejected"):
            proposal = credit.proposals.get(said.get("approval", ""))
            if proposal is None or proposal[0] != d.reference_id:
                self._wrong(d, "not_proposed", f"no change {said.get('approval')} of {d.reference_id} is proposed")
            elif d.rule == "credit.approved" and same(proposal[1], said.get("by", "")):
                self._wrong(d, "own_approval", f"{proposal[1]} wants the change, and approves it")
        for known in [name for name, (limit, _) in credit.proposals.items() if limit == d.reference_id]:
            del credit.proposals[known]
        if d.kind == "credit_change_rejected":
            return
        credit.limits.pop(d.reference_id, None)
        if "cancelled" not in said:
            dates = integer(said.get("from", "")), integer(said.get("until", ""))
            credit.limits[d.reference_id] = (*dates, d.currency, d.amount)
        if d.rule == "credit.limit":
            risen = credit.risen[1] if credit.risen[0] == on else 0
            most = self._at_once(before, credit.limits, d, policy, today, risen)
            if most:
                credit.risen = on, risen + most

    def _at_once(
        self, before: Limits, after: Limits, d: Decision, policy: dict[str, Any], today: int, gone: int
    ) -> int:
        """Nobody approved it: on no day may much more be owed by it, with what rose on its day before; by how much."""
        most = 0
        edges = [day for since, until, _, _ in (*before.values(), *after.values()) for day in (since, until + 1)]
        for day in [today, *(day for day in edges if day > today)]:
            old, new = limit_of(before, policy, day), limit_of(after, policy, day)
            if old is None:
                continue
            if new is None or new[0] != old[0]:
                self._wrong(d, "no_approval", f"the limit of day {day} goes from {old} to {new} at once")
                return 0
            most = max(most, new[1] - old[1])
            if most and most + gone > policy["change_approval_minor"]:
                self._wrong(d, "no_approval", f"the limit of day {day} goes from {old} to {new} at once, {gone} before")
                return most
        return most

    def _stated(self, account: Account, credit: Credit, d: Decision, policy: dict[str, Any]) -> None:
        if d.rule == "credit.left":
            if d.counterparty == GROUP_ACCOUNT + credit.group:
                self._wrong(d, "left", f"it leaves {d.counterparty}, whose member it is")
            return
        right = max(0, sum(self.parts(account, credit, d.currency, policy).values())) if d.currency else 0
        if (d.counterparty, d.amount) != (GROUP_ACCOUNT + credit.group, right):
            self._wrong(d, "stated", f"{d.amount} to {d.counterparty}, should be {right} to {credit.group}")

    def _standing(
        self, account: Account, credit: Credit, d: Decision, policy: dict[str, Any], today: int, age_days: int
    ) -> None:
        limit = limit_of(credit.limits, policy, today)
        said = _said(d)
        if "counting" in said:
            # Part of what was here before the account was asked for is not in it yet.
            self._check.note(f"{account.key}: holds while its exposure was still being counted are not recomputed")
        else:
            parts = self.all_parts(account, credit, limit[0] if limit else d.currency, policy, today, age_days)
            if limit is not None:
                stated = {name: whole(said[name]) for name in PARTS if name in said}
                if stated != parts or d.amount != sum(parts.values()):
                    self._wrong(d, "exposure", f"{d.amount} of {stated}, should be {sum(parts.values())} of {parts}")
                if said.get("limit") != str(limit[1]):
                    self._wrong(d, "limit", f"a limit of {said.get('limit')}, should be {limit[1]}")
            self._hold(account, credit, d, policy, limit, sum(parts.values()), today)
        if d.kind == "credit_hold_set":
            credit.held = True
            account.credit_stop = bool(policy["stops_release"])
        elif d.kind == "credit_hold_released":
            credit.held = account.credit_stop = False
        if d.kind in REMIND and REMIND[d.kind] in policy["raises_reminders"]:
            # What is past due may be reminded before its step.
            due = [x.document for x in account.open.values() if x.kind != CREDIT and x.due_date < today]
            account.raised.update(due)

    def _hold(
        self,
        account: Account,
        credit: Credit,
        d: Decision,
        policy: dict[str, Any],
        limit: tuple[str, int] | None,
        total: int,
        today: int,
    ) -> None:
        causes = self.causes(account, credit, policy, limit, total, today)
        if d.kind == "credit_hold_set":
            if credit.held or not causes or list(d.reasons) != causes:
                self._wrong(d, "hold", f"for {list(d.reasons)}, should be for {causes}, on hold before: {credit.held}")
        elif d.kind == "credit_hold_released":
            if not credit.held or causes:
                self._wrong(d, "released", f"it has to be held for {causes}, on hold before: {credit.held}")
            if "over_limit" in d.reasons and limit is not None and total * PPM > limit[1] * policy["release_ppm"]:
                self._wrong(d, "released", f"{total} is above what the policy releases at, of {limit[1]}")
            days = self._past_due(account, today)
            if "past_due" in d.reasons and policy["past_due_days"] and days > policy["release_past_due_days"]:
                self._wrong(d, "released", f"its oldest item is past due for {days} days")
        elif credit.held or causes or limit is None or total * PPM < limit[1] * policy["near_ppm"]:
            self._wrong(d, "near", f"{total} is not near {limit}, on hold: {credit.held or causes}")

    def causes(
        self,
        account: Account,
        credit: Credit,
        policy: dict[str, Any],
        limit: tuple[str, int] | None,
        total: int,
        today: int,
    ) -> list[str]:
        """Why the account has to be held."""
        found = ["over_limit"] if limit is not None and total > limit[1] else []
        days = self._past_due(account, today)
        if policy["past_due_days"] and days > policy["past_due_days"]:
            found.append(f"past_due:{days}")
        return [*found, f"group:{credit.group}"] if credit.group_held else found

    def _past_due(self, account: Account, today: int) -> int:
        due = [x.due_date for x in account.open.values() if x.kind != CREDIT and x.open > x.disputed]
        return max(0, today - min(due)) if due else 0

    def parts(self, account: Account, credit: Credit, currency: str, policy: dict[str, Any]) -> dict[str, int]:
        """The parts of the exposure in that currency, those that are not zero, each quantity at its latest stage."""
        debit, owed, unapplied, on_account = (
            account.sums_of(currency).balances() if currency in account.sums else (0,) * 4
        )
        unbilled = ordered = 0
        for order_id in self._orders.unfinished(account):
            order = self._orders.order(account, order_id)
            if order["currency"] == currency:
                one = _worth(order, [x for x in account.held.values() if x.order_id == order_id])
                unbilled += one[0]
                ordered += one[1]
        tax = Fraction(policy["tax_ppm"], PPM)
        found = {
            "open_items": debit - owed,
            "unbilled": floor(unbilled * (1 + tax) + Fraction(1, 2)),
            "drafts": sum(x.amount for x in account.held.values() if x.currency == currency),
            "orders": floor(ordered * (1 + tax) + Fraction(1, 2)) if policy["include_orders"] else 0,
            "members": sum(stated.get(currency, 0) for stated in credit.members.values()),
            "unapplied": -(unapplied + on_account),
        }
        return {name: amount for name, amount in found.items() if amount}

    def all_parts(
        self, account: Account, credit: Credit, currency: str, policy: dict[str, Any], today: int, age_days: int
    ) -> dict[str, int]:
        """The same of all currencies, each part in that one by the rate of the day; what has no rate is left out."""
        orders = [self._orders.order(account, order_id)["currency"] for order_id in self._orders.unfinished(account)]
        stated = [name for amounts in credit.members.values() for name in amounts]
        found: dict[str, int] = {}
        for name in {*account.sums, *orders, *stated, *[x.currency for x in account.held.values()]}:
            for part, amount in self.parts(account, credit, name, policy).items():
                converted: int | None = amount
                if name != currency:
                    size = self._rates.converted(abs(amount), name, currency, today, today - age_days)
                    converted = size if size is None or amount > 0 else -size
                found[part] = found.get(part, 0) + (converted or 0)
        return {part: amount for part, amount in found.items() if amount}

    def finish(self, accounts: Iterable[Account], terms: Terms, today: int, shard: int) -> None:
        """At the end of the log: accounts with a limit that should be on hold, or should not be."""
        for account in accounts:
            self._check.checked += 1
            credit = self._credits.get(account.key)
            # What time alone brings may still be due; an account that is parked decides nothing.
            if credit is None or not credit.asked or account.parked:
                continue
            policy = terms.of(account.who, "", today).text["credit"]
            limit = limit_of(credit.limits, policy, today)
            if any(since or until for since, until, _, _ in credit.limits.values()) or limit is None:
                continue
            age_days = terms.of(account.who, "", today).exchange["rate_age_days"]
            total = sum(self.all_parts(account, credit, limit[0], policy, today, age_days).values())
            if total > limit[1] and not credit.held:
                text = f"its exposure of {total} is above its limit of {limit[1]}, and it is not on hold"
                self._check.find("not_held", text, shard=shard, account=account.key)


def limit_of(limits: Limits, policy: dict[str, Any], today: int) -> tuple[str, int] | None:
    """Currency and amount of the limit that holds: of those that do the one that began last, else the policy's."""
    there = [
        (since, name, currency, amount)
        for name, (since, until, currency, amount) in limits.items()
        if since <= today and (not until or today <= until)
    ]
    if there:
        return max(there)[2:]
    return (policy["limit_currency"], policy["limit_minor"]) if policy["limit_currency"] else None


def _said(d: Decision) -> dict[str, str]:
    """What the evidence says, by name."""
    return {name: value for name, _, value in reversed([text.partition(":") for text in d.evidence])}


def _worth(order: dict[str, Any], drafts: Iterable[Any]) -> tuple[int, int]:
    """What is delivered and in no bill or draft, and what is ordered beyond that; net minor units."""
    later: dict[int, int] = dict(order["billed"])
    for draft in drafts:
        lines = [(line.order_line, line.quantity_milli) for line in draft.lines]
        for number, quantity in lines:
            later[number] = later.get(number, 0) + quantity
        for number, quantity in again(draft, order).items() if lines else ():
            later[number] = later.get(number, 0) - quantity
        if not lines:
            for number, quantity in order["ordered"].items():
                later[number] = max(later.get(number, 0), quantity)
    sent: dict[int, int] = {}
    for _, _, _, lines, _ in order["shipments"].values():
        for number, quantity in lines.items():
            sent[number] = sent.get(number, 0) + quantity
    back = came_back(order)
    unbilled = ordered = 0
    for number in sorted({*order["ordered"], *sent}):
        price, billed, went = order["price"].get(number, 0), later.get(number, 0), sent.get(number, 0)
        unbilled += net_of(max(0, went - back.get(number, 0) - billed), price, order["currency"])
        if not order["cancelled"]:
            beyond = max(0, order["ordered"].get(number, 0) - max(went, billed))
            ordered += net_of(beyond, price, order["currency"])
    # Documents without lines bill deliveries first.
    taken = min(order["unlined"], unbilled)
    return unbilled - taken, max(0, ordered - (order["unlined"] - taken))
