"""Which files were ingested, by SHA-256 and mapping: a small SQLite file in the installation's directory.

It only tells people. That a file has no second effect is the event ids' doing, with or without it.
"""

import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, Self

LEDGER: str = "intake/files.db"


class Ingested(NamedTuple):
    """One file that was ingested. `time_ms` is UTC milliseconds."""

    file: str
    time_ms: int
    rows: int
    facts: int
    refused: int


class FileLedger:
    """Opened for one `headrace ingest`; close it."""

    def __init__(self, directory: Path) -> None:
        path = directory / LEDGER
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS files (sha256 TEXT, mapping TEXT, file TEXT, time_ms INTEGER,"
            " rows INTEGER, facts INTEGER, refused INTEGER, PRIMARY KEY (sha256, mapping))"
        )

    def find(self, digest: str, mapping: str) -> Ingested | None:
        row = self._connection.execute(
            "SELECT file, time_ms, rows, facts, refused FROM files WHERE sha256 = ? AND mapping = ?", (digest, mapping)
        ).fetchone()
        return None if row is None else Ingested(*row)

    def save(self, digest: str, mapping: str, ingested: Ingested) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", (digest, mapping, *ingested)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def file_digest(path: Path) -> str:
    """SHA-256 of the file's bytes, hex."""
    total = sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()
