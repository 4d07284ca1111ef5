"""Policies for tests: the default one, changed."""

import tomllib
from hashlib import sha256

import tomli_w

from dataflows.rules.policy.policy import DEFAULT_TEXT
from schemas.records import Policy

# Everything that reminders, collections and disputes can do, in small numbers, so that it happens in short histories.
COLLECTING = """
[reminders]
steps_days = [-2, 1, 4, 8]
minimum_minor = 50
days_between_letters = 2
contacts_max = 3
contacts_days = 12
channels = ["portal", "email", "letter"]
[[reminders.templates]]
name = "friendly"
language = "en"
levels = [1, 2]
approved = true
[[reminders.templates]]
name = "draft"
language = "en"
levels = [4]
approved = false
[[reminders.templates]]
name = "firm"
language = "en"
levels = [3, 4]
channel = "portal"
approved = true
[interest]
charge = "cleared"
jurisdiction = "EU"
minimum_minor = 0
due_days = 3
[interest.jurisdictions.EU]
rate_days = ["2020-01-01", "2026-01-01"]
rates_ppm = [31500, 21500]
[collections]
tasks = ["reminders_exhausted", "broken_promise", "dispute_overdue", "short_pay", "large_overdue", "credit_hold"]
large_minor = 1000
large_days = 2
short_pay_minor = 30
amount_unit_minor = 100
[[collections.steps]]
role = "collector"
hours = 9
[[collections.steps]]
role = "team_lead"
hours = 9
owner = "lena"
minimum_minor = 500
[[collections.steps]]
role = "legal"
hours = 0
[[collections.portfolios]]
name = "all"
role = "collector"
members = ["anna", "bert", "clara"]
[disputes]
while_disputed = "until_review"
highest_level = 2
escalations = ["lead", "manager"]
escalation_hours = 7
[disputes.sla_hours]
default = 5
[[disputes.routes]]
owner = "role:manager"
[statements]
day_of_month = 20
channels = ["email", "letter"]
"""
# Credit in small numbers too, with a limit for everybody.
CREDIT = (
    COLLECTING
    + """
[credit]
limit_currency = "USD"
limit_minor = 800
past_due_days = 5
release_past_due_days = 2
tax_ppm = 0
near_ppm = 400000
release_ppm = 700000
raises_reminders = ["near_limit", "hold"]
change_approval_minor = 300
group_step_minor = 50
"""
)
EACH_ITEM = COLLECTING.replace("[reminders]\n", '[reminders]\nletter = "item"\n', 1).replace(
    '"cleared"', '"step"\nstep = 3'
)


def policy_text(changes: str, version: int = 1) -> str:
    """The default policy with what is written replaced."""
    document = tomllib.loads(DEFAULT_TEXT)
    merge(document, tomllib.loads(changes))
    return tomli_w.dumps({**document, "version": version})


def policy_fact(changes: str, version: int = 1) -> Policy:
    text = policy_text(changes, version)
    digest = sha256(text.encode()).hexdigest()
    return Policy(f"policy-{version}", 0, "", "headrace", "", "", "", 0, version, text, digest)


def merge(into: dict[str, object], part: dict[str, object]) -> None:
    """Tables are merged, all else is replaced."""
    for name, value in part.items():
        known = into.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            merge(known, value)
        else:
            into[name] = value
