"""The directory: whom a receipt without a payer can be from, judged only when all that was known has been read.

A receipt is judged after everything that stood in both logs when it was read: what the logs say in
another shard may name a second account. So a rebuild, which reads the shards in another order,
forwards nothing that the first reading did not.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from schemas.records import Customer, Decision, OperatorAction, RemittanceAdvice
from schemas.topics import SUSPENSE_PREFIX, WHO_PAID_SEPARATOR
from sinks.redis import transfers
from sinks.redis.store import (
    ADVISED,
    AWAITED,
    CALLED,
    CUSTOMERS,
    DOCUMENTS,
    NAMES,
    PAYERS,
    RECEIPTS,
    REFUSED,
    REGISTERED,
    WAITING,
    Store,
    Work,
    key,
)

ACTOR: Final = "headrace.directory"
_NAMES_DOCUMENT: Final = frozenset({"item_posted", "invoice_released", "invoice_held"})
# A bank account or a name that a person's word showed to be a payer's; a name by this rule.
ALIAS: Final = "alias_learned"
ALIAS_OF_NAME: Final = "alias.name"
# Evidence of the exception: the bank's reference of the money, and the payer's name where the bank says no account.
BANK_REFERENCE: Final = "bank_reference:"
PAYER_NAME: Final = "payer_name:"
# What banks write where there is no reference.
_NO_REFERENCES: Final = frozenset({"", "NONREF", "NOREF", "NOTPROVIDED"})
_DIGITS: Final = "0123456789"
# An account's own number tells who pays only where no amount, date or number of an order may look like it.
_OWN_NUMBER_CHARACTERS: Final = 5
# So does a name that a person explained only where it has as many letters and digits.
_NAME_CHARACTERS: Final = 5
# Zeros that a number may lack.
_MOST_ZEROS: Final = 6
_NOTE: Final = "all that is known of this receipt points to this account alone"


def fold(reference: str) -> str:
    """Upper case, letters and digits only, without leading zeros.

    No prefix is dropped and no letter guessed: here a wrong guess moves money to a stranger's
    account, whose own rules would then find an item for it.
    """
    return "".join(c for c in reference.upper() if c.isalnum()).lstrip("0")


def spellings(reference: str) -> list[str]:
    """What the reference may be kept under: as it is folded, then with more or fewer zeros before its last digits."""
    head, number = _last_digits(reference)
    first = fold(reference)
    if not first or not number:
        return [first] if first else []
    others = [fold(head + "0" * zeros + number) for zeros in range(_MOST_ZEROS + 1)]
    return [first, *[other for other in others if other != first]]


def _safe_spellings(reference: str) -> list[str]:
    """Those that move money: zeros are no guess only where there are digits before them."""
    head, _ = _last_digits(reference)
    return spellings(reference)[: None if any(c in _DIGITS for c in head) else 1]


def _last_digits(reference: str) -> tuple[str, str]:
    """What stands before them, and they without leading zeros."""
    text = reference.rstrip()
    head = text.rstrip(_DIGITS)
    return head, text[len(head) :].lstrip("0")


def _may_be_account(reference: str) -> bool:
    return len(reference) >= _OWN_NUMBER_CHARACTERS and any(c.isalpha() for c in reference)


def bank_fold(account: str) -> str:
    """IBANs and account numbers: upper case, letters and digits only."""
    return "".join(c for c in account.upper() if c.isalnum())


def name_fold(name: str) -> str:
    """A payer's name without case, blanks and punctuation; empty where it is too short to tell one payer from another."""
    folded = "".join(c for c in name.casefold() if c.isalnum())
    return folded if len(folded) >= _NAME_CHARACTERS else ""


def _alias(decision: Decision) -> tuple[str, str] | None:
    """The table, PAYERS or NAMES, and its field that a person's word is kept under; None where it is none."""
    if decision.kind != ALIAS or not decision.counterparty:
        return None
    table, folded = (
        (NAMES, name_fold(decision.text)) if decision.rule == ALIAS_OF_NAME else (PAYERS, bank_fold(decision.text))
    )
    return (table, key(_company(decision), folded)) if folded else None


