"""Reading a topic as far as it goes at one moment."""

import time
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.log.base import Reader, Record

# A reader whose position stays below the end for this long has met a hole there, not a record.
QUIET_SECONDS: Final = 3.0


def read_to_end(reader: Reader, ends: Mapping[int, int]) -> Iterator[list[Record]]:
    """The records of the partitions in `ends` below these offsets, in batches; holes at an end are waited out."""
    quiet_since = time.monotonic()
    while any(reader.position(partition) < end for partition, end in ends.items()):
        records = reader.poll(2_000, 0.2)
        if records:
            quiet_since = time.monotonic()
            yield [record for record in records if record.offset < ends[record.partition]]
        elif time.monotonic() - quiet_since > QUIET_SECONDS:
            return
