"""Facts in words: a sentence of what one says, and below it every field that the sentence leaves out."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from headrace.amounts import grouped
from schemas.records import Fact

EPOCH: Final = date(1970, 1, 1)
# Lines of one list that are shown; an advice may have thousands.
MOST_LINES: Final = 20
# Of one text, such as a message.
MOST_CHARACTERS: Final = 400

_MONEY: Final = frozenset(
    {
        *("amount", "tax", "net", "charges", "residual", "disputed"),
        *("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded"),
    }
)
_LABELS: Final = {
    "document": "document",
    "order_id": "order",
    "shipment_id": "shipment",
    "receipt_id": "receipt",
    "dispute_id": "dispute",
    "invoice": "corrects invoice",
    "po_reference": "purchase order",
    "po_required": "wants its purchase order on invoices",
    "bank_account": "our bank account",
    "bank_reference": "bank's reference",
    "payer_account": "payer's account",
    "payer_name": "payer",
    "text": "text",
    "lines": "lines",
    "reference_id": "about",
    "terms_days": "days to pay",
    "confidence_ppm": "how sure",
    "discount_net": "discount on the net amount",
}
# Of the sender's own bookkeeping.
_SENDERS: Final = frozenset({"correlation", "digest"})


def day(days: int) -> str:
    """Days since 1970-01-01 as a date; a producer may have sent any number."""
    try:
        return (EPOCH + timedelta(days=days)).isoformat()
    except OverflowError:
        return f"day {days}"


def moment(time_ms: int) -> str:
    """UTC milliseconds as a time."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time_ms)).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError):
        return f"{time_ms} ms"


def money(minor: int, currency: str) -> str:
    """An amount with its currency; without one it is named by its smallest unit."""
    return f"{grouped(minor, currency)} {currency}" if currency else f"{minor} of the smallest unit"


def decimal(number: int, places: int) -> str:
    """A number that is kept as whole units of 10^-places, without trailing zeros."""
    whole, rest = divmod(abs(number), 10**places)
    part = f"{rest:0{places}d}".rstrip("0")
    return f"{'-' if number < 0 else ''}{whole:,}{'.' + part if part else ''}"


def cut(text: str) -> str:
    """The text on one line, not longer than a person reads."""
    flat = " ".join(text.split())
    return flat if len(flat) <= MOST_CHARACTERS else f"{flat[: MOST_CHARACTERS - 1]}…"


def title(fact: Fact, currency: str = "") -> str:
    """What a fact says in one sentence. currency: of what it is about, where the fact itself names none."""
    said = _TITLES.get(fact.kind)
    sentence = said(_Reading(fact, currency)) if said is not None else fact.kind.replace("_", " ")
    return f"{sentence[0].upper()}{sentence[1:]}"


def when(fact: Fact) -> str:
    """By whom it is said, and since when it is known (UTC)."""
    known = f"known since {moment(fact.recorded_time)}"
    happened = "" if fact.event_time == fact.recorded_time else f"of {moment(fact.event_time)}, "
    return f"{happened}{known}, said by {fact.source} as {fact.event_id}"


def details(fact: Fact, currency: str = "") -> list[str]:
    """Every other thing that the fact says, a line for each."""
    found: list[str] = []
    unit = getattr(fact, "currency", "") or currency
    said = _SAID.get(fact.kind, ())
    for name in type(fact).FIELDS:
        value = getattr(fact, name)
        if name in said or name in _SENDERS or name in Fact.FIELDS or value is None or value == "" or value == 0:
            continue
        if isinstance(value, list):
            found += _listed(name, value, unit)
        else:
            found.append(f"{_label(name)}: {_value(name, value, unit)}")
    return found


def _label(name: str) -> str:
    short = name.removesuffix("_minor").removesuffix("_ppm").removesuffix("_milli").removesuffix("_micro")
    return _LABELS.get(name, short.replace("_", " "))


def _listed(name: str, values: list[Any], unit: str) -> list[str]:
    if not values:
        return []
    if isinstance(values[0], str):
        shown = ", ".join(values[:MOST_LINES])
        return [f"{_label(name)}: {cut(shown)}{_more(values)}"]
    lines = [f"  {_line(value, unit)}" for value in values[:MOST_LINES]]
    return [f"{_label(name)}:{_more(values)}", *lines]


