"""headrace demo: real history and a simulated distributor through all flows, ending in tables a finance person reads."""

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.workload import Config, Truth, ar_history_shape, publish, simulate
from connectors.log.base import Log
from dataflows.shards.owner import GROUP as RECEIVABLES
from headrace.commands.common import FOUND_WANTING, failures_told
from headrace.commands.demo_tables import show_tables
from headrace.commands.report import show
from headrace.documents import office_folder
from headrace.logs import open_installation
from headrace.places import views
from headrace.report import make_report
from headrace.settings import Settings, load
from schemas.topics import DECISIONS, FACTS
from sinks.delivery.office import SETUP_FILE

# In force from the distributor's first day on.
POLICY: Final = Path(__file__).with_name("demo_policy.toml")
# Who sends, and by which tax: what `headrace render` and `letter` need. It sets no channel, so nothing leaves.
SENDERS: Final = Path(__file__).with_name("demo_delivery.toml")
SAMPLE: Final = Path("../shared/data/ar_history.csv")
# The sample's figures at these days are in the reference; a copy of its shape has the same span.
HISTORY_DAYS: Final = (date(2012, 12, 31), date(2013, 6, 30))
LOOK_SECONDS: Final = 0.2
_REMINDED: Final = "SELECT account_id FROM decisions WHERE kind = 'reminder_due' ORDER BY count() OVER (PARTITION BY account_id) DESC, 1 LIMIT 1"
# What a demo made, the next one may replace.
MARK: Final = "made-by-demo"


def demo(
    directory: Annotated[Path, typer.Option("--dir", help="Where the two installations go.")] = Path("out/demo"),
    accounts: Annotated[int, typer.Option(min=10, max=1_000_000, help="Accounts of the simulated distributor.")] = 500,
    months: Annotated[int, typer.Option(min=1, max=120, help="Months simulated.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same distributor.")] = 1,
) -> None:
    """Run real history and a simulated distributor through all flows, and show what came of them."""
    told = Console(stderr=True, emoji=False)
    shown = Console(emoji=False)
    if directory.exists() and not (directory / MARK).exists() and any(directory.iterdir()):
        told.print(f"{directory} holds something that no demo made; name another --dir", style="red")
        raise typer.Exit(FOUND_WANTING)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    (directory / MARK).write_text("Made by headrace demo, which replaces it.\n")
    started = time.monotonic()
    with failures_told():
        _history(directory / "history", told)
        config = Config(accounts=accounts, months=months, seed=seed)
        reminded = _distributor(directory / "distributor", config, told, shown)
    shown.print(f"\nDone in {time.monotonic() - started:.0f} s. Look further:")
    where = directory / "distributor"
    headrace = sys.argv[0]
    for line in (
        f"{headrace} report --dir {where} --as-of {_last_day(Config(months=months)).isoformat()}",
        f"{headrace} timeline --dir {where} C000001",
        f"{headrace} why --dir {where} 0-0",
        f'{headrace} query --dir {where} "SELECT kind, count() FROM decisions GROUP BY kind ORDER BY 2 DESC"',
        f"{headrace} exceptions --dir {where}",
        f"{headrace} approvals --dir {where}",
        f"{headrace} forecast --dir {where}",
        f"{headrace} letter {reminded} --dir {where} --out letter.pdf",
        f"{headrace} verify --dir {where}",
        f"{headrace} serve --dir {where}",
    ):
        shown.print(f"  {line}", highlight=False, soft_wrap=True)


def _history(directory: Path, told: Console) -> None:
    """The public sample, or a file of its shape where it is not there."""
    settings = load(directory, None)
    source = SAMPLE
    if not source.exists():
        directory.mkdir(parents=True)
        source = directory / "ar_history_shape.csv"
        ar_history_shape(source)
        told.print(f"{SAMPLE} is not there: using a made file of its shape, {source}")
    _headrace("ingest", "--dir", str(directory), "--map", "ar_history", str(source))
    _run_all(settings, "history", told)
    with closing(views(settings)) as found:
        for as_of in HISTORY_DAYS:
            for report in make_report(found, as_of):
                show(report)


def _distributor(directory: Path, config: Config, told: Console, shown: Console) -> str:
    """Simulate it, and show its tables; an account that was reminded."""
    settings = load(directory, None)
    office_folder(settings).mkdir(parents=True, exist_ok=True)
    shutil.copy(SENDERS, office_folder(settings) / SETUP_FILE)
    _headrace("policy", "publish", str(POLICY), "--from", config.start.isoformat(), "--dir", str(directory))
    log = open_installation(settings)
    try:
        with Truth(directory / "truth.jsonl") as truth, _bar(told) as progress:
            task = progress.add_task("simulate", total=None)
            sent = publish(
                simulate(config, truth),
                log,
                settings.input_partitions,
                lambda count: progress.update(task, completed=count),
            )
            progress.update(task, total=sent, completed=sent)
    finally:
        log.close()
    _run_all(settings, "distributor", told)
    with closing(views(settings)) as found:
        reports = make_report(found, _last_day(config))
        for report in reports:
            if report.currency == settings.base_currency:
                show(report)
        show_tables(shown, found, settings.base_currency, reports, _last_day(config))
        return str(found.ask(_REMINDED, {}).rows[0][0])


def _last_day(config: Config) -> date:
    """The last day that is simulated."""
    return config.end() - timedelta(days=1)


def _bar(told: Console) -> Progress:
    columns = (TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=told)


def _headrace(*arguments: str) -> None:
    """Run the command itself; its own words are on stderr where it fails."""
    done = subprocess.run([sys.executable, "-m", "headrace.main", *arguments], check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


def _run_all(settings: Settings, name: str, told: Console) -> None:
    """All flows over what was published, with a bar for what each has done."""
    command = [sys.executable, "-m", "headrace.main", "run", "all", "--replay", "--until-idle"]
    errors: list[str] = []
    with _bar(told) as progress:
        # Its summary is told by the bars and tables here.
        child = subprocess.Popen(
            [*command, "--dir", str(settings.dir), "--parent", str(os.getpid())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        assert child.stderr is not None
        reader = threading.Thread(target=lambda lines: errors.extend(lines), args=(child.stderr,))
        reader.start()
        log = open_installation(settings)
        facts = progress.add_task(f"{name}: facts", total=None)
        decided = progress.add_task(f"{name}: decided", total=None)
        while child.poll() is None:
            _look(log, progress, facts, decided)
            time.sleep(LOOK_SECONDS)
        _look(log, progress, facts, decided)
        log.close()
        reader.join()
    if child.returncode:
        told.print("".join(errors), style="red")
        raise typer.Exit(child.returncode)


def _look(log: Log, progress: Progress, facts: Any, decided: Any) -> None:
    there = sum(log.end_offsets(FACTS))
    done = sum(log.positions(RECEIVABLES, FACTS).values())
    progress.update(facts, completed=there, total=there)
    progress.update(
        decided, completed=done, total=there, description=f"decided, {sum(log.end_offsets(DECISIONS)):,} decisions"
    )
