"""The tables, as migrations: versioned, forward only, each statement repeatable; and the views, which the last version makes.

One table holds data: `decisions`. Everything else is a view of it, so that one insert of one part is
the only thing that has to happen exactly once; docs/decisions/0030-one-table-and-views.md has the measurements.
"""

from typing import Final

from sinks.clickhouse.answers import ANSWERS
from sinks.clickhouse.by_kind import BY_KIND, Copy
from sinks.clickhouse.claims import CLAIMS
from sinks.clickhouse.credit import CREDIT
from sinks.clickhouse.dimensions import DIMENSIONS, FACT_TABLES, MORE_OF_CUSTOMERS
from sinks.clickhouse.invoicing import INVOICING
from sinks.clickhouse.kpis import ANSWERED, KPIS
from sinks.clickhouse.people import PEOPLE
from sinks.clickhouse.rollups import ACCOUNT_GROUPS, COUNT_DAYS, GROUP_CHANGES, GROUPS, MONEY_DAYS, ROLLUPS, Rollup
from sinks.clickhouse.view import View

# What Date32 and DateTime64(3) hold, 1900 to 2299, in days and in milliseconds since 1970: a producer's 9999-12-31 must not
# stop the tables, so what lies outside is cut to the end.
FIRST_DAY: Final = -25_567
LAST_DAY: Final = 120_529
FIRST_MS: Final = FIRST_DAY * 86_400_000
LAST_MS: Final = (LAST_DAY + 1) * 86_400_000 - 1
DAYS: Final = ("posting_date", "value_date", "due_date", "document_date")
INSTANTS: Final = ("event_time", "recorded_time", "deadline")
SAID: Final = "said_"
"""Begins the names of days and instants as decisions have them, in a staged batch: days since 1970-01-01, UTC milliseconds."""

