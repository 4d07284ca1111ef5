"""Payers on behalf of others: money for items of another account goes there where a relation holds. Source: REFERENCE 3.5.

The payer names the document, the relation the account. Nobody asks another account's state: the money is sent with the
references that are no documents here (`transfer.out`, candidates: those references, evidence: their amounts), and the other account takes it
where all of them are its own. Else it refuses, says which of them are its own, and the money comes back with that
answer: what is known to be whose is then sent there, the rest to the next relation. So each relation is asked once
for a receipt, and gets money once more at the most.
"""

from typing import Final

from dataflows.rules.account.account import Account
from schemas.records import CashTransferred, Decision, OtherDocument, PayerRelation, ReceiptRow, Relation

# Of one account; more than any group of companies has.
MOST_RELATIONS: Final = 200
# References of one receipt that another account is asked for at a time.
MOST_ASKED: Final = 100
# Accounts of another company are named so: no account from outside begins with the first letter.
_ENTITY: Final = "~entity:"


def keep(account: Account, fact: PayerRelation) -> None:
    """Keep the relation, or drop it."""
    row = account.row
    row.relations = [x for x in row.relations if x.relation_id != fact.relation_id]
    if not fact.cancelled:
        entity = fact.pays_for_entity or account.entity
        row.relations.append(
            Relation(fact.relation_id, fact.pays_for, entity, fact.valid_from_date, fact.valid_until_date)
        )
        row.relations.sort(key=_by_id)
    account.touch()


def _by_id(relation: Relation) -> str:
    return relation.relation_id


def name_of(account: Account, relation: Relation) -> str:
    """What this account calls the other one."""
    if relation.entity == account.entity:
        return relation.pays_for
    return f"{_ENTITY}{relation.entity}/{relation.pays_for}"


def may_be_sent_to(account: Account, name: str) -> bool:
    """Whether the account may call a customer's account so, here or in another company of the tenant."""
    if name.startswith(_ENTITY):
        entity, _, name = name.removeprefix(_ENTITY).partition("/")
        if not entity or entity == account.entity:
            return False
    return _is_a_customers(name)


def leads_nowhere(account: Account, fact: PayerRelation) -> bool:
    """Whether no account can be the one that is paid for. A relation is taken back whatever it says."""
    if fact.cancelled:
        return False
    other = fact.pays_for_entity or account.entity
    return not _is_a_customers(fact.pays_for) or "/" in other or "\0" in fact.pays_for + other


def is_one_too_many(account: Account, fact: PayerRelation) -> bool:
    """Whether the account has as many relations as it may, and this would be another one."""
    known = account.row.relations
    return not fact.cancelled and len(known) >= MOST_RELATIONS and all(x.relation_id != fact.relation_id for x in known)


def _is_a_customers(account_id: str) -> bool:
    """Whether an account of a customer may be called so; those of headrace's own begin with ~."""
    return bool(account_id) and not account_id.startswith("~")


def keep_answer(receipt: ReceiptRow, fact: CashTransferred) -> None:
    """Money came back: what the account that refused it says is its own."""
    for document in fact.here:
        if all(known.document != document for known in receipt.others):
            receipt.others.append(OtherDocument(document, fact.from_account))


def are_here(account: Account, fact: CashTransferred) -> list[str]:
    """References of the money that are documents of this account, as written: open, cleared or held."""
    return [
        line.document
        for line in fact.lines
        if account.known_item(line.document) is not None or line.document in account.row.held
    ]


def takes(account: Account, fact: CashTransferred) -> bool:
    """Whether money that was sent for its references is this account's: all of them are."""
    return not fact.asks or (bool(fact.lines) and len(are_here(account, fact)) == len(fact.lines))


def send(account: Account, receipt: ReceiptRow, unknown: list[tuple[str, int]], rule_of: str) -> list[Decision]:
    """The money for references that are no documents here, to where a relation allows; none where it has been asked.

    unknown: each reference with the minor units stated for it. rule_of: what they were named by.
    """
    names = [
        name_of(account, x)
        for x in account.row.relations
        if x.valid_from_date <= receipt.value_date
        and (not x.valid_until_date or receipt.value_date <= x.valid_until_date)
    ]
    if not names:
        return []
    whose = {other.document: other.account for other in receipt.others}
    rest = [(reference, amount) for reference, amount in unknown if reference not in whose]
    decisions: list[Decision] = []
    for name in dict.fromkeys(names):
        if _has(receipt, name):
            continue
        own = [(reference, amount) for reference, amount in unknown if whose.get(reference) == name]
        if own and receipt.refused_by.count(name) < 2:
            decisions.append(_sent(receipt, name, own, rule_of))
        elif rest and name not in receipt.refused_by:
            decisions.append(_sent(receipt, name, rest[:MOST_ASKED], rule_of))
            rest = []
    return decisions


def _has(receipt: ReceiptRow, name: str) -> bool:
    return any(sent.account == name for sent in receipt.sent)


def _sent(receipt: ReceiptRow, name: str, references: list[tuple[str, int]], rule_of: str) -> Decision:
    return Decision(
        kind="cash_transferred",
        rule="transfer.out",
        currency=receipt.currency,
        amount=sum([amount for _, amount in references]),
        receipt_id=receipt.receipt_id,
        counterparty=name,
        posting_date=receipt.posting_date,
        value_date=receipt.value_date,
        reasons=["payer_relation"],
        candidates=[reference for reference, _ in references],
        # The forwarder makes the lines of the fact of these two.
        evidence=[*[f"amount:{amount}" for _, amount in references], f"relation:{name}", f"named_by:{rule_of}"],
    )