def _company(of: Decision | Customer | RemittanceAdvice) -> str:
    return f"{of.tenant}/{of.entity}"


def _advised(advice: RemittanceAdvice) -> str:
    """The field of ADVISED for the money that the advice is of, as it names it: by our receipt, by the bank's reference,
    or else not at all; then the payer may name the advice. Empty where the reference is none."""
    if advice.receipt_id:
        return key(_company(advice), "receipt", advice.currency, advice.receipt_id)
    if advice.bank_reference:
        known = advice.bank_reference not in _NO_REFERENCES
        return key(_company(advice), "bank", advice.currency, advice.bank_reference) if known else ""
    return key(_company(advice), "advice", advice.currency, advice.advice_id)


def _receipt(company: str, account: str, receipt_id: str) -> str:
    return key(company, account, receipt_id)


def is_suspense(account: str) -> bool:
    return account.startswith(SUSPENSE_PREFIX)


def learn(store: Store, decisions: Sequence[Decision], facts: Sequence[Customer | RemittanceAdvice]) -> Work:
    """What these decisions, customers and advices, each in its shard's order, change in the directory. Reads only."""
    work = Work(store)
    customers = [fact for fact in facts if isinstance(fact, Customer)]
    advices = [fact for fact in facts if isinstance(fact, RemittanceAdvice) and not is_suspense(fact.account_id)]
    for decision in decisions:
        _want_decision(work, decision)
    for customer in customers:
        _want_customer(work, customer)
    for advice in advices:
        if name := _advised(advice):
            work.want(ADVISED, name)
            work.want(AWAITED, key(ADVISED, name))
    work.load()
    for name in [name for table, name in work.values if table == WAITING]:
        for awaited in _awaits(work.get(WAITING, name)):
            work.want(AWAITED, awaited)
    for name in [name for table, name in work.values if table == CALLED]:
        if before := work.get(CALLED, name):
            work.want(REGISTERED, key(name.split("\n")[0], before))
    for name in [name for table, name in work.values if table == CUSTOMERS]:
        for bank in work.get(CUSTOMERS, name) or []:
            work.want(PAYERS, key(name.split("\n")[0], bank))
    work.load()
    for customer in customers:
        _learn_customer(work, customer)
    for advice in advices:
        if name := _advised(advice):
            work.add(ADVISED, name, advice.account_id)
            work.new.update(work.get(AWAITED, key(ADVISED, name)) or [])
    for decision in decisions:
        _learn_decision(work, decision)
    return work


def _want_decision(work: Work, decision: Decision) -> None:
    company = _company(decision)
    if decision.kind in _NAMES_DOCUMENT:
        folded = key(company, fold(decision.document))
        work.want(DOCUMENTS, folded)
        work.want(AWAITED, key(DOCUMENTS, folded))
    if alias := _alias(decision):
        work.want(*alias)
        work.want(AWAITED, key(*alias))
    if decision.receipt_id and is_suspense(decision.account_id):
        name = _receipt(company, decision.account_id, decision.receipt_id)
        work.want(WAITING, name)
        work.want(RECEIPTS, name)
        for awaited in _awaits(_waiting(decision)):
            work.want(AWAITED, awaited)
    if decision.kind == "cash_transferred" and decision.rule == transfers.REFUSED:
        work.want(REFUSED, key(company, decision.account_id))


def _want_customer(work: Work, customer: Customer) -> None:
    company = _company(customer)
    work.want(CUSTOMERS, key(company, customer.account_id))
    work.want(CALLED, key(company, customer.account_id))
    if folded := name_fold(customer.name):
        work.want(REGISTERED, key(company, folded))
    work.want(AWAITED, key(CUSTOMERS, company, customer.account_id))
    work.want(REFUSED, key(company, customer.account_id))
    for bank in customer.bank_accounts:
        payer = key(company, bank_fold(bank))
        work.want(PAYERS, payer)
        work.want(AWAITED, key(PAYERS, payer))


