"""The durable position of one sink with effects, and each of its effects until long after it has ended: one SQLite file.

Guarantees: positions move together with the intents that were read up to them, so none is lost or read twice. An
attempt is in the file before it is made. Memory does not grow with what waits.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from schemas.codec import decode_decision
from schemas.records import Decision
from sinks.base import SinkStopped
from sinks.effects import expiry, withdrawable
from sinks.effects.base import OPEN, Effect, Ending, Intent, Outcome, Result, State
from sinks.effects.files import opened, readable
from sinks.effects.schema import FOR_A_PERSON, LEFT
from sinks.effects.schema import OPEN as OPEN_SQL
from sinks.effects.withdrawals import account_of, withdrawn

_DETAIL_CHARACTERS: Final = 500


class Position(NamedTuple):
    """Of a shard: the next offset, and the next sequence (decisions only). Of decisions, always the first one of a fact."""

    next: int
    sequence: int = 0


class Row(NamedTuple):
    """An effect as people are shown it. Times are UTC milliseconds, 0 where there is none."""

    number: int
    key: str
    target: str
    kind: str
    lane: str
    account: str
    made_ms: int
    expires_ms: int
    state: str
    due_ms: int
    attempts: int
    ended_ms: int
    detail: str
    reference: str


class Tried(NamedTuple):
    """One attempt. result: empty while it is under way, or where a crash cut it off."""

    at_ms: int
    ended_ms: int
    result: str
    detail: str


class Ended(NamedTuple):
    """An attempt that has ended. retry_seconds: when it is tried again, None: never; where its result is `later`, `more` or `off`."""

    number: int
    outcome: Outcome
    retry_seconds: float | None


class TargetRow(NamedTuple):
    """A target as it stands. off_ms: since when it is switched off, 0 where it is on; failures: attempts in a row that failed;
    paused_until_ms: nothing is tried before then, as was said at paused_ms."""

    target: str
    off_ms: int = 0
    off_why: str = ""
    failures: int = 0
    paused_until_ms: int = 0
    paused_ms: int = 0


# Of all rounds: the column begins anew where a person has it tried again.
_ATTEMPTS: Final = "(SELECT count(*) FROM attempts WHERE attempts.number = effects.number)"
_ROW: Final = ", ".join(_ATTEMPTS if name == "attempts" else name for name in Row._fields)


class EffectStore:
    """One connection. The sink has one, commands have their own beside it; every change is one transaction."""

    def __init__(self, path: Path) -> None:
        """Raises SinkStopped where the file is not there, or is none of this version's."""
        self.path = path
        self._connection, self.name, self.facts, self.decisions = opened(path)

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator["EffectStore"]:
        """The file, for as long as this lasts. Raises SinkStopped as it is opened, and where it turns out to be damaged."""
        with readable(path), closing(cls(path)) as store:
            yield store

    def close(self) -> None:
        self._connection.close()

    def check(self) -> None:
        """Look through all of it. Raises SinkStopped where it is damaged."""
        with readable(self.path):
            found = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable at the end; other connections wait. Raises SinkStopped where the disk is full or fails."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            raise SinkStopped(
                f"{self.path}: cannot be written: {error}; nothing was sent that it does not say. Make room, and start again"
            ) from error

    # --- positions and intents ---

    def positions(self, topic: str) -> dict[int, Position]:
        rows = self._connection.execute("SELECT shard, next, sequence FROM positions WHERE topic = ?", (topic,))
        return {shard: Position(following, sequence) for shard, following, sequence in rows}

    def move(self, topic: str, positions: Mapping[int, Position]) -> None:
        """Within a transaction."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO positions (topic, shard, next, sequence) VALUES (?, ?, ?, ?)",
            [(topic, shard, *position) for shard, position in positions.items()],
        )

    def add(self, key: str, decision: Decision, raw: bytes, intent: Intent, now_ms: int) -> None:
        """Keep an intent; one that is here already is not kept twice. Within a transaction."""
        run = self._connection.execute
        d = decision
        if intent.bundle:
            found = run(
                "SELECT number FROM effects WHERE shard = ? AND fact_offset = ? AND target = ? AND bundle = ? AND bundle <> ''",
                (d.shard, d.fact_offset, intent.target, intent.bundle),
            ).fetchone()
            if found is not None:
                if run("INSERT OR IGNORE INTO members VALUES (?, ?, ?, '')", (found[0], d.sequence, raw)).rowcount:
                    withdrawable.keep(self._connection, found[0], intent.kind, d)
                return
        life_ms = intent.life_seconds * 1000
        head = not intent.lane or not self._open_in(intent.target, intent.lane)
        cursor = run(
            "INSERT OR IGNORE INTO effects VALUES"
            " (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, 0, 0, 0, '', '', 0, ?, 0)",
            (
                *(key, d.shard, d.sequence, d.fact_offset, intent.target, intent.kind, intent.lane, intent.bundle),
                *(account_of(d), d.recorded_time, d.recorded_time + life_ms, head),
                # At once, though the clock be ahead just now.
                *(max(min(now_ms, d.recorded_time), intent.not_before_ms), life_ms),
            ),
        )
        if cursor.rowcount:
            assert cursor.lastrowid is not None
            run("INSERT INTO members VALUES (?, ?, ?, '')", (cursor.lastrowid, d.sequence, raw))
            withdrawable.keep(self._connection, cursor.lastrowid, intent.kind, d)

    def _open_in(self, target: str, lane: str) -> bool:
        found = self._connection.execute(
            f"SELECT 1 FROM effects WHERE target = ? AND lane = ? AND state IN ({OPEN_SQL}) LIMIT 1", (target, lane)
        )
        return found.fetchone() is not None

    def withdraw(self, later: Decision, last: bool, now_ms: int) -> int:
        """Withdraw what `later` makes needless; how many effects ended by it. Within a transaction. last: as in `withdrawn`.

        What waits ends at once. What is being tried just now ends when it would be tried again; what failed, expired, is
        unknown or done stays as it ended, and is not tried again by hand.
        """
        waiting: set[int] = set()
        for asked in withdrawable.found(self._connection, later, last):
            word = withdrawn(asked.kind, asked.decision, later, last, asked.left)
            if word and asked.state == State.done:
                withdrawable.withdraw_again(self._connection, asked, word)
            elif word:
                withdrawable.withdraw(self._connection, asked, word)
                if asked.state == State.waiting:
                    waiting.add(asked.number)
        return sum(self._withdrawn(number, now_ms) for number in waiting)

    def _withdrawn(self, number: int, now_ms: int) -> bool:
        """End an effect of which nothing is left. Within a transaction."""
        words = self._needless(number)
        if words:
            self._end(number, State.withdrawn, words, "", now_ms)
        return bool(words)

    def _needless(self, number: int) -> str:
        """Why nothing is left of it; empty where something is."""
        words = [word for (word,) in self._connection.execute(
            "SELECT withdrawn FROM members WHERE number = ? ORDER BY sequence", (number,)
        )]  # fmt: skip
        return ", ".join(dict.fromkeys(words)) if all(words) else ""

    def _members(self, number: int) -> list[tuple[int, Decision, str]]:
        rows = self._connection.execute(
            "SELECT sequence, raw, withdrawn FROM members WHERE number = ? ORDER BY sequence", (number,)
        )
        return [(sequence, decode_decision(raw), word) for sequence, raw, word in rows.fetchall()]

    # --- what may be tried ---

    def expire(self, now_ms: int, most: int, look_ms: int = 0) -> int:
        """End what has waited too long; how many, at most `most`. What was tried is looked for before that, for `look_ms`."""
        with self.transaction() as connection:
            ended = expiry.over(connection, now_ms, most, look_ms)
            for number, why in ended:
                self._end(number, State.expired, why, "", now_ms)
        return len(ended)

    def ready(self, target: str, shards: Sequence[int], now_ms: int, most: int, look: bool = False) -> list[int]:
        """What may be tried now at this target of these shards, the longest due first; of what has expired only what was tried, to
        be looked for."""
        rows = self._connection.execute(
            "SELECT number FROM effects WHERE target = ? AND head = 1 AND state = 'waiting' AND due_ms <= ?"
            f" AND (expires_ms > ? OR ? AND attempts + rounds > 0) AND shard IN ({_marks(shards)}) ORDER BY due_ms, number LIMIT ?",
            (target, now_ms, now_ms, look, *shards, most),
        )
        return [number for (number,) in rows]

    def waiting(self, target: str, behind: int, most: int) -> list[int]:
        """What waits for this target, of numbers above `behind`, in their order."""
        rows = self._connection.execute(
            "SELECT number FROM effects WHERE state = 'waiting' AND target = ? AND number > ? ORDER BY number LIMIT ?",
            (target, behind, most),
        )
        return [number for (number,) in rows]

    def drop(self, reasons: Mapping[int, str], now_ms: int) -> None:
        """End as withdrawn, by number with why, what nobody wants any more. A person may have it tried again."""
        with self.transaction():
            for number, why in reasons.items():
                self._end(number, State.withdrawn, why, "", now_ms)

    def start(self, numbers: Sequence[int], now_ms: int) -> list[Effect]:
        """Write down that these are tried now, durably, and give them."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO begun VALUES (1, ?)", (self.begun() + len(numbers),))
            for number in numbers:
                connection.execute(
                    "UPDATE effects SET state = 'sending', attempts = attempts + 1 WHERE number = ?", (number,)
                )
                connection.execute("INSERT INTO attempts VALUES (?, ?, 0, '', '')", (number, now_ms))
            return [self.effect(number, now_ms) for number in numbers]

    def begun(self) -> int:
        """How many attempts were ever begun: a later file has more of them than an earlier one."""
        found = self._connection.execute("SELECT attempts FROM begun").fetchone()
        return 0 if found is None else int(found[0])

    def not_tried(self, numbers: Sequence[int]) -> None:
        """These were started, and then nothing was tried: they wait as before."""
        with self.transaction() as connection:
            for number in numbers:
                connection.execute(
                    "UPDATE effects SET state = 'waiting', attempts = attempts - 1 WHERE number = ?", (number,)
                )
                connection.execute("DELETE FROM attempts WHERE number = ? AND result = ''", (number,))

    def effect(self, number: int, now_ms: int = 0) -> Effect:
        key, target, kind, lane, attempts, rounds, parts, expires_ms, in_doubt = self._connection.execute(
            "SELECT key, target, kind, lane, attempts, rounds, coalesce(done, 0), expires_ms, in_doubt FROM effects"
            " LEFT JOIN parts USING (number) WHERE number = ?",
            (number,),
        ).fetchone()
        members = self._members(number)
        left = [decision for _, decision, word in members if not word] or [decision for _, decision, _ in members]
        of = (number, key, target, kind, lane, tuple(left), attempts, rounds, parts)
        return Effect(*of, expires_ms <= now_ms, bool(in_doubt))

    # --- what came of it ---

    def ended(self, attempts: Sequence[Ended], now_ms: int) -> None:
        """Keep what came of attempts: an end, or when it is tried again."""
        with self.transaction():
            for attempt in attempts:
                self._ended(attempt, now_ms)

    def _ended(self, attempt: Ended, now_ms: int) -> None:
        number, outcome, retry_seconds = attempt
        detail = outcome.detail[:_DETAIL_CHARACTERS]
        self._connection.execute(
            "UPDATE attempts SET ended_ms = ?, result = ?, detail = ? WHERE number = ? AND result = ''",
            (now_ms, outcome.result.value, detail, number),
        )
        if outcome.parts:
            self._connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?)", (number, outcome.parts))
        if outcome.in_doubt:
            self._connection.execute("UPDATE effects SET in_doubt = 1 WHERE number = ?", (number,))
        if outcome.result in (Result.later, Result.more, Result.off) and retry_seconds is not None:
            if self._withdrawn(number, now_ms):
                return
            # What goes on, or waits until its target is enabled, has not failed: when it does, its waits begin with the first.
            self._connection.execute(
                "UPDATE effects SET state = 'waiting', due_ms = ?, detail = ?, attempts = attempts * ? WHERE number = ?",
                (now_ms + round(retry_seconds * 1000), detail, outcome.result is Result.later, number),
            )
        else:
            state = {Result.done: State.done, Result.unknown: State.unknown}.get(outcome.result, State.failed)
            self._end(number, state, detail, outcome.reference, now_ms)

    def cut_off(self) -> list[Effect]:
        """What was being tried when the process ended."""
        rows = self._connection.execute("SELECT number FROM effects WHERE state = 'sending' ORDER BY number").fetchall()
        return [self.effect(number) for (number,) in rows]

    def _end(self, number: int, state: State, detail: str, reference: str, now_ms: int) -> None:
        """Within a transaction. The next one of its lane may go."""
        run = self._connection.execute
        in_doubt, target, lane = run(
            "SELECT in_doubt, target, lane FROM effects WHERE number = ?", (number,)
        ).fetchone()
        if in_doubt and state in (State.withdrawn, State.expired):
            detail = f"{detail}; an attempt had no answer, and may have arrived"
        run(
            "UPDATE effects SET state = ?, head = 0, ended_ms = ?, told = 0, detail = ?, reference = ? WHERE number = ?",
            (state.value, now_ms, detail, reference, number),
        )
        if lane:
            self._next_head(target, lane)

    def _next_head(self, target: str, lane: str) -> None:
        """The first one that waits; none while one is being tried."""
        self._connection.execute(
            "UPDATE effects SET head = 1 WHERE state = 'waiting' AND number ="
            f" (SELECT number FROM effects WHERE target = ? AND lane = ? AND state IN ({OPEN_SQL})"
            " ORDER BY state = 'sending' DESC, number LIMIT 1)",
            (target, lane),
        )

    def untold(self, most: int) -> list[Ending]:
        """Ends of which the log was not told yet, in their order."""
        rows = self._connection.execute(
            "SELECT number, state, detail, reference, ended_ms FROM effects"
            f" WHERE told = 0 AND state NOT IN ({OPEN_SQL}) ORDER BY number LIMIT ?",
            (most,),
        ).fetchall()
        return [
            Ending(self.effect(number), State(state), detail, reference, ended_ms)
            for number, state, detail, reference, ended_ms in rows
        ]

    def told(self, endings: Sequence[Ending]) -> None:
        """These are told. One that a person settled, or had tried again, meanwhile has another ending, which is not."""
        with self.transaction() as connection:
            connection.executemany(
                "UPDATE effects SET told = 1 WHERE number = ? AND state = ? AND rounds = ?",
                [(ending.effect.number, ending.state.value, ending.effect.rounds) for ending in endings],
            )

    def forget(self, before_ms: int, most: int) -> int:
        """Drop what ended before then and was told; how many, at most `most`. What a person has to see stays."""
        with self.transaction() as connection:
            rows = connection.execute(
                "SELECT number FROM effects WHERE ended_ms > 0 AND ended_ms < ? AND told = 1"
                " AND state IN ('done', 'expired', 'withdrawn', 'failed') ORDER BY ended_ms LIMIT ?",
                (before_ms, most),
            ).fetchall()
            for table in ("attempts", "members", "withdrawable", "candidates", "parts", "late", "effects"):
                connection.executemany(f"DELETE FROM {table} WHERE number = ?", rows)
        return len(rows)

    # --- targets ---

    def targets(self) -> dict[str, TargetRow]:
        return {row[0]: TargetRow(*row) for row in self._connection.execute("SELECT * FROM targets")}

    def set_target(self, row: TargetRow) -> None:
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO targets VALUES (?, ?, ?, ?, ?, ?)", row)

    def put_back(self, now_ms: int) -> None:
        """What waits since a time that has not come, for the clock was ahead then, waits as long from now on."""
        last = "(SELECT max(ended_ms) FROM attempts WHERE attempts.number = effects.number)"
        with self.transaction() as connection:
            connection.execute(
                f"UPDATE effects SET due_ms = due_ms - {last} + ?"
                f" WHERE state = 'waiting' AND due_ms > ? AND {last} > ? AND due_ms >= {last}",
                (now_ms, now_ms, now_ms),
            )
            connection.execute(
                "UPDATE targets SET paused_until_ms = paused_until_ms - paused_ms + ?, paused_ms = ? WHERE paused_ms > ?",
                (now_ms, now_ms, now_ms),
            )

    # --- what a sink has learned ---

    def get(self, key: str) -> bytes | None:
        found = self._connection.execute("SELECT value FROM known WHERE key = ?", (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def put(self, key: str, value: bytes) -> None:
        """Within a transaction."""
        self._connection.execute("INSERT OR REPLACE INTO known VALUES (?, ?)", (key, value))

    # --- for people ---

    def rows(
        self, states: Sequence[str] | None = (), target: str = "", account: str = "", most: int = 1_000
    ) -> list[Row]:
        """The last effects, newest first; of these states (None: open, or for a person), target or account where they are given."""
        among = LEFT if states is None else f"state IN ({_marks(states)})" if states else "1"
        where, values = [among], list[object](states or ())
        for column, value in (("target", target), ("account", account)):
            if value:
                where.append(f"{column} = ?")
                values.append(value)
        found = self._connection.execute(
            f"SELECT {_ROW} FROM effects WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?", (*values, most)
        )
        return [Row(*row) for row in found]

    def row(self, number: int) -> Row | None:
        found = self._connection.execute(f"SELECT {_ROW} FROM effects WHERE number = ?", (number,)).fetchone()
        return None if found is None else Row(*found)

    def members(self, number: int) -> list[tuple[Decision, str]]:
        """Its decisions, and why each was withdrawn, empty where it was not."""
        return [(decision, word) for _, decision, word in self._members(number)]

    def attempts(self, number: int) -> list[Tried]:
        rows = self._connection.execute(
            "SELECT at_ms, ended_ms, result, detail FROM attempts WHERE number = ? ORDER BY at_ms, rowid", (number,)
        )
        return [Tried(*row) for row in rows]

    def counts(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By target and state, of what waits, failed or is unknown: how many, and when the oldest was asked for (UTC ms)."""
        rows = self._connection.execute(
            "SELECT target, state, count(*), min(made_ms) FROM effects WHERE state IN ('waiting', 'failed', 'unknown')"
            " GROUP BY state, target"
        )
        return {(target, state): (count, oldest) for target, state, count, oldest in rows}

    def again(self, number: int, now_ms: int) -> str:
        """A person wants it tried again, from the first attempt on; from now on it lives as long as at first. Why it is not;
        empty where it is."""
        with self.transaction() as connection:
            found = connection.execute("SELECT state, target, lane FROM effects WHERE number = ?", (number,)).fetchone()
            if found is None:
                return "there is no such effect"
            state, target, lane = found
            if state in OPEN:
                return f"is {state}, and is tried without this"
            withdrawable.begin_again(connection, number)
            needless = self._needless(number)
            if needless:
                return f"nothing of it is left to be done: {needless}"
            connection.execute(
                "UPDATE effects SET state = 'waiting', due_ms = ?, expires_ms = ? + life_ms, attempts = 0, ended_ms = 0, told = 0, in_doubt = 0,"
                " rounds = rounds + 1, head = ?, detail = 'again by hand' WHERE number = ?",
                (now_ms, now_ms, not lane, number),
            )
            for table in ("parts", "late"):
                connection.execute(f"DELETE FROM {table} WHERE number = ?", (number,))
            if lane:
                connection.execute(
                    "UPDATE effects SET head = 0 WHERE target = ? AND lane = ? AND state = 'waiting'", (target, lane)
                )
                self._next_head(target, lane)
        return ""

    def settle(self, number: int, state: State, detail: str, now_ms: int) -> bool:
        """A person knows what became of it; False where it is not for a person."""
        with self.transaction() as connection:
            chosen = f"SELECT state FROM effects WHERE number = ? AND {FOR_A_PERSON}"
            found = connection.execute(chosen, (number,)).fetchone()
            if found is not None and state is State.failed and found != (State.unknown,):
                # It was told that it was not done; why it shall not be is for people.
                connection.execute("UPDATE effects SET state = ?, detail = ? WHERE number = ?", (state, detail, number))
            elif found is not None:
                self._end(number, state, detail, "", now_ms)
        return found is not None


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
