"""What is known of orders and their delivery, from the facts alone, and what a draft still lacks to be released."""

from collections.abc import Iterable
from typing import Any, Final

from headrace.audit.accounts import Account, named
from headrace.audit.keep import Keep, Scratch
from headrace.audit.policy import Terms
from schemas.records import Invoice, Order, ProofOfDelivery, Shipment

# Decimals of currencies that do not have two. Source: ISO 4217.
NO_DECIMALS: Final = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
THREE_DECIMALS: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
FOUR_DECIMALS: Final = frozenset(["CLF", "UYW"])


class OrderBook:
    """Orders of one shard. An order is a dict that marshal can write:

    known, cancelled, currency; price by line; ordered and billed by line, in thousandths; documents that
    bill it, each [amount, document day]; unlined: net of posted documents without lines, not counted on lines yet; shipments by id, each [day, delivered day, complaint,
    quantities by line]; pods by shipment that is not here yet.
    """

    def __init__(self, scratch: Scratch) -> None:
        self._orders: Final[Keep[dict[str, Any]]] = Keep(scratch, dict, dict)
        # By account: orders of which something was ordered or sent that is not billed.
        self._unfinished: Final[dict[str, set[str]]] = {}

    def unfinished(self, account: Account) -> list[str]:
        """The account's orders of which something was ordered or sent that is not billed."""
        return sorted(self._unfinished.get(account.key, ()))

    def order(self, account: Account, order_id: str) -> dict[str, Any]:
        found = self._orders.get(named(account, order_id))
        if found is None:
            found = {
                "known": False, "cancelled": False, "currency": "", "ordered": {}, "price": {},
                "billed": {}, "documents": [], "shipments": {}, "pods": {}, "unlined": 0,
            }  # fmt: skip
        return found

    def _put(self, account: Account, order_id: str, order: dict[str, Any]) -> None:
        self._orders.put(named(account, order_id), order)
        there = dict(order["ordered"])
        for number, quantity in _sent(order["shipments"].values()).items():
            there[number] = max(there.get(number, 0), quantity)
        left = any(quantity > order["billed"].get(number, 0) for number, quantity in there.items())
        if left:
            self._unfinished.setdefault(account.key, set()).add(order_id)
        elif account.key in self._unfinished:
            self._unfinished[account.key].discard(order_id)

    def take_order(self, account: Account, fact: Order) -> None:
        order = self.order(account, fact.order_id)
        order["known"], order["cancelled"], order["currency"] = True, fact.cancelled, fact.currency
        order["ordered"] = {line.line: line.quantity_milli for line in fact.lines}
        order["price"].update({line.line: line.unit_price_micro for line in fact.lines})
        _count_unlined(order)
        self._put(account, fact.order_id, order)

    def take_shipment(self, account: Account, fact: Shipment) -> None:
        order = self.order(account, fact.order_id)
        if fact.shipment_id in order["shipments"]:
            return
        delivered, complaint = order["pods"].pop(fact.shipment_id, (0, ""))
        lines: dict[int, int] = {}
        for line in fact.lines:
            lines[line.order_line] = lines.get(line.order_line, 0) + line.quantity_milli
        order["shipments"][fact.shipment_id] = [fact.ship_date, delivered, complaint, lines]
        self._put(account, fact.order_id, order)

    def take_delivery(self, account: Account, fact: ProofOfDelivery) -> None:
        order = self.order(account, fact.order_id)
        shipment = order["shipments"].get(fact.shipment_id)
        if shipment is None:
            order["pods"][fact.shipment_id] = (fact.delivered_date, fact.complaint)
        else:
            shipment[1], shipment[2] = fact.delivered_date, fact.complaint
        self._put(account, fact.order_id, order)

    def bill(self, account: Account, fact: Invoice) -> None:
        """Its quantities are invoiced now."""
        if not fact.order_id:
            return
        order = self.order(account, fact.order_id)
        order["documents"].append([fact.amount, fact.document_date])
        if not fact.lines and fact.stage == "draft":
            for number, quantity in order["ordered"].items():
                order["billed"][number] = max(order["billed"].get(number, 0), quantity)
        elif not fact.lines:
            order["unlined"] += fact.amount - fact.tax
            _count_unlined(order)
        for line in fact.lines:
            order["billed"][line.order_line] = order["billed"].get(line.order_line, 0) + line.quantity_milli
        self._put(account, fact.order_id, order)

    def lacking(self, account: Account, fact: Invoice, terms: Terms, today: int) -> list[str]:
        """What the draft lacks to be released on `today`; empty where nothing."""
        lacks: list[str] = []
        if not account.known:
            lacks.append("a customer")
        else:
            lacks += [] if account.active else ["an active customer"]
            lacks += [] if account.billing_address else ["a billing address"]
            lacks += ["a purchase order's number"] if account.po_required and not fact.po_reference else []
        lacks += ["credit"] if account.credit_stop else []
        lacks += _arithmetic(fact)
        order = self.order(account, fact.order_id)
        if not fact.order_id or not order["known"]:
            return [*lacks, "its order"]
        if order["cancelled"]:
            lacks.append("an order that was not cancelled")
        if order["currency"] != fact.currency:
            lacks.append("the order's currency")
        if [fact.amount, fact.document_date] in order["documents"]:
            lacks.append("an amount or a date that no other bill of its order has")
        if not fact.lines and all(order["billed"].get(n, 0) >= quantity for n, quantity in order["ordered"].items()):
            lacks += ["something left to bill"] if order["ordered"] else []
        for line in fact.lines:
            ordered = order["ordered"].get(line.order_line, 0)
            if not ordered or order["price"].get(line.order_line) != line.unit_price_micro:
                lacks.append(f"the agreed price on line {line.line}")
        condition, pod_days = terms.of(account.who, "", today).release
        if condition == "on_order":
            return lacks + _beyond(fact, order, order["ordered"], "an order")
        if not order["shipments"]:
            return [*lacks, "a shipment"]
        if condition == "on_pod":
            return lacks + _beyond(fact, order, _delivered(order, pod_days, today), "proof of delivery")
        return lacks + _beyond(fact, order, _sent(order["shipments"].values()), "shipment")


