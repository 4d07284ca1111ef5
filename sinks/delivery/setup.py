"""delivery.toml: who sends, taxes as e-invoices name them, and where documents leave. An unknown or wrong entry is told
with its place and what it may be."""

import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from connectors.addresses import host_address, is_encoded
from sinks.delivery.documents.figures import Party
from sinks.delivery.documents.headers import ADDRESS
from sinks.wrong_settings import findings

# UNTDID 5305, those that EN 16931 allows.
Category = Literal["S", "Z", "E", "AE", "K", "G", "O", "L", "M"]
FALLBACK_LANGUAGE: Final = "en"
# Settings whose value may be told where it is wrong.
_HARMLESS: Final = frozenset(
    [
        "accepted_is_delivered",
        "account",
        "at_once",
        "attach",
        "category",
        "code",
        "country",
        "document_hours",
        "edi_id",
        "entity",
        "fallback_language",
        "form",
        "port",
        "rate",
        "reminder_hours",
        "security",
        "tenant",
        "test",
        "timeout_seconds",
    ]
)
_POSTCODE_LAST: Final = frozenset({"US", "CA", "GB", "AU", "IE"})


class WrongSetup(ValueError):
    """delivery.toml cannot be used. The message has a line for each finding."""


def _rate(text: str) -> str:
    try:
        ppm = Decimal(text) * 10_000
    except InvalidOperation:
        raise ValueError("must be percent, such as 19 or 8.875") from None
    if ppm != ppm.to_integral_value() or not 0 <= ppm <= 1_000_000:
        raise ValueError("must be percent from 0 to 100, with four decimals at the most")
    return text


def _one_address(text: str) -> str:
    if text and not ADDRESS.fullmatch(text):
        raise ValueError("must be NAME@DOMAIN, and nothing else")
    return text


