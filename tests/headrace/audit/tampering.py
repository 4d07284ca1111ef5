"""Changing logs, state and views by hand, as someone with access and knowledge could: checksums are made right again."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from rocksdict import Options, Rdict

from connectors.log.entries import checksum, cuts, pack, unpack
from connectors.log.sqlite_file import entries_table
from schemas.codec import decode_decision, encode_decision
from schemas.records import Decision

Rows = list[tuple[bytes | None, bytes]]


def rewrite(directory: Path, topic: str, partition: int, change: Callable[[Rows], Rows]) -> None:
    """Put other records into a partition of a SQLite log, numbered from 0, with right checksums."""
    connection = sqlite3.connect(directory / "log" / f"{topic}.sqlite", isolation_level=None)
    run = connection.execute
    table = entries_table(partition)
    (identity,) = run("SELECT identity FROM log").fetchone()
    rows: Rows = []
    for first, count, _, body in run(f"SELECT * FROM {table} ORDER BY first").fetchall():
        rows += [(record.key, record.value) for record in unpack(partition, first, count, body)]
    rows = change(rows)
    run(f"DELETE FROM {table}")
    keys, values = [key for key, _ in rows], [value for _, value in rows]
    for start, end in cuts(keys, values):
        body = pack(keys[start:end], values[start:end])
        crc = checksum(identity, partition, start, end - start, body)
        run(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", (start, end - start, crc, body))
    run("UPDATE partitions SET next = ? WHERE partition = ?", (len(rows), partition))
    connection.close()


def change_decision(
    directory: Path, shards: int, which: Callable[[Decision], bool], change: Callable[[Decision], None]
) -> Decision:
    """Change the first decision for which `which` holds, in every log's partition; the changed one."""
    changed: list[Decision] = []

    def edit(rows: Rows) -> Rows:
        edited: Rows = []
        for key, raw in rows:
            decision = decode_decision(raw)
            if not changed and which(decision):
                change(decision)
                changed.append(decision)
                raw = encode_decision(decision)
            edited.append((key, raw))
        return edited

    for partition in range(shards):
        rewrite(directory, "decisions", partition, edit)
    assert changed, "there is no such decision in the story"
    return changed[0]


def damage(directory: Path, topic: str, partition: int) -> None:
    """Flip a byte of an entry and leave its checksum."""
    connection = sqlite3.connect(directory / "log" / f"{topic}.sqlite", isolation_level=None)
    table = entries_table(partition)
    first, body = connection.execute(f"SELECT first, body FROM {table} ORDER BY first DESC LIMIT 1").fetchone()
    changed = body[:-1] + bytes((body[-1] ^ 1,))
    connection.execute(f"UPDATE {table} SET body = ? WHERE first = ?", (changed, first))
    connection.close()


def change_row(directory: Path, shard: int, key: bytes, change: Callable[[bytes], bytes | None]) -> None:
    """Change a row of a shard's state, take it away, or put it in: `change` gets b"" where it is not there."""
    store = _rows(directory, shard)
    changed = change(store.get(key) or b"")
    if changed is None:
        del store[key]
    else:
        store[key] = changed
    store.close()


def rows_of(directory: Path, shard: int, start: bytes) -> list[tuple[bytes, bytes]]:
    """Rows of a shard's state whose keys begin with `start`."""
    store = _rows(directory, shard)
    found = [(key, value) for key, value in store.items() if key.startswith(start)]
    store.close()
    return found


def _rows(directory: Path, shard: int) -> Rdict:
    return Rdict(str(directory / "state" / f"shard-{shard:03d}"), Options(raw_mode=True))
