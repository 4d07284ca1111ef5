"""Made by schemas/generate.py from schemas/avro; do not edit."""

from typing import ClassVar, Final

from librt.strings import BytesWriter
from mypy_extensions import i64, u8

from schemas.wire import Reader, Unreadable, put_boolean, put_long, put_optional_long, put_raw, put_text, put_texts


class Fact:
    """What every fact has.

    kind: Name of its schema.
    event_id: The producer's id of this event; unique; the same id has one effect.
    recorded_time: When the producer or headrace learned it, UTC milliseconds.
    correlation: Trace context of the producer, or empty.
    source: The system that says so, such as wms-east or bank-usd-1.
    tenant: The tenant whose books these are.
    entity: The company of the tenant.
    account_id: The payer's account; empty where the source does not know it (receipts) or where the fact is for a whole shard (clock, policy, rules, drain).
    event_time: When it happened, UTC milliseconds.
    """

    __slots__ = ("kind", "event_id", "recorded_time", "correlation", "source", "tenant", "entity", "account_id", "event_time")
    FIELDS: ClassVar[tuple[str, ...]] = ("kind", "event_id", "recorded_time", "correlation", "source", "tenant", "entity", "account_id", "event_time")

    def __init__(
        self,
        kind: str,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
    ) -> None:
        self.kind: Final = kind
        self.event_id: Final = event_id
        self.recorded_time: Final = recorded_time
        self.correlation: Final = correlation
        self.source: Final = source
        self.tenant: Final = tenant
        self.entity: Final = entity
        self.account_id: Final = account_id
        self.event_time: Final = event_time


class Decision:
    """One conclusion. Its balances are those of its account and currency right after it.

    shard: The shard.
    sequence: Number of this decision in its shard, from 0, without holes.
    fact_offset: Offset of the fact that was being processed.
    index: Place among the decisions of that fact, from 0.
    count: How many decisions that fact has.
    kind: What was concluded: a word of REFERENCE section 2.
    rules_version: Version of the rules.
    policy_version: Version of the policy; 0 is the built-in one.
    rule: The rule and step that concluded it.
    origin: live, or history for imports and replays: never sent to anyone.
    tenant: Tenant.
    entity: Entity.
    account_id: Account.
    cause_kind: Kind of the fact that caused it; wake where time did.
    cause_id: event_id of that fact.
    event_time: Event time of the cause, UTC milliseconds.
    recorded_time: When headrace's log learned the cause, UTC milliseconds.
    currency: ISO 4217, or empty.
    amount: Minor units that this decision moves or is about.
    document: Item, or empty.
    item_kind: invoice or credit_note, or empty.
    receipt_id: Receipt, or empty.
    reference_id: Dispute, promise, advice, shipment, transfer or exception that it is about, or empty.
    counterparty: The other account, or the credit note's invoice, or empty.
    posting_date: Days since 1970-01-01; 0 where it posts nothing.
    value_date: Days since 1970-01-01 or 0.
    due_date: Days since 1970-01-01 or 0.
    document_date: Days since 1970-01-01 or 0.
    level: Dunning level after it.
    reasons: Why, in words a rule defines: name or name:detail.
    candidates: Documents or accounts it could have been.
    text: Category, note or evidence, or empty.
    item_amount: Original amount of the item.
    item_open: Open amount of the item after it.
    item_disputed: Disputed amount of the item after it.
    receipt_unapplied: Unapplied amount of the receipt after it.
    open_debit: Open debits of the account in this currency after it.
    open_credit: Open credits after it.
    unapplied: Unapplied cash after it; unidentified where the account is a suspense account.
    on_account: Cash left on account after it.
    evidence: What it rests on, as name:value.
    excluded: Alternatives that were looked at and do not hold, with why.
    policy_line: The part of the policy that applied; empty is its base.
    owner: Who is to act, or empty.
    category: Of a dispute, deduction, task or exception, or empty.
    channel: How it is to be sent, or empty.
    template: The approved template, or empty.
    language: BCP 47, or empty.
    deadline: Until when, UTC milliseconds; 0 is without.
    other_currency: The receipt's currency where it is another one than the item's, or empty.
    other_amount: Minor units of that currency.
    tax: Tax in the amount, minor units.
    score: Of a task: what orders the worklist.
    """

    __slots__ = ("shard", "sequence", "fact_offset", "index", "count", "kind", "rules_version", "policy_version", "rule", "origin", "tenant", "entity", "account_id", "cause_kind", "cause_id", "event_time", "recorded_time", "currency", "amount", "document", "item_kind", "receipt_id", "reference_id", "counterparty", "posting_date", "value_date", "due_date", "document_date", "level", "reasons", "candidates", "text", "item_amount", "item_open", "item_disputed", "receipt_unapplied", "open_debit", "open_credit", "unapplied", "on_account", "evidence", "excluded", "policy_line", "owner", "category", "channel", "template", "language", "deadline", "other_currency", "other_amount", "tax", "score", )
    FIELDS: ClassVar[tuple[str, ...]] = ("shard", "sequence", "fact_offset", "index", "count", "kind", "rules_version", "policy_version", "rule", "origin", "tenant", "entity", "account_id", "cause_kind", "cause_id", "event_time", "recorded_time", "currency", "amount", "document", "item_kind", "receipt_id", "reference_id", "counterparty", "posting_date", "value_date", "due_date", "document_date", "level", "reasons", "candidates", "text", "item_amount", "item_open", "item_disputed", "receipt_unapplied", "open_debit", "open_credit", "unapplied", "on_account", "evidence", "excluded", "policy_line", "owner", "category", "channel", "template", "language", "deadline", "other_currency", "other_amount", "tax", "score", )

    def __init__(
        self,
        shard: int = 0,
        sequence: int = 0,
        fact_offset: int = 0,
        index: int = 0,
        count: int = 0,
        kind: str = '',
        rules_version: str = '',
        policy_version: int = 0,
        rule: str = '',
        origin: str = '',
        tenant: str = '',
        entity: str = '',
        account_id: str = '',
        cause_kind: str = '',
        cause_id: str = '',
        event_time: int = 0,
        recorded_time: int = 0,
        currency: str = '',
        amount: int = 0,
        document: str = '',
        item_kind: str = '',
        receipt_id: str = '',
        reference_id: str = '',
        counterparty: str = '',
        posting_date: int = 0,
        value_date: int = 0,
        due_date: int = 0,
        document_date: int = 0,
        level: int = 0,
        reasons: list[str] | None = None,
        candidates: list[str] | None = None,
        text: str = '',
        item_amount: int = 0,
        item_open: int = 0,
        item_disputed: int = 0,
        receipt_unapplied: int = 0,
        open_debit: int = 0,
        open_credit: int = 0,
        unapplied: int = 0,
        on_account: int = 0,
        evidence: list[str] | None = None,
        excluded: list[str] | None = None,
        policy_line: str = '',
        owner: str = '',
        category: str = '',
        channel: str = '',
        template: str = '',
        language: str = '',
        deadline: int = 0,
        other_currency: str = '',
        other_amount: int = 0,
        tax: int = 0,
        score: int = 0,
    ) -> None:
        self.shard = shard
        self.sequence = sequence
        self.fact_offset = fact_offset
        self.index = index
        self.count = count
        self.kind = kind
        self.rules_version = rules_version
        self.policy_version = policy_version
        self.rule = rule
        self.origin = origin
        self.tenant = tenant
        self.entity = entity
        self.account_id = account_id
        self.cause_kind = cause_kind
        self.cause_id = cause_id
        self.event_time = event_time
        self.recorded_time = recorded_time
        self.currency = currency
        self.amount = amount
        self.document = document
        self.item_kind = item_kind
        self.receipt_id = receipt_id
        self.reference_id = reference_id
        self.counterparty = counterparty
        self.posting_date = posting_date
        self.value_date = value_date
        self.due_date = due_date
        self.document_date = document_date
        self.level = level
        self.reasons: list[str] = reasons if reasons is not None else []
        self.candidates: list[str] = candidates if candidates is not None else []
        self.text = text
        self.item_amount = item_amount
        self.item_open = item_open
        self.item_disputed = item_disputed
        self.receipt_unapplied = receipt_unapplied
        self.open_debit = open_debit
        self.open_credit = open_credit
        self.unapplied = unapplied
        self.on_account = on_account
        self.evidence: list[str] = evidence if evidence is not None else []
        self.excluded: list[str] = excluded if excluded is not None else []
        self.policy_line = policy_line
        self.owner = owner
        self.category = category
        self.channel = channel
        self.template = template
        self.language = language
        self.deadline = deadline
        self.other_currency = other_currency
        self.other_amount = other_amount
        self.tax = tax
        self.score = score


def read_decision(r: Reader) -> Decision:
    return Decision(
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.texts(),
        r.texts(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.texts(),
        r.texts(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_decision(out: BytesWriter, x: Decision) -> None:
    put_long(out, x.shard)
    put_long(out, x.sequence)
    put_long(out, x.fact_offset)
    put_long(out, x.index)
    put_long(out, x.count)
    put_text(out, x.kind)
    put_text(out, x.rules_version)
    put_long(out, x.policy_version)
    put_text(out, x.rule)
    put_text(out, x.origin)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_text(out, x.cause_kind)
    put_text(out, x.cause_id)
    put_long(out, x.event_time)
    put_long(out, x.recorded_time)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_text(out, x.document)
    put_text(out, x.item_kind)
    put_text(out, x.receipt_id)
    put_text(out, x.reference_id)
    put_text(out, x.counterparty)
    put_long(out, x.posting_date)
    put_long(out, x.value_date)
    put_long(out, x.due_date)
    put_long(out, x.document_date)
    put_long(out, x.level)
    put_texts(out, x.reasons)
    put_texts(out, x.candidates)
    put_text(out, x.text)
    put_long(out, x.item_amount)
    put_long(out, x.item_open)
    put_long(out, x.item_disputed)
    put_long(out, x.receipt_unapplied)
    put_long(out, x.open_debit)
    put_long(out, x.open_credit)
    put_long(out, x.unapplied)
    put_long(out, x.on_account)
    put_texts(out, x.evidence)
    put_texts(out, x.excluded)
    put_text(out, x.policy_line)
    put_text(out, x.owner)
    put_text(out, x.category)
    put_text(out, x.channel)
    put_text(out, x.template)
    put_text(out, x.language)
    put_long(out, x.deadline)
    put_text(out, x.other_currency)
    put_long(out, x.other_amount)
    put_long(out, x.tax)
    put_long(out, x.score)


class RemittanceLine:
    """One line of what a payer says the money is for.

    document: The document number as the payer wrote it.
    amount: Minor units meant for it; null where the payer did not say.
    """

    __slots__ = ("document", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "amount", )

    def __init__(
        self,
        document: str,
        amount: int | None,
    ) -> None:
        self.document: Final = document
        self.amount: Final = amount


def read_remittance_line(r: Reader) -> RemittanceLine:
    return RemittanceLine(
        r.text(),
        r.optional_long(),
    )


def put_remittance_line(out: BytesWriter, x: RemittanceLine) -> None:
    put_text(out, x.document)
    put_optional_long(out, x.amount)


def _read_remittance_lines(r: Reader) -> list[RemittanceLine]:
    items: list[RemittanceLine] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_remittance_line(r))
        count = r.block(len(items))
    return items


def _put_remittance_lines(out: BytesWriter, items: list[RemittanceLine]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_remittance_line(out, item)
    out.append(u8(0))


class Adjustment:
    """What the payer says it took off.

    document: The item; empty is the whole payment.
    reason_code: As sent: discount, X12 426, the payer's own, or empty.
    amount: Minor units taken off; below zero added.
    """

    __slots__ = ("document", "reason_code", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "reason_code", "amount", )

    def __init__(
        self,
        document: str,
        reason_code: str,
        amount: int,
    ) -> None:
        self.document: Final = document
        self.reason_code: Final = reason_code
        self.amount: Final = amount


def read_adjustment(r: Reader) -> Adjustment:
    return Adjustment(
        r.text(),
        r.text(),
        r.long(),
    )


def put_adjustment(out: BytesWriter, x: Adjustment) -> None:
    put_text(out, x.document)
    put_text(out, x.reason_code)
    put_long(out, x.amount)


def _read_adjustments(r: Reader) -> list[Adjustment]:
    items: list[Adjustment] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_adjustment(r))
        count = r.block(len(items))
    return items


def _put_adjustments(out: BytesWriter, items: list[Adjustment]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_adjustment(out, item)
    out.append(u8(0))


class Receipt(Fact):
    """One booked credit on a bank account.

    receipt_id: The bank's or our id of the booked credit; unique for the bank account.
    bank_account: Our bank account.
    bank_reference: The bank's reference of the entry.
    currency: ISO 4217.
    amount: Minor units, above zero.
    posting_date: Days since 1970-01-01.
    value_date: Days since 1970-01-01.
    payer_name: As the bank sent it.
    payer_account: IBAN or other account of the payer, or empty.
    text: Unstructured remittance text.
    lines: Structured references.
    adjustments: What the payer says it took off.
    charges: Bank charges that were taken from it, minor units.
    method: transfer, cheque, direct_debit, card, cash or lockbox, or empty.
    cheque: Number of the cheque, or empty.
    order_id: The order it pays in advance, or empty.
    """

    __slots__ = ("receipt_id", "bank_account", "bank_reference", "currency", "amount", "posting_date", "value_date", "payer_name", "payer_account", "text", "lines", "adjustments", "charges", "method", "cheque", "order_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("receipt_id", "bank_account", "bank_reference", "currency", "amount", "posting_date", "value_date", "payer_name", "payer_account", "text", "lines", "adjustments", "charges", "method", "cheque", "order_id", )
    KIND: ClassVar[str] = "receipt"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        receipt_id: str,
        bank_account: str,
        bank_reference: str,
        currency: str,
        amount: int,
        posting_date: int,
        value_date: int,
        payer_name: str,
        payer_account: str,
        text: str,
        lines: list[RemittanceLine],
        adjustments: list[Adjustment] | None = None,
        charges: int = 0,
        method: str = '',
        cheque: str = '',
        order_id: str = '',
    ) -> None:
        super().__init__("receipt", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.receipt_id: Final = receipt_id
        self.bank_account: Final = bank_account
        self.bank_reference: Final = bank_reference
        self.currency: Final = currency
        self.amount: Final = amount
        self.posting_date: Final = posting_date
        self.value_date: Final = value_date
        self.payer_name: Final = payer_name
        self.payer_account: Final = payer_account
        self.text: Final = text
        self.lines: Final = lines
        self.adjustments: Final[list[Adjustment]] = adjustments if adjustments is not None else []
        self.charges: Final = charges
        self.method: Final = method
        self.cheque: Final = cheque
        self.order_id: Final = order_id


def read_receipt(r: Reader) -> Receipt:
    return Receipt(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        _read_remittance_lines(r),
        _read_adjustments(r),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_receipt(out: BytesWriter, x: Receipt) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.receipt_id)
    put_text(out, x.bank_account)
    put_text(out, x.bank_reference)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.posting_date)
    put_long(out, x.value_date)
    put_text(out, x.payer_name)
    put_text(out, x.payer_account)
    put_text(out, x.text)
    _put_remittance_lines(out, x.lines)
    _put_adjustments(out, x.adjustments)
    put_long(out, x.charges)
    put_text(out, x.method)
    put_text(out, x.cheque)
    put_text(out, x.order_id)


class InvoiceLine:
    """One line of an invoice.

    line: Line number.
    order_line: Line of the order, or 0.
    product: Product number.
    quantity_milli: Thousandths of a unit.
    unit_price_micro: Price of one unit in millionths of the major unit.
    net: Minor units without tax.
    tax: Minor units of tax.
    tax_code: Tax code.
    """

    __slots__ = ("line", "order_line", "product", "quantity_milli", "unit_price_micro", "net", "tax", "tax_code", )
    FIELDS: ClassVar[tuple[str, ...]] = ("line", "order_line", "product", "quantity_milli", "unit_price_micro", "net", "tax", "tax_code", )

    def __init__(
        self,
        line: int,
        order_line: int,
        product: str,
        quantity_milli: int,
        unit_price_micro: int,
        net: int,
        tax: int,
        tax_code: str,
    ) -> None:
        self.line: Final = line
        self.order_line: Final = order_line
        self.product: Final = product
        self.quantity_milli: Final = quantity_milli
        self.unit_price_micro: Final = unit_price_micro
        self.net: Final = net
        self.tax: Final = tax
        self.tax_code: Final = tax_code


def read_invoice_line(r: Reader) -> InvoiceLine:
    return InvoiceLine(
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
    )


def put_invoice_line(out: BytesWriter, x: InvoiceLine) -> None:
    put_long(out, x.line)
    put_long(out, x.order_line)
    put_text(out, x.product)
    put_long(out, x.quantity_milli)
    put_long(out, x.unit_price_micro)
    put_long(out, x.net)
    put_long(out, x.tax)
    put_text(out, x.tax_code)


def _read_invoice_lines(r: Reader) -> list[InvoiceLine]:
    items: list[InvoiceLine] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_invoice_line(r))
        count = r.block(len(items))
    return items


def _put_invoice_lines(out: BytesWriter, items: list[InvoiceLine]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_invoice_line(out, item)
    out.append(u8(0))


class DiscountTier:
    """A discount for early payment.

    days: Days after the base date by which the money has to be valued.
    rate_ppm: Millionths of the base.
    """

    __slots__ = ("days", "rate_ppm", )
    FIELDS: ClassVar[tuple[str, ...]] = ("days", "rate_ppm", )

    def __init__(
        self,
        days: int,
        rate_ppm: int,
    ) -> None:
        self.days: Final = days
        self.rate_ppm: Final = rate_ppm


def read_discount_tier(r: Reader) -> DiscountTier:
    return DiscountTier(
        r.long(),
        r.long(),
    )


def put_discount_tier(out: BytesWriter, x: DiscountTier) -> None:
    put_long(out, x.days)
    put_long(out, x.rate_ppm)


def _read_discount_tiers(r: Reader) -> list[DiscountTier]:
    items: list[DiscountTier] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_discount_tier(r))
        count = r.block(len(items))
    return items


def _put_discount_tiers(out: BytesWriter, items: list[DiscountTier]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_discount_tier(out, item)
    out.append(u8(0))


class Instalment:
    """A part of an invoice with a due date of its own.

    due_date: Days since 1970-01-01.
    amount: Minor units.
    """

    __slots__ = ("due_date", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("due_date", "amount", )

    def __init__(
        self,
        due_date: int,
        amount: int,
    ) -> None:
        self.due_date: Final = due_date
        self.amount: Final = amount


def read_instalment(r: Reader) -> Instalment:
    return Instalment(
        r.long(),
        r.long(),
    )


def put_instalment(out: BytesWriter, x: Instalment) -> None:
    put_long(out, x.due_date)
    put_long(out, x.amount)


def _read_instalments(r: Reader) -> list[Instalment]:
    items: list[Instalment] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_instalment(r))
        count = r.block(len(items))
    return items


def _put_instalments(out: BytesWriter, items: list[Instalment]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_instalment(out, item)
    out.append(u8(0))


class Invoice(Fact):
    """An invoice: a draft that waits for release, or one the ERP has posted.

    document: The invoice number.
    stage: draft or posted.
    document_date: Days since 1970-01-01.
    posting_date: Days since 1970-01-01.
    due_date: Days since 1970-01-01.
    currency: ISO 4217.
    amount: Gross amount in minor units, above zero.
    tax: Tax in it, minor units.
    order_id: The order it bills, or empty.
    po_reference: The customer's purchase-order number, or empty.
    replaces: Document that this one replaces, or empty.
    lines: Lines; their sums must agree with amount and tax where there are any.
    discounts: Discount tiers, earliest first.
    discount_base_date: Days since 1970-01-01; 0 is the document date.
    discount_net: The discount is of the net amount, else of the gross.
    instalments: Parts with due dates of their own; their sum is the amount.
    jurisdiction: Whose tax law holds, such as US-CA or DE.
    ship_to: Where the goods went, or empty.
    sold_to: Who ordered, or empty.
    contract: The contract, or empty.
    consolidated: The consolidated invoice it is part of, or empty.
    carrier: Who carried the goods, or empty.
    """

    __slots__ = ("document", "stage", "document_date", "posting_date", "due_date", "currency", "amount", "tax", "order_id", "po_reference", "replaces", "lines", "discounts", "discount_base_date", "discount_net", "instalments", "jurisdiction", "ship_to", "sold_to", "contract", "consolidated", "carrier", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "stage", "document_date", "posting_date", "due_date", "currency", "amount", "tax", "order_id", "po_reference", "replaces", "lines", "discounts", "discount_base_date", "discount_net", "instalments", "jurisdiction", "ship_to", "sold_to", "contract", "consolidated", "carrier", )
    KIND: ClassVar[str] = "invoice"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        document: str,
        stage: str,
        document_date: int,
        posting_date: int,
        due_date: int,
        currency: str,
        amount: int,
        tax: int,
        order_id: str,
        po_reference: str,
        replaces: str,
        lines: list[InvoiceLine],
        discounts: list[DiscountTier] | None = None,
        discount_base_date: int = 0,
        discount_net: bool = False,
        instalments: list[Instalment] | None = None,
        jurisdiction: str = '',
        ship_to: str = '',
        sold_to: str = '',
        contract: str = '',
        consolidated: str = '',
        carrier: str = '',
    ) -> None:
        super().__init__("invoice", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.document: Final = document
        self.stage: Final = stage
        self.document_date: Final = document_date
        self.posting_date: Final = posting_date
        self.due_date: Final = due_date
        self.currency: Final = currency
        self.amount: Final = amount
        self.tax: Final = tax
        self.order_id: Final = order_id
        self.po_reference: Final = po_reference
        self.replaces: Final = replaces
        self.lines: Final = lines
        self.discounts: Final[list[DiscountTier]] = discounts if discounts is not None else []
        self.discount_base_date: Final = discount_base_date
        self.discount_net: Final = discount_net
        self.instalments: Final[list[Instalment]] = instalments if instalments is not None else []
        self.jurisdiction: Final = jurisdiction
        self.ship_to: Final = ship_to
        self.sold_to: Final = sold_to
        self.contract: Final = contract
        self.consolidated: Final = consolidated
        self.carrier: Final = carrier


def read_invoice(r: Reader) -> Invoice:
    return Invoice(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        _read_invoice_lines(r),
        _read_discount_tiers(r),
        r.long(),
        r.boolean(),
        _read_instalments(r),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_invoice(out: BytesWriter, x: Invoice) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.document)
    put_text(out, x.stage)
    put_long(out, x.document_date)
    put_long(out, x.posting_date)
    put_long(out, x.due_date)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.tax)
    put_text(out, x.order_id)
    put_text(out, x.po_reference)
    put_text(out, x.replaces)
    _put_invoice_lines(out, x.lines)
    _put_discount_tiers(out, x.discounts)
    put_long(out, x.discount_base_date)
    put_boolean(out, x.discount_net)
    _put_instalments(out, x.instalments)
    put_text(out, x.jurisdiction)
    put_text(out, x.ship_to)
    put_text(out, x.sold_to)
    put_text(out, x.contract)
    put_text(out, x.consolidated)
    put_text(out, x.carrier)


class ShipmentLine:
    """What of an order line went out.

    order_line: Line of the order.
    product: Product number.
    quantity_milli: Thousandths of a unit.
    """

    __slots__ = ("order_line", "product", "quantity_milli", )
    FIELDS: ClassVar[tuple[str, ...]] = ("order_line", "product", "quantity_milli", )

    def __init__(
        self,
        order_line: int,
        product: str,
        quantity_milli: int,
    ) -> None:
        self.order_line: Final = order_line
        self.product: Final = product
        self.quantity_milli: Final = quantity_milli


def read_shipment_line(r: Reader) -> ShipmentLine:
    return ShipmentLine(
        r.long(),
        r.text(),
        r.long(),
    )


def put_shipment_line(out: BytesWriter, x: ShipmentLine) -> None:
    put_long(out, x.order_line)
    put_text(out, x.product)
    put_long(out, x.quantity_milli)


def _read_shipment_lines(r: Reader) -> list[ShipmentLine]:
    items: list[ShipmentLine] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_shipment_line(r))
        count = r.block(len(items))
    return items


def _put_shipment_lines(out: BytesWriter, items: list[ShipmentLine]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_shipment_line(out, item)
    out.append(u8(0))


class Shipment(Fact):
    """Goods that left a warehouse for one order.

    shipment_id: The shipment number.
    order_id: The order it serves.
    carrier: Who carries it.
    ship_date: Days since 1970-01-01.
    lines: What was shipped.
    """

    __slots__ = ("shipment_id", "order_id", "carrier", "ship_date", "lines", )
    FIELDS: ClassVar[tuple[str, ...]] = ("shipment_id", "order_id", "carrier", "ship_date", "lines", )
    KIND: ClassVar[str] = "shipment"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        shipment_id: str,
        order_id: str,
        carrier: str,
        ship_date: int,
        lines: list[ShipmentLine],
    ) -> None:
        super().__init__("shipment", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.shipment_id: Final = shipment_id
        self.order_id: Final = order_id
        self.carrier: Final = carrier
        self.ship_date: Final = ship_date
        self.lines: Final = lines


def read_shipment(r: Reader) -> Shipment:
    return Shipment(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        _read_shipment_lines(r),
    )


def put_shipment(out: BytesWriter, x: Shipment) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.shipment_id)
    put_text(out, x.order_id)
    put_text(out, x.carrier)
    put_long(out, x.ship_date)
    _put_shipment_lines(out, x.lines)


class ProofOfDelivery(Fact):
    """The carrier's word that a shipment arrived.

    shipment_id: The shipment.
    order_id: Its order.
    delivered_date: Days since 1970-01-01.
    complaint: What the customer complained of at the door, or empty.
    """

    __slots__ = ("shipment_id", "order_id", "delivered_date", "complaint", )
    FIELDS: ClassVar[tuple[str, ...]] = ("shipment_id", "order_id", "delivered_date", "complaint", )
    KIND: ClassVar[str] = "proof_of_delivery"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        shipment_id: str,
        order_id: str,
        delivered_date: int,
        complaint: str,
    ) -> None:
        super().__init__("proof_of_delivery", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.shipment_id: Final = shipment_id
        self.order_id: Final = order_id
        self.delivered_date: Final = delivered_date
        self.complaint: Final = complaint


def read_proof_of_delivery(r: Reader) -> ProofOfDelivery:
    return ProofOfDelivery(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
    )


def put_proof_of_delivery(out: BytesWriter, x: ProofOfDelivery) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.shipment_id)
    put_text(out, x.order_id)
    put_long(out, x.delivered_date)
    put_text(out, x.complaint)


class OrderLine:
    """One line of an order.

    line: Line number.
    product: Product number.
    quantity_milli: Thousandths of a unit.
    unit_price_micro: Price of one unit in millionths of the currency's major unit.
    """

    __slots__ = ("line", "product", "quantity_milli", "unit_price_micro", )
    FIELDS: ClassVar[tuple[str, ...]] = ("line", "product", "quantity_milli", "unit_price_micro", )

    def __init__(
        self,
        line: int,
        product: str,
        quantity_milli: int,
        unit_price_micro: int,
    ) -> None:
        self.line: Final = line
        self.product: Final = product
        self.quantity_milli: Final = quantity_milli
        self.unit_price_micro: Final = unit_price_micro


def read_order_line(r: Reader) -> OrderLine:
    return OrderLine(
        r.long(),
        r.text(),
        r.long(),
        r.long(),
    )


def put_order_line(out: BytesWriter, x: OrderLine) -> None:
    put_long(out, x.line)
    put_text(out, x.product)
    put_long(out, x.quantity_milli)
    put_long(out, x.unit_price_micro)


def _read_order_lines(r: Reader) -> list[OrderLine]:
    items: list[OrderLine] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_order_line(r))
        count = r.block(len(items))
    return items


