"""How references go wrong: each way is what its name says, on numbers of every form."""

import pytest

from benchmarks.workload.chance import Chance
from benchmarks.workload.references import garble

NUMBERS = ("INV-2026-004711", "RE/26/1234", "0090012345")


def all_of(kind: str, number: str, others: tuple[str, ...] = ()) -> set[str]:
    chance = Chance(1)
    return {garble(kind, number, others, chance) for _ in range(400)}


@pytest.mark.parametrize(
    ("kind", "number", "expected"),
    [
        ("case", "INV-2026-004711", {"inv-2026-004711"}),
        ("case", "0090012345", {"0090012345"}),
        ("zeros", "INV-2026-004711", {"INV-2026-4711", "INV-2026-0004711"}),
        ("zeros", "RE/26/1234", {"RE/26/1234", "RE/26/01234"}),
        ("zeros", "0090012345", {"90012345", "00090012345"}),
        ("zeros", "RE/26/0", {"RE/26/0", "RE/26/00"}),
        ("punctuation", "INV-2026-004711", {"INV2026004711", "INV 2026 004711"}),
        ("punctuation", "RE/26/1234", {"RE261234", "RE-26-1234"}),
        ("punctuation", "0090012345", {"0090012345"}),
        ("ocr", "RE/26/1234", {"RE/Z6/1234", "RE/2G/1234", "RE/26/I234", "RE/26/1Z34"}),
    ],
)
def test_a_number_goes_wrong_in_these_ways(kind: str, number: str, expected: set[str]) -> None:
    assert all_of(kind, number) == expected


def test_prefixes_are_dropped_or_put_in_front() -> None:
    assert all_of("prefix", "INV-2026-004711") >= {"2026-004711", "NRINV-2026-004711", "#INV-2026-004711"}
    assert all_of("prefix", "0090012345") == {"NR0090012345", "INV0090012345", "RE-0090012345", "#0090012345"}


def test_a_wrong_number_is_that_of_another_document() -> None:
    assert all_of("wrong", "RE/26/1234", ("RE/26/1200", "RE/26/1201")) == {"RE/26/1200", "RE/26/1201"}


def edits(a: str, b: str) -> int:
    """Damerau-Levenshtein distance, neighbours swapped counting one."""
    rows = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if not i or not j:
                rows[i][j] = i + j
                continue
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i][j] = best
    return rows[-1][-1]


@pytest.mark.parametrize("number", NUMBERS)
def test_one_edit_is_one_edit(number: str) -> None:
    written = all_of("one_edit", number)
    assert {edits(number, x) for x in written} <= {0, 1}
    assert {len(x) - len(number) for x in written} == {-1, 0, 1}
    assert len(written) > 20
