"""headrace why: the facts, the policy and the rule behind a decision, or what an item waits for."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, installation, print_json, say
from headrace.commands.tables import show
from headrace.commands.views import Config, Directory, opened_views
from headrace.why.explain import Explanation, NotExplained, explained
from headrace.why.history import of_accounts
from headrace.why.replay import OtherState, Replay
from headrace.why.rules import NoSuchRule
from headrace.why.waits import Waiting, overview, waits

MOST_ACCOUNTS: Final = 20
# Facts that are printed; a promise may have been paid by a thousand receipts.
MOST_BEFORE: Final = 40
_ACCOUNTS: Final = """
SELECT DISTINCT shard, tenant, entity, account_id FROM decisions
WHERE account_id != '' AND kind != 'fact_rejected' AND ({account:String} = '' OR account_id = {account:String})
  AND ({number:String} = '' OR document = {number:String} OR receipt_id = {number:String} OR startsWith(receipt_id, concat({number:String}, '@'))
       OR (reference_id = {number:String} OR startsWith(reference_id, concat({number:String}, '/')))
          AND (startsWith(kind, 'dispute_') OR startsWith(kind, 'promise_') OR startsWith(kind, 'task_')
               OR startsWith(kind, 'approval_')))
ORDER BY tenant, entity, account_id
"""


def why(
    decision: Annotated[
        str, typer.Argument(help="A decision, as timeline shows it: SHARD-SEQUENCE.", show_default=False)
    ] = "",
    directory: Directory = None,
    config: Config = None,
    item: Annotated[
        str,
        typer.Option(
            "--item", help="A document, receipt, dispute, promise, task or request for approval: what it waits for."
        ),
    ] = "",
    account: Annotated[
        str, typer.Option("--account", help="The account, where several have that number; alone: all of it that waits.")
    ] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="An object, or a list for --item, with all that is said.")
    ] = False,
) -> None:
    """Explain a decision: what was decided, the facts it rests on, the policy's line, the rule, and what came of it.
    With --item: how a document, receipt, dispute, promise, task or request stands, what holds it back, and what comes next.
    With --account alone: its credit hold, requests for approval, and all of it that waits.

    Reads the logs, while flows run or not, and changes nothing. Exit 1 where there is no such thing.
    """
    if (item or account) and not decision:
        _waits(item, account, directory, config, as_json)
        return
    if item or account:
        say("say either a decision, or --item NUMBER, --account ACCOUNT or both")
        raise typer.Exit(WRONG_USAGE)
    shard, _, sequence = decision.partition("-")
    if not (shard.isascii() and shard.isdigit() and sequence.isascii() and sequence.isdigit()):
        say(f"{decision or 'nothing'}: say which decision, as timeline shows it: SHARD-SEQUENCE, such as 3-1042")
        raise typer.Exit(WRONG_USAGE)
    with installation(directory, config) as (_, log):
        try:
            found = explained(log, int(shard), int(sequence))
        except (NoSuchRule, NotExplained) as error:
            say(f"{decision}: cannot be explained in full: {error}")
            raise typer.Exit(FOUND_WANTING) from None
    if found is None:
        say(f"{decision}: there is no such decision")
        raise typer.Exit(FOUND_WANTING)
    if as_json:
        print_json(_said(found))
        return
    show(lines_of(found))


def _waits(number: str, account: str, directory: Path | None, config: Path | None, as_json: bool) -> None:
    with opened_views(directory, config) as views:
        answer = views.ask(_ACCOUNTS, {"number": number, "account": account})
    found: list[Waiting] = []
    with installation(directory, config) as (settings, log):
        for shard, tenant, entity, name in answer.rows[:MOST_ACCOUNTS]:
            key = f"{tenant}/{entity}/{name}"
            try:
                replay = Replay(of_accounts(log, int(shard), {key.encode()})[key], settings.shards)
            except OtherState as error:
                say(str(error))
                raise typer.Exit(FOUND_WANTING) from None
            try:
                found += waits(replay, number) if number else overview(replay)
            finally:
                replay.close()
    if len(answer.rows) > MOST_ACCOUNTS:
        say(f"{len(answer.rows)} accounts have that number, {MOST_ACCOUNTS} are shown: say --account ACCOUNT")
    if not found and not number and answer.rows:
        say(f"{account}: nothing of it waits for anything")
        return
    if not found:
        of = f"{account} has" if account else "no account has"
        nothing = "nothing" if account else "anything"
        say(
            f"{number or account}: {of} {nothing} of that number that is open or was, of all that is published; what was rejected is "
            "in headrace rejected, what could not be read in headrace dead-letters"
        )
        raise typer.Exit(FOUND_WANTING)
    if as_json:
        print_json([_waiting_said(one) for one in found])
        return
    if number:
        for at, one in enumerate(found):
            show([""] * (at > 0) + waiting_lines(one))
    else:
        show([line for one in found for line in overview_lines(one)])
        show(list(dict.fromkeys(one.clock for one in found)))


def _waiting_said(one: Waiting) -> dict[str, Any]:
    said = asdict(one)
    said["next"] = [{"time": time, "words": words} for time, words in one.next]
    said["said"] = [{"id": number, "words": words} for number, words in one.said]
    return said


def waiting_lines(x: Waiting) -> list[str]:
    out = [f"{x.kind.capitalize()} {x.number} of {x.account}", *(f"  {line}" for line in x.stands), ""]
    out += _part("Now", x.holds)
    out += _part("The clock", [x.clock])
    out += _part("If nothing else happens", [f"{time}  {words}".strip() for time, words in x.next])
    out += _part("Decided last", [f"{number}  {words}" for number, words in x.said])
    return out[:-1]


def overview_lines(x: Waiting) -> list[str]:
    """In an account's list: what it is and how it stands, and below it what holds it back."""
    return [f"{x.kind} {x.number}: {'; '.join(x.stands)}", *(f"  {line}" for line in x.holds)]


