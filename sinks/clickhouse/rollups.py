"""Sums by day that are kept as decisions come, so that stocks and counts of any day cost what their days cost.

A rollup is a sum over decisions by what their accounts are (region, segment, collector). Each batch of decisions adds its own;
an account that becomes another moves all its sums at once, out of where it was and into where it is. So a rollup always equals
the same sum made anew from all decisions, and docs/decisions/0054-sums-that-are-kept.md says why it stays so under kills.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sinks.clickhouse.evidence import said
from sinks.clickhouse.view import quoted

DSO_DAYS: Final = 90
SUSPENSE: Final = "startsWith(account_id, '~suspense:')"
BY_PERSON: Final = "(cause_kind IN ('operator_action', 'approval') AND NOT startsWith(cause_id, 'identify:'))"
OPENING: Final = "rule = 'posted.opening'"
# Cash on items, less what was undone.
CASH: Final = """multiIf(kind = 'cash_applied', amount,
    kind = 'cash_unapplied' OR (kind = 'application_reversed' AND counterparty = ''), -amount, 0)"""
# Cash of a customer, less what went back or on.
_NET: Final = """multiIf(kind = 'receipt_booked', amount,
    kind = 'receipt_reversed' OR (kind = 'application_reversed' AND counterparty = '')
        OR (kind = 'cash_transferred' AND rule = 'transfer.out'), -amount, 0)"""
BUCKETS: Final = ("current", "days_1_30", "days_31_60", "days_61_90", "days_91")
# Up to how many days past due, of all but the last.
_BOUNDS: Final = (0, 30, 60, 90)
# What every kept sum is by.
_KEY: Final = {
    "tenant": ("LowCardinality(String)", "Tenant"),
    "entity": ("LowCardinality(String)", "Company of the tenant"),
    "currency": ("LowCardinality(String)", "ISO 4217, or empty"),
}
_OF_ACCOUNT: Final = {
    "region": ("LowCardinality(String)", "Region of the account"),
    "segment": ("LowCardinality(String)", "Segment of the account"),
    "owner": ("LowCardinality(String)", "The account's collector"),
}
_SETTINGS: Final = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"


@dataclass(frozen=True, slots=True)
class Sum:
    """A column of a rollup: an aggregate over its source, kept as `max` of them or as their sum."""

    sql: str
    comment: str
    kept: str = "sum"


@dataclass(frozen=True, slots=True)
class Rollup:
    """Sums of decisions by day.

    keys: What they are by beside tenant, entity, currency and day: type and comment. of_accounts: they are by region, segment
    and collector too. source: SQL of the rows that are added up, with `day`: of the table {decisions} where {condition} and,
    where of_accounts, of {groups}, whose `times` is -1 where its rows are to be taken off.
    """

    name: str
    comment: str
    keys: Mapping[str, tuple[str, str]]
    sums: Mapping[str, Sum]
    source: str
    of_accounts: bool = True

    def _all_keys(self) -> dict[str, tuple[str, str]]:
        of_account = _OF_ACCOUNT if self.of_accounts else {}
        return {**_KEY, **of_account, "day": ("Date32", "Day, UTC"), **self.keys}

    @property
    def table(self) -> str:
        """CREATE of its table."""
        keys = self._all_keys()
        columns = [f"{name} {kind} COMMENT {quoted(comment)}" for name, (kind, comment) in keys.items()]
        for name, one in self.sums.items():
            columns.append(f"{name} SimpleAggregateFunction({one.kept}, Int64) COMMENT {quoted(one.comment)}")
        columns.append("last_batch SimpleAggregateFunction(max, Int64) COMMENT 'Last batch of decisions that it has'")
        columns.append("last_change SimpleAggregateFunction(max, Int64) COMMENT 'Last change of accounts that it has'")
        joined = ",\n    ".join(columns)
        return f"""
