"""The check of deliveries: nothing of history is sent, only by channels that hold, again only when its time was over."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final

from headrace.audit.accounts import Account, named
from headrace.audit.books import Books
from headrace.audit.findings import Check
from headrace.audit.keep import Keep, Scratch
from headrace.audit.policy import Terms
from schemas.records import Decision, Fact, Message

STEPS: Final = ("requested", "sent", "delivered", "viewed", "acknowledged")
ARRIVED: Final = ("delivered", "viewed", "acknowledged")
FAILED: Final = ("bounced", "expired")
LIVE: Final = "live"
DAY_MS: Final = 86_400_000


@dataclass(slots=True)
class Delivery:
    """One document on its way. deadline: UTC ms, 0 none; group: the consolidated number it goes with, or empty."""

    status: str = ""
    chain: list[str] = field(default_factory=list)
    channel: str = ""
    tries: int = 0
    requests: int = 0
    deadline: int = 0
    arrived: bool = False
    group: str = ""


def _pack(value: Delivery) -> Any:
    return asdict(value)


def _unpack(value: Any) -> Delivery:
    return Delivery(**value)


class Deliveries:
    """Deliveries of one shard. `check` each decision before it is posted, `finish` at the end of the log."""

    def __init__(self, check: Check, books: Books, scratch: Scratch) -> None:
        self._check: Final = check
        self._books: Final = books
        self._known: Final[Keep[Delivery]] = Keep(scratch, _pack, _unpack)

    def _of(self, account: Account, document: str) -> Delivery | None:
        return self._known.get(named(account, document))

    def arrived(self, account: Account, document: str) -> bool:
        """Whether it arrived; what was never sent from here counts as arrived."""
        found = self._of(account, document)
        if found is not None and found.group:
            found = self._of(account, found.group)
        return found is None or found.arrived

    def check(self, account: Account, d: Decision, cause: Fact | None, terms: Terms, now: int) -> None:
        """delivery_requested, delivery_status, and exceptions about them. now: the log's time, UTC milliseconds."""
        self._check.checked += 1
        found = self._of(account, d.document) or Delivery()
        for document in d.candidates if not found.status else []:
            self._known.put(named(account, document), Delivery(group=d.document))
        policy = terms.of(account.who, d.currency, now // DAY_MS).text["delivery"]
        if d.kind == "delivery_requested":
            self._requested(account, found, d, policy, now)
        elif d.kind == "delivery_status":
            self._status(account, found, d, cause)
        elif d.kind == "exception_raised":
            found.deadline = 0
            found.status = "unreachable" if d.rule == "delivery.unreachable" else found.status
            if d.rule == "delivery.unreachable" and self._chain(account, policy):
                self._wrong(d, "unreachable", f"{self._chain(account, policy)} reach the customer")
        self._known.put(named(account, d.document), found)

    def _wrong(self, d: Decision, code: str, text: str) -> None:
        self._check.about(d, code, f"{d.kind} of {d.document}: {text}")

    def _chain(self, account: Account, policy: dict[str, Any]) -> list[str]:
        """The channels that reach the customer, in order."""
        wanted = (account.channels or policy["channels"]) if account.known else []
        reached = [x for x in wanted if x in policy["channels"] and (x != "email" or account.email)]
        return list(dict.fromkeys(reached))

    def _requested(self, account: Account, found: Delivery, d: Decision, policy: dict[str, Any], now: int) -> None:
        if d.origin != LIVE:
            self._wrong(d, "sent_of_history", "what is replayed is never sent")
        items = [self._books.item(account, x) for x in d.candidates or [d.document]]
        there = [item for item in items if item is not None]
        if len(there) != len(items) or sum(item.amount for item in there) != d.amount:
            self._wrong(d, "sent_unposted", f"it sends {d.amount}, of {len(there)} items of {len(items)}")
        paid = [f"cleared:{item.document}" for item in there if d.candidates and not item.open]
        if d.evidence[1:] != paid:
            self._wrong(d, "cleared", f"of its documents {paid} hold, it says {d.evidence[1:]}")
        chain = d.evidence[0].removeprefix("chain:").split(",") if d.evidence else []
        found.requests += 1
        if d.reference_id != f"delivery:{d.document}:{found.requests}":
            self._wrong(d, "delivery_number", f"it is request {found.requests}, and is called {d.reference_id}")
        if d.rule == "delivery.first":
            if found.status not in ("", "unreachable") or chain != self._chain(account, policy):
                self._wrong(d, "channel", f"the channels are {self._chain(account, policy)}, it says {chain}")
            if d.channel not in chain[:1]:
                self._wrong(d, "channel", f"it goes by {d.channel}, the first one is {chain[:1]}")
        elif d.rule == "delivery.resend":
            over = found.deadline and found.deadline <= now
            if not over or (d.channel, d.level) != (found.channel, found.tries + 1) or d.level > policy["tries"]:
                self._wrong(d, "sent_again", f"try {found.tries} by {found.channel} has time until {found.deadline}")
            if not any(item.open for item in there):
                self._wrong(d, "sent_again", "nothing of it is open")
        elif d.rule == "delivery.fallback":
            at = found.chain.index(found.channel) + 1 if found.channel in found.chain else 0
            if found.chain[at : at + 1] != [d.channel]:
                self._wrong(d, "channel", f"after {found.channel} of {found.chain} comes not {d.channel}")
            if found.status != "failed" and not 0 < found.deadline <= now:
                self._wrong(d, "sent_again", f"{found.channel} has not failed, and has time until {found.deadline}")
        elif d.cause_kind != "operator_action":
            self._wrong(d, "sent_again", f"no rule of delivery is called {d.rule}")
        found.status, found.chain, found.channel = "requested", chain, d.channel
        found.tries, found.deadline = d.level, d.deadline

    def _status(self, account: Account, found: Delivery, d: Decision, cause: Fact | None) -> None:
        if d.text == "not_needed":
            items = [self._books.item(account, x) for x in d.candidates or [d.document]]
            whole = self._books.billed(account, d.document)
            replaced = whole is not None and whole.replaced_by
            if not replaced and any(item is None or item.open for item in items):
                self._wrong(d, "not_needed", "it is open, and nothing replaced it")
        elif not isinstance(cause, Message):
            self._wrong(d, "delivery_status", f"no message says that it is {d.text}")
        else:
            said = "failed" if cause.status in FAILED else cause.status
            forward = d.text not in STEPS or found.status not in STEPS
            if said != d.text or not (forward or STEPS.index(d.text) > STEPS.index(found.status)):
                self._wrong(d, "delivery_status", f"the message says {said}, it was {found.status}, it says {d.text}")
        found.status, found.deadline = d.text, d.deadline
        if d.text in ARRIVED or d.text == "not_needed":
            found.arrived = True
        elif d.text == "rejected":
            found.arrived = False

    def sent(self, account: Account, said: list[Decision], terms: Terms, today: int) -> None:
        """After a fact's decisions: what was posted is on its way, where deliveries are in force."""
        for d in said:
            policy = terms.of(account.who, d.currency, today).text["delivery"]
            if d.kind not in ("item_posted", "invoice_released") or d.origin != LIVE or account.suspense:
                continue
            wanted = policy["channels"] and d.item_kind in policy["kinds"] and d.rule != "posted.opening"
            if wanted and self._of(account, d.document) is None:
                self._wrong(d, "not_sent", "it was posted, and nobody sends it")

    def resolved(self, account: Account, rule: str, document: str) -> bool:
        """Whether what an exception was about is no more."""
        found = self._of(account, document) or Delivery()
        if rule == "delivery.unacknowledged":
            return found.status in ("acknowledged", "not_needed")
        if rule == "delivery.unreachable":
            return found.requests > 0
        return found.status in (*ARRIVED, "not_needed")

    def finish(self, complete_ms: int, shard: int) -> None:
        """At the end of the log: nothing waits beyond its time."""
        for name, found in self._known.items():
            if 0 < found.deadline < complete_ms - DAY_MS:
                account, _, document = name.partition("\n")
                text = f"{document} was to be looked at again by {found.deadline}, and was not"
                self._check.find("delivery_overdue", text, shard=shard, account=account)
