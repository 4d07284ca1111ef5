"""What `headrace policy explain` says of one account."""

from datetime import date

from headrace.commands.policy_tables import explanation_lines
from headrace.policies.explaining import explain
from headrace.policies.history import Known
from schemas.records import Customer
from tests.headrace.policies.test_differences import compiled
from tests.installations import but
from tests.publishing import customer

TEXT = """
[[variants]]
name = "long terms"
where = { terms_days = 45, segment = "retail" }
reminders.minimum_minor = 700
[[variants]]
name = "risky"
where.risk_class = "high"
reminders.minimum_minor = 100
[[variants]]
name = "framework"
where.contract = "K-7"
promises.tolerance_days = 9
"""


def test_terms_risk_and_contract_are_named() -> None:
    said = but(customer("A", []), segment="retail", terms_days=60, risk_class="high", contract="K-7")
    assert isinstance(said, Customer)
    known = Known("t1", "us01", "A", customer=said)
    policy = compiled(TEXT)
    lines = explanation_lines(known, explain(policy, known.who, "", date(2026, 4, 1)), "", every=False)
    assert lines[1].startswith("country US, segment retail, risk_class high, contract K-7, terms_days 60; calendar")
    assert "with long terms, risky, framework" in lines[0]
    shown = [line for line in lines if line.startswith(("reminders.minimum", "promises.tolerance", "    goes"))]
    assert shown == [
        "reminders.minimum_minor = 100  (risky, line 10, for risk_class high)",
        "    goes before 'long terms' (700): it names the risk class, which is more specific; goes before the base (500)",
        "promises.tolerance_days = 9  (framework, line 14, for contract K-7)",
        "    goes before the base (3)",
    ]
