"""Reminders: who is reminded of what, at the moment of sending. Source: REFERENCE 3.2."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.contacts import contacts_left, pausing_case
from dataflows.rules.approvals.exceptions import closed
from dataflows.rules.context import Context, is_quiet, step_day
from dataflows.rules.delivery.delivery_rows import arrived
from dataflows.rules.policy.policy import Provisions
from dataflows.rules.provisions.reminders import ReminderTerms
from dataflows.rules.reminders import letter_approvals
from dataflows.rules.reminders.cover import paid_of
from dataflows.rules.reminders.interest import letter_fees
from dataflows.rules.reminders.posting_letters import CAPPED
from schemas.records import CustomerRow, Decision, Item, PromiseRow

NO_TEMPLATE: Final = "reminders.template"
NOBODY_KNOWN: Final = CustomerRow()


class Letters:
    """What may still be sent of a day's letters to one account, and what was found lacking."""

    def __init__(self, account: Account, ctx: Context, terms: ReminderTerms) -> None:
        self.left = contacts_left(account, terms, ctx.today)
        self.customer: Final = account.customer() or NOBODY_KNOWN
        self.channel: Final = terms.channel(self.customer.channels)
        self.lacking: Final[list[str]] = []


def decide_reminders(account: Account, ctx: Context) -> list[Decision]:
    """One letter's reminders, or why none goes, for every item with a step due today.

    Suppression is said once for each step. Within the days between letters, in quiet hours, and on days that are no
    business days, nothing is said: the items wait for the next letter. What needs an approval is asked for in its place.
    """
    items = account.debits_to_act_on(ctx.today)
    provisions = account.provisions(ctx)
    terms = provisions.reminders
    if not items or not provisions.calendar.is_business_day(ctx.today) or is_quiet(provisions, ctx):
        return []
    covered = paid_of(account, items, ctx)
    letters = Letters(account, ctx, terms)
    asked = letter_approvals.Asked(account)
    each = terms.letter == "item"
    decisions: list[Decision] = []
    for item in items:
        own = account.provisions(ctx, item.currency)
        level = _highest_due(ctx, own, item)
        if level <= item.level:
            continue
        paid = covered.get(item.document, 0)
        left = item.open - item.disputed - paid
        last_letter = item.last_letter if each else account.row.last_letter
        pause = last_letter + terms.days_between_letters > ctx.today
        reasons = _against(account, item, level, paid, own, not pause and letters.left <= 0)
        letter = f"{account.account_id}:{item.document}:{ctx.today}" if each else f"{account.account_id}:{ctx.today}"
        due = _about("reminder_due", item, level, left, letter, [])
        due.policy_line = own.lines.get("reminders", "")
        if not reasons and not _dressed(due, letters, own.reminders):
            reasons.append(f"template_missing:{letters.lacking[-1]}")
        if reasons:
            if level > item.said_level or (item.document in asked.approved and reasons != CAPPED):
                decisions.append(_about("reminder_suppressed", item, level, item.open, "", reasons))
        elif not pause:
            decisions.append(due)
            letters.left -= each and not asked.lacks(account, due, ctx)
            allowed = asked.allowed(item.document, level)
            if allowed is not None:
                due.evidence = letter_approvals.allowed_by(allowed)
    sent = [d for d in decisions if d.kind == "reminder_due"]
    waits, said = letter_approvals.held_back(account, asked, sent, each, ctx)
    if waits:
        waiting = set(waits)
        sent = [d for d in sent if d.document not in waiting]
        decisions = [d for d in decisions if d.kind != "reminder_due" or d.document not in waiting]
    return _template_exceptions(account, letters, terms) + said + decisions + letter_fees(account, sent, ctx)


def _against(account: Account, item: Item, level: int, paid: int, own: Provisions, capped: bool) -> list[str]:
    """Why the item is not reminded at that level: every reason, in a fixed order."""
    reasons = _suppressions(account, item, item.open - item.disputed - paid, paid, own.reminders)
    most = own.disputes.highest_level
    if most and level > most and item.disputes and "disputed" not in reasons:
        reasons.append("disputed_rest")
    if capped:
        reasons.append("contact_cap")
    return reasons


def next_level(account: Account, item: Item, ctx: Context) -> int:
    """The level at which the item is reminded next: the highest step that is due, else the next one."""
    return max(item.level + 1, _highest_due(ctx, account.provisions(ctx, item.currency), item))


def against_now(account: Account, item: Item, ctx: Context) -> list[str]:
    """Why the item would not be reminded of its next level, were that due now. For explanations: changes nothing."""
    own = account.provisions(ctx, item.currency)
    paid = paid_of(account, [item], ctx).get(item.document, 0)
    capped = contacts_left(account, account.provisions(ctx).reminders, ctx.today) <= 0
    return _against(account, item, next_level(account, item, ctx), paid, own, capped)


def _dressed(due: Decision, letters: Letters, terms: ReminderTerms) -> bool:
    """Write channel, language and template into the reminder; False where no approved template is for it."""
    language = letters.customer.language or terms.fallback_language
    due.channel = letters.channel
    due.language = language
    if not terms.templates:
        return True
    template = terms.template(due.level, language, letters.channel)
    if template is None:
        lacking = f"{due.level}:{language}"
        if lacking in letters.lacking:
            letters.lacking.remove(lacking)
        letters.lacking.append(lacking)
        return False
    due.language = template.language
    due.template = template.name
    return True


def _template_exceptions(account: Account, letters: Letters, terms: ReminderTerms) -> list[Decision]:
    """A person is told once for each level and language without a template, and when there is one."""
    decisions: list[Decision] = []
    known = account.row.untemplated
    for lacking in letters.lacking:
        if lacking not in known:
            decisions.append(
                Decision(
                    kind="exception_raised",
                    rule=NO_TEMPLATE,
                    reference_id=f"template:{lacking}",
                    reasons=["no_approved_template"],
                )
            )
    for lacking in known:
        level, language = lacking.split(":", 1)
        if not terms.templates or terms.template(int(level), language, letters.channel) is not None:
            decisions.append(closed(NO_TEMPLATE, f"template:{lacking}", ""))
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


def _suppressions(account: Account, item: Item, left: int, covered: int, terms: ReminderTerms) -> list[str]:
    row = account.row
    customer = account.customer()
    reasons: list[str] = []
    if row.reminders_blocked:
        reasons.append("blocked")
    if customer is not None:
        if customer.contacts_blocked:
            reasons.append("contacts_blocked")
        if customer.direct_debit:
            reasons.append("direct_debit")
        if customer.affiliate:
            reasons.append("affiliate")
    if terms.pause_for_cases and row.service_cases:
        case = pausing_case(account, item.document)
        if case:
            reasons.append(f"service_case:{case}")
    if terms.only_delivered and row.undelivered and not arrived(account, item.document):
        reasons.append("not_delivered")
    for promise in row.promises:
        if promise.status == "open" and _promised(promise, item):
            reasons.append(f"promise:{promise.promise_id}")
    if left <= terms.minimum_minor:
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