Rate = Annotated[str, AfterValidator(_rate)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Sender(_Part):
    """[[senders]]: a company of ours, as its letters name it. `edi_id` is its interchange id: "ZZ:ACMEUS"."""

    tenant: str
    entity: str
    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: Country
    tax_number: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    bic: str = ""
    bank_account: str = ""
    edi_id: str = ""
    footer: str = ""

    def party(self) -> Party:
        parts = (self.city, self.postcode) if self.country in _POSTCODE_LAST else (self.postcode, self.city)
        return Party(
            name=self.name,
            address=tuple(line for line in (self.street, " ".join(part for part in parts if part)) if line),
            country=self.country,
            tax_number=self.tax_number,
            email=self.email,
            phone=self.phone,
            street=self.street,
            city=self.city,
            postcode=self.postcode,
            iban=self.iban.replace(" ", ""),
            bic=self.bic,
            bank_account=self.bank_account,
            edi_id=self.edi_id,
            footer=self.footer or " · ".join(text for text in (self.name, self.phone, self.email) if text),
        )


class Tax(_Part):
    """[[taxes]]: a tax code of the facts. `rate` is percent, `reason` why there is no tax."""

    code: str
    category: Category
    rate: Rate = "0"
    reason: str = ""

    @property
    def rate_ppm(self) -> int:
        return int(Decimal(self.rate) * 10_000)


class EdiPartner(_Part):
    """[[edi_partners]]: an account that is sent EDI, and its interchange id with the qualifier before it: "01:123456789"."""

    tenant: str
    entity: str
    account: str
    edi_id: Annotated[str, Field(pattern=r"^[0-9A-Z]{2}:[^:*~>]{1,15}$")]


Form = Literal["pdf", "facturx", "ubl"]


class Email(_Part):
    """[email]: the mail server that documents are handed to.

    domain: behind the @ of message ids. password_file: its first line. bounces_to: whom what does not arrive goes back
    to; receipts_to: whom notices of reading go to, empty asks for none. accepted_is_delivered: nobody waits for more
    than the server's word. timeout_seconds: a server that says nothing for so long is away.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca_file: Path | None = None
    user: str = ""
    password_file: Path | None = None
    domain: str
    bounces_to: str
    receipts_to: Annotated[str, AfterValidator(_one_address)] = ""
    attach: list[Form] = Field(default_factory=lambda: list[Form](["pdf"]))
    accepted_is_delivered: bool = False
    timeout_seconds: Annotated[float, Field(gt=0, le=50)] = 30.0
    at_once: Annotated[int, Field(ge=1, le=64)] = 4


class Upload(_Part):
    """[api] and [portal]: an address that takes documents. api: each is POSTed to `url`; portal: each is PUT below it, or
    put into `folder`. token_file: its first line is the bearer token."""

    url: str = ""
    folder: Path | None = None
    token_file: Path | None = None
    form: Form = "pdf"
    at_once: Annotated[int, Field(ge=1, le=64)] = 4

    @model_validator(mode="after")
    def _somewhere(self) -> "Upload":
        if bool(self.url) == bool(self.folder):
            raise ValueError("say either url or folder")
        address = host_address(self.url) if self.url else None
        if self.url and (address is None or address.username is not None):
            raise ValueError("url must be https://HOST/PATH or http://HOST/PATH, without a user and a password")
        if address is not None and (address.fragment or not is_encoded(address)):
            raise ValueError("url must have no fragment, and what is no character of ASCII percent-encoded")
        return self


class Outbox(_Part):
    """[edi] and [letter]: a folder that something else empties: a gateway, a printer. test: partners book nothing."""

    folder: Path
    test: bool = False


class Setup(_Part):
    """All of delivery.toml. reminder_hours, document_hours: what could not be sent by then is not sent any more."""

    fallback_language: str = FALLBACK_LANGUAGE
    senders: list[Sender] = Field(default_factory=list)
    taxes: list[Tax] = Field(default_factory=list)
    edi_partners: list[EdiPartner] = Field(default_factory=list)
    email: Email | None = None
    api: Upload | None = None
    portal: Upload | None = None
    edi: Outbox | None = None
    letter: Outbox | None = None
    reminder_hours: Annotated[int, Field(ge=1, le=744)] = 24
    document_hours: Annotated[int, Field(ge=1, le=744)] = 72

    @field_validator("portal")
    @classmethod
    def _below(cls, portal: Upload | None) -> Upload | None:
        if portal is not None and urlsplit(portal.url).query:
            raise ValueError("url must have no query: each document is put below it, under a name of its own")
        return portal

    @property
    def sends(self) -> bool:
        """Whether there is any channel by which something could leave."""
        return any((self.email, self.api, self.portal, self.edi, self.letter))

    def edi_id(self, tenant: str, entity: str, account: str) -> str:
        """The account's interchange id; empty where it has none."""
        wanted = (tenant, entity, account)
        return next((one.edi_id for one in self.edi_partners if (one.tenant, one.entity, one.account) == wanted), "")

    def seller(self, tenant: str, entity: str) -> Party | None:
        """Who sends for that company; None where nobody is named."""
        found = [one for one in self.senders if one.tenant == tenant and one.entity == entity]
        return found[0].party() if found else None

    def tax(self, code: str) -> Tax | None:
        return next((one for one in self.taxes if one.code == code), None)


def first_line(path: Path | None) -> str:
    """A secret from its file; empty where there is none. Raises OSError, UnicodeError."""
    return "" if path is None else path.read_text().partition("\n")[0].strip()


def read_setup(path: Path) -> Setup:
    """The set-up in a file; an empty one where there is no file. Raises WrongSetup."""
    if not path.exists():
        return Setup()
    try:
        return Setup(**tomllib.loads(path.read_text()))
    except UnicodeDecodeError:
        raise WrongSetup(f"{path}: is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise WrongSetup(f"{path}: not TOML: {error}") from error
    except ValidationError as error:
        raise WrongSetup("\n".join(f"{path}: {found}" for found in findings(error, Setup, _HARMLESS))) from None
