"""An account sleeps when nothing can come of time alone: until a new policy, or 2100."""

from pathlib import Path

import pytest

from dataflows.rules.context import FAR
from tests.scenario_language import parse
from tests.scenario_runner import Run

STEPS = "2026-03-02 policy\n    [reminders]\n    steps_days = [1, 2]\n    days_between_letters = 0\n"
INVOICE = "2026-03-02 invoice INV-1 100.00 due 2026-03-09\n"
REMINDERS = (
    "2026-03-10 end of day\n    reminder of INV-1 at level 1 for 100.00\n"
    "2026-03-11 end of day\n    reminder of INV-1 at level 2 for 100.00\n"
)
PAID = "2026-03-03 receipt R-1 100.00 for INV-1\n    applied R-1 to INV-1 100.00\n"
BROKEN = (
    "2026-03-12 promise P-1 100.00 by 2026-03-12 for INV-1\n    promise P-1 opened 100.00\n"
    "2026-03-16 end of day\n    promise P-1 broken 100.00\n"
    "2026-03-20 end of day\n"
)
RETURNED = "2026-03-12 returned R-1 100.00\n    reversed R-1 from INV-1 100.00\n2026-03-12 end of day\n"


@pytest.mark.parametrize(
    ("text", "asleep"),
    [
        (STEPS + INVOICE, False),
        (STEPS + INVOICE + REMINDERS, True),
        (STEPS + INVOICE + PAID + "2026-03-11 end of day\n", True),
        (STEPS + INVOICE + REMINDERS + BROKEN, True),
        (STEPS + INVOICE + PAID + RETURNED + "    reminder of INV-1 at level 2 for 100.00\n", True),
        ("2026-03-02 policy\n    [reminders]\n    steps_days = []\n" + INVOICE, True),
        (
            "2026-03-02 draft INV-1 5.00\n    held INV-1 5.00\n2026-03-09 end of day\n    exception hold:INV-1 5.00\n",
            False,
        ),
    ],
    ids=["before", "after the last step", "paid", "broken after the last step", "returned", "no steps", "held"],
)
def test_an_account_wakes_only_where_something_can_come(tmp_path: Path, text: str, asleep: bool) -> None:
    path = tmp_path / "shown.txt"
    path.write_text("; Shows when an account wakes.\n" + text)
    run = Run(parse(path), tmp_path / "state")
    try:
        assert run.all() == []
        assert run.shard.wakes.due(FAR - 1) is not asleep
    finally:
        run.close()
