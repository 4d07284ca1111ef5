"""Views of drafts on their way to becoming invoices, and of how invoices reached the customer."""

from typing import Final

from sinks.clickhouse.view import View

# One row for each document that was sent out; of the timeline from draft to acknowledgement each step's first time.
_DELIVERIES: Final = View(
    "deliveries",
    "Every document that was sent out, and how far it came",
    {},
    """
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
""",
)

# Drafts as they were last spoken of: held with all reasons, released, posted by the ERP meanwhile, or given up.
_DRAFTS: Final = View(
    "drafts",
    "Every draft: held, released, posted by the ERP meanwhile, or given up",
    {},
    """
SELECT tenant, entity, account_id, document,
       argMax(currency, sequence) AS currency,
       argMax(amount, sequence) AS amount,
       argMax(reference_id, sequence) AS order_id,
       multiIf(argMax(kind, sequence) = 'invoice_held', 'held', argMax(kind, sequence) = 'invoice_withdrawn', 'withdrawn',
               argMax(kind, sequence) = 'item_posted', 'posted', 'released') AS status,
       if(status = 'held', argMax(reasons, sequence), []) AS reasons,
       if(status = 'held', argMax(owner, sequence), '') AS owner,
       argMax(rule, sequence) AS rule,
       argMin(event_time, sequence) AS first_time,
       if(status = 'held', NULL, argMax(event_time, sequence)) AS ended_time,
       countIf(kind = 'invoice_held') AS holds,
       max(sequence) AS last_sequence
FROM decisions WHERE kind IN ('invoice_held', 'invoice_released', 'invoice_withdrawn', 'item_posted')
GROUP BY tenant, entity, account_id, document
HAVING countIf(kind != 'item_posted') > 0
""",
)

INVOICING: Final = (_DELIVERIES, _DRAFTS)
