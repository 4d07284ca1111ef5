"""Disputes: open, pause, close. Source: REFERENCE 3.3, CAPABILITIES B1, B5, B7.

Who owns them is in dispute_routing.py, what they are judged by in dispute_documents.py, how they are told from
messages in messages.py.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import documents_of
from dataflows.rules.context import Context
from dataflows.rules.disputes import dispute_documents, dispute_routing
from dataflows.rules.disputes.dispute_meaning import ALL_PPM, Meaning, meaning_of
from dataflows.rules.policy.policy import DAY_MS
from schemas.records import CustomerRow, Decision, Dispute, DisputeRow, DisputeUpdate, Item

AMOUNT_KNOWN: Final = "disputes.amount_known"
CLEARED: Final = "disputes.cleared"
CREDITED: Final = "disputes.credited"
MOVED: Final = "disputes.moved"
# Of why something is given up.
MOST_NOTE: Final = 500
# What a dispute may end in, in the order in which decisions say it. They add up to what was contested.
OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
# How a dispute of what is paid may end: by credit, refund or rejection.
OF_CLEARED: Final = ("credited", "rejected", "refunded")


def decide_dispute(account: Account, fact: Dispute, ctx: Context) -> list[Decision]:
    """Open it. On a cleared item it is accepted and counted, and pauses nothing; ahead of its item it waits for it.

    One that comes without a category has the one that the customer's words mean.
    """
    if account.dispute(fact.dispute_id) is not None:
        return [rejected(fact.dispute_id, fact.document, "dispute_known")]
    item = account.known_item(fact.document)
    if item is not None and item.currency != fact.currency:
        return [rejected(fact.dispute_id, fact.document, f"currency_of_item:{item.currency}")]
    meaning = meant_by(account, fact, ctx)
    amount = fact.amount
    if amount is None:
        amount = 0 if item is None else item.open or item.amount
    decision = opened(account, fact.dispute_id, fact.document, fact.currency, amount, meaning, fact.channel, ctx)
    return [completed(decision, fact)]


def meant_by(account: Account, fact: Dispute, ctx: Context) -> Meaning:
    """The category that a dispute says; of one that says none, what the customer's words mean."""
    if fact.category:
        return Meaning(fact.category, [], [], fact.confidence_ppm)
    meaning = meaning_of(fact.reason, dispute_routing.terms_of(account, ctx, fact.currency))
    meaning.category = meaning.category or "other"
    return meaning


def completed(decision: Decision, fact: Dispute) -> Decision:
    """With the documents that came along, and the carrier and product that the dispute names itself."""
    decision.evidence += [f"document:{name}" for name in fact.documents]
    for name, value in (("carrier", fact.carrier), ("product", fact.product)):
        if value:
            decision.evidence = [x for x in decision.evidence if not x.startswith(f"{name}:")] + [f"{name}:{value}"]
    return decision


def opened(
    account: Account,
    dispute_id: str,
    document: str,
    currency: str,
    amount: int,
    meaning: Meaning,
    channel: str,
    ctx: Context,
) -> Decision:
    """A dispute of that document and amount (minor units), with all that headrace has to judge it by."""
    item = account.known_item(document)
    rule = "disputes.opened_early"
    if item is not None:
        rule = "disputes.opened" if item.open else "disputes.opened_cleared"
    terms = dispute_routing.terms_of(account, ctx, currency)
    here, missing = dispute_documents.evidence_of(account, document, terms.documents.get(meaning.category, []))
    evidence = [*meaning.evidence, f"confidence_ppm:{meaning.confidence_ppm}", *here]
    carrier, product = dispute_documents.source_of(account, document)
    if carrier:
        evidence.append(f"carrier:{carrier}")
    if product:
        evidence.append(f"product:{product}")
    return Decision(
        kind="dispute_opened",
        rule=rule,
        currency=currency,
        amount=amount,
        document=document,
        reference_id=dispute_id,
        text=meaning.category,
        category=meaning.category,
        channel=channel,
        evidence=evidence,
        excluded=[*meaning.excluded, *missing],
    )


