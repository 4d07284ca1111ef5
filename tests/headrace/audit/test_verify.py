"""The auditor on real installations: a sound one passes, and what was changed by hand is found.

Each test changes a copy of one small story (story.py) and says which finding must come of it.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from librt.strings import BytesWriter

from connectors.log.base import account_key, partition_of
from dataflows.clickhouse import publish_clickhouse
from dataflows.publish import publish_forward, publish_live
from dataflows.publishing import PublishStatus
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from headrace.commands.verify import run
from headrace.places import clickhouse_place, live_server, query_socket, redis_socket
from headrace.settings import Settings
from schemas.codec import decode_decision, decode_fact, encode_decision, encode_fact
from schemas.records import (
    CashTransferred,
    Decision,
    put_account_row,
    put_item_group,
    read_account_row,
    read_item_group,
)
from schemas.topics import DECISIONS, FACTS
from schemas.wire import Reader
from sinks.clickhouse.connect import Database
from sinks.redis.connect import RedisServer
from sinks.redis.live.keys import CARD, named
from tests.headrace.audit.story import SHARDS, run_story
from tests.headrace.audit.tampering import Rows, change_decision, change_row, damage, rewrite
from tests.installations import Facts, all_facts, but, decide, open_log
from tests.publishing import Never


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, decided and not published."""
    directory = tmp_path_factory.mktemp("told")
    run_story(directory).close()
    return directory


