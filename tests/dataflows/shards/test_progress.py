"""How far receivables is, as others read it in the log, and the state that it is said of."""

import shutil
from pathlib import Path

from dataflows.shards.owner import GROUP, save_stored_progress
from schemas.topics import FACTS
from tests.facts import customer
from tests.installations import Facts, decide, open_log


def test_what_is_said_of_a_state_that_is_lost_is_taken_back(tmp_path: Path) -> None:
    log = open_log(tmp_path, 2)
    Facts(log).append([customer()])
    decide(log, tmp_path / "state")
    ends = dict(enumerate(log.end_offsets(FACTS)))
    save_stored_progress(log, range(2), tmp_path / "state")
    assert log.positions(GROUP, FACTS) == ends
    shutil.rmtree(tmp_path / "state" / "shard-001")
    save_stored_progress(log, range(2), tmp_path / "state")
    assert log.positions(GROUP, FACTS) == {0: ends[0], 1: 0}
    assert ends[1] > 0
    log.close()
