"""kpi_dso, kpi_cei, kpi_aging, kpi_unapplied, kpi_recovery, kpi_forecast: stocks of money, from the books' postings."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Final

from headrace.audit.findings import account_of
from headrace.audit.kpi.basis import CREDIT_NOTE, INTEREST, OPENING, Basis, customers, is_sale, shown
from headrace.audit.kpi.formulas import age_bucket, counted_back, date_of
from headrace.audit.kpi.reading import DAY_MS, day_of
from headrace.audit.kpi.stocks import Stock, total
from headrace.audit.kpi.tables import Group, Rows, Table, Value, per, tenths
from headrace.audit.policy import EPOCH
from schemas.records import Decision

DSO_DAYS: Final = 90
CEI_MONTHS: Final = 3
_BUCKETS: Final = {
    "current": "current_minor",
    "1-30": "days_1_30_minor",
    "31-60": "days_31_60_minor",
    "61-90": "days_61_90_minor",
    "91+": "days_91_minor",
}


# --- DSO and its parts, CEI ---


@dataclass(slots=True)
class _Trade:
    """Receivables and sales of one key: at the end of each day, current ones apart; sales, and items taken over, by day."""

    receivables: dict[int, int] = field(default_factory=dict)
    current: dict[int, int] = field(default_factory=dict)
    sales: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    over: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def sold(self, after: int, until: int) -> int:
        return sum(amount for day, amount in self.sales.items() if after < day <= until)

    def taken_over(self, after: int, until: int) -> int:
        return sum(items for day, items in self.over.items() if after < day <= until)

    def months(self, day: int) -> list[tuple[int, int]]:
        """Sales and calendar days of each month back to the first one with a sale, the running one with its days so far."""
        found: list[tuple[int, int]] = []
        end, first = day, min(self.sales, default=day + 1)
        while end >= first:
            begin = end - date_of(end).day + 1
            found.append((self.sold(begin - 1, end), end - begin + 1))
            end = begin - 1
        return found


def _trade(basis: Basis) -> dict[Group, _Trade]:
    """Of customers' accounts that are no affiliates. Interest is in none of it."""
    stock = Stock(basis.last_day)
    found: dict[Group, _Trade] = defaultdict(_Trade)
    for posting in basis.postings:
        d = posting.decision
        group, item = basis.group(d), basis.item_of(d)
        # A key has its days from its first movement on, whosever that is.
        stock.change(group, posting.day, "receivables", 0)
        if not customers(d) or basis.affiliate(d):
            continue
        debit = 0 if item is not None and item.kind == INTEREST else posting.debit
        change = debit - posting.credit - posting.unapplied - posting.on_account
        stock.change(group, posting.day, "receivables", change)
        if is_sale(d) and posting.day <= basis.last_day:
            found[group].sales[posting.day] += posting.debit - posting.credit
        found[group].over[posting.day] += d.rule == OPENING
    for item in basis.items.values():
        d = item.raised
        if customers(d) and not basis.affiliate(d) and item.kind not in (CREDIT_NOTE, INTEREST):
            for day, change, _ in item.moves:
                stock.change(basis.group(d), day, "open", change, d.due_date)
    for group, day, standing in stock.days():
        trade = found[group]
        trade.receivables[day] = total(standing, "receivables")
        trade.current[day] = sum(x for (name, due), x in standing.items() if name == "open" and due >= day)
    return found


def dso(basis: Basis) -> Rows:
    """kpi_dso."""
    rows: Rows = {}
    for group, trade in _trade(basis).items():
        for day, receivables in trade.receivables.items():
            sales, current = trade.sold(day - DSO_DAYS, day), trade.current[day]
            days, exhausted = counted_back(receivables, trade.months(day))
            rows[shown(day), *group] = {
                "receivables_minor": receivables,
                "sales_90_minor": sales,
                "current_minor": current,
                "dso": _of_sales(receivables, sales),
                "bpdso": _of_sales(current, sales),
                "add": _of_sales(receivables - current, sales),
                "countback_days": tenths(days),
                "countback_exhausted": int(exhausted),
                "taken_over_90": trade.taken_over(day - DSO_DAYS, day),
            }
    return rows


