"""Any ERP with a REST API, by a mapping (docs/erp.md): documents made of templates, looked up by our key before they are sent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from sinks.base import RetryLater
from sinks.erp.adapter import CANCELLED, DRAFT, POSTED, ErpAdapter, Refused, Seen, amounts_of
from sinks.erp.http import Answer, ErpHttp
from sinks.erp.posting import Posting, iso
from sinks.erp.rest_mapping import Document, Listing, Lookup, RestMapping
from sinks.erp.templates import Names, fields_of, filled


class RestErp(ErpAdapter):
    """One ERP."""

    def __init__(self, url: str, secret: str, mapping: RestMapping) -> None:
        """Raises ValueError."""
        self._mapping = mapping
        self._names = Names(mapping.accounts, mapping.banks, mapping.companies)
        super().__init__(ErpHttp(url, {mapping.auth.header: mapping.auth.value.replace("{secret}", secret)}, secret))

    def post(self, posting: Posting) -> str:
        document = self._document(posting)
        fields = fields_of(posting, self._names)
        there = self._there(document.lookup, posting, fields)
        if there:
            return there
        body = filled(document.body, posting, fields, self._names)
        path = document.path.format_map({name: quote(value, safe="") for name, value in fields.items()})
        headers = {self._mapping.key_header: posting.key} if self._mapping.key_header else {}
        answer = self.http.call(document.method, path, body=body, headers=headers)
        if answer.good:
            return _number(at(answer.said, document.number), f"{document.method} {path}")
        if answer.status == 409:
            # A try that was thought lost came through meanwhile; or the number is another document's.
            there = self._there(document.lookup, posting, fields)
            if there:
                return there
        raise self._refusal(answer, f"{document.method} {path}")

    def find(self, posting: Posting) -> str | None:
        lookup = self._document(posting).lookup
        return None if lookup is None else self._there(lookup, posting, fields_of(posting, self._names))

    def _document(self, posting: Posting) -> Document:
        found = self._mapping.documents.get(posting.group)
        if found is None:
            raise Refused(f"the mapping has no documents.{posting.group}: add it, start the sink again, retry")
        return found

    def _there(self, lookup: Lookup | None, posting: Posting, fields: Mapping[str, str]) -> str:
        """The number of the document with the posting's key; empty where there is none, or no lookup."""
        if lookup is None:
            return ""
        query = filled(lookup.query, posting, fields, self._names)
        rows = _with_key(posting.key, self._rows(lookup.path, query, lookup.rows), lookup)
        alive = [row for row in rows if not lookup.state or str(at(row, lookup.state)) in lookup.alive]
        if rows and not alive:
            number = _number(at(rows[0], lookup.number), lookup.path)
            raise Refused(
                f"{number} of this posting is {at(rows[0], lookup.state)} there; settle it, or delete it there and retry"
            )
        return _number(at(alive[0], lookup.number), lookup.path) if alive else ""

    def expected(self, posting: Posting) -> Seen:
        listing = self._document(posting).list
        if listing is None:
            return Seen(posting.key, "", POSTED, "", "", "", None)
        amount = posting.total if listing.amount and posting.lines else None
        return Seen(
            posting.key, "", POSTED, posting.account_id if listing.account else "", iso(posting.posting_date) if listing.date else "",
            posting.currency if listing.currency else "", amount,
        )  # fmt: skip

    def all_of(self, prefix: str) -> Iterator[Seen]:
        listings = [document.list for document in self._mapping.documents.values() if document.list is not None]
        if not listings:
            raise Refused("the mapping says of no document how it is listed: add documents.GROUP.list")
        # Groups that are kept in one place there are listed once.
        for listing in {(x.path, tuple(sorted(x.query.items()))): x for x in listings}.values():
            for row in self._pages(listing):
                key = str(at(row, listing.key) or "")
                if key.startswith(prefix):
                    yield _seen(row, key, listing)

    def _pages(self, listing: Listing) -> Iterator[Any]:
        """Every row once. Beyond its last page an ERP answers with nothing, with a page that it has given before, or that there
        is none."""
        page, done, before = 1, 0, set[str]()
        while True:
            query = dict(listing.query)
            for name, value in ((listing.limit, listing.size), (listing.offset, done), (listing.page, page)):
                if name:
                    query[name] = str(value)
            rows = self._rows(listing.path, query, listing.rows, further=page > 1)
            new = {name: row for row in rows if (name := _name(row, listing)) not in before}
            yield from new.values()
            before.update(new)
            done, page = done + len(rows), page + 1
            if not new or not (listing.offset or listing.page):
                return

    def _rows(self, path: str, query: Mapping[str, str], place: str, further: bool = False) -> list[Any]:
        """further: a page after the first, of which there may be none."""
        answer = self.http.call("GET", path, query)
        if further and answer.status == 404:
            return []
        if not answer.good:
            raise self._refusal(answer, f"GET {path}")
        rows = at(answer.said, place)
        if not isinstance(rows, list):
            raise Refused(f"GET {path}: {place or 'the answer'} is no list")
        return rows

    def _refusal(self, answer: Answer, what: str) -> RetryLater | Refused:
        why = (
            self.http.shown(str(at(answer.said, self._mapping.message) or answer.text))
            if self._mapping.message
            else answer.text
        )
        text = f"{what}: {answer.status}: {why}"
        return RetryLater(text, 0.0) if answer.status in self._mapping.later else Refused(text)


