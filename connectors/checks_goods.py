"""What returned goods and agreed prices from outside must fulfil. Part of checks.py."""

from connectors.checking import Check
from schemas.records import PriceAgreement, Return


def goods_back(check: Check, fact: Return) -> None:
    check.identifier("return_id", fact.return_id)
    check.identifier("order_id", fact.order_id)
    check.optional_identifier("shipment_id", fact.shipment_id)
    check.booked_day("return_date", fact.return_date)
    check.text("reason", fact.reason)
    for number, line in enumerate(fact.lines, 1):
        check.optional_identifier(f"lines.{number}.product", line.product)
        check.not_negative(f"lines.{number}.quantity_milli", line.quantity_milli)


def price_agreement(check: Check, fact: PriceAgreement) -> None:
    check.identifier("agreement_id", fact.agreement_id)
    check.identifier("product", fact.product)
    check.currency("currency", fact.currency)
    check.not_negative("unit_price_micro", fact.unit_price_micro)
    check.due_day("valid_from_date", fact.valid_from_date)
    if fact.valid_until_date:
        check.due_day("valid_until_date", fact.valid_until_date)
