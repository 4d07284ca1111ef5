"""Decisions in the words of scenarios: what a line must say of one, and what it may. tests/scenarios/README.md has them."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from headrace.amounts import plain
from schemas.records import Decision
from schemas.topics import SUSPENSE_PREFIX
from tests.scenario_lines import ACCOUNT, EPOCH


def described(d: Decision, currency: str) -> tuple[str, list[str]]:
    """What must be written of a decision, and what may be; amounts in `currency` without its name."""
    head, parts = SAYINGS[d.kind](Words(d, currency))
    account = _short(d.account_id)
    return (head if account == ACCOUNT else f"[{account}] {head}"), [part for part in parts if part]


def _short(account: str) -> str:
    if account.startswith("~entity:"):
        return account.removeprefix("~entity:")
    return "suspense" if account.startswith(SUSPENSE_PREFIX) else account


class Words:
    """A decision's fields as a scenario writes them."""

    def __init__(self, d: Decision, currency: str) -> None:
        self.d = d
        self._currency = currency

    def money(self, amount: int) -> str:
        d = self.d
        return plain(amount, d.currency) + ("" if d.currency in ("", self._currency) else f" {d.currency}")

    @property
    def amount(self) -> str:
        return self.money(self.d.amount)

    @property
    def because(self) -> str:
        return f"because {', '.join(self.d.reasons)}" if self.d.reasons else ""

    @property
    def by(self) -> str:
        return f"by {self.d.rule}"

    @property
    def undone(self) -> str:
        return " undone" if self.d.rule.startswith("reversed.") else ""

    @property
    def taxed(self) -> str:
        return f"tax {self.money(self.d.tax)}" if self.d.tax else ""

    @property
    def leaving(self) -> str:
        return f"leaving {self.money(self.d.item_open)}"

    @property
    def posted_on(self) -> str:
        return f"on {date.fromordinal(self.d.posting_date + EPOCH).isoformat()}"

    @property
    def candidates(self) -> str:
        return f"for {', '.join(self.d.candidates)}" if self.d.candidates else ""

    @property
    def until(self) -> str:
        """The deadline, UTC."""
        return f"until {datetime.fromtimestamp(self.d.deadline / 1000, UTC):%Y-%m-%d %H:%M}" if self.d.deadline else ""

    @property
    def evidence(self) -> str:
        return f"on {'; '.join(self.d.evidence)}" if self.d.evidence else ""

    @property
    def for_owner(self) -> str:
        return f"for {self.d.owner}" if self.d.owner else ""

    @property
    def said(self) -> str:
        return f'saying "{self.d.text}"' if self.d.text else ""

    @property
    def under(self) -> str:
        return f"under {self.d.policy_line}" if self.d.policy_line else ""

    def task(self) -> list[str]:
        d = self.d
        return [
            f"for {d.owner}" if d.owner else "",
            f"to {d.text}" if d.text else "",
            f"scoring {d.score}",
            self.until,
            self.because,
            self.evidence,
        ]

    def escalated(self) -> tuple[str, list[str]]:
        d = self.d
        if d.rule.startswith("collections."):
            return f"task {d.reference_id} escalated", self.task()
        if d.rule == "exceptions.sla":
            parts = [f"at step {d.level}", self.until, self.because]
            return f"exception {d.reference_id} escalated to {d.owner or 'nobody'}", parts
        parts = [self.by, f"at step {d.level}", self.until, self.pausing]
        return f"escalated {d.reference_id} to {d.owner}", parts

    def reminder(self) -> tuple[str, list[str]]:
        d = self.d
        parts = [("by", d.channel), ("in", d.language), ("from template", d.template), ("in letter", d.reference_id)]
        head = f"reminder of {d.document} at level {d.level} for {self.amount}"
        return head, [*[f"{name} {value}" for name, value in parts if value], self.evidence]

    def statement(self) -> tuple[str, list[str]]:
        d = self.d
        said = dict(part.split(":", 1) for part in d.evidence)
        items = [
            f"{document} {self.money(int(left))}"
            for part in d.evidence
            if part.startswith("open_item:")
            for *_, left, _, _, document in [part.split(":", 7)]
        ]
        moved = [
            f"{name} {self.money(int(said[name]))}"
            for name in ("debits", "credits", "cash", "other")
            if int(said[name])
        ]
        head = f"statement in {d.currency} from {plain(d.item_amount, d.currency)} to {plain(d.amount, d.currency)}"
        sent = f"sent by {d.channel}" if d.channel else ""
        listed = f"listing {', '.join(items)}" if items else ""
        return head, [f"by {', '.join(moved)}" if moved else "", sent, listed, self.because]

    @property
    def pausing(self) -> str:
        return f"pausing {self.money(self.d.item_disputed)}"

    def named(self, *names: str) -> list[tuple[str, str]]:
        """What the evidence says under these names, in its own order."""
        pairs = [text.partition(":") for text in self.d.evidence]
        return [(name, value) for name, _, value in pairs if name in names]

    def routed(self) -> tuple[str, list[str]]:
        d = self.d
        waits = d.text == "waiting_customer"
        head = "waits for the customer" if waits else f"routed to {d.owner}"
        return f"dispute {d.reference_id} {head}", [self.by, f"as {d.category}", self.until]

    def opened(self) -> tuple[str, list[str]]:
        d = self.d
        found = ", ".join(text for text in d.evidence if not text.startswith("confidence_ppm:"))
        parts = [
            f"as {d.text}",
            self.by,
            f"from {d.channel}" if d.channel else "",
            f"on {found}" if found else "",
            *(f"sure {int(value) // 10_000} %" for _, value in self.named("confidence_ppm")),
            f"not {', '.join(d.excluded)}" if d.excluded else "",
            self.pausing,
        ]
        return f"dispute {d.reference_id} opened on {d.document} {self.amount}", parts

    def closed(self) -> tuple[str, list[str]]:
        amounts = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
        ends = [f"{name.replace('_', ' ')} {self.money(int(value))}" for name, value in self.named(*amounts)]
        days = [f"{name[5:]} {value}" for name, value in self.named("days_customer", "days_own", "days_upstream")]
        causes = [
            f"{name} {value}" for name, value in self.named("root_cause", "carrier", "product", "region", "segment")
        ]
        parts = [
            self.by,
            f"with {', '.join(ends)}",
            f"as {self.d.category}",
            f"losing {', '.join(days)}",
            f"by reason of {', '.join(causes)}" if causes else "",
            self.pausing,
        ]
        return f"dispute {self.d.reference_id} closed", parts

    def promise(self, what: str, when: str = "") -> tuple[str, list[str]]:
        counting = f"counting {self.money(self.d.item_amount)}"
        lowered = [f"lowered to {self.money(int(value))}" for _, value in self.named("lowered_to")]
        return f"promise {self.d.reference_id} {what} {self.amount}", [when, counting, *lowered, self.because]

    def approval(self, what: str) -> tuple[str, list[str]]:
        d = self.d
        who = f"for {d.owner}" if d.owner and what == "asked" else f"by {d.owner}" if d.owner else ""
        if what == "delegated":
            who = f"to {d.owner}"
        parts = [who, self.until, self.because, f'saying "{d.text}"' if d.text else "", self.evidence]
        return f"approval {d.reference_id} {what} {self.amount}", parts

    def raised(self) -> tuple[str, list[str]]:
        d = self.d
        parts = [self.amount if d.amount else "", f"of {d.owner}" if d.owner else "", self.until, self.because]
        return f"exception {d.reference_id}", parts

    def transfer(self) -> tuple[str, list[str]]:
        d = self.d
        said = {"transfer.out": "transferred", "transfer.refused": "refused", "transfer.return": "return of"}[d.rule]
        return f"{said} {d.receipt_id} {self.amount} to {_short(d.counterparty)}", [self.because, self.evidence]


