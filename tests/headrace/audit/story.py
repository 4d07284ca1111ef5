"""A small story of a few accounts in which everything that an audit looks at happens, on two shards.

Days count from 20,000 (2024-10-04, a Friday). Run it with `run_story`.
"""

import tomllib
from hashlib import sha256
from pathlib import Path
from typing import Any

import tomli_w

from connectors.log.sqlite import SqliteLog
from dataflows.rules.policy.policy import DEFAULT_TEXT
from schemas.records import (
    AccountOwner,
    CreditLimit,
    CreditNote,
    Customer,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    InvoiceLine,
    Message,
    OperatorAction,
    Order,
    OrderLine,
    Policy,
    Promise,
    PromisePart,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    RemittanceAdvice,
    RemittanceLine,
    ServiceCase,
    Shipment,
    ShipmentLine,
)
from schemas.topics import CREDIT_PREFIX
from tests.installations import DAY_MS, Facts, all_decisions, decide, forward, identify, open_log, with_days

SHARDS = 2
FIRST = 20_000


class Story:
    """Collects facts, each with its own event id, on the day that `day` was last set to."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.day = FIRST

    def _header(self, kind: str, account: str) -> tuple[Any, ...]:
        time = self.day * DAY_MS + 1_000 * len(self.facts)
        return (f"{kind}-{len(self.facts)}", time, "", "test", "acme", "US01", account, time)

    def _add(self, fact: Fact) -> None:
        self.facts.append(fact)

    def policy(self, part: dict[str, dict[str, Any]]) -> None:
        """The default policy, but for these settings, in every shard."""
        document = tomllib.loads(DEFAULT_TEXT)
        for section, changes in part.items():
            document[section] |= changes
        text = tomli_w.dumps(document | {"version": 1})
        digest = sha256(text.encode()).hexdigest()
        time = self.day * DAY_MS
        self._add(Policy("policy:1", time, "", "headrace", "", "", "", time, 1, text, digest))

    def customer(self, account: str, direct_debit: bool = False, affiliate: bool = False, group: str = "") -> None:
        header = self._header("customer", account)
        fields = (account, True, "US", "en", "", "", "USD", 30, "1 Main St", "", False, direct_debit, affiliate, [])
        self._add(Customer(*header, *fields, credit_group=group))

    def credit_limit(self, account: str, limit: str, amount: int, actor: str, cancelled: bool = False) -> str:
        """The id of its event."""
        header = self._header("credit_limit", account)
        group = account.removeprefix(CREDIT_PREFIX) if account.startswith(CREDIT_PREFIX) else ""
        self._add(CreditLimit(*header, limit, "USD", amount, 0, 0, group, cancelled, actor))
        return str(header[0])

    def approval(self, account: str, action: str, actor: str, about: str) -> None:
        header = self._header("approval", account)
        self._add(OperatorAction(*header, action, actor, "", "", "", "", 0, 0, "", reference_id=about))

    def order(self, account: str, order: str, quantity: int) -> None:
        lines = [OrderLine(1, "P", quantity * 1000, 5_000_000)]
        self._add(Order(*self._header("order", account), order, self.day, "USD", "PO-1", False, lines))

    def shipment(self, account: str, order: str, quantity: int, shipment: str) -> None:
        lines = [ShipmentLine(1, "P", quantity * 1000)]
        self._add(Shipment(*self._header("shipment", account), shipment, order, "UPS", self.day, lines))

    def delivered(self, account: str, order: str, shipment: str) -> None:
        self._add(ProofOfDelivery(*self._header("proof", account), shipment, order, self.day, ""))

    def draft(self, account: str, document: str, order: str, quantity: int) -> None:
        net = quantity * 500
        lines = [InvoiceLine(1, 1, "P", quantity * 1000, 5_000_000, net, 0, "X")]
        self._add(
            Invoice(*self._header("invoice", account), document, "draft", self.day, self.day, self.day + 30, "USD", net, 0, order, "PO-1", "", lines)
        )  # fmt: skip

    def invoice(self, account: str, document: str, amount: int, due: int = 30, currency: str = "USD") -> None:
        header = self._header("invoice", account)
        self._add(
            Invoice(*header, document, "posted", self.day, self.day, self.day + due, currency, amount, 0, "", "", "", [])
        )  # fmt: skip

    def credit_note(self, account: str, document: str, amount: int, invoice: str = "", dispute: str = "") -> None:
        header = self._header("credit_note", account)
        fields = (document, self.day, self.day, "USD", amount, 0, invoice, "return")
        self._add(CreditNote(*header, *fields, dispute_id=dispute))

    def receipt(self, account: str, receipt: str, amount: int, *lines: tuple[str, int | None], text: str = "") -> None:
        named = [RemittanceLine(document, part) for document, part in lines]
        header = self._header("receipt", account)
        self._add(
            Receipt(*header, receipt, "US-OPS-1", f"REF-{receipt}", "USD", amount, self.day, self.day, "PAYER", "", text, named)
        )  # fmt: skip

    def returned(self, account: str, receipt: str, amount: int) -> None:
        header = self._header("returned", account)
        self._add(
            ReceiptReturned(
                *header, receipt, "US-OPS-1", "USD", amount, self.day, self.day, "AC04", f"REF-{receipt}", ""
            )
        )

    def advice(self, account: str, advice: str, receipt: str, *lines: tuple[str, int]) -> None:
        named = [RemittanceLine(document, part) for document, part in lines]
        total = sum(part for _, part in lines)
        self._add(RemittanceAdvice(*self._header("advice", account), advice, "USD", total, receipt, "", 0, named))

    def dispute(self, account: str, dispute: str, document: str, amount: int | None) -> None:
        header = self._header("dispute", account)
        self._add(Dispute(*header, dispute, document, "USD", amount, "pricing", "", "portal"))

    def dispute_closed(self, account: str, dispute: str, rejected: int) -> None:
        header = self._header("update", account)
        self._add(DisputeUpdate(*header, dispute, "closed", "", 0, rejected, 0, ""))

    def dispute_news(self, account: str, dispute: str, status: str, category: str = "") -> None:
        header = self._header("update", account)
        self._add(DisputeUpdate(*header, dispute, status, "kim", 0, 0, 0, "", category=category))

    def message(self, account: str, message: str, document: str, text: str) -> None:
        """From the customer."""
        header = self._header("message", account)
        self._add(Message(*header, message, "in", "email", "received", document, "", "", "", text))

    def sent(self, account: str, message: str) -> None:
        """A message to the customer."""
        header = self._header("message", account)
        self._add(Message(*header, message, "out", "email", "sent", "", "", "", "", ""))

    def owner(self, account: str, role: str, owner: str) -> None:
        self._add(AccountOwner(*self._header("owner", account), role, owner, 0))

    def promise(
        self, account: str, promise: str, amount: int, days: int, *documents: str, instalments: int = 0
    ) -> None:
        header = self._header("promise", account)
        part = amount // max(1, instalments)
        parts = [PromisePart(self.day + days + 3 * number, part) for number in range(instalments)]
        fields = (promise, "USD", part * instalments if parts else amount, self.day + days, list(documents), False)
        self._add(Promise(*header, *fields, parts))

    def action(self, account: str, action: str, receipt: str = "", document: str = "", amount: int = 0) -> None:
        header = self._header("action", account)
        self._add(OperatorAction(*header, action, "jo", receipt, document, "", "USD", amount, 0, ""))

    def case(self, account: str, case: str, is_open: bool, document: str = "") -> None:
        status = "open" if is_open else "closed"
        self._add(ServiceCase(*self._header("case", account), case, status, document, "", ""))


def tell() -> list[Fact]:
    """The story, in order."""
    s = Story()
    for account in ("A", "B", "C", "E", "F"):
        s.customer(account)
    s.customer("DD", direct_debit=True)
    s.customer("AF", affiliate=True)
    s.order("A", "O-1", 10)
    s.draft("A", "INV-100", "O-1", 4)
    s.draft("A", "INV-101", "O-1", 6)
    for account, document in (("B", "INV-200"), ("B", "INV-201"), ("C", "INV-300"), ("E", "INV-400"), ("F", "INV-500")):
        s.invoice(account, document, 10_000, due=10)
    s.invoice("DD", "INV-600", 7_000, due=5)
    s.invoice("AF", "INV-700", 7_000, due=5)
    s.day += 2
    s.shipment("A", "O-1", 4, "S-1")
    s.delivered("A", "O-1", "S-1")
    s.credit_note("B", "CN-290", 1_500, "INV-200")
    s.dispute("C", "D-1", "INV-300", 4_000)
    s.day += 3
    s.receipt("A", "R-1", 2_000, ("INV-100", 2_000))
    s.receipt("B", "R-2", 18_500, ("inv 0200", 8_500), ("INV-201", 10_000))
    s.receipt("C", "R-3", 1_000)
    s.receipt("", "R-4", 10_000, ("INV-500", 10_000))
    s.receipt("", "R-5", 900, ("NOBODY-1", 900))
    s.advice("E", "AV-1", "R-6", ("INV-400", 3_000))
    s.receipt("E", "R-6", 3_000)
    s.day += 4
    s.returned("B", "R-2", 9_000)
    s.promise("E", "P-1", 7_000, 6, "INV-400")
    s.invoice("C", "INV-301", 2_500, due=5)
    s.receipt("C", "R-7", 2_500, text="our payment of INV-301")
    s.action("F", "block_reminders")
    s.invoice("F", "INV-501", 6_000, due=3)
    s.day += 15
    s.shipment("A", "O-1", 6, "S-2")
    s.action("C", "apply_cash", "R-3", "INV-300", 600)
    s.action("C", "unapply_cash", "R-7", "INV-301", 500)
    s.day += 20
    s.dispute_closed("C", "D-1", 4_000)
    s.invoice("B", "INV-200", 999)
    s.facts.append(s.facts[10])
    return s.facts


def run_story(directory: Path) -> SqliteLog:
    """Tell it to an installation in `directory`, bring the known transfers back, and leave it idle."""
    log = open_log(directory, SHARDS)
    Facts(log).append(with_days(tell()))
    decide(log, directory / "state")
    unidentified = [d for d in all_decisions(log) if d.receipt_id == "R-4" and d.kind == "exception_raised"]
    Facts(log).append([identify(unidentified[0], "F")])
    decide(log, directory / "state")
    Facts(log).append(forward(log, set()))
    decide(log, directory / "state")
    return log
