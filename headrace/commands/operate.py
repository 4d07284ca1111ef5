"""headrace operate: what an operator says, as facts in the log."""

import getpass
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from connectors.files.values import EPOCH
from connectors.intake import whole_shards
from headrace.commands.common import WRONG_USAGE, installation, no_such_day, say
from headrace.commands.limits import Wanted, set_limit
from headrace.commands.located import located, where
from headrace.commands.ordering import Place, order
from headrace.commands.sums import of_money

app = typer.Typer(help="What an operator allows or orders; each is a fact in the log.", no_args_is_help=True)

Until = Annotated[str, typer.Option(help="Latest time allowed, such as 2026-12-31T12:00:00Z.")]
Note = Annotated[str, typer.Option(help="Why; kept with the fact.")]
Actor = Annotated[str, typer.Option("--actor", "--by", help="Who says so.", show_default="the user")]
Account = Annotated[str, typer.Argument(help="The account.")]
LimitedAccount = Annotated[str, typer.Argument(help="The account.", show_default="none: the group's")]
Group = Annotated[str, typer.Option(help="The group of accounts that share the limit.", show_default="none")]
Tenant = Annotated[str, typer.Option(help="The tenant.")]
Entity = Annotated[str, typer.Option(help="The company of the tenant.")]
Receipt = Annotated[str, typer.Option(help="The receipt.")]
Document = Annotated[str, typer.Option(help="The item.")]
Minor = Annotated[int, typer.Option(help="The amount in minor units, such as 5594.", show_default=False)]
OfAmount = Annotated[
    str, typer.Option("--currency", help="ISO 4217; of the amount.", show_default="the item's or the receipt's")
]
Draft = Annotated[str, typer.Option(help="The draft.")]


app.callback()(where)


@app.command()
@located
def allow_clock(context: typer.Context, until: Until, note: Note, actor: Actor = "") -> None:
    """Let time jump up to UNTIL: intake was away for long, or goes live after a replay."""
    _allow(context, "allow_clock", until, note, actor)


@app.command()
@located
def allow_future(context: typer.Context, until: Until, note: Note, actor: Actor = "") -> None:
    """Let shards take facts that happen up to UNTIL, ahead of their time."""
    _allow(context, "allow_future", until, note, actor)


@app.command()
@located
def resume_account(
    context: typer.Context, account: Account, tenant: Tenant, entity: Entity, note: Note, actor: Actor = ""
) -> None:
    """Let an account go on that was parked because a transition failed."""
    _order(context, "resume_account", tenant, entity, account, note, actor)


@app.command()
@located
def block_reminders(
    context: typer.Context, account: Account, tenant: Tenant, entity: Entity, note: Note, actor: Actor = ""
) -> None:
    """Send the account no reminders until they are unblocked."""
    _order(context, "block_reminders", tenant, entity, account, note, actor)


@app.command()
@located
def unblock_reminders(
    context: typer.Context, account: Account, tenant: Tenant, entity: Entity, note: Note, actor: Actor = ""
) -> None:
    """Take a block of reminders back."""
    _order(context, "unblock_reminders", tenant, entity, account, note, actor)


@app.command()
@located
def request_statement(
    context: typer.Context, account: Account, tenant: Tenant, entity: Entity, note: Note, actor: Actor = ""
) -> None:
    """Make a statement of account now, in each currency; `headrace statement` shows it."""
    _order(context, "request_statement", tenant, entity, account, note, actor)


@app.command()
@located
def close_task(
    context: typer.Context,
    account: Account,
    task: Annotated[str, typer.Option(help="The task, as `headrace worklist` names it.")],
    tenant: Tenant,
    entity: Entity,
    note: Note,
    actor: Actor = "",
) -> None:
    """Say that a collector's task is done."""
    _order(context, "close_task", tenant, entity, account, note, actor, reference=task)


@app.command()
@located
def identify_payer(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The suspense account that the receipt stands in.")],
    receipt: Receipt,
    target: Annotated[str, typer.Option(help="The account that paid.")],
    tenant: Tenant,
    entity: Entity,
    note: Note,
    actor: Actor = "",
) -> None:
    """Say whose money a receipt in a suspense account is."""
    _order(context, "identify_payer", tenant, entity, account, note, actor, receipt=receipt, target=target)


@app.command()
@located
def apply_cash(
    context: typer.Context,
    account: Account,
    receipt: Receipt,
    document: Document,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    amount: Annotated[str, typer.Option(help="Such as 55.94.", show_default=False)] = "",
    amount_minor: Minor = 0,
    currency: Annotated[str, typer.Option(help="ISO 4217; of the amount.", show_default="the receipt's")] = "",
    actor: Actor = "",
) -> None:
    """Apply a receipt's unapplied money to an item. In another currency than the receipt's it is rejected."""
    money = of_money(context.obj, Place(tenant, entity, account), amount, amount_minor, currency, receipt=receipt)
    if not money[1]:
        say("say how much: --amount, such as 55.94, or --amount-minor, such as 5594")
        raise typer.Exit(WRONG_USAGE)
    _order(context, "apply_cash", tenant, entity, account, note, actor, receipt, document, money=money)


@app.command()
@located
def unapply_cash(
    context: typer.Context,
    account: Account,
    receipt: Receipt,
    document: Document,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    actor: Actor = "",
) -> None:
    """Take applied money off an item; it stays here, unapplied."""
    _order(context, "unapply_cash", tenant, entity, account, note, actor, receipt, document)


@app.command()
@located
def withdraw_draft(
    context: typer.Context,
    account: Account,
    document: Draft,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    actor: Actor = "",
) -> None:
    """Give up a held draft."""
    _order(context, "withdraw_draft", tenant, entity, account, note, actor, document=document)


