"""What holds of drafts and deliveries in every history: the auditor's own code says why each draft is held.

`make nightly` tries 10,000 of each.
"""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from schemas import records as r
from schemas.codec import encode_fact
from schemas.records import Fact
from tests.auditing import audited
from tests.books import Books
from tests.cases import cases, unreached
from tests.facts import DAY_MS, header
from tests.histories import ACCOUNT, FIRST_DAY
from tests.policies import policy_fact
from tests.shard_runs import at_one_day, messages, run, same_however_kept

few = cases(40)
DAYS = 10
TAX = """
[release.tax.DE]
rounding = "%s"
[[release.tax.DE.codes]]
code = "S"
rate_ppm = 190000
"""
POLICIES = (
    "",
    '[release]\ncondition = "on_pod"\npod_days = 3\nshort_billing = "hold"\nover_billing = "allow"\nprice_tolerance_ppm = 100000',
    '[release]\ncondition = "on_order"\nagreement_required = true\n[approvals.above_minor]\nrelease = 3000',
    '[release]\npartial_shipments = "split"\nextra_products = ["FREIGHT"]\ntax_jurisdiction = "DE"' + TAX % "rate",
    '[release]\nschedule = "weekly"\npartial_shipments = "split"\ntax_jurisdiction = "DE"' + TAX % "line",
    '[release]\nrebill = "any"\nconsolidated = "each"\nprice_below = "allow"\ntax_jurisdiction = "DE"'
    + TAX % "document",
)
# Where the drafts of a consolidated invoice leave together, it counts which of them are there by then.
IN_ANY_ORDER = (
    POLICIES[5],
    f'{POLICIES[1]}\nconsolidated = "each"',
    '[release]\nconsolidated = "each"\ncondition = "on_order"',
)
PRICES = (1_000_000, 1_050_000, 2_000_000)
QUANTITIES = (1_000, 2_000, 3_500)


