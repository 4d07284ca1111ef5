"""query, timeline and report as they are called: what they print, and the codes they leave with."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from headrace.commands.forecast import forecast
from headrace.commands.query import query
from headrace.commands.report import report
from headrace.commands.statement import statement
from headrace.commands.timeline import timeline
from headrace.commands.worklist import worklist
from sinks.clickhouse.connect import Database, Place
from tests.ledger import Ledger, day
from tests.publishing import publish

app = typer.Typer()
app.command()(query)
app.command()(report)
app.command()(forecast)
app.command()(timeline)
app.command()(worklist)
app.command()(statement)


def written() -> Ledger:
    ledger = Ledger()
    ledger.invoice("C1", "INV-1", 100_00, "2026-01-10", "2026-02-09")
    ledger.say(
        "invoice_held", "C1", "2026-01-11", document="INV-9", amount=5_00, reasons=["not_shipped:1", "po_missing"]
    )
    ledger.receipt("C1", "R1", 60_00, "2026-02-05", rule="transfer.in", counterparty="~suspense:US:01")
    ledger.applied("C1", "INV-1", "R1", 60_00, "2026-02-05")
    ledger.say("dispute_opened", "C1", "2026-02-06", document="INV-1", reference_id="D1", amount=40_00, text="price")
    ledger.say(
        "promise_broken", "C1", "2026-02-20", reference_id="P1", amount=40_00, due_date=day("2026-02-15"), item_amount=0
    )
    ledger.say("fact_rejected", "C1", "2026-02-21", reasons=["receipt_known"])
    return ledger


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("installation")
    publish(Place(found / "clickhouse"), written())
    return found


def run(directory: Path, *arguments: str, columns: int = 160) -> Result:
    return CliRunner(env={"COLUMNS": str(columns), "NO_COLOR": "1"}).invoke(app, [*arguments, "--dir", str(directory)])


def test_query_writes_json_csv_and_a_table(directory: Path) -> None:
    sql = "SELECT document, amount, cleared_on, ['[b]x'] AS marks FROM items ORDER BY document"
    done = run(directory, "query", sql, "--format", "json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [{"document": "INV-1", "amount": 100_00, "cleared_on": None, "marks": ["[b]x"]}]
    assert run(directory, "query", sql, "--format", "csv").stdout == (
        'document,amount,cleared_on,marks\nINV-1,10000,,"[""[b]x""]"\n'
    )
    table = run(directory, "query", sql)
    assert [cell.strip() for cell in table.stdout.splitlines()[3].strip("│").split("│")] == [
        "INV-1",
        "10000",
        "",
        '["[b]x"]',
    ]


def test_a_table_that_is_too_wide_is_written_record_by_record(directory: Path) -> None:
    sql = "SELECT document, item_kind, amount, repeat('x', 90) AS note, 'a\\nb' AS lines FROM items ORDER BY document"
    assert run(directory, "query", sql, columns=80).stdout == (
        "row 1 of 1\n"
        "  document   INV-1\n"
        "  item_kind  invoice\n"
        "  amount     10000\n"
        f"  note       {'x' * 90}\n"
        "  lines      a\n"
        "             b\n"
    )
    two = "SELECT number, leftPad('', 40, 'y') AS text, if(number = 0, NULL, 1) AS one FROM numbers(2)"
    assert run(directory, "query", two, columns=58).stdout.splitlines() == [
        "row 1 of 2", "  number  0", f"  text    {'y' * 40}", "  one",
        "",
        "row 2 of 2", "  number  1", f"  text    {'y' * 40}", "  one     1",
    ]  # fmt: skip
    fits = run(directory, "query", two, columns=59).stdout.splitlines()
    assert [len(line) for line in fits] == [59] * 6
    none = "SELECT document, repeat('x', 90) AS a_name_that_is_quite_long, amount, open, disputed, level FROM items WHERE 0"
    assert run(directory, "query", none, columns=40).stdout == (
        "no rows of document, a_name_that_is_quite_long, amount, open, disputed, level\n"
    )
    assert run(directory, "query", none, "--format", "json", columns=40).stdout == "[]\n"


def test_a_question_that_writes_or_is_wrong_leaves_with_one(directory: Path) -> None:
    for sql, said in (
        ("ALTER TABLE decisions DELETE WHERE 1", "only statements that read are taken"),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("", "empty statement"),
        ("SELECT 1 FORMAT CSV", "use --format csv"),
        ("SELECT 1 SETTINGS readonly = 0", "Cannot modify 'readonly' setting"),
        ("SELEC 1", "Syntax error"),
        ("SELECT throwIf(number = 300000) FROM numbers(500000)", "Value passed to 'throwIf'"),
    ):
        done = run(directory, "query", sql)
        assert (done.exit_code, done.stdout) == (1, ""), sql
        assert said in done.stderr
    assert run(directory, "query", "SELECT count() FROM decisions", "--format", "csv").stdout == "count()\n7\n"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT number FROM numbers(1000001)", "max rows: 1.00 million"),
        ("SELECT repeat('x', 1000 + number % 2) FROM numbers(999999)", "max bytes: 256.00 MiB"),
    ],
)
def test_an_answer_without_bounds_is_refused(directory: Path, sql: str, said: str) -> None:
    done = run(directory, "query", sql)
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"Limit for result exceeded, {said}" in done.stderr


def test_timeline_says_everything_in_order(directory: Path) -> None:
    done = run(directory, "timeline", "C1", "--json")
    rows = json.loads(done.stdout)
    assert [(row["event_time"][:10], row["words"]) for row in rows] == [
        ("2026-01-10", "Invoice INV-1 of 100.00 USD posted, due 2026-02-09"),
        ("2026-01-11", "Invoice INV-9 of 5.00 USD held: not shipped:1, po missing"),
        ("2026-02-05", "Receipt R1 of 60.00 USD booked transferred from ~suspense:US:01"),
        ("2026-02-05", "60.00 USD of receipt R1 applied to INV-1 (cash.1.structured), 40.00 USD still open"),
        ("2026-02-06", "Dispute D1 of 40.00 USD on INV-1: price"),
        ("2026-02-20", "Promise P1 of 40.00 USD by 2026-02-15: broken, 0.00 USD came"),
        ("2026-02-21", f"test {rows[0]['shard']}-6 rejected: receipt known"),
    ]
    assert [row["sequence"] for row in rows] == list(range(7))
    table = run(directory, "timeline", "C1")
    assert "Dispute D1 of 40.00 USD on INV-1: price" in table.stdout
    assert (table.exit_code, table.stdout.splitlines()[0].strip()) == (0, "t1/us01, in the order it became known")
    assert "happened (UTC)" in table.stdout


def test_timeline_takes_the_whole_name_of_an_account(directory: Path) -> None:
    rows = json.loads(run(directory, "timeline", "C1", "--json").stdout)
    place = "/".join((rows[0]["tenant"], rows[0]["entity"], "C1"))
    assert json.loads(run(directory, "timeline", place, "--json").stdout) == rows
    assert run(directory, "timeline", f"x{place}").exit_code == 1


def test_a_day_after_the_logs_end_is_told(directory: Path) -> None:
    last = json.loads(run(directory, "forecast", "--json").stdout)[0]["as_of"]
    for command in ("report", "forecast"):
        assert run(directory, command, "--as-of", last).stderr == ""
        said = f"--as-of 2026-12-01: the log ends on {last}; what comes after it is not known\n"
        assert run(directory, command, "--as-of", "2026-12-01").stderr.startswith(said)


def test_timeline_of_an_unknown_account(directory: Path) -> None:
    done = run(directory, "timeline", "C404")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "C404: no decisions" in done.stderr


def test_report_in_json_and_for_people(directory: Path) -> None:
    said = json.loads(run(directory, "report", "--as-of", "2026-02-28", "--json").stdout)
    assert [each["currency"] for each in said] == ["USD"]
    assert said[0]["open"] == {"count": 1, "amount": "40.00"}
    assert json.loads(run(directory, "report", "--as-of", "2026-02-28", "--json", "--currency", "EUR").stdout) == []
    lines = run(directory, "report", "--as-of", "2026-02-28").stdout.splitlines()
    (line,) = [line for line in lines if "1-30 days past due" in line]
    assert [cell.strip() for cell in line.strip("│").split("│")] == ["1-30 days past due", "1", "40.00"]


@pytest.mark.parametrize(
    ("known_at", "amount"),
    [("2026-02-04", "100.00"), ("2026-02-05", "40.00"), ("2026-02-05T00:00:00", "40.00"), ("2026-02-05T00:30:00+01:00", "100.00")],
)  # fmt: skip
def test_known_at_is_a_time_in_utc_or_the_end_of_a_day(directory: Path, known_at: str, amount: str) -> None:
    done = run(directory, "report", "--as-of", "2026-02-28", "--known-at", known_at, "--json")
    assert json.loads(done.stdout)[0]["open"]["amount"] == amount


def test_a_day_that_the_calendar_does_not_have_is_named(directory: Path) -> None:
    done = run(directory, "report", "--as-of", "2026-11-31")
    assert (done.exit_code, done.stderr) == (2, "--as-of 2026-11-31: there is no such day\n")


@pytest.mark.parametrize("arguments", [("--as-of", "28.2.2026"), ("--as-of", "2026-02-28", "--known-at", "noon")])
def test_wrong_days_are_wrong_usage(directory: Path, arguments: tuple[str, ...]) -> None:
    done = run(directory, "report", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"{arguments[-2]} {arguments[-1]}: write a" in done.stderr


def test_chdb_held_by_a_process_that_does_not_answer_is_said(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.clickhouse.reading._STARTING_SECONDS", 0.2)
    with Database(Place(directory / "clickhouse")):
        done = run(directory, "query", "SELECT 1")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is open in process" in done.stderr


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three accounts with tasks, and one with two statements."""
    ledger = Ledger()

    def task(kind: str, account: str, on: str, task_id: str, score: int, owner: str, **fields: object) -> None:
        ledger.say(
            kind, account, on, reference_id=task_id, score=score, owner=owner, rule="collections.step.1", **fields
        )

    task("task_opened", "T1", "2026-03-02", "reminders_exhausted:USD", 10, "anna", text="call", amount=5_00)
    task("task_opened", "T1", "2026-03-02", "short_pay:INV-7", 90, "anna", text="ask_for_reason")
    task("task_closed", "T1", "2026-03-03", "short_pay:INV-7", 0, "anna", reasons=["paid"])
    task("task_opened", "T2", "2026-03-02", "reminders_exhausted:USD", 30, "anna", text="call")
    task("escalated", "T2", "2026-03-04", "reminders_exhausted:USD", 45, "lena", text="call", evidence=["age:45"])
    ledger.say("escalated", "T2", "2026-03-04", reference_id="D-1", rule="disputes.sla", score=99, owner="lena")
    task("task_opened", "T3", "2026-03-02", "broken_promise:P-1", 20, "bert", text="call")
    ledger.invoice("S1", "INV-1", 100_00, "2026-03-01", "2026-04-01")
    ledger.say("statement", "S1", "2026-03-31", amount=100_00, item_amount=0, posting_date=day("2026-03-31"))
    ledger.receipt("S1", "R1", 60_00, "2026-04-05")
    ledger.applied("S1", "INV-1", "R1", 60_00, "2026-04-05")
    ledger.credit_note("S1", "CN-1", 5_00, "2026-04-06")
    ledger.say("statement", "S1", "2026-04-30", amount=35_00, item_amount=100_00, posting_date=day("2026-04-30"))
    ledger.invoice("S1", "INV-2", 1_00, "2026-05-01", "2026-05-31")
    ledger.invoice("S2", "INV-3", 7_00, "2026-05-01", "2026-05-31")
    ledger.say("statement", "S2", "2026-05-02", amount=8_00, item_amount=0)
    found = tmp_path_factory.mktemp("collected")
    publish(Place(found / "clickhouse"), ledger)
    return found


