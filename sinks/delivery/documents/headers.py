"""The header of a mail, written as it is sent: no text of others becomes a field of it, or an address in one.

The email package decodes encoded words (RFC 2047) in what it is given, and takes the quotes off a name that it folds; so
these fields are not written by it, and what was written is read once more before it leaves.
"""

import re
from collections.abc import Sequence
from email.header import Header
from email.utils import getaddresses
from typing import Final

_MOST_IN_LINE: Final = 78
_MOST_IN_ANY_LINE: Final = 998
# What means nothing in a phrase, and in a text. An encoded word begins with =?.
_PHRASE: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/^_`{|}~ -]*")
_TEXT: Final = re.compile(r"(?:(?!=\?)[ -~])*")
# dot-atom@domain of RFC 5322, of which nothing is quoted.
ADDRESS: Final = re.compile(r"(?!.*=\?)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")


def text_field(name: str, text: str) -> str:
    """A field that people read; an encoded word unless it is plain and short. Raises ValueError for what is no Unicode."""
    return f"{name}: {_written(name, text, _TEXT)}\r\n"


def address_field(name: str, whose: str, address: str) -> str:
    """A field with one address, of which `ADDRESS` holds, and the name of whose it is, or none. Raises as `text_field`."""
    written = _written(name, whose, _PHRASE)
    if not written:
        return f"{name}: {address}\r\n"
    last = f"{name}: {written}".rpartition("\r\n")[2]
    space = " " if len(last) + len(f" <{address}>") <= _MOST_IN_LINE else "\r\n "
    return f"{name}: {written}{space}<{address}>\r\n"


def _written(name: str, text: str, plain: re.Pattern[str]) -> str:
    """One line of text, as one or several lines of a header."""
    line = " ".join(text.split())
    if len(f"{name}: {line}") <= _MOST_IN_LINE and plain.fullmatch(line):
        return line
    return Header(line, "utf-8", header_name=name).encode(linesep="\r\n")


def found_wrong(content: bytes, names: Sequence[str], addresses: dict[str, str]) -> str:
    """What the header of a mail has that it should not; empty where it is right. names: the fields, each once; addresses: the
    one that each of these fields has."""
    head, _, _ = content.partition(b"\r\n\r\n")
    if not head.isascii():
        return "is not ASCII"
    lines = head.decode("ascii").split("\r\n")
    if any(len(line) > _MOST_IN_ANY_LINE or not line.isprintable() or not line.strip() for line in lines):
        return "has a line that is too long, empty, or does not print"
    fields = re.sub(r"\r\n(?=[ \t])", "", "\r\n".join(lines)).split("\r\n")
    found = [(name, value) for name, _, value in (field.partition(":") for field in fields)]
    if sorted(name.lower() for name, _ in found) != sorted(name.lower() for name in names):
        return f"has the fields {', '.join(name for name, _ in found)}"
    for name, value in found:
        wanted = addresses.get(name)
        if wanted is not None and [address for _, address in getaddresses([value])] != [wanted]:
            return f"has other addresses than one in {name}"
    return ""
