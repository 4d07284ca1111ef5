"""What a person's work teaches: whose bank account or name it is, and what a payer writes before our numbers. Source:
REFERENCE 3.5.

Only a person teaches, never the directory or a rule: `apply_cash` and `identify_payer` are confirmed facts. What is
learned is a decision, `alias_learned`, so that what rests on it can name it, and a reading of the log learns the same.
"""

from typing import Final

from dataflows.rules.account.account import Account
from dataflows.rules.cash.references import bare, prefix, same_number
from schemas.records import Decision, OperatorAction, ReceiptRow

PREFIX: Final = "alias.prefix"
PAYER: Final = "alias.payer"
NAME: Final = "alias.name"
# Prefixes of one payer; more are no habit.
MOST_HABITS: Final = 20
# The directory's own facts; those of persons have another source.
DIRECTORY: Final = "headrace."


def of_application(account: Account, fact: OperatorAction, receipt: ReceiptRow, names: list[str]) -> list[Decision]:
    """A person applied cash to an item that the payer names with a prefix of its own: one that says no other document
    of this account, and that is not taken for ours as it is."""
    for name in names:
        if (
            bare(name) != bare(fact.document)
            or same_number(name, fact.document)
            or account.known_item(name) is not None
        ):
            continue
        habit = prefix(name)
        if habit and habit not in account.row.habits and len(account.row.habits) < MOST_HABITS:
            return [_learned(PREFIX, receipt, fact, habit, name, "")]
    return []


def of_identification(account: Account, fact: OperatorAction, receipt: ReceiptRow) -> list[Decision]:
    """A person said whose the money is that nobody knew: the bank account that it came from is that payer's, or else, where
    the bank says none, the name is. Money that goes from one payer to another says nothing of who pays."""
    if not account.suspense or fact.source.startswith(DIRECTORY) or fact.source == "headrace":
        return []
    if receipt.payer_account:
        return [_learned(PAYER, receipt, fact, receipt.payer_account, receipt.payer_name, fact.target_account)]
    if receipt.payer_name:
        return [_learned(NAME, receipt, fact, receipt.payer_name, receipt.text, fact.target_account)]
    return []


def _learned(rule: str, receipt: ReceiptRow, fact: OperatorAction, alias: str, seen_in: str, target: str) -> Decision:
    return Decision(
        kind="alias_learned",
        rule=rule,
        receipt_id=receipt.receipt_id,
        document=fact.document,
        counterparty=target,
        text=alias,
        evidence=[f"seen_in:{seen_in}", f"said_by:{fact.actor}"],
    )


def post(account: Account, d: Decision) -> None:
    """Keep a prefix that was learned. Bank accounts are the directory's."""
    if d.rule == PREFIX:
        account.row.habits.append(d.text)
        account.touch()
