"""From what was ordered and shipped to drafts and posted invoices, and to what the customer then owes."""

from collections.abc import Callable
from functools import partial

from benchmarks.workload.accounts import Account, Document
from benchmarks.workload.days import DAY
from benchmarks.workload.truth import Line
from benchmarks.workload.world import PROMPT, World
from schemas.records import Invoice, InvoiceLine, OrderLine, ShipmentLine


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator to the nearest whole number, halves away from zero; both above or at zero."""
    return (2 * numerator + denominator) // (2 * denominator)


class Parcel:
    """One shipment of an order: what is in it, and when it left, arrived and was reported. Times; None is never."""

    __slots__ = ("arrived", "complaint", "left", "lines", "pod_recorded", "recorded")

    def __init__(self, left: int, lines: list[ShipmentLine]) -> None:
        self.left = left
        self.lines = lines
        self.recorded = 0
        self.arrived = 0
        self.pod_recorded: int | None = None
        self.complaint = ""


class Purchase:
    """One order under way."""

    __slots__ = (
        "account", "cancelled", "lines", "order_id", "parcels", "placed", "po_reference", "recorded", "short_closed",
    )  # fmt: skip

    def __init__(self, account: Account, order_id: str, placed: int, po_reference: str, lines: list[OrderLine]) -> None:
        self.account = account
        self.order_id = order_id
        self.placed = placed
        self.po_reference = po_reference
        self.lines = lines
        self.recorded = 0  # when it first is
        self.parcels: list[Parcel] = []
        self.short_closed = False  # some of it is never shipped
        self.cancelled: int | None = None  # when that is recorded


class Invoicing:
    """Makes the drafts and posted invoices of orders. `owed` and `stuck` as in Fulfilment."""

    def __init__(
        self,
        world: World,
        owed: Callable[[Document, str, int], None],
        stuck: Callable[[Document, str, int], None],
    ) -> None:
        self._world = world
        self._owed = owed
        self._stuck = stuck

    def prepare(self, purchase: Purchase, parcels: list[Parcel], now: int) -> tuple[Document, list[InvoiceLine]]:
        """A document for these parcels (all of the order for a draft made on order) and its lines."""
        account = purchase.account
        prices = {x.line: x.unit_price_micro for x in purchase.lines}
        goods: list[tuple[int, str, int]] = []
        if parcels:
            goods = [(x.order_line, x.product, x.quantity_milli) for parcel in parcels for x in parcel.lines]
        if not goods or account.draft_mode == "order":
            goods = [(x.line, x.product, x.quantity_milli) for x in purchase.lines]
        scale = 10**account.decimals
        lines = []
        amount = 0
        for number, (order_line, product, quantity) in enumerate(goods, 1):
            price = prices[order_line]
            net = half_up(quantity * price * scale, 1_000_000_000)
            tax = half_up(net * account.tax_rate, 10_000)
            lines.append(InvoiceLine(number, order_line, product, quantity, price, net, tax, account.tax_code))
            amount += net + tax
        day = now // DAY
        number_text = account.entity.invoice_number(self._world.day_text(day)[1])
        document = Document(account, number_text, amount, day, day + account.terms_days)
        document.goods = lines
        document.order_id = purchase.order_id
        document.po_reference = purchase.po_reference
        return document, lines

    def bill_prepaid(self, purchase: Purchase, document: Document, lines: list[InvoiceLine], now: int) -> None:
        """The posted invoice of an order that was paid ahead."""
        self._say(document, lines, "posted", purchase.po_reference, "", now)

    def post(self, purchase: Purchase, parcels: list[Parcel], replaces: str, now: int) -> None:
        """The ERP posts an invoice for these parcels, and the customer gets it within a day."""
        document, lines = self.prepare(purchase, parcels, now)
        self._say(document, lines, "posted", purchase.po_reference, replaces, now)
        document.known = now + self._world.chance.below(DAY)
        self._owed(document, _complaint(parcels), now)

    def draft(self, purchase: Purchase, parcels: list[Parcel], replaces: str, now: int) -> None:
        """A draft for these parcels, which waits for what its release waits for; some are wrong, and some replaced."""
        world, chance, rates = self._world, self._world.chance, self._world.rates
        document, lines = self.prepare(purchase, parcels, now)
        po, blocked = purchase.po_reference, list[str]()
        if not replaces and purchase.account.po_required and chance.yes(rates.missing_po):
            po, blocked = "", ["missing_po"]
        elif not replaces and chance.yes(rates.price_differs):
            lines = _at_other_prices(lines, purchase.account)
            document.amount = document.remaining = sum(x.net + x.tax for x in lines)
            blocked = ["price_differs"]
        if blocked:
            if chance.yes(0.6):
                world.at(now + chance.between(1, 9) * DAY, partial(self.draft, purchase, parcels, document.number))
            else:
                self._stuck(document, blocked[0], now)
            ready: dict[str, int | None] = {"on_order": None, "on_shipment": None, "on_pod": None}
            recorded = now + world.delay(PROMPT)
        else:
            recorded = now + world.delay(PROMPT)
            ready = _ready(purchase, parcels, recorded)
        line: Line = {
            "type": "draft", "entity": purchase.account.entity.code, "account": purchase.account.account_id,
            "document": document.number, "recorded": recorded, **ready, "blocked": blocked, "replaces": replaces,
        }  # fmt: skip
        self._say(document, lines, "draft", po, replaces, now, recorded, line)
        seen = self._seen(purchase.account, parcels, ready)
        if seen is not None:
            document.known = max(now, seen) + chance.below(DAY)
            self._owed(document, _complaint(parcels), now)

    def _seen(self, account: Account, parcels: list[Parcel], ready: dict[str, int | None]) -> int | None:
        """When the distributor sends the released draft to the customer; None is never."""
        condition = self._world.config.release_on
        if condition != "pod" or ready["on_pod"] is not None or ready["on_shipment"] is None:
            return ready[f"on_{condition}"]
        return account.active_since(max(parcel.arrived for parcel in parcels) + 14 * DAY)

    def _say(
        self,
        document: Document,
        lines: list[InvoiceLine],
        stage: str,
        po_reference: str,
        replaces: str,
        now: int,
        recorded: int = 0,
        truth: Line | None = None,
    ) -> None:
        account, world = document.account, self._world
        document.recorded = recorded or now + world.delay(PROMPT)
        world.say(
            Invoice(
                event_id=world.next_id(account.entity.source),
                recorded_time=document.recorded,
                correlation="",
                source=account.entity.source,
                tenant=world.config.tenant,
                entity=account.entity.code,
                account_id=account.account_id,
                event_time=now,
                document=document.number,
                stage=stage,
                document_date=document.posted,
                posting_date=document.posted,
                due_date=document.due,
                currency=account.currency,
                amount=document.amount,
                tax=sum(x.tax for x in lines),
                order_id=document.order_id,
                po_reference=po_reference,
                replaces=replaces,
                lines=lines,
            ),
            truth,
        )


def _complaint(parcels: list[Parcel]) -> str:
    for parcel in parcels:
        if parcel.complaint:
            return parcel.complaint
    return ""


def _at_other_prices(lines: list[InvoiceLine], account: Account) -> list[InvoiceLine]:
    """The same goods, priced by last year's list: 8 % more, right in their own arithmetic."""
    scale = 10**account.decimals
    wrong = []
    for x in lines:
        price = x.unit_price_micro * 108 // 100
        net = half_up(x.quantity_milli * price * scale, 1_000_000_000)
        tax = half_up(net * account.tax_rate, 10_000)
        wrong.append(InvoiceLine(x.line, x.order_line, x.product, x.quantity_milli, price, net, tax, x.tax_code))
    return wrong


def _ready(purchase: Purchase, parcels: list[Parcel], recorded: int) -> dict[str, int | None]:
    """When the last thing was recorded that each release condition waits for."""
    account = purchase.account
    base = max(recorded, purchase.recorded, account.master_recorded)
    whole = account.draft_mode != "order" or not purchase.short_closed
    shipped = max((p.recorded for p in parcels), default=None) if whole else None
    delivered: int | None = None
    if shipped is not None and not any(p.complaint for p in parcels):
        times = [p.pod_recorded for p in parcels]
        known = [time for time in times if time is not None]
        if len(known) == len(times):
            delivered = max(known)
    called_off = purchase.cancelled is not None and purchase.cancelled <= base
    return {
        "on_order": None if called_off else account.active_since(base),
        "on_shipment": None if shipped is None else account.active_since(max(base, shipped)),
        "on_pod": None if shipped is None or delivered is None else account.active_since(max(base, shipped, delivered)),
    }
