"""The check of views: ClickHouse's rows and Redis's balances against the decisions and the books made of them.

ClickHouse and this code each digest the rows in blocks; only a block that differs is fetched.
"""

from collections.abc import Mapping, Sequence
from hashlib import md5
from typing import Any, Final

from headrace.audit.books import Account, Books
from headrace.audit.findings import Check, listed
from schemas.records import Decision
from sinks.clickhouse.reading import Views

BLOCK: Final = 1_000
# Blocks whose digests are asked for at once.
BLOCKS_AT_ONCE: Final = 50
_FIELD: Final = "\x1f"
_ENTRY: Final = "\x1e"
_ROW: Final = "\n"
# What ClickHouse's Date32 and DateTime64 hold: 1900-01-01 to 2299-12-31. The sink cuts what lies outside to the end.
_FIRST_DAY: Final = -25_567
_LAST_DAY: Final = 120_529
_DAY_MS: Final = 86_400_000

_DAYS: Final = frozenset(("posting_date", "value_date", "due_date", "document_date"))
_INSTANTS: Final = frozenset(("event_time", "recorded_time"))
_LISTS: Final = frozenset(("reasons", "candidates"))


def _column(name: str) -> str:
    """A column as the text that is digested."""
    if name in _DAYS:
        return f"toString(toInt32(`{name}`))"
    if name in _INSTANTS:
        return f"toString(toUnixTimestamp64Milli(`{name}`))"
    if name in _LISTS:
        return f"arrayStringConcat(arrayMap(x -> toString(x), `{name}`), char(30))"
    return f"toString(`{name}`)"


_NAMES: Final = Decision.FIELDS
_TEXT: Final = f"arrayStringConcat([{', '.join(_column(name) for name in _NAMES)}], char(31))"
_DIGESTS: Final = f"""
SELECT intDiv(sequence, {BLOCK}) AS block, count(),
       lower(hex(MD5(arrayStringConcat(arrayMap(x -> x.2, arraySort(groupArray((sequence, {_TEXT})))), '\\n'))))
FROM decisions WHERE shard = {{shard:UInt16}} AND sequence >= {{first:Int64}} AND sequence < {{stop:Int64}}
GROUP BY block ORDER BY block
"""
_ROWS: Final = f"""
SELECT sequence, {", ".join(_column(name) for name in _NAMES)}
FROM decisions WHERE shard = {{shard:UInt16}} AND sequence >= {{first:Int64}} AND sequence < {{stop:Int64}}
ORDER BY sequence
"""
_PUBLISHED: Final = "SELECT shard, max(last + 1) FROM publish_state WHERE phase = 'after' GROUP BY shard"
# Beyond what is published there may be a batch that is being inserted.
_UNDER_WAY: Final = "SELECT max(last + 1) FROM publish_state WHERE shard = {shard:UInt16}"
_COUNT: Final = """
SELECT countIf(sequence < {until:Int64}), max(sequence) + 1 FROM decisions WHERE shard = {shard:UInt16}
"""
_OF_SHARD: Final = """(tenant, entity, account_id) IN (
    SELECT tenant, entity, account_id FROM decisions WHERE shard = {shard:UInt16} GROUP BY tenant, entity, account_id)"""
_OPEN_ITEMS: Final = f"""
SELECT concat(tenant, '/', entity, '/', account_id), document, currency, item_kind, amount, open, disputed, level,
       toInt32(due_date)
FROM open_items WHERE {_OF_SHARD}
"""
_BALANCES: Final = f"""
SELECT concat(tenant, '/', entity, '/', account_id), currency, argMax(open_debit, day), argMax(open_credit, day),
       argMax(unapplied, day)
FROM daily_balances WHERE {_OF_SHARD} GROUP BY tenant, entity, account_id, currency
"""


def _day(value: int) -> int:
    return min(max(value, _FIRST_DAY), _LAST_DAY)


