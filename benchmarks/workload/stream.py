"""A fast, plain stream for measuring rates: many accounts, each with a standing backlog of open items."""

from array import array
from collections import deque
from collections.abc import Iterator
from random import Random

from benchmarks.workload.days import DAY
from schemas.records import (
    CreditNote,
    Customer,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Promise,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    RemittanceAdvice,
    RemittanceLine,
    Shipment,
    ShipmentLine,
)

TENANT = "bench"
ENTITY = "B01"
CURRENCY = "USD"
START = 20_458 * DAY  # 2026-01-05
REMEMBERED = 1_000  # receipts, disputes and orders under way that later facts come back to
_NO_LINES: list[RemittanceLine] = []


def warm_up_facts(accounts: int, backlog: int) -> int:
    """How many facts at the head of `bench_stream` build the backlog: a customer and its items for each account."""
    return accounts * (1 + backlog)


def bench_stream(accounts: int, facts: int, seed: int, backlog: int, start: int = START) -> Iterator[Fact]:
    """`warm_up_facts(accounts, backlog)` facts that build the backlog, then `facts` to measure.

    Of the latter about 45 % are posted invoices, 40 % receipts that name their account and one or two
    of its open documents, chosen among all of them, 5 % orders, shipments, proofs of delivery and
    their drafts, 10 % the rest: disputes, promises, credit notes, advices with the receipts that need
    them, returned money, and facts sent twice. Accounts are drawn evenly. About `backlog` items of
    each account stay open. One fact a millisecond of recorded time from
    `start` (UTC milliseconds) on; all in one currency.
    Memory: some 4 x (2 x backlog + 10) bytes for each account.
    """
    return _Stream(accounts, seed, backlog, start).facts(facts)


