"""The mapping of any ERP with a REST API: what is sent where, how it is looked up, and how answers are read."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sinks.erp.kinds import Kinds
from sinks.erp.ledger import GROUPS, ROLES, Group
from sinks.erp.templates import findings

_STRICT: Final = ConfigDict(extra="forbid", frozen=True)
Path = Annotated[str, Field(pattern=r"^/")]


class Auth(BaseModel):
    """The header that proves who posts; `{secret}` in its value is the secret."""

    model_config = _STRICT

    header: str = "Authorization"
    value: str = "Bearer {secret}"


class Lookup(BaseModel):
    """How a document with our key is found. query may use the posting's fields; rows: where the answer has its list, empty
    where it is one; key: where a row has the key, empty: anywhere in it; number: where a row has its number; state and alive: which rows count, where cancelled ones stay."""

    model_config = _STRICT

    path: Path
    query: dict[str, str]
    rows: str = ""
    key: str = ""
    number: str
    state: str = ""
    alive: tuple[str, ...] = ()


class Listing(BaseModel):
    """How all that was posted is listed, for reconciliation. size: rows of a page, which `limit` asks for; what `offset` or
    `page` (from 1) counts on. The others say where a row has what is compared; empty is not compared."""

    model_config = _STRICT

    path: Path
    query: dict[str, str] = Field(default_factory=dict)
    rows: str = ""
    limit: str = ""
    size: int = Field(default=100, ge=1, le=10_000)
    offset: str = ""
    page: str = ""
    key: str
    number: str
    amount: str = ""
    currency: str = ""
    date: str = ""
    account: str = ""
    state: str = ""
    cancelled: tuple[str, ...] = ()
    draft: tuple[str, ...] = ()


class Document(BaseModel):
    """What a group of postings is there."""

    model_config = _STRICT

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: str = Field(pattern=r"^/")
    body: dict[str, Any]
    number: str
    lookup: Lookup | None = None
    list: Listing | None = None


class RestMapping(Kinds):
    """documents: by group. accounts: by role; banks: by our bank account; companies: by entity, whose own name is taken where
    none is said. key_header: the header in which the ERP wants an idempotency key, if it knows one. message: where an answer
    that refuses says why. later: statuses that are tried again besides 401, 408, 425, 429 and those from 500 on."""

    adapter: Literal["rest"]
    auth: Auth = Auth()
    key_header: str = ""
    message: str = ""
    later: tuple[int, ...] = ()
    accounts: dict[str, str] = Field(default_factory=dict)
    banks: dict[str, str] = Field(default_factory=dict)
    companies: dict[str, str] = Field(default_factory=dict)
    documents: dict[Group, Document]

    @model_validator(mode="after")
    def _whole(self) -> "RestMapping":
        found = [
            f"accounts: there is no role {role!r}; there are {', '.join(ROLES)}"
            for role in self.accounts
            if role not in ROLES
        ]
        for group in dict.fromkeys(GROUPS[kind] for kind in self.kinds):
            if group not in self.documents:
                found.append(f"documents.{group} is missing: kinds has decisions of it")
        for group, document in self.documents.items():
            place = f"documents.{group}"
            found += findings(document.path, f"{place}.path")
            found += findings(document.body, f"{place}.body")
            if document.lookup is not None:
                found += findings(document.lookup.query, f"{place}.lookup.query")
            if document.list is not None and document.list.amount and not document.list.currency:
                found.append(f"{place}.list.currency: is needed with amount")
            if document.lookup is None and not self.key_header:
                found.append(f"{place}: needs a lookup, or key_header: or what is sent again would be there twice")
        if found:
            raise ValueError("; ".join(found))
        return self
