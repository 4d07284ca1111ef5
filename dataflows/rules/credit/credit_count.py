"""What an account's exposure is made of, kept as sums: each quantity once, at its latest stage. Source: REFERENCE 3.7.

Open items and unapplied cash are in its balances. Orders, deliveries and drafts say in their own rows what is counted
of them, and are counted anew when their row changes: nothing ever walks all of them. An account whose exposure begins to
be kept when it has many counts those a part at a time, and `CreditRow.counted` says how far it is.

Changes state, and is the same whether decisions are concluded or adopted: what is here sees facts, decisions and state.
"""

from typing import Final

from dataflows.rules.account.account import NEVER_DAY, Account
from dataflows.rules.account.account_rows import DRAFT, ORDER
from dataflows.rules.context import Context
from dataflows.rules.differences.rates import find
from dataflows.rules.keep import draft_invoice
from dataflows.rules.money.money import line_net
from dataflows.rules.provisions.credit import PPM, CreditTerms
from dataflows.rules.release.rebilling import billed_again
from schemas.records import (
    CreditExposure,
    CreditLimit,
    CreditRow,
    CreditSum,
    Customer,
    Decision,
    DraftRow,
    Fact,
    OrderRow,
)

# Orders and drafts that are counted at once where an account begins to be counted.
MOST_COUNTED: Final = 200
# Oldest items that are looked at for one that is not disputed.
MOST_LOOKED_AT: Final = 200
# After these an item may be open, or contested no more, that was not before.
REOPENING: Final = frozenset(
    (
        "application_reversed",
        "cash_unapplied",
        "dispute_closed",
        "escalated",
        "deduction_opened",
        "discount_granted",
        "write_off_posted",
    )
)


class Exposure:
    """The parts of an exposure in the currency of its limit, minor units; rates: by which others were converted, as
    evidence; left_out: currencies without a rate; owes_more: in one of these more is owed than there is cash."""

    __slots__ = ("drafts", "left_out", "members", "open_items", "orders", "owes_more", "rates", "unapplied", "unbilled")

    def __init__(self) -> None:
        self.open_items = 0
        self.unbilled = 0
        self.drafts = 0
        self.orders = 0
        self.unapplied = 0
        self.members = 0
        self.rates: Final[list[str]] = []
        self.left_out: Final[list[str]] = []
        self.owes_more = False

    @property
    def total(self) -> int:
        return self.open_items + self.unbilled + self.drafts + self.orders + self.members - self.unapplied

    def told(self) -> list[str]:
        """The parts as evidence, those that are not zero, and the rates."""
        parts = [
            ("open_items", self.open_items),
            ("unbilled", self.unbilled),
            ("drafts", self.drafts),
            ("orders", self.orders),
            ("members", self.members),
            ("unapplied", -self.unapplied),
        ]
        found = [f"{name}:{amount}" for name, amount in parts if amount]
        return found + self.rates + [f"left_out:{currency}" for currency in self.left_out]


def exposure(account: Account, currency: str, terms: CreditTerms, ctx: Context) -> Exposure:
    """The account's exposure in that currency, out of its sums."""
    found = Exposure()
    for name in currencies(account):
        amounts = parts_in(account, name, terms)
        if not any(amounts):
            continue
        if name != currency:
            # Of today, or of the latest day before it, as for money in another currency.
            rate = find(ctx.rates, name, currency, ctx.today, account.provisions(ctx).exchange.rate_age_days)
            if rate is None:
                found.left_out.append(name)
                if sum(amounts[:5]) > amounts[5]:
                    found.owes_more = True
                continue
            found.rates.append(rate.told())
            amounts = [rate.convert(amount) for amount in amounts]
        found.open_items += amounts[0]
        found.unbilled += amounts[1]
        found.drafts += amounts[2]
        found.orders += amounts[3]
        found.members += amounts[4]
        found.unapplied += amounts[5]
    return found


def currencies(account: Account) -> list[str]:
    """Of its balances and of its sums, in order of code."""
    if not account.credit().sums:
        return [x.currency for x in account.row.balances]
    return sorted({*[x.currency for x in account.row.balances], *[x.currency for x in account.credit().sums]})


