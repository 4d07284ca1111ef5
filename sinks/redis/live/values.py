"""How values are written in the live views: JSON of one form, numbers as texts, nothing where there is none."""

import json
from typing import Any

from sinks.redis.live.work import Work

Row = dict[str, Any]


def packed(value: Any) -> str:
    """The same value always gives the same text."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def row_of(work: Work, key: str, field: str) -> Row | None:
    """A row, to be changed and put again; None where there is none."""
    text = work.get(key, field)
    return None if text is None else json.loads(text)


def put_row(work: Work, key: str, field: str, row: Row | None) -> None:
    """None takes it away."""
    work.put(key, field, None if row is None else packed(row))


def add(work: Work, key: str, field: str, change: int) -> None:
    """Change a number; what comes to nothing is taken away."""
    if change:
        now = int(work.get(key, field) or 0) + change
        work.put(key, field, str(now) if now else None)


def said(evidence: list[str], name: str) -> str:
    """The value of the first evidence of that name; empty where there is none."""
    return next((text[len(name) + 1 :] for text in evidence if text.startswith(f"{name}:")), "")
