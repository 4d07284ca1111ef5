"""What a shard's log says about policies and one customer up to a day: read from the facts, so any day can be asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from connectors.log.base import Log, account_key, partition_of
from connectors.reading import read_to_end
from dataflows.rules.policy.policy import DEFAULT_TEXT, Who
from dataflows.shards import policies
from headrace.policies.publishing import DAY_MS, EPOCH
from schemas.codec import decode_fact
from schemas.records import FACT_IDS_READ, Clock, Customer, Policy, ShardRow
from schemas.topics import FACTS, NEXT_CLOCK

# A policy of the next day is in force from this clock of a replay on.
DAY_END: Final = "replay"


def _heads(*kinds: str) -> frozenset[bytes]:
    return frozenset(b"\0" + number.to_bytes(4, "big") for kind in kinds for number in FACT_IDS_READ[kind])


_OF_SHARDS: Final = _heads("clock", "policy")
_OF_CUSTOMERS: Final = _heads("customer")


@dataclass(slots=True)
class Known:
    """What is known at the end of a day. customer: the last that was said, None where nothing was.

    version, text: the policy in force; of the built-in one 0 and its text. waits_until: it is not in force yet on the
    log's last day, and will be from that day on.
    """

    tenant: str
    entity: str
    account_id: str
    customer: Customer | None = None
    facts: int = 0
    version: int = 0
    text: str = DEFAULT_TEXT
    will_be: bool = False
    row: ShardRow = field(default_factory=ShardRow)

    @property
    def who(self) -> Who:
        said = self.customer
        if said is None:
            return Who(self.tenant, self.entity, self.account_id, "", "", "", "")
        return Who(
            self.tenant,
            self.entity,
            self.account_id,
            said.region,
            said.country.upper(),
            said.tier,
            said.segment,
            said.terms_days,
            said.risk_class,
            said.contract,
        )


def known_on(
    log: Log, account_id: str, company: tuple[str, str] | None, day: date, told: Callable[[int, int], None]
) -> list[Known]:
    """What is known of the account at the end of a day, for each company that has one of that number.

    `told` gets shard and facts read. Raises LogUnavailable.
    """
    shards = range(log.partitions(FACTS))
    if company is not None:
        shards = range(shard := partition_of(account_key(*company, account_id), len(shards)), shard + 1)
    found: list[Known] = []
    for shard in shards:
        found += _in_shard(log, shard, account_id, company, ((day - EPOCH).days + 1) * DAY_MS - 1, told)
    return found


def _in_shard(
    log: Log, shard: int, account_id: str, company: tuple[str, str] | None, until: int, told: Callable[[int, int], None]
) -> list[Known]:
    accounts: dict[bytes, Known] = {}
    if company is not None:
        accounts[account_key(*company, account_id)] = Known(*company, account_id)
    suffix = b"/" + account_id.encode()
    row = ShardRow()
    begin, end = log.begin_offsets(FACTS)[shard], log.end_offsets(FACTS)[shard]
    reader = log.reader(FACTS, {shard: begin})
    read = 0
    try:
        for records in read_to_end(reader, {shard: end}):
            for record in records:
                if record.key is None:
                    if record.value[:5] in _OF_SHARDS and not _take(row, record.value, until):
                        return _finished(accounts, row, until)
                elif record.key.endswith(suffix):
                    _of_account(accounts, record.key, record.value, account_id)
            read += len(records)
            told(shard, read)
    finally:
        reader.close()
    return _finished(accounts, row, until)


def _take(row: ShardRow, value: bytes, until: int) -> bool:
    """Keep what the fact says of time and policies, as a shard does; whether its day is not over."""
    fact = decode_fact(value)
    if isinstance(fact, Policy):
        if not policies.take(row, fact):
            _due(row, 0 if row.now else NEXT_CLOCK)
    elif isinstance(fact, Clock) and fact.now > row.now:
        if fact.now > until:
            return False
        row.now = fact.now
        _due(row, fact.now)
        if fact.mode == DAY_END and fact.now < until:
            _due(row, fact.now + 1)
    return True


def _due(row: ShardRow, now: int) -> None:
    chosen = policies.due(row, now)
    if chosen is not None:
        policies.put_in_force(row, chosen)


def _of_account(accounts: dict[bytes, Known], key: bytes, value: bytes, account_id: str) -> None:
    known = accounts.get(key)
    if known is None:
        tenant, _, rest = key.decode(errors="replace").partition("/")
        entity, _, name = rest.partition("/")
        if name != account_id:
            return
        known = accounts[key] = Known(tenant, entity, account_id)
    known.facts += 1
    if value[:5] in _OF_CUSTOMERS:
        fact = decode_fact(value)
        assert isinstance(fact, Customer)
        known.customer = fact


def _finished(accounts: dict[bytes, Known], row: ShardRow, until: int) -> list[Known]:
    """A day that the log has not come to has the policy that waits for it."""
    before = row.policy_version
    _due(row, until)
    for known in accounts.values():
        known.version = row.policy_version
        known.text = row.policy_text or DEFAULT_TEXT
        known.will_be = row.policy_version != before
    return [known for _, known in sorted(accounts.items()) if known.facts]