_COLUMNS: Final = """
    shard UInt16 COMMENT 'Shard: partition of the decisions log',
    sequence Int64 COMMENT 'Number in its shard, from 0, without holes; orders everything of an account',
    fact_offset Int64 COMMENT 'Offset of the fact that was processed',
    `index` Int32 COMMENT 'Place among the decisions of that fact, from 0',
    `count` Int32 COMMENT 'How many decisions that fact has',
    kind LowCardinality(String) COMMENT 'What was concluded',
    rules_version LowCardinality(String) COMMENT 'Version of the rules',
    policy_version Int32 COMMENT 'Version of the policy; 0 is the built-in one',
    rule LowCardinality(String) COMMENT 'Rule and step that concluded it',
    origin LowCardinality(String) COMMENT 'live, or history for imports and replays',
    tenant LowCardinality(String) COMMENT 'Tenant',
    entity LowCardinality(String) COMMENT 'Company of the tenant',
    account_id String COMMENT 'Payer; ~suspense: accounts hold receipts whose payer is not known',
    cause_kind LowCardinality(String) COMMENT 'Kind of the fact that caused it; wake where time did',
    cause_id String COMMENT 'event_id of that fact',
    event_time DateTime64(3, 'UTC') COMMENT 'When the cause happened',
    recorded_time DateTime64(3, 'UTC') COMMENT 'When the log learned the cause',
    currency LowCardinality(String) COMMENT 'ISO 4217, or empty',
    amount Int64 COMMENT 'Minor units that it moves or is about',
    document String COMMENT 'Item, or empty',
    item_kind LowCardinality(String) COMMENT 'invoice, credit_note, interest or empty',
    receipt_id String COMMENT 'Receipt, or empty',
    reference_id String COMMENT 'Dispute, promise, letter, transfer or exception it is about, or empty',
    counterparty String COMMENT 'The other account, or the credit note''s invoice, or the credit note allocated or given back',
    posting_date Date32 COMMENT '1970-01-01 where it posts nothing',
    value_date Date32 COMMENT '1970-01-01 where there is none',
    due_date Date32 COMMENT '1970-01-01 where there is none',
    document_date Date32 COMMENT '1970-01-01 where there is none',
    level Int32 COMMENT 'Dunning level after it',
    reasons Array(LowCardinality(String)) COMMENT 'Why: name or name:detail',
    candidates Array(String) COMMENT 'Documents or accounts it could have been',
    text String COMMENT 'Category, note or evidence',
    item_amount Int64 COMMENT 'Original amount of the item, minor units',
    item_open Int64 COMMENT 'Open amount of the item after it, minor units',
    item_disputed Int64 COMMENT 'Disputed amount of the item after it, minor units',
    receipt_unapplied Int64 COMMENT 'Unapplied amount of the receipt after it, minor units',
    open_debit Int64 COMMENT 'Open debits of account and currency after it, minor units',
    open_credit Int64 COMMENT 'Open credits after it, minor units',
    unapplied Int64 COMMENT 'Unapplied cash after it, minor units; unidentified in a suspense account',
    on_account Int64 COMMENT 'Cash left on account after it, minor units',
    evidence Array(String) COMMENT 'What it rests on, as name:value',
    excluded Array(String) COMMENT 'Alternatives that were looked at and do not hold, with why',
    policy_line LowCardinality(String) COMMENT 'The variants of the policy that applied; empty is its base',
    owner LowCardinality(String) COMMENT 'Who is to act, or empty',
    category LowCardinality(String) COMMENT 'Of a dispute, deduction, task or exception, or empty',
    channel LowCardinality(String) COMMENT 'How it is to be sent, or empty',
    template LowCardinality(String) COMMENT 'The approved template, or empty',
    language LowCardinality(String) COMMENT 'BCP 47, or empty',
    deadline DateTime64(3, 'UTC') COMMENT 'Until when; 1970-01-01 is without',
    other_currency LowCardinality(String) COMMENT 'The receipt''s currency where it is another one than the item''s',
    other_amount Int64 COMMENT 'Minor units of that currency',
    tax Int64 COMMENT 'Tax in the amount, minor units',
    score Int64 COMMENT 'Of a task: what orders the worklist'
"""
# Computed from the others when they are asked for.
ALIASES: Final = """
    id String ALIAS concat(toString(shard), '-', toString(sequence)) COMMENT 'SHARD-SEQUENCE: what headrace why takes',
    raises UInt8 ALIAS kind IN ('invoice_released', 'item_posted', 'interest_charged', 'deduction_opened')
        AND NOT startsWith(rule, 'reversed.') COMMENT 'It makes a new item',
    is_sale UInt8 ALIAS kind IN ('invoice_released', 'item_posted') AND rule != 'posted.opening'
        COMMENT 'It counts in sales: no deduction, which is of an invoice that did, no interest, and nothing taken over at a cut-over',
    posted_on Date32 ALIAS if(posting_date > toDate32('1970-01-01'), posting_date, toDate32(event_time))
        COMMENT 'Posting date; the day of the event where there is none',
    open_debit_change Int64 ALIAS multiIf(
        kind = 'invoice_released' OR (kind = 'item_posted' AND item_kind != 'credit_note'), amount,
        kind = 'interest_charged', amount,
        kind IN ('cash_unapplied', 'application_reversed'), amount,
        kind IN ('cash_applied', 'credit_allocated'), -amount,
        kind IN ('discount_granted', 'write_off_posted') AND document != '',
        if(startsWith(rule, 'reversed.'), amount, -amount),
        0) COMMENT 'What it posts to open debits (docs/ledger.md)',
    open_credit_change Int64 ALIAS multiIf(
        kind = 'item_posted' AND item_kind = 'credit_note', amount,
        kind = 'credit_allocated', -amount,
        kind = 'application_reversed' AND counterparty != '', amount,
        kind = 'refund_posted' AND document != '', -amount,
        0) COMMENT 'What it posts to open credits',
    unapplied_change Int64 ALIAS multiIf(
        kind IN ('cash_applied', 'cash_unapplied') AND other_currency != '', 0,
        kind IN ('receipt_booked', 'cash_unapplied'), amount,
        kind IN ('cash_applied', 'receipt_reversed'), -amount,
        kind IN ('cash_exchanged', 'cash_on_account'), if(startsWith(rule, 'reversed.'), amount, -amount),
        kind IN ('refund_posted', 'write_off_posted') AND document = '', if(startsWith(rule, 'reversed.'), amount, -amount),
        kind = 'cash_transferred' AND rule = 'transfer.out', -amount,
        0) COMMENT 'What it posts to unapplied cash',
    on_account_change Int64 ALIAS multiIf(
        kind = 'cash_on_account', if(startsWith(rule, 'reversed.'), -amount, amount),
        0) COMMENT 'What it posts to cash left on account'
"""
_DECISIONS: Final = f"""
CREATE TABLE IF NOT EXISTS decisions ({_COLUMNS},{ALIASES})
ENGINE = MergeTree
ORDER BY (tenant, entity, account_id, sequence)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Every decision, each once'
"""