def of_short_payment(
    account: Account, item: Item, amount: int, category: str, receipt_id: str, ctx: Context
) -> list[Decision]:
    """What a short payment left open, minor units, as a dispute: for the rule that says so of differences.

    None where the receipt opened one on that item already.
    """
    dispute_id = f"short:{receipt_id}:{item.document}"
    if account.dispute(dispute_id) is not None:
        return []
    meaning = Meaning(category or "other", [f"receipt:{receipt_id}"], [], ALL_PPM if category else 0)
    return [opened(account, dispute_id, item.document, item.currency, amount, meaning, "short_payment", ctx)]


def amounts_known(account: Account, document: str) -> list[Decision]:
    """Disputes that came ahead of their item without an amount contest all of it: said now that it is here."""
    item = account.posted_item(document)
    decisions: list[Decision] = []
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if not dispute.amount:
            decision = _about("dispute_opened", AMOUNT_KNOWN, dispute, dispute.category)
            decision.amount = item.amount
            decisions.append(decision)
    return decisions


def decide_update(account: Account, fact: DisputeUpdate, ctx: Context) -> list[Decision]:
    """Route it, stop its clock while the customer is asked, or close it where the closing amounts add up."""
    known = account.dispute(fact.dispute_id)
    if known is None:
        return [rejected(fact.dispute_id, "", "dispute_unknown")]
    if known.status == "closed":
        return [rejected(fact.dispute_id, known.document, "dispute_closed")]
    return reviewed(account, known, fact, ctx) if fact.status != "closed" else ended(account, known, fact, ctx)


def reviewed(account: Account, known: DisputeRow, fact: DisputeUpdate, ctx: Context) -> list[Decision]:
    """News of a dispute that stays open."""
    routed = dispute_routing.decide_review(account, known, fact, ctx)
    return [routed, *dispute_documents.came_with(account, known.dispute_id, fact.documents)]


def ended(account: Account, known: DisputeRow, fact: DisputeUpdate, ctx: Context) -> list[Decision]:
    """Its end, or why it cannot end so."""
    amounts = amounts_of(fact)
    reason = why_not(account, known, amounts)
    if not reason:
        return closing(account, known, amounts, fact, ctx)
    refused = rejected(fact.dispute_id, known.document, reason)
    refused.currency = known.currency
    refused.text = f"{_said(amounts)} of {known.amount}"
    return [refused]


def closing(
    account: Account, known: DisputeRow, amounts: list[tuple[str, int]], fact: DisputeUpdate, ctx: Context
) -> list[Decision]:
    """The end of a dispute by amounts that why_not has nothing against, and what is given up by it."""
    decisions = [_closed(account, known, "disputes.closed", amounts, ctx)]
    _add_causes(decisions[0], fact)
    decisions += _proposed(account, known, amounts, fact, ctx)
    if fact.category:
        for decision in decisions:
            decision.category = fact.category
    return decisions


def amounts_of(fact: DisputeUpdate) -> list[tuple[str, int]]:
    """What it ends in, by OUTCOMES, minor units."""
    values = (
        fact.credited,
        fact.rejected,
        fact.written_off,
        fact.goodwill,
        fact.recovered,
        fact.rebilled,
        fact.refunded,
    )
    return list(zip(OUTCOMES, values, strict=True))


def why_not(account: Account, dispute: DisputeRow, amounts: list[tuple[str, int]]) -> str:
    """Why a dispute cannot be closed so; empty where it can."""
    by_name = dict(amounts)
    closing = sum([amount for _, amount in amounts])
    if closing != dispute.amount or min([amount for _, amount in amounts]) < 0:
        return f"closing_amounts:{closing}_of_{dispute.amount}"
    if by_name["credited"] < min(dispute.credited, dispute.amount):
        return f"credited_already:{dispute.credited}"
    item = account.known_item(dispute.document)
    if item is not None and item.kind == "credit_note":
        item = None
    left = 0 if item is None else item.open
    given_up = by_name["written_off"] + by_name["goodwill"]
    if given_up > left:
        # What is paid can be credited or rejected; there is nothing to give up, as there is not of a credit note.
        return f"written_off_of_open:{given_up}_of_{left}"
    if item is None:
        return ""
    if by_name["refunded"] > item.amount - item.open:
        return f"refunded_of_paid:{by_name['refunded']}_of_{item.amount - item.open}"
    if not item.open:
        for name, amount in amounts:
            if amount and name not in OF_CLEARED:
                return f"of_cleared_item:{name}"
    return ""


