"""A log, a ledger and a Valkey for tests of the forwarder."""

from pathlib import Path

from connectors.log.sqlite import SqliteLog
from dataflows.publish import publish_forward
from dataflows.publishing import PublishStatus
from schemas.records import Fact, OperatorAction
from sinks.redis.connect import RedisServer
from tests.ledger import Ledger, day
from tests.publishing import (
    Never,
    advice,
    all_facts,
    append_decisions,
    append_fact,
    open_log,
    receipt,
)

SHARDS = 4
SUSPENSE = "~suspense:US-OPS-1:07"


class World:
    """A log, a ledger whose decisions are in it, and a Valkey."""

    def __init__(self, directory: Path, server: RedisServer) -> None:
        self.log: SqliteLog = open_log(directory / "log", SHARDS)
        self.ledger = Ledger(shards=SHARDS)
        self.server = server
        self.status = PublishStatus()
        self._written = 0

    def invoice(self, account: str, document: str) -> None:
        self.ledger.invoice(account, document, 100_00, "2026-01-01", "2026-02-01")

    def unidentified(
        self, receipt_id: str, references: list[str], payer: str = "", amount: int = 100_00, name: str = ""
    ) -> None:
        """A receipt that the suspense account has booked and cannot place."""
        offset = append_fact(self.log, receipt(SUSPENSE, receipt_id, amount, payer, references))
        self.ledger.receipt(
            SUSPENSE, receipt_id, amount, "2026-01-05", fact_offset=offset, cause_kind="receipt",
            cause_id=f"bank:{receipt_id}",
        )  # fmt: skip
        self.say_unidentified(receipt_id, references, payer, name=name)

    def say_unidentified(
        self, receipt_id: str, references: list[str], payer: str = "", bank: str = "", name: str = ""
    ) -> None:
        self.ledger.say(
            "exception_raised", SUSPENSE, "2026-01-05", receipt_id=receipt_id, reasons=["unidentified"],
            candidates=references, text=payer, reference_id=f"unidentified:{receipt_id}", currency="USD",
            evidence=[*([f"bank_reference:{bank}"] if bank else []), *([f"payer_name:{name}"] if name else [])],
        )  # fmt: skip

    def learned(self, receipt_id: str, alias: str, account: str, rule: str) -> None:
        """A person has identified the payer of a receipt."""
        self.ledger.say(
            "alias_learned", SUSPENSE, "2026-01-06", rule=rule, receipt_id=receipt_id, text=alias, counterparty=account
        )

    def advice(self, account: str, receipt_id: str = "", bank: str = "", advice_id: str = "RA-1") -> None:
        name = f"{account}:{advice_id}:{receipt_id}:{bank}"
        append_fact(self.log, advice(account, advice_id, name, receipt_id=receipt_id, bank_reference=bank))

    def run(self) -> list[Fact]:
        """Write what the ledger has since, forward, and return all facts but receipts and customers."""
        append_decisions(self.log, self.ledger, self._written)
        self._written = len(self.ledger.decisions)
        self.status = PublishStatus()
        publish_forward(self.log, self.server, until_idle=True, stop=Never(), status=self.status)
        return [fact for fact in all_facts(self.log) if fact.kind not in ("receipt", "customer", "remittance_advice")]

    def targets(self) -> list[tuple[str, str]]:
        """(receipt, account) of every identify_payer fact, after a run."""
        return sorted((fact.receipt_id, fact.target_account) for fact in self.run() if isinstance(fact, OperatorAction))


def accounts_of_two_shards(ledger: Ledger) -> tuple[str, str]:
    taken = {ledger.shard_of(SUSPENSE)}
    found: list[str] = []
    for at in range(100):
        if ledger.shard_of(f"C{at}") not in taken:
            taken.add(ledger.shard_of(f"C{at}"))
            found.append(f"C{at}")
    return found[0], found[1]


def send_out(world: World, receipt_id: str, target: str, amount: int = 100_00) -> None:
    world.ledger.say(
        "cash_transferred", SUSPENSE, "2026-01-06", rule="transfer.out", receipt_id=receipt_id, amount=amount,
        counterparty=target, posting_date=day("2026-01-05"), fact_offset=1_000,
    )  # fmt: skip


def send_out_unknown(world: World) -> None:
    world.ledger.receipt("C1", "R404", 5, "2026-01-01")
    world.ledger.say(
        "cash_transferred", "C1", "2026-01-06", rule="transfer.out", receipt_id="R404", amount=5, counterparty="C2"
    )
