"""What must follow from facts about disputes, and from messages. facts.py has the others."""

from collections.abc import Sequence
from typing import Final

from headrace.audit.accounts import CREDIT, Account
from headrace.audit.claims import OUTCOMES
from headrace.audit.document_facts import DocumentFacts
from headrace.audit.evidence import integer
from schemas.records import Decision, Dispute, DisputeUpdate, Message

DAY_MS: Final = 86_400_000


class DisputeFacts(DocumentFacts):
    """Disputes, and messages, which may open some. Of a number that stands for several documents each has its own."""

    def _dispute(self, account: Account, fact: Dispute, said: Sequence[Decision]) -> None:
        items = [self._books.item(account, name) for name in sorted(self._documents_of(account, [fact.document]))]
        debits = [x for x in items if x is not None and x.kind != CREDIT and x.document != fact.document]
        right = {"currency": fact.currency, **({"text": fact.category} if fact.category else {})}
        if not debits:
            d = self._only(account, fact, said, ("dispute_opened",))
            item = self._books.item(account, fact.document)
            whole = 0 if item is None else item.open or item.amount
            if d is not None:
                amount = whole if fact.amount is None else fact.amount
                named = {"reference_id": fact.dispute_id, "document": fact.document, "amount": amount}
                self._same(account, fact, d, {**right, **named})
            return
        opened = [d for d in said if d.kind == "dispute_opened"]
        rooms = {x.document: x.open for x in debits}
        if not any(rooms.values()):
            rooms = {x.document: x.amount for x in debits}
        amount = sum(rooms.values()) if fact.amount is None else fact.amount
        if sum(d.amount for d in opened) != amount:
            self._wrong(account, fact, "differs", f"{amount} is contested, {[d.amount for d in opened]} is said")
        names = self._names(account, fact.dispute_id, opened)
        for at, d in enumerate(opened, 1):
            self._same(account, fact, d, {**right, "reference_id": names[at - 1]})
            if f"part_of:{fact.dispute_id}" not in d.evidence:
                self._wrong(account, fact, "differs", f"{d.reference_id} does not say that it is a part of it")
            if d.amount > rooms.get(d.document, -1) and at < len(opened):
                self._wrong(account, fact, "differs", f"{d.amount} of {d.document} is contested, more than there is")

    def _names(self, account: Account, dispute_id: str, opened: Sequence[Decision]) -> list[str]:
        """What the parts of a dispute are to be called: by place, without names that other disputes had before."""
        places = range(1, len(opened) + len(account.dispute_ids) + 1)
        return [name for at in places if (name := f"{dispute_id}/{at}") not in account.dispute_ids]

    def _dispute_update(self, account: Account, fact: DisputeUpdate, said: Sequence[Decision]) -> None:
        kind = "dispute_closed" if fact.status == "closed" else "dispute_routed"
        of_it = [
            d
            for d in said
            if d.kind == kind and fact.dispute_id in (d.reference_id, account.dispute_parts.get(d.reference_id))
        ]
        if len(of_it) < 2 or any(d.reference_id == fact.dispute_id for d in of_it):
            self._only(account, fact, of_it, (kind,))
        if not of_it or fact.status != "closed":
            return
        ended = [text.partition(":") for d in of_it for text in d.evidence]
        for name in OUTCOMES:
            amount = sum(integer(value) for outcome, _, value in ended if outcome == name)
            if amount != getattr(fact, name):
                self._wrong(account, fact, "differs", f"{amount} is {name}, the fact says {getattr(fact, name)}")
        given_up = fact.written_off + sum(d.amount for d in said if d.rule == "disputes.goodwill")
        if sum(d.amount for d in said if d.kind == "write_off_proposed") != given_up:
            self._wrong(account, fact, "no_proposal", f"{given_up} is given up, and not proposed for approval")

    def _message(self, account: Account, fact: Message, said: Sequence[Decision]) -> None:
        opened = [d for d in said if d.kind == "dispute_opened"]
        others = [d for d in said if not d.rule.startswith("delivery.")]
        letters = [d for d in others if d.kind == "letter_status"]
        others = [d for d in others if d.kind != "letter_status"]
        told = (fact.delivery_id, fact.status, fact.channel)
        if letters and (fact.direction != "out" or [(d.reference_id, d.text, d.channel) for d in letters] != [told]):
            self._wrong(account, fact, "differs", f"it says {told}, the decision {letters[0].reference_id}")
        if fact.direction != "in" and others:
            self._wrong(account, fact, "not_caused", f"a message that went out does not lead to {others[0].kind}")
        for d in opened:
            if fact.document not in ("", d.document, *account.stands_for.get(d.document, ())):
                self._wrong(account, fact, "differs", f"it is about {fact.document}, and disputes {d.document}")
        numbers = [set(account.stands_for.get(d.document, ())) for d in opened]
        if len(opened) > 1 and not set.intersection(*numbers):
            self._wrong(account, fact, "more_than_one", f"it opens {len(opened)} disputes")
        reached = fact.status in ("sent", "delivered", "viewed", "acknowledged")
        if fact.direction == "out" and reached and not fact.delivery_id:
            account.contacts.setdefault(f"message:{fact.message_id}", fact.event_time // DAY_MS)

    def _documents_of(self, account: Account, names: Sequence[str]) -> set[str]:
        """The items that names are for: a number that stands for several means all that are posted."""
        found: set[str] = set()
        for name in names:
            of = [document for document, numbers in account.stands_for.items() if name in numbers]
            posted = [document for document in of if self._books.item(account, document) is not None]
            found.update(posted if posted and self._books.item(account, name) is None else [name])
        return found
