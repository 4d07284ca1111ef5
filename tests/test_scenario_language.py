"""The scenario language: what it reads, what it refuses, and how a difference is told."""

from pathlib import Path

import pytest

from schemas import records as r
from tests.scenario_language import Again, DayEnds, PolicyChange, WrongScenario, parse
from tests.scenario_lines import day_of
from tests.scenario_runner import Run

HEAD = "; Shows something.\n\n"


def scenario(directory: Path, text: str) -> Path:
    path = directory / "shown.txt"
    path.write_text(HEAD + text)
    return path


def only(directory: Path, line: str) -> object:
    [step] = parse(scenario(directory, line)).steps
    return step.action


def differences(directory: Path, text: str) -> list[str]:
    run = Run(parse(scenario(directory, text)), directory / "state")
    try:
        return run.all()
    finally:
        run.close()


def test_a_draft_with_everything(tmp_path: Path) -> None:
    line = "2026-03-02 [beta] draft INV-1 12.34 EUR of O-1 po 77 tax 1.00 due 2026-05-01: 2 x 1.5 = 3.00 tax 1.00, #7 4 x 2"
    fact = only(tmp_path, line)
    assert isinstance(fact, r.Invoice)
    assert (fact.account_id, fact.document, fact.stage, fact.currency, fact.amount) == (
        "beta",
        "INV-1",
        "draft",
        "EUR",
        1234,
    )
    assert (fact.order_id, fact.po_reference, fact.tax, fact.due_date) == ("O-1", "77", 100, day_of("2026-05-01"))
    lines = [(x.line, x.order_line, x.quantity_milli, x.unit_price_micro, x.net, x.tax) for x in fact.lines]
    assert lines == [(1, 1, 2_000, 1_500_000, 300, 100), (2, 7, 4_000, 2_000_000, 800, 0)]


def test_a_receipt_with_everything(tmp_path: Path) -> None:
    line = (
        '2026-03-02 receipt R-1 1,000.00 value 2026-02-28 from DE02 bank B reference E2E text "a, b: c" '
        'for "INV 1, a" 60.00, INV-2, CRN-3 -5.00   ; said by the payer'
    )
    fact = only(tmp_path, line)
    assert isinstance(fact, r.Receipt)
    assert (fact.amount, fact.value_date, fact.payer_account) == (100_000, day_of("2026-02-28"), "DE02")
    assert (fact.bank_account, fact.bank_reference, fact.text) == ("B", "E2E", "a, b: c")
    assert [(x.document, x.amount) for x in fact.lines] == [("INV 1, a", 6_000), ("INV-2", None), ("CRN-3", -500)]


def test_unidentified_money_goes_to_its_suspense_account(tmp_path: Path) -> None:
    fact = only(tmp_path, "2026-03-02 receipt R-1 5.00 unidentified bank B")
    assert isinstance(fact, r.Receipt)
    assert fact.account_id.startswith("~suspense:B:")


def test_lines_that_are_no_facts(tmp_path: Path) -> None:
    text = "2026-03-02 policy\n    [release]\n    pod_days = 3\n2026-03-02 same again\n2026-03-02 end of day\n    nothing\n"
    actions = [step.action for step in parse(scenario(tmp_path, text)).steps]
    assert actions == [PolicyChange({"release": {"pod_days": 3}}), Again(), DayEnds()]


