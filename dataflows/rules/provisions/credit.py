"""[credit]: limits, when deliveries are held and released again, what of it reminds. Source: REFERENCE 3.7, C2, C8."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy

# What may bring reminders forward.
TRIGGERS: Final = ("near_limit", "hold")
PPM: Final = 1_000_000


class CreditTerms:
    """limit_minor: of accounts without a limit of their own, in limit_currency; none where that is empty.

    past_due_days: hold when the oldest item is past due for more days, 0 never; release_past_due_days: release when it
    is for no more than these. near_ppm, release_ppm: parts of the limit. tax_ppm: added to what has no tax yet.
    change_approval_minor: a limit that rises by more waits for an approval. group_step_minor: an account states its
    exposure to its group when it changed by more.
    """

    __slots__ = (
        "asks",
        "change_approval_minor",
        "group_step_minor",
        "include_orders",
        "limit_currency",
        "limit_minor",
        "near_ppm",
        "past_due_days",
        "raises_reminders",
        "release_past_due_days",
        "release_ppm",
        "stops_release",
        "tax_ppm",
    )

    def __init__(self, table: Table) -> None:
        self.limit_minor: Final = table.minor("limit_minor")
        self.limit_currency: Final = table.text("limit_currency")
        if self.limit_minor and not self.limit_currency:
            raise WrongPolicy(f"{table.at('limit_currency')}: must be there, with a limit")
        self.past_due_days: Final = table.number("past_due_days", 0, 3_650)
        self.release_past_due_days: Final = table.number("release_past_due_days", 0, 3_650)
        if self.release_past_due_days > self.past_due_days:
            raise WrongPolicy(f"{table.at('release_past_due_days')}: must not be above past_due_days")
        self.include_orders: Final = table.flag("include_orders")
        self.tax_ppm: Final = table.number("tax_ppm", 0, PPM)
        self.near_ppm: Final = table.number("near_ppm", 0, PPM)
        self.release_ppm: Final = table.number("release_ppm", 0, PPM)
        self.stops_release: Final = table.flag("stops_release")
        self.raises_reminders: Final = table.texts("raises_reminders")
        for trigger in self.raises_reminders:
            if trigger not in TRIGGERS:
                raise WrongPolicy(f"{table.at('raises_reminders')}: {trigger!r} must be one of {', '.join(TRIGGERS)}")
        self.change_approval_minor: Final = table.minor("change_approval_minor")
        self.group_step_minor: Final = table.minor("group_step_minor")
        # Whether the exposure of an account is kept though it has no limit of its own.
        self.asks: Final = self.limit_currency != "" or self.past_due_days > 0
        table.done()
