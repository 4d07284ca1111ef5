"""Examples in a policy: for whom what must hold, held against it whenever it is compiled. They are no part of the fact."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from dataflows.rules.policy.policy import EPOCH_ORDINAL, MOST_TERMS_DAYS, SECTIONS, Policy, Who
from headrace.policies.model import Finding, checked
from headrace.policies.sections.fields import Day, Name, Section, whole


class Example(Section):
    """[[examples]]: an account, a day and a currency, and the values that must hold for it, such as
    expect = { "reminders.minimum_minor" = 500 }."""

    name: Name
    at: Day
    currency: str = ""
    customer: str = ""
    tier: str = ""
    segment: str = ""
    risk_class: str = ""
    contract: str = ""
    terms_days: Annotated[int, whole(0, MOST_TERMS_DAYS)] = 0
    country: str = ""
    region: str = ""
    entity: str = ""
    tenant: str = ""
    expect: dict[str, Any] = Field(min_length=1)


def failing(examples: Any, document: Mapping[str, Any], policy: Policy) -> list[Finding]:
    """The examples that do not hold, and those that are none."""
    if not isinstance(examples, list):
        return [Finding(("examples",), "must be tables [[examples]]")]
    found: list[Finding] = []
    for number, written in enumerate(examples):
        wrong = checked(Example, written, ("examples", number))
        found += wrong or _failing(Example.model_validate(written), number, document, policy)
    return found


def _failing(example: Example, number: int, document: Mapping[str, Any], policy: Policy) -> list[Finding]:
    who = Who(
        example.tenant,
        example.entity,
        example.customer,
        example.region,
        example.country,
        example.tier,
        example.segment,
        example.terms_days,
        example.risk_class,
        example.contract,
    )
    day = date.fromisoformat(example.at).toordinal() - EPOCH_ORDINAL
    holding = [variant for variant in policy.variants if variant.holds(who, example.currency, day)]
    found = []
    for path, wanted in example.expect.items():
        section, _, field = path.partition(".")
        if section not in SECTIONS or field not in document[section]:
            found.append(
                Finding(("examples", number, "expect", path), "is no value of the policy, such as release.pod_days")
            )
            continue
        value, by = document[section][field], "the base"
        for variant in holding:
            if field in variant.changes.get(section, {}):
                value, by = variant.changes[section][field], f"variant {variant.name!r}"
        if value != wanted or type(value) is not type(wanted):
            found.append(
                Finding(
                    ("examples", number, "expect", path),
                    f"{example.name!r} expects {wanted!r}, and {by} says {value!r}",
                )
            )
    return found
