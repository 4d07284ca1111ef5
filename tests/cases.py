"""How many cases a property is tried with, and whether cases lead to what a property is about."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

# Of each property, by `make nightly`.
NIGHTLY = 10_000


def cases(number: int) -> settings:
    """So many in every run of the tests, NIGHTLY under the profile of that name. An example takes what it takes."""
    nightly = settings.get_current_profile_name() == "nightly"
    return settings(
        max_examples=NIGHTLY if nightly else number, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )


class _AllReached(Exception):
    pass


class _Case:
    """Without its values in its repr, which are long."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self.values = values


def unreached(
    wanted: Iterable[str], most: int, said_of: Callable[..., Iterable[str]], *given_by: st.SearchStrategy[Any]
) -> set[str]:
    """What of `wanted` is said of none of `most` cases, which are the same in every run. No more are tried than it takes."""
    left = set(wanted)

    @settings(
        max_examples=most, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )  # fmt: skip
    @given(st.tuples(*given_by).map(_Case))
    def look(case: _Case) -> None:
        left.difference_update(said_of(*case.values))
        if not left:
            raise _AllReached

    with suppress(_AllReached):
        look()
    return left
