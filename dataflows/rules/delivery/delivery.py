"""Delivery of invoices and credit notes: by which channel, what became of it, what is done where it does not arrive.

Source: CAPABILITIES A4, A5. Off where the policy names no channels. What is decided of history is never sent: no
document of a replay is, and the items that it left count as delivered.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.entries import OPENING
from dataflows.rules.account.parts import documents_of, last_of
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.context import Context
from dataflows.rules.delivery.delivery_rows import (
    ARRIVED,
    FAILED,
    NOT_NEEDED,
    REJECTED,
    STEPS,
    UNKNOWN,
    UNREACHABLE,
    delivery,
    due,
    unreachable,
)
from dataflows.rules.evidence import value
from dataflows.rules.provisions.delivery import CHANNELS, DeliveryTerms
from dataflows.rules.release.consolidation import consolidated
from schemas.records import Decision, DeliveryRow, Item, Message, OperatorAction

SEND: Final = "send_invoice"
FIRST: Final = "delivery.first"
RESEND: Final = "delivery.resend"
FALLBACK: Final = "delivery.fallback"
BY_PERSON: Final = "delivery.operator"
NO_CHANNEL: Final = "delivery.unreachable"
NOT_CONFIRMED: Final = "delivery.unconfirmed"
NOT_ACKNOWLEDGED: Final = "delivery.unacknowledged"
WAS_REJECTED: Final = "delivery.rejected"
LIVE: Final = "live"
# Begins the reference of a document that was sent out.
ID: Final = "delivery:"
# Of several documents that go together, in the evidence, one that is cleared by then.
CLEARED: Final = "cleared:"
# Of what is due, or waits for a channel, at once; the rest comes with the next wake, or fact.
MOST_AT_ONCE: Final = 200
# Documents of a consolidated invoice that go together.
MOST_TOGETHER: Final = 1_000


class Way:
    """Of the channels that are offered, those for a customer, in order; excluded: those that are not, with why."""

    __slots__ = ("channels", "excluded", "language")

    def __init__(self, account: Account, offered: list[str]) -> None:
        customer = account.customer()
        self.channels: Final[list[str]] = []
        self.excluded: list[str] = []
        self.language: Final = "" if customer is None else customer.language
        if customer is None:
            self.excluded.append("customer_unknown")
            return
        for channel in customer.channels or offered:
            if channel not in offered:
                self.excluded.append(f"{channel}:not_offered")
            elif channel == "email" and not customer.email:
                self.excluded.append("email:no_address")
            elif channel not in self.channels:
                self.channels.append(channel)
        if customer.channels:
            self.excluded.extend([f"{x}:not_accepted" for x in offered if x not in customer.channels])


def _terms(account: Account, ctx: Context, currency: str) -> DeliveryTerms:
    return account.provisions(ctx, currency).delivery


# --- sending ---


def after_posting(account: Account, d: Decision, others: list[Decision], ctx: Context) -> list[Decision]:
    """Send out what was posted, or released; the documents of a consolidated invoice once the last of them is.

    others: what the posting leads to besides. What was taken over from another system went out from there.
    """
    if not ctx.policy.delivers or ctx.origin != LIVE or account.suspense:
        return []
    terms = _terms(account, ctx, d.currency)
    if not terms.channels:
        return []
    decisions: list[Decision] = []
    invoice = last_of(d)
    if not invoice:
        # An invoice in instalments goes once, after the last of them.
        return []
    number = value(d, "consolidated")
    group = consolidated(account, number) if number else None
    if group is not None and group.leaving:
        if any(x.kind == "invoice_released" and value(x, "consolidated") == number for x in others):
            return []
        known = delivery(account, number)
        documents = [x for x in documents_of(account, group.documents) if delivery(account, x) is None]
        if known is None and 0 < len(documents) <= MOST_TOGETHER:
            return _request_group(account, number, documents, terms, ctx)
        if known is None:
            # Too many for one message: each goes on its own.
            for document in documents:
                item = account.posted_item(document)
                decisions += _first(account, item, document, item.amount, [], terms, ctx)
            return decisions
    if d.kind in ("item_posted", "invoice_released") and d.item_kind in terms.kinds and d.rule != OPENING:
        if invoice != d.document:
            decisions += _request_group(account, invoice, documents_of(account, [invoice]), terms, ctx)
        else:
            decisions += _first(account, account.posted_item(d.document), d.document, d.amount, [], terms, ctx)
        replaced = value(d, "replaces")
        if replaced and replaced != invoice:
            decisions += _not_needed(account, replaced, f"replaced_by:{d.document}")
    return decisions


def _request_group(
    account: Account, number: str, documents: list[str], terms: DeliveryTerms, ctx: Context
) -> list[Decision]:
    items = [account.posted_item(document) for document in documents]
    return _first(account, items[0], number, sum([item.amount for item in items]), documents, terms, ctx)


def _first(
    account: Account,
    item: Item,
    document: str,
    amount: int,
    documents: list[str],
    terms: DeliveryTerms,
    ctx: Context,
) -> list[Decision]:
    if delivery(account, document) is not None:
        return []
    way = Way(account, terms.channels)
    row = DeliveryRow(document, "", item.currency, amount, documents)
    if not way.channels:
        return [_raised(account, row, NO_CHANNEL, ["no_channel"], way.excluded, ctx)]
    return [_request(account, row, FIRST, way.channels, 0, 1, way, ctx)]


def _request(
    account: Account, row: DeliveryRow, rule: str, chain: list[str], at: int, tries: int, way: Way | None, ctx: Context
) -> Decision:
    provisions = account.provisions(ctx, row.currency)
    minutes = provisions.delivery.confirm_minutes
    return Decision(
        kind="delivery_requested",
        rule=rule,
        currency=row.currency,
        amount=row.amount,
        document=row.document,
        reference_id=f"{ID}{row.document}:{row.requests + 1}",
        candidates=row.documents,
        level=tries,
        channel=chain[at],
        language="" if way is None else way.language,
        deadline=provisions.calendar.after_business_minutes(ctx.now, minutes) if minutes else 0,
        evidence=[f"chain:{','.join(chain)}", *[f"{CLEARED}{x}" for x in row.documents if not _is_open(account, x)]],
        excluded=[] if way is None else way.excluded,
        policy_line=provisions.lines.get("delivery", ""),
    )


def by_person(account: Account, fact: OperatorAction, ctx: Context) -> tuple[list[Decision], str]:
    """Send a document once more, or for the first time, by the channel that is named or by the first one; or why not."""
    row = delivery(account, fact.document)
    item = account.known_item(fact.document)
    if row is None and item is None:
        return [], "document_unknown"
    if ctx.origin != LIVE:
        return [], "not_live"
    if fact.category and fact.category not in CHANNELS:
        return [], "channel_unknown"
    if row is None:
        assert item is not None
        row = DeliveryRow(item.document, "", item.currency, item.amount)
    way = Way(account, _terms(account, ctx, row.currency).channels)
    chain = [x for x in way.channels if x != fact.category]
    if fact.category:
        chain.insert(0, fact.category)
        way.excluded = [text for text in way.excluded if text.partition(":")[0] != fact.category]
    if not chain:
        return [], "no_channel"
    decisions = [_request(account, row, BY_PERSON, chain, 0, 1, way, ctx)]
    if row.raised == NO_CHANNEL:
        decisions.append(_closed(row))
    return decisions, ""


def channels_found(account: Account, ctx: Context) -> list[Decision]:
    """The customer's master data changed: documents that had no channel may have one."""
    if ctx.origin != LIVE:
        return []
    decisions: list[Decision] = []
    for looked, row in enumerate(unreachable(account)):
        if looked == MOST_AT_ONCE:
            break
        way = Way(account, _terms(account, ctx, row.currency).channels)
        if way.channels:
            decisions += [_request(account, row, FIRST, way.channels, 0, 1, way, ctx), _closed(row)]
    return decisions


