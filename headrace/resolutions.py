"""What can be done about an open exception, in the exact commands or in words what it waits for; and who may approve a request."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final

from connectors.currencies import plain

Row = Mapping[str, Any]
# Tenant, entity, account, number and currency of an item.
Document = tuple[str, str, str, str, str]


def _operate(row: Row, where: str, command: str, *options: str) -> str:
    company = f"--tenant {shlex.quote(row['tenant'])} --entity {shlex.quote(row['entity'])}"
    chosen = " ".join(options)
    return (
        f"headrace operate {where} {command} {shlex.quote(row['account_id'])} {chosen} {company} --actor YOU --note WHY"
    )


def _option(name: str, value: str) -> str:
    return f"--{name} {shlex.quote(value)}"


def _closed(row: Row, where: str) -> list[str]:
    return [f"headrace close {where} {shlex.quote(row['exception_id'])} --by YOU --reason WHY"]


def _identified(row: Row, where: str) -> list[str]:
    return [_operate(row, where, "identify-payer", _option("receipt", row["receipt_id"]), "--target ACCOUNT")]


def _applied(row: Row, where: str, open_of: Mapping[Document, int]) -> list[str]:
    if not row["amount"]:
        # All of it is applied, and an advice that came later does not fit.
        return _closed(row, where)
    found = []
    for document in list(row["candidates"])[:3] or ["DOCUMENT"]:
        item = open_of.get((row["tenant"], row["entity"], row["account_id"], document, row["currency"]), row["amount"])
        options = (
            _option("receipt", row["receipt_id"]),
            _option("document", document) if document != "DOCUMENT" else "--document DOCUMENT",
            f"--amount {plain(min(row['amount'], item), row['currency'])} --currency {row['currency']}",
        )
        found.append(_operate(row, where, "apply-cash", *options))
    found.append(_operate(row, where, "propose-refund", _option("receipt", row["receipt_id"])))
    return found


def _released(row: Row, where: str) -> list[str]:
    return [_operate(row, where, "release-invoice", _option("document", row["document"]))]


def _sent(row: Row, where: str) -> list[str]:
    """By another channel; or by the same one, once what the reason names is put right."""
    again = _operate(row, where, "send-invoice", _option("document", row["document"]), "--channel CHANNEL")
    return [again, *_tried_again(row, where, "delivery")]


def _resumed(row: Row, where: str) -> list[str]:
    return [_operate(row, where, "resume-account")]


def _task(row: Row, where: str) -> list[str]:
    return [_operate(row, where, "close-task", _option("task", row["exception_id"]))]


def _asked(row: Row, where: str) -> list[str]:
    written_off = _operate(row, where, "propose-write-off", _option("document", row["document"]))
    return [written_off, *_closed(row, where)]


def _early(row: Row, where: str) -> list[str]:
    return ["closed when the receipt comes: ask the bank for it. If it came before headrace did:", *_closed(row, where)]


def _posted(row: Row, where: str) -> list[str]:
    """Of a posting that the ERP refused: put right what it says, then have it posted again."""
    return [*_tried_again(row, where, "erp"), *_closed(row, where)]


def _tried_again(row: Row, where: str, sink: str) -> list[str]:
    account = shlex.quote(f"{row['tenant']}/{row['entity']}/{row['account_id']}")
    return [
        f"headrace effects {where} list {sink} --account {account}",
        f"headrace effects {where} retry {sink} NUMBER",
    ]


_COMMANDS: Final[dict[str, Callable[[Row, str], list[str]]]] = {
    "cash.unidentified": _identified,
    "release.sla": _released,
    "delivery.rejected": _sent,
    "delivery.unacknowledged": _sent,
    "delivery.unconfirmed": _sent,
    "delivery.unreachable": _sent,
    "erp.refused": _posted,
    "returned.early": _early,
    "shard.parked": _resumed,
    "cash.remittance_asked": _asked,
}
# What closes the others, in words.
_WAITS: Final = {
    "disputes.document": "closed when the carrier's proof of delivery comes, or the dispute is closed",
    "reminders.template": "approve a template in the policy, and publish it: headrace policy publish",
}


def what_can_be_done(row: Row, where: str, open_of: Mapping[Document, int]) -> list[str]:
    """Commands, or what it waits for; `where`: the options that name the installation. `row`: of open_exceptions.
    open_of: of items that its cash could be for, what is open, minor units, where that is known."""
    if row["what"] == "task":
        return _task(row, where)
    if row["rule"] == "cash.proposed":
        return _applied(row, where, open_of)
    if row["rule"] in _COMMANDS:
        return _COMMANDS[row["rule"]](row, where)
    if row["rule"] in _WAITS:
        return [_WAITS[row["rule"]]]
    return _closed(row, where)


def who_may(row: Row) -> str:
    """Who may approve an open request."""
    nobody = "nobody, by the policy" if "nobody_may_approve" in row["reasons"] else "anybody else"
    return row["delegate"] or row["asked"] or nobody
