"""Which facts make a replay wait at the end of each day, until what comes of them is in the log."""

from contextlib import closing
from pathlib import Path

import pytest

from connectors.intake.clockwork import ShardClock
from connectors.intake.plan import START, Plan, Planned
from connectors.intake.replay import batches
from connectors.placing import Placement, place
from schemas.codec import encode_fact
from schemas.records import Fact
from tests.facts import DAY_MS, TODAY, customer, invoice, one_of_each, operator_action, receipt

(RELATION,) = [fact for fact in one_of_each() if fact.kind == "payer_relation"]


def pauses(tmp_path: Path, first: Fact, paced: bool) -> list[bool]:
    """Of the batches of a day with that fact and two days with invoices: after which of them the flows are waited for."""
    with closing(Plan(tmp_path / "plan.db")) as plan:
        plan.begin("log", {}, {}, -1)
        facts = [(0, first), (1, invoice(event_id="I1")), (2, invoice(event_id="I2"))]
        plan.collect([_planned(at, day, fact) for at, (day, fact) in enumerate(facts)], {})
        clocks = [ShardClock()]
        return [batch.waits for batch in batches(plan, START, clocks, TODAY + 9 * DAY_MS, paced)]


def _planned(offset: int, day: int, fact: Fact) -> Planned:
    placed = place(fact, 1)
    assert isinstance(placed, Placement)
    return Planned(TODAY + day * DAY_MS, 0, 0, offset, placed.shard, placed.key, encode_fact(fact))


@pytest.mark.parametrize(
    "fact",
    [receipt(account_id=""), RELATION, operator_action(), customer(credit_group="G")],
    ids=["receipt-of-nobody-yet", "payer-relation", "order-of-a-person", "member-of-a-credit-group"],
)
def test_each_day_is_waited_for_from_the_first_that_concerns_other_accounts(tmp_path: Path, fact: Fact) -> None:
    # Two days that end within the plan, the rest of it, the last day, and its clocks.
    assert pauses(tmp_path, fact, paced=True) == [True, True, False, True, False]


@pytest.mark.parametrize("fact", [receipt(), customer(), invoice()], ids=lambda fact: fact.kind)
def test_days_that_concern_nobody_else_are_sent_in_one_go(tmp_path: Path, fact: Fact) -> None:
    assert pauses(tmp_path, fact, paced=True) == [False, False, False]


def test_nobody_waits_where_the_flows_run_by_themselves(tmp_path: Path) -> None:
    assert pauses(tmp_path, receipt(account_id=""), paced=False) == [False, False, False]
