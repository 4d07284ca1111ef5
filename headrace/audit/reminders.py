"""The check of reminders: what was open, disputed, promised, blocked and covered when each was decided."""

from headrace.audit.accounts import CREDIT, Account
from headrace.audit.findings import Check
from headrace.audit.policy import Terms
from schemas.records import Decision


def covered(account: Account, currency: str) -> dict[str, int]:
    """What unapplied cash and open credits pay of each open debit, oldest due first, then by number."""
    known = account.covered.get(currency)
    if known is not None:
        return known
    _, credits, cash, on_account = account.sums_of(currency).balances()
    left = credits + cash + on_account
    found: dict[str, int] = {}
    debits = [item for item in account.open.values() if item.kind != CREDIT and item.currency == currency]
    for item in sorted(debits, key=lambda item: (item.due_date, item.document)):
        if left <= 0:
            break
        found[item.document] = min(left, item.open)
        left -= found[item.document]
    account.covered[currency] = found
    return found


def check_reminder(check: Check, account: Account, d: Decision, terms: Terms, today: int, complete: int) -> None:
    """A reminder_due, before it is posted. `today` is the log's day, `complete` the day up to which cash is known."""
    check.checked += 1
    terms = terms.of(account.who, d.currency, today)
    item = account.open.get(d.document)
    if item is None:
        check.about(d, "paid", f"{d.document} is not open")
        return
    if item.kind == CREDIT:
        check.about(d, "credit_note", f"{d.document} is a credit note")
        return
    if item.disputed >= item.open:
        check.about(d, "disputed", f"all {item.open} of {d.document} is disputed")
    for promise, (currency, documents) in account.promises.items():
        names = {d.document, *account.stands_for.get(d.document, ())}
        if names & set(documents) if documents else item.currency == currency:
            check.about(d, "promised", f"{d.document} is promised by {promise}")
    for flag, blocked in (
        ("blocked", account.blocked),
        ("direct_debit", account.direct_debit),
        ("affiliate", account.affiliate),
        ("contacts_blocked", account.contacts_blocked),
    ):
        if blocked:
            check.about(d, flag, f"{account.key} is not to be reminded: {flag}")
    for case, about in account.cases.items():
        if terms.reminders["pause_for_cases"] and about in ("", d.document, *account.stands_for.get(d.document, ())):
            check.about(d, "service_case", f"service case {case} about {about or 'the account'} is open")
    _check_letter(check, account, d, terms, today)
    by_credit = covered(account, item.currency).get(d.document, 0)
    owed = item.open - item.disputed - by_credit
    if not 0 < d.amount <= owed:
        check.about(
            d,
            "amount",
            f"{d.amount} is dunned on {d.document}: {item.open} open, {item.disputed} disputed, {by_credit} covered",
        )
    elif d.amount <= terms.minimum_minor:
        check.about(d, "minimum", f"{d.amount} is dunned, not above the policy's minimum of {terms.minimum_minor}")
    _check_step(check, account, d, terms, today, complete)


def _check_step(check: Check, account: Account, d: Decision, terms: Terms, today: int, complete: int) -> None:
    """Levels rise, steps come on their day, letters keep their distance."""
    item = account.open[d.document]
    if not item.level < d.level <= len(terms.steps_days):
        check.about(
            d, "level", f"{d.document} goes from level {item.level} to {d.level} of {len(terms.steps_days)} steps"
        )
        return
    first = terms.step_day(item.due_date, d.level)
    if d.document not in account.raised:
        if first > today:
            check.about(d, "early", f"step {d.level} of {d.document} is on day {first}, it went on day {today}")
        elif first > complete:
            check.about(
                d,
                "stale_cash",
                f"step {d.level} of {d.document} is on day {first}, and cash is known up to day {complete}",
            )
    each = terms.reminders["letter"] == "item"
    last = item.last_letter if each else account.last_letter
    if (each or last != today) and last and last + terms.days_between_letters > today:
        check.about(d, "too_soon", f"the last letter went on day {last}, this one on day {today}")


def _check_letter(check: Check, account: Account, d: Decision, terms: Terms, today: int) -> None:
    """How many letters go out, and that each is made from an approved template."""
    policy = terms.reminders
    if policy["contacts_max"] and d.reference_id not in account.contacts:
        since = today - policy["contacts_days"]
        before = sum(day > since for day in account.contacts.values())
        if before >= policy["contacts_max"]:
            check.about(d, "contact_cap", f"{before} contacts went out in {policy['contacts_days']} days before it")
    if policy["channels"] and d.channel not in policy["channels"]:
        check.about(d, "channel", f"{d.channel!r} is none of the policy's channels")
    if not policy["templates"]:
        return
    languages = (account.language, account.language.partition("-")[0], policy["fallback_language"])
    for template in policy["templates"]:
        fits = d.level in (template.get("levels") or [d.level]) and template.get("channel", "") in ("", d.channel)
        if template["name"] == d.template and template["approved"] and fits and template["language"] in languages:
            return
    check.about(d, "template", f"{d.template!r} is no approved template for level {d.level} in {account.language!r}")


def said_of_letter(account: Account, d: Decision, today: int) -> None:
    """A reminder went out: once it is posted, its letter counts."""
    account.last_letter = today
    account.contacts.setdefault(d.reference_id, today)
    item = account.open.get(d.document)
    if item is not None:
        item.last_letter = today
