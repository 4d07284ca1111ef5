"""What waits for people, by the commands: the queue, requests for approval, and what is said of them, from queued to done."""

import json
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from connectors.files.ingest import Producer
from schemas.records import OperatorAction
from schemas.topics import FACTS
from tests.connectors.files.test_ingest import ROWS, write
from tests.facts import facts, invoice
from tests.headrace.test_installation_commands import call, run_all
from tests.headrace.test_intake_commands import log_of

ACCOUNT = "0379-NEVHP"
WHERE = ("--tenant", "sample", "--entity", "ibm", "--note", "why")
APPLIED = f"SELECT receipt_id, document FROM applications WHERE account_id = '{ACCOUNT}' LIMIT 1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """An installation in which kim took cash off an item and wants that written off; its number."""
    found = tmp_path_factory.mktemp("people") / "d"
    assert call("ingest", "--dir", found, "--map", "ar_history", write(found.parent / "ar.csv", *ROWS)).exit_code == 0
    assert run_all(found).returncode == 0
    (pair,) = json.loads(call("query", "--dir", found, "--format", "json", APPLIED).stdout)
    about = ("--receipt", pair["receipt_id"], "--document", pair["document"])
    taken = call("operate", "--dir", found, "unapply-cash", ACCOUNT, *about, *WHERE, "--actor", "kim")
    assert taken.exit_code == 0, taken.output
    wanted = ("propose-write-off", ACCOUNT, "--document", pair["document"])
    assert call("operate", "--dir", found, *wanted, *WHERE, "--actor", "kim").exit_code == 0
    unknown = call("note", "--dir", found, "refund:RF-9", "hello", "--by", "lee", "--account", f"sample/ibm/{ACCOUNT}")
    assert unknown.exit_code == 0
    assert (
        unknown.stderr == "warning: nothing open is called refund:RF-9, of all that is published; it is sent anyway\n"
    )
    assert run_all(found).returncode == 0
    return found, pair["document"]


def test_what_nothing_is_called_is_told(made: tuple[Path, str]) -> None:
    directory, _ = made
    unknown = call("note", "--dir", directory, "refund:RF-9", "hello", "--by", "lee")
    assert unknown.exit_code == 2
    assert unknown.stderr == (
        "nothing open is called refund:RF-9; to send it anyway say whose it is with --account TENANT/ENTITY/ACCOUNT\n"
    )
    assert "nothing open of that name" in call("rejected", "--dir", directory).stdout


def test_whoever_says_something_has_a_name(made: tuple[Path, str]) -> None:
    nobody = call("approve", "--dir", made[0], "write_off:X", "--by", " ")
    assert (nobody.exit_code, nobody.stderr) == (2, "--by: is empty; name the person who says so\n")
    assert call("reject", "--dir", made[0], "write_off:X", "--by", "lee").exit_code == 2


def test_what_waits_is_listed_in_short_and_judged_by_the_log_s_time(made: tuple[Path, str], tmp_path: Path) -> None:
    """A draft without its order, held for longer than five days by the end of the log, and years ago by the machine's time."""
    directory, _ = made
    nothing = call("exceptions", "--dir", directory)
    assert (nothing.exit_code, nothing.stderr) == (0, "nothing waits for a person, of all that is published\n")
    unknown = call("exceptions", "--dir", directory, "X")
    assert (unknown.exit_code, unknown.stderr) == (1, "nothing open is called X, of all that is published\n")
    held = tmp_path / "d"
    assert call("ingest", "--dir", held, "--map", "ar_history", write(tmp_path / "ar.csv", *ROWS)).exit_code == 0
    day = (date(2013, 2, 1) - date(1970, 1, 1)).days * 86_400_000
    place = {"tenant": "sample", "entity": "ibm", "account_id": ACCOUNT}
    draft = invoice(stage="draft", document="DRAFT-1", event_id="DRAFT-1", event_time=day, recorded_time=day, **place)
    log = log_of(held)
    with closing(Producer(log, "test", lambda: False)) as producer:
        producer.send(draft)
        producer.flush()
    log.close()
    assert run_all(held).returncode == 0
    first, second = call("exceptions", "--dir", held).stdout.splitlines()
    assert first == "hold:DRAFT-1  sample/ibm/0379-NEVHP  until 2013-02-08 15:00 overdue"
    assert second.startswith("    release.sla: ")
    assert second.endswith(", 107.00 USD; nobody has it, for 26 days")
    listed = call("exceptions", "--dir", held).stderr
    assert listed.startswith("1 wait, 1 overdue at 2013-03-04 00:00, the log's time (UTC); ")
    alone = call("exceptions", "hold:DRAFT-1", "--dir", held).stdout
    assert f"headrace operate --dir {held} release-invoice {ACCOUNT} --document DRAFT-1 " in alone


