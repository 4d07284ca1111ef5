"""From order to invoice: customer masters, orders, shipments, proofs of delivery, drafts and posted invoices."""

from collections.abc import Callable
from functools import partial

from benchmarks.workload.accounts import Account, Document
from benchmarks.workload.chance import EXPONENTIAL, Chance
from benchmarks.workload.config import CURRENCIES
from benchmarks.workload.days import DAY, HOUR, MINUTE, work_time
from benchmarks.workload.invoicing import Invoicing, Parcel, Purchase
from benchmarks.workload.truth import Line
from benchmarks.workload.world import PROMPT, SLOW, World
from schemas.records import Customer, Order, OrderLine, PayerRelation, ProofOfDelivery, Shipment, ShipmentLine

PRODUCTS = 400
MICRO = 1_000_000
_SHIP_AFTER = (2 * HOUR, 10 * HOUR, DAY, 2 * DAY, 4 * DAY, 9 * DAY)
_TRANSIT = (12 * HOUR, DAY, DAY + 8 * HOUR, 2 * DAY, 4 * DAY)
_POD_RECORD = (10 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, 30 * HOUR)
_COMPLAINTS = (
    ("shortage", "2 cartons short"),
    ("damage", "pallet wet, boxes crushed"),
    ("not_received", "left at wrong dock"),
    ("quality", "seal broken"),
)
# Of so many accounts that another one pays for, nobody wrote one down.
RELATIONS_FORGOTTEN = 8
_CARRIERS = ("carrier-ups", "carrier-dhl", "carrier-dsv", "carrier-own")


