"""The report of a policy tried on history: what would have been different, in figures, and what could not be known."""

from collections import Counter
from collections.abc import Container, Mapping
from typing import Any, Final

from connectors.currencies import MINOR_DIGITS
from headrace.amounts import plain
from headrace.policies.outcomes import Document, Outcome, Side

MOST_ACCOUNTS: Final = 10
# Facts that others send in answer to what headrace does.
OF_OTHERS: Final = (
    "receipt",
    "receipt_returned",
    "remittance_advice",
    "dispute",
    "dispute_update",
    "promise",
    "message",
)
CASH: Final = ("cash_applied", "credit_allocated")
HOLDS: Final = ("credit_hold_set", "credit_hold_released")


def report_of(outcome: Outcome) -> dict[str, Any]:
    """Everything, for machines; the tables show the same. Amounts are decimal texts."""
    was, would = outcome.was, outcome.would
    return {
        "facts": sum(outcome.facts.values()),
        "decisions": outcome.decisions,
        "different_decisions": sum(outcome.different.values()),
        "different_accounts": len(outcome.different),
        "policy_versions_replaced": sorted(outcome.replaced),
        "releases": _releases(was, would),
        "reminders": _levels(was, would),
        "cash": _cash(was, would, outcome.sent),
        "exceptions": _by_rule(was, would, "exception_raised"),
        "holds": _holds(was, would),
        "decisions_by_kind": _kinds(was, would),
        "expected_days": _expected_days(outcome),
        "at_the_end": _ends(was, would),
        "accounts": _accounts(outcome),
        "not_known": not_known(outcome),
    }


def _pair(was: int, would: int) -> dict[str, int]:
    return {"was": was, "would": would, "difference": would - was}


