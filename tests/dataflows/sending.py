"""Facts sent to intake, and what became of them."""

from collections.abc import Iterable

from connectors.files.ingest import Producer
from connectors.intake.clockwork import HOUR_MS
from connectors.log.base import Log
from schemas.records import Clock, Fact
from schemas.topics import FACTS
from tests.facts import DAY, DAY_MS, TODAY, customer, facts, invoice, receipt

SHARDS = 4


def send(log: Log, sent: Iterable[Fact]) -> None:
    producer = Producer(log, "test", lambda: False)
    for fact in sent:
        producer.send(fact)
    producer.flush()
    producer.close()


def clocks(log: Log) -> list[list[int]]:
    return [[fact.now for fact in partition if isinstance(fact, Clock)] for partition in facts(log, FACTS)]


def history(days: int, accounts: int = 20) -> list[Fact]:
    """Invoices and receipts of some accounts over some days before today, in the order of topics, not of time."""
    found: list[Fact] = [
        customer(event_id=f"c{a}", account_id=f"A-{a}", event_time=TODAY - days * DAY_MS) for a in range(accounts)
    ]
    for day in range(days):
        for account in range(accounts):
            name, at = f"{day}-{account}", TODAY - (days - day) * DAY_MS + account
            booked = {"account_id": f"A-{account}", "posting_date": DAY - days + day}
            found.append(invoice(event_id=f"i{name}", document=f"I{name}", event_time=at, **booked))
            found.append(
                receipt(event_id=f"r{name}", receipt_id=f"R{name}", event_time=at + HOUR_MS, value_date=DAY, **booked)
            )
    return found
