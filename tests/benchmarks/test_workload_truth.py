"""The truth beside the simulated facts: it adds up, it agrees with the facts, and every trouble is there."""

import json
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.workload import TROUBLES, Config, Rates, Truth, simulate
from schemas.records import (
    CreditNote,
    Customer,
    DebitNote,
    Fact,
    Invoice,
    OpeningItem,
    Order,
    Receipt,
    ReceiptReturned,
    RemittanceAdvice,
    Shipment,
)

CONFIG = Config(accounts=150, months=4, seed=11, difficulty=3)

Key = tuple[str, str]


class Run:
    """The facts of one run, without repeated event ids, and its truth by type."""

    def __init__(self, config: Config, path: Path) -> None:
        with Truth(path) as truth:
            self.all: list[Fact] = list(simulate(config, truth))
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert truth.lines == len(lines)
        self.truth: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for line in lines:
            self.truth[line["type"]].append(line)
        self.facts = list({x.event_id: x for x in reversed(self.all)}.values())
        self.receipts: dict[Key, Receipt] = {
            (x.bank_account, x.receipt_id): x for x in self.facts if isinstance(x, Receipt)
        }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(CONFIG, tmp_path_factory.mktemp("truth") / "truth.jsonl")


def test_every_receipt_has_its_truth_and_the_truth_adds_up(run: Run) -> None:
    told = {(x["bank_account"], x["receipt_id"]): x for x in run.truth["receipt"]}
    assert told.keys() == run.receipts.keys()
    for key, line in told.items():
        receipt = run.receipts[key]
        assert line["amount"] == receipt.amount
        assert line["account_id"] == receipt.account_id
        assert line["currency"] == receipt.currency
        assert sum(part for _, _, part in line["pairs"]) + line["rest"] == receipt.amount
        assert receipt.account_id in ("", line["payer"])
        assert (line["rest"] > 0) == (line["rest_why"] in ("over", "double"))
        repeated = sum(part for _, _, part in line["again"])
        assert repeated == (line["rest"] if line["rest_why"] == "double" else 0)


def test_no_document_is_paid_beyond_its_amount(run: Run) -> None:
    amounts: dict[Key, int] = {}
    for fact in run.facts:
        if isinstance(fact, Invoice):
            amounts[fact.account_id, fact.document] = fact.amount
        elif isinstance(fact, CreditNote):
            amounts[fact.account_id, fact.document] = -fact.amount
        elif isinstance(fact, DebitNote):
            amounts[fact.account_id, fact.document] = fact.amount
        elif isinstance(fact, OpeningItem):
            amounts[fact.account_id, fact.document] = fact.residual
        elif isinstance(fact, RemittanceAdvice):
            for taken in fact.adjustments:
                amounts[fact.account_id, f"{taken.document}/D1"] = taken.amount
    paid: Counter[Key] = Counter()
    for line in run.truth["receipt"]:
        for account, document, part in line["pairs"]:
            paid[account, document] += part
            if (account, document) not in amounts:
                assert {"prepayment", "before_invoice", "credit_taken"} & set(line["troubles"])
    for line in run.truth["returned"]:
        for account, document, part in line["pairs"]:
            paid[account, document] -= part
    known = [key for key in paid if key in amounts]
    assert len(known) > 1_000
    for key in known:
        assert min(amounts[key], 0) <= paid[key] <= max(amounts[key], 0)
    assert any(paid[key] == amounts[key] < 0 for key in known)


def test_every_trouble_occurs_and_no_other(run: Run) -> None:
    found = {trouble for line in run.truth["receipt"] for trouble in line["troubles"]}
    assert found == set(TROUBLES)


def test_a_harder_run_has_more_trouble_and_an_easier_one_less(run: Run, tmp_path: Path) -> None:
    def share(lines: list[dict[str, Any]]) -> float:
        return sum(x["references"] in ("garbled", "none") for x in lines) / len(lines)

    easy = Run(replace(CONFIG, difficulty=1), tmp_path / "easy.jsonl").truth["receipt"]
    middle = Run(replace(CONFIG, difficulty=2), tmp_path / "middle.jsonl").truth["receipt"]
    assert share(easy) + 0.04 < share(middle)
    assert share(middle) + 0.04 < share(run.truth["receipt"])


