"""What a document, receipt, dispute or promise waits for: how it stands, what holds it back now, and what comes next.

The answers are the rules' own: holding reasons, suppressions and proposals are asked of the functions that decide them,
and what time will bring is found by letting it pass, in a copy of the account, until something is decided. Nothing is written.
"""

from dataclasses import dataclass
from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.account.contacts import pausing_case
from dataflows.rules.context import Context, contact_time, step_day
from dataflows.rules.credit.credit_hold import credit_held
from dataflows.rules.following import follow
from dataflows.rules.keep import draft_invoice
from dataflows.rules.policy.policy import DAY_MS
from dataflows.rules.release.release import examined
from dataflows.rules.reminders.reminders import against_now, next_level
from dataflows.rules.transition import wake
from headrace.why.evidence import evidence_of, reason_in_words, reasons_of
from headrace.why.explain import id_of, row_of, words_of
from headrace.why.facts import MOST_LINES, cut, day, moment, money
from headrace.why.history import History
from headrace.why.names import names_of_decision
from headrace.why.replay import Replay
from headrace.why.waits_of_people import credit_stands, letter_waits, request_stands, requests_of
from headrace.words import in_words
from schemas.records import Decision, DisputeRow, Item, PromiseRow, ReceiptRow, TaskState

# Of each kind, in the overview of an account.
MOST_OF_ACCOUNT: Final = 50
# What was said of it last.
MOST_SAID: Final = 8
# How far time is let pass: enough for each step of a sequence and each step of a chain.
MOST_WAKES: Final = 400
MOST_DAYS: Final = 400
MOST_COMING: Final = 3
# Of a draft, a dispute, a promise; of an item time passes until there is a reminder.
ENOUGH: Final = 2
# What comes of these is not found by letting time pass.
_ASKED: Final = ("receipt", "approval")
_REMINDED: Final = ("reminder_due", "reminder_suppressed")


@dataclass(frozen=True, slots=True)
class Waiting:
    """stands: how it is now. holds: what holds it back now; empty where nothing does. clock: the log's time and how far
    the books are complete. next: (UTC time, words) of what is decided next if nothing else happens; said: (id, words) of
    what was decided last."""

    number: str
    account: str
    kind: str
    stands: list[str]
    holds: list[str]
    clock: str
    next: list[tuple[str, str]]
    said: list[tuple[str, str]]


def waits(replay: Replay, number: str) -> list[Waiting]:
    """One for each thing of the account that has that number; none where nothing has. Changes the replayed account."""
    account = replay.account
    asked = _Asked(replay, account)
    found: list[Waiting] = []
    item = account.known_item(number)
    if item is not None:
        found.append(asked.item(item))
    if number in account.row.held:
        found += [asked.draft(number), *(asked.credit() if credit_held(account) else [])]
    for name in _receipts(replay.history, account, number):
        found.append(asked.receipt(account.known_receipt(name)))
    dispute = account.dispute(number)
    if dispute is not None:
        found.append(asked.dispute(dispute))
    for promise in account.row.promises:
        if number in (promise.promise_id, promise.part_of):
            found.append(asked.promise(promise))
    found += [asked.task(task) for task in account.row.tasks if task.task_id == number]
    found += asked.requests(number)
    # Last, since time passes in the account itself.
    coming = _coming(
        replay, account, {f"{one.kind}:{one.number}" for one in found if one.holds and one.kind not in _ASKED}
    )
    for one in found:
        one.next.extend(coming.get(f"{one.kind}:{one.number}", []))
        if not one.next and one.holds and one.kind not in _ASKED:
            one.next.append(("", f"time alone brings nothing, for {MOST_DAYS} days"))
    return found


def _receipts(history: History, account: Account, number: str) -> list[str]:
    """Receipts of that number, of whichever bank."""
    names = {
        d.receipt_id for d in history.decisions if d.receipt_id.partition("@")[0] == number or d.receipt_id == number
    }
    return [name for name in sorted(names) if account.receipt(name) is not None]


