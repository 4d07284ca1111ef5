"""What ClickHouse's views make of the decisions, against the books: open items one by one, of all views the sums.

Sums are those of an account and currency, so that as many rows are fetched as there are accounts, and not
documents. `Contents` looks at a shard when all of it is published, and at the totals when all shards are.
"""

from collections.abc import Callable
from typing import Final

from headrace.audit.accounts import CREDIT, Account, Sums
from headrace.audit.books import Books
from headrace.audit.findings import Check
from headrace.audit.views import ClickHouseCheck, day_kept
from sinks.clickhouse.reading import Views

_OF_SHARD: Final = """(tenant, entity, account_id) IN (
    SELECT tenant, entity, account_id FROM decisions WHERE shard = {shard:UInt16} GROUP BY tenant, entity, account_id)"""
_KEY: Final = "concat(tenant, '/', entity, '/', account_id)"
_OPEN_ITEMS: Final = f"""
SELECT {_KEY}, document, currency, item_kind, amount, open, disputed, level, toInt32(due_date)
FROM open_items WHERE {_OF_SHARD}
"""

_OPEN_APPROVALS: Final = f"SELECT {_KEY}, approval_id, maker FROM open_approvals WHERE {_OF_SHARD}"
_OPEN_EXCEPTIONS: Final = (
    f"SELECT {_KEY}, exception_id, rule FROM open_exceptions WHERE what = 'exception' AND {_OF_SHARD}"
)


def _balances(sums: Sums) -> tuple[int, ...]:
    return sums.balances()[:3]


def _items(sums: Sums) -> tuple[int, ...]:
    debits, credits = sums.debits_raised + sums.items_beyond, sums.credits_raised + sums.credits_beyond
    return debits, credits, sums.open_debit, sums.open_credit


def _movements(sums: Sums) -> tuple[int, ...]:
    return (sums.open_debit + sums.open_credit,)


def _receipts(sums: Sums) -> tuple[int, ...]:
    received = sums.received + sums.transferred_in
    applied = sums.cash_applied - sums.exchanged_in + sums.exchanged_out
    return received, applied, sums.returned, sums.transferred_out, sums.unapplied


def _applications(sums: Sums) -> tuple[int, ...]:
    return sums.cash_applied, sums.credits_allocated


# Of each view: the code of what is found, the columns that are summed for an account and currency, and what they
# must be by the books.
_SUMMED: Final[tuple[tuple[str, str, str, Callable[[Sums], tuple[int, ...]]], ...]] = (
    (
        "daily_balances",
        "balance",
        "argMax(open_debit, day), argMax(open_credit, day), argMax(unapplied, day)",
        _balances,
    ),
    (
        "items",
        "sum_differs",
        f"sumIf(amount, item_kind != '{CREDIT}'), sumIf(amount, item_kind = '{CREDIT}'), "
        f"sumIf(open, item_kind != '{CREDIT}'), sumIf(open, item_kind = '{CREDIT}')",
        _items,
    ),
    ("item_movements", "sum_differs", "sum(change)", _movements),
    (
        "receipts",
        "sum_differs",
        "sum(booked), sum(applied), sum(returned), sum(transferred), sum(unapplied)",
        _receipts,
    ),
    ("applications", "sum_differs", "sumIf(amount, credit_note = ''), sumIf(amount, credit_note != '')", _applications),
)
_TOTALS: Final = """
SELECT concat(tenant, '/', entity), currency, argMax(open_debit, day), argMax(open_credit, day),
       argMax(unapplied, day), argMax(unidentified, day)
FROM daily_totals GROUP BY tenant, entity, currency
"""