def test_what_stands_before_the_first_date(tmp_path: Path) -> None:
    shown = parse(scenario(tmp_path, "currency JPY\nexpected to fail: because\n2026-03-02 invoice INV-1 1001\n"))
    assert (shown.currency, shown.xfail) == ("JPY", "because")
    assert isinstance(shown.steps[0].action, r.Invoice)
    assert shown.steps[0].action.amount == 1001


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no dated line"),
        ("    nothing", "nothing was dated above it"),
        ("money USD", "before the first date there may be `currency CODE`, `live` or `expected to fail: why`"),
        ("2026-03-02 invoice INV-1", "'invoice INV-1' says no amount: give one, or lines"),
        ("2026-03-02 invoce INV-1 5.00", "is no fact of the language; tests/scenarios/README.md has them all"),
        ("2026-03-02 invoice INV-1 5.001", "5.001 has more decimals than USD"),
        ("2026-03-02 invoice INV-1 5.00 due 2026-02-30", "day is out of range for month"),
        ("2026-03-02 order O-1: ten x 5.00", "'ten x 5.00' is not quantity x price"),
        ("2026-03-02 shipment S-1 of O-1: some", "'some' is not a quantity like 10 or #2 10"),
        ("2026-03-02 receipt R-1 5.00 for INV 1 2", "'INV 1 2' is not a document, or a document and an amount"),
        (
            "2026-03-02 dispute D-1 closed: paid 5.00",
            "'paid 5.00' is none of credited, rejected, written off, goodwill",
        ),
        (
            "2026-03-02 customer: blue eyes",
            "'blue' is nothing a customer has; affiliate, cash order, credit blocked, direct debit, inactive",
        ),
        ("2026-03-02 policy\n    pod_days", "the policy below is not TOML"),
        ("2026-03-02 end of day\n2026-03-01 end of day", "is dated before the line above it"),
        ("2026-03-02 [suspense] operator identifies R-1 as acme", "no money went to a suspense account above it"),
    ],
)
def test_what_is_not_the_language_is_refused_where_it_stands(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(WrongScenario) as caught:
        parse(scenario(tmp_path, text))
    assert message in str(caught.value)
    assert "shown.txt:" in str(caught.value)


def test_a_first_line_says_what_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "shown.txt"
    path.write_text("\n2026-03-02 end of day\n")
    with pytest.raises(WrongScenario, match="the first line says after a semicolon what the scenario shows"):
        parse(path)


INVOICE = "2026-03-02 invoice INV-1 100.00\n"
PAID = "2026-03-05 receipt R-1 60.00 for INV-1\n"


def test_what_agrees_is_silent(tmp_path: Path) -> None:
    text = (
        INVOICE + PAID + "    applied R-1 to INV-1 60.00 by cash.1.structured leaving 40.00\n    balance open 40.00\n"
    )
    assert differences(tmp_path, text) == []


@pytest.mark.parametrize(
    ("below", "told"),
    [
        (
            "    applied R-1 to INV-1 50.00\n",
            "\n    expected  applied R-1 to INV-1 50.00\n    got       applied R-1 to INV-1 60.00 by",
        ),
        (
            "    applied R-1 to INV-1 60.00 leaving 50.00\n",
            "\n    expected  applied R-1 to INV-1 60.00 leaving 50.00\n    got ",
        ),
        ("", "\n    expected  nothing\n    got       applied R-1 to INV-1 60.00 by cash.1.structured leaving 40.00"),
        (
            "    nothing\n",
            "\n    expected  nothing\n    got       booked R-1 60.00 by receipt\n    got       applied R-1",
        ),
        (
            "    applied R-1 to INV-1 60.00\n    balance zero\n",
            "\n    expected  balance zero\n    got       balance open 40.00",
        ),
        (
            "    applied R-1 to INV-1 60.00\n    balance open 40.00, unapplied 1.00\n",
            "\n    expected  balance open 40.00, unapplied 1.00\n    got       balance open 40.00, unapplied 0.00",
        ),
    ],
)
def test_a_difference_says_the_line_what_was_expected_and_what_came(tmp_path: Path, below: str, told: str) -> None:
    [found] = differences(tmp_path, INVOICE + PAID + below)
    assert found.startswith(f"{tmp_path}/shown.txt:4: 2026-03-05 receipt R-1 60.00 for INV-1")
    assert told in found


def test_a_day_that_the_scenario_does_not_speak_of_brings_nothing(tmp_path: Path) -> None:
    [found] = differences(tmp_path, INVOICE + "2026-03-26 end of day\n")
    assert found.endswith(
        "2026-03-25 end of day, of which it says nothing\n    got       reminder of INV-1 at level 1 for 100.00 in en in letter acme:20537"
    )


def test_a_transfer_that_is_not_on_its_way(tmp_path: Path) -> None:
    [found] = differences(tmp_path, "2026-03-02 transfer of R-1 arrives\n")
    assert found.endswith("2026-03-02 transfer of R-1 arrives: nothing of it is on its way")
