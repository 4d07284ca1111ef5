"""The mappings to begin with that come with headrace: what a row of each becomes, through the real checks of intake."""

import io
from datetime import date
from pathlib import Path

from connectors.checks import findings
from connectors.files.build import Builder, needed_columns
from connectors.files.mapping import __file__ as mapping_file
from connectors.files.mapping import load
from connectors.files.rows import Row, read_rows
from schemas.records import AccountOwner, Customer, Fact, OpeningItem, Receipt, ReceiptReturned
from tests.facts import TODAY

FOLDER = Path(mapping_file).parent / "mappings"


def facts(name: str, *lines: str) -> list[list[Fact]]:
    mapping = load(FOLDER / f"{name}.toml")
    content = io.BytesIO("\n".join(lines).encode())
    builder = Builder(mapping)
    found: list[list[Fact]] = []
    for row in read_rows(content, mapping, name, needed_columns(mapping)).rows:
        assert isinstance(row, Row), row
        made = builder.facts(row, TODAY)
        assert isinstance(made, list), made
        assert [findings(fact, TODAY) for fact in made] == [[]] * len(made)
        found.append(made)
    return found


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


CUSTOMERS = (
    "account,name,country,language,currency,terms_days,address,email,channels,region,segment,tier,bank_accounts,"
    "collector,active,as_of"
)


def test_customers() -> None:
    of_first, of_second = facts(
        "customers",
        CUSTOMERS,
        "C1,Acme GmbH,DE,de,EUR,14,Hauptstr. 1,pay@acme.example,email;portal,south,retail,A,DE89370400440532013000,kim,yes,2025-12-01",
        "C2,Beta Inc,US,,USD,,1 Main St,ap@beta.example,,,,,,,no,2025-12-01",
    )
    customer, owner = of_first
    assert isinstance(customer, Customer)
    assert isinstance(owner, AccountOwner)
    assert (customer.account_id, customer.name, customer.country, customer.language) == ("C1", "Acme GmbH", "DE", "de")
    assert (customer.terms_days, customer.channels, customer.active) == (14, ["email", "portal"], True)
    assert customer.bank_accounts == ["DE89370400440532013000"]
    assert (owner.account_id, owner.role, owner.owner) == ("C1", "collector", "kim")
    (inactive,) = of_second
    assert isinstance(inactive, Customer)
    assert (inactive.language, inactive.terms_days, inactive.channels, inactive.active) == ("en", 30, [], False)


def test_open_items() -> None:
    ((item,), (credit,)) = facts(
        "open_items",
        "account,document,kind,document_date,due_date,currency,amount,open,disputed,level,cut_over",
        "C1,INV-1,,2025-10-01,2025-10-31,EUR,1200.00,700.50,100.00,2,2025-12-01",
        "C1,CRN-1,credit_note,2025-11-01,2025-11-01,EUR,50.00,50.00,,,2025-12-01",
    )
    assert isinstance(item, OpeningItem)
    assert (item.document, item.item_kind, item.amount, item.residual) == ("INV-1", "invoice", 120_000, 70_050)
    assert (item.disputed, item.level, item.posting_date) == (10_000, 2, day("2025-12-01"))
    assert (item.document_date, item.due_date) == (day("2025-10-01"), day("2025-10-31"))
    assert isinstance(credit, OpeningItem)
    assert (credit.item_kind, credit.residual, credit.disputed, credit.level) == ("credit_note", 5_000, 0, 0)


def test_a_bank_statement() -> None:
    came, went_out, back = facts(
        "bank_statement",
        "reference,booked,value_date,currency,amount,payer,payer_account,text,returns",
        "B-1,2025-12-05,2025-12-04,EUR,700.50,Acme GmbH,DE89370400440532013000,INV-1 less dispute,",
        "B-2,2025-12-05,2025-12-05,EUR,-19.90,,,account fee,",
        "B-3,2025-12-09,2025-12-09,EUR,700.50-,Acme GmbH,,not covered,B-1",
    )
    (receipt,) = came
    assert isinstance(receipt, Receipt)
    assert (receipt.account_id, receipt.receipt_id, receipt.amount) == ("", "B-1", 70_050)
    assert (receipt.value_date, receipt.posting_date) == (day("2025-12-04"), day("2025-12-05"))
    assert (receipt.payer_account, receipt.text) == ("DE89370400440532013000", "INV-1 less dispute")
    assert went_out == []
    (returned,) = back
    assert isinstance(returned, ReceiptReturned)
    assert (returned.receipt_id, returned.amount, returned.reason) == ("B-1", 70_050, "not covered")
    # By both they are in the same place while the account is not known.
    assert (returned.bank_account, returned.bank_reference) == (receipt.bank_account, receipt.bank_reference)
