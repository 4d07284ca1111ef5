"""Any ERP by a mapping: what is sent, looked up and listed, against a small one that honours keys in one way or the other."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sinks.base import RetryLater
from sinks.erp.adapter import ErpAdapter, Refused, Seen
from sinks.erp.mapping import WrongMapping, adapter_of, read_mapping
from sinks.erp.posting import made
from tests.erp import BackOffice
from tests.ledger import day

DAY = "2026-03-02"
MAPPING = """
adapter = "rest"
kinds = ["receipt_booked", "cash_applied", "discount_granted", "promise_opened"]
message = "error.text"
later = [423]

[auth]
header = "X-Api-Key"
value = "{secret}"

[accounts]
receivable = "1200"
bank = "1000"
discount = "4730"

[banks]
"BANK-2" = "1002"

[companies]
us01 = "Company One"

[documents.money]
path = "/v1/journals"
number = "data.id"

[documents.money.body]
external_id = "{key}"
company = "{company}"
date = "{posting_date}"
text = "{memo}"
draft = false
lines = { each = "lines", account = "{ledger}", side = "{side}", amount = "{amount}", currency = "{currency}", open_item = "{item}" }
clears = { each = "items", item = "{item}", amount = "{amount}" }

[documents.money.lookup]
path = "/v1/journals"
query = { external_id = "{key}" }
rows = "data"
number = "id"
state = "status"
alive = ["booked"]

[documents.money.list]
path = "/v1/journals"
rows = "data"
limit = "limit"
size = 2
offset = "offset"
key = "external_id"
number = "id"
amount = "total"
currency = "currency"
date = "date"
state = "status"
cancelled = ["void"]

