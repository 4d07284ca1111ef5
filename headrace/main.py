"""The command line. Exit 0 done, 1 found wanting, 2 wrong usage."""

import atexit
import os
import sys
from functools import partial

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
    code = [1]
    # Registered first, and so called last.
    atexit.register(partial(_leave_chdb, code))
    try:
        refuse_stale()
        app()
        code[0] = 0
    except StaleCompiled as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except SystemExit as leaving:
        code[0] = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        raise


def _leave_chdb(code: list[int]) -> None:
    """End the process before the C++ runtime takes down what chDB's background threads still use.

    They outlive its handles: a segfault in BgSchPool when all was done, exit 245 (chdb-core 26.9.0, seen November 2026).
    """
    if "chdb" in sys.modules:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            # Nobody reads on (`headrace query | head`): Python's own code for that.
            code[0] = 120
        finally:
            os._exit(code[0])


if __name__ == "__main__":
    main()