def _instant(value: int) -> int:
    return min(max(value, _FIRST_DAY * _DAY_MS), (_LAST_DAY + 1) * _DAY_MS - 1)


def fields(d: Decision) -> list[str]:
    """A decision's fields as the texts that are digested."""
    found: list[str] = []
    for name in _NAMES:
        value = getattr(d, name)
        if name in _DAYS:
            value = _day(value)
        elif name in _INSTANTS:
            value = _instant(value)
        found.append(_ENTRY.join(value) if name in _LISTS else str(value))
    return found


class ClickHouseCheck:
    """The rows of `decisions` and what the views make of them. One `Shard` view at a time."""

    def __init__(self, check: Check, views: Views) -> None:
        self._check: Final = check
        self._views: Final = views
        self._published: Final = {row[0]: int(row[1]) for row in views.ask(_PUBLISHED).rows}

    def published(self, shard: int) -> int:
        """Decisions below this were in the table when the audit began, by the publisher's own word."""
        return self._published.get(shard, 0)

    def digests(self, shard: int, block: int) -> dict[int, tuple[int, str]]:
        """How many rows the block and those after it have, and their digests."""
        first = block * BLOCK
        parameters = {"shard": shard, "first": first, "stop": first + BLOCK * BLOCKS_AT_ONCE}
        return {row[0]: (row[1], row[2]) for row in self._views.ask(_DIGESTS, parameters).rows}

    def rows(self, shard: int, first: int, stop: int) -> list[tuple[int, list[str]]]:
        parameters = {"shard": shard, "first": first, "stop": stop}
        return [(row[0], list(row[1:])) for row in self._views.ask(_ROWS, parameters).rows]

    def counted(self, shard: int, known: int) -> None:
        """The table has as many rows as the log has decisions, once the log is read. `known` is the log's next sequence."""
        published = self.published(shard)
        number, beyond = self._views.ask(_COUNT, {"shard": shard, "until": published}).rows[0]
        self._check.checked += number
        if number != published:
            self._check.find(
                "count", f"decisions of shard {shard}: {number} rows, {published} were published", shard=shard
            )
        under_way = max(self._views.ask(_UNDER_WAY, {"shard": shard}).rows[0][0], published)
        if number and beyond > under_way:
            text = f"the table goes up to decision {beyond - 1}, {under_way - 1} is the last that was published"
            self._check.find("row_extra", text, shard=shard)
        if published < known:
            self._check.note(f"shard {shard}: {known - published} decisions are not published to ClickHouse yet")

    def made_of(self, shard: int, known: int, books: Books) -> None:
        """The open items and the last balances of the views against the books, where all is published and stays so."""
        if self.published(shard) != known:
            return
        found = Check(self._check.name, self._check.title)
        self._open_items(found, shard, books)
        self._balances(found, shard, books)
        self._check.checked += found.checked
        if self._views.ask(_UNDER_WAY, {"shard": shard}).rows[0][0] > known:
            self._check.note(f"shard {shard}: open items and balances went on while they were looked at")
            return
        for finding in found.findings:
            self._check.keep(finding)

    def _open_items(self, check: Check, shard: int, books: Books) -> None:
        left = {(account.key, d): item for account in books.accounts.values() for d, item in account.open.items()}
        for key, document, *said in self._views.ask(_OPEN_ITEMS, {"shard": shard}).rows:
            check.checked += 1
            item = left.pop((key, document), None)
            if item is None:
                check.find("item_extra", shard=shard, account=key, text=f"open_items has {document}, which is not open")
                continue
            right = [item.currency, item.kind, item.amount, item.open, item.disputed, item.level, _day(item.due_date)]
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

    def _balances(self, check: Check, shard: int, books: Books) -> None:
        left = {
            (account.key, currency): sums.balances()[:3]
            for account in books.accounts.values()
            for currency, sums in account.sums.items()
        }
        for key, currency, *said in self._views.ask(_BALANCES, {"shard": shard}).rows:
            check.checked += 1
            right = left.pop((key, currency), (0, 0, 0))
            if tuple(said) != right:
                check.find(
                    "balance",
                    shard=shard,
                    account=key,
                    text=f"daily_balances in {currency}: {said}, should be {list(right)}",
                )
        for (key, currency), right in sorted(left.items()):
            if any(right):
                check.find(
                    "balance",
                    shard=shard,
                    account=key,
                    text=f"daily_balances has none in {currency}, should be {list(right)}",
                )