CREATE TABLE IF NOT EXISTS {self.name} (
    {joined}
)
ENGINE = AggregatingMergeTree
ORDER BY ({", ".join(keys)})
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT {quoted(self.comment)}
"""

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of its rows, in the order of `select`."""
        return (*self._all_keys(), *self.sums, "last_batch", "last_change")

    def select(self, decisions: str, condition: str, groups: str, batch: str = "0", change: str = "0") -> str:
        """The rows that decisions of that table come to, where the condition holds; `groups` has their accounts."""
        keys = ", ".join(self._all_keys())
        # The sums have names of columns that they are made of.
        sums = ", ".join(f"{one.sql} AS sum_of_{name}" for name, one in self.sums.items())
        named = ", ".join(f"toInt64(sum_of_{name}) AS {name}" for name in self.sums)
        source = (
            self.source.replace("{decisions}", decisions).replace("{condition}", condition).replace("{groups}", groups)
        )
        return (
            f"SELECT {keys}, {named}, toInt64({batch}) AS last_batch, toInt64({change}) AS last_change "
            f"FROM (SELECT {keys}, {sums} FROM {source} GROUP BY {keys})"
        )

    def named(self, name: str) -> str:
        """SQL of a sum over the rows of its table: they are merged in the background only."""
        return f"{self.sums[name].kept}({name})"


def bucket(age: str, bounds: Sequence[int]) -> str:
    """The place among buckets of what is so many days old: `bounds` are their last days, of all but the last of them.

    Each range in each sum would be planned for itself: 22 sums took 65 ms so, and take 25 with the place.
    """
    return f"multiIf({', '.join(f'{age} <= {last}, {at}' for at, last in enumerate(bounds))}, {len(bounds)})"


def _into_buckets() -> dict[str, Sum]:
    """What a change of an open debit, on a day when it is posted or changes its bucket, does to each bucket."""
    found = {}
    for at, name in enumerate(BUCKETS):
        comment = "Not past due, of all open debits" if at == 0 else f"{name.removeprefix('days_')} days past due"
        found[f"{name}_change"] = Sum(f"sum(debit * ((bucket = {at}) - (bucket_before = {at})))", comment)
    return found


MONEY_DAYS: Final = Rollup(
    "money_days",
    "What each day changed in every sum of money that stocks are made of",
    {},
    {
        "movements": Sum("sum(times)", "Postings, and days on which one of them changes its bucket"),
        "receivables_change": Sum("sum(is_posting * receivables)", "Receivables of DSO"),
        "sales": Sum("sum(is_posting * sale)", "Sales of the accounts in DSO"),
        "sales_90_change": Sum(
            f"sum(sale * (is_posting - (day = addDays(posted, {DSO_DAYS}))))",
            "Sales of the 90 days that end with the day",
        ),
        "sales_rows": Sum("sum(is_posting * sale_times)", "Postings that are sales"),
        "taken_over": Sum("sum(is_posting * over_times)", "Open items taken over, of the accounts in DSO"),
        "taken_over_90_change": Sum(
            f"sum(over_times * (is_posting - (day = addDays(posted, {DSO_DAYS}))))",
            "Open items taken over in the 90 days that end with the day",
        ),
        "trade_current_change": Sum(
            "sum(trade * ((age <= 0) - (NOT is_posting) * (age <= 1)))", "Not past due, of the items in DSO"
        ),
        **_into_buckets(),
        "before_change": Sum("sum((day = addDays(had, 1)) * debit)", "Posted, and due, before the day"),
        "falls_due": Sum("sum((day = had) * debit)", "Open debits that fall due on the day, or posted later"),
        "invoiced": Sum("sum(is_posting * bill_times)", "Invoices that are sales"),
        "invoiced_minor": Sum("sum(is_posting * bill)", "Their amounts"),
        "credits_change": Sum("sum(is_posting * credit)", "Open credits"),
        "unapplied_change": Sum("sum(is_posting * unapplied)", "Unapplied cash"),
        "on_account_change": Sum("sum(is_posting * kept)", "Cash on account"),
        "unidentified_change": Sum("sum(is_posting * unidentified)", "Cash in suspense accounts"),
        "received": Sum("sum(is_posting * came)", "Cash that came into customers' accounts, less what went back or on"),
        "recovered": Sum(
            "sum(is_posting * (due_date < toDate32(toStartOfMonth(posted))) * on_items)",
            "Cash on items that were due before the month",
        ),
    },
    f"""(
    SELECT *, day = posted AS is_posting, dateDiff('day', due_date, day) AS age, {bucket("age", _BOUNDS)} AS bucket,
           if(is_posting, -1, {bucket("(age - 1)", _BOUNDS)}) AS bucket_before
    FROM (
        SELECT *, greatest(posted, due_date) AS had, arrayJoin(arrayDistinct(arrayFilter(x -> x >= posted, arrayConcat(
                   [posted],
                   if(is_debit, [had, addDays(had, 1), addDays(due_date, 31), addDays(due_date, 61), addDays(due_date, 91)], []),
                   if(is_sale OR is_over, [addDays(posted, {DSO_DAYS})], []))))) AS day
        FROM (
            -- What is of the same days is added up first: a batch has few of them.
            SELECT tenant, entity, currency, a.region AS region, a.segment AS segment, a.collector AS owner, posted, due_date,
                   is_sale, is_over, d.debit != 0 AS is_debit, sum(if(a.times = 0, 1, a.times) AS one) AS times,
                   sum(one * d.debit) AS debit, sum(one * d.credit) AS credit, sum(one * d.kept) AS kept,
                   sum(one * d.on_items) AS on_items, sum(one * d.net * (NOT is_ours)) AS came,
                   sum(one * d.cash * (NOT is_suspense)) AS unapplied, sum(one * d.cash * is_suspense) AS unidentified,
                   sum(one * is_bill) AS bill_times, sum(one * is_bill * d.debit) AS bill,
                   sum(one * (NOT a.affiliate AND NOT is_ours AS in_dso) * (NOT is_interest) * d.debit AS one_trade) AS trade,
                   sum(one_trade - one * in_dso * (d.credit + d.cash + d.kept)) AS receivables,
                   sum(one * in_dso * is_sale AS one_sale) AS sale_times, sum(one_sale * (d.debit - d.credit)) AS sale,
                   sum(one * in_dso * is_over) AS over_times
            FROM (
                SELECT tenant, entity, account_id, currency, posted_on AS posted, due_date, is_sale, {OPENING} AS is_over,
                       open_debit_change AS debit, open_credit_change AS credit, unapplied_change AS cash,
                       on_account_change AS kept, {CASH} AS on_items, {_NET} AS net, {SUSPENSE} AS is_suspense,
                       is_sale AND item_kind = 'invoice' AS is_bill, item_kind = 'interest' AS is_interest,
                       startsWith(account_id, '~') AS is_ours
                FROM {{decisions}} AS decisions
                WHERE (debit != 0 OR credit != 0 OR cash != 0 OR kept != 0) AND ({{condition}})
            ) AS d
            LEFT JOIN {{groups}} AS a USING (tenant, entity, account_id)
            GROUP BY ALL
        )
    )
)""",
)

