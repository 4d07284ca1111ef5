"""Sentences of rules that are not in dataflows yet: cash application from step 4 on, differences, foreign currency,
delivery, credit.

They go into rules_of_money.py with the rules.
"""

from typing import Final

from headrace.why.sentence import Rule

_CASH: Final = "cash application"
_STEP_7: Final = f"{_CASH}, step 7: differences"
_RELEASE: Final = "release of invoices"
_DELIVERY: Final = "delivery of invoices"
_CREDIT: Final = "credit"
_BOOKS: Final = "entries of the books that the ERP keeps"

TO_COME: Final[dict[str, Rule]] = {
    "cash.4.amount": Rule(
        "it is the one item of that amount",
        "Step 4: the payer is known, names nothing, and just one open item has that amount; with no open credit note "
        "taken off would another one be meant.",
        f"{_CASH}, step 4: payer known, then the one item with that amount",
        "cash",
    ),
    "cash.5.subset": Rule(
        "these are the only ones that add up",
        "Step 5: of all sets of the account's open items and credit notes just one adds up to the money, the search was "
        "finished, and there are too few sets for it to be by chance.",
        f"{_CASH}, step 5: the one subset that adds up",
        "cash",
    ),
    "cash.6.exact_match": Rule(
        "the policy's order: one item of that amount",
        "Step 6, for payers that asked for it: the policy's order begins with an item of just that amount.",
        f"{_CASH}, step 6: the policy's order",
        "cash",
    ),
    "cash.6.clear_account": Rule(
        "the policy's order: it clears the account",
        "Step 6, for payers that asked for it: the money is just what the whole account owes.",
        f"{_CASH}, step 6: the policy's order",
        "cash",
    ),
    "cash.6.clear_past_due": Rule(
        "the policy's order: it clears what is past due",
        "Step 6, for payers that asked for it: the money is just what is past due.",
        f"{_CASH}, step 6: the policy's order",
        "cash",
    ),
    "cash.6.by_terms": Rule(
        "the policy's order: it clears one term of payment",
        "Step 6, for payers that asked for it: the money is just what is past due under one term of payment.",
        f"{_CASH}, step 6: the policy's order",
        "cash",
    ),
    "cash.6.combinations": Rule(
        "the policy's order: a combination adds up",
        "Step 6, for payers that asked for it: a combination of open items is just the money.",
        f"{_CASH}, step 6: the policy's order",
        "cash",
    ),
    "cash.6.oldest_first": Rule(
        "the policy's order: oldest first",
        "Step 6, for payers that asked for it: the money pays the items in order of their due dates.",
        f"{_CASH}, step 6: the policy's order",
        "cash",
    ),
    "alias.payer": Rule(
        "a person said whose bank account it is",
        "A person identified the payer of a receipt: its bank account is that payer's from now on.",
        f"{_CASH}: aliases come from confirmed facts only",
        "cash",
    ),
    "alias.prefix": Rule(
        "a person applied a reference with that prefix",
        "A person applied money to an item that the payer names with a prefix of its own: that prefix is known from now "
        "on.",
        f"{_CASH}: aliases come from confirmed facts only",
        "cash",
    ),
    "cash.7.discount": Rule(
        "the discount was earned",
        "The money came by the last discount day and the policy's grace, so the discount of the invoice's terms is "
        "granted; a part payment clears itself divided by one less the rate.",
        f"{_STEP_7}: cash discount",
        "differences",
    ),
    "cash.7.unearned_discount": Rule(
        "the discount was taken too late",
        "The payer took a discount that was not earned, beyond the tolerance: what is missing is a deduction.",
        f"{_STEP_7}: unearned discount: tolerance, else deduction",
        "differences",
    ),
    "cash.7.coded": Rule(
        "the payer says why it paid less",
        "The payer took something off under a reason code, which the policy's table maps to one category: it is kept as "
        "a deduction of its own.",
        f"{_STEP_7}: reason codes map by a dated table to one category",
        "differences",
    ),
    "cash.7.charges": Rule(
        "the bank kept its charges",
        "Banks kept charges from the payment, which by the policy are ours to bear.",
        f"{_STEP_7}: bank charges",
        "differences",
    ),
    "cash.7.tolerance": Rule(
        "the rest is within the tolerance",
        "What is missing is no more than the lesser of the policy's amount and percent, and the account has not used up "
        "its month: it is written off by the policy alone.",
        f"{_STEP_7}: write-off within tolerance, capped for each account and month",
        "differences",
    ),
    "cash.7.small_credit": Rule(
        "the overpayment is within the tolerance",
        "What was paid too much is so little that the policy writes it off.",
        f"{_STEP_7}: small credits",
        "differences",
    ),
    "cash.7.short": Rule(
        "the payment was too small",
        "Nothing explains what is missing, and the policy makes a deduction of it.",
        f"{_STEP_7}: deduction",
        "differences",
    ),
    "cash.7.dispute": Rule(
        "the payment was too small",
        "Nothing explains what is missing, and the policy makes a dispute of it.",
        f"{_STEP_7}: dispute",
        "differences",
    ),
    "cash.7.write_off": Rule(
        "the payment was too small",
        "What is missing is beyond the tolerance: it is proposed for write-off, and posted when it is approved.",
        f"{_STEP_7}: above the tolerance with approval",
        "differences",
    ),
    "cash.remittance_asked": Rule(
        "the payment was too small",
        "The customer is asked why less was paid, once for each item.",
        _STEP_7,
        "differences",
    ),
    "on_account.overpaid": Rule(
        "it was paid too much",
        "By the policy what was paid too much is left on account.",
        f"{_CASH}, step 8: on-account",
        "differences",
    ),
    "write_off.approved": Rule(
        "the write-off was approved",
        "A write-off that was proposed has been approved.",
        "write-off: above the tolerance with approval",
        "differences",
    ),
    "reversed.*": Rule(
        "what it belonged to was undone",
        "What hangs on an application is undone with it.",
        f"{_CASH}: reversal",
        "",
    ),
    "cash.prepayment": Rule(
        "it was paid in advance for that order",
        "A prepayment is kept for its order's invoices, and pays them in the order in which they come.",
        f"{_CASH}: a prepayment is kept for its order's invoice",
        "",
    ),
    "cash.erp": Rule(
        "the ERP cleared it by hand",
        "What was cleared by hand in the ERP is cleared here too.",
        _BOOKS,
        "",
    ),
    "erp.cleared": Rule(
        "the ERP cleared it by hand",
        "What was cleared by hand in the ERP does not fit the books.",
        _BOOKS,
        "",
    ),
    "erp.refused": Rule(
        "the ERP refused the posting",
        "The ERP refused a posting: a person has to look at it.",
        _BOOKS,
        "",
    ),
    "posted.debit_note": Rule(
        "the ERP has posted it",
        "A debit note that the ERP has posted is an open item from its posting date on.",
        "posting",
        "",
    ),
    "posted.opening": Rule(
        "it was open at the cut-over",
        "An item that was open at the cut-over comes with its residual, its reminder level and its dispute.",
        "posting: opening items",
        "",
    ),
    "exchange.out": Rule(
        "the item is in another currency",
        "Money in another currency is converted at the rate of its value date, and rounded in the item's currency.",
        f"{_CASH}: other currency",
        "exchange",
    ),
    "exchange.realised": Rule(
        "the rate has changed since the posting",
        "What the money is worth on its value date, less what the item was booked at, is realised gain or loss.",
        f"{_CASH}: other currency",
        "exchange",
    ),
    "returned.exchanged": Rule(
        "the bank took it back",
        "Money that went back had been converted: what it paid in the item's currency is open again.",
        "cash application: money that goes back",
        "exchange",
    ),
    "shard.rate": Rule(
        "the rate cannot be",
        "A rate of exchange that cannot be is not taken.",
        "the shard's own order",
        "",
    ),
    "refund": Rule(
        "it was paid back",
        "Money or a credit that was paid back to the customer is taken off what is unapplied, or off the credit.",
        "refunds",
        "",
    ),
    "release.in_part": Rule(
        "a part of it is ready",
        "Where the policy bills partial shipments, what is ready of a draft is released, and the rest waits on.",
        f"{_RELEASE}: partial shipments",
        "release",
    ),
    "release.manual": Rule(
        "a person released it",
        "A person released a held draft and said why; above the policy's threshold another one has to approve.",
        f"{_RELEASE}: by a person, with a reason",
        "release",
    ),
    "release.replaced": Rule(
        "another document replaces it",
        "A document that replaces another one takes its place: the old one is credited, or withdrawn while it is held.",
        f"{_RELEASE}: rebill and credit",
        "release",
    ),
    "release.withdrawn": Rule(
        "a person withdrew it",
        "A held draft that a person withdraws is never billed.",
        _RELEASE,
        "release",
    ),
    "delivery.first": Rule(
        "the invoice is to be sent",
        "A posted document is sent by the first channel that the customer prefers and can take.",
        f"{_DELIVERY}: channel by preference and capability",
        "delivery",
    ),
    "delivery.resend": Rule(
        "it has to be sent again",
        "What was not confirmed in time is sent again by the same channel, as often as the policy says.",
        f"{_DELIVERY}: resend",
        "delivery",
    ),
    "delivery.fallback": Rule(
        "the channel before did not work",
        "Where one channel fails, the next one of the policy's chain is tried.",
        f"{_DELIVERY}: fallback chain",
        "delivery",
    ),
    "delivery.operator": Rule(
        "a person wants it sent",
        "A person may have a document sent again, by a channel of choice.",
        _DELIVERY,
        "delivery",
    ),
    "delivery.status": Rule(
        "news of its delivery came",
        "What the channel says of a delivery is kept as it came, in order.",
        f"{_DELIVERY}: status timeline",
        "delivery",
    ),
    "delivery.unreachable": Rule(
        "no channel is left",
        "None of the channels works for this customer: a person has to find one.",
        f"{_DELIVERY}: fallback chain",
        "delivery",
    ),
    "delivery.unconfirmed": Rule(
        "nobody confirmed that it arrived",
        "A delivery that is not confirmed within the policy's time is told to a person.",
        _DELIVERY,
        "delivery",
    ),
    "delivery.unacknowledged": Rule(
        "the customer did not acknowledge it",
        "A document that the customer has to acknowledge, and did not by the deadline, is told to a person.",
        f"{_DELIVERY}: acknowledgement deadline",
        "delivery",
    ),
    "delivery.rejected": Rule(
        "the customer's system refused it",
        "A delivery that the receiver rejects is an exception with the receiver's reason.",
        f"{_DELIVERY}: a rejected delivery is an exception",
        "delivery",
    ),
    "credit.hold": Rule(
        "credit is used up, or overdue for too long",
        "Deliveries are held when the exposure is above the limit, or the oldest item past due is older than the policy "
        "allows.",
        f"{_CREDIT}: hold above the limit or when the oldest past due is over n days",
        "credit",
    ),
    "credit.released": Rule(
        "credit is free again",
        "A hold ends when the exposure is below the limit by the policy's margin, and nothing is overdue for too long.",
        f"{_CREDIT}: release with hysteresis",
        "credit",
    ),
    "credit.near": Rule(
        "credit is nearly used up",
        "The exposure has come as near to the limit as the policy warns at.",
        _CREDIT,
        "credit",
    ),
    "credit.stated": Rule(
        "its group shares one limit",
        "An account of a group that shares one limit states its exposure to the group when it changes.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.left": Rule(
        "it left its group",
        "An account that left a group with a common limit counts there no more.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.group_held": Rule(
        "its group is held",
        "A hold of the group is one of each of its accounts.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.group_released": Rule(
        "its group is released",
        "When the hold of the group ends, that of each of its accounts does.",
        f"{_CREDIT}: a limit may cover a group of accounts",
        "credit",
    ),
    "credit.change_proposed": Rule(
        "the change needs an approval",
        "A limit that rises by more than the policy allows, changes its currency or is taken away is proposed.",
        f"{_CREDIT}: approval",
        "credit",
    ),
    "credit.limit": Rule(
        "the limit was changed", "A limit within the policy's bounds holds as it came.", _CREDIT, "credit"
    ),
    "credit.approved": Rule(
        "another person approved it",
        "A change of a limit that somebody else than its maker approved is in force.",
        f"{_CREDIT}: maker and checker are never the same",
        "credit",
    ),
    "credit.rejected": Rule(
        "a person rejected it", "A change of a limit that was rejected has no effect.", _CREDIT, "credit"
    ),
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
}
