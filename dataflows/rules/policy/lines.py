"""Which line of the policy a decision was made by, for rules that do not say it themselves: release and promises."""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.context import Context
from schemas.records import Decision

# The section that decides on these, by rule or else by kind.
SECTION_OF_KIND: Final = {
    "invoice_held": "release",
    "invoice_released": "release",
    "promise_kept": "promises",
    "promise_partially_kept": "promises",
    "promise_broken": "promises",
}
SECTION_OF_RULE: Final = {"release.sla": "release"}


def name_lines(account: Account, decisions: list[Decision], ctx: Context) -> None:
    """Write into them the variants that changed their section for this account. Nothing is read where none does so."""
    if not ctx.policy.variants:
        return
    for d in decisions:
        section = SECTION_OF_RULE.get(d.rule, "") or SECTION_OF_KIND.get(d.kind, "")
        if section and not d.policy_line and section in ctx.policy.varied:
            d.policy_line = account.provisions(ctx, d.currency).lines.get(section, "")