def parts_in(account: Account, currency: str, terms: CreditTerms) -> list[int]:
    """In that currency alone: open items, unbilled deliveries, drafts, orders, what members stated, unapplied cash."""
    balance = account.balance(currency)
    owed = balance.open_debit - balance.open_credit
    unapplied = balance.unapplied + balance.on_account
    for part in account.credit().sums:
        if part.currency == currency:
            orders = _with_tax(part.orders, terms) if terms.include_orders else 0
            return [owed, _with_tax(part.unbilled, terms), part.drafts, orders, part.members, unapplied]
    return [owed, 0, 0, 0, 0, unapplied]


def _with_tax(amount: int, terms: CreditTerms) -> int:
    """Half up; what is ordered and delivered is never below zero."""
    return amount + (2 * amount * terms.tax_ppm + PPM) // (2 * PPM)


def begun(account: Account, fact: Fact | None, ctx: Context) -> bool:
    """Whether the account's exposure is kept; from now on where this fact or the policy asks for it."""
    row = account.row
    if row.credit:
        return True
    asked = isinstance(fact, (CreditLimit, CreditExposure)) or (isinstance(fact, Customer) and fact.credit_group != "")
    if not asked and ctx.policy.asks_credit and not account.suspense:
        asked = account.provisions(ctx).credit.asks
    if asked:
        row.credit = True
        account.touch()
        account.credit().counted = ORDER
        count_on(account)
    return asked


def count(account: Account) -> None:
    """Count anew what changed since the last time."""
    if account.orders_changed:
        changed = sorted(account.orders_changed)
        account.orders_changed.clear()
        for order_id in changed:
            order = account.order(order_id)
            assert order is not None, f"no order {order_id}"
            _count_order(account, order)
    if account.drafts_changed:
        drafts = sorted(account.drafts_changed.items())
        account.drafts_changed.clear()
        for document, counted in drafts:
            _count_draft(account, document, counted, account.draft(document))


def sum_in(account: Account, currency: str) -> CreditSum:
    account.touch_credit()
    sums = account.credit().sums
    for part in sums:
        if part.currency == currency:
            return part
    part = CreditSum(currency)
    sums.append(part)
    sums.sort(key=_by_currency)
    return part


def drop_empty(account: Account) -> None:
    """Sums in which nothing is left. What came and went within a fact was counted where somebody asked in between, and only there."""
    row = account.credit()
    left = [x for x in row.sums if x.unbilled or x.drafts or x.orders or x.members or x.stated]
    if len(left) < len(row.sums):
        row.sums = left
        account.touch_credit()


def _by_currency(part: CreditSum) -> str:
    return part.currency


def _count_order(account: Account, order: OrderRow) -> None:
    unbilled, ordered = of_order(account, order)
    if (order.counted_currency, order.counted_unbilled, order.counted_open) == (order.currency, unbilled, ordered):
        return
    if order.counted_unbilled or order.counted_open:
        part = sum_in(account, order.counted_currency)
        part.unbilled -= order.counted_unbilled
        part.orders -= order.counted_open
    if unbilled or ordered:
        part = sum_in(account, order.currency)
        part.unbilled += unbilled
        part.orders += ordered
    order.counted_currency = order.currency
    order.counted_unbilled = unbilled
    order.counted_open = ordered
    account.dirty[ORDER + order.order_id] = True


def of_order(account: Account, order: OrderRow) -> tuple[int, int]:
    """Net minor units of what is delivered, did not come back, and is neither billed nor in a draft; and of what is
    ordered beyond that."""
    drafted: dict[int, int] = {}
    whole = False
    for document in order.drafts:
        if document in account.leaving:
            continue
        draft = account.draft(document)
        assert draft is not None, f"no draft {document}"
        invoice = draft_invoice(draft)
        # A draft without lines bills all that was ordered.
        whole = whole or not invoice.lines
        for line in invoice.lines:
            drafted[line.order_line] = drafted.get(line.order_line, 0) + line.quantity_milli
        # What it bills once more is billed already.
        again = billed_again(invoice, order) if invoice.lines else {}
        for number, quantity in again.items():
            # Of lines that it leaves out it bills nothing once more.
            if quantity:
                drafted[number] -= quantity
    unbilled = 0
    ordered = 0
    for of in order.lines:
        later = of.invoiced + drafted.get(of.line, 0)
        if whole:
            later = max(later, of.ordered)
        unbilled += line_net(max(0, of.shipped - of.returned - later), of.unit_price_micro, order.currency)
        if not order.cancelled:
            beyond = max(0, of.ordered - max(of.shipped, later))
            ordered += line_net(beyond, of.unit_price_micro, order.currency)
    # Documents without lines have billed this much of it, of whatever line.
    left = order.unlined
    taken = min(left, unbilled)
    return unbilled - taken, ordered - min(left - taken, ordered)


