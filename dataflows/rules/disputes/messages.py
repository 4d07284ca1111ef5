"""What customers write: which dispute their words mean, and of which document. Source: CAPABILITIES B1.

Words alone open nothing: the message has to name one document of the account, and only one.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.parts import meant
from dataflows.rules.cash.references import fold, same_number, tokens
from dataflows.rules.context import Context
from dataflows.rules.disputes import dispute_parts, dispute_routing, disputes
from dataflows.rules.disputes.dispute_meaning import MOST_CHARACTERS, Meaning, meaning_of
from schemas.records import Decision, Item, Message

# Words of a message that may be documents.
MOST_TOKENS: Final = 100
UNCLEAR: Final = "disputes.message"


def decide_message(account: Account, fact: Message, ctx: Context) -> list[Decision]:
    """A message that came in: a dispute, the answer that one waited for, or nothing that these rules know.

    What sounds like a dispute and names no document, or several, is for a person.
    """
    if fact.direction != "in" or account.suspense:
        return []
    terms = dispute_routing.terms_of(account, ctx, "")
    named = _documents(account, fact)
    answers: list[Decision] = []
    disputed = False
    for item in [item for items in named for item in items]:
        for dispute_id in item.disputes:
            dispute = account.dispute(dispute_id)
            assert dispute is not None, f"no dispute {dispute_id}"
            disputed = True
            if dispute.waits_since:
                answers.append(dispute_routing.answered(account, dispute, fact.message_id, ctx))
    # What is contested already is not contested once more by writing of it again.
    if answers or disputed or not terms.from_messages:
        return answers
    meaning = meaning_of(fact.text, terms)
    dispute_id = f"message:{fact.message_id}"
    if not meaning.category or account.dispute(dispute_id) is not None:
        return []
    if len(named) != 1:
        return [_unclear(fact, meaning, named)]
    meaning.evidence.append(f"message:{fact.message_id}")
    if len(named[0]) > 1:
        return dispute_parts.open_parts(account, dispute_id, named[0], None, meaning, "message", ctx)
    item = named[0][0]
    amount = item.open or item.amount
    return [disputes.opened(account, dispute_id, item.document, item.currency, amount, meaning, "message", ctx)]


def _documents(account: Account, fact: Message) -> list[list[Item]]:
    """Debits of the account that the message names, each number once: as its sender's system says, else by its words. A
    number that stands for several documents is all of these."""
    if fact.document:
        item = account.known_item(fact.document)
        items = [item] if item is not None else dispute_parts.items_of(account, fact.document)
        return [items] if items and items[0].kind != "credit_note" else []
    found: list[list[Item]] = []
    for token in tokens(fact.text[:MOST_CHARACTERS])[:MOST_TOKENS]:
        alike = account.alike(fold(token))
        exact = [item for item in alike if item.document == token]
        for item in exact or [item for item in alike if same_number(token, item.document)]:
            if item.kind != "credit_note" and [item] not in found:
                found.append([item])
        group = None if alike else meant(account, token)
        items = [] if group is None else dispute_parts.items_of(account, group.document)
        if items and items not in found:
            found.append(items)
    return found


def _unclear(fact: Message, meaning: Meaning, named: list[list[Item]]) -> Decision:
    return Decision(
        kind="exception_raised",
        rule=UNCLEAR,
        reference_id=f"message:{fact.message_id}",
        category=meaning.category,
        channel=fact.channel,
        reasons=["several_documents" if named else "no_document"],
        candidates=[item.document for items in named for item in items],
        evidence=meaning.evidence,
        excluded=meaning.excluded,
    )
