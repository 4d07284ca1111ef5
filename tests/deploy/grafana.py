"""Dashboards of deploy/grafana, and their SQL as Grafana and its ClickHouse plugin fill it in before it is asked.

Only what the dashboards use: $__conditionalAll, $__dateFilter, $__fromTime, $__toTime, ${name}, ${name:singlequote}.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

DASHBOARDS = Path(__file__).parents[2] / "deploy/grafana/dashboards"
_ALL = "$__all"
_CONDITIONAL = "$__conditionalAll("


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel that asks ClickHouse; `overridden` are the columns that it names."""

    board: str
    title: str
    kind: str
    sql: str
    unit: str
    overridden: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.board}: {self.title}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person chose: the first and the last day, and the values of each variable; `$__all` alone is All."""

    first: date
    last: date
    values: Mapping[str, Sequence[str]]


def boards() -> dict[str, dict[str, Any]]:
    """Every dashboard by the name of its file."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(DASHBOARDS.glob("*.json"))}


def panels() -> list[Panel]:
    """Every panel of every dashboard that asks ClickHouse."""
    found = []
    for name, board in boards().items():
        for panel in board["panels"]:
            if panel["datasource"]["uid"] == "clickhouse":
                (target,) = panel["targets"]
                assert target["datasource"] == panel["datasource"]
                assert target["format"] == (1 if panel["type"] == "table" else 0)
                config = panel["fieldConfig"]
                named = tuple(override["matcher"]["options"] for override in config["overrides"])
                unit = config["defaults"]["unit"]
                found.append(Panel(name, panel["title"], panel["type"], target["rawSql"], unit, named))
    return found


def _arguments(text: str) -> tuple[list[str], int]:
    """The arguments of a macro up to its closing bracket, and where the text goes on; quotes mean nothing here."""
    depth, start, found = 1, 0, []
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 or (depth == 1 and sign == ","):
            found.append(text[start:at])
            start = at + 1
        if depth == 0:
            return found, at + 1
    raise ValueError(f"no closing bracket: {text}")


def _value(match: re.Match[str], chosen: Chosen) -> str:
    values = chosen.values[match[1]]
    assert _ALL not in values, f"All of {match[1]} has no text"
    if match[2]:
        return ",".join("'" + value.replace("'", "\\'") + "'" for value in values)
    (value,) = values
    return value


def filled(sql: str, chosen: Chosen) -> str:
    """The SQL that the server is asked. Raises AssertionError where something is left to fill in."""
    while (at := sql.rfind(_CONDITIONAL)) >= 0:
        (condition, name), end = _arguments(sql[at + len(_CONDITIONAL) :])
        everything = list(chosen.values[name.strip().removeprefix("$")]) == [_ALL]
        sql = sql[:at] + ("1=1" if everything else condition) + sql[at + len(_CONDITIONAL) + end :]
    sql = re.sub(r"\$\{(\w+)(:singlequote)?\}", lambda match: _value(match, chosen), sql)
    sql = re.sub(r"\$__dateFilter\((\w+)\)", rf"\1 >= toDate('{chosen.first}') AND \1 <= toDate('{chosen.last}')", sql)
    for macro, day in (("$__fromTime", chosen.first), ("$__toTime", chosen.last)):
        sql = sql.replace(macro, f"toDateTime({int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())})")
    assert "$" not in sql, sql
    return sql
