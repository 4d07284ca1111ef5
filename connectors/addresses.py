"""Addresses of hosts, as settings have them."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import SplitResult, urlsplit

HTTP: Final = ("http", "https")


def host_address(text: str, schemes: Sequence[str] = HTTP) -> SplitResult | None:
    """SCHEME://[user:password@]HOST[:PORT]..., or unix://PATH of a socket, in its parts; None where it is none of these.

    Why it is none is not said: what urlsplit says has parts of the address, passwords among them.
    """
    try:
        parts = urlsplit(text)
        somewhere = parts.path if parts.scheme == "unix" else parts.hostname
        return parts if parts.scheme in schemes and somewhere and parts.port != 0 else None
    except ValueError:
        return None


def is_encoded(address: SplitResult) -> bool:
    """Whether its path and query can be asked for as they are: characters of ASCII, and all else as %XX."""
    return all("!" <= character <= "~" for character in address.path + address.query)
