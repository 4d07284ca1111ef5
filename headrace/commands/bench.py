"""headrace bench: measurements of this installation's code on this machine, each as a dated file."""

import sys
from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import Accuracy, run_accuracy
from benchmarks.kpi import Kpi, run_kpi
from benchmarks.large_account import LargeAccount, run_large_account
from benchmarks.local_kafka import NoLocalKafka
from benchmarks.measure import RESULTS, as_json, result_path
from benchmarks.month_end import MonthEnd, run_month_end
from benchmarks.processes import ProcessFailed
from benchmarks.spine import DEFAULT_PARTS, PARTS, Spine, run_spine
from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, failures_told, say


class Name(StrEnum):
    """What can be measured."""

    spine = "spine"
    month_end = "month-end"
    accuracy = "accuracy"
    large_account = "large-account"
    kpi = "kpi"


NAMES: Final = (
    "spine: receivables alone. month-end: all flows under a burst. accuracy: cash applied, against what was so. "
    "large-account: payments of an account with very many open items. kpi: decisions into ClickHouse, and its views."
)

Facts = Annotated[int | None, typer.Option(min=1000, help="spine: facts of one run. kpi: decisions inserted.")]
Repeats = Annotated[
    int | None,
    typer.Option(min=1, help="spine: runs of the throughput part. large-account: payments. kpi: of each question."),
]
Seconds = Annotated[float | None, typer.Option(min=0.1, help="How long latency, lag, or the burst, is measured.")]
Rate = Annotated[
    float | None, typer.Option(min=1, help="Facts a second: of latency; of month-end when calm. kpi: decisions.")
]


def bench(
    name: Annotated[Name, typer.Argument(help=NAMES)],
    json_output: Annotated[bool, typer.Option("--json", help="The result on stdout, as it is in its file.")] = False,
    parts: Annotated[str, typer.Option(help=f"Of spine, comma between: {', '.join(PARTS)}.")] = ",".join(DEFAULT_PARTS),
    accounts: Annotated[int | None, typer.Option(min=1, help="Accounts.")] = None,
    backlog: Annotated[int | None, typer.Option(min=1, help="Open items of each account.")] = None,
    facts: Facts = None,
    repeats: Repeats = None,
    rate: Rate = None,
    seconds: Seconds = None,
    capacity: Annotated[float | None, typer.Option(help="spine: facts/s of which latency takes a third.")] = None,
    kills: Annotated[int | None, typer.Option(min=1, help="spine: kills of the restart part.")] = None,
    scale_accounts: Annotated[str | None, typer.Option(help="spine: few and many, as 10000,1000000.")] = None,
    storm_accounts: Annotated[int | None, typer.Option(min=1, help="spine: accounts that wake in one minute.")] = None,
    storm_rate: Annotated[float | None, typer.Option(min=1, help="spine: facts/s that arrive in the storm.")] = None,
    shards: Annotated[int | None, typer.Option(min=1, max=256, help="Shards.")] = None,
    cache_bytes: Annotated[int | None, typer.Option(min=1, help="Memory for accounts kept loaded.")] = None,
    months: Annotated[int | None, typer.Option(min=1, help="accuracy, kpi: months simulated.")] = None,
    levels: Annotated[str | None, typer.Option(help="accuracy: levels of difficulty, as 1,2,3.")] = None,
    seeds: Annotated[str | None, typer.Option(help="accuracy: seeds, as 1,2,3.")] = None,
    lines: Annotated[int | None, typer.Option(min=1, help="large-account: items that a payment names.")] = None,
    items: Annotated[str | None, typer.Option(help="large-account: open items, as 100000,1000000.")] = None,
    rows: Annotated[
        str | None, typer.Option(help="kpi: decisions at which views are timed, as 1000000,3000000.")
    ] = None,
    source: Annotated[Path | None, typer.Option(help="kpi: an installation whose decisions are copied.")] = None,
    policy: Annotated[Path | None, typer.Option(help="spine: a policy in force; else the built-in one.")] = None,
    kafka: Annotated[str, typer.Option(help="Over Kafka: local starts a broker; or its bootstrap servers.")] = "",
    results: Annotated[Path, typer.Option(help="Where the dated result goes.")] = RESULTS,
) -> None:
    """Measure, and leave the result as a dated file with machine, versions, commit and command."""
    chosen = {
        "accounts": accounts,
        "backlog": backlog,
        "facts": facts,
        "repeats": repeats,
        "rate": rate,
        "seconds": seconds,
        "capacity": capacity,
        "kills": kills,
        "scale_accounts": _pair(scale_accounts) if scale_accounts else None,
        "storm_accounts": storm_accounts,
        "storm_rate": storm_rate,
        "shards": shards,
        "cache_bytes": cache_bytes,
        "kafka": kafka,
        "policy": str(policy) if policy else None,
        "months": months,
        "rows": _numbers("rows", rows) if rows else None,
        "source": str(source) if source else None,
        "lines": lines,
        "items": _numbers("items", items) if items else None,
        "levels": _numbers("levels", levels) if levels else None,
        "seeds": _numbers("seeds", seeds) if seeds else None,
    }
    given: dict[str, Any] = {option: value for option, value in chosen.items() if value is not None}
    with failures_told():
        try:
            result = _measured(name, given, parts, results)
        except (NoLocalKafka, ProcessFailed, TimeoutError) as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None
        path = result_path(results, name.value, result["date"], "json")
        path.write_text(as_json(result))
    if json_output:
        sys.stdout.write(as_json(result))
    else:
        show(result)
    say(f"{path}")


