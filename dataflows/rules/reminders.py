"""Reminders: who is reminded of what, at the moment of sending. Source: REFERENCE 3.2."""

from dataflows.rules.account import Account
from dataflows.rules.context import Context, step_day
from dataflows.rules.policy import Provisions
from schemas.records import Decision, Item, PromiseRow


def decide_reminders(account: Account, ctx: Context) -> list[Decision]:
    """One letter's reminders, or why none goes, for every item with a step due today.

    Suppression is said once for each step. Within the days between letters, and on days that are no
    business days, nothing is said: the items wait for the next letter.
    """
    items = account.debits_to_act_on(ctx.today)
    provisions = account.provisions(ctx)
    if not items or not provisions.calendar.is_business_day(ctx.today):
        return []
    covered = _covered(account, items)
    pause = account.row.last_letter + provisions.reminders.days_between_letters > ctx.today
    letter = f"{account.account_id}:{ctx.today}"
    decisions: list[Decision] = []
    for item in items:
        terms = account.provisions(ctx, item.currency)
        level = _highest_due(ctx, terms, item)
        if level <= item.level:
            continue
        left = item.open - item.disputed - covered.get(item.document, 0)
        reasons = _suppressions(account, item, left, covered.get(item.document, 0), terms.reminders.minimum_minor)
        most = terms.disputes.highest_level
        if most and level > most and item.disputes and "disputed" not in reasons:
            reasons.append("disputed_rest")
        if reasons:
            if level > item.said_level:
                decisions.append(_about("reminder_suppressed", item, level, item.open, "", reasons))
        elif not pause:
            decisions.append(_about("reminder_due", item, level, left, letter, []))
    return decisions


def _highest_due(ctx: Context, provisions: Provisions, item: Item) -> int:
    """The highest step due by today, one more after a broken promise; missed ones are not caught up."""
    reached = item.level
    steps = len(provisions.reminders.steps_days)
    for level in range(item.level + 1, steps + 1):
        if step_day(provisions, item.due_date, level) > ctx.today:
            break
        reached = level
    if item.raise_by:
        reached = max(reached, item.level + item.raise_by)
    return min(reached, steps)


def _covered(account: Account, items: list[Item]) -> dict[str, int]:
    """What unapplied cash and open credits pay of each item, oldest item first; up to the last one of `items`."""
    found: dict[str, int] = {}
    last = {item.currency: item for item in items}
    for currency in sorted(last):
        balance = account.balance(currency)
        left = balance.unapplied + balance.on_account + balance.open_credit
        if left <= 0:
            continue
        for item in account.debits_by_due(currency):
            found[item.document] = min(left, item.open)
            left -= found[item.document]
            if not left or item is last[currency]:
                break
    return found


def _suppressions(account: Account, item: Item, left: int, covered: int, minimum: int) -> list[str]:
    row = account.row
    customer = account.customer()
    reasons: list[str] = []
    if row.reminders_blocked:
        reasons.append("blocked")
    if customer is not None:
        if customer.direct_debit:
            reasons.append("direct_debit")
        if customer.affiliate:
            reasons.append("affiliate")
    for promise in row.promises:
        if promise.status == "open" and _promised(promise, item):
            reasons.append(f"promise:{promise.promise_id}")
    if left <= minimum:
        if item.disputed:
            reasons.append("disputed")
        if covered:
            reasons.append("cash_or_credit_covers")
        if not item.disputed and not covered:
            reasons.append("below_minimum")
    return reasons


def _promised(promise: PromiseRow, item: Item) -> bool:
    """A promise that names no item is for all of its currency."""
    return item.document in promise.documents if promise.documents else item.currency == promise.currency


def _about(kind: str, item: Item, level: int, amount: int, letter: str, reasons: list[str]) -> Decision:
    return Decision(
        kind=kind,
        rule=f"reminders.step.{level}",
        currency=item.currency,
        amount=amount,
        document=item.document,
        reference_id=letter,
        level=level,
        reasons=reasons,
    )
