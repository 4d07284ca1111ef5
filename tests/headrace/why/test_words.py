"""What headrace why prints, by kind of decision: the fact, what it rests on, the policy, the rule, the evidence."""

from pathlib import Path

import pytest

from headrace.why.evidence import in_words, reason_in_words
from headrace.why.history import History
from tests.headrace.why.told import of_text, told

GOODS = """
2026-03-02 customer: tier gold, country DE
2026-03-02 order O-1 po PO-7: 10 x 12.50
2026-03-03 draft INV-1 125.00 of O-1: 10 x 12.50
2026-03-04 shipment S-1 of O-1 by carrier-dhl: 10
2026-03-10 draft INV-2 125.00 of O-1: 10 x 12.50
2026-03-20 end of day
"""
CASH = """
2026-03-01 policy
    [cash]
    by_subset = false
2026-03-02 invoice INV-1001 100.00 due 2026-04-01
2026-03-03 invoice INV-1002 50.00 due 2026-04-02
2026-03-05 receipt R-1 60.00 for INV-1001
2026-03-06 receipt R-2 90.00
2026-03-07 advice A-1 90.00 of R-2: INV-1001 40.00, INV-1002 50.00
2026-03-08 receipt R-3 20.00 text "inv 77"
2026-03-09 returned R-1 60.00
2026-03-10 operator applies R-3 to INV-1001
2026-03-10 operator unapplies R-3 from INV-1001
2026-03-11 operator applies R-3 to INV-1001 99.00
2026-03-12 credit note CRN-1 10.00 for INV-1001
2026-03-13 receipt R-9 5.00 unidentified text "hello"
2026-03-14 operator asks for a statement
2026-03-15 [suspense] operator identifies R-9 as acme
"""
CLAIMS = """
2026-03-02 policy
    [[disputes.routes]]
    owner = "kim"
    [[collections.steps]]
    role = "collector"
    owner = "anna"
    hours = 9
    [collections]
    tasks = ["dispute_overdue"]
    [interest]
    charge = "cleared"
    jurisdiction = "EU"
2026-03-02 customer
2026-03-02 invoice INV-1001 100.00 due 2026-03-10
2026-03-03 invoice INV-1002 5000.00 due 2026-03-11
2026-03-04 promise P-1 5000.00 by 2026-03-12 for INV-1002
2026-03-05 dispute D-1 on INV-1001 40.00 saying "wrong price"
2026-03-06 operator blocks reminders
2026-03-20 receipt R-1 5000.00 for INV-1002
2026-03-30 dispute D-1 closed: credited 30.00, written off 10.00
2026-04-20 end of day
"""
VARIANTS = """
2026-03-02 policy
    [[variants]]
    name = "retail"
    where = { segment = "retail" }
    release = { condition = "on_order" }
    [[variants]]
    name = "careful"
    where = { tier = "careful" }
    [variants.release]
    condition = "on_pod"
    [[variants]]
    name = "big ones"
    where = { segment = "big", from = "2026-01-01" }
    release = { pod_days = 3 }
2026-03-02 customer: tier careful, segment retail
2026-03-02 order O-1: 10 x 12.50
2026-03-02 shipment S-1 of O-1: 10
2026-03-03 draft INV-1001 of O-1: 10 x 12.50
"""

