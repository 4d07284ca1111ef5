"""The dimensions: tables of facts that say who accounts are and by what policy they are treated, and views of them.

A fact is one row, by its event_id: inserted again it replaces itself, so reading the facts log again changes nothing.
"""

from typing import Final

from sinks.clickhouse.view import CODE, TEXT, TIME, View

# Of two rows with one event_id the earlier one in the log is kept, as the rules do.
_FACT: Final = """
    shard UInt16 COMMENT 'Shard: partition of the facts log',
    fact_offset Int64 COMMENT 'Offset in it',
    event_id String COMMENT 'The producer\\'s id of the event',
    source LowCardinality(String) COMMENT 'The system that says so',
    event_time DateTime64(3, 'UTC') COMMENT 'When it happened',
    recorded_time DateTime64(3, 'UTC') COMMENT 'When the log learned it',
    earlier UInt64 MATERIALIZED toUInt64(9223372036854775807 - fact_offset) COMMENT 'The greatest stays'"""
_SETTINGS: Final = "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"

_RISK: Final = "risk_class LowCardinality(String) COMMENT 'How risky its payment is, as the source says, or empty'"
_CONTRACT: Final = "contract String COMMENT 'Contract by which it pays, or empty'"


def _customer_facts(more: str = "") -> str:
    return f"""
CREATE TABLE IF NOT EXISTS customer_facts (
    tenant LowCardinality(String) COMMENT 'Tenant',
    entity LowCardinality(String) COMMENT 'Company of the tenant',
    account_id String COMMENT 'Payer',
    name String COMMENT 'Legal name',
    active Bool COMMENT 'Whether drafts may be released',
    country LowCardinality(String) COMMENT 'ISO 3166-1 alpha-2, upper case',
    region LowCardinality(String) COMMENT 'Region',
    segment LowCardinality(String) COMMENT 'Segment',
    tier LowCardinality(String) COMMENT 'Tier',
    currency LowCardinality(String) COMMENT 'ISO 4217 of new documents where they name none',
    language LowCardinality(String) COMMENT 'BCP 47 language of letters',
    terms_days Int32 COMMENT 'Days from document date to due date where a document has none',
    credit_group LowCardinality(String) COMMENT 'Group whose credit limit it shares, or empty',
    affiliate Bool COMMENT 'A company of the same group',
    direct_debit Bool COMMENT 'Paid by direct debit',
    contacts_blocked Bool COMMENT 'Nobody is to be contacted',{more}{_FACT}
)
ENGINE = ReplacingMergeTree(earlier)
ORDER BY (tenant, entity, account_id, event_id)
{_SETTINGS}
COMMENT 'What customer facts say'
"""


CUSTOMER_FACTS: Final = _customer_facts()
# More columns: what is there keeps its rows, and the facts log is read again for what these lack.
MORE_OF_CUSTOMERS: Final = (
    f"ALTER TABLE customer_facts ADD COLUMN IF NOT EXISTS {_RISK} AFTER contacts_blocked",
    f"ALTER TABLE customer_facts ADD COLUMN IF NOT EXISTS {_CONTRACT} AFTER risk_class",
    _customer_facts(f"\n    {_RISK},\n    {_CONTRACT},"),
    "TRUNCATE TABLE facts_state",
)

ACCOUNT_OWNER_FACTS: Final = f"""
CREATE TABLE IF NOT EXISTS account_owner_facts (
    tenant LowCardinality(String) COMMENT 'Tenant',
    entity LowCardinality(String) COMMENT 'Company of the tenant',
    account_id String COMMENT 'Payer',
    role LowCardinality(String) COMMENT 'collector, team_lead, account_manager, credit_manager or another',
    owner LowCardinality(String) COMMENT 'Person or team; empty takes the role off',
    valid_from Date32 COMMENT 'From which day on; 1970-01-01 is at once',{_FACT}
)
ENGINE = ReplacingMergeTree(earlier)
ORDER BY (tenant, entity, account_id, event_id)
{_SETTINGS}
COMMENT 'What account_owner facts say'
"""

