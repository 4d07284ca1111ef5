"""Cash application: what becomes of a receipt once its references are found. Source: REFERENCE 3.5."""

from dataflows.rules.account.account import Account
from dataflows.rules.cash.cash_postings import application, propose
from dataflows.rules.cash.cash_search import complete
from dataflows.rules.cash.cash_wanted import Wanted, references
from dataflows.rules.context import Context
from dataflows.rules.differences.discounts import earned
from schemas.records import Decision, Item, ReceiptRow


def by_wanted(
    account: Account, receipt: ReceiptRow, wanted: list[Wanted], ctx: Context, sent: int = 0
) -> list[Decision]:
    """Decide over all references of a receipt at once. sent: of its money is on its way to others already."""
    left = receipt.unapplied - sent
    if not wanted:
        return []
    missing = [w.reason for w in wanted if w.item is None]
    if len(wanted) == 1 and not missing:
        # A single reference takes what came, and no more than the payer gave it.
        stated_one = wanted[0].amount
        pays = [left if stated_one is None else min(left, stated_one)]
        only = wanted[0].item
        if only is not None and pays[0] > only.open and _is_stranger(account, receipt):
            return propose(account, receipt, sent, ["payer_not_confirmed"], references(wanted))
    else:
        stated = [w.amount if w.amount is not None else (0 if w.item is None else w.item.open) for w in wanted]
        guessed = any(w.amount is None for w in wanted)
        by_sum = any(w.by_sum for w in wanted)
        if guessed and not missing and not by_sum and sum(stated) > left:
            less = [w.amount if w.amount is not None else open_less_discount(account, receipt, w, ctx) for w in wanted]
            stated = less if sum(less) == left else stated
        more = not missing and not by_sum and sum(stated) < left and _in_full(wanted, stated)
        if more and guessed:
            items = [w.item for w in wanted if w.item is not None]
            named = [item.document for item in items]
            more = fits_no_other(account, receipt.currency, left - sum(stated), named) or (
                not sent and complete(account, receipt, ctx, items, []).rule != ""
            )
        if (sum(stated) != left and not more) or (missing and guessed):
            reasons = missing or [f"lines_sum:{sum(stated)}_of_{left}"]
            return propose(account, receipt, sent, reasons, references(wanted))
        pays = stated
    if missing and min(pays) < 0:
        # With a credit taken off, the rest alone is more than the payment.
        return propose(account, receipt, sent, missing, references(wanted))
    credits: list[tuple[Item, int]] = []
    for at in range(len(wanted)):
        credit = wanted[at].item
        if credit is not None and pays[at] < 0:
            credits.append((credit, -pays[at]))
    decisions: list[Decision] = []
    for w, pay in _each_once(wanted, pays):
        item = w.item
        assert item is not None, "only references to items are paid"
        # One of several, or an advice, states more than the item ever was: number and amount do not belong together.
        too_much = (w.amount or 0) > item.amount and (len(wanted) > 1 or w.advice_id != "")
        if too_much or (missing and pay != item.open):
            missing.append(f"amount_differs:{item.document}")
            continue
        left -= clear_item(receipt, w, item, min(pay, item.open), credits, decisions)
    if not left:
        return decisions
    if not missing:
        whole = receipt.unapplied - sent
        missing = ["overpaid"] if len(wanted) > 1 or sum(pays) == whole else [f"lines_sum:{sum(pays)}_of_{whole}"]
    return decisions + propose(account, receipt, receipt.unapplied - left, missing, references(wanted))


def _in_full(wanted: list[Wanted], pays: list[int]) -> bool:
    """Whether each of the references is to an open item, once, and for just what is open of it: they fix the items, and
    what comes beside that is not theirs."""
    documents: set[str] = set()
    for w, pay in zip(wanted, pays, strict=True):
        if w.item is None or w.item.kind == "credit_note" or pay != w.item.open:
            return False
        documents.add(w.item.document)
    return len(documents) == len(wanted)


def fits_no_other(account: Account, currency: str, amount: int, named: list[str]) -> bool:
    """Whether no other open item could be paid by so much. Where one could be, the payer may mean it too, and who names
    some items only, without amounts, does not say that these are paid in full."""
    others = account.debits_of_amounts(currency, 1, amount, len(named) + 1) if amount > 0 else []
    return all(item.document in named for item in others)


def open_less_discount(account: Account, receipt: ReceiptRow, w: Wanted, ctx: Context) -> int:
    """What clears an item that is named without an amount, less the cash discount that the money earns."""
    item = w.item
    assert item is not None, "only references to items are paid"
    if item.kind == "credit_note":
        return -item.open
    if not item.terms:
        return item.open
    grace_days = account.provisions(ctx, item.currency).differences.discount_grace_days
    return item.open - earned(item, receipt.value_date, grace_days)


def _is_stranger(account: Account, receipt: ReceiptRow) -> bool:
    """Whether nothing but its reference says that the money is this account's: it came through suspense, from a bank
    account that is not known to be the customer's. More than the item says that it is another's, or the number is."""
    if not receipt.came_from.startswith("~suspense"):
        return False
    customer = account.customer()
    return customer is None or receipt.payer_account not in customer.bank_accounts


def _each_once(wanted: list[Wanted], pays: list[int]) -> list[tuple[Wanted, int]]:
    """What is to be paid on each item, by the first reference to it: two spellings of one number are one."""
    found: dict[str, tuple[Wanted, int]] = {}
    # Not zip: where it is compiled, each call takes as long as the rest of this.
    for at in range(len(wanted)):
        w, pay = wanted[at], pays[at]
        if w.item is not None and pay > 0:
            first, before = found.get(w.item.document, (w, 0))
            found[w.item.document] = (first, before + pay)
    return list(found.values())


def clear_item(
    receipt: ReceiptRow, w: Wanted, item: Item, pay: int, credits: list[tuple[Item, int]], decisions: list[Decision]
) -> int:
    """Clear `pay` of the item by the credits that are left, then by cash; how much cash it took."""
    for at in range(len(credits)):
        credit, available = credits[at]
        part = min(pay, available)
        if part:
            decisions.append(
                Decision(
                    kind="credit_allocated",
                    rule=w.rule,
                    currency=item.currency,
                    amount=part,
                    document=item.document,
                    receipt_id=receipt.receipt_id,
                    reference_id=credit.settles if credit.settles in item.disputes else "",
                    counterparty=credit.document,
                    posting_date=max(receipt.posting_date, item.posting_date, credit.posting_date),
                    value_date=receipt.value_date,
                )
            )
            credits[at] = (credit, available - part)
            pay -= part
    if pay:
        applied = application(receipt, item, pay, w.rule, w.advice_id)
        if w.reference:
            applied.evidence = [f"reference:{w.reference}"]
            if w.alias:
                applied.evidence.append(f"alias:{w.alias}")
        decisions.append(applied)
    return pay
