"""What a fact from outside must fulfil before it is placed. Pure; what it returns is a list of findings, never an exception.

A finding is "FIELD: what is wrong, and what it may be". Business rules are not here: a draft invoice
whose lines do not add up is a fact, and its release is held with that reason.
"""

from typing import Final

from connectors import checks_credit, checks_entries, checks_goods, checks_people
from connectors.checking import AMOUNT_MAX, DUE_AHEAD_DAYS, MESSAGE_CHANNELS, Check
from connectors.currencies import decimal_text
from schemas.records import (
    AccountOwner,
    Approval,
    CreditLimit,
    CreditNote,
    Customer,
    Dispute,
    DisputeUpdate,
    Fact,
    FxRate,
    Invoice,
    Message,
    OperatorAction,
    Order,
    PayerRelation,
    PriceAgreement,
    Promise,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    RemittanceAdvice,
    RemittanceLine,
    Return,
    ServiceCase,
    Shipment,
)

EVENT_ID_MAX: Final = 256

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
    "freight",
    "promotion",
    "unearned_discount",
    "other",
)
CHANNELS: Final = ("", "message", "portal", "short_payment", "operator")
STATUSES: Final = ("in_review", "waiting_customer", "closed")
ROOT_CAUSES: Final = ("", "customer", "own_process", "upstream_data", "carrier", "product")
DIRECTIONS: Final = ("in", "out")
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
    "unknown",
)
# Documents that come with a dispute, and instalments of a promise.
MOST_NAMED: Final = 100
DAYS_LOST_MAX: Final = 3653
CREDIT_STATUSES: Final = ("", "blocked")
CASE_STATUSES: Final = ("open", "closed")
# What the ids of headrace's own facts and wakes begin with. Those go straight into the facts log and are never checked here.
OWN_EVENT_IDS: Final = ("transfer:", "credit:", "identify:", "wake:", "clock:", "drain:", "rules:", "policy:", "rates:")


def findings(fact: Fact, wall_ms: int) -> list[str]:
    """What is wrong with the fact, at machine time `wall_ms` (UTC milliseconds); empty where nothing is."""
    check = Check(wall_ms)
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
    elif isinstance(fact, Return):
        checks_goods.goods_back(check, fact)
    elif isinstance(fact, PriceAgreement):
        checks_goods.price_agreement(check, fact)
    elif isinstance(fact, Customer):
        _customer(check, fact)
    elif isinstance(fact, RemittanceAdvice):
        _advice(check, fact)
    elif isinstance(fact, CreditNote):
        _credit_note(check, fact)
    elif isinstance(fact, ReceiptReturned):
        _returned(check, fact)
    elif isinstance(fact, PayerRelation):
        _payer_relation(check, fact)
    else:
        _talk(check, fact)
    return check.found


def _talk(check: Check, fact: Fact) -> None:
    """Disputes, promises and what operators say."""
    if isinstance(fact, Dispute):
        _dispute(check, fact)
    elif isinstance(fact, DisputeUpdate):
        _dispute_update(check, fact)
    elif isinstance(fact, Promise):
        _promise(check, fact)
    elif isinstance(fact, OperatorAction | Approval):
        checks_people.said(check, fact)
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
        checks_credit.credit_limit(check, fact)
    else:
        checks_entries.entry(check, fact)


def _header(check: Check, fact: Fact) -> None:
    check.identifier("event_id", fact.event_id, EVENT_ID_MAX)
    if fact.event_id.startswith(OWN_EVENT_IDS):
        own = fact.event_id.partition(":")[0]
        check.say(
            "event_id", f"{fact.event_id!r} begins with {own + ':'!r}, as headrace's own do; put another word first"
        )
    check.identifier("source", fact.source)
    if not isinstance(fact, FxRate):
        # A rate is for all tenants and their companies.
        check.identifier("tenant", fact.tenant)
        check.identifier("entity", fact.entity)
    check.optional_identifier("account_id", fact.account_id)
    check.text("correlation", fact.correlation)
    for field, value in (("tenant", fact.tenant), ("entity", fact.entity)):
        if "/" in value:
            check.say(field, f"{value!r} has a slash, which parts tenant, entity and account in keys")
    # A person may say who paid what stands in a suspense account; nothing else names one from outside.
    if fact.account_id.startswith("~") and fact.kind not in ("operator_action", "approval"):
        check.say(
            "account_id", f"{fact.account_id!r} is one of headrace's own accounts; leave it empty where it is unknown"
        )
    check.moment("event_time", fact.event_time)
    if fact.recorded_time != 0:
        check.moment("recorded_time", fact.recorded_time)