def _money(by_currency: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    return [
        {
            "currency": currency,
            "was": plain(was, currency),
            "would": plain(would, currency),
            "difference": plain(would - was, currency),
        }
        for currency, (was, would) in sorted(by_currency.items())
    ]


def _releases(was: Side, would: Side) -> dict[str, Any]:
    """Invoices released on another day than they were, or on one side only."""
    groups: dict[str, list[tuple[int, int, str]]] = {"earlier": [], "later": [], "only_was": [], "only_would": []}
    same = 0
    for document in sorted(was.released.keys() | would.released.keys()):
        then, now = was.released.get(document), would.released.get(document)
        if then is None or now is None:
            _, amount, currency = then or now or (0, 0, "")
            groups["only_was" if now is None else "only_would"].append((0, amount, currency))
        elif then[0] == now[0]:
            same += 1
        else:
            groups["earlier" if now[0] < then[0] else "later"].append((abs(now[0] - then[0]), now[1], now[2]))
    return {"same_day": same} | {name: _group(entries) for name, entries in groups.items()}


def _group(entries: list[tuple[int, int, str]]) -> dict[str, Any]:
    amounts: dict[str, int] = {}
    for _, amount, currency in entries:
        amounts[currency] = amounts.get(currency, 0) + amount
    return {
        "number": len(entries),
        "mean_days": _tenths(sum(days for days, _, _ in entries), len(entries)),
        "amounts": [{"currency": name, "amount": plain(amount, name)} for name, amount in sorted(amounts.items())],
    }


def _tenths(total: int, count: int) -> float | None:
    """A mean to one place, from integers; None of nothing."""
    return (20 * total + count) // (2 * count) / 10 if count else None


def _levels(was: Side, would: Side) -> dict[str, Any]:
    levels = sorted(was.levels.keys() | would.levels.keys())
    return {
        "all": _pair(sum(was.levels.values()), sum(would.levels.values())),
        "by_level": [{"level": level, **_pair(was.levels[level], would.levels[level])} for level in levels],
        "suppressed": _pair(
            *(sum(n for (kind, _), n in s.kinds.items() if kind == "reminder_suppressed") for s in (was, would))
        ),
    }


def _cash(was: Side, would: Side, sent: Container[str]) -> dict[str, Any]:
    """Cash applied without a person, and receipts that were cleared in full so."""
    counts = [0, 0]
    amounts: dict[str, tuple[int, int]] = {}
    for at, side in enumerate((was, would)):
        for (kind, rule), number in side.rules.items():
            if kind == "cash_applied" and rule != "cash.operator":
                counts[at] += number
        for (kind, currency), amount in side.amounts.items():
            if kind == "cash_applied":
                pair = list(amounts.get(currency, (0, 0)))
                pair[at] = amount
                amounts[currency] = (pair[0], pair[1])
    return {
        "receipts": _pair(len(was.booked), len(would.booked)),
        "cleared_in_full_with_no_person": _pair(was.straight_through(sent), would.straight_through(sent)),
        "applications_with_no_person": _pair(counts[0], counts[1]),
        "applied": _money(amounts),
    }


def _by_rule(was: Side, would: Side, kind: str) -> list[dict[str, Any]]:
    rules = sorted({rule for side in (was, would) for of, rule in side.rules if of == kind})
    return [{"rule": rule, **_pair(was.rules[kind, rule], would.rules[kind, rule])} for rule in rules]


def _holds(was: Side, would: Side) -> dict[str, Any]:
    held = {"invoices_held": _pair(len(was.held), len(would.held))}
    for kind in HOLDS:
        held[kind] = _pair(*(sum(n for (of, _), n in side.kinds.items() if of == kind) for side in (was, would)))
    return held


def _kinds(was: Side, would: Side) -> list[dict[str, Any]]:
    """Of each kind and currency; those of no money have no amounts."""
    return [
        {
            "kind": kind,
            "currency": currency,
            **_pair(was.kinds[kind, currency], would.kinds[kind, currency]),
            "amount_was": plain(was.amounts[kind, currency], currency),
            "amount_would": plain(would.amounts[kind, currency], currency),
        }
        for kind, currency in sorted(was.kinds.keys() | would.kinds.keys())
    ]


def _expected_days(outcome: Outcome) -> list[dict[str, Any]]:
    """Days from an item's date to its payment, by currency, weighted by amount, of items cleared on both sides.

    An invoice that is released so many days earlier is taken to be paid so many days earlier; all else is as it came.
    """
    sums: dict[str, list[int]] = {}
    for document in sorted(outcome.was.cleared.keys() & outcome.would.cleared.keys()):
        day, amount, currency = outcome.was.cleared[document]
        dated = outcome.dated.get(document)
        if dated is None or not amount:
            continue
        later = outcome.would.cleared[document][0] - _released_earlier(outcome, document)
        entry = sums.setdefault(currency, [0, 0, 0, 0])
        entry[0] += 1
        entry[1] += amount
        entry[2] += amount * (day - dated)
        entry[3] += amount * (later - dated)
    return [
        {
            "currency": currency,
            "items": count,
            "amount": plain(amount, currency),
            "was": _tenths(was, amount),
            "would": _tenths(would, amount),
        }
        for currency, (count, amount, was, would) in sorted(sums.items())
    ]


def _released_earlier(outcome: Outcome, document: Document) -> int:
    then, now = outcome.was.released.get(document), outcome.would.released.get(document)
    return max(0, then[0] - now[0]) if then and now else 0


def _ends(was: Side, would: Side) -> list[dict[str, Any]]:
    """What was open and unapplied after the last day, by currency, of accounts that anything was ever decided on."""
    currencies = sorted({currency for side in (was, would) for _, currency in side.balances})
    found = []
    for currency in currencies:
        sums = [
            [sum(part[at] for (_, of), part in side.balances.items() if of == currency) for at in (0, 1)]
            for side in (was, would)
        ]
        found.append(
            {
                "currency": currency,
                "open_was": plain(sums[0][0], currency),
                "open_would": plain(sums[1][0], currency),
                "unapplied_was": plain(sums[0][1], currency),
                "unapplied_would": plain(sums[1][1], currency),
            }
        )
    return found


def _accounts(outcome: Outcome) -> list[dict[str, Any]]:
    """Those with the most decisions that are not the same."""
    found = []
    for account, count in sorted(outcome.different.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_ACCOUNTS]:
        was, would = (side.by_account.get(account, Counter()) for side in (outcome.was, outcome.would))
        changed = {
            kind: would[kind] - was[kind] for kind in sorted(was.keys() | would.keys()) if would[kind] != was[kind]
        }
        found.append({"account": account, "different_decisions": count, "more_or_fewer": changed})
    return found


def not_known(outcome: Outcome) -> list[str]:
    """What the figures cannot say."""
    answers = sum(outcome.facts[kind] for kind in OF_OTHERS)
    found = [
        f"What others did is as it was: {answers:,} payments, advices, disputes, promises and messages come as they came, "
        "whatever was sent or not sent before them."
    ]
    if outcome.orders:
        found.append(
            f"People's {len(outcome.orders):,} orders are as they were; {len(outcome.orders_refused):,} of them could not be done under "
            f"the other policy ({len(outcome.orders_refused_then):,} could not then). What people would have done on what is "
            "proposed or held only there is not known."
        )
    if outcome.transfers_differ:
        found.append(
            f"{outcome.transfers_differ:,} transfers of money between accounts would be other ones; the money comes to the "
            "other account as it came, so both accounts' books are off by them."
        )
    if outcome.parked:
        found.append(f"{outcome.parked:,} accounts would be parked by a transition that fails: their later facts wait.")
    if len(outcome.rules_versions) > 1:
        found.append(
            f"The decisions of the span were made by rules versions {', '.join(sorted(outcome.rules_versions))}, the trial by "
            "this program's: some differences may come of that."
        )
    unknown = sorted(
        {currency for side in (outcome.was, outcome.would) for _, currency in side.kinds if currency}
        - set(MINOR_DIGITS)
    )
    if unknown:
        found.append(f"{', '.join(unknown)}: no decimals are known, amounts are minor units.")
    return found
