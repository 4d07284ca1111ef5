"""headrace render and letter: look at an invoice, a reminder letter or a statement, as it would leave. Nothing is sent."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from headrace.commands.common import FOUND_WANTING, WRONG_USAGE, installation, say
from headrace.commands.views import Config, Directory, asked
from headrace.documents import AccountPapers, office_of
from sinks.delivery.documents.figures import NoDocument
from sinks.delivery.documents.pdf import letter_pdf
from sinks.delivery.documents.wording import Wording
from sinks.delivery.documents.x12 import Envelope, x12_810
from sinks.delivery.knowing import Place
from sinks.delivery.office import ENDINGS, Office, file_name
from sinks.delivery.setup import Form
from sinks.delivery.sink import template_of

_PLACES: Final = """
SELECT DISTINCT shard, tenant, entity, account_id FROM decisions
WHERE account_id != '' AND kind != 'fact_rejected' AND ({account:String} = '' OR account_id = {account:String})
  AND ({document:String} = '' OR document = {document:String})
ORDER BY tenant, entity, account_id
"""
Out = Annotated[Path | None, typer.Option("--out", help="Where it goes; - is stdout.", show_default=False)]
Make = Callable[[Office, AccountPapers], bytes]


class Format(StrEnum):
    """What an invoice may be made as."""

    pdf = "pdf"
    facturx = "facturx"
    ubl = "ubl"
    x12 = "x12"


_FORMS: Final[dict[Format, Form]] = {Format.pdf: "pdf", Format.facturx: "facturx", Format.ubl: "ubl"}


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

    def make(office: Office, papers: AccountPapers) -> bytes:
        figures = papers.invoice(document, office)
        if form is Format.x12:
            # What is only looked at has no number of its own among those between two partners.
            made = f"{datetime.now(UTC):%Y%m%d%H%M}"
            return x12_810([figures], Envelope(control=1, made=made, test=True))
        wording = _wording(office, figures.kind, language or _language(papers))
        return office.invoice(figures, wording, _FORMS[form])

    _made(directory, config, account, document, out or Path(file_name(document, ENDINGS[form.value])), make)


def letter(
    account: Annotated[str, typer.Argument(help="The account.", show_default=False)],
    directory: Directory = None,
    config: Config = None,
    reference: Annotated[str, typer.Option(help="Which letter, as its decisions name it; else the last.")] = "",
    out: Out = None,
    language: Annotated[str, typer.Option(help="Another language than the customer's.")] = "",
    statement: Annotated[bool, typer.Option("--statement", help="The last statement of account.")] = False,
) -> None:
    """Make a reminder letter or statement of account as it would leave, or has left, and send it to nobody. Exit 1 where there
    is none."""

    def make(office: Office, papers: AccountPapers) -> bytes:
        letters = papers.letters()
        kind = "statement" if statement else "reminder_due"
        of_kind = [name for name, decisions in letters.items() if decisions[0].kind == kind]
        chosen = letters.get(reference or "".join(of_kind[-1:]))
        if chosen is None:
            raise NoDocument(f"there is no letter {reference}".rstrip())
        wording = _wording(office, template_of(chosen[0]), language or chosen[0].language)
        return letter_pdf(papers.letter(chosen, office), wording, office.fonts)

    _made(directory, config, account, "", out or Path(file_name(f"letter-{account}", "pdf")), make)


def _language(papers: AccountPapers) -> str:
    customer = papers.customer()
    return "" if customer is None else customer.language


def _wording(office: Office, name: str, language: str) -> Wording:
    template = office.any_template(name, language)
    if not office.templates.is_approved(template):
        say(f"template {template.language}/{template.name} is not approved: this would not be sent")
    return Wording(template, language)


def _made(directory: Path | None, config: Path | None, account: str, document: str, out: Path, make: Make) -> None:
    rows = asked(directory, config, _PLACES, {"account": account, "document": document})
    if not rows:
        say(f"{document or account}: nothing was decided about it")
        raise typer.Exit(FOUND_WANTING)
    if len(rows) > 1:
        names = ", ".join(f"{row['tenant']}/{row['entity']}/{row['account_id']}" for row in rows)
        say(f"{document or account} is of several accounts: {names}; say which one with --account")
        raise typer.Exit(WRONG_USAGE)
    place = Place(rows[0]["tenant"], rows[0]["entity"], rows[0]["account_id"])
    with installation(directory, config) as (settings, log):
        try:
            made = make(office_of(settings), AccountPapers(log, int(rows[0]["shard"]), place))
        except NoDocument as error:
            say(f"{document or account}: {error}")
            raise typer.Exit(FOUND_WANTING) from None
        if str(out) == "-":
            sys.stdout.buffer.write(made)
            return
        out.write_bytes(made)
    print(f"{out}: {len(made):,} bytes")
