"""The check of the live views in Redis against the books: cards, open items, what waits for people, and its lists."""

from collections.abc import Sequence
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account
from headrace.audit.findings import Check, listed
from sinks.redis.live.cards import AGING, bucket
from sinks.redis.live.items import item_of
from sinks.redis.live.keys import (
    APPROVAL,
    DISPUTE,
    DRAFT,
    EXCEPTION,
    PROMISE,
    PROPOSAL,
    QUEUE,
    TASK,
    WORKLIST,
    matter,
    member,
    parts,
)
from sinks.redis.live.reading import LiveViews

_AT_ONCE: Final = 500
_BALANCES: Final = ("open_debit", "open_credit", "unapplied", "on_account")


class LiveCheck:
    """The live views of one shard. Methods raise SinkError."""

    def __init__(self, check: Check, live: LiveViews, shard: int) -> None:
        self._check: Final = check
        self._live: Final = live
        self._shard: Final = shard

    def compare(self, accounts: Sequence[Account], known: int) -> None:
        """`known` is the next sequence of what the books were made of. Views that are further, or behind, are compared
        as far as the accounts were not touched meanwhile."""
        until = self._live.ask(self._shard, [])[0].sequence
        if until < known:
            self._check.note(f"shard {self._shard}: {known - until} decisions are not in the live views yet")
        if until > known:
            self._check.note(f"shard {self._shard}: live views went on meanwhile; only balances were compared")
        ordered = sorted(accounts, key=lambda account: account.key)
        for at in range(0, len(ordered), _AT_ONCE):
            some = ordered[at : at + _AT_ONCE]
            self._cards(some, until, known)
            if until == known:
                self._contents(some)
        if until == known:
            self._lists(ordered)

    def _cards(self, accounts: Sequence[Account], until: int, known: int) -> None:
        position, cards = self._live.cards(self._shard, [account.key for account in accounts])
        for account, card in zip(accounts, cards, strict=True):
            last = int(card.get("sequence", -1))
            if account.last_sequence < 0 or account.last_sequence >= until or last >= known:
                continue
            right: dict[str, Any] = {
                f"{currency}:{name}": value
                for currency, said in account.stated.items()
                for name, value in zip(_BALANCES, said, strict=True)
            }
            # While a day turns, some are as of the new one.
            if until == known and not position.turned:
                right.update(_figures(account, position.day))
            self._same(account, "live_card", {name: int(card.get(name, 0)) for name in right}, right)

    def _contents(self, accounts: Sequence[Account]) -> None:
        """Open items one by one, and the ids of what is open."""
        names = [account.key for account in accounts]
        _, items = self._live.items(self._shard, names)
        _, waiting = self._live.waiting(self._shard, names)
        for account, kept, (matters, tasks) in zip(accounts, items, waiting, strict=True):
            there = {document: _item_kept(text) for document, text in kept.items()}
            self._same(account, "live_item", there, {name: _item(item) for name, item in account.open.items()})
            said = {name for name in matters if not name.startswith(f"{PROPOSAL}\n")}
            self._same_names(account.key, "live_open", said, _matters(account))
            self._same_names(account.key, "live_open", tasks, account.tasks)

    def _lists(self, accounts: Sequence[Account]) -> None:
        """The lists of all have just what is open."""
        _, (work, queue) = self._live.ask(self._shard, [("zrange", WORKLIST, 0, -1), ("zrange", QUEUE, 0, -1)])
        tasks = {member(account.key, TASK, task) for account in accounts for task in account.tasks}
        self._same_names("", "live_list", set(work), tasks)
        waits = {member(x.key, EXCEPTION, f"{name}\n{rule}") for x in accounts for rule, name in x.exceptions}
        waits |= {member(account.key, APPROVAL, name) for account in accounts for name in account.requests}
        self._same_names("", "live_list", {name for name in queue if parts(name)[1] != PROPOSAL}, waits)

    def _same(self, account: Account, code: str, there: dict[str, Any], right: dict[str, Any]) -> None:
        self._check.checked += 1
        wrong = [
            f"{name} {there.get(name)}, should be {right.get(name)}"
            for name in sorted(there.keys() | right.keys())
            if there.get(name) != right.get(name)
        ]
        if wrong:
            self._check.find(code, f"Redis has {listed(wrong, 3)}", shard=self._shard, account=account.key)

    def _same_names(self, account: str, code: str, there: set[str], right: set[str]) -> None:
        self._check.checked += len(right)
        for text, names in (("does not have", right - there), ("has, and it is not open,", there - right)):
            for name in sorted(names):
                said = " ".join(name.split("\n"))
                self._check.find(code, f"Redis {text} {said}", shard=self._shard, account=account)


def _figures(account: Account, day: int) -> dict[str, int]:
    """What the card counts and sums of what is open as of the day."""
    figures = {
        "disputes": len(account.disputes),
        "promises": len(account.promises),
        "approvals": len(account.requests),
        "tasks": len(account.tasks),
    }
    for currency in account.stated:
        debits = [x for x in account.open.values() if x.currency == currency and x.kind != CREDIT]
        sums = [0] * len(AGING)
        for item in debits:
            sums[bucket(day - item.due_date)] += item.open
        figures.update({f"{currency}:{name}": value for (name, _), value in zip(AGING, sums, strict=True)})
        figures[f"{currency}:past_due"] = sum(sums[1:])
        figures[f"{currency}:disputed"] = sum(item.disputed for item in debits)
        figures[f"{currency}:open_items"] = len(debits)
    figures["level"] = max((item.level for item in account.open.values() if item.kind != CREDIT), default=0)
    return figures


def _item(item: Any) -> tuple[object, ...]:
    return item.currency, item.kind, item.open, item.disputed, item.level, item.due_date


def _item_kept(text: str) -> tuple[object, ...]:
    row = item_of(text)
    return tuple(row[name] for name in ("currency", "kind", "open", "disputed", "level", "due_date"))


def _matters(account: Account) -> set[str]:
    return (
        {matter(EXCEPTION, name) for _, name in account.exceptions}
        | {matter(APPROVAL, name) for name in account.requests}
        | {matter(DISPUTE, name) for name in account.disputes}
        | {matter(PROMISE, name) for name in account.promises}
        | {matter(DRAFT, name) for name in account.held}
    )