class _Asked:
    """The account as it stands, asked about one thing after the other."""

    def __init__(self, replay: Replay, account: Account) -> None:
        self._account: Final = account
        self._history: Final = replay.history
        at = replay.now()
        self._now: Final = at.now
        self._clock: Final = _clock(at.now, at.bound, at.mode)
        self._ctx: Final = replay.context(at, False, "", "", at.now, at.now)

    def _waiting(self, kind: str, number: str, stands: list[str], holds: list[str]) -> Waiting:
        row = self._account.row
        if row.parked_at >= 0:
            holds = [f"the account is parked since offset {row.parked_at}: its facts wait for resume-account", *holds]
        said = self._history.decisions_naming(f"{'document' if kind == 'draft' else kind}:{number}")[-MOST_SAID:]
        return Waiting(
            number,
            self._account.key,
            kind,
            stands,
            holds,
            self._clock,
            [],
            [(id_of(d.shard, d.sequence), words_of(self._history, d)) for d in said],
        )

    def item(self, item: Item) -> Waiting:
        """Its reminders: the next step, and what would suppress it now."""
        ctx = self._ctx
        stands = [f"{item.kind.replace('_', ' ')} of {money(item.amount, item.currency)}, due {day(item.due_date)}"]
        if not item.open:
            return self._waiting("document", item.document, [*stands, "cleared: nothing of it is open"], [])
        left = f"{money(item.open, item.currency)} open"
        if item.disputed:
            left += f", of it {money(item.disputed, item.currency)} disputed"
        stands.append(left)
        if item.kind == "credit_note":
            stands.append(f"it corrects {item.corrects}" if item.corrects else "it names no invoice")
            return self._waiting("document", item.document, stands, [])
        letter = f"; last letter {day(item.last_letter)}" if item.last_letter else "; no letter yet"
        stands.append(f"reminder level {item.level}{letter}")
        provisions = self._account.provisions(ctx, item.currency)
        level = next_level(self._account, item, ctx)
        step = step_day(provisions, item.due_date, level)
        stands.append(_next_step(self._account, item, level, step, ctx))
        if self._never_sent(item.document):
            stands.append("nothing of it was sent from here: it was decided as history (docs/effects.md)")
        holds = [reason_in_words(text, item.currency) for text in against_now(self._account, item, ctx) if step]
        each = self._account.provisions(ctx).reminders.letter == "item"
        due = level if 0 < step <= ctx.today and not each else 0
        holds += self._about(item) + letter_waits(self._account, item.document, due)
        return self._waiting(
            "document", item.document, stands, holds or ["nothing holds back its next reminder"] * bool(step)
        )

    def _about(self, item: Item) -> list[str]:
        """Until when what holds it back does so."""
        found: list[str] = []
        for promise in self._account.row.promises:
            if promise.status == "open" and (item.document in promise.documents or not promise.documents):
                found.append(f"promise {promise.promise_id} is judged on {day(promise.judge_date)}")
        for dispute_id in item.disputes:
            dispute = self._account.dispute(dispute_id)
            if dispute is not None and dispute.status != "closed":
                found.append(f"dispute {dispute_id} is {dispute.status.replace('_', ' ')}{_with(dispute)}")
        case = pausing_case(self._account, item.document)
        return [*found, f"service case {case} is to be closed"] if case else found

    def _never_sent(self, document: str) -> bool:
        """Nothing was asked for, since what raised it was of a replay or came late, and nobody else says that it was sent."""
        said = self._history.decisions_naming(f"document:{document}")
        raised = [d for d in said if d.document == document and d.kind in ("invoice_released", "item_posted")]
        is_history = any(d.origin == "history" for d in raised)
        return is_history and not any(d.kind.startswith("delivery_") for d in said)

    def draft(self, document: str) -> Waiting:
        """Why it is held, by the rule that holds it."""
        draft = self._account.draft(document)
        assert draft is not None, f"no draft {document}"
        invoice = draft_invoice(draft)
        terms = self._account.provisions(self._ctx).release
        said = [d.event_time for d in self._history.decisions if d.kind == "invoice_held" and d.document == document]
        held = (said[0] if said else draft.held_time) // DAY_MS
        stands = [
            f"draft of {money(invoice.amount, invoice.currency)}, held since {day(held)}",
            f"the policy bills {terms.condition.replace('_', ' ')}; a hold of more than {terms.hold_sla_days} days is told"
            + (", and was" if draft.sla_said else ""),
        ]
        reasons = examined(self._account, invoice, self._ctx).reasons
        return self._waiting("draft", document, stands, [reason_in_words(text, invoice.currency) for text in reasons])

    def receipt(self, receipt: ReceiptRow) -> Waiting:
        """What of it is applied, and what the rules say of the rest if it is asked for anew."""
        unit = receipt.currency
        stands = [f"receipt of {money(receipt.amount, unit)}, valued {day(receipt.value_date)}"]
        if receipt.lines:
            stands.append(f"it names {', '.join(line.document for line in receipt.lines[:MOST_LINES])}")
        elif receipt.text:
            stands.append(f'it says "{cut(receipt.text)}"')
        stands += [f"{money(x.amount, unit)} of it pay {x.document}" for x in receipt.allocations]
        stands += [f"{money(x.amount, unit)} of it were sent on to {x.account}" for x in receipt.sent]
        if receipt.returned:
            stands.append(f"{money(receipt.returned, unit)} of it went back")
        if not receipt.unapplied:
            return self._waiting("receipt", receipt.receipt_id, [*stands, "nothing of it is unapplied"], [])
        stands.append(f"{money(receipt.unapplied, unit)} unapplied")
        said = receipt.proposed
        receipt.proposed = []
        asked = Decision(kind="receipt_booked", rule="receipt", currency=unit, receipt_id=receipt.receipt_id)
        holds: list[str] = []
        for d in follow(self._account, asked, self._ctx):
            holds += reasons_of(d) + evidence_of(d)
            if d.kind == "cash_applied":
                holds.append(f"it would pay {d.document} now, were it booked now")
            if d.candidates:
                holds.append(f"could be: {', '.join(d.candidates)}")
        receipt.proposed = said
        return self._waiting("receipt", receipt.receipt_id, stands, holds + self._tried_again(receipt))

    def _tried_again(self, receipt: ReceiptRow) -> list[str]:
        listed = [x.folded for x in self._account.row.waiting if x.receipt_id == receipt.receipt_id]
        names = list(dict.fromkeys([*receipt.waits_for, *listed]))
        return [f"it is tried again when one of these comes: {', '.join(names)}"] if names else []

    def dispute(self, dispute: DisputeRow) -> Waiting:
        unit = dispute.currency
        stands = [
            f"dispute of {money(dispute.amount, unit)} on {dispute.document}, {dispute.category or 'no category'}",
            f"{dispute.status.replace('_', ' ')}{_with(dispute)}",
        ]
        holds = [f"asked for, and not here: {name.replace('_', ' ')}" for name in dispute.wanted]
        if dispute.status != "closed" and self._account.known_item(dispute.document) is None:
            holds.append(f"{dispute.document} is no document of the account yet: is the number right?")
        if dispute.waits_since:
            holds.append(f"the customer was asked, since {moment(dispute.waits_since)}; the owner's clock stands still")
        elif dispute.status != "closed":
            holds.append("somebody has to decide it" if dispute.owner else "nobody owns it")
        return self._waiting("dispute", dispute.dispute_id, stands, holds)

    def promise(self, promise: PromiseRow) -> Waiting:
        unit = promise.currency
        stands = [
            f"promise of {money(promise.amount, unit)} by {day(promise.promised_date)}: {promise.status.replace('_', ' ')}",
            f"{money(promise.counted, unit)} of applied cash counts for it",
        ]
        holds = [f"it is judged on {day(promise.judge_date)}"] if promise.status == "open" else []
        return self._waiting("promise", promise.promise_id, stands, holds)

    def credit(self) -> list[Waiting]:
        """A hold, or that the account is near its limit."""
        stands, holds = credit_stands(self._account, self._history, self._ctx)
        return [self._waiting("credit", self._account.account_id, stands, holds)] if stands else []

    def requests(self, number: str) -> list[Waiting]:
        """Open requests for approval about what has that number; of an empty one all of the account."""
        return [
            self._waiting("approval", request.approval_id, *request_stands(self._account, request, self._ctx))
            for request in requests_of(self._account, number)
        ]

    def task(self, task: TaskState) -> Waiting:
        stands = [
            f"task of {moment(task.opened_time)[:16]}, {task.category.replace('_', ' ')}, about {task.subject}",
            f"with {task.owner}, step {task.step} of the chain" if task.owner else "nobody has it",
        ]
        until = f"somebody has to do it until {moment(task.deadline)}" if task.deadline else "somebody has to do it"
        return self._waiting("task", task.task_id, stands, [until])