def at(said: Any, place: str) -> Any:
    """What is at a place such as `data.id` or `errors.0.text`; None where nothing is."""
    for word in place.split(".") if place else ():
        if isinstance(said, Mapping):
            said = said.get(word)
        elif isinstance(said, list) and word.isdigit() and int(word) < len(said):
            said = said[int(word)]
        else:
            return None
    return said


def _with_key(key: str, rows: list[Any], lookup: Lookup) -> list[Any]:
    """The rows that have the key: where the mapping says, else as a word of its own in any value. An ERP that searches by
    beginning answers with longer keys too, which are others' rows. Raises Refused where none has it, and one has nothing like
    it: the lookup does not find by the key."""
    word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    found, strange = [], False
    for row in rows:
        texts = [str(at(row, lookup.key) or "")] if lookup.key else list(_texts(row))
        if key in texts or (not lookup.key and any(word.search(text) for text in texts)):
            found.append(row)
        elif not any(key in text for text in texts):
            strange = True
    if strange and not found:
        raise Refused(
            f"GET {lookup.path}: the answer has a document without the key that was asked for: correct the lookup's query, or say "
            "in lookup.key where the key is; start the sink again, retry"
        )
    return found


def _name(row: Any, listing: Listing) -> str:
    """What tells a row from others: its key and its number; all of it where it has no number."""
    number = at(row, listing.number)
    return repr((at(row, listing.key), row if number is None else number))


def _texts(said: Any) -> Iterator[str]:
    """Every text in an answer."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping | list):
        for inner in said.values() if isinstance(said, Mapping) else said:
            yield from _texts(inner)


def _number(found: Any, what: str) -> str:
    """The number of a document. Raises Refused where the answer has none."""
    if isinstance(found, bool) or not isinstance(found, int | str) or found == "":
        raise Refused(
            f"{what}: the answer has no number where the mapping says; it may be there: look, correct the mapping, retry"
        )
    return str(found)


def _seen(row: Any, key: str, listing: Listing) -> Seen:
    state = str(at(row, listing.state)) if listing.state else ""
    stands = CANCELLED if state in listing.cancelled else DRAFT if state in listing.draft else POSTED
    currency = str(at(row, listing.currency) or "") if listing.currency else ""
    said = at(row, listing.amount) if listing.amount else None
    amounts, why = amounts_of([] if said is None else [said], currency)
    return Seen(
        key, str(at(row, listing.number)), stands, str(at(row, listing.account) or "") if listing.account else "",
        str(at(row, listing.date) or "")[:10] if listing.date else "", currency, amounts[0] if amounts else None,
        unreadable=why,
    )  # fmt: skip
