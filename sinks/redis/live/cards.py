"""Account cards: who the customer is, what is past due as of the shard's day, who looks after it, the last contact, what is next."""

import json
from typing import Any, Final

from schemas.records import AccountOwner, Customer, Decision, Message
from sinks.redis.live.keys import CARD, DAYS, TASKS, TURNING
from sinks.redis.live.values import packed
from sinks.redis.live.work import Work

# Days past due up to which each bucket goes; REFERENCE 1.
AGING: Final = (("current", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90), ("91+", None))
COLLECTOR: Final = "collector"
_SAID: Final = ("name", "country", "language", "segment", "tier", "region", "risk_class", "contract")
# So many customer facts are known again when they come twice.
_IDS_KEPT: Final = 8
_WENT_OUT: Final = frozenset({"sent", "delivered"})
_CONTACT: Final = ("contact_time", "contact_direction", "contact_channel", "contact_about")


def want(work: Work, account: str) -> None:
    """Read the account's card, and what `restate` makes its figures of."""
    work.want_whole(f"{CARD}:{account}")
    work.want_whole(f"{DAYS}:{account}")
    work.want_whole(f"{TASKS}:{account}")


def learn_customer(work: Work, account: str, fact: Customer) -> None:
    """Master data; a fact that came before says nothing new."""
    card = f"{CARD}:{account}"
    known: list[str] = json.loads(work.get(card, "customer_facts") or "[]")
    if fact.event_id in known:
        return
    work.put(card, "customer_facts", packed([*known, fact.event_id][-_IDS_KEPT:]))
    for name in _SAID:
        work.put(card, name, getattr(fact, name) or None)


def learn_owner(work: Work, account: str, fact: AccountOwner) -> None:
    """Who has a role from a day on; a later word of the same day replaces it."""
    card = f"{CARD}:{account}"
    known: list[list[Any]] = json.loads(work.get(card, "roles") or "[]")
    kept = [one for one in known if one[:2] != [fact.role, fact.valid_from_date]]
    work.put(card, "roles", packed(sorted([*kept, [fact.role, fact.valid_from_date, fact.owner]])))


def learn_message(work: Work, account: str, fact: Message) -> None:
    """A message that came in, or went out."""
    if fact.direction == "in" or fact.status in _WENT_OUT:
        about = fact.document or fact.template or fact.message_id
        _contact(work, account, fact.event_time, fact.direction, fact.channel, about)


def learn_letter(work: Work, account: str, d: Decision) -> None:
    """A reminder is a contact when it is decided."""
    if d.kind == "reminder_due":
        _contact(work, account, d.event_time, "out", d.channel, f"reminder {d.level}")


def _contact(work: Work, account: str, time: int, *said: str) -> None:
    """The last one, whichever came first to us."""
    card = f"{CARD}:{account}"
    before = (int(work.get(card, _CONTACT[0]) or 0), *(work.get(card, name) or "" for name in _CONTACT[1:]))
    if (time, *said) > before:
        for name, value in zip(_CONTACT, (str(time), *said), strict=True):
            work.put(card, name, value or None)


def restate(work: Work, account: str, day: int) -> None:
    """Everything of the card that follows from the rest of it as of `day`."""
    card = f"{CARD}:{account}"
    days = work.whole(f"{DAYS}:{account}")
    turns = _aging(work, card, days, day)
    levels = [int(name.partition(":")[2]) for name in days if name.startswith("level:")]
    work.put(card, "level", str(max(levels)) if max(levels, default=0) else None)
    tasks = [(task, json.loads(row)) for task, row in work.whole(f"{TASKS}:{account}").items()]
    task, first = min(tasks, key=lambda x: (-x[1]["score"], x[1]["opened_time"], x[0]), default=("", None))
    for name, value in (
        ("next_task", task),
        ("next_action", first["next_action"] if first else ""),
        ("next_action_until", str(first["deadline"] or "") if first else ""),
    ):
        work.put(card, name, value or None)
    turns += _owners(work, card, first["owner"] if first else "", day)
    work.rank(TURNING, account, min(turns, default=None))


def bucket(past_due_days: int) -> int:
    """Which of AGING so many days past due are in."""
    return next(at for at, (_, most) in enumerate(AGING) if most is None or past_due_days <= most)


def _aging(work: Work, card: str, days: dict[str, str], day: int) -> list[int]:
    """Put the buckets; the days on which they change by themselves."""
    sums: dict[str, list[int]] = {}
    oldest: dict[str, int] = {}
    turns: list[int] = []
    for name, amount in days.items():
        currency, _, due_text = name.partition(":")
        if currency == "level":
            continue
        due = int(due_text)
        at = bucket(day - due)
        sums.setdefault(currency, [0] * len(AGING))[at] += int(amount)
        oldest[currency] = min(due, oldest.get(currency, due))
        most = AGING[at][1]
        if most is not None:
            turns.append(due + most + 1)
    known = {name.partition(":")[0] for name in work.whole(card) if name.endswith(":current")}
    for currency in sorted(known | sums.keys()):
        found = sums.get(currency)
        for at, (name, _) in enumerate(AGING):
            work.put(card, f"{currency}:{name}", str(found[at]) if found else None)
        work.put(card, f"{currency}:past_due", str(sum(found[1:])) if found else None)
        work.put(card, f"{currency}:oldest_due", str(oldest[currency]) if found else None)
    return turns


def _owners(work: Work, card: str, of_task: str, day: int) -> list[int]:
    """Put who is responsible as of the day; the days on which that changes by itself."""
    roles: dict[str, str] = {}
    later: list[int] = []
    for role, since, owner in json.loads(work.get(card, "roles") or "[]"):
        if since <= day:
            roles[role] = owner
        else:
            later.append(since)
    work.put(card, "owner", roles.get(COLLECTOR) or of_task or None)
    return later
