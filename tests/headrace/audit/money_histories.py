"""Random histories in which money differs from what was asked: discounts, charges, deductions, other currencies, refunds,
closed periods, instalments, and all of it undone again. Few numbers, so that facts are about the same ones."""

import tomllib
from hashlib import sha256
from random import Random
from typing import Any

import tomli_w

from dataflows.rules.policy.policy import DEFAULT_TEXT
from schemas import records as r
from schemas.records import Fact
from tests.headrace.audit.story import FIRST
from tests.installations import DAY_MS

ACCOUNTS = ("A0", "A1", "A2")
INVOICES = [f"INV-{number}" for number in range(10, 30)]
CREDITS = [f"CN-{number}" for number in range(40, 44)]
RECEIPTS = [f"R-{number}" for number in range(30)]
GROUPS = ("C-90", "C-91")
CODES = ("DISC", "FEE", "07", "??")
DIFFERENCES: dict[str, Any] = {
    "tolerance_minor": 40,
    "tolerance_ppm": 50_000,
    "tolerance_month_minor": 90,
    "small_credit_minor": 15,
    "charges_borne_by": "us",
    "ask_reason": True,
    "reason_codes": [
        {"code": "DISC", "category": "discount"},
        {"code": "FEE", "category": "bank_charge"},
        {"code": "07", "category": "shortage"},
        {"code": "07", "category": "promotion", "payer": "A1"},
    ],
}


