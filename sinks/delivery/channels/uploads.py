"""Documents to an address by HTTP: POST with an idempotency key, or PUT under a name, which has one effect by itself."""

from http.client import HTTPResponse
from typing import Final
from urllib.parse import quote

from sinks.delivery.setup import Upload, first_line
from sinks.effects.base import Outcome, Result
from sinks.effects.sending import Sender, wanted_seconds

CONTENT_TYPES: Final = {"pdf": "application/pdf", "facturx": "application/pdf", "ubl": "application/xml"}
# What may be otherwise at the next attempt, though it is 4yz.
_FOR_NOW: Final = (408, 409, 423, 425, 429)
_LOGIN: Final = (401, 403)


class Uploader:
    """Sends from many threads; `abandon` ends one of them."""

    def __init__(self, upload: Upload) -> None:
        self._upload: Final = upload
        self._sender: Final = Sender()

    def post(self, number: int, key: str, document: str, content: bytes) -> Outcome:
        return self._sent("POST", number, self._upload.url, key, content, {"document": quote(document)})

    def put(self, number: int, key: str, name: str, content: bytes) -> Outcome:
        url = f"{self._upload.url.rstrip('/')}/{quote(name)}"
        return self._sent("PUT", number, url, key, content, {})

    def abandon(self, number: int) -> None:
        self._sender.abandon(number)

    def _sent(self, method: str, number: int, url: str, key: str, content: bytes, more: dict[str, str]) -> Outcome:
        headers = {"content-type": CONTENT_TYPES[self._upload.form], "idempotency-key": key, **more}
        if self._upload.token_file is not None:
            try:
                headers["authorization"] = f"Bearer {first_line(self._upload.token_file)}"
            except (OSError, UnicodeError) as error:
                return Outcome(Result.later, f"token_file cannot be read: {type(error).__name__}")
        return self._sender.request(method, number, url, True, headers, content, _judged)


def _judged(answer: HTTPResponse) -> Outcome:
    said = f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return Outcome(Result.done, said)
    if answer.status in _LOGIN:
        return Outcome(Result.off, f"{said}: it does not take our token")
    if 400 <= answer.status < 500 and answer.status not in _FOR_NOW:
        return Outcome(Result.refused, said)
    return Outcome(Result.later, said, after_seconds=wanted_seconds(answer.headers.get("retry-after", "")))
