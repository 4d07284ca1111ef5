"""The tables and views, as migrations: versioned, forward only, each statement repeatable.

One table holds data: `decisions`. Everything else is a view of it, so that one insert of one part is
the only thing that has to happen exactly once; docs/decisions/0030-one-table-and-views.md has the measurements.
"""

from typing import Final

from sinks.clickhouse.people import PEOPLE

# Days and instants that a producer may have got wrong are cut to what the column can hold (arrow.py).
_DECISIONS: Final = """
CREATE TABLE IF NOT EXISTS decisions (
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
    score Int64 COMMENT 'Of a task: what orders the worklist',
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
)
ENGINE = MergeTree
ORDER BY (tenant, entity, account_id, sequence)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'Every decision, each once'
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

_ITEM_MOVEMENTS: Final = """
CREATE OR REPLACE VIEW item_movements AS
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
"""

_ITEMS: Final = """
CREATE OR REPLACE VIEW items AS
SELECT tenant, entity, account_id, document,
       anyIf(currency, raises) AS currency,
       anyIf(item_kind, raises) AS item_kind,
       sumIf(item_amount, raises) AS amount,
       sum(change) AS open,
       -- What a deduction takes off its invoice is in no row of the invoice's own.
       least(argMaxIf(item_disputed, sequence, item_movements.item_kind != '' AND (kind IN (
           'item_posted', 'invoice_released', 'cash_applied', 'cash_unapplied', 'application_reversed',
           'interest_charged', 'credit_allocated', 'reminder_due', 'reminder_suppressed', 'dispute_opened', 'dispute_closed',
           'discount_granted', 'write_off_posted', 'deduction_opened', 'refund_posted'
       ) OR rule = 'disputes.review_ended')), open) AS disputed,
       maxIf(level, kind IN ('reminder_due', 'item_posted')) AS level,
       anyIf(posted_on, raises) AS posting_date,
       anyIf(due_date, raises) AS due_date,
       anyIf(document_date, raises) AS document_date,
       if(open = 0, maxIf(posted_on, change < 0 OR raises), NULL) AS cleared_on,
       max(sequence) AS last_sequence
FROM item_movements
GROUP BY tenant, entity, account_id, document
HAVING countIf(raises) > 0
"""

_OPEN_ITEMS: Final = """
CREATE OR REPLACE VIEW open_items AS
SELECT tenant, entity, account_id, document, currency, item_kind, amount, open, disputed, level, posting_date,
       due_date, document_date, last_sequence
FROM items WHERE open != 0
"""

_RECEIPTS: Final = """
CREATE OR REPLACE VIEW receipts AS
SELECT tenant, entity, account_id, receipt_id,
       anyIf(currency, kind = 'receipt_booked') AS currency,
       sumIf(amount, kind = 'receipt_booked') AS booked,
       sumIf(if(other_currency != '', other_amount, amount), kind = 'cash_applied')
           - sumIf(if(other_currency != '', other_amount, amount),
                   kind IN ('cash_unapplied', 'application_reversed') AND counterparty = '') AS applied,
       sumIf(amount, kind IN ('receipt_reversed', 'application_reversed') AND counterparty = '') AS returned,
       sumIf(amount, kind = 'cash_transferred' AND rule = 'transfer.out') AS transferred,
       sum(unapplied_change) AS unapplied,
       minIf(posted_on, kind = 'receipt_booked') AS posting_date,
       minIf(value_date, kind = 'receipt_booked') AS value_date,
       anyIf(counterparty, kind = 'receipt_booked') AS from_account,
       max(sequence) AS last_sequence
FROM decisions WHERE receipt_id != ''
GROUP BY tenant, entity, account_id, receipt_id
HAVING countIf(kind = 'receipt_booked') > 0
"""

_APPLICATIONS: Final = """
CREATE OR REPLACE VIEW applications AS
SELECT tenant, entity, account_id, document, currency,
       receipt_id, counterparty AS credit_note,
       if(kind IN ('cash_applied', 'credit_allocated'), amount, -amount) AS amount,
       kind, rule, posted_on AS posting_date, recorded_time, shard, sequence
