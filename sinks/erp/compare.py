"""What was posted against what the ERP has: the differences, each with its kind. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from connectors.currencies import decimal_text
from sinks.erp.adapter import CANCELLED, POSTED, Seen


class Kind(StrEnum):
    """Of a difference, the gravest first.

    missing: it was confirmed, and is not there. doubled: it is there more than once. other_amount: it is there with another
    amount. changed: it is there, and cancelled, a draft, or otherwise not as it was posted. refused: it was never taken, and
    nobody settled it. cleared_there: somebody cleared an item there, by a receipt without a key, and it is open here.
    unexpected: it has a key of ours, and nothing here asked for it.
    """

    missing = "missing"
    doubled = "doubled"
    other_amount = "other_amount"
    changed = "changed"
    refused = "refused"
    cleared_there = "cleared_there"
    unexpected = "unexpected"


@dataclass(frozen=True, slots=True)
class Posted:
    """What is to be there. name: the decision; number: what the ERP called it when it confirmed it. before: as it was to be when
    everything was taken, where that is something else now."""

    name: str
    number: str
    seen: Seen
    before: Seen | None = None

    def as_there(self, there: Sequence[Seen]) -> "Posted":
        """As it was asked for when it was posted, which shows by what is there: the setting of that time is not in the log."""
        alive = [seen for seen in there if seen.state != CANCELLED]
        if self.before is None or not alive:
            return self
        wanted = (self.seen, self.before)
        return replace(self, seen=min(wanted, key=lambda want: _unlike(want, alive[0])))


@dataclass(frozen=True, slots=True)
class Difference:
    """decision: SHARD-SEQUENCE, empty of what nothing here asked for. number: in the ERP, or what it was. account, about: whose,
    and the receipt or item. here, there: what differs, in words."""

    kind: Kind
    decision: str
    number: str
    account: str
    about: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """Somebody cleared so much (minor units) of an item there, by the document `number` of that day (ISO). receipt: or empty."""

    number: str
    tenant: str
    entity: str
    account: str
    document: str
    receipt: str
    currency: str
    amount: int
    date: str


# (entity, account, item) -> (tenant, its currency), of all that is open here.
OpenItems = Mapping[tuple[str, str, str], tuple[str, str]]


def differences(
    posted: Mapping[str, Posted],
    known: set[str],
    found: Iterable[Seen],
    open_items: OpenItems,
    refused: Sequence[Difference] = (),
) -> tuple[list[Difference], list[Cleared]]:
    """posted: what was confirmed, by key. known: keys of all that was ever asked for, so none of these is unexpected.
    found: what the ERP has. refused: differences already. Differences sorted by kind, then decision; and what those of
    `cleared_there` are about."""
    there: dict[str, list[Seen]] = defaultdict(list)
    by_hand: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    result = list(refused)
    for seen in found:
        if seen.key in posted:
            there[seen.key].append(seen)
        elif not seen.key:
            if seen.state == POSTED:
                by_hand[seen.account, seen.about].append(seen)
        elif seen.key not in known:
            text = f"{seen.state} on {seen.date or 'no day'}{_money(seen)}"
            result.append(
                Difference(Kind.unexpected, "", seen.number, seen.account, seen.about, "nothing asked for it", text)
            )
    posted = {key: one.as_there(there[key]) for key, one in posted.items()}
    ours = {(one.seen.account, one.seen.about) for one in posted.values() if one.seen.money}
    by_others = [seen for place, rows in by_hand.items() if place not in ours for seen in rows]
    cleared = [one for seen in by_others for one in _cleared_items(seen, open_items)]
    result += [_cleared_there(one) for one in cleared]
    for key, one in posted.items():
        result += _of(one, there[key], by_hand.get((one.seen.account, one.seen.about), []) if one.seen.money else [])
    order = list(Kind)
    return sorted(result, key=lambda d: (order.index(d.kind), _place(d.decision), d.number)), cleared


def _cleared_items(seen: Seen, open_items: OpenItems) -> Iterator[Cleared]:
    for document, amount in seen.references or ():
        tenant, currency = open_items.get((seen.entity, seen.account, document), ("", ""))
        if amount > 0 and currency == seen.currency:
            yield Cleared(
                seen.number, tenant, seen.entity, seen.account, document, seen.about, currency, amount, seen.date
            )  # fmt: skip


def _cleared_there(one: Cleared) -> Difference:
    text = f"cleared {decimal_text(one.amount, one.currency)} by {one.receipt or 'no receipt'}"
    return Difference(Kind.cleared_there, "", one.number, one.account, one.document, "open", text)


def _place(decision: str) -> tuple[int, ...]:
    return tuple(int(part) for part in decision.split("-")) if decision else ()


def _of(one: Posted, there: list[Seen], by_hand: list[Seen]) -> list[Difference]:
    want = one.seen

    def differs(kind: Kind, number: str, here: str, found: str) -> Difference:
        return Difference(kind, one.name, number, want.account, want.about, here, found)

    if not there:
        return [differs(Kind.missing, one.number, f"posted{_money(want)}", "nothing has its key")]
    alive = [seen for seen in there if seen.state != CANCELLED]
    if not alive:
        return [differs(Kind.changed, there[0].number, POSTED, CANCELLED)]
    same = [*alive, *by_hand]
    found = []
    if len(same) > 1:
        numbers = ", ".join(seen.number for seen in same)
        found.append(differs(Kind.doubled, alive[0].number, f"once{_money(want)}", numbers))
    seen = alive[0]
    if _other_amount(want, seen):
        is_there = seen.unreadable or _money(seen).strip(" of") or "none"
        found.append(differs(Kind.other_amount, seen.number, _money(want).strip(" of"), is_there))
    here, other = _changes(want, seen)
    if here:
        found.append(differs(Kind.changed, seen.number, "; ".join(here), "; ".join(other)))
    return found


def _unlike(want: Seen, seen: Seen) -> int:
    """In how much it is other than it is to be."""
    return _other_amount(want, seen) + len(_changes(want, seen)[0])


def _other_amount(want: Seen, seen: Seen) -> bool:
    return want.amount is not None and (want.amount, want.currency) != (seen.amount, seen.currency)


def _changes(want: Seen, seen: Seen) -> tuple[list[str], list[str]]:
    """What else differs, as it is to be and as it is. What is empty here is not compared."""
    here, there = [], []
    for word, wanted, found in (
        ("state", want.state, seen.state), ("account", want.account, seen.account), ("date", want.date, seen.date),
    ):  # fmt: skip
        if wanted and wanted != found:
            here.append(f"{word} {wanted}")
            there.append(f"{word} {found}")
    if want.references is not None and not seen.unreadable and want.references != seen.references:
        here.append(f"clears {_cleared(want)}")
        there.append(f"clears {_cleared(seen)}")
    return here, there


def _cleared(seen: Seen) -> str:
    return (
        ", ".join(f"{decimal_text(amount, seen.currency)} of {name}" for name, amount in seen.references or ())
        or "nothing"
    )


def _money(seen: Seen) -> str:
    return f" of {decimal_text(seen.amount, seen.currency)}" if seen.amount is not None else ""
