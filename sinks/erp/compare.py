"""What was posted against what the ERP has: the differences, each with its kind. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from connectors.currencies import decimal_text
from sinks.erp.adapter import CANCELLED, POSTED, Seen


class Kind(StrEnum):
    """Of a difference, the gravest first.

    missing: it was confirmed, and is not there. doubled: it is there more than once. other_amount: it is there with another
    amount. changed: it is there, and cancelled, a draft, or otherwise not as it was posted. refused: it was never taken, and
    nobody settled it. unexpected: it has a key of ours, and nothing here asked for it.
    """

    missing = "missing"
    doubled = "doubled"
    other_amount = "other_amount"
    changed = "changed"
    refused = "refused"
    unexpected = "unexpected"


@dataclass(frozen=True, slots=True)
class Posted:
    """What is to be there. name: the decision; number: what the ERP called it when it confirmed it."""

    name: str
    number: str
    seen: Seen


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


def differences(
    posted: Mapping[str, Posted], known: set[str], found: Iterable[Seen], refused: Sequence[Difference] = ()
) -> list[Difference]:
    """posted: what was confirmed, by key. known: keys of all that was ever asked for, so none of these is unexpected.
    found: what the ERP has. refused: differences already. Sorted by kind, then decision."""
    there: dict[str, list[Seen]] = defaultdict(list)
    by_hand: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    result = list(refused)
    for seen in found:
        if seen.key in posted:
            there[seen.key].append(seen)
        elif not seen.key:
            if seen.state == POSTED and seen.about:
                by_hand[seen.account, seen.about].append(seen)
        elif seen.key not in known:
            text = f"{seen.state} on {seen.date or 'no day'}{_money(seen)}"
            result.append(
                Difference(Kind.unexpected, "", seen.number, seen.account, seen.about, "nothing asked for it", text)
            )
    for key, one in posted.items():
        result += _of(one, there[key], by_hand.get((one.seen.account, one.seen.about), []) if one.seen.money else [])
    order = list(Kind)
    return sorted(result, key=lambda d: (order.index(d.kind), _place(d.decision), d.number))


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
    if (want.amount, want.currency) != (seen.amount, seen.currency) and want.amount is not None:
        found.append(
            differs(Kind.other_amount, seen.number, _money(want).strip(" of"), _money(seen).strip(" of") or "none")
        )
    here, other = _changes(want, seen)
    if here:
        found.append(differs(Kind.changed, seen.number, "; ".join(here), "; ".join(other)))
    return found


def _changes(want: Seen, seen: Seen) -> tuple[list[str], list[str]]:
    """What else differs, as it is to be and as it is. What is empty here is not compared."""
    here, there = [], []
    for word, wanted, found in (
        ("state", want.state, seen.state), ("account", want.account, seen.account), ("date", want.date, seen.date),
    ):  # fmt: skip
        if wanted and wanted != found:
            here.append(f"{word} {wanted}")
            there.append(f"{word} {found}")
    if want.references is not None and want.references != seen.references:
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