def _waiting(decision: Decision) -> dict[str, Any]:
    """What is kept of a receipt that waits, from the exception that says so."""
    return {
        "shard": decision.shard,
        "sequence": decision.sequence,
        "tenant": decision.tenant,
        "entity": decision.entity,
        "account": decision.account_id,
        "receipt": decision.receipt_id,
        "references": decision.candidates,
        "currency": decision.currency,
        "bank_reference": _said(decision, BANK_REFERENCE),
        "payer_name": _said(decision, PAYER_NAME),
        "payer": decision.text.partition(WHO_PAID_SEPARATOR)[0],
        "event_time": decision.event_time,
        "recorded_time": decision.recorded_time,
    }


def _said(decision: Decision, what: str) -> str:
    """The evidence that begins so, without that; empty where there is none."""
    return next((said.removeprefix(what) for said in decision.evidence if said.startswith(what)), "")


def _awaits(waiting: dict[str, Any] | None) -> list[str]:
    """Fields of AWAITED for the documents, the bank account and the accounts that a waiting receipt names, and for
    advices of it."""
    if waiting is None:
        return []
    company = f"{waiting['tenant']}/{waiting['entity']}"
    names = [key(DOCUMENTS, company, folded) for text in waiting["references"] for folded in _safe_spellings(text)]
    if currency := waiting.get("currency", ""):
        names.append(key(ADVISED, company, "receipt", currency, waiting["receipt"]))
        if waiting["bank_reference"] not in _NO_REFERENCES:
            names.append(key(ADVISED, company, "bank", currency, waiting["bank_reference"]))
        names += [key(ADVISED, company, "advice", currency, text) for text in waiting["references"]]
    names += [key(CUSTOMERS, company, text) for text in waiting["references"] if _may_be_account(text)]
    if payer := bank_fold(waiting["payer"]):
        names.append(key(PAYERS, company, payer))
    if name := name_fold(waiting.get("payer_name", "")):
        names.append(key(NAMES, company, name))
    return names


def _learn_customer(work: Work, customer: Customer) -> None:
    """The latest customer fact holds: bank accounts that it no longer names are forgotten."""
    company, account = _company(customer), customer.account_id
    name = key(company, account)
    banks = sorted({folded for bank in customer.bank_accounts if (folded := bank_fold(bank))})
    for bank in work.get(CUSTOMERS, name) or []:
        if bank not in banks:
            work.remove(PAYERS, key(company, bank), account)
    for bank in banks:
        work.add(PAYERS, key(company, bank), account)
        work.new.update(work.get(AWAITED, key(PAYERS, company, bank)) or [])
    work.put(CUSTOMERS, name, banks)
    before, now = work.get(CALLED, name) or "", name_fold(customer.name)
    if before != now:
        if before:
            work.remove(REGISTERED, key(company, before), account)
        if now:
            work.add(REGISTERED, key(company, now), account)
        work.put(CALLED, name, now or None)
    work.new.update(work.get(AWAITED, key(CUSTOMERS, name)) or [])
    refused = work.get(REFUSED, name)
    if refused:
        work.put(REFUSED, name, None)
        work.new.update(refused)


def _learn_decision(work: Work, decision: Decision) -> None:
    company, account = _company(decision), decision.account_id
    if decision.kind in _NAMES_DOCUMENT and (folded := fold(decision.document)):
        work.add(DOCUMENTS, key(company, folded), [account, decision.document])
        work.new.update(work.get(AWAITED, key(DOCUMENTS, company, folded)) or [])
        return
    if alias := _alias(decision):
        # A person said whose money it was: so is what else comes from that bank account, or under that name.
        work.add(*alias, decision.counterparty)
        work.new.update(work.get(AWAITED, key(*alias)) or [])
        return
    name = _receipt(company, account, decision.receipt_id)
    if decision.kind == "cash_transferred":
        booked = work.get(RECEIPTS, name) if is_suspense(account) else None
        # A directory of an older version has only shard and offset of it.
        if booked is not None and len(booked) == len(transfers.Cause._fields):
            work.transfers.append((decision, transfers.Cause(*booked)))
        else:
            work.transfers.append((decision, None))
        if decision.rule == transfers.REFUSED:
            work.add(REFUSED, key(company, account), _receipt(company, decision.counterparty, decision.receipt_id))
    if not decision.receipt_id or not is_suspense(account):
        return
    if decision.kind == "receipt_booked":
        work.put(RECEIPTS, name, transfers.cause_of(decision))
    elif decision.kind == "exception_raised" and "unidentified" in decision.reasons:
        _stop_waiting(work, name)
        work.put(WAITING, name, _waiting(decision))
        for awaited in _awaits(_waiting(decision)):
            work.add(AWAITED, awaited, name)
        work.new.add(name)
    elif decision.kind in ("cash_transferred", "receipt_reversed") and decision.receipt_unapplied == 0:
        _stop_waiting(work, name)
        work.put(RECEIPTS, name, None)


