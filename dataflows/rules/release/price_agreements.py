"""Prices agreed with the customer: kept by id, found by product. Source: REFERENCE 3.1.

Rows: table g by id; the index h has for each product the ids of its agreements.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.account_rows import AGREEMENT
from schemas.records import AgreementRow, PriceAgreement

BY_PRODUCT: Final = "h"
_END: Final = "\0"
_BEHIND: Final = "\1"
# Of one product; the first by id are looked at.
MOST_LOOKED_AT: Final = 200


def keep_agreement(account: Account, fact: PriceAgreement) -> None:
    """What was agreed; a later fact of that id replaces it."""
    before = _agreement(account, fact.agreement_id)
    names = account.index()
    if before is None:
        account.row.agreements += 1
        account.touch()
    else:
        names.changed[_name(before.product, fact.agreement_id)] = False
    names.changed[_name(fact.product, fact.agreement_id)] = True
    row = AgreementRow(
        fact.agreement_id,
        fact.product,
        fact.currency,
        fact.unit_price_micro,
        fact.valid_from_date,
        fact.valid_until_date,
        fact.cancelled,
    )
    account.keep(AGREEMENT + fact.agreement_id, row)


def agreed(account: Account, product: str, currency: str, day: int) -> AgreementRow | None:
    """What was agreed for that product on that day: of several, the one that holds since the latest day, then the
    last by id. None where nothing was."""
    if not account.row.agreements:
        return None
    found: AgreementRow | None = None
    start = f"{BY_PRODUCT}{product}"
    for looked, name in enumerate(account.index().between(start + _END, start + _BEHIND)):
        if looked == MOST_LOOKED_AT:
            break
        row = _agreement(account, name[len(start) + 1 :])
        assert row is not None, f"no agreement {name}"
        if _holds(row, product, currency, day) and (found is None or row.valid_from_date >= found.valid_from_date):
            found = row
    return found


def _holds(row: AgreementRow, product: str, currency: str, day: int) -> bool:
    if row.cancelled or row.product != product or row.currency != currency:
        return False
    return row.valid_from_date <= day and (not row.valid_until_date or day <= row.valid_until_date)


def _agreement(account: Account, agreement_id: str) -> AgreementRow | None:
    row = account.fetch(AGREEMENT + agreement_id)
    assert row is None or isinstance(row, AgreementRow)
    return row


def _name(product: str, agreement_id: str) -> str:
    return f"{BY_PRODUCT}{product}{_END}{agreement_id}"
