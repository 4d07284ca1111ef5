"""Consolidated invoices: the drafts that are part of one leave together. Source: CAPABILITIES A3, A6."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.account_rows import CONSOLIDATED
from schemas.records import ConsolidatedRow

INCOMPLETE: Final = "consolidated_incomplete"


def consolidated(account: Account, number: str) -> ConsolidatedRow | None:
    """What is known of the consolidated invoice of that number."""
    row = account.fetch(CONSOLIDATED + number)
    assert row is None or isinstance(row, ConsolidatedRow)
    return row


def join(account: Account, number: str, document: str, held: bool) -> None:
    """A document is part of it: a held draft, or one that is posted."""
    row = consolidated(account, number) or ConsolidatedRow(number)
    if document in row.drafts:
        row.drafts.remove(document)
    if held:
        row.drafts.append(document)
    elif document not in row.documents:
        row.documents.append(document)
    account.keep(CONSOLIDATED + number, row)


def leave(account: Account, number: str, document: str, released: bool) -> None:
    """A draft of it is held no more. Once one was released, the others follow it."""
    row = consolidated(account, number)
    if row is None or document not in row.drafts:
        return
    row.drafts.remove(document)
    if released:
        row.documents.append(document)
        row.leaving = True
    account.keep(CONSOLIDATED + number, row)