def _put_order_lines(out: BytesWriter, items: list[OrderLine]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_order_line(out, item)
    out.append(u8(0))


class Order(Fact):
    """A customer's order; a later one with the same order_id replaces it.

    order_id: The order number.
    order_date: Days since 1970-01-01.
    currency: ISO 4217.
    po_reference: The customer's purchase-order number, or empty.
    cancelled: True takes the order back.
    lines: What was ordered.
    """

    __slots__ = ("order_id", "order_date", "currency", "po_reference", "cancelled", "lines", )
    FIELDS: ClassVar[tuple[str, ...]] = ("order_id", "order_date", "currency", "po_reference", "cancelled", "lines", )
    KIND: ClassVar[str] = "order"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        order_id: str,
        order_date: int,
        currency: str,
        po_reference: str,
        cancelled: bool,
        lines: list[OrderLine],
    ) -> None:
        super().__init__("order", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.order_id: Final = order_id
        self.order_date: Final = order_date
        self.currency: Final = currency
        self.po_reference: Final = po_reference
        self.cancelled: Final = cancelled
        self.lines: Final = lines


def read_order(r: Reader) -> Order:
    return Order(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.boolean(),
        _read_order_lines(r),
    )


def put_order(out: BytesWriter, x: Order) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.order_id)
    put_long(out, x.order_date)
    put_text(out, x.currency)
    put_text(out, x.po_reference)
    put_boolean(out, x.cancelled)
    _put_order_lines(out, x.lines)


class Watermark:
    """How far a source is complete.

    name: The source, such as payments.
    time: Everything of it up to here is in the log, UTC milliseconds.
    """

    __slots__ = ("name", "time", )
    FIELDS: ClassVar[tuple[str, ...]] = ("name", "time", )

    def __init__(
        self,
        name: str,
        time: int,
    ) -> None:
        self.name: Final = name
        self.time: Final = time


def read_watermark(r: Reader) -> Watermark:
    return Watermark(
        r.text(),
        r.long(),
    )


def put_watermark(out: BytesWriter, x: Watermark) -> None:
    put_text(out, x.name)
    put_long(out, x.time)


def _read_watermarks(r: Reader) -> list[Watermark]:
    items: list[Watermark] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_watermark(r))
        count = r.block(len(items))
    return items


def _put_watermarks(out: BytesWriter, items: list[Watermark]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_watermark(out, item)
    out.append(u8(0))


class Clock(Fact):
    """Time, for the whole shard.

    now: UTC milliseconds.
    mode: live or replay.
    watermarks: Every required source.
    """

    __slots__ = ("now", "mode", "watermarks", )
    FIELDS: ClassVar[tuple[str, ...]] = ("now", "mode", "watermarks", )
    KIND: ClassVar[str] = "clock"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        now: int,
        mode: str,
        watermarks: list[Watermark],
    ) -> None:
        super().__init__("clock", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.now: Final = now
        self.mode: Final = mode
        self.watermarks: Final = watermarks


def read_clock(r: Reader) -> Clock:
    return Clock(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        _read_watermarks(r),
    )


def put_clock(out: BytesWriter, x: Clock) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_long(out, x.now)
    put_text(out, x.mode)
    _put_watermarks(out, x.watermarks)


class Drain(Fact):
    """Runs more of the wakes that are due; appended by the shard's owner when the log is at its end.

    limit: How many wakes at the most.
    """

    __slots__ = ("limit", )
    FIELDS: ClassVar[tuple[str, ...]] = ("limit", )
    KIND: ClassVar[str] = "drain"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        limit: int,
    ) -> None:
        super().__init__("drain", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.limit: Final = limit


def read_drain(r: Reader) -> Drain:
    return Drain(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
    )


def put_drain(out: BytesWriter, x: Drain) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_long(out, x.limit)


class Customer(Fact):
    """Master data of one account; the latest in the log holds.

    name: Legal name.
    active: False stops the release of new drafts.
    country: ISO 3166-1 alpha-2, lower or upper case as sent; decides the calendar of contacts.
    language: BCP 47 language of letters.
    segment: Segment that policy may name.
    tier: Tier that policy may name.
    currency: ISO 4217 code of new documents where they name none.
    terms_days: Days from document date to due date where a document has none.
    billing_address: Where bills go; empty fails the release check.
    email: Address for letters.
    po_required: Drafts need a purchase-order reference.
    direct_debit: Paid by direct debit: not reminded.
    affiliate: A company of the same group: not reminded, not in sales.
    bank_accounts: IBANs or other accounts this payer pays from.
    region: Region that policy may name.
    channels: Channels the customer accepts, the preferred one first.
    cash_order: Money without a reference is applied in the policy's order.
    credit_group: The group whose credit limit it shares, or empty.
    legal_entity: Registration or tax number.
    time_zone: IANA time zone of the customer, or empty.
    contacts_blocked: Nobody is to be contacted.
    """

    __slots__ = ("name", "active", "country", "language", "segment", "tier", "currency", "terms_days", "billing_address", "email", "po_required", "direct_debit", "affiliate", "bank_accounts", "region", "channels", "cash_order", "credit_group", "legal_entity", "time_zone", "contacts_blocked", )
    FIELDS: ClassVar[tuple[str, ...]] = ("name", "active", "country", "language", "segment", "tier", "currency", "terms_days", "billing_address", "email", "po_required", "direct_debit", "affiliate", "bank_accounts", "region", "channels", "cash_order", "credit_group", "legal_entity", "time_zone", "contacts_blocked", )
    KIND: ClassVar[str] = "customer"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        name: str,
        active: bool,
        country: str,
        language: str,
        segment: str,
        tier: str,
        currency: str,
        terms_days: int,
        billing_address: str,
        email: str,
        po_required: bool,
        direct_debit: bool,
        affiliate: bool,
        bank_accounts: list[str],
        region: str = '',
        channels: list[str] | None = None,
        cash_order: bool = False,
        credit_group: str = '',
        legal_entity: str = '',
        time_zone: str = '',
        contacts_blocked: bool = False,
    ) -> None:
        super().__init__("customer", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.name: Final = name
        self.active: Final = active
        self.country: Final = country
        self.language: Final = language
        self.segment: Final = segment
        self.tier: Final = tier
        self.currency: Final = currency
        self.terms_days: Final = terms_days
        self.billing_address: Final = billing_address
        self.email: Final = email
        self.po_required: Final = po_required
        self.direct_debit: Final = direct_debit
        self.affiliate: Final = affiliate
        self.bank_accounts: Final = bank_accounts
        self.region: Final = region
        self.channels: Final[list[str]] = channels if channels is not None else []
        self.cash_order: Final = cash_order
        self.credit_group: Final = credit_group
        self.legal_entity: Final = legal_entity
        self.time_zone: Final = time_zone
        self.contacts_blocked: Final = contacts_blocked


def read_customer(r: Reader) -> Customer:
    return Customer(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.boolean(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.boolean(),
        r.boolean(),
        r.boolean(),
        r.texts(),
        r.text(),
        r.texts(),
        r.boolean(),
        r.text(),
        r.text(),
        r.text(),
        r.boolean(),
    )


def put_customer(out: BytesWriter, x: Customer) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.name)
    put_boolean(out, x.active)
    put_text(out, x.country)
    put_text(out, x.language)
    put_text(out, x.segment)
    put_text(out, x.tier)
    put_text(out, x.currency)
    put_long(out, x.terms_days)
    put_text(out, x.billing_address)
    put_text(out, x.email)
    put_boolean(out, x.po_required)
    put_boolean(out, x.direct_debit)
    put_boolean(out, x.affiliate)
    put_texts(out, x.bank_accounts)
    put_text(out, x.region)
    put_texts(out, x.channels)
    put_boolean(out, x.cash_order)
    put_text(out, x.credit_group)
    put_text(out, x.legal_entity)
    put_text(out, x.time_zone)
    put_boolean(out, x.contacts_blocked)


class CreditNote(Fact):
    """A posted credit note.

    document: Its number.
    document_date: Days since 1970-01-01.
    posting_date: Days since 1970-01-01.
    currency: ISO 4217.
    amount: Gross amount in minor units, above zero.
    tax: Tax in it.
    invoice: The invoice it corrects, or empty.
    reason: Reason code as sent.
    replaces: Document that this one and a rebill replace, or empty.
    order_id: The order, or empty.
    dispute_id: The dispute that it settles, or empty.
    """

    __slots__ = ("document", "document_date", "posting_date", "currency", "amount", "tax", "invoice", "reason", "replaces", "order_id", "dispute_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "document_date", "posting_date", "currency", "amount", "tax", "invoice", "reason", "replaces", "order_id", "dispute_id", )
    KIND: ClassVar[str] = "credit_note"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        document: str,
        document_date: int,
        posting_date: int,
        currency: str,
        amount: int,
        tax: int,
        invoice: str,
        reason: str,
        replaces: str = '',
        order_id: str = '',
        dispute_id: str = '',
    ) -> None:
        super().__init__("credit_note", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.document: Final = document
        self.document_date: Final = document_date
        self.posting_date: Final = posting_date
        self.currency: Final = currency
        self.amount: Final = amount
        self.tax: Final = tax
        self.invoice: Final = invoice
        self.reason: Final = reason
        self.replaces: Final = replaces
        self.order_id: Final = order_id
        self.dispute_id: Final = dispute_id


def read_credit_note(r: Reader) -> CreditNote:
    return CreditNote(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_credit_note(out: BytesWriter, x: CreditNote) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.document)
    put_long(out, x.document_date)
    put_long(out, x.posting_date)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.tax)
    put_text(out, x.invoice)
    put_text(out, x.reason)
    put_text(out, x.replaces)
    put_text(out, x.order_id)
    put_text(out, x.dispute_id)


class ReceiptReturned(Fact):
    """Money of a receipt that went back: returned debit, bounced cheque, chargeback.

    receipt_id: The receipt.
    bank_account: Our bank account.
    currency: ISO 4217.
    amount: Minor units that went back, above zero.
    posting_date: Days since 1970-01-01.
    value_date: Days since 1970-01-01.
    reason: The bank's reason code as sent.
    bank_reference: The bank reference of the receipt, as the receipt had it; empty where unknown.
    from_account: The account that passed the return on after it had sent the receipt's money here; empty where it came from the bank, and in what version 1 passed on.
    """

    __slots__ = ("receipt_id", "bank_account", "currency", "amount", "posting_date", "value_date", "reason", "bank_reference", "from_account", )
    FIELDS: ClassVar[tuple[str, ...]] = ("receipt_id", "bank_account", "currency", "amount", "posting_date", "value_date", "reason", "bank_reference", "from_account", )
    KIND: ClassVar[str] = "receipt_returned"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        receipt_id: str,
        bank_account: str,
        currency: str,
        amount: int,
        posting_date: int,
        value_date: int,
        reason: str,
        bank_reference: str,
        from_account: str = '',
    ) -> None:
        super().__init__("receipt_returned", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.receipt_id: Final = receipt_id
        self.bank_account: Final = bank_account
        self.currency: Final = currency
        self.amount: Final = amount
        self.posting_date: Final = posting_date
        self.value_date: Final = value_date
        self.reason: Final = reason
        self.bank_reference: Final = bank_reference
        self.from_account: Final = from_account


def read_receipt_returned(r: Reader) -> ReceiptReturned:
    return ReceiptReturned(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_receipt_returned(out: BytesWriter, x: ReceiptReturned) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.receipt_id)
    put_text(out, x.bank_account)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.posting_date)
    put_long(out, x.value_date)
    put_text(out, x.reason)
    put_text(out, x.bank_reference)
    put_text(out, x.from_account)