def overview(replay: Replay) -> list[Waiting]:
    """Everything of the account that waits: its credit where that is held or nearly used up, requests for approval, its
    oldest open items, held drafts and unapplied receipts, MOST_OF_ACCOUNT of each at the most. Time does not pass."""
    account = replay.account
    asked = _Asked(replay, account)
    found = asked.credit() + asked.requests("")[:MOST_OF_ACCOUNT]
    for balance in account.row.balances:
        for at, item in enumerate(account.debits_by_due(balance.currency)):
            if at == MOST_OF_ACCOUNT:
                break
            found.append(asked.item(item))
    found += [asked.draft(document) for document in account.row.held[:MOST_OF_ACCOUNT]]
    booked = dict.fromkeys([d.receipt_id for d in replay.history.decisions if d.kind == "receipt_booked"])
    unapplied = [row for name in booked if (row := account.receipt(name)) is not None and row.unapplied]
    return found + [asked.receipt(receipt) for receipt in unapplied[:MOST_OF_ACCOUNT]]


def _clock(now: int, bound: int, mode: str) -> str:
    if not now:
        return "the log has no clock yet: nothing that time brings is decided"
    said = f"the log's clock stands at {moment(now)} ({mode})"
    return (
        said
        if bound == now
        else f"{said}; the books have all cash up to {moment(bound)} only, and reminders wait for the rest"
    )