class Fulfilment:
    """Places the orders of all accounts and sees them through to their invoices.

    `owed(document, complaint, now)` is told of each document that the customer gets to see, which may
    be later than now. `prepay(document, now)` is told of one that is paid before it is billed, `stuck(document, why,
    now)` of a draft that is wrong and that nobody replaces.
    """

    def __init__(
        self,
        world: World,
        prices: "Prices",
        owed: Callable[[Document, str, int], None],
        prepay: Callable[[Document, int], None],
        stuck: Callable[[Document, str, int], None],
    ) -> None:
        self._world = world
        self._price = prices.of
        self._prepay = prepay
        self._invoicing = Invoicing(world, owed, stuck)

    def start(self, accounts: list[Account]) -> None:
        """Plan when each account becomes a customer, is entered, goes inactive and first orders."""
        world, chance, rates = self._world, self._world.chance, self._world.rates
        span = world.end - world.start
        for account in accounts:
            begin = world.start if chance.yes(0.85) else world.start + int(span * 0.7 * chance.roll())
            account.opens = begin + chance.below(2 * HOUR)
            account.raw_time = account.opens + account.gap * chance.along(EXPONENTIAL) // 1000
            recorded = account.opens + chance.along(PROMPT)
            first = max(account.opens, work_time(account.raw_time))
            if chance.yes(rates.late_master):
                recorded = first + chance.along((HOUR, 8 * HOUR, DAY, 3 * DAY, 8 * DAY))
            account.master_recorded = recorded
            if chance.yes(rates.inactive):
                account.active_to = max(recorded + DAY, world.start + int(span * chance.roll()))
                account.active_from = 0 if chance.yes(0.4) else account.active_to + chance.between(1, 20) * DAY
            world.at(account.opens, partial(self._enter, account))
            world.at(first, partial(self._order, account))

    def _enter(self, account: Account, now: int) -> None:
        """The customer master is sent, and sent again where it changes."""
        line: Line = {
            "type": "account", "tenant": self._world.config.tenant, "entity": account.entity.code,
            "account": account.account_id, "currency": account.currency, "habit": account.habit.name,
            "channel": account.channel.name, "paid_by": account.paid_by.account_id if account.paid_by else "",
            "size": account.size,
        }  # fmt: skip
        self._world.say(self._master(account, now, account.master_recorded, True), line)
        if account.paid_by is not None and account.index % RELATIONS_FORGOTTEN:
            self._world.say_once(self._relation(account.paid_by, account, now))
        if account.active_to:
            self._world.say(self._master(account, account.active_to, account.active_to, False))
        if account.active_from:
            self._world.say(self._master(account, account.active_from, account.active_from, True))

    def _master(self, account: Account, happened: int, recorded: int, active: bool) -> Customer:
        entity = account.entity
        known = account.channel.shows_bank or account.channel.name == "lockbox"
        return Customer(
            event_id=self._world.next_id(entity.source),
            recorded_time=recorded,
            correlation="",
            source=entity.source,
            tenant=self._world.config.tenant,
            entity=entity.code,
            account_id=account.account_id,
            event_time=happened,
            name=account.name,
            active=active,
            country=account.country,
            language=account.language,
            segment=account.segment,
            tier=account.tier,
            currency=account.currency,
            terms_days=account.terms_days,
            billing_address=f"{account.index} Dock Street, {account.country.upper()}",
            email=f"ap@customer{account.index}.example",
            po_required=account.po_required,
            direct_debit=account.channel.name == "direct_debit",
            affiliate=account.habit.name == "affiliate",
            bank_accounts=[account.bank_number] if known else [],
            region=account.region,
            channels=_channels(account),
            credit_group=account.credit_group,
        )

    def _relation(self, payer: Account, account: Account, now: int) -> PayerRelation:
        """The head of the group pays for this account; sent when the account is entered."""
        return PayerRelation(
            event_id=self._world.next_id("group-register"),
            recorded_time=account.master_recorded,
            correlation="",
            source="group-register",
            tenant=self._world.config.tenant,
            entity=payer.entity.code,
            account_id=payer.account_id,
            event_time=now,
            relation_id=f"PR-{account.account_id}",
            pays_for=account.account_id,
            pays_for_entity="",
            valid_from_date=0,
            valid_until_date=0,
            cancelled=False,
        )

    def _order(self, account: Account, now: int) -> None:
        """One order is placed, its whole way is planned, and the next one is put on the agenda."""
        world, chance, rates = self._world, self._world.chance, self._world.rates
        account.raw_time = max(account.raw_time, now - DAY) + account.gap * chance.along(EXPONENTIAL) // 1000
        world.at(max(now + MINUTE, work_time(account.raw_time)), partial(self._order, account))
        if account.active_since(now) != now and not chance.yes(0.3):
            return
        entity = account.entity
        po = f"PO{chance.between(100_000, 999_999)}" if account.po_required or chance.yes(0.4) else ""
        lines = self._order_lines(account)
        purchase = Purchase(account, entity.order_number(), now, po, lines)
        purchase.recorded = now + world.delay(PROMPT)
        self._say_order(purchase, lines, now, purchase.recorded, False)
        if chance.yes(rates.order_amended):
            purchase.lines = [OrderLine(x.line, x.product, x.quantity_milli + 1000, x.unit_price_micro) for x in lines]
            amended = now + HOUR + world.delay(PROMPT)
            self._say_order(purchase, purchase.lines, now + HOUR, amended, False)
            purchase.recorded = min(purchase.recorded, amended)
        if chance.yes(rates.order_cancelled):
            happened = now + chance.between(2, 30) * HOUR
            purchase.cancelled = max(purchase.recorded + 1, happened + world.delay(PROMPT))
            self._say_order(purchase, purchase.lines, happened, purchase.cancelled, True)
            purchase.short_closed = True
        else:
            self._plan_parcels(purchase, now)
        self._plan_invoices(purchase, now)

    def _order_lines(self, account: Account) -> list[OrderLine]:
        chance = self._world.chance
        roll = chance.roll
        lines = []
        for line in range(1, chance.pick((1, 1, 2, 2, 3, 5)) + 1):
            product = int(roll() * roll() * PRODUCTS)
            quantity = (1 + int(roll() * 12 * account.size)) * (250 if product % 17 == 0 else 1000)
            lines.append(OrderLine(line, f"P-{10_000 + product}", quantity, self._price(account, product)))
        return lines

    def _say_order(self, purchase: Purchase, lines: list[OrderLine], happened: int, recorded: int, off: bool) -> None:
        account = purchase.account
        self._world.say(
            Order(
                event_id=self._world.next_id(account.entity.source),
                recorded_time=recorded,
                correlation="",
                source=account.entity.source,
                tenant=self._world.config.tenant,
                entity=account.entity.code,
                account_id=account.account_id,
                event_time=happened,
                order_id=purchase.order_id,
                order_date=purchase.placed // DAY,
                currency=account.currency,
                po_reference=purchase.po_reference,
                cancelled=off,
                lines=lines,
            )
        )

    def _plan_parcels(self, purchase: Purchase, now: int) -> None:
        """Ship in one parcel, or in two, the second of which may never come."""
        world, chance = self._world, self._world.chance
        leaves = max(now + HOUR, work_time(now + chance.along(_SHIP_AFTER)))
        first, rest = purchase.lines, list[OrderLine]()
        if chance.yes(world.rates.partial_shipment):
            first, rest = _split(purchase.lines, chance)
        self._ship(purchase, first, leaves)
        if rest:
            if chance.yes(world.rates.backorder_never):
                purchase.short_closed = True
            else:
                self._ship(purchase, rest, work_time(leaves + chance.between(2, 15) * DAY))

    def _ship(self, purchase: Purchase, lines: list[OrderLine], leaves: int) -> None:
        world, chance, rates = self._world, self._world.chance, self._world.rates
        account, entity = purchase.account, purchase.account.entity
        parcel = Parcel(leaves, [ShipmentLine(x.line, x.product, x.quantity_milli) for x in lines])
        parcel.recorded = leaves + world.delay(PROMPT)
        carrier = _CARRIERS[int(chance.roll() * len(_CARRIERS))]
        shipment_id = entity.shipment_number()
        world.say(
            Shipment(
                event_id=world.next_id(entity.warehouse),
                recorded_time=parcel.recorded,
                correlation="",
                source=entity.warehouse,
                tenant=world.config.tenant,
                entity=entity.code,
                account_id=account.account_id,
                event_time=leaves,
                shipment_id=shipment_id,
                order_id=purchase.order_id,
                carrier=carrier,
                ship_date=leaves // DAY,
                lines=parcel.lines,
            )
        )
        purchase.parcels.append(parcel)
        parcel.arrived = work_time(leaves + chance.along(_TRANSIT))
        if chance.yes(rates.complaint):
            parcel.complaint = chance.pick(_COMPLAINTS)[0]
        if chance.yes(rates.pod_missing):
            return
        recorded = parcel.arrived + chance.along(_POD_RECORD)
        if chance.yes(rates.pod_late):
            recorded += chance.between(2, 16) * DAY
        parcel.pod_recorded = recorded
        world.say(
            ProofOfDelivery(
                event_id=world.next_id(carrier),
                recorded_time=recorded,
                correlation="",
                source=carrier,
                tenant=world.config.tenant,
                entity=entity.code,
                account_id=account.account_id,
                event_time=parcel.arrived,
                shipment_id=shipment_id,
                order_id=purchase.order_id,
                delivered_date=parcel.arrived // DAY,
                complaint=dict(_COMPLAINTS)[parcel.complaint] if parcel.complaint else "",
            )
        )

    def _plan_invoices(self, purchase: Purchase, now: int) -> None:
        world, chance, bills = self._world, self._world.chance, self._invoicing
        parcels, mode = purchase.parcels, purchase.account.draft_mode
        whole = len(parcels) == 1 and not purchase.short_closed
        if whole and purchase.account.habit.name == "prepayer":
            document, lines = bills.prepare(purchase, parcels, parcels[0].left + HOUR)
            self._prepay(document, now)
            world.at(parcels[0].left + HOUR, partial(bills.bill_prepaid, purchase, document, lines))
        elif mode == "order":
            world.at(now + chance.between(5, 240) * MINUTE, partial(bills.draft, purchase, parcels, ""))
        else:
            bill = bills.draft if mode == "shipment" else bills.post
            for parcel in parcels:
                world.at(parcel.left + chance.along(SLOW), partial(bill, purchase, [parcel], ""))


