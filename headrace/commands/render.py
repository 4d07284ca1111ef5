"""headrace render and letter: look at an invoice or a reminder letter, as it would leave. Nothing is sent."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, installation, say
from headrace.commands.views import Config, Directory, asked
from headrace.documents import Office, Place, invoice_of, letter_of, letters_of, open_office
from sinks.delivery.documents.figures import NoDocument
from sinks.delivery.documents.pdf import invoice_pdf, letter_pdf
from sinks.delivery.documents.templates import Template
from sinks.delivery.documents.wording import Wording
from sinks.delivery.setup import WrongSetup

REMINDER: Final = "reminder"
_PLACES: Final = """
SELECT DISTINCT shard, tenant, entity, account_id FROM decisions
WHERE account_id != '' AND kind != 'fact_rejected' AND ({account:String} = '' OR account_id = {account:String})
  AND ({document:String} = '' OR document = {document:String})
ORDER BY tenant, entity, account_id
"""
Out = Annotated[Path | None, typer.Option("--out", help="Where it goes; - is stdout.", show_default=False)]


class Format(StrEnum):
    """What an invoice may be made as."""

    pdf = "pdf"


def render(
    document: Annotated[str, typer.Argument(help="An invoice or a credit note.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    form: Annotated[Format, typer.Option("--format", help="What it is made as.")] = Format.pdf,
    out: Out = None,
    account: Annotated[str, typer.Option(help="The account, where several have a document of that number.")] = "",
    language: Annotated[str, typer.Option(help="Another language than the customer's.")] = "",
) -> None:
    """Make an invoice or credit note as it would leave, and send it to nobody. Exit 1 where it cannot be made."""

    def make(office: Office, place: Place, log: object) -> bytes:
        figures, known = invoice_of(place.history(log), document, office)  # type: ignore[arg-type]
        wording = _wording(office, figures.kind, language, known)
        return invoice_pdf(figures, wording, office.fonts)

    name = f"{document.replace('/', '-')}.{form.value}"
    _made(directory, config, account, document, out or Path(name), make)


def letter(
    account: Annotated[str, typer.Argument(help="The account.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    reference: Annotated[
        str, typer.Option(help="Which letter: ACCOUNT:DAY as the decisions have it; else the last.")
    ] = "",
    out: Out = None,
    language: Annotated[str, typer.Option(help="Another language than the customer's.")] = "",
) -> None:
    """Make a reminder letter as it would leave, or has left, and send it to nobody. Exit 1 where there is none."""

    def make(office: Office, place: Place, log: object) -> bytes:
        history = place.history(log)  # type: ignore[arg-type]
        letters = letters_of(history)
        if not letters or (reference and reference not in letters):
            raise NoDocument(f"account {account}: there is no letter{f' {reference}' if reference else ''}")
        reminders = letters[reference or list(letters)[-1]]
        figures = letter_of(history, reminders, office)
        wording = _wording(office, reminders[0].template or REMINDER, language, reminders[0].language)
        return letter_pdf(figures, wording, office.fonts)

    _made(directory, config, account, "", out or Path(f"letter-{account}.pdf"), make)


def _wording(office: Office, name: str, wanted: str, known: str) -> Wording:
    language = wanted or known
    template: Template = office.templates.choose(name, [language, office.setup.fallback_language])
    if not office.templates.is_approved(template):
        say(f"template {template.language}/{template.name} is not approved: this would not be sent")
    return Wording(template, language)


def _made(
    directory: Path | None,
    config: Path | None,
    account: str,
    document: str,
    out: Path,
    make: Callable[[Office, Place, object], bytes],
) -> None:
    rows = asked(directory, config, _PLACES, {"account": account, "document": document})
    if not rows:
        say(f"{document or account}: nothing was decided about it")
        raise typer.Exit(FOUND_WANTING)
    if len(rows) > 1:
        names = ", ".join(f"{row['tenant']}/{row['entity']}/{row['account_id']}" for row in rows)
        say(f"{document or account} is of several accounts: {names}; say which one with --account")
        raise typer.Exit(WRONG_USAGE)
    place = Place(int(rows[0]["shard"]), rows[0]["tenant"], rows[0]["entity"], rows[0]["account_id"])
    with installation(directory, config) as (settings, log):
        try:
            made = make(open_office(settings), place, log)
        except (NoDocument, WrongSetup) as error:
            say(f"{document or account}: {error}")
            raise typer.Exit(FOUND_WANTING) from None
        if str(out) == "-":
            sys.stdout.buffer.write(made)
            return
        out.write_bytes(made)
    print(f"{out}: {len(made):,} bytes")
