"""headrace schemas: what producers write by."""

from pathlib import Path
from typing import Annotated

import typer

from connectors.registry.registering import COMPATIBILITY, register_all
from headrace.commands.common import failures_told
from headrace.logs import schema_registry
from headrace.settings import WrongSettings, load

app = typer.Typer(help="The schemas of what producers send.", no_args_is_help=True)


@app.callback()
def schemas() -> None:
    """The schemas of what producers send."""


@app.command()
def register(
    directory: Annotated[Path | None, typer.Option("--dir", help="The installation.")] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file of an installation on real servers.")] = None,
) -> None:
    """Register them in the schema registry that is set, each under its own name, for producers' serializers to find.

    What is there stays; run it again after an upgrade. Exit 1 where the registry is away or refuses.
    """
    with failures_told():
        settings = load(directory, config)
        if not settings.schema_registry:
            raise WrongSettings("schema_registry: is not set; it is the address of the registry to write to")
        registry = schema_registry(settings)
        steps = []
        for step in register_all(registry):
            steps.append(step)
            print(f"{step.subject}  version {step.version}  id {step.number}  {'new' if step.new else 'there already'}")
        new = sum(step.new for step in steps)
    print(f"{new} registered, {len(steps) - new} there already; compatibility {COMPATIBILITY}")
