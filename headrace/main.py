"""The command line. Exit 0 done, 1 found wanting, 2 wrong usage."""

import sys

import typer

from headrace.commands import (
    bench,
    credit,
    dead_letters,
    demo,
    effects,
    forecast,
    ingest,
    live,
    operate,
    people,
    policy,
    query,
    rebuild,
    reconcile,
    rejected,
    render,
    report,
    run,
    schema,
    schemas,
    serve,
    statement,
    templates,
    timeline,
    verify,
    webhooks,
    why,
    worklist,
)
from headrace.compiled import StaleCompiled, refuse_stale

app = typer.Typer(
    help="Accounts receivable over event logs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(ingest.ingest)
app.command()(run.run)
app.command()(report.report)
app.command()(forecast.forecast)
app.command()(query.query)
app.command()(timeline.timeline)
app.command()(worklist.worklist)
app.command()(credit.credit)
app.command()(people.exceptions)
app.command()(people.approvals)
app.command()(people.approve)
app.command()(people.reject)
app.command()(people.withdraw)
app.command()(people.delegate)
app.command()(people.assign)
app.command()(people.note)
app.command()(people.close)
app.command()(serve.serve)
app.command()(statement.statement)
app.command()(rejected.rejected)
app.command()(why.why)
app.command()(render.render)
app.command()(render.letter)
app.command()(verify.verify)
app.command()(bench.bench)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(effects.app, name="effects")
app.add_typer(live.app, name="live")
app.add_typer(operate.app, name="operate")
app.add_typer(policy.app, name="policy")
app.add_typer(rebuild.app, name="rebuild")
app.add_typer(schema.app, name="schema")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(schemas.app, name="schemas")
app.add_typer(templates.app, name="templates")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """Entry point of the command."""
    try:
        refuse_stale()
    except StaleCompiled as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    app()


if __name__ == "__main__":
    main()