def _with_said(columns: str) -> str:
    """Days and instants are made of what decisions say."""
    of = {name: ("Date32", f"toDate32(least(greatest({SAID}{name}, {FIRST_DAY}), {LAST_DAY}))") for name in DAYS}
    for name in INSTANTS:
        cut = f"least(greatest({SAID}{name}, {FIRST_MS}), {LAST_MS})"
        of[name] = ("DateTime64(3, 'UTC')", f"fromUnixTimestamp64Milli({cut}, 'UTC')")
    for name, (kind, made) in of.items():
        columns = columns.replace(
            f" {name} {kind}", f" {SAID}{name} Int64 EPHEMERAL,\n    {name} {kind} DEFAULT {made}"
        )
    return columns


def staged_table(name: str) -> str:
    """CREATE of a table for one batch, of one publisher."""
    return f"""
CREATE TABLE {name} ({_with_said(_COLUMNS)},{ALIASES})
ENGINE = Memory
COMMENT 'A batch that is being published'
"""


_STAGED_ACCOUNTS: Final = """
CREATE TABLE IF NOT EXISTS staged_accounts (
    tenant LowCardinality(String) COMMENT 'Tenant',
    entity LowCardinality(String) COMMENT 'Company of the tenant',
    account_id String COMMENT 'Payer'
)
ENGINE = Memory
COMMENT 'Accounts that facts speak of, while it is looked at what they are'
"""

# One row for each publisher that ever ran and shard: the last of each by version. Never summed or joined.
_PUBLISH_STATE: Final = """
CREATE TABLE IF NOT EXISTS publish_state (
    shard UInt16 COMMENT 'Shard',
    owner String COMMENT 'The publisher process that wrote it',
    version Int64 COMMENT 'Rises with each row: batch * 2, + 1 for after',
    batch Int64 COMMENT 'Number of the batch, over all shards',
    phase Enum8('before' = 1, 'after' = 2) COMMENT 'before: its insert may or may not have happened',
    first Int64 COMMENT 'First sequence of the batch in this shard',
    last Int64 COMMENT 'Last sequence of the batch in this shard',
    first_offset Int64 COMMENT 'Offset in the decisions log to read the batch from again',
    next_offset Int64 COMMENT 'Offset to go on from after the batch',
    log String COMMENT 'Identity of the decisions log'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (shard, owner)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Which range of each shard is being published, or was last'
"""

_ITEM_MOVEMENTS: Final = View(
    "item_movements",
    "Each decision about an item, with what it changes of what is open",
    {},
    """
SELECT tenant, entity, account_id, document, currency, shard, sequence, kind, rule, posted_on, recorded_time,
       event_time, raises, item_kind, amount, item_amount, due_date, document_date, level, item_disputed, receipt_id,
       multiIf(
           kind = 'deduction_opened', if(raises, amount, -amount),
           item_kind = 'credit_note' AND (raises OR kind = 'refund_posted'), open_credit_change,
           open_debit_change) AS change
FROM decisions
WHERE document != '' AND kind NOT IN ('invoice_held', 'fact_rejected', 'cash_exchanged', 'fx_difference_posted')
UNION ALL
SELECT tenant, entity, account_id, counterparty AS document, currency, shard, sequence, kind, rule, posted_on,
       recorded_time, event_time, toUInt8(0) AS raises, '' AS item_kind, amount, toInt64(0) AS item_amount, due_date,
       document_date, toInt32(0) AS level, toInt64(0) AS item_disputed, receipt_id, open_credit_change AS change
FROM decisions WHERE kind = 'credit_allocated' OR (kind = 'application_reversed' AND counterparty != '')
UNION ALL
SELECT tenant, entity, account_id, counterparty AS document, currency, shard, sequence, kind, rule, posted_on,
       recorded_time, event_time, toUInt8(0) AS raises, '' AS item_kind, amount, toInt64(0) AS item_amount, due_date,
       document_date, toInt32(0) AS level, toInt64(0) AS item_disputed, receipt_id, if(decisions.raises, -amount, amount) AS change
FROM decisions WHERE kind = 'deduction_opened'
""",
)

# Rows of item_movements that say what is disputed of their item.
SAYS_DISPUTED: Final = """item_movements.item_kind != '' AND (kind IN (
           'item_posted', 'invoice_released', 'cash_applied', 'cash_unapplied', 'application_reversed',
           'interest_charged', 'credit_allocated', 'reminder_due', 'reminder_suppressed', 'dispute_opened', 'dispute_closed',
           'discount_granted', 'write_off_posted', 'deduction_opened', 'refund_posted'
       ) OR rule = 'disputes.review_ended')"""
