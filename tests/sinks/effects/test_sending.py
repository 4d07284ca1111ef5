"""One attempt: connects to what was judged, says the name to the receiver, waits no longer than it may."""

import socket
import ssl
import subprocess
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from sinks.effects.base import Outcome, Result
from sinks.effects.sending import Sender
from tests.hooks import HookServer
from tests.raw_server import raw_server


@pytest.fixture
def server() -> Iterator[HookServer]:
    found = HookServer()
    yield found
    found.close()


def cut_off(connection: socket.socket) -> None:
    connection.recv(1)


def test_what_got_no_answer_may_have_arrived(server: HookServer) -> None:
    with raw_server(cut_off) as (host, port):
        found = post(f"http://{host}:{port}/hook")
        assert (found.result, found.in_doubt) == (Result.later, True)
    assert not post(f"http://{host}:{port}/hook").in_doubt
    server.answer = lambda _: 500
    assert not post(server.url()).in_doubt


def post(url: str, private: bool = True) -> Outcome:
    return Sender().post(1, url, private, {"webhook-id": "x"}, b"{}")


def test_a_name_is_resolved_once_and_that_address_is_connected_to(
    server: HookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver that turns round between the look and the connection changes nothing."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def turns_round(host: str, port: int, *rest: int, **named: int) -> object:
        asked.append(host)
        if host != "hooks.example":
            return real(host, port, *rest, **named)
        return real("127.0.0.1" if asked.count(host) == 1 else "10.255.255.1", port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", turns_round)
    assert post(f"http://hooks.example:{server.port}/hook").result is Result.done
    assert asked.count("hooks.example") == 1
    assert server.received[0].headers["host"] == f"hooks.example:{server.port}"


@pytest.mark.parametrize(
    ("answer", "result", "after"),
    [
        (200, Result.done, 0.0),
        (204, Result.done, 0.0),
        (301, Result.later, 0.0),
        (307, Result.later, 0.0),
        (400, Result.later, 0.0),
        (410, Result.off, 0.0),
        (500, Result.later, 0.0),
        ((429, {"retry-after": "17"}), Result.later, 17.0),
        ((503, {"retry-after": "99999999"}), Result.later, 86_400.0),
        ((503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}), Result.later, 0.0),
        ((503, {"retry-after": "soon"}), Result.later, 0.0),
        ((503, {"retry-after": "9" * 5_000}), Result.later, 86_400.0),
        ((503, {"retry-after": "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"}), Result.later, 0.0),
        ((503, {"retry-after": "Mon, 99999999999 Jan 2024 00:00:00 GMT"}), Result.later, 0.0),
        ((503, {"retry-after": "Mon, 01 Jan 0001 00:00:00 +2359"}), Result.later, 0.0),
        ((503, {"retry-after": "Fri, 31 Dec 9999 23:59:59 -2359"}), Result.later, 86_400.0),
        ((503, {"content-length": "9" * 5_000}), Result.later, 0.0),
    ],
)
def test_what_an_answer_means(
    answer: int | tuple[int, dict[str, str]], result: Result, after: float, server: HookServer
) -> None:
    server.answer = lambda _: answer
    found = post(server.url())
    assert (found.result, found.after_seconds) == (result, after)


@pytest.mark.parametrize(
    ("head", "result"),
    [
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n", Result.done),
        (b"HTTP/1.1 200 OK\r\n\r\n", Result.done),
        (b"HTTP/1.1 200 OK\r\nx: ", Result.later),
        (b"HTTP/1.1 200 OK\r\n" + b"x: 1234567\r\n" * 50, Result.later),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000, Result.later),
    ],
)
def test_whatever_is_sent_back_little_of_it_is_in_memory(head: bytes, result: Result) -> None:
    sent = [0]

    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head)
        while sent[0] < 64 << 20:
            connection.sendall(b"x" * (1 << 20))
            sent[0] += 1 << 20

    tracemalloc.start()
    try:
        with raw_server(talk) as (host, port):
            found = post(f"http://{host}:{port}/hook")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.result is result
    assert peak < 8 << 20


@pytest.mark.parametrize("before", [b"103 Early Hints\r\nlink: </a>", b"102 Processing", b"100 Continue"])
def test_what_comes_before_an_answer_is_none(before: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 %s\r\n\r\n" % before * 2 + b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    with raw_server(talk) as (host, port):
        assert post(f"http://{host}:{port}/hook") == Outcome(Result.done, "HTTP 200")


def test_nobody_there_is_for_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = post(f"http://127.0.0.1:{taken.getsockname()[1]}/hook")
    assert found.result is Result.later
    assert "ConnectionRefusedError" in found.detail


def test_an_attempt_that_takes_too_long_is_ended(server: HookServer) -> None:
    held, released = threading.Event(), threading.Event()

    def answer(_: object) -> int:
        held.set()
        released.wait(60)
        return 200

    server.answer = answer
    sender, found = Sender(), list[Outcome]()
    thread = threading.Thread(
        target=lambda: found.append(sender.post(7, server.url(), True, {"webhook-id": "x"}, b"{}"))
    )
    thread.start()
    assert held.wait(60)
    sender.abandon(7)
    thread.join(60)
    released.set()
    assert [one.result for one in found] == [Result.later]


def test_one_that_drips_while_keys_are_agreed_on_is_ended_from_outside() -> None:
    asked, over = threading.Event(), threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"\x16\x03\x03\x7f\xff")
        asked.set()
        while not over.wait(0.05):
            connection.sendall(b"2")

    with raw_server(talk) as (host, port):
        sender, found = Sender(), list[Outcome]()
        url = f"https://{host}:{port}/hook"
        thread = threading.Thread(target=lambda: found.append(sender.post(7, url, True, {}, b"{}")), daemon=True)
        thread.start()
        assert asked.wait(10)
        sender.abandon(7)
        thread.join(5)
        over.set()
    assert [one.result for one in found] == [Result.later]


def certificate(directory: Path, name: str) -> tuple[Path, Path]:
    key, signed = directory / "key.pem", directory / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(key), "-out", str(signed)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, signed


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key, signed = certificate(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as plain, pytest.raises(ssl.SSLError):
                context.wrap_socket(plain, server_side=True)

        thread = threading.Thread(target=serve)
        thread.start()
        found = post(f"https://localhost:{listening.getsockname()[1]}/hook")
        thread.join(60)
    assert found.result is Result.later
    assert "CERTIFICATE_VERIFY_FAILED" in found.detail
