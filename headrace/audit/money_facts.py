"""What must follow from money that came, went back, was sent on, or was said to come."""

from collections.abc import Sequence

from headrace.audit.accounts import Account, Receipt
from headrace.audit.cash import ADVICE
from headrace.audit.document_facts import DocumentFacts
from headrace.audit.transit import BROUGHT
from schemas.records import CashTransferred, Decision, ReceiptReturned, RemittanceAdvice
from schemas.records import Receipt as ReceiptFact


class MoneyFacts(DocumentFacts):
    """The checks of receipts, returns, transfers and advices."""

    def _name(self, account: Account, fact: ReceiptFact | CashTransferred | ReceiptReturned) -> str:
        return self._books.receipt_name(account, fact.receipt_id, fact.bank_account)

    def _of(self, account: Account, fact: ReceiptFact | CashTransferred | ReceiptReturned) -> Receipt | None:
        return self._books.receipt(account, self._name(account, fact))

    def _receipt(self, account: Account, fact: ReceiptFact, said: Sequence[Decision]) -> None:
        self._keep_receipt(account, fact)
        d = self._only(account, fact, said, ("receipt_booked",))
        if d is not None:
            self._booked(account, fact, d, "receipt", "")
            self._pending(account, fact, said)

    def _booked(
        self, account: Account, fact: ReceiptFact | CashTransferred, d: Decision, rule: str, counterparty: str
    ) -> None:
        self._same(
            account,
            fact,
            d,
            {
                "receipt_id": self._name(account, fact),
                "currency": fact.currency,
                "amount": fact.amount,
                "posting_date": max(fact.posting_date, account.first_open),
                "value_date": fact.value_date,
                "rule": rule,
                "counterparty": counterparty,
            },
        )

    def _keep_receipt(self, account: Account, fact: ReceiptFact | CashTransferred) -> None:
        receipt = self._of(account, fact) or Receipt(self._name(account, fact), fact.currency)
        if receipt.pending and receipt.currency != fact.currency:
            receipt.pending, receipt.foreign_return = 0, True
        receipt.currency = fact.currency
        receipt.number = fact.receipt_id
        receipt.bank_account = fact.bank_account
        receipt.bank_reference = fact.bank_reference
        receipt.posting_date = fact.posting_date
        receipt.text = fact.text
        receipt.order_id = fact.order_id
        receipt.adjusted = bool(fact.adjustments)
        receipt.lines = tuple((line.document, line.amount) for line in fact.lines)
        self._books.keep_receipt(account, receipt)

    def _pending(self, account: Account, fact: ReceiptFact | CashTransferred, said: Sequence[Decision]) -> None:
        """What went back before the receipt came is taken from it when it comes."""
        receipt = self._of(account, fact)
        if receipt is None:
            return
        taken, due = _accounted(said), receipt.pending
        if isinstance(fact, CashTransferred) and fact.returned:
            # The return was passed on to the account that refused the money.
            back = receipt.sent_back.get(fact.from_account, 0)
            due += max(0, back - (receipt.sent.get(fact.from_account, 0) - fact.amount))
        if taken != due:
            self._wrong(account, fact, "early_return", f"{due} went back before it came; {taken} is accounted for")
        receipt.pending = 0
        self._books.keep_receipt(account, receipt)

    def _transferred(self, account: Account, fact: CashTransferred, said: Sequence[Decision]) -> None:
        known = self._of(account, fact)
        takes = fact.returned or (account.known and (known is None or not known.amount) and self._is_for(account, fact))
        if takes and not fact.returned:
            self._keep_receipt(account, fact)
        # What has come back may be sent on at once, to the next account that this one pays for.
        own = [d for d in said if d.rule != "transfer.out"]
        d = self._only(account, fact, own, ("receipt_booked", "cash_transferred"))
        if d is None:
            return
        if not takes:
            if d.rule != "transfer.refused":
                self._wrong(account, fact, "differs", f"it is to be refused, and is {d.kind} by {d.rule}")
            return
        rule = "transfer.returned" if fact.returned else "transfer.in"
        self._booked(account, fact, d, rule, fact.from_account)
        self._pending(account, fact, said)

    def _is_for(self, account: Account, fact: CashTransferred) -> bool:
        """Money that was sent for some references is for an account that has all of them as documents."""
        names = [line.document for line in fact.lines]
        here = [name for name in names if name in account.held or self._books.item(account, name) is not None]
        return not fact.asks or (here == names and names != [])

    def _returned(self, account: Account, fact: ReceiptReturned, said: Sequence[Decision]) -> None:
        receipt = self._of(account, fact)
        if fact.event_id.startswith(BROUGHT) and not came_from(receipt, fact.from_account):
            # Passed on for money that was refused here; what is here under that number is another sender's.
            if _accounted(said):
                self._wrong(account, fact, "not_caused", "money is taken back that this account refused")
            d = self._only(account, fact, said, ("exception_raised",))
            if d is not None:
                self._same(account, fact, d, {"counterparty": fact.from_account, "amount": fact.amount})
            return
        if receipt is None or not receipt.amount:
            if _gone_back(said):
                self._wrong(account, fact, "not_caused", "money is taken back from a receipt that is not here")
            receipt = receipt or Receipt(self._name(account, fact), fact.currency, fact.bank_account)
            receipt.pending += fact.amount
            self._books.keep_receipt(account, receipt)
            self._only(account, fact, said, ("exception_raised",))
            return
        if receipt.currency != fact.currency and _gone_back(said):
            self._wrong(
                account, fact, "other_currency", f"{fact.currency} goes back of a receipt in {receipt.currency}"
            )
        taken = _accounted(said)
        if taken != fact.amount:
            self._wrong(account, fact, "not_taken", f"{fact.amount} went back, {taken} is accounted for")

    def _advice(self, account: Account, fact: RemittanceAdvice, said: Sequence[Decision]) -> None:
        self._advices.take(account, fact)
        for d in said:
            if d.kind == "cash_unapplied" and (d.rule, d.reference_id) != (ADVICE, fact.advice_id):
                self._wrong(account, fact, "not_caused", f"{d.rule} takes {d.receipt_id} off {d.document}")
            elif d.kind == "cash_unapplied":
                self._advices.bind(account, fact.advice_id, d.receipt_id)


def came_from(receipt: Receipt | None, sender: str) -> bool:
    """Whether another account sent the receipt here: that one, or any where the fact, of an older version, names none."""
    return receipt is not None and receipt.came_from != "" and sender in ("", receipt.came_from)


def _gone_back(said: Sequence[Decision]) -> int:
    """Cash that was taken back. A credit note that is open again was no money."""
    return sum(
        d.amount
        for d in said
        if d.kind == "receipt_reversed" or (d.kind == "application_reversed" and not d.counterparty)
    )


def _accounted(said: Sequence[Decision]) -> int:
    """All of a return: what was taken back here, what has to be taken back elsewhere, what was never received."""
    return _gone_back(said) + sum(d.amount for d in said if d.rule in ("transfer.return", "returned.too_much"))
