"""Templates of a mapping: texts with {fields}, in tables and lists, filled from a posting. Pure.

A table with `each = "lines"` becomes a list with one table for each line, `each = "items"` one for each item that the posting
touches. What is empty when it is filled is left out.
"""

from collections.abc import Iterator, Mapping
from string import Formatter
from typing import Any, Final

from connectors.currencies import decimal_text, plain
from sinks.erp.adapter import Refused
from sinks.erp.ledger import BANK, ELSE
from sinks.erp.posting import Group, Posting, iso

FIELDS: Final = (
    *("key", "name", "group", "kind", "rule", "tenant", "entity", "company", "account", "document", "currency"),
    *("posting_date", "value_date", "due_date", "total", "amount", "bank_account", "memo"),
)  # fmt: skip
EACH: Final[Mapping[str, tuple[str, ...]]] = {
    "lines": ("ledger", "role", "side", "debit", "credit", "amount", "currency", "item", "item_kind", "receipt", "number"),
    "items": ("item", "item_kind", "amount", "number"),
}  # fmt: skip
_EACH: Final = "each"


class Names:
    """What the mapping calls what is named otherwise here: roles, our bank accounts, companies."""

    def __init__(self, accounts: Mapping[str, str], banks: Mapping[str, str], companies: Mapping[str, str]) -> None:
        self._accounts = accounts
        self._banks = banks
        self._companies = companies

    def ledger(self, role: str, bank_account: str) -> str:
        """Raises Refused where the mapping has no account for the role."""
        found = (self._banks.get(bank_account) if role == BANK else "") or self._accounts.get(role)
        found = found or self._accounts.get(ELSE.get(role, ""))
        if not found:
            raise Refused(f"the mapping has no account for {role}: add it to [accounts], start the sink again, retry")
        return found

    def company(self, entity: str) -> str:
        return self._companies.get(entity, entity)


def findings(template: object, place: str, allowed: tuple[str, ...] = FIELDS) -> Iterator[str]:
    """What is wrong with a template, with its place."""
    if isinstance(template, str):
        yield from _text_findings(template, place, allowed)
    elif isinstance(template, Mapping):
        each = template.get(_EACH)
        if each is not None and each not in EACH:
            yield f"{place}.each = {each!r}: must be one of {', '.join(EACH)}"
            return
        fields = (*allowed, *EACH[each]) if each is not None else allowed
        for name, inner in template.items():
            if name != _EACH:
                yield from findings(inner, f"{place}.{name}", fields)
    elif isinstance(template, list):
        for number, inner in enumerate(template):
            yield from findings(inner, f"{place}[{number}]", allowed)
    elif not isinstance(template, bool | int):
        yield f"{place} = {template!r}: must be a text, a whole number, true or false, a table or a list"


def _text_findings(text: str, place: str, allowed: tuple[str, ...]) -> Iterator[str]:
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        yield f"{place} = {text!r}: {error}"
        return
    for _, name, form, conversion in parts:
        if name is not None and (name not in allowed or form or conversion):
            yield f"{place} = {text!r}: there is no {{{name}}} here; there are {', '.join(sorted(set(allowed)))}"


def fields_of(posting: Posting, names: Names) -> dict[str, str]:
    """The fields of a posting; amounts are decimal texts with as many decimals as their currency has."""
    first, currency = posting.decisions[0], posting.currency
    return {
        "key": posting.key, "name": posting.name, "group": posting.group.value, "kind": first.kind, "rule": first.rule,
        "tenant": posting.tenant, "entity": posting.entity, "company": names.company(posting.entity),
        "account": posting.account_id, "document": posting.document, "currency": currency,
        "posting_date": iso(posting.posting_date), "value_date": iso(posting.value_date), "due_date": iso(first.due_date),
        "total": plain(posting.total, currency), "amount": plain(first.amount, currency),
        "bank_account": posting.bank_account, "memo": memo(posting),
    }  # fmt: skip


def filled(template: Any, posting: Posting, fields: Mapping[str, str], names: Names) -> Any:
    """The template filled. Raises Refused."""
    if isinstance(template, str):
        return template.format_map(fields)
    if isinstance(template, list):
        return [filled(inner, posting, fields, names) for inner in template]
    if not isinstance(template, Mapping):
        return template
    each = template.get(_EACH)
    if each is None:
        found = {name: filled(inner, posting, fields, names) for name, inner in template.items()}
        return {name: value for name, value in found.items() if value not in ("", [], {})}
    inner = {name: value for name, value in template.items() if name != _EACH}
    rows = _lines(posting, names) if each == "lines" else _items(posting)
    return [filled(inner, posting, {**fields, **row}, names) for row in rows]


def _lines(posting: Posting, names: Names) -> Iterator[dict[str, str]]:
    for number, line in enumerate(posting.lines, start=1):
        side = "debit" if line.debit else "credit"
        yield {
            "ledger": names.ledger(line.role, posting.bank_account), "role": line.role, "side": side,
            "debit": plain(line.debit, line.currency), "credit": plain(line.credit, line.currency),
            "amount": plain(line.debit - line.credit, line.currency), "currency": line.currency,
            "item": line.document, "item_kind": line.item_kind, "receipt": line.receipt_id, "number": str(number),
        }  # fmt: skip


def _items(posting: Posting) -> Iterator[dict[str, str]]:
    for number, (document, kind, amount) in enumerate(posting.cleared(), start=1):
        yield {"item": document, "item_kind": kind, "amount": plain(amount, posting.currency), "number": str(number)}


def memo(posting: Posting) -> str:
    """The posting in words, for people who look at it there."""
    said = []
    for d in posting.decisions:
        about = d.document or d.receipt_id or ", ".join(d.candidates)
        day = f" by {iso(d.due_date)}" if posting.group is Group.promise else ""
        said.append(f"{d.kind.replace('_', ' ')} {decimal_text(d.amount, d.currency)} {about}".rstrip() + day)
    return f"headrace {posting.name}: {'; '.join(said)}"
