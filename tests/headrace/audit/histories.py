"""Random small histories in which everything meets everything: few numbers, so that facts are about the same ones.

The same seed gives the same history. What is contradictory in them is meant: numbers used twice,
returns of money that never came, disputes of what is paid, wrong spellings, duplicates.
"""

from random import Random
from typing import Any

from schemas.records import Fact
from tests.headrace.audit.story import Story
from tests.installations import but

ACCOUNTS = ("A0", "A1", "A2")
INVOICES = [f"INV-{number}" for number in range(10, 26)]
# The last invoice is in another currency than the money and the disputes are.
IN_EUR = INVOICES[-1]
CREDITS = [f"CN-{number}" for number in range(30, 36)]
RECEIPTS = [f"R-{number}" for number in range(14)]
ORDERS = ["O-1", "O-2"]
DISPUTES = [f"D-{number}" for number in range(6)]
# Of the policy: disputes have owners and little time, and what is promised may be replaced or cancelled.
OWNED: dict[str, dict[str, Any]] = {
    "disputes": {
        "routes": [{"category": "pricing", "owner": "role:account_manager"}, {"owner": "claims"}],
        "while_disputed": "until_review",
        "highest_level": 2,
    },
    "promises": {"superseded": "always", "cancelled_by_dispute": True},
}
PROMISES = [f"P-{number}" for number in range(6)]