def _of_sales(amount: int, sales: int) -> Value:
    return tenths(Fraction(amount * DSO_DAYS, sales)) if sales > 0 else None


def months_back(day: int, months: int) -> int:
    """The same day so many months before; of a month's last day the last one, of a day that is not there the last too."""
    here = date_of(day)
    year, month = divmod(here.year * 12 + here.month - 1 - months, 12)
    last = monthrange(year, month + 1)[1]
    at_end = here.day == monthrange(here.year, here.month)[1]
    return (date(year, month + 1, last if at_end else min(here.day, last)) - EPOCH).days


def cei(basis: Basis) -> Rows:
    """kpi_cei."""
    rows: Rows = {}
    for group, trade in _trade(basis).items():
        for day, ending in trade.receivables.items():
            begin = months_back(day, CEI_MONTHS)
            beginning, sales, current = trade.receivables.get(begin, 0), trade.sold(begin, day), trade.current[day]
            due = CEI_MONTHS * beginning + sales
            taken_over, is_known = trade.taken_over(begin, day), begin in trade.receivables
            numerator, denominator = due - CEI_MONTHS * ending, due - CEI_MONTHS * current
            rows[shown(day), *group] = {
                "beginning_minor": beginning,
                "sales_3_months_minor": sales,
                "ending_minor": ending,
                "ending_current_minor": current,
                "cei_numerator": numerator,
                "cei_denominator": denominator,
                "cei_bp": per(numerator, denominator) if is_known and not taken_over else None,
                "beginning_known": int(is_known),
                "taken_over": taken_over,
            }
    return rows


# --- aging ---


