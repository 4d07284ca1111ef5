"""[delivery]"""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from dataflows.rules.provisions.delivery import CHANNELS, KINDS
from headrace.policies.sections.fields import Section, one_of, whole, wrong


def once(words: list[str]) -> list[str]:
    if len(set(words)) != len(words):
        raise wrong("must name each once")
    return words


Channels: TypeAlias = Annotated[list[Annotated[str, one_of(CHANNELS)]], AfterValidator(once)]


class DeliverySection(Section):
    """How invoices get to customers, and what is done where they do not."""

    channels: Channels
    kinds: Annotated[list[Annotated[str, one_of(KINDS)]], AfterValidator(once)]
    confirm_hours: Annotated[int, whole(0, 2000)]
    acknowledge: Channels
    acknowledge_hours: Annotated[int, whole(1, 2000)]
    tries: Annotated[int, whole(1, 20)]
    owner: str
