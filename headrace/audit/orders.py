"""What is known of orders, their goods and prices, from the facts alone, and why a draft may not be released."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account, Item, named
from headrace.audit.keep import Keep, Scratch
from headrace.audit.policy import EPOCH, Terms
from headrace.audit.taxes import wrong_tax
from schemas.records import Invoice, InvoiceLine, Order, PriceAgreement, ProofOfDelivery, Return, Shipment

# Decimals of currencies that do not have two. Source: ISO 4217.
NO_DECIMALS: Final = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
THREE_DECIMALS: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
FOUR_DECIMALS: Final = frozenset(["CLF", "UYW"])
SCHEDULED: Final = "waits_for_schedule"
INCOMPLETE: Final = "consolidated_incomplete"


class OrderBook:
    """Orders of one shard. An order is a dict that marshal can write:

    known, cancelled, currency, date, po; price and product by line; ordered and billed by line, in thousandths;
    documents that bill it, each [number, amount, document day, billed by line]; unlined: net of posted documents
    without lines, not counted on lines yet; shipments by id, each [day, delivered day, complaint, quantities by line, what
    its message says];
    pods by shipment that is not here yet; returns by id, each a list of [shipment, line, quantity].
    """

    def __init__(self, scratch: Scratch) -> None:
        self._orders: Final[Keep[dict[str, Any]]] = Keep(scratch, dict, dict)
        # By account and product: agreements by id, each [currency, price, first day, last day].
        self._agreed: Final[Keep[dict[str, Any]]] = Keep(scratch, dict, dict)
        # By account and agreement: its product.
        self._products: Final[Keep[dict[str, Any]]] = Keep(scratch, dict, dict)
        # By account: orders of which something was ordered or sent that is not billed.
        self._unfinished: Final[dict[str, set[str]]] = {}

    def unfinished(self, account: Account) -> list[str]:
        """The account's orders of which something was ordered or sent that is not billed."""
        return sorted(self._unfinished.get(account.key, ()))

    def order(self, account: Account, order_id: str) -> dict[str, Any]:
        found = self._orders.get(named(account, order_id))
        if found is None:
            found = {
                "known": False, "cancelled": False, "currency": "", "date": 0, "po": "", "ordered": {}, "price": {},
                "product": {}, "billed": {}, "documents": [], "shipments": {}, "pods": {}, "returns": {}, "unlined": 0,
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
        order["date"], order["po"] = fact.order_date, fact.po_reference
        order["ordered"] = {line.line: line.quantity_milli for line in fact.lines}
        order["price"].update({line.line: line.unit_price_micro for line in fact.lines})
        order["product"].update({line.line: line.product for line in fact.lines})
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
        order["shipments"][fact.shipment_id] = [fact.ship_date, delivered, complaint, lines, _goods_sent(fact)]
        self._put(account, fact.order_id, order)

    def take_delivery(self, account: Account, fact: ProofOfDelivery) -> None:
        order = self.order(account, fact.order_id)
        shipment = order["shipments"].get(fact.shipment_id)
        if shipment is None:
            order["pods"][fact.shipment_id] = (fact.delivered_date, fact.complaint)
        else:
            shipment[1], shipment[2] = fact.delivered_date, fact.complaint
        self._put(account, fact.order_id, order)

    def take_return(self, account: Account, fact: Return) -> None:
        order = self.order(account, fact.order_id)
        order["returns"].setdefault(fact.return_id, _goods_back(fact))
        self._put(account, fact.order_id, order)

    def says_otherwise(self, account: Account, fact: Shipment | Return) -> bool:
        """Whether another message of that number says something else."""
        order = self.order(account, fact.order_id)
        if isinstance(fact, Return):
            return bool(order["returns"].get(fact.return_id, _goods_back(fact)) != _goods_back(fact))
        known = order["shipments"].get(fact.shipment_id)
        return known is not None and known[4] != _goods_sent(fact)

    def take_agreement(self, account: Account, fact: PriceAgreement) -> None:
        name = named(account, fact.agreement_id)
        before = self._products.get(name)
        if before is not None:
            agreed = self._agreed.get(named(account, before["product"])) or {}
            agreed.pop(fact.agreement_id, None)
            self._agreed.put(named(account, before["product"]), agreed)
        self._products.put(name, {"product": fact.product})
        agreed = self._agreed.get(named(account, fact.product)) or {}
        if not fact.cancelled:
            days = fact.valid_from_date, fact.valid_until_date
            agreed[fact.agreement_id] = [fact.currency, fact.unit_price_micro, *days]
        self._agreed.put(named(account, fact.product), agreed)

    def agreed(self, account: Account, product: str, currency: str, day: int) -> int | None:
        """The price agreed for that product on that day: of several the one since the latest day, the last by id."""
        known = self._agreed.get(named(account, product)) or {}
        fitting = [
            (first, number, price)
            for number, (of, price, first, last) in known.items()
            if of == currency and first <= day and (not last or day <= last)
        ]
        return max(fitting)[2] if fitting else None

    def bill(self, account: Account, fact: Invoice) -> None:
        """Its quantities are invoiced now; those of what it replaces are not, as far as it bills them again."""
        if not fact.order_id:
            return
        order = self.order(account, fact.order_id)
        for number, quantity in again(fact, order).items():
            order["billed"][number] = order["billed"].get(number, 0) - quantity
        _take_over(fact, order)
        mine: dict[int, int] = {}
        if not fact.lines and fact.stage == "draft":
            for number, quantity in order["ordered"].items():
                mine[number] = max(0, quantity - order["billed"].get(number, 0))
                order["billed"][number] = max(order["billed"].get(number, 0), quantity)
        elif not fact.lines:
            order["unlined"] += fact.amount - fact.tax
            _count_unlined(order)
        for line in fact.lines:
            if line.order_line:
                order["billed"][line.order_line] = order["billed"].get(line.order_line, 0) + line.quantity_milli
                mine[line.order_line] = mine.get(line.order_line, 0) + line.quantity_milli
        order["documents"].append([fact.document, fact.amount, fact.document_date, mine])
        self._put(account, fact.order_id, order)

    # --- reasons ---

    def reasons(
        self, account: Account, fact: Invoice, terms: Terms, today: int, replaced: Item | None, parts: Sequence[Item]
    ) -> list[str]:
        """Every reason to hold the draft but those of its schedule and of other drafts, sorted. replaced: the item of
        the number that it replaces, the first one of instalments; parts: all of these."""
        policy = terms.of(account.who, fact.currency, today).text["release"]
        found = _of_customer(account, fact, policy) + _of_lines(fact) + wrong_tax(fact, policy, account.who.country)
        if policy["currencies"] and fact.currency not in policy["currencies"]:
            found.append(f"currency_not_allowed:{fact.currency}")
        if fact.replaces:
            found += _of_replaced(account, fact, policy, replaced, parts)
        order = self.order(account, fact.order_id)
        if fact.order_id and order["known"]:
            found += self._of_order(account, fact, order, policy, today)
        else:
            found.append("order_missing")
        waived = [name for x in policy["exceptions"] if _holds(x, fact) for name in x["waive"]]
        return sorted(reason for reason in found if reason.split(":")[0] not in waived)

    def _of_order(
        self, account: Account, fact: Invoice, order: dict[str, Any], policy: dict[str, Any], today: int
    ) -> list[str]:
        found = ["order_cancelled"] if order["cancelled"] else []
        if order["currency"] != fact.currency:
            found.append(f"currency_not_ordered:{fact.currency}")
        if policy["po_must_match"] and (account.po_required or fact.po_reference):
            found += [] if order["po"] in ("", fact.po_reference) else [f"po_reference_differs:{order['po']}"]
        for number, amount, day, _ in order["documents"]:
            if (amount, day) == (fact.amount, fact.document_date) and number != fact.replaces:
                found.append(f"duplicate_of:{number}")
        for line in fact.lines:
            if line.product not in policy["extra_products"]:
                found += self._of_price(account, fact, line, order, policy)
        before = _billed_before(fact, order)
        lines = order["ordered"].keys() | _known_lines(order)
        if lines and not fact.lines and all(before.get(n, 0) >= order["ordered"].get(n, 0) for n in lines):
            found.append("nothing_left_to_bill")
        return found + _of_goods(fact, order, policy, today, before)

    def _of_price(
        self, account: Account, fact: Invoice, line: InvoiceLine, order: dict[str, Any], policy: dict[str, Any]
    ) -> list[str]:
        number = line.order_line
        if not order["ordered"].get(number, 0):
            return [f"line_not_ordered:{line.line}"]
        price = self.agreed(account, order["product"].get(number, "") or line.product, fact.currency, order["date"])
        if price is None and policy["agreement_required"]:
            return [f"price_agreement_missing:{line.line}"]
        right: int = order["price"].get(number, 0) if price is None else price
        off = abs(line.unit_price_micro - right)
        near = off * 1_000_000 <= policy["price_tolerance_ppm"] * right
        below = line.unit_price_micro < right and policy["price_below"] == "allow"
        net = abs(line.net - net_of(line.quantity_milli, right, fact.currency))
        small = policy["price_tolerance_minor"] > 0 and net <= policy["price_tolerance_minor"]
        return [] if off == 0 or near or below or small else [f"price_not_agreed:{line.line}"]


def _of_customer(account: Account, fact: Invoice, policy: dict[str, Any]) -> list[str]:
    held = ["credit_held"] if policy["hold_on_credit"] and (account.credit_stop or account.credit_blocked) else []
    if not account.known:
        return ["customer_unknown", *held]
    found = held + ([] if account.active else ["customer_inactive"])
    found += [] if account.billing_address else ["billing_address_missing"]
    return found + (["po_reference_missing"] if account.po_required and not fact.po_reference else [])


def _of_lines(fact: Invoice) -> list[str]:
    """Net is quantity times price, rounded half up to the minor unit; the lines add up to the document."""
    found: list[str] = []
    for line in fact.lines:
        if line.net != net_of(line.quantity_milli, line.unit_price_micro, fact.currency):
            found.append(f"line_arithmetic:{line.line}")
        if not line.tax_code:
            found.append(f"tax_code_missing:{line.line}")
    tax = sum(line.tax for line in fact.lines)
    right = tax == fact.tax and tax + sum(line.net for line in fact.lines) == fact.amount
    return found if right or not fact.lines else [*found, "total_mismatch"]


def _of_replaced(
    account: Account, fact: Invoice, policy: dict[str, Any], item: Item | None, parts: Sequence[Item]
) -> list[str]:
    number = fact.replaces
    if number == fact.document:
        return ["replaces_itself"]
    if number in account.held or fact.document in account.replacing:
        return []
    if item is None:
        return [f"replaced_unknown:{number}"]
    if item.kind == CREDIT or item.currency != fact.currency:
        return [f"replaced_differs:{number}"]
    if item.replaced_by not in ("", fact.document):
        # By itself where an instalment of it is posted already, as all of them are at once.
        return [f"replaced_by:{item.replaced_by}"]
    whole, credited = sum(part.amount for part in parts), sum(part.credited for part in parts)
    waits = policy["rebill"] == "after_credit" and credited < min(whole, fact.amount)
    return [f"replaced_not_credited:{number}"] if waits else []


def _of_goods(
    fact: Invoice, order: dict[str, Any], policy: dict[str, Any], today: int, before: dict[int, int]
) -> list[str]:
    """Lines of which more is billed, before and by this draft, than there is."""
    without = policy["condition"] in ("on_order", "on_schedule")
    after = _billed_after(fact, order, before, policy)
    if not without and not order["shipments"]:
        return [*_beyond_order(order, after, before, policy, set(after)), "shipment_missing"]
    there, waiting = there_is(order, policy, today)
    lines = order["ordered"].keys() | _known_lines(order)
    short = [n for n in lines if after.get(n, 0) > there.get(n, 0)]
    if without:
        return [f"more_than_ordered:{n}" for n in short if order["ordered"].get(n, 0)]
    found = _beyond_order(order, after, before, policy, set(short))
    if policy["short_billing"] == "hold":
        had = order["billed"]
        found += [
            f"less_than_shipped:{n}"
            for n in lines
            if n not in short and max(after.get(n, 0), had.get(n, 0)) < there.get(n, 0)
        ]
    if policy["condition"] == "on_pod":
        shipped, back = _sent(order["shipments"].values()), came_back(order)
        found += [f"not_shipped:{n}" for n in short if after.get(n, 0) > shipped.get(n, 0) - back.get(n, 0)]
        for number in waiting:
            _, _, complaint, sent, _ = order["shipments"][number]
            if any(n in short for n in sent):
                found.append(f"{'complaint' if complaint else 'proof_of_delivery_missing'}:{number}")
        return found
    return found + [f"not_shipped:{n}" for n in short]


def _beyond_order(
    order: dict[str, Any], after: dict[int, int], before: dict[int, int], policy: dict[str, Any], short: set[int]
) -> list[str]:
    """Lines that were ordered, of which more is billed: in all, or of what lacks goods by this draft alone."""
    if policy["over_billing"] == "allow":
        return []
    own = {n: count - (before.get(n, 0) if n in short else 0) for n, count in after.items()}
    return [f"more_than_ordered:{n}" for n, most in order["ordered"].items() if 0 < most < own.get(n, 0)]


def there_is(order: dict[str, Any], policy: dict[str, Any], today: int) -> tuple[dict[int, int], list[str]]:
    """Thousandths of each line that may be billed in all; shipments that have yet to be delivered."""
    back = came_back(order)
    if policy["condition"] in ("on_order", "on_schedule"):
        shipped = _sent(order["shipments"].values())
        return {
            n: min(quantity, max(0, max(quantity, shipped.get(n, 0)) - back.get(n, 0)))
            for n, quantity in order["ordered"].items()
        }, []
    waiting = [
        number
        for number, (shipped_on, delivered, complaint, *_) in order["shipments"].items()
        if policy["condition"] == "on_pod"
        and (complaint or not (delivered or today - shipped_on >= policy["pod_days"]))
    ]
    left = {n: dict(s[3]) for n, s in order["shipments"].items() if n not in waiting}
    total: dict[int, int] = {}
    unnamed: dict[int, int] = {}
    for parts in order["returns"].values():
        for shipment, number, quantity in parts:
            if shipment in left:
                left[shipment][number] = left[shipment].get(number, 0) - quantity
            elif shipment not in waiting:
                unnamed[number] = unnamed.get(number, 0) + quantity
    for lines in left.values():
        for number, quantity in lines.items():
            total[number] = total.get(number, 0) + max(0, quantity)
    return {n: max(0, quantity - unnamed.get(n, 0)) for n, quantity in total.items()}, waiting


def came_back(order: dict[str, Any]) -> dict[int, int]:
    found: dict[int, int] = {}
    for parts in order["returns"].values():
        for _, number, quantity in parts:
            found[number] = found.get(number, 0) + quantity
    return found


def _known_lines(order: dict[str, Any]) -> set[int]:
    """Lines that shipments, returns, bills or former orders speak of."""
    found = set(order["billed"]) | set(came_back(order)) | set(order["price"])
    return found | {number for shipment in order["shipments"].values() for number in shipment[3]}


def again(fact: Invoice, order: dict[str, Any]) -> dict[int, int]:
    """Thousandths, by line, that it bills in the place of what it replaces."""
    mine = _mine(fact, order)
    found: dict[int, int] = {}
    for number, _, _, billed in order["documents"]:
        if fact.replaces and number == fact.replaces:
            found = {n: min(quantity, mine.get(n, 0)) for n, quantity in billed.items()}
    return found


def _take_over(fact: Invoice, order: dict[str, Any]) -> None:
    """What was replaced bills so much less, and is none of the order's bills any more where nothing is left of it."""
    if not fact.replaces:
        return
    taken = again(fact, order)
    kept = []
    for document in order["documents"]:
        if document[0] == fact.replaces:
            document[3] = {n: quantity - taken.get(n, 0) for n, quantity in document[3].items()}
            if all(quantity <= 0 for quantity in document[3].values()):
                continue
        kept.append(document)
    order["documents"] = kept


def _mine(fact: Invoice, order: dict[str, Any]) -> dict[int, int]:
    if not fact.lines:
        return dict(order["ordered"]) if fact.stage == "draft" else {}
    found: dict[int, int] = {}
    for line in fact.lines:
        if line.order_line:
            found[line.order_line] = found.get(line.order_line, 0) + line.quantity_milli
    return found


def _billed_before(fact: Invoice, order: dict[str, Any]) -> dict[int, int]:
    taken = again(fact, order)
    return {n: quantity - taken.get(n, 0) for n, quantity in order["billed"].items()}


def _billed_after(
    fact: Invoice, order: dict[str, Any], before: dict[int, int], policy: dict[str, Any]
) -> dict[int, int]:
    """What is billed of each line with this draft; a draft without lines bills all that was ordered."""
    if not fact.lines:
        return dict(order["ordered"])
    found: dict[int, int] = {}
    for line in fact.lines:
        if line.product not in policy["extra_products"]:
            found[line.order_line] = found.get(line.order_line, before.get(line.order_line, 0)) + line.quantity_milli
    return found


def _holds(exception: dict[str, Any], fact: Invoice) -> bool:
    if exception["contract"] not in ("", fact.contract):
        return False
    day = (EPOCH + timedelta(fact.document_date)).isoformat()
    first, last = str(exception.get("from", "")), str(exception.get("until", ""))
    return first <= day and (not last or day <= last)


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


def _goods_sent(fact: Shipment) -> list[Any]:
    return [fact.ship_date, fact.carrier, [[x.order_line, x.product, x.quantity_milli] for x in fact.lines]]


def _goods_back(fact: Return) -> list[Any]:
    return [[fact.shipment_id, line.order_line, line.quantity_milli] for line in fact.lines]


def _sent(shipments: Iterable[list[Any]]) -> dict[int, int]:
    """Quantities of these shipments, by order line."""
    found: dict[int, int] = {}
    for _, _, _, lines, _ in shipments:
        for number, quantity in lines.items():
            found[number] = found.get(number, 0) + quantity
    return found
