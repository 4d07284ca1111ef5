"""Views of credit: exposures and holds, and changes of limits."""

from typing import Final

from sinks.clickhouse.evidence import number, said
from sinks.clickhouse.view import View

_STATED: Final = "kind IN ('credit_hold_set', 'credit_hold_released', 'credit_near_limit')"
_EXPOSURE: Final = ("open_items", "unbilled", "drafts", "orders", "members", "unapplied")

# As of the last decision about the account's credit; a limit as of the last one that set it.
_CREDIT: Final = View(
    "credit",
    "Credit of each account as of the last decision about it",
    {},
    f"""
SELECT tenant, entity, account_id,
       argMaxIf(currency, sequence, {_STATED}) AS currency,
       argMaxIf({number("limit")}, sequence, {_STATED}) AS credit_limit,
       argMaxIf(amount, sequence, {_STATED}) AS exposure,
       {", ".join(f"argMaxIf({number(name)}, sequence, {_STATED}) AS {name}" for name in _EXPOSURE)},
       countIf(kind = 'credit_hold_set') > countIf(kind = 'credit_hold_released') AS held,
       if(held, argMaxIf(reasons, sequence, kind = 'credit_hold_set'), []) AS held_for,
       if(held, argMaxIf(event_time, sequence, kind = 'credit_hold_set'), NULL) AS held_since,
       countIf(kind = 'credit_hold_set') AS holds,
       argMaxIf(amount, sequence, kind = 'credit_limit_set') AS limit_set,
       countIf(kind = 'credit_limit_set') AS limits_set,
       argMaxIf(event_time, sequence, {_STATED}) AS stated_time,
       max(sequence) AS last_sequence
FROM decisions
WHERE startsWith(kind, 'credit_') AND kind NOT IN ('credit_allocated', 'credit_group_told', 'credit_exposure_stated')
GROUP BY tenant, entity, account_id
""",
)

_CREDIT_CHANGES: Final = View(
    "credit_changes",
    "Limits that were set, proposed, approved and rejected",
    {},
    f"""
SELECT tenant, entity, account_id,
       if(kind = 'credit_change_proposed', {said("limit")}, reference_id) AS limit_id,
       if(kind = 'credit_change_proposed', reference_id, {said("approval")}) AS proposal_id,
       multiIf(kind = 'credit_change_proposed', 'proposed', kind = 'credit_change_rejected', 'rejected',
               rule = 'credit.approved', 'approved', 'set') AS status,
       currency, amount, {said("cancelled")} = '1' AS taken_away, {said("maker")} AS maker, {said("by")} AS approver,
       addDays(toDate32('1970-01-01'), {number("from")}) AS valid_from,
       addDays(toDate32('1970-01-01'), {number("until")}) AS valid_until, {said("note")} AS note,
       reasons, event_time, shard, sequence
FROM decisions WHERE kind IN ('credit_limit_set', 'credit_change_proposed', 'credit_change_rejected')
""",
)

CREDIT: Final = (_CREDIT, _CREDIT_CHANGES)