def _said(found: Explanation) -> dict[str, Any]:
    said = asdict(found)
    said["policy"] = found.policy._asdict()
    said["before"] = [{"offset": int(offset), "words": words} for offset, words in found.before]
    said["followed"] = [{"id": number, "words": words} for number, words in found.followed]
    return said


def lines_of(x: Explanation) -> list[str]:
    out = [f"{x.id}  {x.words}", f"{x.account}; {x.decided}", ""]
    out += _part("Because", x.reasons)
    out += ["Caused by", f"  {x.cause.title}", f"    {x.cause.said}; offset {x.cause.offset} of the shard's facts"]
    out += [f"    {line}" for line in x.cause.lines]
    out.append("")
    earlier = len(x.before) - MOST_BEFORE
    before = [f"... and {earlier} earlier facts"] if earlier > 0 else []
    before += [words for _, words in x.before[-MOST_BEFORE:]]
    out += _part("It rests on what was known before", before)
    out += ["Rule", f"  {x.rule}: {x.says}", f"  Source: {x.source}", ""]
    out += ["Policy", f"  version {x.policy.version}, {x.policy.since}; rules version {x.rules_version}"]
    if not x.policy.section:
        out.append("  no line of the policy has a part in this rule")
    out += [f"  {line}" for line in x.policy.variants]
    out += [f"    {line}" for line in x.policy.lines]
    out.append("")
    out += _part("Evidence", x.evidence)
    out += _part("For" if x.rule.startswith("promises") else "Could be", x.candidates)
    out += _part("Looked at, and not so", x.excluded)
    out += _part("Balances after it", [x.balances] if x.balances else [])
    more = [f"... and {x.more_followed} more"] if x.more_followed else []
    out += _part("What followed", [f"{number}  {words}" for number, words in x.followed] + more)
    return out[:-1]


def _part(name: str, lines: list[str]) -> list[str]:
    return [name, *(f"  {line}" for line in lines), ""] if lines else []
