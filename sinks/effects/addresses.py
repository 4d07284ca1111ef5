"""Which addresses an endpoint may have: nobody who sets a URL reaches what is inside by it.

A name is resolved once, every address that it has is judged, and the connection goes to one that was judged. So a name
that answers otherwise the second time, and numbers written so that they look like names, come to nothing.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

# IPv4 inside IPv6: what the last 32 bits say counts.
_NAT64: Final = IPv6Network("64:ff9b::/96")
# A gateway of the network's own translates these, and by the length of its prefix it takes other bits for IPv4.
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = IPv6Network("::/96")
# The interface of an IPv6 address that stands for IPv4 behind it (ISATAP, RFC 5214, 6.1), its two forms.
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
# What `private` opens: RFC 1918, RFC 4193, and the site's own of before it.
_PRIVATE: Final = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")
)
# Machines of clouds ask their platform there, for logins among others; the first one looks public.
_PLATFORM: Final = tuple(ip_address(text) for text in ("168.63.129.16", "fd00:ec2::254", "fd20:ce::254"))
# Not every Python knows all of these as special: protocol assignments (RFC 6890), and relays of 6to4 (RFC 7526).
_SPECIAL: Final = tuple(ip_network(text) for text in ("192.0.0.0/24", "192.88.99.0/24"))
# Of IPv6 all that is given out to anybody; documentation that this Python does not know as such (RFC 9637).
_GIVEN_OUT: Final = IPv6Network("2000::/3")
_DOCUMENTATION: Final = IPv6Network("3fff::/20")


class AddressRefused(Exception):
    """The endpoint's address is none that may be reached. The message names it."""


def reachable(host: str, port: int, private: bool) -> list[str]:
    """The addresses of `host`, in the resolver's order. Raises AddressRefused where any may not be reached, OSError where it
    cannot be resolved."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        why = refusal(address, private)
        if why:
            raise AddressRefused(f"{host} is {address}, {why}")
    return addresses


def refusal(address: str, private: bool) -> str:
    """Why an address may not be reached; empty where it may. `private`: loopback and private networks may be, too."""
    outer = ip_address(address.partition("%")[0])
    behind = _behind(outer)
    return _judged(_inner(outer), private) or ("" if behind is None else _judged(behind, private))


def _judged(judged: IPv4Address | IPv6Address, private: bool) -> str:
    if judged.is_unspecified or judged.is_multicast:
        return "no address of one machine"
    if judged.is_link_local:
        return "an address of the local link"
    if judged.version == 6 and judged in _NAT64_LOCAL:
        return "an address that is translated to another one"
    if judged.is_loopback:
        return "" if private else "this machine itself"
    if judged in _PLATFORM:
        return "an address of the platform's own"
    if any(judged in network for network in _PRIVATE):
        return "" if private else "not a public address"
    public = judged.is_global and not judged.is_reserved and not any(judged in network for network in _SPECIAL)
    if judged.version == 6:
        public = public and judged in _GIVEN_OUT and judged not in _DOCUMENTATION
    return "" if public else "not a public address"


def _behind(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address that a router takes out of the last 32 bits of an address that has a network of its own."""
    if isinstance(address, IPv6Address) and int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one stands for, or itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    embedded = any(address in network for network in (_NAT64, _COMPATIBLE))
    if embedded and not (address.is_loopback or address.is_unspecified):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
