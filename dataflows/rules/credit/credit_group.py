"""A credit limit that several accounts share, each in a shard of its own. Source: REFERENCE 3.7.

The group has an account of its own, `~credit:GROUP`, in the company of its members; the limit hangs on it. Each member
states its exposure there by a decision, whenever it changed by more than a policy's step, and the forwarder brings that as
a fact; the group tells its members in the same way when it is held or released. Numbers of decisions order what comes
(docs/decisions/0051-a-credit-limit-of-several-accounts.md).
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.credit.credit_count import currencies, parts_in, sum_in
from dataflows.rules.money.money import MOST_MINOR
from dataflows.rules.provisions.credit import CreditTerms
from schemas.records import (
    CreditExposure,
    CreditGroupTold,
    CreditRow,
    Customer,
    Decision,
    GroupMember,
    MemberAmount,
)
from schemas.topics import CREDIT_PREFIX

GROUP: Final = "group"
STATED: Final = "credit.stated"
LEFT: Final = "credit.left"
TOLD_HELD: Final = "credit.group_held"
TOLD_RELEASED: Final = "credit.group_released"
# Accounts that share one limit; what the group knows of them is in one row.
MOST_MEMBERS: Final = 1_000


def is_group(account: Account) -> bool:
    return account.account_id.startswith(CREDIT_PREFIX)


# --- members ---


def keep_customer(account: Account, fact: Customer) -> None:
    """The group whose limit it shares, by its last master data; one that it left has to be told so."""
    if not account.row.credit:
        return
    row = account.credit()
    if row.group == fact.credit_group:
        return
    if row.group_stated:
        row.left = row.group
    row.group = fact.credit_group
    row.group_held = False
    row.group_number = -1
    row.group_stated = False
    for part in row.sums:
        part.stated = 0
    account.touch_credit()


def state_exposure(account: Account, terms: CreditTerms) -> list[Decision]:
    """What a member states to its group, by currency; that it left another one, first."""
    row = account.credit()
    if row.left:
        return [Decision(kind="credit_exposure_stated", rule=LEFT, counterparty=CREDIT_PREFIX + row.left)]
    if not row.group or row.counted:
        return []
    decisions: list[Decision] = []
    for currency in currencies(account):
        stated = 0
        for part in row.sums:
            if part.currency == currency:
                stated = part.stated
        # What a member has too much of lowers nobody else's.
        parts = parts_in(account, currency, terms)
        amount = max(0, sum(parts[:-1]) - parts[-1])
        # The first one is stated whatever it is, and so is the last.
        if amount != stated and (abs(amount - stated) > terms.group_step_minor or not stated or not amount):
            decisions.append(
                Decision(
                    kind="credit_exposure_stated",
                    rule=STATED,
                    currency=currency,
                    amount=amount,
                    counterparty=CREDIT_PREFIX + row.group,
                    evidence=[f"before:{stated}"],
                )
            )
    if not decisions and not row.group_stated:
        # The group has to know of it, to tell it that it is held.
        decisions.append(Decision(kind="credit_exposure_stated", rule=STATED, counterparty=CREDIT_PREFIX + row.group))
    return decisions


def keep_told(account: Account, fact: CreditGroupTold) -> None:
    """What the group told its member."""
    row = account.credit()
    row.group_held = fact.held
    row.group_number = fact.number
    account.touch_credit()


def told_amiss(account: Account, fact: CreditGroupTold) -> str:
    """Why it is not for this account, or not any more; empty where it is."""
    if not account.row.credit or account.credit().group != fact.group:
        return f"not_of_group:{fact.group}"
    return "told_before" if fact.number <= account.credit().group_number else ""


# --- the group ---


def stated_amiss(account: Account, fact: CreditExposure) -> str:
    """Why nothing can come of what an account states; empty where something can."""
    if not is_group(account):
        return "not_of_a_group"
    row = account.credit()
    member = _member(row, fact.from_account)
    if member is None:
        return f"members_at_most:{MOST_MEMBERS}" if len(row.members) >= MOST_MEMBERS else ""
    return "stated_before" if fact.number <= member.number else ""


def keep_stated(account: Account, fact: CreditExposure) -> None:
    """What a member stated counts from now on."""
    assert 0 <= fact.amount < MOST_MINOR, f"exposure {fact.amount} of {fact.from_account}"
    row = account.credit()
    member = _member(row, fact.from_account)
    if member is None:
        member = GroupMember(fact.from_account)
        row.members.append(member)
        row.members.sort(key=_by_account)
    member.number = fact.number
    member.gone = fact.left
    if fact.left:
        member.told_held = False
    for amount in member.amounts:
        if fact.left or amount.currency == fact.currency:
            sum_in(account, amount.currency).members -= amount.amount
    member.amounts = [] if fact.left else [x for x in member.amounts if x.currency != fact.currency]
    if fact.amount and not fact.left:
        member.amounts.append(MemberAmount(fact.currency, fact.amount))
        member.amounts.sort(key=_by_currency)
        sum_in(account, fact.currency).members += fact.amount
    account.touch_credit()


def tell_members(account: Account) -> list[Decision]:
    """Members that do not know yet that the group is held, or released."""
    row = account.credit()
    untold = [x.account_id for x in row.members if x.told_held != row.held and not x.gone]
    if not untold:
        return []
    return [
        Decision(
            kind="credit_group_told",
            rule=TOLD_HELD if row.held else TOLD_RELEASED,
            reference_id=account.account_id.removeprefix(CREDIT_PREFIX),
            candidates=untold,
        )
    ]


def _member(row: CreditRow, account_id: str) -> GroupMember | None:
    for member in row.members:
        if member.account_id == account_id:
            return member
    return None


def _by_account(member: GroupMember) -> str:
    return member.account_id


def _by_currency(amount: MemberAmount) -> str:
    return amount.currency


# --- posting ---


def post_stated(account: Account, d: Decision) -> None:
    row = account.credit()
    account.touch_credit()
    if d.rule == LEFT:
        row.left = ""
        return
    row.group_stated = True
    if d.currency:
        sum_in(account, d.currency).stated = d.amount


def post_told(account: Account, d: Decision) -> None:
    row = account.credit()
    account.touch_credit()
    for member in row.members:
        if member.account_id in d.candidates:
            member.told_held = d.rule == TOLD_HELD