class RemittanceAdvice(Fact):
    """What the payer says a payment is for, in its own message.

    advice_id: The advice number.
    currency: ISO 4217.
    amount: Total in minor units.
    receipt_id: The receipt it explains, or empty.
    bank_reference: The payment's bank reference, or empty.
    value_date: Announced value date, days since 1970-01-01; 0 where unknown.
    lines: What it pays.
    adjustments: What the payer says it took off.
    parts: Of how many messages it is one; 0 is not said.
    """

    __slots__ = ("advice_id", "currency", "amount", "receipt_id", "bank_reference", "value_date", "lines", "adjustments", "parts", )
    FIELDS: ClassVar[tuple[str, ...]] = ("advice_id", "currency", "amount", "receipt_id", "bank_reference", "value_date", "lines", "adjustments", "parts", )
    KIND: ClassVar[str] = "remittance_advice"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        advice_id: str,
        currency: str,
        amount: int,
        receipt_id: str,
        bank_reference: str,
        value_date: int,
        lines: list[RemittanceLine],
        adjustments: list[Adjustment] | None = None,
        parts: int = 0,
    ) -> None:
        super().__init__("remittance_advice", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.advice_id: Final = advice_id
        self.currency: Final = currency
        self.amount: Final = amount
        self.receipt_id: Final = receipt_id
        self.bank_reference: Final = bank_reference
        self.value_date: Final = value_date
        self.lines: Final = lines
        self.adjustments: Final[list[Adjustment]] = adjustments if adjustments is not None else []
        self.parts: Final = parts


def read_remittance_advice(r: Reader) -> RemittanceAdvice:
    return RemittanceAdvice(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        _read_remittance_lines(r),
        _read_adjustments(r),
        r.long(),
    )


def put_remittance_advice(out: BytesWriter, x: RemittanceAdvice) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.advice_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_text(out, x.receipt_id)
    put_text(out, x.bank_reference)
    put_long(out, x.value_date)
    _put_remittance_lines(out, x.lines)
    _put_adjustments(out, x.adjustments)
    put_long(out, x.parts)


class Dispute(Fact):
    """A contested amount of an item.

    dispute_id: Its id.
    document: The item.
    currency: ISO 4217.
    amount: Contested minor units; null for all that is open.
    category: pricing, shortage, damage, not_received, duplicate, tax, missing_po, missing_pod, quality, return or other.
    reason: In the customer's words.
    channel: message, portal, short_payment or operator.
    documents: Evidence that came with it: names or addresses of documents.
    carrier: The carrier, or empty.
    product: The product, or empty.
    confidence_ppm: How sure the producer is of the category, millionths.
    """

    __slots__ = ("dispute_id", "document", "currency", "amount", "category", "reason", "channel", "documents", "carrier", "product", "confidence_ppm", )
    FIELDS: ClassVar[tuple[str, ...]] = ("dispute_id", "document", "currency", "amount", "category", "reason", "channel", "documents", "carrier", "product", "confidence_ppm", )
    KIND: ClassVar[str] = "dispute"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        dispute_id: str,
        document: str,
        currency: str,
        amount: int | None,
        category: str,
        reason: str,
        channel: str,
        documents: list[str] | None = None,
        carrier: str = '',
        product: str = '',
        confidence_ppm: int = 1000000,
    ) -> None:
        super().__init__("dispute", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.dispute_id: Final = dispute_id
        self.document: Final = document
        self.currency: Final = currency
        self.amount: Final = amount
        self.category: Final = category
        self.reason: Final = reason
        self.channel: Final = channel
        self.documents: Final[list[str]] = documents if documents is not None else []
        self.carrier: Final = carrier
        self.product: Final = product
        self.confidence_ppm: Final = confidence_ppm


def read_dispute(r: Reader) -> Dispute:
    return Dispute(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.optional_long(),
        r.text(),
        r.text(),
        r.text(),
        r.texts(),
        r.text(),
        r.text(),
        r.long(),
    )


def put_dispute(out: BytesWriter, x: Dispute) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.dispute_id)
    put_text(out, x.document)
    put_text(out, x.currency)
    put_optional_long(out, x.amount)
    put_text(out, x.category)
    put_text(out, x.reason)
    put_text(out, x.channel)
    put_texts(out, x.documents)
    put_text(out, x.carrier)
    put_text(out, x.product)
    put_long(out, x.confidence_ppm)


class DisputeUpdate(Fact):
    """News of a dispute.

    dispute_id: Its id.
    status: in_review, waiting_customer or closed.
    owner: Who has it now, or empty.
    credited: Minor units accepted and credited.
    rejected: Minor units rejected: still owed.
    written_off: Minor units given up.
    note: Free text.
    goodwill: Minor units given without being owed.
    recovered: Minor units that the customer paid after all.
    rebilled_as: The document that replaces the disputed one, or empty.
    category: The category as it is now seen, or empty.
    root_cause: customer, own_process, upstream_data, carrier or product, or empty.
    documents: Evidence that came: names or addresses of documents.
    days_customer: Days lost at the customer.
    days_own: Days lost in own processes.
    days_upstream: Days lost by upstream data.
    rebilled: Minor units that another document bills instead.
    refunded: Minor units of what was paid that went back to the customer.
    """

    __slots__ = ("dispute_id", "status", "owner", "credited", "rejected", "written_off", "note", "goodwill", "recovered", "rebilled_as", "category", "root_cause", "documents", "days_customer", "days_own", "days_upstream", "rebilled", "refunded", )
    FIELDS: ClassVar[tuple[str, ...]] = ("dispute_id", "status", "owner", "credited", "rejected", "written_off", "note", "goodwill", "recovered", "rebilled_as", "category", "root_cause", "documents", "days_customer", "days_own", "days_upstream", "rebilled", "refunded", )
    KIND: ClassVar[str] = "dispute_update"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        dispute_id: str,
        status: str,
        owner: str,
        credited: int,
        rejected: int,
        written_off: int,
        note: str,
        goodwill: int = 0,
        recovered: int = 0,
        rebilled_as: str = '',
        category: str = '',
        root_cause: str = '',
        documents: list[str] | None = None,
        days_customer: int = 0,
        days_own: int = 0,
        days_upstream: int = 0,
        rebilled: int = 0,
        refunded: int = 0,
    ) -> None:
        super().__init__("dispute_update", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.dispute_id: Final = dispute_id
        self.status: Final = status
        self.owner: Final = owner
        self.credited: Final = credited
        self.rejected: Final = rejected
        self.written_off: Final = written_off
        self.note: Final = note
        self.goodwill: Final = goodwill
        self.recovered: Final = recovered
        self.rebilled_as: Final = rebilled_as
        self.category: Final = category
        self.root_cause: Final = root_cause
        self.documents: Final[list[str]] = documents if documents is not None else []
        self.days_customer: Final = days_customer
        self.days_own: Final = days_own
        self.days_upstream: Final = days_upstream
        self.rebilled: Final = rebilled
        self.refunded: Final = refunded


def read_dispute_update(r: Reader) -> DisputeUpdate:
    return DisputeUpdate(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.texts(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_dispute_update(out: BytesWriter, x: DisputeUpdate) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.dispute_id)
    put_text(out, x.status)
    put_text(out, x.owner)
    put_long(out, x.credited)
    put_long(out, x.rejected)
    put_long(out, x.written_off)
    put_text(out, x.note)
    put_long(out, x.goodwill)
    put_long(out, x.recovered)
    put_text(out, x.rebilled_as)
    put_text(out, x.category)
    put_text(out, x.root_cause)
    put_texts(out, x.documents)
    put_long(out, x.days_customer)
    put_long(out, x.days_own)
    put_long(out, x.days_upstream)
    put_long(out, x.rebilled)
    put_long(out, x.refunded)


class PromisePart:
    """One instalment of a promise.

    promised_date: Days since 1970-01-01.
    amount: Minor units.
    """

    __slots__ = ("promised_date", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("promised_date", "amount", )

    def __init__(
        self,
        promised_date: int,
        amount: int,
    ) -> None:
        self.promised_date: Final = promised_date
        self.amount: Final = amount


def read_promise_part(r: Reader) -> PromisePart:
    return PromisePart(
        r.long(),
        r.long(),
    )


def put_promise_part(out: BytesWriter, x: PromisePart) -> None:
    put_long(out, x.promised_date)
    put_long(out, x.amount)


def _read_promise_parts(r: Reader) -> list[PromisePart]:
    items: list[PromisePart] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_promise_part(r))
        count = r.block(len(items))
    return items


def _put_promise_parts(out: BytesWriter, items: list[PromisePart]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_promise_part(out, item)
    out.append(u8(0))


class Promise(Fact):
    """A promise to pay.

    promise_id: Its id.
    currency: ISO 4217.
    amount: Minor units, above zero.
    promised_date: Days since 1970-01-01.
    documents: Items it is for; empty means the account.
    cancelled: True takes it back.
    parts: Instalments; their sum is the amount. Empty: one, on promised_date.
    actor: Who took it, or empty.
    """

    __slots__ = ("promise_id", "currency", "amount", "promised_date", "documents", "cancelled", "parts", "actor", )
    FIELDS: ClassVar[tuple[str, ...]] = ("promise_id", "currency", "amount", "promised_date", "documents", "cancelled", "parts", "actor", )
    KIND: ClassVar[str] = "promise"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        promise_id: str,
        currency: str,
        amount: int,
        promised_date: int,
        documents: list[str],
        cancelled: bool,
        parts: list[PromisePart] | None = None,
        actor: str = '',
    ) -> None:
        super().__init__("promise", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.promise_id: Final = promise_id
        self.currency: Final = currency
        self.amount: Final = amount
        self.promised_date: Final = promised_date
        self.documents: Final = documents
        self.cancelled: Final = cancelled
        self.parts: Final[list[PromisePart]] = parts if parts is not None else []
        self.actor: Final = actor


def read_promise(r: Reader) -> Promise:
    return Promise(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.texts(),
        r.boolean(),
        _read_promise_parts(r),
        r.text(),
    )


def put_promise(out: BytesWriter, x: Promise) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.promise_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.promised_date)
    put_texts(out, x.documents)
    put_boolean(out, x.cancelled)
    _put_promise_parts(out, x.parts)
    put_text(out, x.actor)


class OperatorAction(Fact):
    """What a person, or headrace's own directory, says is to be done.

    action: identify_payer, resume_account, allow_clock, allow_future, block_reminders, unblock_reminders, apply_cash or unapply_cash.
    actor: Who says so.
    receipt_id: The receipt, or empty.
    document: The item, or empty.
    target_account: The account that is meant, or empty.
    currency: ISO 4217, or empty.
    amount: Minor units, or 0.
    until: For allow_clock and allow_future: the latest time allowed, UTC milliseconds.
    note: Why.
    role: In what role.
    reference_id: Draft, dispute, task, exception, approval or promise that it is about, or empty.
    owner: To whom it is assigned, or empty.
    category: Reason code or category, or empty.
    value_date: Days since 1970-01-01, or 0.
    """

    __slots__ = ("action", "actor", "receipt_id", "document", "target_account", "currency", "amount", "until", "note", "role", "reference_id", "owner", "category", "value_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("action", "actor", "receipt_id", "document", "target_account", "currency", "amount", "until", "note", "role", "reference_id", "owner", "category", "value_date", )
    KIND: ClassVar[str] = "operator_action"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        action: str,
        actor: str,
        receipt_id: str,
        document: str,
        target_account: str,
        currency: str,
        amount: int,
        until: int,
        note: str,
        role: str = '',
        reference_id: str = '',
        owner: str = '',
        category: str = '',
        value_date: int = 0,
    ) -> None:
        super().__init__("operator_action", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.action: Final = action
        self.actor: Final = actor
        self.receipt_id: Final = receipt_id
        self.document: Final = document
        self.target_account: Final = target_account
        self.currency: Final = currency
        self.amount: Final = amount
        self.until: Final = until
        self.note: Final = note
        self.role: Final = role
        self.reference_id: Final = reference_id
        self.owner: Final = owner
        self.category: Final = category
        self.value_date: Final = value_date


def read_operator_action(r: Reader) -> OperatorAction:
    return OperatorAction(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
    )


def put_operator_action(out: BytesWriter, x: OperatorAction) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.action)
    put_text(out, x.actor)
    put_text(out, x.receipt_id)
    put_text(out, x.document)
    put_text(out, x.target_account)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.until)
    put_text(out, x.note)
    put_text(out, x.role)
    put_text(out, x.reference_id)
    put_text(out, x.owner)
    put_text(out, x.category)
    put_long(out, x.value_date)


class Policy(Fact):
    """The policy in force from this offset on, for the whole shard.

    version: Rises by one with each policy.
    text: The full TOML text.
    digest: SHA-256 of the text, hex.
    """

    __slots__ = ("version", "text", "digest", )
    FIELDS: ClassVar[tuple[str, ...]] = ("version", "text", "digest", )
    KIND: ClassVar[str] = "policy"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        version: int,
        text: str,
        digest: str,
    ) -> None:
        super().__init__("policy", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.version: Final = version
        self.text: Final = text
        self.digest: Final = digest


def read_policy(r: Reader) -> Policy:
    return Policy(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
    )


def put_policy(out: BytesWriter, x: Policy) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_long(out, x.version)
    put_text(out, x.text)
    put_text(out, x.digest)


class Rules(Fact):
    """The version of the rules in force from this offset on, for the whole shard.

    version: The version of the rules.
    """

    __slots__ = ("version", )
    FIELDS: ClassVar[tuple[str, ...]] = ("version", )
    KIND: ClassVar[str] = "rules"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        version: str,
    ) -> None:
        super().__init__("rules", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.version: Final = version


def read_rules(r: Reader) -> Rules:
    return Rules(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
    )


def put_rules(out: BytesWriter, x: Rules) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.version)


class CashTransferred(Fact):
    """Money that a decision of another account sent here, or that came back from there.

    transfer_id: Shard and sequence of the decision that sent it.
    from_account: The account that sent it.
    returned: True: the target did not take it.
    receipt_id: The bank's or our id of the booked credit; unique for the bank account.
    bank_account: Our bank account.
    bank_reference: The bank's reference of the entry.
    currency: ISO 4217.
    amount: Minor units, above zero.
    posting_date: Days since 1970-01-01.
    value_date: Days since 1970-01-01.
    payer_name: As the bank sent it.
    payer_account: IBAN or other account of the payer, or empty.
    text: Unstructured remittance text.
    lines: Structured references.
    adjustments: As of the receipt.
    charges: As of the receipt.
    method: As of the receipt.
    cheque: As of the receipt.
    order_id: As of the receipt.
    """

    __slots__ = ("transfer_id", "from_account", "returned", "receipt_id", "bank_account", "bank_reference", "currency", "amount", "posting_date", "value_date", "payer_name", "payer_account", "text", "lines", "adjustments", "charges", "method", "cheque", "order_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("transfer_id", "from_account", "returned", "receipt_id", "bank_account", "bank_reference", "currency", "amount", "posting_date", "value_date", "payer_name", "payer_account", "text", "lines", "adjustments", "charges", "method", "cheque", "order_id", )
    KIND: ClassVar[str] = "cash_transferred"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        transfer_id: str,
        from_account: str,
        returned: bool,
        receipt_id: str,
        bank_account: str,
        bank_reference: str,
        currency: str,
        amount: int,
        posting_date: int,
        value_date: int,
        payer_name: str,
        payer_account: str,
        text: str,
        lines: list[RemittanceLine],
        adjustments: list[Adjustment] | None = None,
        charges: int = 0,
        method: str = '',
        cheque: str = '',
        order_id: str = '',
    ) -> None:
        super().__init__("cash_transferred", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.transfer_id: Final = transfer_id
        self.from_account: Final = from_account
        self.returned: Final = returned
        self.receipt_id: Final = receipt_id
        self.bank_account: Final = bank_account
        self.bank_reference: Final = bank_reference
        self.currency: Final = currency
        self.amount: Final = amount
        self.posting_date: Final = posting_date
        self.value_date: Final = value_date
        self.payer_name: Final = payer_name
        self.payer_account: Final = payer_account
        self.text: Final = text
        self.lines: Final = lines
        self.adjustments: Final[list[Adjustment]] = adjustments if adjustments is not None else []
        self.charges: Final = charges
        self.method: Final = method
        self.cheque: Final = cheque
        self.order_id: Final = order_id


def read_cash_transferred(r: Reader) -> CashTransferred:
    return CashTransferred(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.boolean(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        _read_remittance_lines(r),
        _read_adjustments(r),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_cash_transferred(out: BytesWriter, x: CashTransferred) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.transfer_id)
    put_text(out, x.from_account)
    put_boolean(out, x.returned)
    put_text(out, x.receipt_id)
    put_text(out, x.bank_account)
    put_text(out, x.bank_reference)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.posting_date)
    put_long(out, x.value_date)
    put_text(out, x.payer_name)
    put_text(out, x.payer_account)
    put_text(out, x.text)
    _put_remittance_lines(out, x.lines)
    _put_adjustments(out, x.adjustments)
    put_long(out, x.charges)
    put_text(out, x.method)
    put_text(out, x.cheque)
    put_text(out, x.order_id)


class DebitNote(Fact):
    """A debit that is no sale of goods: charges, interest, a bank fee, a correction upwards.

    document: The debit note's number.
    document_date: Days since 1970-01-01.
    posting_date: Days since 1970-01-01.
    due_date: Days since 1970-01-01.
    currency: ISO 4217.
    amount: Gross, minor units, above zero.
    tax: Tax in it, minor units.
    invoice: The document it is about, or empty.
    reason: Why.
    """

    __slots__ = ("document", "document_date", "posting_date", "due_date", "currency", "amount", "tax", "invoice", "reason", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "document_date", "posting_date", "due_date", "currency", "amount", "tax", "invoice", "reason", )
    KIND: ClassVar[str] = "debit_note"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        document: str,
        document_date: int,
        posting_date: int,
        due_date: int,
        currency: str,
        amount: int,
        tax: int,
        invoice: str,
        reason: str,
    ) -> None:
        super().__init__("debit_note", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.document: Final = document
        self.document_date: Final = document_date
        self.posting_date: Final = posting_date
        self.due_date: Final = due_date
        self.currency: Final = currency
        self.amount: Final = amount
        self.tax: Final = tax
        self.invoice: Final = invoice
        self.reason: Final = reason


def read_debit_note(r: Reader) -> DebitNote:
    return DebitNote(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
    )


def put_debit_note(out: BytesWriter, x: DebitNote) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.document)
    put_long(out, x.document_date)
    put_long(out, x.posting_date)
    put_long(out, x.due_date)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.tax)
    put_text(out, x.invoice)
    put_text(out, x.reason)


