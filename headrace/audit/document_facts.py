"""What must follow from facts that are documents: invoices, notes, items taken over, refunds, what the ERP says. facts.py
has the others."""

from collections.abc import Sequence
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account
from headrace.audit.books import Books
from headrace.audit.cash import Advices
from headrace.audit.claims import AMOUNT_KNOWN
from headrace.audit.evidence import share as share_of
from headrace.audit.findings import Check
from headrace.audit.orders import OrderBook
from schemas.records import CreditNote, DebitNote, Decision, ErpPosting, Fact, Invoice, OpeningItem, Refund


class DocumentFacts:
    """How facts and decisions are compared, and the documents among them."""

    def __init__(self, check: Check, books: Books, orders: OrderBook, advices: Advices) -> None:
        self._check: Final = check
        self._books: Final = books
        self._orders: Final = orders
        self._advices: Final = advices
        self._shard = 0
        self._offset = 0

    def _wrong(self, account: Account, fact: Fact, code: str, text: str) -> None:
        self._check.find(
            code,
            f"{fact.kind} {fact.event_id}: {text}",
            shard=self._shard,
            offset=self._offset,
            account=account.key,
        )

    def _only(self, account: Account, fact: Fact, said: Sequence[Decision], kinds: Sequence[str]) -> Decision | None:
        """The one decision of these kinds that must be there; a finding where it is not exactly one."""
        found = [d for d in said if d.kind in kinds]
        if len(found) == 1:
            return found[0]
        wanted = " or ".join(kinds)
        if found:
            self._wrong(account, fact, "more_than_one", f"it has {len(found)} times {wanted}")
        else:
            self._wrong(account, fact, "no_effect", f"it has no {wanted}, and was not rejected")
        return None

    def _same(self, account: Account, fact: Fact, d: Decision, right: dict[str, Any]) -> None:
        """A finding for each field of the decision that is not what the fact says."""
        for name, value in right.items():
            said = getattr(d, name)
            if said != value:
                self._wrong(account, fact, "differs", f"{d.kind} says {name} {said!r}, the fact says {value!r}")

    # --- documents ---

    def _invoice(self, account: Account, fact: Invoice, said: Sequence[Decision]) -> None:
        right = {
            "currency": fact.currency,
            "amount": fact.amount,
            "item_kind": "invoice",
            "due_date": fact.due_date,
            "document_date": fact.document_date,
        }
        keep_terms(account, fact)
        of_it = [d for d in said if d.document == fact.document]
        if fact.stage == "posted":
            self._orders.bill(account, fact)
            account.held.pop(fact.document, None)
            right.update(posting_date=max(fact.posting_date, account.first_open), reasons=no_sale(account))
            if fact.instalments:
                self._instalments(account, fact, said, right, "item_posted")
                return
            d = self._only(account, fact, of_it, ("item_posted",))
            right["tax"] = fact.tax
        else:
            account.held[fact.document] = fact
            first = [d for d in of_it if d.kind in ("invoice_held", "invoice_released")][:1]
            if fact.instalments and not first:
                self._instalments(account, fact, said, right, "invoice_released")
                return
            d = self._only(account, fact, first, ("invoice_held", "invoice_released"))
            if d is not None and d.rule == "release.in_part":
                # How much of it is billed is seen where the decision is checked.
                right["amount"] = d.amount
        if d is not None:
            self._same(account, fact, d, right)

    def _instalments(
        self, account: Account, fact: Invoice, said: Sequence[Decision], right: dict[str, Any], kind: str
    ) -> None:
        """Each is an item of its own."""
        for name, instalment in zip(parts_of(fact), fact.instalments, strict=True):
            d = self._only(account, fact, [d for d in said if d.document == name], (kind,))
            if d is not None:
                own = {"amount": instalment.amount, "due_date": instalment.due_date, "tax": account.terms[name][0]}
                self._same(account, fact, d, {**right, **own})

    def _debit_note(self, account: Account, fact: DebitNote, said: Sequence[Decision]) -> None:
        d = self._only(account, fact, [d for d in said if d.document == fact.document], ("item_posted",))
        if d is not None:
            right = {
                "currency": fact.currency,
                "amount": fact.amount,
                "item_kind": "debit_note",
                "posting_date": max(fact.posting_date, account.first_open),
                "due_date": fact.due_date,
                "document_date": fact.document_date,
                "tax": fact.tax,
            }
            self._same(account, fact, d, right)

    def _opening(self, account: Account, fact: OpeningItem, said: Sequence[Decision]) -> None:
        d = self._only(account, fact, [d for d in said if d.document == fact.document], ("item_posted",))
        if d is None:
            return
        right = {
            "currency": fact.currency,
            "amount": fact.residual,
            "item_amount": fact.amount,
            "item_kind": fact.item_kind,
            "level": fact.level,
            "posting_date": max(fact.posting_date, account.first_open),
            "due_date": fact.due_date,
        }
        self._same(account, fact, d, right)
        opened = [d for d in said if d.kind == "dispute_opened" and d.document == fact.document]
        # One that came before its item says now how much it contests.
        contested = sum(d.amount for d in opened if d.rule != AMOUNT_KNOWN)
        if contested != (0 if fact.item_kind == CREDIT else fact.disputed):
            self._wrong(account, fact, "differs", f"{fact.disputed} of it is disputed, it says {contested}")

    def _refund(self, account: Account, fact: Refund, said: Sequence[Decision]) -> None:
        """All of it is accounted for: what was here to be paid back, and what a person has to look at."""
        account.refunds.add(fact.refund_id)
        told = [d for d in said if d.kind in ("refund_posted", "refund_confirmed") or d.rule == "refund"]
        if sum(d.amount for d in told) != fact.amount:
            self._wrong(account, fact, "differs", f"{fact.amount} was paid back, {len(told)} decisions say otherwise")

    def _erp(self, account: Account, fact: ErpPosting, said: Sequence[Decision]) -> None:
        told = [d for d in said if d.kind == "exception_raised" or d.rule == "cash.erp"]
        if (fact.status == "confirmed") == bool(told):
            self._wrong(account, fact, "differs", f"it is {fact.status}, and {len(told)} decisions follow from it")

    def _credit_note(self, account: Account, fact: CreditNote, said: Sequence[Decision]) -> None:
        d = self._only(account, fact, said, ("item_posted",))
        if d is not None:
            right = {
                "document": fact.document,
                "currency": fact.currency,
                "amount": fact.amount,
                "item_kind": CREDIT,
                "counterparty": fact.invoice,
                "posting_date": max(fact.posting_date, account.first_open),
                "document_date": fact.document_date,
                "reasons": no_sale(account),
            }
            self._same(account, fact, d, right)