# --- what becomes of it ---


def decide_message(account: Account, fact: Message, ctx: Context) -> list[Decision]:
    """What a channel, or the customer, says of a document that was sent out."""
    status = FAILED if fact.status in ("bounced", "expired") else fact.status
    if status not in STEPS and status not in (REJECTED, FAILED, UNKNOWN):
        return []
    number = 0
    document = fact.document
    if fact.delivery_id.startswith(ID):
        document, _, said = fact.delivery_id[len(ID) :].rpartition(":")
        number = int(said) if said.isdecimal() else 0
    elif fact.delivery_id or fact.template or fact.direction != "out":
        # A letter, or something that the customer writes of it.
        return []
    row = delivery(account, document)
    if row is None:
        return _of_others(account, document, status, fact)
    if number and number != row.requests and status not in ARRIVED:
        # It was sent again since.
        return []
    if status == UNKNOWN:
        # Sent again, or by another channel, the customer might have it twice: a person looks first.
        return [] if row.raised or row.arrived else _for_person(account, row, NOT_CONFIRMED, _why(fact), ctx)
    if status in (REJECTED, FAILED):
        return _went_wrong(account, row, status, fact, ctx)
    if row.status not in (REJECTED, FAILED, UNREACHABLE, NOT_NEEDED) and _rank(status) <= _rank(row.status):
        return []
    decisions = [_status(row, status, fact.channel, [])]
    provisions = account.provisions(ctx, row.currency)
    terms = provisions.delivery
    if status == "delivered" and fact.channel in terms.acknowledge:
        decisions[0].deadline = provisions.calendar.after_business_minutes(ctx.now, terms.acknowledge_minutes)
    elif status == "sent":
        decisions[0].deadline = row.deadline
    elif status == "viewed":
        # It was seen, and an acknowledgement is waited for as before.
        decisions[0].deadline = row.deadline if row.status == "delivered" else 0
    if row.raised and status in ARRIVED and (status == "acknowledged" or row.raised != NOT_ACKNOWLEDGED):
        decisions.append(_closed(row))
    return decisions


