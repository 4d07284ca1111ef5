"""headrace live: account cards, worklists, the queue and clocks as they are at this moment, from Redis."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from connectors.files.values import EPOCH
from headrace.amounts import grouped, plain
from headrace.commands.common import FOUND_WANTING, failures_told, load_existing, print_json, say
from headrace.commands.tables import Column, Listing, plain_console
from headrace.places import live_server
from headrace.settings import WrongSettings
from sinks.base import SinkError
from sinks.redis.live.cards import AGING
from sinks.redis.live.directory import ACCOUNT
from sinks.redis.live.reading import Entry, LiveViews

app = typer.Typer(help="What is so at this moment, from Redis: cards, worklists, clocks.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Owner = Annotated[str, typer.Option(help="Only this person's or team's.")]
Most = Annotated[int, typer.Option(min=1, help="So many at most.")]
_DAY_MS: Final = 86_400_000
_BALANCES: Final = ("open_debit", "open_credit", "unapplied", "on_account", "past_due", "disputed", "promised")
_COUNTS: Final = ("disputes", "promises", "drafts", "exceptions", "approvals", "tasks")
# As headrace worklist has them.
_TASK_COLUMNS: Final = (
    "category", "owner", "score", "next_action", "deadline", "step", "currency", "past_due", "document", "evidence", "opened_time"
)  # fmt: skip
_SAID: Final = ("name", "country", "language", "segment", "tier", "region", "risk_class", "contract", "owner")


@app.callback()
def where(
    context: typer.Context,
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
) -> None:
    context.obj = (directory, config)


@app.command()
def card(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account, or TENANT/ENTITY/ACCOUNT.")],
    as_json: AsJson = False,
) -> None:
    """Show the card of an account: balances, what is past due, what is open, credit, owner, last contact, next action."""
    with _opened(context) as views:
        # TENANT/ENTITY/ACCOUNT, or a number that may have slashes itself.
        numbers = {account, account.split("/", 2)[-1]}
        found = [
            (shard, whole)
            for number in sorted(numbers)
            for shard, kind, whole, written in views.find(number)
            if kind == ACCOUNT and written == number and account in (written, whole)
        ]
        if not found:
            say(f"no account is called {account}, of all that is published")
            raise typer.Exit(FOUND_WANTING)
        if len(found) > 1:
            say(f"several accounts are called {account}; name one: {', '.join(whole for _, whole in found)}")
            raise typer.Exit(FOUND_WANTING)
        shard, whole = found[0]
        position, (kept,) = views.cards(shard, [whole])
    shown = card_of(whole, kept, position.day)
    if as_json:
        print_json(shown)
    else:
        _print_card(shown)


@app.command()
def worklist(context: typer.Context, owner: Owner = "", most: Most = 100, as_json: AsJson = False) -> None:
    """List open tasks, what counts most first, with the parts of the score."""
    with _opened(context) as views:
        rows = [_task(entry) for entry in views.worklist(owner, most)]
    columns = (Column("score", True), Column("account"), Column("task"), Column("owner", wraps_at=12),
               Column("do", wraps_at=12), Column("past due", True), Column("until (UTC)"), Column("why", wraps_at=30))  # fmt: skip
    cells = [
        (str(row["score"]), _place(row), row["task_id"], row["owner"], row["next_action"].replace("_", " "),
         _money(row["past_due"], row["currency"]), _minute(row["deadline"]), ", ".join(row["evidence"]))
        for row in rows
    ]  # fmt: skip
    _show(rows, columns, cells, as_json, "no task is open" + (f" for {owner}" if owner else ""))


@app.command()
def queue(context: typer.Context, owner: Owner = "", most: Most = 100, as_json: AsJson = False) -> None:
    """List exceptions, proposed cash and requests for approval, the oldest first."""
    with _opened(context) as views:
        rows = [_queued(entry) for entry in views.queue(owner, most)]
    columns = (Column("since (UTC)"), Column("account"), Column("what"), Column("id", wraps_at=20),
               Column("owner", wraps_at=12), Column("amount", True), Column("until (UTC)"), Column("why", wraps_at=24))  # fmt: skip
    cells = [
        (_minute(row["since_time"]), _place(row), row["what"], row["id"], row["owner"],
         _money(row["amount"], row["currency"]), _minute(row["deadline"]), ", ".join(row["reasons"]))
        for row in rows
    ]  # fmt: skip
    _show(rows, columns, cells, as_json, "nothing waits for a person" + (f" for {owner}" if owner else ""))


@app.command()
def clocks(context: typer.Context, most: Most = 100, as_json: AsJson = False) -> None:
    """List what has a deadline, the first one first: disputes, tasks, exceptions, proposed cash, requests for approval."""
    with _opened(context) as views:
        now = max(position.now for position in views.positions())
        rows = [_clock(entry, now) for entry in views.clocks(most)]
    columns = (Column("until (UTC)"), Column("over"), Column("what"), Column("account"), Column("id"), Column("owner"))
    cells = [
        (_minute(row["deadline"]), "over" if row["over"] else "", row["what"], _place(row), row["id"], row["owner"])
        for row in rows
    ]
    _show(rows, columns, cells, as_json, "nothing has a deadline")


@app.command()
def find(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(help="The number of a document, receipt or account, in any spelling.")],
    as_json: AsJson = False,
) -> None:
    """Say which account has a document, a receipt or a number of its own."""
    with _opened(context) as views:
        found = views.find(reference)
    rows = [_account(whole) | {"what": kind, "reference": written} for _, kind, whole, written in found]
    cells = [(row["what"], row["reference"], _place(row)) for row in rows]
    columns = (Column("what"), Column("reference"), Column("account"))
    _show(rows, columns, cells, as_json, f"nothing is called {reference}")
    if not rows:
        raise typer.Exit(FOUND_WANTING)


@contextmanager
def _opened(context: typer.Context) -> Iterator[LiveViews]:
    """The live views; what fails is told, exit 1, wrong settings exit 2."""
    with failures_told():
        settings = load_existing(*context.obj)
        if not settings.redis and not (settings.dir / "live").is_dir():
            raise WrongSettings(f"{settings.dir}: has no live views yet; `headrace run publish --sink live` makes them")
        try:
            with live_server(settings, shared=True) as server:
                yield LiveViews(server)
        except SinkError as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None


def card_of(whole: str, kept: dict[str, str], day: int) -> dict[str, Any]:
    """A card as it is printed: amounts as decimal texts, times and days as texts, None where there is none."""
    currencies = sorted({name.partition(":")[0] for name in kept if ":" in name})
    shown: dict[str, Any] = _account(whole) | {name: kept.get(name, "") for name in _SAID}
    shown["as_of"] = _day(day)
    shown["balances"] = {currency: _balance(kept, currency) for currency in currencies}
    shown.update({name: int(kept.get(name, 0)) for name in _COUNTS})
    shown["level"] = int(kept.get("level", 0))
    shown["credit"] = _credit(kept)
    contact = ("time", "direction", "channel", "about")
    shown["last_contact"] = {x: kept.get(f"contact_{x}", "") for x in contact} if "contact_time" in kept else None
    if shown["last_contact"]:
        shown["last_contact"]["time"] = _time(int(kept["contact_time"]))
    until = int(kept.get("next_action_until", 0))
    shown["next"] = (
        {"action": kept["next_action"], "task": kept["next_task"], "until": _time(until) if until else None}
        if "next_task" in kept
        else None
    )
    return shown


def _balance(kept: dict[str, str], currency: str) -> dict[str, Any]:
    minor = {name: int(kept.get(f"{currency}:{name}", 0)) for name in _BALANCES}
    minor["balance"] = minor["open_debit"] - minor["open_credit"] - minor["unapplied"] - minor["on_account"]
    found: dict[str, Any] = {name: plain(value, currency) for name, value in minor.items()}
    found["aging"] = {name: plain(int(kept.get(f"{currency}:{name}", 0)), currency) for name, _ in AGING}
    found["open_items"] = int(kept.get(f"{currency}:open_items", 0))
    oldest = kept.get(f"{currency}:oldest_due")
    found["oldest_due"] = _day(int(oldest)) if oldest else None
    return found


def _credit(kept: dict[str, str]) -> dict[str, Any]:
    currency = kept.get("credit_currency", "")
    since = kept.get("credit_held_since")
    return {
        "held": "credit_held" in kept,
        "held_for": json.loads(kept.get("credit_held_for", "[]")),
        "held_since": _time(int(since)) if since else None,
        "currency": currency,
        "limit": plain(int(kept["credit_limit"]), currency) if "credit_limit" in kept else None,
        "exposure": plain(int(kept["credit_exposure"]), currency) if "credit_exposure" in kept else None,
    }


def _print_card(shown: dict[str, Any]) -> None:
    out = plain_console()
    out.print(f"{_place(shown)}  {shown['name']}  {shown['country']} {shown['segment']}".rstrip(), soft_wrap=True)
    out.print(f"as of {shown['as_of']}, owner {shown['owner'] or 'nobody'}, dunning level {shown['level']}")
    columns = (Column(""), *(Column(currency, right=True) for currency in shown["balances"]))
    listing = Listing(columns)
    balances = shown["balances"].values()
    for name in ("balance", *_BALANCES):
        listing.add(name.replace("_", " "), *(_grouped(found[name]) for found in balances))
    for name, _ in AGING:
        listing.add(f"  {name}", *(_grouped(found["aging"][name]) for found in balances))
    for name in ("open_items", "oldest_due"):
        listing.add(name.replace("_", " "), *(str(found[name] or "") for found in balances))
    if shown["balances"]:
        listing.show(out)
    counts = [f"{name} {shown[name]}" for name in _COUNTS if shown[name]]
    out.print("open: " + (", ".join(counts) or "nothing"), soft_wrap=True)
    credit = shown["credit"]
    if credit["exposure"] is not None:
        held = (
            f"held since {credit['held_since'][:16]}: {', '.join(credit['held_for'])}" if credit["held"] else "not held"
        )
        limit = f" of {_grouped(credit['limit'])}" if credit["limit"] is not None else ""
        out.print(f"credit: {_grouped(credit['exposure'])}{limit} {credit['currency']}, {held}", soft_wrap=True)
    if contact := shown["last_contact"]:
        said = f"{contact['direction']} by {contact['channel']}, {contact['about']}"
        out.print(f"last contact: {contact['time'][:16]} {said}", soft_wrap=True)
    if task := shown["next"]:
        until = f" until {task['until'][:16]}" if task["until"] else ""
        out.print(f"next: {task['action'].replace('_', ' ')} ({task['task']}){until}", soft_wrap=True)


def _grouped(amount: str) -> str:
    """1234.56 as people read it."""
    whole, point, rest = amount.partition(".")
    return f"{int(whole):,}{point}{rest}" if int(whole) else amount


def _task(entry: Entry) -> dict[str, Any]:
    times = {name: _time(entry.row[name]) for name in ("deadline", "opened_time")}
    row = entry.row | times
    return _account(entry.account) | {"task_id": entry.about} | {name: row[name] for name in _TASK_COLUMNS}


def _queued(entry: Entry) -> dict[str, Any]:
    row = {name: value for name, value in entry.row.items() if name not in ("raised_time", "requested_time")}
    times = {"deadline": _time(row["deadline"]), "since_time": _time(entry.score)}
    return _account(entry.account) | {"what": entry.kind, "id": entry.about, "rule": entry.rule} | row | times


def _clock(entry: Entry, now: int) -> dict[str, Any]:
    return _account(entry.account) | {
        "deadline": _time(entry.score),
        "over": entry.score <= now,
        "what": entry.kind,
        "id": entry.about,
        "owner": entry.row.get("owner", ""),
    }


def _account(whole: str) -> dict[str, Any]:
    return dict(zip(("tenant", "entity", "account_id"), whole.split("/", 2), strict=True))


def _place(row: dict[str, Any]) -> str:
    return f"{row['tenant']}/{row['entity']}/{row['account_id']}"


def _money(minor: int, currency: str) -> str:
    return f"{grouped(minor, currency)} {currency}" if currency else ""


def _time(ms: int) -> str:
    """As the tables have it: UTC, to the millisecond."""
    return (EPOCH + timedelta(milliseconds=ms)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _day(day: int) -> str:
    return (EPOCH + timedelta(days=day)).date().isoformat()


def _minute(time: str) -> str:
    return "" if time.startswith("1970-01-01") else time[:16]


def _show(
    rows: list[dict[str, Any]], columns: tuple[Column, ...], cells: Sequence[tuple[str, ...]], as_json: bool, none: str
) -> None:
    if as_json:
        print_json(rows)
    elif not rows:
        say(f"{none}, of all that is published")
    else:
        listing = Listing(columns)
        for row in cells:
            listing.add(*row)
        listing.show()
