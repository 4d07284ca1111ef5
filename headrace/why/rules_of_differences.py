"""Sentences of rules of cash that names nothing, of differences, of other currencies and of the books beside the ledger.

rules.py is where they are looked up.
"""

from typing import Final

from headrace.why.sentence import Rule

_CASH: Final = "cash application"
_STEP_7: Final = f"{_CASH}, step 7: differences"
_BOOKS: Final = "entries of the books that the ERP keeps"

OF_DIFFERENCES: Final[dict[str, Rule]] = {
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
    "alias.name": Rule(
        "a person said whose name it is",
        "A person identified the payer of a receipt of which the bank said no account: the name is that payer's from now on, "
        "where nothing else tells and while no other account was said for it.",
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
        "approvals",
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
}