_ITEMS: Final = View(
    "items",
    "Every invoice, credit note, deduction and charged interest",
    {},
    f"""
SELECT tenant, entity, account_id, document,
       anyIf(currency, raises) AS currency,
       anyIf(item_kind, raises) AS item_kind,
       sumIf(item_amount, raises) AS amount,
       sum(change) AS open,
       -- What a deduction takes off its invoice is in no row of the invoice's own.
       least(argMaxIf(item_disputed, sequence, {SAYS_DISPUTED}), open) AS disputed,
       maxIf(level, kind IN ('reminder_due', 'item_posted')) AS level,
       anyIf(posted_on, raises) AS posting_date,
       anyIf(due_date, raises) AS due_date,
       anyIf(document_date, raises) AS document_date,
       if(open = 0, maxIf(posted_on, change < 0 OR raises), NULL) AS cleared_on,
       max(sequence) AS last_sequence
FROM item_movements
GROUP BY tenant, entity, account_id, document
HAVING countIf(raises) > 0
""",
)

_OPEN_ITEMS: Final = View(
    "open_items",
    "Items with something open",
    {},
    """
SELECT tenant, entity, account_id, document, currency, item_kind, amount, open, disputed, level, posting_date,
       due_date, document_date, last_sequence
FROM items WHERE open != 0
""",
)

_RECEIPTS: Final = View(
    "receipts",
    "Every receipt in each account it was booked in",
    {},
    """
SELECT tenant, entity, account_id, receipt_id,
       anyIf(currency, kind = 'receipt_booked') AS currency,
       sumIf(amount, kind = 'receipt_booked') AS booked,
       sumIf(if(other_currency != '', other_amount, amount), kind = 'cash_applied')
           - sumIf(if(other_currency != '', other_amount, amount),
                   kind IN ('cash_unapplied', 'application_reversed') AND counterparty = '') AS applied,
       sumIf(amount, kind IN ('receipt_reversed', 'application_reversed') AND counterparty = '') AS returned,
       sumIf(amount, kind = 'cash_transferred' AND rule = 'transfer.out') AS transferred,
       booked - transferred AS received,
       sum(unapplied_change) AS unapplied,
       minIf(posted_on, kind = 'receipt_booked') AS posting_date,
       minIf(value_date, kind = 'receipt_booked') AS value_date,
       argMinIf(counterparty, sequence, kind = 'receipt_booked') AS from_account,
       max(sequence) AS last_sequence
FROM decisions WHERE receipt_id != ''
GROUP BY tenant, entity, account_id, receipt_id
HAVING countIf(kind = 'receipt_booked') > 0
""",
)

_APPLICATIONS: Final = View(
    "applications",
    "Every application of cash or credit; each undoing is negative",
    {},
    """
SELECT tenant, entity, account_id, document, currency,
       receipt_id, counterparty AS credit_note,
       if(kind IN ('cash_applied', 'credit_allocated'), amount, -amount) AS amount,
       kind, rule, posted_on AS posting_date, recorded_time, shard, sequence
FROM decisions WHERE kind IN ('cash_applied', 'cash_unapplied', 'application_reversed', 'credit_allocated')
""",
)

_DAILY_BALANCES: Final = View(
    "daily_balances",
    "Balances of each account at the end of every day with a movement, by posting date",
    {},
    """
SELECT tenant, entity, account_id, currency, day,
       sum(debits) OVER running AS open_debit,
       sum(credits) OVER running AS open_credit,
       sum(cash) OVER running AS unapplied,
       sum(kept) OVER running AS on_account,
       open_debit - open_credit - unapplied - on_account AS balance
FROM (
    SELECT tenant, entity, account_id, currency, posted_on AS day, sum(open_debit_change) AS debits,
           sum(open_credit_change) AS credits, sum(unapplied_change) AS cash, sum(on_account_change) AS kept
    FROM decisions
    WHERE open_debit_change != 0 OR open_credit_change != 0 OR unapplied_change != 0
    GROUP BY tenant, entity, account_id, currency, day
)
WINDOW running AS (PARTITION BY tenant, entity, account_id, currency ORDER BY day)
""",
)