def _next_step(account: Account, item: Item, level: int, step: int, ctx: Context) -> str:
    if not step:
        return "the sequence of reminders has no further step"
    time = contact_time(account.provisions(ctx), account.key, step)
    if ctx.now < time:
        return f"next is level {level} on {day(step)}, at {moment(time)[11:16]}: the clock is not there yet"
    planned = f", and it is looked at again on {day(item.action_date)}" if item.action_date > ctx.today else ""
    return f"next is level {level}, due since {day(step)}{planned}"


def _with(dispute: DisputeRow) -> str:
    owner = f", with {dispute.owner}" if dispute.owner else ""
    return f"{owner}, until {moment(dispute.deadline)}" if dispute.deadline else owner


def _coming(replay: Replay, account: Account, wanted: set[str]) -> dict[str, list[tuple[str, str]]]:
    """What time alone brings to each of these: time passes in the account until each has something, or long enough."""
    found: dict[str, list[tuple[str, str]]] = {}
    done: set[str] = set()
    at = replay.now()
    end = at.now + MOST_DAYS * DAY_MS
    for _ in range(MOST_WAKES):
        due = account.row.wake
        if not due or due > end or done == wanted or account.row.parked_at >= 0:
            break
        ctx = Context(due, replay.context(at, True, "", "", 0, 0).origin, at.in_force.policy, "wake", "", due, due)
        for d in wake(account, ctx):
            names = names_of_decision(d)
            for name in wanted:
                alike = name.replace("draft:", "document:")
                if alike in names and (len(found.get(name, ())) < MOST_COMING or d.kind in _REMINDED):
                    found.setdefault(name, []).append((moment(due), in_words(row_of(d))))
                    # A promise is broken, and then there is a reminder.
                    if d.kind in _REMINDED or (len(found[name]) >= ENOUGH and not name.startswith("document:")):
                        done.add(name)
        if account.row.wake == due:
            break
    return found
