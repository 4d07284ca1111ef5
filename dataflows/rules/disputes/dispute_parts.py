"""Disputes of a number that stands for several documents: an invoice in instalments, a consolidated one. Source: REFERENCE 3.3.

What is contested of it is contested of its items, in the order of the plan: each has a dispute of its own, named by the
dispute's number, a slash and its place, or the next one that no other dispute is called by. News of the dispute's number is news of all of them.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import documents_of
from dataflows.rules.context import Context
from dataflows.rules.disputes import disputes
from dataflows.rules.disputes.dispute_meaning import Meaning
from schemas.records import Decision, Dispute, DisputeRow, DisputeUpdate, Item

PART_OF: Final = "part_of"


def items_of(account: Account, number: str) -> list[Item]:
    """The debits that a number stands for, where it is none itself."""
    if account.known_item(number) is not None:
        return []
    found = [account.known_item(name) for name in documents_of(account, [number])]
    return [item for item in found if item is not None and item.kind != "credit_note"]


def decide_dispute(account: Account, fact: Dispute, ctx: Context) -> list[Decision]:
    """Open it; of a number for several documents, one for each that is contested."""
    items = items_of(account, fact.document)
    if rows_of(account, fact.dispute_id):
        return [disputes.rejected(fact.dispute_id, fact.document, "dispute_known")]
    known = account.dispute(fact.dispute_id)
    if known is not None and known.part_of:
        return [disputes.rejected(fact.dispute_id, fact.document, f"is_part_of:{known.part_of}")]
    if not items or account.dispute(fact.dispute_id) is not None:
        return disputes.decide_dispute(account, fact, ctx)
    if items[0].currency != fact.currency:
        return [disputes.rejected(fact.dispute_id, fact.document, f"currency_of_item:{items[0].currency}")]
    meaning = disputes.meant_by(account, fact, ctx)
    opened = open_parts(account, fact.dispute_id, items, fact.amount, meaning, fact.channel, ctx)
    return [disputes.completed(decision, fact) for decision in opened]


def open_parts(
    account: Account,
    dispute_id: str,
    items: list[Item],
    amount: int | None,
    meaning: Meaning,
    channel: str,
    ctx: Context,
) -> list[Decision]:
    """A dispute of each item of a number, of `amount` in all: what is open of the first ones; None contests all."""
    decisions: list[Decision] = []
    at = 0
    for item, share in _shares(items, amount):
        at += 1
        while account.dispute(f"{dispute_id}/{at}") is not None:
            # A customer has called one of his own so.
            at += 1
        name = f"{dispute_id}/{at}"
        decision = disputes.opened(account, name, item.document, item.currency, share, meaning, channel, ctx)
        decision.evidence = [*decision.evidence, f"{PART_OF}:{dispute_id}"]
        decisions.append(decision)
    return decisions


def _shares(items: list[Item], amount: int | None) -> list[tuple[Item, int]]:
    """How much of each is contested: as far as they are open, or, where none is, as far as they went; more is of the
    last one."""
    some_open = any(item.open for item in items)
    rooms = [(item, item.open if some_open else item.amount) for item in items]
    rooms = [(item, room) for item, room in rooms if room]
    left = sum([room for _, room in rooms]) if amount is None else amount
    found: list[tuple[Item, int]] = []
    for at, (item, room) in enumerate(rooms):
        share = left if at == len(rooms) - 1 else min(left, room)
        left -= share
        if share:
            found.append((item, share))
    return found


def rows_of(account: Account, dispute_id: str) -> list[DisputeRow]:
    """The disputes that a dispute's number stands for, in the order of the plan; without those that others called so."""
    found: list[DisputeRow] = []
    at = 1
    row = account.dispute(f"{dispute_id}/1")
    while row is not None:
        if row.part_of == dispute_id:
            found.append(row)
        at += 1
        row = account.dispute(f"{dispute_id}/{at}")
    return found


def decide_update(account: Account, fact: DisputeUpdate, ctx: Context) -> list[Decision]:
    """News of a dispute; of one of several items, of all that are still open."""
    rows = rows_of(account, fact.dispute_id)
    if not rows:
        return disputes.decide_update(account, fact, ctx)
    still = [row for row in rows if row.status != "closed"]
    if not still:
        return [disputes.rejected(fact.dispute_id, rows[0].document, "dispute_closed")]
    decisions: list[Decision] = []
    if fact.status != "closed":
        for row in still:
            decisions += disputes.reviewed(account, row, fact, ctx)
        return decisions
    amounts = dict(disputes.amounts_of(fact))
    whole = sum([row.amount for row in still])
    if sum(amounts.values()) != whole or min(amounts.values()) < 0:
        return [_refused(fact, still[0], f"closing_amounts:{sum(amounts.values())}_of_{whole}")]
    for row in still:
        own = _taken(account, row, amounts)
        reason = disputes.why_not(account, row, own)
        if reason:
            return [_refused(fact, row, reason)]
        decisions += disputes.closing(account, row, own, fact, ctx)
    return decisions


def _taken(account: Account, row: DisputeRow, amounts: dict[str, int]) -> list[tuple[str, int]]:
    """What of the closing amounts is this item's; it is taken off them. What was credited already is credited; what
    cannot be of a paid item is left to the others."""
    item = account.known_item(row.document)
    open_amount = 0 if item is None else item.open
    paid = 0 if item is None else item.amount - item.open
    own = dict.fromkeys(amounts, 0)
    left = row.amount
    for name, most in (
        ("credited", min(row.credited, row.amount)),
        ("refunded", paid),
        ("written_off", open_amount),
        ("goodwill", left if open_amount else 0),
        ("recovered", left if open_amount else 0),
        ("rebilled", left if open_amount else 0),
        ("rejected", left),
        ("credited", left),
    ):
        part = min(left, most, amounts[name])
        own[name] += part
        amounts[name] -= part
        left -= part
    return list(own.items())


def _refused(fact: DisputeUpdate, row: DisputeRow, reason: str) -> Decision:
    decision = disputes.rejected(fact.dispute_id, row.document, reason)
    decision.currency = row.currency
    return decision


def came_early(account: Account, number: str, ctx: Context) -> list[Decision]:
    """Disputes that came ahead of a number whose items are all here by now: each goes on as those of its items."""
    items = items_of(account, number)
    decisions: list[Decision] = []
    for dispute_id in account.row.early_disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.document != number or not items or dispute.currency != items[0].currency:
            continue
        decisions.append(disputes.moved(account, dispute, number, ctx))
        meaning = Meaning(dispute.category, [], [], 0)
        amount = dispute.amount - dispute.credited if dispute.amount else None
        decisions += open_parts(account, dispute_id, items, amount, meaning, dispute.channel, ctx)
    return decisions