def _stop_waiting(work: Work, name: str) -> None:
    for awaited in _awaits(work.get(WAITING, name)):
        work.remove(AWAITED, awaited, name)
    work.put(WAITING, name, None)


def judge(store: Store, receipts: Iterable[str]) -> tuple[Work, list[tuple[int, OperatorAction]]]:
    """Judge these waiting receipts: the facts to append, each with its shard, and the work to commit after them."""
    work = Work(store)
    work.judged.update(receipts)
    for name in work.judged:
        work.want(WAITING, name)
    work.load()
    waiting = {name: found for name in sorted(work.judged) if (found := work.get(WAITING, name)) is not None}
    for found in waiting.values():
        for awaited in _awaits(found):
            table, company, folded = awaited.split("\n", 2)
            work.want(table, key(company, folded))
            if table == NAMES:
                work.want(REGISTERED, key(company, folded))
    work.load()
    targets = {name: _target(work, found) for name, found in waiting.items()}
    for name, target in targets.items():
        if target:
            work.want(REFUSED, key(name.split("\n")[0], target))
    work.load()
    facts = [
        (waiting[name]["shard"], _identify(waiting[name], target))
        for name, target in targets.items()
        if target and name not in (work.get(REFUSED, key(name.split("\n")[0], target)) or [])
    ]
    return work, facts


def _target(work: Work, waiting: dict[str, Any]) -> str:
    """The one account that all known references, the payer's bank account and its advices point to, or empty. An
    account's own number counts where no document is known: who names its own may pay for another. A name that persons
    explained counts where nothing else tells, only while they all said one account, and not where another customer is called
    so."""
    company = f"{waiting['tenant']}/{waiting['entity']}"
    accounts: set[str] = set()
    for reference in waiting["references"]:
        spellings = [work.get(DOCUMENTS, key(company, folded)) or [] for folded in _safe_spellings(reference)]
        # As it is, if it is known so; else with any other count of zeros.
        known = spellings[0] if spellings and spellings[0] else [found for each in spellings[1:] for found in each]
        as_written = [account for account, document in known if document == reference.strip()]
        accounts.update(as_written or [account for account, _ in known])
    if not accounts:
        named = [text for text in waiting["references"] if _may_be_account(text)]
        accounts.update(text for text in named if work.get(CUSTOMERS, key(company, text)) is not None)
    if payer := bank_fold(waiting["payer"]):
        accounts.update(work.get(PAYERS, key(company, payer)) or [])
    for awaited in _awaits(waiting):
        table, _, name = awaited.partition("\n")
        if table == ADVISED:
            accounts.update(work.get(ADVISED, name) or [])
    name = name_fold(waiting.get("payer_name", ""))
    if name and not accounts and (explained := work.get(NAMES, key(company, name))):
        accounts.update(explained)
        accounts.update(work.get(REGISTERED, key(company, name)) or [])
    return accounts.pop() if len(accounts) == 1 else ""


def _identify(waiting: dict[str, Any], target: str) -> OperatorAction:
    """The same for the same exception and target, whenever it is made: its shard takes it once."""
    return OperatorAction(
        event_id=f"identify:{waiting['shard']}-{waiting['sequence']}:{target}",
        recorded_time=waiting["recorded_time"],
        correlation="",
        source=ACTOR,
        tenant=waiting["tenant"],
        entity=waiting["entity"],
        account_id=waiting["account"],
        event_time=waiting["event_time"],
        action="identify_payer",
        actor=ACTOR,
        receipt_id=waiting["receipt"],
        document="",
        target_account=target,
        currency="",
        amount=0,
        until=0,
        note=_NOTE,
    )
