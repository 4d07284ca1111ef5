"""A shard's rows in RocksDB: one directory a shard, one atomic batch a commit.

Keys: the table's letter, which no other table has, then what tells its rows apart. `E` event ids, `W` wakes in order of
time, `U` decisions that the log has not confirmed, `P` facts that wait for a parked account, `M` where the shard stands,
`F` and `J` exchange rates (rates.py), and the tables of an account (dataflows/rules: account_rows.py, open_debits.py,
unapplied.py, deadlines.py), each row's key being table, account key, zero byte, document.
"""

from hashlib import blake2b
from pathlib import Path
from typing import Final

from librt.strings import BytesWriter
from rocksdict import BlockBasedOptions, Cache, DBCompressionType, Options, Rdict, ReadOptions, WriteBatch

from dataflows.rules.account.account_rows import Rows
from schemas.records import ShardRow, put_shard_row, read_shard_row
from schemas.wire import Reader, Unreadable

META: Final = b"M"
# Raised with every change of a row's fields or of what a table holds.
ROW_FORMAT: Final = 16
BLOCK_CACHE_BYTES: Final = 16 << 20
# Measured 2026-11 on 2 cores, 1.5 million random keys: 8 MB with a bloom filter in the memtable
# costs 1.3 us a put and 0.7 us a miss; 64 MB without one 1.6 us and 2.4 us.
WRITE_BUFFER_BYTES: Final = 8 << 20


class StoreInUse(Exception):
    """Another process has this shard open. The message says which directory."""


# Rows to put and to delete, as `put(key, value)` and `delete(key)`, for one `Store.write`.
Batch = WriteBatch


class OtherFormat(Exception):
    """The rows are not in this version's format. The message says what to do."""


class Store(Rows):
    """The rows of one shard. `write` is atomic; a kill at any moment leaves all of a batch or nothing of it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory: Final = directory
        try:
            options = _options()
            # Named for the column family too: without that rocksdict 0.3.29 takes what the directory's OPTIONS file
            # says when it opens one that is there, and that file knows no bloom filter. Measured 2026-11: a key that
            # is not there costs 0.35 us with the filter, 1.7 to 3.1 us without.
            self._db = Rdict(str(directory), options, column_families={"default": options})
        except Exception as error:
            if "lock" in str(error).lower():
                raise StoreInUse(f"{directory} is open in another process; a shard has one owner at a time") from error
            raise

    def shard_row(self) -> ShardRow | None:
        """Where the shard stands; None for an empty directory. Raises OtherFormat."""
        raw = self._db.get(META)
        if raw is None:
            return None
        try:
            row = read_shard_row(Reader(raw))
        except Unreadable:
            row = ShardRow()
        if row.row_format != ROW_FORMAT:
            raise OtherFormat(
                f"{self.directory} was written by another version of headrace (row format {row.row_format or 'unknown'}, "
                f"this one has {ROW_FORMAT}): move the directory away; the state is built again from the logs"
            )
        return row

    def fetch(self, account_key: str, name: str) -> bytes | None:
        raw: bytes | None = self._db.get(row_key(account_key, name))
        return raw

    def names(self, account_key: str, start: str, stop: str, most: int) -> list[str]:
        at = len(account_key.encode()) + 2
        rows = self.range(row_key(account_key, start), row_key(account_key, stop), most)
        return [(key[:1] + key[at:]).decode() for key, _ in rows]

    def range(self, start: bytes, stop: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Rows with start <= key < stop, in order, at the most `most`."""
        bound = ReadOptions()
        bound.set_iterate_upper_bound(stop)
        rows = self._db.iter(bound)
        rows.seek(start)
        found: list[tuple[bytes, bytes]] = []
        while len(found) < most and rows.valid():
            found.append((rows.key(), rows.value()))
            rows.next()
        return found

    def one(self, key: bytes) -> bytes | None:
        raw: bytes | None = self._db.get(key)
        return raw

    def rows(self) -> int:
        """How many rows there are, as RocksDB estimates it."""
        found: int | None = self._db.property_int_value("rocksdb.estimate-num-keys")
        return found or 0

    def write(self, batch: Batch, row: ShardRow) -> None:
        row.row_format = ROW_FORMAT
        out = BytesWriter()
        put_shard_row(out, row)
        batch.put(META, out.getvalue())
        self._db.write(batch)

    def close(self) -> None:
        self._db.close()


def new_batch() -> Batch:
    return WriteBatch(raw_mode=True)


def row_key(account_key: str, name: str) -> bytes:
    """The key of an account's row. No two rows share one: an account key has no NUL (accounts.py), a name may have."""
    return stemmed(key_stem(account_key), name)


def key_stem(account_key: str) -> bytes:
    """What the keys of all rows of an account have in common."""
    return account_key.encode() + b"\0"


def stemmed(stem: bytes, name: str) -> bytes:
    """`row_key` of the account of that stem."""
    raw = name.encode()
    return raw[:1] + stem + raw[1:]


def event_key(event_id: str) -> bytes:
    """The key of an event id: the id itself where it is short, else 192 bits of its hash."""
    raw = event_id.encode()
    return b"E" + (raw if len(raw) <= 24 else b"\0" + blake2b(raw, digest_size=24).digest())


def wake_key(due: int, account_key: str) -> bytes:
    return b"W" + due.to_bytes(8, "big") + account_key.encode()


def unconfirmed_key(sequence: int) -> bytes:
    return b"U" + sequence.to_bytes(8, "big")


def parked_key(account_key: str, number: int) -> bytes:
    return f"P{account_key}\0".encode() + number.to_bytes(8, "big")


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(WRITE_BUFFER_BYTES)
    options.set_memtable_prefix_bloom_ratio(0.1)
    options.set_memtable_whole_key_filtering(True)
    options.set_compression_type(DBCompressionType.lz4())
    # What the memory was flushed to is soon compacted: compressing it took 3 % of all instructions of a fact.
    options.set_min_level_to_compress(1)
    tables = BlockBasedOptions()
    tables.set_bloom_filter(10, False)
    tables.set_block_cache(Cache(BLOCK_CACHE_BYTES))
    options.set_block_based_table_factory(tables)
    return options
