"""Contacts with a customer: service cases, messages that went out, who is responsible, letters of late.

What facts say of them is kept here. Source: REFERENCE 3.2.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import documents_of
from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.provisions.reminders import MOST_CONTACTS, ReminderTerms
from schemas.records import AccountOwner, Contact, Message, OpenCase, RoleOwner, ServiceCase

# Open cases, and owners of roles, that an account remembers; the oldest is forgotten first.
MOST_CASES: Final = 200
MOST_OWNERS: Final = 50
ANY_NUMBER: Final = 10**9
# What was sent in some way; queued it is not yet, and what bounced reached nobody.
WENT_OUT: Final = ("sent", "delivered", "viewed", "acknowledged")


def keep_case(account: Account, fact: ServiceCase) -> None:
    """A case of customer service is open, or is not any more."""
    row = account.row
    row.service_cases = [case for case in row.service_cases if case.case_id != fact.case_id]
    if fact.status == "open":
        row.service_cases.append(OpenCase(fact.case_id, fact.document))
        del row.service_cases[:-MOST_CASES]
    account.touch()


def keep_message(account: Account, fact: Message) -> None:
    """A message that went out is a contact, once. One that carries out a delivery or a letter is not: the letter was
    counted when it was decided. What came in is none."""
    if fact.direction == "out" and not fact.delivery_id and fact.status in WENT_OUT:
        add_contact(account, fact.event_time // DAY_MS, f"message:{fact.message_id}")


def keep_owner(account: Account, fact: AccountOwner) -> None:
    """Who is responsible in a role from a day on; a later word of the same day replaces it."""
    owners = [x for x in account.row.owners if (x.role, x.valid_from_date) != (fact.role, fact.valid_from_date)]
    owners.append(RoleOwner(fact.role, fact.owner, fact.valid_from_date))
    owners.sort(key=_by_role_and_day)
    if len(owners) > MOST_OWNERS:
        _forget_owner(owners)
    account.row.owners = owners
    account.touch()


def _by_role_and_day(one: RoleOwner) -> tuple[str, int]:
    return (one.role, one.valid_from_date)


def _forget_owner(owners: list[RoleOwner]) -> None:
    """Forget the earliest of the role that has most, so that a role that changes daily takes nothing from another."""
    most = 0
    at = 0
    first = 0
    for n, one in enumerate(owners):
        if one.role != owners[first].role:
            first = n
        if n - first + 1 > most:
            most = n - first + 1
            at = first
    del owners[at]


def add_contact(account: Account, day: int, reference: str) -> None:
    """Count a letter or message, each once."""
    contacts = account.row.contacts
    # One letter is said for each of its items, one after the other.
    if contacts and contacts[-1].reference == reference:
        return
    if any(contact.reference == reference for contact in contacts):
        return
    contacts.append(Contact(day, reference))
    del contacts[:-MOST_CONTACTS]
    account.touch()


def contacts_left(account: Account, terms: ReminderTerms, today: int) -> int:
    """How many letters may still go out today."""
    if not terms.contacts_max:
        return ANY_NUMBER
    since = today - terms.contacts_days
    return terms.contacts_max - sum([contact.day > since for contact in account.row.contacts])


def pausing_case(account: Account, document: str) -> str:
    """An open service case about the item, or a number that stands for it, or about the whole account; empty where there
    is none."""
    for case in account.row.service_cases:
        if not case.document or document in documents_of(account, [case.document]):
            return case.case_id
    return ""
