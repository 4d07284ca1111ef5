"""Every view says what the recomputation says, over all scenarios: every rule that there is, with its edges."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.audit.kpi.check import KPIS
from schemas.records import AccountOwner, Customer, Fact
from sinks.clickhouse.kpis import ANSWERED
from tests.headrace.audit.kpi.installed import compared, lines, of_scenarios, publish, read
from tests.headrace.audit.story import SHARDS, tell
from tests.headrace.audit.test_scenarios_audited import FILES
from tests.installations import Facts, but, decide, open_log, with_days

PARTS = 3
# All scenarios at once are a minute's work on an idle machine.
SHARES = 3


@pytest.mark.parametrize("share", range(SHARES))
def test_all_scenarios_agree_in_every_view(share: int, tmp_path: Path) -> None:
    log = of_scenarios(tmp_path, FILES[share::SHARES])
    publish(log, tmp_path)
    reading = read(log)
    log.close()
    check = compared(reading, tmp_path)
    assert lines(check) == []
    rows = {note.partition(":")[0]: int(note.split(" ")[1].replace(",", "")) for note in check.notes}
    # No view agrees because it is empty.
    assert sorted(rows) == sorted([*(kpi.view for kpi in KPIS), *(answer.now.name for answer in ANSWERED)])
    assert min(rows.values()) > 0, rows


def _moved(customers: list[Customer], part: int, before: Fact) -> Iterator[Fact]:
    """Every other customer moves, is of the group or is no more, and has another collector, right before that fact."""
    times = {"event_time": before.recorded_time, "recorded_time": before.recorded_time}
    for number, customer in enumerate(customers):
        if (number + part) % 2:
            region, segment = ("", "west", "east")[(number + part) % 3], ("retail", "")[part % 2]
            is_affiliate = (number + part) % 5 == 0
            named = {"event_id": f"moved-{part}-{number}", "region": region, "segment": segment}
            yield but(customer, affiliate=is_affiliate, **named, **times)
        else:
            head = (f"owned-{part}-{number}", before.recorded_time, "", "test", "acme", "US01", customer.account_id)
            yield AccountOwner(*head, before.recorded_time, "collector", ("kim", "lee", "")[part % 3], 0)


def test_accounts_that_move_take_their_history_along(tmp_path: Path) -> None:
    """Published in small batches, and customers and collectors change between and among them."""
    facts = tell()
    customers = [fact for fact in facts if isinstance(fact, Customer)]
    size = len(facts) // PARTS + 1
    log = open_log(tmp_path, SHARDS)
    for part in range(PARTS):
        given = facts[part * size : (part + 1) * size]
        if part:
            given = [*given[:3], *_moved(customers, part, given[3]), *given[3:]]
        Facts(log).append(with_days(given))
        decide(log, tmp_path / "state")
        publish(log, tmp_path, batch_rows=17)
        check = compared(read(log), tmp_path)
        assert lines(check) == [], part
    # Three times the same few rows would be none that move.
    assert check.checked > 500
    log.close()


def test_accounts_that_change_places_at_once(tmp_path: Path) -> None:
    """As many invoices on a day as before on either side, and of other amounts: E's is of 10,000, DD's of 7,000."""
    facts = tell()
    customers = {fact.account_id: fact for fact in facts if isinstance(fact, Customer)}
    log = open_log(tmp_path, SHARDS)
    Facts(log).append(with_days(facts))
    decide(log, tmp_path / "state")
    for number, regions in enumerate((("west", "east"), ("east", "west"))):
        time = max(fact.recorded_time for fact in facts) + 1 + number
        named = {"event_time": time, "recorded_time": time}
        Facts(log).append(
            but(customers[account], event_id=f"{account}-{number}", region=region, **named)
            for account, region in zip(("E", "DD"), regions, strict=True)
        )
        decide(log, tmp_path / "state")
        publish(log, tmp_path)
        assert lines(compared(read(log), tmp_path)) == []
    log.close()
