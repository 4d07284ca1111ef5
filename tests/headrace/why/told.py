"""Histories to be explained: of scenario texts and files, through a real shard, and of small installations."""

from collections.abc import Iterable
from pathlib import Path

from connectors.log.base import Log
from dataflows.shards.store import Store, new_batch
from headrace.commands.why import lines_of
from headrace.why.explain import explain
from headrace.why.history import History, made, of_accounts
from headrace.why.replay import Replay
from schemas.codec import decode_fact
from schemas.records import Decision, Fact, Invoice, ShardRow
from schemas.topics import DECISIONS
from tests.installations import Facts, all_decisions, decide, forward, identify, open_log, with_days
from tests.scenario_language import Scenario, parse
from tests.scenario_runner import Run


class Recorded(Run):
    """A scenario's run that keeps what its shard took in and decided."""

    def __init__(self, scenario: Scenario, directory: Path) -> None:
        super().__init__(scenario, directory)
        self.values: list[bytes] = []
        self.decided: list[Decision] = []

    def _take(self, value: bytes) -> list[Decision]:
        decisions = super()._take(value)
        self.values.append(value)
        self.decided += self.concluded
        return decisions

    def histories(self) -> dict[str, History]:
        return made(0, [(offset, decode_fact(value)) for offset, value in enumerate(self.values)], self.decided)


def of_text(text: str, directory: Path) -> list[History]:
    """What a scenario's text leads to; its differences do not matter."""
    path = directory / "scenario.txt"
    path.write_text(f"; Told.\n{text}")
    run = Recorded(parse(path), directory / "state")
    try:
        run.all()
        return list(run.histories().values())
    finally:
        run.close()


def told(histories: Iterable[History], kind: str, number: int = 0) -> str:
    """What headrace why prints of the decision of that kind, counted from 0."""
    found = [(history, d) for history in histories for d in history.decisions if d.kind == kind]
    history, d = found[number]
    return "\n".join(lines_of(explain(history, d)))


def installation(facts: Iterable[Fact], directory: Path, until: int, shards: int = 2) -> Log:
    """Facts decided in a real installation, and transfers brought to where they belong."""
    log = open_log(directory, shards)
    given = list(facts)
    Facts(log).append(with_days(given, until))
    decide(log, directory / "state")
    Facts(log).append(_identified(log, given))
    decide(log, directory / "state")
    done: set[tuple[int, int]] = set()
    while sent := forward(log, done):
        Facts(log).append(sent)
        decide(log, directory / "state")
    return log


def _identified(log: Log, facts: Iterable[Fact]) -> list[Fact]:
    """What a directory that knows all invoices would say of money whose payer is not known."""
    whose = {fact.document: fact.account_id for fact in facts if isinstance(fact, Invoice)}
    return [
        identify(d, whose[d.candidates[0]])
        for d in all_decisions(log)
        if d.rule == "cash.unidentified" and d.kind == "exception_raised" and d.candidates and d.candidates[0] in whose
    ]


def all_histories(log: Log) -> list[History]:
    return [history for shard in range(log.partitions(DECISIONS)) for history in of_accounts(log, shard, None).values()]


def _stored(store: Store, key: str) -> dict[bytes, bytes]:
    """The rows of an account, without what the shard keeps of itself."""
    found = {}
    for name, value in store.range(b"\0", b"\xff", 1_000_000):
        account, _, rest = name[1:].partition(b"\0")
        if name[:1] not in b"MUEWPJ" and account.decode() == key:
            found[name[:1] + rest] = value
    return found


def is_the_same(replay: Replay, theirs: Store) -> None:
    """The replayed account has the rows that its shard has."""
    batch = new_batch()
    replay._accounts.commit(batch)
    replay._store.write(batch, ShardRow())
    replay._accounts.committed()
    assert _stored(replay._store, replay.history.key) == _stored(theirs, replay.history.key), replay.history.key
