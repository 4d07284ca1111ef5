"""[release]: when drafts are released, and what is checked before. Source: REFERENCE 3.1."""

from datetime import date
from typing import Final

from dataflows.rules.policy.policy_tables import EPOCH_ORDINAL, Table, WrongPolicy
from dataflows.rules.provisions.calendars import Calendar
from dataflows.rules.provisions.taxes import Jurisdiction

ON_SCHEDULE: Final = "on_schedule"
CONDITIONS: Final = ("on_order", "on_shipment", "on_pod", ON_SCHEDULE)
AT_ONCE: Final = "at_once"
SCHEDULES: Final = (AT_ONCE, "daily", "weekly", "month_end")
MOST_PPM: Final = 1_000_000
# Who has what is held for a reason that is not named.
DEFAULT_OWNER: Final = "default"


class Waiver:
    """What a contract sets aside: names of reasons, such as price_not_agreed. contract: empty for any invoice."""

    __slots__ = ("contract", "first_day", "last_day", "name", "waive")

    def __init__(self, table: Table) -> None:
        self.name: Final = table.text("name")
        if not self.name:
            raise WrongPolicy(f"{table.at('name')}: must not be empty")
        self.contract: Final = table.text("contract")
        self.waive: Final = table.texts("waive")
        self.first_day: Final = table.day("from") if table.has("from") else 0
        self.last_day: Final = table.day("until") if table.has("until") else 0
        table.done()

    def holds(self, contract: str, day: int) -> bool:
        """Whether it is for an invoice of that contract, by its document date."""
        if self.contract and self.contract != contract:
            return False
        return day >= self.first_day and (not self.last_day or day <= self.last_day)


class ReleaseTerms:
    """condition: one of CONDITIONS; pod_days: shipped so long ago without a complaint counts as delivered;
    hold_sla_days: an older hold is an exception; schedule: one of SCHEDULES, when what is ready leaves;
    weekday: of a weekly one, 0 is Monday; together: the drafts of one consolidated invoice leave together;
    split: what was shipped of a draft is billed, the rest waits; price_ppm, price_minor: how far a price, and the net
    of its line, may be from what was agreed; never_by_hand: reasons that no person may set aside."""

    __slots__ = (
        "agreement_required",
        "below_holds",
        "by_country",
        "condition",
        "credit_holds",
        "currencies",
        "extra_products",
        "hold_sla_days",
        "jurisdiction",
        "jurisdictions_known",
        "never_by_hand",
        "over_holds",
        "owners",
        "po_must_match",
        "pod_days",
        "price_minor",
        "price_ppm",
        "rebill_waits",
        "schedule",
        "short_holds",
        "split",
        "taxes",
        "together",
        "waivers",
        "weekday",
    )

    def __init__(self, table: Table) -> None:
        self.condition: Final = table.one_of("condition", CONDITIONS)
        self.pod_days: Final = table.number("pod_days", 0, 365)
        self.hold_sla_days: Final = table.number("hold_sla_days", 0, 365)
        self.schedule: Final = table.one_of("schedule", SCHEDULES)
        self.weekday: Final = table.number("schedule_weekday", 0, 6)
        if self.condition == ON_SCHEDULE and self.schedule == AT_ONCE:
            raise WrongPolicy(
                f"{table.at('schedule')}: with the condition on_schedule it must be one of {SCHEDULES[1:]}"
            )
        self.together: Final = table.one_of("consolidated", ("together", "each")) == "together"
        self.split: Final = table.one_of("partial_shipments", ("wait", "split")) == "split"
        self.short_holds: Final = table.one_of("short_billing", ("allow", "hold")) == "hold"
        self.over_holds: Final = table.one_of("over_billing", ("allow", "hold")) == "hold"
        self.price_ppm: Final = table.number("price_tolerance_ppm", 0, MOST_PPM)
        self.price_minor: Final = table.minor("price_tolerance_minor")
        self.below_holds: Final = table.one_of("price_below", ("allow", "hold")) == "hold"
        self.agreement_required: Final = table.flag("agreement_required")
        self.currencies: Final = table.texts("currencies")
        self.po_must_match: Final = table.flag("po_must_match")
        self.rebill_waits: Final = table.one_of("rebill", ("after_credit", "any")) == "after_credit"
        self.credit_holds: Final = table.flag("hold_on_credit")
        self.extra_products: Final = table.texts("extra_products")
        self.jurisdiction: Final = table.text("tax_jurisdiction")
        self.jurisdictions_known: Final = table.flag("tax_jurisdictions_known")
        self.by_country: Final = table.flag("tax_by_country")
        self.never_by_hand: Final = table.texts("manual_never")
        self.waivers: Final = [Waiver(part) for part in table.tables("exceptions")]
        owners = table.table("owners")
        self.owners: Final = {name: owners.text(name) for name in owners.names()}
        taxes = table.table("tax")
        self.taxes: Final = {name: Jurisdiction(taxes.table(name)) for name in taxes.names()}
        table.done()

    def runs_on(self, day: int, calendar: Calendar) -> bool:
        """Whether what is ready leaves on that day, a business day. A weekly run that falls on none comes the next one;
        one at the end of a month is on its last business day."""
        if self.schedule == "weekly":
            # 1970-01-01 was a Thursday: weekday 3.
            last = day - (day + 3 - self.weekday) % 7
            return calendar.business_day(last) == day
        if self.schedule == "month_end":
            return _month(calendar.business_day(day + 1)) != _month(day)
        return True

    def owner(self, reasons: list[str]) -> str:
        """Who is to act on a hold: by its first reason that has an owner."""
        for reason in reasons:
            found = self.owners.get(reason.partition(":")[0], "")
            if found:
                return found
        return self.owners.get(DEFAULT_OWNER, "")


def _month(day: int) -> tuple[int, int]:
    found = date.fromordinal(day + EPOCH_ORDINAL)
    return (found.year, found.month)