def aging(basis: Basis) -> Rows:
    """kpi_aging."""
    stock = Stock(basis.last_day)
    for posting in basis.postings:
        d = posting.decision
        group = basis.group(d)
        stock.change(group, posting.day, "credits_minor", posting.credit)
        kept = "unapplied_minor" if not _suspense(d) else "unidentified_minor"
        stock.change(group, posting.day, kept, posting.unapplied)
        stock.change(group, posting.day, "on_account_minor", 0 if _suspense(d) else posting.on_account)
    for item in basis.items.values():
        if item.kind != CREDIT_NOTE:
            for day, change, _ in item.moves:
                stock.change(basis.group(item.raised), day, "open", change, item.raised.due_date)
    for opened, last, closed in basis.disputes().values():
        group = basis.group(opened)
        stock.change(group, opened.event_time // DAY_MS, "disputed_minor", last.amount)
        if closed is not None:
            # What closes it may have happened before it was opened.
            end = max(opened.event_time, closed.event_time) // DAY_MS
            stock.change(group, end, "disputed_minor", -last.amount)
    rows: Rows = {}
    for group, day, standing in stock.days():
        row: dict[str, int] = dict.fromkeys(("open_minor", *_BUCKETS.values()), 0)
        for (name, due), amount in standing.items():
            if name == "open":
                row["open_minor"] += amount
                row[_BUCKETS[age_bucket(day - due)]] += amount
        row["past_due_minor"] = row["open_minor"] - row["current_minor"]
        names = ("credits_minor", "unapplied_minor", "on_account_minor", "unidentified_minor", "disputed_minor")
        rows[shown(day), *group] = {**row, **{name: total(standing, name) for name in names}}
    return rows


def _suspense(d: Decision) -> bool:
    return d.account_id.startswith("~suspense:")


# --- unapplied cash ---


def unapplied(basis: Basis) -> Rows:
    """kpi_unapplied."""
    stock = Stock(basis.last_day)
    booked: dict[tuple[str, str], int] = {}
    for d in basis.of("receipt_booked"):
        booked.setdefault((account_of(d), d.receipt_id), day_of(d))
    for posting in basis.postings:
        d = posting.decision
        if not d.receipt_id or not (posting.unapplied or posting.on_account):
            continue
        since = booked.get((account_of(d), d.receipt_id), posting.day)
        kept = "unapplied_minor" if not _suspense(d) else "unidentified_minor"
        stock.change(basis.group(d), posting.day, kept, posting.unapplied, since)
        stock.change(basis.group(d), posting.day, "on_account_minor", 0 if _suspense(d) else posting.on_account)
    rows: Rows = {}
    for group, day, standing in stock.days():
        names = ("unapplied_minor", "on_account_minor", "unidentified_minor")
        row: dict[str, Value] = {name: total(standing, name) for name in names}
        for low, high, name in ((None, 30, "0_30"), (31, 60, "31_60"), (61, 90, "61_90"), (91, None, "91")):
            row[f"age_{name}_minor"] = sum(
                amount
                for (measure, since), amount in standing.items()
                if measure != "on_account_minor"
                and (low is None or day - since >= low)
                and (high is None or day - since <= high)
            )
        rows[shown(day), *group] = row
    return rows


# --- recovery ---


def recovery(basis: Basis) -> Rows:
    """kpi_recovery."""
    table = Table("past_due_at_start_minor", "recovered_minor")
    by_key: dict[Group, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for first, before in _past_due(basis):
        for group, amount in before.items():
            table.add((shown(first), *group), past_due_at_start_minor=amount)
            by_key[group][first] += amount
    so_far: dict[tuple[Group, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for posting in basis.postings:
        d, first = posting.decision, _first_of_month(posting.day)
        item = basis.item_of(d)
        if item is None or item.raised.due_date >= first or not _is_cash(d):
            continue
        table.add((shown(posting.day), *basis.group(d)), recovered_minor=-posting.debit)
        so_far[basis.group(d), first][posting.day] -= posting.debit
    rows = table.flow()
    for key, row in rows.items():
        day, group = (date.fromisoformat(str(key[0])) - EPOCH).days, key[1:]
        first = _first_of_month(day)
        recovered = sum(amount for on, amount in so_far[group, first].items() if on <= day)
        row["recovery_bp"] = per(recovered, by_key[group][first])
    return rows


def _is_cash(d: Decision) -> bool:
    return d.kind in ("cash_applied", "cash_unapplied") or (d.kind == "application_reversed" and not d.counterparty)


def _first_of_month(day: int) -> int:
    return day - date_of(day).day + 1


def _past_due(basis: Basis) -> Iterator[tuple[int, Mapping[Group, int]]]:
    """For each month to that of the last day: its first day, and what was past due then, by key."""
    moves = sorted(
        (day, item.raised.due_date, basis.group(item.raised), change)
        for item in basis.items.values()
        if item.kind != CREDIT_NOTE
        for day, change, _ in item.moves
    )
    if not moves:
        return
    first = _first_of_month(moves[0][0])
    while first <= basis.last_day:
        found: dict[Group, int] = defaultdict(int)
        for day, due, group, change in moves:
            if day < first and due < first:
                found[group] += change
        yield first, {group: amount for group, amount in found.items() if amount}
        first = _first_of_month(first + 31)


# --- what falls due ---


def forecast(basis: Basis) -> Rows:
    """kpi_forecast."""
    last = basis.last_day
    table = Table("due_minor", "overdue_minor", "promised_minor")
    for item in basis.items.values():
        if item.kind == CREDIT_NOTE:
            continue
        group = basis.group(item.raised)
        for posted, change, _ in item.moves:
            # What is posted later than it is due cannot be paid before.
            day = max(item.raised.due_date, posted)
            if day > last:
                table.add((shown(day), *group), due_minor=change)
            else:
                table.add((shown(last), *group), overdue_minor=change)
    for opened, ended in basis.promises().values():
        if ended is opened:
            table.add((shown(max(opened.due_date, last)), *basis.group(opened)), promised_minor=opened.amount)
    return table.flow()