class OpeningItem(Fact):
    """An open item taken over from another system on the day of the cut-over, with what is left of it.

    document: Its number.
    item_kind: invoice, debit_note or credit_note.
    document_date: Days since 1970-01-01.
    posting_date: The day of the cut-over, days since 1970-01-01.
    due_date: Days since 1970-01-01.
    currency: ISO 4217.
    amount: What it was raised for, minor units, above zero.
    residual: What is left of it, minor units, above zero and at most the amount.
    level: Dunning level it has reached.
    disputed: What of the residual is disputed, minor units.
    dispute_id: The open dispute, or empty.
    order_id: The order it bills, or empty.
    """

    __slots__ = ("document", "item_kind", "document_date", "posting_date", "due_date", "currency", "amount", "residual", "level", "disputed", "dispute_id", "order_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "item_kind", "document_date", "posting_date", "due_date", "currency", "amount", "residual", "level", "disputed", "dispute_id", "order_id", )
    KIND: ClassVar[str] = "opening_item"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        document: str,
        item_kind: str,
        document_date: int,
        posting_date: int,
        due_date: int,
        currency: str,
        amount: int,
        residual: int,
        level: int,
        disputed: int,
        dispute_id: str,
        order_id: str,
    ) -> None:
        super().__init__("opening_item", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.document: Final = document
        self.item_kind: Final = item_kind
        self.document_date: Final = document_date
        self.posting_date: Final = posting_date
        self.due_date: Final = due_date
        self.currency: Final = currency
        self.amount: Final = amount
        self.residual: Final = residual
        self.level: Final = level
        self.disputed: Final = disputed
        self.dispute_id: Final = dispute_id
        self.order_id: Final = order_id


def read_opening_item(r: Reader) -> OpeningItem:
    return OpeningItem(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
    )


def put_opening_item(out: BytesWriter, x: OpeningItem) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.document)
    put_text(out, x.item_kind)
    put_long(out, x.document_date)
    put_long(out, x.posting_date)
    put_long(out, x.due_date)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.residual)
    put_long(out, x.level)
    put_long(out, x.disputed)
    put_text(out, x.dispute_id)
    put_text(out, x.order_id)


class PayerRelation(Fact):
    """The account may pay for another one.

    relation_id: Its id; a later fact with it replaces it.
    pays_for: The account whose items it pays.
    pays_for_entity: The company of that account; empty is its own.
    valid_from_date: Days since 1970-01-01; 0 is from ever.
    valid_until_date: Days since 1970-01-01, the last one; 0 is without end.
    cancelled: It holds no more.
    """

    __slots__ = ("relation_id", "pays_for", "pays_for_entity", "valid_from_date", "valid_until_date", "cancelled", )
    FIELDS: ClassVar[tuple[str, ...]] = ("relation_id", "pays_for", "pays_for_entity", "valid_from_date", "valid_until_date", "cancelled", )
    KIND: ClassVar[str] = "payer_relation"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        relation_id: str,
        pays_for: str,
        pays_for_entity: str,
        valid_from_date: int,
        valid_until_date: int,
        cancelled: bool,
    ) -> None:
        super().__init__("payer_relation", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.relation_id: Final = relation_id
        self.pays_for: Final = pays_for
        self.pays_for_entity: Final = pays_for_entity
        self.valid_from_date: Final = valid_from_date
        self.valid_until_date: Final = valid_until_date
        self.cancelled: Final = cancelled


def read_payer_relation(r: Reader) -> PayerRelation:
    return PayerRelation(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.boolean(),
    )


def put_payer_relation(out: BytesWriter, x: PayerRelation) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.relation_id)
    put_text(out, x.pays_for)
    put_text(out, x.pays_for_entity)
    put_long(out, x.valid_from_date)
    put_long(out, x.valid_until_date)
    put_boolean(out, x.cancelled)


class PriceAgreement(Fact):
    """A price agreed with the customer.

    agreement_id: Its id; a later fact with it replaces it.
    product: Product number.
    currency: ISO 4217.
    unit_price_micro: Price of one unit in millionths of the major unit.
    valid_from_date: Days since 1970-01-01.
    valid_until_date: Days since 1970-01-01, the last one; 0 is without end.
    cancelled: It holds no more.
    """

    __slots__ = ("agreement_id", "product", "currency", "unit_price_micro", "valid_from_date", "valid_until_date", "cancelled", )
    FIELDS: ClassVar[tuple[str, ...]] = ("agreement_id", "product", "currency", "unit_price_micro", "valid_from_date", "valid_until_date", "cancelled", )
    KIND: ClassVar[str] = "price_agreement"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        agreement_id: str,
        product: str,
        currency: str,
        unit_price_micro: int,
        valid_from_date: int,
        valid_until_date: int,
        cancelled: bool,
    ) -> None:
        super().__init__("price_agreement", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.agreement_id: Final = agreement_id
        self.product: Final = product
        self.currency: Final = currency
        self.unit_price_micro: Final = unit_price_micro
        self.valid_from_date: Final = valid_from_date
        self.valid_until_date: Final = valid_until_date
        self.cancelled: Final = cancelled


def read_price_agreement(r: Reader) -> PriceAgreement:
    return PriceAgreement(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.boolean(),
    )


def put_price_agreement(out: BytesWriter, x: PriceAgreement) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.agreement_id)
    put_text(out, x.product)
    put_text(out, x.currency)
    put_long(out, x.unit_price_micro)
    put_long(out, x.valid_from_date)
    put_long(out, x.valid_until_date)
    put_boolean(out, x.cancelled)


class ReturnLine:
    """One line of goods that came back.

    order_line: Line of the order.
    product: Product number.
    quantity_milli: Thousandths of a unit.
    """

    __slots__ = ("order_line", "product", "quantity_milli", )
    FIELDS: ClassVar[tuple[str, ...]] = ("order_line", "product", "quantity_milli", )

    def __init__(
        self,
        order_line: int,
        product: str,
        quantity_milli: int,
    ) -> None:
        self.order_line: Final = order_line
        self.product: Final = product
        self.quantity_milli: Final = quantity_milli


def read_return_line(r: Reader) -> ReturnLine:
    return ReturnLine(
        r.long(),
        r.text(),
        r.long(),
    )


def put_return_line(out: BytesWriter, x: ReturnLine) -> None:
    put_long(out, x.order_line)
    put_text(out, x.product)
    put_long(out, x.quantity_milli)


def _read_return_lines(r: Reader) -> list[ReturnLine]:
    items: list[ReturnLine] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_return_line(r))
        count = r.block(len(items))
    return items


def _put_return_lines(out: BytesWriter, items: list[ReturnLine]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_return_line(out, item)
    out.append(u8(0))


class Return(Fact):
    """Goods that came back from the customer.

    return_id: Its number; unique in the account.
    order_id: The order they were of.
    shipment_id: The shipment they were of, or empty.
    return_date: Days since 1970-01-01.
    reason: Why.
    lines: What came back.
    """

    __slots__ = ("return_id", "order_id", "shipment_id", "return_date", "reason", "lines", )
    FIELDS: ClassVar[tuple[str, ...]] = ("return_id", "order_id", "shipment_id", "return_date", "reason", "lines", )
    KIND: ClassVar[str] = "return"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        return_id: str,
        order_id: str,
        shipment_id: str,
        return_date: int,
        reason: str,
        lines: list[ReturnLine],
    ) -> None:
        super().__init__("return", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.return_id: Final = return_id
        self.order_id: Final = order_id
        self.shipment_id: Final = shipment_id
        self.return_date: Final = return_date
        self.reason: Final = reason
        self.lines: Final = lines


def read_return(r: Reader) -> Return:
    return Return(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        _read_return_lines(r),
    )


def put_return(out: BytesWriter, x: Return) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.return_id)
    put_text(out, x.order_id)
    put_text(out, x.shipment_id)
    put_long(out, x.return_date)
    put_text(out, x.reason)
    _put_return_lines(out, x.lines)


class Refund(Fact):
    """Money paid back to the customer.

    refund_id: Its number at the bank; unique in the account.
    currency: ISO 4217.
    amount: Minor units, above zero.
    posting_date: Days since 1970-01-01.
    value_date: Days since 1970-01-01.
    receipt_id: The receipt whose unapplied cash it gives back, or empty.
    document: The credit note it pays out, or empty.
    """

    __slots__ = ("refund_id", "currency", "amount", "posting_date", "value_date", "receipt_id", "document", )
    FIELDS: ClassVar[tuple[str, ...]] = ("refund_id", "currency", "amount", "posting_date", "value_date", "receipt_id", "document", )
    KIND: ClassVar[str] = "refund"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        refund_id: str,
        currency: str,
        amount: int,
        posting_date: int,
        value_date: int,
        receipt_id: str,
        document: str,
    ) -> None:
        super().__init__("refund", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.refund_id: Final = refund_id
        self.currency: Final = currency
        self.amount: Final = amount
        self.posting_date: Final = posting_date
        self.value_date: Final = value_date
        self.receipt_id: Final = receipt_id
        self.document: Final = document


def read_refund(r: Reader) -> Refund:
    return Refund(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
    )


def put_refund(out: BytesWriter, x: Refund) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.refund_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.posting_date)
    put_long(out, x.value_date)
    put_text(out, x.receipt_id)
    put_text(out, x.document)


class Message(Fact):
    """A message to or from the customer, and what became of it.

    message_id: Its id; a later fact with it says its next status.
    direction: in or out.
    channel: edi, portal, email, api, letter or phone.
    status: queued, sent, delivered, viewed, acknowledged, rejected, bounced, expired or received.
    document: The item or draft it is about, or empty.
    delivery_id: The delivery_requested or letter it carries out, or empty.
    template: The template it was made from, or empty.
    reason: Why it was rejected or bounced, or empty.
    text: What it says, where it came in.
    """

    __slots__ = ("message_id", "direction", "channel", "status", "document", "delivery_id", "template", "reason", "text", )
    FIELDS: ClassVar[tuple[str, ...]] = ("message_id", "direction", "channel", "status", "document", "delivery_id", "template", "reason", "text", )
    KIND: ClassVar[str] = "message"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        message_id: str,
        direction: str,
        channel: str,
        status: str,
        document: str,
        delivery_id: str,
        template: str,
        reason: str,
        text: str,
    ) -> None:
        super().__init__("message", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.message_id: Final = message_id
        self.direction: Final = direction
        self.channel: Final = channel
        self.status: Final = status
        self.document: Final = document
        self.delivery_id: Final = delivery_id
        self.template: Final = template
        self.reason: Final = reason
        self.text: Final = text


def read_message(r: Reader) -> Message:
    return Message(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_message(out: BytesWriter, x: Message) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.message_id)
    put_text(out, x.direction)
    put_text(out, x.channel)
    put_text(out, x.status)
    put_text(out, x.document)
    put_text(out, x.delivery_id)
    put_text(out, x.template)
    put_text(out, x.reason)
    put_text(out, x.text)


class ServiceCase(Fact):
    """A case that customer service has open.

    case_id: Its id.
    status: open or closed.
    document: The item it is about; empty is the whole account.
    category: What it is about.
    note: What it says.
    """

    __slots__ = ("case_id", "status", "document", "category", "note", )
    FIELDS: ClassVar[tuple[str, ...]] = ("case_id", "status", "document", "category", "note", )
    KIND: ClassVar[str] = "service_case"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        case_id: str,
        status: str,
        document: str,
        category: str,
        note: str,
    ) -> None:
        super().__init__("service_case", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.case_id: Final = case_id
        self.status: Final = status
        self.document: Final = document
        self.category: Final = category
        self.note: Final = note


def read_service_case(r: Reader) -> ServiceCase:
    return ServiceCase(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_service_case(out: BytesWriter, x: ServiceCase) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.case_id)
    put_text(out, x.status)
    put_text(out, x.document)
    put_text(out, x.category)
    put_text(out, x.note)


class AccountOwner(Fact):
    """Who is responsible for the account, in one role.

    role: collector, team_lead, account_manager, credit_manager or another that policy names.
    owner: The person or team; empty takes the role off.
    valid_from_date: Days since 1970-01-01; 0 is at once.
    """

    __slots__ = ("role", "owner", "valid_from_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("role", "owner", "valid_from_date", )
    KIND: ClassVar[str] = "account_owner"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        role: str,
        owner: str,
        valid_from_date: int,
    ) -> None:
        super().__init__("account_owner", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.role: Final = role
        self.owner: Final = owner
        self.valid_from_date: Final = valid_from_date


def read_account_owner(r: Reader) -> AccountOwner:
    return AccountOwner(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
    )


def put_account_owner(out: BytesWriter, x: AccountOwner) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.role)
    put_text(out, x.owner)
    put_long(out, x.valid_from_date)


class Approval(Fact):
    """What a checker says to a request for approval.

    approval_id: The reference_id of approval_requested.
    decision: approved, rejected or delegated.
    actor: Who says so; never who asked.
    role: In what role.
    delegate: To whom it is delegated, or empty.
    note: Why.
    """

    __slots__ = ("approval_id", "decision", "actor", "role", "delegate", "note", )
    FIELDS: ClassVar[tuple[str, ...]] = ("approval_id", "decision", "actor", "role", "delegate", "note", )
    KIND: ClassVar[str] = "approval"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        approval_id: str,
        decision: str,
        actor: str,
        role: str,
        delegate: str,
        note: str,
    ) -> None:
        super().__init__("approval", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.approval_id: Final = approval_id
        self.decision: Final = decision
        self.actor: Final = actor
        self.role: Final = role
        self.delegate: Final = delegate
        self.note: Final = note


def read_approval(r: Reader) -> Approval:
    return Approval(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
    )


def put_approval(out: BytesWriter, x: Approval) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.approval_id)
    put_text(out, x.decision)
    put_text(out, x.actor)
    put_text(out, x.role)
    put_text(out, x.delegate)
    put_text(out, x.note)


class CreditLimit(Fact):
    """What the customer may owe; the latest that is valid holds.

    limit_id: Its id; a later fact with it replaces it.
    currency: ISO 4217 of the limit.
    amount: Minor units; 0 is no credit.
    valid_from_date: Days since 1970-01-01; 0 is from ever.
    valid_until_date: Days since 1970-01-01, the last one; 0 is without end.
    group: The group of accounts that share it, or empty.
    cancelled: It holds no more.
    actor: Who wants it so, and never approves it; empty: the source.
    note: Why.
    """

    __slots__ = ("limit_id", "currency", "amount", "valid_from_date", "valid_until_date", "group", "cancelled", "actor", "note", )
    FIELDS: ClassVar[tuple[str, ...]] = ("limit_id", "currency", "amount", "valid_from_date", "valid_until_date", "group", "cancelled", "actor", "note", )
    KIND: ClassVar[str] = "credit_limit"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        limit_id: str,
        currency: str,
        amount: int,
        valid_from_date: int,
        valid_until_date: int,
        group: str,
        cancelled: bool,
        actor: str = '',
        note: str = '',
    ) -> None:
        super().__init__("credit_limit", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.limit_id: Final = limit_id
        self.currency: Final = currency
        self.amount: Final = amount
        self.valid_from_date: Final = valid_from_date
        self.valid_until_date: Final = valid_until_date
        self.group: Final = group
        self.cancelled: Final = cancelled
        self.actor: Final = actor
        self.note: Final = note


def read_credit_limit(r: Reader) -> CreditLimit:
    return CreditLimit(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.boolean(),
        r.text(),
        r.text(),
    )


def put_credit_limit(out: BytesWriter, x: CreditLimit) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.limit_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.valid_from_date)
    put_long(out, x.valid_until_date)
    put_text(out, x.group)
    put_boolean(out, x.cancelled)
    put_text(out, x.actor)
    put_text(out, x.note)


class FxRate(Fact):
    """The rate of a pair of currencies on a day; for the whole installation.

    base_currency: ISO 4217: one unit of it
    quote_currency: ISO 4217: is so many of this.
    rate_nano: Units of the quote currency for one of the base, in billionths, above zero.
    rate_date: Days since 1970-01-01.
    """

    __slots__ = ("base_currency", "quote_currency", "rate_nano", "rate_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("base_currency", "quote_currency", "rate_nano", "rate_date", )
    KIND: ClassVar[str] = "fx_rate"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        base_currency: str,
        quote_currency: str,
        rate_nano: int,
        rate_date: int,
    ) -> None:
        super().__init__("fx_rate", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.base_currency: Final = base_currency
        self.quote_currency: Final = quote_currency
        self.rate_nano: Final = rate_nano
        self.rate_date: Final = rate_date


def read_fx_rate(r: Reader) -> FxRate:
    return FxRate(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
    )


def put_fx_rate(out: BytesWriter, x: FxRate) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.base_currency)
    put_text(out, x.quote_currency)
    put_long(out, x.rate_nano)
    put_long(out, x.rate_date)


class PeriodClose(Fact):
    """A period of a company's books is closed; what is posted into it is posted on the first open day.

    first_open_date: Days since 1970-01-01: the first day that is open.
    """

    __slots__ = ("first_open_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("first_open_date", )
    KIND: ClassVar[str] = "period_close"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        first_open_date: int,
    ) -> None:
        super().__init__("period_close", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.first_open_date: Final = first_open_date


def read_period_close(r: Reader) -> PeriodClose:
    return PeriodClose(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
    )


def put_period_close(out: BytesWriter, x: PeriodClose) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_long(out, x.first_open_date)


class ErpPosting(Fact):
    """What the ERP says of a posting: confirmed, refused, or cleared there by hand.

    posting_id: Its number in the ERP; unique in the account.
    status: confirmed, refused or cleared.
    decision_id: SHARD-SEQUENCE of the decision that was posted, or empty.
    document: The item, or empty.
    receipt_id: The receipt, or empty.
    currency: ISO 4217, or empty.
    amount: Minor units, for cleared.
    reason: Why it was refused.
    """

    __slots__ = ("posting_id", "status", "decision_id", "document", "receipt_id", "currency", "amount", "reason", )
    FIELDS: ClassVar[tuple[str, ...]] = ("posting_id", "status", "decision_id", "document", "receipt_id", "currency", "amount", "reason", )
    KIND: ClassVar[str] = "erp_posting"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        posting_id: str,
        status: str,
        decision_id: str,
        document: str,
        receipt_id: str,
        currency: str,
        amount: int,
        reason: str,
    ) -> None:
        super().__init__("erp_posting", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.posting_id: Final = posting_id
        self.status: Final = status
        self.decision_id: Final = decision_id
        self.document: Final = document
        self.receipt_id: Final = receipt_id
        self.currency: Final = currency
        self.amount: Final = amount
        self.reason: Final = reason


def read_erp_posting(r: Reader) -> ErpPosting:
    return ErpPosting(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
    )


def put_erp_posting(out: BytesWriter, x: ErpPosting) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.posting_id)
    put_text(out, x.status)
    put_text(out, x.decision_id)
    put_text(out, x.document)
    put_text(out, x.receipt_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_text(out, x.reason)


class CreditExposure(Fact):
    """What an account states of its exposure to the group whose credit limit it shares; brought by the forwarder.

    from_account: The account that states it.
    currency: ISO 4217.
    amount: Its exposure in that currency, minor units, never below 0.
    number: Sequence of the decision that states it: what has a lower one was stated before.
    left: It left the group: nothing of it counts any more, in any currency.
    """

    __slots__ = ("from_account", "currency", "amount", "number", "left", )
    FIELDS: ClassVar[tuple[str, ...]] = ("from_account", "currency", "amount", "number", "left", )
    KIND: ClassVar[str] = "credit_exposure"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        from_account: str,
        currency: str,
        amount: int,
        number: int,
        left: bool,
    ) -> None:
        super().__init__("credit_exposure", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.from_account: Final = from_account
        self.currency: Final = currency
        self.amount: Final = amount
        self.number: Final = number
        self.left: Final = left


def read_credit_exposure(r: Reader) -> CreditExposure:
    return CreditExposure(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.boolean(),
    )


def put_credit_exposure(out: BytesWriter, x: CreditExposure) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.from_account)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.number)
    put_boolean(out, x.left)


