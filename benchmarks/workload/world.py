"""The simulation's clock, agenda and outbox: what will happen, and what was said and is still under way."""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from benchmarks.workload.chance import Chance
from benchmarks.workload.config import Config, Rates
from benchmarks.workload.days import DAY, HOUR, MINUTE, SECOND, date_of, day_number
from benchmarks.workload.truth import Line, Truth
from schemas.codec import decode_fact, encode_fact
from schemas.records import Fact, Invoice, Promise, ProofOfDelivery, Receipt
from schemas.wire import Reader, put_long, put_text

from librt.strings import BytesWriter  # isort: skip

Action = Callable[[int], object]

# Quantiles, in milliseconds, of what passes between an event and its record.
PROMPT = (1 * SECOND, 3 * SECOND, 10 * SECOND, 40 * SECOND, 5 * MINUTE)
SLOW = (1 * MINUTE, 5 * MINUTE, 20 * MINUTE, 2 * HOUR, 9 * HOUR)
LATE = (1 * HOUR, 5 * HOUR, 20 * HOUR, 2 * DAY, 5 * DAY)
RETRY = (2 * SECOND, 30 * SECOND, 10 * MINUTE, 6 * HOUR, 3 * DAY)


class World:
    """One run. Actions happen in the order of their times, then of their making.

    Holds the agenda and the facts that are recorded later than now, both bounded by accounts and
    documents under way; what would come after the end of the run is dropped at once.
    """

    def __init__(self, config: Config, truth: Truth | None) -> None:
        self.config = config
        self.rates: Rates = config.trouble()
        self.chance = Chance(config.seed)
        self.start = day_number(config.start) * DAY
        self.end = day_number(config.end()) * DAY
        self._truth = truth
        self._agenda: list[tuple[int, int, Action]] = []
        self._outbox: dict[int, list[tuple[int, int, Fact, Line | None]]] = {}
        self._turn = 0
        self._ids: dict[str, int] = {}
        self._day_texts: dict[int, tuple[str, int]] = {}

    def at(self, time: int, action: Action) -> None:
        """Let `action` happen at `time`, or never where the run ends before."""
        if time < self.end:
            self._turn += 1
            heappush(self._agenda, (time, self._turn, action))

    def next_id(self, source: str) -> str:
        number = self._ids.get(source, 0) + 1
        self._ids[source] = number
        return f"{source}:{number:08d}"

    def delay(self, usual: tuple[int, ...]) -> int:
        """Milliseconds until something that happened now is recorded."""
        if self.chance.roll() < self.rates.late_delivery:
            return self.chance.along(LATE)
        return self.chance.along(usual)

    def day_text(self, day: int) -> tuple[str, int]:
        """The day as YYMMDD, and its year."""
        found = self._day_texts.get(day)
        if found is None:
            if len(self._day_texts) > 400:
                self._day_texts.clear()
            date = date_of(day)
            found = self._day_texts[day] = (date.strftime("%y%m%d"), date.year)
        return found

    def say(self, fact: Fact, truth: Line | None = None) -> None:
        """Publish `fact` at its recorded time; sometimes its source sends it twice."""
        time = fact.recorded_time
        if time >= self.end:
            return
        self._post(fact, truth)
        roll = self.chance.roll()
        if roll < self.rates.duplicate:
            self._say_again(fact, fact)
        elif roll > 1.0 - self.rates.conflict:
            other = _altered(fact)
            if other is not None:
                self._say_again(fact, other)

    def say_once(self, fact: Fact, truth: Line | None = None) -> None:
        """Publish `fact` at its recorded time, and draw no chance: all others stay as they would be without it."""
        if fact.recorded_time < self.end:
            self._post(fact, truth)

    def _post(self, fact: Fact, truth: Line | None) -> None:
        self._turn += 1
        self._outbox.setdefault(fact.recorded_time // DAY, []).append((fact.recorded_time, self._turn, fact, truth))

    def _say_again(self, fact: Fact, other: Fact) -> None:
        time = fact.recorded_time + 1 + self.chance.along(RETRY)
        if time < self.end:
            line: Line = {"type": "duplicate", "event_id": fact.event_id, "kind": fact.kind, "same": other is fact}
            self._post(recorded_at(other, time), line)

    def run(self) -> Iterator[Fact]:
        """All facts in the order of recorded time; the truth of each is written as it comes out."""
        agenda = self._agenda
        for day in range(self.start // DAY, self.end // DAY):
            midnight = (day + 1) * DAY
            while agenda and agenda[0][0] < midnight:
                time, _, action = heappop(agenda)
                action(time)
            ready = self._outbox.pop(day, [])
            ready.sort(key=_order)
            for _, _, fact, line in ready:
                if line is not None and self._truth is not None:
                    self._truth.write(line)
                yield fact

    def sizes(self) -> dict[str, int]:
        """How many entries each growing structure holds now."""
        waiting = sum(len(entries) for entries in self._outbox.values())
        return {"agenda": len(self._agenda), "outbox": waiting, "sources": len(self._ids), "days": len(self._day_texts)}


def _order(entry: tuple[int, int, Fact, Line | None]) -> tuple[int, int]:
    return entry[0], entry[1]


def recorded_at(fact: Fact, time: int) -> Fact:
    """The same event, recorded at another time."""
    value = encode_fact(fact)
    reader = Reader(value, 5)
    event_id = reader.text()
    reader.long()
    out = BytesWriter()
    put_text(out, event_id)
    put_long(out, time)
    return decode_fact(value[:5] + out.getvalue() + value[reader.at :])


def _altered(fact: Fact) -> Fact | None:
    """What a faulty source might send under the same event id; None for kinds that it does not get wrong."""
    head = (fact.event_id, fact.recorded_time, fact.correlation, fact.source, fact.tenant, fact.entity, fact.account_id)
    if isinstance(fact, Receipt):
        return Receipt(
            *head, fact.event_time, fact.receipt_id, fact.bank_account, fact.bank_reference, fact.currency, fact.amount + 100,
            fact.posting_date, fact.value_date, fact.payer_name, fact.payer_account, fact.text, fact.lines,
        )  # fmt: skip
    if isinstance(fact, Invoice):
        return Invoice(
            *head, fact.event_time, fact.document, fact.stage, fact.document_date, fact.posting_date, fact.due_date + 30,
            fact.currency, fact.amount, fact.tax, fact.order_id, fact.po_reference, fact.replaces, fact.lines,
        )  # fmt: skip
    if isinstance(fact, Promise):
        return Promise(
            *head, fact.event_time, fact.promise_id, fact.currency, fact.amount, fact.promised_date + 7, fact.documents,
            fact.cancelled,
        )  # fmt: skip
    if isinstance(fact, ProofOfDelivery):
        return ProofOfDelivery(
            *head, fact.event_time, fact.shipment_id, fact.order_id, fact.delivered_date + 1, fact.complaint
        )
    return None
