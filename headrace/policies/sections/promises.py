"""[promises]"""

from typing import Annotated

from dataflows.rules.provisions.promises import SUPERSEDED
from headrace.policies.sections.fields import Section, one_of, whole


class PromisesSection(Section):
    """When a promise is judged, and how much may be missing."""

    tolerance_days: Annotated[int, whole(0, 90)]
    tolerance_minor: Annotated[int, whole(0, 10**9)]
    superseded: Annotated[str, one_of(SUPERSEDED)]
    cancelled_by_dispute: bool
