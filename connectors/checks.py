"""What a fact from outside must fulfil before it is placed. Pure; what it returns is a list of findings, never an exception.

A finding is "FIELD: what is wrong, and what it may be". Business rules are not here: a draft invoice
whose lines do not add up is a fact, and its release is held with that reason.
"""

from datetime import UTC, date, datetime
from typing import Final

from connectors.checks_credit import credit_limit
from connectors.currencies import MINOR_DIGITS, decimal_text
from schemas.records import (
    AccountOwner,
    CreditLimit,
    CreditNote,
    Customer,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    Message,
    OperatorAction,
    Order,
    Promise,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    RemittanceAdvice,
    RemittanceLine,
    ServiceCase,
    Shipment,
)

DAY_MS: Final = 86_400_000
# A producer's clock may run ahead of ours, and its day may have begun before ours.
FUTURE_MS: Final = DAY_MS
FIRST_DAY: Final = (date(1980, 1, 1) - date(1970, 1, 1)).days
# Books may be dated ahead within a year; terms and promises reach further, not a lifetime.
BOOKED_AHEAD_DAYS: Final = 366
DUE_AHEAD_DAYS: Final = 3653
# Ten trillion of a currency with two decimals; sums of 9,000 such amounts still fit 64 bits.
AMOUNT_MAX: Final = 10**15
ID_MAX: Final = 128
EVENT_ID_MAX: Final = 256
TEXT_MAX: Final = 10_000

STAGES: Final = ("draft", "posted")
CATEGORIES: Final = (
    "pricing",
    "shortage",
    "damage",
    "not_received",
    "duplicate",
    "tax",
    "missing_po",
    "missing_pod",
    "quality",
    "return",
    "other",
)
CHANNELS: Final = ("", "message", "portal", "short_payment", "operator")
STATUSES: Final = ("in_review", "waiting_customer", "closed")
ROOT_CAUSES: Final = ("", "customer", "own_process", "upstream_data", "carrier", "product")
DIRECTIONS: Final = ("in", "out")
MESSAGE_CHANNELS: Final = ("edi", "portal", "email", "api", "letter", "phone")
MESSAGE_STATUSES: Final = (
    "queued",
    "sent",
    "delivered",
    "viewed",
    "acknowledged",
    "rejected",
    "bounced",
    "expired",
    "received",
)
# Documents that come with a dispute, and instalments of a promise.
MOST_NAMED: Final = 100
DAYS_LOST_MAX: Final = 3653
ACTIONS: Final = (
    "identify_payer",
    "resume_account",
    "block_reminders",
    "unblock_reminders",
    "apply_cash",
    "unapply_cash",
    "request_statement",
    "close_task",
    "approve_credit",
    "reject_credit",
)
CASE_STATUSES: Final = ("open", "closed")
# These move time for a whole installation: only its operator says them, by `headrace operate`.
OPERATOR_ONLY: Final = ("allow_clock", "allow_future")
# What the ids of headrace's own facts and wakes begin with. Those go straight into the facts log and are never checked here.
OWN_EVENT_IDS: Final = ("transfer:", "credit:", "identify:", "wake:", "clock:", "drain:", "rules:", "policy:")


def findings(fact: Fact, wall_ms: int) -> list[str]:
    """What is wrong with the fact, at machine time `wall_ms` (UTC milliseconds); empty where nothing is."""
    check = _Check(wall_ms)
    _header(check, fact)
    if isinstance(fact, Receipt):
        _receipt(check, fact)
    elif isinstance(fact, Invoice):
        _invoice(check, fact)
    elif isinstance(fact, Shipment):
        _shipment(check, fact)
    elif isinstance(fact, Order):
        _order(check, fact)
    elif isinstance(fact, ProofOfDelivery):
        check.identifier("shipment_id", fact.shipment_id)
        check.identifier("order_id", fact.order_id)
        check.booked_day("delivered_date", fact.delivered_date)
        check.text("complaint", fact.complaint)
    elif isinstance(fact, Customer):
        _customer(check, fact)
    elif isinstance(fact, RemittanceAdvice):
        _advice(check, fact)
    elif isinstance(fact, CreditNote):
        _credit_note(check, fact)
    elif isinstance(fact, ReceiptReturned):
        _returned(check, fact)
    else:
        _talk(check, fact)
    return check.found


