"""Small random histories of one account, as hypothesis draws them, and a shard that takes them in.

A history is days of facts, in minor units of a few amounts, so that receipts meet items, sums meet
sums and references meet their neighbours often.
"""

import tomllib
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import tomli_w
from hypothesis import strategies as st

from dataflows.rules.policy.policy import DEFAULT_TEXT
from schemas import records as r
from schemas.records import Fact
from tests.facts import DAY_MS, header

ACCOUNT = "A-1"
KEY = f"t1/us01/{ACCOUNT}"
FIRST_DAY = 20_500
DAYS = 24
CURRENCIES = ("USD", "JPY", "KWD")
DOCUMENTS = ("INV-1001", "INV-1002", "INV-1020", "RE-1001", "INV-47110", "inv 20003")
# As payers write them: exactly, in another spelling, misread, one edit away, of nobody.
REFERENCES = (
    *DOCUMENTS,
    "1001",
    "RE1001",
    "INV1O02",
    "inv-01020",
    "47111",
    "4711O",
    "20003",
    "CRN-9",
    "ZZ-777777",
    "x",
)
AMOUNTS = (1, 40, 60, 100, 499, 500, 1_000, 1_500, 2_000, 10_000)


class History:
    """Facts in the order of their days, and the currency that most of them are in."""

    def __init__(self, currency: str, facts: tuple[Fact, ...]) -> None:
        self.currency = currency
        self.facts = facts

    def __repr__(self) -> str:
        """Readable where an example fails; hypothesis would show a dataclass by its fields."""
        lines = [f"{fact.event_time // DAY_MS - FIRST_DAY:>3} {_told(fact)}" for fact in self.facts]
        return "\n".join(["History", *lines])


def _told(fact: Fact) -> str:
    shown: dict[str, Any] = {}
    for name in type(fact).FIELDS:
        value = getattr(fact, name)
        if value not in ("", 0, [], None, False):
            shown[name] = (
                [(x.document, x.amount) for x in value]
                if name == "lines" and value and hasattr(value[0], "document")
                else value
            )
    return f"{fact.kind} {fact.event_id} {shown}"


def fact_day(fact: Fact) -> int:
    return fact.event_time // DAY_MS


def _header(number: int, day: int) -> dict[str, Any]:
    return header(f"e-{number}", ACCOUNT, event_time=(FIRST_DAY + day) * DAY_MS + 3_600_000, recorded_time=1)


# Money moves more often than all else.
ALSO = ("receipt", "receipt", "receipt", "returned", "operator", "operator", "advice")
AMOUNT = st.sampled_from(AMOUNTS)
DAY = st.integers(0, DAYS - 1)
REFERENCE = st.sampled_from(REFERENCES)
LINE_AMOUNT = st.none() | AMOUNT | st.sampled_from([-40, -60])


@st.composite
def remittance(draw: st.DrawFn) -> list[r.RemittanceLine]:
    return [r.RemittanceLine(draw(REFERENCE), draw(LINE_AMOUNT)) for _ in range(draw(st.integers(0, 3)))]


@st.composite
def histories(draw: st.DrawFn, kinds: Sequence[str] = ()) -> History:
    """A history with facts of these kinds, all where none is named; a customer and some invoices are always in it."""
    currency = draw(st.sampled_from(CURRENCIES))
    maker = _Maker(draw, currency)
    makers = {
        "credit_note": maker.credit_note,
        "receipt": maker.receipt,
        "returned": maker.returned,
        "advice": maker.advice,
        "dispute": maker.dispute,
        "dispute_update": maker.dispute_update,
        "promise": maker.promise,
        "operator": maker.operator,
        "draft": maker.draft,
        "service_case": maker.service_case,
        "message": maker.message,
        "statement": maker.statement,
    }
    # Only where they are named: what others draw stays as it is.
    named = {"goods": maker.goods, "credit_limit": maker.credit_limit}
    maker.customer()
    if maker.draw(st.integers(0, 2)) == 0 or "message" in kinds:
        maker.policy()
    for document in draw(st.lists(st.sampled_from(DOCUMENTS), unique=True, min_size=1, max_size=4)):
        maker.invoice(document)
    for kind in draw(st.lists(st.sampled_from(kinds or (*makers, *ALSO)), min_size=6, max_size=20)):
        (makers.get(kind) or named[kind])()
    facts = sorted(maker.facts, key=fact_day)
    return History(currency, tuple(facts))


