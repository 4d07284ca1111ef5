"""The tables of a sink's file, and which effects each of its indexes is about."""

from typing import Final

from sinks.effects.base import OPEN as OPEN_STATES

OPEN: Final = ", ".join(f"'{state.value}'" for state in OPEN_STATES)
# Nobody settles these but a person: what was not posted is an exception, however it ended.
FOR_A_PERSON: Final = "(state IN ('failed', 'unknown') OR kind = 'posting' AND state IN ('expired', 'withdrawn'))"
LEFT: Final = f"(state IN ({OPEN}) OR {FOR_A_PERSON})"
SCHEMA: Final = f"""
CREATE TABLE sink (format INTEGER, name TEXT, facts TEXT, decisions TEXT);
CREATE TABLE positions (topic TEXT, shard INTEGER, next INTEGER, sequence INTEGER,
  PRIMARY KEY (topic, shard)) WITHOUT ROWID;
CREATE TABLE effects (
  number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, shard INTEGER, sequence INTEGER, fact_offset INTEGER,
  target TEXT, kind TEXT, lane TEXT, bundle TEXT, account TEXT, made_ms INTEGER, expires_ms INTEGER,
  state TEXT, head INTEGER, due_ms INTEGER, attempts INTEGER, ended_ms INTEGER, told INTEGER,
  detail TEXT, reference TEXT, rounds INTEGER);
CREATE UNIQUE INDEX effects_once ON effects (shard, sequence, target);
CREATE INDEX effects_ready ON effects (target, due_ms, number) WHERE head = 1 AND state = 'waiting';
CREATE INDEX effects_lane ON effects (target, lane, number) WHERE state IN ({OPEN});
CREATE INDEX effects_expiring ON effects (expires_ms) WHERE state = 'waiting';
CREATE INDEX effects_counted ON effects (state, target, made_ms) WHERE state IN ('waiting', 'failed', 'unknown');
CREATE INDEX effects_untold ON effects (number) WHERE told = 0 AND state NOT IN ({OPEN});
CREATE INDEX effects_ended ON effects (ended_ms) WHERE ended_ms > 0;
CREATE TABLE members (number INTEGER, sequence INTEGER, raw BLOB, withdrawn TEXT, PRIMARY KEY (number, sequence))
  WITHOUT ROWID;
CREATE TABLE attempts (number INTEGER, at_ms INTEGER, ended_ms INTEGER, result TEXT, detail TEXT);
CREATE INDEX attempts_of ON attempts (number);
CREATE TABLE targets (target TEXT PRIMARY KEY, off_ms INTEGER, off_why TEXT, failures INTEGER, paused_until_ms INTEGER)
  WITHOUT ROWID;
CREATE TABLE known (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
"""
# Made where they are not: a file of the first format may lack them.
ADDED: Final = (
    # Of an earlier version, which looked at all that an account has.
    "DROP INDEX IF EXISTS effects_withdrawable",
    "CREATE INDEX IF NOT EXISTS effects_bundle ON effects (shard, fact_offset) WHERE bundle <> ''",
    "CREATE TABLE IF NOT EXISTS begun (one INTEGER PRIMARY KEY CHECK (one = 1), attempts INTEGER)",
    # How much of an effect in parts the outside has.
    "CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY, done INTEGER)",
    # What has expired, and until when it is looked for.
    "CREATE TABLE IF NOT EXISTS late (number INTEGER PRIMARY KEY, until_ms INTEGER)",
)
# Of the second format. life_ms: how long it lives, from when the log learned what asked for it, or a person had it tried again.
# paused_ms: when it was said for how long a target is left alone.
# in_doubt: an attempt since then may have arrived, though nobody knows that it has.
COLUMNS: Final = (
    "ALTER TABLE effects ADD COLUMN life_ms INTEGER NOT NULL DEFAULT 0",
    "UPDATE effects SET life_ms = expires_ms - made_ms",
    "ALTER TABLE effects ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE targets ADD COLUMN paused_ms INTEGER NOT NULL DEFAULT 0",
)
# The members that a later decision may make needless, by what they are about; of what is done, too: a person may have it
# tried again. word: why it is needless, of what was done before that. Filled from the members of a file that has it not.
WITHDRAWABLE: Final = (
    "CREATE TABLE IF NOT EXISTS withdrawable (number INTEGER, sequence INTEGER, account TEXT, kind TEXT, document TEXT, currency TEXT,"
    " money INTEGER, word TEXT, PRIMARY KEY (number, sequence)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS withdrawable_document ON withdrawable (account, document) WHERE word = ''",
    "CREATE INDEX IF NOT EXISTS withdrawable_money ON withdrawable (account, kind, currency, money) WHERE word = ''",
)
# Of a delivery of several documents each one, and whether it is cleared by what was decided so far.
CANDIDATES: Final = (
    "CREATE TABLE IF NOT EXISTS candidates (number INTEGER, sequence INTEGER, account TEXT, document TEXT, cleared INTEGER,"
    " PRIMARY KEY (number, sequence, document)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS candidates_document ON candidates (account, document)",
)
