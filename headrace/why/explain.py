"""One decision explained: what was decided, by which rule of which policy, on which facts, and what came of it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from connectors.log.base import Log
from dataflows.shards.logged import decision_key
from headrace.amounts import grouped
from headrace.why.evidence import evidence_of, reasons_of
from headrace.why.facts import EPOCH, cut, details, moment, title, when
from headrace.why.history import RATES, WAKE, History, Taken, decision_at, of_accounts
from headrace.why.names import names_of_decision, reference_kind
from headrace.why.policy import PolicyPart, part_for
from headrace.why.rests import rests_on
from headrace.why.rules import closed_since, rule_of
from headrace.why.steps import of_reminder, passed_over
from headrace.words import in_words
from schemas.records import Decision
from schemas.topics import DECISIONS, WHO_PAID_SEPARATOR

# Later decisions that are named.
MOST_FOLLOWING: Final = 20

# Facts that a decision of another account, or of this one, led to (docs/ledger.md).
_SENT: Final = re.compile(r"(?:transfer|identify):(\d+-\d+)(?::.*)?")


class NotExplained(LookupError):
    """A decision of which something cannot be found; the message says what."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What led to a decision. offset: in its shard's facts. lines: all that it says, below its title."""

    offset: int
    title: str
    said: str
    lines: list[str]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything in words; times are UTC. before, followed: (where, words), the offset of a fact or the id of a decision."""

    id: str
    words: str
    account: str
    decided: str
    reasons: list[str]
    cause: Cause
    before: list[tuple[str, str]]
    rule: str
    says: str
    source: str
    policy: PolicyPart
    evidence: list[str]
    excluded: list[str]
    candidates: list[str]
    balances: str
    followed: list[tuple[str, str]]
    more_followed: int
    rules_version: str


def id_of(shard: int, sequence: int) -> str:
    """What timeline shows, and `headrace why` takes: SHARD-SEQUENCE."""
    return f"{shard}-{sequence}"


def explained(log: Log, shard: int, sequence: int) -> Explanation | None:
    """Read what is needed and explain; None where there is no such decision. Raises NoSuchRule, NotExplained."""
    if shard >= log.partitions(DECISIONS):
        return None
    d = decision_at(log, shard, sequence)
    if d is None:
        return None
    key = decision_key(d)
    return explain(of_accounts(log, shard, {key})[key.decode()], d)


def row_of(d: Decision, currency: str = "") -> dict[str, Any]:
    """The decision as a row of `decisions`, for its words: days and times as texts. currency: where it has none."""
    row: dict[str, Any] = {name: getattr(d, name) for name in Decision.FIELDS}
    row["currency"] = d.currency or currency
    for name in ("posting_date", "value_date", "due_date", "document_date"):
        row[name] = _date(row[name])
    for name in ("event_time", "recorded_time", "deadline"):
        row[name] = moment(row[name])
    return row


def _date(days: int) -> str:
    try:
        return date.fromordinal(EPOCH.toordinal() + days).isoformat()
    except (OverflowError, ValueError):
        return f"day {days}"


def words_of(history: History, d: Decision) -> str:
    """What it says, in words; a fact that is rejected tells its amounts in its own currency."""
    return in_words(row_of(d, _rejected_currency(history, d)))


def _rejected_currency(history: History, d: Decision) -> str:
    if d.currency or d.kind != "fact_rejected":
        return ""
    taken = history.cause(d)
    return "" if taken is None else getattr(taken.fact, "currency", "") or _currency(history, taken)


def explain(history: History, d: Decision) -> Explanation:
    """Why that decision of the account was made. Raises NoSuchRule, NotExplained."""
    rule = rule_of(d.rule)
    closes = d.kind == "exception_closed" and not d.reasons
    cause, taken = _cause(history, d)
    followed = _followed(history, d)
    return Explanation(
        id=id_of(d.shard, d.sequence),
        words=words_of(history, d),
        account=f"{d.tenant}/{d.entity}/{d.account_id}" if d.account_id else "whole shard",
        decided=_decided(history, d),
        reasons=reasons_of(d, _rejected_currency(history, d)),
        cause=cause,
        before=[(str(x.offset), _before(history, x)) for x in rests_on(history, d, taken)],
        rule=d.rule,
        says=f"It is closed: {closed_since(d.rule)}. {rule.says}" if closes else rule.says,
        source=rule.source,
        policy=part_for(history, d),
        evidence=evidence_of(d) + of_reminder(history, d) + _fields(d),
        excluded=[text.replace("_", " ") for text in d.excluded] + passed_over(history, d),
        candidates=d.candidates,
        balances=_balances(d),
        followed=[(id_of(x.shard, x.sequence), words_of(history, x)) for x in followed[:MOST_FOLLOWING]],
        more_followed=max(0, len(followed) - MOST_FOLLOWING),
        rules_version=d.rules_version,
    )


def _decided(history: History, d: Decision) -> str:
    """When, by the log's time."""
    now = history.times.at(d.fact_offset).now
    clock = f"the log's clock stood at {moment(now)}" if now else "the log had no clock yet"
    origin = "live" if d.origin == "live" else "in a replay of history, and is sent to nobody"
    return f"{clock}; decided {origin}"


