"""Documents to a real HTTP server, and into folders."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from sinks.delivery.channels.folders import put
from sinks.delivery.channels.uploads import Uploader
from sinks.delivery.setup import Upload
from sinks.effects.base import Result
from tests.sinks.delivery.http_server import http_inbox


def test_the_same_key_goes_with_every_attempt(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("secret-1\n")
    with http_inbox() as inbox:
        uploader = Uploader(Upload(url=inbox.url, form="ubl", token_file=token))
        for _ in range(2):
            assert uploader.post(1, "key-1", "RE/1", b"<Invoice/>").result is Result.done
        method, path, headers, body = inbox.requests[0]
    assert (method, path, body) == ("POST", "/documents", b"<Invoice/>")
    assert headers["idempotency-key"] == "key-1"
    assert headers["content-type"] == "application/xml"
    assert headers["authorization"] == "Bearer secret-1"
    assert headers["document"] == "RE/1"
    assert len(inbox.requests) == 2
    assert inbox.taken == {"key-1": b"<Invoice/>"}


def test_a_portal_gets_it_under_its_name() -> None:
    with http_inbox() as inbox:
        outcome = Uploader(Upload(url=inbox.url)).put(1, "key-1", "key-1-RE 1.pdf", b"%PDF")
        assert outcome.result is Result.done
        assert [(method, path) for method, path, _, _ in inbox.requests] == [("PUT", "/documents/key-1-RE%201.pdf")]


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, Result.done), (204, Result.done), (302, Result.later), (400, Result.refused), (401, Result.off),
        (403, Result.off), (409, Result.later), (422, Result.refused), (429, Result.later), (500, Result.later), (503, Result.later),
    ],
)  # fmt: skip
def test_what_is_answered_is_for_good_or_for_now(status: int, result: Result) -> None:
    with http_inbox() as inbox:
        inbox.status = status
        outcome = Uploader(Upload(url=inbox.url)).post(1, "k", "RE-1", b"x")
    assert outcome.result is result
    assert outcome.detail.startswith(f"HTTP {status}")


def test_a_token_that_is_not_there_just_now_is_waited_for(tmp_path: Path) -> None:
    with http_inbox() as inbox:
        uploader = Uploader(Upload(url=inbox.url, token_file=tmp_path / "token"))
        away = uploader.post(1, "k", "RE-1", b"x")
        assert (away.result, away.detail) == (Result.later, "token_file cannot be read: FileNotFoundError")
        (tmp_path / "token").write_text("secret-1\n")
        assert uploader.post(1, "k", "RE-1", b"x").result is Result.done


def test_who_wants_to_be_left_alone_is() -> None:
    with http_inbox() as inbox:
        inbox.status, inbox.retry_after = 503, "120"
        assert Uploader(Upload(url=inbox.url)).post(1, "k", "RE-1", b"x").after_seconds == 120


@pytest.mark.parametrize(
    "url",
    ["files.example/in", "ftp://files.example", "https://", "https://u:p@x.example", "https://x:99999", "http://[x"],
)
def test_an_address_that_is_none_is_told_when_it_is_set(url: str) -> None:
    with pytest.raises(ValidationError, match=r"url must be https"):
        Upload(url=url)


def test_a_file_is_there_whole_and_once(tmp_path: Path) -> None:
    for _ in range(2):
        assert put(tmp_path, "key-1.x12", b"first").result is Result.done
    other = put(tmp_path, "key-1.x12", b"second")
    said = "key-1.x12 is in the folder already, with other contents: take it out of there if it is not needed, retry"
    assert (other.result, other.detail) == (Result.refused, said)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key-1.x12", b"first")]
    assert put(tmp_path / "away", "key-2.x12", b"x").result is Result.later


def test_what_a_crash_left_is_written_anew(tmp_path: Path) -> None:
    (tmp_path / ".key-1.x12").write_bytes(b"half of")
    assert put(tmp_path, "key-1.x12", b"all of it").result is Result.done
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("key-1.x12", b"all of it")]
