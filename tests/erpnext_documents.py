"""The documents of an ERPNext site: what is checked when they are made, submitted and cancelled, and what follows."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

CENT = Decimal("0.01")
SERIES = {"Payment Entry": "ACC-PAY-2026-", "Journal Entry": "ACC-JV-2026-", "Sales Invoice": "ACC-SINV-2026-"}
# Of the standard fields and the two custom ones, those that a list may be asked for.
FIELDS = {
    "Payment Entry": (
        *("name", "docstatus", "creation", "headrace_key", "headrace_document", "payment_type", "party_type", "party"),
        *("company", "posting_date", "paid_amount", "received_amount", "paid_from_account_currency", "reference_no"),
        *("total_allocated_amount", "unallocated_amount", "difference_amount"),
    ),
    "Journal Entry": (
        *("name", "docstatus", "creation", "headrace_key", "headrace_document", "company", "posting_date"),
        *("total_debit", "total_credit", "voucher_type", "user_remark"),
    ),
    "Sales Invoice": (
        *("name", "docstatus", "creation", "headrace_key", "customer", "grand_total", "outstanding_amount", "currency"),
        "posting_date",
    ),
    "Comment": ("name", "docstatus", "creation", "content", "comment_type", "reference_doctype", "reference_name"),
}  # fmt: skip
RECEIVABLE = ("Debtors - ME",)


class FrappeError(Exception):
    """What Frappe throws; the status is that of its exception class."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message

    def body(self) -> dict[str, Any]:
        told = json.dumps([json.dumps({"message": self.message, "title": "Message", "indicator": "red"})])
        line = f"frappe.exceptions.{self.kind}: {self.message}"
        return {
            "exception": line,
            "exc_type": self.kind,
            "exc": json.dumps([f"Traceback ...\n{line}"]),
            "_server_messages": told,
        }


def throw(message: str, kind: str = "ValidationError") -> FrappeError:
    return FrappeError(417, kind, message)


def flt(value: object) -> Decimal:
    return Decimal(str(value or 0)).quantize(CENT)