class MoneyHistory:
    """Makes one history of `length` events from a seed. The same seed gives the same history."""

    def __init__(self, seed: int, length: int) -> None:
        self._chance = Random(seed)
        self.day = FIRST
        self.facts: list[Fact] = []
        self._policy()
        for account in ACCOUNTS:
            self._add(
                r.Customer(
                    *self._header(account), account, True, "US", "en", "", "", "USD", 30, "1 Main St", "", False, False,
                    False, [],
                )
            )  # fmt: skip
        events = [
            (14, self._invoice),
            (2, self._opening),
            (2, self._debit_note),
            (3, self._credit_note),
            (24, self._receipt),
            (3, self._advice),
            (8, self._returned),
            (5, self._unapplied),
            (4, self._refund),
            (5, self._rate),
            (1, self._period),
            (2, self._erp),
            (3, self._dispute),
            (8, self._days),
        ]
        weights = [weight for weight, _ in events]
        for _ in range(length):
            self._chance.choices([event for _, event in events], weights)[0](self._chance.choice(ACCOUNTS))

    def _header(self, account: str) -> tuple[Any, ...]:
        time = self.day * DAY_MS + 1_000 * len(self.facts)
        return (f"e-{len(self.facts)}", time, "", "test", "acme", "US01", account, time)

    def _add(self, fact: Fact) -> None:
        self.facts.append(fact)

    def _policy(self) -> None:
        document = tomllib.loads(DEFAULT_TEXT)
        document["version"] = 1
        short = self._chance.choice(["residual", "deduction", "dispute", "write_off"])
        over = self._chance.choice(["unapplied", "on_account"])
        document["differences"].update(DIFFERENCES, short_payment=short, overpayment=over)
        text = tomli_w.dumps(document)
        self._add(r.Policy(*self._header(""), 1, text, sha256(text.encode()).hexdigest()))

    def _amount(self) -> int:
        return self._chance.choice([100, 500, 1000, 1000, 2000, self._chance.randint(1, 3000)])

    def _invoice(self, account: str) -> None:
        amount = self._amount()
        tiers = [r.DiscountTier(10, 30_000), r.DiscountTier(20, 20_000)] if self._chance.random() < 0.5 else []
        plan = []
        if amount > 100 and self._chance.random() < 0.2:
            plan = [r.Instalment(self.day + 10, amount // 3), r.Instalment(self.day + 40, amount - amount // 3)]
        self._add(
            r.Invoice(
                *self._header(account),
                self._chance.choice(INVOICES),
                "posted",
                self.day,
                self.day - self._chance.choice([0, 0, 10]),
                self.day + 30,
                self._chance.choice(["USD", "USD", "USD", "EUR", "JPY"]),
                amount,
                amount // 6,
                self._chance.choice(["", "", "O-1"]),
                "",
                "",
                [],
                tiers,
                0,
                self._chance.random() < 0.5,
                plan,
                consolidated=self._chance.choice(["", "", "", *GROUPS]),
            )
        )

    def _opening(self, account: str) -> None:
        amount = self._amount()
        residual = self._chance.randint(1, amount)
        kind = self._chance.choice(["invoice", "invoice", "debit_note", "credit_note"])
        disputed = self._chance.choice([0, residual])
        self._add(
            r.OpeningItem(
                *self._header(account), self._chance.choice(INVOICES), kind, self.day - 40, self.day, self.day - 5,
                "USD", amount, residual, self._chance.randint(0, 2), disputed, "", "",
            )
        )  # fmt: skip

    def _debit_note(self, account: str) -> None:
        document = self._chance.choice(INVOICES)
        self._add(
            r.DebitNote(
                *self._header(account), document, self.day, self.day, self.day + 30, "USD", self._amount(), 0, "", "fee"
            )
        )

    def _credit_note(self, account: str) -> None:
        document, invoice = self._chance.choice(CREDITS), self._chance.choice([*INVOICES, ""])
        amount = self._amount()
        self._add(r.CreditNote(*self._header(account), document, self.day, self.day, "USD", amount, 0, invoice, ""))

    def _named(self, account: str) -> str:
        own = [f.document for f in self.facts if isinstance(f, r.Invoice | r.OpeningItem) and f.account_id == account]
        document = self._chance.choice(own or INVOICES)
        return self._chance.choice(
            [
                document,
                document,
                document,
                document.lower(),
                f"{document}/D1",
                f"{document}/P1",
                f"{document}/2",
                *GROUPS,
            ]
        )

    def _asked(self, account: str) -> int:
        """What one of the account's invoices is, more often than not."""
        amounts = [f.amount for f in self.facts if isinstance(f, r.Invoice) and f.account_id == account]
        return self._chance.choice([*amounts[-4:], self._amount()])

    def _adjustments(self, document: str) -> list[r.Adjustment]:
        if self._chance.random() < 0.6:
            return []
        found = [r.Adjustment(document, self._chance.choice(CODES), self._chance.choice([20, 50, 100]))]
        if self._chance.random() < 0.3:
            found.append(r.Adjustment("", self._chance.choice(CODES), self._chance.choice([10, -10, 30])))
        return found

    def _receipt(self, account: str) -> None:
        document, amount = self._named(account), self._asked(account)
        less = self._chance.choice([0, 0, amount * 2 // 100, amount * 3 // 100, 10, 100])
        lines = [r.RemittanceLine(document, self._chance.choice([None, amount, max(1, amount - less)]))]
        if self._chance.random() < 0.3:
            lines.append(r.RemittanceLine(self._named(account), self._amount()))
        order = "O-1" if self._chance.random() < 0.15 else ""
        self._add(
            r.Receipt(
                *self._header(account),
                self._chance.choice(RECEIPTS),
                "BANK",
                "",
                self._chance.choice(["USD", "USD", "USD", "EUR"]),
                max(1, amount - less),
                self.day - self._chance.choice([0, 0, 20]),
                self.day - self._chance.choice([0, 0, 5]),
                "",
                "",
                self._chance.choice(["", f"pays {document}"]),
                [] if order or self._chance.random() < 0.2 else lines,
                self._adjustments(document),
                self._chance.choice([0, 0, 0, 10]),
                order_id=order,
            )
        )

    def _advice(self, account: str) -> None:
        document, amount = self._named(account), self._amount()
        self._add(
            r.RemittanceAdvice(
                *self._header(account), f"A-{len(self.facts)}", "USD", amount, self._chance.choice(RECEIPTS), "", 0,
                [r.RemittanceLine(document, amount)], self._adjustments(document),
            )
        )  # fmt: skip

    def _returned(self, account: str) -> None:
        came = [f for f in self.facts if isinstance(f, r.Receipt) and f.account_id == account]
        if came:
            receipt = self._chance.choice(came)
            amount = self._chance.choice([receipt.amount, receipt.amount, max(1, receipt.amount // 2)])
            self._add(
                r.ReceiptReturned(
                    *self._header(account), receipt.receipt_id, "BANK", receipt.currency, amount, self.day, self.day,
                    "AC04", "", "",
                )
            )  # fmt: skip

    def _unapplied(self, account: str) -> None:
        action = self._chance.choice(["unapply_cash", "unapply_cash", "apply_cash"])
        self._add(
            r.OperatorAction(
                *self._header(account), action, "jo", self._chance.choice(RECEIPTS), self._chance.choice(INVOICES), "",
                "USD", self._chance.choice([0, 0, 100]), 0, "",
            )
        )  # fmt: skip

    def _refund(self, account: str) -> None:
        receipt, document = self._chance.choice(
            [(self._chance.choice(RECEIPTS), ""), ("", self._chance.choice(CREDITS))]
        )
        amount = self._amount()
        number = f"RF-{len(self.facts)}"
        self._add(r.Refund(*self._header(account), number, "USD", amount, self.day, self.day, receipt, document))

    def _rate(self, account: str) -> None:
        base, quote, near = self._chance.choice([("EUR", "USD", 1.1), ("USD", "JPY", 150), ("EUR", "JPY", 165)])
        nano = int(near * self._chance.randint(950, 1050) * 10**6)
        back = self._chance.choice([0, 0, 3, 9])
        self._add(r.FxRate(*self._header(""), base, quote, nano, self.day - back))

    def _period(self, account: str) -> None:
        self._add(r.PeriodClose(*self._header(""), self.day - self._chance.choice([0, 5, 30])))

    def _erp(self, account: str) -> None:
        self._add(
            r.ErpPosting(
                *self._header(account), f"P-{self._chance.randint(0, 3)}",
                self._chance.choice(["confirmed", "refused", "cleared"]), "", self._chance.choice(INVOICES),
                self._chance.choice(RECEIPTS), "USD", 0, "",
            )
        )  # fmt: skip

    def _dispute(self, account: str) -> None:
        document = self._chance.choice(INVOICES)
        self._add(
            r.Dispute(
                *self._header(account), f"D-{len(self.facts)}", document, "USD", self._amount(), "pricing", "", ""
            )
        )

    def _days(self, account: str) -> None:
        self.day += self._chance.choice([1, 1, 2, 4])
