"""Goods of an order: what was shipped, came back, arrived, and which shipment each billed piece is from. Source: REFERENCE 3.1."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.provisions.release import ReleaseTerms
from schemas.records import GoodsReturned, OrderRow, OrderStateLine, Return, Shipment, ShipmentState

ON_POD: Final = "on_pod"
WITHOUT_GOODS: Final = ("on_order", "on_schedule")


def known_order(account: Account, order_id: str) -> OrderRow:
    row = account.order(order_id)
    return row if row is not None else OrderRow(order_id)


def order_line(order: OrderRow, number: int, product: str) -> OrderStateLine:
    """The order's line of that number; a new one where it has none."""
    for line in order.lines:
        if line.line == number:
            return line
    line = OrderStateLine(number, product)
    order.lines.append(line)
    order.lines.sort(key=_line_number)
    return line


def _line_number(line: OrderStateLine) -> int:
    return line.line


def sent_otherwise(account: Account, fact: Shipment) -> bool:
    """Whether a shipment of that number is here that says something else."""
    order = account.order(fact.order_id)
    for known in order.shipments if order is not None else []:
        if known.shipment_id == fact.shipment_id:
            mine = [(x.order_line, x.product, x.quantity_milli) for x in fact.lines]
            there = [(x.order_line, x.product, x.quantity_milli) for x in known.lines]
            return (fact.ship_date, fact.carrier, mine) != (known.ship_date, known.carrier, there)
    return False


def returned_otherwise(account: Account, fact: Return) -> bool:
    """Whether a return of that number is here that says something else."""
    order = account.order(fact.order_id)
    known = [x for x in order.returns if x.return_id == fact.return_id] if order is not None else []
    there = [(x.shipment_id, x.order_line, x.quantity_milli) for x in known]
    return bool(known) and there != [(fact.shipment_id, x.order_line, x.quantity_milli) for x in fact.lines]


def keep_return(account: Account, fact: Return) -> None:
    """Goods that came back, each return once."""
    order = known_order(account, fact.order_id)
    if any(known.return_id == fact.return_id for known in order.returns):
        return
    for sent in fact.lines:
        order.returns.append(GoodsReturned(fact.return_id, fact.shipment_id, sent.order_line, sent.quantity_milli))
        order_line(order, sent.order_line, sent.product).returned += sent.quantity_milli
    account.put_order(order)


class Source:
    """What one shipment has for bills: thousandths by order line, less what came back. aged: it counts as delivered
    because nobody complained for so long."""

    __slots__ = ("aged", "left", "shipment")

    def __init__(self, shipment: ShipmentState) -> None:
        self.shipment: Final = shipment
        self.aged = False
        self.left: Final[dict[int, int]] = {}
        for sent in shipment.lines:
            self.left[sent.order_line] = self.left.get(sent.order_line, 0) + sent.quantity_milli


def sources(order: OrderRow, terms: ReleaseTerms, today: int) -> tuple[list[Source], list[ShipmentState]]:
    """Shipments that count by the policy's condition, in order of arrival; and those that have yet to be delivered.

    What came back is taken off the shipment that it names, else off the last ones that have such goods.
    """
    found: list[Source] = []
    waiting: list[ShipmentState] = []
    for shipment in order.shipments:
        source = Source(shipment)
        if terms.condition == ON_POD and not shipment.delivered_date:
            source.aged = today - shipment.ship_date >= terms.pod_days
        arrived = terms.condition != ON_POD or shipment.delivered_date or source.aged
        if not arrived or (terms.condition == ON_POD and shipment.complaint):
            waiting.append(shipment)
        else:
            found.append(source)
    unnamed: dict[int, int] = {}
    for back in order.returns:
        of = next((x for x in found if x.shipment.shipment_id == back.shipment_id), None)
        if of is not None:
            of.left[back.order_line] = of.left.get(back.order_line, 0) - back.quantity_milli
        elif all(x.shipment_id != back.shipment_id for x in waiting):
            unnamed[back.order_line] = unnamed.get(back.order_line, 0) + back.quantity_milli
    for number in sorted(unnamed):
        _take_off(found, number, unnamed[number])
    return found, waiting


def _take_off(found: list[Source], number: int, quantity: int) -> None:
    for source in reversed(found):
        part = min(quantity, max(0, source.left.get(number, 0)))
        if part:
            source.left[number] -= part
            quantity -= part


def available(order: OrderRow, terms: ReleaseTerms, found: list[Source]) -> dict[int, int]:
    """Thousandths of each order line that may be billed in all: what counts of its goods; where the condition asks for
    no goods, what was ordered, less what came back and was not sent again."""
    if terms.condition in WITHOUT_GOODS:
        return {
            line.line: min(line.ordered, max(0, max(line.ordered, line.shipped) - line.returned))
            for line in order.lines
        }
    there: dict[int, int] = {}
    for source in found:
        for number, quantity in source.left.items():
            there[number] = there.get(number, 0) + max(0, quantity)
    return there


def drawn(found: list[Source], number: int, before: int, quantity: int) -> list[tuple[Source, int]]:
    """Which shipments the pieces of one order line are from, first in first out, after `before` that others billed."""
    parts: list[tuple[Source, int]] = []
    for source in found:
        left = max(0, source.left.get(number, 0))
        skipped = min(before, left)
        before -= skipped
        part = min(quantity, left - skipped)
        if part:
            parts.append((source, part))
            quantity -= part
    return parts


def pieces(quantity_milli: int) -> str:
    """Thousandths as a plain number: 10, 2.5."""
    whole, rest = divmod(abs(quantity_milli), 1000)
    sign = "-" if quantity_milli < 0 else ""
    return f"{sign}{whole}.{rest:03d}".rstrip("0") if rest else f"{sign}{whole}"
