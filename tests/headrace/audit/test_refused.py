"""Money that is refused while the bank takes it back, and money that is sent on in parts: the books hold at each step."""

from pathlib import Path

from dataflows.publishing import FORWARD
from headrace.audit.audit import Sources, run_audit
from headrace.audit.findings import Checks
from schemas.generate import HEADER
from schemas.records import Decision, Fact, ReceiptReturned
from schemas.topics import DECISIONS
from tests.facts import DAY, customer, invoice, operator_action, receipt, returned
from tests.headrace.audit.tampering import change_decision
from tests.installations import Facts, all_decisions, but, clock, decide, forward, identify, open_log

SHARDS = 2


class Installation:
    """Shards that decide, and transfers that are brought when a test says so."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log = open_log(directory, SHARDS)
        self._done: set[tuple[int, int]] = set()
        self.take(clock(DAY))

    def take(self, *facts: Fact) -> None:
        Facts(self._log).append(facts)
        decide(self._log, self._directory / "state")

    def bring(self) -> None:
        """All that is on its way arrives, and what that sends off."""
        while facts := forward(self._log, self._done):
            self.take(*facts)

    def on_their_way(self) -> list[Fact]:
        return forward(self._log, self._done)

    def bring_once(self) -> None:
        self.take(*forward(self._log, self._done))

    def said(self) -> list[tuple[str, str, str, int]]:
        """Kind, rule, account but for suspense ones, amount of each decision about money."""
        kinds = ("receipt_booked", "receipt_reversed", "cash_transferred", "exception_raised")
        found = [d for d in all_decisions(self._log) if d.kind in kinds]
        return [(d.kind, d.rule, d.account_id[:1] if d.account_id[0] == "~" else d.account_id, d.amount) for d in found]

    def identify(self, target: str) -> None:
        (said,) = [d for d in all_decisions(self._log) if "unidentified" in d.reasons]
        self.take(identify(said, target))

    def findings(self) -> list[str]:
        checks = Checks()
        log = open_log(self._directory, SHARDS)
        run_audit(Sources(log, self._directory / "state", None, None, 1 << 24), checks)
        log.close()
        return [f"{f.code} {f.account} {f.text}" for check in checks.all() for f in check.findings]


def test_refused_money_that_the_bank_took_back_meanwhile_is_nobodys(tmp_path: Path) -> None:
    there = Installation(tmp_path)
    there.take(receipt(account_id="", receipt_id="R-1", amount=100, text="", lines=[]))
    there.identify("NOBODY")
    there.bring_once()
    there.take(returned(account_id="", receipt_id="R-1", amount=100))
    there.bring()
    assert sorted(there.said()) == [
        ("cash_transferred", "transfer.out", "~", 100),
        ("cash_transferred", "transfer.refused", "NOBODY", 100),
        ("cash_transferred", "transfer.return", "~", 100),
        ("exception_raised", "cash.unidentified", "~", 100),
        ("exception_raised", "returned.not_here", "NOBODY", 100),
        ("receipt_booked", "receipt", "~", 100),
        ("receipt_booked", "transfer.returned", "~", 100),
        ("receipt_reversed", "returned.refused", "~", 100),
    ]
    assert there.findings() == []

    def takes_less(d: Decision) -> None:
        d.amount, d.unapplied, d.receipt_unapplied = 99, 1, 1

    change_decision(tmp_path, SHARDS, lambda d: d.rule == "returned.refused", takes_less)
    codes = {text.split()[0] for text in there.findings()}
    assert {"facts.early_return", "books.refused_return"} <= codes


def test_money_sent_on_in_parts_goes_back_from_each(tmp_path: Path) -> None:
    there = Installation(tmp_path)
    there.take(*[customer(event_id=f"c-{name}", account_id=name) for name in ("A", "B", "C")])
    there.take(
        invoice(event_id="i", account_id="A", document="INV-7007", amount=60, tax=0, order_id="", lines=[]),
        receipt(event_id="r", account_id="A", receipt_id="R-1", amount=100, text="INV-7007", lines=[]),
    )

    def person(event_id: str, action: str, target: str = "") -> None:
        there.take(
            operator_action(
                event_id=event_id,
                account_id="A",
                action=action,
                receipt_id="R-1",
                document="INV-7007" if action == "unapply_cash" else "",
                target_account=target,
                currency="USD",
                amount=0,
            )
        )

    person("p-1", "identify_payer", "B")
    there.bring()
    person("p-2", "unapply_cash")
    person("p-3", "identify_payer", "B")
    person("p-4", "identify_payer", "C")
    there.bring()
    there.take(returned(event_id="back", account_id="A", receipt_id="R-1", amount=70))
    there.bring()
    assert sorted(x for x in there.said() if x[0] == "receipt_reversed") == [
        ("receipt_reversed", "returned.unapplied", "B", 10),
        ("receipt_reversed", "returned.unapplied", "C", 60),
    ]
    assert there.findings() == []


def test_a_return_takes_the_money_of_the_account_that_passes_it_on(tmp_path: Path) -> None:
    """A and B send money of one number to C, which takes A's. B's return, passed on meanwhile, takes nothing of it."""
    there = Installation(tmp_path)
    there.take(*[customer(event_id=f"c-{name}", account_id=name) for name in ("A", "B", "C")])
    amounts = {"A": 100, "B": 70}
    for name, amount in amounts.items():
        there.take(receipt(event_id=f"r-{name}", account_id=name, receipt_id="R-1", amount=amount, text="", lines=[]))
        there.take(
            operator_action(
                event_id=f"p-{name}",
                account_id=name,
                action="identify_payer",
                receipt_id="R-1",
                document="",
                target_account="C",
                currency="USD",
                amount=0,
            )
        )
    there.bring_once()
    refused = [d for d in there.said() if d[1] == "transfer.refused"]
    taken = "A" if refused == [("cash_transferred", "transfer.refused", "C", 70)] else "B"
    other = "B" if taken == "A" else "A"
    assert refused == [("cash_transferred", "transfer.refused", "C", amounts[other])]
    there.take(returned(event_id="back-1", account_id=other, receipt_id="R-1", amount=50))
    there.bring()
    moved = ("receipt_reversed", "exception_raised")
    assert sorted(x for x in there.said() if x[0] in moved) == [
        ("exception_raised", "returned.not_here", "C", 50),
        ("receipt_reversed", "returned.refused", other, 50),
    ]
    assert there.findings() == []
    there.take(returned(event_id="back-2", account_id=taken, receipt_id="R-1", amount=30))
    there.bring()
    assert [x for x in there.said() if x[1] == "returned.unapplied"] == [
        ("receipt_reversed", "returned.unapplied", "C", 30)
    ]
    assert there.findings() == []

    def of_another(d: Decision) -> None:
        d.counterparty = taken

    change_decision(tmp_path, SHARDS, lambda d: d.rule == "returned.not_here", of_another)
    assert "facts.differs" in {text.split()[0] for text in there.findings()}


def test_a_return_that_says_another_sender_than_the_one_that_passed_it_on_is_found(tmp_path: Path) -> None:
    there = Installation(tmp_path)
    there.take(*[customer(event_id=f"c-{name}", account_id=name) for name in ("A", "C")])
    there.take(receipt(event_id="r", account_id="A", receipt_id="R-1", amount=100, text="", lines=[]))
    there.take(
        operator_action(
            event_id="p", account_id="A", action="identify_payer", receipt_id="R-1", document="",
            target_account="C", currency="USD", amount=0,
        )
    )  # fmt: skip
    there.bring()
    there.take(returned(event_id="back", account_id="A", receipt_id="R-1", amount=40))
    (fact,) = there.on_their_way()
    assert isinstance(fact, ReceiptReturned)
    assert (fact.account_id, fact.amount, fact.from_account) == ("C", 40, "A")
    wrong = {name: getattr(fact, name) for name in (*HEADER, *fact.FIELDS)} | {"from_account": "Z"}
    there.take(ReceiptReturned(**wrong))
    assert [text.split(":")[0] for text in there.findings()] == ["transit.sender t1/us01/C transfer 1-3 of 40 USD"]


def test_facts_of_accounts_that_cannot_be_are_rejected_and_leave_their_ids_free(tmp_path: Path) -> None:
    there = Installation(tmp_path)
    there.take(invoice(event_id="i", account_id="A\0", document="INV-1", amount=60, tax=0, order_id="", lines=[]))
    there.take(customer(event_id="c", account_id="A"))
    there.take(receipt(event_id="r", account_id="A", receipt_id="R-1", amount=100, text="", lines=[]))
    assert there.findings() == []

    def of_no_account(d: Decision) -> None:
        d.kind, d.rule, d.reasons, d.amount = "fact_rejected", "shard.account", ["nul_in_tenant_entity_or_account"], 0

    change_decision(tmp_path, SHARDS, lambda d: d.kind == "receipt_booked", of_no_account)
    assert "facts.wrongly_rejected" in {text.split()[0] for text in there.findings()}


def _two_banks_one_number(directory: Path) -> Installation:
    """A has R-1 of bank B1, and then R-1 of bank B2 from a suspense account."""
    there = Installation(directory)
    there.take(
        customer(event_id="c", account_id="A"),
        receipt(event_id="r-1", account_id="A", receipt_id="R-1", bank_account="B1", amount=500, text="", lines=[]),
        receipt(event_id="r-2", account_id="", receipt_id="R-1", bank_account="B2", amount=100, text="", lines=[]),
    )
    there.identify("A")
    there.bring()
    return there


def test_a_receipt_that_each_account_calls_otherwise_is_the_same(tmp_path: Path) -> None:
    there = _two_banks_one_number(tmp_path)
    there.take(returned(event_id="back", account_id="", receipt_id="R-1", bank_account="B2", amount=100))
    there.bring()
    log = open_log(tmp_path, SHARDS)
    money = [(d.rule, d.account_id, d.receipt_id, d.amount) for d in all_decisions(log) if d.account_id == "A"]
    log.close()
    assert ("transfer.in", "A", "R-1@B2", 100) in money
    assert ("returned.unapplied", "A", "R-1@B2", 100) in money
    assert there.findings() == []


def test_money_that_arrives_as_another_bank_s_is_found(tmp_path: Path) -> None:
    there = Installation(tmp_path)
    there.take(
        customer(event_id="c", account_id="A"),
        receipt(event_id="r", account_id="", receipt_id="R-1", bank_account="B2", amount=100, text="", lines=[]),
    )
    there.identify("A")
    (sent,) = there.on_their_way()
    there.take(but(sent, bank_account="B1"))
    (found,) = there.findings()
    assert found.startswith("transit.bank_account t1/us01/A transfer ")
    assert found.endswith("bank_account is 'B2' where it was sent, 'B1' where it arrived")


def test_money_that_the_forwarder_left_behind_is_stuck(tmp_path: Path) -> None:
    there = Installation(tmp_path)
    there.take(
        customer(event_id="c", account_id="A"),
        receipt(event_id="r", account_id="", receipt_id="R-1", amount=100, text="", lines=[]),
    )
    there.identify("A")
    log = open_log(tmp_path, SHARDS)
    (sent,) = [d for d in all_decisions(log) if d.kind == "cash_transferred"]
    # It has not come to that decision yet.
    log.save_positions(FORWARD, DECISIONS, {sent.shard: sent.sequence})
    assert there.findings() == []
    log.save_positions(FORWARD, DECISIONS, {sent.shard: sent.sequence + 1})
    (found,) = there.findings()
    assert found.startswith(
        f"transit.stuck t1/us01/{sent.account_id} transfer {sent.shard}-{sent.sequence} of 100 USD: "
    )
    assert found.endswith("the forwarder could not bring 'R-1' to 'A'")
    # Its fact is in the log, and the account has not taken it in.
    Facts(log).append(there.on_their_way())
    log.close()
    assert there.findings() == []


def test_money_that_its_shard_rejected_is_told(tmp_path: Path) -> None:
    """An older forwarder brought money for `~entity:DE01` to the account without a name."""
    there = Installation(tmp_path)
    there.take(receipt(account_id="", receipt_id="R-1", amount=100, text="", lines=[]))
    there.identify("BETA")
    (fact,) = there.on_their_way()
    there.take(but(fact, account_id=""))
    (found,) = there.findings()
    assert found.startswith("transit.turned_away")
    assert found.endswith("its fact was rejected: tenant_entity_or_account_missing")
