"""Checks at the edge: a good fact has no finding; each thing that may be wrong has its own."""

import pytest

from connectors.checks import findings
from connectors.currencies import MINOR_DIGITS, decimal_text
from schemas.records import Fact, InvoiceLine, OrderLine, PromisePart, RemittanceLine
from schemas.topics import TOPIC_OF_KIND
from tests.facts import (
    DAY,
    TODAY,
    account_owner,
    advice,
    credit_limit,
    customer,
    dispute,
    instant,
    invoice,
    message,
    one_of_each,
    opening_item,
    operator_action,
    receipt,
    returned,
    service_case,
)
from tests.installations import but


def test_a_good_fact_of_every_kind_has_no_finding() -> None:
    good = one_of_each()
    assert {fact.kind for fact in good} == set(TOPIC_OF_KIND)
    assert [findings(fact, TODAY) for fact in good] == [[] for _ in good]


def test_minor_digits_are_those_of_iso_4217() -> None:
    assert {code: MINOR_DIGITS[code] for code in ("USD", "EUR", "JPY", "KWD", "BHD", "ISK", "CLF")} == {
        "USD": 2,
        "EUR": 2,
        "JPY": 0,
        "KWD": 3,
        "BHD": 3,
        "ISK": 0,
        "CLF": 4,
    }
    assert not {"XXX", "XAU", "XTS"} & MINOR_DIGITS.keys()
    assert [decimal_text(a, c) for a, c in ((5594, "USD"), (-5, "EUR"), (7, "JPY"), (-1234, "KWD"))] == [
        "55.94 USD",
        "-0.05 EUR",
        "7 JPY",
        "-1.234 KWD",
    ]


def made(kind: str, **changes: object) -> Fact:
    """The good fact of that kind, but for this."""
    return but(next(fact for fact in one_of_each() if type(fact).__name__ == kind), **changes)


