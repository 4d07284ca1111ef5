"""One transition: a fact or a wake, the account it is about, and the decisions that follow.

`decide` concludes from a state it does not change; evolve posts each conclusion; `follow` asks
what that brings about in turn, until nothing does. Pure: same state, cause and policy, same decisions.
"""

from typing import Final

from dataflows.rules import (
    cash,
    credit,
    credit_group,
    credit_limits,
    deductions,
    dispute_documents,
    dispute_routing,
    disputes,
    interest,
    messages,
    posting_credit,
    promises,
    release,
    reminders,
    returns,
    statements,
    tasks,
)
from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.credit_count import count
from dataflows.rules.evolve import contacts_due, evolve_decision, evolve_steps, evolve_wake
from dataflows.rules.exceptions import closed
from dataflows.rules.keep import evolve_fact, not_taken, receipt_name
from schemas.records import (
    AccountOwner,
    CashTransferred,
    CreditExposure,
    CreditGroupTold,
    CreditLimit,
    CreditNote,
    Customer,
    Decision,
    Dispute,
    DisputeUpdate,
    Fact,
    Invoice,
    Item,
    Message,
    OperatorAction,
    Order,
    Promise,
    ProofOfDelivery,
    Receipt,
    ReceiptReturned,
    ReceiptRow,
    RemittanceAdvice,
    ServiceCase,
    Shipment,
)
from schemas.topics import WHO_PAID_SEPARATOR

# Raised when the rules conclude otherwise than before from the same input.
RULES_VERSION: Final = "1"
UNIDENTIFIED: Final = "cash.unidentified"
# Besides applied cash, what changes how much of a promise is here.
MOVED_CASH: Final = ("application_reversed", "cash_unapplied", "cash_proposed", "receipt_reversed")
# One fact of an account never leads to more; past it something goes round in circles.
MOST_DECISIONS: Final = 100_000
# Of one decision: with four bytes each it is still a message that readers take (schemas/wire.py).
MOST_CHARACTERS: Final = 200_000
# Of the payer's name and the bank's text, in the exception that asks whose money it is.
MOST_WHO_PAID: Final = 300


def transition(account: Account, fact: Fact, ctx: Context) -> list[Decision]:
    """Take the fact in and return what is concluded, posted to the account, with balances."""
    refused = refusal(account, fact)
    if refused is not None:
        return settle(account, [refused], ctx)
    evolve_fact(account, fact, ctx)
    if not posting_credit.keep(account, fact, ctx):
        return settle(account, decide(account, fact, ctx), ctx)
    decisions: list[Decision] = []
    if isinstance(fact, (Order, Shipment)) or (isinstance(fact, Invoice) and fact.stage == "draft"):
        # It counts before it is decided whether more is released.
        _review_credit(account, decisions, ctx, False)
    decisions += settle(account, decide(account, fact, ctx), ctx)
    _review_credit(account, decisions, ctx, True)
    posting_credit.finish(account, decisions, ctx)
    return decisions


def _review_credit(account: Account, decisions: list[Decision], ctx: Context, final: bool) -> list[Decision]:
    """Add what the account's exposure and oldest item lead to, after these decisions."""
    while True:
        count(account)
        more = credit.review(account, decisions, ctx, final)
        if not more:
            return decisions
        decisions += settle(account, more, ctx)


def wake(account: Account, ctx: Context) -> list[Decision]:
    """What time alone brings about: promises judged, drafts looked at again, reminders."""
    decisions: list[Decision] = []
    contacts = contacts_due(account, ctx)
    evolve_steps(account, ctx)
    if 0 < account.row.deadline <= ctx.now:
        decisions += settle(account, dispute_routing.escalate_due(account, ctx), ctx)
    if account.row.tasks:
        decisions += settle(account, tasks.escalate_due(account, ctx), ctx)
    if contacts:
        decisions += _contacts(account, ctx)
    keeps = posting_credit.keep(account, None, ctx)
    if keeps:
        _review_credit(account, decisions, ctx, True)
    evolve_wake(account, ctx, contacts)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions


def _contacts(account: Account, ctx: Context) -> list[Decision]:
    """What is done when the account's contact time has come."""
    decisions: list[Decision] = []
    if account.row.promises:
        decisions += settle(account, promises.judge_due(account, ctx), ctx)
    if account.row.held:
        decisions += settle(account, release.recheck(account, list(account.row.held), ctx), ctx)
        decisions += settle(account, release.overdue_holds(account, ctx), ctx)
    decisions += settle(account, reminders.decide_reminders(account, ctx), ctx)
    decisions += settle(account, tasks.look(account, ctx), ctx)
    decisions += settle(account, statements.decide_due(account, ctx), ctx)
    return decisions


