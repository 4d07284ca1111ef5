"""headrace why: the facts, the policy and the rule behind a decision, or what an item waits for."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.log.base import Log
from dataflows.shards.logged import decision_key
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, installation, say
from headrace.why.explain import Explanation, NotExplained, explain
from headrace.why.history import decision_at, of_accounts
from headrace.why.rules import NoSuchRule
from schemas.topics import DECISIONS

Directory = Annotated[Path | None, typer.Option("--dir", help="The installation.")]
Config = Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")]


def why(
    decision: Annotated[
        str, typer.Argument(help="A decision, as timeline shows it: SHARD-SEQUENCE.", show_default=False)
    ] = "",
    directory: Directory = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="An object with all that is said.")] = False,
) -> None:
    """Explain a decision: what was decided, the facts it rests on, the policy's line, the rule, and what came of it.

    Reads the logs alone, while flows run or not. Exit 1 where there is no such decision.
    """
    shard, _, sequence = decision.partition("-")
    if not (shard.isascii() and shard.isdigit() and sequence.isascii() and sequence.isdigit()):
        say(f"{decision or 'nothing'}: say which decision, as timeline shows it: SHARD-SEQUENCE, such as 3-1042")
        raise typer.Exit(WRONG_USAGE)
    with installation(directory, config) as (_, log):
        try:
            found = _explained(log, int(shard), int(sequence))
        except (NoSuchRule, NotExplained) as error:
            say(f"{decision}: cannot be explained in full: {error}")
            raise typer.Exit(FOUND_WANTING) from None
    if found is None:
        say(f"{decision}: there is no such decision")
        raise typer.Exit(FOUND_WANTING)
    if as_json:
        json.dump(_said(found), sys.stdout, ensure_ascii=False)
        print()
        return
    print("\n".join(_lines(found)))


def _explained(log: Log, shard: int, sequence: int) -> Explanation | None:
    """Raises NoSuchRule, NotExplained."""
    if shard >= log.partitions(DECISIONS):
        return None
    d = decision_at(log, shard, sequence)
    if d is None:
        return None
    key = decision_key(d)
    return explain(of_accounts(log, shard, {key})[key.decode()], d)


def _said(found: Explanation) -> dict[str, Any]:
    said = asdict(found)
    said["policy"] = found.policy._asdict()
    said["before"] = [{"offset": int(offset), "words": words} for offset, words in found.before]
    said["followed"] = [{"id": number, "words": words} for number, words in found.followed]
    return said


def _lines(x: Explanation) -> list[str]:
    out = [f"{x.id}  {x.words}", f"{x.account}; {x.decided}", ""]
    out += _part("Because", x.reasons)
    out += ["Caused by", f"  {x.cause.title}", f"    {x.cause.said}; offset {x.cause.offset} of the shard's facts"]
    out += [f"    {line}" for line in x.cause.lines]
    out.append("")
    out += _part("It rests on what was known before", [words for _, words in x.before])
    out += ["Rule", f"  {x.rule}: {x.says}", f"  Source: {x.source}", ""]
    out += ["Policy", f"  version {x.policy.version}, {x.policy.since}; rules version {x.rules_version}"]
    if not x.policy.section:
        out.append("  no line of the policy has a part in this rule")
    out += [f"  {line}" for line in x.policy.variants]
    out += [f"    {line}" for line in x.policy.lines]
    out.append("")
    out += _part("Evidence", x.evidence)
    out += _part("Could have been", x.candidates)
    out += _part("Looked at, and not so", x.excluded)
    out += _part("Balances after it", [x.balances] if x.balances else [])
    more = [f"... and {x.more_followed} more"] if x.more_followed else []
    out += _part("What followed", [f"{number}  {words}" for number, words in x.followed] + more)
    return out[:-1]


def _part(name: str, lines: list[str]) -> list[str]:
    return [name, *(f"  {line}" for line in lines), ""] if lines else []
