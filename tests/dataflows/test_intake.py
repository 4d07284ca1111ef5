"""The intake flow on a real log: live and replay, refused time, and what reaches dead letters."""

import random
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from connectors import dead_letters, steady
from connectors.dead_letters import DeadLetter
from connectors.files.ingest import ensure_topics, ingest_file
from connectors.files.mapping import load
from connectors.intake.clockwork import HOUR_MS, MINUTE_MS, ClockRefused, clock_message
from connectors.intake.live import Machine
from connectors.intake.positions import GROUP, Positions
from connectors.intake.whole_shards import publish_allowance
from connectors.log.base import Confirmed, Log, LogUnavailable, Writer, account_key, partition_of
from connectors.log.kafka import KafkaLog
from connectors.log.sqlite import SqliteLog
from dataflows.intake import IntakeBusy, Mode, run_intake
from schemas.codec import encode_fact
from schemas.records import Clock, Fact, Invoice, Receipt
from schemas.topics import FACTS, INPUT_TOPICS
from tests.connectors.files.test_ingest import MAPPING, SAMPLE
from tests.dataflows.intake_runner import SmallSettings
from tests.dataflows.killing import KillingLog, KillingWriter
from tests.dataflows.sending import SHARDS, clocks, history, send
from tests.facts import DAY_MS, TODAY, customer, dispute, facts, instant, invoice, receipt


