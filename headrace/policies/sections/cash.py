"""[cash]"""

from headrace.policies.sections.fields import Section


class CashSection(Section):
    """What reminders and broken promises wait for."""

    sources: list[str]
