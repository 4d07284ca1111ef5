"""The distributor's office as trade sees it: whom it tells what."""

from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.workload.accounts import Account, Document
from benchmarks.workload.back_office import BackOffice
from benchmarks.workload.claims import Contest
from benchmarks.workload.correspondence import Correspondence
from benchmarks.workload.creditors import CreditDesk
from benchmarks.workload.deductions import DeductionDesk
from benchmarks.workload.money import Payment, Sent
from benchmarks.workload.registry import Registry
from benchmarks.workload.world import World
from schemas.records import Receipt


class Office:
    """All desks. Trade goes on the same whatever they do: they have chances of their own, and change no debt of trade.

    What it is told of is told in words of trade (a bill the customer gets, a payment); never what headrace decided.
    """

    def __init__(self, world: World, price: Callable[[Account, int], int]) -> None:
        self._world = world
        self._registry = Registry(world, price)
        self._credit = CreditDesk(world)
        self._mail = Correspondence(world)
        self._books = BackOffice(world, self._mail)
        self._deductions = DeductionDesk(world, self._books)

    def describe(self, accounts: Sequence[Account]) -> None:
        """Before they are entered: what is known of customers beside how they trade."""
        self._registry.describe(accounts)

    def start(self, accounts: Sequence[Account]) -> None:
        """Plan what comes by the calendar; when each account is opened has to be known."""
        self._registry.start(accounts)
        self._credit.start(accounts)
        for account in accounts:
            self._world.at(account.opens, partial(self._books.opened, account))

    def billed(self, document: Document, now: int) -> None:
        """A customer gets a bill, at document.known."""
        self._mail.sent(document, now)
        if document.account.draft_mode:
            self._books.booked(document, max(now, document.known))

    def stuck(self, document: Document, blocked: str, now: int) -> None:
        """A draft is wrong, and will not be replaced."""
        self._books.stuck(document, blocked, now)

    def given_up(self, document: Document, now: int) -> None:
        """A customer will not pay what is left of a bill, as far as it knows."""
        self._books.given_up(document, now)

    def paid_short(self, document: Document, sent: Sent, now: int) -> None:
        """A customer will not pay what is left of a bill that `sent` paid; deductors say why."""
        if sent.payer.habit.name != "deductor" or not self._deductions.explained(document, sent, now):
            self._books.given_up(document, now)

    def contested(self, contest: Contest, category: str, complaint: bool, now: int, ends: int) -> None:
        """A customer disputes a bill until `ends`; complaint: because of what was delivered."""
        self._mail.contested(contest, complaint, now, ends)
        self._books.contested(contest, category, now, ends)

    def overpaid(self, payment: Payment, receipt: Receipt, references: str) -> None:
        """A payment has more than it is for; references as in the truth file."""
        self._books.overpaid(payment, receipt, references)

    def bounced(self, document: Document, now: int) -> None:
        """The money for this bill, and maybe others, went back."""
        self._books.bounced(document, now)