[documents.promise]
path = "/v1/customers/{account}/notes"
body = { ref = "{key}", text = "{memo}", until = "{due_date}", amount = "{amount}" }
number = "id"
lookup = { path = "/v1/notes", query = { ref = "{key}" }, number = "id" }
"""


class LedgerServer:
    """A small ERP: journals with an external id, which may be there twice; notes. `fail`: statuses that come first. `beyond`
    its last page: nothing, its last page again, or 404."""

    def __init__(self) -> None:
        self.journals: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.seen: list[tuple[str, str, dict[str, str], Any]] = []
        self.fail: list[int] = []
        self.by_key: dict[str, dict[str, Any]] = {}
        self.by_beginning = False
        self.beyond = "nothing"
        site = self

        class Handler(BaseHTTPRequestHandler):
            def _do(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                parts = urlsplit(self.path)
                query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
                body = json.loads(raw) if raw else None
                headers = {name.lower(): value for name, value in self.headers.items()}
                site.seen.append((self.command, parts.path, headers, body))
                status, said = site._answer(self.command, parts.path, query, headers, body)
                data = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = _do

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _fits(self, value: str, wanted: str | None) -> bool:
        return wanted is None or value == wanted or (self.by_beginning and value.startswith(wanted))

    def _answer(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if headers.get("x-api-key") != "s3cret-of-books":
            return 401, {"error": {"text": "who are you"}}
        if self.fail and method != "GET":
            return self.fail.pop(0), {"error": {"text": "period 2026-03 is closed"}}
        rows = self.journals if path == "/v1/journals" else self.notes
        if method == "GET":
            field = "external_id" if path == "/v1/journals" else "ref"
            found = [x for x in rows if self._fits(x[field], query.get(field))]
            most = int(query.get("limit", 100))
            at = int(query.get("offset", (int(query.get("page", 1)) - 1) * most))
            if at >= len(found) and self.beyond == "404":
                return 404, {"error": {"text": "Invalid page."}}
            if at >= len(found) and self.beyond == "its last page" and found:
                at = (len(found) - 1) // most * most
            page = found[at : at + most]
            return 200, {"data": page} if path == "/v1/journals" else page
        key = headers.get("idempotency-key")
        if key and key in self.by_key:
            return 200, {"data": self.by_key[key]}
        total = sum(float(line["amount"]) for line in body.get("lines", []) if line["side"] == "debit")
        row = {**body, "id": len(rows) + 1, "status": "booked", "total": f"{total:.2f}", "currency": "USD"}
        rows.append(row)
        if key:
            self.by_key[key] = row
        return 201, {"data": row} if path == "/v1/journals" else row


@pytest.fixture
def server() -> Iterator[LedgerServer]:
    found = LedgerServer()
    yield found
    found.close()


def adapter(server: LedgerServer, directory: Path, text: str = MAPPING, secret: str = "s3cret-of-books") -> ErpAdapter:
    path = directory / "books.toml"
    path.write_text(text)
    return adapter_of(server.url, secret, read_mapping(path))


def paid(receipt: str = "R1", bank_account: str = "") -> Any:
    ledger = BackOffice()
    ledger.invoice("C1", "INV-1", 10_000, DAY, DAY)
    said = ledger.fact(
        "C1",
        ("receipt_booked", {"receipt_id": receipt, "amount": 9_700}),
        ("cash_applied", {"receipt_id": receipt, "document": "INV-1", "item_kind": "invoice", "amount": 9_700}),
        ("discount_granted", {"receipt_id": receipt, "document": "INV-1", "item_kind": "invoice", "amount": 300}),
        on=DAY,
    )
    return made(f"k-{receipt}", said, bank_account=bank_account)


def test_the_templates_are_filled_and_what_is_empty_is_left_out(server: LedgerServer, tmp_path: Path) -> None:
    assert adapter(server, tmp_path).post(paid(bank_account="BANK-2")) == "1"
    (sent,) = [body for method, _, _, body in server.seen if method == "POST"]
    memo = sent.pop("text")
    assert memo.endswith("receipt booked 97.00 USD R1; cash applied 97.00 USD INV-1; discount granted 3.00 USD INV-1")
    assert sent == {
        "external_id": "k-R1", "company": "Company One", "date": DAY, "draft": False,
        "lines": [
            {"account": "1002", "side": "debit", "amount": "97.00", "currency": "USD"},
            {"account": "1200", "side": "credit", "amount": "-97.00", "currency": "USD"},
            {"account": "1200", "side": "debit", "amount": "97.00", "currency": "USD"},
            {"account": "1200", "side": "credit", "amount": "-97.00", "currency": "USD", "open_item": "INV-1"},
            {"account": "4730", "side": "debit", "amount": "3.00", "currency": "USD"},
            {"account": "1200", "side": "credit", "amount": "-3.00", "currency": "USD", "open_item": "INV-1"},
        ],
        "clears": [{"item": "INV-1", "amount": "100.00"}],
    }  # fmt: skip


def test_it_is_looked_up_before_it_is_sent(server: LedgerServer, tmp_path: Path) -> None:
    books = adapter(server, tmp_path)
    assert books.post(paid()) == books.post(paid()) == "1"
    assert len(server.journals) == 1
    server.journals[0]["status"] = "void"
    with pytest.raises(Refused, match="1 of this posting is void there"):
        books.post(paid())


SAYS_WHERE = 'rows = "data"\nkey = "external_id"\nnumber = "id"\nstate'


@pytest.mark.parametrize("says_where", [False, True])
def test_a_longer_key_that_a_search_by_beginning_finds_is_not_this_one(
    says_where: bool, server: LedgerServer, tmp_path: Path
) -> None:
    text = MAPPING.replace('rows = "data"\nnumber = "id"\nstate', SAYS_WHERE) if says_where else MAPPING
    books = adapter(server, tmp_path, text)
    server.by_beginning = True
    assert books.post(paid("R12")) == "1"
    assert books.find(paid("R1")) == ""
    assert books.post(paid("R1")) == books.post(paid("R1")) == books.find(paid("R1")) == "2"
    assert [row["external_id"] for row in server.journals] == ["k-R12", "k-R1"]


def test_a_lookup_that_does_not_find_by_the_key_is_for_a_person(server: LedgerServer, tmp_path: Path) -> None:
    books = adapter(server, tmp_path)
    assert books.post(paid("R1")) == "1"
    wrong = adapter(
        server, tmp_path, MAPPING.replace('query = { external_id = "{key}" }', 'query = { number = "{key}" }')
    )
    with pytest.raises(Refused, match="the answer has a document without the key that was asked for"):
        wrong.post(paid("R2"))
    elsewhere = adapter(
        server,
        tmp_path,
        MAPPING.replace('rows = "data"\nnumber = "id"\nstate', SAYS_WHERE.replace("external_id", "ref")),
    )
    with pytest.raises(Refused, match=r"or say in lookup\.key where the key is"):
        elsewhere.post(paid("R1"))
    assert len(server.journals) == 1


def test_a_key_within_a_text_is_found_as_a_word(server: LedgerServer, tmp_path: Path) -> None:
    text = MAPPING.replace('ref = "{key}", text = "{memo}"', 'ref = "{name}", text = "{memo} [{key}]"')
    books = adapter(server, tmp_path, text.replace('query = { ref = "{key}" }', 'query = { search = "{key}" }'))
    (d,) = BackOffice().fact(
        "C1", ("promise_opened", {"reference_id": "P1", "amount": 500, "due_date": day(DAY)}), on=DAY
    )
    assert books.post(made("k-0-12", [d])) == "1"
    assert books.post(made("k-0-1", [d])) == books.post(made("k-0-1", [d])) == "2"


def test_with_a_header_for_keys_nothing_is_looked_up(server: LedgerServer, tmp_path: Path) -> None:
    start, end = MAPPING.index("[documents.money.lookup]"), MAPPING.index("[documents.money.list]")
    text = MAPPING.replace('message = "error.text"', 'message = "error.text"\nkey_header = "Idempotency-Key"')
    text = text.replace(MAPPING[start:end], "")
    books = adapter(server, tmp_path, text)
    assert books.post(paid()) == books.post(paid()) == "1"
    assert books.find(paid()) is None
    assert [method for method, _, _, _ in server.seen] == ["POST", "POST"]
    assert {headers["idempotency-key"] for _, _, headers, _ in server.seen} == {"k-R1"}


def test_a_path_may_name_the_account_and_a_lookup_may_answer_with_the_list_itself(
    server: LedgerServer, tmp_path: Path
) -> None:
    ledger = BackOffice()
    (d,) = ledger.fact(
        "C/1", ("promise_opened", {"reference_id": "P1", "amount": 500, "due_date": day("2026-04-01")}), on=DAY
    )
    books = adapter(server, tmp_path)
    assert books.post(made("k-9", [d])) == books.post(made("k-9", [d])) == "1"
    assert [path for method, path, _, _ in server.seen if method == "POST"] == ["/v1/customers/C%2F1/notes"]
    assert (server.notes[0]["until"], server.notes[0]["amount"]) == ("2026-04-01", "5.00")


@pytest.mark.parametrize(
    ("status", "error", "why"),
    [
        (422, Refused, "POST /v1/journals: 422: period 2026-03 is closed"),
        (403, Refused, "403: period 2026-03 is closed"),
        (409, Refused, "409: period 2026-03 is closed"),
        (423, RetryLater, "423: period 2026-03 is closed"),
        (500, RetryLater, "answered 500"),
        (429, RetryLater, "answered 429"),
        (302, RetryLater, "redirects are not followed"),
    ],
)
def test_answers_are_refusals_or_pass(
    status: int, error: type[Exception], why: str, server: LedgerServer, tmp_path: Path
) -> None:
    server.fail = [status]
    books = adapter(server, tmp_path)
    with pytest.raises(error, match=why):
        books.post(paid())
    assert books.post(paid()) == "1"


def test_a_role_without_an_account_and_an_answer_without_a_number_are_for_a_person(
    server: LedgerServer, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match="the mapping has no account for discount"):
        adapter(server, tmp_path, MAPPING.replace('discount = "4730"', "")).post(paid())
    with pytest.raises(Refused, match="the answer has no number where the mapping says"):
        adapter(server, tmp_path, MAPPING.replace('number = "data.id"', 'number = "data.nr"')).post(paid())


def test_what_is_there_is_listed_by_pages(server: LedgerServer, tmp_path: Path) -> None:
    books = adapter(server, tmp_path)
    postings = [paid(f"R{number}") for number in range(5)]
    for posting in postings:
        books.post(posting)
    server.journals[1]["status"] = "void"
    server.journals[2]["external_id"] = "somebody-else"
    found = list(books.all_of("k-"))
    assert [seen.key for seen in found] == ["k-R0", "k-R1", "k-R3", "k-R4"]
    assert found[1].state == "cancelled"
    assert found[0] == Seen("k-R0", "1", "posted", "", DAY, "USD", postings[0].total)
    expected = books.expected(postings[0])
    assert (expected.amount, expected.date, expected.currency) == (19_700, DAY, "USD")


@pytest.mark.parametrize("beyond", ["nothing", "its last page", "404"])
@pytest.mark.parametrize("by", ["offset", "page"])
def test_a_list_ends_where_a_page_has_nothing_new(by: str, beyond: str, server: LedgerServer, tmp_path: Path) -> None:
    books = adapter(server, tmp_path, MAPPING.replace('offset = "offset"', f'{by} = "{by}"'))
    row = {"status": "booked", "total": "1.00", "currency": "USD", "date": DAY}
    # The same key under another number is there twice.
    server.journals = [{**row, "external_id": f"k-R{min(at, 3)}", "id": at} for at in range(5)]
    server.beyond = beyond
    found = [(seen.key, seen.number) for seen in books.all_of("k-")]
    assert found == [("k-R0", "0"), ("k-R1", "1"), ("k-R2", "2"), ("k-R3", "3"), ("k-R3", "4")]
    assert len(server.seen) == 4
    server.journals = []
    if beyond == "404":
        with pytest.raises(Refused, match=r"GET /v1/journals: 404: Invalid page\."):
            list(books.all_of("k-"))


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        (('amount = "{amount}", currency', 'amount = "{sum}", currency'), "documents.money.body.lines.amount = '{sum}': there is no {sum} here"),
        (('each = "lines"', 'each = "rows"'), "documents.money.body.lines.each = 'rows': must be one of lines, items"),
        (('company = "{company}"', 'company = "{company.__class__}"'), "there is no {company.__class__} here"),
        (('bank = "1000"', 'banc = "1000"'), "accounts: there is no role 'banc'"),
        (('"promise_opened"]', '"promise_opened", "interest_charged"]'), "documents.charge is missing: kinds has decisions of it"),
        (('lookup = { path = "/v1/notes", query = { ref = "{key}" }, number = "id" }', ""), "documents.promise: needs a lookup, or key_header"),
        (('currency = "currency"', ""), "documents.money.list.currency: is needed with amount"),
        (('adapter = "rest"', 'adapter = "soap"'), "adapter = 'soap': must be one of erpnext, rest"),
        (("draft = false", "draft = 1.5"), "documents.money.body.draft = 1.5: must be a text, a whole number"),
        (("[auth]", "[oauth]"), "oauth: no such setting; is it auth?"),
    ],
)  # fmt: skip
def test_a_mapping_is_checked_whole(
    change: tuple[str, str], finding: str, server: LedgerServer, tmp_path: Path
) -> None:
    assert change[0] in MAPPING
    with pytest.raises(WrongMapping) as found:
        adapter(server, tmp_path, MAPPING.replace(*change))
    assert finding in str(found.value)


@pytest.mark.parametrize(("currency", "shown"), [("JPY", "1000"), ("KWD", "1.000"), ("USD", "10.00")])
def test_amounts_have_the_decimals_of_their_currency(
    currency: str, shown: str, server: LedgerServer, tmp_path: Path
) -> None:
    ledger = BackOffice(currency=currency)
    adapter(server, tmp_path).post(
        made("k", ledger.fact("C1", ("receipt_booked", {"receipt_id": "R1", "amount": 1_000}), on=DAY))
    )
    assert [line["amount"] for line in server.journals[0]["lines"]] == [shown, f"-{shown}"]
