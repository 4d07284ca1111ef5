"""What the auditor knows of an account: its sums, items, receipts and disputes. What posts to them is in books.py."""

from dataclasses import dataclass, field
from typing import Any, Final

from headrace.audit.policy import Who
from schemas.records import Invoice

CREDIT: Final = "credit_note"


@dataclass(slots=True)
class Item:
    """One document of an account, open or cleared. Amounts are minor units, dates days since 1970-01-01."""

    document: str
    kind: str
    currency: str
    amount: int
    open: int
    disputed: int
    level: int
    due_date: int
    document_date: int
    posting_date: int
    corrects: str
    last_letter: int = 0
    # Cash valued after the due date, by value date; what was charged for it; whether it was compensated.
    late: dict[int, int] = field(default_factory=dict)
    interest: int = 0
    compensated: bool = False
    tax: int = 0
    # Cash discounts, as (last day, millionths), and what they are of.
    terms: tuple[tuple[int, int], ...] = ()
    discountable: int = 0
    discounted: int = 0
    order_id: str = ""
    # Credit notes that name it, and the invoice that replaced it.
    credited: int = 0
    replaced_by: str = ""


@dataclass(slots=True)
class Receipt:
    """One receipt of an account. `amount` was booked here; `pending` went back before it came.

    foreign_return: that was in another currency, and is nothing of it. allocations: cash by item; credits: what its remittance took off credit notes, by item and credit note.
    """

    receipt_id: str
    currency: str
    bank_account: str = ""
    bank_reference: str = ""
    text: str = ""
    lines: tuple[tuple[str, int | None], ...] = ()
    amount: int = 0
    unapplied: int = 0
    returned: int = 0
    pending: int = 0
    foreign_return: bool = False
    posting_date: int = 0
    value_date: int = 0
    allocations: dict[str, int] = field(default_factory=dict)
    credits: dict[str, int] = field(default_factory=dict)
    # By account that it was sent to and that did not refuse it: how much, and how much of that the bank has back.
    sent: dict[str, int] = field(default_factory=dict)
    sent_back: dict[str, int] = field(default_factory=dict)
    # Items that a person took it off, which it is not applied to again but by a person.
    declined: dict[str, int] = field(default_factory=dict)
    # The account that sent it here; empty where it came from the bank.
    came_from: str = ""
    # The bank's number of it; the account may have the bank account after that.
    number: str = ""
    order_id: str = ""
    on_account: int = 0
    # A person is told of it though all of it is applied: an advice that came later says otherwise.
    told_applied: bool = False
    # What hangs on its applications, by what it is and of which item; and what is on its way to items in other
    # currencies, in these.
    hanging: dict[str, int] = field(default_factory=dict)
    exchanging: dict[str, int] = field(default_factory=dict)
    # Whether the payer says itself that it took something off.
    adjusted: bool = False

    def gone_meanwhile(self, refused_by: str) -> int:
        """What the bank took back of refused money before that was here again."""
        return max(0, self.sent_back.get(refused_by, 0) - self.sent.get(refused_by, 0))


@dataclass(slots=True)
class Sums:
    """All that was ever posted in one currency of an account. The balances follow by the law of conservation."""

    debits_raised: int = 0
    credits_raised: int = 0
    cash_applied: int = 0
    credits_allocated: int = 0
    received: int = 0
    returned: int = 0
    transferred_in: int = 0
    transferred_out: int = 0
    # What of `returned` was applied when it went back: it reopened items and left no cash behind.
    reversed: int = 0
    discounts: int = 0
    charges: int = 0
    written_off: int = 0
    small_credits: int = 0
    exchanged_in: int = 0
    exchanged_out: int = 0
    refunded: int = 0
    credits_refunded: int = 0
    on_account: int = 0
    # What items were more than what was raised: deductions, and what was paid of items before they were taken over.
    items_beyond: int = 0
    credits_beyond: int = 0

    @property
    def open_debit(self) -> int:
        lowered = self.cash_applied + self.credits_allocated + self.discounts + self.charges + self.written_off
        return self.debits_raised - lowered

    @property
    def open_credit(self) -> int:
        return self.credits_raised - self.credits_allocated - self.credits_refunded

    @property
    def unapplied(self) -> int:
        came = self.received + self.transferred_in + self.exchanged_in
        gone = self.returned + self.transferred_out + self.exchanged_out + self.refunded + self.small_credits
        return came - gone - self.cash_applied - self.on_account

    def balances(self) -> tuple[int, int, int, int]:
        """open_debit, open_credit, unapplied, on_account."""
        return self.open_debit, self.open_credit, self.unapplied, self.on_account


@dataclass(slots=True)
class Dispute:
    """An open dispute. amount is None until its item is here, where the customer contests all of that.

    credited: what credit notes settled of it; ended: its review took too long, and it pauses nothing any more.
    """

    document: str
    currency: str
    amount: int | None
    credited: int = 0
    ended: bool = False