def settle(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Post the decisions and all that follows from them, in order.

    What one conclusion gives is posted as a whole before anything is concluded from it: a rule
    never sees books that decisions already made have yet to change.
    """
    _post(account, decisions, ctx)
    at = 0
    while at < len(decisions):
        more = follow(account, decisions[at], ctx)
        more += interest.charges(account, decisions[at], ctx)
        more += tasks.follow(account, decisions[at], ctx)
        _post(account, more, ctx)
        decisions += more
        at += 1
        assert at < MOST_DECISIONS, f"over {MOST_DECISIONS} decisions from one fact"
    return decisions


def _post(account: Account, decisions: list[Decision], ctx: Context) -> None:
    for decision in decisions:
        assert _characters(decision) < MOST_CHARACTERS, f"{decision.kind} says too much for a message"
        ctx.stamp(decision, account.tenant, account.entity, account.account_id)
        evolve_decision(account, decision, ctx)


def _characters(d: Decision) -> int:
    """Of the texts that come from facts."""
    found = len(d.document) + len(d.receipt_id) + len(d.reference_id) + len(d.counterparty) + len(d.text)
    for text in d.reasons:
        found += len(text)
    for text in d.candidates:
        found += len(text)
    return found


def refusal(account: Account, fact: Fact) -> Decision | None:
    """Why the fact can have no effect on this account, as fact_rejected; None where it can."""
    reason = ""
    document = ""
    if isinstance(fact, (Invoice, CreditNote)):
        document = fact.document
        if account.known_item(document) is not None or (
            document in account.row.held and (isinstance(fact, CreditNote) or fact.stage == "draft")
        ):
            reason = "document_known"
        elif fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
        elif "\0" in fact.currency:
            # It would end the currency in the index of open debits (open_debits.py).
            reason = "nul_in_currency"
    elif isinstance(fact, Receipt):
        known = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        if known is not None and known.amount:
            reason = "receipt_known"
        elif fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, ReceiptReturned):
        came = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        if fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
        elif came is not None and came.currency != fact.currency and not not_taken(fact, came):
            reason = f"currency_of_receipt:{came.currency}"
    elif isinstance(fact, Promise):
        # One that takes a promise back need not say how much it was.
        if fact.amount <= 0 and not fact.cancelled:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, Dispute):
        if fact.amount is not None and fact.amount <= 0:
            reason = f"amount_not_above_zero:{fact.amount}"
    elif isinstance(fact, OperatorAction):
        if fact.amount < 0:
            reason = f"amount_below_zero:{fact.amount}"
    elif isinstance(fact, RemittanceAdvice):
        if account.advice(fact.advice_id) is not None:
            reason = "advice_known"
    elif isinstance(fact, CreditLimit):
        if fact.amount < 0:
            reason = f"amount_below_zero:{fact.amount}"
    elif isinstance(fact, CreditExposure):
        reason = credit_group.stated_amiss(account, fact)
    elif isinstance(fact, CreditGroupTold):
        reason = credit_group.told_amiss(account, fact)
    elif isinstance(fact, CashTransferred) and fact.returned:
        sent = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
        part = None if sent is None else returns.sent_to(sent, fact.from_account)
        if part is None or part.amount < fact.amount:
            reason = "not_sent_from_here"
    if not reason:
        return None
    return Decision(kind="fact_rejected", rule="facts", document=document, reasons=[reason])


def decide(account: Account, fact: Fact, ctx: Context) -> list[Decision]:
    """What a fact that has just been kept leads to. Changes nothing."""
    if isinstance(fact, Receipt):
        return [_booked(account, fact, "receipt", "")]
    if isinstance(fact, Invoice):
        if fact.stage == "posted":
            return release.decide_posted(account, fact)
        return release.decide_draft(account, fact, ctx)
    if isinstance(fact, (Order, Shipment, ProofOfDelivery)):
        return dispute_documents.arrived(account, fact.order_id) + release.recheck_order(account, fact.order_id, ctx)
    if isinstance(fact, Customer):
        return release.recheck(account, list(account.row.held), ctx)
    if isinstance(fact, CreditNote):
        return [_credit_posted(account, fact)]
    if isinstance(fact, ReceiptReturned):
        return _decide_return(account, fact)
    if isinstance(fact, RemittanceAdvice):
        advice = account.advice(fact.advice_id)
        return [] if advice is None else cash.explain(account, advice)
    if isinstance(fact, Dispute):
        return disputes.decide_dispute(account, fact, ctx)
    if isinstance(fact, DisputeUpdate):
        return disputes.decide_update(account, fact, ctx)
    if isinstance(fact, Promise):
        return promises.decide_promise(account, fact, ctx)
    if isinstance(fact, Message):
        return messages.decide_message(account, fact, ctx)
    if isinstance(fact, CashTransferred):
        return _decide_transferred(account, fact)
    if isinstance(fact, OperatorAction):
        return _decide_action(account, fact, ctx)
    if isinstance(fact, CreditLimit):
        return credit_limits.decide_limit(account, fact, ctx)
    if isinstance(fact, (ServiceCase, AccountOwner, CreditExposure, CreditGroupTold)):
        return []
    raise AssertionError(f"no rule for {fact.kind}")


def follow(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What a decision that has just been posted leads to. Changes nothing."""
    kind = d.kind
    if kind == "receipt_booked":
        receipt = account.known_receipt(d.receipt_id)
        if receipt.pending_return:
            return returns.reverse_early(account, receipt)
        gone = returns.reverse_refused(receipt, d.counterparty) if d.rule == "transfer.returned" else []
        return gone or _follow_money(account, d)
    if kind == "receipt_reversed" and d.rule in (returns.RETURNED_EARLY, returns.RETURNED_REFUSED):
        return _follow_money(account, d)
    if kind == "item_posted" or kind == "invoice_released":
        # What it bills of its order, the order's other drafts cannot bill any more.
        others = release.recheck_order(account, d.reference_id, ctx) if d.reference_id else []
        if d.item_disputed:
            others += disputes.amounts_known(account, d.document)
            others += dispute_documents.ask_for_item(account, d.document, ctx)
        return others + _follow_item(account, d)
    if kind == "cash_applied" or kind == "credit_allocated":
        decisions: list[Decision] = []
        item = account.item(d.document)
        if kind == "credit_allocated" and d.reference_id:
            decisions += disputes.close_credited(account, d, ctx)
        if item is not None:
            decisions += _follow_item(account, d)
        elif not d.item_open:
            cleared = account.cleared_item(d.document)
            assert cleared is not None, f"no cleared item {d.document}"
            if cleared.disputes:
                decisions += disputes.close_cleared(account, cleared, kind, ctx)
        if account.row.promises:
            decisions += promises.judge_again(account, ctx)
        return decisions
    if kind in MOVED_CASH:
        decisions = []
        if account.suspense:
            return _identified(d)
        if kind == "receipt_reversed":
            # What is left may be just what the payer's references add up to.
            decisions += _follow_money(account, d)
        elif kind == "application_reversed":
            # A credit that was given back goes to the invoice it names; what else is here for the item is good for it now.
            named = _clear_named(account, d.counterparty) if d.counterparty else []
            decisions += named or _follow_item(account, d)
        elif kind == "cash_unapplied":
            decisions += _credits_for(account, d.document)
        if account.row.promises:
            decisions += promises.judge_again(account, ctx)
        return decisions
    if kind == "deduction_opened":
        return deductions.work(account, d, ctx)
    if kind == "credit_hold_set" or kind == "credit_hold_released":
        return release.recheck(account, list(account.row.held), ctx)
    if kind == "dispute_opened":
        return _follow_dispute(account, d, ctx)
    if kind == "dispute_closed":
        return dispute_documents.not_needed(account, d.reference_id)
    if kind == "cash_transferred" and d.rule == "transfer.out" and account.suspense:
        return _identified(d)
    return []


def _follow_dispute(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A new dispute finds its owner, asks for the documents it needs, and may cancel what was promised."""
    if d.rule == disputes.AMOUNT_KNOWN:
        return []
    decisions = dispute_routing.route_opened(account, d, ctx)
    decisions += dispute_documents.ask(account, d.reference_id, ctx)
    return decisions + promises.cancel_disputed(account, d, ctx)


def _identified(d: Decision) -> list[Decision]:
    """Money left a suspense account: once none of its receipt is left, nobody has to look for its payer."""
    if d.receipt_unapplied:
        return []
    return [closed(UNIDENTIFIED, f"unidentified:{d.receipt_id}", d.currency, receipt_id=d.receipt_id)]


def _follow_money(account: Account, d: Decision) -> list[Decision]:
    """Apply what came, or look for whose it is."""
    receipt = account.known_receipt(d.receipt_id)
    if not receipt.unapplied:
        return []
    return [_unidentified(d, account)] if account.suspense else cash.match(account, receipt)


def _follow_item(account: Account, d: Decision) -> list[Decision]:
    """A new credit clears the invoice it names; a new invoice takes credits and cash that waited for it."""
    item = account.item(d.document)
    if item is None:
        # What came with it has cleared it already.
        return []
    if item.kind == "credit_note":
        return _clear_named(account, d.document) or cash.retry(account, d.document)
    # The rest of what waits is tried after a credit is posted.
    return _credits_for(account, d.document) or cash.retry(account, d.document)


def _clear_named(account: Account, document: str) -> list[Decision]:
    """An open credit note clears the open invoice it names."""
    credit = account.item(document)
    if credit is None or not credit.corrects:
        return []
    invoice = account.item(credit.corrects)
    return [] if invoice is None else _allocated(account, credit, invoice)


def _credits_for(account: Account, document: str) -> list[Decision]:
    """The first open credit note that names the open invoice clears it."""
    invoice = account.item(document)
    if invoice is None:
        return []
    for name in account.row.credits:
        credit = account.item(name)
        assert credit is not None, f"no open credit note {name}"
        if credit.corrects == document:
            found = _allocated(account, credit, invoice)
            if found:
                return found
    return []


def _allocated(account: Account, credit: Item, invoice: Item) -> list[Decision]:
    """A credit note clears the open invoice it names, and settles a dispute of it."""
    decisions = cash.allocate_credit(credit, invoice)
    for decision in decisions:
        decision.reference_id = disputes.credited_by(account, credit, invoice)
    return decisions


def _booked(account: Account, fact: Receipt | CashTransferred, rule: str, counterparty: str) -> Decision:
    return Decision(
        kind="receipt_booked",
        rule=rule,
        currency=fact.currency,
        amount=fact.amount,
        receipt_id=receipt_name(account, fact.receipt_id, fact.bank_account),
        counterparty=counterparty,
        posting_date=fact.posting_date,
        value_date=fact.value_date,
    )


def _credit_posted(account: Account, fact: CreditNote) -> Decision:
    return Decision(
        kind="item_posted",
        rule="posted.erp",
        currency=fact.currency,
        amount=fact.amount,
        document=fact.document,
        item_kind="credit_note",
        counterparty=fact.invoice,
        posting_date=fact.posting_date,
        due_date=fact.posting_date,
        document_date=fact.document_date,
        text=fact.reason,
        reasons=release.no_sale(account),
        evidence=[f"dispute:{fact.dispute_id}"] if fact.dispute_id else None,
    )


def _unidentified(d: Decision, account: Account) -> Decision:
    receipt = account.known_receipt(d.receipt_id)
    return Decision(
        kind="exception_raised",
        rule=UNIDENTIFIED,
        currency=d.currency,
        amount=receipt.unapplied,
        receipt_id=d.receipt_id,
        reference_id=f"unidentified:{d.receipt_id}",
        reasons=["unidentified", *[f"refused_by:{target}" for target in receipt.refused_by]],
        candidates=cash.said(cash.payer_references(receipt)),
        text=who_paid(receipt),
    )


def who_paid(receipt: ReceiptRow) -> str:
    """The payer's account, or else name, and the bank's text, such as `BANK-1 · INV 7`; all as the bank sent them.

    The directory reads the account: what follows it begins with the separator, and without an account
    the whole does too, so that no name is ever read as an account.
    """
    account = receipt.payer_account.replace(WHO_PAID_SEPARATOR, " ")
    said = [text for text in ("" if account else receipt.payer_name, receipt.text) if text]
    rest = "".join(WHO_PAID_SEPARATOR + text for text in said)
    return account + (rest if len(rest) <= MOST_WHO_PAID else f"{rest[: MOST_WHO_PAID - 1]}…")


def _decide_return(account: Account, fact: ReceiptReturned) -> list[Decision]:
    name = receipt_name(account, fact.receipt_id, fact.bank_account)
    if not_taken(fact, account.receipt(name)):
        return [_return_for_another(fact, name)]
    receipt = account.known_receipt(name)
    if receipt.amount:
        return returns.reverse(account, receipt, fact.amount, fact.posting_date, fact.value_date)
    return [
        Decision(
            kind="exception_raised",
            rule=returns.RETURNED_EARLY,
            currency=fact.currency,
            amount=fact.amount,
            receipt_id=receipt.receipt_id,
            reference_id=f"return:{receipt.receipt_id}",
            reasons=["return_before_receipt"],
        )
    ]


def _return_for_another(fact: ReceiptReturned, name: str) -> Decision:
    """A return that was passed on for money that this account did not take. It moves nothing: the sender has that
    money again and gives it back itself."""
    return Decision(
        kind="exception_raised",
        rule="returned.not_here",
        currency=fact.currency,
        amount=fact.amount,
        receipt_id=name,
        reference_id=f"return:{name}",
        counterparty=fact.from_account,
        reasons=["receipt_not_here"],
    )


def _decide_transferred(account: Account, fact: CashTransferred) -> list[Decision]:
    """Book what another account sent, or refuse it: no customer here, or the receipt is here already."""
    if fact.returned:
        return [_booked(account, fact, "transfer.returned", fact.from_account)]
    receipt = account.receipt(receipt_name(account, fact.receipt_id, fact.bank_account))
    if account.known and (receipt is None or not receipt.amount):
        return [_booked(account, fact, "transfer.in", fact.from_account)]
    return [
        Decision(
            kind="cash_transferred",
            rule="transfer.refused",
            currency=fact.currency,
            amount=fact.amount,
            receipt_id=fact.receipt_id,
            reference_id=fact.transfer_id,
            counterparty=fact.from_account,
            reasons=["receipt_known" if account.known else "customer_unknown"],
        )
    ]


def _decide_action(account: Account, fact: OperatorAction, ctx: Context) -> list[Decision]:
    """What a person, or the directory, asked for; what cannot be done is rejected and says why."""
    if fact.action in ("block_reminders", "unblock_reminders"):
        return []
    if fact.action == "request_statement":
        return statements.requested(account, fact, ctx) or [_action_rejected(fact, "nothing_to_state")]
    if fact.action == "close_task":
        return tasks.close_by_person(account, fact) or [_action_rejected(fact, "task_unknown")]
    if fact.action in credit_limits.ACTIONS:
        return credit_limits.decide_approval(account, fact) or [_action_rejected(fact, "no_such_proposal")]
    receipt = account.receipt(fact.receipt_id) if fact.receipt_id else None
    if receipt is None or not receipt.amount:
        return [_action_rejected(fact, "receipt_unknown")]
    if fact.action == "unapply_cash":
        for allocation in receipt.allocations:
            if allocation.document == fact.document:
                part = min(fact.amount or allocation.amount, allocation.amount)
                return [cash.unapply_by_person(receipt, account.posted_item(fact.document), part)]
        return [_action_rejected(fact, "not_applied_there")]
    if not receipt.unapplied:
        return [_action_rejected(fact, "nothing_unapplied")]
    if fact.action == "identify_payer":
        target = fact.target_account
        if not target or target == account.account_id:
            return [_action_rejected(fact, "target_account_missing")]
        if "\0" in target:
            # No account is called so, and the money would be in transit for ever.
            return [_action_rejected(fact, "nul_in_target_account")]
        if returns.sent_to(receipt, target) is not None:
            # It has that money, and takes a receipt once; or its refusal is on its way.
            return [_action_rejected(fact, "sent_there_already")]
        return [cash.send_on(receipt, target)]
    if fact.action == "apply_cash":
        item = account.item(fact.document)
        if item is None or item.kind == "credit_note" or item.currency != receipt.currency:
            return [_action_rejected(fact, "no_such_open_item")]
        most = min(receipt.unapplied, item.open)
        if fact.amount > most:
            return [_action_rejected(fact, f"more_than_there_is:{most}")]
        return [cash.apply_by_person(receipt, item, fact.amount or most)]
    return [_action_rejected(fact, f"action_unknown:{fact.action}")]


def _action_rejected(fact: OperatorAction, reason: str) -> Decision:
    return Decision(
        kind="fact_rejected",
        rule=f"operator.{fact.action}",
        document=fact.document,
        receipt_id=fact.receipt_id,
        reasons=[reason],
    )


def adopt(account: Account, fact: Fact, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """Take the fact in with the decisions that the log already has of it: rules are not run."""
    taken = not (decisions and decisions[0].kind == "fact_rejected" and decisions[0].rule == "facts")
    if taken:
        evolve_fact(account, fact, ctx)
    keeps = taken and posting_credit.keep(account, fact, ctx)
    _post(account, decisions, ctx)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions


def adopt_wake(account: Account, decisions: list[Decision], ctx: Context) -> list[Decision]:
    """A wake with the decisions that the log already has of it."""
    contacts = contacts_due(account, ctx)
    evolve_steps(account, ctx)
    keeps = posting_credit.keep(account, None, ctx)
    _post(account, decisions, ctx)
    evolve_wake(account, ctx, contacts)
    if keeps:
        posting_credit.finish(account, decisions, ctx)
    return decisions