def _of_others(account: Account, document: str, status: str, fact: Message) -> list[Decision]:
    """What is said of an invoice that something else sent out: it is told, and only what was rejected is for a person."""
    item = account.known_item(document)
    if item is None or (status not in ARRIVED and status != REJECTED) or fact.delivery_id:
        return []
    row = DeliveryRow(item.document, "", item.currency, item.amount)
    if status != REJECTED:
        return [_status(row, status, fact.channel, [])]
    return [_status(row, status, fact.channel, _why(fact)), _rejected(row, fact, "", "")]


def cleared(account: Account, document: str) -> list[Decision]:
    """The item is wholly cleared: whoever paid it has it; of a number for several documents, whoever paid all of them."""
    row = delivery(account, document) if account.row.undelivered else None
    return [] if row is None or not _all_cleared(account, row) else _not_needed(account, row.document, "cleared")


def _all_cleared(account: Account, row: DeliveryRow) -> bool:
    # From the last one on: they are mostly paid in their order.
    return not any(_is_open(account, document) for document in reversed(row.documents or [row.document]))


def _is_open(account: Account, document: str) -> bool:
    item = account.known_item(document)
    return item is None or item.open != 0


def _went_wrong(account: Account, row: DeliveryRow, status: str, fact: Message, ctx: Context) -> list[Decision]:
    """The customer rejects it: a person looks at that. It did not get through: it goes by the next channel."""
    if row.status == status:
        return []
    decisions = [_status(row, status, fact.channel, _why(fact))]
    provisions = account.provisions(ctx, row.currency)
    if status == REJECTED:
        if row.raised:
            decisions.append(_closed(row))
        line = provisions.lines.get("delivery", "")
        decisions.append(_rejected(row, fact, provisions.delivery.owner, line))
        return decisions
    return decisions + _next_channel(account, row, _why(fact), ctx)