# Every shard has every policy; those of shard 0 are kept.
POLICY_FACTS: Final = f"""
CREATE TABLE IF NOT EXISTS policy_facts (
    version Int32 COMMENT 'Rises by one with each policy',
    text String COMMENT 'The full text, TOML; empty where it is taken back',
    digest String COMMENT 'SHA-256 of the text, hex',
    from_time DateTime64(3, 'UTC') COMMENT 'In force from the first clock at this time; 1970-01-01 is at once',
    taken_back Bool COMMENT 'It is withdrawn, where it is not in force yet',
    actor LowCardinality(String) COMMENT 'Who published it, or took it back',
    note String COMMENT 'Why',
    approved_by LowCardinality(String) COMMENT 'Who approved it; empty where nobody had to',{_FACT}
)
ENGINE = ReplacingMergeTree(earlier)
ORDER BY (version, event_id)
{_SETTINGS}
COMMENT 'What policy facts say'
"""

FACTS_STATE: Final = """
CREATE TABLE IF NOT EXISTS facts_state (
    shard UInt16 COMMENT 'Shard',
    next_offset Int64 COMMENT 'Facts before this offset are in the tables of facts',
    log String COMMENT 'Identity of the facts log'
)
ENGINE = ReplacingMergeTree(next_offset)
ORDER BY shard
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
COMMENT 'How far the facts log was read for the dimensions'
"""

_REJECTED: Final = "SELECT shard, fact_offset FROM decisions WHERE kind = 'fact_rejected' AND cause_kind = '{}'"
_OF_CUSTOMER: Final = (
    *("name", "active", "country", "region", "segment", "tier", "currency", "language", "terms_days"),
    *("credit_group", "affiliate", "direct_debit", "contacts_blocked", "risk_class", "contract"),
)
_SAID: Final = ", ".join(f"tupleElement(said, {at}) AS {name}" for at, name in enumerate(_OF_CUSTOMER, 1))
_OWNER: Final = "argMaxIf(owner, fact_offset, role = '{}') AS {}"
_ROLES: Final = ("collector", "team_lead", "account_manager", "credit_manager")

ACCOUNTS: Final = View(
    "accounts",
    "Every account of which a customer or account_owner fact tells, as it was said last",
    {
        "tenant": "Tenant",
        "entity": "Company of the tenant",
        "account_id": "Payer",
        "name": "Legal name",
        "active": "Whether drafts may be released",
        "country": "ISO 3166-1 alpha-2, upper case",
        "region": "Region",
        "segment": "Segment",
        "tier": "Tier",
        "currency": "ISO 4217 of new documents where they name none",
        "language": "BCP 47 language of letters",
        "terms_days": "Days from document date to due date where a document has none",
        "credit_group": "Group whose credit limit it shares, or empty",
        "affiliate": "A company of the same group: in no DSO",
        "direct_debit": "Paid by direct debit",
        "contacts_blocked": "Nobody is to be contacted",
        "risk_class": "How risky its payment is, as the source says, or empty",
        "contract": "Contract by which it pays, or empty",
        "since_time": "When its first customer fact happened",
        "collector": "Owner in the role collector, or empty",
        "team_lead": "Owner in the role team_lead, or empty",
        "account_manager": "Owner in the role account_manager, or empty",
        "credit_manager": "Owner in the role credit_manager, or empty",
    },
    f"""
SELECT tenant, entity, account_id, {_SAID}, since_time, {", ".join(_ROLES)}
FROM (
    SELECT tenant, entity, account_id, argMax(({", ".join(_OF_CUSTOMER)}), fact_offset) AS said,
           min(event_time) AS since_time
    FROM customer_facts FINAL
    WHERE (shard, fact_offset) NOT IN ({_REJECTED.format("customer")})
    GROUP BY tenant, entity, account_id
) AS c
FULL OUTER JOIN (
    SELECT tenant, entity, account_id, {", ".join(_OWNER.format(role, role) for role in _ROLES)}
    FROM account_owner_facts FINAL
    WHERE (shard, fact_offset) NOT IN ({_REJECTED.format("account_owner")})
    GROUP BY tenant, entity, account_id
) AS o USING (tenant, entity, account_id)
""",
    types=dict.fromkeys(("account_id", *_OF_CUSTOMER, *_ROLES), TEXT)
    | dict.fromkeys(("active", "affiliate", "direct_debit", "contacts_blocked"), "Bool")
    | {"terms_days": "Int32", "since_time": TIME},
)

