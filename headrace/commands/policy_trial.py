"""The tables of `headrace policy try`."""

from collections.abc import Sequence
from typing import Any

from headrace.commands.tables import Column, Listing, plain_console


def print_trial(report: dict[str, Any], title: str) -> None:
    console = plain_console()
    console.print(title, style="bold")
    versions = ", ".join(
        f"version {number}" if number else "the built-in one" for number in report["policy_versions_replaced"]
    )
    console.print(
        f"{report['facts']:,} facts and {report['decisions']:,} decisions as they were, under {versions or 'no policy'}; "
        f"{report['different_decisions']:,} decisions on {report['different_accounts']:,} accounts would not be the same"
    )
    for table in (
        _releases(report["releases"]),
        _reminders(report["reminders"]),
        _cash(report["cash"]),
        _counts("Exceptions", "rule", report["exceptions"]),
        _counts("Holds", "what", [{"what": _words(name), **pair} for name, pair in report["holds"].items()]),
        _days(report["expected_days"]),
        _ends(report["at_the_end"]),
        _kinds(report["decisions_by_kind"]),
        _accounts(report["accounts"]),
    ):
        if table.rows:
            table.show(console)
    console.print("What this cannot say", style="bold")
    for text in report["not_known"]:
        console.print(f"- {text}")


def _table(title: str, left: Sequence[str], right: Sequence[str]) -> Listing:
    return Listing(
        [*(Column(name, wraps_at=20) for name in left), *(Column(name, right=True) for name in right)], title
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _signed(difference: int) -> str:
    return f"{difference:+,}" if difference else "="


def _releases(found: dict[str, Any]) -> Listing:
    table = _table("Invoices released", ["when"], ["invoices", "days, mean", "amount"])
    for name, words in (
        ("earlier", "earlier"),
        ("later", "later"),
        ("only_was", "not by the last day, though they were"),
        ("only_would", "by the last day, though they were not"),
    ):
        group = found[name]
        if group["number"]:
            days = "" if group["mean_days"] is None or name.startswith("only") else f"{group['mean_days']}"
            amounts = "\n".join(f"{entry['amount']} {entry['currency']}" for entry in group["amounts"])
            table.add(words, f"{group['number']:,}", days, amounts)
    if found["same_day"]:
        table.add("on the same day", f"{found['same_day']:,}", "", "")
    return table


def _pairs(table: Listing, name: str, pair: dict[str, Any]) -> None:
    table.add(name, f"{pair['was']:,}", f"{pair['would']:,}", _signed(pair["difference"]))


def _reminders(found: dict[str, Any]) -> Listing:
    table = _table("Reminders", ["level"], ["were", "would be", "difference"])
    for entry in found["by_level"]:
        _pairs(table, str(entry["level"]), entry)
    if found["by_level"]:
        _pairs(table, "all", found["all"])
    if found["suppressed"]["was"] or found["suppressed"]["would"]:
        _pairs(table, "suppressed", found["suppressed"])
    return table


def _cash(found: dict[str, Any]) -> Listing:
    table = _table("Cash", ["what"], ["was", "would be", "difference"])
    if not found["receipts"]["was"]:
        return table
    for name in ("receipts", "cleared_in_full_with_no_person", "applications_with_no_person"):
        _pairs(table, _words(name), found[name])
    for money in found["applied"]:
        same = money["was"] == money["would"]
        table.add(f"applied, {money['currency']}", money["was"], money["would"], "=" if same else money["difference"])
    return table


def _counts(title: str, first: str, found: Sequence[dict[str, Any]]) -> Listing:
    table = _table(title, [first], ["were", "would be", "difference"])
    for entry in found:
        if entry["was"] or entry["would"]:
            _pairs(table, entry[first], entry)
    return table


def _days(found: Sequence[dict[str, Any]]) -> Listing:
    table = _table(
        "Expected days from an item's date to its payment", ["currency"], ["items", "amount", "were", "would be"]
    )
    for entry in found:
        table.add(entry["currency"], f"{entry['items']:,}", entry["amount"], f"{entry['was']}", f"{entry['would']}")
    return table


def _ends(found: Sequence[dict[str, Any]]) -> Listing:
    table = _table("At the end of the last day", ["currency"], ["open", "would be", "unapplied", "would be"])
    for entry in found:
        table.add(
            entry["currency"], entry["open_was"], entry["open_would"], entry["unapplied_was"], entry["unapplied_would"]
        )
    return table


def _kinds(found: Sequence[dict[str, Any]]) -> Listing:
    table = _table(
        "All decisions that are not as many", ["kind", "currency"], ["were", "would be", "amount", "would be"]
    )
    for entry in found:
        if entry["difference"] or entry["amount_was"] != entry["amount_would"]:
            amounts = (entry["amount_was"], entry["amount_would"]) if entry["currency"] else ("", "")
            table.add(_words(entry["kind"]), entry["currency"], f"{entry['was']:,}", f"{entry['would']:,}", *amounts)
    return table


def _accounts(found: Sequence[dict[str, Any]]) -> Listing:
    table = _table("The accounts that are most different", ["account", "more or fewer"], ["decisions"])
    for entry in found:
        changed = ", ".join(f"{_words(kind)} {count:+}" for kind, count in entry["more_or_fewer"].items())
        table.add(entry["account"], changed or "as many, other ones", f"{entry['different_decisions']:,}")
    return table
