"""A process that appends numbered records until it is killed, and says on stdout what was confirmed.

Arguments: kind of log, where, prefix, topic, name of this run, partitions, records in a round, rounds (0: no end).
Record n of a partition is NAME:n and padding. A line "PARTITION OFFSET N" says that record N has
OFFSET and that it and all before it are confirmed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from connectors.log import open_log
from connectors.log.base import LogUnavailable


def main() -> None:
    kind, where, prefix, topic, name, partitions, size, rounds = sys.argv[1:]
    kafka = "" if kind == "sqlite" else where
    log = open_log(kafka, Path(where), prefix, kind == "transactional", True)
    writer = log.writer(topic, name.split("-")[0])
    print("ready", flush=True)
    count = done = 0
    while not int(rounds) or done < int(rounds):
        done += 1
        for number in range(count, count + int(size)):
            for partition in range(int(partitions)):
                text = f"{name}:{number}:"
                writer.send(partition, name.encode(), text.ljust(40 + number % 300, "x").encode(), number)
        count += int(size)
        while writer.unconfirmed:
            try:
                confirmed = writer.poll(0.05)
            except LogUnavailable:
                continue
            for each in confirmed:
                print(each.partition, each.offset, each.token, flush=True)
    writer.close()
    log.close()


if __name__ == "__main__":
    main()