def _more(values: list[Any]) -> str:
    return f" (and {len(values) - MOST_LINES} more)" if len(values) > MOST_LINES else ""


def _line(value: Any, unit: str) -> str:
    """One record of a list: a document with its amount, a line of goods, an instalment."""
    parts: list[str] = []
    for name in value.FIELDS:
        part = getattr(value, name)
        if part is None or part == "" or (part == 0 and name not in ("amount", "net")):
            continue
        text = _value(name, part, unit)
        parts.append(text if name in ("document", "product", "amount", "name") else f"{_label(name)} {text}")
    return ", ".join(parts)


def _value(name: str, value: Any, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return cut(value)
    if name in _MONEY:
        return money(value, unit)
    if name.endswith("_date"):
        return day(value)
    if name in ("until", "now", "time"):
        return moment(value)
    if name.endswith("_ppm"):
        return f"{decimal(value, 4)} %"
    if name.endswith("_milli"):
        return decimal(value, 3)
    if name.endswith("_micro"):
        return f"{decimal(value, 6)} {unit}".strip()
    if name.endswith("_nano"):
        return decimal(value, 9)
    return f"{value:,}" if isinstance(value, int) else str(value)


class _Reading:
    """A fact, its fields as people write them."""

    def __init__(self, fact: Fact, currency: str) -> None:
        self.fact: Final[Any] = fact
        self._currency: Final = getattr(fact, "currency", "") or currency

    def money(self, name: str = "amount") -> str:
        return money(getattr(self.fact, name), self._currency)

    def day(self, name: str) -> str:
        return day(getattr(self.fact, name))

    def given(self, name: str, before: str, after: str = "") -> str:
        """The field between two texts; nothing where it is empty."""
        value = getattr(self.fact, name)
        return f"{before}{value}{after}" if value else ""


def _customer(r: _Reading) -> str:
    f = r.fact
    marks = [
        ("" if f.active else "not active"),
        ("" if f.billing_address else "without a billing address"),
        ("pays by direct debit" if f.direct_debit else ""),
        ("an affiliate" if f.affiliate else ""),
        ("not to be contacted" if f.contacts_blocked else ""),
        r.given("tier", "tier "),
        r.given("segment", "segment "),
        r.given("country", "country "),
    ]
    said = ", ".join(mark for mark in marks if mark)
    return f"customer {f.account_id}{r.given('name', ' (', ')')}{': ' + said if said else ''}"


def _invoice(r: _Reading) -> str:
    f = r.fact
    what = "invoice" if f.stage == "posted" else "draft invoice"
    of = r.given("order_id", " of order ")
    return f"{what} {f.document} of {r.money()}{of}, dated {r.day('document_date')}, due {r.day('due_date')}"


def _receipt(r: _Reading) -> str:
    f = r.fact
    payer = r.given("payer_name", " from ") or r.given("payer_account", " from ")
    names = f.lines
    named = f"; it names {', '.join(line.document for line in names[:MOST_LINES])}{_more(names)}" if names else ""
    return f"receipt {f.receipt_id} of {r.money()}{payer}, valued {r.day('value_date')}{named}"


def _advice(r: _Reading) -> str:
    f = r.fact
    of = r.given("receipt_id", " for receipt ") or r.given("bank_reference", " for the payment with reference ")
    documents = ", ".join(line.document for line in f.lines[:MOST_LINES])
    return f"remittance advice {f.advice_id} of {r.money()}{of}: {documents}{_more(f.lines)}"


def _dispute(r: _Reading) -> str:
    f = r.fact
    amount = "all that is open" if f.amount is None else r.money()
    why = r.given("category", " as ") + (f': "{cut(f.reason)}"' if f.reason else "")
    return f"dispute {f.dispute_id}: the customer contests {amount} of {f.document}{why}"


def _dispute_update(r: _Reading) -> str:
    f = r.fact
    names = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
    ends = [f"{name.replace('_', ' ')} {r.money(name)}" for name in names if getattr(f, name)]
    ended = f" with {', '.join(ends)}" if ends else ""
    return f"news of dispute {f.dispute_id}: {f.status.replace('_', ' ')}{ended}{r.given('owner', ', owner ')}"


def _promise(r: _Reading) -> str:
    f = r.fact
    if f.cancelled:
        return f"promise {f.promise_id} is taken back"
    of = f" for {', '.join(f.documents[:MOST_LINES])}" if f.documents else " for the account"
    return f"promise {f.promise_id}: {r.money()} by {r.day('promised_date')}{of}"


def _lines(number: int) -> str:
    return "1 line" if number == 1 else f"{number:,} lines"


def _proof(r: _Reading) -> str:
    f = r.fact
    complaint = f', with the complaint "{cut(f.complaint)}"' if f.complaint else ""
    return f"proof of delivery: shipment {f.shipment_id} of order {f.order_id} arrived {r.day('delivered_date')}{complaint}"


# Of a message of ours that did not arrive, or of which nobody knows. What our sinks could not send is told as bounced.
_LEFT: Final = {
    **dict.fromkeys(("failed", "bounced"), "did not get through"),
    "expired": "was not sent",
    "unknown": "may have gone out",
}


def _message(r: _Reading) -> str:
    f = r.fact
    way = "came in" if f.direction == "in" else _LEFT.get(f.status, "went out")
    said = f': "{cut(f.text)}"' if f.text else ""
    return f"message {f.message_id} {way}{r.given('document', ' about ')}{said}"


def _case(r: _Reading) -> str:
    f = r.fact
    return f"service case {f.case_id} {r.given('document', 'about ') or 'about the account'}: {f.status}"


_ACTIONS: Final[dict[str, Callable[[_Reading], str]]] = {
    "identify_payer": lambda r: f"receipt {r.fact.receipt_id} is {r.fact.target_account}'s",
    "resume_account": lambda r: f"account {r.fact.account_id} goes on",
    "allow_clock": lambda r: f"the clock may jump up to {moment(r.fact.until)}",
    "allow_future": lambda r: f"facts may lie ahead up to {moment(r.fact.until)}",
    "block_reminders": lambda r: f"account {r.fact.account_id} gets no reminders",
    "unblock_reminders": lambda r: f"account {r.fact.account_id} gets reminders again",
    "apply_cash": lambda r: f"{_part(r)}receipt {r.fact.receipt_id} to be applied to {r.fact.document}",
    "unapply_cash": lambda r: f"{_part(r)}receipt {r.fact.receipt_id} to be taken off {r.fact.document}",
    "request_statement": lambda r: f"account {r.fact.account_id} gets a statement",
    "close_task": lambda r: f"task {r.fact.reference_id} is done",
}


def _part(r: _Reading) -> str:
    return f"{r.money()} of " if r.fact.amount else ""


def _action(r: _Reading) -> str:
    said = _ACTIONS.get(r.fact.action)
    what = said(r) if said is not None else r.fact.action.replace("_", " ")
    note = f' ("{cut(r.fact.note)}")' if r.fact.note else ""
    return f"said by {r.fact.actor or 'somebody'}: {what}{note}"


def _transferred(r: _Reading) -> str:
    f = r.fact
    way = "refused, back from" if f.returned else "sent on by"
    return f"receipt {f.receipt_id}: {r.money()} {way} {f.from_account}"


_TITLES: Final[dict[str, Callable[[_Reading], str]]] = {
    "customer": _customer,
    "order": lambda r: (
        f"order {r.fact.order_id} of {r.day('order_date')} in {r.fact.currency}"
        + ("; it is cancelled" if r.fact.cancelled else f", {_lines(len(r.fact.lines))}")
    ),
    "shipment": lambda r: (
        f"shipment {r.fact.shipment_id} of order {r.fact.order_id} left {r.day('ship_date')}"
        f"{r.given('carrier', ' with ')}"
    ),
    "proof_of_delivery": _proof,
    "return": lambda r: f"return {r.fact.return_id} of order {r.fact.order_id} on {r.day('return_date')}",
    "invoice": _invoice,
    "debit_note": lambda r: f"debit note {r.fact.document} of {r.money()}, due {r.day('due_date')}",
    "credit_note": lambda r: f"credit note {r.fact.document} of {r.money()}{r.given('invoice', ' for ')}",
    "opening_item": lambda r: f"{r.fact.document} was open with {r.money('residual')} at the cut-over",
    "receipt": _receipt,
    "receipt_returned": lambda r: f"{r.money()} of receipt {r.fact.receipt_id} went back, valued {r.day('value_date')}",
    "remittance_advice": _advice,
    "refund": lambda r: f"refund {r.fact.refund_id} of {r.money()}",
    "dispute": _dispute,
    "dispute_update": _dispute_update,
    "promise": _promise,
    "message": _message,
    "service_case": _case,
    "account_owner": lambda r: f"{r.fact.owner} is {r.fact.role} of the account from {r.day('valid_from_date')} on",
    "approval": lambda r: f"{r.fact.actor} says of {r.fact.approval_id}: {r.fact.decision}",
    "operator_action": _action,
    "credit_limit": lambda r: f"credit limit {r.fact.limit_id} of {r.money()}",
    "price_agreement": lambda r: f"price agreement {r.fact.agreement_id} for {r.fact.product}",
    "payer_relation": lambda r: f"{r.fact.account_id} pays for {r.fact.pays_for}",
    "fx_rate": lambda r: (
        f"rate of {day(r.fact.rate_date)}: 1 {r.fact.base_currency} is {decimal(r.fact.rate_nano, 9)} {r.fact.quote_currency}"
    ),
    "period_close": lambda r: f"the first open day of the books is {r.day('first_open_date')}",
    "erp_posting": lambda r: f"the ERP says of {r.fact.document or r.fact.receipt_id}: {r.fact.status}",
    "cash_transferred": _transferred,
    "policy": lambda r: f"policy version {r.fact.version}",
    "rules": lambda r: f"rules version {r.fact.version}",
    "clock": lambda r: f"the clock: it is {moment(r.fact.now)} UTC",
    "drain": lambda r: "the shard works off accounts that are due",
}
# What the sentence says already.
_SAID: Final[dict[str, tuple[str, ...]]] = {
    "customer": ("active", "name", "tier", "segment", "country", "direct_debit", "affiliate", "contacts_blocked"),
    "order": ("order_id", "order_date", "currency", "cancelled"),
    "shipment": ("shipment_id", "order_id", "ship_date", "carrier"),
    "proof_of_delivery": ("shipment_id", "order_id", "delivered_date", "complaint"),
    "invoice": ("document", "stage", "amount", "currency", "order_id", "document_date", "due_date"),
    "debit_note": ("document", "amount", "currency", "due_date"),
    "credit_note": ("document", "amount", "currency", "invoice"),
    "receipt": ("receipt_id", "amount", "currency", "value_date"),
    "receipt_returned": ("receipt_id", "amount", "currency", "value_date"),
    "remittance_advice": ("advice_id", "amount", "currency", "receipt_id"),
    "dispute": ("dispute_id", "amount", "currency", "document", "category", "reason"),
    "dispute_update": (
        *("dispute_id", "status", "owner", "credited", "rejected", "written_off"),
        *("goodwill", "recovered", "rebilled", "refunded"),
    ),
    "promise": ("promise_id", "amount", "currency", "promised_date", "documents", "cancelled"),
    "message": ("message_id", "direction", "document", "text"),
    "service_case": ("case_id", "document", "status"),
    "account_owner": ("role", "owner", "valid_from_date"),
    "operator_action": (
        "action",
        "actor",
        "note",
        "receipt_id",
        "document",
        "target_account",
        "amount",
        "currency",
        "until",
    ),
    "cash_transferred": ("receipt_id", "amount", "currency", "returned", "from_account"),
    "clock": ("now",),
    "policy": ("version", "text"),
    "rules": ("version",),
    "drain": ("limit",),
    "fx_rate": ("base_currency", "quote_currency", "rate_nano", "rate_date"),
    "period_close": ("first_open_date",),
}
