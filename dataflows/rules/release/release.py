"""Release of drafts: every condition and check that fails is a reason to hold. Source: REFERENCE 3.1.

What is checked is in release_checks.py; here is what comes of it, and when drafts are looked at again.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import CONSOLIDATED, postings
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.context import Context
from dataflows.rules.evidence import value
from dataflows.rules.keep import draft_invoice
from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.provisions.release import AT_ONCE, ReleaseTerms
from dataflows.rules.release import rebilling
from dataflows.rules.release.consolidation import INCOMPLETE, consolidated
from dataflows.rules.release.partial_invoices import of_draft
from dataflows.rules.release.release_checks import Look, examine
from schemas.records import Decision, DraftRow, Invoice, PriceAgreement

OVERDUE: Final = "release.sla"
SCHEDULED: Final = "waits_for_schedule"
# What only says that a draft which is ready waits for its day, or for others.
ORDERLY: Final = (SCHEDULED, INCOMPLETE)
WAKE: Final = "wake"


def decide_draft(account: Account, fact: Invoice, ctx: Context) -> list[Decision]:
    """Release the draft that has just been kept, or hold it with every reason."""
    decisions: list[Decision] = []
    for d in rebilling.withdrawn_by(account, fact):
        if d.document == fact.document:
            # It was replaced before it came.
            look = examined(account, fact, ctx)
            look.reasons = [x for x in look.reasons if x != INCOMPLETE]
            look.reasons.append(f"replaced_by:{d.counterparty}")
            return [_held(account, fact, look, ctx), *decisions, d]
        decisions += _given_up(account, d)
    return decisions + _looked_at(account, fact, None, ctx)


def decide_posted(account: Account, fact: Invoice) -> list[Decision]:
    """An invoice that the ERP has posted is open from posting, and waits for nothing where it was held."""
    decisions = postings(_posting(account, "item_posted", "posted.erp", fact), fact)
    if fact.document in account.row.held:
        draft = account.draft(fact.document)
        assert draft is not None, f"no draft {fact.document}"
        decisions += _hold_ended(draft, fact)
    return decisions


def recheck(account: Account, documents: list[str], ctx: Context) -> list[Decision]:
    """Look at held drafts again: release what is healed, say anew what is held for other reasons.

    At most one draft of an order goes at once: the next one is looked at when what this one bills is
    posted, so that no goods are billed twice.
    """
    decisions: list[Decision] = []
    orders: set[str] = set()
    for document in documents:
        draft = account.draft(document)
        assert draft is not None, f"no draft {document}"
        invoice = draft_invoice(draft)
        if invoice.order_id in orders:
            continue
        found = _looked_at(account, invoice, draft, ctx)
        if found and found[0].kind == "invoice_released":
            orders.add(invoice.order_id)
        decisions += found
    return decisions


def decided(account: Account) -> list[str]:
    """Held drafts but for one that has just come: that is decided after what its arrival leads to."""
    found: list[str] = []
    for document in account.row.held:
        draft = account.draft(document)
        assert draft is not None, f"no draft {document}"
        if draft.reasons:
            found.append(document)
    return found


def recheck_order(account: Account, order_id: str, ctx: Context) -> list[Decision]:
    order = account.order(order_id)
    return [] if order is None else recheck(account, list(order.drafts), ctx)


def recheck_priced(account: Account, fact: PriceAgreement, ctx: Context) -> list[Decision]:
    """A price was agreed, or is no more: drafts of that product are looked at again."""
    named: list[str] = []
    for document in account.row.held:
        held = rebilling.draft_fact(account, document)
        assert held is not None, f"no draft {document}"
        if any(line.product == fact.product for line in held.lines):
            named.append(document)
    return recheck(account, named, ctx)


def follow(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """What a posting, or a draft that is given up, lets other drafts do."""
    others: dict[str, bool] = {}
    if d.item_kind != "credit_note":
        order = account.order(d.reference_id) if d.reference_id else None
        if order is not None:
            # What it bills of its order, the order's other drafts cannot bill any more.
            others.update(dict.fromkeys(order.drafts, True))
        number = value(d, "consolidated") if d.evidence else ""
        row = consolidated(account, number) if number else None
        if row is not None:
            others.update(dict.fromkeys(row.drafts, True))
    others.update(dict.fromkeys(account.row.rebills, True))
    return recheck(account, list(others), ctx) if others else []


def overdue_holds(account: Account, ctx: Context) -> list[Decision]:
    """Holds older than their SLA, each said once. What waits for its day, or for others, is none."""
    decisions: list[Decision] = []
    for document in account.row.held:
        draft = account.draft(document)
        assert draft is not None, f"no draft {document}"
        if draft.sla_said or all(reason in ORDERLY for reason in draft.reasons):
            continue
        invoice = draft_invoice(draft)
        terms = terms_of(account, invoice, ctx)
        if ctx.today - draft.held_time // DAY_MS <= terms.hold_sla_days:
            continue
        decisions.append(
            Decision(
                kind="exception_raised",
                rule=OVERDUE,
                currency=invoice.currency,
                amount=invoice.amount,
                document=document,
                reference_id=f"hold:{document}",
                reasons=draft.reasons,
                owner=terms.owner(draft.reasons),
                policy_line=_line(account, invoice, ctx),
            )
        )
    return decisions


def _hold_ended(draft: DraftRow, fact: Invoice) -> list[Decision]:
    """The draft is held no more: what was said of its age is settled."""
    return [closed(OVERDUE, f"hold:{fact.document}", fact.currency, document=fact.document)] if draft.sla_said else []


def withdraw(account: Account, document: str, rule: str, note: str) -> list[Decision]:
    """A held draft is given up by a person."""
    decision = rebilling.withdrawn(account, document, rule, "")
    decision.text = note
    return _given_up(account, decision)


def _given_up(account: Account, d: Decision) -> list[Decision]:
    """The decision that gives a held draft up, and what it settles."""
    draft = account.draft(d.document)
    assert draft is not None, f"no draft {d.document}"
    return [d, *_hold_ended(draft, draft_invoice(draft))]


# --- one draft ---


def terms_of(account: Account, fact: Invoice, ctx: Context) -> ReleaseTerms:
    return account.provisions(ctx, fact.currency).release


def _line(account: Account, fact: Invoice, ctx: Context) -> str:
    return account.provisions(ctx, fact.currency).lines.get("release", "")


def examined(account: Account, fact: Invoice, ctx: Context) -> Look:
    """Every reason to hold the draft; none releases it."""
    look = examine(account, fact, account.draft(fact.document), terms_of(account, fact, ctx), ctx)
    _orderly(account, fact, look, ctx)
    return look


def _looked_at(account: Account, fact: Invoice, draft: DraftRow | None, ctx: Context) -> list[Decision]:
    """What comes of a draft: released, wholly or in part; held, where that was not said so before (draft is None for
    one that just came)."""
    look = examined(account, fact, ctx)
    known = draft or account.draft(fact.document)
    assert known is not None, f"no draft {fact.document}"
    if not look.reasons:
        return released(account, fact, known, look, f"release.{terms_of(account, fact, ctx).condition}", ctx)
    part = of_draft(account, fact, known, look, terms_of(account, fact, ctx))
    if part is not None:
        found = _fitting(account, part.billed, ctx)
        if found is not None:
            found.evidence += part.evidence
            return released(account, part.billed, known, found, "release.in_part", ctx)
    if draft is None or look.reasons != draft.reasons:
        return [_held(account, fact, look, ctx)]
    return []


def _fitting(account: Account, fact: Invoice, ctx: Context) -> Look | None:
    """What the checks say of a part of a draft; None where it may not go either."""
    look = examined(account, fact, ctx)
    return None if look.reasons else look


def _orderly(account: Account, fact: Invoice, look: Look, ctx: Context) -> None:
    """What is ready waits for its day, and for the other drafts of its consolidated invoice."""
    terms = terms_of(account, fact, ctx)
    calendar = account.provisions(ctx, fact.currency).calendar
    # The day on which this wake was due counts, however late it came.
    leaves = terms.schedule == AT_ONCE or (ctx.cause_kind == WAKE and terms.runs_on(ctx.event_time // DAY_MS, calendar))
    if leaves and not look.reasons and fact.consolidated and terms.together:
        other = _not_ready(account, fact, ctx)
        if other:
            look.reasons.append(INCOMPLETE)
            look.say(f"waits_for:{other}")
    if fact.consolidated and fact.consolidated != fact.document:
        look.evidence.append(f"{CONSOLIDATED}{fact.consolidated}")
    if terms.schedule != AT_ONCE:
        if look.reasons or not leaves:
            look.reasons.append(SCHEDULED)
        look.say(f"schedule:{terms.schedule}")


def _not_ready(account: Account, fact: Invoice, ctx: Context) -> str:
    """A draft of the same consolidated invoice that is not ready; empty where all are, or some were released before."""
    row = consolidated(account, fact.consolidated)
    if row is None or row.leaving:
        return ""
    orderly: list[str] = []
    for document in row.drafts:
        other = account.draft(document)
        assert other is not None, f"no draft {document}"
        if document == fact.document:
            continue
        if other.reasons and all(reason in ORDERLY for reason in other.reasons):
            # It was ready when it was last looked at: those that were not are looked at first.
            orderly.append(document)
        elif _lacks(account, other, ctx):
            return document
    for document in orderly:
        other = account.draft(document)
        assert other is not None, f"no draft {document}"
        if _lacks(account, other, ctx):
            return document
    return ""


def _lacks(account: Account, draft: DraftRow, ctx: Context) -> bool:
    """Whether any check of the draft fails."""
    invoice = draft_invoice(draft)
    return bool(examine(account, invoice, draft, terms_of(account, invoice, ctx), ctx).reasons)


def _held(account: Account, fact: Invoice, look: Look, ctx: Context) -> Decision:
    return Decision(
        kind="invoice_held",
        rule="release.held",
        currency=fact.currency,
        amount=fact.amount,
        document=fact.document,
        item_kind="invoice",
        reference_id=fact.order_id,
        due_date=fact.due_date,
        document_date=fact.document_date,
        reasons=look.reasons,
        evidence=look.evidence,
        owner=terms_of(account, fact, ctx).owner(look.reasons),
        policy_line=_line(account, fact, ctx),
    )


def released(account: Account, fact: Invoice, draft: DraftRow, look: Look, rule: str, ctx: Context) -> list[Decision]:
    """The draft, or the part of it that `fact` is, becomes an open item."""
    decision = _posting(account, "invoice_released", rule, fact)
    # What it is part of and what it replaces is said among that already.
    decision.evidence = look.evidence
    decision.policy_line = _line(account, fact, ctx)
    return [*postings(decision, fact), *_hold_ended(draft, fact)]


def no_sale(account: Account) -> list[str]:
    """Why what is posted to the account counts in no sales; empty where it does."""
    return ["affiliate"] if account.row.affiliate else []


def _posting(account: Account, kind: str, rule: str, fact: Invoice) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=fact.currency,
        amount=fact.amount,
        document=fact.document,
        item_kind="invoice",
        reference_id=fact.order_id,
        posting_date=fact.posting_date,
        due_date=fact.due_date,
        document_date=fact.document_date,
        reasons=no_sale(account),
        evidence=[f"replaces:{fact.replaces}"] if fact.replaces else None,
    )