APPROVALS = """
2026-03-02 invoice INV-1001 100.00 due 2026-05-01
2026-03-05 kim proposes to write off INV-1001 40.00 saying "customer went out of business"
2026-03-06 lee approves write_off:INV-1001 saying "seen the court's letter"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[History]]:
    texts = {"goods": GOODS, "cash": CASH, "claims": CLAIMS, "variants": VARIANTS, "approvals": APPROVALS}
    return {name: of_text(text, tmp_path_factory.mktemp(name)) for name, text in texts.items()}


# Of which history, the decision's kind, which of that kind, and lines that are printed for it, in order.
TOLD = [
    (
        *("goods", "invoice_held", 0),
        [
            "0-0  Invoice INV-1 of 125.00 USD held: shipment missing",
            "  nothing of the order is shipped",
            "  Draft invoice INV-1 of 125.00 USD of order O-1, dated 2026-03-03, due 2026-04-02",
            "    known since 2026-03-03 09:05:00, said by scenario as line-5; offset 4 of the shard's facts",
            "      line 1, order line 1, P1, quantity 10, unit price 12.5 USD, net 125.00 USD, tax code STD",
            "It rests on what was known before",
            "  Customer acme (acme): tier gold, country DE (2026-03-02 09:03, scenario)",
            "  Order O-1 of 2026-03-02 in USD, 1 line (2026-03-02 09:04, scenario)",
            "  Source: release of invoices: a draft is released when all conditions of its policy hold; a failed check holds "
            "with every reason",
            "  version 0, built in; rules version 1",
            "  the policy has no variants of [release]: its base holds for everybody",
            '    condition = "on_shipment"     # on_order, on_shipment, on_pod',
            "What followed",
            "  0-1  Invoice INV-1 of 125.00 USD posted, due 2026-04-02, released: release.on_shipment",
        ],
    ),
    (
        *("goods", "invoice_released", 0),
        [
            "  Shipment S-1 of order O-1 left 2026-03-04 with carrier-dhl",
            "  Draft invoice INV-1 of 125.00 USD of order O-1, dated 2026-03-03, due 2026-04-02 (2026-03-03 09:05, scenario)",
            "  release.on_shipment: The policy bills on shipment: every quantity invoiced is shipped and not yet billed, and "
            "all checks of lines, prices, tax, customer and order pass.",
            "  open 125.00 USD",
        ],
    ),
    (
        *("goods", "exception_raised", 0),
        [
            "0-3  For a person: hold:INV-2 (not shipped:1) of 125.00 USD",
            "  it bills more of order line 1 than was shipped",
            "  Time passed",
            "    hold_sla_days = 5             # an older hold raises an exception",
        ],
    ),
    (
        *("cash", "item_posted", 0),
        [
            "0-1  Invoice INV-1001 of 100.00 USD posted, due 2026-04-01",
            "  no line of the policy has a part in this rule",
            "  0-4  60.00 USD of receipt R-1 applied to INV-1001 (cash.1.structured), 40.00 USD still open",
        ],
    ),
    (
        *("cash", "receipt_booked", 0),
        [
            "  Receipt R-1 of 60.00 USD, valued 2026-03-05; it names INV-1001",
            "    our bank account: BANK",
            "  open 150.00, unapplied 60.00 USD",
        ],
    ),
    (
        *("cash", "cash_applied", 0),
        [
            "0-4  60.00 USD of receipt R-1 applied to INV-1001 (cash.1.structured), 40.00 USD still open",
            "  Invoice INV-1001 of 100.00 USD, dated 2026-03-02, due 2026-04-01 (2026-03-02 09:06, scenario)",
            "  Source: cash application, step 1: structured reference and amount agree",
            '    sources = ["payments"]',
            "  0-11  60.00 USD of receipt R-1 went back; INV-1001 has 60.00 USD open",
        ],
    ),
    (
        *("cash", "cash_applied", 1),
        [
            "0-7  40.00 USD of receipt R-2 applied to INV-1001 (cash.2.advice), cleared",
            "  Remittance advice A-1 of 90.00 USD for receipt R-2: INV-1001, INV-1002",
            "      INV-1001, 40.00 USD",
            "      INV-1002, 50.00 USD",
            "  Receipt R-2 of 90.00 USD, valued 2026-03-06 (2026-03-06 09:09, scenario)",
            "  step 1: the payment carries no structured reference",
        ],
    ),
    (
        *("cash", "cash_proposed", 1),
        [
            "0-10  20.00 USD of receipt R-3 wait for a person (no reference); could be: nothing known",
            "  the payment names nothing that is known",
            "    text: inv 77",
            "Looked at, and not so",
            "  step 1: the payment carries no structured reference",
            "  step 2: no remittance advice for it was here",
            "  0-12  20.00 USD of receipt R-3 applied to INV-1001 (cash.operator), 40.00 USD still open",
        ],
    ),
    (
        *("cash", "cash_unapplied", 0),
        [
            "  Said by someone: receipt R-3 to be taken off INV-1001",
            "  Said by someone: receipt R-3 to be applied to INV-1001 (2026-03-10 09:13, scenario)",
            "  Source: cash application: by a person",
        ],
    ),
    (
        *("cash", "application_reversed", 0),
        [
            "0-11  60.00 USD of receipt R-1 went back; INV-1001 has 60.00 USD open",
            "  60.00 USD of receipt R-1 went back, valued 2026-03-09",
            "  Receipt R-1 of 60.00 USD, valued 2026-03-05; it names INV-1001 (2026-03-05 09:08, scenario)",
            "  Source: cash application: money that goes back: items reopen with their due date and level",
        ],
    ),
    (
        *("cash", "fact_rejected", 0),
        [
            "0-14  operator_action line-15 rejected: more than there is: 20.00 USD",
            "  there are no more than 20.00 USD",
            "  Said by someone: 99.00 USD of receipt R-3 to be applied to INV-1001",
            "  operator.apply_cash: A person's order is carried out as a whole or not at all: what it is about was not there.",
        ],
    ),
    (
        *("cash", "credit_allocated", 0),
        [
            "  Credit note CRN-1 of 10.00 USD for INV-1001",
            "  Source: cash application: a credit note clears the open invoice it names",
        ],
    ),
    (
        *("cash", "statement", 0),
        [
            "0-19  Statement of account: from 0.00 USD to 30.00 USD (debits 150.00 USD, credits -10.00 USD, cash -110.00 USD)",
            "  60.00 USD of receipt R-1 went back, valued 2026-03-09 (2026-03-09 09:12, scenario)",
            "  opening balance 0.00 USD",
            "  closing balance 30.00 USD",
        ],
    ),
    (
        *("cash", "cash_transferred", 0),
        [
            "5.00 USD of receipt R-9 sent on to acme",
            "  Said by someone: receipt R-9 is acme's",
            "  Receipt R-9 of 5.00 USD, valued 2026-03-13 (2026-03-13 09:17, scenario)",
        ],
    ),
    (
        *("cash", "exception_raised", 0),
        [
            "0-18  For a person: unidentified:R-9 (unidentified) of 5.00 USD: hello",
            "  the payer is not known",
            "  what the bank says: hello",
        ],
    ),
    (
        *("claims", "reminder_due", 0),
        [
            "0-3  Reminder of level 1 for INV-1001, 100.00 USD, letter acme:20515",
            "  Time passed",
            "    the account was due to be looked at 2026-03-03",
            "    steps_days = [-7, 1, 10, 20, 30]",
            "  step 1 is -7 days from the due date 2026-03-10: 2026-03-03",
        ],
    ),
    (
        *("claims", "reminder_suppressed", 0),
        [
            "0-5  No reminder of level 1 for INV-1002: promise:P-1",
            "  promise P-1 is open for it",
            "  Promise P-1: 5,000.00 USD by 2026-03-12 for INV-1002 (2026-03-04 09:",
        ],
    ),
    (
        *("claims", "reminder_suppressed", 1),
        [
            "  an operator blocked reminders of the account",
            "  Said by someone: account acme gets no reminders (2026-03-06 09:",
            "  step 2 is +1 days from the due date 2026-03-10: 2026-03-11",
        ],
    ),
    (
        *("claims", "promise_opened", 0),
        [
            "  Promise P-1: 5,000.00 USD by 2026-03-12 for INV-1002",
            "    tolerance_days = 3",
            "For",
            "  INV-1002",
        ],
    ),
    (
        *("claims", "promise_broken", 0),
        [
            "Promise P-1 of 5,000.00 USD by 2026-03-12: broken, 0.00 USD came",
            "  Promise P-1: 5,000.00 USD by 2026-03-12 for INV-1002 (2026-03-04 09:",
            "  Source: promises to pay: judged after date + tolerance",
        ],
    ),
    (
        *("claims", "promise_kept", 0),
        [
            "Promise P-1 of 5,000.00 USD by 2026-03-12: kept, 5,000.00 USD came",
            "  Receipt R-1 of 5,000.00 USD, valued 2026-03-20; it names INV-1002",
            "  Source: promises to pay: money that comes late or goes back judges it again",
        ],
    ),
    (
        *("claims", "interest_charged", 0),
        [
            "INV-1002/interest (interest.late)",
            "  Receipt R-1 of 5,000.00 USD, valued 2026-03-20; it names INV-1002",
            "  Source: late interest: Directive 2011/7/EU on combating late payment, Article 3, where that applies; else "
            "contract and policy",
            '    jurisdiction = "EU"',
            "    points_ppm = 80000",
            "  law of EU",
            "  paid 5,000.00 USD after 9 days",
            "  9 days at 10.15 %",
        ],
    ),
    (
        *("claims", "dispute_opened", 0),
        [
            '  Dispute D-1: the customer contests 40.00 USD of INV-1001: "wrong price"',
            '    pricing = ["wrong price", "price too high", "price", "pricing", "overcharged", "wrong amount"]',
            "  the words wrong price",
            "Looked at, and not so",
            "  price agreement: not here",
        ],
    ),
    (
        *("claims", "dispute_routed", 0),
        ["0-7  Dispute D-1 goes to kim", '    routes = [{ owner = "kim" }]', "  for: kim", "  stands: in review"],
    ),
    (
        *("claims", "escalated", 0),
        [
            "D-1 is overdue: team_lead is told (step 1)",
            "  owner until now kim",
            "  its deadline was 2026-03-11 13:",
        ],
    ),
    (
        *("claims", "task_opened", 0),
        [
            "Task dispute_overdue:D-1 opened, for anna",
            '  Dispute D-1: the customer contests 40.00 USD of INV-1001: "wrong price" (2026-03-05 09:',
            "  1 points for its age",
            "  -20 points for a dispute of it",
            "  past due 100.00 USD",
            "  next action: wait for promise",
        ],
    ),
    (
        *("claims", "dispute_closed", 0),
        [
            "Dispute D-1 closed: credited 30.00 USD, written off 10.00 USD",
            "  News of dispute D-1: closed with credited 30.00 USD, written off 10.00 USD",
            "  Source: disputes: closing amounts must add up to the disputed amount",
        ],
    ),
    (
        *("claims", "write_off_proposed", 0),
        [
            "Write-off of 10.00 USD of INV-1001 proposed (written off needs approval)",
            "  Source: write-off: above the tolerance with approval",
        ],
    ),
    (
        *("approvals", "approval_requested", 0),
        [
            "kim asks for an approval (above: 0.00 USD): write off of 40.00 USD, INV-1001: customer went out of business",
            "  it is above the limit of 0.00 USD",
            "  Said by kim: propose write off",
            "  Invoice INV-1001 of 100.00 USD",
            "  Source: approvals: thresholds, four eyes, a maker never approves",
            "  asked for by kim",
        ],
    ),
    (
        *("approvals", "write_off_posted", 0),
        [
            "40.00 USD of INV-1001 written off (write_off.approved), approved by lee",
            '  Said by lee: approve ("seen the court\'s letter")',
            "It rests on what was known before",
            "  Said by kim: propose write off",
            "  approval write_off:INV-1001",
            "  by lee",
        ],
    ),
    (
        *("variants", "invoice_held", 0),
        [
            "  version 1, in force from offset 1 of the shard's facts on; rules version 1",
            "  careful holds, since tier is careful",
            "  retail holds, since segment is retail",
            "  careful wins over retail: it names the tier, which is more specific",
            "  big ones does not hold: it is for segment big, here it is retail",
            "    pod_days = 10",
            "    variant retail:",
            '      condition = "on_order"',
            "    variant careful:",
            '      condition = "on_pod"',
        ],
    ),
]


@pytest.mark.parametrize(
    ("history", "kind", "number", "lines"), TOLD, ids=[f"{name}-{kind}-{number}" for name, kind, number, _ in TOLD]
)
def test_a_decision_is_told(
    made: dict[str, list[History]], history: str, kind: str, number: int, lines: list[str]
) -> None:
    text = told(made[history], kind, number)
    at = 0
    for line in lines:
        found = text.find(line, at)
        assert found >= 0, f"{line!r} is not, or not there, in:\n{text}"
        at = found + len(line)


def test_the_base_line_that_a_variant_replaces_is_left_out(made: dict[str, list[History]]) -> None:
    assert "on_shipment" not in told(made["variants"], "invoice_held")


def test_other_kinds_of_decisions_are_told(made: dict[str, list[History]]) -> None:
    """So that the list above names as many kinds as are needed."""
    assert len({kind for _, kind, _, _ in TOLD}) >= 15


def test_a_reference_that_is_spelled_otherwise_says_how_it_was_written(tmp_path: Path) -> None:
    text = "2026-03-02 invoice INV-1001 100.00\n2026-03-05 receipt R-1 100.00 for inv1001"
    printed = told(of_text(text, tmp_path), "cash_applied")
    assert "  step 1: as written, inv1001, it is no open document of the account" in printed
    assert "cash.3.normalised: Step 3:" in printed


@pytest.mark.parametrize(
    ("reason", "currency", "said"),
    [
        ("advice_sum:51469_of_50455", "USD", "the lines of the advice come to 514.69 USD, the money is 504.55 USD"),
        ("amount_below_zero:-5", "JPY", "the amount is -5 JPY, below zero"),
        ("more_than_there_is:5", "", "there are no more than 5 of the smallest unit"),
        ("cleared:INV-7", "USD", "INV-7 is cleared already"),
        ("cleared", "USD", "it is cleared already"),
        ("withdrawn", "USD", "withdrawn"),
        ("bounced:mailbox full", "USD", "it did not get through: mailbox full"),
        ("closes_when_resolved:release.sla", "USD", "only what it is about closes it: release.sla"),
        ("no_such_open_item", "USD", "there is no open invoice of that number and currency"),
        ("affiliate", "USD", "the customer is an affiliate: no sale, and not reminded"),
        ("day:20000", "USD", "on 2024-10-04"),
        ("a_new_one:x_y", "USD", "a new one:x y"),
    ],
)
def test_reasons_are_sentences(reason: str, currency: str, said: str) -> None:
    assert reason_in_words(reason, currency) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short_by_15700:L-3", "L-3: the money is 157.00 USD short of it"),
        ("over_by_250:L-4", "L-4: the money is 2.50 USD above it"),
        ("over_by_all:L-4", "over by all L-4"),
    ],
)
def test_what_comes_near_says_by_how_much(text: str, said: str) -> None:
    assert in_words(text, "USD") == said


def test_what_is_closed_is_not_closed_for_why_it_was_raised(tmp_path: Path) -> None:
    text = (
        '2026-03-13 receipt R-9 5.00 unidentified text "hello"\n2026-03-15 [suspense] operator identifies R-9 as acme'
    )
    printed = told(of_text(text, tmp_path), "exception_closed")
    assert "  cash.unidentified: It is closed: none of the money is left there. The bank named no account" in printed
    assert "It is closed" not in told(of_text(text, tmp_path), "exception_raised")


def test_what_is_about_one_document_names_no_others(tmp_path: Path) -> None:
    histories = of_text(CASH, tmp_path)
    text = told(histories, "cash_applied", 1)
    assert "Receipt R-1" not in text
    assert "Receipt R-3" not in text.partition("What followed")[0]