def _talk(check: "_Check", fact: Fact) -> None:
    """Disputes, promises and what operators say."""
    if isinstance(fact, Dispute):
        _dispute(check, fact)
    elif isinstance(fact, DisputeUpdate):
        _dispute_update(check, fact)
    elif isinstance(fact, Promise):
        _promise(check, fact)
    elif isinstance(fact, OperatorAction):
        _operator_action(check, fact)
    elif isinstance(fact, Message):
        _message(check, fact)
    elif isinstance(fact, ServiceCase):
        check.identifier("case_id", fact.case_id)
        check.one_of("status", fact.status, CASE_STATUSES)
        check.optional_identifier("document", fact.document)
        check.text("category", fact.category)
        check.text("note", fact.note)
    elif isinstance(fact, AccountOwner):
        _account_owner(check, fact)
    elif isinstance(fact, CreditLimit):
        credit_limit(check, fact)


class _Check:
    """Collects findings."""

    __slots__ = ("found", "last_booked_day", "last_due_day", "latest_ms")

    def __init__(self, wall_ms: int) -> None:
        self.found: list[str] = []
        self.latest_ms = wall_ms + FUTURE_MS
        today = wall_ms // DAY_MS
        self.last_booked_day = today + BOOKED_AHEAD_DAYS
        self.last_due_day = today + DUE_AHEAD_DAYS

    def say(self, field: str, detail: str) -> None:
        self.found.append(f"{field}: {detail}")

    def identifier(self, field: str, value: str, most: int = ID_MAX) -> None:
        if not value:
            self.say(field, "is empty")
        else:
            self.optional_identifier(field, value, most)

    def optional_identifier(self, field: str, value: str, most: int = ID_MAX) -> None:
        if len(value) > most:
            self.say(field, f"has {len(value):,} characters; at most {most} are taken")
        elif value and not value.isprintable():
            self.say(field, f"{value!r} has characters that do not print")

    def text(self, field: str, value: str) -> None:
        if len(value) > TEXT_MAX:
            self.say(field, f"has {len(value):,} characters; at most {TEXT_MAX:,} are taken")

    def one_of(self, field: str, value: str, allowed: tuple[str, ...]) -> None:
        if value not in allowed:
            self.say(field, f"{value!r} is not known; it may be {', '.join(repr(a) for a in allowed)}")

    def currency(self, field: str, value: str) -> None:
        if value not in MINOR_DIGITS:
            self.say(field, f"{value!r} is not an ISO 4217 currency with a minor unit, such as USD or EUR")

    def positive(self, field: str, amount: int, currency: str) -> None:
        if not 0 < amount <= AMOUNT_MAX:
            self.say(
                field, f"{decimal_text(amount, currency)} is not above zero and at most {AMOUNT_MAX:,} minor units"
            )

    def bounded(self, name: str, value: int) -> None:
        if abs(value) > AMOUNT_MAX:
            self.say(name, f"{value} is beyond {AMOUNT_MAX:,}")

    def not_negative(self, field: str, amount: int, most: int = AMOUNT_MAX) -> None:
        if not 0 <= amount <= most:
            self.say(field, f"{amount:,} is not between 0 and {most:,}")

    def booked_day(self, field: str, day: int) -> None:
        self._day(field, day, self.last_booked_day)

    def due_day(self, field: str, day: int) -> None:
        self._day(field, day, self.last_due_day)

    def _day(self, field: str, day: int, last: int) -> None:
        if not FIRST_DAY <= day <= last:
            self.say(field, f"{_day_text(day)} is not between {_day_text(FIRST_DAY)} and {_day_text(last)}")

    def moment(self, field: str, time_ms: int) -> None:
        if time_ms > self.latest_ms:
            self.say(
                field,
                f"{_time_text(time_ms)} is in the future: more than a day after the machine's time; send it again then",
            )
        elif time_ms < FIRST_DAY * DAY_MS:
            self.say(field, f"{_time_text(time_ms)} is before {_day_text(FIRST_DAY)}; it must be UTC milliseconds")