WRONG: list[tuple[Fact, str]] = [
    (invoice(event_id=""), "event_id: is empty"),
    (operator_action(actor=" "), "actor: is empty"),
    (invoice(replaces=invoice().document), "replaces: is its own number"),
    *(
        (
            operator_action(event_id=f"{own}:1"),
            f"event_id: '{own}:1' begins with '{own}:', as headrace's own do; put another word first",
        )
        for own in ("transfer", "credit", "identify", "wake", "clock", "drain", "rules", "policy")
    ),
    (invoice(source=""), "source: is empty"),
    (
        made("Approval", decision="maybe"),
        "decision: 'maybe' is not known; it may be 'approved', 'rejected', 'delegated'",
    ),
    (made("Approval", actor=""), "actor: is empty"),
    (made("Approval", approval_id="x" * 321), "approval_id: has 321 characters; at most 320 are taken"),
    (operator_action(action="approve"), "reference_id: is empty"),
    (
        operator_action(action="assign", reference_id="X", owner="\x00"),
        "owner: '\\x00' has characters that do not print",
    ),
    (credit_limit(limit_id=""), "limit_id: is empty"),
    (credit_limit(amount=-1), "amount: -1 is not between 0 and 1,000,000,000,000,000"),
    (credit_limit(group="north"), "account_id: has to be empty where the limit is of a group of accounts"),
    (credit_limit(valid_from_date=DAY + 2, valid_until_date=DAY + 1), "valid_until_date: is before valid_from_date"),
    (made("Message", direction="up"), "direction: 'up' is not known; it may be 'in', 'out'"),
    (
        made("Message", channel="fax"),
        "channel: 'fax' is not known; it may be 'edi', 'portal', 'email', 'api', 'letter', 'phone'",
    ),
    (made("Message", text="x" * 10_001), "text: has 10,001 characters; at most 10,000 are taken"),
    (made("AccountOwner", role=""), "role: is empty"),
    (made("DisputeUpdate", goodwill=-1), "goodwill: -1 is not between 0 and 1,000,000,000,000,000"),
    (made("DisputeUpdate", days_own=4_000), "days_own: 4,000 is not between 0 and 3,653"),
    (made("DisputeUpdate", documents=[""]), "documents.1: is empty"),
    (made("Promise", parts=[PromisePart(DAY + 5, 99)]), "parts: add up to 0.99 USD, the promise says 1.00 USD"),
    (dispute(confidence_ppm=1_000_001), "confidence_ppm: 1,000,001 is not between 0 and 1,000,000"),
    (invoice(tenant="a/b"), "tenant: 'a/b' has a slash, which parts tenant, entity and account in keys"),
    (invoice(document="x" * 129), "document: has 129 characters; at most 128 are taken"),
    (invoice(document="INV\x00"), "document: 'INV\\x00' has characters that do not print"),
    (
        invoice(account_id="~suspense:b:01"),
        "account_id: '~suspense:b:01' is one of headrace's own accounts; leave it empty where it is unknown",
    ),
    (
        invoice(amount=-1200, tax=0, lines=[]),
        "amount: -12.00 USD is not above zero and at most 1,000,000,000,000,000 minor units",
    ),
    (
        invoice(amount=0, tax=0, lines=[]),
        "amount: 0.00 USD is not above zero and at most 1,000,000,000,000,000 minor units",
    ),
    (invoice(currency="XYZ"), "currency: 'XYZ' is not an ISO 4217 currency with a minor unit, such as USD or EUR"),
    (invoice(stage="open"), "stage: 'open' is not known; it may be 'draft', 'posted'"),
    (invoice(tax=10_701, lines=[]), "tax: 107.01 USD is not between 0 and 107.00 USD"),
    (opening_item(amount=10_000, residual=12_000), "residual: 120.00 USD is more than the amount, 100.00 USD"),
    (invoice(amount=10_701), "lines: add up to 107.00 USD, the invoice says 107.01 USD"),
    (invoice(tax=699), "lines: have 7.00 USD of tax, the invoice says 6.99 USD"),
    (
        invoice(event_time=instant("2099-01-01")),
        "event_time: 2099-01-01 00:00:00 UTC is in the future: more than a day after the machine's time; send it again then",
    ),
    (
        invoice(recorded_time=instant("2099-01-01")),
        "recorded_time: 2099-01-01 00:00:00 UTC is in the future: more than a day after the machine's time; send it again then",
    ),
    (
        invoice(event_time=TODAY // 1000),
        "event_time: 1970-01-21 12:31:40 UTC is before 1980-01-01; it must be UTC milliseconds",
    ),
    (invoice(posting_date=DAY + 400), "posting_date: 2027-04-14 is not between 1980-01-01 and 2027-03-11"),
    (invoice(due_date=0), "due_date: 1970-01-01 is not between 1980-01-01 and 2036-03-10"),
    (invoice(due_date=10**9), "due_date: day 1,000,000,000 after 1970-01-01 is not between 1980-01-01 and 2036-03-10"),
    (receipt(bank_account=""), "bank_account: is empty"),
    (receipt(amount=-1), "amount: -0.01 USD is not above zero and at most 1,000,000,000,000,000 minor units"),
    (receipt(lines=[RemittanceLine("", 5)]), "lines.1.document: is empty"),
    (
        returned(from_account="A-1"),
        "from_account: has to be empty: it names the account by which headrace passed a return on",
    ),
    (returned(amount=0), "amount: 0.00 USD is not above zero and at most 1,000,000,000,000,000 minor units"),
    (advice(amount=-1), "amount: -1 is not between 0 and 1,000,000,000,000,000"),
    (message(message_id=""), "message_id: is empty"),
    (message(direction="up"), "direction: 'up' is not known; it may be 'in', 'out'"),
    (
        message(channel="fax"),
        "channel: 'fax' is not known; it may be 'edi', 'portal', 'email', 'api', 'letter', 'phone'",
    ),
    (
        made("Order", lines=[OrderLine(1, "P", 10**15, 10**15)]),
        "lines: quantity times price comes to 1000000000000000000000.00 USD, which is over 1,000,000,000,000,000 minor units",
    ),
    (
        # Each line is an amount, both are not.
        made("Order", lines=[OrderLine(number, "P", 10**15, 6_000_000) for number in (1, 2)]),
        "lines: quantity times price comes to 12000000000000.00 USD, which is over 1,000,000,000,000,000 minor units",
    ),
    (
        invoice(stage="draft", lines=[InvoiceLine(1, 1, "P", 10**12, -(10**15), 0, 0, "")]),
        "lines.1: quantity times price comes to -1000000000000000000.00 USD, "
        "which is over 1,000,000,000,000,000 minor units",
    ),
    (service_case(case_id=""), "case_id: is empty"),
    (service_case(status="new"), "status: 'new' is not known; it may be 'open', 'closed'"),
    (account_owner(role=""), "role: is empty"),
    (account_owner(valid_from_date=1), "valid_from_date: 1970-01-02 is not between 1980-01-01 and 2027-03-11"),
    (
        customer(country="USA"),
        "country: 'USA' is not ISO 3166-1 alpha-2, such as US or DE; leave it empty where unknown",
    ),
    (customer(terms_days=-1), "terms_days: -1 is not between 0 and 3,653"),
    (
        dispute(channel="fax"),
        "channel: 'fax' is not known; it may be '', 'message', 'portal', 'short_payment', 'operator'",
    ),
    (
        operator_action(action="allow_clock"),
        "action: allow_clock is for a whole installation: headrace operate --dir DIR allow-clock",
    ),
    (operator_action(actor=""), "actor: is empty"),
]


@pytest.mark.parametrize(("fact", "finding"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_each_wrong_thing_is_found_alone(fact: Fact, finding: str) -> None:
    assert findings(fact, TODAY) == [finding]


@pytest.mark.parametrize(
    "fact",
    [
        invoice(event_time=TODAY + 86_400_000),
        invoice(stage="draft", amount=1, tax=0),
        invoice(lines=[InvoiceLine(1, 0, "", 0, 0, 10_500, 700, ""), InvoiceLine(2, 0, "rebate", 0, 0, -500, 0, "")]),
        made("Order", lines=[OrderLine(1, "P", 10**15, 10_000_000)]),
        receipt(account_id=""),
        advice(value_date=0, amount=0),
        dispute(amount=None),
        dispute(category="", reason="The goods were damaged."),
        operator_action(account_id="~suspense:bank-usd-1:07", action="identify_payer"),
        customer(country="", billing_address=""),
    ],
    ids=lambda fact: fact.kind,
)
def test_what_is_unusual_but_right_passes(fact: Fact) -> None:
    assert findings(fact, TODAY) == []


def test_all_findings_are_told() -> None:
    found = findings(invoice(event_id="", currency="", amount=-1, lines=[], tax=0), TODAY)
    assert [finding.partition(":")[0] for finding in found] == ["event_id", "currency", "amount"]
