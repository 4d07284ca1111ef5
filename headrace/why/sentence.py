"""The form in which a rule is told."""

from typing import NamedTuple


class Rule(NamedTuple):
    """short: For a timeline, after "because". says: A sentence. source: Clause of the field's rules, or the law.
    section: Of the policy, that has a part in it; empty where none has."""

    short: str
    says: str
    source: str
    section: str
