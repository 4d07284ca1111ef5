"""What decisions, and the few facts that say more of an account, change in the live views of their shard.

Decisions and facts of one account may come in any order of each other: each changes fields of its own.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from schemas.records import AccountOwner, Clock, Customer, Decision, Message
from sinks.redis.connect import RedisServer
from sinks.redis.live import cards, credit, items, matters, tasks
from sinks.redis.live.directory import learn_account, learn_names, want_names
from sinks.redis.live.keys import CARD, account_of
from sinks.redis.live.work import Work, load

LEARNED: Final = ("customer", "account_owner", "message", "clock")
LearnedFact = Customer | AccountOwner | Message
_BALANCES: Final = ("open_debit", "open_credit", "unapplied", "on_account")


def learn(server: RedisServer, works: Iterable[tuple[Work, Sequence[Decision], Sequence[LearnedFact], int]]) -> None:
    """Take these decisions and facts, each in its shard's order, into the work of their shard, as of its day.

    Reads in two rounds for all of them together. Raises RetryLater.
    """
    found = [(work, [d for d in decisions if d.account_id], facts, day) for work, decisions, facts, day in works]
    for work, decisions, facts, _ in found:
        for d in decisions:
            _want_decision(work, d)
        for fact in facts:
            _want_fact(work, fact)
    load(server, [work for work, *_ in found])
    for work, decisions, _, _ in found:
        for d in decisions:
            tasks.want_owners(work, _of(d), d)
            matters.want_owners(work, _of(d), d)
    load(server, [work for work, *_ in found])
    for work, decisions, facts, day in found:
        for d in decisions:
            _learn_decision(work, d)
        for fact in facts:
            _learn_fact(work, fact)
        for account in sorted({_of(d) for d in decisions} | {_of(fact) for fact in facts}):
            cards.restate(work, account, day)


def turn(server: RedisServer, work: Work, accounts: Sequence[str], day: int) -> None:
    """State these accounts' aging and owner as of the day. Raises RetryLater."""
    for account in accounts:
        cards.want(work, account)
    load(server, [work])
    for account in accounts:
        cards.restate(work, account, day)


def _of(x: Decision | LearnedFact) -> str:
    return account_of(x.tenant, x.entity, x.account_id)


def _want_decision(work: Work, d: Decision) -> None:
    account = _of(d)
    cards.want(work, account)
    items.want(work, account, d)
    matters.want(work, account, d)
    tasks.want(work, account, d)
    want_names(work, d)


def _want_fact(work: Work, fact: LearnedFact) -> None:
    cards.want(work, _of(fact))
    if isinstance(fact, Customer):
        learn_account(work, fact, wanted=True)


_LEARN: Final[tuple[Callable[[Work, str, Decision], None], ...]] = (
    items.learn,
    matters.learn,
    tasks.learn,
    credit.learn,
    cards.learn_letter,
)


def _learn_decision(work: Work, d: Decision) -> None:
    account = _of(d)
    card = f"{CARD}:{account}"
    work.put(card, "sequence", str(d.sequence))
    if d.currency:
        for name in _BALANCES:
            work.put(card, f"{d.currency}:{name}", str(getattr(d, name)))
    for learn_part in _LEARN:
        learn_part(work, account, d)
    learn_names(work, d)


def _learn_fact(work: Work, fact: LearnedFact) -> None:
    account = _of(fact)
    if isinstance(fact, Customer):
        cards.learn_customer(work, account, fact)
        learn_account(work, fact)
    elif isinstance(fact, AccountOwner):
        cards.learn_owner(work, account, fact)
    else:
        cards.learn_message(work, account, fact)


__all__ = ["LEARNED", "Clock", "LearnedFact", "learn", "turn"]
