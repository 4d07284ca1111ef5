"""Views of what waits for people: tasks, exceptions, requests for approval, and what became of those."""

from typing import Final

from sinks.clickhouse.evidence import said
from sinks.clickhouse.view import View

# Decisions that say what is left unapplied of a receipt.
_OF_A_RECEIPT: Final = """kind IN (
    'receipt_booked', 'cash_applied', 'cash_unapplied', 'receipt_reversed', 'cash_exchanged', 'cash_on_account')
    OR (kind = 'cash_transferred' AND decisions.rule = 'transfer.out')
    OR (kind IN ('refund_posted', 'write_off_posted') AND decisions.document = '')
    OR (kind = 'exception_closed' AND startsWith(reference_id, 'proposal:'))"""
_KEPT: Final = "(length(decisions.reasons) = 1 AND startsWith(decisions.reasons[1], 'prepayment:'))"

# One row for each exception and rule that raised it, each receipt whose cash was proposed, and each task. Whose it is
# is said by the last decision of it that names an owner.
_OPEN_EXCEPTIONS: Final = View(
    "open_exceptions",
    "Open exceptions, receipts whose cash was proposed, and open tasks",
    {},
    f"""
SELECT tenant, entity, account_id, exception_id, what, rule, currency, amount, document, receipt_id, counterparty,
       reasons, candidates, text, raised_time, work.owner AS owner, work.deadline AS deadline, work.step AS step,
       work.notes AS notes, work.last_note AS last_note, last_sequence
FROM (
    SELECT tenant, entity, account_id, reference_id AS exception_id, 'exception' AS what, decisions.rule AS rule,
           argMaxIf(decisions.currency, sequence, kind = 'exception_raised') AS currency,
           argMaxIf(decisions.amount, sequence, kind = 'exception_raised') AS amount,
           argMaxIf(decisions.document, sequence, kind = 'exception_raised') AS document,
           argMaxIf(decisions.receipt_id, sequence, kind = 'exception_raised') AS receipt_id,
           argMaxIf(decisions.counterparty, sequence, kind = 'exception_raised') AS counterparty,
           argMaxIf(decisions.reasons, sequence, kind = 'exception_raised') AS reasons,
           argMaxIf(decisions.candidates, sequence, kind = 'exception_raised') AS candidates,
           argMaxIf(decisions.text, sequence, kind = 'exception_raised') AS text,
           if(countIf(kind = 'exception_closed') = 0, -1, maxIf(sequence, kind = 'exception_closed')) AS closed_at,
           arraySort(arrayFilter(
               x -> x.1 > closed_at, groupArrayIf((sequence, event_time), kind = 'exception_raised')))[1].2 AS raised_time,
           max(sequence) AS last_sequence
    FROM decisions WHERE kind IN ('exception_raised', 'exception_closed')
    GROUP BY tenant, entity, account_id, exception_id, rule
    HAVING argMax(kind, sequence) = 'exception_raised'
    UNION ALL
    SELECT tenant, entity, account_id, concat('proposal:', decisions.receipt_id) AS exception_id, 'proposal' AS what,
           'cash.proposed' AS rule,
           argMaxIf(decisions.currency, sequence, kind = 'cash_proposed') AS currency,
           argMax(receipt_unapplied, sequence) AS amount,
           '' AS document, decisions.receipt_id AS receipt_id, '' AS counterparty,
           argMaxIf(decisions.reasons, sequence, kind = 'cash_proposed') AS reasons,
           argMaxIf(decisions.candidates, sequence, kind = 'cash_proposed') AS candidates,
           '' AS text,
           if(countIf(kind != 'cash_proposed' AND (receipt_unapplied = 0 OR kind = 'exception_closed')) = 0, -1,
              maxIf(sequence, kind != 'cash_proposed' AND (receipt_unapplied = 0 OR kind = 'exception_closed'))) AS closed_at,
           arraySort(arrayFilter(
               x -> x.1 > closed_at, groupArrayIf((sequence, event_time), kind = 'cash_proposed')))[1].2 AS raised_time,
           max(sequence) AS last_sequence
    FROM decisions
    WHERE decisions.receipt_id != '' AND ((kind = 'cash_proposed' AND NOT {_KEPT}) OR {_OF_A_RECEIPT})
    GROUP BY tenant, entity, account_id, decisions.receipt_id
    HAVING maxIf(sequence, kind = 'cash_proposed') > closed_at AND countIf(kind = 'cash_proposed') > 0
    UNION ALL
    SELECT tenant, entity, account_id, task_id AS exception_id, 'task' AS what, category AS rule, currency,
           past_due AS amount, document, '' AS receipt_id, '' AS counterparty, [next_action] AS reasons,
           CAST([], 'Array(String)') AS candidates, '' AS text, toInt64(-1) AS closed_at, opened_time AS raised_time,
           last_sequence
    FROM open_tasks
) AS what_is_open
LEFT JOIN (
    SELECT tenant, entity, account_id,
           if(kind = 'cash_proposed', concat('proposal:', decisions.receipt_id), reference_id) AS exception_id,
           argMaxIf(decisions.owner, sequence, kind != 'noted') AS owner,
           argMaxIf(decisions.deadline, sequence, kind NOT IN ('noted', 'escalated') OR startsWith(rule, 'collections.'))
               AS deadline,
           argMaxIf(level, sequence, kind != 'noted') AS step,
           countIf(kind = 'noted') AS notes,
           argMaxIf(decisions.text, sequence, kind = 'noted') AS last_note
    FROM decisions
    WHERE kind IN ('exception_raised', 'cash_proposed', 'assigned', 'noted', 'task_opened')
       OR (kind = 'escalated' AND (rule = 'exceptions.sla' OR startsWith(rule, 'collections.')))
    GROUP BY tenant, entity, account_id, exception_id
) AS work USING (tenant, entity, account_id, exception_id)
""",
)