def _proposed(
    account: Account, dispute: DisputeRow, amounts: list[tuple[str, int]], fact: DisputeUpdate, ctx: Context
) -> list[Decision]:
    """Giving money up is proposed, and goodwill too: what is above its limit needs an approval, and until one comes the
    item stays open."""
    terms = dispute_routing.terms_of(account, ctx, dispute.currency)
    decisions: list[Decision] = []
    for name, amount in amounts:
        if amount and name in ("written_off", "goodwill"):
            proposed = _about("write_off_proposed", f"disputes.{name}", dispute, f"{name} {amount}")
            proposed.amount = amount
            proposed.owner = dispute.owner
            if name == "written_off" or amount > terms.goodwill_minor:
                proposed.reasons = [f"{name}_needs_approval"]
            proposed.evidence = [f"maker:{fact.actor or dispute.owner or fact.source}"]
            if fact.note:
                proposed.evidence.append(f"note:{fact.note[:MOST_NOTE]}")
            decisions.append(proposed)
    return decisions


def close_cleared(account: Account, item: Item, d: Decision, closed_already: list[str], ctx: Context) -> list[Decision]:
    """An item that is wholly cleared closes its disputes by itself: what no credit settled was paid after all, or ended
    as what the decision that cleared it, `d`, did with its part of it. `closed_already`: those that it has just closed."""
    decisions: list[Decision] = []
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status == "closed" or dispute_id in closed_already or _wholly_credited(dispute):
            continue
        credited = dispute.amount if d.kind == "credit_allocated" else min(dispute.credited, dispute.amount)
        left = dispute.amount - credited
        amounts = [("credited", credited)]
        if d.kind == "write_off_posted":
            amounts.append((_given_up(d), min(left, d.amount)))
        elif d.kind == "deduction_opened":
            amounts.append(("rebilled", min(left, d.amount)))
        amounts.append(("recovered", dispute.amount - sum([amount for _, amount in amounts])))
        decisions.append(_closed(account, dispute, CLEARED, amounts, ctx))
    return decisions


def _given_up(d: Decision) -> str:
    return "goodwill" if d.category == "goodwill" else "written_off"


def withdraw_all(account: Account, item: Item, rule: str, ctx: Context) -> list[Decision]:
    """The item is no more: what its disputes contested was never settled, and is asked for elsewhere."""
    decisions: list[Decision] = []
    for dispute_id in item.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status != "closed":
            decisions.append(withdrawn(account, dispute, rule, ctx))
    return decisions


def withdrawn(account: Account, dispute: DisputeRow, rule: str, ctx: Context) -> Decision:
    """What the dispute hung on was undone: nothing is contested by it any more."""
    credited = min(dispute.credited, dispute.amount)
    return _closed(account, dispute, rule, [("credited", credited), ("rejected", dispute.amount - credited)], ctx)


def moved(account: Account, dispute: DisputeRow, document: str, ctx: Context) -> Decision:
    """A dispute whose matter another document has from now on: a deduction."""
    credited = min(dispute.credited, dispute.amount)
    amounts = [("credited", credited), ("rebilled", dispute.amount - credited)]
    decision = _closed(account, dispute, MOVED, amounts, ctx)
    decision.evidence.append(f"rebilled_as:{document}")
    return decision


def close_credited(account: Account, d: Decision, ctx: Context) -> list[Decision]:
    """A credit that settled all that a dispute contests closes it."""
    dispute = account.dispute(d.reference_id)
    assert dispute is not None, f"no dispute {d.reference_id}"
    if dispute.status == "closed" or not _wholly_credited(dispute):
        return []
    return [_closed(account, dispute, CREDITED, [("credited", dispute.amount)], ctx)]


