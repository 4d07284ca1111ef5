"""Facts in words: what is said of a message of ours is what became of it."""

import pytest

from headrace.why.facts import title
from tests.facts import message


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("sent", "went out"),
        ("delivered", "went out"),
        ("bounced", "did not get through"),
        ("failed", "did not get through"),
        ("expired", "was not sent"),
        ("unknown", "may have gone out"),
    ],
)
def test_a_message_went_out_only_where_it_did(status: str, said: str) -> None:
    assert title(message(status=status, document="RE-1")) == f"Message M-1 {said} about RE-1"