def _measured(name: Name, given: Mapping[str, Any], parts: str, results: Path) -> dict[str, Any]:
    if name is Name.spine:
        return run_spine(Spine(parts=_parts(parts), **_of(name, given, Spine)), say)
    if name is Name.accuracy:
        return run_accuracy(Accuracy(**_of(name, given, Accuracy)), say)
    if name is Name.large_account:
        return run_large_account(LargeAccount(**_of(name, given, LargeAccount)), say)
    if name is Name.kpi:
        return run_kpi(Kpi(**_of(name, given, Kpi)), say)
    return run_month_end(MonthEnd(**_of(name, given, MonthEnd)), results, say)


def _parts(text: str) -> tuple[str, ...]:
    chosen = tuple(part.strip() for part in text.split(","))
    unknown = [part for part in chosen if part not in PARTS]
    if unknown:
        say(f"--parts {text}: {', '.join(unknown)} is none of {', '.join(PARTS)}")
        raise typer.Exit(WRONG_USAGE)
    return chosen


def _pair(text: str) -> tuple[int, int]:
    few, _, many = text.partition(",")
    if not (few.isdigit() and many.isdigit()):
        say(f"--scale-accounts {text}: write two numbers with a comma between")
        raise typer.Exit(WRONG_USAGE)
    return int(few), int(many)


def _numbers(option: str, text: str) -> tuple[int, ...]:
    found = text.split(",")
    if not all(number.strip().isdigit() for number in found):
        say(f"--{option} {text}: write numbers with commas between")
        raise typer.Exit(WRONG_USAGE)
    return tuple(int(number) for number in found)


def _of(name: Name, given: Mapping[str, Any], options: type[Any]) -> dict[str, Any]:
    """The options of a benchmark, those not given left out. Raises WRONG_USAGE for one that it does not have."""
    known = {field.name for field in fields(options)}
    unknown = [option for option, value in given.items() if option not in known and value is not None and value != ""]
    if unknown:
        say(f"{name.value} has no option --{unknown[0].replace('_', '-')}")
        raise typer.Exit(WRONG_USAGE)
    return {option: value for option, value in given.items() if option in known}


def show(result: Mapping[str, Any]) -> None:
    """Each figure on a line of its own; lists of samples are in the file."""
    table = Table(title=f"{result['benchmark']}: {result['mode']}, {result['commit']}", title_justify="left")
    table.add_column("")
    table.add_column("", justify="right")
    for name, value in result.items():
        if name not in ("benchmark", "mode", "commit", "options", "versions", "command", "samples"):
            _add(table, name, value)
    Console(emoji=False).print(table)


def _add(table: Table, name: str, value: object) -> None:
    if isinstance(value, Mapping):
        for inner, each in value.items():
            _add(table, f"{name}.{inner}", each)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        table.add_row(name, str(value))
    else:
        table.add_row(name, f"{value:,}")
