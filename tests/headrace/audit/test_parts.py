"""The auditor's own small parts: where documents are kept, how references are read, the days of a policy."""

from pathlib import Path

import pytest

from headrace.audit.accounts import Account
from headrace.audit.cash import folded, is_other, meant, sure_number, within_one_edit, words
from headrace.audit.keep import Keep, Scratch
from headrace.audit.orders import net_of
from headrace.audit.policy import Terms, Who, built_in, read_terms
from schemas.records import Decision


def test_what_does_not_fit_in_memory_comes_back_from_the_file(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path)
    kept: Keep[tuple[int, str]] = Keep(scratch, lambda value: value, tuple, most_held=10)
    for number in range(100):
        kept.put(f"d{number}", (number, "x"))
    assert len(kept._held) <= 10
    assert [kept.get(f"d{number}") for number in (0, 57, 99)] == [(0, "x"), (57, "x"), (99, "x")]
    kept.put("d0", (-1, "changed"))
    kept.drop("d1")
    assert kept.get("d1") is None
    everything = dict(kept.items())
    assert len(everything) == 99
    assert everything["d0"] == (-1, "changed")
    assert kept.get("d100") is None
    scratch.close()


@pytest.mark.parametrize(
    ("reference", "right"),
    [
        ("INV-0042", "42"),
        ("inv 42", "42"),
        ("RE/26/4761", "264761"),
        ("0000", "0"),
        ("INV-4Z", "42"),
        ("CN 1O0", "100"),
        ("ABC", "A8C"),
    ],
)
def test_references_are_read_without_prefix_zeros_and_punctuation(reference: str, right: str) -> None:
    assert folded(reference) == right


@pytest.mark.parametrize(
    ("name", "document", "right"),
    [
        ("INV-2/2", "INV-2/P2", True),
        ("INV-2/02", "INV-2/P2", True),
        ("inv 2", "INV-2/P2", True),
        ("INV-2/1", "INV-2/P2", False),
        ("26-27/7", "26-27/P7", False),
    ],
)
def test_a_number_and_a_place_name_an_instalment_and_no_invoice_that_looks_like_one(
    name: str, document: str, right: bool
) -> None:
    account = Account("t1/us01/C1")
    account.stands_for["INV-2/P2"] = ("INV-2",)
    named = meant(account, Decision(kind="cash_applied", document=document, count=1), (name,))
    assert named == ((name, document) if right else (name,))


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("1234", "1234", True),
        ("1234", "1243", True),
        ("1234", "124", True),
        ("1234", "12534", True),
        ("1234", "1235", True),
        ("1234", "4321", False),
        ("1234", "12", False),
        ("1234", "1423", False),
    ],
)
def test_one_edit(a: str, b: str, near: bool) -> None:
    assert within_one_edit(a, b) is near
    assert within_one_edit(b, a) is near


@pytest.mark.parametrize(
    ("name", "document", "sure", "other"),
    [
        ("INV-1001", "INV-1001", True, True),
        ("1001", "INV-1001", True, True),
        ("RECHNUNG 1001", "INV-1001", True, True),
        ("PO-1001", "INV-1001", False, True),
        ("PO-1001", "1001", False, True),
        ("INV-1O01", "INV-1001", False, True),
        ("INV-1002", "INV-1001", False, True),
        ("INV-1000", "INV-1001", False, True),
        ("INV-10011", "INV-1001", False, False),
        ("INV-10X1", "INV-1001", False, False),
        ("INV-000101", "INV-001001", False, True),
    ],
)
def test_what_a_name_fixes_whatever_the_amount(name: str, document: str, sure: bool, other: bool) -> None:
    assert (sure_number(name, document), is_other(name, document)) == (sure, other)


@pytest.mark.parametrize(
    ("currency", "net"), [("JPY", 4), ("USD", 370), ("KWD", 3_704), ("CLF", 37_037), ("UYW", 37_037)]
)
def test_a_line_is_rounded_to_its_currency(currency: str, net: int) -> None:
    assert net_of(3_000, 1_234_560, currency) == net
    assert net_of(-3_000, 1_234_560, currency) == -net


def test_words_of_a_text() -> None:
    assert words("our payment (INV-301), re: 12/44. Thanks") == ["our", "payment", "INV-301", "re", "12/44", "Thanks"]


def released(terms: Terms) -> tuple[str, int]:
    part = terms.text["release"]
    return part["condition"], part["pod_days"]


def test_the_policy_in_force_where_none_was_published() -> None:
    terms = built_in()
    assert released(terms) == ("on_shipment", 10)
    assert terms.minimum_minor == 500
    # 2024-10-14 was a Monday; a week before it is one too, the day after it a Tuesday, ten days after it a Thursday.
    assert [terms.step_day(20_010, level) for level in range(1, 6)] == [20_003, 20_011, 20_020, 20_031, 20_040]


def test_the_most_specific_variant_wins_and_the_rest_is_as_in_the_base() -> None:
    text = """
        version = 2
        [release]
        condition = "on_shipment"
        pod_days = 10
        hold_sla_days = 5
        [reminders]
        steps_days = [1]
        minimum_minor = 0
        days_between_letters = 0
        [cash]
        sources = ["payments"]
        [calendars.default]
        weekend = [5, 6]
        holidays = []
        [calendars.DE]
        weekend = [5, 6]
        holidays = ["2024-10-15"]
        [[variants]]
        name = "gold"
        where = { tier = "gold" }
        release.condition = "on_pod"
        [[variants]]
        name = "small"
        where = { segment = "small", from = "2024-10-15" }
        release = { condition = "on_order", pod_days = 3 }
        [[variants]]
        name = "longer terms"
        where.terms_days = 60
        release.pod_days = 6
        [[variants]]
        name = "long terms"
        where.terms_days = 45
        release.pod_days = 4
        [[variants]]
        name = "contract"
        where.contract = "K-7"
        release.pod_days = 8
        [[variants]]
        name = "risk"
        where.risk_class = "high"
        release.pod_days = 1
    """
    terms = read_terms(text)
    # The holiday 2024-10-15 is day 20,011.
    assert released(terms.of(Who(segment="small", tier="gold"), "", 20_011)) == ("on_pod", 3)
    assert released(terms.of(Who(segment="small"), "", 20_011)) == ("on_order", 3)
    assert released(terms.of(Who(segment="small"), "", 20_010)) == ("on_shipment", 10)
    days = [released(terms.of(Who(terms_days=n), "", 20_011))[1] for n in (44, 45, 59, 60, 90)]
    assert days == [10, 4, 4, 6, 6]
    assert released(terms.of(Who(risk_class="high", terms_days=60), "", 20_011))[1] == 1
    assert released(terms.of(Who(risk_class="high", contract="K-7"), "", 20_011))[1] == 8
    assert terms.of(Who(country="DE"), "", 20_011).step_day(20_010, 1) == 20_012
    assert terms.of(Who(country="US"), "", 20_011).step_day(20_010, 1) == 20_011