def test_from_the_request_to_the_posting(made: tuple[Path, str]) -> None:
    directory, document = made
    (request,) = json.loads(call("approvals", "--dir", directory, "--json").stdout)
    name = f"write_off:{document}"
    listed = call("approvals", "--dir", directory).stdout
    assert f"headrace approve --dir {directory} {name} --by YOU\n" in listed, "a command in one piece"
    assert (request["approval_id"], request["maker"], request["note"]) == (name, "kim", "why")
    assert request["can_be_done"][0] == f"headrace approve --dir {directory} {name} --by YOU"
    assert "anybody else" in call("approvals", "--dir", directory).stdout
    assert call("exceptions", "--dir", directory, "--overdue", "--json").stdout == "[]\n"

    own = call("approve", "--dir", directory, name, "--by", " KIM")
    assert (own.exit_code, own.stderr) == (
        2,
        f"{name}: KIM asked for it, and never approves it; another person has to\n",
    )
    given = call("approve", "--dir", directory, name, "--by", "lee")
    assert given.exit_code == 0, given.output
    assert f"queued for sample/ibm/{ACCOUNT}" in given.stdout
    assert given.stderr == ""
    assert run_all(directory).returncode == 0

    assert call("approvals", "--dir", directory).stderr == "nothing waits for an approval, of all that is published\n"
    told = " ".join(call("timeline", "--dir", directory, ACCOUNT).stdout.split())
    assert "kim asks for an approval (above: 0.00 USD): write off of" in told
    assert "approved by lee" in told
    verified = call("verify", "--dir", directory, "--json")
    assert json.loads(verified.stdout)["ok"], verified.stdout
    log = log_of(directory)
    said = [fact.action for shard in facts(log, FACTS) for fact in shard if isinstance(fact, OperatorAction)]
    log.close()
    assert sorted(said) == ["approve", "note", "propose_write_off", "unapply_cash"]


def test_an_amount_is_of_the_items_currency(made: tuple[Path, str]) -> None:
    directory, document = made
    wanted = ("operate", "--dir", directory, "propose-write-off", ACCOUNT, "--document", document, *WHERE)
    assert call(*wanted, "--amount", "5").exit_code == 0
    assert call(*wanted, "--amount-minor", 7).exit_code == 0
    assert call(*wanted, "--amount", "0.05", "--currency", "eur").exit_code == 0
    applied = ("operate", "--dir", directory, "apply-cash", ACCOUNT, "--receipt", "R", "--document", document, *WHERE)
    assert call(*applied, "--amount", "1500", "--currency", "JPY").exit_code == 0
    for arguments, said in (
        ((*wanted, "--amount", "5", "--amount-minor", 500), "say either --amount or --amount-minor"),
        ((*wanted, "--amount", "0.00"), "--amount 0.00: is not above zero"),
        ((*wanted, "--amount", "5.001"), "--amount: '5.001' has 3 decimals; USD has 2"),
        (
            (*wanted, "--document", "X-9", "--amount", "5"),
            "nothing is published of X-9, so its currency cannot be told",
        ),
        ((*applied, "--currency", "USD"), "say how much: --amount, such as 55.94, or --amount-minor, such as 5594"),
    ):
        found = call(*arguments)
        assert (found.exit_code, said in found.stderr) == (2, True), found.output
    with closing(log_of(directory)) as log:
        sent = [f for shard in facts(log, "operations") for f in shard if isinstance(f, OperatorAction)]
    assert {(f.currency, f.amount) for f in sent if f.amount} == {("USD", 500), ("", 7), ("EUR", 5), ("JPY", 1500)}
