"""References as payers write them, folded and compared."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflows.rules.cash.references import (
    bare,
    fold,
    is_list,
    neighbours,
    other_number,
    plain,
    same_number,
    says_order,
    tokens,
    unpadded,
    zeros_otherwise,
)

LETTERS_OF_FOLDS = "0123456789ACDEFGHJKMNPRTUVWXY"
FOLDED = st.text(LETTERS_OF_FOLDS, min_size=1, max_size=10)
DIGITS = st.text(string.digits, min_size=1, max_size=10)
WRITTEN = st.text(string.ascii_letters + string.digits + " -/.#", min_size=1, max_size=16)


@pytest.mark.parametrize(
    ("written", "plain_text", "bare_text", "folded"),
    [
        ("INV-1001", "INV1001", "1001", "1001"),
        ("inv 001001", "INV001001", "1001", "1001"),
        ("1001.", "1001", "1001", "1001"),
        ("#RE/1001", "RE1001", "1001", "1001"),
        ("INV-1O01", "INV1O01", "1O01", "1001"),
        ("2026-INV-17", "2026INV17", "2026INV17", "20261NV17"),
        ("INV-17-B", "INV17B", "17B", "178"),
        ("000", "000", "0", "0"),
        ("INV-000", "INV000", "INV000", "1NV000"),
        ("Rechnung", "RECHNUNG", "RECHNUNG", "RECHNUNG"),
        ("---", "", "", "0"),
    ],
)
def test_how_references_are_folded(written: str, plain_text: str, bare_text: str, folded: str) -> None:
    assert (plain(written), bare(written), fold(written)) == (plain_text, bare_text, folded)


@pytest.mark.parametrize(
    ("written", "document", "same"),
    [
        ("1001", "INV-1001", True),
        ("inv 1001", "INV-001001", True),
        ("INVOICE 1001", "INV-1001", True),
        ("I1001", "INV-1001", True),
        ("RE-1001", "INV-1001", True),
        ("INV-1001", "1001", True),
        ("PO-1001", "INV-1001", False),
        ("PO-1001", "1001", False),
        ("INV-1O01", "INV-1001", False),
        ("INV-1002", "INV-1001", False),
    ],
)
def test_which_references_have_a_documents_number(written: str, document: str, same: bool) -> None:
    assert same_number(written, document) is same


@pytest.mark.parametrize(
    ("written", "document", "other"),
    [
        ("INV-1002", "INV-1001", True),
        ("INV-1000", "INV-1001", True),
        ("1002", "INV-1001", True),
        ("INV-10012", "INV-1001", False),
        ("INV-101", "INV-1001", False),
        ("INV-000101", "INV-001001", True),
        ("INV-0101", "INV-001001", False),
        ("INV-10X1", "INV-1001", False),
        ("INV-1O02", "INV-1001", True),
        ("INV-17C", "INV-17B", True),
        ("INV-177", "INV-17D", False),
    ],
)
def test_which_references_may_be_other_documents(written: str, document: str, other: bool) -> None:
    assert other_number(written, document) is other


@given(WRITTEN)
def test_case_and_punctuation_make_no_difference(written: str) -> None:
    assert fold(written.lower()) == fold(written.upper()) == fold(f" {written}. ")


@given(st.integers(1, 10**12), st.integers(0, 4), st.sampled_from(["", "INV", "re-", "Nr. "]))
def test_prefixes_and_zeros_make_no_difference(number: int, zeros: int, prefix: str) -> None:
    assert fold(f"{prefix}{'0' * zeros}{number}") == str(number)


@given(DIGITS, st.data())
def test_letters_read_for_digits_make_no_difference(digits: str, data: st.DataObject) -> None:
    """Past the first digit that is no zero: letters before it are a prefix."""
    number = "1" + digits
    at = data.draw(st.integers(1, len(number) - 1))
    letter = {"0": "O", "1": "I", "2": "Z", "5": "S", "8": "B"}.get(number[at])
    if letter is not None:
        assert fold(number[:at] + letter + number[at + 1 :]) == fold(number)


@given(WRITTEN)
def test_a_fold_has_no_letters_that_are_read_for_digits(written: str) -> None:
    assert set(fold(written)) <= set(LETTERS_OF_FOLDS)


@given(FOLDED, st.data())
def test_every_edit_of_one_letter_is_a_neighbour(folded: str, data: st.DataObject) -> None:
    letter = st.sampled_from(string.digits if folded.isdigit() else LETTERS_OF_FOLDS)
    near = neighbours(folded)
    at = data.draw(st.integers(0, len(folded) - 1))
    edits = {
        folded[:at] + folded[at + 1 :],
        folded[:at] + data.draw(letter) + folded[at:],
        folded + data.draw(letter),
        folded[:at] + data.draw(letter) + folded[at + 1 :],
        folded[:at] + folded[at + 1 : at + 2] + folded[at] + folded[at + 2 :],
    }
    assert edits - {folded, ""} <= set(near)


@given(FOLDED)
def test_neighbours_are_one_edit_away_each_once_and_in_order(folded: str) -> None:
    near = neighbours(folded)
    assert near == sorted(set(near))
    assert folded not in near
    assert all(distance(folded, other) == 1 for other in near)


def distance(one: str, other: str) -> int:
    """Insertions, deletions, substitutions and swaps of two beside each other that make one of the other."""
    rows = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(other) + 1)] for i in range(len(one) + 1)]
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            rows[i][j] = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("thank you", []),
        ("Payment of INV-1001 and 1002, thank you", ["INV-1001", "1002"]),
        ("inv 1001", ["1001"]),
        ("RE/2026/0017;RE/2026/0018", ["RE/2026/0017", "RE/2026/0018"]),
        ("12.", []),
        ("(INV-1001)", ["INV-1001"]),
        ("INV-1001 INV-1001", ["INV-1001"]),
        ("-1001-", ["1001"]),
        ("A1 B22 C333", ["C333"]),
        ("/RFB/RE/26/5383 1/3", ["RE/26/5383"]),
        ("/RFB/PO978587", ["PO978587"]),
        ("INV 2026 004711", ["2026", "004711", "INV 2026 004711"]),
        ("INV-2026-005519/2026-005544", ["INV-2026-005519/2026-005544", "INV-2026-005519", "2026-005544"]),
    ],
)
def test_words_that_may_be_references(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_numbers_in_a_list_that_slashes_part_are_among_its_words() -> None:
    found = tokens("RG RE/26/5045/RE/26/5047/26/5074/5075")
    assert {"RE/26/5045", "RE/26/5047", "26/5074", "5075"} <= set(found)
    assert is_list(found[0])
    assert not is_list("RE/26/5045")


@pytest.mark.parametrize(
    ("reference", "document", "same"),
    [
        ("INV-2026-4711", "INV-2026-004711", True),
        ("RE/26/05152", "RE/26/5152", True),
        ("INV-2026-004711", "INV-2026-004711", False),
        ("4711", "004711", False),
        ("INV-2026-4710", "INV-2026-004711", False),
        ("INV-2026-", "INV-2026-004711", False),
    ],
)
def test_zeros_before_the_last_digits(reference: str, document: str, same: bool) -> None:
    assert (document in zeros_otherwise(reference)) == same


def test_money_waits_under_one_name_however_many_zeros_are_written() -> None:
    assert len({unpadded(number) for number in ("INV-2026-4711", "INV-2026-004711", "inv 2026 04711 ")}) == 1
    assert unpadded("004711") == fold("4711")
    assert unpadded("INV-2026-4710") != unpadded("INV-2026-4711")
    assert unpadded("RE/26/") == fold("RE26")


@pytest.mark.parametrize(
    ("reference", "says"), [("PO433636", True), ("SO-0031012", True), ("RE433636", False), ("43", False)]
)
def test_the_number_of_an_order_says_so(reference: str, says: bool) -> None:
    assert says_order(reference) == says


@pytest.mark.parametrize(
    ("reference", "same"), [("NRCN-2026-000135", True), ("CN-2026-000135", True), ("XYCN-2026-000135", False)]
)
def test_a_word_that_says_number_may_stand_before_the_prefix(reference: str, same: bool) -> None:
    assert same_number(reference, "CN-2026-000135") == same