class Contents:
    """The contents of the views. `of_shard` for each shard, then `totals`. Methods raise SinkError."""

    def __init__(self, check: Check, views: Views, clickhouse: ClickHouseCheck) -> None:
        self._check: Final = check
        self._views: Final = views
        self._clickhouse: Final = clickhouse
        # By tenant/entity and currency: open debits, open credits, unapplied and unidentified cash.
        self._sums: Final[dict[tuple[str, str], tuple[int, ...]]] = {}
        self._known: Final[dict[int, int]] = {}
        self._all_published = True

    def of_shard(self, shard: int, known: int, books: Books) -> None:
        """`known` is the next sequence of the shard's log. What is not all published, or goes on, is left out."""
        self._add(books)
        self._known[shard] = known
        if self._clickhouse.published(shard) != known:
            self._all_published = False
            return
        found = Check(self._check.name, self._check.title)
        self._open_items(found, shard, books)
        self._waiting(found, shard, books)
        for view, code, columns, right in _SUMMED:
            self._summed(found, shard, books, view, code, columns, right)
        self._keep(
            found,
            f"shard {shard}: decisions were published meanwhile, so its views were not compared: run it again",
            [shard],
        )

    def totals(self) -> None:
        """daily_totals on its last day, over all shards."""
        if not self._all_published:
            return
        found = Check(self._check.name, self._check.title)
        said = {(row[0], row[1]): tuple(row[2:]) for row in self._views.ask(_TOTALS).rows}
        nothing = (0, 0, 0, 0)
        for key in sorted(said.keys() | self._sums.keys()):
            found.checked += 1
            here, there = self._sums.get(key, nothing), said.get(key, nothing)
            if here != there:
                found.find("total", f"daily_totals of {key[0]} in {key[1]}: {list(there)}, should be {list(here)}")
        self._keep(
            found,
            "decisions were published meanwhile, so daily_totals was not compared: run it again",
            list(self._known),
        )

    def _keep(self, found: Check, went_on: str, shards: list[int]) -> None:
        """Take in what was found, where the table is still as it was."""
        self._check.checked += found.checked
        if any(self._clickhouse.under_way(shard) > self._known[shard] for shard in shards):
            self._check.note(went_on)
            return
        for finding in found.findings:
            self._check.keep(finding)

    def _add(self, books: Books) -> None:
        for account in books.accounts.values():
            where = "/".join(account.key.split("/", 2)[:2])
            for currency, sums in account.sums.items():
                debit, credit, cash = _balances(sums)
                parts = (debit, credit, 0, cash) if account.suspense else (debit, credit, cash, 0)
                before = self._sums.get((where, currency), (0, 0, 0, 0))
                self._sums[where, currency] = tuple(a + b for a, b in zip(before, parts, strict=True))

    def _open_items(self, check: Check, shard: int, books: Books) -> None:
        left = {(account.key, d): item for account in books.accounts.values() for d, item in account.open.items()}
        for key, document, *said in self._views.ask(_OPEN_ITEMS, {"shard": shard}).rows:
            check.checked += 1
            item = left.pop((key, document), None)
            if item is None:
                check.find("item_extra", shard=shard, account=key, text=f"open_items has {document}, which is not open")
                continue
            due = day_kept(item.due_date)
            right = [item.currency, item.kind, item.amount, item.open, item.disputed, item.level, due]
            names = ("currency", "item_kind", "amount", "open", "disputed", "level", "due_date")
            for name, here, there in zip(names, right, said, strict=True):
                if here != there:
                    check.find(
                        "item_differs",
                        shard=shard,
                        account=key,
                        text=f"open_items: {name} of {document} is {here}, it has {there}",
                    )
        for key, document in sorted(left):
            check.find("item_missing", shard=shard, account=key, text=f"open_items does not have {document}")

    def _waiting(self, check: Check, shard: int, books: Books) -> None:
        """What waits for people: open requests for approval, and exceptions."""
        requests: set[tuple[str, ...]] = set()
        exceptions: set[tuple[str, ...]] = set()
        for account in books.accounts.values():
            requests |= {(account.key, name, known.maker) for name, known in account.requests.items()}
            exceptions |= {(account.key, name, rule) for rule, name in account.exceptions}
        for view, sql, right in (
            ("open_approvals", _OPEN_APPROVALS, requests),
            ("open_exceptions", _OPEN_EXCEPTIONS, exceptions),
        ):
            there = {tuple(row) for row in self._views.ask(sql, {"shard": shard}).rows}
            check.checked += len(right)
            for key, name, _ in sorted(right - there):
                check.find("waiting_missing", f"{view} does not have {name}", shard=shard, account=key)
            for key, name, _ in sorted(there - right):
                check.find("waiting_extra", f"{view} has {name}, which is not open", shard=shard, account=key)

    def _summed(
        self,
        check: Check,
        shard: int,
        books: Books,
        view: str,
        code: str,
        columns: str,
        of: Callable[[Sums], tuple[int, ...]],
    ) -> None:
        sql = f"SELECT {_KEY}, currency, {columns} FROM {view} WHERE {_OF_SHARD} GROUP BY tenant, entity, account_id, currency"
        left = {key: of(sums) for account in books.accounts.values() for key, sums in _by_currency(account)}
        nothing = of(Sums())
        said = {(row[0], row[1]): tuple(row[2:]) for row in self._views.ask(sql, {"shard": shard}).rows}
        for key in sorted(left.keys() | said.keys()):
            check.checked += 1
            here, there = left.get(key, nothing), said.get(key, nothing)
            if here != there:
                text = f"{view} in {key[1]}: {list(there)}, should be {list(here)}"
                check.find(code, text, shard=shard, account=key[0])


def _by_currency(account: Account) -> list[tuple[tuple[str, str], Sums]]:
    return [((account.key, currency), sums) for currency, sums in account.sums.items()]
