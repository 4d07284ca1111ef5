"""Why something was decided, and what something waits for: the same explanations as `headrace why`, with links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from headrace.logs import open_log_of
from headrace.web.asking import Asked, NotThere, account_path
from headrace.web.filters import BadAddress
from headrace.why.explain import Explanation, NotExplained, explained
from headrace.why.history import of_accounts
from headrace.why.replay import OtherState, Replay
from headrace.why.rules import NoSuchRule
from headrace.why.waits import Waiting, overview, waits

MOST_BEFORE: Final = 40
_SHARD: Final = """
SELECT DISTINCT shard FROM decisions WHERE tenant = {tenant:String} AND entity = {of:String} AND account_id = {account:String}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """`at` is a decision's id or a time, `href` where it leads."""

    text: str
    at: str = ""
    href: str = ""


@dataclass(slots=True)
class Part:
    heading: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """An explanation as parts with lines; `account` and its address lead back."""

    title: str
    words: str
    account: str
    account_href: str
    parts: Sequence[Part]


def why(asked: Asked, name: str) -> Told:
    """Of a decision, by SHARD-SEQUENCE. Raises NotThere."""
    shard, _, sequence = name.partition("-")
    if not (shard.isascii() and shard.isdigit() and sequence.isascii() and sequence.isdigit()) or len(name) > 30:
        raise NotThere(f"{name}: a decision's id is SHARD-SEQUENCE, as timelines show it")
    log = open_log_of(asked.settings)
    try:
        found = explained(log, int(shard), int(sequence))
    except (NoSuchRule, NotExplained) as error:
        raise NotThere(f"{name}: cannot be explained in full: {error}") from error
    finally:
        log.close()
    if found is None:
        raise NotThere(f"{name}: there is no such decision")
    return _told(asked, found)


def _told(asked: Asked, x: Explanation) -> Told:
    def decided(number: str) -> str:
        return asked.link(f"/why/{number}")

    earlier = len(x.before) - MOST_BEFORE
    before = [Line(f"… and {earlier} earlier facts")] if earlier > 0 else []
    before += [Line(words) for _, words in x.before[-MOST_BEFORE:]]
    more = [Line(f"… and {x.more_followed} more")] if x.more_followed else []
    policy = [Line(f"version {x.policy.version}, {x.policy.since}; rules version {x.rules_version}")]
    policy += [Line(line) for line in (*x.policy.variants, *x.policy.lines)]
    parts = [
        Part("Because", [Line(line) for line in x.reasons]),
        Part(
            "Caused by",
            [
                Line(x.cause.title),
                Line(f"{x.cause.said}; offset {x.cause.offset} of the shard's facts"),
                *map(Line, x.cause.lines),
            ],
        ),
        Part("It rests on what was known before", before),
        Part("Rule", [Line(f"{x.rule}: {x.says}"), Line(f"Source: {x.source}")]),
        Part("Policy", policy),
        Part("Evidence", [Line(line) for line in x.evidence]),
        Part("For" if x.rule.startswith("promises") else "Could be", [Line(line) for line in x.candidates]),
        Part("Looked at, and not so", [Line(line) for line in x.excluded]),
        Part("Balances after it", [Line(x.balances)] if x.balances else []),
        Part("What followed", [Line(words, number, decided(number)) for number, words in x.followed] + more),
    ]
    return Told(
        f"Why {x.id}", x.words, x.account, _account_href(asked, x.account), [part for part in parts if part.lines]
    )


def _account_href(asked: Asked, key: str) -> str:
    """Of tenant/entity/account; nothing where no account is named."""
    parts = key.split("/", 2)
    if len(parts) != 3 or not all(parts):
        return ""
    return asked.link(account_path({"tenant": parts[0], "entity": parts[1], "account_id": parts[2]}))


def what_waits(asked: Asked, tenant: str, entity: str, account: str, number: str) -> Told:
    """Of everything of an account that has that number, or of all that waits. Raises NotThere."""
    if not account:
        raise BadAddress("account=: say whose it is")
    shards = asked.ask(_SHARD, {"tenant": tenant, "of": entity, "account": account})
    key = f"{tenant}/{entity}/{account}"
    found: list[Waiting] = []
    log = open_log_of(asked.settings)
    try:
        for row in shards[:1]:
            history = of_accounts(log, int(row["shard"]), {key.encode()}).get(key)
            if history is None:
                continue
            replay = Replay(history, asked.settings.shards)
            try:
                found = waits(replay, number) if number else overview(replay)
            finally:
                replay.close()
    except OtherState as error:
        raise NotThere(str(error)) from error
    finally:
        log.close()
    if not found:
        raise NotThere(f"{number or key}: {key} has nothing of that number that is open or was")
    parts = []
    for one in found:
        parts.append(Part(f"{one.kind.capitalize()} {one.number}", [Line(line) for line in one.stands]))
        parts.append(Part("Holds it back now", [Line(line) for line in one.holds]))
        parts.append(Part("If nothing else happens", [Line(words, time) for time, words in one.next]))
        parts.append(Part("Decided last", [Line(words, name, asked.link(f"/why/{name}")) for name, words in one.said]))
    parts.append(Part("The clock", [Line(found[0].clock)]))
    title = f"What {number} waits for" if number else f"What waits of {account}"
    return Told(title, "", key, _account_href(asked, key), [part for part in parts if part.lines])
