"""What customers write: which dispute their words mean, and of which document. Source: CAPABILITIES B1.

Words alone open nothing: the message has to name one document of the account, and only one.
"""

from typing import Final

from dataflows.rules import dispute_routing, disputes
from dataflows.rules.account import Account
from dataflows.rules.context import Context
from dataflows.rules.dispute_meaning import MOST_CHARACTERS, Meaning, meaning_of
from dataflows.rules.references import fold, same_number, tokens
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
    for item in named:
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
    item = named[0]
    meaning.evidence.append(f"message:{fact.message_id}")
    amount = item.open or item.amount
    return [disputes.opened(account, dispute_id, item.document, item.currency, amount, meaning, "message", ctx)]


def _documents(account: Account, fact: Message) -> list[Item]:
    """Debits of the account that the message names, each once: as its sender's system says, else by its words."""
    if fact.document:
        item = account.known_item(fact.document)
        return [item] if item is not None and item.kind != "credit_note" else []
    found: list[Item] = []
    for token in tokens(fact.text[:MOST_CHARACTERS])[:MOST_TOKENS]:
        alike = account.alike(fold(token))
        exact = [item for item in alike if item.document == token]
        for item in exact or [item for item in alike if same_number(token, item.document)]:
            if item.kind != "credit_note" and item not in found:
                found.append(item)
    return found


def _unclear(fact: Message, meaning: Meaning, named: list[Item]) -> Decision:
    return Decision(
        kind="exception_raised",
        rule=UNCLEAR,
        reference_id=f"message:{fact.message_id}",
        category=meaning.category,
        channel=fact.channel,
        reasons=["several_documents" if named else "no_document"],
        candidates=[item.document for item in named],
        evidence=meaning.evidence,
        excluded=meaning.excluded,
    )
