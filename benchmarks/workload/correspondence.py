"""What goes between the office and customers about bills: how they arrive, questions, complaints, service cases."""

from functools import partial
from typing import Final

from benchmarks.workload.accounts import Account, Document
from benchmarks.workload.claims import Contest
from benchmarks.workload.days import DAY, HOUR, MINUTE, work_time
from benchmarks.workload.desk import Desk
from benchmarks.workload.world import SLOW, World
from schemas.records import DisputeUpdate, Message, ServiceCase

_SEEN_AFTER: Final = (10 * MINUTE, 2 * HOUR, DAY, 4 * DAY)
_ACKNOWLEDGED_AFTER: Final = (5 * MINUTE, HOUR, 8 * HOUR, DAY)
_PORTAL_SAYS: Final = ("PO_NUMBER_MISSING", "PO_CLOSED", "PRICE_DIFFERS", "GOODS_RECEIPT_MISSING", "TAX_ID_MISSING")
# What customers write who dispute a bill, by words that say what it is about.
_DISPUTES: Final = (
    "Invoice {number}: wrong price, we agreed on less.",
    "We were overcharged on {number}, please check the price.",
    "{number} was billed twice, see your earlier invoice.",
    "The goods of invoice {number} were not delivered. Please send proof of delivery.",
    "Two items of {number} arrived damaged.",
    "Short shipped: {number}, missing items.",
    "Please correct the VAT rate on invoice {number}.",
)
_UNCLEAR: Final = (
    "The last delivery was incomplete, please call us.",
    "We dispute your bill of last week.",
    "Some boxes were damaged again.",
)
_PLAIN: Final = (
    "Please send us a copy of {number}.",
    "{number} is approved for our next payment run.",
    "Who is our contact for {number}?",
)


