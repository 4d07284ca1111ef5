"""How disputes are kept: opened, routed, escalated, settled, closed. They post no money. evolve.py says when."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.posting_items import fill, pause
from dataflows.rules.disputes import dispute_documents, dispute_routing
from dataflows.rules.disputes.disputes import AMOUNT_KNOWN
from dataflows.rules.evidence import number, value
from schemas.records import Decision, DisputeRow

# What the rules of decisions about disputes begin with, besides those of KINDS.
DISPUTES: Final = "disputes."
KINDS: Final = ("dispute_opened", "dispute_routed", "dispute_closed")


def post_about_dispute(account: Account, d: Decision) -> None:
    """What a decision says of a dispute."""
    kind = d.kind
    if kind == "dispute_opened":
        if d.rule == AMOUNT_KNOWN:
            _post_contested(account, d)
        else:
            _post_opened(account, d)
    elif kind == "dispute_routed":
        _post_routed(account, d)
    elif kind == "dispute_closed":
        _post_closed(account, d)
    elif d.rule == dispute_documents.ASKED:
        _post_wanted(account, d)
    elif d.rule in (dispute_routing.OVERDUE, dispute_routing.REVIEW_ENDED):
        _post_escalated(account, d)


def known(account: Account, dispute_id: str) -> DisputeRow:
    dispute = account.dispute(dispute_id)
    assert dispute is not None, f"no dispute {dispute_id}"
    return dispute


def _post_opened(account: Account, d: Decision) -> None:
    dispute = DisputeRow(d.reference_id, d.document, d.currency, d.amount, d.text, "open", "", d.event_time, d.channel)
    dispute.part_of = value(d, "part_of")
    dispute.carrier = value(d, "carrier")
    dispute.product = value(d, "product")
    account.put_dispute(dispute)
    item = account.known_item(d.document)
    if item is None:
        account.row.early_disputes.append(d.reference_id)
        account.touch()
    elif item.kind != "credit_note":
        item.disputes.append(d.reference_id)
        _pause(account, d)


def _post_closed(account: Account, d: Decision) -> None:
    dispute = known(account, d.reference_id)
    dispute.status = "closed"
    dispute.category = d.category
    if dispute.deadline:
        account.set_deadline(dispute, 0)
    account.put_dispute(dispute)
    item = account.known_item(d.document)
    early = account.row.early_disputes
    if d.reference_id in early:
        early.remove(d.reference_id)
        account.touch()
    elif item is not None and item.kind != "credit_note":
        item.disputes.remove(d.reference_id)
        _pause(account, d)


def _pause(account: Account, d: Decision) -> None:
    """What the open disputes of its item pause by now, in the decision too."""
    item = account.posted_item(d.document)
    pause(account, item)
    account.touch_item(item)
    fill(d, item)


def _post_contested(account: Account, d: Decision) -> None:
    """What a dispute contests that was opened before its item, and pauses it by now."""
    dispute = known(account, d.reference_id)
    dispute.amount = d.amount
    account.put_dispute(dispute)
    _pause(account, d)


def _post_routed(account: Account, d: Decision) -> None:
    """Whose it is, until when; and whether it waits for the customer, which stops its clock."""
    dispute = known(account, d.reference_id)
    dispute.status = d.text
    dispute.owner = d.owner
    dispute.category = d.category
    dispute.calendar = value(d, "calendar")
    dispute.left_minutes = number(d, "left_minutes")
    time = max(d.event_time, dispute.opened_time)
    if d.rule == dispute_routing.WAITING:
        dispute.waits_since = dispute.waits_since or max(1, time)
    elif dispute.waits_since:
        dispute.waited_ms += max(0, time - dispute.waits_since)
        dispute.waits_since = 0
    account.put_dispute(dispute)
    if d.deadline != dispute.deadline:
        account.set_deadline(dispute, d.deadline)


def _post_escalated(account: Account, d: Decision) -> None:
    dispute = known(account, d.reference_id)
    dispute.step = d.level
    account.set_deadline(dispute, d.deadline)
    if d.rule == dispute_routing.REVIEW_ENDED:
        dispute.review_ended = True
        if account.known_item(d.document) is not None:
            step = d.level
            _pause(account, d)
            d.level = step


def _post_wanted(account: Account, d: Decision) -> None:
    """A proof of delivery that was asked for, or is no more."""
    dispute = known(account, value(d, "dispute"))
    wanted = f"{dispute_documents.PROOF}:{value(d, 'shipment')}"
    order_id = value(d, "order")
    order = account.order(order_id)
    assert order is not None, f"no order {order_id}"
    if d.kind == "exception_raised":
        dispute.wanted.append(wanted)
        dispute.order_id = order_id
        if dispute.dispute_id not in order.wanted_by:
            order.wanted_by.append(dispute.dispute_id)
    else:
        dispute.wanted.remove(wanted)
        if not dispute.wanted:
            order.wanted_by.remove(dispute.dispute_id)
    account.put_dispute(dispute)
    account.put_order(order)