def _day_text(day: int) -> str:
    try:
        return date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()
    except (OverflowError, ValueError):
        return f"day {day:,} after 1970-01-01"


def _time_text(time_ms: int) -> str:
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{time_ms:,} ms after 1970-01-01"


def _header(check: _Check, fact: Fact) -> None:
    check.identifier("event_id", fact.event_id, EVENT_ID_MAX)
    if fact.event_id.startswith(OWN_EVENT_IDS):
        own = fact.event_id.partition(":")[0]
        check.say(
            "event_id", f"{fact.event_id!r} begins with {own + ':'!r}, as headrace's own do; put another word first"
        )
    check.identifier("source", fact.source)
    check.identifier("tenant", fact.tenant)
    check.identifier("entity", fact.entity)
    check.optional_identifier("account_id", fact.account_id)
    check.text("correlation", fact.correlation)
    for field, value in (("tenant", fact.tenant), ("entity", fact.entity)):
        if "/" in value:
            check.say(field, f"{value!r} has a slash, which parts tenant, entity and account in keys")
    # A person may say who paid what stands in a suspense account; nothing else names one from outside.
    if fact.account_id.startswith("~") and fact.kind != "operator_action":
        check.say(
            "account_id", f"{fact.account_id!r} is one of headrace's own accounts; leave it empty where it is unknown"
        )
    check.moment("event_time", fact.event_time)
    if fact.recorded_time != 0:
        check.moment("recorded_time", fact.recorded_time)


def _remittance_lines(check: _Check, lines: list[RemittanceLine]) -> None:
    for number, line in enumerate(lines, 1):
        check.identifier(f"lines.{number}.document", line.document)
        if line.amount is not None and abs(line.amount) > AMOUNT_MAX:
            check.say(f"lines.{number}.amount", f"{line.amount:,} is over {AMOUNT_MAX:,} minor units")


def _receipt(check: _Check, fact: Receipt) -> None:
    check.identifier("receipt_id", fact.receipt_id)
    check.identifier("bank_account", fact.bank_account)
    check.optional_identifier("bank_reference", fact.bank_reference)
    check.currency("currency", fact.currency)
    check.positive("amount", fact.amount, fact.currency)
    check.booked_day("posting_date", fact.posting_date)
    check.booked_day("value_date", fact.value_date)
    check.text("payer_name", fact.payer_name)
    check.optional_identifier("payer_account", fact.payer_account)
    check.text("text", fact.text)
    _remittance_lines(check, fact.lines)


def _returned(check: _Check, fact: ReceiptReturned) -> None:
    check.identifier("receipt_id", fact.receipt_id)
    check.identifier("bank_account", fact.bank_account)
    check.optional_identifier("bank_reference", fact.bank_reference)
    check.currency("currency", fact.currency)
    check.positive("amount", fact.amount, fact.currency)
    check.booked_day("posting_date", fact.posting_date)
    check.booked_day("value_date", fact.value_date)
    check.text("reason", fact.reason)
    if fact.from_account:
        check.say("from_account", "has to be empty: it names the account by which headrace passed a return on")


def _advice(check: _Check, fact: RemittanceAdvice) -> None:
    check.identifier("advice_id", fact.advice_id)
    check.currency("currency", fact.currency)
    # Invoices and credits of an advice may come to nothing.
    check.not_negative("amount", fact.amount)
    check.optional_identifier("receipt_id", fact.receipt_id)
    check.optional_identifier("bank_reference", fact.bank_reference)
    if fact.value_date != 0:
        check.booked_day("value_date", fact.value_date)
    _remittance_lines(check, fact.lines)


