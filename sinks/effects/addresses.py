"""Which addresses an endpoint may have: nobody who sets a URL reaches what is inside by it.

A name is resolved once, every address that it has is judged, and the connection goes to one that was judged. So a name
that answers otherwise the second time, and numbers written so that they look like names, come to nothing.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# IPv4 inside IPv6: what the last 32 bits say counts.
_NAT64: Final = IPv6Network("64:ff9b::/96")
# A gateway of the network's own translates these, and by the length of its prefix it takes other bits for IPv4.
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = IPv6Network("::/96")


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
    judged = _inner(ip_address(address.partition("%")[0]))
    if judged.is_unspecified or judged.is_multicast:
        return "no address of one machine"
    if judged.is_link_local:
        return "an address of the local link"
    if judged.version == 6 and judged in _NAT64_LOCAL:
        return "an address that is translated to another one"
    if judged.is_loopback:
        return "" if private else "this machine itself"
    site_local = judged.version == 6 and judged.is_site_local
    if judged.is_global and not judged.is_reserved and not site_local:
        return ""
    return "" if private and (judged.is_private or site_local) else "not a public address"


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