class FakeMachine(Machine):
    """A machine whose clocks a test moves. `wall` and `monotonic` are in milliseconds."""

    def __init__(self, wall: int = TODAY) -> None:
        self.wall = wall
        self.monotonic = 1_000

    def wall_ms(self) -> int:
        return self.wall

    def monotonic_ms(self) -> int:
        return self.monotonic

    def pass_time(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.monotonic += milliseconds


def run(log: Log, tmp_path: Path, mode: Mode, machine: Machine | None = None) -> None:
    run_intake(log, SmallSettings(tmp_path), mode, True, machine=machine or FakeMachine())


def placed(log: Log) -> list[list[Fact]]:
    """What the facts log has of each shard, without clocks."""
    return [[fact for fact in partition if fact.kind != "clock"] for partition in facts(log, FACTS)]


def letters(log: Log) -> list[DeadLetter]:
    return [entry for _, entry in dead_letters.letters(log) if isinstance(entry, DeadLetter)]


def shard_of(fact: Fact) -> int:
    return partition_of(account_key(fact.tenant, fact.entity, fact.account_id), SHARDS)


# --- live ---


def test_live_places_every_fact_once_and_saves_positions(log: Log, tmp_path: Path) -> None:
    sent = history(3)
    send(log, sent)
    run(log, tmp_path, "live")
    found = placed(log)
    assert Counter(fact.event_id for partition in found for fact in partition) == Counter(f.event_id for f in sent)
    for shard, partition in enumerate(found):
        assert {shard_of(fact) for fact in partition} <= {shard}
        assert {fact.recorded_time for fact in partition} == {TODAY}
    for topic in INPUT_TOPICS:
        assert log.positions(GROUP, topic) == dict(enumerate(log.end_offsets(topic)))
    run(log, tmp_path, "live")
    assert [len(partition) for partition in placed(log)] == [len(partition) for partition in found]


def test_live_keeps_the_order_of_an_account_within_a_topic(log: Log, tmp_path: Path) -> None:
    sent = [invoice(event_id=f"i{n}", document=f"I{n}") for n in range(1_500)]
    send(log, sent)
    run(log, tmp_path, "live")
    shard = shard_of(sent[0])
    assert [fact.event_id for fact in placed(log)[shard]] == [fact.event_id for fact in sent]


def test_a_fact_is_appended_in_the_round_it_comes_not_when_positions_are_saved(log: Log, tmp_path: Path) -> None:
    rounds = 0

    def stop() -> bool:
        nonlocal rounds
        rounds += 1
        if rounds == 5:
            send(log, [invoice()])
        return sum(map(len, placed(log))) == 1 or rounds > 25

    run_intake(log, SmallSettings(tmp_path), "live", False, stop, FakeMachine())
    assert rounds < 25


def test_live_ticks_every_shard_with_watermarks(log: Log, tmp_path: Path) -> None:
    machine = FakeMachine(TODAY + 30_000)
    run(log, tmp_path, "live", machine)
    machine.pass_time(3 * MINUTE_MS)
    run(log, tmp_path, "live", machine)
    expected = [TODAY + n * MINUTE_MS for n in range(4)]
    assert clocks(log) == [expected] * SHARDS
    for partition in facts(log, FACTS):
        for fact in partition:
            assert isinstance(fact, Clock)
            assert fact.mode == "live"
            assert {mark.name: mark.time for mark in fact.watermarks} == dict.fromkeys(INPUT_TOPICS, fact.now)


def test_the_watermark_of_a_topic_that_is_not_read_waits(log: Log, tmp_path: Path) -> None:
    """The tick at the start comes before what waits in payments; the one after it says that all is there."""
    send(log, [receipt(recorded_time=TODAY - 5_000)])
    machine = FakeMachine()
    run(log, tmp_path, "live", machine)
    machine.pass_time(MINUTE_MS)
    run(log, tmp_path, "live", machine)
    for partition in facts(log, FACTS):
        before, after = (fact for fact in partition if isinstance(fact, Clock))
        assert {mark.name: mark.time for mark in before.watermarks} == dict.fromkeys(INPUT_TOPICS, TODAY) | {
            "payments": 0
        }
        assert {mark.time for mark in after.watermarks} == {TODAY + MINUTE_MS}
    shard = shard_of(receipt())
    assert [fact.kind for fact in facts(log, FACTS)[shard]] == ["clock", "receipt", "clock"]


def test_away_for_a_year_is_refused_until_an_operator_allows_it(log: Log, tmp_path: Path) -> None:
    machine = FakeMachine()
    run(log, tmp_path, "live", machine)
    machine.pass_time(365 * DAY_MS)
    send(log, [invoice()])
    with pytest.raises(ClockRefused, match="more than 24 hours apart"):
        run(log, tmp_path, "live", machine)
    assert placed(log) == [[]] * SHARDS
    publish_allowance(log, SHARDS, "allow_clock", machine.wall + HOUR_MS, "operator", "was away", machine.wall)
    run(log, tmp_path, "live", machine)
    assert clocks(log) == [[TODAY, TODAY + 365 * DAY_MS]] * SHARDS
    assert sum(fact.kind == "invoice" for partition in placed(log) for fact in partition) == 1


def test_a_machines_clock_set_a_year_ahead_while_intake_runs_moves_nothing(log: Log, tmp_path: Path) -> None:
    """Facts go on, with the time it would be; ticks stop until the clock is right again."""
    machine = FakeMachine()
    rounds = 0

    def stop() -> bool:
        nonlocal rounds
        rounds += 1
        machine.pass_time(MINUTE_MS // 10)
        if rounds == 50:
            machine.wall += 365 * DAY_MS
            send(log, [invoice()])
        if rounds == 150:
            machine.wall -= 365 * DAY_MS
        return rounds > 200

    run_intake(log, SmallSettings(tmp_path), "live", False, stop, machine)
    found = clocks(log)[0]
    assert found == [TODAY + n * MINUTE_MS for n in range(len(found))]
    assert found[-1] == TODAY + 20 * MINUTE_MS
    (fact,) = placed(log)[shard_of(invoice())]
    assert TODAY < fact.recorded_time < TODAY + 21 * MINUTE_MS
    assert any(
        event.now - before.now == MINUTE_MS
        for before, event in zip(_clock_facts(log), _clock_facts(log)[1:], strict=False)
    )


def _clock_facts(log: Log) -> list[Clock]:
    return [fact for fact in facts(log, FACTS)[0] if isinstance(fact, Clock)]


def test_what_cannot_be_taken_becomes_a_dead_letter_with_its_origin(log: Log, tmp_path: Path) -> None:
    good = encode_fact(invoice())
    key = account_key("t1", "us01", "A-1")
    own = partition_of(key, 4)
    wrong = {
        "unreadable": [b"\x07random bytes", b"", good[:30], b"\0\0\0\x03\xe7" + good[5:], good + bytes(10_000_000)],
        "kind_not_accepted": [clock_message(TODAY, "live", ())],
        "wrong_topic": [encode_fact(receipt())],
        "no_account": [encode_fact(invoice(account_id=""))],
        "invalid": [
            encode_fact(invoice(event_time=instant("2099-01-01"))),
            encode_fact(invoice(amount=-5, lines=[], tax=0)),
        ],
    }
    writer = log.writer("invoices", "test")
    sent: list[tuple[str, bytes]] = []
    for reason, values in wrong.items():
        for value in values:
            writer.send(own, None, value)
            sent.append((reason, value))
    writer.send((own + 1) % 4, None, good)
    writer.send(own, key, good)
    writer.flush(10)
    writer.close()
    run(log, tmp_path, "live")
    found = letters(log)
    assert Counter(letter.reason for letter in found) == Counter(reason for reason, _ in sent) + Counter(
        ["wrong_partition"]
    )
    by_origin = {str(letter.origin): letter for letter in found}
    for offset, (reason, value) in enumerate(sent):
        letter = by_origin[f"invoices/{own}/{offset}"]
        assert (letter.reason, letter.size, value.startswith(letter.raw)) == (reason, len(value), True)
    assert by_origin[f"invoices/{(own + 1) % 4}/0"].reason == "wrong_partition"
    assert [fact.event_id for partition in placed(log) for fact in partition] == ["Invoice-1"]


def test_a_second_intake_is_refused(log: Log, tmp_path: Path) -> None:
    refused: list[str] = []

    def stop() -> bool:
        with pytest.raises(IntakeBusy) as busy:
            run(log, tmp_path, "live")
        refused.append(str(busy.value))
        return True

    run_intake(log, SmallSettings(tmp_path), "live", False, stop, FakeMachine())
    assert refused[0].endswith("another intake runs on this installation; stop it first")


class AwayLog(KillingLog):
    """A log that is away now and then, once it has `started`: at appends, looks at its ends, and saving of positions."""

    def __init__(self, inner: Log) -> None:
        super().__init__(inner, 0)
        self.started = False
        self.times = 0
        self._dice = random.Random(11)

    def maybe_away(self) -> None:
        if self.started and self._dice.random() < 0.2:
            self.times += 1
            raise LogUnavailable("broker away")

    def writer(self, topic: str, owner: str, claim: Sequence[int] = (), most_unconfirmed: int = 20_000) -> Writer:
        return AwayWriter(self._inner.writer(topic, owner, claim, most_unconfirmed), self)

    def end_offsets(self, topic: str) -> list[int]:
        if topic == FACTS:
            self.maybe_away()
        return self._inner.end_offsets(topic)

    def save_positions(self, group: str, topic: str, positions: Mapping[int, int]) -> None:
        self.maybe_away()
        self._inner.save_positions(group, topic, positions)


class AwayWriter(KillingWriter):
    def __init__(self, inner: Writer, log: AwayLog) -> None:
        super().__init__(inner, log.countdown)
        self._log = log

    def flush(self, timeout_seconds: float) -> list[Confirmed]:
        self._log.maybe_away()
        return self._inner.flush(timeout_seconds)


@pytest.mark.parametrize("mode", ["live", "replay"])
def test_a_log_that_is_away_now_and_then_loses_nothing(
    log: Log, tmp_path: Path, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steady, "AWAY_WAIT_SECONDS", 0.001)
    sent = history(5)
    send(log, sent)
    away = AwayLog(log)

    def stop() -> bool:
        away.started = True
        return False

    for _ in range(10):
        away.started = False
        run_intake(away, SmallSettings(tmp_path), mode, True, stop, FakeMachine())
    assert away.times > 5
    assert Counter(f.event_id for p in placed(log) for f in p) == Counter(f.event_id for f in sent)


def test_positions_that_the_log_forgot_are_known_beside_it(log: Log, tmp_path: Path) -> None:
    send(log, history(2))
    run(log, tmp_path, "live")
    for topic in INPUT_TOPICS:
        log.save_positions(GROUP, topic, dict.fromkeys(range(4), 0))
    kept = Positions(log, tmp_path / "intake" / "positions.json")
    assert kept.load() == {topic: dict(enumerate(log.end_offsets(topic))) for topic in INPUT_TOPICS}
    run(log, tmp_path, "live")
    assert sum(map(len, placed(log))) == len(history(2))


def test_positions_beside_another_log_do_not_count(log: Log, tmp_path: Path) -> None:
    send(log, history(2))
    run(log, tmp_path, "live")
    other = SqliteLog(tmp_path / "other", sync=False)
    ensure_topics(other, 4)
    kept = Positions(other, tmp_path / "intake" / "positions.json")
    assert kept.load() == {topic: dict.fromkeys(range(4), 0) for topic in INPUT_TOPICS}
    other.close()


# --- replay ---


def test_the_sample_from_file_to_facts(log: Log, tmp_path: Path) -> None:
    if not SAMPLE.exists():
        pytest.skip(f"{SAMPLE} is not there: the sample of REFERENCE section 5 is not tested here")
    counts = ingest_file(log, load(MAPPING), MAPPING, SAMPLE, TODAY, lambda _: None, lambda: False)
    run(log, tmp_path, "replay")
    found = facts(log, FACTS)
    assert sum(map(len, placed(log))) == counts.facts.total() == 7959
    first, last = instant("2012-01-01"), max(f.event_time for p in placed(log) for f in p) // DAY_MS * DAY_MS
    ends = list(range(first + DAY_MS - 1, last + DAY_MS, DAY_MS))
    assert clocks(log) == [ends] * SHARDS
    open_items: dict[str, int] = {}
    for partition in found:
        for fact in partition:
            if isinstance(fact, Clock) and fact.now == instant("2013-01-01") - 1:
                break
            if isinstance(fact, Invoice):
                open_items[fact.document] = fact.amount
            elif isinstance(fact, Receipt):
                assert open_items.pop(fact.lines[0].document) == fact.amount
    # Open at the end of 2012-12-31, as REFERENCE section 5 has it.
    assert (len(open_items), sum(open_items.values())) == (99, 572_506)
    assert letters(log) == []


@pytest.mark.kafka
def test_live_and_replay_over_kafka(kafka: str, tmp_path: Path) -> None:
    """The same history by replay, then more of it live, on a real broker."""
    log = KafkaLog(kafka, f"t{uuid.uuid4().hex[:12]}.")
    ensure_topics(log, 4)
    log.ensure_topic(FACTS, SHARDS)
    first = history(3)
    send(log, first)
    machine = FakeMachine()
    run(log, tmp_path, "replay", machine)
    assert clocks(log) == [[TODAY - n * DAY_MS - 1 for n in reversed(range(3))]] * SHARDS
    later = [invoice(event_id=f"later{n}", document=f"L{n}", account_id=f"A-{n}") for n in range(20)]
    send(log, later)
    writer = log.writer("invoices", "test")
    writer.send(0, None, b"junk")
    writer.flush(10)
    writer.close()
    run(log, tmp_path, "live", machine)
    assert Counter(f.event_id for p in placed(log) for f in p) == Counter(f.event_id for f in first + later)
    assert [(letter.reason, letter.raw) for letter in letters(log)] == [("unreadable", b"junk")]
    assert [partition[-1] for partition in clocks(log)] == [TODAY] * SHARDS
    for topic in INPUT_TOPICS:
        assert log.positions(GROUP, topic) == dict(enumerate(log.end_offsets(topic)))
    log.close()


def test_replay_goes_by_time_and_closes_each_day(log: Log, tmp_path: Path) -> None:
    sent = history(5)
    send(log, sent)
    run(log, tmp_path, "replay")
    ends = [TODAY - n * DAY_MS - 1 for n in reversed(range(5))]
    assert clocks(log) == [ends] * SHARDS
    for partition in facts(log, FACTS):
        times = [fact.event_time for fact in partition]
        assert times == sorted(times)
        assert all(fact.recorded_time == fact.event_time for fact in partition)
    assert Counter(f.event_id for p in placed(log) for f in p) == Counter(f.event_id for f in sent)
    assert not (tmp_path / "intake" / "replay.db").exists()
    for topic in INPUT_TOPICS:
        assert log.positions(GROUP, topic) == dict(enumerate(log.end_offsets(topic)))


def test_facts_of_one_moment_go_by_topic_and_a_recorded_time_goes_before_the_event(log: Log, tmp_path: Path) -> None:
    moment = TODAY - 5 * DAY_MS
    send(
        log,
        [
            dispute(event_time=moment),
            receipt(event_time=moment),
            invoice(event_time=moment),
            customer(event_time=moment),
        ],
    )
    send(log, [receipt(event_id="late", event_time=moment, recorded_time=moment + DAY_MS)])
    run(log, tmp_path, "replay")
    found = facts(log, FACTS)[shard_of(invoice())]
    assert [fact.event_id for fact in found] == [
        "Customer-1",
        "Invoice-1",
        "Receipt-1",
        "Dispute-1",
        f"clock:replay:{moment + DAY_MS - 1}",
        "late",
        f"clock:replay:{moment + 2 * DAY_MS - 1}",
    ]


def test_days_without_facts_are_closed_too(log: Log, tmp_path: Path) -> None:
    send(log, [invoice(event_time=TODAY - 1000 * DAY_MS), invoice(event_id="i2", event_time=TODAY - 10 * DAY_MS)])
    run(log, tmp_path, "replay")
    assert clocks(log)[0] == [TODAY - n * DAY_MS - 1 for n in reversed(range(9, 1000))]


def test_a_day_that_is_not_over_is_not_closed(log: Log, tmp_path: Path) -> None:
    send(log, [invoice(event_time=TODAY - 1), invoice(event_id="i2", event_time=TODAY + HOUR_MS)])
    machine = FakeMachine(TODAY + 2 * HOUR_MS)
    run(log, tmp_path, "replay", machine)
    assert clocks(log) == [[TODAY - 1]] * SHARDS
    assert sum(map(len, placed(log))) == 2
    run(log, tmp_path, "live", machine)
    assert clocks(log)[0][1:] == list(range(TODAY, TODAY + 2 * HOUR_MS + 1, MINUTE_MS))


def test_a_second_replay_goes_on_after_the_last_day(log: Log, tmp_path: Path) -> None:
    first, later = TODAY - 10 * DAY_MS, TODAY - 7 * DAY_MS
    send(log, [invoice(event_time=first)])
    run(log, tmp_path, "replay")
    closed = first + DAY_MS - 1
    send(log, [invoice(event_id="new", event_time=later), invoice(event_id="late", event_time=first - DAY_MS)])
    run(log, tmp_path, "replay")
    found = facts(log, FACTS)[shard_of(invoice())]
    assert [fact.event_id for fact in found] == [
        "Invoice-1",
        f"clock:replay:{closed}",
        "late",
        f"clock:replay:{closed + DAY_MS}",
        f"clock:replay:{closed + 2 * DAY_MS}",
        "new",
        f"clock:replay:{closed + 3 * DAY_MS}",
    ]
    assert [fact.recorded_time for fact in found][2] == closed + 1
    run(log, tmp_path, "replay")
    assert facts(log, FACTS)[shard_of(invoice())][-1].event_id == f"clock:replay:{closed + 3 * DAY_MS}"


def test_live_waits_for_an_unfinished_replay(log: Log, tmp_path: Path) -> None:
    send(log, history(2))
    rounds = iter([False] * 3 + [True] * 10)
    run_intake(log, SmallSettings(tmp_path), "replay", True, lambda: next(rounds), FakeMachine())
    assert placed(log) == [[]] * SHARDS
    with pytest.raises(IntakeBusy, match=r"a replay is unfinished; finish it first: headrace run intake --replay"):
        run(log, tmp_path, "live")
    run(log, tmp_path, "replay")
    assert sum(map(len, placed(log))) == len(history(2))


def test_dead_letters_of_a_replay(log: Log, tmp_path: Path) -> None:
    send(log, history(1, 3))
    writer = log.writer("payments", "test")
    writer.send(1, None, b"junk")
    writer.flush(5)
    writer.close()
    run(log, tmp_path, "replay")
    assert [str(letter.origin).split("/")[:2] for letter in letters(log)] == [["payments", "1"]]
    assert sum(map(len, placed(log))) == 9