def _next_channel(account: Account, row: DeliveryRow, failed: list[str], ctx: Context) -> list[Decision]:
    """The next channel of the chain; a person where there is none, or where nothing is sent any more. failed: how the last one
    did, for the person."""
    if row.at + 1 < len(row.chain) and ctx.origin == LIVE:
        return [_request(account, row, FALLBACK, row.chain, row.at + 1, 1, None, ctx)]
    return _for_person(account, row, NOT_CONFIRMED, [*failed, f"no_more_channels:{','.join(row.chain)}"], ctx)


def look_at_due(account: Account, ctx: Context) -> list[Decision]:
    """Nobody said in time that a document arrived, or acknowledged it: it is sent again, then by the next channel."""
    decisions: list[Decision] = []
    for looked, row in enumerate(due(account, ctx.now)):
        if looked == MOST_AT_ONCE:
            break
        terms = _terms(account, ctx, row.currency)
        waits = NOT_ACKNOWLEDGED if row.status in ARRIVED else NOT_CONFIRMED
        if _all_cleared(account, row):
            decisions += _not_needed(account, row.document, "cleared")
        elif row.chain and row.tries < terms.tries and ctx.origin == LIVE:
            decisions.append(_request(account, row, RESEND, row.chain, row.at, row.tries + 1, None, ctx))
        elif waits == NOT_CONFIRMED:
            decisions += _next_channel(account, row, [], ctx)
        else:
            # What no channel of ours could take came to the customer another way.
            way = row.chain[row.at] if row.chain else "other"
            decisions += _for_person(account, row, waits, [f"not_acknowledged:{way}"], ctx)
    return decisions


def _for_person(account: Account, row: DeliveryRow, rule: str, reasons: list[str], ctx: Context) -> list[Decision]:
    closing = [_closed(row)] if row.raised else []
    return [*closing, _raised(account, row, rule, reasons, [], ctx)]


def _not_needed(account: Account, document: str, reason: str) -> list[Decision]:
    """Nobody waits any more for a document to arrive."""
    row = delivery(account, document)
    if row is None or row.document != document or not (row.deadline or row.raised):
        return []
    decisions = [_status(row, NOT_NEEDED, "", [reason])]
    return [*decisions, _closed(row)] if row.raised else decisions


def _rank(status: str) -> int:
    return STEPS.index(status) if status in STEPS else -1


def _why(fact: Message) -> list[str]:
    return [f"{fact.status}:{fact.reason}" if fact.reason else fact.status]


def _status(row: DeliveryRow, status: str, channel: str, reasons: list[str]) -> Decision:
    return Decision(
        kind="delivery_status",
        rule="delivery.status",
        currency=row.currency,
        amount=row.amount,
        document=row.document,
        reference_id=f"{ID}{row.document}:{row.requests}",
        candidates=row.documents,
        channel=channel,
        text=status,
        reasons=reasons,
    )


def _rejected(row: DeliveryRow, fact: Message, owner: str, line: str) -> Decision:
    return Decision(
        kind="exception_raised",
        rule=WAS_REJECTED,
        currency=row.currency,
        amount=row.amount,
        document=row.document,
        reference_id=f"{ID}{row.document}",
        owner=owner,
        channel=fact.channel,
        reasons=_why(fact),
        policy_line=line,
    )


def _raised(
    account: Account, row: DeliveryRow, rule: str, reasons: list[str], excluded: list[str], ctx: Context
) -> Decision:
    provisions = account.provisions(ctx, row.currency)
    return Decision(
        kind="exception_raised",
        rule=rule,
        currency=row.currency,
        amount=row.amount,
        document=row.document,
        reference_id=f"{ID}{row.document}",
        candidates=row.documents,
        owner=provisions.delivery.owner,
        reasons=reasons,
        excluded=excluded,
        policy_line=provisions.lines.get("delivery", ""),
    )


def _closed(row: DeliveryRow) -> Decision:
    return closed(row.raised, f"{ID}{row.document}", row.currency, document=row.document)