@dataclass(slots=True)
class Account:
    """What the auditor knows of one account: its customer, its balances and its open documents."""

    key: str
    sums: dict[str, Sums] = field(default_factory=dict)
    open: dict[str, Item] = field(default_factory=dict)
    held: dict[str, Invoice] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    # Disputes of one of several documents: the dispute of them all.
    dispute_parts: dict[str, str] = field(default_factory=dict)
    # All that was ever opened, by number.
    dispute_ids: set[str] = field(default_factory=set)
    # Open promises: currency and documents of each, none for all of that currency.
    promises: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    # What a person has to look at: the rule and id of each exception that is not closed.
    exceptions: set[tuple[str, str]] = field(default_factory=set)
    # Items whose next reminder a broken promise raises.
    raised: set[str] = field(default_factory=set)
    # Of documents that are about to be posted: tax, cash discounts and what they are of.
    terms: dict[str, tuple[int, tuple[tuple[int, int], ...], int]] = field(default_factory=dict)
    # Numbers that stand for several documents: of invoices in instalments, and consolidated ones.
    numbers: set[str] = field(default_factory=set)
    stands_for: dict[str, tuple[str, ...]] = field(default_factory=dict)
    known: bool = False
    active: bool = False
    billing_address: bool = False
    po_required: bool = False
    credit_blocked: bool = False
    channels: list[str] = field(default_factory=list)
    email: str = ""
    # Drafts that took the place of another draft; consolidated invoices of which some drafts were released.
    replacing: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    who: Who = field(default_factory=Who)
    direct_debit: bool = False
    affiliate: bool = False
    # Its money is applied in the policy's order where it names nothing.
    cash_order: bool = False
    # What it writes before our numbers, as a person's application showed.
    habits: set[str] = field(default_factory=set)
    # Accounts that it pays for, by id of the relation: what it calls them, first and last day.
    relations: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    # What went without an approval: business day and sum, by category and currency of the limit.
    within: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    blocked: bool = False
    contacts_blocked: bool = False
    language: str = ""
    last_letter: int = 0
    # Letters and messages that went out, by reference, with their days.
    contacts: dict[str, int] = field(default_factory=dict)
    # Open service cases: the document of each, empty for the whole account.
    cases: dict[str, str] = field(default_factory=dict)
    # Open tasks of collectors, and what the last statement in each currency closed with.
    tasks: set[str] = field(default_factory=set)
    stated_closing: dict[str, int] = field(default_factory=dict)
    # Letters that were charged for.
    fees: set[str] = field(default_factory=set)
    # Open requests for approval (approvals.py), by id.
    requests: dict[str, Any] = field(default_factory=dict)
    # Letters that wait for an approval: levels of the items, by request; and what was approved and has not gone out, by
    # item (letters.py).
    asked_letters: dict[str, dict[str, int]] = field(default_factory=dict)
    approved_letters: dict[str, Any] = field(default_factory=dict)
    # Who has which role from which day on.
    roles: dict[str, dict[int, str]] = field(default_factory=dict)
    # Numbers of refunds that the bank told of.
    refunds: set[str] = field(default_factory=set)
    # Refunds that were posted by approval, until the bank tells of them: by approval, receipt and document.
    refunds_due: dict[tuple[str, str, str], int] = field(default_factory=dict)
    # The first day on which its company posts; what comes for an earlier one is posted on it.
    first_open: int = 0
    parked: bool = False
    # On a credit hold that stops the release of drafts.
    credit_stop: bool = False
    # Facts that wait while it is parked, as (offset, bytes).
    waiting: list[tuple[int, bytes]] = field(default_factory=list)
    covered: dict[str, dict[str, int]] = field(default_factory=dict)
    # The last decision that stated balances, and what the last one in each currency stated.
    last_sequence: int = -1
    stated: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Until its customer fact says more.
        tenant, entity, account_id = self.key.split("/", 2)
        self.who = Who(tenant, entity, account_id)

    @property
    def suspense(self) -> bool:
        return self.key.split("/", 2)[-1].startswith("~")

    def role(self, role: str, day: int) -> str:
        """Who has the role on that day; empty for nobody."""
        known = {since: who for since, who in self.roles.get(role, {}).items() if since <= day}
        return known[max(known)] if known else ""

    def sums_of(self, currency: str) -> Sums:
        found = self.sums.get(currency)
        if found is None:
            found = self.sums[currency] = Sums()
        return found


def keep_part(parts: dict[str, int], name: str, amount: int) -> None:
    """What is left of a part; a part of nothing is none."""
    if amount > 0:
        parts[name] = amount
    else:
        parts.pop(name, None)


def named(account: Account, document: str) -> str:
    """The name under which a document of an account is kept."""
    return f"{account.key}\n{document}"


def due_by(account: Account, currency: str, day: int) -> list[str]:
    """Open debits that were due by then: what a promise that names none was for."""
    return [
        x.document for x in account.open.values() if x.kind != CREDIT and x.currency == currency and x.due_date <= day
    ]


def pause(account: Account, item: Item) -> None:
    """What its open disputes contest pauses a debit, as far as it is open."""
    if item.kind == CREDIT:
        return
    contested = 0
    for dispute in account.disputes.values():
        if dispute.document == item.document and dispute.currency == item.currency:
            if dispute.amount is None:
                dispute.amount = item.amount
            contested += 0 if dispute.ended else max(0, dispute.amount - dispute.credited)
    item.disputed = min(contested, item.open)


def late(item: Item, value_date: int, amount: int) -> None:
    """Cash on the item that was valued after its due date; below zero where it is taken off again."""
    if value_date > item.due_date:
        item.late[value_date] = item.late.get(value_date, 0) + amount
        if not item.late[value_date]:
            del item.late[value_date]
