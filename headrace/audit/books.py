"""The books, recomputed from the decisions alone by the posting rules of docs/ledger.md.

`Books.post` takes decisions in order, compares each with the balances it says, and goes on from what
it says where they differ, so that one wrong decision is one finding and not thousands.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from headrace.audit import claims
from headrace.audit.accounts import CREDIT, Account, Item, Receipt, keep_part, late, pause
from headrace.audit.approvals import KINDS as APPROVALS
from headrace.audit.differences import (
    post_deduction,
    post_difference,
    post_exchanged,
    post_lowered,
    post_on_account,
    post_refund,
    post_refund_told,
)
from headrace.audit.evidence import invoice_of
from headrace.audit.holdings import Holdings
from schemas.records import Decision

OPENING: Final = "posted.opening"
# Decisions that move no balance; any other kind that posts is in _POST.
SILENT: Final = frozenset(
    (
        "invoice_held",
        "cash_proposed",
        "dispute_routed",
        "fact_rejected",
        "write_off_proposed",
        "refund_proposed",
        *APPROVALS,
        "noted",
        "alias_learned",
        "policy_in_force",
        "invoice_withdrawn",
        "delivery_requested",
        "delivery_status",
        "letter_status",
        "credit_hold_set",
        "credit_hold_released",
        "credit_near_limit",
        "credit_limit_set",
        "credit_change_proposed",
        "credit_change_rejected",
        "credit_exposure_stated",
        "credit_group_told",
    )
)
# Decisions that state the item they are about as it is after them.
ABOUT_AN_ITEM: Final = frozenset(
    (
        "invoice_released",
        "item_posted",
        "interest_charged",
        "cash_applied",
        "cash_unapplied",
        "application_reversed",
        "credit_allocated",
        "discount_granted",
        "write_off_posted",
        "deduction_opened",
        "refund_posted",
        "reminder_due",
        "reminder_suppressed",
    )
)
ABOUT_A_RECEIPT: Final = frozenset(
    (
        "receipt_booked",
        "cash_applied",
        "cash_unapplied",
        "application_reversed",
        "receipt_reversed",
        "cash_proposed",
        "credit_allocated",
        "cash_exchanged",
        "fx_difference_posted",
        "cash_on_account",
    )
)


class Books(Holdings):
    """The books of one shard."""

    # --- posting ---

    def post(self, account: Account, d: Decision) -> None:
        """Post it, and compare what it says with what follows."""
        self.checks.checked += 1
        kind = d.kind
        if kind in _POST:
            account.covered.clear()
            _POST[kind](self, account, d)
        elif kind not in SILENT:
            self.wrong(d, "unknown_kind", f"no decision is called {kind!r}")
        if d.currency:
            self._compare_balances(account, d)
        if kind in ABOUT_AN_ITEM:
            self._compare_item(account, d)
        if kind in ABOUT_A_RECEIPT or (kind == "cash_transferred" and d.rule == "transfer.out"):
            self._compare_receipt(account, d)

    def _compare_balances(self, account: Account, d: Decision) -> None:
        sums = account.sums_of(d.currency)
        here = sums.balances()
        said = (d.open_debit, d.open_credit, d.unapplied, d.on_account)
        account.last_sequence, account.stated[d.currency] = d.sequence, said
        if here != said:
            for name, right, stated in zip(
                ("open_debit", "open_credit", "unapplied", "on_account"), here, said, strict=True
            ):
                if right != stated:
                    self.wrong(d, name, f"{name} is {right} {d.currency} after it, it says {stated}")
            # Go on from what it says.
            sums.debits_raised += d.open_debit - sums.open_debit
            sums.credits_raised += d.open_credit - sums.open_credit
            sums.received += d.unapplied - sums.unapplied
        if min(said) < 0:
            self.wrong(d, "negative", f"a balance below zero in {d.currency}: {said}")

    def _compare_item(self, account: Account, d: Decision) -> None:
        item = self.item(account, d.document)
        if item is None:
            return
        for name, right, said in (
            ("item_amount", item.amount, d.item_amount),
            ("item_open", item.open, d.item_open),
            ("item_disputed", item.disputed, d.item_disputed),
        ):
            if right != said:
                self.wrong(d, name, f"{name} of {d.document} is {right} after it, it says {said}")
        if d.kind not in ("reminder_due", "reminder_suppressed") and d.level != item.level:
            self.wrong(d, "level", f"{d.document} is at level {item.level}, it says {d.level}")
            item.level = d.level
        item.disputed = d.item_disputed
        if item.open != d.item_open:
            item.open = d.item_open
            self.place(account, item)

    def _compare_receipt(self, account: Account, d: Decision) -> None:
        receipt = self.receipt(account, d.receipt_id)
        if receipt is None:
            return
        told = d.kind == "cash_proposed" or receipt.told_applied
        if receipt.told_applied != (told and not d.receipt_unapplied):
            receipt.told_applied = not receipt.told_applied
            self.keep_receipt(account, receipt)
        if receipt.unapplied != d.receipt_unapplied:
            self.wrong(
                d,
                "receipt_unapplied",
                f"receipt_unapplied of {d.receipt_id} is {receipt.unapplied} after it, it says {d.receipt_unapplied}",
            )
            receipt.unapplied = d.receipt_unapplied
            self.keep_receipt(account, receipt)

    # --- money ---

    def _post_item(self, account: Account, d: Decision) -> None:
        self.positive(d)
        sums = account.sums_of(d.currency)
        if d.item_kind == CREDIT:
            sums.credits_raised += d.amount
        else:
            sums.debits_raised += d.amount
        if self.item(account, d.document) is not None:
            self.wrong(d, "item_twice", f"{d.document} was opened before")
            return
        opening = d.rule == OPENING
        if opening and d.item_kind == CREDIT:
            sums.credits_beyond += d.item_amount - d.amount
        elif opening:
            sums.items_beyond += d.item_amount - d.amount
        item = Item(
            d.document,
            d.item_kind,
            d.currency,
            d.item_amount if opening else d.amount,
            d.amount,
            0,
            d.level if opening else 0,
            d.due_date,
            d.document_date,
            d.posting_date,
            d.counterparty if d.item_kind == CREDIT else "",
        )
        item.tax, item.terms, item.discountable = account.terms.pop(d.document, (d.tax, (), 0))
        item.order_id = d.reference_id if d.item_kind != CREDIT else ""
        pause(account, item)
        self._note_replaced(account, item, d)
        self.place(account, item)

    def _note_replaced(self, account: Account, item: Item, d: Decision) -> None:
        """A credit note counts on the invoice it names, and what replaces an invoice is known of that."""
        if item.kind == CREDIT:
            about = self.billed(account, item.corrects) if item.corrects else None
            if about is not None and about.kind != CREDIT and about.currency == item.currency:
                about.credited += item.amount
                self.place(account, about)
            return
        if account.sums_of(d.currency).open_credit:
            whole = invoice_of(d)
            number = whole if item.document in (whole, f"{whole}/P1") else item.document
            before = [x for x in account.open.values() if x.kind == CREDIT and x.corrects in (number, item.document)]
            item.credited += sum(x.amount for x in before if x.currency == item.currency)
        number = next((text[9:] for text in d.evidence if text.startswith("replaces:")), "")
        replaced = self.billed(account, number) if number not in ("", invoice_of(d)) else None
        if replaced is not None:
            replaced.replaced_by = invoice_of(d)
            self.place(account, replaced)

    def _post_booked(self, account: Account, d: Decision) -> None:
        self.positive(d)
        sums = account.sums_of(d.currency)
        receipt = self.receipt(account, d.receipt_id)
        if receipt is None:
            receipt = Receipt(d.receipt_id, d.currency)
        if d.rule == "transfer.returned":
            sums.transferred_in += d.amount
            left = receipt.sent.get(d.counterparty, 0) - d.amount
            if left < 0:
                self.wrong(d, "over_transferred", f"{d.amount} came back of {left + d.amount} sent")
            keep_part(receipt.sent, d.counterparty, left)
        else:
            if receipt.amount:
                self.wrong(d, "receipt_twice", f"{d.receipt_id} was booked before")
            receipt.amount += d.amount
            receipt.currency = d.currency
            if d.rule == "transfer.in":
                sums.transferred_in += d.amount
                receipt.came_from = d.counterparty
            else:
                sums.received += d.amount
        receipt.unapplied += d.amount
        receipt.value_date = d.value_date
        receipt.posting_date = max(receipt.posting_date, d.posting_date)
        self.keep_receipt(account, receipt)

    def _post_applied(self, account: Account, d: Decision) -> None:
        self.positive(d)
        account.sums_of(d.currency).cash_applied += d.amount
        item, receipt = self.debit(account, d), self.booked(account, d)
        if item is not None:
            self.lower(account, item, d)
            late(item, d.value_date, d.amount)
        if d.other_currency:
            account.sums_of(d.currency).exchanged_in += d.amount
        if receipt is not None:
            receipt.allocations[d.document] = receipt.allocations.get(d.document, 0) + d.amount
            if d.other_currency:
                self._exchange(account, receipt, d, -d.amount)
            else:
                self.take(account, receipt, d)

    def _exchange(self, account: Account, receipt: Receipt, d: Decision, amount: int) -> None:
        """The item's side of cash in another currency: the receipt's was said right before, or is said right after."""
        pending = receipt.exchanging.get(d.document, 0) + amount
        if amount < 0 and pending:
            self.wrong(d, "exchange", f"{d.amount} {d.currency} of {d.receipt_id} is not what was exchanged")
        keep_part(receipt.exchanging, d.document, pending)
        if pending < 0:
            receipt.exchanging[d.document] = pending
        self.keep_receipt(account, receipt)

    def _post_undone(self, account: Account, d: Decision) -> None:
        """cash_unapplied, application_reversed; one that names a credit note gives that back, and no cash."""
        if d.kind == "application_reversed" and d.counterparty:
            self._post_credit(account, d)
            return
        self.positive(d)
        sums = account.sums_of(d.currency)
        sums.cash_applied -= d.amount
        item, receipt = self.debit(account, d), self.booked(account, d)
        if item is not None:
            self.raise_again(account, item, d)
            if receipt is not None:
                late(item, receipt.value_date, -d.amount)
        if d.kind == "application_reversed":
            sums.returned += d.amount
            sums.reversed += d.amount
        if receipt is None:
            return
        left = receipt.allocations.get(d.document, 0) - d.amount
        if left < 0:
            self.wrong(d, "over_applied", f"{d.amount} taken back of {left + d.amount} applied to {d.document}")
        if left > 0:
            receipt.allocations[d.document] = left
        else:
            receipt.allocations.pop(d.document, None)
        if d.kind == "application_reversed":
            receipt.returned += d.amount
        elif d.other_currency:
            sums.exchanged_in -= d.amount
            self._exchange(account, receipt, d, d.amount)
            return
        else:
            receipt.unapplied += d.amount
            if d.rule == "cash.operator":
                receipt.declined[d.document] = 1
        self.keep_receipt(account, receipt)

    def _post_returned(self, account: Account, d: Decision) -> None:
        self.positive(d)
        account.sums_of(d.currency).returned += d.amount
        receipt = self.booked(account, d)
        if receipt is not None:
            receipt.returned += d.amount
            if d.counterparty:
                self._gone_meanwhile(receipt, d)
            self.take(account, receipt, d)

    def _gone_meanwhile(self, receipt: Receipt, d: Decision) -> None:
        """Refused money that the bank took back before it was here again."""
        gone = receipt.gone_meanwhile(d.counterparty)
        if d.amount != gone:
            self.wrong(d, "refused_return", f"{gone} of what {d.counterparty} refused went back, it takes {d.amount}")
        keep_part(receipt.sent_back, d.counterparty, receipt.sent_back.get(d.counterparty, 0) - d.amount)

    def _post_passed_on(self, account: Account, d: Decision) -> None:
        """The bank took back what another account has."""
        self.positive(d)
        receipt = self.booked(account, d)
        if receipt is None:
            return
        back = receipt.sent_back.get(d.counterparty, 0) + d.amount
        if back > receipt.sent.get(d.counterparty, 0):
            sent = receipt.sent.get(d.counterparty, 0)
            self.wrong(d, "over_transferred", f"{back} is to come back from {d.counterparty}, which has {sent}")
        receipt.sent_back[d.counterparty] = back
        self.keep_receipt(account, receipt)

    def _post_transferred(self, account: Account, d: Decision) -> None:
        if d.rule == "transfer.return":
            self._post_passed_on(account, d)
            return
        if d.rule != "transfer.out":
            if d.rule != "transfer.refused":
                self.wrong(d, "unknown_rule", f"no transfer is called {d.rule!r}")
            return
        self.positive(d)
        account.sums_of(d.currency).transferred_out += d.amount
        receipt = self.booked(account, d)
        if receipt is not None:
            if d.counterparty in receipt.sent:
                self.wrong(d, "sent_twice", f"{d.counterparty} has some of {d.receipt_id}, or is to get it")
            receipt.sent[d.counterparty] = receipt.sent.get(d.counterparty, 0) + d.amount
            self.take(account, receipt, d)

    def _post_credit(self, account: Account, d: Decision) -> None:
        """credit_allocated, and application_reversed that gives a credit back."""
        self.positive(d)
        undone = d.kind == "application_reversed"
        move = self.raise_again if undone else self.lower
        account.sums_of(d.currency).credits_allocated += -d.amount if undone else d.amount
        item = self.debit(account, d)
        if undone:
            self._settle_dispute(account, item, d, -d.amount)
        if item is not None:
            move(account, item, d)
        if not undone:
            self._settle_dispute(account, item, d, d.amount)
        credit = self.item(account, d.counterparty)
        if credit is None or credit.kind != CREDIT or credit.currency != d.currency:
            self.wrong(d, "no_credit", f"{account.key} has no credit note {d.counterparty} in {d.currency}")
        else:
            move(account, credit, d)
        receipt = self.booked(account, d) if d.receipt_id else None
        if receipt is None:
            return
        pair = f"{d.document}\n{d.counterparty}"
        left = receipt.credits.get(pair, 0) + (-d.amount if undone else d.amount)
        if left < 0:
            self.wrong(d, "over_applied", f"{d.amount} given back of {left + d.amount} of {d.counterparty}")
        receipt.credits[pair] = max(0, left)
        if not receipt.credits[pair]:
            del receipt.credits[pair]
        self.keep_receipt(account, receipt)

    def _settle_dispute(self, account: Account, item: Item | None, d: Decision, amount: int) -> None:
        """The dispute that a credit note settles has less to pause; one that is closed pauses nothing in any case."""
        dispute = account.disputes.get(d.reference_id)
        if dispute is not None and item is not None:
            if dispute.document != item.document:
                self.wrong(d, "other_dispute", f"{d.reference_id} is of {dispute.document}, not of {item.document}")
            dispute.credited += amount
            pause(account, item)

    def _post_charge(self, account: Account, d: Decision) -> None:
        """interest_charged: a debit of its own, and what it is for was charged."""
        self._post_item(account, d)
        source = self.item(account, d.counterparty)
        if source is None:
            self.wrong(d, "no_item", f"{account.key} has no {d.counterparty} that it could be charged for")
            return
        if d.rule == "interest.late":
            source.interest += d.amount
        elif d.rule == "interest.compensation":
            if any(x.compensated for x in self.instalments(account, source)):
                self.wrong(d, "compensated_twice", f"{d.counterparty} was compensated before")
            source.compensated = True
        self.place(account, source)

    def finish(self, shard: int, delivered: Callable[[Account, str, str], bool]) -> None:
        """At the end of the log: the items add up to the balances, and what is resolved was closed. delivered: whether
        what an exception of that rule about a document said is no more."""
        for account in self.accounts.values():
            for rule, reference in sorted(account.exceptions):
                about = reference.partition(":")[2]
                sent = rule.startswith("delivery.") and delivered(account, rule, about)
                if sent or claims.resolved(self, account, rule, reference):
                    text = f"exception {reference} of {rule} is resolved, and was not closed"
                    self.checks.find("exception_left", text, shard=shard, account=account.key)
            debits: dict[str, int] = {}
            credits: dict[str, int] = {}
            for item in account.open.values():
                side = credits if item.kind == CREDIT else debits
                side[item.currency] = side.get(item.currency, 0) + item.open
            for currency, sums in account.sums.items():
                for name, balance, found in (
                    ("open_debit", sums.open_debit, debits.get(currency, 0)),
                    ("open_credit", sums.open_credit, credits.get(currency, 0)),
                ):
                    if balance != found:
                        self.checks.find(
                            "sum_of_items",
                            f"{name} is {balance} {currency}, its items add up to {found}",
                            shard=shard,
                            account=account.key,
                        )


def all_of(kinds: Iterable[str], post: Any) -> dict[str, Any]:
    return dict.fromkeys(kinds, post)


_POST: Final[dict[str, Any]] = {
    **all_of(("invoice_released", "item_posted"), Books._post_item),
    "receipt_booked": Books._post_booked,
    "cash_applied": Books._post_applied,
    **all_of(("cash_unapplied", "application_reversed"), Books._post_undone),
    "receipt_reversed": Books._post_returned,
    "cash_transferred": Books._post_transferred,
    "credit_allocated": Books._post_credit,
    **all_of(("discount_granted", "write_off_posted"), post_lowered),
    "deduction_opened": post_deduction,
    "cash_exchanged": post_exchanged,
    "fx_difference_posted": post_difference,
    "refund_posted": post_refund,
    "cash_on_account": post_on_account,
    **all_of(("dispute_opened", "dispute_closed"), claims.post_dispute),
    "escalated": claims.post_escalated,
    **all_of(
        ("promise_opened", "promise_kept", "promise_partially_kept", "promise_broken", "promise_cancelled"),
        claims.post_promise,
    ),
    **all_of(("reminder_due", "reminder_suppressed"), claims.post_reminder),
    "interest_charged": Books._post_charge,
    **all_of(("task_opened", "task_closed"), claims.post_task),
    "statement": claims.post_statement,
    **all_of(("exception_raised", "exception_closed"), claims.post_exception),
    "assigned": claims.post_assigned,
    "refund_confirmed": post_refund_told,
}
