"""headrace policy: what holds for whom; checked, compared, tried on history, published, taken back."""

import getpass
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from connectors.intake import policies
from connectors.log.base import Log
from dataflows.shards.logged import ShardStopped
from headrace.commands.common import (
    FOUND_WANTING,
    WRONG_USAGE,
    failures_told,
    installation,
    no_such_day,
    say,
    where_again,
)
from headrace.commands.policy_news import day_is_past, replaced
from headrace.commands.policy_tables import (
    changes_table,
    explanation_lines,
    json_of_change,
    json_of_value,
    versions_table,
)
from headrace.commands.policy_trial import print_trial
from headrace.commands.tables import show as show_lines
from headrace.places import views
from headrace.policies.compiling import Compiled, built_in, compile_file, compile_text, ends_soon
from headrace.policies.differences import differences
from headrace.policies.explaining import explain as explained
from headrace.policies.explaining import in_words
from headrace.policies.history import Known, known_on
from headrace.policies.in_force import Place, in_force
from headrace.policies.publishing import Refused, carry, day_ms, take_back, versions
from headrace.policies.publishing import approve as approve_policy
from headrace.policies.publishing import publish as publish_policy
from headrace.policies.reading import BadPolicy
from headrace.policies.sections import SECTION_MODELS
from headrace.policies.trial_report import report_of
from headrace.policies.trying import most_jobs, span_of, try_policy
from headrace.settings import Settings
from schemas.topics import FACTS, NEXT_CLOCK, POLICIES
from sinks.base import SinkError

Directory = Annotated[Path | None, typer.Option("--dir", help="The installation.")]
Config = Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
File = Annotated[Path, typer.Argument(help="A policy, TOML or YAML (docs/policy.md).", show_default=False)]
BUILT_IN: Final = "built-in"

app = typer.Typer(help="What holds for whom: check, compare, try, publish and explain policies.", no_args_is_help=True)


@contextmanager
def policies_told() -> Iterator[None]:
    """A policy that cannot be used is wrong usage; one that may not be published is found wanting."""
    with failures_told():
        try:
            yield
        except BadPolicy as error:
            say(str(error))
            raise typer.Exit(WRONG_USAGE) from None
        except Refused as error:
            say(str(error))
            raise typer.Exit(FOUND_WANTING) from None


def out(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=1)
    print()


def a_day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        say(f"{option} {text}: {no_such_day(error) or 'not a day, such as 2026-12-31'}")
        raise typer.Exit(WRONG_USAGE) from None


@app.command()
def check(file: File, as_json: AsJson = False) -> None:
    """Say all that is wrong with a policy, each with its line and path; exit 2 where anything is."""
    with policies_told():
        compiled = compile_file(file)
    warnings = [*compiled.warnings, *ends_soon(compiled, datetime.now(UTC).date())]
    if as_json:
        out({"version": compiled.version, "warnings": warnings})
        return
    for warning in warnings:
        say(f"{file}: warning: {warning}")
    variants, calendars = len(compiled.policy.variants), compiled.document["calendars"]
    print(f"{file}: version {compiled.version} can be in force: {variants} variants, calendars {', '.join(calendars)}")