_CAUSED: Final = "(cause_kind != '' AND cause_id != '')"
_VERSIONED: Final = "(rules_version != '' AND policy_version >= 0)"
_NAMES_ONE: Final = (
    f"(of_owner != '' OR {said('by')} != '' OR {said('maker')} != ''"
    " OR arrayExists(x -> startsWith(x, 'done_by:'), decisions.reasons))"
)
_REMINDS: Final = "kind IN ('reminder_due', 'reminder_suppressed')"
_SENT: Final = f"(kind IN ('delivery_requested', 'delivery_status') OR {_REMINDS})"
_CLEARS: Final = """(kind IN ('cash_applied', 'credit_allocated', 'discount_granted', 'write_off_posted')
    AND item_kind = 'invoice' AND item_open = 0 AND NOT startsWith(rule, 'reversed.'))"""
COUNT_DAYS: Final = Rollup(
    "count_days",
    "Decisions of each day, by event time",
    {
        "kind": ("LowCardinality(String)", "What was concluded"),
        "rule": ("LowCardinality(String)", "By which rule"),
        "cause_kind": ("LowCardinality(String)", "Kind of the fact that caused it"),
        "origin": ("LowCardinality(String)", "live, or history"),
        "detail": ("LowCardinality(String)", "Of item_posted its item_kind, of delivery_status what it says"),
        "channel": ("LowCardinality(String)", "Of deliveries and reminders, how they go out"),
        "level": ("Int32", "Of reminders, the dunning level"),
    },
    {
        "decisions": Sum("sum(times)", "How many"),
        "amount": Sum("sum(times * amount)", "Their amounts, minor units"),
        "facts": Sum("sum(times * (`index` = 0))", "Facts that they are the first decision of"),
        "cleared": Sum(f"sum(times * {_CLEARS})", "They left nothing open of an invoice"),
        "with_cause": Sum(f"sum(times * {_CAUSED})", "They name the fact that caused them"),
        "with_rule": Sum("sum(times * (rule != ''))", "They name a rule"),
        "with_version": Sum(f"sum(times * {_VERSIONED})", "They name rules and policy"),
        "by_person": Sum("sum(times * is_by_person)", "Caused by a person"),
        "named": Sum("sum(times * is_by_person * is_named)", "Of them, these name one"),
        "complete": Sum(f"sum(times * ({_CAUSED} AND rule != '' AND {_VERSIONED}))", "They name all of that"),
    },
    f"""(
    SELECT tenant, entity, currency, a.region AS region, a.segment AS segment, a.collector AS owner, day, kind, rule,
           cause_kind, origin, detail, of_channel AS channel, of_level AS level, if(a.times = 0, 1, a.times) AS times, amount,
           `index`, item_kind, item_open, cause_id, rules_version, policy_version, is_by_person, is_named
    FROM (
        SELECT tenant, entity, account_id, currency, toDate32(event_time) AS day, kind, rule, cause_kind, origin,
               multiIf(kind = 'item_posted', item_kind, kind = 'delivery_status', decisions.text, '') AS detail,
               if({_SENT}, decisions.channel, '') AS of_channel, if({_REMINDS}, decisions.level, 0) AS of_level,
               amount, `index`, item_kind, item_open, cause_id, rules_version, policy_version,
               decisions.owner AS of_owner, {BY_PERSON} AS is_by_person, {_NAMES_ONE} AS is_named
        FROM {{decisions}} AS decisions WHERE {{condition}}
    ) AS d
    LEFT JOIN {{groups}} AS a USING (tenant, entity, account_id)
)""",
)

