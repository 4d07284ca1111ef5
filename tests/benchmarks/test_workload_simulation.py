"""The simulated distributor: the same everywhere, in order, sound in its arithmetic, and bounded."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.workload import Config, Rates, Simulation, simulate
from benchmarks.workload.config import CURRENCIES
from schemas.codec import contents_digest, decode_fact, encode_fact
from schemas.records import (
    CreditNote,
    Customer,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    Order,
    Promise,
    ProofOfDelivery,
    Receipt,
    Shipment,
)
from schemas.topics import TOPIC_OF_KIND

ROOT = Path(__file__).parents[2]
SMALL = Config(accounts=12, months=2, seed=7)
SMALL_DIGEST = "0cbad804135dd31336cb249da5fb85ddf38b8b99f51c0816eb2c391539bd1a75"
HARD = Config(accounts=120, months=4, seed=3, difficulty=3)

PRINT_DIGEST = """
import hashlib
from benchmarks.workload import Config, simulate
from schemas.codec import encode_fact
digest = hashlib.sha256()
for fact in simulate(Config(accounts=12, months=2, seed=7)):
    digest.update(encode_fact(fact))
print(digest.hexdigest())
"""


def digest_of(config: Config) -> str:
    digest = hashlib.sha256()
    for fact in simulate(config):
        digest.update(encode_fact(fact))
    return digest.hexdigest()


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    return list(simulate(HARD))


def first_of_each(facts: list[Fact]) -> list[Fact]:
    """The facts without those that repeat an event id."""
    seen: set[str] = set()
    return [x for x in facts if x.event_id not in seen and not seen.add(x.event_id)]  # type: ignore[func-returns-value]


def test_a_config_gives_the_same_facts_in_every_process() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-c", PRINT_DIGEST],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert printed == [SMALL_DIGEST, SMALL_DIGEST]


def test_seed_accounts_and_difficulty_change_the_facts() -> None:
    others = [replace(SMALL, seed=8), replace(SMALL, accounts=13), replace(SMALL, difficulty=3)]
    assert len({SMALL_DIGEST, *map(digest_of, others)}) == 4


def test_a_config_that_cannot_be_is_refused_with_every_finding() -> None:
    with pytest.raises(ValueError, match=r"accounts 0 .*difficulty 4 .*\['XXX'\].*release_on 'sent'"):
        Config(accounts=0, difficulty=4, currencies=(("XXX", 1),), release_on="sent")


def test_the_facts_come_in_the_order_of_recorded_time_within_the_run(facts: list[Fact]) -> None:
    times = [fact.recorded_time for fact in facts]
    assert times == sorted(times)
    assert times[0] >= 1_767_571_200_000  # 2026-01-05
    assert times[-1] < 1_777_939_200_000  # 2026-05-05
    assert all(fact.event_time <= fact.recorded_time for fact in facts)


def test_some_facts_are_recorded_out_of_order_and_days_late(facts: list[Fact]) -> None:
    latest: dict[str, int] = {}
    behind = 0
    for fact in facts:
        behind = max(behind, latest.get(fact.source, 0) - fact.event_time)
        latest[fact.source] = max(latest.get(fact.source, 0), fact.event_time)
    assert behind > 3 * 86_400_000


def test_every_producers_kind_occurs_and_every_fact_survives_the_codec(facts: list[Fact]) -> None:
    assert {fact.kind for fact in facts} == set(TOPIC_OF_KIND)
    for fact in facts:
        value = encode_fact(fact)
        assert encode_fact(decode_fact(value)) == value


def test_an_event_id_comes_again_only_as_a_duplicate_or_a_conflict(facts: list[Fact]) -> None:
    by_id: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_id[fact.event_id].append(fact)
    again = [each for each in by_id.values() if len(each) > 1]
    assert {len(each) for each in again} == {2}
    same = [len({contents_digest(encode_fact(x)) for x in each}) == 1 for each in again]
    counts = Counter(same)
    assert 0.005 * len(facts) < counts[True] < 0.02 * len(facts)
    assert 0 < counts[False] < counts[True] / 4
    assert all(a.recorded_time < b.recorded_time and a.account_id == b.account_id for a, b in again)


def test_invoices_add_up_with_tax_rounded_half_up(facts: list[Fact]) -> None:
    invoices = [fact for fact in facts if isinstance(fact, Invoice)]
    for invoice in invoices:
        decimals = CURRENCIES[invoice.currency][0]
        assert invoice.lines
        assert invoice.amount == sum(x.net + x.tax for x in invoice.lines) > 0
        assert invoice.tax == sum(x.tax for x in invoice.lines)
        for line in invoice.lines:
            exact = line.quantity_milli * line.unit_price_micro * 10**decimals
            assert -(10**9) <= 2 * (exact - line.net * 10**9) < 10**9
            if line.tax_code == "DE-19":
                assert -10_000 <= 2 * (line.net * 1900 - line.tax * 10_000) < 10_000
    assert {x.stage for x in invoices} == {"draft", "posted"}
    assert sum(x.tax > 0 for x in invoices) > len(invoices) / 20
    assert any(line.tax_code == "DE-19" and (line.net * 19) % 100 == 50 for x in invoices for line in x.lines)


def test_document_numbers_are_unique_in_an_entity_and_look_like_its_own(facts: list[Fact]) -> None:
    numbers: Counter[tuple[str, str]] = Counter()
    for fact in first_of_each(facts):
        if isinstance(fact, Invoice | CreditNote):
            numbers[fact.entity, fact.document] += 1
            assert fact.document.startswith(
                ("INV-2026-", "CN-2026-") if fact.entity == "US01" else ("RE/26/", "GS/26/")
            )
    assert set(numbers.values()) == {1}
    third = replace(SMALL, entities=("US01", "DE01", "GB01"))
    assert any(isinstance(x, Invoice) and x.document.startswith("009000") for x in simulate(third))


def test_receipts_are_unique_for_their_bank_account_and_some_do_not_know_the_account() -> None:
    facts = list(simulate(Config(months=2)))
    receipts = [x for x in first_of_each(facts) if isinstance(x, Receipt)]
    assert len({(x.bank_account, x.receipt_id) for x in receipts}) == len(receipts)
    assert all(x.amount > 0 for x in receipts)
    unknown = [x for x in receipts if not x.account_id]
    assert 0.33 < len(unknown) / len(receipts) < 0.47
    masters = {bank for x in facts if isinstance(x, Customer) for bank in x.bank_accounts}
    assert 0.75 < sum(x.payer_account in masters for x in unknown) / len(unknown) < 0.99


def test_nothing_is_shipped_or_delivered_that_was_not_ordered(facts: list[Fact]) -> None:
    ordered: dict[tuple[str, int], int] = {}
    shipped: Counter[tuple[str, int]] = Counter()
    shipments: set[str] = set()
    once = first_of_each(facts)
    for fact in once:
        if isinstance(fact, Order):
            for line in fact.lines:
                key = (fact.order_id, line.line)
                ordered[key] = max(ordered.get(key, 0), line.quantity_milli)
    for fact in once:
        if isinstance(fact, Shipment):
            shipments.add(fact.shipment_id)
            for goods in fact.lines:
                shipped[fact.order_id, goods.order_line] += goods.quantity_milli
    late = [x for x in once if isinstance(x, ProofOfDelivery) and x.shipment_id not in shipments]
    # An order or shipment that is still to be recorded at the end of the run is not among the facts.
    beyond = sum(1 for key, quantity in shipped.items() if quantity > ordered.get(key, 0))
    assert beyond <= len(shipped) / 200
    assert len(late) <= len(shipments) / 50
    orders = Counter(x.order_id for x in once if isinstance(x, Shipment))
    assert {1, 2} == set(orders.values())


def test_disputes_close_with_what_was_contested(facts: list[Fact]) -> None:
    amounts = {x.document: x.amount for x in facts if isinstance(x, Invoice)}
    contested: dict[str, int] = {}
    for fact in facts:
        if isinstance(fact, Dispute):
            contested[fact.dispute_id] = amounts[fact.document] if fact.amount is None else fact.amount
    closed = [x for x in facts if isinstance(x, DisputeUpdate) and x.status == "closed" and x.dispute_id in contested]
    assert len(closed) > 50
    for update in closed:
        assert update.credited + update.rejected + update.written_off == contested[update.dispute_id]
    for part in ("credited", "rejected", "written_off"):
        assert any(getattr(x, part) for x in closed)


def test_promises_are_ahead_and_some_are_taken_back(facts: list[Fact]) -> None:
    promises = [x for x in facts if isinstance(x, Promise)]
    assert all(x.amount > 0 and x.promised_date > x.event_time // 86_400_000 for x in promises)
    made = {x.promise_id for x in promises if not x.cancelled}
    taken_back = {x.promise_id for x in promises if x.cancelled}
    assert taken_back
    assert len(taken_back) < len(made) / 2
    assert any(not x.documents for x in promises)


def test_clean_rates_leave_no_trouble() -> None:
    clean = list(simulate(replace(SMALL, rates=Rates.clean())))
    receipts = [x for x in clean if isinstance(x, Receipt)]
    numbers = {x.document for x in clean if isinstance(x, Invoice)}
    assert len(receipts) > 20
    assert all(x.account_id and x.lines for x in receipts)
    named = {line.document for x in receipts for line in x.lines}
    # What is paid ahead names an invoice that may come after the end.
    assert len(named - numbers) <= 2
    assert len({x.event_id for x in clean}) == len(clean)
    assert not any(isinstance(x, Dispute | CreditNote | Promise) for x in clean)


def test_memory_does_not_grow_with_the_months() -> None:
    run = Simulation(Config(accounts=40, months=14, seed=2))
    month = 30 * 86_400_000
    peaks: dict[int, int] = defaultdict(int)
    start = 0
    for count, fact in enumerate(run.facts()):
        start = start or fact.recorded_time
        if count % 50 == 0:
            sizes = run.sizes()
            half = (fact.recorded_time - start) // (5 * month)
            peaks[half] = max(peaks[half], sizes["agenda"] + sizes["outbox"] + sizes["open"] + sizes["credits"])
            assert sizes["documents"] <= 2 * 128
            assert sizes["days"] <= 401
            assert sizes["sources"] <= 50
    assert peaks[2] < 1.3 * peaks[1]
