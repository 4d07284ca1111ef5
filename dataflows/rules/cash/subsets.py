"""Which of some amounts add up to a sum: an exact search in integers, bounded in steps. Source: REFERENCE 3.5 step 5.

Each item is left out or counts with one of its values (what is open; that less an earned discount; a credit
counts below zero). First each value is dropped with which the sum is out of reach whatever the others do: of a payment
of nearly all that is open only the small items stay undecided, of a small one only those up to it. What stays
undecided is halved; all sums of one half are kept, and each sum of the other looks for what it lacks.

The bound: MOST_SUMS sums in each half, so 2 x 14 = 28 undecided items of one value each, and MOST_PASSES looks over at the
most MOST_ITEMS items before. Beyond it the search did not finish, and nothing that it says is certain.
"""

from typing import Final

MOST_SUMS: Final = 1 << 14
MOST_ITEMS: Final = 1_000
MOST_PASSES: Final = 20
# Answers that are told apart; two are as uncertain as many.
MOST_ANSWERS: Final = 5


class Answers:
    """What a search found. chosen: for each answer the value of each item, 0 where it is left out.

    finished: False where the bound was reached. sets: how many sets of values it had to tell apart, at the most
    2^62, where it finished.
    """

    __slots__ = ("chosen", "finished", "sets")

    def __init__(self, chosen: list[list[int]], finished: bool, sets: int) -> None:
        self.chosen: Final = chosen
        self.finished: Final = finished
        self.sets: Final = sets


def search(values: list[list[int]], target: int) -> Answers:
    """All ways, up to MOST_ANSWERS, in which one value of some items, each at most once, add up to `target`.

    values: for each item what it may count with, none of them 0, each once. In order of the items.
    """
    if len(values) > MOST_ITEMS:
        return Answers([], False, 0)
    possible = [[0, *each] for each in values]
    if not _narrow(possible, target):
        return Answers([], True, 1)
    undecided = [at for at, each in enumerate(possible) if len(each) > 1]
    fixed = sum([each[0] for each in possible if len(each) == 1])
    sets = 1
    for at in undecided:
        sets = min(sets * len(possible[at]), 1 << 62)
    cut = 0
    left = 1
    while cut < len(undecided) and left * len(possible[undecided[cut]]) <= MOST_SUMS and left * left < sets:
        left *= len(possible[undecided[cut]])
        cut += 1
    if sets > left * MOST_SUMS:
        return Answers([], False, sets)
    chosen = _join(possible, undecided[:cut], undecided[cut:], target - fixed)
    return Answers(chosen, True, sets)


def _narrow(possible: list[list[int]], target: int) -> bool:
    """Drop values with which the target is out of reach; False where that leaves an item without any."""
    most = sum([max(each) for each in possible])
    least = sum([min(each) for each in possible])
    for _ in range(MOST_PASSES):
        before = most - least
        for at, each in enumerate(possible):
            if len(each) == 1:
                continue
            highest, lowest = max(each), min(each)
            kept = [v for v in each if most - highest + v >= target and least - lowest + v <= target]
            if not kept:
                return False
            if len(kept) < len(each):
                possible[at] = kept
                most += max(kept) - highest
                least += min(kept) - lowest
        if most - least == before:
            break
    return least <= target <= most


def _join(possible: list[list[int]], first: list[int], second: list[int], target: int) -> list[list[int]]:
    """The answers: pairs of a set of the first half and one of the second that come to the target."""
    sums = _sums(possible, first)
    places: dict[int, list[int]] = {}
    for number, total in enumerate(sums):
        places.setdefault(total, []).append(number)
    chosen: list[list[int]] = []
    for number, total in enumerate(_sums(possible, second)):
        found = places.get(target - total)
        if found is None:
            continue
        for other in found:
            answer = [each[0] for each in possible]
            _spell(possible, first, other, answer)
            _spell(possible, second, number, answer)
            chosen.append(answer)
            if len(chosen) == MOST_ANSWERS:
                return chosen
    return chosen


def _sums(possible: list[list[int]], items: list[int]) -> list[int]:
    """The sums of all sets of these items' values, by number: the first item's value changes slowest."""
    sums = [0]
    for at in items:
        each = possible[at]
        sums = [total + value for total in sums for value in each]
    return sums


def _spell(possible: list[list[int]], items: list[int], number: int, answer: list[int]) -> None:
    """Write the values of the set of that number into the answer."""
    for at in reversed(items):
        each = possible[at]
        answer[at] = each[number % len(each)]
        number //= len(each)