FROM decisions WHERE kind IN ('cash_applied', 'cash_unapplied', 'application_reversed', 'credit_allocated')
"""

_DAILY_BALANCES: Final = """
CREATE OR REPLACE VIEW daily_balances AS
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
"""

_DAILY_TOTALS: Final = """
CREATE OR REPLACE VIEW daily_totals AS
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
"""

# The last decision of each task; it is said again each time it goes to another person.
_OPEN_TASKS: Final = """
CREATE OR REPLACE VIEW open_tasks AS
SELECT tenant, entity, account_id, reference_id AS task_id,
       argMaxIf(decisions.category, sequence, kind != 'assigned') AS category,
       argMax(decisions.owner, sequence) AS owner,
       argMaxIf(decisions.score, sequence, kind != 'assigned') AS score,
       argMaxIf(text, sequence, kind != 'assigned') AS next_action,
       argMaxIf(decisions.deadline, sequence, kind != 'assigned') AS deadline,
       argMaxIf(level, sequence, kind != 'assigned') AS step,
       argMaxIf(decisions.currency, sequence, kind != 'assigned') AS currency,
       argMaxIf(amount, sequence, kind != 'assigned') AS past_due,
       argMaxIf(decisions.document, sequence, kind != 'assigned') AS document,
       argMaxIf(decisions.evidence, sequence, kind != 'assigned') AS evidence,
       maxIf(event_time, kind = 'task_opened') AS opened_time,
       max(sequence) AS last_sequence
FROM decisions
WHERE kind IN ('task_opened', 'task_closed') OR (kind = 'escalated' AND startsWith(rule, 'collections.'))
   OR (kind = 'assigned' AND decisions.category = 'task')
GROUP BY tenant, entity, account_id, task_id
HAVING argMaxIf(kind, sequence, kind != 'assigned') != 'task_closed'
"""


def _said(name: str) -> str:
    """The value of the first evidence of that name (name:value), or an empty text."""
    return f"substring(arrayFirst(x -> startsWith(x, '{name}:'), evidence), {len(name) + 2})"


def _number(name: str) -> str:
    return f"toInt64OrZero({_said(name)})"


_STATED: Final = "kind IN ('credit_hold_set', 'credit_hold_released', 'credit_near_limit')"
_EXPOSURE: Final = ("open_items", "unbilled", "drafts", "orders", "members", "unapplied")
_OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
_DAYS_LOST: Final = ("days_customer", "days_own", "days_upstream")
_CAUSES: Final = ("carrier", "product", "region", "segment")
_CLOSED: Final = "kind = 'dispute_closed'"
_SUMS_OF_DISPUTES: Final = "".join(f", sum({name}) AS {name}" for name in (*_OUTCOMES, *_DAYS_LOST))

# As of the last decision about the account's credit; a limit as of the last one that set it.
_CREDIT: Final = f"""
CREATE OR REPLACE VIEW credit AS
SELECT tenant, entity, account_id,
       argMaxIf(currency, sequence, {_STATED}) AS currency,
       argMaxIf({_number("limit")}, sequence, {_STATED}) AS credit_limit,
       argMaxIf(amount, sequence, {_STATED}) AS exposure,
       {", ".join(f"argMaxIf({_number(name)}, sequence, {_STATED}) AS {name}" for name in _EXPOSURE)},
       countIf(kind = 'credit_hold_set') > countIf(kind = 'credit_hold_released') AS held,
       if(held, argMaxIf(reasons, sequence, kind = 'credit_hold_set'), []) AS held_for,
       if(held, maxIf(event_time, kind = 'credit_hold_set'), NULL) AS held_since,
       countIf(kind = 'credit_hold_set') AS holds,
       argMaxIf(amount, sequence, kind = 'credit_limit_set') AS limit_set,
       countIf(kind = 'credit_limit_set') AS limits_set,
       maxIf(event_time, {_STATED}) AS stated_time,
       max(sequence) AS last_sequence
FROM decisions
WHERE startsWith(kind, 'credit_') AND kind NOT IN ('credit_allocated', 'credit_group_told', 'credit_exposure_stated')
GROUP BY tenant, entity, account_id
"""

_CREDIT_CHANGES: Final = f"""
CREATE OR REPLACE VIEW credit_changes AS
SELECT tenant, entity, account_id,
       if(kind = 'credit_change_proposed', {_said("limit")}, reference_id) AS limit_id,
       if(kind = 'credit_change_proposed', reference_id, {_said("approval")}) AS proposal_id,
       multiIf(kind = 'credit_change_proposed', 'proposed', kind = 'credit_change_rejected', 'rejected',
               rule = 'credit.approved', 'approved', 'set') AS status,
       currency, amount, {_said("cancelled")} = '1' AS taken_away, {_said("maker")} AS maker, {_said("by")} AS approver,
       reasons, event_time, shard, sequence
