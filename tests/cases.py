"""How many cases a property is tried with."""

from hypothesis import HealthCheck, settings

# Of each property, by `make nightly`.
NIGHTLY = 10_000


def cases(number: int) -> settings:
    """So many in every run of the tests, NIGHTLY under the profile of that name. An example takes what it takes."""
    nightly = settings.get_current_profile_name() == "nightly"
    return settings(
        max_examples=NIGHTLY if nightly else number, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
