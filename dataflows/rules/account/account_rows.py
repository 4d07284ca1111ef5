"""The rows of an account: their tables, their bytes, and where they are read from."""

from collections.abc import Mapping
from typing import Final

from librt.strings import BytesWriter

from dataflows.rules.account.index_rows import IndexRows
from dataflows.rules.policy.policy import Policy, Provisions
from schemas.records import (
    AdviceRow,
    AgreementRow,
    ConsolidatedRow,
    CreditRow,
    CustomerRow,
    DisputeRow,
    DraftRow,
    ExceptionRow,
    ItemGroup,
    OrderRow,
    ReceiptRow,
    RefundRow,
    put_advice_row,
    put_agreement_row,
    put_consolidated_row,
    put_credit_row,
    put_customer_row,
    put_dispute_row,
    put_draft_row,
    put_exception_row,
    put_item_group,
    put_order_row,
    put_receipt_row,
    put_refund_row,
    read_advice_row,
    read_agreement_row,
    read_consolidated_row,
    read_credit_row,
    read_customer_row,
    read_dispute_row,
    read_draft_row,
    read_exception_row,
    read_item_group,
    read_order_row,
    read_receipt_row,
    read_refund_row,
)
from schemas.wire import ANY_ITEMS, Reader

# The first letter of a row's name is its table; the rest is the document's id.
ACCOUNT: Final = "A"
ITEMS: Final = "I"
DRAFT: Final = "D"
ORDER: Final = "O"
RECEIPT: Final = "R"
ADVICE: Final = "V"
DISPUTE: Final = "T"
CUSTOMER: Final = "K"
EXCEPTION: Final = "S"
AGREEMENT: Final = "g"
CONSOLIDATED: Final = "c"
CREDIT: Final = "C"
REFUND: Final = "r"

Row = (
    CustomerRow
    | ItemGroup
    | DraftRow
    | OrderRow
    | ReceiptRow
    | AdviceRow
    | DisputeRow
    | ExceptionRow
    | AgreementRow
    | ConsolidatedRow
    | CreditRow
    | RefundRow
)


class Rows(IndexRows):
    """Where an account's rows are read from. A base class; its methods are overridden."""

    def fetch(self, account_key: str, name: str) -> bytes | None:
        """The row of that name, or None."""
        raise NotImplementedError

    def unstored(self, account_key: str) -> Mapping[str, bytes]:
        """Rows that are not among `names` as they are now: by name, empty for one that is gone. Index rows never are."""
        return {}

    def provisions(self, account_key: str, policy: Policy, day: int) -> Provisions | None:
        """What the policy says on that day for the account, whatever the currency, where that is known; the account says
        it by `keep_provisions`."""
        return None

    def keep_provisions(self, account_key: str, policy: Policy, day: int, found: Provisions) -> None:
        """Know it until another policy, a day on which other variants hold, or other master data."""

    def forget_provisions(self, account_key: str) -> None:
        """The account's master data are others from now on."""


def decode(name: str, raw: bytes) -> Row:
    """The row of that name out of its bytes."""
    # Those that come most first.
    reader = Reader(raw, 0, ANY_ITEMS)
    table = name[0]
    if table == ITEMS:
        return read_item_group(reader)
    if table == RECEIPT:
        return read_receipt_row(reader)
    if table == CREDIT:
        return read_credit_row(reader)
    if table == CUSTOMER:
        return read_customer_row(reader)
    if table == ORDER:
        return read_order_row(reader)
    if table == DRAFT:
        return read_draft_row(reader)
    if table == ADVICE:
        return read_advice_row(reader)
    if table == EXCEPTION:
        return read_exception_row(reader)
    if table == AGREEMENT:
        return read_agreement_row(reader)
    if table == CONSOLIDATED:
        return read_consolidated_row(reader)
    if table == REFUND:
        return read_refund_row(reader)
    assert table == DISPUTE, f"no table {table}"
    return read_dispute_row(reader)


def encode(row: Row) -> bytes:
    """The row as it is stored. Raises ValueError where it holds a number of more than 64 bits."""
    out = BytesWriter()
    if isinstance(row, ItemGroup):
        put_item_group(out, row)
    elif isinstance(row, ReceiptRow):
        put_receipt_row(out, row)
    elif isinstance(row, CreditRow):
        put_credit_row(out, row)
    elif isinstance(row, OrderRow):
        put_order_row(out, row)
    elif isinstance(row, DraftRow):
        put_draft_row(out, row)
    elif isinstance(row, CustomerRow):
        put_customer_row(out, row)
    elif isinstance(row, ExceptionRow):
        put_exception_row(out, row)
    elif isinstance(row, AdviceRow):
        put_advice_row(out, row)
    elif isinstance(row, AgreementRow):
        put_agreement_row(out, row)
    elif isinstance(row, ConsolidatedRow):
        put_consolidated_row(out, row)
    elif isinstance(row, RefundRow):
        put_refund_row(out, row)
    else:
        put_dispute_row(out, row)
    return out.getvalue()
