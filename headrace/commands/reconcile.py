"""headrace reconcile: what was written outside against what is there."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from connectors.files.ingest import Producer
from connectors.log.base import Log
from headrace.amounts import grouped
from headrace.commands.common import FOUND_WANTING, installation, print_json, say
from headrace.commands.tables import Column, Listing
from headrace.erps import opened_erps
from headrace.reconciling import Reconciled, cleared_facts, reconcile
from headrace.settings import WrongSettings
from sinks.base import SinkError

MOST_LATE: Final = 20
app = typer.Typer(help="What was written outside against what is there.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `erp` a command of its own."""


@app.command()
def erp(
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
    name: Annotated[str, typer.Option(help="Only this ERP; all that are set without it.")] = "",
    tell: Annotated[
        bool, typer.Option("--tell", help="Bring what somebody cleared there as facts to the rules.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A list with one object for each ERP.")] = False,
) -> None:
    """Hold what was posted to an ERP against what it has. Exit 1 where they differ, or one cannot be asked.

    Differences: missing, doubled, other_amount, changed, refused and never settled, cleared_there and open here, unexpected.
    """
    found: list[Reconciled] = []
    failed = False
    with installation(directory, config) as (settings, log):
        erps = [one for one in opened_erps(settings) if name in ("", one.name)]
        if not erps:
            raise WrongSettings(
                f"--name {name}: no ERP of that name is set" if name else "no ERP is set; docs/erp.md says how"
            )
        for one in erps:
            try:
                found.append(reconcile(log, one))
            except SinkError as error:
                say(f"{one.name}: {error}")
                failed = True
            finally:
                one.adapter.close()
        if tell:
            _tell(log, found)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for result in found:
            _show(result)
    if failed or any(result.differences for result in found):
        raise typer.Exit(FOUND_WANTING)


def _tell(log: Log, found: list[Reconciled]) -> None:
    producer = Producer(log, "headrace-reconcile", lambda: False)
    facts = [fact for result in found for fact in cleared_facts(result)]
    for fact in facts:
        producer.send(fact)
    producer.flush()
    producer.close()
    say(
        f"{len(facts):,} facts brought: what was cleared there is applied here, or is an exception, when the flows have run"
    )


def _show(result: Reconciled) -> None:
    for text in result.unreadable:
        say(f"{result.erp}: left out {text}")
    for missed in result.late[:MOST_LATE]:
        what = f"{missed.kind} {missed.decision} of {missed.account}, {missed.about}, {grouped(missed.amount_minor, missed.currency)} {missed.currency}"
        say(f"{result.erp}: learned too late to be posted, for a person to book there: {what}")
    if len(result.late) > MOST_LATE:
        say(f"{result.erp}: {len(result.late) - MOST_LATE:,} more that were learned too late: --json has all")
    number = len(result.differences)
    differ = f"{number:,} difference{'s' if number > 1 else ''}" if number else "nothing differs"
    print(
        f"{result.erp}: {result.compared:,} postings compared, {differ}; {result.by_hand:,} settled by hand, "
        f"{result.open:,} not posted yet or from before"
    )
    if not result.differences:
        return
    listing = Listing(
        [Column("difference"), Column("decision"), Column("number there"), Column("account"), Column("about"),
         Column("here", wraps_at=20), Column("there", wraps_at=20)]
    )  # fmt: skip
    for one in result.differences:
        listing.add(one.kind.value, one.decision, one.number, one.account, one.about, one.here, one.there)
    listing.show()
