"""Which statements may be asked of the views: one at a time, and only those that read.

The setting readonly = 1 is not enough: a statement that only reads may still say INTO OUTFILE, which
chDB obeys in the process that asks it, and KILL QUERY counts as reading (chdb 4.4.0, November 2026).
What a statement is, ClickHouse's own parser says; comments, strings and quoted names cannot hide anything from it.
"""

from collections.abc import Mapping
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sinks.base import SinkStopped

# How the first line of a syntax tree begins where the statement reads.
_READING: Final = ("SelectWithUnionQuery", "SelectIntersectExceptQuery", "Show", "Describe", "Explain", "Exists")
# Their trees have names as children of the statement; in others a name is that of a FORMAT.
_NAMING: Final = ("ShowCreate", "Exists")
_ERROR_CHARACTERS: Final = 300


def reading_statement(client: Client, sql: str, parameters: Mapping[str, Any]) -> str:
    """`sql` as the parser understood it, on one line and without comments, to be run in its place.

    Raises SinkStopped where it is empty, wrong, more than one statement, does anything but read, reads a file, writes
    its answer to a file or chooses a format; ClickHouseError where its settings or parameters are wrong.
    """
    statement = _parsed(client, sql)
    # A FORMAT here would be taken for one of the statement itself.
    kind, *below = client.raw_query(f"EXPLAIN AST {statement}", parameters=dict(parameters)).decode().splitlines()
    if not kind.startswith(_READING):
        raise SinkStopped("only statements that read are taken: SELECT, WITH, SHOW, DESCRIBE, EXISTS, EXPLAIN")
    if kind.startswith("Explain EXPLAIN AST"):
        # It takes all that follows it, the format that we ask for too, for a part of what it explains.
        raise SinkStopped("EXPLAIN AST is not taken; EXPLAIN SYNTAX and EXPLAIN PLAN are")
    # Children of the statement itself are indented by one.
    if any(line.startswith(" Literal") for line in below):
        raise SinkStopped("INTO OUTFILE is not taken: headrace query only reads; redirect its output instead")
    if any(line.lstrip().lower().startswith("function file ") for line in below):
        raise SinkStopped("file() is not taken: headrace query reads the views, and no files")
    if not kind.startswith(_NAMING) and any(line.startswith(" Identifier") for line in below):
        raise SinkStopped("FORMAT is not taken: use --format csv, --format json or --format table")
    return statement


def _parsed(client: Client, sql: str) -> str:
    try:
        said = client.raw_query(
            "SELECT formatQuerySingleLine({statement:String})", parameters={"statement": sql}, fmt="TabSeparatedRaw"
        )
    except DatabaseError as error:
        text = str(error)
        if "Empty query" in text:
            raise SinkStopped("empty statement: nothing is asked") from None
        if "Multi-statements are not allowed" in text:
            raise SinkStopped("more than one statement: ask one at a time") from None
        # What follows repeats the whole statement.
        said_of_it = " ".join(text.partition(": In scope SELECT formatQuerySingleLine")[0].split())
        raise SinkStopped(said_of_it[:_ERROR_CHARACTERS]) from None
    return said.decode().strip()
