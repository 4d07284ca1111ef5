"""The HTTP API that Confluent's Schema Registry has, and Karapace, Redpanda and Apicurio after it: what headrace needs of it."""

import json
import time
from typing import Any, Final, NamedTuple, TypeVar
from urllib.parse import quote, unquote

import urllib3

from connectors.addresses import host_address

CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 10.0
# A schema of 256 kB, quoted within JSON.
MOST_ANSWER_BYTES: Final = 1 << 20
# Subject, version, schema, and a subject's own compatibility not found: answers. Any other 404 is no registry's.
NOT_FOUND: Final = (40401, 40402, 40403, 40408)
# Too long, too often, or the registry's own trouble: it may be better in a moment.
BUSY: Final = (408, 429)
T = TypeVar("T")


class RegistryAway(Exception):
    """The registry cannot be reached, or cannot answer just now. Nothing was lost: try again later."""


class RegistryRefused(Exception):
    """The registry wants a login, is none, or does not take what it was given; a person has to act."""


class Registered(NamedTuple):
    """A schema as the registry has it. `language` is AVRO, JSON or PROTOBUF."""

    text: str
    language: str
    has_references: bool


class SchemaRegistry:
    """A client. No call takes much longer than CONNECT_SECONDS + ANSWER_SECONDS; every one may raise RegistryAway
    and RegistryRefused, whose messages name host and port, never the login. `status` may be read in other threads."""

    def __init__(self, url: str) -> None:
        """`url` is http or https, with user:password@ where the registry wants them, percent-encoded. Raises ValueError."""
        parts = host_address(url)
        if parts is None:
            raise ValueError("must be an http or https address, such as https://user:password@registry:8081")
        address = parts.netloc.rpartition("@")[2]
        self.name = f"the schema registry at {address}"
        self.status = "not asked yet"
        self._base = f"{parts.scheme}://{address}{parts.path.rstrip('/')}"
        headers = {"Accept": CONTENT_TYPE, "Content-Type": CONTENT_TYPE}
        if parts.username is not None:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers |= urllib3.make_headers(basic_auth=login)
        # Its own retries would wait where nobody is told; whoever calls is patient and says so.
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
        self._pool = urllib3.PoolManager(headers=headers, timeout=timeout, retries=False)

    def check(self) -> None:
        """Ask for something that every registry has."""
        self._call("GET", "/schemas/types")

    def schema(self, number: int) -> Registered | None:
        """The schema of that id; None where the registry has none."""
        found = self._call("GET", f"/schemas/ids/{number}")
        if found is None:
            return None
        text = self._part(found, "schema", str)
        return Registered(text, found.get("schemaType") or "AVRO", bool(found.get("references")))

    def id_of(self, subject: str, text: str) -> int | None:
        """The id of this Avro schema under the subject, or None where it is not there."""
        found = self._call("POST", f"/subjects/{quote(subject, safe='')}", {"schema": text})
        return None if found is None else self._part(found, "id", int)

    def register(self, subject: str, text: str) -> int:
        """Register the Avro schema as the subject's next version, unless it is there; its id."""
        return self._part(
            self._call("POST", f"/subjects/{quote(subject, safe='')}/versions", {"schema": text}), "id", int
        )

    def compatibility(self, subject: str) -> str:
        """What holds for this subject alone, such as BACKWARD; empty where the registry's general one does."""
        found = self._call("GET", f"/config/{quote(subject, safe='')}")
        return "" if found is None else self._part(found, "compatibilityLevel", str)

    def set_compatibility(self, subject: str, level: str) -> None:
        self._call("PUT", f"/config/{quote(subject, safe='')}", {"compatibility": level})

    def close(self) -> None:
        self._pool.clear()

    def _part(self, found: Any, name: str, kind: type[T]) -> T:
        part = found.get(name) if isinstance(found, dict) else None
        if not isinstance(part, kind):
            raise RegistryRefused(f"{self.name} answered without {name!r}, as no registry of Confluent's API does")
        return part

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        """What it answered; None for what a registry says it does not have."""
        try:
            status, raw = self._exchange(method, path, None if body is None else json.dumps(body).encode())
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._away(f"{self.name} is away: {error}") from error
        try:
            found = json.loads(raw)
        except (ValueError, RecursionError):
            found = None
        said = found.get("message", "") if isinstance(found, dict) else raw[:200].decode(errors="replace")
        if status >= 500 or status in BUSY:
            raise self._away(f"{self.name} is away: it answered {status} {said}")
        if status == 404 and isinstance(found, dict) and found.get("error_code") in NOT_FOUND:
            self.status = "ready"
            return None
        if not 200 <= status < 300 or found is None:
            hint = "look at its login" if status in (401, 403) else "look at its address"
            if status in (409, 422):
                hint = "it does not take this schema"
            self.status = f"refused: {status}"
            raise RegistryRefused(f"{self.name} answered {status} to {method} {path}: {said}; {hint}")
        self.status = "ready"
        return found

    def _away(self, why: str) -> RegistryAway:
        self.status = f"away: {why}"
        return RegistryAway(why)

    def _exchange(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Status and body of one answer; the body's size and time are bounded."""
        give_up = time.monotonic() + ANSWER_SECONDS
        response = self._pool.request(method, self._base + path, body=body, preload_content=False, redirect=False)
        try:
            raw = b""
            while chunk := response.read1(1 << 16):
                raw += chunk
                if len(raw) > MOST_ANSWER_BYTES:
                    raise RegistryRefused(
                        f"{self.name} answered {method} {path} with more than {MOST_ANSWER_BYTES:,} bytes"
                    )
                if time.monotonic() > give_up:
                    raise self._away(f"{self.name} is away: its answer takes more than {ANSWER_SECONDS:.0f} s")
        except BaseException:
            response.close()
            raise
        response.release_conn()
        return response.status, raw
