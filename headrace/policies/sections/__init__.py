"""The sections of a policy as pydantic models: one module a section, as in dataflows/rules/provisions.

A new section is one class here, with a line in SECTION_MODELS. The words and bounds are those of the rules' own
modules; tests/headrace/policies/test_model.py fails where a section has no model, and where the two disagree.
"""

from typing import Final

from headrace.policies.sections.approvals import ApprovalsSection
from headrace.policies.sections.cash import CashSection
from headrace.policies.sections.collections import CollectionsSection
from headrace.policies.sections.credit import CreditSection
from headrace.policies.sections.delivery import DeliverySection
from headrace.policies.sections.differences import DifferencesSection
from headrace.policies.sections.disputes import DisputesSection
from headrace.policies.sections.exceptions import ExceptionsSection
from headrace.policies.sections.exchange import ExchangeSection
from headrace.policies.sections.fields import Section
from headrace.policies.sections.interest import InterestSection
from headrace.policies.sections.people import PeopleSection
from headrace.policies.sections.promises import PromisesSection
from headrace.policies.sections.release import ReleaseSection
from headrace.policies.sections.reminders import RemindersSection
from headrace.policies.sections.statements import StatementsSection

SECTION_MODELS: Final[dict[str, type[Section]]] = {
    "release": ReleaseSection,
    "reminders": RemindersSection,
    "promises": PromisesSection,
    "disputes": DisputesSection,
    "interest": InterestSection,
    "collections": CollectionsSection,
    "statements": StatementsSection,
    "cash": CashSection,
    "differences": DifferencesSection,
    "exchange": ExchangeSection,
    "people": PeopleSection,
    "approvals": ApprovalsSection,
    "exceptions": ExceptionsSection,
    "delivery": DeliverySection,
    "credit": CreditSection,
}