class CreditGroupTold(Fact):
    """What a group of accounts that share a credit limit tells one of them; brought by the forwarder.

    group: The group.
    held: It is on credit hold; false: released.
    number: Sequence of the decision that tells it: what has a lower one was told before.
    """

    __slots__ = ("group", "held", "number", )
    FIELDS: ClassVar[tuple[str, ...]] = ("group", "held", "number", )
    KIND: ClassVar[str] = "credit_group_told"

    def __init__(
        self,
        event_id: str,
        recorded_time: int,
        correlation: str,
        source: str,
        tenant: str,
        entity: str,
        account_id: str,
        event_time: int,
        group: str,
        held: bool,
        number: int,
    ) -> None:
        super().__init__("credit_group_told", event_id, recorded_time, correlation, source, tenant, entity, account_id, event_time)
        self.group: Final = group
        self.held: Final = held
        self.number: Final = number


def read_credit_group_told(r: Reader) -> CreditGroupTold:
    return CreditGroupTold(
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.boolean(),
        r.long(),
    )


def put_credit_group_told(out: BytesWriter, x: CreditGroupTold) -> None:
    put_text(out, x.event_id)
    put_long(out, x.recorded_time)
    put_text(out, x.correlation)
    put_text(out, x.source)
    put_text(out, x.tenant)
    put_text(out, x.entity)
    put_text(out, x.account_id)
    put_long(out, x.event_time)
    put_text(out, x.group)
    put_boolean(out, x.held)
    put_long(out, x.number)