class Prices:
    """The price list: 0.40 to about 400 US dollars, cheap ones more often."""

    def __init__(self, chance: Chance) -> None:
        quantiles = (400_000, 1_900_000, 4_500_000, 9_900_000, 24_000_000, 75_000_000, 400_000_000)
        self._micro_dollars = [chance.along(quantiles) for _ in range(PRODUCTS)]

    def of(self, account: Account, product: int) -> int:
        """What the customer is charged for one, millionths of the major unit of its currency."""
        decimals, numerator, denominator = CURRENCIES[account.currency]
        step: int = 100 if product % 7 == 0 and decimals else MICRO // 10**decimals
        return max(step, self._micro_dollars[product] * numerator // denominator // step * step)


def _channels(account: Account) -> list[str]:
    """By which it takes bills and letters, the first one first."""
    return [account.sent_by] if account.sent_by in ("email", "letter") else [account.sent_by, "email"]


def _split(lines: list[OrderLine], chance: Chance) -> tuple[list[OrderLine], list[OrderLine]]:
    """What goes out now and what later; the first is never empty, whole units stay whole."""
    first, rest = [], []
    for line in lines:
        whole = line.quantity_milli // 1000 * chance.between(0, 4) // 4 * 1000
        if whole:
            first.append(OrderLine(line.line, line.product, whole, line.unit_price_micro))
        if whole < line.quantity_milli:
            rest.append(OrderLine(line.line, line.product, line.quantity_milli - whole, line.unit_price_micro))
    return (first, rest) if first else (rest, first)
