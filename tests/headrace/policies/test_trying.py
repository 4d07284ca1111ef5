"""A policy tried on history: the one in force changes nothing, another one exactly what it says, and nothing is touched."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.intake.whole_shards import publish_allowance
from headrace.policies.compiling import Compiled, compile_text
from headrace.policies.trial_report import report_of
from headrace.policies.trying import span_of, try_policy
from headrace.settings import Settings
from schemas.topics import DECISIONS, FACTS
from tests.facts import DAY_MS
from tests.headrace.audit.histories import History
from tests.headrace.audit.story import FIRST, SHARDS, Story
from tests.installations import Facts, all_decisions, but, decide, forward, identify, open_log, records_of, with_days
from tests.policies import COLLECTING, EACH_ITEM, policy_fact, policy_text

EPOCH = date(1970, 1, 1)


def settings(directory: Path) -> Settings:
    return Settings(dir=directory, shards=SHARDS, log_sync=False)


def policy(changes: str = "") -> Compiled:
    return compile_text(policy_text(changes, 7), "policy.toml")


def tried(directory: Path, changes: str = "", first: int = 0, last: int = 90, jobs: int = 1) -> dict[str, Any]:
    """The report of a trial on the days FIRST + first to FIRST + last."""
    days = [EPOCH + timedelta(FIRST + at) for at in (first, last)]
    done: list[None] = []
    outcome = try_policy(
        settings(directory), range(SHARDS), span_of(*days), policy(changes), jobs, lambda: done.append(None)
    )
    assert len(done) == SHARDS
    return report_of(outcome)


def told(story: Story, directory: Path, last: int = 90, changes: str = "") -> Path:
    """An installation in which the story happened."""
    log = open_log(directory, SHARDS)
    if changes:
        Facts(log).append([policy_fact(changes)])
    Facts(log).append(with_days(story.facts, FIRST + last))
    decide(log, directory / "state")
    log.close()
    return directory


@pytest.mark.parametrize(("seed", "changes"), [(0, ""), (2, COLLECTING), (4, EACH_ITEM)])
def test_the_policy_that_is_in_force_changes_nothing(seed: int, changes: str, tmp_path: Path) -> None:
    history = History(seed, 200)
    log = open_log(tmp_path, SHARDS)
    if changes:
        Facts(log).append([policy_fact(changes)])
    Facts(log).append(with_days(history.facts, history.last_day + 40))
    decide(log, tmp_path / "state")
    Facts(log).append(forward(log, set()))
    decide(log, tmp_path / "state")
    middle = (history.last_day - FIRST) // 2
    for first in (0, middle):
        report = tried(tmp_path, changes, first, history.last_day + 40 - FIRST)
        assert report["different_decisions"] == 0, first
        assert report["accounts"] == []
        assert report["decisions"] > 50
        for part in ("earlier", "later", "only_was", "only_would"):
            assert report["releases"][part]["number"] == 0
        assert all(entry["was"] == entry["would"] for entry in report["decisions_by_kind"])
    log.close()


def shipped_late() -> Story:
    """A draft and its order on the first day, goods after five days, money 30 days after the goods."""
    story = Story()
    story.customer("A")
    story.customer("B")
    story.order("A", "O-1", 10)
    story.draft("A", "INV-1", "O-1", 10)
    story.invoice("B", "INV-2", 9_000, due=3)
    story.day += 5
    story.shipment("A", "O-1", 10, "S-1")
    story.day += 30
    story.receipt("A", "R-1", 5_000, ("INV-1", 5_000))
    story.receipt("B", "R-2", 9_000, ("INV-2", 9_000))
    return story


def test_invoices_are_released_earlier_and_expected_to_be_paid_earlier(tmp_path: Path) -> None:
    report = tried(told(shipped_late(), tmp_path), '[release]\ncondition = "on_order"\n')
    amounts = [{"currency": "USD", "amount": "50.00"}]
    assert report["releases"]["earlier"] == {"number": 1, "mean_days": 5.0, "amounts": amounts}
    assert [report["releases"][part]["number"] for part in ("later", "only_was", "only_would")] == [0] * 3
    assert report["holds"]["invoices_held"] == {"was": 1, "would": 0, "difference": -1}
    # 35 days from its date to the payment, five fewer where it goes out five days earlier; INV-2 took 35 days.
    (days,) = report["expected_days"]
    assert (days["items"], days["amount"]) == (2, "140.00")
    assert (days["was"], days["would"]) == (35.0, 33.2)
    assert [entry["account"] for entry in report["accounts"]] == ["acme/US01/A"]
    assert report["accounts"][0]["more_or_fewer"] == {"invoice_held": -1}


def test_invoices_are_released_later_or_not_by_the_last_day(tmp_path: Path) -> None:
    directory = told(shipped_late(), tmp_path)
    later = tried(directory, '[release]\ncondition = "on_pod"\npod_days = 4\n')
    assert later["releases"]["later"]["number"] == 1
    assert later["releases"]["later"]["mean_days"] >= 4
    never = tried(directory, '[release]\ncondition = "on_pod"\npod_days = 300\n')
    assert never["releases"]["only_was"]["number"] == 1
    (end,) = [end for end in never["at_the_end"] if end["currency"] == "USD"]
    assert (end["open_was"], end["open_would"], end["unapplied_was"], end["unapplied_would"]) == (
        "0.00",
        "0.00",
        "0.00",
        "50.00",
    )
    cash = never["cash"]
    assert cash["cleared_in_full_with_no_person"] == {"was": 2, "would": 1, "difference": -1}
    assert cash["applied"] == [{"currency": "USD", "was": "140.00", "would": "90.00", "difference": "-50.00"}]
    assert {entry["rule"]: entry["difference"] for entry in never["exceptions"]} == {"release.sla": 1}


def test_reminders_are_more_or_fewer_by_level_and_only_in_the_span(tmp_path: Path) -> None:
    directory = told(shipped_late(), tmp_path)
    was = tried(directory)["reminders"]
    assert was["all"]["was"] == was["all"]["would"] > 2
    fewer = tried(directory, "[reminders]\nsteps_days = [20]\n")["reminders"]
    assert fewer["by_level"][0]["would"] == 1
    assert fewer["all"] == {"was": was["all"]["was"], "would": 1, "difference": 1 - was["all"]["was"]}
    # From the tenth day on: what was sent before is sent, and the level that it reached stays.
    late = tried(directory, "[reminders]\nsteps_days = [1, 2, 3, 4, 20]\n", first=10)["reminders"]
    assert late["all"]["was"] < was["all"]["was"]
    nothing = tried(directory, "[reminders]\nsteps_days = []\n", first=40)["reminders"]
    assert nothing["all"] == {"was": 0, "would": 0, "difference": 0}


def test_it_says_what_it_replaced_and_what_it_cannot_know(tmp_path: Path) -> None:
    story = shipped_late()
    story.action("B", "apply_cash", "R-2", "INV-2", 9_000)
    report = tried(told(story, tmp_path, changes="[reminders]\nsteps_days = [3]\n"), "[reminders]\nsteps_days = [4]\n")
    assert report["policy_versions_replaced"] == [1]
    assert report["not_known"][0].startswith("What others did is as it was: 2 payments")
    assert "People's 1 orders are as they were; 1 of them could not be done" in report["not_known"][1]


def test_it_is_the_same_each_time_and_touches_nothing(tmp_path: Path) -> None:
    history = History(1, 150)
    directory = told_history(history, tmp_path)
    log = open_log(directory, SHARDS)
    before = [records_of(log, topic) for topic in (FACTS, DECISIONS)]
    state = {path: path.read_bytes() for path in sorted((directory / "state").rglob("*")) if path.is_file()}
    reports = [json.dumps(tried(directory, COLLECTING, jobs=jobs)) for jobs in (1, 2)]
    assert reports[0] == reports[1]
    assert json.loads(reports[0])["different_decisions"] > 0
    assert [records_of(log, topic) for topic in (FACTS, DECISIONS)] == before
    assert {path: path.read_bytes() for path in sorted((directory / "state").rglob("*")) if path.is_file()} == state
    log.close()


def told_history(history: History, directory: Path) -> Path:
    log = open_log(directory, SHARDS)
    Facts(log).append(with_days(history.facts, history.last_day + 40))
    decide(log, directory / "state")
    log.close()
    return directory


def test_the_last_day_ends_with_its_own_facts_and_not_with_the_next_days(tmp_path: Path) -> None:
    """As `report --as-of` that day: what is invoiced the next morning is not open yet."""
    story = Story()
    story.customer("A")
    story.invoice("A", "INV-1", 9_000)
    last = story.day - FIRST
    story.day += 1
    story.invoice("A", "INV-2", 500)
    (end,) = tried(told(story, tmp_path), last=last)["at_the_end"]
    assert (end["open_was"], end["open_would"]) == ("90.00", "90.00")
    (end,) = tried(tmp_path, last=last + 1)["at_the_end"]
    assert (end["open_was"], end["open_would"]) == ("95.00", "95.00")


@pytest.mark.parametrize(("actor", "straight_through"), [("headrace.directory", 1), ("jo", 0)])
def test_an_identified_receipt_is_one_of_the_account_that_it_is_of(
    actor: str, straight_through: int, tmp_path: Path
) -> None:
    """Not of the suspense account that it waited in; and who said whose it is worked on it, where it was a person."""
    story = Story()
    story.customer("A")
    story.invoice("A", "INV-1", 10_000)
    story.receipt("", "R-1", 10_000, ("INV-1", 10_000))
    log = open_log(tmp_path, SHARDS)
    Facts(log).append(with_days(story.facts, FIRST + 10))
    decide(log, tmp_path / "state")
    (waits,) = [d for d in all_decisions(log) if d.kind == "receipt_booked"]
    Facts(log).append([but(identify(waits, "A"), actor=actor)])
    decide(log, tmp_path / "state")
    Facts(log).append(forward(log, set()))
    decide(log, tmp_path / "state")
    log.close()
    cash = tried(tmp_path)["cash"]
    assert cash["receipts"] == {"was": 1, "would": 1, "difference": 0}
    cleared = cash["cleared_in_full_with_no_person"]
    assert cleared == {"was": straight_through, "would": straight_through, "difference": 0}


def test_what_a_person_allows_all_shards_is_one_order(tmp_path: Path) -> None:
    told(shipped_late(), tmp_path, last=10)
    log = open_log(tmp_path, SHARDS)
    now_ms = (FIRST + 11) * DAY_MS
    publish_allowance(log, SHARDS, "allow_clock", now_ms + DAY_MS, "jo", "a long weekend", now_ms)
    decide(log, tmp_path / "state")
    log.close()
    assert tried(tmp_path)["not_known"][1].startswith("People's 1 orders are as they were; 0 of them could not be done")
