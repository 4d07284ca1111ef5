"""Names that topics may have: those that Kafka allows, so that an installation can move between logs."""

import re

from connectors.log.base import LogRefused

_TOPIC = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,248}")


def check_topic(topic: str) -> None:
    """Raises LogRefused for a name that is no topic's."""
    if not _TOPIC.fullmatch(topic):
        raise LogRefused(f"{topic!r} cannot be a topic: 1 to 249 of letters, digits, '.', '_', '-', no '.' first")