@pytest.fixture(scope="module")
def shown(told: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The story, published to ClickHouse and Redis too."""
    directory = tmp_path_factory.mktemp("shown") / "d"
    shutil.copytree(told, directory, symlinks=True)
    settings = of(directory)
    log = open_log(directory, SHARDS)
    publish_clickhouse(
        log, clickhouse_place(settings), query_socket(settings), until_idle=True, stop=Never(), status=PublishStatus()
    )
    for _ in range(2):
        with RedisServer(directory / "redis", redis_socket(settings)) as server:
            publish_forward(log, server, until_idle=True, stop=Never(), status=PublishStatus())
        decide(log, directory / "state")
    with live_server(settings) as server:
        publish_live(log, server, until_idle=True, stop=Never(), status=PublishStatus())
    log.close()
    return directory


@pytest.fixture
def story(told: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(told, tmp_path / "d", symlinks=True))


@pytest.fixture
def views(shown: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shown, tmp_path / "d", symlinks=True))


def of(directory: Path) -> Settings:
    return Settings(dir=directory, shards=SHARDS, log_sync=False)


def audited(directory: Path) -> Checks:
    """The audit of logs and state alone."""
    log = open_log(directory, SHARDS)
    checks = Checks()
    run_audit(Sources(log, directory / "state", None, None, 1 << 24), checks)
    log.close()
    return checks


def codes(checks: Checks) -> list[str]:
    """The codes of all findings, each once, in the order of the checks."""
    return list(dict.fromkeys(finding.code for check in checks.all() for finding in check.findings))


def shard_of(account: str) -> int:
    return partition_of(account_key("acme", "US01", account), SHARDS)


# --- what is sound ---


def test_a_sound_installation_has_no_findings(shown: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(of(shown), True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"] is True
    assert [check["name"] for check in said["checks"] if check["findings"]] == []
    # Nothing passes because nothing was looked at.
    assert [check["name"] for check in said["checks"] if not check["checked"]] == []


def test_the_table_names_every_check_and_says_that_all_agrees(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(of(told), False) == 0
    shown = capsys.readouterr().out
    for check in Checks().all():
        assert f"\n{check.name} " in shown
    assert shown.endswith("all agrees\n")


def test_findings_are_shown_and_the_exit_code_is_1(story: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = change_decision(story, SHARDS, lambda d: d.kind == "cash_applied", raise_amount)
    assert run(of(story), False) == 1
    shown = capsys.readouterr().out
    assert f"books.open_debit, shard {changed.shard}, fact {changed.fact_offset}, decision {changed.sequence}" in shown
    assert "differences\n" in shown


def raise_amount(d: Decision) -> None:
    d.amount += 1


# --- one decision changed, its checksum right ---


def field(name: str, value: object) -> Callable[[Decision], None]:
    return lambda d: setattr(d, name, value)


def is_kind(kind: str, **fields: object) -> Callable[[Decision], bool]:
    return lambda d: d.kind == kind and all(getattr(d, name) == value for name, value in fields.items())


def as_release(d: Decision) -> None:
    d.kind, d.rule, d.item_amount, d.item_open, d.open_debit = (
        "invoice_released",
        "release.on_shipment",
        2_000,
        2_000,
        2_000,
    )


def as_reminder(d: Decision) -> None:
    d.kind, d.reasons = "reminder_due", []


CHANGES: list[tuple[str, Callable[[Decision], bool], Callable[[Decision], None], list[str]]] = [
    ("booked more than came", is_kind("receipt_booked", account_id="A"), raise_amount,
     ["books.unapplied", "books.receipt_unapplied", "facts.differs"]),
    ("applied to an item of another account", is_kind("cash_applied", document="INV-201"), field("document", "INV-400"),
     ["books.no_item"]),
    ("applied on another day", is_kind("cash_applied", document="INV-201"), field("posting_date", 19_000),
     ["cash.posting_date"]),
    ("applied by a rule that was not", is_kind("cash_applied", rule="cash.3.text"), field("rule", "cash.1.structured"),
     ["cash.not_named"]),
    ("applied to what another spelling names", is_kind("cash_applied", rule="cash.3.normalised"),
     field("rule", "cash.1.structured"), ["cash.not_named"]),
    ("applied by an order that nobody named", is_kind("cash_applied", rule="cash.3.normalised"),
     field("rule", "cash.3.order"), ["cash.not_named"]),
    ("applied by an advice of none", is_kind("cash_applied", rule="cash.2.advice"), field("reference_id", "AV-9"),
     ["cash.advice"]),
    ("applied by a person who did not say so", is_kind("cash_applied", rule="cash.1.structured"),
     field("rule", "cash.operator"), ["cash.not_asked"]),
    ("a balance that does not follow", is_kind("item_posted", document="INV-201"), field("open_debit", 1),
     ["books.open_debit"]),
    ("a balance below zero", is_kind("item_posted", document="INV-201"), field("unapplied", -1), ["books.negative"]),
    ("an item's rest that does not follow", is_kind("cash_applied", document="INV-400"), field("item_open", 1),
     ["books.item_open"]),
    ("a credit note that is not there", is_kind("credit_allocated"), field("counterparty", "CN-9"), ["books.no_credit"]),
    ("a credit note of another invoice", is_kind("credit_allocated"), field("document", "INV-201"), ["cash.not_named"]),
    ("a draft released before it was shipped", is_kind("invoice_held", document="INV-100"), as_release,
     ["facts.released_early"]),
    ("a hold that names not every reason", is_kind("invoice_held", document="INV-100"), field("reasons", ["order_missing"]),
     ["facts.reasons"]),
    ("a draft released by goods that were never sent", is_kind("invoice_released", document="INV-100"),
     field("evidence", ["shipped:1:S-9:1"]), ["facts.lineage"]),
    ("a draft released for more", is_kind("invoice_released", document="INV-100"), raise_amount, ["facts.draft_differs"]),
    ("an invoice opened for more", is_kind("item_posted", document="INV-500"), raise_amount, ["facts.differs"]),
    ("an invoice never opened", is_kind("item_posted", document="INV-500"), field("kind", "exception_raised"),
     ["facts.no_effect"]),
    ("a sale to the same group", is_kind("item_posted", account_id="AF"), field("reasons", []), ["facts.differs"]),
    ("a receipt turned away", is_kind("receipt_booked", account_id="A"), field("kind", "fact_rejected"),
     ["facts.wrongly_rejected"]),
    ("a return that takes less", is_kind("application_reversed"), field("amount", 8_999), ["facts.not_taken"]),
    ("a dispute of more", is_kind("dispute_opened"), raise_amount, ["facts.differs", "books.item_disputed"]),
    ("a promise of other items", is_kind("promise_opened"), field("candidates", ["INV-9"]), ["facts.differs"]),
    ("a reminder of what is promised", is_kind("reminder_suppressed", reasons=["promise:P-1"]), as_reminder,
     ["reminders.promised"]),
    ("a reminder of who is blocked", is_kind("reminder_suppressed", document="INV-501"), as_reminder,
     ["reminders.blocked"]),
    ("a reminder of who is debited", is_kind("reminder_suppressed", account_id="DD"), as_reminder,
     ["reminders.direct_debit"]),
    ("a reminder of the same group", is_kind("reminder_suppressed", account_id="AF"), as_reminder, ["reminders.affiliate"]),
    ("a reminder of what is disputed", is_kind("reminder_due", document="INV-300"), field("amount", 6_001),
     ["reminders.amount"]),
    ("a reminder of what is paid", is_kind("reminder_due", document="INV-201", level=2), field("document", "INV-100"),
     ["reminders.paid"]),
    ("the same step twice", is_kind("reminder_due", document="INV-201", level=3), field("level", 2), ["reminders.level"]),
    ("a step before its day", is_kind("reminder_due", document="INV-201", level=2), field("level", 5),
     ["reminders.early"]),
    ("a transfer of more", is_kind("receipt_booked", rule="transfer.in"), raise_amount, ["transit.amount"]),
    ("a transfer to another", is_kind("cash_transferred", rule="transfer.out"), field("counterparty", "B"),
     ["transit.target"]),
    ("a transfer that was not sent", is_kind("cash_transferred", rule="transfer.out"), field("rule", "transfer.refused"),
     ["transit.from_nothing"]),
    ("another account", is_kind("cash_applied", account_id="A"), field("account_id", "B"), ["sequence.key"]),
    ("another shard", is_kind("cash_applied", account_id="A"), field("shard", 7), ["sequence.shard"]),
    ("a wrong count", is_kind("cash_applied", account_id="A"), field("count", 9), ["sequence.count"]),
    ("an earlier fact", is_kind("cash_applied", account_id="A"), field("fact_offset", 0), ["sequence.fact_offset_falls"]),
    ("a fact that is not there", is_kind("receipt_booked", rule="transfer.in"), field("fact_offset", 9_999),
     ["sequence.no_such_fact"]),
    ("a cause that is none", is_kind("cash_applied", account_id="A"), field("cause_id", "nothing"), ["facts.foreign_cause"]),
    ("an exception closed that was not raised", is_kind("exception_closed"), field("reference_id", "unidentified:R-9"),
     ["books.no_exception", "books.exception_left"]),
    ("a kind that is none", is_kind("reminder_suppressed"), field("kind", "gift"), ["books.unknown_kind"]),
]  # fmt: skip


@pytest.mark.parametrize(("which", "change", "expected"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_a_changed_decision_is_found(
    story: Path, which: Callable[[Decision], bool], change: Callable[[Decision], None], expected: list[str]
) -> None:
    changed = change_decision(story, SHARDS, which, change)
    checks = audited(story)
    found = codes(checks)
    assert [code for code in expected if code not in found] == []
    # The rules say otherwise too.
    assert {"rerun.differs", "rerun.count"}.intersection(found)
    about = [finding.sequence for check in checks.all() for finding in check.findings if finding.code == expected[0]]
    assert changed.sequence in about or expected[0].split(".")[0] in ("facts", "transit")


# --- the sequence ---


def decisions_changed(story: Path, shard: int, change: Callable[[Rows], Rows]) -> list[str]:
    rewrite(story, DECISIONS, shard, change)
    return codes(audited(story))


def test_a_decision_that_comes_again_the_same_is_dropped(story: Path) -> None:
    assert decisions_changed(story, 1, lambda rows: [*rows[:9], rows[4], *rows[9:]]) == []


def test_a_decision_that_comes_again_with_other_contents_is_found(story: Path) -> None:
    key, raw = b"", b""

    def change(rows: Rows) -> Rows:
        nonlocal key, raw
        decision = decode_decision(rows[4][1])
        decision.amount += 1
        return [*rows[:9], (rows[4][0], encode_decision(decision)), *rows[9:]]

    assert decisions_changed(story, 1, change) == ["sequence.repeat_differs"]


def test_a_decision_taken_away_is_found(story: Path) -> None:
    found = decisions_changed(story, 1, lambda rows: [*rows[:20], *rows[21:]])
    assert found[0] == "sequence.gap"
    assert "rerun.count" in found


def test_decisions_that_change_places_are_found(story: Path) -> None:
    found = decisions_changed(story, 1, lambda rows: [*rows[:20], rows[21], rows[20], *rows[22:]])
    assert found[:2] == ["sequence.gap", "sequence.order"]


def test_a_log_cut_at_its_end_is_found(story: Path) -> None:
    found = decisions_changed(story, 1, lambda rows: rows[:-1])
    assert "state.sequence" in found
    assert "rerun.count" in found


def test_a_damaged_entry_is_found_and_does_not_stop_the_audit(story: Path) -> None:
    damage(story, DECISIONS, 0)
    checks = audited(story)
    assert codes(checks)[0] == "sequence.log_damaged"
    assert checks.sequence.findings[0].shard == 0
    assert checks.rerun.checked > 0


# --- facts ---


def test_a_changed_fact_is_found(story: Path) -> None:
    shard = shard_of("A")

    def change(rows: Rows) -> Rows:
        edited: Rows = []
        for key, raw in rows:
            fact = decode_fact(raw)
            if fact.kind == "receipt" and fact.account_id == "A":
                raw = encode_fact(but(fact, amount=1_999))
            edited.append((key, raw))
        return edited

    rewrite(story, FACTS, shard, change)
    found = codes(audited(story))
    assert "facts.differs" in found
    assert "rerun.differs" in found


def test_a_fact_put_in_behind_a_decided_place_is_found(story: Path) -> None:
    rewrite(story, FACTS, 1, lambda rows: [*rows[:5], rows[5], *rows[5:]])
    found = codes(audited(story))
    assert "state.last_fact" in found or "state.sequence" in found


def test_an_event_that_had_two_effects_is_found(story: Path) -> None:
    """The same receipt under its own event id again, booked a second time by hand."""
    shard = shard_of("A")
    log = open_log(story, SHARDS)
    receipt = next(f for _, _, f in all_facts(log) if f.kind == "receipt" and f.account_id == "A")
    offset = log.end_offsets(FACTS)[shard]
    sequence = log.end_offsets(DECISIONS)[shard]
    log.close()
    rewrite(story, FACTS, shard, lambda rows: [*rows, (account_key("acme", "US01", "A"), encode_fact(receipt))])

    def book(rows: Rows) -> Rows:
        said = next(d for d in map(decode_decision, [raw for _, raw in rows]) if d.cause_id == receipt.event_id)
        said.sequence, said.fact_offset, said.index, said.count = sequence, offset, 0, 1
        return [*rows, (account_key("acme", "US01", "A"), encode_decision(said))]

    rewrite(story, DECISIONS, shard, book)
    assert "duplicates.second_effect" in codes(audited(story))


def test_a_transfer_that_arrives_twice_is_found(story: Path) -> None:
    """The fact of one transfer, under another event id, in another account too: the rules book what they are sent."""
    log = open_log(story, SHARDS)
    transfer = next(f for _, _, f in all_facts(log) if isinstance(f, CashTransferred))
    Facts(log).append([but(transfer, event_id="transfer:again", account_id="E")])
    decide(log, story / "state")
    log.close()
    checks = audited(story)
    assert codes(checks) == ["transit.doubled", "transit.target"] or codes(checks) == ["transit.doubled"]
    assert "10000 USD" in checks.transit.findings[0].text


def test_money_that_did_not_arrive_is_said_to_be_in_transit(story: Path) -> None:
    log = open_log(story, SHARDS)
    end = log.end_offsets(FACTS)[shard_of("F")]
    log.close()
    rewrite(story, FACTS, shard_of("F"), lambda rows: rows[: end - 1])
    rewrite(
        story, DECISIONS, shard_of("F"), lambda rows: [r for r in rows if decode_decision(r[1]).fact_offset < end - 1]
    )
    shutil.rmtree(story / "state" / f"shard-{shard_of('F'):03d}")
    checks = audited(story)
    assert checks.transit.notes == ["1 transfers are in transit: 10000 USD in minor units"]


# --- state ---


def balance_changed(raw: bytes) -> bytes:
    row = read_account_row(Reader(raw))
    row.balances[0].unapplied += 100
    out = BytesWriter()
    put_account_row(out, row)
    return out.getvalue()


def item_changed(raw: bytes) -> bytes:
    group = read_item_group(Reader(raw))
    group.items[0].level += 1
    out = BytesWriter()
    put_item_group(out, group)
    return out.getvalue()


@pytest.mark.parametrize(
    ("key", "change", "expected"),
    [
        (b"Aacme/US01/C\x00", balance_changed, ["state.balance", "rerun.row_differs"]),
        (b"Iacme/US01/B\x00201", item_changed, ["state.item", "rerun.row_differs"]),
        (b"Iacme/US01/B\x00201", lambda raw: None, ["state.items", "rerun.row_missing"]),
        (b"Racme/US01/B\x00R-2", lambda raw: None, ["rerun.row_missing"]),
        (b"M", lambda raw: raw[:-1], ["state.damaged"]),
    ],
)
def test_a_state_changed_by_hand_is_found(
    story: Path, key: bytes, change: Callable[[bytes], bytes | None], expected: list[str]
) -> None:
    change_row(story, 1, key, change)
    assert codes(audited(story)) == expected


def test_a_checkpoint_behind_the_log_is_compared_where_it_stands(story: Path, told: Path) -> None:
    log = open_log(story, SHARDS)
    receipt = next(f for _, _, f in all_facts(log) if f.kind == "receipt" and f.account_id == "A")
    Facts(log).append([but(receipt, event_id="another", receipt_id="R-99", amount=77)])
    decide(log, story / "state")
    log.close()
    shutil.rmtree(story / "state")
    shutil.copytree(told / "state", story / "state")
    assert codes(audited(story)) == []
    change_row(story, 1, b"Aacme/US01/C\x00", balance_changed)
    assert codes(audited(story)) == ["state.balance", "rerun.row_differs"]


# --- views ---


def viewed(directory: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    run(of(directory), True)
    said = json.loads(capsys.readouterr().out)
    return list(dict.fromkeys(finding["code"] for check in said["checks"] for finding in check["findings"]))


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "ALTER TABLE decisions UPDATE amount = amount + 1 WHERE kind = 'cash_applied' AND document = 'INV-201'",
            ["views.row_differs", "views.item_differs", "views.balance", "views.sum_differs", "views.total"],
        ),
        ("ALTER TABLE decisions UPDATE text = 'x' WHERE kind = 'dispute_opened'", ["views.row_differs"]),
        ("ALTER TABLE decisions DELETE WHERE kind = 'promise_opened'", ["views.row_missing", "views.count"]),
        (
            "INSERT INTO decisions SELECT * FROM decisions WHERE kind = 'promise_opened'",
            ["views.row_doubled", "views.count"],
        ),
        (
            "INSERT INTO decisions SELECT * REPLACE (9999 AS sequence) FROM decisions WHERE kind = 'promise_opened'",
            ["views.row_extra"],
        ),
        (
            "INSERT INTO decisions SELECT * REPLACE (99 AS shard) FROM decisions WHERE kind = 'promise_opened'",
            ["views.row_extra"],
        ),
    ],
)
def test_a_changed_row_of_clickhouse_is_found(
    views: Path, capsys: pytest.CaptureFixture[str], statement: str, expected: list[str]
) -> None:
    tell_clickhouse(views, statement)
    assert viewed(views, capsys) == expected


def tell_clickhouse(views: Path, *statements: str) -> None:
    """Run statements on a published installation, of which Redis is not looked at."""
    shutil.rmtree(views / "redis")
    with Database(clickhouse_place(of(views))) as database, database.client() as client:
        for statement in statements:
            client.command(statement, settings={"mutations_sync": 2})


TWICE_THE_CASH = "ALTER TABLE decisions UPDATE amount = amount * 2 WHERE kind = 'cash_applied'"
UNFINISHED = "INSERT INTO publish_state SELECT * REPLACE ('before' AS phase, version + 9 AS version) FROM publish_state"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        # Nothing is published by the publisher's word, and the table is full.
        (["TRUNCATE TABLE publish_state"], ["views.row_extra"]),
        (["TRUNCATE TABLE publish_state", TWICE_THE_CASH], ["views.row_extra", "views.row_differs"]),
        (["ALTER TABLE publish_state UPDATE last = last - 5 WHERE 1"], ["views.row_extra"]),
        (["ALTER TABLE publish_state UPDATE last = last + 5 WHERE 1"], ["views.count", "views.published"]),
        # A publisher that was killed in the middle of its last batch is no fault, wrong rows in that batch are.
        ([UNFINISHED, "OPTIMIZE TABLE publish_state FINAL"], []),
        ([UNFINISHED, "OPTIMIZE TABLE publish_state FINAL", TWICE_THE_CASH], ["views.row_differs"]),
    ],
)
def test_rows_that_publish_state_does_not_vouch_for_are_compared_too(
    views: Path, capsys: pytest.CaptureFixture[str], statements: list[str], expected: list[str]
) -> None:
    tell_clickhouse(views, *statements)
    assert sorted(viewed(views, capsys)) == sorted(expected)


def test_a_publisher_that_is_behind_is_no_fault(views: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = open_log(views, SHARDS)
    receipt = next(f for _, _, f in all_facts(log) if f.kind == "receipt" and f.account_id == "A")
    Facts(log).append([but(receipt, event_id="another", receipt_id="R-99", amount=77)])
    decide(log, views / "state")
    log.close()
    assert run(of(views), True) == 0
    (check,) = (check for check in json.loads(capsys.readouterr().out)["checks"] if check["name"] == "views")
    assert check["notes"][-2:] == [
        f"shard {shard_of('A')}: 2 decisions are not published to ClickHouse yet",
        f"shard {shard_of('A')}: 2 decisions are not in the live views yet",
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE OR REPLACE VIEW receipts AS SELECT 1 AS x",
        "CREATE OR REPLACE VIEW daily_totals AS SELECT 1 AS x",
        "CREATE OR REPLACE VIEW applications AS SELECT 1 AS x",
        "CREATE OR REPLACE VIEW open_items AS SELECT * FROM items WHERE open > 100000",
        "DROP VIEW item_movements",
        "ALTER TABLE decisions MODIFY COLUMN unapplied_change Int64 ALIAS toInt64(0)",
    ],
)
def test_a_changed_definition_of_clickhouse_is_found(
    views: Path, capsys: pytest.CaptureFixture[str], statement: str
) -> None:
    tell_clickhouse(views, statement)
    assert viewed(views, capsys) == ["views.definition"]


def test_a_table_in_the_place_of_a_view_is_found(views: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied = "CREATE TABLE receipts ENGINE = MergeTree ORDER BY () AS SELECT * FROM kept_receipts"
    tell_clickhouse(views, "RENAME TABLE receipts TO kept_receipts", copied)
    assert viewed(views, capsys) == ["views.definition"]


def test_changed_live_views_are_found(views: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(views / "clickhouse")
    with live_server(of(views)) as server:
        assert server.client.hset(named(shard_of("E"), 1, CARD, "acme/US01/E"), "USD:open_debit", 1) == 0
    assert viewed(views, capsys) == ["views.live_card"]