def no_sale(account: Account) -> list[str]:
    """What a posting to the account says of its sales."""
    return ["affiliate"] if account.affiliate else []


def parts_of(fact: Invoice) -> list[str]:
    """The numbers of an invoice's instalments."""
    return [f"{fact.document}/P{number}" for number in range(1, len(fact.instalments) + 1)]


def keep_terms(account: Account, fact: Invoice) -> None:
    """What the items of an invoice are of: their tax and their cash discounts."""
    base = fact.discount_base_date or fact.document_date
    terms = tuple((base + tier.days, tier.rate_ppm) for tier in fact.discounts)
    left = fact.tax
    amounts = [instalment.amount for instalment in fact.instalments] or [fact.amount]
    for number, (name, amount) in enumerate(zip(parts_of(fact) or [fact.document], amounts, strict=True), 1):
        share = min(left, share_of(amount, fact.amount, fact.tax))
        tax = left if number == len(amounts) else share
        left -= tax
        of = 0 if not terms else amount - tax if fact.discount_net else amount
        account.terms[name] = tax, terms, of
    groups = [number for number in (fact.document if fact.instalments else "", fact.consolidated) if number]
    account.numbers.update(groups)
    if groups:
        account.stands_for.update(dict.fromkeys(parts_of(fact) or [fact.document], tuple(groups)))
