"""Reading a topic as far as it goes at one moment."""

from collections.abc import Iterator, Mapping

from connectors.log.base import Reader, Record


def read_to_end(reader: Reader, ends: Mapping[int, int]) -> Iterator[list[Record]]:
    """The records of the partitions in `ends` below these offsets, in batches.

    Raises LogUnavailable while the log is away: it never stops early for that.
    """
    while any(reader.position(partition) < end for partition, end in ends.items()):
        records = reader.poll(2_000, 0.2)
        if records:
            yield [record for record in records if record.offset < ends[record.partition]]
