"""Deductions: what customers take off with a code, and whether they were right."""

from functools import partial
from typing import Final

from benchmarks.workload.accounts import Account, Document
from benchmarks.workload.back_office import BackOffice
from benchmarks.workload.days import DAY
from benchmarks.workload.desk import Desk
from benchmarks.workload.money import Sent
from benchmarks.workload.truth import Line
from benchmarks.workload.world import SLOW, World
from schemas.records import Adjustment, CreditNote, DisputeUpdate, RemittanceAdvice, RemittanceLine

# Codes of X12 426: price, allowance, damaged, quantity; and one of a customer's own that nobody knows.
_CODES: Final = ("01", "01", "02", "04", "06", "06", "Z9")
# What is as little as a rounding is taken off by nobody with a code.
_LEAST: Final = 100


class DeductionDesk(Desk):
    """Hears why a payment was short, and judges it: credited, or refused and collected."""

    def __init__(self, world: World, books: BackOffice) -> None:
        super().__init__(world, 5)
        self._books = books
        self._advices = 0

    def explained(self, document: Document, sent: Sent, now: int) -> bool:
        """The customer says days later by which code it paid `document` short. False where it says nothing."""
        cut = document.remaining
        is_own = sent.payer is document.account
        if cut <= _LEAST or not is_own or not self._chance.yes(self._world.rates.coded):
            return False
        self._world.at(self._after(now, 1, 4), partial(self._say, document, sent, cut))
        return True

    def _say(self, document: Document, sent: Sent, cut: int, now: int) -> None:
        receipt = sent.receipt
        self._advices += 1
        name, code = f"RC-{self._advices:06d}", self._chance.pick(_CODES)
        line: Line = {
            "type": "advice", "advice_id": name, "bank_account": receipt.bank_account, "receipt_id": receipt.receipt_id,
            "wrong": False, "deducted": [document.number, code, cut],
        }  # fmt: skip
        self._world.say_once(
            RemittanceAdvice(
                *self._head("mailroom-claims", sent.payer, now, SLOW), name, receipt.currency,
                receipt.amount, receipt.receipt_id, "", receipt.value_date,
                [RemittanceLine(number, amount) for number, amount, _, _ in sent.paid],
                [Adjustment(document.number, code, cut)],
            ),
            line,
        )  # fmt: skip
        self._world.at(self._after(now, 4, 20), partial(self._judge, document.account, document.number, cut))

    def _judge(self, account: Account, invoice: str, cut: int, now: int) -> None:
        """As an item of its own it has the invoice's number and /D1 (docs/ledger.md)."""
        number = f"{invoice}/D1"
        if self._chance.yes(0.55):
            entity = account.entity
            name = entity.credit_number(self._world.day_text(now // DAY)[1])
            day = now // DAY
            head = self._head(entity.source, account, now)
            self._world.say_once(CreditNote(*head, name, day, day, account.currency, cut, 0, number, "DED"))
            return
        head = self._head("crm-mail", account, now)
        refused = DisputeUpdate(*head, f"deduction:{number}", "closed", "desk-1", 0, cut, 0, "not as agreed")
        self._world.say_once(refused)
        claim = Document(account, number, cut, now // DAY, now // DAY + 10)
        claim.known = now
        self._books.collect(claim, 0.6, now)
