"""What may be asked of the views: nothing that writes gets through, however it is written, and what reads is not changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.base import SinkError
from sinks.clickhouse.connect import Database, Place
from sinks.clickhouse.reading import DatabaseViews, QueryServer, SocketViews, Views

KEPT = b"what was there before"
ONLY_READS = "only statements that read"
NO_FILE = "INTO OUTFILE is not taken"


@pytest.fixture(scope="module", params=["opened here", "by the socket"])
def views(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Views]:
    place = Place(tmp_path_factory.mktemp("views") / "clickhouse")
    if request.param == "opened here":
        asked = DatabaseViews(place)
        yield asked
        asked.close()
        return
    with Database(place) as database:
        database.migrate()
        path = place.directory.with_name("query.sock")
        with QueryServer(path, database):
            yield SocketViews(path)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 AS x INTO OUTFILE '{file}' TRUNCATE",
        "SELECT 1 AS x INTO OUTFILE '{file}' TRUNCATE FORMAT CSV",
        "SELECT 1 INTO OUTFILE '{file}' APPEND SETTINGS max_threads = 1",
        "select 1 into\n\tOutFile\n'{file}' truncate;",
        "SELECT 1 INTO/* x */OUTFILE/**/'{file}' TRUNCATE -- comment",
        "SELECT 1 INTO OUTFILE '{file}' TRUNCATE; -- comment",
        "SELECT 1 INTO OUTFILE $${file}$$ TRUNCATE",
        "SELECT 1 INTO OUTFILE '{file}' AND STDOUT TRUNCATE COMPRESSION 'none'",
        "WITH 1 AS x SELECT x INTO OUTFILE '{file}' TRUNCATE",
        "SELECT 1 UNION ALL SELECT 2 INTO OUTFILE '{file}' TRUNCATE",
        "SELECT 1 INTERSECT SELECT 1 INTO OUTFILE '{file}' TRUNCATE",
        "(SELECT 1) INTO OUTFILE '{file}' TRUNCATE",
        "SELECT * FROM (SELECT 1) INTO OUTFILE '{file}' TRUNCATE --)",
        "FROM system.one SELECT 1 INTO OUTFILE '{file}' TRUNCATE",
        "SELECT '--' AS `/*` INTO OUTFILE '{file}' TRUNCATE /* */",
        "SELECT 1 AS `a\n` INTO OUTFILE '{file}' TRUNCATE",
        "SHOW TABLES INTO OUTFILE '{file}' TRUNCATE",
        "SHOW CREATE TABLE decisions INTO OUTFILE '{file}' TRUNCATE",
        "DESCRIBE decisions INTO OUTFILE '{file}' TRUNCATE",
        "EXISTS TABLE decisions INTO OUTFILE '{file}' TRUNCATE",
        "EXPLAIN SELECT 1 INTO OUTFILE '{file}' TRUNCATE",
        "EXPLAIN AST SELECT 1 INTO OUTFILE '{file}' TRUNCATE",
        "SHOW PROCESSLIST INTO OUTFILE '{file}' TRUNCATE",
        "SHOW COLUMNS FROM decisions INTO OUTFILE '{file}' TRUNCATE",
        "SHOW FUNCTIONS INTO OUTFILE '{file}' TRUNCATE",
        "(SELECT 1 INTO OUTFILE '{file}' TRUNCATE)",
        "SELECT 1; SELECT 1 INTO OUTFILE '{file}' TRUNCATE",
        "SELECT 1 PARALLEL WITH SELECT 1 INTO OUTFILE '{file}' TRUNCATE",
        "INSERT INTO FUNCTION file('{file}', 'CSV', 'x Int8') SELECT 1",
    ],
)
def test_no_file_is_written(views: Views, tmp_path: Path, sql: str) -> None:
    there, new = tmp_path / "facts.sqlite", tmp_path / "new.csv"
    there.write_bytes(KEPT)
    for file in (there, new):
        with pytest.raises(SinkError):
            views.ask(sql.replace("{file}", str(file)))
    assert there.read_bytes() == KEPT
    assert [found.name for found in tmp_path.iterdir()] == ["facts.sqlite"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1 INTO OUTFILE '/nowhere/x'", NO_FILE),
        ("SHOW TABLES INTO OUTFILE '/nowhere/x'", NO_FILE),
        ("KILL QUERY WHERE 1", ONLY_READS),
        ("/* SELECT */ kill query where 1 sync", ONLY_READS),
        ("ALTER TABLE decisions DELETE WHERE 1", ONLY_READS),
        ("INSERT INTO decisions (account_id) VALUES ('x')", ONLY_READS),
        ("SET readonly = 0", ONLY_READS),
        ("SYSTEM FLUSH LOGS", ONLY_READS),
        ("USE system", ONLY_READS),
        ("SELECT 1; SELECT 2", "more than one statement"),
        ("SELECT 1;;SELECT 2;", "more than one statement"),
        ("", "empty statement"),
        (" \n;", "empty statement"),
        ("-- only a comment", "empty statement"),
        ("SELECT 1 FORMAT CSV", "use --format csv"),
        ("SHOW TABLES format JSON", "use --format csv"),
        ("SELEC 1", "Syntax error"),
        ("EXPLAIN AST SELECT 1", "EXPLAIN SYNTAX and EXPLAIN PLAN are"),
        ("SELECT 1 /*", "comment is not closed"),
        ("SELECT file('/etc/hostname')", "file() is not taken"),
        ("WITH /* x */ FILE ('/etc/hostname', 'none') AS x SELECT upper(x)", "file() is not taken"),
        ("SELECT x FROM (SELECT `file`('/etc/hostname') AS x)", "file() is not taken"),
    ],
)
def test_what_is_refused_is_named(views: Views, sql: str, said: str) -> None:
    with pytest.raises(SinkError) as refused:
        views.ask(sql)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT number FROM numbers(3) ORDER BY number DESC", [[2], [1], [0]]),
        ("SELECT 'Function file (children 1)' AS file", [["Function file (children 1)"]]),
        ("SELECT 1 UNION ALL SELECT 3 UNION ALL SELECT 2", [[1], [2], [3]]),
        ("with 2 as x select x, 'INTO OUTFILE ''f''; KILL' -- INTO OUTFILE 'f'", [[2, "INTO OUTFILE 'f'; KILL"]]),
        ("SELECT 1 AS `INTO OUTFILE 'f'`; -- the end", [[1]]),
        ("SELECT $$a;b$$, 'x\n\ty\\\\', '%d'", [["a;b", "x\n\ty\\", "%d"]]),
        ("(SELECT 1)", [[1]]),
        ("EXISTS TABLE decisions", [[1]]),
        ("SHOW TABLES LIKE 'schema_v%'", [["schema_versions"]]),
        ("SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'decisions'", [["decisions"]]),
    ],
)
def test_what_reads_is_answered(views: Views, sql: str, rows: list[list[object]]) -> None:
    answered = [list(row) for row in views.ask(sql).rows]
    # The parts of a union come in any order.
    assert (sorted(answered) if "UNION" in sql else answered) == rows


def test_describing_explaining_and_parameters_work(views: Views) -> None:
    assert views.ask("DESCRIBE decisions").rows[0][:2] == ["shard", "UInt16"]
    assert views.ask("SHOW CREATE TABLE schema_versions").rows[0][0].startswith("CREATE TABLE")
    assert views.ask("EXPLAIN SYNTAX SELECT 1").rows[0][0].startswith("SELECT 1")
    assert views.ask("EXPLAIN PLAN SELECT 1").names == ["explain"]
    asked = {"text": "a'; KILL QUERY WHERE 1 --", "number": 7}
    assert views.ask("SELECT {text:String}, {number:Int64}", asked).rows == [[asked["text"], 7]]


def test_who_asks_after_an_error_gets_an_answer_of_its_own(views: Views) -> None:
    """A handle of chDB would give the rest of the failed one."""
    for number in range(5):
        with pytest.raises(SinkError):
            views.ask("SELECT number, throwIf(number = 70000) FROM numbers(100000)")
        assert views.ask("SELECT {number:Int64} AS n", {"number": number}).rows == [[number]]