def _count_draft(account: Account, document: str, counted: DraftRow, draft: DraftRow | None) -> None:
    """counted: its row as it was counted last; draft: as it is now, None where it waits no more."""
    currency = ""
    amount = 0
    if draft is not None and document not in account.leaving:
        invoice = draft_invoice(draft)
        currency, amount = invoice.currency, invoice.amount
    if (counted.counted_currency, counted.counted) != (currency, amount):
        if counted.counted:
            sum_in(account, counted.counted_currency).drafts -= counted.counted
        if amount:
            sum_in(account, currency).drafts += amount
    if draft is not None and (draft.counted_currency, draft.counted) != (currency, amount):
        draft.counted_currency = currency
        draft.counted = amount
        account.dirty[DRAFT + document] = True


def count_on(account: Account) -> None:
    """Count some more of what was here before the account's exposure was kept; of most accounts that is all."""
    row = account.credit()
    left = MOST_COUNTED
    while row.counted and left:
        account.touch_credit()
        names = account.rows_after(row.counted, left)
        for name in names:
            _count_row(account, name)
        if len(names) == left:
            row.counted = names[-1]
            return
        left -= len(names)
        row.counted = DRAFT if row.counted[0] == ORDER else ""


def _count_row(account: Account, name: str) -> None:
    """An order or a draft, by the name of its row."""
    if name[0] == ORDER:
        order = account.order(name[1:])
        assert order is not None, f"no order {name[1:]}"
        _count_order(account, order)
    else:
        draft = account.draft(name[1:])
        assert draft is not None, f"no draft {name[1:]}"
        _count_draft(account, name[1:], draft, draft)


def is_near(total: int, limit: int, terms: CreditTerms, said: bool) -> bool:
    """Whether the exposure is near the limit; once it was said, until it has fallen well below that."""
    if not terms.near_ppm or not limit:
        return False
    if said:
        return total * PPM * PPM > limit * terms.near_ppm * terms.release_ppm
    return total * PPM >= limit * terms.near_ppm


# --- how long the oldest item is past due ---


def look_again(account: Account, row: CreditRow, said: list[Decision], terms: CreditTerms, ctx: Context) -> None:
    """Set the first day on which the oldest item may be past due for too long."""
    look = looks(row, said, terms, ctx)
    if look > ctx.today and row.look_days == terms.past_due_days:
        found = look
    elif terms.past_due_days:
        due = oldest_due(account)
        found = due + terms.past_due_days + 1 if due < NEVER_DAY else 0
    else:
        found = 0
    if (found, terms.past_due_days) != (row.look_date, row.look_days):
        row.look_date = found
        row.look_days = terms.past_due_days
        account.touch_credit()


def looks(row: CreditRow, said: list[Decision], terms: CreditTerms, ctx: Context) -> int:
    """The first day on which the oldest item may be past due for too long, by what was known and what was said since;
    a day that is not after today: one has to look."""
    if not terms.past_due_days:
        return NEVER_DAY
    first = row.look_date or NEVER_DAY
    if row.look_days != terms.past_due_days:
        return 0
    for d in said:
        if d.kind in REOPENING:
            return 0
        if d.kind in ("item_posted", "invoice_released", "interest_charged") and d.item_kind != "credit_note":
            first = min(first, d.due_date + terms.past_due_days + 1)
    return first


def oldest_due(account: Account) -> int:
    """The due date of the oldest item of which something is not disputed; NEVER_DAY where there is none."""
    found = NEVER_DAY
    for balance in account.row.balances:
        if not balance.open_debit:
            continue
        first = account.first_debit(balance.currency)
        if first is not None and first.open > first.disputed:
            # As it nearly always is.
            found = min(found, first.due_date)
            continue
        for looked, item in enumerate(account.debits_by_due(balance.currency), 1):
            if item.open > item.disputed or looked == MOST_LOOKED_AT:
                found = min(found, item.due_date)
                break
    return found