def net_of(quantity_milli: int, price_micro: int, currency: str) -> int:
    """Quantity times price, rounded half up to the currency's minor unit."""
    decimals = (
        0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 4 if currency in FOUR_DECIMALS else 2
    )
    scale: int = 10 ** (9 - decimals)
    exact = quantity_milli * price_micro
    net = (2 * abs(exact) + scale) // (2 * scale)
    return net if exact >= 0 else -net


def _count_unlined(order: dict[str, Any]) -> None:
    """Posted documents without lines bill all that is left, once they are worth it."""
    left = {
        number: quantity - order["billed"].get(number, 0)
        for number, quantity in order["ordered"].items()
        if quantity > order["billed"].get(number, 0)
    }
    worth = sum(net_of(quantity, order["price"].get(number, 0), order["currency"]) for number, quantity in left.items())
    if worth and order["unlined"] >= worth:
        order["unlined"] -= worth
        for number, quantity in left.items():
            order["billed"][number] = order["billed"].get(number, 0) + quantity


def _arithmetic(fact: Invoice) -> list[str]:
    """Net is quantity times price, rounded half up to the minor unit; the lines add up to the document."""
    if not fact.lines:
        return []
    for line in fact.lines:
        if line.net != net_of(line.quantity_milli, line.unit_price_micro, fact.currency):
            return [f"right arithmetic on line {line.line}"]
        if not line.tax_code:
            return [f"a tax code on line {line.line}"]
    tax = sum(line.tax for line in fact.lines)
    right = tax == fact.tax and tax + sum(line.net for line in fact.lines) == fact.amount
    return [] if right else ["lines that add up"]


def _beyond(fact: Invoice, order: dict[str, Any], there: dict[int, int], what: str) -> list[str]:
    """Lines of which more is billed, before and by this draft, than there is. A draft without lines bills all ordered."""
    wanted: dict[int, int] = {}
    for line in fact.lines:
        wanted[line.order_line] = (
            wanted.get(line.order_line, order["billed"].get(line.order_line, 0)) + line.quantity_milli
        )
    return [
        f"{what} of {quantity} on line {number}: {there.get(number, 0)} are there, {order['billed'].get(number, 0)} billed"
        for number, quantity in (wanted if fact.lines else order["ordered"]).items()
        if quantity > there.get(number, 0)
    ]


def _sent(shipments: Iterable[list[Any]]) -> dict[int, int]:
    """Quantities of these shipments, by order line."""
    found: dict[int, int] = {}
    for _, _, _, lines in shipments:
        for number, quantity in lines.items():
            found[number] = found.get(number, 0) + quantity
    return found


def _delivered(order: dict[str, Any], pod_days: int, today: int) -> dict[int, int]:
    """Quantities that arrived, or went out `pod_days` ago, without a complaint."""
    arrived = [s for s in order["shipments"].values() if not s[2] and (s[1] or today - s[0] >= pod_days)]
    return _sent(arrived)
