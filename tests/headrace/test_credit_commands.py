"""headrace credit, and limits as people set them: what is listed, what is sent, what waits for another person."""

import json
from pathlib import Path

import pytest

from schemas.records import CreditLimit
from schemas.topics import FACTS
from tests.connectors.files.test_ingest import ROWS, write
from tests.facts import facts
from tests.headrace.test_installation_commands import call, run_all
from tests.headrace.test_intake_commands import log_of

ACCOUNT = "0379-NEVHP"
WHERE = ("--tenant", "sample", "--entity", "ibm", "--note", "by its balance sheet", "--actor", "kim")
# 55.94 USD were invoiced on 2013-01-02; the log stands at the first day after it.
UNPAID = "391,0379-NEVHP,4/6/2013,611366,3/1/2013,3/31/2013,80.00,No,5/15/2013,Paper,75,45"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation without any credit limit, whose clock stands after everything was paid."""
    found = tmp_path_factory.mktemp("credit") / "d"
    path = write(found.parent / "ar.csv", *ROWS, UNPAID)
    assert call("ingest", "--dir", found, "--map", "ar_history", path).exit_code == 0
    assert run_all(found).returncode == 0
    return found


def _limit(directory: Path, amount: str, *more: object) -> str:
    """--dir stands behind the command here, and before it elsewhere."""
    money = ("--amount", amount, "--currency", "usd")
    done = call("operate", "set-credit-limit", ACCOUNT, *money, *WHERE, *more, "--dir", directory)
    assert done.exit_code == 0, done.output
    return done.stdout


def _limits(directory: Path) -> list[CreditLimit]:
    log = log_of(directory)
    found = [fact for shard in facts(log, FACTS) for fact in shard if isinstance(fact, CreditLimit)]
    log.close()
    return found


def test_from_the_first_limit_to_one_that_waits(limited: Path) -> None:
    directory = limited
    none = call("credit", "--dir", directory)
    assert (none.exit_code, none.stderr) == (0, "no account has a credit limit, of all that is published\n")
    assert call("credit", "--dir", directory, ACCOUNT).exit_code == 1
    away = call("operate", "--dir", directory, "remove-credit-limit", ACCOUNT, *WHERE)
    assert (away.exit_code, away.stderr) == (
        2,
        f"sample/ibm/{ACCOUNT} has no limit, of all that is published; headrace credit lists those that there are\n",
    )
    assert f"queued for sample/ibm/{ACCOUNT}" in _limit(directory, "70000.00")
    _limit(directory, "80000", "--from", "2014-01-01", "--until", "2014-12-31")
    assert run_all(directory).returncode == 0
    first, later = _limits(directory)
    assert (first.limit_id, first.amount, first.currency, first.actor) == ("limit", 7000000, "USD", "kim")
    assert (later.limit_id, later.valid_from_date, later.valid_until_date) == ("limit-2014-01-01", 16071, 16435)

    _limit(directory, "90000.00")
    assert run_all(directory).returncode == 0
    (row,) = json.loads(call("credit", "--dir", directory, "--json").stdout)
    assert (row["account_id"], row["held"], row["credit_limit"], row["currency"]) == (ACCOUNT, 0, 7000000, "USD")
    assert [(x["limit_id"], x["amount"]) for x in row["limits"]] == [("limit", 7000000), ("limit-2014-01-01", 8000000)]
    assert row["limit_id"] == "limit", "the later one does not hold yet"
    assert [(x["limit_id"], x["amount"], x["maker"]) for x in row["proposed"]] == [("limit", 9000000, "kim")]
    told = call("credit", "--dir", directory, ACCOUNT).stdout
    assert "limit limit: 70,000.00 USD, from 2013-05-16, holds now, set by kim" in told
    assert "limit limit to be 90,000.00 USD" in told
    waits = call("why", "--dir", directory, "--account", ACCOUNT).stdout
    assert "credit limit limit of 90,000.00 USD, asked for by kim; by its balance sheet" in waits
    assert "another person has to approve or reject it until" in waits
    name = f"credit:{_limits(directory)[-1].event_id}"
    assert f"headrace approve --dir {directory} {name} --by YOU\n" in told
    assert "asked for by kim" in call("why", "--dir", directory, "--item", name).stdout

    assert call("approve", "--dir", directory, name, "--by", "lee").exit_code == 0
    assert run_all(directory).returncode == 0
    (row,) = json.loads(call("credit", "--dir", directory, "--json").stdout)
    assert [(x["amount"], x["approver"]) for x in row["limits"]] == [(9000000, "lee"), (8000000, "")]
    assert row["proposed"] == []


def test_what_is_typed_wrong_is_told(limited: Path) -> None:
    start = ("operate", "--dir", limited, "set-credit-limit")
    for typed, said in (
        ((ACCOUNT, "--amount", "1.005", "--currency", "USD"), "--amount: '1.005' has 3 decimals"),
        ((ACCOUNT, "--amount", "1", "--currency", "XX"), "--currency XX: is no currency of ISO 4217, such as EUR\n"),
        (
            (ACCOUNT, "--amount", "1", "--currency", "USD", "--from", "2013-02-30"),
            "--from 2013-02-30: there is no such",
        ),
        (("--amount", "1", "--currency", "USD"), "say whose limit it is: an ACCOUNT, or --group GROUP\n"),
        ((ACCOUNT, "--group", "G", "--amount", "1", "--currency", "USD"), "say whose limit it is"),
    ):
        refused = call(*start, *typed, *WHERE)
        assert (refused.exit_code, refused.stderr[: len(said)]) == (2, said)