_DAILY_TOTALS: Final = View(
    "daily_totals",
    "The same over all accounts of a company",
    {},
    """
SELECT tenant, entity, currency, day,
       sum(debits) OVER running AS open_debit,
       sum(credits) OVER running AS open_credit,
       sum(cash) OVER running AS unapplied,
       sum(unknown) OVER running AS unidentified,
       sum(kept) OVER running AS on_account,
       open_debit - open_credit - unapplied - on_account AS balance
FROM (
    SELECT tenant, entity, currency, posted_on AS day, sum(open_debit_change) AS debits,
           sum(open_credit_change) AS credits,
           sumIf(unapplied_change, NOT startsWith(account_id, '~suspense:')) AS cash,
           sumIf(unapplied_change, startsWith(account_id, '~suspense:')) AS unknown,
           sum(on_account_change) AS kept
    FROM decisions
    WHERE open_debit_change != 0 OR open_credit_change != 0 OR unapplied_change != 0
    GROUP BY tenant, entity, currency, day
)
WINDOW running AS (PARTITION BY tenant, entity, currency ORDER BY day)
""",
)

# Decisions of a batch that may be there and is not confirmed are added when it is published again.
_CONFIRMED: Final = """NOT arrayExists(x -> x.1 = shard AND sequence BETWEEN x.2 AND x.3, (
    SELECT groupArray((shard, first, last)) FROM (
        SELECT shard, argMax(phase, version) AS phase, argMax(publish_state.first, version) AS first,
               argMax(publish_state.last, version) AS last
        FROM publish_state GROUP BY shard
    ) WHERE phase = 'before'))"""


def _filled(rollup: Rollup | Copy) -> tuple[str, ...]:
    """Make what is kept of the decisions that are there; again, from the beginning, where that was cut short."""
    columns = ", ".join(rollup.columns)
    return (
        rollup.table,
        f"TRUNCATE TABLE {rollup.name}",
        f"INSERT INTO {rollup.name} ({columns}) {rollup.select('decisions', _CONFIRMED, GROUPS)}",
    )


def _remade(rollup: Rollup) -> tuple[str, ...]:
    """Make a rollup of other columns than it had."""
    return (f"DROP TABLE IF EXISTS {rollup.name} SYNC", *_filled(rollup))


MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (_DECISIONS, _PUBLISH_STATE),
    (
        *FACT_TABLES,
        _STAGED_ACCOUNTS,
        ACCOUNT_GROUPS,
        GROUP_CHANGES,
        *(statement for rollup in ROLLUPS for statement in _filled(rollup)),
    ),
    # Changes of limits with their days: views alone.
    (),
    # Times are those of the decision that is first or last in the log.
    (),
    # Why items became overdue: views alone.
    (),
    # Decisions in the order of their kinds; counts by channel and dunning level, and what came in.
    (*_filled(BY_KIND), *_remade(MONEY_DAYS), *_remade(COUNT_DAYS)),
    # Each publisher has tables of its own for its batches.
    ("DROP TABLE IF EXISTS staged_decisions SYNC",),
    # Risk classes and contracts of customers.
    MORE_OF_CUSTOMERS,
    # Of what is said twice the first, or the last, and not any: views alone.
    (),
    # Answers of KPIs are kept.
    (),
    # What was taken over, by day: until DSO and CEI know all of their period. And what judgements of promises say.
    (*_filled(BY_KIND), *_remade(MONEY_DAYS)),
    # A receipt that was sent on counts where it came: views alone.
    (),
)
"""What version n does to the tables of the one before is MIGRATIONS[n - 1]; then the tables of REMADE and all VIEWS are made as
they are now.

Never change one that was released; add one, with nothing in it where only views are others.
"""

REMADE: Final = {"answers": ANSWERS, **{answer.name: answer.table for answer in ANSWERED}}
"""Tables, by name, that each migration makes anew; what KPIs give is then counted from the others."""

VIEWS: Final[tuple[View, ...]] = (
    _ITEM_MOVEMENTS,
    _ITEMS,
    _OPEN_ITEMS,
    _RECEIPTS,
    _APPLICATIONS,
    _DAILY_BALANCES,
    _DAILY_TOTALS,
    *CREDIT,
    *CLAIMS,
    *PEOPLE,
    *INVOICING,
    *DIMENSIONS,
    *KPIS,
)
"""In an order in which each is made after those that it asks."""

VERSIONS_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_versions (
    version UInt32 COMMENT 'Migration that was applied',
    applied_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When'
)
ENGINE = MergeTree ORDER BY version
SETTINGS fsync_after_insert = 1
"""