FROM decisions WHERE kind IN ('credit_limit_set', 'credit_change_proposed', 'credit_change_rejected')
"""

_DISPUTES: Final = f"""
CREATE OR REPLACE VIEW disputes AS
SELECT tenant, entity, account_id, reference_id AS dispute_id,
       any(document) AS document,
       any(currency) AS currency,
       argMaxIf(amount, sequence, kind = 'dispute_opened') AS amount,
       argMaxIf(category, sequence, category != '') AS category,
       argMaxIf(owner, sequence, owner != '') AS owner,
       anyIf(channel, kind = 'dispute_opened') AS channel,
       multiIf(countIf({_CLOSED}) > 0, 'closed', countIf(kind = 'dispute_routed') > 0,
               argMaxIf(text, sequence, kind = 'dispute_routed'), 'open') AS status,
       minIf(event_time, kind = 'dispute_opened') AS opened_time,
       if(status = 'closed', maxIf(event_time, {_CLOSED}), NULL) AS closed_time,
       if(status = 'closed', toDateTime64(0, 3, 'UTC'),
          argMaxIf(deadline, sequence, kind IN ('dispute_routed', 'escalated'))) AS deadline,
       countIf(kind = 'escalated') AS escalations,
       anyIf({_said("root_cause")}, {_CLOSED}) AS root_cause,
       anyIf({_said("rebilled_as")}, {_CLOSED}) AS rebilled_as,
       anyIf({_number("business_minutes")}, {_CLOSED}) AS business_minutes,
       {", ".join(f"anyIf({_said(name)}, {_CLOSED}) AS {name}" for name in _CAUSES)},
       {", ".join(f"anyIf({_number(name)}, {_CLOSED}) AS {name}" for name in (*_OUTCOMES, *_DAYS_LOST))},
       max(sequence) AS last_sequence
FROM decisions
WHERE kind IN ('dispute_opened', 'dispute_routed', 'dispute_closed') OR (kind = 'escalated' AND startsWith(rule, 'disputes.'))
GROUP BY tenant, entity, account_id, reference_id
"""

_DISPUTE_CAUSES: Final = f"""
CREATE OR REPLACE VIEW dispute_causes AS
SELECT tenant, entity, currency, toStartOfMonth(toDate(closed_time)) AS month, category, root_cause, region, segment,
       carrier, product,
       count() AS disputes, sum(amount) AS contested{_SUMS_OF_DISPUTES},
       quantileExact(0.5)(business_minutes) AS median_business_minutes,
       quantileExact(0.9)(business_minutes) AS p90_business_minutes
FROM disputes WHERE status = 'closed'
GROUP BY tenant, entity, currency, month, category, root_cause, region, segment, carrier, product
"""

_PROMISES: Final = f"""
CREATE OR REPLACE VIEW promises AS
SELECT tenant, entity, account_id, reference_id AS promise_id,
       any(currency) AS currency,
       anyIf({_said("part_of")}, kind = 'promise_opened') AS part_of,
       argMaxIf(amount, sequence, kind = 'promise_opened') AS amount,
       argMaxIf(due_date, sequence, kind = 'promise_opened') AS promised_date,
       argMaxIf(candidates, sequence, kind = 'promise_opened') AS documents,
       maxIf(event_time, kind = 'promise_opened') AS made_time,
       substring(argMax(kind, sequence), 9) AS status,
       status IN ('kept', 'partially_kept', 'broken') AS is_judged,
       if(is_judged, minIf(event_time, kind IN ('promise_kept', 'promise_partially_kept', 'promise_broken')), NULL) AS judged_time,
       if(is_judged, argMax(item_amount, sequence), 0) AS kept,
       max(sequence) AS last_sequence
