"""The check of drafts: each hold names every reason, and nothing is released while one holds. By the auditor's own code."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from headrace.audit.accounts import Account
from headrace.audit.books import Books
from headrace.audit.document_facts import keep_terms
from headrace.audit.evidence import integer, invoice_of, milli, whole
from headrace.audit.findings import Check
from headrace.audit.orders import INCOMPLETE, SCHEDULED, OrderBook, net_of
from headrace.audit.policy import EPOCH, Terms
from schemas.records import Decision, Invoice, InvoiceLine

DAY_MS: Final = 86_400_000
BY_HAND: Final = "release.manual"
IN_PART: Final = "release.in_part"
REPLACED: Final = "release.replaced"
# Reasons that say only that goods are lacking.
OF_GOODS: Final = frozenset(("not_shipped", "proof_of_delivery_missing", "complaint"))
# A decision names so many lines of evidence, and not all it rests on where there is more.
MOST_SAID: Final = 200


class Drafts:
    """The check of one shard's drafts."""

    def __init__(self, check: Check, books: Books, orders: OrderBook) -> None:
        self._check: Final = check
        self._books: Final = books
        self._orders: Final = orders

    def check(self, account: Account, d: Decision, terms: Terms, today: int) -> None:
        """What is decided of a draft, before it is posted: of one that waits, and only as the policy demands."""
        fact = account.held.get(d.document)
        amount = None if fact is None else fact.amount
        number = invoice_of(d)
        if fact is None and number in account.held:
            plan = account.held[number].instalments
            place = integer(d.document.removeprefix(f"{number}/P"))
            if 0 < place < len(plan):
                # The draft goes with its last instalment.
                return
            if 0 < place == len(plan):
                fact, amount = account.held[number], plan[-1].amount
        if fact is None:
            self._check.about(d, "no_draft", f"{d.kind}: no draft {d.document} waits")
            return
        if d.kind == "invoice_withdrawn":
            self._withdrawn(account, fact, d)
            return
        right: dict[str, Any] = {"currency": fact.currency}
        if d.rule != IN_PART:
            right["amount"] = amount
        for name, value in right.items():
            if value != getattr(d, name):
                self._check.about(
                    d, "draft_differs", f"{d.kind}: the draft has {name} {value}, it says {getattr(d, name)}"
                )
        own = self._own(account, fact, terms, today)
        if d.kind == "invoice_held":
            # It was replaced before it came, and is given up at once.
            own += [f"replaced_by:{x}" for x, other in account.held.items() if _takes_over(other, fact)][:1]
        here = terms.of(account.who, fact.currency, today)
        policy = here.text["release"]
        scheduled = [SCHEDULED] if policy["schedule"] != "at_once" else []
        # The others are asked for only when it could leave.
        reasons = own
        if not own and (not scheduled or d.kind != "invoice_held" or _runs(d, policy, here)):
            reasons = self._others(account, fact, terms, today)
        if d.kind == "invoice_held":
            self._held(d, sorted(reasons + scheduled), scheduled)
        else:
            self._released(account, fact, d, own, reasons, terms, today)

    def _own(self, account: Account, fact: Invoice, terms: Terms, today: int) -> list[str]:
        replaced = self._books.billed(account, fact.replaces) if fact.replaces else None
        parts = [] if replaced is None else self._books.instalments(account, replaced)
        return self._orders.reasons(account, fact, terms, today, replaced, parts)

    def _others(self, account: Account, fact: Invoice, terms: Terms, today: int) -> list[str]:
        """A draft that is ready waits for the others of its consolidated invoice, until one of them was released."""
        together = terms.of(account.who, fact.currency, today).text["release"]["consolidated"] == "together"
        if not fact.consolidated or not together or fact.consolidated in account.leaving:
            return []
        others = [x for x in account.held.values() if x.consolidated == fact.consolidated and x is not fact]
        return [INCOMPLETE] if any(self._own(account, x, terms, today) for x in others) else []

    def _held(self, d: Decision, reasons: list[str], scheduled: list[str]) -> None:
        self._check.checked += 1
        if not reasons:
            self._check.about(d, "held_without_reason", f"{d.document} lacks nothing, and is held for {d.reasons}")
        elif sorted(d.reasons) != reasons:
            self._check.about(d, "reasons", f"{d.document} is held for {sorted(d.reasons)}, the facts say {reasons}")

    def _withdrawn(self, account: Account, fact: Invoice, d: Decision) -> None:
        if d.rule == REPLACED:
            by = account.held.get(d.counterparty)
            if by is None or by.replaces != d.document:
                self._check.about(d, "withdrawn", f"no draft {d.counterparty} replaces {d.document}")
            else:
                account.replacing.add(d.counterparty)
        elif d.cause_kind != "operator_action" or not d.text:
            self._check.about(d, "withdrawn", f"{d.document} is given up by nobody, or without a reason")
        account.replacing.discard(d.document)
        del account.held[d.document]

    def _released(
        self,
        account: Account,
        fact: Invoice,
        d: Decision,
        own: list[str],
        reasons: list[str],
        terms: Terms,
        today: int,
    ) -> None:
        self._check.checked += 1
        terms_here = terms.of(account.who, fact.currency, today)
        policy = terms_here.text["release"]
        billed = fact
        if d.rule == BY_HAND:
            self._by_hand(fact, d, reasons, policy)
        elif d.rule == IN_PART:
            billed = self._in_part(account, fact, d, own, terms, today)
        else:
            if reasons:
                self._check.about(d, "released_early", f"{d.document} is released in spite of {', '.join(reasons)}")
            if d.rule != f"release.{policy['condition']}":
                text = f"{d.document} is released by {d.rule}, the policy says {policy['condition']}"
                self._check.about(d, "condition", text)
        if d.rule != BY_HAND and policy["schedule"] != "at_once" and not _runs(d, policy, terms_here):
            self._check.about(d, "schedule", f"{d.document} leaves on no day of the schedule {policy['schedule']}")
        no_sale = ["affiliate"] if account.affiliate else []
        if d.reasons != no_sale:
            self._check.about(d, "differs", f"{d.kind} says {d.reasons}, the customer is {no_sale or 'no affiliate'}")
        if d.rule != BY_HAND:
            self._lineage(account, billed, d, policy)
        account.held.pop(fact.document, None)
        if fact.consolidated:
            account.leaving.add(fact.consolidated)
        self._orders.bill(account, billed)

    def _by_hand(self, fact: Invoice, d: Decision, reasons: list[str], policy: dict[str, Any]) -> None:
        never = [reason for reason in reasons if reason.split(":")[0] in policy["manual_never"]]
        said = sorted(text.partition(":")[2] for text in d.evidence if text.startswith("overridden:"))
        missing = [reason for reason in reasons if reason not in said]
        if never or missing or not d.text or not d.owner:
            self._check.about(d, "by_hand", f"{d.document} is released by {d.owner!r} in spite of {reasons}: {said}")

    # --- parts ---

    def _in_part(
        self, account: Account, fact: Invoice, d: Decision, own: list[str], terms: Terms, today: int
    ) -> Invoice:
        """What was billed; what is left is held from now on."""
        number = next((text[5:] for text in d.evidence if text.startswith("rest:")), "")
        billed = _part(fact, fact.document, d.evidence, "billed_line:")
        rest = _part(fact, number, d.evidence, "rest_line:")
        wrong = [reason for reason in own if reason.split(":")[0] not in OF_GOODS]
        policy = terms.of(account.who, fact.currency, today).text["release"]
        if policy["partial_shipments"] != "split" or wrong or not own:
            self._check.about(d, "in_part", f"{d.document} is billed in part, and lacks {own}")
        lacking = self._own(account, billed, terms, today)
        if lacking:
            self._check.about(d, "released_early", f"a part of {d.document} is released in spite of {lacking}")
        pieces = {line.line: line.quantity_milli for line in fact.lines}
        for line in (*billed.lines, *rest.lines):
            pieces[line.line] = pieces.get(line.line, 0) - line.quantity_milli
            if line.net != net_of(line.quantity_milli, line.unit_price_micro, fact.currency):
                self._check.about(d, "in_part", f"line {line.line} of {d.document} is cut at a wrong price")
        if any(pieces.values()) or d.amount != billed.amount or number in account.held:
            self._check.about(d, "in_part", f"the parts of {d.document} are not all of it: {pieces}, {d.amount}")
        account.held[number] = rest
        keep_terms(account, billed)
        keep_terms(account, rest)
        return billed

    def _lineage(self, account: Account, fact: Invoice, d: Decision, policy: dict[str, Any]) -> None:
        """Each billed piece is of a shipment that is named, and that has it."""
        if policy["condition"] not in ("on_shipment", "on_pod") or len(d.evidence) >= MOST_SAID or not fact.lines:
            return
        if any(text.startswith("waived:") for text in d.evidence):
            return
        shipments = self._orders.order(account, fact.order_id)["shipments"]
        there: dict[str, int] = {}
        for text in d.evidence:
            if text.startswith("shipped:"):
                number, _, rest = text[8:].partition(":")
                shipment, _, quantity = rest.rpartition(":")
                there[number] = there.get(number, 0) + (milli(quantity) or 0)
                if shipment not in shipments:
                    self._check.about(d, "lineage", f"{d.document} rests on {shipment}, which was never sent")
        for line in fact.lines:
            has = there.get(str(line.line), 0)
            if line.product not in policy["extra_products"] and has != line.quantity_milli:
                text = f"line {line.line} of {d.document} bills {line.quantity_milli}, the shipments have {has}"
                self._check.about(d, "lineage", text)

    # --- at the end ---

    def still_held(self, account: Account, terms: Terms, today: int, shard: int) -> None:
        """At the end of the log: drafts that wait for nothing."""
        for document, fact in account.held.items():
            policy = terms.of(account.who, fact.currency, today).text["release"]
            if account.parked or policy["schedule"] != "at_once":
                continue
            if not self._own(account, fact, terms, today) and not self._others(account, fact, terms, today):
                self._check.find(
                    "not_released", f"draft {document} lacks nothing, and is held", shard=shard, account=account.key
                )