@app.command(name="compile")
def compile_(file: File) -> None:
    """Print the whole document that publishing makes a fact of: nothing left out, calendars as days."""
    with policies_told():
        print(compile_file(file).text, end="")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="A file, a version published in --dir, or built-in.", show_default=False)],
    new: Annotated[str, typer.Argument(help="The same.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say which value would change for whom, and from when; variants that are only written otherwise change nothing."""
    with policies_told():
        before, after = _named(old, directory, config), _named(new, directory, config)
    found = differences(before, after)
    if as_json:
        out([json_of_change(change) for change in found])
        return
    if not found:
        say(f"{old} and {new} say the same for everyone")
        return
    changes_table(found).show()


def _named(name: str, directory: Path | None, config: Path | None) -> Compiled:
    """A file, a version of the installation, or the built-in policy."""
    if name == BUILT_IN:
        return built_in()
    if name.isdigit() and not Path(name).exists():
        if directory is None and config is None:
            raise BadPolicy(f"{name}: no such file; for a published version say --dir or --config")
        with installation(directory, config) as (_, log):
            return _version(log, int(name))
    return compile_file(Path(name))


def _version(log: Log, number: int) -> Compiled:
    if number == 0:
        return built_in()
    policies.ensure(log)
    for version in versions(policies.published(log)):
        if version.number == number:
            return compile_text(version.fact.text, version.name)
    raise Refused(f"version {number} is not published: headrace policy list says which are")


@app.command()
def show(
    version: Annotated[int, typer.Argument(help="Its number; 0 is the built-in one.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
) -> None:
    """Print the text of a published version."""
    with policies_told(), installation(directory, config) as (_, log):
        print(_version(log, version).text, end="")


@app.command()
def publish(
    file: Annotated[
        Path | None, typer.Argument(help="A policy, TOML or YAML (docs/policy.md).", show_default=False)
    ] = None,
    from_day: Annotated[str, typer.Option("--from", help="In force from this day on (UTC); at once without it.")] = "",
    back: Annotated[int, typer.Option("--take-back", help="Take this version back, which is not in force yet.")] = 0,
    directory: Directory = None,
    config: Config = None,
    note: Annotated[str, typer.Option(help="Why; kept with the fact.")] = "",
    actor: Annotated[str, typer.Option("--actor", "--by", help="Who says so.", show_default="the user")] = "",
) -> None:
    """Publish a policy: it takes effect in every shard at the same clock, or in none. Run again, it changes nothing.

    It replaces all of the version before it, and says what becomes other by that.
    One that was cut off is finished by running it again, by the next run of intake, or ends with --take-back.
    """
    if (file is None) == (not back):
        say("say which policy: a FILE, or --take-back VERSION")
        raise typer.Exit(WRONG_USAGE)
    from_time = day_ms(a_day(from_day, "--from")) if from_day else NEXT_CLOCK
    with policies_told():
        compiled = None if file is None else compile_file(file)
        with installation(directory, config) as (settings, log):
            policies.ensure(log)
            now_ms, who = time.time_ns() // 1_000_000, actor or getpass.getuser()
            before = versions(policies.published(log))
            news: list[str] = []
            if compiled is None:
                new = take_back(log, back, now_ms, who, note, (_places(settings) or {}).get(back, []))
                what = f"version {back} is taken back"
            else:
                new = publish_policy(log, compiled, from_time, now_ms, who, note, settings.policy_approval)
                what = f"version {compiled.version} is published" + (f" from {from_day} on" if from_day else "")
                if new and file is not None:
                    news = replaced(before, compiled, file, where_again(directory, config))
                    news += day_is_past(log, from_time)
            there = carry(log, settings.dir, not settings.kafka)
            waits = compiled is not None and _proposed(log, compiled.version)
    for warning in () if compiled is None else compiled.warnings:
        say(f"warning: {warning}")
    for line in news:
        say(line)
    if compiled is not None and waits:
        print(
            f"version {compiled.version} is proposed: another has to approve it (headrace policy approve {compiled.version})"
        )
        return
    _tell(what if new else f"{what} already", there, settings)


def _tell(said: str, there: bool, settings: Settings) -> None:
    if there:
        print(f"{said}, and is in all {settings.shards} shards")
    else:
        print(f"{said}; intake brings it to all {settings.shards} shards before the next clock")


def _proposed(log: Log, number: int) -> bool:
    """Whether it waits for an approval."""
    return any(version.number == number and version.fact.proposed for version in versions(policies.published(log)))


@app.command()
def approve(
    version: Annotated[int, typer.Argument(help="The number of a version that another proposed.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    actor: Annotated[str, typer.Option("--actor", "--by", help="Who says so.", show_default="the user")] = "",
) -> None:
    """Publish what another proposed, where the setting policy_approval asks for that."""
    with policies_told(), installation(directory, config) as (settings, log):
        policies.ensure(log)
        new = approve_policy(log, version, time.time_ns() // 1_000_000, actor or getpass.getuser())
        there = carry(log, settings.dir, not settings.kafka)
        said = f"version {version} is published"
        _tell(said if new else f"{said} already", there, settings)


def _places(settings: Settings) -> dict[int, list[Place]] | None:
    """Where versions took effect, as far as the views say; nothing where there are none yet, None where they are away."""
    if not settings.clickhouse and not (settings.dir / "clickhouse").is_dir():
        return {}
    try:
        asked = views(settings)
        try:
            return in_force(asked)
        finally:
            asked.close()
    except SinkError as error:
        say(f"where versions are in force cannot be told: {error}")
        return None


@app.command(name="list")
def list_(directory: Directory = None, config: Config = None, as_json: AsJson = False) -> None:
    """List published versions: from when they are, and in which shards they took effect, at which offset."""
    with policies_told(), installation(directory, config) as (settings, log):
        policies.ensure(log)
        said = versions(policies.published(log))
        carried = policies.carried_until(log) >= log.end_offsets(POLICIES)[0]
        places = _places(settings)
    table, rows = versions_table(said, places, settings.shards)
    if as_json:
        out({"in_all_shards": carried, "versions": rows})
        return
    table.show()
    if not carried:
        say("not all that is published has reached the shards: the next run of intake brings it there")


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="The account's number.", show_default=False)],
    at: Annotated[str, typer.Option("--at", help="At the end of this day (UTC).", show_default="today")] = "",
    currency: Annotated[str, typer.Option(help="For items in this currency; else for the account as a whole.")] = "",
    section: Annotated[str, typer.Option(help="Only this section, such as reminders, and all of it.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also values that are as built in.")] = False,
    tenant: Annotated[str, typer.Option(help="The tenant.")] = "",
    entity: Annotated[str, typer.Option(help="The company of the tenant.")] = "",
    directory: Directory = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say which line of the policy holds for an account on a day, and why, for each value that is not as built in.

    Exit 1 where no fact names the account.
    """
    day = a_day(at, "--at") if at else datetime.now(UTC).date()
    if section and section not in SECTION_MODELS:
        say(f"--section {section}: there is no such section; there are {', '.join(SECTION_MODELS)}")
        raise typer.Exit(WRONG_USAGE)
    company = (tenant, entity) if tenant and entity else None
    with policies_told(), installation(directory, config) as (_, log), _reading() as told:
        found = known_on(log, account, company, day, told)
        compiled = [compile_text(known.text, f"version {known.version}") for known in found]
    if not found:
        say(f"{account}: no fact names it up to {day}; is that its number?")
        raise typer.Exit(FOUND_WANTING)
    answers = [_explained(known, policy, currency, day, section) for known, policy in zip(found, compiled, strict=True)]
    if as_json:
        out(answers)
        return
    for known, policy in zip(found, compiled, strict=True):
        show_lines(explanation_lines(known, explained(policy, known.who, currency, day), section, every))


@app.command(name="try")
def try_(
    file: File,
    first: Annotated[str, typer.Option("--from", help="The first day under the policy (UTC).", show_default=False)],
    last: Annotated[str, typer.Option("--to", help="The last day.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at a time; 0: as many as there are cores.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Decide history again under another policy, in a scratch place, and say what would have been different.

    The installation is only read. The same facts give the same answer.
    """
    span = span_of(a_day(first, "--from"), a_day(last, "--to"))
    if span.last < span.first:
        say(f"--to {last}: is before --from {first}")
        raise typer.Exit(WRONG_USAGE)
    with policies_told():
        compiled = compile_file(file)
        with installation(directory, config) as (settings, log):
            shards = range(log.partitions(FACTS))
        with _bar(len(shards)) as told:
            try:
                outcome = try_policy(settings, shards, span, compiled, jobs or most_jobs(len(shards)), told)
            except ShardStopped as error:
                raise Refused(f"the history cannot be decided again: {error}") from None
    if not set(outcome.facts) - {"clock", "policy"}:
        say(f"--from {first} --to {last}: no fact is in that time")
        raise typer.Exit(WRONG_USAGE)
    report = report_of(outcome)
    about = {"policy": str(file), "version": compiled.version, "from": first, "to": last}
    if as_json:
        out(about | report)
        return
    print_trial(report, f"{file} (version {compiled.version}) on {first} to {last}")


@contextmanager
def _bar(shards: int) -> Iterator[Any]:
    """A bar on stderr, where somebody looks."""
    columns = (
        TextColumn("deciding again"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("shards"),
        TimeElapsedColumn(),
    )
    with _progress(*columns) as bar:
        task = bar.add_task("", total=shards)
        yield lambda: bar.advance(task)


@contextmanager
def _reading() -> Iterator[Any]:
    """A line on stderr that says how far the log is read, where somebody looks."""
    with _progress(SpinnerColumn(), TextColumn("{task.description}")) as bar:
        task = bar.add_task("reading the facts", total=None)
        yield lambda shard, facts: bar.update(task, description=f"reading shard {shard}: {facts:,} facts")


def _progress(*columns: ProgressColumn) -> Progress:
    return Progress(
        *columns, console=Console(stderr=True, emoji=False), transient=True, disable=not sys.stderr.isatty()
    )


def _explained(known: Known, policy: Compiled, currency: str, day: date, section: str) -> dict[str, Any]:
    explanation = explained(policy, known.who, currency, day)
    who = known.who
    return {
        "tenant": known.tenant,
        "entity": known.entity,
        "account": known.account_id,
        "at": day.isoformat(),
        "currency": currency,
        "version": known.version,
        "in_force": not known.will_be,
        "known": {
            "country": who.country,
            "region": who.region,
            "tier": who.tier,
            "segment": who.segment,
            "terms_days": who.terms_days,
            "risk_class": who.risk_class,
            "contract": who.contract,
        },
        "variants": [{"name": name, "where": _where(policy, name)} for name in explanation.variants],
        "calendar": explanation.calendar,
        "values": [json_of_value(value) for value in explanation.values if section in ("", value.section)],
    }


def _where(policy: Compiled, name: str) -> str:
    return next(in_words(variant["where"]) for variant in policy.document["variants"] if variant["name"] == name)