_LAG: Final = "toUnixTimestamp64Milli(recorded_time) - toUnixTimestamp64Milli(event_time)"
SHARD_DAYS: Final = Rollup(
    "shard_days",
    "How late each day's facts were known, by shard",
    {"shard": ("UInt16", "Shard")},
    {
        "facts": Sum("countIf(`index` = 0)", "Facts that led to a decision"),
        "lag_ms": Sum(f"sumIf({_LAG}, `index` = 0)", "From when they happened to when the log learned them"),
        "lag_max_ms": Sum(f"maxIf({_LAG}, `index` = 0)", "The longest", "max"),
        "last_sequence": Sum("max(sequence)", "The highest decision", "max"),
        "last_recorded_ms": Sum("max(toUnixTimestamp64Milli(recorded_time))", "When the last was recorded", "max"),
    },
    "(SELECT *, toDate32(event_time) AS day FROM {decisions} WHERE {condition})",
    of_accounts=False,
)

ROLLUPS: Final = (MONEY_DAYS, COUNT_DAYS, SHARD_DAYS)

# What an account counts as in the rollups: the last change of it.
_GROUP_COLUMNS: Final = """
    tenant LowCardinality(String) COMMENT 'Tenant',
    entity LowCardinality(String) COMMENT 'Company of the tenant',
    account_id String COMMENT 'Payer',
    region LowCardinality(String) COMMENT 'Region',
    segment LowCardinality(String) COMMENT 'Segment',
    collector LowCardinality(String) COMMENT 'Owner in the role collector',
    affiliate UInt8 COMMENT 'A company of the same group'"""
ACCOUNT_GROUPS: Final = f"""
CREATE TABLE IF NOT EXISTS account_groups ({_GROUP_COLUMNS},
    change Int64 COMMENT 'The change that made it so, counted from 1'
)
ENGINE = ReplacingMergeTree(change)
ORDER BY (tenant, entity, account_id)
{_SETTINGS}
COMMENT 'What each account counts as in the sums that are kept'
"""
# Written before anything is moved, so that a change that was cut short is made again as it was.
GROUP_CHANGES: Final = f"""
CREATE TABLE IF NOT EXISTS group_changes (
    change Int64 COMMENT 'Number of the change, from 1',{_GROUP_COLUMNS},
    times Int8 COMMENT '-1: what it was, 1: what it is'
)
ENGINE = MergeTree ORDER BY (change, tenant, entity, account_id)
{_SETTINGS}
COMMENT 'Every account that became another, with what it was and is'
"""
GROUPS: Final = (
    "(SELECT tenant, entity, account_id, region, segment, collector, affiliate, 1 AS times FROM account_groups FINAL)"
)
