"""[statements]"""

from typing import Annotated

from headrace.policies.sections.fields import Section, whole


class StatementsSection(Section):
    """Statements of account."""

    day_of_month: Annotated[int, whole(0, 31)]
