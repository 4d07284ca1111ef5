"""An endpoint: where events go, which ones, and how they are signed. Pure."""

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook

from connectors.addresses import is_encoded
from sinks.webhooks.events import EVENTS

# Of the standard: after how many seconds each retry comes, the first attempt being made at once.
RETRY_SECONDS: Final = (5.0, 300.0, 1_800.0, 7_200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
LIFE_HOURS: Final = 96
# Of a secret, bytes.
LEAST_SECRET: Final = 24
MOST_SECRET: Final = 64
# As long as an event may live at the most.
_MOST_WAIT_SECONDS: Final = 31 * 86_400
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    secrets: one, or the new one and the old one while receivers change over; each signs. events, tenants, entities: what
    it wants; empty means all. private: its address may be inside (loopback or a private network), and http. at_once:
    attempts at the same time. retry_seconds: the waits after the first attempt, the second ... life_hours: what could
    not be told by then is told no more.
    """

    name: str
    url: str
    secrets: tuple[str, ...] = field(repr=False)
    events: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    private: bool = False
    at_once: int = 8
    retry_seconds: tuple[float, ...] = RETRY_SECONDS
    life_hours: int = LIFE_HOURS

    def wants(self, event: str, tenant: str, entity: str) -> bool:
        return (
            (not self.events or event in self.events)
            and (not self.tenants or tenant in self.tenants)
            and (not self.entities or entity in self.entities)
        )

    def headers(self, message_id: str, at: datetime, body: str) -> dict[str, str]:
        """What proves to the receiver who sends, and when; `at` is of this attempt, the id the same over all."""
        at = at.astimezone(UTC)
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in self.secrets),
        }


def findings(endpoint: Endpoint) -> list[str]:
    """What is wrong with an endpoint as it was set, without its secrets; empty where nothing is."""
    found = []
    if not _NAME.fullmatch(endpoint.name):
        found.append(f"name = {endpoint.name!r}: must be 1 to 64 of a-z, 0-9, _ and -")
    found += _url_findings(endpoint)
    if not 1 <= len(endpoint.secrets) <= 2:
        found.append(f"secrets: {len(endpoint.secrets)}; one, or while it is changed two, the new one first")
    for number, secret in enumerate(endpoint.secrets, start=1):
        if not _is_secret(secret):
            found.append(
                f"secrets, number {number}: must be whsec_ and base64 of {LEAST_SECRET} to {MOST_SECRET} bytes; "
                'make one: python3 -c "import base64, secrets; '
                "print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
            )
    for event in endpoint.events:
        if event not in EVENTS:
            found.append(f"events: there is no {event!r}; there are {', '.join(EVENTS)}")
    if not all(0 <= wait <= _MOST_WAIT_SECONDS for wait in endpoint.retry_seconds):
        found.append(f"retry_seconds: each must be from 0 to {_MOST_WAIT_SECONDS} (31 days)")
    return found


def _url_findings(endpoint: Endpoint) -> list[str]:
    """Never with the address: it may hold a password."""
    try:
        url = urlsplit(endpoint.url)
        host, _ = url.hostname, url.port
    except ValueError:
        # What it says has parts of the address.
        host, url = None, urlsplit("")
    if not host or url.scheme not in ("http", "https"):
        return ["url: must be https://HOST/PATH, with a port from 0 to 65535 where it has one"]
    if url.username is not None or url.fragment:
        return ["url: may hold neither a user nor a fragment; what proves who sends is the signature"]
    if not is_encoded(url):
        return ["url: a blank, and whatever is no character of ASCII, must be percent-encoded behind the host: %20"]
    if url.scheme == "http" and not endpoint.private:
        return ["url: must be https; http is for addresses inside only (private = true)"]
    return []


def _is_secret(text: str) -> bool:
    if not text.startswith("whsec_"):
        return False
    digits = text.removeprefix("whsec_")
    try:
        secret = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError:
        return False
    return LEAST_SECRET <= len(secret) <= MOST_SECRET
