"""The check of cash application: each posting is on an item that the payer, an advice or a person named.

The books already hold that item and receipt are of one account and currency and that neither is
overdrawn. Source of the steps: REFERENCE 3.5.
"""

import re
from itertools import dropwhile
from typing import Any, Final

from headrace.audit.accounts import CREDIT, Account, Item, Receipt, named
from headrace.audit.books import Books
from headrace.audit.evidence import integer
from headrace.audit.findings import Check
from headrace.audit.keep import Keep, Scratch
from headrace.audit.policy import Terms
from headrace.audit.unnamed import check_unnamed, is_unnamed
from schemas.records import Decision, ErpPosting, Fact, OperatorAction, RemittanceAdvice

_OCR: Final = str.maketrans("OQILZSB", "0011258")
# What may stand before any invoice's number.
_INVOICE_WORDS: Final = (
    *("INV", "INVOICE", "INVOICENO", "INVNO", "BILL", "DOC", "DOCUMENT", "REF", "NO", "NR", "NUM", "RE", "RG", "RN"),
    *("RNR", "RECHNUNG", "RECHNR", "FA", "FAC", "FACT", "FACTURE", "FACTURA", "FAKTURA", "FATTURA", "FATT", "FT", "FV"),
)
STRUCTURED: Final = "cash.1.structured"
ADVICE: Final = "cash.2.advice"
NORMALISED: Final = "cash.3.normalised"
ONE_EDIT: Final = "cash.3.one_edit"
TEXT: Final = "cash.3.text"
# Of fewer characters no number of an advice is told from a word.
_SHORTEST_ADVICE: Final = 5
ORDER: Final = "cash.3.order"
OPERATOR: Final = "cash.operator"
PREPAYMENT: Final = "cash.prepayment"
ERP: Final = "cash.erp"
CREDIT_NOTE: Final = "cash.credit_note"
NET: Final = "cash.net"


def folded(reference: str) -> str:
    """Letters and digits, upper case, OCR pairs as digits, no prefix of letters, no leading zeros."""
    text = "".join(c for c in reference.upper() if c.isalnum())
    rest = "".join(dropwhile(str.isalpha, text)).lstrip("0")
    if not rest:
        rest = "0" if text.isdigit() else text
    return rest if rest.isdigit() else (rest.translate(_OCR).lstrip("0") or "0")


def split(reference: str) -> tuple[str, str]:
    """The prefix of letters, and the rest without leading zeros; OCR pairs are as written."""
    text = "".join(c for c in reference.upper() if c.isalnum())
    rest = "".join(dropwhile(str.isalpha, text))
    return (text[: len(text) - len(rest)], rest.lstrip("0")) if rest.lstrip("0") else ("", text.lstrip("0") or text)


def sure_number(name: str, document: str) -> bool:
    """Whether the name fixes the document whatever the amount: its number as it is, and no prefix of another kind."""
    (prefix, number), (own, right) = split(name), split(document)
    shortened, written_out = prefix == own[: len(prefix)], own != "" and own == prefix[: len(own)]
    named_twice = own != "" and prefix.endswith(own) and prefix.removesuffix(own) in _INVOICE_WORDS
    return number == right and (shortened or written_out or named_twice or prefix in _INVOICE_WORDS)


def is_other(name: str, document: str) -> bool:
    """Whether the name is a number of the document's series: digits and letters stand where its own do."""
    tails = ["".join(dropwhile(str.isalpha, (c for c in n.upper() if c.isalnum()))) for n in (name, document)]
    return any(
        [c in "0123456789" for c in one] == [c in "0123456789" for c in other]
        for one, other in (tails, (folded(name), folded(document)))
    )


def within_one_edit(a: str, b: str) -> bool:
    """Equal but for one letter more, less or other, or two neighbours swapped."""
    if len(a) > len(b):
        a, b = b, a
    at = 0
    while at < len(a) and a[at] == b[at]:
        at += 1
    if len(b) - len(a) == 1:
        return a[at:] == b[at + 1 :]
    if len(a) != len(b):
        return False
    swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    return a[at + 1 :] == b[at + 1 :] or swapped


