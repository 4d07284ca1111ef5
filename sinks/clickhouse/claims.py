"""Views of disputes and of promises to pay, one by one and counted.

First and last are so in the log: what is learned later may have happened before.
"""

from typing import Final

from sinks.clickhouse.evidence import number, said
from sinks.clickhouse.view import View

_OUTCOMES: Final = ("credited", "rejected", "written_off", "goodwill", "recovered", "rebilled", "refunded")
_DAYS_LOST: Final = ("days_customer", "days_own", "days_upstream")
_CAUSES: Final = ("carrier", "product", "region", "segment")
_CLOSED: Final = "kind = 'dispute_closed'"
_SUMS_OF_DISPUTES: Final = "".join(f", sum({name}) AS {name}" for name in (*_OUTCOMES, *_DAYS_LOST))

_OF_CLOSING: Final = (
    *((name, said(name, "closing")) for name in ("root_cause", "rebilled_as")),
    ("business_minutes", number("business_minutes", "closing")),
    *((name, said(name, "closing")) for name in _CAUSES),
    *((name, number(name, "closing")) for name in (*_OUTCOMES, *_DAYS_LOST)),
)
_DISPUTES: Final = View(
    "disputes",
    "Every dispute as it was last said",
    {},
    f"""
SELECT tenant, entity, account_id, dispute_id, document, currency, amount, category, owner, channel, status, opened_time,
       closed_time, deadline, escalations, {", ".join(f"{sql} AS {name}" for name, sql in _OF_CLOSING)}, last_sequence
FROM (
    SELECT tenant, entity, account_id, reference_id AS dispute_id,
           argMin(document, sequence) AS document,
           argMin(currency, sequence) AS currency,
           argMaxIf(amount, sequence, kind = 'dispute_opened') AS amount,
           argMaxIf(category, sequence, category != '') AS category,
           argMaxIf(owner, sequence, owner != '') AS owner,
           argMinIf(channel, sequence, kind = 'dispute_opened') AS channel,
           multiIf(countIf({_CLOSED}) > 0, 'closed', countIf(kind = 'dispute_routed') > 0,
                   argMaxIf(text, sequence, kind = 'dispute_routed'), 'open') AS status,
           argMinIf(event_time, sequence, kind = 'dispute_opened') AS opened_time,
           if(status = 'closed', argMaxIf(event_time, sequence, {_CLOSED}), NULL) AS closed_time,
           if(status = 'closed', toDateTime64(0, 3, 'UTC'),
              argMaxIf(deadline, sequence, kind IN ('dispute_routed', 'escalated'))) AS deadline,
           countIf(kind = 'escalated') AS escalations,
           argMaxIf(decisions.evidence, sequence, {_CLOSED}) AS closing,
           max(sequence) AS last_sequence
    FROM decisions_by_kind AS decisions
    WHERE kind IN ('dispute_opened', 'dispute_routed', 'dispute_closed')
       OR (kind = 'escalated' AND startsWith(rule, 'disputes.'))
    GROUP BY tenant, entity, account_id, reference_id
)
""",
)

_DISPUTE_CAUSES: Final = View(
    "dispute_causes",
    "Closed disputes of each month by what they came of",
    {},
    f"""
SELECT tenant, entity, currency, toStartOfMonth(toDate(closed_time)) AS month, category, root_cause, region, segment,
       carrier, product,
       count() AS disputes, sum(amount) AS contested{_SUMS_OF_DISPUTES},
       quantileExact(0.5)(business_minutes) AS median_business_minutes,
       quantileExact(0.9)(business_minutes) AS p90_business_minutes
FROM disputes WHERE status = 'closed'
GROUP BY tenant, entity, currency, month, category, root_cause, region, segment, carrier, product
""",
)

_PROMISES: Final = View(
    "promises",
    "Every promise to pay, or instalment of one, as it was last judged",
    {},
    f"""
SELECT tenant, entity, account_id, reference_id AS promise_id,
       argMin(currency, sequence) AS currency,
       argMaxIf({said("part_of")}, sequence, kind = 'promise_opened') AS part_of,
       argMaxIf(amount, sequence, kind = 'promise_opened') AS amount,
       argMaxIf(due_date, sequence, kind = 'promise_opened') AS promised_date,
       argMaxIf(candidates, sequence, kind = 'promise_opened') AS documents,
       argMaxIf(event_time, sequence, kind = 'promise_opened') AS made_time,
       substring(argMax(kind, sequence), 9) AS status,
       status IN ('kept', 'partially_kept', 'broken') AS is_judged,
       if(is_judged, argMinIf(event_time, sequence, kind IN ('promise_kept', 'promise_partially_kept', 'promise_broken')), NULL)
           AS judged_time,
       if(is_judged AND argMax({said("lowered_to")}, sequence) != '', argMax({number("lowered_to")}, sequence), amount) AS to_keep,
       if(is_judged, least(argMax(item_amount, sequence), to_keep), 0) AS kept,
       max(sequence) AS last_sequence
FROM decisions_by_kind AS decisions WHERE startsWith(kind, 'promise_')
GROUP BY tenant, entity, account_id, reference_id
""",
)

_PROMISE_CONVERSION: Final = View(
    "promise_conversion",
    "Promises judged in each month, and how much was kept",
    {},
    """
SELECT tenant, entity, currency, toStartOfMonth(toDate(judged_time)) AS month,
       count() AS promises, countIf(status = 'kept') AS in_full, sum(to_keep) AS promised, sum(kept) AS kept_amount,
       if(promised > 0, kept_amount / promised, NULL) AS conversion
FROM promises WHERE is_judged
GROUP BY tenant, entity, currency, month
""",
)

CLAIMS: Final = (_DISPUTES, _DISPUTE_CAUSES, _PROMISES, _PROMISE_CONVERSION)
