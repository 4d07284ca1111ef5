"""How far intake has read each input topic: saved in the log, and beside it in the installation's directory.

The second copy is for Kafka, which forgets the positions of a group that saves nothing for a week: read from
the beginning again, facts whose ids are no longer kept would count twice.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from connectors.log.base import Log, LogUnavailable
from schemas.topics import INPUT_TOPICS

GROUP: Final = "intake"
Offsets = dict[str, dict[int, int]]


class Positions:
    """The next offsets of every input topic. What is saved must be durable in the facts log and the dead letters."""

    def __init__(self, log: Log, path: Path) -> None:
        self._log = log
        self._path = path
        self._identities = {topic: log.identity(topic) for topic in INPUT_TOPICS}

    def load(self) -> Offsets:
        """Where to go on in each partition: the further of both copies, or the topic's beginning."""
        beside = self._beside()
        found: Offsets = {}
        for topic in INPUT_TOPICS:
            begins = self._log.begin_offsets(topic)
            saved, kept = self._log.positions(GROUP, topic), beside.get(topic, {})
            found[topic] = {p: max(saved.get(p, begin), kept.get(p, begin)) for p, begin in enumerate(begins)}
        return found

    def _beside(self) -> Offsets:
        """The copy in the directory, of those topics that are still the same ones."""
        try:
            stored = json.loads(self._path.read_text())
        except (FileNotFoundError, ValueError):
            # None yet, or torn by a power cut: the log's own copy is as good.
            return {}
        return {
            topic: {int(partition): offset for partition, offset in kept["next"].items()}
            for topic, kept in stored.items()
            if kept["identity"] == self._identities.get(topic)
        }

    def save(self, offsets: Mapping[str, Mapping[int, int]]) -> None:
        """Save those of all topics. Raises LogUnavailable where the log is away (the copy beside it is saved then) or
        the disk is full."""
        contents = {topic: {"identity": self._identities[topic], "next": by} for topic, by in offsets.items()}
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(contents))
            os.replace(fresh, self._path)
        except OSError as error:
            raise LogUnavailable(f"{self._path}: {error.strerror}; make room") from error
        for topic, by_partition in offsets.items():
            self._log.save_positions(GROUP, topic, by_partition)
