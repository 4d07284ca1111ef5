"""Sentences of rules about customers: reminders, promises, disputes, interest, tasks, statements; and of what a shard
refuses. rules.py is where they are looked up."""

from typing import Final

from headrace.why.sentence import Rule

_REMINDERS: Final = "reminders"
_PROMISES: Final = "promises to pay"
_DISPUTES: Final = "disputes"
_TASKS: Final = "collections: tasks, chain and worklist"
_ENGINE: Final = "the shard's own order"
_EU: Final = "Directive 2011/7/EU on combating late payment"

OF_CUSTOMERS: Final[dict[str, Rule]] = {
    # --- reminders ---
    "reminders.step.*": Rule(
        "its step of the reminder sequence is due",
        "The highest step of the sequence that is due by today is sent once, on a business day of the customer, missed "
        "steps are not caught up; not where the item is promised, disputed, blocked, covered by cash or credits, below "
        "the minimum or over the cap of contacts. Why it is suppressed is said once for each step.",
        f"{_REMINDERS}: steps relative to the due date, judged at the moment of sending",
        "reminders",
    ),
    "letters.status": Rule(
        "news of the letter came",
        "What the channel says of a letter is kept as it came; one that expired or was withdrawn did not leave.",
        f"{_REMINDERS}: what became of a letter",
        "reminders",
    ),
    "reminders.template": Rule(
        "there is no approved template for it",
        "Letters are made from approved templates alone; a level and language without one is told to a person once.",
        f"{_REMINDERS}: language and approved template",
        "reminders",
    ),
    # --- promises ---
    "promises": Rule(
        "the promise cannot be taken",
        "A promise has an id of its own, instalments that add up to it, and can be taken back while it is open.",
        _PROMISES,
        "promises",
    ),
    "promises.opened": Rule(
        "the customer promised",
        "A promise is open until its day and the policy's days of tolerance have passed, and its items are not reminded.",
        f"{_PROMISES}; reminders: no open promise",
        "promises",
    ),
    "promises.cancelled": Rule(
        "it was taken back",
        "A promise that is taken back counts no more, and its items may be reminded again.",
        _PROMISES,
        "promises",
    ),
    "promises.superseded": Rule(
        "a new promise replaces it",
        "A new promise for the same items replaces an open one where the policy says so.",
        _PROMISES,
        "promises",
    ),
    "promises.disputed": Rule(
        "its item is disputed",
        "Where the policy says so, a dispute cancels the open promises that name its item.",
        f"{_PROMISES}: credits and disputes lower what is promised",
        "promises",
    ),
    "promises.judged": Rule(
        "its day and tolerance have passed",
        "A promise is judged after its day and tolerance by the cash on its items, or on the account where it names none, "
        "that is valued since it was made: kept, partially kept, or broken. Each unit of money counts once, for the "
        "earliest promise first. A broken one raises reminders by one level.",
        f"{_PROMISES}: judged after date + tolerance",
        "promises",
    ),
    "promises.judged_again": Rule(
        "money came late or went back",
        "Money that comes late or goes back changes how a promise was kept, so it is judged again.",
        f"{_PROMISES}: money that comes late or goes back judges it again",
        "promises",
    ),
    # --- disputes ---
    "disputes": Rule(
        "the dispute cannot be taken",
        "A dispute has an id of its own, the currency of its item, and is closed once, by amounts that add up to what is "
        "disputed.",
        f"{_DISPUTES}: closing amounts must add up to the disputed amount",
        "disputes",
    ),
    "disputes.opened": Rule(
        "the customer contests it",
        "What is contested of an open item is not dunned until the dispute is decided; the rest goes on.",
        f"{_DISPUTES}: the disputed amount is not dunned, the rest goes on",
        "disputes",
    ),
    "disputes.opened_early": Rule(
        "the customer contests what has not come yet",
        "A dispute may come before its invoice: it waits, and pauses it as soon as it is here.",
        _DISPUTES,
        "disputes",
    ),
    "disputes.opened_cleared": Rule(
        "the customer contests what is paid",
        "A dispute of a cleared item is accepted and counted, pauses nothing, and ends in credit, refund or rejection.",
        f"{_DISPUTES}: on a cleared item",
        "disputes",
    ),
    "disputes.amount_known": Rule(
        "its invoice is here now",
        "A dispute that came without an amount ahead of its invoice contests all of it, once that is here.",
        _DISPUTES,
        "disputes",
    ),
    "disputes.routed_by_policy": Rule(
        "the policy says who owns it",
        "The first route of the policy that fits category, region and value says who owns a dispute; the owner's time is "
        "counted in business hours of the owner's calendar.",
        f"{_DISPUTES}: SLA clocks count business hours of the owner's calendar",
        "disputes",
    ),
    "disputes.routed": Rule(
        "a person took or gave it",
        "News of the dispute names its owner or category.",
        _DISPUTES,
        "disputes",
    ),
    "disputes.waiting_customer": Rule(
        "the customer was asked",
        "While the customer is asked, the owner's clock stands still.",
        f"{_DISPUTES}: SLA clocks",
        "disputes",
    ),
    "disputes.answered": Rule(
        "the customer answered",
        "The customer's answer starts the owner's clock again, with the business time that was left.",
        f"{_DISPUTES}: SLA clocks",
        "disputes",
    ),
    "disputes.sla": Rule(
        "the owner's time is over",
        "Nobody decided the dispute in the owner's time: the next one of the policy's chain is told.",
        f"{_DISPUTES}: SLA with escalation",
        "disputes",
    ),
    "disputes.review_ended": Rule(
        "the owner's time is over",
        "The policy pauses what is contested until the owner's time is over: from now on it may be dunned again, and the "
        "next one of the chain is told.",
        f"{_DISPUTES}: SLA with escalation",
        "disputes",
    ),
    "disputes.document": Rule(
        "a proof of delivery is missing",
        "The dispute's category is judged by a proof of delivery that is not here: its carrier is asked for it. That is "
        "settled when it comes, or when the dispute is closed.",
        f"{_DISPUTES}: documents that they are judged by",
        "disputes",
    ),
    "disputes.message": Rule(
        "a message contests something unclear",
        "A customer's words sound like a dispute, and name no document of the account, or several: words alone open "
        "nothing.",
        f"{_DISPUTES}: opened from messages",
        "disputes",
    ),
    "disputes.closed": Rule(
        "somebody decided it",
        "A dispute is closed by amounts that add up to what was contested; what is not credited or given up is owed "
        "again.",
        f"{_DISPUTES}: closing amounts must add up to the disputed amount",
        "disputes",
    ),
    "disputes.credited": Rule(
        "a credit note settled it",
        "Credit notes have settled all that was contested, so the dispute is closed.",
        _DISPUTES,
        "disputes",
    ),
    "disputes.cleared": Rule(
        "its item is cleared",
        "An item that is wholly cleared has nothing left to contest, so its disputes are closed.",
        _DISPUTES,
        "disputes",
    ),
    "disputes.moved": Rule(
        "a deduction of it is worked instead",
        "The payer deducted what was contested: the deduction is worked as a dispute of its own, in this one's place.",
        f"{_DISPUTES}: deductions",
        "disputes",
    ),
    "disputes.written_off": Rule(
        "the dispute gives it up",
        "What a dispute gives up is proposed for write-off: it is posted when it is approved, never by the rule alone.",
        "write-off: above the tolerance with approval",
        "disputes",
    ),
    "disputes.goodwill": Rule(
        "it is goodwill beyond the limit",
        "Goodwill beyond the policy's limit is proposed, and given when it is approved.",
        "write-off: above the tolerance with approval",
        "disputes",
    ),
    # --- interest ---
    "interest.late": Rule(
        "it was paid late",
        "Late money bears simple interest, at each day's rate of the jurisdiction, from the day after the due date to the "
        "day it is valued, on what was open of the gross amount; not on what was credited or is disputed.",
        f"late interest: {_EU}, Article 3, where that applies; else contract and policy",
        "interest",
    ),
    "interest.compensation": Rule(
        "it was paid late",
        "For recovery costs a fixed sum is due once for each invoice that was paid late.",
        f"late interest: {_EU}, Article 6, where that applies; else contract and policy",
        "interest",
    ),
    "reminders.fee": Rule(
        "the letter costs it",
        "By policy a letter costs the customer a sum that goes by the highest level in it, once for each letter.",
        "late interest: elsewhere by contract and policy",
        "reminders",
    ),
    "interest.rate_missing": Rule(
        "the policy has no rate for that day",
        "Interest cannot be computed for a day whose reference rate the policy does not have; a person adds it.",
        "late interest: the reference rate in force on 1 January and 1 July",
        "interest",
    ),
    # --- tasks, statements ---
    "collections.reminders_exhausted": Rule(
        "all reminders were sent",
        "When the last reminder of the sequence is out and the item is open, a collector has to act.",
        _TASKS,
        "collections",
    ),
    "collections.broken_promise": Rule(
        "a promise was broken",
        "A broken promise is for a collector.",
        _TASKS,
        "collections",
    ),
    "collections.dispute_overdue": Rule(
        "a dispute is overdue",
        "A dispute whose owner's time is over is for a collector too.",
        _TASKS,
        "collections",
    ),
    "collections.short_pay": Rule(
        "a payment was too small and unexplained",
        "A payment left a rest that nobody contests: a collector asks for the reason.",
        _TASKS,
        "collections",
    ),
    "collections.large_overdue": Rule(
        "a large sum is overdue",
        "A sum past due that is as large and as old as the policy names is for a collector.",
        _TASKS,
        "collections",
    ),
    "collections.credit_hold": Rule(
        "credit was put on hold",
        "A customer whose deliveries are held is for a collector.",
        _TASKS,
        "collections",
    ),
    "collections.step.*": Rule(
        "nobody acted in time",
        "Nobody acted by the deadline: the task goes to the next step of the policy's chain, or stays where it is when "
        "there is none.",
        f"{_TASKS}: escalation",
        "collections",
    ),
    "statements.scheduled": Rule(
        "it is the policy's day of the month",
        "A statement of account is made on the policy's day of each month, in each currency in which something is owed or "
        "moved.",
        "statements of account: opening + movements = closing",
        "statements",
    ),
    "statements.requested": Rule(
        "a person asked for it",
        "A statement of account is made when a person asks for one.",
        "statements of account: opening + movements = closing",
        "statements",
    ),
    # --- policies ---
    "policy.from_offset": Rule(
        "a policy was published",
        "A policy is in force from its offset on, in every shard.",
        "policy: in force from a known offset of each shard",
        "",
    ),
    "policy.from_time": Rule(
        "the policy's day has come",
        "A policy that was published for a later time is in force from then on, in every shard.",
        "policy: in force from a known offset of each shard",
        "",
    ),
    # --- what the rules and the shard refuse ---
    "facts": Rule(
        "it contradicts what is known",
        "A fact whose number is known, whose currency is another one, or whose amount is none, has no effect and is told.",
        "what cannot be is rejected with its reason",
        "",
    ),
    "operator.*": Rule(
        "the order cannot be carried out",
        "A person's order is carried out as a whole or not at all: what it is about was not there.",
        "operator actions",
        "",
    ),
    "operator.resume_account": Rule(
        "the account is not parked",
        "Only an account that is parked can be resumed.",
        _ENGINE,
        "",
    ),
    "shard.account": Rule(
        "it names no account that can be",
        "A fact of an account names its tenant, entity and account, in letters that keep them apart.",
        _ENGINE,
        "",
    ),
    "shard.clock": Rule(
        "the clock jumps too far",
        "In live operation a clock that jumps by more than five minutes waits until an operator allows it, so that no "
        "reminder goes out on a wrong day.",
        _ENGINE,
        "",
    ),
    "shard.event_id": Rule(
        "its event id was used for something else",
        "An event id has one effect; the same id with other contents is kept and has none.",
        _ENGINE,
        "",
    ),
    "shard.future": Rule(
        "it lies in the future",
        "A fact of more than two days ahead of the shard's clock waits until an operator allows it.",
        _ENGINE,
        "",
    ),
    "shard.misplaced": Rule(
        "it stands in the wrong shard",
        "Each account has one shard, by the hash of its name; a fact in another one has no effect.",
        _ENGINE,
        "",
    ),
    "shard.parked": Rule(
        "the rules failed on it",
        "Where a rule fails on a fact, nothing of it is kept: the account is parked, and its facts wait until an operator "
        "lets it go on.",
        _ENGINE,
        "",
    ),
    "shard.policy": Rule(
        "the policy cannot be in force",
        "A policy that cannot be read, or has an old version's number with another text, is not taken.",
        _ENGINE,
        "",
    ),
    "shard.unreadable": Rule(
        "its bytes are no fact",
        "A message in the log that is no fact has no effect.",
        _ENGINE,
        "",
    ),
}