class _Maker:
    """Draws facts one by one; ids come from how many there are, so that shrinking keeps them short."""

    def __init__(self, draw: st.DrawFn, currency: str) -> None:
        self.draw = draw
        self.currency = currency
        self.facts: list[Fact] = []
        # Half of the histories happen as they are told, the others on any days.
        self.orderly = draw(st.booleans())
        self.day = 0
        self.receipts: dict[str, tuple[int, str]] = {}
        # The last receipt that says nothing, its amount, and what an advice would say of it.
        self.advised: tuple[str, int, list[r.RemittanceLine]] | None = None

    def yes(self) -> bool:
        return bool(self.draw(st.booleans()))

    def add(self, kind: type[Fact], **fields: Any) -> None:
        number = len(self.facts)
        if self.orderly:
            self.day = min(DAYS - 1, self.day + self.draw(st.integers(0, 2)))
        day = self.day if self.orderly else self.draw(DAY)
        for name in ("document_date", "posting_date", "value_date", "order_date", "ship_date"):
            if name in kind.FIELDS:
                fields.setdefault(name, FIRST_DAY + day)
        if "due_date" in kind.FIELDS:
            fields["due_date"] = FIRST_DAY + self.draw(st.integers(-10, DAYS))
        self.facts.append(kind(**_header(number, day), **fields))

    def pick(self) -> str:
        return self.draw(st.sampled_from([self.currency] * 6 + ["EUR"]))

    def customer(self) -> None:
        self.add(
            r.Customer,
            name="A",
            active=True,
            country="US",
            language="en",
            segment="",
            tier="",
            currency=self.currency,
            terms_days=30,
            billing_address="1 Main Street",
            email="",
            po_required=False,
            direct_debit=self.draw(st.sampled_from([False, False, False, True])),
            affiliate=False,
            bank_accounts=[],
        )

    def invoice(self, document: str, **fields: Any) -> None:
        self.add(
            r.Invoice,
            **{
                "document": document,
                "stage": "posted",
                "currency": self.pick(),
                "amount": self.draw(AMOUNT),
                "tax": 0,
                "order_id": "",
                "po_reference": "",
                "replaces": "",
                "lines": [],
                **fields,
            },
        )

    def draft(self) -> None:
        """A draft, its order and its shipment, on any days: it is released when all are there."""
        number = len(self.facts)
        amount = self.draw(AMOUNT)
        price = amount * 10 ** (6 - {"USD": 2, "JPY": 0, "KWD": 3}[self.currency])
        order_id, currency = f"O-{number}", self.currency
        lines = [r.InvoiceLine(1, 1, "P", 1_000, price, amount, 0, "S")]
        self.invoice(f"DR-{number}00", stage="draft", currency=currency, amount=amount, order_id=order_id, lines=lines)
        self.add(
            r.Order,
            order_id=order_id,
            currency=currency,
            po_reference="",
            cancelled=False,
            lines=[r.OrderLine(1, "P", 1_000, price)],
        )
        self.add(
            r.Shipment, shipment_id=f"S-{number}", order_id=order_id, carrier="", lines=[r.ShipmentLine(1, "P", 1_000)]
        )

    def goods(self) -> None:
        """An order of two lines, or news of one that is there: sent, billed or drafted in parts, changed, cancelled."""
        digits = {"USD": 2, "JPY": 0, "KWD": 3}[self.currency]
        order_id = f"G-{self.draw(st.integers(0, 1))}"
        number = len(self.facts)
        line, quantity = self.draw(st.integers(1, 2)), self.draw(st.sampled_from([500, 1_000, 3_000]))
        price = (line * 100) * 10 ** (6 - digits)
        what = self.draw(st.sampled_from(["order", "order", "shipment", "shipment", "draft", "draft", "invoice"]))
        if what == "order":
            lines = [
                r.OrderLine(at, "P", self.draw(st.sampled_from([0, 2_000, 5_000])), at * 100 * 10 ** (6 - digits))
                for at in (1, 2)
            ]
            cancelled = self.draw(st.sampled_from([False, False, False, True]))
            self.add(
                r.Order, order_id=order_id, currency=self.currency, po_reference="", cancelled=cancelled, lines=lines
            )
        elif what == "shipment":
            sent = [r.ShipmentLine(line, "P", quantity)]
            self.add(r.Shipment, shipment_id=f"GS-{number}", order_id=order_id, carrier="", lines=sent)
        else:
            net = line * 100 * quantity // 1_000
            billed = [r.InvoiceLine(1, line, "P", quantity, price, net, 7, "S")]
            stage = "posted" if what == "invoice" else "draft"
            self.invoice(
                f"GI-{self.draw(st.integers(0, 5))}00", stage=stage, currency=self.currency, amount=net + 7, tax=7,
                order_id=order_id, lines=billed,
            )  # fmt: skip

    def credit_limit(self) -> None:
        """A limit, or one with dates, or none any more; who wants it may approve another one."""
        known = [fact.event_id for fact in self.facts if isinstance(fact, r.CreditLimit)]
        if known and self.draw(st.integers(0, 2)) == 0:
            about = self.draw(st.sampled_from([known[-1], *known]))
            self.add(
                r.OperatorAction,
                action=self.draw(st.sampled_from(["approve", "approve", "reject"])),
                actor=self.draw(st.sampled_from(["mara", "omar"])),
                receipt_id="",
                document="",
                target_account="",
                currency="",
                amount=0,
                until=0,
                note="seen",
                reference_id=f"credit:{about}",
            )
            return
        dated = self.draw(st.sampled_from([False, False, True]))
        self.add(
            r.CreditLimit,
            limit_id=self.draw(st.sampled_from(["L-0", "L-1"])),
            currency=self.draw(st.sampled_from([self.currency] * 5 + ["EUR"])),
            amount=self.draw(st.sampled_from([0, 100, 500, 1_000, 3_000, 3_000])),
            valid_from_date=FIRST_DAY + self.draw(DAY) if dated else 0,
            valid_until_date=FIRST_DAY + DAYS if dated else 0,
            group="",
            cancelled=self.draw(st.sampled_from([False, False, False, True])),
            actor=self.draw(st.sampled_from(["mara", "omar"])),
            note="",
        )

    def credit_note(self) -> None:
        number = len(self.facts)
        invoice = self.draw(st.sampled_from(["", *DOCUMENTS, *(x.document for x in self.debits()[:4])]))
        # Remittances may name CRN-9.
        there = any(isinstance(x, r.CreditNote) and x.document == "CRN-9" for x in self.facts)
        document = f"CRN-{number}00" if there or self.yes() else "CRN-9"
        self.add(
            r.CreditNote,
            document=document,
            currency=self.pick(),
            amount=self.draw(AMOUNT),
            tax=0,
            invoice=invoice,
            reason="",
            dispute_id=self.draw(st.sampled_from(["", "", "D-0", "D-1"])),
        )

    def debits(self) -> list[r.Invoice]:
        return [fact for fact in self.facts if isinstance(fact, r.Invoice)]

    def receipt(self) -> None:
        """Half of them pay for what there is, about, and say so or leave it to an advice; the others are anything."""
        number = len(self.facts)
        amount, currency, lines = self.draw(AMOUNT), self.pick(), self.draw(remittance())
        if self.yes():
            paid = self.draw(st.lists(st.sampled_from(self.debits()), min_size=1, max_size=2))
            lines = [r.RemittanceLine(x.document, self.draw(st.sampled_from([None, x.amount]))) for x in paid]
            amount = max(1, sum(x.amount for x in paid) + self.draw(st.sampled_from([0, 0, 0, -40, -1, 40])))
            currency = paid[0].currency
            if self.draw(st.integers(0, 2)) == 0:
                self.advised = (f"R-{number}", amount, [r.RemittanceLine(x.document, x.amount) for x in paid])
                lines = []
        text = " ".join(self.draw(st.lists(REFERENCE, max_size=2))) if lines or self.yes() else ""
        self.receipts[f"R-{number}"] = (amount, currency)
        self.add(
            r.Receipt,
            receipt_id=f"R-{number}",
            bank_account="B",
            bank_reference=self.draw(st.sampled_from(["", "E1"])),
            currency=currency,
            amount=amount,
            payer_name="",
            payer_account="",
            text=text,
            lines=lines,
        )

    def returned(self) -> None:
        """Part or all of what is left of a receipt, before it or after."""
        left = {name: amount for name, (amount, _) in self.receipts.items() if amount}
        if not left:
            return self.receipt()
        name = self.draw(st.sampled_from(sorted(left)))
        amount = self.draw(st.sampled_from([left[name], (left[name] + 1) // 2]))
        currency = self.receipts[name][1]
        self.receipts[name] = (left[name] - amount, currency)
        self.add(
            r.ReceiptReturned,
            receipt_id=name,
            bank_account="B",
            currency=currency,
            amount=amount,
            reason="",
            bank_reference="",
            from_account="",
        )
        return None

    def advice(self) -> None:
        named, amount = self.draw(st.sampled_from(["", *sorted(self.receipts)])), self.draw(AMOUNT)
        lines: list[r.RemittanceLine] = []
        if self.advised is not None and self.yes():
            named, amount, lines = self.advised
            named = self.draw(st.sampled_from([named, ""]))
        self.add(
            r.RemittanceAdvice,
            advice_id=f"A-{len(self.facts)}",
            currency=self.currency,
            amount=amount,
            receipt_id=named,
            bank_reference=self.draw(st.sampled_from(["", "E1"])),
            lines=lines or self.draw(remittance()),
        )

    def dispute(self) -> None:
        invoice = self.draw(st.sampled_from(self.debits()))
        self.add(
            r.Dispute,
            dispute_id=f"D-{self.draw(st.integers(0, 3))}",
            document=self.draw(st.sampled_from([invoice.document, invoice.document, *DOCUMENTS])),
            currency=invoice.currency,
            amount=self.draw(st.none() | AMOUNT),
            category=self.draw(st.sampled_from(["other", "duplicate", "not_received", ""])),
            reason=self.draw(st.sampled_from(["", "damaged", "wrong price"])),
            channel="",
        )

    def message(self) -> None:
        """What a customer writes: of one document, of several, of none; and what is written to them."""
        words = self.draw(st.sampled_from(["damaged", "never arrived", "thank you for", "wrong price of"]))
        named = self.draw(st.lists(st.sampled_from(DOCUMENTS), max_size=2, unique=True))
        direction = self.draw(st.sampled_from(["in", "in", "out"]))
        self.add(
            r.Message,
            message_id=f"M-{self.draw(st.integers(0, 5))}",
            direction=direction,
            channel="email",
            status="received" if direction == "in" else self.draw(st.sampled_from(["sent", "delivered", "bounced"])),
            document=self.draw(st.sampled_from(["", "", *DOCUMENTS])),
            delivery_id=self.draw(st.sampled_from(["", "", "0-7"])) if direction == "out" else "",
            template="",
            reason="",
            text=f"{words} {' '.join(named)}",
        )

    def policy(self) -> None:
        """Disputes have owners and clocks, promises are replaced or cancelled."""
        document = tomllib.loads(DEFAULT_TEXT)
        document["version"] = 1
        disputes, promises = document["disputes"], document["promises"]
        disputes["while_disputed"] = self.draw(st.sampled_from(["pause", "until_review"]))
        disputes["escalations"] = ["lead", "manager"][: self.draw(st.integers(0, 2))]
        disputes["sla_hours"] = {"default": self.draw(st.sampled_from([1, 16]))}
        disputes["routes"] = [{"category": "other", "owner": "claims"}, {"owner": "role:manager"}]
        promises["superseded"] = self.draw(st.sampled_from(["never", "over_promised", "always"]))
        promises["cancelled_by_dispute"] = self.draw(st.booleans())
        text = tomli_w.dumps(document)
        digest = sha256(text.encode()).hexdigest()
        self.facts.append(r.Policy("policy-1", 0, "", "headrace", "", "", "", FIRST_DAY * DAY_MS, 1, text, digest))

    def dispute_update(self) -> None:
        """Closing amounts that add up, mostly."""
        status = self.draw(st.sampled_from(["in_review", "waiting_customer", "closed", "closed"]))
        known = [fact for fact in self.facts if isinstance(fact, r.Dispute)]
        dispute = self.draw(st.sampled_from(known)) if known else None
        amount = self.draw(AMOUNT) if dispute is None or dispute.amount is None else dispute.amount
        credited = self.draw(st.integers(0, amount)) if status == "closed" else 0
        rejected = self.draw(st.sampled_from([amount - credited] * 3 + [0])) if status == "closed" else 0
        self.add(
            r.DisputeUpdate,
            dispute_id="D-0" if dispute is None else dispute.dispute_id,
            status=status,
            owner="kim",
            credited=credited,
            rejected=rejected,
            written_off=0,
            note="",
            **({"category": self.draw(st.sampled_from(["", "damage"]))}),
        )

    def promise(self) -> None:
        amount, first = self.draw(AMOUNT), FIRST_DAY + self.draw(st.integers(-2, DAYS))
        parts = [r.PromisePart(first, 1), r.PromisePart(first + 3, amount - 1)] if amount > 1 and self.yes() else []
        self.add(
            r.Promise,
            promise_id=f"P-{self.draw(st.integers(0, 3))}",
            currency=self.pick(),
            amount=amount,
            promised_date=first,
            parts=parts,
            documents=self.draw(st.lists(st.sampled_from(DOCUMENTS), max_size=2, unique=True)),
            cancelled=self.draw(st.sampled_from([False, False, False, True])),
        )

    def operator(self) -> None:
        """Mostly something that can be done: take cash off where it was put, or put some on what is there."""
        action = self.draw(st.sampled_from(["apply_cash", "unapply_cash", "unapply_cash", "block_reminders"]))
        if action == "block_reminders":
            action = self.draw(st.sampled_from(["block_reminders", "unblock_reminders", "unblock_reminders"]))
        receipts = [fact for fact in self.facts if isinstance(fact, r.Receipt)]
        receipt_id, document = "R-0", self.draw(st.sampled_from(self.debits())).document
        if receipts:
            receipt = self.draw(st.sampled_from(receipts))
            receipt_id = receipt.receipt_id
            if action == "unapply_cash" and receipt.lines:
                document = receipt.lines[0].document
        self.add(
            r.OperatorAction,
            action=action,
            actor="someone",
            receipt_id=receipt_id,
            document=document,
            target_account="",
            currency="",
            amount=self.draw(st.sampled_from([0, 0, 0, 1, 40, 60])),
            until=0,
            note="",
        )

    def service_case(self) -> None:
        self.add(
            r.ServiceCase,
            case_id=f"C-{self.draw(st.integers(0, 1))}",
            status=self.draw(st.sampled_from(["open", "closed"])),
            document=self.draw(st.sampled_from(["", *DOCUMENTS])),
            category="",
            note="",
        )

    def statement(self) -> None:
        self.add(
            r.OperatorAction,
            action="request_statement",
            actor="someone",
            receipt_id="",
            document="",
            target_account="",
            currency="",
            amount=0,
            until=0,
            note="",
        )