def test_what_is_called_exact_is_exact(run: Run) -> None:
    seen: Counter[str] = Counter()
    for line in run.truth["receipt"]:
        receipt = run.receipts[line["bank_account"], line["receipt_id"]]
        pairs = [(document, part) for _, document, part in line["pairs"]]
        named = [(x.document, x.amount) for x in receipt.lines]
        seen[line["references"]] += 1
        if line["references"] == "exact":
            assert [document for document, _ in named] == [document for document, _ in pairs]
            assert all(amount in (None, part) for (_, amount), (_, part) in zip(named, pairs, strict=True))
        elif line["references"] == "text":
            assert not named
            assert all(document in receipt.text for document, _ in pairs)
        elif line["references"] == "none":
            assert not named
            assert not any(document in receipt.text for document, _ in pairs)
        else:
            assert line["references"] == "garbled"
            assert not pairs or [document for document, _ in named] != [document for document, _ in pairs]
    assert min(seen[x] for x in ("exact", "text", "none", "garbled")) > 100


def test_returned_money_undoes_what_its_receipt_paid(run: Run) -> None:
    told = {(x["bank_account"], x["receipt_id"]): x for x in run.truth["receipt"]}
    returned = [x for x in run.facts if isinstance(x, ReceiptReturned)]
    assert len(returned) == len(run.truth["returned"]) > 10
    for line in run.truth["returned"]:
        receipt = told[line["bank_account"], line["receipt_id"]]
        assert line["pairs"] == receipt["pairs"]
        assert line["amount"] == receipt["amount"]
    for fact in returned:
        assert fact.account_id == run.receipts[fact.bank_account, fact.receipt_id].account_id != ""


def test_duplicates_are_told(run: Run) -> None:
    counts = Counter(x.event_id for x in run.all)
    assert {x["event_id"] for x in run.truth["duplicate"]} == {key for key, count in counts.items() if count == 2}
    assert {x["same"] for x in run.truth["duplicate"]} == {True, False}


def test_a_draft_is_ready_when_what_it_waits_for_was_recorded(run: Run) -> None:
    orders: dict[str, int] = {}
    masters: dict[str, int] = {}
    parcels: dict[str, list[Shipment]] = defaultdict(list)
    drafts: dict[Key, Invoice] = {}
    for fact in run.facts:
        if isinstance(fact, Order):
            orders[fact.order_id] = min(orders.get(fact.order_id, fact.recorded_time), fact.recorded_time)
        elif isinstance(fact, Customer):
            masters[fact.account_id] = min(masters.get(fact.account_id, fact.recorded_time), fact.recorded_time)
        elif isinstance(fact, Shipment):
            parcels[fact.order_id].append(fact)
        elif isinstance(fact, Invoice) and fact.stage == "draft":
            drafts[fact.account_id, fact.document] = fact
    told = run.truth["draft"]
    assert {(x["account"], x["document"]) for x in told} == drafts.keys()
    end = max(x.recorded_time for x in run.facts)
    checked = 0
    for line in told:
        draft = drafts[line["account"], line["document"]]
        ready = line["on_shipment"]
        if ready is None or ready > end:
            continue
        checked += 1
        assert line["on_order"] is None or line["on_order"] <= ready
        assert line["on_pod"] is None or ready <= line["on_pod"]
        assert max(draft.recorded_time, orders[draft.order_id], masters[draft.account_id]) <= ready
        shipped: Counter[int] = Counter()
        for parcel in parcels[draft.order_id]:
            if parcel.recorded_time <= ready:
                for goods in parcel.lines:
                    shipped[goods.order_line] += goods.quantity_milli
        for billed in draft.lines:
            assert shipped[billed.order_line] >= billed.quantity_milli
    assert checked > 300
    never = [x for x in told if x["on_shipment"] is None]
    assert {reason for x in told for reason in x["blocked"]} == {"missing_po", "price_differs"}
    assert all(x["on_order"] is x["on_shipment"] is x["on_pod"] is None for x in told if x["blocked"])
    assert sum(not x["blocked"] for x in never) > 5
    assert any(x["on_pod"] is None and x["on_shipment"] is not None for x in told)
    replaced = [x for x in told if x["replaces"]]
    blocked = {x["document"] for x in told if x["blocked"]}
    assert replaced
    assert {x["replaces"] for x in replaced} <= blocked


