"""ERPNext through Frappe's REST API: money as Payment Entry or Journal Entry, promises as comments, drafts submitted.

Made to the public documentation and source of Frappe and ERPNext 15. Documents carry our key in the custom field
`headrace_key` (unique, not copied) and what they are about in `headrace_document`; docs/erp.md says how these are made.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from connectors.currencies import plain
from sinks.base import RetryLater
from sinks.erp.adapter import CANCELLED, DRAFT, POSTED, ErpAdapter, Refused, Seen, amounts_of
from sinks.erp.erpnext_mapping import Company, ErpNextMapping
from sinks.erp.http import Answer, ErpHttp
from sinks.erp.ledger import BANK, FX_CLEARING, FX_GAIN, FX_LOSS, RECEIVABLE, UNAPPLIED, Line
from sinks.erp.posting import Group, Posting, iso
from sinks.erp.templates import memo

KEY: Final = "headrace_key"
ABOUT: Final = "headrace_document"
PAYMENT: Final = "Payment Entry"
JOURNAL: Final = "Journal Entry"
INVOICE: Final = "Sales Invoice"
COMMENT: Final = "Comment"
_PAGE: Final = 500
_STATES: Final = {0: DRAFT, 1: POSTED, 2: CANCELLED}
_SUBMITTED: Final = 1
# What Frappe answers where somebody else was quicker, or works on the document just now.
_BUSY: Final = ("TimestampMismatchError", "DocumentLockedError", "QueryDeadlockError", "QueryTimeoutError")
_DUPLICATE: Final = ("DuplicateEntryError", "UniqueValidationError")
# What Frappe answers to a list with a field that it does not have.
_DATA: Final = "DataError"
_EXCHANGE: Final = (FX_CLEARING, FX_GAIN, FX_LOSS)
# Items that are no invoices in the ERP, but Journal Entries of ours.
_OWN_ITEMS: Final = ("deduction", "interest")


class ErpNext(ErpAdapter):
    """One site."""

    def __init__(self, url: str, secret: str, mapping: ErpNextMapping) -> None:
        """`secret`: API key and API secret of the site's user, KEY:SECRET. Raises ValueError."""
        self._mapping = mapping
        super().__init__(ErpHttp(url, {"Authorization": f"token {secret}"}, secret))

    # --- posting ---

    def post(self, posting: Posting) -> str:
        company = self._company(posting)
        if posting.group is Group.release:
            return self._release(posting)
        doctype = doctype_of(posting)
        name = self._there(doctype, posting)
        if name:
            return name
        _check_currency(posting, company)
        if doctype == PAYMENT:
            body = self._payment(posting, company)
        elif doctype == JOURNAL:
            body = self._journal(posting, company)
        else:
            body = comment(posting)
        answer = self.http.call("POST", _path(doctype), body=body)
        if not answer.good and _kind(answer) in _DUPLICATE:
            # A try that was thought lost came through meanwhile; or the name or number is another document's.
            name = self._there(doctype, posting)
            if name:
                return name
        return str(self._row_of(answer, f"{doctype} was refused", "name")["name"])

    def find(self, posting: Posting) -> str:
        if posting.group is Group.release:
            draft = self._draft(posting)
            return str(draft["name"]) if draft["docstatus"] == _SUBMITTED else ""
        try:
            doctype = doctype_of(posting)
        except Refused:
            # It could not be posted so, at any time.
            return ""
        return self._there(doctype, posting)

    def _company(self, posting: Posting) -> Company:
        company = self._mapping.companies.get(posting.entity)
        if company is None:
            raise Refused(f"the mapping has no company for entity {posting.entity}: add [companies.{posting.entity}]")
        return company

    def _there(self, doctype: str, posting: Posting) -> str:
        """The number of the document with the posting's key; empty where there is none. A draft is submitted."""
        field, test, value = (KEY, "=", posting.key)
        if doctype == COMMENT:
            field, test, value = ("content", "like", f"%[{posting.key}]%")
        found = self._list(doctype, [[field, test, value]], ["name", "docstatus"], 0, 2)
        alive = [row for row in found if row["docstatus"] != 2]
        if found and not alive:
            raise Refused(
                f"{doctype} {found[0]['name']} of this posting was cancelled there; settle it, or delete it there and retry"
            )
        if not alive:
            return ""
        name = str(alive[0]["name"])
        if doctype != COMMENT and alive[0]["docstatus"] == 0:
            self._submit(doctype, name, {})
        return name

    def _submit(self, doctype: str, name: str, fields: Mapping[str, object]) -> None:
        answer = self.http.call("PUT", _path(doctype, name), body={"docstatus": _SUBMITTED, **fields})
        self._taken(answer, f"{doctype} {name} was not submitted")

    def _release(self, posting: Posting) -> str:
        """Submit the draft that the ERP keeps under the number of the draft here."""
        draft = self._draft(posting)
        if draft["docstatus"] == 0:
            self._submit(INVOICE, str(draft["name"]), {KEY: posting.key})
        return str(draft["name"])

    def _draft(self, posting: Posting) -> dict[str, Any]:
        """Raises Refused where it is not there, or was cancelled."""
        answer = self.http.call("GET", _path(INVOICE, posting.invoice_of(posting.document)))
        if answer.status == 404:
            raise Refused(
                f"there is no {INVOICE} {posting.invoice_of(posting.document)}: make the draft there, then retry"
            )
        draft = self._row_of(answer, f"{INVOICE} {posting.document} cannot be read", "name", "docstatus")
        if draft["docstatus"] == 2:
            raise Refused(f"{INVOICE} {draft['name']} was cancelled there")
        return draft

    # --- what is posted ---

    def _payment(self, posting: Posting, company: Company) -> dict[str, object]:
        """Money that came in: what it clears, what is taken off beside it, and the rest unallocated."""
        currency, received = posting.currency, posting.net(BANK)
        amount = plain(received, currency)
        bank = company.bank(posting.bank_account)
        # The instalments of an invoice are one document there, which may be named once.
        sums: dict[tuple[str, str], int] = {}
        for document, kind, cleared in posting.cleared():
            place = self._reference(posting, document, kind)
            sums[place] = sums.get(place, 0) + cleared
        references = [
            {"reference_doctype": doctype, "reference_name": name, "allocated_amount": plain(amount, currency)}
            for (doctype, name), amount in sums.items()
        ]
        deductions = [
            {"account": company.account(role), "cost_center": company.cost_center, "amount": plain(taken, currency)}
            for role, taken in taken_off(posting)
        ]
        return {
            "payment_type": "Receive", "party_type": "Customer", "party": posting.account_id,
            "company": company.company, "posting_date": iso(posting.posting_date),
            "paid_from": company.account(RECEIVABLE), "paid_to": bank,
            "paid_from_account_currency": currency, "paid_to_account_currency": currency,
            "paid_amount": amount, "received_amount": amount,
            "reference_no": posting.document, "reference_date": iso(posting.value_date or posting.posting_date),
            "references": references, "deductions": deductions,
            KEY: posting.key, ABOUT: posting.document, "docstatus": _SUBMITTED,
        }  # fmt: skip

    def _journal(self, posting: Posting, company: Company) -> dict[str, object]:
        rows = [self._row(posting, line, company) for line in kept(posting)]
        return {
            "voucher_type": "Journal Entry", "multi_currency": int(posting.currency != company.currency), "company": company.company, "posting_date": iso(posting.posting_date),
            "user_remark": memo(posting), "accounts": rows,
            KEY: posting.key, ABOUT: posting.document, "docstatus": _SUBMITTED,
        }  # fmt: skip

    def _row(self, posting: Posting, line: Line, company: Company) -> dict[str, object]:
        role = RECEIVABLE if line.role == UNAPPLIED else line.role
        account = company.bank(posting.bank_account) if role == BANK else company.account(role)
        row: dict[str, object] = {
            "account": account,
            "debit_in_account_currency": plain(line.debit, line.currency),
            "credit_in_account_currency": plain(line.credit, line.currency),
        }
        if role == RECEIVABLE:
            row |= {"party_type": "Customer", "party": posting.account_id}
        else:
            row["cost_center"] = company.cost_center
        if line.role == RECEIVABLE and not line.raises:
            kind, name = self._reference(posting, line.document, line.item_kind)
        elif line.role == UNAPPLIED and not any(d.kind == "receipt_booked" for d in posting.decisions):
            kind, name = self._money(posting, line.receipt_id)
        else:
            return row
        if kind == JOURNAL and line.debit:
            # ERPNext lets a receivable refer to a Journal Entry only where it is credited.
            return row | {"user_remark": f"{kind} {name}"}
        return row | {"reference_type": kind, "reference_name": name}

    def _reference(self, posting: Posting, document: str, item_kind: str) -> tuple[str, str]:
        """Type and number of an item there. Raises Refused where it is ours and is not there."""
        if item_kind not in _OWN_ITEMS:
            return INVOICE, posting.invoice_of(document)
        name = self._one(JOURNAL, [[ABOUT, "=", document], ["docstatus", "=", _SUBMITTED]])
        if not name:
            raise Refused(f"{document} has no {JOURNAL} there: post what made it first, then retry")
        return JOURNAL, name

    def _money(self, posting: Posting, receipt_id: str) -> tuple[str, str]:
        """The document that brought the money of a receipt. Raises Refused where none did."""
        submitted: list[object] = ["docstatus", "=", _SUBMITTED]
        payment: list[Sequence[object]] = [
            ["reference_no", "=", receipt_id],
            ["party", "=", posting.account_id],
            submitted,
        ]
        name = self._one(PAYMENT, payment)
        if name:
            return PAYMENT, name
        name = self._one(JOURNAL, [[ABOUT, "=", receipt_id], submitted])
        if name:
            return JOURNAL, name
        raise Refused(
            f"receipt {receipt_id} is not there: book it in the ERP with reference_no {receipt_id}, then retry"
        )

    def _one(self, doctype: str, filters: Sequence[Sequence[object]]) -> str:
        found = self._list(doctype, filters, ["name"], 0, 1)
        return str(found[0]["name"]) if found else ""

    # --- what is there ---

    def expected(self, posting: Posting) -> Seen:
        doctype, date = doctype_of(posting), iso(posting.posting_date)
        if doctype == PAYMENT:
            sums: dict[str, int] = {}
            for document, kind, cleared in posting.cleared():
                if kind not in _OWN_ITEMS:
                    number = posting.invoice_of(document)
                    sums[number] = sums.get(number, 0) + cleared
            seen = _expected(posting, date, posting.net(BANK), posting.document)
            return replace(seen, references=tuple(sorted(sums.items())), money=True)
        if doctype == JOURNAL:
            return _expected(posting, date, sum(line.debit for line in kept(posting)), posting.document)
        if doctype == INVOICE:
            return _expected(posting, "", posting.decisions[0].amount, posting.invoice_of(posting.document))
        return _expected(posting, "", None, "")

    def all_of(self, prefix: str) -> Iterator[Seen]:
        ours = [[KEY, "like", f"{prefix}%"]]
        money = (
            *("name", "docstatus", KEY, "party", "posting_date", "paid_amount", "paid_from_account_currency"),
            *("reference_no", "company"),
        )
        for row in self._pages(PAYMENT, [["payment_type", "=", "Receive"], ["party_type", "=", "Customer"]], money):
            if str(row[KEY] or "").startswith(prefix) or (not row[KEY] and row["docstatus"] == _SUBMITTED):
                yield self._seen_payment(row)
        booked = ["name", "docstatus", KEY, ABOUT, "posting_date"]
        for row in self._pages(JOURNAL, ours, booked):
            yield self._seen_journal(row)
        for row in self._pages(INVOICE, ours, ["name", "docstatus", KEY, "customer", "grand_total", "currency"]):
            amounts, why = amounts_of([row["grand_total"]], str(row["currency"]))
            yield Seen(str(row[KEY]), str(row["name"]), _STATES[row["docstatus"]], str(row["customer"]), "",
                       str(row["currency"]), sum(amounts) if amounts else None, about=str(row["name"]), unreadable=why)  # fmt: skip
        for row in self._pages(COMMENT, [["content", "like", f"%[{prefix}%"]], ["name", "content", "reference_name"]):
            key = str(row["content"]).rpartition("[")[2].rstrip("]")
            yield Seen(key, str(row["name"]), POSTED, str(row["reference_name"]), "", "", None)

    def _seen_payment(self, row: Mapping[str, Any]) -> Seen:
        currency, key = str(row["paid_from_account_currency"]), str(row[KEY] or "")
        # Only the whole document has its lines.
        whole = self._taken(self.http.call("GET", _path(PAYMENT, str(row["name"]))), f"{PAYMENT} {row['name']}")
        lines = [line for line in whole.get("references", ()) if line["reference_doctype"] == INVOICE]
        amounts, why = amounts_of([row["paid_amount"], *(line["allocated_amount"] for line in lines)], currency)
        references = sorted(zip([str(line["reference_name"]) for line in lines], amounts[1:], strict=False))
        entities = [entity for entity, company in self._mapping.companies.items() if company.company == row["company"]]
        return Seen(
            key, str(row["name"]), _STATES[row["docstatus"]], str(row["party"]), str(row["posting_date"]), currency,
            amounts[0] if amounts else None, str(row["reference_no"] or ""), None if why else tuple(references), True,
            entities[0] if entities else "", why,
        )  # fmt: skip

    def _seen_journal(self, row: Mapping[str, Any]) -> Seen:
        whole = self._taken(self.http.call("GET", _path(JOURNAL, str(row["name"]))), f"{JOURNAL} {row['name']}")
        lines = whole["accounts"]
        currency = str(lines[0]["account_currency"])
        parties = list(dict.fromkeys(str(line["party"]) for line in lines if line.get("party")))
        amounts, why = amounts_of([line["debit_in_account_currency"] for line in lines], currency)
        return Seen(str(row[KEY]), str(row["name"]), _STATES[row["docstatus"]], ", ".join(parties), str(row["posting_date"]),
                    currency, sum(amounts) if amounts else None, str(row[ABOUT] or ""), unreadable=why)  # fmt: skip

    def _pages(
        self, doctype: str, filters: Sequence[Sequence[object]], fields: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        start = 0
        while rows := self._list(doctype, filters, fields, start, _PAGE):
            yield from rows
            start += len(rows)

    def _list(
        self, doctype: str, filters: Sequence[Sequence[object]], fields: Sequence[str], start: int, most: int
    ) -> list[dict[str, Any]]:
        query = {"filters": json.dumps(filters), "fields": json.dumps(fields), "order_by": "creation asc, name asc",
                 "limit_start": str(start), "limit_page_length": str(most)}  # fmt: skip
        found = self._taken(self.http.call("GET", _path(doctype), query), f"{doctype} cannot be listed")
        if not isinstance(found, list) or not all(_has(row, fields) for row in found):
            raise Refused(f"{doctype}: the answer is no list of what was asked for, as none of Frappe's is")
        return found

    def _row_of(self, answer: Answer, what: str, *fields: str) -> dict[str, Any]:
        """The document of a good answer, with these fields. Raises Refused, RetryLater."""
        found = self._taken(answer, what)
        if not _has(found, fields):
            raise Refused(
                f"{what}: the answer has no {' and '.join(fields)}, as none of Frappe's is; it may be there: look, retry"
            )
        assert isinstance(found, dict)
        return found

    def _taken(self, answer: Answer, what: str) -> Any:
        """The `data` of a good answer. Raises Refused, RetryLater."""
        if answer.good and isinstance(answer.said, dict) and "data" in answer.said:
            return answer.said["data"]
        kind = _kind(answer)
        why = self.http.shown(_message(answer))
        if kind == _DATA:
            # As where a custom field is missing: so it is with every posting, and a person sets the site up.
            raise RetryLater(f"{what}: {why}; docs/erp.md says which custom fields the site needs", 0.0)
        if kind in _BUSY:
            raise RetryLater(f"{what}: {kind}: {why}", 0.0)
        raise Refused(f"{what}: {answer.status} {kind}: {why}")


def _expected(posting: Posting, date: str, amount: int | None, about: str) -> Seen:
    account = "" if posting.suspense else posting.account_id
    currency = posting.currency if amount is not None else ""
    return Seen(posting.key, "", POSTED, account, date, currency, amount, about)


def _check_currency(posting: Posting, company: Company) -> None:
    """Raises Refused where an account that ERPNext keeps in the company's currency would get another one's amount."""
    others = [line.role for line in kept(posting) if line.role not in (BANK, RECEIVABLE, UNAPPLIED)]
    if others and posting.currency != company.currency:
        raise Refused(
            f"{', '.join(dict.fromkeys(others))} in {posting.currency}, and {company.company} keeps its books in "
            f"{company.currency}: post it there by hand, then settle it here"
        )


def doctype_of(posting: Posting) -> str:
    """What the posting is in ERPNext. Raises Refused where it is nothing there."""
    if posting.group is Group.promise:
        return COMMENT
    if posting.group is Group.release:
        return INVOICE
    kinds = {line.role for line in kept(posting)}
    if FX_CLEARING in kinds:
        raise Refused(
            f"cash in {posting.currency} clears an item of another currency: post it there by hand, then settle it here"
        )
    if not kinds:
        raise Refused("it moves nothing there")
    came = any(d.kind == "receipt_booked" for d in posting.decisions) and posting.net(BANK) > 0
    return PAYMENT if came and not posting.suspense else JOURNAL


def kept(posting: Posting) -> list[Line]:
    """The lines of a posting but exchange differences of items in the receipt's own currency: ERPNext books these itself."""
    if any(
        d.kind == "cash_exchanged" or d.other_currency for d in posting.decisions if d.kind != "fx_difference_posted"
    ):
        return list(posting.lines)
    return [line for line in posting.lines if line.role not in _EXCHANGE]


def taken_off(posting: Posting) -> list[tuple[str, int]]:
    """(role, debits less credits) of what was taken off beside the money: discounts, charges, write-offs."""
    roles = list(dict.fromkeys(line.role for line in kept(posting)))
    own = [(role, posting.net(role)) for role in roles if role not in (BANK, RECEIVABLE, UNAPPLIED)]
    return [(role, amount) for role, amount in own if amount]


def comment(posting: Posting) -> dict[str, object]:
    return {
        "comment_type": "Comment", "reference_doctype": "Customer", "reference_name": posting.account_id,
        "content": f"{memo(posting)} [{posting.key}]",
    }  # fmt: skip


def _path(doctype: str, name: str = "") -> str:
    return f"/api/resource/{quote(doctype, safe='')}" + (f"/{quote(name, safe='')}" if name else "")


def _has(row: object, fields: Sequence[str]) -> bool:
    return isinstance(row, dict) and all(name in row for name in fields)


def _kind(answer: Answer) -> str:
    """The name of Frappe's exception; empty where the answer has none."""
    return str(answer.said.get("exc_type") or "") if isinstance(answer.said, dict) else ""


def _message(answer: Answer) -> str:
    """What Frappe tells people: its messages, or the exception's last line."""
    if not isinstance(answer.said, dict):
        return answer.text
    try:
        messages = [json.loads(each) for each in json.loads(answer.said.get("_server_messages") or "[]")]
        told = [str(each["message"]) for each in messages]
    except (ValueError, TypeError, KeyError, RecursionError):
        told = []
    return "; ".join(told) or str(answer.said.get("exception") or answer.text)
