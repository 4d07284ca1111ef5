"""What holds of deliveries in every history that is lived: nothing is sent twice in time, by no channel that does not hold.

`make nightly` tries 10,000 of each.
"""

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from connectors.intake.clockwork import clock_message, day_end_message
from schemas import records as r
from schemas.codec import encode_fact
from schemas.records import Fact, OperatorAction
from schemas.topics import INPUT_TOPICS
from tests.auditing import audited
from tests.books import Books
from tests.cases import cases, unreached
from tests.dataflows.rules.test_release_properties import Maker
from tests.facts import DAY_MS
from tests.histories import FIRST_DAY
from tests.policies import policy_fact
from tests.shard_runs import run, same_however_kept

few = cases(30)
DAYS = 12
HOUR_MS = 3_600_000
POLICIES = (
    '[delivery]\nchannels = ["edi", "portal", "email"]\nacknowledge = ["edi"]\nconfirm_hours = 4\nacknowledge_hours = 6',
    '[delivery]\nchannels = ["portal"]\nconfirm_hours = 0\nkinds = ["invoice"]\n[reminders]\nsteps_days = [-20, -10, 1]',
    '[delivery]\nchannels = ["email", "api"]\ntries = 1\nconfirm_hours = 9\nowner = "billing"',
)
STATUSES = ("sent", "delivered", "viewed", "acknowledged", "rejected", "bounced", "expired", "queued")


class Sender(Maker):
    """Draws customers with channels, invoices, and what is said of their deliveries."""

    def customer(self) -> None:
        channels = self.one([], ["edi", "email"], ["portal", "api"], ["letter"], ["email"])
        self.add(
            r.Customer, name="A", active=True, country="US", language="en", segment="", tier="", currency="EUR",
            terms_days=30, billing_address="1 Street", email=self.one("", "a@b.example"), po_required=False,
            direct_debit=False, affiliate=False, bank_accounts=[], channels=channels,
        )  # fmt: skip

    def invoice(self) -> None:
        self.add(
            r.Invoice, document=f"INV-{len(self.facts)}", stage="posted", currency="EUR", amount=self.one(900, 5_000),
            tax=0, order_id="", po_reference="", replaces=self.one("", "", self.a_document()), lines=[],
        )  # fmt: skip

    def consolidated(self) -> None:
        """Two drafts of one consolidated invoice, and the goods of both."""
        number = len(self.facts)
        for part in range(2):
            of = {"order_id": f"O-{number}-{part}", "currency": "EUR", "po_reference": ""}
            line = r.InvoiceLine(1, 1, "P1", 1_000, 9_000_000, 900, 0, "S")
            self.add(r.Order, **of, cancelled=False, lines=[r.OrderLine(1, "P1", 1_000, 9_000_000)])
            self.add(
                r.Invoice, document=f"DR-{number}-{part}", stage="draft", amount=900, tax=0, lines=[line], replaces="",
                consolidated=f"C-{number}", **of,
            )  # fmt: skip
            sent = [r.ShipmentLine(1, "P1", 1_000)]
            self.add(r.Shipment, shipment_id=f"S-{number}-{part}", order_id=of["order_id"], carrier="", lines=sent)

    def message(self) -> None:
        consolidated = [x.consolidated for x in self.facts if isinstance(x, r.Invoice) and x.consolidated]
        document = self.one(*self.documents(), *consolidated, "INV-9")
        request = self.one("", f"delivery:{document}:{self.one(1, 1, 1, 2, 3)}")
        self.add(
            r.Message, message_id=f"M-{len(self.facts)}", direction=self.one("out", "out", "in"),
            channel=self.one("edi", "portal", "email", "api"), status=self.one(*STATUSES), document=document,
            delivery_id=request, template="", reason="", text="",
        )  # fmt: skip

    def send(self) -> None:
        self.add(
            r.OperatorAction, action="send_invoice", actor="kim", receipt_id="", document=self.a_document(),
            target_account="", currency="", amount=0, until=0, note="", category=self.one("", "edi", "letter"),
        )  # fmt: skip

    def money(self) -> None:
        lines = [r.RemittanceLine(self.a_document(), None)]
        self.add(
            r.Receipt, receipt_id=f"R-{len(self.facts)}", bank_account="B", bank_reference="", currency="EUR",
            amount=self.one(900, 5_000), value_date=FIRST_DAY, payer_name="", payer_account="", text="", lines=lines,
        )  # fmt: skip


@st.composite
def lived(draw: st.DrawFn) -> list[bytes]:
    """The messages of some days, with a clock each hour; the first day is replayed."""
    maker = Sender(draw)
    maker.invoice()
    makers = [
        *[maker.customer] * 2, *[maker.invoice] * 2, *[maker.message] * 6, maker.consolidated, maker.money,
        maker.credit_note, maker.send,
    ]  # fmt: skip
    for make in draw(st.lists(st.sampled_from(makers), min_size=4, max_size=18)):
        make()
    return _hours(sorted(maker.facts, key=lambda fact: fact.event_time), draw(st.sampled_from(POLICIES)))


def _hours(facts: list[Fact], policy: str) -> list[bytes]:
    values = [day_end_message(FIRST_DAY - 1), encode_fact(policy_fact(policy))]
    allowed = OperatorAction(
        "allow", 0, "", "test", "", "", "", 0, "allow_clock", "x", "", "", "", "", 0, 1 << 50, ""
    )  # fmt: skip
    for day in range(FIRST_DAY, FIRST_DAY + DAYS + 6):
        of_day = [encode_fact(fact) for fact in facts if fact.event_time // DAY_MS == day]
        if day == FIRST_DAY:
            values += [*of_day, day_end_message(day), encode_fact(allowed)]
            continue
        for hour in range(24):
            now = day * DAY_MS + (hour + 1) * HOUR_MS - 1
            values += of_day if hour == 9 else []
            values.append(clock_message(now, "live", [(topic, now) for topic in INPUT_TOPICS]))
    return values


@few
@given(lived())
def test_the_auditor_agrees_with_what_is_sent(values: list[bytes]) -> None:
    made = run(values)
    assert [d.reasons for d in made.decisions if d.rule == "shard.parked"] == []
    Books().take_all(made.decisions).settle()
    found = audited(values, made.values)
    assert found == [], found
    requests: Counter[str] = Counter()
    for d in made.decisions:
        if d.kind == "delivery_requested":
            requests[d.document] += 1
            assert d.origin == "live"
            assert d.reference_id == f"delivery:{d.document}:{requests[d.document]}"


@few
@given(lived())
def test_the_same_bytes_whatever_is_evicted_or_adopted(values: list[bytes]) -> None:
    same_however_kept(values)


def test_histories_reach_what_the_properties_are_about() -> None:
    def said_of(values: list[bytes]) -> Iterator[str]:
        for d in run(values).decisions:
            yield from (d.rule, d.text, *[reason.split(":")[0] for reason in d.reasons])

    wanted = {
        *("delivery.first", "delivery.resend", "delivery.fallback", "delivery.operator", "delivery.unreachable"),
        *("delivery.rejected", "delivery.unconfirmed", "delivered", "acknowledged", "rejected", "failed", "not_needed"),
    }
    assert unreached(wanted, 600, said_of, lived()) == set()
