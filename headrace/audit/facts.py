"""What must follow from each fact, by simple logic of its own: the decisions that only this fact may cause.

Each function takes a fact that counts (no duplicate, its account not parked) with the decisions that
were made on it, before they are posted, and compares.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from headrace.audit.accounts import Account
from headrace.audit.approvals import same
from headrace.audit.causes import CAUSED, CONSEQUENCES, SHOWN, of_short_payments
from headrace.audit.claims import AMOUNT_KNOWN
from headrace.audit.dispute_facts import DisputeFacts
from headrace.audit.document_facts import parts_of
from headrace.audit.events import MONEY_KINDS
from headrace.audit.money_facts import MoneyFacts, came_from
from headrace.audit.policy import Who
from headrace.audit.transit import BROUGHT
from schemas.records import (
    AccountOwner,
    Approval,
    CashTransferred,
    CreditLimit,
    CreditNote,
    Customer,
    DebitNote,
    Decision,
    Fact,
    Invoice,
    OpeningItem,
    OperatorAction,
    Order,
    PayerRelation,
    PriceAgreement,
    Promise,
    ProofOfDelivery,
    ReceiptReturned,
    Refund,
    RemittanceAdvice,
    Return,
    ServiceCase,
    Shipment,
)
from schemas.records import Receipt as ReceiptFact

# Actions with a decision of their own that is about no receipt.
OWN_DECISION: Final[dict[str, tuple[str, ...]]] = {
    "request_statement": ("statement",),
    "close_task": ("task_closed",),
    "approve": ("approval_given", "approval_expired"),
    "reject": ("approval_rejected", "approval_withdrawn", "approval_expired"),
    "withdraw": ("approval_withdrawn", "approval_expired"),
    "delegate": ("approval_delegated", "approval_expired"),
    "assign": ("assigned", "dispute_routed"),
    "note": ("noted",),
    "close_exception": ("exception_closed",),
    "propose_write_off": ("write_off_proposed",),
    "propose_refund": ("refund_proposed",),
    "release_invoice": ("invoice_released", "approval_requested"),
    "withdraw_draft": ("invoice_withdrawn",),
    "send_invoice": ("delivery_requested",),
}
# What an approval fact says, as the action of a person that says the same.
VERDICTS: Final = {"approved": "approve", "rejected": "reject", "delegated": "delegate"}
# A relation that ends on no day; how many an account has at most.
NEVER_DAY: Final = 10**8
MOST_RELATIONS: Final = 200
SILENT_ACTIONS: Final = frozenset(("block_reminders", "unblock_reminders"))


class FactCheck(MoneyFacts, DisputeFacts):
    """The check of facts against decisions, of one shard."""

    def check(self, account: Account, fact: Fact, said: Sequence[Decision], shard: int, offset: int) -> None:
        """Compare, and keep what the fact says. `said` are its decisions, not yet posted."""
        self._check.checked += 1
        self._shard, self._offset = shard, offset
        allowed = CONSEQUENCES | CAUSED.get(fact.kind, frozenset()) | of_short_payments(said)
        if said and said[0].kind == "fact_rejected":
            self._rejected(account, fact, said)
            return
        for d in said:
            if d.kind not in allowed and d.rule != AMOUNT_KNOWN:
                self._wrong(account, fact, "not_caused", f"a {fact.kind} does not lead to {d.kind}")
        _CHECKS[fact.kind](self, account, fact, said)

    # --- rejected ---

    def nameless(self, account: Account, fact: Fact, said: Sequence[Decision], shard: int, offset: int) -> None:
        """A fact of no account that could be: a part of its name is missing, or ends in the middle."""
        self._check.checked += 1
        self._shard, self._offset = shard, offset
        parts = (fact.tenant, fact.entity, fact.account_id)
        if all(parts) and not any("\0" in part for part in parts) and not any("/" in part for part in parts[:2]):
            self._wrong(account, fact, "wrongly_rejected", f"it is rejected for {said[0].reasons}, which is not so")

    def _rejected(self, account: Account, fact: Fact, said: Sequence[Decision]) -> None:
        for more in said[1:]:
            # What else of the account had come to its end shows with any fact.
            if more.kind not in SHOWN:
                self._wrong(account, fact, "rejected_with_effect", f"it is rejected and has {more.kind}")
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
        if isinstance(fact, Invoice | CreditNote | DebitNote | OpeningItem):
            if reason == "document_known":
                names = [fact.document, *(parts_of(fact) if isinstance(fact, Invoice) else [])]
                posted = any(self._books.item(account, name) is not None for name in names)
                to_come = any(fact.document in parts_of(draft) for draft in account.held.values())
                return posted or to_come or fact.document in account.held or fact.document in account.numbers
            if isinstance(fact, Invoice) and reason == "instalments_do_not_add_up":
                amounts = [instalment.amount for instalment in fact.instalments]
                return bool(amounts) and (sum(amounts) != fact.amount or min(amounts) <= 0)
            if isinstance(fact, OpeningItem) and reason == "residual_not_within_amount":
                return not 0 < fact.residual <= fact.amount
        elif isinstance(fact, ReceiptFact) and reason == "receipt_known":
            known = self._of(account, fact)
            return known is not None and known.amount > 0
        elif isinstance(fact, ReceiptReturned) and reason == "currency_of_receipt":
            came = self._of(account, fact)
            if fact.event_id.startswith(BROUGHT) and not came_from(came, fact.from_account):
                return False
            return came is not None and came.currency != fact.currency
        elif isinstance(fact, CashTransferred) and reason == "not_sent_from_here":
            sent = self._of(account, fact)
            return sent is None or sent.sent.get(fact.from_account, 0) < fact.amount
        elif isinstance(fact, OperatorAction) and reason == "sent_there_already":
            kept = self._books.receipt(account, fact.receipt_id)
            return kept is not None and fact.target_account in kept.sent
        elif isinstance(fact, OperatorAction) and reason == "target_is_no_account":
            entity, slash, name = fact.target_account.removeprefix("~entity:").partition("/")
            elsewhere = fact.target_account.startswith("~entity:")
            named = slash and entity not in ("", fact.entity) and name and not name.startswith("~")
            return not named if elsewhere else fact.target_account.startswith("~")
        elif isinstance(fact, Refund) and reason == "refund_known":
            return fact.refund_id in account.refunds
        elif isinstance(fact, RemittanceAdvice) and reason == "advice_known":
            return self._advices.known(account, fact.advice_id)
        elif isinstance(fact, OperatorAction | Approval) and reason in ("approval_unknown", "maker_never_approves"):
            name = fact.reference_id if isinstance(fact, OperatorAction) else fact.approval_id
            request = account.requests.get(name)
            if reason == "approval_unknown":
                return request is None
            delegate = fact.owner if isinstance(fact, OperatorAction) else fact.delegate
            return request is not None and any(same(who, request.maker) for who in (fact.actor, delegate))
        elif isinstance(fact, Shipment | Return) and reason in ("shipment_known", "return_known"):
            return self._orders.says_otherwise(account, fact)
        elif isinstance(fact, PayerRelation) and reason == "relations_at_most":
            return len(account.relations) >= MOST_RELATIONS and fact.relation_id not in account.relations
        elif isinstance(fact, OperatorAction) and reason == "not_parked":
            return not account.parked
        if reason in ("nul_in_currency", "nul_in_target_account"):
            return "\0" in getattr(fact, "currency" if reason == "nul_in_currency" else "target_account")
        if reason == "amount_not_above_zero":
            amount = getattr(fact, "amount", None)
            return isinstance(amount, int) and amount <= 0 and not getattr(fact, "cancelled", False)
        return None

    # --- what people say ---

    def _account_owner(self, account: Account, fact: AccountOwner, said: Sequence[Decision]) -> None:
        account.roles.setdefault(fact.role, {})[fact.valid_from_date] = fact.owner
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
        documents = self._documents_of(account, fact.documents)
        for d in opened:
            self._same(account, fact, d, {"currency": fact.currency})
            if sorted(d.candidates) != sorted(documents):
                self._wrong(account, fact, "differs", f"it is for {documents}, {d.kind} says {d.candidates}")

    def _operator(self, account: Account, fact: OperatorAction, said: Sequence[Decision]) -> None:
        for learned in said:
            if learned.kind == "alias_learned" and fact.source.startswith("headrace"):
                self._wrong(account, fact, "not_confirmed", f"{learned.text} is learned, and no person said so")
        if fact.action in SILENT_ACTIONS:
            account.blocked = fact.action == "block_reminders"
            return
        if fact.action == "resume_account":
            self._wrong(account, fact, "no_effect", f"{account.key} is not parked, and it was not rejected")
            return
        if fact.action in OWN_DECISION:
            self._own(account, fact, said, OWN_DECISION[fact.action], fact.reference_id)
            return
        if said and said[0].kind == "approval_requested":
            # It waits for another person.
            self._same(account, fact, said[0], {"receipt_id": fact.receipt_id, "document": fact.document})
            return
        kind = {"identify_payer": "cash_transferred", "apply_cash": "cash_applied", "unapply_cash": "cash_unapplied"}
        # What was left on account is taken from there first.
        of_it = [d for d in said if d.receipt_id == fact.receipt_id and d.kind != "cash_on_account"]
        d = self._only(account, fact, of_it[:1], (kind.get(fact.action, fact.action),))
        if d is not None:
            right = {"counterparty": fact.target_account, "rule": "transfer.out"}
            self._same(account, fact, d, right if fact.action == "identify_payer" else {"document": fact.document})

    def _approval(self, account: Account, fact: Approval, said: Sequence[Decision]) -> None:
        self._own(account, fact, said, OWN_DECISION[VERDICTS[fact.decision]], fact.approval_id)

    def _own(
        self, account: Account, fact: Fact, said: Sequence[Decision], kinds: tuple[str, ...], reference: str
    ) -> None:
        """It leads to one of these first; where it names something, to one about that."""
        first = [d for d in said if d.kind in kinds][:1]
        d = self._only(account, fact, first, kinds)
        if d is not None and reference:
            self._same(account, fact, d, {"reference_id": reference})
        if d is not None and d.kind == "approval_given" and d.category != "reminder":
            # A letter goes out later, and not if something is against it by then.
            allowed = f"approval:{d.reference_id}"
            if not any(allowed in x.evidence or x.rule == "approvals.not_possible" for x in said):
                self._wrong(account, fact, "no_effect", f"{d.reference_id} is given, and nothing follows from it")

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
            fact.tenant,
            fact.entity,
            fact.account_id,
            fact.region,
            fact.country.upper(),
            fact.tier,
            fact.segment,
            fact.terms_days,
            fact.risk_class,
            fact.contract,
        )
        account.direct_debit = fact.direct_debit
        account.contacts_blocked = fact.contacts_blocked
        account.language = fact.language
        account.credit_blocked = fact.credit_status == "blocked"
        account.channels, account.email = fact.channels, fact.email
        account.affiliate = fact.affiliate
        account.cash_order = fact.cash_order

    def _relation(self, account: Account, fact: PayerRelation, said: Sequence[Decision]) -> None:
        account.relations.pop(fact.relation_id, None)
        if not fact.cancelled:
            elsewhere = fact.pays_for_entity not in ("", fact.entity)
            name = f"~entity:{fact.pays_for_entity}/{fact.pays_for}" if elsewhere else fact.pays_for
            account.relations[fact.relation_id] = (name, fact.valid_from_date, fact.valid_until_date or NEVER_DAY)

    def _case(self, account: Account, fact: ServiceCase, said: Sequence[Decision]) -> None:
        if fact.status == "open":
            account.cases[fact.case_id] = fact.document
        else:
            account.cases.pop(fact.case_id, None)

    def _order(self, account: Account, fact: Order, said: Sequence[Decision]) -> None:
        self._orders.take_order(account, fact)

    def _shipment(self, account: Account, fact: Shipment, said: Sequence[Decision]) -> None:
        self._orders.take_shipment(account, fact)

    def _return(self, account: Account, fact: Return, said: Sequence[Decision]) -> None:
        self._orders.take_return(account, fact)

    def _agreement(self, account: Account, fact: PriceAgreement, said: Sequence[Decision]) -> None:
        self._orders.take_agreement(account, fact)

    def _delivery(self, account: Account, fact: ProofOfDelivery, said: Sequence[Decision]) -> None:
        self._orders.take_delivery(account, fact)


_Check = Callable[[FactCheck, Account, Any, Sequence[Decision]], None]
_CHECKS: Final[dict[str, _Check]] = {
    "receipt": FactCheck._receipt,
    "cash_transferred": FactCheck._transferred,
    "invoice": FactCheck._invoice,
    "credit_note": FactCheck._credit_note,
    "debit_note": FactCheck._debit_note,
    "opening_item": FactCheck._opening,
    "refund": FactCheck._refund,
    "erp_posting": FactCheck._erp,
    "receipt_returned": FactCheck._returned,
    "remittance_advice": FactCheck._advice,
    "dispute": FactCheck._dispute,
    "dispute_update": FactCheck._dispute_update,
    "promise": FactCheck._promise,
    "operator_action": FactCheck._operator,
    "approval": FactCheck._approval,
    "message": FactCheck._message,
    "account_owner": FactCheck._account_owner,
    "customer": FactCheck._customer,
    "payer_relation": FactCheck._relation,
    "credit_limit": FactCheck._credit_limit,
    "credit_exposure": FactCheck._of_group,
    "credit_group_told": FactCheck._of_group,
    "order": FactCheck._order,
    "shipment": FactCheck._shipment,
    "proof_of_delivery": FactCheck._delivery,
    "return": FactCheck._return,
    "price_agreement": FactCheck._agreement,
    "service_case": FactCheck._case,
}
