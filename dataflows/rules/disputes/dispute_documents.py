"""What a dispute is judged by: documents that are here are its evidence, a missing proof of delivery is asked for.

Source: CAPABILITIES B2. What is asked for is an exception that names the carrier, closed when it is here, or when the
dispute is closed.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.context import Context
from schemas.records import Decision

ASKED: Final = "disputes.document"
PROOF: Final = "proof_of_delivery"
# Shipments of one order that a decision names.
MOST_NAMED: Final = 50


def evidence_of(account: Account, document: str, names: list[str]) -> tuple[list[str], list[str]]:
    """What is here of these kinds of documents for an item, as name:value; and what is not, with why."""
    item = account.known_item(document)
    order_id = "" if item is None else item.order_id
    order = account.order(order_id) if order_id else None
    here: list[str] = []
    missing: list[str] = []
    for name in names:
        if name == "order" and order is not None and order.known:
            here.append(f"order:{order_id}")
        elif name == PROOF and order is not None and order.shipments:
            for shipment in order.shipments[:MOST_NAMED]:
                if shipment.delivered_date:
                    here.append(f"{PROOF}:{shipment.shipment_id}")
                else:
                    missing.append(f"{PROOF}:{shipment.shipment_id}: not here")
        else:
            missing.append(f"{name}: not here")
    return here, missing


def source_of(account: Account, document: str) -> tuple[str, str]:
    """The one carrier and the one product of an item's order; empty where there are several, or none."""
    item = account.known_item(document)
    order = account.order(item.order_id) if item is not None and item.order_id else None
    if order is None:
        return "", ""
    carriers = {shipment.carrier for shipment in order.shipments}
    products = {line.product for line in order.lines}
    return (min(carriers) if len(carriers) == 1 else "", min(products) if len(products) == 1 else "")


def ask_for_item(account: Account, document: str, ctx: Context) -> list[Decision]:
    """Disputes that came ahead of their item ask for its documents, now that it is here."""
    decisions: list[Decision] = []
    for dispute_id in account.posted_item(document).disputes:
        decisions += ask(account, dispute_id, ctx)
    return decisions


def ask(account: Account, dispute_id: str, ctx: Context) -> list[Decision]:
    """Ask the carrier for each proof of delivery that the dispute's category needs and that is not here."""
    dispute = account.dispute(dispute_id)
    assert dispute is not None, f"no dispute {dispute_id}"
    item = account.known_item(dispute.document)
    if item is None or not item.order_id or dispute.status == "closed":
        return []
    terms = account.provisions(ctx, dispute.currency).disputes
    order = account.order(item.order_id)
    if order is None or PROOF not in terms.documents.get(dispute.category, []):
        return []
    decisions: list[Decision] = []
    for shipment in order.shipments[:MOST_NAMED]:
        if not shipment.delivered_date and f"{PROOF}:{shipment.shipment_id}" not in dispute.wanted:
            decisions.append(
                Decision(
                    kind="exception_raised",
                    rule=ASKED,
                    currency=dispute.currency,
                    document=dispute.document,
                    reference_id=f"{PROOF}:{dispute_id}:{shipment.shipment_id}",
                    owner=shipment.carrier,
                    category="missing_pod",
                    reasons=[f"proof_of_delivery_missing:{shipment.shipment_id}"],
                    text=shipment.carrier,
                    evidence=[f"dispute:{dispute_id}", f"shipment:{shipment.shipment_id}", f"order:{item.order_id}"],
                )
            )
    return decisions


def arrived(account: Account, order_id: str) -> list[Decision]:
    """Proofs of delivery that disputes waited for and that are here now."""
    order = account.order(order_id)
    if order is None or not order.wanted_by:
        return []
    delivered = {x.shipment_id for x in order.shipments if x.delivered_date}
    decisions: list[Decision] = []
    for dispute_id in order.wanted_by:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        for wanted in dispute.wanted:
            shipment_id = wanted[len(PROOF) + 1 :]
            if shipment_id in delivered:
                decisions.append(
                    _no_more(dispute_id, dispute.document, dispute.currency, order_id, shipment_id, wanted)
                )
    return decisions


def not_needed(account: Account, dispute_id: str) -> list[Decision]:
    """The dispute is closed: what was asked for it is needed no more."""
    dispute = account.dispute(dispute_id)
    assert dispute is not None, f"no dispute {dispute_id}"
    return [
        _no_more(dispute_id, dispute.document, dispute.currency, dispute.order_id, wanted[len(PROOF) + 1 :], "")
        for wanted in dispute.wanted
    ]


def came_with(account: Account, dispute_id: str, documents: list[str]) -> list[Decision]:
    """Proofs of delivery that somebody brought: each ends what was asked for it."""
    dispute = account.dispute(dispute_id)
    assert dispute is not None, f"no dispute {dispute_id}"
    return [
        _no_more(dispute_id, dispute.document, dispute.currency, dispute.order_id, wanted[len(PROOF) + 1 :], wanted)
        for wanted in dispute.wanted
        if wanted in documents or PROOF in documents
    ]


def _no_more(dispute_id: str, document: str, currency: str, order_id: str, shipment_id: str, came: str) -> Decision:
    decision = closed(ASKED, f"{PROOF}:{dispute_id}:{shipment_id}", currency, document=document)
    decision.evidence = [f"dispute:{dispute_id}", f"shipment:{shipment_id}", f"order:{order_id}"]
    if came:
        decision.evidence.append(came)
    return decision