class Balance:
    """The sums of one currency of an account, minor units.

    currency: ISO 4217.
    open_debit: Open debits.
    open_credit: Open credits.
    unapplied: Unapplied cash.
    on_account: Cash left on account.
    debits_raised: Debits ever raised.
    credits_raised: Credit notes ever posted.
    cash_applied: Cash applied, reversals taken off.
    received: Receipts ever booked.
    returned: Money that went back.
    transferred_in: Money that came from other accounts.
    transferred_out: Money that went to other accounts.
    exhausted: Open items that were reminded at the last step of their sequence.
    stated_balance: Balance that the last statement of account closed with.
    stated_debits: Debits ever raised by then.
    stated_credits: Credit notes ever posted by then.
    stated_cash: Money that came, less what went, by then.
    stated_date: Day of the last statement; 0 none.
    """

    __slots__ = ("currency", "open_debit", "open_credit", "unapplied", "on_account", "debits_raised", "credits_raised", "cash_applied", "received", "returned", "transferred_in", "transferred_out", "exhausted", "stated_balance", "stated_debits", "stated_credits", "stated_cash", "stated_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("currency", "open_debit", "open_credit", "unapplied", "on_account", "debits_raised", "credits_raised", "cash_applied", "received", "returned", "transferred_in", "transferred_out", "exhausted", "stated_balance", "stated_debits", "stated_credits", "stated_cash", "stated_date", )

    def __init__(
        self,
        currency: str,
        open_debit: int = 0,
        open_credit: int = 0,
        unapplied: int = 0,
        on_account: int = 0,
        debits_raised: int = 0,
        credits_raised: int = 0,
        cash_applied: int = 0,
        received: int = 0,
        returned: int = 0,
        transferred_in: int = 0,
        transferred_out: int = 0,
        exhausted: int = 0,
        stated_balance: int = 0,
        stated_debits: int = 0,
        stated_credits: int = 0,
        stated_cash: int = 0,
        stated_date: int = 0,
    ) -> None:
        self.currency = currency
        self.open_debit = open_debit
        self.open_credit = open_credit
        self.unapplied = unapplied
        self.on_account = on_account
        self.debits_raised = debits_raised
        self.credits_raised = credits_raised
        self.cash_applied = cash_applied
        self.received = received
        self.returned = returned
        self.transferred_in = transferred_in
        self.transferred_out = transferred_out
        self.exhausted = exhausted
        self.stated_balance = stated_balance
        self.stated_debits = stated_debits
        self.stated_credits = stated_credits
        self.stated_cash = stated_cash
        self.stated_date = stated_date


def read_balance(r: Reader) -> Balance:
    return Balance(
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_balance(out: BytesWriter, x: Balance) -> None:
    put_text(out, x.currency)
    put_long(out, x.open_debit)
    put_long(out, x.open_credit)
    put_long(out, x.unapplied)
    put_long(out, x.on_account)
    put_long(out, x.debits_raised)
    put_long(out, x.credits_raised)
    put_long(out, x.cash_applied)
    put_long(out, x.received)
    put_long(out, x.returned)
    put_long(out, x.transferred_in)
    put_long(out, x.transferred_out)
    put_long(out, x.exhausted)
    put_long(out, x.stated_balance)
    put_long(out, x.stated_debits)
    put_long(out, x.stated_credits)
    put_long(out, x.stated_cash)
    put_long(out, x.stated_date)


def _read_balances(r: Reader) -> list[Balance]:
    items: list[Balance] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_balance(r))
        count = r.block(len(items))
    return items


def _put_balances(out: BytesWriter, items: list[Balance]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_balance(out, item)
    out.append(u8(0))


class PromiseRow:
    """A promise.

    promise_id: Its id.
    currency: ISO 4217.
    amount: Promised.
    promised_date: Day.
    made_date: Day it was made.
    judge_date: First day on which it is judged.
    documents: Items, or empty.
    counted: Cash applied to what it is for, each unit for one promise; the last that it is for has what is beyond them all.
    status: open, kept, partially_kept or broken.
    part_of: The promise that it is an instalment of, or empty.
    """

    __slots__ = ("promise_id", "currency", "amount", "promised_date", "made_date", "judge_date", "documents", "counted", "status", "part_of", )
    FIELDS: ClassVar[tuple[str, ...]] = ("promise_id", "currency", "amount", "promised_date", "made_date", "judge_date", "documents", "counted", "status", "part_of", )

    def __init__(
        self,
        promise_id: str,
        currency: str,
        amount: int,
        promised_date: int,
        made_date: int,
        judge_date: int,
        documents: list[str] | None = None,
        counted: int = 0,
        status: str = 'open',
        part_of: str = '',
    ) -> None:
        self.promise_id = promise_id
        self.currency = currency
        self.amount = amount
        self.promised_date = promised_date
        self.made_date = made_date
        self.judge_date = judge_date
        self.documents: list[str] = documents if documents is not None else []
        self.counted = counted
        self.status = status
        self.part_of = part_of


def read_promise_row(r: Reader) -> PromiseRow:
    return PromiseRow(
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.texts(),
        r.long(),
        r.text(),
        r.text(),
    )


def put_promise_row(out: BytesWriter, x: PromiseRow) -> None:
    put_text(out, x.promise_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.promised_date)
    put_long(out, x.made_date)
    put_long(out, x.judge_date)
    put_texts(out, x.documents)
    put_long(out, x.counted)
    put_text(out, x.status)
    put_text(out, x.part_of)


def _read_promise_rows(r: Reader) -> list[PromiseRow]:
    items: list[PromiseRow] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_promise_row(r))
        count = r.block(len(items))
    return items


def _put_promise_rows(out: BytesWriter, items: list[PromiseRow]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_promise_row(out, item)
    out.append(u8(0))


class WaitingReference:
    """A reference that unapplied cash waits for.

    folded: The folded reference.
    receipt_id: The receipt.
    """

    __slots__ = ("folded", "receipt_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("folded", "receipt_id", )

    def __init__(
        self,
        folded: str,
        receipt_id: str,
    ) -> None:
        self.folded = folded
        self.receipt_id = receipt_id


def read_waiting_reference(r: Reader) -> WaitingReference:
    return WaitingReference(
        r.text(),
        r.text(),
    )


def put_waiting_reference(out: BytesWriter, x: WaitingReference) -> None:
    put_text(out, x.folded)
    put_text(out, x.receipt_id)


def _read_waiting_references(r: Reader) -> list[WaitingReference]:
    items: list[WaitingReference] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_waiting_reference(r))
        count = r.block(len(items))
    return items


def _put_waiting_references(out: BytesWriter, items: list[WaitingReference]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_waiting_reference(out, item)
    out.append(u8(0))


class OpenCase:
    """A case that customer service has open.

    case_id: Its id.
    document: Item, or empty for the account.
    """

    __slots__ = ("case_id", "document", )
    FIELDS: ClassVar[tuple[str, ...]] = ("case_id", "document", )

    def __init__(
        self,
        case_id: str = '',
        document: str = '',
    ) -> None:
        self.case_id = case_id
        self.document = document


def read_open_case(r: Reader) -> OpenCase:
    return OpenCase(
        r.text(),
        r.text(),
    )


def put_open_case(out: BytesWriter, x: OpenCase) -> None:
    put_text(out, x.case_id)
    put_text(out, x.document)


def _read_open_cases(r: Reader) -> list[OpenCase]:
    items: list[OpenCase] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_open_case(r))
        count = r.block(len(items))
    return items


def _put_open_cases(out: BytesWriter, items: list[OpenCase]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_open_case(out, item)
    out.append(u8(0))


class Contact:
    """A letter or message that went out.

    day: Day.
    reference: The letter, or the message.
    """

    __slots__ = ("day", "reference", )
    FIELDS: ClassVar[tuple[str, ...]] = ("day", "reference", )

    def __init__(
        self,
        day: int = 0,
        reference: str = '',
    ) -> None:
        self.day = day
        self.reference = reference


def read_contact(r: Reader) -> Contact:
    return Contact(
        r.long(),
        r.text(),
    )


def put_contact(out: BytesWriter, x: Contact) -> None:
    put_long(out, x.day)
    put_text(out, x.reference)


def _read_contacts(r: Reader) -> list[Contact]:
    items: list[Contact] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_contact(r))
        count = r.block(len(items))
    return items


def _put_contacts(out: BytesWriter, items: list[Contact]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_contact(out, item)
    out.append(u8(0))


class RoleOwner:
    """Who has a role.

    role: Role.
    owner: Person or team; empty: nobody from then on.
    valid_from_date: From this day on.
    """

    __slots__ = ("role", "owner", "valid_from_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("role", "owner", "valid_from_date", )

    def __init__(
        self,
        role: str = '',
        owner: str = '',
        valid_from_date: int = 0,
    ) -> None:
        self.role = role
        self.owner = owner
        self.valid_from_date = valid_from_date


def read_role_owner(r: Reader) -> RoleOwner:
    return RoleOwner(
        r.text(),
        r.text(),
        r.long(),
    )


def put_role_owner(out: BytesWriter, x: RoleOwner) -> None:
    put_text(out, x.role)
    put_text(out, x.owner)
    put_long(out, x.valid_from_date)


def _read_role_owners(r: Reader) -> list[RoleOwner]:
    items: list[RoleOwner] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_role_owner(r))
        count = r.block(len(items))
    return items


def _put_role_owners(out: BytesWriter, items: list[RoleOwner]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_role_owner(out, item)
    out.append(u8(0))


class TaskState:
    """An open task of a collector.

    task_id: Its id.
    category: Why it was opened.
    subject: Document, promise, dispute or currency that it is about.
    currency: ISO 4217.
    owner: Who has it.
    step: Step of the escalation chain, from 1; 0 none.
    opened_time: UTC ms.
    deadline: When it goes to the next step, UTC ms; 0 never.
    """

    __slots__ = ("task_id", "category", "subject", "currency", "owner", "step", "opened_time", "deadline", )
    FIELDS: ClassVar[tuple[str, ...]] = ("task_id", "category", "subject", "currency", "owner", "step", "opened_time", "deadline", )

    def __init__(
        self,
        task_id: str = '',
        category: str = '',
        subject: str = '',
        currency: str = '',
        owner: str = '',
        step: int = 0,
        opened_time: int = 0,
        deadline: int = 0,
    ) -> None:
        self.task_id = task_id
        self.category = category
        self.subject = subject
        self.currency = currency
        self.owner = owner
        self.step = step
        self.opened_time = opened_time
        self.deadline = deadline


def read_task_state(r: Reader) -> TaskState:
    return TaskState(
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_task_state(out: BytesWriter, x: TaskState) -> None:
    put_text(out, x.task_id)
    put_text(out, x.category)
    put_text(out, x.subject)
    put_text(out, x.currency)
    put_text(out, x.owner)
    put_long(out, x.step)
    put_long(out, x.opened_time)
    put_long(out, x.deadline)


def _read_task_states(r: Reader) -> list[TaskState]:
    items: list[TaskState] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_task_state(r))
        count = r.block(len(items))
    return items


def _put_task_states(out: BytesWriter, items: list[TaskState]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_task_state(out, item)
    out.append(u8(0))


class AccountRow:
    """What headrace knows of one account, less its documents and its master data.

    reminders_blocked: An operator's dunning block.
    wake: Next wake, UTC ms; 0 none.
    last_letter: Day of the last letter.
    parked_at: Offset of the fact whose transition failed; -1 not parked.
    parked_facts: How many facts wait.
    open_items: Open items.
    index: The index of open debits where it is small: dataflows/rules/open_debits.py.
    indexed: The index of open debits is in rows of its own (tables X and Y).
    balances: For each currency, in order of code.
    held: Held drafts, by document, in order of arrival.
    unapplied: Receipts with unapplied cash, in order of arrival.
    advices: Remittance advices that wait for their money.
    promises: Promises that are open or may be judged again.
    credits: Open credit notes, in order of arrival.
    early_disputes: Open disputes whose document is not here yet.
    waiting: References of unapplied receipts, to try them again when the document comes.
    steps_key: Digest of the reminder steps by which its items' next steps were set.
    affiliate: A company of the same group, by its last master data: what is posted to it is no sale.
    cash_indexed: Unapplied receipts and what they wait for are in rows of their own (tables Q, B, N and H), and not in unapplied and waiting.
    places: How many places were given to receipts in those rows.
    service_cases: Open service cases, in order of arrival.
    contacts: Contacts of late, in order.
    owners: Who is responsible in which role from which day on, by role and day.
    tasks: Open tasks, in order.
    untemplated: Levels and languages of letters that no approved template is for, as LEVEL:LANGUAGE; their exceptions are open.
    next_statement: Day of the next scheduled statement of account; 0 none.
    contact_wake: Next wake for contacts, promises and drafts, UTC ms; 0 none.
    deadline: First deadline of its disputes, UTC ms; 0 none (table L has them all). Those of tasks are with the tasks.
    credit: Its exposure is kept (table C).
    credit_stop: It is on a credit hold that stops the release of drafts.
    credit_wake: Next wake for its credit, UTC ms; 0 none.
    """

    __slots__ = ("reminders_blocked", "wake", "last_letter", "parked_at", "parked_facts", "open_items", "index", "indexed", "balances", "held", "unapplied", "advices", "promises", "credits", "early_disputes", "waiting", "steps_key", "affiliate", "cash_indexed", "places", "service_cases", "contacts", "owners", "tasks", "untemplated", "next_statement", "contact_wake", "deadline", "credit", "credit_stop", "credit_wake", )
    FIELDS: ClassVar[tuple[str, ...]] = ("reminders_blocked", "wake", "last_letter", "parked_at", "parked_facts", "open_items", "index", "indexed", "balances", "held", "unapplied", "advices", "promises", "credits", "early_disputes", "waiting", "steps_key", "affiliate", "cash_indexed", "places", "service_cases", "contacts", "owners", "tasks", "untemplated", "next_statement", "contact_wake", "deadline", "credit", "credit_stop", "credit_wake", )

    def __init__(
        self,
        reminders_blocked: bool = False,
        wake: int = 0,
        last_letter: int = 0,
        parked_at: int = -1,
        parked_facts: int = 0,
        open_items: int = 0,
        index: bytes = b'',
        indexed: bool = False,
        balances: list[Balance] | None = None,
        held: list[str] | None = None,
        unapplied: list[str] | None = None,
        advices: list[str] | None = None,
        promises: list[PromiseRow] | None = None,
        credits: list[str] | None = None,
        early_disputes: list[str] | None = None,
        waiting: list[WaitingReference] | None = None,
        steps_key: int = 0,
        affiliate: bool = False,
        cash_indexed: bool = False,
        places: int = 0,
        service_cases: list[OpenCase] | None = None,
        contacts: list[Contact] | None = None,
        owners: list[RoleOwner] | None = None,
        tasks: list[TaskState] | None = None,
        untemplated: list[str] | None = None,
        next_statement: int = 0,
        contact_wake: int = 0,
        deadline: int = 0,
        credit: bool = False,
        credit_stop: bool = False,
        credit_wake: int = 0,
    ) -> None:
        self.reminders_blocked = reminders_blocked
        self.wake = wake
        self.last_letter = last_letter
        self.parked_at = parked_at
        self.parked_facts = parked_facts
        self.open_items = open_items
        self.index = index
        self.indexed = indexed
        self.balances: list[Balance] = balances if balances is not None else []
        self.held: list[str] = held if held is not None else []
        self.unapplied: list[str] = unapplied if unapplied is not None else []
        self.advices: list[str] = advices if advices is not None else []
        self.promises: list[PromiseRow] = promises if promises is not None else []
        self.credits: list[str] = credits if credits is not None else []
        self.early_disputes: list[str] = early_disputes if early_disputes is not None else []
        self.waiting: list[WaitingReference] = waiting if waiting is not None else []
        self.steps_key = steps_key
        self.affiliate = affiliate
        self.cash_indexed = cash_indexed
        self.places = places
        self.service_cases: list[OpenCase] = service_cases if service_cases is not None else []
        self.contacts: list[Contact] = contacts if contacts is not None else []
        self.owners: list[RoleOwner] = owners if owners is not None else []
        self.tasks: list[TaskState] = tasks if tasks is not None else []
        self.untemplated: list[str] = untemplated if untemplated is not None else []
        self.next_statement = next_statement
        self.contact_wake = contact_wake
        self.deadline = deadline
        self.credit = credit
        self.credit_stop = credit_stop
        self.credit_wake = credit_wake


def read_account_row(r: Reader) -> AccountRow:
    return AccountRow(
        r.boolean(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.raw(),
        r.boolean(),
        _read_balances(r),
        r.texts(),
        r.texts(),
        r.texts(),
        _read_promise_rows(r),
        r.texts(),
        r.texts(),
        _read_waiting_references(r),
        r.long(),
        r.boolean(),
        r.boolean(),
        r.long(),
        _read_open_cases(r),
        _read_contacts(r),
        _read_role_owners(r),
        _read_task_states(r),
        r.texts(),
        r.long(),
        r.long(),
        r.long(),
        r.boolean(),
        r.boolean(),
        r.long(),
    )


def put_account_row(out: BytesWriter, x: AccountRow) -> None:
    put_boolean(out, x.reminders_blocked)
    put_long(out, x.wake)
    put_long(out, x.last_letter)
    put_long(out, x.parked_at)
    put_long(out, x.parked_facts)
    put_long(out, x.open_items)
    put_raw(out, x.index)
    put_boolean(out, x.indexed)
    _put_balances(out, x.balances)
    put_texts(out, x.held)
    put_texts(out, x.unapplied)
    put_texts(out, x.advices)
    _put_promise_rows(out, x.promises)
    put_texts(out, x.credits)
    put_texts(out, x.early_disputes)
    _put_waiting_references(out, x.waiting)
    put_long(out, x.steps_key)
    put_boolean(out, x.affiliate)
    put_boolean(out, x.cash_indexed)
    put_long(out, x.places)
    _put_open_cases(out, x.service_cases)
    _put_contacts(out, x.contacts)
    _put_role_owners(out, x.owners)
    _put_task_states(out, x.tasks)
    put_texts(out, x.untemplated)
    put_long(out, x.next_statement)
    put_long(out, x.contact_wake)
    put_long(out, x.deadline)
    put_boolean(out, x.credit)
    put_boolean(out, x.credit_stop)
    put_long(out, x.credit_wake)


class AdviceRow:
    """A remittance advice.

    advice_id: Advice.
    currency: ISO 4217.
    amount: Total.
    receipt_id: Receipt it explains.
    bank_reference: Bank reference.
    value_date: Announced day.
    lines: Lines.
    used: Its receipt was applied by it.
    """

    __slots__ = ("advice_id", "currency", "amount", "receipt_id", "bank_reference", "value_date", "lines", "used", )
    FIELDS: ClassVar[tuple[str, ...]] = ("advice_id", "currency", "amount", "receipt_id", "bank_reference", "value_date", "lines", "used", )

    def __init__(
        self,
        advice_id: str = '',
        currency: str = '',
        amount: int = 0,
        receipt_id: str = '',
        bank_reference: str = '',
        value_date: int = 0,
        lines: list[RemittanceLine] | None = None,
        used: bool = False,
    ) -> None:
        self.advice_id = advice_id
        self.currency = currency
        self.amount = amount
        self.receipt_id = receipt_id
        self.bank_reference = bank_reference
        self.value_date = value_date
        self.lines: list[RemittanceLine] = lines if lines is not None else []
        self.used = used


def read_advice_row(r: Reader) -> AdviceRow:
    return AdviceRow(
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.long(),
        _read_remittance_lines(r),
        r.boolean(),
    )


def put_advice_row(out: BytesWriter, x: AdviceRow) -> None:
    put_text(out, x.advice_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_text(out, x.receipt_id)
    put_text(out, x.bank_reference)
    put_long(out, x.value_date)
    _put_remittance_lines(out, x.lines)
    put_boolean(out, x.used)


class CreditSum:
    """The parts of an exposure in one currency, minor units.

    currency: ISO 4217.
    unbilled: Delivered and not billed yet.
    drafts: Held drafts.
    orders: Ordered and not delivered yet.
    members: Of a group: what its accounts stated.
    stated: What was stated to the group last.
    """

    __slots__ = ("currency", "unbilled", "drafts", "orders", "members", "stated", )
    FIELDS: ClassVar[tuple[str, ...]] = ("currency", "unbilled", "drafts", "orders", "members", "stated", )

    def __init__(
        self,
        currency: str = '',
        unbilled: int = 0,
        drafts: int = 0,
        orders: int = 0,
        members: int = 0,
        stated: int = 0,
    ) -> None:
        self.currency = currency
        self.unbilled = unbilled
        self.drafts = drafts
        self.orders = orders
        self.members = members
        self.stated = stated


def read_credit_sum(r: Reader) -> CreditSum:
    return CreditSum(
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_credit_sum(out: BytesWriter, x: CreditSum) -> None:
    put_text(out, x.currency)
    put_long(out, x.unbilled)
    put_long(out, x.drafts)
    put_long(out, x.orders)
    put_long(out, x.members)
    put_long(out, x.stated)


def _read_credit_sums(r: Reader) -> list[CreditSum]:
    items: list[CreditSum] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_credit_sum(r))
        count = r.block(len(items))
    return items


def _put_credit_sums(out: BytesWriter, items: list[CreditSum]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_credit_sum(out, item)
    out.append(u8(0))


class LimitState:
    """A credit limit.

    limit_id: Its id.
    currency: ISO 4217.
    amount: Minor units; 0 is no credit.
    valid_from_date: From this day on.
    valid_until_date: Up to this day; 0 is without end.
    """

    __slots__ = ("limit_id", "currency", "amount", "valid_from_date", "valid_until_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("limit_id", "currency", "amount", "valid_from_date", "valid_until_date", )

    def __init__(
        self,
        limit_id: str = '',
        currency: str = '',
        amount: int = 0,
        valid_from_date: int = 0,
        valid_until_date: int = 0,
    ) -> None:
        self.limit_id = limit_id
        self.currency = currency
        self.amount = amount
        self.valid_from_date = valid_from_date
        self.valid_until_date = valid_until_date


def read_limit_state(r: Reader) -> LimitState:
    return LimitState(
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_limit_state(out: BytesWriter, x: LimitState) -> None:
    put_text(out, x.limit_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.valid_from_date)
    put_long(out, x.valid_until_date)


def _read_limit_states(r: Reader) -> list[LimitState]:
    items: list[LimitState] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_limit_state(r))
        count = r.block(len(items))
    return items


def _put_limit_states(out: BytesWriter, items: list[LimitState]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_limit_state(out, item)
    out.append(u8(0))


class LimitProposal:
    """A change of a limit that waits for an approval.

    proposal_id: Its id.
    limit_id: Its id.
    currency: ISO 4217.
    amount: Minor units; 0 is no credit.
    valid_from_date: From this day on.
    valid_until_date: Up to this day; 0 is without end.
    cancelled: The limit is to hold no more.
    maker: Who wants it.
    """

    __slots__ = ("proposal_id", "limit_id", "currency", "amount", "valid_from_date", "valid_until_date", "cancelled", "maker", )
    FIELDS: ClassVar[tuple[str, ...]] = ("proposal_id", "limit_id", "currency", "amount", "valid_from_date", "valid_until_date", "cancelled", "maker", )

    def __init__(
        self,
        proposal_id: str = '',
        limit_id: str = '',
        currency: str = '',
        amount: int = 0,
        valid_from_date: int = 0,
        valid_until_date: int = 0,
        cancelled: bool = False,
        maker: str = '',
    ) -> None:
        self.proposal_id = proposal_id
        self.limit_id = limit_id
        self.currency = currency
        self.amount = amount
        self.valid_from_date = valid_from_date
        self.valid_until_date = valid_until_date
        self.cancelled = cancelled
        self.maker = maker


def read_limit_proposal(r: Reader) -> LimitProposal:
    return LimitProposal(
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.boolean(),
        r.text(),
    )


def put_limit_proposal(out: BytesWriter, x: LimitProposal) -> None:
    put_text(out, x.proposal_id)
    put_text(out, x.limit_id)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.valid_from_date)
    put_long(out, x.valid_until_date)
    put_boolean(out, x.cancelled)
    put_text(out, x.maker)


def _read_limit_proposals(r: Reader) -> list[LimitProposal]:
    items: list[LimitProposal] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_limit_proposal(r))
        count = r.block(len(items))
    return items


def _put_limit_proposals(out: BytesWriter, items: list[LimitProposal]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_limit_proposal(out, item)
    out.append(u8(0))


class MemberAmount:
    """What it stated in one currency.

    currency: ISO 4217.
    amount: Minor units.
    """

    __slots__ = ("currency", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("currency", "amount", )

    def __init__(
        self,
        currency: str = '',
        amount: int = 0,
    ) -> None:
        self.currency = currency
        self.amount = amount


def read_member_amount(r: Reader) -> MemberAmount:
    return MemberAmount(
        r.text(),
        r.long(),
    )


def put_member_amount(out: BytesWriter, x: MemberAmount) -> None:
    put_text(out, x.currency)
    put_long(out, x.amount)


def _read_member_amounts(r: Reader) -> list[MemberAmount]:
    items: list[MemberAmount] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_member_amount(r))
        count = r.block(len(items))
    return items


def _put_member_amounts(out: BytesWriter, items: list[MemberAmount]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_member_amount(out, item)
    out.append(u8(0))


class GroupMember:
    """An account that shares a group's limit.

    account_id: The account.
    number: Number of what it stated last.
    told_held: It was told that the group is on hold.
    amounts: By currency.
    gone: It left the group.
    """

    __slots__ = ("account_id", "number", "told_held", "amounts", "gone", )
    FIELDS: ClassVar[tuple[str, ...]] = ("account_id", "number", "told_held", "amounts", "gone", )

    def __init__(
        self,
        account_id: str = '',
        number: int = -1,
        told_held: bool = False,
        amounts: list[MemberAmount] | None = None,
        gone: bool = False,
    ) -> None:
        self.account_id = account_id
        self.number = number
        self.told_held = told_held
        self.amounts: list[MemberAmount] = amounts if amounts is not None else []
        self.gone = gone


def read_group_member(r: Reader) -> GroupMember:
    return GroupMember(
        r.text(),
        r.long(),
        r.boolean(),
        _read_member_amounts(r),
        r.boolean(),
    )


def put_group_member(out: BytesWriter, x: GroupMember) -> None:
    put_text(out, x.account_id)
    put_long(out, x.number)
    put_boolean(out, x.told_held)
    _put_member_amounts(out, x.amounts)
    put_boolean(out, x.gone)


def _read_group_members(r: Reader) -> list[GroupMember]:
    items: list[GroupMember] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_group_member(r))
        count = r.block(len(items))
    return items


def _put_group_members(out: BytesWriter, items: list[GroupMember]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_group_member(out, item)
    out.append(u8(0))


class CreditRow:
    """An account's credit: its limits, the parts of its exposure that balances do not have, whether it is on hold. Of a group of accounts too.

    sums: For each currency, in order of code.
    limits: Limits that hold, or will, by id.
    proposals: In order.
    held: On credit hold.
    causes: What it is on hold for; all of it has to heal: over_limit, past_due, group.
    near: Near its limit, or on hold, and that was said.
    look_date: First day on which its oldest item may be past due for too long; 0 none.
    look_days: For so many days, when that was set; -1 never set.
    counted: Orders and drafts up to this row are counted; empty: all are.
    group: The group whose limit it shares, or empty.
    group_held: That group is on hold.
    group_number: Number of what the group told last.
    group_stated: The group knows of it.
    left: A group that it left and that has to be told so.
    members: Of a group: its accounts, by id.
    """

    __slots__ = ("sums", "limits", "proposals", "held", "causes", "near", "look_date", "look_days", "counted", "group", "group_held", "group_number", "group_stated", "left", "members", )
    FIELDS: ClassVar[tuple[str, ...]] = ("sums", "limits", "proposals", "held", "causes", "near", "look_date", "look_days", "counted", "group", "group_held", "group_number", "group_stated", "left", "members", )

    def __init__(
        self,
        sums: list[CreditSum] | None = None,
        limits: list[LimitState] | None = None,
        proposals: list[LimitProposal] | None = None,
        held: bool = False,
        causes: list[str] | None = None,
        near: bool = False,
        look_date: int = 0,
        look_days: int = -1,
        counted: str = '',
        group: str = '',
        group_held: bool = False,
        group_number: int = -1,
        group_stated: bool = False,
        left: str = '',
        members: list[GroupMember] | None = None,
    ) -> None:
        self.sums: list[CreditSum] = sums if sums is not None else []
        self.limits: list[LimitState] = limits if limits is not None else []
        self.proposals: list[LimitProposal] = proposals if proposals is not None else []
        self.held = held
        self.causes: list[str] = causes if causes is not None else []
        self.near = near
        self.look_date = look_date
        self.look_days = look_days
        self.counted = counted
        self.group = group
        self.group_held = group_held
        self.group_number = group_number
        self.group_stated = group_stated
        self.left = left
        self.members: list[GroupMember] = members if members is not None else []


def read_credit_row(r: Reader) -> CreditRow:
    return CreditRow(
        _read_credit_sums(r),
        _read_limit_states(r),
        _read_limit_proposals(r),
        r.boolean(),
        r.texts(),
        r.boolean(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.boolean(),
        r.long(),
        r.boolean(),
        r.text(),
        _read_group_members(r),
    )


def put_credit_row(out: BytesWriter, x: CreditRow) -> None:
    _put_credit_sums(out, x.sums)
    _put_limit_states(out, x.limits)
    _put_limit_proposals(out, x.proposals)
    put_boolean(out, x.held)
    put_texts(out, x.causes)
    put_boolean(out, x.near)
    put_long(out, x.look_date)
    put_long(out, x.look_days)
    put_text(out, x.counted)
    put_text(out, x.group)
    put_boolean(out, x.group_held)
    put_long(out, x.group_number)
    put_boolean(out, x.group_stated)
    put_text(out, x.left)
    _put_group_members(out, x.members)


class CustomerRow:
    """An account's master data.

    active: May get new invoices.
    country: Upper-case ISO 3166-1 alpha-2.
    segment: Segment.
    tier: Tier.
    currency: Default currency.
    billing_address: Where bills go.
    po_required: Needs purchase-order references.
    direct_debit: Pays by direct debit.
    affiliate: Same group.
    region: Region that policy may name.
    name: Legal name.
    language: BCP 47 language of letters.
    channels: Channels the customer accepts, the preferred one first.
    email: Address for letters.
    terms_days: Days from document date to due date where a document has none.
    cash_order: Money without a reference is applied in the policy's order.
    credit_group: The group whose credit limit it shares, or empty.
    time_zone: IANA time zone of the customer, or empty.
    contacts_blocked: Nobody is to be contacted.
    bank_accounts: IBANs or other accounts this payer pays from.
    """

    __slots__ = ("active", "country", "segment", "tier", "currency", "billing_address", "po_required", "direct_debit", "affiliate", "region", "name", "language", "channels", "email", "terms_days", "cash_order", "credit_group", "time_zone", "contacts_blocked", "bank_accounts", )
    FIELDS: ClassVar[tuple[str, ...]] = ("active", "country", "segment", "tier", "currency", "billing_address", "po_required", "direct_debit", "affiliate", "region", "name", "language", "channels", "email", "terms_days", "cash_order", "credit_group", "time_zone", "contacts_blocked", "bank_accounts", )

    def __init__(
        self,
        active: bool = True,
        country: str = '',
        segment: str = '',
        tier: str = '',
        currency: str = '',
        billing_address: str = '',
        po_required: bool = False,
        direct_debit: bool = False,
        affiliate: bool = False,
        region: str = '',
        name: str = '',
        language: str = '',
        channels: list[str] | None = None,
        email: str = '',
        terms_days: int = 0,
        cash_order: bool = False,
        credit_group: str = '',
        time_zone: str = '',
        contacts_blocked: bool = False,
        bank_accounts: list[str] | None = None,
    ) -> None:
        self.active = active
        self.country = country
        self.segment = segment
        self.tier = tier
        self.currency = currency
        self.billing_address = billing_address
        self.po_required = po_required
        self.direct_debit = direct_debit
        self.affiliate = affiliate
        self.region = region
        self.name = name
        self.language = language
        self.channels: list[str] = channels if channels is not None else []
        self.email = email
        self.terms_days = terms_days
        self.cash_order = cash_order
        self.credit_group = credit_group
        self.time_zone = time_zone
        self.contacts_blocked = contacts_blocked
        self.bank_accounts: list[str] = bank_accounts if bank_accounts is not None else []


def read_customer_row(r: Reader) -> CustomerRow:
    return CustomerRow(
        r.boolean(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.boolean(),
        r.boolean(),
        r.boolean(),
        r.text(),
        r.text(),
        r.text(),
        r.texts(),
        r.text(),
        r.long(),
        r.boolean(),
        r.text(),
        r.text(),
        r.boolean(),
        r.texts(),
    )


def put_customer_row(out: BytesWriter, x: CustomerRow) -> None:
    put_boolean(out, x.active)
    put_text(out, x.country)
    put_text(out, x.segment)
    put_text(out, x.tier)
    put_text(out, x.currency)
    put_text(out, x.billing_address)
    put_boolean(out, x.po_required)
    put_boolean(out, x.direct_debit)
    put_boolean(out, x.affiliate)
    put_text(out, x.region)
    put_text(out, x.name)
    put_text(out, x.language)
    put_texts(out, x.channels)
    put_text(out, x.email)
    put_long(out, x.terms_days)
    put_boolean(out, x.cash_order)
    put_text(out, x.credit_group)
    put_text(out, x.time_zone)
    put_boolean(out, x.contacts_blocked)
    put_texts(out, x.bank_accounts)


class DisputeRow:
    """A dispute.

    dispute_id: Dispute.
    document: Item.
    currency: ISO 4217.
    amount: Contested.
    category: Category.
    status: open, in_review or closed.
    owner: Who has it.
    opened_time: UTC ms.
    channel: How it came: message, portal, short_payment, operator or empty.
    carrier: The carrier, or empty.
    product: The product, or empty.
    credited: Minor units of it that credit notes settled.
    deadline: When its owner's time is over, UTC ms; 0 where no clock runs.
    left_minutes: Business minutes left when the clock stopped for the customer.
    step: Escalation steps taken.
    calendar: Calendar of its owner.
    review_ended: The review took longer than it may: it pauses nothing any more.
    waits_since: Since when it waits for the customer, UTC ms; 0 where it does not.
    waited_ms: How long it has waited for the customer before.
    wanted: Documents that were asked for and are not here.
    order_id: The order of its item, or empty.
    """

    __slots__ = ("dispute_id", "document", "currency", "amount", "category", "status", "owner", "opened_time", "channel", "carrier", "product", "credited", "deadline", "left_minutes", "step", "calendar", "review_ended", "waits_since", "waited_ms", "wanted", "order_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("dispute_id", "document", "currency", "amount", "category", "status", "owner", "opened_time", "channel", "carrier", "product", "credited", "deadline", "left_minutes", "step", "calendar", "review_ended", "waits_since", "waited_ms", "wanted", "order_id", )

    def __init__(
        self,
        dispute_id: str = '',
        document: str = '',
        currency: str = '',
        amount: int = 0,
        category: str = '',
        status: str = 'open',
        owner: str = '',
        opened_time: int = 0,
        channel: str = '',
        carrier: str = '',
        product: str = '',
        credited: int = 0,
        deadline: int = 0,
        left_minutes: int = 0,
        step: int = 0,
        calendar: str = '',
        review_ended: bool = False,
        waits_since: int = 0,
        waited_ms: int = 0,
        wanted: list[str] | None = None,
        order_id: str = '',
    ) -> None:
        self.dispute_id = dispute_id
        self.document = document
        self.currency = currency
        self.amount = amount
        self.category = category
        self.status = status
        self.owner = owner
        self.opened_time = opened_time
        self.channel = channel
        self.carrier = carrier
        self.product = product
        self.credited = credited
        self.deadline = deadline
        self.left_minutes = left_minutes
        self.step = step
        self.calendar = calendar
        self.review_ended = review_ended
        self.waits_since = waits_since
        self.waited_ms = waited_ms
        self.wanted: list[str] = wanted if wanted is not None else []
        self.order_id = order_id


def read_dispute_row(r: Reader) -> DisputeRow:
    return DisputeRow(
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.boolean(),
        r.long(),
        r.long(),
        r.texts(),
        r.text(),
    )


def put_dispute_row(out: BytesWriter, x: DisputeRow) -> None:
    put_text(out, x.dispute_id)
    put_text(out, x.document)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_text(out, x.category)
    put_text(out, x.status)
    put_text(out, x.owner)
    put_long(out, x.opened_time)
    put_text(out, x.channel)
    put_text(out, x.carrier)
    put_text(out, x.product)
    put_long(out, x.credited)
    put_long(out, x.deadline)
    put_long(out, x.left_minutes)
    put_long(out, x.step)
    put_text(out, x.calendar)
    put_boolean(out, x.review_ended)
    put_long(out, x.waits_since)
    put_long(out, x.waited_ms)
    put_texts(out, x.wanted)
    put_text(out, x.order_id)


class DraftRow:
    """A held draft.

    fact: The invoice, as the log has it.
    reasons: Why it is held, every reason.
    held_time: Since when, UTC ms.
    sla_said: The exception of its hold SLA was raised.
    counted_currency: Currency of what is below.
    counted: Of the account's exposure, minor units.
    """

    __slots__ = ("fact", "reasons", "held_time", "sla_said", "counted_currency", "counted", )
    FIELDS: ClassVar[tuple[str, ...]] = ("fact", "reasons", "held_time", "sla_said", "counted_currency", "counted", )

    def __init__(
        self,
        fact: bytes,
        reasons: list[str] | None = None,
        held_time: int = 0,
        sla_said: bool = False,
        counted_currency: str = '',
        counted: int = 0,
    ) -> None:
        self.fact = fact
        self.reasons: list[str] = reasons if reasons is not None else []
        self.held_time = held_time
        self.sla_said = sla_said
        self.counted_currency = counted_currency
        self.counted = counted


def read_draft_row(r: Reader) -> DraftRow:
    return DraftRow(
        r.raw(),
        r.texts(),
        r.long(),
        r.boolean(),
        r.text(),
        r.long(),
    )


def put_draft_row(out: BytesWriter, x: DraftRow) -> None:
    put_raw(out, x.fact)
    put_texts(out, x.reasons)
    put_long(out, x.held_time)
    put_boolean(out, x.sla_said)
    put_text(out, x.counted_currency)
    put_long(out, x.counted)


class LatePayment:
    """Cash valued after the due date.

    value_date: Day.
    amount: Minor units.
    """

    __slots__ = ("value_date", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("value_date", "amount", )

    def __init__(
        self,
        value_date: int = 0,
        amount: int = 0,
    ) -> None:
        self.value_date = value_date
        self.amount = amount


def read_late_payment(r: Reader) -> LatePayment:
    return LatePayment(
        r.long(),
        r.long(),
    )


def put_late_payment(out: BytesWriter, x: LatePayment) -> None:
    put_long(out, x.value_date)
    put_long(out, x.amount)


def _read_late_payments(r: Reader) -> list[LatePayment]:
    items: list[LatePayment] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_late_payment(r))
        count = r.block(len(items))
    return items


def _put_late_payments(out: BytesWriter, items: list[LatePayment]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_late_payment(out, item)
    out.append(u8(0))


class Item:
    """One open or cleared item.

    document: Its number.
    kind: invoice or credit_note.
    currency: ISO 4217.
    amount: Original amount.
    open: Open amount.
    disputed: Contested amount of open disputes.
    document_date: Day.
    posting_date: Day.
    due_date: Day.
    level: Dunning level reached.
    action_date: Day of the next reminder step; 0 none.
    corrects: Invoice that a credit note names.
    disputes: Open disputes on it.
    said_level: Step whose suppression was said.
    raise_by: Levels that a broken promise adds to the next reminder.
    last_letter: Day of its last letter, where each item has its own.
    exhausted: It was reminded at the last step of its sequence.
    late_payments: Late cash by value date, in order of arrival.
    interest: Late interest that was charged for it, minor units.
    compensated: The fixed compensation was charged for it.
    order_id: The order it bills, or empty.
    settles: The dispute that a credit note names, or empty.
    """

    __slots__ = ("document", "kind", "currency", "amount", "open", "disputed", "document_date", "posting_date", "due_date", "level", "action_date", "corrects", "disputes", "said_level", "raise_by", "last_letter", "exhausted", "late_payments", "interest", "compensated", "order_id", "settles", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "kind", "currency", "amount", "open", "disputed", "document_date", "posting_date", "due_date", "level", "action_date", "corrects", "disputes", "said_level", "raise_by", "last_letter", "exhausted", "late_payments", "interest", "compensated", "order_id", "settles", )

    def __init__(
        self,
        document: str,
        kind: str,
        currency: str,
        amount: int,
        open: int,
        disputed: int = 0,
        document_date: int = 0,
        posting_date: int = 0,
        due_date: int = 0,
        level: int = 0,
        action_date: int = 0,
        corrects: str = '',
        disputes: list[str] | None = None,
        said_level: int = 0,
        raise_by: int = 0,
        last_letter: int = 0,
        exhausted: bool = False,
        late_payments: list[LatePayment] | None = None,
        interest: int = 0,
        compensated: bool = False,
        order_id: str = '',
        settles: str = '',
    ) -> None:
        self.document = document
        self.kind = kind
        self.currency = currency
        self.amount = amount
        self.open = open
        self.disputed = disputed
        self.document_date = document_date
        self.posting_date = posting_date
        self.due_date = due_date
        self.level = level
        self.action_date = action_date
        self.corrects = corrects
        self.disputes: list[str] = disputes if disputes is not None else []
        self.said_level = said_level
        self.raise_by = raise_by
        self.last_letter = last_letter
        self.exhausted = exhausted
        self.late_payments: list[LatePayment] = late_payments if late_payments is not None else []
        self.interest = interest
        self.compensated = compensated
        self.order_id = order_id
        self.settles = settles


def read_item(r: Reader) -> Item:
    return Item(
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.texts(),
        r.long(),
        r.long(),
        r.long(),
        r.boolean(),
        _read_late_payments(r),
        r.long(),
        r.boolean(),
        r.text(),
        r.text(),
    )


def put_item(out: BytesWriter, x: Item) -> None:
    put_text(out, x.document)
    put_text(out, x.kind)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.open)
    put_long(out, x.disputed)
    put_long(out, x.document_date)
    put_long(out, x.posting_date)
    put_long(out, x.due_date)
    put_long(out, x.level)
    put_long(out, x.action_date)
    put_text(out, x.corrects)
    put_texts(out, x.disputes)
    put_long(out, x.said_level)
    put_long(out, x.raise_by)
    put_long(out, x.last_letter)
    put_boolean(out, x.exhausted)
    _put_late_payments(out, x.late_payments)
    put_long(out, x.interest)
    put_boolean(out, x.compensated)
    put_text(out, x.order_id)
    put_text(out, x.settles)


def _read_items(r: Reader) -> list[Item]:
    items: list[Item] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_item(r))
        count = r.block(len(items))
    return items


def _put_items(out: BytesWriter, items: list[Item]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_item(out, item)
    out.append(u8(0))


class ItemGroup:
    """Items, open and cleared, whose document numbers fold to the same reference.

    items: In order of arrival.
    """

    __slots__ = ("items", )
    FIELDS: ClassVar[tuple[str, ...]] = ("items", )

    def __init__(
        self,
        items: list[Item] | None = None,
    ) -> None:
        self.items: list[Item] = items if items is not None else []


def read_item_group(r: Reader) -> ItemGroup:
    return ItemGroup(
        _read_items(r),
    )


def put_item_group(out: BytesWriter, x: ItemGroup) -> None:
    _put_items(out, x.items)


class OrderStateLine:
    """Quantities of one order line.

    line: Line number.
    product: Product.
    ordered: Thousandths.
    shipped: Thousandths.
    delivered: Thousandths.
    invoiced: Thousandths released or posted.
    unit_price_micro: Agreed price, millionths of the major unit.
    """

    __slots__ = ("line", "product", "ordered", "shipped", "delivered", "invoiced", "unit_price_micro", )
    FIELDS: ClassVar[tuple[str, ...]] = ("line", "product", "ordered", "shipped", "delivered", "invoiced", "unit_price_micro", )

    def __init__(
        self,
        line: int,
        product: str = '',
        ordered: int = 0,
        shipped: int = 0,
        delivered: int = 0,
        invoiced: int = 0,
        unit_price_micro: int = 0,
    ) -> None:
        self.line = line
        self.product = product
        self.ordered = ordered
        self.shipped = shipped
        self.delivered = delivered
        self.invoiced = invoiced
        self.unit_price_micro = unit_price_micro


def read_order_state_line(r: Reader) -> OrderStateLine:
    return OrderStateLine(
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_order_state_line(out: BytesWriter, x: OrderStateLine) -> None:
    put_long(out, x.line)
    put_text(out, x.product)
    put_long(out, x.ordered)
    put_long(out, x.shipped)
    put_long(out, x.delivered)
    put_long(out, x.invoiced)
    put_long(out, x.unit_price_micro)


def _read_order_state_lines(r: Reader) -> list[OrderStateLine]:
    items: list[OrderStateLine] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_order_state_line(r))
        count = r.block(len(items))
    return items


def _put_order_state_lines(out: BytesWriter, items: list[OrderStateLine]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_order_state_line(out, item)
    out.append(u8(0))


class ShipmentState:
    """One shipment of an order.

    shipment_id: Shipment.
    ship_date: Day.
    delivered_date: Day; 0 not yet.
    complaint: At the door.
    lines: Quantities.
    carrier: Who carries it.
    """

    __slots__ = ("shipment_id", "ship_date", "delivered_date", "complaint", "lines", "carrier", )
    FIELDS: ClassVar[tuple[str, ...]] = ("shipment_id", "ship_date", "delivered_date", "complaint", "lines", "carrier", )

    def __init__(
        self,
        shipment_id: str,
        ship_date: int = 0,
        delivered_date: int = 0,
        complaint: str = '',
        lines: list[ShipmentLine] | None = None,
        carrier: str = '',
    ) -> None:
        self.shipment_id = shipment_id
        self.ship_date = ship_date
        self.delivered_date = delivered_date
        self.complaint = complaint
        self.lines: list[ShipmentLine] = lines if lines is not None else []
        self.carrier = carrier


def read_shipment_state(r: Reader) -> ShipmentState:
    return ShipmentState(
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        _read_shipment_lines(r),
        r.text(),
    )


def put_shipment_state(out: BytesWriter, x: ShipmentState) -> None:
    put_text(out, x.shipment_id)
    put_long(out, x.ship_date)
    put_long(out, x.delivered_date)
    put_text(out, x.complaint)
    _put_shipment_lines(out, x.lines)
    put_text(out, x.carrier)


def _read_shipment_states(r: Reader) -> list[ShipmentState]:
    items: list[ShipmentState] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_shipment_state(r))
        count = r.block(len(items))
    return items


def _put_shipment_states(out: BytesWriter, items: list[ShipmentState]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_shipment_state(out, item)
    out.append(u8(0))


class BilledDocument:
    """A document that bills the order, for telling a second one of the same contents.

    document: Its number.
    amount: Gross, minor units.
    document_date: Day.
    """

    __slots__ = ("document", "amount", "document_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "amount", "document_date", )

    def __init__(
        self,
        document: str,
        amount: int,
        document_date: int,
    ) -> None:
        self.document = document
        self.amount = amount
        self.document_date = document_date


def read_billed_document(r: Reader) -> BilledDocument:
    return BilledDocument(
        r.text(),
        r.long(),
        r.long(),
    )


def put_billed_document(out: BytesWriter, x: BilledDocument) -> None:
    put_text(out, x.document)
    put_long(out, x.amount)
    put_long(out, x.document_date)


def _read_billed_documents(r: Reader) -> list[BilledDocument]:
    items: list[BilledDocument] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_billed_document(r))
        count = r.block(len(items))
    return items


def _put_billed_documents(out: BytesWriter, items: list[BilledDocument]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_billed_document(out, item)
    out.append(u8(0))


class OrderRow:
    """What is known of one order.

    order_id: Order.
    known: The order itself was seen.
    cancelled: Taken back.
    currency: ISO 4217.
    po_reference: Purchase order.
    lines: Lines.
    shipments: Shipments.
    pods: Proofs of delivery that came before their shipment.
    drafts: Held drafts that bill it.
    billed: Released and posted documents that bill it, in order.
    unlined: Net minor units of posted documents without lines that bill it and are not counted on its lines yet.
    wanted_by: Open disputes that wait for a proof of delivery of it.
    counted_currency: Currency in which the two below are in the account's exposure.
    counted_unbilled: Of the account's exposure: delivered and not billed yet, minor units.
    counted_open: Of the account's exposure: ordered and not delivered yet, minor units.
    """

    __slots__ = ("order_id", "known", "cancelled", "currency", "po_reference", "lines", "shipments", "pods", "drafts", "billed", "unlined", "wanted_by", "counted_currency", "counted_unbilled", "counted_open", )
    FIELDS: ClassVar[tuple[str, ...]] = ("order_id", "known", "cancelled", "currency", "po_reference", "lines", "shipments", "pods", "drafts", "billed", "unlined", "wanted_by", "counted_currency", "counted_unbilled", "counted_open", )

    def __init__(
        self,
        order_id: str = '',
        known: bool = False,
        cancelled: bool = False,
        currency: str = '',
        po_reference: str = '',
        lines: list[OrderStateLine] | None = None,
        shipments: list[ShipmentState] | None = None,
        pods: list[str] | None = None,
        drafts: list[str] | None = None,
        billed: list[BilledDocument] | None = None,
        unlined: int = 0,
        wanted_by: list[str] | None = None,
        counted_currency: str = '',
        counted_unbilled: int = 0,
        counted_open: int = 0,
    ) -> None:
        self.order_id = order_id
        self.known = known
        self.cancelled = cancelled
        self.currency = currency
        self.po_reference = po_reference
        self.lines: list[OrderStateLine] = lines if lines is not None else []
        self.shipments: list[ShipmentState] = shipments if shipments is not None else []
        self.pods: list[str] = pods if pods is not None else []
        self.drafts: list[str] = drafts if drafts is not None else []
        self.billed: list[BilledDocument] = billed if billed is not None else []
        self.unlined = unlined
        self.wanted_by: list[str] = wanted_by if wanted_by is not None else []
        self.counted_currency = counted_currency
        self.counted_unbilled = counted_unbilled
        self.counted_open = counted_open


def read_order_row(r: Reader) -> OrderRow:
    return OrderRow(
        r.text(),
        r.boolean(),
        r.boolean(),
        r.text(),
        r.text(),
        _read_order_state_lines(r),
        _read_shipment_states(r),
        r.texts(),
        r.texts(),
        _read_billed_documents(r),
        r.long(),
        r.texts(),
        r.text(),
        r.long(),
        r.long(),
    )


def put_order_row(out: BytesWriter, x: OrderRow) -> None:
    put_text(out, x.order_id)
    put_boolean(out, x.known)
    put_boolean(out, x.cancelled)
    put_text(out, x.currency)
    put_text(out, x.po_reference)
    _put_order_state_lines(out, x.lines)
    _put_shipment_states(out, x.shipments)
    put_texts(out, x.pods)
    put_texts(out, x.drafts)
    _put_billed_documents(out, x.billed)
    put_long(out, x.unlined)
    put_texts(out, x.wanted_by)
    put_text(out, x.counted_currency)
    put_long(out, x.counted_unbilled)
    put_long(out, x.counted_open)


class Allocation:
    """Cash of a receipt on an item.

    document: Item.
    amount: Minor units.
    """

    __slots__ = ("document", "amount", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "amount", )

    def __init__(
        self,
        document: str,
        amount: int,
    ) -> None:
        self.document = document
        self.amount = amount


def read_allocation(r: Reader) -> Allocation:
    return Allocation(
        r.text(),
        r.long(),
    )


def put_allocation(out: BytesWriter, x: Allocation) -> None:
    put_text(out, x.document)
    put_long(out, x.amount)


def _read_allocations(r: Reader) -> list[Allocation]:
    items: list[Allocation] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_allocation(r))
        count = r.block(len(items))
    return items


def _put_allocations(out: BytesWriter, items: list[Allocation]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_allocation(out, item)
    out.append(u8(0))


class CreditTaken:
    """What a remittance took of a credit note for an item.

    document: Item.
    credit: Credit note.
    amount: Minor units.
    dispute_id: The dispute that it settled, or empty.
    """

    __slots__ = ("document", "credit", "amount", "dispute_id", )
    FIELDS: ClassVar[tuple[str, ...]] = ("document", "credit", "amount", "dispute_id", )

    def __init__(
        self,
        document: str,
        credit: str,
        amount: int,
        dispute_id: str = '',
    ) -> None:
        self.document = document
        self.credit = credit
        self.amount = amount
        self.dispute_id = dispute_id


def read_credit_taken(r: Reader) -> CreditTaken:
    return CreditTaken(
        r.text(),
        r.text(),
        r.long(),
        r.text(),
    )


def put_credit_taken(out: BytesWriter, x: CreditTaken) -> None:
    put_text(out, x.document)
    put_text(out, x.credit)
    put_long(out, x.amount)
    put_text(out, x.dispute_id)


def _read_credit_takens(r: Reader) -> list[CreditTaken]:
    items: list[CreditTaken] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_credit_taken(r))
        count = r.block(len(items))
    return items


def _put_credit_takens(out: BytesWriter, items: list[CreditTaken]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_credit_taken(out, item)
    out.append(u8(0))


class SentOn:
    """Cash of a receipt that another account has, or is to get.

    account: Account.
    amount: Sent there and not refused, minor units.
    returned: Of that, what went back to the bank, which that account is told.
    return_date: Posting day of the last such return.
    """

    __slots__ = ("account", "amount", "returned", "return_date", )
    FIELDS: ClassVar[tuple[str, ...]] = ("account", "amount", "returned", "return_date", )

    def __init__(
        self,
        account: str,
        amount: int,
        returned: int,
        return_date: int,
    ) -> None:
        self.account = account
        self.amount = amount
        self.returned = returned
        self.return_date = return_date


def read_sent_on(r: Reader) -> SentOn:
    return SentOn(
        r.text(),
        r.long(),
        r.long(),
        r.long(),
    )


def put_sent_on(out: BytesWriter, x: SentOn) -> None:
    put_text(out, x.account)
    put_long(out, x.amount)
    put_long(out, x.returned)
    put_long(out, x.return_date)


def _read_sent_ons(r: Reader) -> list[SentOn]:
    items: list[SentOn] = []
    count = r.block(0)
    while count:
        for _ in range(count):
            items.append(read_sent_on(r))
        count = r.block(len(items))
    return items


def _put_sent_ons(out: BytesWriter, items: list[SentOn]) -> None:
    if items:
        put_long(out, len(items))
        for item in items:
            put_sent_on(out, item)
    out.append(u8(0))


class ReceiptRow:
    """One receipt of this account.

    receipt_id: Receipt.
    bank_account: Ours.
    bank_reference: The bank's.
    currency: ISO 4217.
    amount: Booked here.
    unapplied: Not applied.
    returned: Went back.
    posting_date: Day.
    value_date: Day.
    payer_name: Payer.
    payer_account: IBAN.
    text: Unstructured text.
    lines: Structured references.
    allocations: What it cleared.
    credits: Credits that its remittance took off, which its return gives back.
    proposed: What was last proposed, so that it is said once.
    refused_by: Accounts that did not take it.
    pending_return: Return that came before the receipt.
    return_date: Posting day of that return.
    sent: What was sent to other accounts, each once, the latest last.
    came_from: Account that sent it here; empty where it came from the bank.
    place: Its place among unapplied receipts, in order of arrival, where they have rows of their own.
    waits_for: Folded references by which it is tried again, where those have rows of their own.
    waits_since: Its place among those that wait.
    """

    __slots__ = ("receipt_id", "bank_account", "bank_reference", "currency", "amount", "unapplied", "returned", "posting_date", "value_date", "payer_name", "payer_account", "text", "lines", "allocations", "credits", "proposed", "refused_by", "pending_return", "return_date", "sent", "came_from", "place", "waits_for", "waits_since", )
    FIELDS: ClassVar[tuple[str, ...]] = ("receipt_id", "bank_account", "bank_reference", "currency", "amount", "unapplied", "returned", "posting_date", "value_date", "payer_name", "payer_account", "text", "lines", "allocations", "credits", "proposed", "refused_by", "pending_return", "return_date", "sent", "came_from", "place", "waits_for", "waits_since", )

    def __init__(
        self,
        receipt_id: str = '',
        bank_account: str = '',
        bank_reference: str = '',
        currency: str = '',
        amount: int = 0,
        unapplied: int = 0,
        returned: int = 0,
        posting_date: int = 0,
        value_date: int = 0,
        payer_name: str = '',
        payer_account: str = '',
        text: str = '',
        lines: list[RemittanceLine] | None = None,
        allocations: list[Allocation] | None = None,
        credits: list[CreditTaken] | None = None,
        proposed: list[str] | None = None,
        refused_by: list[str] | None = None,
        pending_return: int = 0,
        return_date: int = 0,
        sent: list[SentOn] | None = None,
        came_from: str = '',
        place: int = 0,
        waits_for: list[str] | None = None,
        waits_since: int = 0,
    ) -> None:
        self.receipt_id = receipt_id
        self.bank_account = bank_account
        self.bank_reference = bank_reference
        self.currency = currency
        self.amount = amount
        self.unapplied = unapplied
        self.returned = returned
        self.posting_date = posting_date
        self.value_date = value_date
        self.payer_name = payer_name
        self.payer_account = payer_account
        self.text = text
        self.lines: list[RemittanceLine] = lines if lines is not None else []
        self.allocations: list[Allocation] = allocations if allocations is not None else []
        self.credits: list[CreditTaken] = credits if credits is not None else []
        self.proposed: list[str] = proposed if proposed is not None else []
        self.refused_by: list[str] = refused_by if refused_by is not None else []
        self.pending_return = pending_return
        self.return_date = return_date
        self.sent: list[SentOn] = sent if sent is not None else []
        self.came_from = came_from
        self.place = place
        self.waits_for: list[str] = waits_for if waits_for is not None else []
        self.waits_since = waits_since


def read_receipt_row(r: Reader) -> ReceiptRow:
    return ReceiptRow(
        r.text(),
        r.text(),
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.text(),
        r.text(),
        _read_remittance_lines(r),
        _read_allocations(r),
        _read_credit_takens(r),
        r.texts(),
        r.texts(),
        r.long(),
        r.long(),
        _read_sent_ons(r),
        r.text(),
        r.long(),
        r.texts(),
        r.long(),
    )


def put_receipt_row(out: BytesWriter, x: ReceiptRow) -> None:
    put_text(out, x.receipt_id)
    put_text(out, x.bank_account)
    put_text(out, x.bank_reference)
    put_text(out, x.currency)
    put_long(out, x.amount)
    put_long(out, x.unapplied)
    put_long(out, x.returned)
    put_long(out, x.posting_date)
    put_long(out, x.value_date)
    put_text(out, x.payer_name)
    put_text(out, x.payer_account)
    put_text(out, x.text)
    _put_remittance_lines(out, x.lines)
    _put_allocations(out, x.allocations)
    _put_credit_takens(out, x.credits)
    put_texts(out, x.proposed)
    put_texts(out, x.refused_by)
    put_long(out, x.pending_return)
    put_long(out, x.return_date)
    _put_sent_ons(out, x.sent)
    put_text(out, x.came_from)
    put_long(out, x.place)
    put_texts(out, x.waits_for)
    put_long(out, x.waits_since)


class ShardRow:
    """Where a shard stands.

    log_id: Identity of the facts topic.
    decisions_log_id: Identity of the decisions topic.
    next_offset: Offset of the next fact.
    last_digest: 64 bits of the last fact.
    next_sequence: Number of the next decision.
    confirmed_sequence: Decisions below this are confirmed by the log.
    now: The shard's time, UTC ms.
    mode: live or replay; empty before the first clock.
    allowed_clock: An operator allows the clock up to here.
    allowed_future: An operator allows events up to here.
    rules_version: Rules in force.
    policy_version: Policy in force.
    policy_text: Its text.
    watermarks: Of the last clock.
    last_offset: Offset of the last fact; -1 none.
    decisions_offset: Offset in the decisions log after the last confirmed decision.
    parked_accounts: Accounts that are parked.
    row_format: Version of the rows' formats; a state of another one is built again from the logs.
    sweep_due: Wakes up to this time were brought forward to new reminder steps; -1 where none are to be.
    sweep_account: The last account of that time whose wake was.
    """

    __slots__ = ("log_id", "decisions_log_id", "next_offset", "last_digest", "next_sequence", "confirmed_sequence", "now", "mode", "allowed_clock", "allowed_future", "rules_version", "policy_version", "policy_text", "watermarks", "last_offset", "decisions_offset", "parked_accounts", "row_format", "sweep_due", "sweep_account", )
    FIELDS: ClassVar[tuple[str, ...]] = ("log_id", "decisions_log_id", "next_offset", "last_digest", "next_sequence", "confirmed_sequence", "now", "mode", "allowed_clock", "allowed_future", "rules_version", "policy_version", "policy_text", "watermarks", "last_offset", "decisions_offset", "parked_accounts", "row_format", "sweep_due", "sweep_account", )

    def __init__(
        self,
        log_id: str = '',
        decisions_log_id: str = '',
        next_offset: int = 0,
        last_digest: int = 0,
        next_sequence: int = 0,
        confirmed_sequence: int = 0,
        now: int = 0,
        mode: str = '',
        allowed_clock: int = 0,
        allowed_future: int = 0,
        rules_version: str = '',
        policy_version: int = 0,
        policy_text: str = '',
        watermarks: list[Watermark] | None = None,
        last_offset: int = -1,
        decisions_offset: int = 0,
        parked_accounts: int = 0,
        row_format: int = 0,
        sweep_due: int = -1,
        sweep_account: str = '',
    ) -> None:
        self.log_id = log_id
        self.decisions_log_id = decisions_log_id
        self.next_offset = next_offset
        self.last_digest = last_digest
        self.next_sequence = next_sequence
        self.confirmed_sequence = confirmed_sequence
        self.now = now
        self.mode = mode
        self.allowed_clock = allowed_clock
        self.allowed_future = allowed_future
        self.rules_version = rules_version
        self.policy_version = policy_version
        self.policy_text = policy_text
        self.watermarks: list[Watermark] = watermarks if watermarks is not None else []
        self.last_offset = last_offset
        self.decisions_offset = decisions_offset
        self.parked_accounts = parked_accounts
        self.row_format = row_format
        self.sweep_due = sweep_due
        self.sweep_account = sweep_account


def read_shard_row(r: Reader) -> ShardRow:
    return ShardRow(
        r.text(),
        r.text(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.long(),
        r.text(),
        r.long(),
        r.text(),
        _read_watermarks(r),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.long(),
        r.text(),
    )


def put_shard_row(out: BytesWriter, x: ShardRow) -> None:
    put_text(out, x.log_id)
    put_text(out, x.decisions_log_id)
    put_long(out, x.next_offset)
    put_long(out, x.last_digest)
    put_long(out, x.next_sequence)
    put_long(out, x.confirmed_sequence)
    put_long(out, x.now)
    put_text(out, x.mode)
    put_long(out, x.allowed_clock)
    put_long(out, x.allowed_future)
    put_text(out, x.rules_version)
    put_long(out, x.policy_version)
    put_text(out, x.policy_text)
    _put_watermarks(out, x.watermarks)
    put_long(out, x.last_offset)
    put_long(out, x.decisions_offset)
    put_long(out, x.parked_accounts)
    put_long(out, x.row_format)
    put_long(out, x.sweep_due)
    put_text(out, x.sweep_account)


def read_fact(schema_id: i64, r: Reader) -> Fact:
    """The fact of that wire id, of any version; Unreadable for an id that is not ours."""
    if schema_id == 2000000140:
        return read_receipt(r)
    if schema_id == 2000000134:
        return read_invoice(r)
    if schema_id == 2000000103:
        return read_shipment(r)
    if schema_id == 2000000104:
        return read_proof_of_delivery(r)
    if schema_id == 2000000105:
        return read_order(r)
    if schema_id == 2000000106:
        return read_clock(r)
    if schema_id == 2000000107:
        return read_drain(r)
    if schema_id == 2000000136:
        return read_customer(r)
    if schema_id == 2000000135:
        return read_credit_note(r)
    if schema_id == 2000000119:
        return read_receipt_returned(r)
    if schema_id == 2000000141:
        return read_remittance_advice(r)
    if schema_id == 2000000137:
        return read_dispute(r)
    if schema_id == 2000000144:
        return read_dispute_update(r)
    if schema_id == 2000000139:
        return read_promise(r)
    if schema_id == 2000000143:
        return read_operator_action(r)
    if schema_id == 2000000116:
        return read_policy(r)
    if schema_id == 2000000117:
        return read_rules(r)
    if schema_id == 2000000142:
        return read_cash_transferred(r)
    if schema_id == 2000000120:
        return read_debit_note(r)
    if schema_id == 2000000121:
        return read_opening_item(r)
    if schema_id == 2000000122:
        return read_payer_relation(r)
    if schema_id == 2000000123:
        return read_price_agreement(r)
    if schema_id == 2000000124:
        return read_return(r)
    if schema_id == 2000000125:
        return read_refund(r)
    if schema_id == 2000000126:
        return read_message(r)
    if schema_id == 2000000127:
        return read_service_case(r)
    if schema_id == 2000000128:
        return read_account_owner(r)
    if schema_id == 2000000129:
        return read_approval(r)
    if schema_id == 2000000170:
        return read_credit_limit(r)
    if schema_id == 2000000131:
        return read_fx_rate(r)
    if schema_id == 2000000132:
        return read_period_close(r)
    if schema_id == 2000000133:
        return read_erp_posting(r)
    if schema_id == 2000000171:
        return read_credit_exposure(r)
    if schema_id == 2000000172:
        return read_credit_group_told(r)
    if schema_id == 2000000101:
        return Receipt(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            _read_remittance_lines(r),
            [],
            0,
            '',
            '',
            '',
        )
    if schema_id == 2000000102:
        return Invoice(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            _read_invoice_lines(r),
            [],
            0,
            False,
            [],
            '',
            '',
            '',
            '',
            '',
            '',
        )
    if schema_id == 2000000108:
        return Customer(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.boolean(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.boolean(),
            r.boolean(),
            r.boolean(),
            r.texts(),
            '',
            [],
            False,
            '',
            '',
            '',
            False,
        )
    if schema_id == 2000000109:
        return CreditNote(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.long(),
            r.long(),
            r.text(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            '',
            '',
            '',
        )
    if schema_id == 2000000110:
        return ReceiptReturned(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            '',
        )
    if schema_id == 2000000111:
        return RemittanceAdvice(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.long(),
            _read_remittance_lines(r),
            [],
            0,
        )
    if schema_id == 2000000112:
        return Dispute(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.optional_long(),
            r.text(),
            r.text(),
            r.text(),
            [],
            '',
            '',
            1000000,
        )
    if schema_id == 2000000113:
        return DisputeUpdate(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            0,
            0,
            '',
            '',
            '',
            [],
            0,
            0,
            0,
            0,
            0,
        )
    if schema_id == 2000000138:
        return DisputeUpdate(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.texts(),
            r.long(),
            r.long(),
            r.long(),
            0,
            0,
        )
    if schema_id == 2000000114:
        return Promise(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.texts(),
            r.boolean(),
            [],
            '',
        )
    if schema_id == 2000000115:
        return OperatorAction(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.text(),
            '',
            '',
            '',
            '',
            0,
        )
    if schema_id == 2000000118:
        return CashTransferred(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.boolean(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            _read_remittance_lines(r),
            [],
            0,
            '',
            '',
            '',
        )
    if schema_id == 2000000130:
        return CreditLimit(
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.boolean(),
            '',
            '',
        )
    raise Unreadable(f"schema id {schema_id} is not one of ours")


def read_any_decision(schema_id: i64, r: Reader) -> Decision:
    """The decision of that wire id, of any version; Unreadable for an id that is not ours."""
    if schema_id == 2000000202:
        return read_decision(r)
    if schema_id == 2000000201:
        return Decision(
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.text(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.text(),
            r.long(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.texts(),
            r.texts(),
            r.text(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            r.long(),
            [],
            [],
            '',
            '',
            '',
            '',
            '',
            '',
            0,
            '',
            0,
            0,
            0,
        )
    raise Unreadable(f"schema id {schema_id} is not a decision's")


def put_fact(out: BytesWriter, fact: Fact) -> None:
    if isinstance(fact, Receipt):
        put_receipt(out, fact)
        return
    if isinstance(fact, Invoice):
        put_invoice(out, fact)
        return
    if isinstance(fact, Shipment):
        put_shipment(out, fact)
        return
    if isinstance(fact, ProofOfDelivery):
        put_proof_of_delivery(out, fact)
        return
    if isinstance(fact, Order):
        put_order(out, fact)
        return
    if isinstance(fact, Clock):
        put_clock(out, fact)
        return
    if isinstance(fact, Drain):
        put_drain(out, fact)
        return
    if isinstance(fact, Customer):
        put_customer(out, fact)
        return
    if isinstance(fact, CreditNote):
        put_credit_note(out, fact)
        return
    if isinstance(fact, ReceiptReturned):
        put_receipt_returned(out, fact)
        return
    if isinstance(fact, RemittanceAdvice):
        put_remittance_advice(out, fact)
        return
    if isinstance(fact, Dispute):
        put_dispute(out, fact)
        return
    if isinstance(fact, DisputeUpdate):
        put_dispute_update(out, fact)
        return
    if isinstance(fact, Promise):
        put_promise(out, fact)
        return
    if isinstance(fact, OperatorAction):
        put_operator_action(out, fact)
        return
    if isinstance(fact, Policy):
        put_policy(out, fact)
        return
    if isinstance(fact, Rules):
        put_rules(out, fact)
        return
    if isinstance(fact, CashTransferred):
        put_cash_transferred(out, fact)
        return
    if isinstance(fact, DebitNote):
        put_debit_note(out, fact)
        return
    if isinstance(fact, OpeningItem):
        put_opening_item(out, fact)
        return
    if isinstance(fact, PayerRelation):
        put_payer_relation(out, fact)
        return
    if isinstance(fact, PriceAgreement):
        put_price_agreement(out, fact)
        return
    if isinstance(fact, Return):
        put_return(out, fact)
        return
    if isinstance(fact, Refund):
        put_refund(out, fact)
        return
    if isinstance(fact, Message):
        put_message(out, fact)
        return
    if isinstance(fact, ServiceCase):
        put_service_case(out, fact)
        return
    if isinstance(fact, AccountOwner):
        put_account_owner(out, fact)
        return
    if isinstance(fact, Approval):
        put_approval(out, fact)
        return
    if isinstance(fact, CreditLimit):
        put_credit_limit(out, fact)
        return
    if isinstance(fact, FxRate):
        put_fx_rate(out, fact)
        return
    if isinstance(fact, PeriodClose):
        put_period_close(out, fact)
        return
    if isinstance(fact, ErpPosting):
        put_erp_posting(out, fact)
        return
    if isinstance(fact, CreditExposure):
        put_credit_exposure(out, fact)
        return
    if isinstance(fact, CreditGroupTold):
        put_credit_group_told(out, fact)
        return
    raise AssertionError(f"no encoder for {fact.kind}")


# By kind, the wire id that is written, which is the latest version's; and every id that is read.
FACT_IDS: Final[dict[str, int]] = {
    "receipt": 2000000140,
    "invoice": 2000000134,
    "shipment": 2000000103,
    "proof_of_delivery": 2000000104,
    "order": 2000000105,
    "clock": 2000000106,
    "drain": 2000000107,
    "customer": 2000000136,
    "credit_note": 2000000135,
    "receipt_returned": 2000000119,
    "remittance_advice": 2000000141,
    "dispute": 2000000137,
    "dispute_update": 2000000144,
    "promise": 2000000139,
    "operator_action": 2000000143,
    "policy": 2000000116,
    "rules": 2000000117,
    "cash_transferred": 2000000142,
    "debit_note": 2000000120,
    "opening_item": 2000000121,
    "payer_relation": 2000000122,
    "price_agreement": 2000000123,
    "return": 2000000124,
    "refund": 2000000125,
    "message": 2000000126,
    "service_case": 2000000127,
    "account_owner": 2000000128,
    "approval": 2000000129,
    "credit_limit": 2000000170,
    "fx_rate": 2000000131,
    "period_close": 2000000132,
    "erp_posting": 2000000133,
    "credit_exposure": 2000000171,
    "credit_group_told": 2000000172,
}
FACT_IDS_READ: Final[dict[str, tuple[int, ...]]] = {
    "receipt": (2000000101, 2000000140,),
    "invoice": (2000000102, 2000000134,),
    "shipment": (2000000103,),
    "proof_of_delivery": (2000000104,),
    "order": (2000000105,),
    "clock": (2000000106,),
    "drain": (2000000107,),
    "customer": (2000000108, 2000000136,),
    "credit_note": (2000000109, 2000000135,),
    "receipt_returned": (2000000110, 2000000119,),
    "remittance_advice": (2000000111, 2000000141,),
    "dispute": (2000000112, 2000000137,),
    "dispute_update": (2000000113, 2000000138, 2000000144,),
    "promise": (2000000114, 2000000139,),
    "operator_action": (2000000115, 2000000143,),
    "policy": (2000000116,),
    "rules": (2000000117,),
    "cash_transferred": (2000000118, 2000000142,),
    "debit_note": (2000000120,),
    "opening_item": (2000000121,),
    "payer_relation": (2000000122,),
    "price_agreement": (2000000123,),
    "return": (2000000124,),
    "refund": (2000000125,),
    "message": (2000000126,),
    "service_case": (2000000127,),
    "account_owner": (2000000128,),
    "approval": (2000000129,),
    "credit_limit": (2000000130, 2000000170,),
    "fx_rate": (2000000131,),
    "period_close": (2000000132,),
    "erp_posting": (2000000133,),
    "credit_exposure": (2000000171,),
    "credit_group_told": (2000000172,),
}
# By the wire id of an older version: the defaults, as Avro, of what the latest one has behind its end.
FACT_DEFAULTS: Final[dict[int, bytes]] = {
    2000000101: b'\x00\x00\x00\x00\x00',
    2000000102: b'\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00',
    2000000108: b'\x00\x00\x00\x00\x00\x00\x00',
    2000000109: b'\x00\x00\x00',
    2000000110: b'\x00',
    2000000111: b'\x00\x00',
    2000000112: b'\x00\x00\x00\x80\x89z',
    2000000113: b'\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00',
    2000000138: b'\x00\x00',
    2000000114: b'\x00\x00',
    2000000115: b'\x00\x00\x00\x00\x00',
    2000000118: b'\x00\x00\x00\x00\x00',
    2000000130: b'\x00\x00',
}
DECISION_ID: Final = 2000000202
