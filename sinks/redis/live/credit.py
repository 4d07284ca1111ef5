"""Credit as an account's card has it: as of the last decision that stated it."""

from typing import Final

from schemas.records import Decision
from sinks.redis.live.keys import CARD
from sinks.redis.live.values import packed, said
from sinks.redis.live.work import Work

_STATED: Final = ("credit_hold_set", "credit_hold_released", "credit_near_limit")


def learn(work: Work, account: str, d: Decision) -> None:
    """Whether it is held and for what, its limit and what of it is used; a limit that was set."""
    card = f"{CARD}:{account}"
    if d.kind == "credit_limit_set":
        work.put(card, "credit_limit_set", str(d.amount))
        work.put(card, "credit_limit_set_currency", d.currency)
    if d.kind not in _STATED:
        return
    work.put(card, "credit_currency", d.currency)
    work.put(card, "credit_exposure", str(d.amount))
    work.put(card, "credit_limit", said(d.evidence, "limit") or None)
    work.put(card, "credit_stated_time", str(d.event_time))
    if d.kind == "credit_hold_set":
        work.put(card, "credit_held", "1")
        work.put(card, "credit_held_for", packed(d.reasons))
        work.put(card, "credit_held_since", str(d.event_time))
    elif d.kind == "credit_hold_released":
        for name in ("credit_held", "credit_held_for", "credit_held_since"):
            work.put(card, name, None)
