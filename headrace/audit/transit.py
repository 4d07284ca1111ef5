"""The check of money between accounts, over all shards: each transfer leaves once and arrives, or comes back, once."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from headrace.audit.accounts import Receipt
from headrace.audit.findings import Check, account_of
from headrace.audit.keep import Keep, Scratch
from schemas.records import CashTransferred, Decision, ReceiptReturned

# What the forwarder puts before the number of a decision that it brings to another account.
BROUGHT: Final = "transfer:"


_Sent = tuple[str, str, str, str, int, str]
_Arrival = tuple[str, str, str, str, int, str, str, int, int, int]


@dataclass(slots=True)
class Errand:
    """What the forwarder was to bring. said: account, target, receipt, amount, currency, shard, sequence."""

    said: tuple[str, str, str, int, str, int, int] | None = None
    carried: bool = False


@dataclass(slots=True)
class Transfer:
    """One transfer: what was sent, and what each arrival said. `sent` is None until its shard is read.

    sent: account, target, number of the receipt, its bank account, amount, currency. arrived: the same with the rule,
    shard, offset, sequence. Each account may call a receipt otherwise, so it is known by the bank's number.
    moves: money is on its way; False where the bank has it back and only the word of it is.
    """

    sent: _Sent | None = None
    arrived: list[_Arrival] = field(default_factory=list)
    turned_away: list[tuple[int, int, str]] = field(default_factory=list)
    moves: bool = True


def _pack(transfer: Transfer) -> Any:
    return (transfer.sent, transfer.arrived, transfer.turned_away, transfer.moves)


def _unpack(values: Any) -> Transfer:
    return Transfer(*values)


def _pack_errand(errand: Errand) -> Any:
    return (errand.said, errand.carried)


def _unpack_errand(values: Any) -> Errand:
    return Errand(*values)


def _key(tenant: str, entity: str, name: str) -> str:
    """The account that another one of the company calls so; one of another company has that in its name."""
    if name.startswith("~entity:"):
        return f"{tenant}/{name.removeprefix('~entity:')}"
    return f"{tenant}/{entity}/{name}"


class Transit:
    """All transfers of the installation. Shards may be read in any order."""

    def __init__(self, check: Check, scratch: Scratch) -> None:
        self._check: Final = check
        self._transfers: Final[Keep[Transfer]] = Keep(scratch, _pack, _unpack)
        self._errands: Final[Keep[Errand]] = Keep(scratch, _pack_errand, _unpack_errand)

    def _get(self, transfer_id: str) -> Transfer:
        return self._transfers.get(transfer_id) or Transfer()

    def due(self, d: Decision) -> None:
        """A cash_transferred of any rule that the forwarder has done with: its fact must be in the log."""
        name = f"{d.shard}-{d.sequence}"
        errand = self._errands.get(name) or Errand()
        errand.said = (account_of(d), d.counterparty, d.receipt_id, d.amount, d.currency, d.shard, d.sequence)
        self._errands.put(name, errand)

    def carried(self, event_id: str) -> None:
        """A fact of money that came or went back stands in the log, decided or not."""
        if event_id.startswith(BROUGHT):
            name = event_id.removeprefix(BROUGHT)
            errand = self._errands.get(name) or Errand()
            errand.carried = True
            self._errands.put(name, errand)

    def sent(self, d: Decision, receipt: Receipt | None) -> None:
        """A cash_transferred with rule transfer.out, or transfer.return: the bank took back what had been sent on."""
        self._check.checked += 1
        name = f"{d.shard}-{d.sequence}"
        transfer = self._get(name)
        target = _key(d.tenant, d.entity, d.counterparty)
        number = d.receipt_id if receipt is None or not receipt.number else receipt.number
        bank_account = "" if receipt is None else receipt.bank_account
        transfer.sent = (account_of(d), target, number, bank_account, d.amount, d.currency)
        transfer.moves = d.rule == "transfer.out"
        self._transfers.put(name, transfer)

    def taken_back(self, fact: ReceiptReturned, account: str, shard: int, offset: int) -> None:
        """A return that was brought after its money, and that its account took."""
        name = fact.event_id.removeprefix(BROUGHT)
        transfer = self._get(name)
        sender = _key(fact.tenant, fact.entity, fact.from_account) if fact.from_account else ""
        transfer.arrived.append(
            (
                sender,
                account,
                fact.receipt_id,
                fact.bank_account,
                fact.amount,
                fact.currency,
                "transfer.return",
                shard,
                offset,
                -1,
            )
        )
        self._transfers.put(name, transfer)

    def arrived(self, fact: CashTransferred, d: Decision) -> None:
        """A receipt_booked with rule transfer.in or transfer.returned, and the fact that brought it."""
        transfer = self._get(fact.transfer_id)
        sender = _key(d.tenant, d.entity, d.counterparty)
        transfer.arrived.append(
            (
                sender,
                account_of(d),
                fact.receipt_id,
                fact.bank_account,
                d.amount,
                d.currency,
                d.rule,
                d.shard,
                d.fact_offset,
                d.sequence,
            )
        )
        self._transfers.put(fact.transfer_id, transfer)

    def turned_away(self, fact: CashTransferred | ReceiptReturned, d: Decision) -> None:
        """The fact was rejected: the money neither arrives nor comes back by it."""
        brought = fact.event_id.removeprefix(BROUGHT)
        name = fact.transfer_id if isinstance(fact, CashTransferred) else brought
        transfer = self._get(name)
        transfer.turned_away.append((d.shard, d.fact_offset, ", ".join(d.reasons)))
        self._transfers.put(name, transfer)

    def finish(self) -> None:
        """All shards are read: judge each transfer, and say what is still on its way."""
        under_way: Counter[str] = Counter()
        number = 0
        for name, errand in self._errands.items():
            self._stuck(name, errand)
        for name, transfer in self._transfers.items():
            self._judge(name, transfer)
            if transfer.sent is not None and not transfer.arrived and transfer.moves:
                number += 1
                under_way[transfer.sent[5]] += transfer.sent[4]
        if number:
            sums = ", ".join(f"{amount} {currency}" for currency, amount in sorted(under_way.items()))
            self._check.note(f"{number} transfers are in transit: {sums} in minor units")

    def _stuck(self, name: str, errand: Errand) -> None:
        if errand.said is None or errand.carried:
            return
        account, target, receipt, amount, currency, shard, sequence = errand.said
        self._check.find(
            "stuck",
            f"transfer {name} of {amount} {currency}: the forwarder could not bring {receipt!r} to {target!r}",
            shard=shard,
            sequence=sequence,
            account=account,
        )

    def _judge(self, name: str, transfer: Transfer) -> None:
        for arrival in transfer.arrived[1:]:
            self._wrong("doubled", name, arrival, "it arrives a second time")
        for arrival in transfer.arrived[:1]:
            if transfer.sent is None:
                self._wrong("from_nothing", name, arrival, "no decision sent it")
            else:
                self._compare(name, transfer.sent, arrival)
        if transfer.turned_away and not transfer.arrived:
            shard, offset, why = transfer.turned_away[0]
            self._check.find(
                "turned_away", f"transfer {name}: its fact was rejected: {why}", shard=shard, offset=offset
            )

    def _compare(
        self,
        name: str,
        sent: _Sent,
        arrival: _Arrival,
    ) -> None:
        account, target = sent[:2]
        money: list[Any] = list(sent[2:])
        rule = arrival[6]
        if rule == "transfer.returned":
            account, target = target, account
        elif rule == "transfer.return":
            # A return of an older version does not say who sends it on, nor always of which bank it is.
            account = account if arrival[0] else ""
            money[1] = money[1] if arrival[3] else ""
        for code, right, said in (
            ("sender", account, arrival[0]),
            ("target", target, arrival[1]),
            ("receipt", money[0], arrival[2]),
            ("bank_account", money[1], arrival[3]),
            ("amount", money[2], arrival[4]),
            ("currency", money[3], arrival[5]),
        ):
            if right != said:
                self._wrong(code, name, arrival, f"{code} is {right!r} where it was sent, {said!r} where it arrived")

    def _wrong(self, code: str, name: str, arrival: _Arrival, text: str) -> None:
        _, account, _, _, amount, currency, _, shard, offset, sequence = arrival
        self._check.find(
            code,
            f"transfer {name} of {amount} {currency}: {text}",
            shard=shard,
            offset=offset,
            sequence=sequence,
            account=account,
        )