def _cause(history: History, d: Decision) -> tuple[Cause, Taken | None]:
    if d.cause_kind == WAKE:
        return _time(history, d), None
    if d.cause_kind == RATES:
        return _rates(history, d), None
    if d.rule == "shard.unreadable":
        said = f"offset {d.fact_offset} of shard {d.shard}'s facts"
        return Cause(d.fact_offset, "Bytes in the log that are no fact", said, []), None
    taken = history.cause(d)
    if taken is None:
        raise NotExplained(
            f"the {d.cause_kind} {d.cause_id!r} is not in shard {d.shard}'s facts by offset {d.fact_offset}"
        )
    currency = _currency(history, taken)
    lines = details(taken.fact, currency)
    told = _SENT.fullmatch(taken.fact.event_id)
    if told is not None:
        lines.append(f"it comes of decision {told[1]}, which headrace why explains too")
    if taken.offset != d.fact_offset:
        lines.append(f"it waited for its account to go on, from offset {taken.offset} to {d.fact_offset}")
    return Cause(taken.offset, title(taken.fact, currency), when(taken.fact), lines), taken


def _time(history: History, d: Decision) -> Cause:
    """Time alone: the account was to be looked at then."""
    at = history.times.at(d.fact_offset)
    said = f"the account was due to be looked at {moment(d.event_time)}"
    lines = [f"the shard's clock stood at {moment(at.now)}"]
    if at.bound < at.now:
        lines.append(f"the books have all cash up to {moment(at.bound)}, and that is as far as these rules see")
    beside = history.beside.get(d.fact_offset)
    if beside is not None and beside.kind not in ("clock", "drain"):
        lines.append(f"it had its turn after a {beside.kind.replace('_', ' ')} of the shard")
    return Cause(d.fact_offset, "Time passed", said, lines)


def _rates(history: History, d: Decision) -> Cause:
    """A rate of exchange that the account waits for may have come: a bounded number of accounts is tried at each fact."""
    beside = history.beside.get(d.fact_offset)
    lines = [] if beside is None else [title(beside)]
    said = f"the shard's clock stood at {moment(history.times.at(d.fact_offset).now)}"
    return Cause(d.fact_offset, "Rates of exchange came, and the account waits for one", said, lines)


def _currency(history: History, taken: Taken) -> str:
    """Of what the fact is about, where it names none itself."""
    fact = taken.fact
    if getattr(fact, "currency", ""):
        return ""
    for field, name in (("receipt_id", "receipt"), ("document", "document"), ("dispute_id", "dispute")):
        number = getattr(fact, field, "")
        for d in history.decisions_naming(f"{name}:{number}") if number else []:
            if d.currency:
                return d.currency
    return ""


def _before(history: History, taken: Taken) -> str:
    fact = taken.fact
    return f"{title(fact, _currency(history, taken))} ({moment(fact.event_time)[:16]}, {fact.source})"


def _fields(d: Decision) -> list[str]:
    """What a decision says in fields of its own."""
    found: list[str] = []
    for name, value in (
        (
            "arrives at",
            f"{d.counterparty} as transfer:{id_of(d.shard, d.sequence)}" if d.rule == "transfer.out" else "",
        ),
        ("for", d.owner),
        ("category", d.category.replace("_", " ")),
        ("channel", d.channel),
        ("template", d.template),
        ("language", d.language),
        ("until", moment(d.deadline) if d.deadline else ""),
        ("score", str(d.score) if d.score else ""),
        (_TEXTS.get(d.kind, "text"), _text(d)),
    ):
        if value:
            found.append(f"{name}: {value}")
    return found


# What the text of these is.
_TEXTS: Final = {
    "task_opened": "next action",
    "escalated": "stands",
    "dispute_routed": "stands",
    "dispute_opened": "it is about",
    "item_posted": "reason",
    "exception_raised": "what the bank says",
    "deduction_opened": "reason code",
}


def _text(d: Decision) -> str:
    """Without what the decision's words say: how a dispute ended, and its category."""
    if d.kind in ("dispute_closed", "write_off_proposed") or d.text == d.category:
        return ""
    plain = d.kind in ("task_opened", "escalated", "dispute_routed")
    return d.text.replace("_", " ") if plain else cut(d.text.removeprefix(WHO_PAID_SEPARATOR))


def _balances(d: Decision) -> str:
    """The account's sums in its currency, right after it."""
    if not d.currency or d.kind == "fact_rejected":
        return ""
    parts = [f"open {grouped(d.open_debit, d.currency)}"]
    for name, amount in (("credits", d.open_credit), ("unapplied", d.unapplied), ("on account", d.on_account)):
        if amount:
            parts.append(f"{name} {grouped(amount, d.currency)}")
    return f"{', '.join(parts)} {d.currency}"


def _followed(history: History, d: Decision) -> list[Decision]:
    """Later decisions about what this one is about: of the same fact first, as all come in order."""
    names = [name for name in names_of_decision(d) if _own(d, name)]
    found = {x.sequence: x for name in names for x in history.decisions_naming(name) if x.sequence > d.sequence}
    for x in history.decisions:
        if x.fact_offset == d.fact_offset and x.cause_id == d.cause_id and x.sequence > d.sequence:
            found[x.sequence] = x
    return [found[sequence] for sequence in sorted(found)]


def _own(d: Decision, name: str) -> bool:
    """Whether the decision is about that, and does not only mention it: an order or an advice is not followed."""
    kind, _, number = name.partition(":")
    if kind in ("order", "advice", "shipment", "letter", "case", "message"):
        return False
    return number in (d.document, d.receipt_id, d.counterparty) or (
        number == d.reference_id and kind == reference_kind(d)
    )
