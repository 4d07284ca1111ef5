"""What must follow from each fact, by simple logic of its own: the decisions that only this fact may cause.

Each function takes a fact that counts (no duplicate, its account not parked) with the decisions that
were made on it, before they are posted, and compares.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account, Receipt
from headrace.audit.books import Books
from headrace.audit.cash import Advices
from headrace.audit.causes import CAUSED, CONSEQUENCES
from headrace.audit.claims import AMOUNT_KNOWN, OUTCOMES
from headrace.audit.events import MONEY_KINDS
from headrace.audit.findings import Check
from headrace.audit.orders import OrderBook
from headrace.audit.policy import Terms, Who
from headrace.audit.transit import BROUGHT
from schemas.records import (
    AccountOwner,
    CashTransferred,
    CreditLimit,
    CreditNote,
    Customer,
    Decision,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    Message,
    OperatorAction,
    Order,
    Promise,
    ProofOfDelivery,
    ReceiptReturned,
    RemittanceAdvice,
    ServiceCase,
    Shipment,
)
from schemas.records import (
    Receipt as ReceiptFact,
)

DAY_MS: Final = 86_400_000
# Actions with a decision of their own that is about no receipt.
OWN_DECISION: Final = {"request_statement": "statement", "close_task": "task_closed"}
OF_CREDIT: Final = {"approve_credit": "credit_limit_set", "reject_credit": "credit_change_rejected"}
SILENT_ACTIONS: Final = frozenset(("block_reminders", "unblock_reminders"))


class FactCheck:
    """The check of facts against decisions, of one shard."""

    def __init__(self, check: Check, books: Books, orders: OrderBook, advices: Advices) -> None:
        self._check: Final = check
        self._books: Final = books
        self._orders: Final = orders
        self._advices: Final = advices
        self._shard = 0
        self._offset = 0

    def check(self, account: Account, fact: Fact, said: Sequence[Decision], shard: int, offset: int) -> None:
        """Compare, and keep what the fact says. `said` are its decisions, not yet posted."""
        self._check.checked += 1
        self._shard, self._offset = shard, offset
        allowed = CONSEQUENCES | CAUSED.get(fact.kind, frozenset())
        if said and said[0].kind == "fact_rejected":
            self._rejected(account, fact, said)
            return
        for d in said:
            if d.kind not in allowed and d.rule != AMOUNT_KNOWN:
                self._wrong(account, fact, "not_caused", f"a {fact.kind} does not lead to {d.kind}")
        _CHECKS[fact.kind](self, account, fact, said)

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

    # --- rejected ---

    def nameless(self, account: Account, fact: Fact, said: Sequence[Decision], shard: int, offset: int) -> None:
        """A fact of no account that could be: a part of its name is missing, or ends in the middle."""
        self._check.checked += 1
        self._shard, self._offset = shard, offset
        parts = (fact.tenant, fact.entity, fact.account_id)
        if all(parts) and not any("\0" in part for part in parts) and not any("/" in part for part in parts[:2]):
            self._wrong(account, fact, "wrongly_rejected", f"it is rejected for {said[0].reasons}, which is not so")

    def _rejected(self, account: Account, fact: Fact, said: Sequence[Decision]) -> None:
        if len(said) > 1:
            self._wrong(account, fact, "rejected_with_effect", f"it is rejected and has {said[1].kind}")
        d = said[0]
        reason = d.reasons[0].split(":")[0] if d.reasons else ""
        right = self._is_so(account, fact, reason) if reason else False
        if right is False:
            self._wrong(account, fact, "wrongly_rejected", f"it is rejected for {reason!r}, which is not so")
        elif right is None and fact.kind in MONEY_KINDS and fact.kind != "operator_action":
            self._check.note(
                f"facts of kind {fact.kind} were rejected for {reason!r}, a reason that this check cannot recompute"
            )

    def _is_so(self, account: Account, fact: Fact, reason: str) -> bool | None:
        """Whether the reason of a rejection holds; None for one that cannot be told from the facts alone."""
        if isinstance(fact, Invoice | CreditNote):
            if reason == "document_known":
                return self._books.item(account, fact.document) is not None or fact.document in account.held
        elif isinstance(fact, ReceiptFact) and reason == "receipt_known":
            known = self._of(account, fact)
            return known is not None and known.amount > 0
        elif isinstance(fact, ReceiptReturned) and reason == "currency_of_receipt":
            came = self._of(account, fact)
            if fact.event_id.startswith(BROUGHT) and not _came_from(came, fact.from_account):
                return False
            return came is not None and came.currency != fact.currency
        elif isinstance(fact, CashTransferred) and reason == "not_sent_from_here":
            sent = self._of(account, fact)
            return sent is None or sent.sent.get(fact.from_account, 0) < fact.amount
        elif isinstance(fact, OperatorAction) and reason == "sent_there_already":
            kept = self._books.receipt(account, fact.receipt_id)
            return kept is not None and fact.target_account in kept.sent
        elif isinstance(fact, RemittanceAdvice) and reason == "advice_known":
            return self._advices.known(account, fact.advice_id)
        elif isinstance(fact, OperatorAction) and reason == "not_parked":
            return not account.parked
        if reason in ("nul_in_currency", "nul_in_target_account"):
            return "\0" in getattr(fact, "currency" if reason == "nul_in_currency" else "target_account")
        if reason == "amount_not_above_zero":
            amount = getattr(fact, "amount", None)
            return isinstance(amount, int) and amount <= 0 and not getattr(fact, "cancelled", False)
        return None

    # --- money ---

    def _name(self, account: Account, fact: ReceiptFact | CashTransferred | ReceiptReturned) -> str:
        return self._books.receipt_name(account, fact.receipt_id, fact.bank_account)

    def _of(self, account: Account, fact: ReceiptFact | CashTransferred | ReceiptReturned) -> Receipt | None:
        return self._books.receipt(account, self._name(account, fact))

    def _receipt(self, account: Account, fact: ReceiptFact, said: Sequence[Decision]) -> None:
        self._keep_receipt(account, fact)
        d = self._only(account, fact, said, ("receipt_booked",))
        if d is not None:
            self._booked(account, fact, d, "receipt", "")
            self._pending(account, fact, said)

    def _booked(
        self, account: Account, fact: ReceiptFact | CashTransferred, d: Decision, rule: str, counterparty: str
    ) -> None:
        self._same(
            account,
            fact,
            d,
            {
                "receipt_id": self._name(account, fact),
                "currency": fact.currency,
                "amount": fact.amount,
                "posting_date": fact.posting_date,
                "value_date": fact.value_date,
                "rule": rule,
                "counterparty": counterparty,
            },
        )

    def _keep_receipt(self, account: Account, fact: ReceiptFact | CashTransferred) -> None:
        receipt = self._of(account, fact) or Receipt(self._name(account, fact), fact.currency)
        if receipt.pending and receipt.currency != fact.currency:
            receipt.pending, receipt.foreign_return = 0, True
        receipt.currency = fact.currency
        receipt.number = fact.receipt_id
        receipt.bank_account = fact.bank_account
        receipt.bank_reference = fact.bank_reference
        receipt.posting_date = fact.posting_date
        receipt.text = fact.text
        receipt.lines = tuple((line.document, line.amount) for line in fact.lines)
        self._books.keep_receipt(account, receipt)

    def _pending(self, account: Account, fact: ReceiptFact | CashTransferred, said: Sequence[Decision]) -> None:
        """What went back before the receipt came is taken from it when it comes."""
        receipt = self._of(account, fact)
        if receipt is None:
            return
        taken, due = _accounted(said), receipt.pending
        if isinstance(fact, CashTransferred) and fact.returned:
            # The return was passed on to the account that refused the money.
            back = receipt.sent_back.get(fact.from_account, 0)
            due += max(0, back - (receipt.sent.get(fact.from_account, 0) - fact.amount))
        if taken != due:
            self._wrong(account, fact, "early_return", f"{due} went back before it came; {taken} is accounted for")
        receipt.pending = 0
        self._books.keep_receipt(account, receipt)

    def _transferred(self, account: Account, fact: CashTransferred, said: Sequence[Decision]) -> None:
        known = self._of(account, fact)
        takes = fact.returned or (account.known and (known is None or not known.amount))
        if takes and not fact.returned:
            self._keep_receipt(account, fact)
        d = self._only(account, fact, said, ("receipt_booked", "cash_transferred"))
        if d is None:
            return
        if not takes:
            if d.rule != "transfer.refused":
                self._wrong(account, fact, "differs", f"it is to be refused, and is {d.kind} by {d.rule}")
            return
        rule = "transfer.returned" if fact.returned else "transfer.in"
        self._booked(account, fact, d, rule, fact.from_account)
        self._pending(account, fact, said)

    def _returned(self, account: Account, fact: ReceiptReturned, said: Sequence[Decision]) -> None:
        receipt = self._of(account, fact)
        if fact.event_id.startswith(BROUGHT) and not _came_from(receipt, fact.from_account):
            # Passed on for money that was refused here; what is here under that number is another sender's.
            if _accounted(said):
                self._wrong(account, fact, "not_caused", "money is taken back that this account refused")
            d = self._only(account, fact, said, ("exception_raised",))
            if d is not None:
                self._same(account, fact, d, {"counterparty": fact.from_account, "amount": fact.amount})
            return
        if receipt is None or not receipt.amount:
            if _gone_back(said):
                self._wrong(account, fact, "not_caused", "money is taken back from a receipt that is not here")
            receipt = receipt or Receipt(self._name(account, fact), fact.currency, fact.bank_account)
            receipt.pending += fact.amount
            self._books.keep_receipt(account, receipt)
            self._only(account, fact, said, ("exception_raised",))
            return
        if receipt.currency != fact.currency and _gone_back(said):
            self._wrong(
                account, fact, "other_currency", f"{fact.currency} goes back of a receipt in {receipt.currency}"
            )
        taken = _accounted(said)
        if taken != fact.amount:
            self._wrong(account, fact, "not_taken", f"{fact.amount} went back, {taken} is accounted for")

    # --- documents ---

    def _invoice(self, account: Account, fact: Invoice, said: Sequence[Decision]) -> None:
        right = {
            "currency": fact.currency,
            "amount": fact.amount,
            "item_kind": "invoice",
            "due_date": fact.due_date,
            "document_date": fact.document_date,
        }
        of_it = [d for d in said if d.document == fact.document]
        if fact.stage == "posted":
            self._orders.bill(account, fact)
            account.held.pop(fact.document, None)
            d = self._only(account, fact, of_it, ("item_posted",))
            right.update(posting_date=fact.posting_date, reasons=_no_sale(account))
        else:
            account.held[fact.document] = fact
            first = [d for d in of_it if d.kind in ("invoice_held", "invoice_released")][:1]
            d = self._only(account, fact, first, ("invoice_held", "invoice_released"))
        if d is not None:
            self._same(account, fact, d, right)

    def _credit_note(self, account: Account, fact: CreditNote, said: Sequence[Decision]) -> None:
        d = self._only(account, fact, said, ("item_posted",))
        if d is not None:
            right = {
                "document": fact.document,
                "currency": fact.currency,
                "amount": fact.amount,
                "item_kind": CREDIT,
                "counterparty": fact.invoice,
                "posting_date": fact.posting_date,
                "document_date": fact.document_date,
                "reasons": _no_sale(account),
            }
            self._same(account, fact, d, right)

    def _advice(self, account: Account, fact: RemittanceAdvice, said: Sequence[Decision]) -> None:
        self._advices.take(account, fact)

    # --- what people say ---

    def _dispute(self, account: Account, fact: Dispute, said: Sequence[Decision]) -> None:
        d = self._only(account, fact, said, ("dispute_opened",))
        if d is None:
            return
        amount = fact.amount
        if amount is None:
            item = self._books.item(account, fact.document)
            amount = 0 if item is None else item.open or item.amount
        right = {"reference_id": fact.dispute_id, "document": fact.document, "currency": fact.currency}
        if fact.category:
            right["text"] = fact.category
        self._same(account, fact, d, {**right, "amount": amount})

    def _dispute_update(self, account: Account, fact: DisputeUpdate, said: Sequence[Decision]) -> None:
        of_it = [d for d in said if d.reference_id == fact.dispute_id]
        kind = "dispute_closed" if fact.status == "closed" else "dispute_routed"
        d = self._only(account, fact, [d for d in of_it if d.kind == kind], (kind,))
        if d is not None and fact.status == "closed":
            parts = [f"{name}:{getattr(fact, name)}" for name in OUTCOMES if getattr(fact, name)]
            if [text for text in d.evidence if text.partition(":")[0] in OUTCOMES] != parts:
                self._wrong(account, fact, "differs", f"it closes with {d.text}, the fact says {', '.join(parts)}")
            given_up = fact.written_off + sum(d.amount for d in said if d.rule == "disputes.goodwill")
            if sum(d.amount for d in said if d.kind == "write_off_proposed") != given_up:
                self._wrong(account, fact, "no_proposal", f"{given_up} is given up, and not proposed for approval")

    def _message(self, account: Account, fact: Message, said: Sequence[Decision]) -> None:
        opened = [d for d in said if d.kind == "dispute_opened"]
        if fact.direction != "in" and said:
            self._wrong(account, fact, "not_caused", f"a message that went out does not lead to {said[0].kind}")
        for d in opened:
            if fact.document not in ("", d.document):
                self._wrong(account, fact, "differs", f"it is about {fact.document}, and disputes {d.document}")
        if len(opened) > 1:
            self._wrong(account, fact, "more_than_one", f"it opens {len(opened)} disputes")
        reached = fact.status in ("sent", "delivered", "viewed", "acknowledged")
        if fact.direction == "out" and reached and not fact.delivery_id:
            account.contacts.setdefault(f"message:{fact.message_id}", fact.event_time // DAY_MS)

    def _account_owner(self, account: Account, fact: AccountOwner, said: Sequence[Decision]) -> None:
        if said:
            # Who gets disputes and tasks is not recomputed.
            self._wrong(account, fact, "not_caused", f"a role of the account does not lead to {said[0].kind}")

    def _promise(self, account: Account, fact: Promise, said: Sequence[Decision]) -> None:
        if fact.cancelled:
            parts = [d for d in said if d.reference_id.startswith(f"{fact.promise_id}/")]
            of_it = parts or [d for d in said if d.reference_id == fact.promise_id]
            self._only(account, fact, of_it[:1], ("promise_cancelled",))
            return
        opened = [d for d in said if d.kind == "promise_opened"]
        if not fact.parts:
            self._only(account, fact, opened, ("promise_opened",))
        right = [(part.promised_date, part.amount) for part in fact.parts] or [(fact.promised_date, fact.amount)]
        if [(d.due_date, d.amount) for d in opened] != right:
            self._wrong(
                account, fact, "differs", f"{len(right)} instalments are promised, it opens {len(opened)} of them"
            )
        for d in opened:
            self._same(account, fact, d, {"currency": fact.currency, "candidates": fact.documents})

    def _operator(self, account: Account, fact: OperatorAction, said: Sequence[Decision]) -> None:
        if fact.action in SILENT_ACTIONS:
            account.blocked = fact.action == "block_reminders"
            return
        if fact.action == "resume_account":
            self._wrong(account, fact, "no_effect", f"{account.key} is not parked, and it was not rejected")
            return
        if fact.action in OF_CREDIT:
            of_credit = [d for d in said if d.kind == OF_CREDIT[fact.action]]
            self._only(account, fact, of_credit, (OF_CREDIT[fact.action],))
            return
        if fact.action in OWN_DECISION:
            first = [d for d in said if d.kind == OWN_DECISION[fact.action]][:1]
            self._only(account, fact, first, (OWN_DECISION[fact.action],))
            return
        kind = {"identify_payer": "cash_transferred", "apply_cash": "cash_applied", "unapply_cash": "cash_unapplied"}
        of_it = [d for d in said if d.receipt_id == fact.receipt_id]
        d = self._only(account, fact, of_it[:1], (kind.get(fact.action, fact.action),))
        if d is not None:
            right = {"counterparty": fact.target_account, "rule": "transfer.out"}
            self._same(account, fact, d, right if fact.action == "identify_payer" else {"document": fact.document})

    def _credit_limit(self, account: Account, fact: CreditLimit, said: Sequence[Decision]) -> None:
        of_it = [d for d in said if d.kind in ("credit_limit_set", "credit_change_proposed")]
        d = self._only(account, fact, of_it, ("credit_limit_set", "credit_change_proposed"))
        if d is not None:
            self._same(account, fact, d, {"currency": fact.currency, "amount": 0 if fact.cancelled else fact.amount})

    # --- what has no decision of its own ---

    def _of_group(self, account: Account, fact: Fact, said: Sequence[Decision]) -> None:
        """What accounts that share a credit limit say to each other: credit.py has what comes of it."""

    def _customer(self, account: Account, fact: Customer, said: Sequence[Decision]) -> None:
        account.known = True
        account.active = fact.active
        account.billing_address = bool(fact.billing_address)
        account.po_required = fact.po_required
        account.who = Who(
            fact.tenant, fact.entity, fact.account_id, fact.region, fact.country.upper(), fact.tier, fact.segment
        )
        account.direct_debit = fact.direct_debit
        account.contacts_blocked = fact.contacts_blocked
        account.language = fact.language
        account.affiliate = fact.affiliate

    def _case(self, account: Account, fact: ServiceCase, said: Sequence[Decision]) -> None:
        if fact.status == "open":
            account.cases[fact.case_id] = fact.document
        else:
            account.cases.pop(fact.case_id, None)

    def _order(self, account: Account, fact: Order, said: Sequence[Decision]) -> None:
        self._orders.take_order(account, fact)

    def _shipment(self, account: Account, fact: Shipment, said: Sequence[Decision]) -> None:
        self._orders.take_shipment(account, fact)

    def _delivery(self, account: Account, fact: ProofOfDelivery, said: Sequence[Decision]) -> None:
        self._orders.take_delivery(account, fact)

    # --- drafts, whatever they are decided by ---

    def draft(self, account: Account, d: Decision, terms: Terms, today: int) -> None:
        """invoice_released or invoice_held, before it is posted: of a draft that waits, and only as the policy demands."""
        fact = account.held.get(d.document)
        if fact is None:
            self._check.about(d, "no_draft", f"{d.kind}: no draft {d.document} waits")
            return
        for name, right, said in (("amount", fact.amount, d.amount), ("currency", fact.currency, d.currency)):
            if right != said:
                self._check.about(d, "draft_differs", f"{d.kind}: the draft has {name} {right}, it says {said}")
        lacking = self._orders.lacking(account, fact, terms, today)
        if d.kind == "invoice_held":
            if not lacking:
                self._check.about(d, "held_without_reason", f"{d.document} lacks nothing, and is held for {d.reasons}")
            return
        if lacking:
            self._check.about(d, "released_early", f"{d.document} is released without {', '.join(lacking)}")
        if d.reasons != _no_sale(account):
            self._check.about(
                d, "differs", f"{d.kind} says {d.reasons}, the customer is {_no_sale(account) or 'no affiliate'}"
            )
        condition, _ = terms.of(account.who, "", today).release
        if d.rule != f"release.{condition}":
            self._check.about(d, "condition", f"{d.document} is released by {d.rule}, the policy says {condition}")
        del account.held[d.document]
        self._orders.bill(account, fact)

    def still_held(self, account: Account, terms: Terms, today: int, shard: int) -> None:
        """At the end of the log: drafts that wait for nothing."""
        for document, fact in account.held.items():
            if not account.parked and not self._orders.lacking(account, fact, terms, today):
                self._check.find(
                    "not_released", f"draft {document} lacks nothing, and is held", shard=shard, account=account.key
                )


def _no_sale(account: Account) -> list[str]:
    """What a posting to the account says of its sales."""
    return ["affiliate"] if account.affiliate else []


def _came_from(receipt: Receipt | None, sender: str) -> bool:
    """Whether another account sent the receipt here: that one, or any where the fact, of an older version, names none."""
    return receipt is not None and receipt.came_from != "" and sender in ("", receipt.came_from)


def _gone_back(said: Sequence[Decision]) -> int:
    """Cash that was taken back. A credit note that is open again was no money."""
    return sum(
        d.amount
        for d in said
        if d.kind == "receipt_reversed" or (d.kind == "application_reversed" and not d.counterparty)
    )


def _accounted(said: Sequence[Decision]) -> int:
    """All of a return: what was taken back here, what has to be taken back elsewhere, what was never received."""
    return _gone_back(said) + sum(d.amount for d in said if d.rule in ("transfer.return", "returned.too_much"))


_Check = Callable[[FactCheck, Account, Any, Sequence[Decision]], None]
_CHECKS: Final[dict[str, _Check]] = {
    "receipt": FactCheck._receipt,
    "cash_transferred": FactCheck._transferred,
    "invoice": FactCheck._invoice,
    "credit_note": FactCheck._credit_note,
    "receipt_returned": FactCheck._returned,
    "remittance_advice": FactCheck._advice,
    "dispute": FactCheck._dispute,
    "dispute_update": FactCheck._dispute_update,
    "promise": FactCheck._promise,
    "operator_action": FactCheck._operator,
    "message": FactCheck._message,
    "account_owner": FactCheck._account_owner,
    "customer": FactCheck._customer,
    "credit_limit": FactCheck._credit_limit,
    "credit_exposure": FactCheck._of_group,
    "credit_group_told": FactCheck._of_group,
    "order": FactCheck._order,
    "shipment": FactCheck._shipment,
    "proof_of_delivery": FactCheck._delivery,
    "service_case": FactCheck._case,
}