def test_disputes_and_promises_end_as_told(run: Run) -> None:
    disputes = run.truth["dispute"]
    assert all(x["credited"] + x["rejected"] + x["written_off"] == x["contested"] > 0 for x in disputes)
    assert {x["cleared"] for x in disputes} == {True, False}
    assert {x["outcome"] for x in run.truth["promise"]} == {"kept", "partially_kept", "broken", "cancelled"}


def test_promises_for_documents_are_kept_or_not_by_the_value_dates(run: Run) -> None:
    """Of promises due within the run, the money valued until the promised date is as the outcome says."""
    money: dict[Key, list[tuple[int, int, int]]] = defaultdict(list)
    for line in run.truth["receipt"]:
        receipt = run.receipts[line["bank_account"], line["receipt_id"]]
        for account, document, part in line["pairs"]:
            money[account, document].append((receipt.event_time, receipt.value_date, part))
    last_day = max(x.recorded_time for x in run.facts) // 86_400_000
    made = {x.promise_id: x for x in run.facts if x.kind == "promise" and not x.cancelled}  # type: ignore[attr-defined]
    judged: Counter[str] = Counter()
    for line in run.truth["promise"]:
        if not line["documents"] or line["promised_date"] + 3 > last_day or line["promise_id"] not in made:
            continue
        since = made[line["promise_id"]].event_time
        for document in line["documents"]:
            paid = sum(
                part
                for when, value, part in money[line["account"], document]
                if when >= since and value <= line["promised_date"]
            )
            expected = {"kept": paid == line["amount"], "partially_kept": 0 < paid < line["amount"]}
            assert expected.get(line["outcome"], paid == 0), (line, paid)
            judged[line["outcome"]] += 1
    assert min(judged.values()) > 3
    assert len(judged) == 4


def test_advices_name_the_money_they_are_about(run: Run) -> None:
    told = {x["advice_id"]: x for x in run.truth["advice"]}
    advices = [x for x in run.facts if x.kind == "remittance_advice"]
    assert len(told) == len(advices) > 100
    named: Counter[str] = Counter()
    for fact in advices:
        line = told[fact.advice_id]  # type: ignore[attr-defined]
        receipt = run.receipts.get((line["bank_account"], line["receipt_id"]))
        reference, receipt_id = fact.bank_reference, fact.receipt_id  # type: ignore[attr-defined]
        assert receipt_id in ("", line["receipt_id"])
        assert receipt is None or reference in ("", receipt.bank_reference)
        named["receipt" if receipt_id else "reference" if reference else "nothing"] += 1
        if receipt is not None:
            named["before" if fact.recorded_time < receipt.recorded_time else "after"] += 1
        named["wrong" if line["wrong"] else "right"] += 1
    assert min(named[x] for x in ("receipt", "reference", "nothing", "before", "after", "wrong", "right")) > 5


def test_accounts_are_told_with_their_habits(run: Run) -> None:
    accounts = run.truth["account"]
    assert len({x["account"] for x in accounts}) == len(accounts) > 140
    assert len({x["habit"] for x in accounts}) == 9
    heads = {x["paid_by"] for x in accounts} - {""}
    assert heads
    assert heads <= {x["account"] for x in accounts}


def test_in_a_clean_run_every_receipt_is_exact(tmp_path: Path) -> None:
    clean = Run(Config(accounts=90, months=3, rates=Rates.clean()), tmp_path / "clean.jsonl")
    lines = clean.truth["receipt"]
    assert len(lines) > 200
    assert {x["references"] for x in lines} == {"exact"}
    assert {x["rest"] for x in lines} == {0}
    troubles = {trouble for x in lines for trouble in x["troubles"]}
    assert troubles == {"late", "lump_sum", "prepayment", "before_invoice", "direct_debit"}
    assert not clean.truth["dispute"] + clean.truth["promise"] + clean.truth["returned"] + clean.truth["duplicate"]