def _remittance_lines(check: Check, lines: list[RemittanceLine]) -> None:
    for number, line in enumerate(lines, 1):
        check.identifier(f"lines.{number}.document", line.document)
        if line.amount is not None and abs(line.amount) > AMOUNT_MAX:
            check.say(f"lines.{number}.amount", f"{line.amount:,} is over {AMOUNT_MAX:,} minor units")


def _of_bank(check: Check, fact: Receipt | ReceiptReturned) -> None:
    check.identifier("receipt_id", fact.receipt_id)
    check.identifier("bank_account", fact.bank_account)
    check.optional_identifier("bank_reference", fact.bank_reference)
    check.currency("currency", fact.currency)
    check.positive("amount", fact.amount, fact.currency)
    check.booked_day("posting_date", fact.posting_date)
    check.booked_day("value_date", fact.value_date)


def _receipt(check: Check, fact: Receipt) -> None:
    _of_bank(check, fact)
    check.text("payer_name", fact.payer_name)
    check.optional_identifier("payer_account", fact.payer_account)
    check.text("text", fact.text)
    _remittance_lines(check, fact.lines)
    checks_entries.receipt(check, fact)


def _returned(check: Check, fact: ReceiptReturned) -> None:
    _of_bank(check, fact)
    check.text("reason", fact.reason)
    if fact.from_account:
        check.say("from_account", "has to be empty: it names the account by which headrace passed a return on")


def _advice(check: Check, fact: RemittanceAdvice) -> None:
    check.identifier("advice_id", fact.advice_id)
    check.currency("currency", fact.currency)
    # Invoices and credits of an advice may come to nothing.
    check.not_negative("amount", fact.amount)
    check.optional_identifier("receipt_id", fact.receipt_id)
    check.optional_identifier("bank_reference", fact.bank_reference)
    if fact.value_date != 0:
        check.booked_day("value_date", fact.value_date)
    _remittance_lines(check, fact.lines)
    checks_entries.taken_off(check, fact.adjustments)


def _invoice(check: Check, fact: Invoice) -> None:
    checks_entries.booked(check, fact)
    check.one_of("stage", fact.stage, STAGES)
    check.due_day("due_date", fact.due_date)
    check.not_negative("tax", fact.tax, max(fact.amount, 0), fact.currency)
    check.optional_identifier("order_id", fact.order_id)
    check.optional_identifier("po_reference", fact.po_reference)
    check.optional_identifier("replaces", fact.replaces)
    if fact.replaces and fact.replaces == fact.document:
        check.say("replaces", "is its own number")
    checks_entries.terms(check, fact)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.optional_identifier(f"lines.{number}.tax_code", line.tax_code)
        check.bounded(f"lines.{number}.quantity_milli", line.quantity_milli)
        check.bounded(f"lines.{number}.unit_price_micro", line.unit_price_micro)
        check.worth(f"lines.{number}", [(line.quantity_milli, line.unit_price_micro)], fact.currency)
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


def _credit_note(check: Check, fact: CreditNote) -> None:
    checks_entries.booked(check, fact)
    check.not_negative("tax", fact.tax, max(fact.amount, 0), fact.currency)
    check.optional_identifier("invoice", fact.invoice)
    check.optional_identifier("dispute_id", fact.dispute_id)
    check.text("reason", fact.reason)


