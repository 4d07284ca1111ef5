"""Remittance that comes after its money was applied without it opens again only what it explains. Source: REFERENCE 3.5.

What steps 4 to 6 applied rests on no word of the payer. An advice whose lines add up to that money, and which names
items that have room for it, takes off what it says otherwise, and step 2 applies that again. What it says the same of
stays. One that cannot be followed changes nothing, and a person is told.
"""

from typing import Final

from dataflows.rules.account.account import Account
from schemas.records import AdviceRow, Allocation, Decision, ReceiptRow, RemittanceLine

ADVICE: Final = "cash.2.advice"


def open_again(account: Account, receipt: ReceiptRow, advice: AdviceRow, advices: list[AdviceRow]) -> list[Decision]:
    """What an advice that has just come undoes of a receipt that was applied without it. advices: all that name it."""
    lines: list[RemittanceLine] = []
    for each in advices if advice in advices else [advice]:
        lines += each.lines
    applied = [x for x in receipt.allocations if x.document in receipt.guessed]
    total = receipt.unapplied + sum([x.amount for x in applied])
    wanted: dict[str, int] = {}
    for line in lines:
        item = account.known_item(line.document)
        if item is None or item.kind == "credit_note" or item.currency != receipt.currency:
            return _told(receipt, advice, f"unknown:{line.document}")
        room = item.open + _part(applied, line.document)
        amount = room if line.amount is None else line.amount
        if amount > room or amount <= 0:
            return _told(receipt, advice, f"amount_differs:{line.document}")
        wanted[line.document] = wanted.get(line.document, 0) + amount
    stated = sum([wanted[document] for document in wanted])
    more = len(advices) < max([each.parts for each in advices], default=0)
    if stated < total and (more or all(wanted[x] == _part(applied, x) for x in wanted)):
        # The rest of it is on its way, or nothing is said of it.
        return []
    if stated != total:
        return _told(receipt, advice, f"advice_sum:{stated}_of_{total}")
    undone: list[Decision] = []
    for allocation in applied:
        if wanted.get(allocation.document, 0) != allocation.amount:
            if receipt.credits:
                # What a credit note cleared with it cannot be told apart.
                return _told(receipt, advice, "credits_taken")
            if any(x.document == allocation.document for x in receipt.differences):
                # What became of its rest rests on it.
                return _told(receipt, advice, "differences_taken")
            item = account.posted_item(allocation.document)
            undone.append(
                Decision(
                    kind="cash_unapplied",
                    rule=ADVICE,
                    currency=receipt.currency,
                    amount=allocation.amount,
                    document=item.document,
                    receipt_id=receipt.receipt_id,
                    reference_id=advice.advice_id,
                    posting_date=max(receipt.posting_date, item.posting_date),
                    value_date=receipt.value_date,
                    evidence=[f"advice:{each.advice_id}" for each in advices or [advice]],
                )
            )
    return undone


def _part(applied: list[Allocation], document: str) -> int:
    return sum([x.amount for x in applied if x.document == document])


def _told(receipt: ReceiptRow, advice: AdviceRow, why: str) -> list[Decision]:
    """The advice does not fit what is in the books, and the money stays where it is."""
    return [
        Decision(
            kind="cash_proposed",
            rule="cash.proposed",
            currency=receipt.currency,
            amount=receipt.unapplied,
            receipt_id=receipt.receipt_id,
            reasons=[f"advice_differs:{advice.advice_id}", why],
            candidates=[line.document for line in advice.lines[:20]],
        )
    ]