FROM decisions WHERE startsWith(kind, 'promise_')
GROUP BY tenant, entity, account_id, reference_id
"""

_PROMISE_CONVERSION: Final = """
CREATE OR REPLACE VIEW promise_conversion AS
SELECT tenant, entity, currency, toStartOfMonth(toDate(judged_time)) AS month,
       count() AS promises, countIf(status = 'kept') AS in_full, sum(amount) AS promised, sum(kept) AS kept_amount,
       kept_amount / promised AS conversion
FROM promises WHERE is_judged
GROUP BY tenant, entity, currency, month
"""

# One row for each document that was sent out; of the timeline from draft to acknowledgement each step's first time.
_DELIVERIES: Final = """
CREATE OR REPLACE VIEW deliveries AS
SELECT tenant, entity, account_id, document,
       anyIf(currency, currency != '') AS currency,
       argMax(amount, sequence) AS amount,
       argMaxIf(candidates, sequence, kind IN ('delivery_requested', 'delivery_status')) AS documents,
       argMaxIf(if(kind = 'delivery_requested', 'requested', text), sequence,
                kind IN ('delivery_requested', 'delivery_status')) AS said,
       if(said = '', 'unreachable', said) AS status,
       argMaxIf(channel, sequence, kind = 'delivery_requested') AS channel,
       countIf(kind = 'delivery_requested') AS requests,
       countIf(rule = 'delivery.fallback') AS fallbacks,
       if(requests > 0, minIf(event_time, kind = 'delivery_requested'), NULL) AS requested_time,
       if(countIf(text = 'delivered') > 0, minIf(event_time, text = 'delivered'), NULL) AS delivered_time,
       if(countIf(text = 'viewed') > 0, minIf(event_time, text = 'viewed'), NULL) AS viewed_time,
       if(countIf(text = 'acknowledged') > 0, minIf(event_time, text = 'acknowledged'), NULL) AS acknowledged_time,
       if(countIf(text = 'rejected') > 0, maxIf(event_time, text = 'rejected'), NULL) AS rejected_time,
       countIf(kind = 'exception_raised') > countIf(kind = 'exception_closed') AS for_a_person,
       max(sequence) AS last_sequence
FROM decisions WHERE startsWith(rule, 'delivery.')
GROUP BY tenant, entity, account_id, document
"""

# Drafts as they were last spoken of: held with all reasons, released, posted by the ERP meanwhile, or given up.
_DRAFTS: Final = """
CREATE OR REPLACE VIEW drafts AS
SELECT tenant, entity, account_id, document,
       argMax(currency, sequence) AS currency,
       argMax(amount, sequence) AS amount,
       argMax(reference_id, sequence) AS order_id,
       multiIf(argMax(kind, sequence) = 'invoice_held', 'held', argMax(kind, sequence) = 'invoice_withdrawn', 'withdrawn',
               argMax(kind, sequence) = 'item_posted', 'posted', 'released') AS status,
       if(status = 'held', argMax(reasons, sequence), []) AS reasons,
       if(status = 'held', argMax(owner, sequence), '') AS owner,
       argMax(rule, sequence) AS rule,
       min(event_time) AS first_time,
       if(status = 'held', NULL, max(event_time)) AS ended_time,
       countIf(kind = 'invoice_held') AS holds,
       max(sequence) AS last_sequence
FROM decisions WHERE kind IN ('invoice_held', 'invoice_released', 'invoice_withdrawn', 'item_posted')
GROUP BY tenant, entity, account_id, document
HAVING countIf(kind != 'item_posted') > 0
"""

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (
    (
        _DECISIONS,
        _PUBLISH_STATE,
        _ITEM_MOVEMENTS,
        _ITEMS,
        _OPEN_ITEMS,
        _RECEIPTS,
        _APPLICATIONS,
        _DAILY_BALANCES,
        _DAILY_TOTALS,
        _OPEN_TASKS,
        _CREDIT,
        _CREDIT_CHANGES,
        _DISPUTES,
        _DISPUTE_CAUSES,
        _PROMISES,
        _PROMISE_CONVERSION,
        *PEOPLE,
        _DELIVERIES,
        _DRAFTS,
    ),
)
"""Version n is MIGRATIONS[n - 1]. Never change one that was released; add one."""

VERSIONS_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_versions (
    version UInt32 COMMENT 'Migration that was applied',
    applied_time DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When'
)
ENGINE = MergeTree ORDER BY version
SETTINGS fsync_after_insert = 1
"""
