"""Open tasks of collectors: rows with their reasons, the worklist by score, and their clocks."""

from typing import Final

from schemas.records import Decision
from sinks.redis.live.keys import CARD, TASK, TASKS, WORKLIST, member
from sinks.redis.live.lists import enter, leave, set_clock, want_owner
from sinks.redis.live.values import Row, add, put_row, row_of
from sinks.redis.live.work import Work

_OF_TASKS: Final = "collections."


def want(work: Work, account: str, d: Decision) -> None:
    """Read what `learn` of this decision needs, but for owners."""
    if _is_task(d):
        work.want(f"{TASKS}:{account}", d.reference_id)


def want_owners(work: Work, account: str, d: Decision) -> None:
    """What is left to read once the rows are here."""
    if _is_task(d):
        row = row_of(work, f"{TASKS}:{account}", d.reference_id)
        want_owner(work, row["owner"] if row else "")
        want_owner(work, d.owner)


def learn(work: Work, account: str, d: Decision) -> None:
    """A task as it was last said; one that is given to somebody keeps the rest."""
    if not _is_task(d):
        return
    before = row_of(work, f"{TASKS}:{account}", d.reference_id)
    if d.kind == "task_closed":
        _put(work, account, d.reference_id, before, None)
    elif d.kind == "assigned":
        if before is not None:
            _put(work, account, d.reference_id, before, before | {"owner": d.owner})
    else:
        _put(work, account, d.reference_id, before, _row(d, before))


def _is_task(d: Decision) -> bool:
    if d.kind == "escalated":
        return d.rule.startswith(_OF_TASKS)
    return d.kind in ("task_opened", "task_closed") or (d.kind == "assigned" and d.category == TASK)


def _row(d: Decision, before: Row | None) -> Row:
    opened = d.event_time if d.kind == "task_opened" or before is None else before["opened_time"]
    return {
        "category": d.category,
        "owner": d.owner,
        "score": d.score,
        "next_action": d.text,
        "deadline": d.deadline,
        "step": d.level,
        "currency": d.currency,
        "past_due": d.amount,
        "document": d.document,
        "evidence": d.evidence,
        "opened_time": opened,
    }


def _put(work: Work, account: str, task: str, before: Row | None, row: Row | None) -> None:
    name = member(account, TASK, task)
    if before is not None:
        leave(work, WORKLIST, name, before["owner"])
    if row is not None:
        enter(work, WORKLIST, name, row["owner"], row["score"])
    set_clock(work, name, row["deadline"] if row else 0)
    add(work, f"{CARD}:{account}", "tasks", (row is not None) - (before is not None))
    put_row(work, f"{TASKS}:{account}", task, row)