class TableCheck:
    """One shard's rows, compared block by block as its decisions come by. `take` them in order, then `finish`."""

    def __init__(self, check: Check, clickhouse: ClickHouseCheck, shard: int) -> None:
        self._check: Final = check
        self._clickhouse: Final = clickhouse
        self._shard: Final = shard
        self._until: Final = clickhouse.published(shard)
        self._block = 0
        self._held: list[Decision] = []
        self._digests: dict[int, tuple[int, str]] = {}
        self._asked = 0

    def take(self, d: Decision) -> None:
        if d.sequence >= self._until:
            return
        if d.sequence // BLOCK != self._block:
            self._compare()
            self._block = d.sequence // BLOCK
        self._held.append(d)

    def finish(self) -> None:
        self._compare()

    def _compare(self) -> None:
        if self._block >= self._asked:
            self._digests = self._clickhouse.digests(self._shard, self._block)
            self._asked = self._block + BLOCKS_AT_ONCE
        texts = [_FIELD.join(fields(d)) for d in self._held]
        digest = md5(_ROW.join(texts).encode(), usedforsecurity=False).hexdigest()
        if (len(texts), digest) != self._digests.get(self._block, (0, md5(b"", usedforsecurity=False).hexdigest())):
            self._differ()
        self._held = []

    def _differ(self) -> None:
        """Find the rows of a block that differ."""
        first = self._block * BLOCK
        there: dict[int, list[list[str]]] = {}
        for sequence, said in self._clickhouse.rows(self._shard, first, min(first + BLOCK, self._until)):
            there.setdefault(sequence, []).append(said)
        for d in self._held:
            found = there.pop(d.sequence, [])
            if not found:
                self._check.about(d, "row_missing", f"decisions does not have it: {d.kind} {d.amount} {d.currency}")
                continue
            if len(found) > 1:
                self._check.about(d, "row_doubled", f"decisions has it {len(found)} times")
            right = fields(d)
            wrong = [
                f"{name} {theirs!r}, should be {ours!r}"
                for name, ours, theirs in zip(_NAMES, right, found[0], strict=True)
                if ours != theirs
            ]
            if wrong:
                self._check.about(d, "row_differs", f"decisions has {listed(wrong, 3)}")
        for sequence in sorted(there):
            self._check.find("row_extra", "decisions has it, the log does not", shard=self._shard, sequence=sequence)


def check_balances(
    check: Check, shard: int, accounts: Sequence[Account], stored: Sequence[Mapping[str, str]], until: int, known: int
) -> None:
    """Redis's hash of each account against its books: decisions below `until` are in it, below `known` in the books."""
    for account, found in zip(accounts, stored, strict=True):
        if account.last_sequence < 0 or account.last_sequence >= until:
            continue
        if int(found.get("sequence", -1)) > account.last_sequence and until > known:
            # It went on while the log was read.
            continue
        check.checked += 1
        right: dict[str, Any] = {"shard": shard, "sequence": account.last_sequence}
        for currency, said in account.stated.items():
            names = ("open_debit", "open_credit", "unapplied", "on_account")
            right.update({f"{currency}:{name}": value for name, value in zip(names, said, strict=True)})
        wrong = [
            f"{name} {found.get(name)}, should be {value}"
            for name, value in right.items()
            if found.get(name) != str(value)
        ]
        if wrong:
            check.find("live_balance", f"Redis has {listed(wrong, 3)}", shard=shard, account=account.key)
