"""Signatures as receivers verify them, with the standard's own library; and what is wrong with an endpoint's settings."""

import base64
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from sinks.webhooks.endpoints import RETRY_SECONDS, Endpoint, findings
from tests.hooks import OTHER_SECRET, SECRET

BODY = '{"type":"paid","data":{"document":"Ünïcode-1"}}'


def made(**changes: Any) -> Endpoint:
    return Endpoint(**({"name": "crm", "url": "https://hooks.example/in", "secrets": (SECRET,)} | changes))


def verifies(secret: str, headers: dict[str, str], body: str = BODY) -> bool:
    try:
        Webhook(secret).verify(body.encode(), headers)
    except WebhookVerificationError:
        return False
    return True


def test_while_a_secret_is_changed_receivers_with_either_one_verify() -> None:
    now = datetime.now(UTC)
    before = made().headers("id-1", now, BODY)
    during = made(secrets=(OTHER_SECRET, SECRET)).headers("id-1", now, BODY)
    after = made(secrets=(OTHER_SECRET,)).headers("id-1", now, BODY)
    assert [verifies(SECRET, headers) for headers in (before, during, after)] == [True, True, False]
    assert [verifies(OTHER_SECRET, headers) for headers in (before, during, after)] == [False, True, True]
    assert len(during["webhook-signature"].split(" ")) == 2


def test_body_and_id_are_signed() -> None:
    headers = made().headers("id-1", datetime.now(UTC), BODY)
    assert verifies(SECRET, headers)
    assert not verifies(SECRET, headers, BODY.replace("paid", "Paid"))
    assert not verifies(SECRET, headers | {"webhook-id": "id-2"})


def test_the_schedule_is_the_standards() -> None:
    hours = [seconds / 3_600 for seconds in RETRY_SECONDS]
    assert RETRY_SECONDS[:2] == (5.0, 300.0)
    assert hours[2:] == [0.5, 2.0, 5.0, 10.0, 14.0, 20.0, 24.0]


def test_a_good_one_is_good() -> None:
    assert findings(made(events=("paid", "posted"), secrets=(OTHER_SECRET, SECRET))) == []
    assert findings(made(url="http://10.0.0.1:8080/x?y=1", private=True)) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "My CRM"}, "name = 'My CRM'"),
        ({"url": "http://hooks.example/in"}, "must be https"),
        ({"url": "ftp://hooks.example/in"}, "must be https://HOST/PATH"),
        ({"url": "https:///in"}, "must be https://HOST/PATH"),
        ({"url": "https://hooks.example:99999/in"}, "with a port from 0 to 65535"),
        ({"url": "https://user:word@hooks.example/in"}, "neither a user nor a fragment"),
        *[
            ({"url": f"https://hooks.example/{path}"}, "must be percent-encoded")
            for path in ("a b", "f\u00fcr", "x?a=\u00fc")
        ],
        ({"secrets": ()}, "secrets: 0"),
        ({"secrets": (SECRET, OTHER_SECRET, SECRET)}, "secrets: 3"),
        ({"secrets": ("whsec_" + base64.b64encode(b"short").decode(),)}, "secrets, number 1: must be whsec_"),
        ({"secrets": (SECRET, "plain text")}, "secrets, number 2: must be whsec_"),
        ({"secrets": ("whsec_",)}, "secrets, number 1"),
        ({"events": ("paid", "payed")}, "there is no 'payed'; there are posted, delivered"),
        *[({"retry_seconds": (5.0, wait)}, "retry_seconds") for wait in (-1.0, 1e30, math.inf, math.nan)],
    ],
)
def test_what_is_wrong_is_told_without_secrets(changes: dict[str, Any], said: str) -> None:
    found = findings(made(**changes))
    assert len(found) == 1
    assert said in found[0]
    assert "word" not in found[0]
    assert not any(secret in found[0] for secret in changes.get("secrets", ()) if len(secret) > 6)