def _invoice(check: _Check, fact: Invoice) -> None:
    check.identifier("document", fact.document)
    check.one_of("stage", fact.stage, STAGES)
    check.booked_day("document_date", fact.document_date)
    check.booked_day("posting_date", fact.posting_date)
    check.due_day("due_date", fact.due_date)
    check.currency("currency", fact.currency)
    check.positive("amount", fact.amount, fact.currency)
    check.not_negative("tax", fact.tax, max(fact.amount, 0))
    check.optional_identifier("order_id", fact.order_id)
    check.optional_identifier("po_reference", fact.po_reference)
    check.optional_identifier("replaces", fact.replaces)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.optional_identifier(f"lines.{number}.tax_code", line.tax_code)
        check.bounded(f"lines.{number}.quantity_milli", line.quantity_milli)
        check.bounded(f"lines.{number}.unit_price_micro", line.unit_price_micro)
        check.bounded(f"lines.{number}.net", line.net)
        check.bounded(f"lines.{number}.tax", line.tax)
    # A draft that does not add up is held by the release rules with that reason; a posted one is broken.
    if fact.lines and fact.stage == "posted":
        tax = sum(line.tax for line in fact.lines)
        total = sum(line.net for line in fact.lines) + tax
        if total != fact.amount:
            said = decimal_text(fact.amount, fact.currency)
            check.say("lines", f"add up to {decimal_text(total, fact.currency)}, the invoice says {said}")
        if tax != fact.tax:
            said = decimal_text(fact.tax, fact.currency)
            check.say("lines", f"have {decimal_text(tax, fact.currency)} of tax, the invoice says {said}")


def _credit_note(check: _Check, fact: CreditNote) -> None:
    check.identifier("document", fact.document)
    check.booked_day("document_date", fact.document_date)
    check.booked_day("posting_date", fact.posting_date)
    check.currency("currency", fact.currency)
    check.positive("amount", fact.amount, fact.currency)
    check.not_negative("tax", fact.tax, max(fact.amount, 0))
    check.optional_identifier("invoice", fact.invoice)
    check.optional_identifier("dispute_id", fact.dispute_id)
    check.text("reason", fact.reason)


def _order(check: _Check, fact: Order) -> None:
    check.identifier("order_id", fact.order_id)
    check.booked_day("order_date", fact.order_date)
    check.currency("currency", fact.currency)
    check.optional_identifier("po_reference", fact.po_reference)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.not_negative(f"lines.{number}.quantity_milli", line.quantity_milli)
        check.not_negative(f"lines.{number}.unit_price_micro", line.unit_price_micro)


def _shipment(check: _Check, fact: Shipment) -> None:
    check.identifier("shipment_id", fact.shipment_id)
    check.identifier("order_id", fact.order_id)
    check.text("carrier", fact.carrier)
    check.booked_day("ship_date", fact.ship_date)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.not_negative(f"lines.{number}.quantity_milli", line.quantity_milli)


def _customer(check: _Check, fact: Customer) -> None:
    check.identifier("name", fact.name, 500)
    if fact.country and not (len(fact.country) == 2 and fact.country.isascii() and fact.country.isalpha()):
        check.say(
            "country", f"{fact.country!r} is not ISO 3166-1 alpha-2, such as US or DE; leave it empty where unknown"
        )
    check.optional_identifier("language", fact.language)
    check.optional_identifier("segment", fact.segment)
    check.optional_identifier("tier", fact.tier)
    check.currency("currency", fact.currency)
    check.not_negative("terms_days", fact.terms_days, DUE_AHEAD_DAYS)
    check.text("billing_address", fact.billing_address)
    check.optional_identifier("email", fact.email, 320)
    check.optional_identifier("credit_group", fact.credit_group)
    for number, account in enumerate(fact.bank_accounts, 1):
        check.identifier(f"bank_accounts.{number}", account)


def _dispute(check: _Check, fact: Dispute) -> None:
    check.identifier("dispute_id", fact.dispute_id)
    check.identifier("document", fact.document)
    check.currency("currency", fact.currency)
    if fact.amount is not None:
        check.positive("amount", fact.amount, fact.currency)
    # One without a category has the one that the customer's words mean.
    check.one_of("category", fact.category, ("", *CATEGORIES) if fact.reason else CATEGORIES)
    check.text("reason", fact.reason)
    check.one_of("channel", fact.channel, CHANNELS)
    _documents(check, fact.documents)
    check.optional_identifier("carrier", fact.carrier)
    check.optional_identifier("product", fact.product)
    check.not_negative("confidence_ppm", fact.confidence_ppm, 1_000_000)