class _Stream:
    """The open documents of all accounts, as their numbers in one flat array."""

    def __init__(self, accounts: int, seed: int, backlog: int, start: int) -> None:
        if accounts < 1 or backlog < 1:
            raise ValueError(f"accounts {accounts} and backlog {backlog} must be at least 1")
        self._start = start
        self._accounts = accounts
        self._backlog = backlog
        self._room = 2 * backlog + 8
        self._open = array("i", bytes(4 * accounts * self._room))
        self._counts = array("i", bytes(4 * accounts))
        self._next = array("i", bytes(4 * accounts))
        self._total = 0
        self._roll = Random(seed).random
        self._at = 0
        self._advised: deque[RemittanceAdvice] = deque()
        self._receipts: deque[tuple[Receipt, int, list[int]]] = deque(maxlen=REMEMBERED)
        self._disputes: deque[Dispute] = deque(maxlen=REMEMBERED)
        self._goods: deque[tuple[int, int, int]] = deque()
        self._last: Fact | None = None

    def facts(self, count: int) -> Iterator[Fact]:
        for account in range(self._accounts):
            yield self._customer(account)
        for _ in range(self._backlog):
            for account in range(self._accounts):
                yield self._invoice(account)
        roll = self._roll
        for _ in range(count):
            kind = roll()
            if kind < 0.45:
                fact = self._posted()
            elif kind < 0.85:
                fact = self._receipt()
            elif kind < 0.90:
                fact = self._goods_moved()
            else:
                fact = self._rest(kind)
            self._last = fact
            yield fact

    def _head(self, account: int) -> tuple[str, int, str, str, str, str, str, int]:
        at = self._at
        self._at = at + 1
        return f"e{at:010d}", self._start + at, "", "bench", TENANT, ENTITY, f"A{account:07d}", self._start + at

    def _customer(self, account: int) -> Customer:
        return Customer(
            *self._head(account), f"Customer {account}", True, "US", "en-US", "retail", "silver", CURRENCY, 30,
            f"{account} Dock Street", f"ap@customer{account}.example", False, False, False, [],
        )  # fmt: skip

    def _someone(self) -> int:
        return int(self._roll() * self._accounts)

    def _debtor(self) -> int:
        """An account with an open document; any account where eight draws found none."""
        for _ in range(8):
            account = int(self._roll() * self._accounts)
            if self._counts[account]:
                break
        return account

    def _number(self, account: int) -> int:
        number = self._next[account]
        self._next[account] = number + 1
        return number

    def _add(self, account: int, number: int) -> None:
        """Make it an open document; one that finds no room stays open and is never paid."""
        count = self._counts[account]
        if count < self._room:
            self._open[account * self._room + count] = number
            self._counts[account] = count + 1
            self._total += 1

    def _take(self, account: int) -> int:
        """One of the account's open documents, any of them; it is open no longer."""
        count = self._counts[account] - 1
        base = account * self._room
        place = base + int(self._roll() * (count + 1))
        number = self._open[place]
        self._open[place] = self._open[base + count]
        self._counts[account] = count
        self._total -= 1
        return number

    def _any_open(self, account: int) -> int:
        return self._open[account * self._room + int(self._roll() * self._counts[account])]

    def _posted(self) -> Fact:
        account = self._someone()
        if self._counts[account] >= self._room:
            return self._receipt()
        return self._invoice(account)

    def _invoice(self, account: int) -> Invoice:
        number = self._number(account)
        self._add(account, number)
        return self._document(account, number, "posted", "")

    def _document(self, account: int, number: int, stage: str, order: str) -> Invoice:
        amount = _amount(account, number)
        today = (self._start + self._at) // DAY
        line = InvoiceLine(1, 1, "P-1", 1000, amount * 10_000, amount, 0, "EXEMPT")
        due = today + 10 + number % 50
        return Invoice(
            *self._head(account), _document(account, number), stage, today, today, due, CURRENCY, amount, 0, order, "", "",
            [line],
        )  # fmt: skip

    def _receipt(self) -> Fact:
        if self._advised:
            return self._announced(self._advised.popleft())
        account = self._debtor()
        if not self._counts[account]:
            return self._invoice(account)
        numbers = [self._take(account)]
        # Two documents more often while there are too many, so that the backlog stands.
        two = 0.35 if self._total > self._accounts * self._backlog else 0.02
        if self._counts[account] and self._roll() < two:
            numbers.append(self._take(account))
        lines = [RemittanceLine(_document(account, n), _amount(account, n)) for n in numbers]
        amount = sum([_amount(account, n) for n in numbers])
        receipt = self._money(account, amount, f"B{self._at:010d}", lines)
        if self._roll() < 0.05:
            self._receipts.append((receipt, account, numbers))
        return receipt

    def _money(self, account: int, amount: int, reference: str, lines: list[RemittanceLine]) -> Receipt:
        at = self._at
        today = (self._start + at) // DAY
        return Receipt(
            *self._head(account), f"R{at:010d}", "021000021-000000004711", reference, CURRENCY, amount, today, today,
            "PAYER", "", "", lines,
        )  # fmt: skip

    def _announced(self, advice: RemittanceAdvice) -> Receipt:
        return self._money(int(advice.account_id[1:]), advice.amount, advice.bank_reference, _NO_LINES)

    def _goods_moved(self) -> Fact:
        """The next step of an order: order, draft, shipment (which releases the draft), proof of delivery."""
        if not self._goods or (len(self._goods) < REMEMBERED and self._roll() < 0.25):
            account = self._someone()
            number = self._number(account)
            self._goods.append((account, number, 1))
            line = OrderLine(1, "P-1", 1000, _amount(account, number) * 10_000)
            today = (self._start + self._at) // DAY
            return Order(*self._head(account), _order(account, number), today, CURRENCY, "", False, [line])
        account, number, step = self._goods.popleft()
        order = _order(account, number)
        if step < 3:
            self._goods.append((account, number, step + 1))
        if step == 1:
            return self._document(account, number, "draft", order)
        today = (self._start + self._at) // DAY
        if step == 2:
            self._add(account, number)
            goods = [ShipmentLine(1, "P-1", 1000)]
            return Shipment(*self._head(account), f"S{order}", order, "carrier", today, goods)
        return ProofOfDelivery(*self._head(account), f"S{order}", order, today, "")

    def _rest(self, kind: float) -> Fact:
        """The last tenth, by where `kind` lies between 0.90 and 1."""
        if kind > 0.99 and self._last is not None:
            return self._last
        if kind > 0.985 and self._receipts:
            return self._returned(*self._receipts.popleft())
        if kind > 0.97 and self._disputes:
            dispute = self._disputes.popleft()
            account = int(dispute.account_id[1:])
            closed = (0, dispute.amount or 0, 0)
            return DisputeUpdate(*self._head(account), dispute.dispute_id, "closed", "desk", *closed, "")
        account = self._debtor()
        if not self._counts[account]:
            return self._invoice(account)
        if kind > 0.955:
            return self._credit_note(account)
        if kind > 0.935:
            return self._advice(account)
        number = self._any_open(account)
        document = _document(account, number)
        if kind > 0.92:
            due = (self._start + self._at) // DAY + 7
            return Promise(
                *self._head(account), f"P{self._at:010d}", CURRENCY, _amount(account, number), due, [document], False
            )
        contested = 1 + _amount(account, number) // 2
        fact = Dispute(
            *self._head(account), f"D{self._at:010d}", document, CURRENCY, contested, "pricing", "", "message"
        )  # fmt: skip
        self._disputes.append(fact)
        return fact

    def _returned(self, receipt: Receipt, account: int, numbers: list[int]) -> ReceiptReturned:
        for number in numbers:
            self._add(account, number)
        today = (self._start + self._at) // DAY
        return ReceiptReturned(
            *self._head(account),
            receipt.receipt_id,
            receipt.bank_account,
            CURRENCY,
            receipt.amount,
            today,
            today,
            "R01",
            receipt.bank_reference,
            "",
        )

    def _credit_note(self, account: int) -> CreditNote:
        number = self._take(account)
        today = (self._start + self._at) // DAY
        return CreditNote(
            *self._head(account), f"CN-{self._at:010d}", today, today, CURRENCY, _amount(account, number), 0,
            _document(account, number), "PRC",
        )  # fmt: skip

    def _advice(self, account: int) -> RemittanceAdvice:
        """An advice ahead of its money, which is the next receipt and names nothing itself."""
        number = self._take(account)
        amount = _amount(account, number)
        reference = f"B{self._at:010d}"
        fact = RemittanceAdvice(
            *self._head(account), f"RA{self._at:010d}", CURRENCY, amount, "", reference, 0,
            [RemittanceLine(_document(account, number), amount)],
        )  # fmt: skip
        self._advised.append(fact)
        return fact


def _amount(account: int, number: int) -> int:
    """Minor units of a document, from its number alone: 1,000 to 90,999."""
    return 1_000 + (account * 7_919 + number * 104_729) % 90_000


def _document(account: int, number: int) -> str:
    return f"INV-{account:07d}-{number:05d}"


def _order(account: int, number: int) -> str:
    return f"SO-{account:07d}-{number:05d}"