def _takes_over(other: Invoice, fact: Invoice) -> bool:
    """Whether the held draft replaces the one that has come; of two that replace each other the one that came last stays."""
    return other.replaces == fact.document and other.document not in (fact.document, fact.replaces)


def _runs(d: Decision, policy: dict[str, Any], terms: Terms) -> bool:
    """Whether what is ready leaves at this wake, by the day on which it was due."""
    if d.cause_kind != "wake":
        return False
    day = EPOCH + timedelta(d.event_time // DAY_MS)
    if policy["schedule"] == "month_end":
        following = terms.business_day(day + timedelta(1))
        return (following.year, following.month) != (day.year, day.month)
    if policy["schedule"] == "weekly":
        back = (day.weekday() - policy["schedule_weekday"]) % 7
        return terms.business_day(day - timedelta(back)) == day
    return True


def _part(fact: Invoice, number: str, evidence: Sequence[str], kind: str) -> Invoice:
    """The draft under that number, with the lines that the evidence says."""
    lines = []
    for text in evidence:
        if text.startswith(kind):
            # What says no line is none: the part is then not what it should be.
            at, quantity, net, of_line = [*text[len(kind) :].split(":"), "", "", ""][:4]
            for line in fact.lines:
                if line.line == whole(at):
                    lines.append(_cut(line, milli(quantity) or 0, integer(net), integer(of_line)))
    tax = sum(line.tax for line in lines)
    names = [*Invoice.__base__.FIELDS[1:], *Invoice.FIELDS]  # type: ignore[union-attr]
    fields = {name: getattr(fact, name) for name in names}
    fields.update(document=number, lines=lines, tax=tax, amount=tax + sum(line.net for line in lines))
    return Invoice(**fields)


def _cut(line: InvoiceLine, quantity: int, net: int, tax: int) -> InvoiceLine:
    fields: dict[str, Any] = {name: getattr(line, name) for name in InvoiceLine.FIELDS}
    fields.update(quantity_milli=quantity, net=net, tax=tax)
    return InvoiceLine(**fields)
