"""Which addresses an endpoint may have: whatever is inside is refused, however it is written."""

import socket

import pytest

from sinks.effects.addresses import AddressRefused, reachable, refusal

REFUSED_ALWAYS = [
    ("0.0.0.0", "no address of one machine"),
    ("::", "no address of one machine"),
    ("224.0.0.1", "no address of one machine"),
    ("ff02::1", "no address of one machine"),
    ("169.254.169.254", "an address of the local link"),
    ("fe80::1", "an address of the local link"),
    ("fe80::1%eth0", "an address of the local link"),
    ("::ffff:169.254.169.254", "an address of the local link"),
    ("64:ff9b::a9fe:a9fe", "an address of the local link"),
    ("2002:a9fe:a9fe::1", "an address of the local link"),
    # By a prefix of 48 bits this one is 10.0.0.1, by one of 96 it is 8.8.8.8.
    ("64:ff9b:1:a00:0:100:808:808", "an address that is translated to another one"),
    ("64:ff9b:1::a00:1", "an address that is translated to another one"),
    ("2001:4860::5efe:a9fe:a9fe", "an address of the local link"),
    ("fe80::5efe:7f00:1", "an address of the local link"),
    ("168.63.129.16", "an address of the platform's own"),
    ("::ffff:168.63.129.16", "an address of the platform's own"),
    ("fd00:ec2::254", "an address of the platform's own"),
    ("0.0.0.1", "not a public address"),
    ("192.0.2.1", "not a public address"),
    ("192.0.0.9", "not a public address"),
    ("192.0.0.192", "not a public address"),
    ("192.88.99.1", "not a public address"),
    ("::ffff:192.88.99.1", "not a public address"),
    ("198.18.0.1", "not a public address"),
    ("100.64.0.1", "not a public address"),
    ("240.0.0.1", "not a public address"),
    ("255.255.255.255", "not a public address"),
    ("::ffff:255.255.255.255", "not a public address"),
    ("3fff::1", "not a public address"),
    ("3fff:fff::1", "not a public address"),
    ("2001:db8::1", "not a public address"),
    ("100::1", "not a public address"),
    ("5f00::1", "not a public address"),
    ("4000::1", "not a public address"),
]
INSIDE = [
    ("127.0.0.1", "this machine itself"),
    ("127.255.255.254", "this machine itself"),
    ("::1", "this machine itself"),
    ("::ffff:127.0.0.1", "this machine itself"),
    ("::127.0.0.1", "this machine itself"),
    ("64:ff9b::7f00:1", "this machine itself"),
    ("2002:7f00:1::", "this machine itself"),
    ("10.0.0.1", "not a public address"),
    ("172.16.0.1", "not a public address"),
    ("192.168.1.1", "not a public address"),
    ("::ffff:10.0.0.1", "not a public address"),
    ("::ffff:c0a8:101", "not a public address"),
    ("fec0::1", "not a public address"),
    ("fd00::1", "not a public address"),
    ("2001:4860::5efe:7f00:1", "this machine itself"),
    ("2001:4860::200:5efe:a00:1", "not a public address"),
]
PUBLIC = [
    *("2001:4860::5efe:808:808", "2001:4860:4860::8888", "3ffe::1"),
    "93.184.215.14",
    "8.8.8.8",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize(("address", "why"), REFUSED_ALWAYS)
@pytest.mark.parametrize("private", [False, True])
def test_some_are_never_reached(address: str, why: str, private: bool) -> None:
    assert refusal(address, private) == why


@pytest.mark.parametrize(("address", "why"), INSIDE)
def test_what_is_inside_is_reached_only_where_that_is_allowed(address: str, why: str) -> None:
    assert refusal(address, False) == why
    assert refusal(address, True) == ""


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_reached(address: str) -> None:
    assert refusal(address, False) == ""


# As a resolver reads them: decimal, octal, hexadecimal and shortened notation of 127.0.0.1 and 10.0.0.1, and names.
@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f000001", "127.1", "167772161", "0x0a.1", "localhost", "0", "[::1]"]
)
def test_numbers_and_names_for_what_is_inside_are_refused(host: str) -> None:
    with pytest.raises((AddressRefused, socket.gaierror)) as refused:
        reachable(host, 443, private=False)
    # A bracketed address is no name: an URL's host comes without the brackets.
    assert (refused.type is socket.gaierror) == host.startswith("[")


def test_a_name_with_one_address_inside_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver is the outside: it answers with a public address first."""

    def answers(*_: object, **__: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.7", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    with pytest.raises(AddressRefused, match=r"hooks\.example is 10\.0\.0\.7, not a public address"):
        reachable("hooks.example", 443, private=False)
    assert reachable("hooks.example", 443, private=True) == ["93.184.215.14", "10.0.0.7"]