class History:
    """Makes one history of `length` events from a seed."""

    def __init__(self, seed: int, length: int, credit: bool = False) -> None:
        self._in_credit = credit
        self._chance = Random(seed)
        self._story = Story()
        if seed % 2:
            self._story.policy(OWNED)
        self._number = 0
        # Accounts and events of limits.
        self._changes: list[tuple[str, str]] = []
        events = [
            (6, self._customer),
            (14, self._invoice),
            (6, self._credit_note),
            (10, self._goods),
            (22, self._receipt),
            (6, self._returned),
            (6, self._advice),
            (9, self._dispute),
            (5, self._dispute_news),
            (5, self._promise),
            (4, self._action),
            (3, self._contact),
            (3, self._again),
            (6, self._days),
            *([(10, self._credit), (20, self._goods)] if credit else []),
        ]
        weights = [weight for weight, _ in events]
        for _ in range(length):
            self._number += 1
            self._chance.choices([event for _, event in events], weights)[0](self._chance.choice(ACCOUNTS))
        self.facts: list[Fact] = self._story.facts
        self.last_day = self._story.day

    def _amount(self) -> int:
        return self._chance.choice([100, 200, 300, 500, 1000, 1000, 2000, self._chance.randint(1, 3000)])

    def _spelled(self) -> str:
        """A document as some payer writes it."""
        document = self._chance.choice(INVOICES)
        written = [document, document, document, document.lower(), document.replace("-", ""), "UNK-9"]
        return self._chance.choice([*written, document[:-1] + self._chance.choice("0123456789")])

    def _lines(self) -> list[tuple[str, int]]:
        lines = [(self._spelled(), self._amount()) for _ in range(self._chance.randint(1, 3))]
        if self._chance.random() < 0.3:
            lines.append((self._chance.choice(CREDITS), -self._amount()))
        return lines

    def _customer(self, account: str) -> None:
        direct_debit, affiliate = self._chance.random() < 0.1, self._chance.random() < 0.1
        group = self._chance.choice(["", "north", "north", "south"]) if self._in_credit else ""
        self._story.customer(account, direct_debit, affiliate, group)

    def _credit(self, account: str) -> None:
        """Limits of accounts and groups; who wants one may approve another one."""
        whose = self._chance.choice([account, account, "~credit:north", "~credit:south"])
        if self._changes and self._chance.random() < 0.4:
            changed, about = self._chance.choice(self._changes[-3:])
            action = self._chance.choice(["approve", "approve", "reject"])
            self._story.approval(changed, action, self._chance.choice(["mara", "omar"]), f"credit:{about}")
        else:
            amount = self._chance.choice([0, 500, 2000, 5000, 9000])
            limit, actor = self._chance.choice(["L-1", "L-2"]), self._chance.choice(["mara", "omar"])
            event = self._story.credit_limit(whose, limit, amount, actor, self._chance.random() < 0.2)
            self._changes.append((whose, event))

    def _invoice(self, account: str) -> None:
        document = self._chance.choice(INVOICES)
        currency = "EUR" if document == IN_EUR else "USD"
        self._story.invoice(account, document, self._amount(), self._chance.choice([-5, 0, 5, 20]), currency)

    def _credit_note(self, account: str) -> None:
        invoice = self._chance.choice([*INVOICES, "", ""])
        dispute = self._chance.choice(["", *DISPUTES])
        self._story.credit_note(account, self._chance.choice(CREDITS), self._amount(), invoice, dispute)

    def _goods(self, account: str) -> None:
        order = self._chance.choice(ORDERS)
        shipment = f"S-{self._chance.randint(1, 8)}"
        quantity = self._chance.randint(1, 8)
        event = self._chance.randint(0, 3)
        if event == 0:
            self._story.order(account, order, quantity)
        elif event == 1:
            self._story.draft(account, self._chance.choice(INVOICES[:-1]), order, quantity)
        elif event == 2:
            self._story.shipment(account, order, quantity, shipment)
        else:
            self._story.delivered(account, order, shipment)

    def _receipt(self, account: str) -> None:
        whose = account if self._chance.random() < 0.8 else ""
        receipt = self._chance.choice(RECEIPTS)
        how = self._chance.random()
        if how < 0.5:
            lines = self._lines()
            total = sum(amount for _, amount in lines)
            if self._chance.random() < 0.2:
                lines = [(document, 0) for document, _ in lines[:1]]
            named: list[tuple[str, int | None]] = [(document, amount or None) for document, amount in lines]
            self._story.receipt(whose, receipt, total if total > 0 else self._amount(), *named)
        elif how < 0.8:
            self._story.receipt(whose, receipt, self._amount(), text=f"pays {self._spelled()} thanks")
        else:
            self._story.receipt(whose, receipt, self._amount())

    def _returned(self, account: str) -> None:
        self._story.returned(self._chance.choice([account, ""]), self._chance.choice(RECEIPTS), self._amount())

    def _advice(self, account: str) -> None:
        receipt = self._chance.choice(RECEIPTS) if self._chance.random() < 0.5 else ""
        self._story.advice(account, f"AV-{self._number}", receipt, *self._lines())

    def _dispute(self, account: str) -> None:
        dispute = self._chance.choice(DISPUTES)
        if self._chance.random() < 0.4:
            self._story.dispute_closed(account, dispute, self._amount())
        else:
            self._story.dispute(
                account, dispute, self._chance.choice(INVOICES), self._chance.choice([None, self._amount()])
            )

    def _dispute_news(self, account: str) -> None:
        """Whose it is, that the customer is asked, what he writes."""
        event, dispute = self._chance.randint(0, 4), self._chance.choice(DISPUTES)
        if event < 2:
            self._story.dispute_news(account, dispute, "in_review", self._chance.choice(["", "damage", "duplicate"]))
        elif event == 2:
            self._story.dispute_news(account, dispute, "waiting_customer")
        elif event == 3:
            text = self._chance.choice(["we never received it", "broken, and the wrong price", "thank you", "damaged"])
            named = self._chance.choice(["", self._chance.choice(INVOICES)])
            self._story.message(account, f"M-{self._number}", named, f"{text} {self._spelled()}")
        else:
            self._story.owner(account, self._chance.choice(["team_lead", "account_manager"]), f"person {self._number}")

    def _promise(self, account: str) -> None:
        documents = self._chance.sample(INVOICES, self._chance.randint(0, 3))
        self._story.promise(
            account,
            self._chance.choice(PROMISES),
            self._amount(),
            self._chance.choice([-3, 0, 3, 8]),
            *documents,
            instalments=self._chance.choice([0, 0, 2]),
        )

    def _action(self, account: str) -> None:
        action = self._chance.choice(["apply_cash", "unapply_cash", "block_reminders", "unblock_reminders"])
        receipt, document = self._chance.choice(RECEIPTS), self._chance.choice(INVOICES)
        self._story.action(account, action, receipt, document, self._chance.choice([0, self._amount()]))

    def _contact(self, account: str) -> None:
        event = self._chance.randint(0, 3)
        if event == 0:
            document = self._chance.choice(["", *INVOICES])
            self._story.case(account, f"C-{self._chance.randint(0, 3)}", self._chance.random() < 0.5, document)
        elif event == 1:
            self._story.sent(account, f"M-{self._number}")
        elif event == 2:
            self._story.action(account, "request_statement")
        else:
            self._story.owner(account, "collector", self._chance.choice(["anna", "bert"]))

    def _again(self, account: str) -> None:
        """An event that comes twice, or other contents under its id."""
        if self._story.facts:
            fact = self._chance.choice(self._story.facts)
            changed = "amount" in type(fact).FIELDS and self._chance.random() < 0.4
            self._story.facts.append(but(fact, amount=7) if changed else fact)

    def _days(self, account: str) -> None:
        self._story.day += self._chance.choice([1, 1, 2, 4])