OWNERS: Final = View(
    "owners",
    "Every person or team that is responsible for an account now",
    {
        "tenant": "Tenant",
        "entity": "Company of the tenant",
        "owner": "Person or team",
        "role": "In which role",
        "accounts": "How many accounts",
    },
    """
SELECT tenant, entity, owner, role, count() AS accounts
FROM (
    SELECT tenant, entity, account_id, account_owner_facts.role AS role,
           argMax(account_owner_facts.owner, fact_offset) AS owner
    FROM account_owner_facts FINAL
    WHERE (shard, fact_offset) NOT IN (
        SELECT shard, fact_offset FROM decisions WHERE kind = 'fact_rejected' AND cause_kind = 'account_owner')
    GROUP BY tenant, entity, account_id, role
)
WHERE owner != ''
GROUP BY tenant, entity, owner, role
""",
    types={"owner": TEXT, "role": CODE, "accounts": "UInt64"},
)

POLICIES: Final = View(
    "policies",
    "Every policy that was published, and since when it is in force",
    {
        "version": "Rises by one with each policy",
        "digest": "SHA-256 of the text, hex",
        "text": "The full text, TOML",
        "from_time": "In force from the first clock at this time; 1970-01-01 is at once",
        "taken_back": "It was withdrawn before it was in force",
        "actor": "Who published it",
        "approved_by": "Who approved it; empty where nobody had to",
        "note": "Why",
        "in_force_time": "When the first shard took it into force; null where none has",
        "shards": "How many shards have it in force",
    },
    """
SELECT version, digest, text, from_time, taken_back, actor, approved_by, note, in_force_time, shards
FROM (
    SELECT version, argMaxIf(policy_facts.digest, fact_offset, NOT policy_facts.taken_back) AS digest,
           argMaxIf(policy_facts.text, fact_offset, NOT policy_facts.taken_back) AS text,
           argMaxIf(policy_facts.from_time, fact_offset, NOT policy_facts.taken_back) AS from_time,
           max(policy_facts.taken_back) AS taken_back,
           argMaxIf(policy_facts.actor, fact_offset, NOT policy_facts.taken_back) AS actor,
           argMaxIf(policy_facts.approved_by, fact_offset, NOT policy_facts.taken_back) AS approved_by,
           argMaxIf(policy_facts.note, fact_offset, NOT policy_facts.taken_back) AS note
    FROM policy_facts FINAL GROUP BY version
) AS published
LEFT JOIN (
    SELECT policy_version AS version, minOrNull(event_time) AS in_force_time, uniqExact(shard) AS shards
    FROM decisions WHERE kind = 'policy_in_force' GROUP BY version
) AS began USING version
""",
    types=dict.fromkeys(("digest", "text", "actor", "approved_by", "note"), TEXT)
    | {
        "version": "Int32",
        "from_time": TIME,
        "taken_back": "Bool",
        "in_force_time": f"Nullable({TIME})",
        "shards": "UInt64",
    },
)

CALENDAR: Final = View(
    "calendar",
    "Every day from the first one with a decision to a year after the last one",
    {
        "day": "The day, UTC",
        "year": "Its year",
        "quarter": "First day of its quarter",
        "month": "First day of its month",
        "week": "Its Monday",
        "weekday": "1 is Monday, 7 is Sunday",
        "is_working_day": "1 from Monday to Friday; holidays are the policy's",
        "is_month_end": "1 on the last day of a month",
    },
    """
WITH (SELECT (min(least(posted_on, toDate32(event_time))), max(toDate32(recorded_time))) FROM decisions) AS known
SELECT arrayJoin(arrayMap(n -> addDays(known.1, n), range(toUInt64(dateDiff('day', known.1, known.2)) + 366))) AS day,
       toYear(day) AS year, toDate32(toStartOfQuarter(day)) AS quarter, toDate32(toStartOfMonth(day)) AS month,
       toDate32(toMonday(day)) AS week, toDayOfWeek(day) AS weekday,
       toUInt8(weekday <= 5) AS is_working_day, toUInt8(toDayOfMonth(addDays(day, 1)) = 1) AS is_month_end
""",
    types=dict.fromkeys(("day", "quarter", "month", "week"), "Nullable(Date32)")
    | dict.fromkeys(("weekday", "is_working_day", "is_month_end"), "Nullable(UInt8)")
    | {"year": "Nullable(UInt16)"},
)

DIMENSIONS: Final[tuple[View, ...]] = (ACCOUNTS, OWNERS, POLICIES, CALENDAR)
FACT_TABLES: Final = (CUSTOMER_FACTS, ACCOUNT_OWNER_FACTS, POLICY_FACTS, FACTS_STATE)
