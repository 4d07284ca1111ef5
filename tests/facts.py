"""Facts of every kind that producers send, well-formed unless a test says otherwise; and reading them back from a log."""

from datetime import UTC, datetime
from typing import Any, TypeVar

from connectors.log.base import Log, Record
from connectors.reading import read_to_end
from schemas.codec import decode_fact, encode_fact
from schemas.generate import wire_ids
from schemas.records import (
    AccountOwner,
    Approval,
    CreditLimit,
    CreditNote,
    Customer,
    DebitNote,
    Dispute,
    DisputeUpdate,
    ErpPosting,
    Fact,
    FxRate,
    Invoice,
    InvoiceLine,
    Message,
    OpeningItem,
    OperatorAction,
    Order,
    OrderLine,
    PayerRelation,
    PeriodClose,
    PriceAgreement,
    Promise,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    Refund,
    RemittanceAdvice,
    RemittanceLine,
    Return,
    ReturnLine,
    ServiceCase,
    Shipment,
    ShipmentLine,
)

F = TypeVar("F", bound=Fact)

DAY_MS = 86_400_000


def instant(text: str) -> int:
    """UTC milliseconds of an ISO time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


TODAY = instant("2026-03-10")
DAY = TODAY // DAY_MS


def header(event_id: str, account: str = "A-1", **changes: Any) -> dict[str, Any]:
    fields = {
        "event_id": event_id,
        "recorded_time": 0,
        "correlation": "",
        "source": "erp",
        "tenant": "t1",
        "entity": "us01",
        "account_id": account,
        "event_time": TODAY,
    }
    return fields | changes


def _made(kind: type[F], fields: dict[str, Any], changes: dict[str, Any]) -> F:
    return kind(**(header(changes.pop("event_id", f"{kind.__name__}-1")) | fields | changes))


def invoice(**changes: Any) -> Invoice:
    fields = {
        "document": "INV-1",
        "stage": "posted",
        "document_date": DAY,
        "posting_date": DAY,
        "due_date": DAY + 30,
        "currency": "USD",
        "amount": 10_700,
        "tax": 700,
        "order_id": "O-1",
        "po_reference": "",
        "replaces": "",
        "lines": [InvoiceLine(1, 1, "P-1", 5_000, 20_000_000, 10_000, 700, "S1")],
    }
    return _made(Invoice, fields, changes)


def receipt(**changes: Any) -> Receipt:
    fields = {
        "receipt_id": "R-1",
        "bank_account": "bank-usd-1",
        "bank_reference": "REF-1",
        "currency": "USD",
        "amount": 10_700,
        "posting_date": DAY,
        "value_date": DAY,
        "payer_name": "Payer",
        "payer_account": "",
        "text": "",
        "lines": [RemittanceLine("INV-1", 10_700)],
    }
    return _made(Receipt, fields, changes)


def customer(**changes: Any) -> Customer:
    fields = {
        "name": "Customer 1",
        "active": True,
        "country": "US",
        "language": "en",
        "segment": "",
        "tier": "",
        "currency": "USD",
        "terms_days": 30,
        "billing_address": "1 Street",
        "email": "",
        "po_required": False,
        "direct_debit": False,
        "affiliate": False,
        "bank_accounts": [],
    }
    return _made(Customer, fields, changes)


def dispute(**changes: Any) -> Dispute:
    fields = {
        "dispute_id": "D-1",
        "document": "INV-1",
        "currency": "USD",
        "amount": 500,
        "category": "pricing",
        "reason": "",
        "channel": "portal",
    }
    return _made(Dispute, fields, changes)


def returned(**changes: Any) -> ReceiptReturned:
    fields = {
        "receipt_id": "R-1",
        "bank_account": "bank-usd-1",
        "currency": "USD",
        "amount": 10_700,
        "posting_date": DAY,
        "value_date": DAY,
        "reason": "AM04",
        "bank_reference": "REF-1",
        "from_account": "",
    }
    return _made(ReceiptReturned, fields, changes)


def return_of_version_1(fact: ReceiptReturned) -> bytes:
    """The message as version 1 of the schema had it, which ended before from_account."""
    assert fact.from_account == ""
    return b"\0" + wire_ids()["receipt_returned", 1].to_bytes(4, "big") + encode_fact(fact)[5:-1]


def advice(**changes: Any) -> RemittanceAdvice:
    fields = {
        "advice_id": "ADV-1",
        "currency": "USD",
        "amount": 10_700,
        "receipt_id": "",
        "bank_reference": "REF-1",
        "value_date": DAY,
        "lines": [RemittanceLine("INV-1", None)],
    }
    return _made(RemittanceAdvice, fields, changes)


def operator_action(**changes: Any) -> OperatorAction:
    fields = {
        "action": "resume_account",
        "actor": "operator",
        "receipt_id": "",
        "document": "",
        "target_account": "",
        "currency": "",
        "amount": 0,
        "until": 0,
        "note": "",
    }
    return _made(OperatorAction, fields, changes)


def approval(**changes: Any) -> Approval:
    fields = {
        "approval_id": "write_off:INV-1",
        "decision": "approved",
        "actor": "lee",
        "role": "",
        "delegate": "",
        "note": "",
    }
    return _made(Approval, fields, changes)


def message(**changes: Any) -> Message:
    fields = {
        "message_id": "M-1",
        "direction": "out",
        "channel": "email",
        "status": "sent",
        "document": "",
        "delivery_id": "",
        "template": "",
        "reason": "",
        "text": "",
    }
    return _made(Message, fields, changes)


def service_case(**changes: Any) -> ServiceCase:
    fields = {"case_id": "C-1", "status": "open", "document": "", "category": "", "note": ""}
    return _made(ServiceCase, fields, changes)


def account_owner(**changes: Any) -> AccountOwner:
    return _made(AccountOwner, {"role": "collector", "owner": "anna", "valid_from_date": 0}, changes)


def debit_note(**changes: Any) -> DebitNote:
    fields = {
        "document": "DN-1",
        "document_date": DAY,
        "posting_date": DAY,
        "due_date": DAY + 30,
        "currency": "USD",
        "amount": 750,
        "tax": 0,
        "invoice": "INV-1",
        "reason": "bank fee",
    }
    return _made(DebitNote, fields, changes)


def opening_item(**changes: Any) -> OpeningItem:
    fields = {
        "document": "OLD-1",
        "item_kind": "invoice",
        "document_date": DAY - 40,
        "posting_date": DAY,
        "due_date": DAY - 10,
        "currency": "USD",
        "amount": 10_000,
        "residual": 6_000,
        "level": 2,
        "disputed": 1_000,
        "dispute_id": "D-9",
        "order_id": "",
    }
    return _made(OpeningItem, fields, changes)


def refund(**changes: Any) -> Refund:
    fields = {
        "refund_id": "RF-1",
        "currency": "USD",
        "amount": 500,
        "posting_date": DAY,
        "value_date": DAY,
        "receipt_id": "R-1",
        "document": "",
    }
    return _made(Refund, fields, changes)


def fx_rate(**changes: Any) -> FxRate:
    """For the whole installation: of no account."""
    fields = {"base_currency": "EUR", "quote_currency": "USD", "rate_nano": 1_100_000_000, "rate_date": DAY}
    return _made(FxRate, fields, {"account_id": ""} | changes)


def period_close(**changes: Any) -> PeriodClose:
    return _made(PeriodClose, {"first_open_date": DAY}, {"account_id": ""} | changes)


def erp_posting(**changes: Any) -> ErpPosting:
    fields = {
        "posting_id": "4711",
        "status": "refused",
        "decision_id": "0-12",
        "document": "INV-1",
        "receipt_id": "",
        "currency": "USD",
        "amount": 100,
        "reason": "period closed",
    }
    return _made(ErpPosting, fields, changes)


def credit_limit(**changes: Any) -> CreditLimit:
    fields = {
        "limit_id": "L-1",
        "currency": "USD",
        "amount": 100_000,
        "valid_from_date": 0,
        "valid_until_date": 0,
        "group": "",
        "cancelled": False,
    }
    return _made(CreditLimit, fields, changes)


def one_of_each() -> list[Fact]:
    """A fact of every kind that producers send."""
    others: list[tuple[type[Fact], dict[str, Any]]] = [
        (
            Order,
            {
                "order_id": "O-1",
                "order_date": DAY,
                "currency": "USD",
                "po_reference": "PO",
                "cancelled": False,
                "lines": [OrderLine(1, "P-1", 5_000, 20_000_000)],
            },
        ),
        (
            PayerRelation,
            {
                "relation_id": "PR-1",
                "pays_for": "A-2",
                "pays_for_entity": "",
                "valid_from_date": DAY,
                "valid_until_date": 0,
                "cancelled": False,
            },
        ),
        (
            Shipment,
            {
                "shipment_id": "S-1",
                "order_id": "O-1",
                "carrier": "c",
                "ship_date": DAY,
                "lines": [ShipmentLine(1, "P-1", 5_000)],
            },
        ),
        (
            Return,
            {
                "return_id": "RT-1",
                "order_id": "O-1",
                "shipment_id": "S-1",
                "return_date": DAY,
                "reason": "",
                "lines": [ReturnLine(1, "P-1", 1_000)],
            },
        ),
        (
            PriceAgreement,
            {
                "agreement_id": "PA-1",
                "product": "P-1",
                "currency": "USD",
                "unit_price_micro": 20_000_000,
                "valid_from_date": DAY,
                "valid_until_date": 0,
                "cancelled": False,
            },
        ),
        (ProofOfDelivery, {"shipment_id": "S-1", "order_id": "O-1", "delivered_date": DAY, "complaint": ""}),
        (
            CreditNote,
            {
                "document": "CN-1",
                "document_date": DAY,
                "posting_date": DAY,
                "currency": "USD",
                "amount": 100,
                "tax": 0,
                "invoice": "INV-1",
                "reason": "",
            },
        ),
        (
            DisputeUpdate,
            {
                "dispute_id": "D-1",
                "status": "closed",
                "owner": "",
                "credited": 500,
                "rejected": 0,
                "written_off": 0,
                "note": "",
            },
        ),
        (
            Promise,
            {
                "promise_id": "P-1",
                "currency": "USD",
                "amount": 100,
                "promised_date": DAY + 5,
                "documents": ["INV-1"],
                "cancelled": False,
            },
        ),
    ]
    return [
        invoice(),
        receipt(),
        customer(),
        dispute(),
        returned(),
        advice(),
        operator_action(),
        approval(),
        message(),
        service_case(),
        account_owner(),
        debit_note(),
        opening_item(),
        refund(),
        fx_rate(),
        period_close(),
        erp_posting(),
        credit_limit(),
        *(kind(**(header(f"{kind.__name__}-1") | fields)) for kind, fields in others),
    ]


def records(log: Log, topic: str) -> list[list[Record]]:
    """All records of a topic, by partition."""
    begins, ends = log.begin_offsets(topic), log.end_offsets(topic)
    found: list[list[Record]] = [[] for _ in ends]
    reader = log.reader(topic, dict(enumerate(begins)))
    for batch in read_to_end(reader, dict(enumerate(ends))):
        for record in batch:
            found[record.partition].append(record)
    reader.close()
    return found


def facts(log: Log, topic: str) -> list[list[Fact]]:
    """All facts of a topic, by partition."""
    return [[decode_fact(record.value) for record in partition] for partition in records(log, topic)]