class Maker:
    """Draws facts about two orders of one account, each on some day."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.facts: list[Fact] = []
        # Of each order's lines: quantity and price, as they were ordered first.
        self.ordered: dict[str, list[r.OrderLine]] = {}

    def add(self, kind: type[Fact], **fields: object) -> None:
        number = len(self.facts)
        day = FIRST_DAY + self.draw(st.integers(0, DAYS - 1))
        for name in ("document_date", "posting_date", "order_date", "ship_date", "delivered_date", "return_date"):
            if name in kind.FIELDS:
                fields.setdefault(name, day)
        if "due_date" in kind.FIELDS:
            fields["due_date"] = day + 30
        head = header(f"e-{number}", ACCOUNT, event_time=day * DAY_MS + 3_600_000, recorded_time=1)
        self.facts.append(kind(**head, **fields))

    def one(self, *values: object) -> object:
        return self.draw(st.sampled_from(values))

    def mostly(self, value: object, other: object) -> object:
        return self.draw(st.sampled_from((value,) * 9 + (other,)))

    def documents(self) -> list[str]:
        return [fact.document for fact in self.facts if isinstance(fact, r.Invoice)]

    def a_document(self) -> str:
        return self.draw(st.sampled_from([*self.documents(), "INV-9"]))

    def customer(self) -> None:
        self.add(
            r.Customer, name="A", active=self.mostly(True, False), country="DE", language="en", segment="", tier="",
            currency="EUR", terms_days=30, billing_address=self.mostly("1 Street", ""), email="",
            po_required=self.mostly(False, True), direct_debit=False, affiliate=False, bank_accounts=[],
            credit_status=self.mostly("", "blocked"),
        )  # fmt: skip

    def order(self) -> None:
        lines = [r.OrderLine(n, f"P{n}", self.one(*QUANTITIES), self.one(*PRICES)) for n in (1, 2)]
        order = "O-1" if not self.ordered else "O-2" if len(self.ordered) == 1 else self.one("O-1", "O-2")
        self.ordered.setdefault(order, lines)
        self.add(
            r.Order, order_id=order, currency="EUR", po_reference=self.one("", "PO"),
            cancelled=self.mostly(False, True), lines=lines,
        )  # fmt: skip

    def _sent(self, kind: type[r.ShipmentLine] | type[r.ReturnLine]) -> list[object]:
        return [
            kind(n, f"P{n}", self.one(*QUANTITIES)) for n in self.draw(st.lists(st.sampled_from((1, 2)), min_size=1))
        ]

    def shipment(self) -> None:
        order, lines = self.one("O-1", "O-2"), self._sent(r.ShipmentLine)
        self.add(r.Shipment, shipment_id=self.one("S-1", "S-2", "S-3"), order_id=order, carrier="", lines=lines)

    def proof(self) -> None:
        complaint = self.one("", "wet")
        shipment = self.one("S-1", "S-2", "S-3")
        self.add(r.ProofOfDelivery, shipment_id=shipment, order_id=self.one("O-1", "O-2"), complaint=complaint)

    def goods_back(self) -> None:
        self.add(
            r.Return, return_id=self.one("RT-1", "RT-2"), order_id=self.one("O-1", "O-2"),
            shipment_id=self.one("", "S-1", "S-9"), reason="", lines=self._sent(r.ReturnLine),
        )  # fmt: skip

    def agreement(self) -> None:
        self.add(
            r.PriceAgreement, agreement_id=self.one("PA-1", "PA-2"), product=self.one("P1", "P2"), currency="EUR",
            unit_price_micro=self.one(*PRICES), valid_from_date=FIRST_DAY - self.draw(st.integers(0, 9)),
            valid_until_date=self.one(0, FIRST_DAY + 3), cancelled=self.one(False, False, True),
        )  # fmt: skip

    def draft(self) -> None:
        lines = []
        order = self.one("O-1", "O-2")
        for line in range(1, self.draw(st.sampled_from((0, 1, 1, 1, 2, 3))) + 1):
            ordered = self.one(*self.ordered[order])
            number, quantity = ordered.line, self.mostly(ordered.quantity_milli, self.one(*QUANTITIES))
            price = self.mostly(ordered.unit_price_micro, self.one(*PRICES))
            product = self.mostly(f"P{number}", "FREIGHT")
            net = (2 * quantity * price + 10**7) // (2 * 10**7)
            tax = (2 * net * 190_000 + 10**6) // (2 * 10**6) + self.mostly(0, 1)
            lines.append(r.InvoiceLine(line, number, product, quantity, price, net, tax, self.mostly("S", "")))
        tax = sum(line.tax for line in lines)
        amount = sum(line.net for line in lines) + tax + self.mostly(0, 1) if lines else self.one(400, 500)
        self.add(
            r.Invoice, document=f"INV-{len(self.facts)}", stage=self.one("draft", "draft", "draft", "posted"),
            currency="EUR", amount=amount, tax=tax, order_id=order, po_reference=self.one("PO", ""),
            replaces=self.one("", "", "", self.a_document()), lines=lines,
            consolidated=self.one("", "", "C-1"), contract=self.one("", "K-1"),
        )  # fmt: skip

    def in_parts(self) -> None:
        """A draft of all of an order of its own, and a shipment of some of it."""
        order_id, number = f"O-{len(self.facts)}", len(self.facts)
        net = self.one(1_000, 333)
        line = r.InvoiceLine(1, 1, "P1", 3_000, net * 10_000, 3 * net, (2 * 3 * net * 19 + 100) // 200, "S")
        of = {"order_id": order_id, "currency": "EUR", "po_reference": "PO"}
        self.add(r.Order, **of, cancelled=False, lines=[r.OrderLine(1, "P1", 3_000, net * 10_000)])
        self.add(
            r.Invoice, document=f"INV-{number}", stage="draft", amount=line.net + line.tax, tax=line.tax, lines=[line],
            replaces="", consolidated=self.one("", "C-1"), **of,
        )  # fmt: skip
        for part in range(2):
            sent = [r.ShipmentLine(1, "P1", self.one(1_000, 1_500))]
            self.add(r.Shipment, shipment_id=f"S-{number}-{part}", order_id=order_id, carrier="", lines=sent)

    def credit_note(self) -> None:
        self.add(
            r.CreditNote, document=f"CRN-{len(self.facts)}", currency="EUR", amount=self.one(100, 500, 2_000), tax=0,
            invoice=self.a_document(), reason="",
        )  # fmt: skip

    def action(self) -> None:
        self.add(
            r.OperatorAction, action=self.one("release_invoice", "withdraw_draft", "send_invoice"), actor="kim",
            receipt_id="", document=self.a_document(), target_account="", currency="", amount=0,
            until=0, note=self.one("as agreed", "as agreed", ""),
        )  # fmt: skip


@st.composite
def drafts(draw: st.DrawFn) -> list[Fact]:
    maker = Maker(draw)
    maker.customer()
    for _ in range(2):
        maker.order()
    makers = [
        *[maker.draft] * 4, *[maker.shipment] * 4, maker.customer, maker.order, maker.proof, maker.proof, maker.in_parts, maker.goods_back,
        maker.agreement, maker.credit_note, maker.action,
    ]  # fmt: skip
    for make in draw(st.lists(st.sampled_from(makers), min_size=10, max_size=24)):
        make()
    return sorted(maker.facts, key=lambda fact: fact.event_time)


@few
@given(drafts(), st.sampled_from(POLICIES))
def test_nothing_is_released_while_a_condition_fails_and_each_hold_names_every_reason(
    facts: list[Fact], policy: str
) -> None:
    values = messages(facts, DAYS + 12, policy)
    made = run(values)
    assert [d.reasons for d in made.decisions if d.rule == "shard.parked"] == []
    Books().take_all(made.decisions).settle()
    found = audited(values, made.values)
    assert found == [], found


@few
@given(drafts(), st.sampled_from(POLICIES))
def test_the_same_bytes_whatever_is_evicted_or_adopted(facts: list[Fact], policy: str) -> None:
    same_however_kept(messages(facts, DAYS + 12, policy))


def uncontested(draw: st.DrawFn) -> list[Fact]:
    """Drafts that claim no goods of each other, each complete or lacking something for good; prices, shipments in parts,
    proofs, a rebill with its credit note, a consolidated invoice."""
    maker = Maker(draw)
    maker.add(
        r.Customer, name="A", active=True, country="DE", language="en", segment="", tier="", currency="EUR",
        terms_days=30, billing_address="1 Street", email="", po_required=False, direct_debit=False, affiliate=False,
        bank_accounts=[],
    )  # fmt: skip
    for n in range(1, draw(st.integers(1, 5)) + 1):
        price = draw(st.sampled_from(PRICES))
        # What was agreed otherwise and comes after a draft has gone changes nothing any more.
        agreed, billed = draw(st.sampled_from((0, price))), draw(st.sampled_from((price, price, PRICES[1])))
        of = {"order_id": f"O-{n}"}
        maker.add(
            r.Order, **of, currency="EUR", po_reference="", cancelled=False, lines=[r.OrderLine(1, f"P{n}", 3_000, price)]
        )  # fmt: skip
        if agreed:
            maker.add(
                r.PriceAgreement, agreement_id=f"PA-{n}", product=f"P{n}", currency="EUR", unit_price_micro=agreed,
                valid_from_date=FIRST_DAY - 9, valid_until_date=0, cancelled=False,
            )  # fmt: skip
        for part, quantity in enumerate(draw(st.sampled_from(((3_000,), (1_000, 2_000), (1_000,))))):
            sent = [r.ShipmentLine(1, f"P{n}", quantity)]
            maker.add(r.Shipment, shipment_id=f"S-{n}-{part}", **of, carrier="", lines=sent)
            maker.add(r.ProofOfDelivery, shipment_id=f"S-{n}-{part}", complaint="", **of)
        net = (2 * 3_000 * billed + 10**7) // (2 * 10**7)
        lines = [r.InvoiceLine(1, 1, f"P{n}", 3_000, billed, net, 0, "S")]
        fields = {"currency": "EUR", "amount": net, "tax": 0, "po_reference": "", **of}
        number = draw(st.sampled_from(("", "C-1")))
        rebill = draw(st.booleans())
        maker.add(
            r.Invoice, document=f"INV-{n}", stage="posted" if rebill else "draft", lines=lines, replaces="", **fields,
            consolidated="" if rebill else number,
        )  # fmt: skip
        if rebill:
            credited = draw(st.sampled_from((net, net - 1)))
            maker.add(
                r.CreditNote, document=f"CRN-{n}", currency="EUR", amount=credited, tax=0, invoice=f"INV-{n}", reason=""
            )  # fmt: skip
            maker.add(r.Invoice, document=f"RE-{n}", stage="draft", lines=lines, replaces=f"INV-{n}", **fields)
    return maker.facts


@few
@given(st.data(), st.sampled_from(IN_ANY_ORDER))
def test_what_is_released_does_not_depend_on_the_order_of_arrival(data: st.DataObject, policy: str) -> None:
    facts = uncontested(data.draw)
    here = _released(facts, policy)
    there = _released(data.draw(st.permutations(facts)), policy)
    assert here == there, (here, there)


def _released(facts: list[Fact], policy: str) -> tuple[list[str], dict[str, int], dict[str, list[str]]]:
    """What was released, the items, and why the rest is held, once all is here."""
    values = at_one_day(facts)
    if policy:
        values.insert(0, encode_fact(policy_fact(policy)))
    decisions = run(values).decisions
    books = Books().take_all(decisions)
    books.settle()
    held: dict[str, list[str]] = {}
    for d in decisions:
        if d.kind == "invoice_held":
            held[d.document] = d.reasons
        elif d.kind == "invoice_released":
            held.pop(d.document, None)
    released = sorted(d.document for d in decisions if d.kind == "invoice_released")
    return released, books.open_items(ACCOUNT), held


def test_histories_reach_what_the_properties_are_about() -> None:
    def said_of(facts: list[Fact], policy: str) -> Iterator[str]:
        for d in run(messages(facts, DAYS + 12, policy)).decisions:
            yield from (d.kind, d.rule, *[reason.split(":")[0] for reason in d.reasons])

    wanted = {
        *("invoice_released", "release.in_part", "release.manual", "release.replaced"),
        *("release.withdrawn", "consolidated_incomplete", "waits_for_schedule", "replaced_not_credited"),
        *("price_not_agreed", "price_agreement_missing", "tax_arithmetic", "less_than_shipped"),
        *("proof_of_delivery_missing", "complaint", "credit_held", "not_shipped", "more_than_ordered"),
    }
    assert unreached(wanted, 250, said_of, drafts(), st.sampled_from(POLICIES)) == set()