def test_the_worklist_has_what_is_open_by_score(collected: Path) -> None:
    rows = json.loads(run(collected, "worklist", "--json").stdout)
    assert [(row["account_id"], row["task_id"], row["owner"], row["score"]) for row in rows] == [
        ("T2", "reminders_exhausted:USD", "lena", 45),
        ("T3", "broken_promise:P-1", "bert", 20),
        ("T1", "reminders_exhausted:USD", "anna", 10),
    ]
    assert rows[0]["evidence"] == ["age:45"]
    table = run(collected, "worklist", "--owner", "anna").stdout
    assert "5.00 USD" in table
    assert "lena" not in table
    assert (
        run(collected, "worklist", "--owner", "nobody").stderr
        == "no task is open for nobody, of all that is published; some have anna, bert, lena\n"
    )


def test_a_statement_goes_from_opening_to_closing_by_its_movements(collected: Path) -> None:
    (said,) = json.loads(run(collected, "statement", "S1", "--json").stdout)
    assert (said["day"], said["opening"], said["closing"]) == ("2026-04-30", "100.00", "35.00")
    assert [(line["day"], line["amount"]) for line in said["movements"]] == [
        ("2026-04-05", "-60.00"),
        ("2026-04-06", "-5.00"),
    ]
    assert "closing" in run(collected, "statement", "S1").stdout


def test_a_statement_that_does_not_add_up_or_is_not_there_leaves_with_one(collected: Path) -> None:
    wrong = run(collected, "statement", "S2")
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("S2: 1.00 USD are in no movement")
    none = run(collected, "statement", "T1")
    assert (none.exit_code, none.stdout) == (1, "")