class Correspondence(Desk):
    """Mail, portals and EDI. What it says of a bill goes by how the customer takes its bills."""

    def __init__(self, world: World) -> None:
        super().__init__(world, 3)
        self._messages = 0
        self._cases = 0

    def sent(self, document: Document, now: int) -> None:
        """The customer gets a bill, at `document.known`: what its channel says of that, and what the customer writes."""
        rates, account = self._world.rates, document.account
        arrives = max(now, document.known)
        if account.sent_by == "portal" and self._chance.yes(rates.portal_rejects * (4 if account.po_required else 1)):
            self._world.at(arrives, partial(self._refused, document))
        elif account.sent_by == "email" and self._chance.yes(rates.mail_bounces):
            self._world.at(arrives, partial(self._bounced, document))
        elif account.sent_by != "letter":
            self._world.at(arrives, partial(self._arrived, document))
        if self._chance.yes(rates.questions):
            asked = work_time(arrives + self._chance.between(1, 20) * DAY)
            self._world.at(asked, partial(self._disputed, document, self._chance.pick(_DISPUTES)))
        elif self._chance.yes(rates.questions):
            text = self._chance.pick(_PLAIN).format(number=document.number)
            self._world.at(work_time(arrives + self._chance.between(1, 20) * DAY), partial(self._write, account, text))
        elif self._chance.yes(rates.questions / 5):
            self._world.at(work_time(arrives + self._chance.between(1, 9) * DAY), partial(self._unclear, account))

    # --- how bills arrive ---

    def _arrived(self, document: Document, now: int) -> None:
        channel = document.account.sent_by
        self._status(document, "delivered", "", now)
        if channel == "edi" and self._chance.yes(0.92):
            later = now + self._chance.along(_ACKNOWLEDGED_AFTER)
            self._world.at(later, partial(self._status, document, "acknowledged", ""))
        elif channel == "portal" and self._chance.yes(0.7):
            self._world.at(now + self._chance.along(_SEEN_AFTER), partial(self._status, document, "viewed", ""))

    def _refused(self, document: Document, now: int) -> None:
        """The customer's portal takes it only once it is corrected, which a clerk does within days, or forgets."""
        self._status(document, "rejected", self._chance.pick(_PORTAL_SAYS), now)
        if self._chance.yes(0.85):
            self._world.at(self._after(now, 1, 5), partial(self._arrived, document))

    def _bounced(self, document: Document, now: int) -> None:
        self._status(document, "bounced", "mailbox full", now)
        self._world.at(self._after(now, 1, 2), partial(self._arrived, document))

    def _status(self, document: Document, status: str, reason: str, now: int) -> None:
        self._messages += 1
        account = document.account
        head = self._head(f"{account.sent_by}-gateway", account, now)
        number = f"OUT-{self._messages:07d}"
        self._world.say_once(
            Message(*head, number, "out", account.sent_by, status, document.number, "", "", reason, "")
        )

    # --- what customers write ---

    def _wrote(self, account: Account, text: str, now: int) -> str:
        """The message's id."""
        self._messages += 1
        number = f"MSG-{self._messages:07d}"
        head = self._head("mailbox", account, now, SLOW)
        self._world.say_once(Message(*head, number, "in", "email", "received", "", "", "", "", text))
        return number

    def _write(self, account: Account, text: str, now: int) -> None:
        self._wrote(account, text, now)

    def _disputed(self, document: Document, words: str, now: int) -> None:
        """A mail disputes a bill that nobody disputed yet; a clerk explains it, and the customer pays as it meant to."""
        if document.contested or document.remaining != document.amount:
            return
        number = self._wrote(document.account, words.format(number=document.number), now)
        self._world.at(self._after(now, 3, 12), partial(self._explained, document, f"message:{number}"))

    def _explained(self, document: Document, dispute_id: str, now: int) -> None:
        account = document.account
        head = self._head("crm-mail", account, now)
        owner = f"desk-{1 + account.index % 6}"
        self._world.say_once(
            DisputeUpdate(*head, dispute_id, "closed", owner, 0, document.amount, 0, "explained to the customer")
        )

    def _unclear(self, account: Account, now: int) -> None:
        """It sounds like a dispute and says of no bill which; somebody calls back."""
        number = self._wrote(account, self._chance.pick(_UNCLEAR), now)
        if self._chance.yes(0.7):
            self._world.at(self._after(now, 1, 3), partial(self._called_back, account, f"message:{number}"))

    def _called_back(self, account: Account, name: str, now: int) -> None:
        owner = f"collector-{account.entity.code.lower()}-1"
        self._act(account, now, "close_exception", owner, "called back, it is settled", reference_id=name)

    def no_purchase_order(self, document: Document, now: int) -> None:
        """A bill went out without the customer's order number, which it asks for."""
        text = f"Invoice {document.number}: purchase order missing, PO number needed."
        self._world.at(self._after(now, 2, 9), partial(self._write, document.account, text))

    # --- disputes that are known to the office ---

    def contested(self, contest: Contest, complaint: bool, now: int, ends: int) -> None:
        """The office asks the customer for more, in some disputes; customer service opens a case, in some complaints."""
        if complaint and self._chance.yes(self._world.rates.service_case):
            self._case(contest.document, now, ends)
        if ends - now > 3 * DAY and self._chance.yes(0.25):
            asked = now + (ends - now) * 62 // 100
            self._world.at(asked, partial(self._ask, contest))
            self._world.at(now + (ends - now) * 8 // 10, partial(self._wrote_again, contest))

    def _ask(self, contest: Contest, now: int) -> None:
        account = contest.document.account
        head = self._head("crm-mail", account, now)
        owner = f"desk-{1 + account.index % 6}"
        note = "asked for photographs and the delivery note"
        self._world.say_once(DisputeUpdate(*head, contest.dispute_id, "waiting_customer", owner, 0, 0, 0, note))

    def _wrote_again(self, contest: Contest, now: int) -> None:
        self._wrote(contest.document.account, f"Attached is what you asked for on {contest.document.number}.", now)

    def _case(self, document: Document, now: int, ends: int) -> None:
        self._cases += 1
        case = f"CASE-{self._cases:05d}"
        self._world.at(now + HOUR, partial(self._case_is, document, case, "open"))
        self._world.at(ends + DAY, partial(self._case_is, document, case, "closed"))

    def _case_is(self, document: Document, case: str, status: str, now: int) -> None:
        head = self._head("service-desk", document.account, now)
        self._world.say_once(ServiceCase(*head, case, status, document.number, "complaint", "goods complained about"))
