"""[release]"""

from typing import Annotated

from dataflows.rules.provisions.release import CONDITIONS
from headrace.policies.sections.fields import Section, one_of, whole


class ReleaseSection(Section):
    """When drafts are released."""

    condition: Annotated[str, one_of(CONDITIONS)]
    pod_days: Annotated[int, whole(0, 365)]
    hold_sla_days: Annotated[int, whole(0, 365)]