def words(text: str) -> list[str]:
    """Words of a free text that may be references: letters, digits and what may stand inside a number."""
    kept = "".join(c if c.isalnum() or c in "-/._" else " " for c in text)
    return [word.strip("-/._") for word in kept.split()]


def unpadded(reference: str) -> str:
    """Without the zeros that lead any group of digits."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", reference)


def stands_in(document: str, text: str) -> bool:
    """Whether the document's number, without its prefix, stands somewhere in the text, whatever is set between its
    letters and digits."""
    kept = "".join(c for c in text.upper() if c.isalnum())
    number = split(document)[1]
    return len(number) > 3 and number in kept


def _names(text: str, advice_id: str) -> bool:
    """Whether the text has the advice's number, or that of the whole of which it is a part (NUMBER/PLACE)."""
    whole, said = re.sub(r"/\d+$", "", advice_id), words(text)
    return any(len(name) >= _SHORTEST_ADVICE and name in said for name in (advice_id, whole))


def meant(account: Account, d: Decision, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, and the document where one of them is a number that stands for it: of its instalments, as a whole
    or by the place, or of a consolidated invoice."""
    of = account.stands_for.get(d.document, ())
    for name in names:
        number, _, place = name.rpartition("/")
        by_place = number in of and d.document == f"{number}/P{integer(place)}"
        if by_place or folded(name) in [folded(x) for x in of]:
            return (*names, d.document)
    return names


class Advices:
    """The remittance advices of one shard: what each names, and the receipt it was used for."""

    def __init__(self, scratch: Scratch) -> None:
        self._kept: Final[Keep[dict[str, Any]]] = Keep(scratch, dict, dict)

    def take(self, account: Account, fact: RemittanceAdvice) -> None:
        advice = {
            "currency": fact.currency,
            "amount": fact.amount,
            "receipt": fact.receipt_id,
            "reference": fact.bank_reference,
            "names": tuple(line.document for line in fact.lines),
        }
        self._kept.put(named(account, fact.advice_id), advice)

    def known(self, account: Account, advice_id: str) -> bool:
        return self._kept.get(named(account, advice_id)) is not None

    def bind(self, account: Account, advice_id: str, receipt_id: str) -> None:
        """The advice is of that receipt from now on."""
        advice = self._kept.get(named(account, advice_id))
        if advice is not None:
            advice["receipt"] = receipt_id
            self._kept.put(named(account, advice_id), advice)

    def of(self, account: Account, advice_id: str, receipt: Receipt) -> tuple[tuple[str, ...], str]:
        """What the advice names, and why it is not this receipt's, or empty. It is this receipt's from now on."""
        advice = self._kept.get(named(account, advice_id))
        if advice is None:
            return (), f"there is no advice {advice_id}"
        wrong = ""
        if advice["currency"] != receipt.currency:
            wrong = f"advice {advice_id} is in {advice['currency']}"
        elif advice["receipt"]:
            if advice["receipt"] != receipt.receipt_id:
                wrong = f"advice {advice_id} is of receipt {advice['receipt']}"
        elif advice["reference"]:
            if advice["reference"] != receipt.bank_reference:
                wrong = f"advice {advice_id} is of bank reference {advice['reference']}"
        elif advice["amount"] != receipt.unapplied and not _names(receipt.text, advice_id):
            wrong = f"advice {advice_id} is of {advice['amount']}, the receipt has {receipt.unapplied}"
        if not wrong and not advice["receipt"]:
            advice["receipt"] = receipt.receipt_id
            self._kept.put(named(account, advice_id), advice)
        return advice["names"], wrong


class CashCheck:
    """Looks at each cash_applied and credit_allocated before it is posted."""

    def __init__(self, check: Check, books: Books, advices: Advices) -> None:
        self._check: Final = check
        self._books: Final = books
        self._advices: Final = advices

    def applied(self, account: Account, d: Decision, cause: Fact | None, terms: Terms) -> None:
        self._check.checked += 1
        if account.suspense:
            self._check.about(d, "suspense", f"cash is applied in {account.key}, which has no items")
            return
        receipt = self._books.receipt(account, d.receipt_id)
        item = account.open.get(d.document)
        if receipt is None or item is None:
            # The books say so.
            return
        day = max(receipt.posting_date, item.posting_date, account.first_open)
        if d.posting_date != day:
            text = (
                f"{d.receipt_id} on {d.document}: posted on day {d.posting_date}, both are in the books from {day} on"
            )
            self._check.about(d, "posting_date", text)
        names = meant(account, d, tuple(name for name, _ in receipt.lines))
        if d.reference_id:
            names, wrong = self._advices.of(account, d.reference_id, receipt)
            names = meant(account, d, names)
            if wrong:
                self._check.about(d, "advice", f"{d.amount} of {d.receipt_id} on {d.document}: {wrong}")
                return
        if d.rule == STRUCTURED or d.rule == ADVICE:
            if d.document not in names or (d.rule == ADVICE) != bool(d.reference_id):
                what = f"advice {d.reference_id}" if d.rule == ADVICE else f"receipt {d.receipt_id}"
                self._check.about(d, "not_named", f"{d.rule}: {what} does not name {d.document} but {names}")
        elif d.rule in (NORMALISED, ONE_EDIT):
            self._spelled(account, d, item, names)
        elif d.rule == TEXT:
            said = meant(account, d, tuple(words(receipt.text)))
            # Of a number that follows one written out, the last digits may be enough; a slash may stand between them.
            ends = [x for word in said for x in word.split("/") if x.isdigit() and d.document.endswith(x)]
            alike = folded(d.document) in [folded(word) for word in said] or stands_in(d.document, receipt.text)
            alike = alike or stands_in(unpadded(d.document), unpadded(receipt.text))
            if not ends and not alike:
                self._check.about(d, "not_named", f"{d.rule}: the text of {d.receipt_id} does not name {d.document}")
        elif d.rule == ORDER:
            self._by_order(account, d, item, names or (receipt.text,))
        elif d.rule == OPERATOR:
            self._by_person(d, cause)
        elif d.rule == PREPAYMENT:
            if not receipt.order_id or receipt.order_id != item.order_id:
                text = f"{d.receipt_id} is for order {receipt.order_id!r}, {d.document} bills {item.order_id!r}"
                self._check.about(d, "not_named", text)
        elif d.rule == ERP:
            if not isinstance(cause, ErpPosting) or (cause.receipt_id, cause.document) != (d.receipt_id, d.document):
                self._check.about(d, "not_asked", f"the ERP did not clear {d.document} with {d.receipt_id}")
        elif is_unnamed(d.rule):
            check_unnamed(self._check, account, d, receipt, item, terms)
        else:
            self._check.about(d, "unknown_rule", f"no rule is called {d.rule!r}")

    def sent(self, account: Account, d: Decision) -> None:
        """Money that was sent for some references goes to an account that this one pays for, on the money's value date."""
        if not d.candidates:
            return
        self._check.checked += 1
        if not any(
            name == d.counterparty and first <= d.value_date <= last for name, first, last in account.relations.values()
        ):
            self._check.about(d, "no_relation", f"{account.key} does not pay for {d.counterparty}")
        here = [name for name in d.candidates if self._is_document(account, name)]
        if here:
            self._check.about(d, "own_document", f"{here} are documents of {account.key}, and their money is sent away")

    def _spelled(self, account: Account, d: Decision, item: Item, names: tuple[str, ...]) -> None:
        """A reference that is no document itself is another spelling of this one, or one edit from it."""
        right = folded(d.document)
        alike = [n for n in names if folded(n) == right]
        if not alike and d.rule == NORMALISED:
            alike = [n for n in names if folded(unpadded(n)) == folded(unpadded(d.document))]
        if d.rule == ONE_EDIT:
            alike = [n for n in names if within_one_edit(folded(n), right)]
            if alike and all(is_other(n, d.document) for n in alike):
                self._check.about(d, "other_number", f"{d.rule}: {alike} may be another document than {d.document}")
        if d.amount != item.open and (
            d.rule == ONE_EDIT
            or not any(
                sure_number(n, d.document)
                or sure_number(unpadded(n), unpadded(d.document))
                or split(n)[0] in account.habits
                for n in alike
            )
        ):
            self._check.about(d, "amount", f"{d.rule}: {d.amount} of {item.open} on {d.document}, named as {alike}")
        if not alike:
            self._check.about(d, "not_named", f"{d.rule}: {names} names nothing like {d.document}")
        elif all(name != d.document and self._is_document(account, name) for name in alike):
            self._check.about(d, "other_document", f"{d.rule}: {alike} is a document, and the cash is on {d.document}")

    def _by_order(self, account: Account, d: Decision, item: Item, said: tuple[str, ...]) -> None:
        """What is said has the number of the order that the item bills, and no other open item bills it."""
        billing = [x for x in account.open.values() if x.order_id == item.order_id and x.currency == item.currency]
        named = item.order_id != "" and any(item.order_id in text for text in said)
        if not named or len(billing) != 1 or d.amount != item.open:
            text = f"{d.amount} of {item.open} of {d.document}, which bills {item.order_id!r}: named are {said}"
            self._check.about(d, "not_named", text)

    def _is_document(self, account: Account, name: str) -> bool:
        return name in account.held or self._books.item(account, name) is not None

    def _by_person(self, d: Decision, cause: Fact | None) -> None:
        asked = ("", "", "")
        if any(text.startswith("approval:") for text in d.evidence):
            # The one who approved it says that; what was asked for is looked at in approvals.py.
            return
        if isinstance(cause, OperatorAction):
            asked = (cause.action, cause.receipt_id, cause.document)
            if cause.amount and cause.currency not in ("", d.currency):
                self._check.about(d, "not_asked", f"{cause.currency} was asked for, {d.currency} is applied")
        if asked != ("apply_cash", d.receipt_id, d.document):
            self._check.about(d, "not_asked", f"no person asked for {d.receipt_id} on {d.document}")

    def allocated(self, account: Account, d: Decision, terms: Terms, today: int) -> None:
        """A credit note clears the invoice it names, or one that a payer named with it, or is netted by the policy."""
        self._check.checked += 1
        credit = account.open.get(d.counterparty)
        numbers = (d.document, *account.stands_for.get(d.document, ()))
        if d.rule == CREDIT_NOTE and credit is not None and credit.corrects not in numbers:
            self._check.about(
                d, "not_named", f"credit note {d.counterparty} is for {credit.corrects}, not {d.document}"
            )
        if d.rule == NET and credit is not None:
            self._netted(account, d, credit, terms, today)

    def _netted(self, account: Account, d: Decision, credit: Item, terms: Terms, today: int) -> None:
        """The policy nets credit notes of that age; the item is the oldest that is not disputed, and past due where it
        has to be. No money waits that may be less the credit."""
        by = terms.text["cash"]
        item = account.open.get(d.document)
        if by["net_credits"] == "never" or today < credit.posting_date + by["net_credits_days"]:
            self._check.about(d, "not_netted", f"the policy does not net credit note {d.counterparty} by day {today}")
        if account.sums_of(d.currency).balances()[2]:
            self._check.about(d, "cash_waits", f"money in {d.currency} waits that may be less {d.counterparty}")
        if item is None:
            return
        owed = [
            (x.due_date, x.document)
            for x in account.open.values()
            if x.currency == d.currency and x.kind not in (CREDIT, "deduction") and x.open > x.disputed
        ]
        first = min(owed, default=(0, ""))
        if d.amount > item.open - item.disputed or (item.due_date, d.document) != first:
            self._check.about(
                d, "not_the_oldest", f"{d.amount} of {d.counterparty} on {d.document}, {first[1]} is first"
            )
        if by["net_credits"] == "past_due" and item.due_date >= today:
            self._check.about(d, "not_past_due", f"{d.document} is not past due on day {today}")
