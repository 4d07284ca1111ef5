"""Which decisions of a sink's file a later one may make needless, found by what they are about. Within transactions.

They stand there until they are withdrawn, also when they are done: a person may have them tried again.
"""

import sqlite3
from typing import NamedTuple

from schemas.codec import decode_decision
from schemas.records import Decision
from sinks.effects.schema import CANDIDATES, WITHDRAWABLE
from sinks.effects.withdrawals import CLEARED, KINDS, account_of, clears, concerned, money_of


class Asked(NamedTuple):
    """A decision that asked for something, how its effect stands, and how many of several documents are open."""

    number: int
    sequence: int
    kind: str
    decision: Decision
    state: str
    left: int


def fill(connection: sqlite3.Connection) -> None:
    """Make the tables of a file of an earlier version, and find those that are in it."""
    for statement in (*WITHDRAWABLE, *CANDIDATES):
        connection.execute(statement)
    members = connection.execute(
        "SELECT number, kind, raw FROM members JOIN effects USING (number)"
        f" WHERE withdrawn = '' AND kind IN ({', '.join('?' * len(KINDS))})",
        sorted(KINDS),
    )
    for number, kind, raw in members:
        keep(connection, number, kind, decode_decision(raw))


def keep(connection: sqlite3.Connection, number: int, kind: str, d: Decision) -> None:
    """A decision asks for an effect of that kind."""
    if kind in KINDS:
        connection.execute(
            "INSERT OR IGNORE INTO withdrawable VALUES (?, ?, ?, ?, ?, ?, ?, '')",
            (number, d.sequence, account_of(d), kind, d.document, d.currency, money_of(d)),
        )
    if kind == "delivery":
        connection.executemany(
            "INSERT OR IGNORE INTO candidates VALUES (?, ?, ?, ?, ?)",
            [
                (number, d.sequence, account_of(d), document, f"{CLEARED}{document}" in d.evidence)
                for document in d.candidates
            ],
        )


def _look(connection: sqlite3.Connection, later: Decision) -> None:
    """Note of the document that a decision moves whether it is cleared by it, or open again."""
    if later.item_open or clears(later):
        connection.execute(
            "UPDATE candidates SET cleared = ? WHERE account = ? AND document = ? AND sequence < ?",
            (not later.item_open, account_of(later), later.document, later.sequence),
        )


def found(connection: sqlite3.Connection, later: Decision, last: bool) -> list[Asked]:
    """All that `later` may withdraw."""
    _look(connection, later)
    at = concerned(later, last)
    of_reminders = "w.kind = 'reminder' AND w.currency"
    wanted: list[tuple[str, tuple[object, ...]]] = [("w.document = ?", (document,)) for document in at.documents]
    if at.less:
        wanted.append((f"{of_reminders} = ? AND w.money < ?", (later.currency, money_of(later))))
    if at.all_of_currency:
        wanted.append((f"{of_reminders} = ?", (later.currency,)))
    if at.others:
        wanted.append((f"{of_reminders} <> ?", (later.currency,)))
    wanted += [("w.number = ? AND w.sequence = ?", group) for group in _groups(connection, later)]
    members: dict[tuple[int, int], tuple[str, bytes, str]] = {}
    for where, values in wanted:
        rows = connection.execute(
            "SELECT w.number, w.sequence, w.kind, raw, state FROM withdrawable w JOIN members USING (number, sequence)"
            f" JOIN effects e ON e.number = w.number WHERE w.word = '' AND w.account = ? AND w.sequence < ? AND {where}",
            (account_of(later), later.sequence, *values),
        )
        members |= {(number, sequence): (kind, raw, state) for number, sequence, kind, raw, state in rows}
    return [
        Asked(number, sequence, kind, decode_decision(raw), state, _left(connection, number, sequence))
        for (number, sequence), (kind, raw, state) in sorted(members.items())
    ]


def _groups(connection: sqlite3.Connection, later: Decision) -> list[tuple[int, int]]:
    """Of which deliveries of several documents its document is one."""
    return connection.execute(
        "SELECT number, sequence FROM candidates WHERE account = ? AND document = ?",
        (account_of(later), later.document),
    ).fetchall()


def _left(connection: sqlite3.Connection, number: int, sequence: int) -> int:
    where = "number = ? AND sequence = ? AND NOT cleared"
    found = connection.execute(f"SELECT count(*) FROM candidates WHERE {where}", (number, sequence)).fetchone()
    return int(found[0])


def withdraw(connection: sqlite3.Connection, asked: Asked, word: str) -> None:
    """It is needless, and why."""
    at = (asked.number, asked.sequence)
    connection.execute("UPDATE members SET withdrawn = ? WHERE number = ? AND sequence = ?", (word, *at))
    connection.execute("DELETE FROM withdrawable WHERE number = ? AND sequence = ?", at)


def withdraw_again(connection: sqlite3.Connection, asked: Asked, word: str) -> None:
    """It was done, and would be needless now: what left said what it said, and only who has it tried again wants to know."""
    connection.execute(
        "UPDATE withdrawable SET word = ? WHERE number = ? AND sequence = ?", (word, asked.number, asked.sequence)
    )


def begin_again(connection: sqlite3.Connection, number: int) -> None:
    """It is to be tried again: what is needless of it by now is withdrawn."""
    words = connection.execute(
        "SELECT word, number, sequence FROM withdrawable WHERE number = ? AND word <> ''", (number,)
    ).fetchall()
    connection.executemany("UPDATE members SET withdrawn = ? WHERE number = ? AND sequence = ?", words)
    connection.execute("DELETE FROM withdrawable WHERE number = ? AND word <> ''", (number,))
