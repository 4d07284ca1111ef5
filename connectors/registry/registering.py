"""Our schemas of what producers send, registered under the subjects that Confluent's serializers look in.

Subjects are named by record (RecordNameStrategy): several kinds share a topic, and a subject of the
topic's name could hold one of them only. Only appended fields with defaults ever come, so BACKWARD holds:
a reader of the newest version reads all before it.
"""

import json
from collections.abc import Iterator
from typing import Final, NamedTuple

from connectors.registry.client import SchemaRegistry
from schemas.generate import sources
from schemas.topics import TOPIC_OF_KIND

COMPATIBILITY: Final = "BACKWARD"


class Step(NamedTuple):
    """One version of one schema: the registry's id of it, and whether it was not there before."""

    subject: str
    version: int
    number: int
    new: bool


def register_all(registry: SchemaRegistry) -> Iterator[Step]:
    """Register every version of every kind that producers send, in order; each step as it is done.

    Again, or broken off and again, it changes nothing that is there. Raises RegistryAway, and
    RegistryRefused, also where a subject holds something that ours does not go with.
    """
    for source in sources():
        if source.group != "facts" or source.name not in TOPIC_OF_KIND:
            continue
        subject = f"{source.schema['namespace']}.{source.name}"
        text = json.dumps(source.schema)
        number = registry.id_of(subject, text)
        new = number is None
        if number is None:
            number = registry.register(subject, text)
        # After the first version, since some registries know no subject before it has one.
        if registry.compatibility(subject) != COMPATIBILITY:
            registry.set_compatibility(subject, COMPATIBILITY)
        yield Step(subject, source.version, number, new)