def _documents(check: _Check, documents: list[str]) -> None:
    if len(documents) > MOST_NAMED:
        check.say("documents", f"has {len(documents):,}; at most {MOST_NAMED} are taken")
    for number, name in enumerate(documents[:MOST_NAMED], 1):
        check.identifier(f"documents.{number}", name, 500)


def _dispute_update(check: _Check, fact: DisputeUpdate) -> None:
    check.identifier("dispute_id", fact.dispute_id)
    check.one_of("status", fact.status, STATUSES)
    check.optional_identifier("owner", fact.owner)
    for name in ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded"):
        check.not_negative(name, getattr(fact, name))
    check.optional_identifier("rebilled_as", fact.rebilled_as)
    check.one_of("category", fact.category, ("", *CATEGORIES))
    check.one_of("root_cause", fact.root_cause, ROOT_CAUSES)
    _documents(check, fact.documents)
    for name in ("days_customer", "days_own", "days_upstream"):
        check.not_negative(name, getattr(fact, name), DAYS_LOST_MAX)
    check.text("note", fact.note)


def _message(check: _Check, fact: Message) -> None:
    check.identifier("message_id", fact.message_id)
    check.one_of("direction", fact.direction, DIRECTIONS)
    check.one_of("channel", fact.channel, MESSAGE_CHANNELS)
    check.one_of("status", fact.status, MESSAGE_STATUSES)
    check.optional_identifier("document", fact.document)
    check.optional_identifier("delivery_id", fact.delivery_id)
    check.optional_identifier("template", fact.template)
    check.text("reason", fact.reason)
    check.text("text", fact.text)


def _account_owner(check: _Check, fact: AccountOwner) -> None:
    check.identifier("role", fact.role)
    check.optional_identifier("owner", fact.owner)
    if fact.valid_from_date:
        check.booked_day("valid_from_date", fact.valid_from_date)


def _promise(check: _Check, fact: Promise) -> None:
    check.identifier("promise_id", fact.promise_id)
    check.currency("currency", fact.currency)
    if fact.cancelled:
        check.not_negative("amount", fact.amount)
    else:
        check.positive("amount", fact.amount, fact.currency)
    check.due_day("promised_date", fact.promised_date)
    for number, document in enumerate(fact.documents, 1):
        check.identifier(f"documents.{number}", document)
    if len(fact.parts) > MOST_NAMED:
        check.say("parts", f"has {len(fact.parts):,}; at most {MOST_NAMED} are taken")
    for number, part in enumerate(fact.parts[:MOST_NAMED], 1):
        check.due_day(f"parts.{number}.promised_date", part.promised_date)
        check.positive(f"parts.{number}.amount", part.amount, fact.currency)
    total = sum(part.amount for part in fact.parts)
    if fact.parts and not fact.cancelled and total != fact.amount:
        said = decimal_text(fact.amount, fact.currency)
        check.say("parts", f"add up to {decimal_text(total, fact.currency)}, the promise says {said}")


def _operator_action(check: _Check, fact: OperatorAction) -> None:
    if fact.action in OPERATOR_ONLY:
        check.say(
            "action",
            f"{fact.action} is for a whole installation: headrace operate --dir DIR {fact.action.replace('_', '-')}",
        )
    else:
        check.one_of("action", fact.action, ACTIONS)
    check.identifier("actor", fact.actor)
    check.optional_identifier("receipt_id", fact.receipt_id)
    check.optional_identifier("document", fact.document)
    check.optional_identifier("target_account", fact.target_account)
    if fact.currency:
        check.currency("currency", fact.currency)
    check.not_negative("amount", fact.amount)
    check.optional_identifier("reference_id", fact.reference_id)
    check.text("note", fact.note)
