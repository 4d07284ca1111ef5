"""Scenarios as text: dated lines of facts, what they lead to below them. tests/scenarios/README.md is the language.

`parse` gives steps with real facts in them. Raises WrongScenario with file and line.
"""

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

from connectors.currencies import MINOR_DIGITS
from connectors.placing import suspense_account
from dataflows.rules.money import line_net
from schemas import records as r
from schemas.records import Fact
from schemas.topics import SUSPENSE_PREFIX

EPOCH = date(1970, 1, 1).toordinal()
TENANT, ENTITY, ACCOUNT = "t1", "us01", "acme"
MINUTE_MS = 60_000
DAY_MS = 86_400_000


class WrongScenario(ValueError):
    """A line that is not of the language. The message says which one and what is wrong."""


@dataclass(frozen=True, slots=True)
class DayEnds:
    """The clock at the end of the day, and all that is due by then."""


@dataclass(frozen=True, slots=True)
class Arrives:
    """Money on its way between accounts arrives where it was sent."""

    receipt_id: str


@dataclass(frozen=True, slots=True)
class Again:
    """The fact of the line above, delivered once more."""


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What is written replaces that part of the default policy; the rest is as by default."""

    part: dict[str, object]


@dataclass(frozen=True, slots=True)
class Step:
    """One dated line: what happens, and the lines below it (number, text)."""

    line: int
    text: str
    day: int
    action: Fact | DayEnds | Arrives | Again | PolicyChange
    below: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Scenario:
    """`xfail` is why it is expected to fail; empty where it must pass."""

    path: Path
    currency: str
    xfail: str
    steps: list[Step]


@dataclass(slots=True)
class Line:
    """A fact line being read: where it is, whose account, and what its pattern found."""

    number: int
    day: int
    account: str
    currency: str
    found: dict[str, str | None] = field(default_factory=dict)
    entity: str = ENTITY

    def text(self, name: str) -> str:
        return unquoted(self.found.get(name) or "")

    def date(self, name: str, default: int) -> int:
        text = self.found.get(name)
        return day_of(text) if text else default

    def money(self, name: str = "amount") -> int:
        text = self.found.get(name)
        return minor(text, self.currency) if text else 0

    def common(self, source: str = "scenario") -> tuple[str, int, str, str, str, str, str, int]:
        """The fields that every fact begins with."""
        now = self.day * DAY_MS + 9 * 60 * MINUTE_MS + self.number * MINUTE_MS
        return (f"line-{self.number}", now, "", source, TENANT, self.entity, self.account, now)


def day_of(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def unquoted(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text


def minor(text: str, currency: str) -> int:
    """100.00 in USD is 10000."""
    scaled = Decimal(text.replace(",", "")).scaleb(MINOR_DIGITS[currency])
    if scaled != int(scaled):
        raise ValueError(f"{text} has more decimals than {currency}")
    return int(scaled)


def _thousandths(text: str) -> int:
    return int(Decimal(text).scaleb(3))


# --- patterns: NAME is an id or a quoted text, AMOUNT a number, ITEMS what is split at commas ---

_PARTS = {
    "ID": r'(?:"[^"]*"|[^\s,:"]+)',
    "AMOUNT": r"-?[\d,]*\d(?:\.\d+)?",
    "DATE": r"\d{4}-\d\d-\d\d",
    "CURRENCY": r"(?: (?P<currency>[A-Z]{3})\b)?",
}


def _pattern(text: str) -> re.Pattern[str]:
    """A word in capitals stands for a part; `name=PART` is a part that is kept under that name."""
    text = re.sub(r"(\w+)=(ID|AMOUNT|DATE|ITEMS)", lambda m: f"(?P<{m[1]}>{_PARTS.get(m[2], '.+')})", text)
    return re.compile(text.replace("CURRENCY", _PARTS["CURRENCY"]))


def _items(text: str) -> Iterator[tuple[int, str]]:
    """1-based number and text of what is separated by commas; commas in quotes do not separate."""
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text)
    yield from enumerate([part.strip() for part in parts], 1)


def _matched(pattern: re.Pattern[str], text: str, wanted: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not {wanted}")
    return found


_QUANTITY = re.compile(r"(?:#(\d+) )?([\d.]+)")
_PRICED = re.compile(r"(?:#(\d+) )?([\d.]+) x ([\d.]+)(?: = ([\d.]+))?(?: tax ([\d.]+))?(?: code (\S+))?")
_REMITTED = re.compile(rf"({_PARTS['ID']})(?: ({_PARTS['AMOUNT']}))?")


def _shipped(text: str) -> list[r.ShipmentLine]:
    lines = []
    for number, part in _items(text):
        found = _matched(_QUANTITY, part, "a quantity like 10 or #2 10")
        lines.append(r.ShipmentLine(int(found[1] or number), f"P{found[1] or number}", _thousandths(found[2])))
    return lines


def _ordered(text: str) -> list[r.OrderLine]:
    lines = []
    for number, part in _items(text):
        found = _matched(_PRICED, part, "quantity x price")
        order_line = int(found[1] or number)
        price = int(Decimal(found[3]).scaleb(6))
        lines.append(r.OrderLine(order_line, f"P{order_line}", _thousandths(found[2]), price))
    return lines


def _billed(text: str, currency: str) -> list[r.InvoiceLine]:
    lines = []
    for number, part in _items(text):
        found = _matched(_PRICED, part, "quantity x price [= net] [tax amount] [code CODE]")
        quantity, price = _thousandths(found[2]), int(Decimal(found[3]).scaleb(6))
        net = minor(found[4], currency) if found[4] else line_net(quantity, price, currency)
        tax = minor(found[5], currency) if found[5] else 0
        order_line = int(found[1] or number)
        code = "STD" if found[6] is None else unquoted(found[6])
        lines.append(r.InvoiceLine(number, order_line, f"P{order_line}", quantity, price, net, tax, code))
    return lines


def _remitted(text: str | None, currency: str) -> list[r.RemittanceLine]:
    lines = []
    for _, part in _items(text or ""):
        found = _matched(_REMITTED, part, "a document, or a document and an amount")
        lines.append(r.RemittanceLine(unquoted(found[1]), minor(found[2], currency) if found[2] else None))
    return lines


# --- facts ---


def _customer(x: Line) -> Fact:
    words = [text for _, text in _items(x.found.get("items") or "")]
    flags = {"inactive", "no billing address", "po required", "direct debit", "affiliate", "cash order"}
    named = dict(word.split(" ", 1) for word in words if word not in flags)
    for name in named:
        if name not in ("country", "segment", "tier", "of"):
            raise ValueError(f"{name!r} is nothing a customer has; {', '.join(sorted(flags))}, country, segment, tier")
    return r.Customer(
        *x.common(),
        x.account,
        "inactive" not in words,
        named.get("country", "US"),
        "en",
        named.get("segment", ""),
        named.get("tier", ""),
        x.currency,
        30,
        "" if "no billing address" in words else "1 Main Street",
        "",
        "po required" in words,
        "direct debit" in words,
        "affiliate" in words,
        [],
        cash_order="cash order" in words,
    )


def _order(x: Line) -> Fact:
    lines = _ordered(x.found["items"] or "") if x.found.get("items") else []
    return r.Order(
        *x.common(), x.text("order"), x.day, x.currency, x.text("po"), x.found.get("cancelled") is not None, lines
    )


def _invoice(x: Line) -> Fact:
    lines = _billed(x.found["items"] or "", x.currency) if x.found.get("items") else []
    tax = sum(line.tax for line in lines)
    if not lines and not x.found.get("amount"):
        raise ValueError(f"'{x.found['stage']} {x.text('document')}' says no amount: give one, or lines")
    return r.Invoice(
        *x.common(),
        x.text("document"),
        "draft" if x.found["stage"] == "draft" else "posted",
        x.day,
        x.date("posting", x.day),
        x.date("due", x.day + 30),
        x.currency,
        x.money() if x.found.get("amount") else sum(line.net for line in lines) + tax,
        minor(x.found["tax"] or "", x.currency) if x.found.get("tax") else tax,
        x.text("order"),
        x.text("po"),
        "",
        lines,
    )


def _receipt(x: Line) -> Fact:
    fact = r.Receipt(
        *x.common(),
        x.text("receipt"),
        x.text("bank") or "BANK",
        x.text("reference"),
        x.currency,
        x.money(),
        x.day,
        x.date("value", x.day),
        "",
        x.text("payer"),
        x.text("text"),
        _remitted(x.found.get("items"), x.currency),
    )
    return _for_suspense(x, fact) if x.found.get("unidentified") else fact


def _returned(x: Line) -> Fact:
    fact = r.ReceiptReturned(
        *x.common(),
        x.text("receipt"),
        x.text("bank") or "BANK",
        x.currency,
        x.money(),
        x.day,
        x.day,
        "AC04",
        x.text("reference"),
        "",
    )
    return _for_suspense(x, fact) if x.found.get("unidentified") else fact


def _for_suspense(x: Line, fact: Fact) -> Fact:
    """The same fact for the suspense account of its bank account, which intake gives it."""
    x.account = suspense_account(fact)
    x.found["unidentified"] = None
    return _receipt(x) if isinstance(fact, r.Receipt) else _returned(x)


def _closing(x: Line) -> Fact:
    sums = {"credited": 0, "rejected": 0, "written off": 0}
    for _, part in _items(x.found["items"] or ""):
        name, _, amount = part.rpartition(" ")
        if name not in sums:
            raise ValueError(f"{part!r} is not credited, rejected or written off, and an amount")
        sums[name] = minor(amount, x.currency)
    return r.DisputeUpdate(
        *x.common(), x.text("dispute"), "closed", "", sums["credited"], sums["rejected"], sums["written off"], ""
    )


def _operator(x: Line, action: str) -> Fact:
    return r.OperatorAction(
        # The directory is headrace's own, and a person is not.
        *x.common("headrace" if x.found.get("who") == "directory" else "scenario"),
        action,
        "someone",
        x.text("receipt"),
        x.text("document"),
        x.account if x.text("target") == "suspense" else x.text("target"),
        x.currency if x.found.get("amount") else "",
        x.money(),
        0,
        "",
    )


def _relation(x: Line) -> Fact:
    entity, _, account = x.text("target").rpartition("/")
    return r.PayerRelation(
        *x.common(),
        x.text("relation"),
        account,
        entity,
        x.date("since", 0),
        x.date("until", 0),
        not account,
    )


def _credit_note(x: Line) -> Fact:
    return r.CreditNote(*x.common(), x.text("document"), x.day, x.day, x.currency, x.money(), 0, x.text("invoice"), "")


def _shipment(x: Line) -> Fact:
    shipped = _shipped(x.found["items"] or "")
    return r.Shipment(*x.common(), x.text("shipment"), x.text("order"), "carrier", x.day, shipped)


def _delivered(x: Line) -> Fact:
    return r.ProofOfDelivery(*x.common(), x.text("shipment"), x.text("order"), x.day, x.text("complaint"))


def _advice(x: Line) -> Fact:
    lines = _remitted(x.found["items"], x.currency)
    return r.RemittanceAdvice(
        *x.common(),
        x.text("advice"),
        x.currency,
        x.money(),
        x.text("receipt"),
        x.text("reference"),
        0,
        lines,
        [],
        int(x.text("parts") or 0),
    )


def _dispute(x: Line) -> Fact:
    amount = x.money() if x.found.get("amount") else None
    category = x.text("category") or "pricing"
    return r.Dispute(*x.common(), x.text("dispute"), x.text("document"), x.currency, amount, category, "", "")


def _routing(x: Line) -> Fact:
    return r.DisputeUpdate(*x.common(), x.text("dispute"), "in_review", x.text("owner"), 0, 0, 0, "")


def _promise(x: Line) -> Fact:
    documents = [unquoted(text) for _, text in _items(x.found.get("items") or "")]
    return r.Promise(*x.common(), x.text("promise"), x.currency, x.money(), x.date("by", x.day), documents, False)


def _cancelled(x: Line) -> Fact:
    return r.Promise(*x.common(), x.text("promise"), x.currency, 0, x.day, [], True)


_WHERE = "(?: bank bank=ID)?(?: reference reference=ID)?"
_FACTS: list[tuple[re.Pattern[str], Callable[[Line], Fact]]] = [
    (_pattern("customer(?:: items=ITEMS)?"), _customer),
    (_pattern("order order=IDCURRENCY(?: po po=ID)?(?P<cancelled> cancelled)?(?:: items=ITEMS)?"), _order),
    (
        _pattern(
            "(?P<stage>draft|invoice) document=ID(?: amount=AMOUNTCURRENCY)?(?: of order=ID)?(?: po po=ID)?"
            "(?: tax tax=AMOUNT)?(?: posting posting=DATE)?(?: due due=DATE)?(?:: items=ITEMS)?"
        ),
        _invoice,
    ),
    (_pattern("shipment shipment=ID of order=ID: items=ITEMS"), _shipment),
    (_pattern("delivered shipment=ID of order=ID(?: with complaint complaint=ID)?"), _delivered),
    (_pattern("credit note document=ID amount=AMOUNTCURRENCY(?: for invoice=ID)?"), _credit_note),
    (
        _pattern(
            "receipt receipt=ID amount=AMOUNTCURRENCY(?P<unidentified> unidentified)?(?: value value=DATE)?"
            f"(?: from payer=ID)?{_WHERE}(?: text text=ID)?(?: for items=ITEMS)?"
        ),
        _receipt,
    ),
    (_pattern(f"returned receipt=ID amount=AMOUNTCURRENCY(?P<unidentified> unidentified)?{_WHERE}"), _returned),
    (
        _pattern(
            "advice advice=ID amount=AMOUNTCURRENCY(?: of receipt=ID)?(?: reference reference=ID)?(?: in parts=ID parts)?: items=ITEMS"
        ),
        _advice,
    ),
    (_pattern("dispute dispute=ID on document=ID(?: amount=AMOUNTCURRENCY)?(?: as category=ID)?"), _dispute),
    (_pattern("dispute dispute=ID in review by owner=ID"), _routing),
    (_pattern("dispute dispute=ID closed: items=ITEMS"), _closing),
    (_pattern("promise promise=ID amount=AMOUNTCURRENCY by by=DATE(?: for items=ITEMS)?"), _promise),
    (_pattern("promise promise=ID cancelled"), _cancelled),
    (_pattern("relation relation=ID pays for target=ID(?: from since=DATE)?(?: until until=DATE)?"), _relation),
    (_pattern("relation relation=ID cancelled"), _relation),
    (_pattern("operator blocks reminders"), lambda x: _operator(x, "block_reminders")),
    (_pattern("operator unblocks reminders"), lambda x: _operator(x, "unblock_reminders")),
    (
        _pattern("operator applies receipt=ID to document=ID(?: amount=AMOUNTCURRENCY)?"),
        lambda x: _operator(x, "apply_cash"),
    ),
    (
        _pattern("operator unapplies receipt=ID from document=ID(?: amount=AMOUNTCURRENCY)?"),
        lambda x: _operator(x, "unapply_cash"),
    ),
    (
        _pattern("(?P<who>operator|directory) identifies receipt=ID as target=ID"),
        lambda x: _operator(x, "identify_payer"),
    ),
]
_COMMENT = re.compile(r"(^|\s);.*")
_ARRIVES = _pattern("transfer of receipt=ID arrives")
_DATED = re.compile(r"(\d{4}-\d\d-\d\d) (?:\[(\S+)\] )?(.+)")


def parse(path: Path) -> Scenario:
    """The scenario in that file. Raises WrongScenario."""
    currency, xfail = "USD", ""
    steps: list[Step] = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        bare = _COMMENT.sub("", text).rstrip()
        try:
            if not bare:
                if number == 1 and not text.startswith("; "):
                    raise ValueError("the first line says after a semicolon what the scenario shows")
            elif bare.startswith(" "):
                if not steps:
                    raise ValueError("nothing was dated above it")
                steps[-1].below.append((number, bare))
            elif steps or bare[0].isdigit():
                steps.append(_step(number, bare, currency, steps))
            elif bare.startswith("expected to fail: "):
                xfail = bare.removeprefix("expected to fail: ")
            elif bare.startswith("currency ") and bare[9:] in MINOR_DIGITS:
                currency = bare[9:]
            else:
                raise ValueError("before the first date there may be `currency CODE` or `expected to fail: why`")
        except ValueError as error:
            raise WrongScenario(f"{path}:{number}: {text.strip()}\n    {error}") from error
    if not steps:
        raise WrongScenario(f"{path}:1: has no dated line")
    return Scenario(path, currency, xfail, [_with_policy(path, step) for step in steps])


def _step(number: int, text: str, currency: str, before: list[Step]) -> Step:
    found = _matched(_DATED, text, "YYYY-MM-DD [ACCOUNT] what happens")
    day, what = day_of(found[1]), found[3]
    if before and day < before[-1].day:
        raise ValueError("is dated before the line above it")
    if what == "end of day":
        return Step(number, text, day, DayEnds(), [])
    if what == "policy":
        return Step(number, text, day, PolicyChange({}), [])
    if what == "same again":
        return Step(number, text, day, Again(), [])
    arrives = _ARRIVES.fullmatch(what)
    if arrives is not None:
        return Step(number, text, day, Arrives(arrives["receipt"]), [])
    line = Line(number, day, found[2] or ACCOUNT, currency)
    if "/" in line.account:
        line.entity, line.account = line.account.split("/", 1)
    if line.account == "suspense":
        line.account = _suspense_before(before)
    for pattern, build in _FACTS:
        matched = pattern.fullmatch(what)
        if matched is not None:
            line.found = matched.groupdict()
            line.currency = line.found.get("currency") or currency
            return Step(number, text, day, build(line), [])
    raise ValueError("is no fact of the language; tests/scenarios/README.md has them all")


def _suspense_before(steps: list[Step]) -> str:
    """The suspense account that unidentified money above went to."""
    for step in steps:
        if isinstance(step.action, Fact) and step.action.account_id.startswith(SUSPENSE_PREFIX):
            return step.action.account_id
    raise ValueError("no money went to a suspense account above it")


def _with_policy(path: Path, step: Step) -> Step:
    """A policy step with the TOML below it; nothing is expected of it."""
    if not isinstance(step.action, PolicyChange):
        return step
    text = "\n".join(line.strip() for _, line in step.below)
    try:
        return Step(step.line, step.text, step.day, PolicyChange(tomllib.loads(text)), [])
    except tomllib.TOMLDecodeError as error:
        raise WrongScenario(f"{path}:{step.line}: the policy below is not TOML: {error}") from error
