"""What documents are made with: who sends, approved templates, fonts; and a document in each of its forms."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sinks.delivery.approvals import read_approved
from sinks.delivery.documents import en16931
from sinks.delivery.documents.figures import InvoiceFigures
from sinks.delivery.documents.mail import Attachment
from sinks.delivery.documents.pdf import invoice_pdf, invoice_values
from sinks.delivery.documents.templates import SHIPPED, Template, Templates
from sinks.delivery.documents.wording import Wording
from sinks.delivery.setup import Form, Setup, read_setup

SETUP_FILE: Final = "delivery.toml"
APPROVED_FILE: Final = "approved.toml"
ENDINGS: Final = {"pdf": "pdf", "facturx": "pdf", "ubl": "xml", "x12": "x12"}
_SUBTYPES: Final = {"pdf": "pdf", "facturx": "pdf", "ubl": "xml"}


def file_name(document: str, ending: str) -> str:
    """A file for a document: what may not be in a name is a hyphen there, so two documents may have one name."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._") else "-" for c in document)
    return f"{safe.lstrip('.')}.{ending}"


def _templates(folder: Path) -> Templates:
    return Templates([folder / "templates", SHIPPED], read_approved(folder / APPROVED_FILE))


@dataclass(frozen=True, slots=True)
class Office:
    """fonts: folders with fonts besides the one that is built in. folder: where its templates and approvals are, None: those that
    it was made with are all."""

    setup: Setup
    templates: Templates
    fonts: tuple[Path, ...]
    folder: Path | None = None

    @classmethod
    def open(cls, folder: Path) -> "Office":
        """The one in a folder; an empty one where there is none. Raises WrongSetup."""
        fonts = folder / "fonts"
        return cls(
            read_setup(folder / SETUP_FILE),
            _templates(folder),
            (fonts,) if fonts.is_dir() else (),
            folder,
        )

    def with_templates_of_now(self) -> "Office":
        """The same with templates and approvals read anew. Raises WrongSetup."""
        return self if self.folder is None else replace(self, templates=_templates(self.folder))

    def approved(self, name: str, language: str) -> Wording:
        """The approved wording for a customer of that language. Raises NoTemplate."""
        return Wording(self.templates.approved(name, self._languages(language)), language)

    def any_template(self, name: str, language: str) -> Template:
        """The template that would be used, approved or not. Raises NoTemplate."""
        return self.templates.choose(name, self._languages(language))

    def _languages(self, language: str) -> list[str]:
        return [language, self.setup.fallback_language]

    def invoice(self, figures: InvoiceFigures, wording: Wording, form: Form) -> bytes:
        """An invoice in one of its forms. Raises NoDocument."""
        if form == "ubl":
            return en16931.ubl(figures, self._terms(figures, wording))
        pdf = invoice_pdf(figures, wording, self.fonts)
        if form == "pdf":
            return pdf
        return en16931.factur_x(figures, pdf, self._terms(figures, wording), wording.language)

    def attachment(self, figures: InvoiceFigures, wording: Wording, form: Form) -> Attachment:
        """An invoice as it is attached to a message. Raises NoDocument."""
        name = file_name(figures.number, ENDINGS[form])
        return Attachment(name, _SUBTYPES[form], self.invoice(figures, wording, form))

    @staticmethod
    def _terms(figures: InvoiceFigures, wording: Wording) -> list[str]:
        """How it is to be paid, in the customer's words."""
        return wording.text("terms", invoice_values(figures, wording))
