"""[statements]"""

from typing import Annotated

from pydantic import AfterValidator

from dataflows.rules.provisions.statements import CHANNELS
from headrace.policies.sections.delivery import once
from headrace.policies.sections.fields import Section, one_of, whole


class StatementsSection(Section):
    """Statements of account, and how they are sent."""

    day_of_month: Annotated[int, whole(0, 31)]
    channels: Annotated[list[Annotated[str, one_of(CHANNELS)]], AfterValidator(once)]