class Documents:
    """All documents by type and name."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[str, dict[str, Any]]] = {}
        self._numbers = count(1)
        self.customers: set[str] = set()
        self.companies = {"Muster Exchange"}
        self.accounts = {
            *("Debtors - ME", "Bank - ME", "Bank EUR - ME", "Discounts - ME", "Tax - ME", "Write Off - ME", "Charges - ME"),
            *("Unidentified - ME", "Transit - ME", "Interest Income - ME", "Refunds - ME"),
        }  # fmt: skip
        # Nothing may be posted on this day or before.
        self.frozen_until = ""

    def table(self, doctype: str) -> dict[str, dict[str, Any]]:
        return self._tables.setdefault(doctype, {})

    # --- the API ---

    def get(self, doctype: str, name: str) -> dict[str, Any]:
        found = self.table(doctype).get(name)
        if found is None:
            raise FrappeError(404, "DoesNotExistError", f"{doctype} {name} not found")
        return found

    def list(
        self, doctype: str, filters: Sequence[Sequence[Any]], fields: Sequence[str], start: int, most: int
    ) -> list[dict[str, Any]]:
        known = FIELDS.get(doctype)
        if known is None:
            raise FrappeError(404, "DoesNotExistError", f"DocType {doctype} not found")
        for name in [*fields, *(each[0] for each in filters)]:
            if name not in known:
                raise throw(f"Field not permitted in query: {name}", "DataError")
        rows = [row for row in self.table(doctype).values() if all(_holds(row, each) for each in filters)]
        return [{name: row.get(name) for name in fields} for row in rows[start : start + most]]

    def insert(self, doctype: str, body: dict[str, Any]) -> dict[str, Any]:
        if doctype not in FIELDS:
            raise FrappeError(404, "DoesNotExistError", f"DocType {doctype} not found")
        number = next(self._numbers)
        name = str(body.get("name") or f"{SERIES.get(doctype, '')}{number:05}")
        if name in self.table(doctype):
            raise FrappeError(409, "DuplicateEntryError", f"{doctype} {name} already exists")
        row = {"docstatus": 0, **body, "name": name, "doctype": doctype, "creation": f"2026-01-01 00:00:{number:06}"}
        self._validate(doctype, row)
        key = row.get("headrace_key")
        if key and any(x.get("headrace_key") == key for x in self.table(doctype).values()):
            raise throw("Headrace Key must be unique", "UniqueValidationError")
        if row["docstatus"] == 1:
            self._submit(doctype, row)
        self.table(doctype)[name] = row
        return row

    def update(self, doctype: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        row = self.get(doctype, name)
        to = int(body.pop("docstatus", row["docstatus"]))
        if row["docstatus"] == 2:
            raise throw("Cannot edit cancelled document")
        if row["docstatus"] == 1 and body:
            raise throw("Not allowed to change after submission", "UpdateAfterSubmitError")
        changed = {**row, **body}
        if row["docstatus"] == 0 and to == 1:
            self._validate(doctype, changed)
            self._submit(doctype, changed)
        elif row["docstatus"] == 1 and to == 2:
            self._undo(doctype, changed)
        changed["docstatus"] = to
        self.table(doctype)[name] = changed
        return changed

    # --- what people do there ---

    def invoice(self, name: str, customer: str, amount: str, docstatus: int = 1) -> None:
        self.customers.add(customer)
        self.table("Sales Invoice")[name] = {
            "name": name, "doctype": "Sales Invoice", "docstatus": docstatus, "customer": customer, "currency": "USD",
            "grand_total": flt(amount), "outstanding_amount": flt(amount), "creation": f"2026-01-01 {next(self._numbers)}",
            "debit_to": "Debtors - ME", "headrace_key": None, "posting_date": "2026-01-01",
        }  # fmt: skip

    def outstanding(self, name: str) -> str:
        return str(self.table("Sales Invoice")[name]["outstanding_amount"])

    def cancel(self, doctype: str, name: str) -> None:
        self.update(doctype, name, {"docstatus": 2})

    # --- checks ---

    def _validate(self, doctype: str, row: dict[str, Any]) -> None:
        if doctype == "Comment":
            self._link("Customer", self.customers, "Reference Name", row["reference_name"])
            return
        if doctype == "Sales Invoice":
            self._link("Customer", self.customers, "Customer", row["customer"])
            return
        self._link("Company", self.companies, "Company", row.get("company", ""))
        if self.frozen_until and row["posting_date"] <= self.frozen_until:
            raise throw(f"You are not authorized to add or update entries before {self.frozen_until}")
        if doctype == "Payment Entry":
            self._payment(row)
        else:
            self._journal(row)

    def _link(self, doctype: str, there: set[str], label: str, name: str) -> None:
        if not name:
            raise throw(f"Value missing for: {label}", "MandatoryError")
        if name not in there:
            raise throw(f"Could not find {label}: {name}", "LinkValidationError")

    def _payment(self, row: dict[str, Any]) -> None:
        """set_amounts and validate of Payment Entry, where all is in the company's currency."""
        for field in ("paid_from", "paid_to"):
            self._link("Account", self.accounts, field, row.get(field, ""))
        self._link("Customer", self.customers, "Party", row.get("party", ""))
        if not row.get("reference_no") or not row.get("reference_date"):
            raise throw("Reference No and Reference Date is mandatory for Bank transaction")
        if flt(row.get("paid_amount")) <= 0:
            raise throw("Paid Amount is mandatory")
        seen: set[tuple[str, str]] = set()
        for index, line in enumerate(row.get("references") or [], start=1):
            place = line["reference_doctype"], line["reference_name"]
            if place in seen:
                raise throw(f"Row #{index}: Duplicate entry in References {place[0]} {place[1]}")
            seen.add(place)
            of = self._referred(*place)
            if place[0] == "Sales Invoice":
                if of["customer"] != row["party"]:
                    raise throw(f"Sales Invoice {of['name']} is not associated with Customer {row['party']}")
                left, allocated = of["outstanding_amount"], flt(line["allocated_amount"])
                if (0 <= left < allocated) or (left < 0 and allocated < left):
                    raise throw(f"Row #{index}: Allocated Amount cannot be greater than outstanding amount.")
            if of["docstatus"] != 1:
                raise throw(f"{place[0]} {place[1]} must be submitted")
        taken_off = sum(flt(line["amount"]) for line in row.get("deductions") or [])
        for line in row.get("deductions") or []:
            self._link("Account", self.accounts, "Account", line.get("account", ""))
        allocated = sum(flt(line["allocated_amount"]) for line in row.get("references") or [])
        paid, received = flt(row["paid_amount"]), flt(row["received_amount"])
        unallocated = received + taken_off - allocated if allocated < paid + taken_off else Decimal(0)
        row |= {
            "paid_amount": paid, "received_amount": received, "total_allocated_amount": abs(allocated),
            "unallocated_amount": unallocated, "difference_amount": allocated + unallocated - received - taken_off,
        }  # fmt: skip

    def _journal(self, row: dict[str, Any]) -> None:
        debit = credit = Decimal(0)
        against: dict[str, Decimal] = {}
        for index, line in enumerate(row.get("accounts") or [], start=1):
            self._link("Account", self.accounts, "Account", line.get("account", ""))
            line["account_currency"] = "USD"
            up, down = flt(line.get("debit_in_account_currency")), flt(line.get("credit_in_account_currency"))
            if not up and not down:
                raise throw(f"Row {index}: Both Debit and Credit values cannot be zero")
            if up and down:
                raise throw("You cannot credit and debit same account at the same time")
            if line["account"] in RECEIVABLE:
                if not line.get("party_type") or not line.get("party"):
                    raise throw(
                        f"Row {index}: Party Type and Party is required for Receivable / Payable account {line['account']}"
                    )
                self._link("Customer", self.customers, "Party", line["party"])
            debit, credit = debit + up, credit + down
            if line.get("reference_type"):
                self._journal_reference(index, line, up)
                if line["reference_type"] == "Sales Invoice":
                    against[line["reference_name"]] = against.get(line["reference_name"], Decimal(0)) + down
        if debit != credit or not debit:
            raise throw(f"Total Debit must be equal to Total Credit. The difference is {debit - credit}")
        for name, total in against.items():
            left = self.table("Sales Invoice")[name]["outstanding_amount"]
            if total and left < total:
                raise throw(f"Payment against Sales Invoice {name} cannot be greater than Outstanding Amount {left}")
        row |= {"total_debit": debit, "total_credit": credit}

    def _journal_reference(self, index: int, line: Mapping[str, Any], debit: Decimal) -> None:
        kind, name = line["reference_type"], line["reference_name"]
        of = self._referred(kind, name)
        if kind == "Sales Invoice":
            if of["docstatus"] != 1:
                raise throw(f"Sales Invoice {name} is not submitted")
            if (of["customer"], of["debit_to"]) != (line["party"], line["account"]):
                raise throw(f"Row {index}: Party / Account does not match with Customer / Debit To in Sales Invoice")
        elif kind == "Journal Entry" and debit:
            raise throw(
                f"Row #{index}: For {line['account']}, you can select reference document only if account gets credited"
            )

    def _referred(self, doctype: str, name: str) -> dict[str, Any]:
        found = self.table(doctype).get(name)
        if found is None:
            raise throw(f"Could not find Row #1: Reference Name: {name}", "LinkValidationError")
        return found

    # --- effects ---

    def _submit(self, doctype: str, row: dict[str, Any]) -> None:
        if doctype == "Payment Entry" and row["difference_amount"]:
            raise throw("Difference Amount must be zero")
        self._move(doctype, row, 1)

    def _undo(self, doctype: str, row: dict[str, Any]) -> None:
        self._move(doctype, row, -1)

    def _move(self, doctype: str, row: dict[str, Any], sign: int) -> None:
        """What is outstanding of the invoices that it refers to."""
        for line in row.get("references") or []:
            if line["reference_doctype"] == "Sales Invoice":
                self._lower(line["reference_name"], sign * flt(line["allocated_amount"]))
        for line in row.get("accounts") or []:
            if line.get("reference_type") == "Sales Invoice":
                change = flt(line.get("credit_in_account_currency")) - flt(line.get("debit_in_account_currency"))
                self._lower(line["reference_name"], sign * change)

    def _lower(self, invoice: str, amount: Decimal) -> None:
        self.table("Sales Invoice")[invoice]["outstanding_amount"] -= amount


def _holds(row: Mapping[str, Any], each: Sequence[Any]) -> bool:
    field, test, value = each
    there = row.get(field)
    if test == "=":
        return bool(there == value)
    if test == "like":
        # Of MariaDB's patterns only % is used; the others of fnmatch are taken literally.
        pattern = str(value).replace("[", "[[]").replace("*", "[*]").replace("?", "[?]").replace("%", "*")
        return fnmatchcase(str(there or "").lower(), pattern.lower())
    raise FrappeError(417, "DataError", f"{test} is not supported")