_KINDS: Final = """(
    'approval_requested', 'approval_delegated', 'approval_given', 'approval_rejected', 'approval_expired',
    'approval_withdrawn')"""

# One row for each time that something was asked for: an id may be asked for again once it is answered.
_APPROVALS: Final = View(
    "approvals",
    "Every request for approval and its answer",
    {},
    f"""
SELECT tenant, entity, account_id, approval_id, asked_at AS request,
       anyIf(category, kind = 'approval_requested') AS category,
       anyIf(currency, kind = 'approval_requested') AS currency,
       anyIf(amount, kind = 'approval_requested') AS amount,
       anyIf(document, kind = 'approval_requested') AS document,
       anyIf(receipt_id, kind = 'approval_requested') AS receipt_id,
       anyIf(counterparty, kind = 'approval_requested') AS target_account,
       anyIf(maker, kind = 'approval_requested') AS maker,
       anyIf(text, kind = 'approval_requested') AS note,
       anyIf(reasons, kind = 'approval_requested') AS reasons,
       anyIf(owner, kind = 'approval_requested') AS asked,
       argMaxIf(owner, sequence, kind = 'approval_delegated') AS delegate,
       anyIf(event_time, kind = 'approval_requested') AS requested_time,
       anyIf(deadline, kind = 'approval_requested') AS deadline,
       multiIf(countIf(kind = 'approval_given') > 0, 'given', countIf(kind = 'approval_rejected') > 0, 'rejected',
               countIf(kind = 'approval_expired') > 0, 'expired', countIf(kind = 'approval_withdrawn') > 0, 'withdrawn',
               'open') AS status,
       anyIf(owner, kind IN ('approval_given', 'approval_rejected')) AS answered_by,
       if(status = 'open', NULL, argMax(event_time, sequence)) AS answered_time,
       anyIf(text, kind IN ('approval_given', 'approval_rejected', 'approval_withdrawn')) AS answer,
       max(sequence) AS last_sequence
FROM (
    SELECT tenant, entity, account_id, reference_id AS approval_id, sequence, kind, category, currency, amount, document,
           receipt_id, counterparty, text, reasons, owner, event_time, deadline, {said("maker")} AS maker,
           max(if(kind = 'approval_requested', sequence, -1)) OVER (
               PARTITION BY tenant, entity, account_id, reference_id ORDER BY sequence) AS asked_at
    FROM decisions_by_kind AS decisions WHERE kind IN {_KINDS}
)
GROUP BY tenant, entity, account_id, approval_id, request
""",
)

_OPEN_APPROVALS: Final = View(
    "open_approvals",
    "Requests for approval that wait for an answer",
    {},
    """
SELECT tenant, entity, account_id, approval_id, category, currency, amount, document, receipt_id, target_account, maker,
       note, reasons, asked, delegate, requested_time, deadline, last_sequence
FROM approvals WHERE status = 'open'
""",
)

# The last decision of each task; it is said again each time it goes to another person.
_OPEN_TASKS: Final = View(
    "open_tasks",
    "Open tasks of collectors as they were last said",
    {},
    """
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
       argMaxIf(event_time, sequence, kind = 'task_opened') AS opened_time,
       argMaxIf(event_time, sequence, kind != 'assigned') AS stated_time,
       max(sequence) AS last_sequence
FROM decisions
WHERE kind IN ('task_opened', 'task_closed') OR (kind = 'escalated' AND startsWith(rule, 'collections.'))
   OR (kind = 'assigned' AND decisions.category = 'task')
GROUP BY tenant, entity, account_id, task_id
HAVING argMaxIf(kind, sequence, kind != 'assigned') != 'task_closed'
""",
)

PEOPLE: Final = (_OPEN_TASKS, _OPEN_EXCEPTIONS, _APPROVALS, _OPEN_APPROVALS)
