"""How decisions about deliveries change what is kept of them. evolve.py says when."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.delivery.delivery_rows import (
    ARRIVED,
    NOT_NEEDED,
    REJECTED,
    UNREACHABLE,
    delivery,
    join,
    keep,
    set_deadline,
    set_unreachable,
)
from dataflows.rules.evidence import value
from schemas.records import Decision, DeliveryRow

# Rules of exceptions about deliveries begin so.
DELIVERIES: Final = "delivery."
NO_CHANNEL: Final = "delivery.unreachable"


def post_about_delivery(account: Account, d: Decision) -> None:
    """delivery_requested, delivery_status, and the exceptions about them."""
    row = delivery(account, d.document)
    out = row is not None and not row.arrived
    if row is None:
        row = DeliveryRow(d.document, "", d.currency, d.amount, d.candidates)
        for document in d.candidates:
            join(account, document, d.document)
    if d.kind == "delivery_requested":
        if row.status == UNREACHABLE:
            set_unreachable(account, row, False)
        row.chain = value(d, "chain").split(",")
        row.at = row.chain.index(d.channel)
        row.tries = d.level
        row.requests += 1
        row.status = "requested"
        set_deadline(account, row, d.deadline)
    elif d.kind == "delivery_status":
        _post_status(account, row, d)
    elif d.kind == "exception_closed":
        row.raised = ""
    else:
        row.raised = d.rule
        if d.rule == NO_CHANNEL:
            row.status = UNREACHABLE
            set_unreachable(account, row, True)
        set_deadline(account, row, 0)
    keep(account, row, out)


def _post_status(account: Account, row: DeliveryRow, d: Decision) -> None:
    if row.status == UNREACHABLE:
        set_unreachable(account, row, False)
    row.status = d.text
    if d.text in ARRIVED or d.text == NOT_NEEDED:
        row.arrived = True
    elif d.text == REJECTED:
        row.arrived = False
    set_deadline(account, row, d.deadline)
