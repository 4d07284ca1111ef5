"""Installations that write back to an ERP, and ledgers of what is written back."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from connectors.reading import read_to_end
from headrace.erps import opened_erps
from headrace.logs import open_installation
from headrace.settings import load
from schemas.codec import decode_fact, encode_fact
from schemas.records import Decision, ErpPosting
from schemas.topics import TOPIC_OF_KIND
from sinks.effects.store import EffectStore
from sinks.erp.sink import Erp, ErpSink
from tests import commands
from tests.commands import ROOT
from tests.erpnext_server import KEY, SECRET, ErpNextServer
from tests.ledger import day
from tests.live import LiveLedger, ago
from tests.publishing import run_effects

SHARDS = 4
GOOD = f"{KEY}:{SECRET}"
MAPPING = """
adapter = "erpnext"
{more}
[companies.us01]
company = "Muster Exchange"
currency = "USD"
cost_center = "Main - ME"
[companies.us01.accounts]
receivable = "Debtors - ME"
bank = "Bank - ME"
discount = "Discounts - ME"
discount_tax = "Tax - ME"
write_off = "Write Off - ME"
bank_charges = "Charges - ME"
transit = "Transit - ME"
unidentified = "Unidentified - ME"
interest = "Interest Income - ME"
fees = "Interest Income - ME"
refunds_payable = "Refunds - ME"
[companies.us01.banks]
"BANK-EUR" = "Bank EUR - ME"
"""


class BackOffice(LiveLedger):
    """A live ledger whose decisions of one fact are said together."""

    def fact(self, account: str, *said: tuple[str, dict[str, Any]], on: str = "") -> list[Decision]:
        """The decisions of one fact, as (kind, fields)."""
        on = on or ago()
        offset = self._next[self.shard_of(account)]
        return [
            self.say(kind, account, on, fact_offset=offset, index=index, count=len(said), **{"posting_date": day(on)} | fields)
            for index, (kind, fields) in enumerate(said)
        ]  # fmt: skip

    def paid(
        self, account: str, receipt: str, amount: int, *documents: tuple[str, int], **fields: Any
    ) -> list[Decision]:
        """A receipt that clears invoices, each posted before."""
        booked = (
            "receipt_booked",
            {"receipt_id": receipt, "amount": amount, "value_date": day(ago()), "rule": "receipt"},
        )
        applied = [
            ("cash_applied", {"receipt_id": receipt, "document": document, "amount": part, "item_kind": "invoice"})
            for document, part in documents
        ]
        return self.fact(account, booked, *applied, **fields)


def write_settings(directory: Path, server: ErpNextServer, more: str = "", **changes: Any) -> None:
    """The installation's own headrace.toml, and the mapping beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    one = {
        "name": "books",
        "url": server.url,
        "mapping": "books.toml",
        "secret_env": "BOOKS_SECRET",
        "retry_seconds": [0.05],
    }
    one |= changes
    lines = [f"shards = {SHARDS}", "log_sync = false", "[[erp]]", *(f"{k} = {json.dumps(v)}" for k, v in one.items())]
    (directory / "headrace.toml").write_text("\n".join(lines) + "\n")
    (directory / "books.toml").write_text(MAPPING.format(more=more))


def made(directory: Path, server: ErpNextServer, more: str = "", **changes: Any) -> SqliteLog:
    """A new installation whose sink stands at the beginning of its log."""
    write_settings(directory, server, more, **changes)
    log = open_installation(load(directory, None))
    assert isinstance(log, SqliteLog)
    post(directory, log)
    return log


def post(directory: Path, log: Log, secret: str = GOOD) -> None:
    """Post until nothing is left that may be posted now, without a process of its own."""
    with erps(directory, secret) as found:
        run_effects(log, ErpSink(found), directory)


@contextmanager
def erps(directory: Path, secret: str = GOOD) -> Iterator[list[Erp]]:
    """The ERPs that are set, as they are set now."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("BOOKS_SECRET", secret)
        found = opened_erps(load(directory, None))
    try:
        yield found
    finally:
        for erp in found:
            erp.adapter.close()


def headrace(directory: Path, *arguments: str, secret: str = GOOD) -> "subprocess.CompletedProcess[str]":
    """A command on an installation, as a process."""
    return commands.headrace(directory, *arguments, BOOKS_SECRET=secret)


def headrace_here(directory: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """The same without a process of its own."""
    return commands.headrace_here(directory, *arguments, BOOKS_SECRET=GOOD)


def publish(directory: Path, **given: str) -> "subprocess.CompletedProcess[str]":
    """`post` as a process."""
    return headrace(directory, "run", "publish", "--sink", "erp", "--until-idle", **given)


def started(directory: Path) -> "subprocess.Popen[bytes]":
    """The sink as a process that runs until it is told to stop."""
    command = [sys.executable, "-m", "headrace.main", "run", "publish", "--sink", "erp", "--dir", str(directory)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"BOOKS_SECRET": GOOD})


def effects(directory: Path) -> EffectStore:
    return EffectStore(directory / "effects" / "erp.sqlite")


def states(directory: Path) -> list[tuple[str, str, str]]:
    """(account, state, detail) of every effect, in order."""
    store = effects(directory)
    try:
        return [(row.account.rpartition("/")[2], row.state, row.detail) for row in reversed(store.rows())]
    finally:
        store.close()


def wait_out_pause(directory: Path) -> None:
    """Let what is left of the pause of a target that failed go by, and of the waits that are set for the test."""
    store = effects(directory)
    try:
        for row in store.targets().values():
            store.set_target(row._replace(paused_until_ms=0))
    finally:
        store.close()
    time.sleep(0.1)


def told_facts(log: Log) -> list[ErpPosting]:
    """Every erp_posting that came back, in the order of the topic. One that a kill had told again, to the letter, counts once:
    receivables takes an event once."""
    found: dict[str, ErpPosting] = {}
    topic = TOPIC_OF_KIND["erp_posting"]
    for partition, end in enumerate(log.end_offsets(topic)):
        reader = log.reader(topic, {partition: 0})
        for records in read_to_end(reader, {partition: end}):
            for record in records:
                fact = decode_fact(record.value)
                assert isinstance(fact, ErpPosting)
                assert encode_fact(found.setdefault(fact.event_id, fact)) == encode_fact(fact)
        reader.close()
    return list(found.values())


def told(log: Log) -> list[tuple[str, str, str, str]]:
    """(decision, status, number, reason) of every erp_posting that came back, sorted."""
    return sorted((fact.decision_id, fact.status, fact.posting_id, fact.reason) for fact in told_facts(log))