SAYINGS: dict[str, Callable[[Words], tuple[str, list[str]]]] = {
    "invoice_held": lambda x: (f"held {x.d.document} {x.amount}", [x.because, x.for_owner, x.evidence]),
    "invoice_released": lambda x: (
        f"released {x.d.document} {x.amount}",
        [x.by, x.because, x.said, x.evidence, x.under],
    ),
    "invoice_withdrawn": lambda x: (
        f"withdrew {x.d.document} {x.amount}",
        [x.by, f"for {x.d.counterparty}" if x.d.counterparty else "", x.said],
    ),
    "delivery_requested": lambda x: (
        f"sending {x.d.document} by {x.d.channel}",
        [x.by, f"as {x.d.reference_id}", x.until, x.evidence, f"not {', '.join(x.d.excluded)}" if x.d.excluded else ""],
    ),
    "delivery_status": lambda x: (
        f"delivery of {x.d.document} {x.d.text}",
        [f"by {x.d.channel}" if x.d.channel else "", f"as {x.d.reference_id}", x.until, x.because],
    ),
    "letter_status": lambda x: (
        f"letter {x.d.reference_id} {x.d.text}",
        [f"by {x.d.channel}" if x.d.channel else "", x.because],
    ),
    "item_posted": lambda x: (
        f"posted {x.d.document} {x.amount}",
        [f"disputing {x.money(x.d.item_disputed)}", x.because],
    ),
    "receipt_booked": lambda x: (f"booked {x.d.receipt_id} {x.amount}", [x.by]),
    "cash_applied": lambda x: (
        f"applied {x.d.receipt_id} to {x.d.document} {x.amount}",
        [x.by, x.leaving, x.posted_on, x.evidence],
    ),
    "cash_unapplied": lambda x: (
        f"unapplied {x.d.receipt_id} from {x.d.document} {x.amount}",
        [x.leaving, x.posted_on],
    ),
    "application_reversed": lambda x: (
        f"gave back {x.d.counterparty} from {x.d.document} {x.amount}"
        if x.d.counterparty
        else f"reversed {x.d.receipt_id} from {x.d.document} {x.amount}",
        [x.leaving, f"at level {x.d.level}", x.posted_on],
    ),
    "receipt_reversed": lambda x: (f"returned {x.d.receipt_id} {x.amount}", []),
    "credit_allocated": lambda x: (f"credited {x.d.counterparty} to {x.d.document} {x.amount}", [x.by, x.leaving]),
    "cash_proposed": lambda x: (
        f"proposed {x.d.receipt_id} {x.amount}",
        [f"of {x.d.owner}" if x.d.owner else "", x.until, x.candidates, x.because],
    ),
    "cash_transferred": Words.transfer,
    "alias_learned": lambda x: (
        f"learned {x.d.text}{f' as {_short(x.d.counterparty)}' if x.d.counterparty else ''}",
        [x.by],
    ),
    "dispute_opened": Words.opened,
    "dispute_routed": Words.routed,
    "dispute_closed": Words.closed,
    "write_off_proposed": lambda x: (f"write-off of {x.d.document} proposed {x.amount}", [x.by, x.taxed, x.because]),
    "promise_opened": lambda x: x.promise("opened", f"by {date.fromordinal(x.d.due_date + EPOCH).isoformat()}"),
    "promise_kept": lambda x: x.promise("kept"),
    "promise_partially_kept": lambda x: x.promise("partially kept"),
    "promise_broken": lambda x: x.promise("broken"),
    "promise_cancelled": lambda x: x.promise("cancelled"),
    "reminder_due": Words.reminder,
    "reminder_suppressed": lambda x: (f"no reminder of {x.d.document} at level {x.d.level}", [x.because]),
    "exception_raised": Words.raised,
    "approval_requested": lambda x: x.approval("asked"),
    "approval_given": lambda x: x.approval("given"),
    "approval_rejected": lambda x: x.approval("rejected"),
    "approval_delegated": lambda x: x.approval("delegated"),
    "approval_expired": lambda x: x.approval("expired"),
    "approval_withdrawn": lambda x: x.approval("withdrawn"),
    "refund_proposed": lambda x: (f"refund of {x.d.receipt_id or x.d.document} proposed {x.amount}", [x.by]),
    "refund_confirmed": lambda x: (f"refund {x.d.reference_id} confirmed {x.amount}", [x.evidence]),
    "assigned": lambda x: (
        f"assigned {x.d.reference_id} to {x.d.owner}",
        [x.until, f'saying "{x.d.text}"' if x.d.text else "", x.evidence],
    ),
    "noted": lambda x: (f'noted on {x.d.reference_id}: "{x.d.text}"', [x.evidence]),
    "discount_granted": lambda x: (
        f"discount on {x.d.document} {x.amount}{x.undone}",
        [x.by, x.taxed, x.leaving, x.posted_on],
    ),
    "write_off_posted": lambda x: (
        f"wrote off {x.amount} of {x.d.document}{x.undone}"
        if x.d.document
        else f"kept {x.amount} of {x.d.receipt_id}{x.undone}",
        [x.by, x.taxed, x.leaving, x.posted_on, x.evidence],
    ),
    "deduction_opened": lambda x: (
        f"deducted {x.d.document} {x.amount} from {x.d.counterparty}{x.undone}",
        [f"as {x.d.category}", f"coded {x.d.text}" if x.d.text else "", x.by, x.taxed],
    ),
    "cash_exchanged": lambda x: (
        f"exchanged {x.d.receipt_id} {x.amount} to {plain(x.d.other_amount, x.d.other_currency)} "
        f"{x.d.other_currency}{x.undone}",
        [x.evidence, x.posted_on],
    ),
    "fx_difference_posted": lambda x: (
        f"exchange {'gain' if x.d.amount > 0 else 'loss'} {x.money(abs(x.d.amount))} on {x.d.document}{x.undone}",
        [x.evidence],
    ),
    "refund_posted": lambda x: (
        f"refunded {x.amount} of {x.d.receipt_id or x.d.document}",
        [x.by, x.posted_on, x.evidence],
    ),
    "cash_on_account": lambda x: (f"left {x.amount} of {x.d.receipt_id} on account{x.undone}", [x.by]),
    "exception_closed": lambda x: (f"exception {x.d.reference_id} closed", [x.because]),
    "interest_charged": lambda x: (
        f"charged {x.d.document} {x.amount} for {x.d.counterparty}",
        [x.by, x.posted_on, x.evidence],
    ),
    "task_opened": lambda x: (f"task {x.d.reference_id} opened", x.task()),
    "task_closed": lambda x: (f"task {x.d.reference_id} closed", [x.because]),
    "escalated": Words.escalated,
    "statement": Words.statement,
    "credit_hold_set": lambda x: (f"credit hold at {x.amount}", [x.because, x.evidence]),
    "credit_hold_released": lambda x: (f"credit hold released at {x.amount}", [x.because, x.evidence]),
    "credit_near_limit": lambda x: (f"near the credit limit with {x.amount}", [x.evidence]),
    "credit_limit_set": lambda x: (f"limit {x.d.reference_id} is {x.amount}", [x.by, x.evidence]),
    "credit_change_proposed": lambda x: (f"change {x.d.reference_id} to {x.amount} proposed", [x.because, x.evidence]),
    "credit_change_rejected": lambda x: (
        f"change of {x.d.reference_id} to {x.amount} rejected",
        [x.because, x.evidence],
    ),
    "credit_exposure_stated": lambda x: (
        f"left {x.d.counterparty}" if x.d.rule == "credit.left" else f"states {x.amount} to {x.d.counterparty}",
        [x.evidence],
    ),
    "credit_group_told": lambda x: (f"tells {', '.join(x.d.candidates)}", [x.by]),
    "fact_rejected": lambda x: ("rejected", [x.because]),
}
