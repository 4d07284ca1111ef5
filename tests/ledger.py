"""Decisions written by hand, as docs/ledger.md says: a small ledger that keeps balances and numbers for tests."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from connectors.log.base import account_key, partition_of
from schemas.codec import encode_decision
from schemas.records import Decision

EPOCH = date(1970, 1, 1)


def day(text: str) -> int:
    """Days since 1970-01-01 of an ISO day, or time."""
    return (date.fromisoformat(text[:10]) - EPOCH).days


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


class Ledger:
    """Appends decisions with the next sequence of the account's shard and the balances after them."""

    def __init__(
        self,
        shards: int = 4,
        tenant: str = "t1",
        entity: str = "us01",
        currency: str = "USD",
        following: Sequence[int] = (),
    ) -> None:
        """`following`: the next sequence of each shard, where there are decisions already."""
        self.shards = shards
        self.tenant = tenant
        self.entity = entity
        self.currency = currency
        self.decisions: list[Decision] = []
        self._next: dict[int, int] = defaultdict(int, enumerate(following))
        self._balances: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        self._open: dict[tuple[str, str], int] = {}
        self._receipts: dict[tuple[str, str], int] = {}

    def shard_of(self, account: str) -> int:
        return partition_of(account_key(self.tenant, self.entity, account), self.shards)

    def say(self, kind: str, account: str, on: str, **fields: Any) -> Decision:
        """One decision whose cause happened and was recorded on day `on` (or `recorded`)."""
        shard = self.shard_of(account)
        recorded = fields.pop("recorded", on)
        currency = fields.pop("currency", self.currency)
        fields.setdefault("event_time", instant(on))
        balances = self._post(kind, account, currency, fields)
        decision = Decision(
            shard=shard,
            sequence=self._next[shard],
            fact_offset=fields.pop("fact_offset", self._next[shard]),
            index=fields.pop("index", 0),
            count=fields.pop("count", 1),
            kind=kind,
            rules_version="r1",
            origin=fields.pop("origin", "history"),
            tenant=self.tenant,
            entity=self.entity,
            account_id=account,
            cause_kind=fields.pop("cause_kind", "test"),
            cause_id=fields.pop("cause_id", f"{shard}-{self._next[shard]}"),
            recorded_time=instant(recorded),
            currency=currency,
            open_debit=balances[0],
            open_credit=balances[1],
            unapplied=balances[2],
            on_account=balances[3],
            **fields,
        )
        self._next[shard] += 1
        self.decisions.append(decision)
        return decision

    def _post(self, kind: str, account: str, currency: str, fields: dict[str, Any]) -> list[int]:
        balances = self._balances[account, currency]
        amount = fields.get("amount", 0)
        document, receipt = fields.get("document", ""), fields.get("receipt_id", "")
        if kind in ("invoice_released", "item_posted"):
            credit = fields.get("item_kind") == "credit_note"
            balances[1 if credit else 0] += amount
            self._open[account, document] = amount
            fields["item_amount"] = amount
        elif kind == "credit_allocated" or (kind == "application_reversed" and fields.get("counterparty")):
            amount = amount if kind == "credit_allocated" else -amount
            balances[0] -= amount
            balances[1] -= amount
            self._open[account, document] -= amount
            self._open[account, fields["counterparty"]] -= amount
        elif kind in ("cash_applied", "cash_unapplied", "application_reversed"):
            sign = 1 if kind == "cash_applied" else -1
            balances[0] -= sign * amount
            self._open[account, document] -= sign * amount
            if kind != "application_reversed":
                balances[2] -= sign * amount
                self._receipts[account, receipt] -= sign * amount
        elif kind == "receipt_booked":
            balances[2] += amount
            self._receipts[account, receipt] = self._receipts.get((account, receipt), 0) + amount
        elif kind == "receipt_reversed" or (kind == "cash_transferred" and fields["rule"] == "transfer.out"):
            balances[2] -= amount
            self._receipts[account, receipt] -= amount
        if document:
            fields["item_open"] = self._open.get((account, document), 0)
        if receipt:
            fields["receipt_unapplied"] = self._receipts.get((account, receipt), 0)
        return balances

    def invoice(self, account: str, document: str, amount: int, on: str, due: str, **fields: Any) -> Decision:
        return self.say(
            "item_posted", account, on, document=document, item_kind="invoice", amount=amount,
            posting_date=day(on), document_date=day(on), due_date=day(due), **fields,
        )  # fmt: skip

    def credit_note(self, account: str, document: str, amount: int, on: str, **fields: Any) -> Decision:
        return self.say(
            "item_posted", account, on, document=document, item_kind="credit_note", amount=amount,
            posting_date=day(on), document_date=day(on), due_date=day(on), **fields,
        )  # fmt: skip

    def receipt(self, account: str, receipt: str, amount: int, on: str, **fields: Any) -> Decision:
        return self.say(
            "receipt_booked", account, on, receipt_id=receipt, amount=amount,
            posting_date=day(on), value_date=day(on), **fields,
        )  # fmt: skip

    def applied(self, account: str, document: str, receipt: str, amount: int, on: str, **fields: Any) -> Decision:
        fields.setdefault("rule", "cash.1.structured")
        return self.say(
            "cash_applied", account, on, document=document, receipt_id=receipt, amount=amount,
            posting_date=day(on), **fields,
        )  # fmt: skip

    def records(self) -> list[tuple[int, bytes, bytes]]:
        """(partition, key, value) of each decision, for a log's writer."""
        return [(d.shard, account_key(d.tenant, d.entity, d.account_id), encode_decision(d)) for d in self.decisions]
