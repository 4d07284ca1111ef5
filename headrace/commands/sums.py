"""Amounts as people type them: decimals of a currency, which is that of the document or receipt where it is not said."""

from pathlib import Path
from typing import Final

import typer

from connectors.currencies import MINOR_DIGITS
from connectors.files.values import PLAIN, Unfit, money
from headrace.commands.common import WRONG_USAGE, failures_told, load_existing, say
from headrace.commands.ordering import Place
from headrace.commands.views import asked

_ITEM: Final = """
SELECT DISTINCT currency FROM items WHERE tenant = {tenant:String} AND entity = {entity:String}
AND account_id = {account:String} AND document = {name:String}
"""
_RECEIPT: Final = """
SELECT DISTINCT currency FROM receipts WHERE tenant = {tenant:String} AND entity = {entity:String}
AND account_id = {account:String} AND receipt_id = {name:String}
"""


def in_minor(text: str, currency: str) -> tuple[str, int]:
    """An --amount and its --currency: the code in capitals, and minor units. Wrong usage leaves with exit code 2."""
    code = currency.upper()
    digits = MINOR_DIGITS.get(code)
    if digits is None:
        say(f"--currency {currency}: is no currency of ISO 4217, such as EUR")
        raise typer.Exit(WRONG_USAGE)
    try:
        return code, money(text, code, digits, PLAIN)
    except Unfit as error:
        say(f"--amount: {str(error).partition('. Correct')[0]}")
        raise typer.Exit(WRONG_USAGE) from None


def of_money(
    where: tuple[Path | None, Path | None],
    place: Place,
    amount: str,
    amount_minor: int,
    currency: str = "",
    document: str = "",
    receipt: str = "",
) -> tuple[str, int]:
    """The currency and the minor units that are meant; 0 where no amount is given.

    amount: decimals, in `currency`, else in that of the receipt or document as it is published; amount_minor: as it is.
    Both, an amount that is not above zero, and a currency that cannot be told are wrong usage.
    """
    if not amount:
        return currency, amount_minor
    if amount_minor:
        say("say either --amount or --amount-minor")
        raise typer.Exit(WRONG_USAGE)
    code, minor = in_minor(amount, currency or _currency_of(where, place, document, receipt))
    if minor <= 0:
        say(f"--amount {amount}: is not above zero")
        raise typer.Exit(WRONG_USAGE)
    return code, minor


def _currency_of(where: tuple[Path | None, Path | None], place: Place, document: str, receipt: str) -> str:
    with failures_told():
        settings = load_existing(*where)
    found = []
    if settings.clickhouse or (settings.dir / "clickhouse").is_dir():
        names = {"tenant": place.tenant, "entity": place.entity, "account": place.account, "name": receipt or document}
        found = asked(*where, _RECEIPT if receipt else _ITEM, names)
    if len(found) != 1:
        said = " and ".join(sorted(row["currency"] for row in found))
        about = (
            f"{receipt or document or place.name} is published in {said}"
            if said
            else (f"nothing is published of {receipt or document or place.name}")
        )
        say(f"--amount: {about}, so its currency cannot be told; say it with --currency")
        raise typer.Exit(WRONG_USAGE)
    return str(found[0]["currency"])