def _order(check: Check, fact: Order) -> None:
    check.identifier("order_id", fact.order_id)
    check.booked_day("order_date", fact.order_date)
    check.currency("currency", fact.currency)
    check.optional_identifier("po_reference", fact.po_reference)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.not_negative(f"lines.{number}.quantity_milli", line.quantity_milli)
        check.not_negative(f"lines.{number}.unit_price_micro", line.unit_price_micro)
    check.worth("lines", [(line.quantity_milli, line.unit_price_micro) for line in fact.lines], fact.currency)


def _shipment(check: Check, fact: Shipment) -> None:
    check.identifier("shipment_id", fact.shipment_id)
    check.identifier("order_id", fact.order_id)
    check.text("carrier", fact.carrier)
    check.booked_day("ship_date", fact.ship_date)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.not_negative(f"lines.{number}.quantity_milli", line.quantity_milli)


def _customer(check: Check, fact: Customer) -> None:
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
    check.one_of("credit_status", fact.credit_status, CREDIT_STATUSES)
    check.optional_identifier("risk_class", fact.risk_class)
    check.optional_identifier("contract", fact.contract)


def _payer_relation(check: Check, fact: PayerRelation) -> None:
    check.identifier("relation_id", fact.relation_id)
    check.identifier("pays_for", fact.pays_for)
    check.optional_identifier("pays_for_entity", fact.pays_for_entity)
    if fact.pays_for.startswith("~"):
        check.say("pays_for", f"{fact.pays_for!r} is one of headrace's own accounts")
    if "/" in fact.pays_for_entity:
        check.say(
            "pays_for_entity", f"{fact.pays_for_entity!r} has a slash, which parts tenant, entity and account in keys"
        )
    if (fact.pays_for, fact.pays_for_entity or fact.entity) == (fact.account_id, fact.entity):
        check.say("pays_for", "is the account itself")
    for field, day in (("valid_from_date", fact.valid_from_date), ("valid_until_date", fact.valid_until_date)):
        if day:
            check.due_day(field, day)


def _dispute(check: Check, fact: Dispute) -> None:
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


def _documents(check: Check, documents: list[str]) -> None:
    if len(documents) > MOST_NAMED:
        check.say("documents", f"has {len(documents):,}; at most {MOST_NAMED} are taken")
    for number, name in enumerate(documents[:MOST_NAMED], 1):
        check.identifier(f"documents.{number}", name, 500)


def _dispute_update(check: Check, fact: DisputeUpdate) -> None:
    check.identifier("dispute_id", fact.dispute_id)
    check.one_of("status", fact.status, STATUSES)
    check.optional_identifier("owner", fact.owner)
    for name in ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded"):
        check.not_negative(name, getattr(fact, name))
    check.optional_identifier("rebilled_as", fact.rebilled_as)
    check.one_of("category", fact.category, ("", *CATEGORIES))
    check.one_of("root_cause", fact.root_cause, ROOT_CAUSES)
    _documents(check, fact.documents)
    check.optional_identifier("actor", fact.actor)
    for name in ("days_customer", "days_own", "days_upstream"):
        check.not_negative(name, getattr(fact, name), DAYS_LOST_MAX)
    check.text("note", fact.note)


def _message(check: Check, fact: Message) -> None:
    check.identifier("message_id", fact.message_id)
    check.one_of("direction", fact.direction, DIRECTIONS)
    check.one_of("channel", fact.channel, MESSAGE_CHANNELS)
    check.one_of("status", fact.status, MESSAGE_STATUSES)
    check.optional_identifier("document", fact.document)
    check.optional_identifier("delivery_id", fact.delivery_id)
    check.optional_identifier("template", fact.template)
    check.text("reason", fact.reason)
    check.text("text", fact.text)


def _account_owner(check: Check, fact: AccountOwner) -> None:
    check.identifier("role", fact.role)
    check.optional_identifier("owner", fact.owner)
    if fact.valid_from_date:
        check.booked_day("valid_from_date", fact.valid_from_date)


def _promise(check: Check, fact: Promise) -> None:
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
