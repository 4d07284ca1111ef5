"""[cash]: how money that names nothing is applied, and what looks like a payment made twice. Source: REFERENCE 3.5."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy

# Rules of step 6, as Oracle AutoCash has them.
ORDER: Final = ("exact_match", "clear_account", "clear_past_due", "by_terms", "combinations", "oldest_first")

# Which open items credit notes are netted with that clear no invoice of their own: none, past due ones, any.
NEVER: Final = "never"
PAST_DUE: Final = "past_due"
NETTING: Final = (NEVER, PAST_DUE, "oldest")


class CashTerms:
    """sources: what reminders and broken promises wait for. by_amount, by_subset: whether steps 4 and 5 are taken.

    odds: an amount in minor units has to be so many times the number of sets of items that could have added up to it;
    one that could have come by chance is proposed. 0 asks for nothing.
    order: rules of step 6, in their order. duplicate_days: a payment like one so many days before is proposed as its
    double. net_credits: one of NETTING; net_credits_days: after the credit note was posted.
    """

    __slots__ = (
        "by_amount",
        "by_subset",
        "duplicate_days",
        "net_credits",
        "net_credits_days",
        "odds",
        "order",
        "sources",
    )

    def __init__(self, table: Table) -> None:
        self.sources: Final = table.texts("sources")
        self.by_amount: Final = table.flag("by_amount")
        self.by_subset: Final = table.flag("by_subset")
        self.odds: Final = table.number("odds", 0, 10**9)
        order = table.texts("order")
        unknown = [rule for rule in order if rule not in ORDER]
        if unknown:
            raise WrongPolicy(f"{table.at('order')}: {unknown[0]!r} must be one of {', '.join(ORDER)}")
        if len(set(order)) != len(order):
            raise WrongPolicy(f"{table.at('order')}: {order} must name each rule once")
        self.order: Final = order
        self.duplicate_days: Final = table.number("duplicate_days", 0, 365)
        self.net_credits: Final = table.one_of("net_credits", NETTING)
        self.net_credits_days: Final = table.number("net_credits_days", 0, 365)
        table.done()