@app.command()
@located
def send_invoice(
    context: typer.Context,
    account: Account,
    document: Document,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    channel: Annotated[str, typer.Option(help="edi, portal, email, api or letter.", show_default="the first one")] = "",
    actor: Actor = "",
) -> None:
    """Send an invoice, credit note or consolidated invoice to the customer, once more or for the first time."""
    _order(context, "send_invoice", tenant, entity, account, note, actor, document=document, category=channel)


@app.command()
@located
def release_invoice(
    context: typer.Context,
    account: Account,
    document: Annotated[str, typer.Option(help="The held draft.")],
    tenant: Tenant,
    entity: Entity,
    note: Note,
    actor: Actor = "",
) -> None:
    """Release a held draft in spite of what it lacks; above the policy's limit another person has to approve."""
    _order(context, "release_invoice", tenant, entity, account, note, actor, document=document)


@app.command()
@located
def propose_write_off(
    context: typer.Context,
    account: Account,
    document: Document,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    amount: Annotated[str, typer.Option(help="Such as 55.94.", show_default="all that is open")] = "",
    amount_minor: Minor = 0,
    currency: OfAmount = "",
    actor: Actor = "",
) -> None:
    """Want an item, or a part of it, given up; above the policy's limit another person has to approve."""
    money = of_money(context.obj, Place(tenant, entity, account), amount, amount_minor, currency, document=document)
    _order(context, "propose_write_off", tenant, entity, account, note, actor, document=document, money=money)


@app.command()
@located
def propose_refund(
    context: typer.Context,
    account: Account,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    receipt: Annotated[str, typer.Option(help="The receipt whose unapplied money is to be paid back.")] = "",
    document: Annotated[str, typer.Option(help="Or the credit note that is to be paid out.")] = "",
    amount: Annotated[str, typer.Option(help="Such as 55.94.", show_default="all there is")] = "",
    amount_minor: Minor = 0,
    currency: OfAmount = "",
    actor: Actor = "",
) -> None:
    """Want money paid back; above the policy's limit another person has to approve."""
    money = of_money(
        context.obj, Place(tenant, entity, account), amount, amount_minor, currency, document=document, receipt=receipt
    )
    _order(context, "propose_refund", tenant, entity, account, note, actor, receipt, document, money=money)


@app.command()
@located
def set_credit_limit(
    context: typer.Context,
    amount: Annotated[str, typer.Option(help="What may be owed, such as 50000.00; 0 is no credit.")],
    currency: Annotated[str, typer.Option(help="ISO 4217.")],
    tenant: Tenant,
    entity: Entity,
    note: Note,
    account: LimitedAccount = "",
    group: Group = "",
    limit: Annotated[
        str, typer.Option(help="The limit that it replaces, or a new one's name.", show_default="the one that holds")
    ] = "",
    first: Annotated[str, typer.Option("--from", help="Its first day.", show_default="today")] = "",
    last: Annotated[str, typer.Option("--until", help="Its last day.", show_default="none")] = "",
    actor: Actor = "",
) -> None:
    """Set what an account, or a group of accounts, may owe. A first limit and a lower one hold at once; one that rises by
    more than the policy's credit.change_approval_minor, or changes its currency, waits until another person approves it."""
    wanted = Wanted(amount, currency, limit, first, last, group)
    set_limit(context.obj, Place(tenant, entity, account), wanted, note, actor)


@app.command()
@located
def remove_credit_limit(
    context: typer.Context,
    tenant: Tenant,
    entity: Entity,
    note: Note,
    account: LimitedAccount = "",
    group: Group = "",
    limit: Annotated[
        str, typer.Option(help="Which, as `headrace credit` names it.", show_default="the one that holds")
    ] = "",
    actor: Actor = "",
) -> None:
    """Take a credit limit away. Where that leaves the account without one, another person has to approve it."""
    wanted = Wanted(limit=limit, group=group, away=True)
    set_limit(context.obj, Place(tenant, entity, account), wanted, note, actor)


def _allow(context: typer.Context, action: str, until: str, note: str, actor: str) -> None:
    until_ms = _time_ms(until)
    with installation(*context.obj) as (settings, log):
        now_ms = time.time_ns() // 1_000_000
        event = whole_shards.publish_allowance(
            log, settings.shards, action, until_ms, actor or getpass.getuser(), note, now_ms
        )
        print(f"{event}: {action} until {until} is queued in all {settings.shards} shards; in force when they reach it")


def _time_ms(text: str) -> int:
    """A time without a zone is UTC; a day alone is none, for it could mean its start or its end."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        say(f"--until {text}: {no_such_day(error) or 'not a time, such as 2026-12-31T12:00:00Z (UTC without a zone)'}")
        raise typer.Exit(WRONG_USAGE) from None
    if len(text) <= len("YYYY-MM-DD"):
        say(f"--until {text}: names a day and no time; write a time, such as 2026-12-31T12:00:00Z")
        raise typer.Exit(WRONG_USAGE)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return (found - EPOCH) // timedelta(milliseconds=1)


def _order(
    context: typer.Context,
    action: str,
    tenant: str,
    entity: str,
    account: str,
    note: str,
    actor: str,
    receipt: str = "",
    document: str = "",
    target: str = "",
    money: tuple[str, int] = ("", 0),
    reference: str = "",
    category: str = "",
) -> None:
    order(
        context.obj,
        action,
        Place(tenant, entity, account),
        note,
        actor,
        receipt_id=receipt,
        document=document,
        target_account=target,
        currency=money[0],
        amount=money[1],
        reference_id=reference,
        category=category,
    )