def _wholly_credited(dispute: DisputeRow) -> bool:
    return 0 < dispute.amount <= dispute.credited


def credited_by(account: Account, credit: Item, invoice: Item) -> str:
    """The open dispute that a credit note settles by clearing an invoice: the one it names; else, where it names that
    invoice, the one dispute of it that is open, or the one with just that much left. Empty where there is none."""
    found: list[DisputeRow] = []
    for dispute_id in invoice.disputes:
        dispute = account.dispute(dispute_id)
        assert dispute is not None, f"no dispute {dispute_id}"
        if dispute.status != "closed" and dispute.amount:
            if dispute_id == credit.settles or _is_part(dispute_id, credit.settles):
                return dispute_id
            found.append(dispute)
    if credit.settles or invoice.document not in documents_of(account, [credit.corrects]):
        return ""
    if len(found) > 1:
        found = [x for x in found if x.amount - x.credited == credit.amount]
    return found[0].dispute_id if len(found) == 1 else ""


def _is_part(dispute_id: str, number: str) -> bool:
    """Whether it is the dispute of one item of several that a dispute's number stands for (dispute_parts.py)."""
    before, _, place = dispute_id.rpartition("/")
    return before == number != "" and place.isdecimal()


# --- what a closing says ---


def _closed(account: Account, dispute: DisputeRow, rule: str, amounts: list[tuple[str, int]], ctx: Context) -> Decision:
    decision = _about("dispute_closed", rule, dispute, _said(amounts))
    decision.owner = dispute.owner
    decision.channel = dispute.channel
    time = dispute_routing.time_for(ctx, dispute)
    waited = dispute.waited_ms + (max(0, time - dispute.waits_since) if dispute.waits_since else 0)
    days_customer = waited // DAY_MS
    days_own = (time - dispute.opened_time) // DAY_MS - days_customer
    minutes = dispute_routing.calendar_of(ctx, dispute.calendar).business_minutes(dispute.opened_time, time)
    decision.evidence = [
        *[f"{name}:{amount}" for name, amount in amounts if amount],
        f"days_customer:{days_customer}",
        f"days_own:{max(0, days_own)}",
        f"business_minutes:{minutes}",
    ]
    who = account.customer() or CustomerRow()
    for name, value in (
        ("carrier", dispute.carrier),
        ("product", dispute.product),
        ("region", who.region),
        ("segment", who.segment),
    ):
        if value:
            decision.evidence.append(f"{name}:{value}")
    return decision


def _add_causes(decision: Decision, fact: DisputeUpdate) -> None:
    """Root cause and days lost, where the one who closed it says so; days by the clock where not."""
    evidence = decision.evidence
    if fact.days_customer or fact.days_own or fact.days_upstream:
        evidence = [x for x in evidence if not x.startswith("days_")]
        evidence.append(f"days_customer:{fact.days_customer}")
        evidence.append(f"days_own:{fact.days_own}")
        evidence.append(f"days_upstream:{fact.days_upstream}")
    if fact.root_cause:
        evidence.append(f"root_cause:{fact.root_cause}")
    if fact.rebilled_as:
        evidence.append(f"rebilled_as:{fact.rebilled_as}")
    evidence += [f"document:{name}" for name in fact.documents]
    decision.evidence = evidence


def _said(amounts: list[tuple[str, int]]) -> str:
    return ", ".join([f"{name} {amount}" for name, amount in amounts if amount])


def _about(kind: str, rule: str, dispute: DisputeRow, text: str) -> Decision:
    return Decision(
        kind=kind,
        rule=rule,
        currency=dispute.currency,
        amount=dispute.amount,
        document=dispute.document,
        reference_id=dispute.dispute_id,
        text=text,
        category=dispute.category,
    )


def rejected(dispute_id: str, document: str, reason: str) -> Decision:
    return Decision(kind="fact_rejected", rule="disputes", document=document, reference_id=dispute_id, reasons=[reason])
