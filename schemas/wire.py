"""Avro's binary primitives: zigzag numbers, texts, bytes, over one bounded buffer.

Compiled by mypyc where there is a compiler; the same source runs as it is.
"""

from typing import Final

from librt.strings import BytesWriter
from mypy_extensions import i64, mypyc_attr, u8

# A fact of the largest real invoices (5,000 lines) is about 400 kB.
MAX_MESSAGE_BYTES: Final = 1 << 20
MAX_ARRAY_ITEMS: Final = 20_000
# Words that are kept encoded; more are encoded each time.
MOST_WORDS: Final = 4096
_words: Final[dict[str, bytes]] = {}
# Rows that headrace wrote itself hold as many as there were.
ANY_ITEMS: Final = 1 << 40


class Unreadable(ValueError):
    """Bytes that are not what their schema says. The message says where."""


@mypyc_attr(acyclic=True, free_list_len=1)
class Reader:
    """Reads Avro values from `data`, from `at` on; never past its end.

    most_items: Of an array, at the most.
    Raises Unreadable on anything truncated, overlong or not UTF-8.
    """

    __slots__ = ("at", "data", "end", "most_items")

    def __init__(self, data: bytes, at: i64 = 0, most_items: i64 = MAX_ARRAY_ITEMS) -> None:
        self.data = data
        self.at: i64 = at
        self.end: i64 = len(data)
        self.most_items: i64 = most_items

    def long(self) -> i64:
        data = self.data
        at = self.at
        end = self.end
        if at < end:
            head: i64 = data[at]
            if head < 128:
                self.at = at + 1
                return -(head >> 1) - 1 if head & 1 else head >> 1
        shift: i64 = 0
        value: i64 = 0
        while True:
            if at >= end:
                raise Unreadable(f"number cut off at byte {at}")
            byte: i64 = data[at]
            at += 1
            if shift == 63 and byte > 1:
                raise Unreadable(f"number over 64 bits at byte {at - 1}")
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            if shift > 63:
                raise Unreadable(f"number over 64 bits at byte {at - 1}")
        self.at = at
        if value & 1:
            return ~((value >> 1) & 0x7FFFFFFFFFFFFFFF)
        return (value >> 1) & 0x7FFFFFFFFFFFFFFF

    def boolean(self) -> bool:
        if self.at >= self.end:
            raise Unreadable(f"boolean cut off at byte {self.at}")
        byte: i64 = self.data[self.at]
        if byte > 1:
            raise Unreadable(f"boolean is {byte} at byte {self.at}")
        self.at += 1
        return byte == 1

    def raw(self) -> bytes:
        size = self.long()
        at = self.at
        # Not at + size > end: compiled numbers of 64 bits wrap around.
        if size < 0 or size > self.end - at:
            raise Unreadable(f"text or bytes of {size} at byte {at} runs past the end")
        stop = at + size
        self.at = stop
        return self.data[at:stop]

    def skip(self) -> None:
        """Pass over a text or bytes."""
        size = self.long()
        # As in `raw`.
        if size < 0 or size > self.end - self.at:
            raise Unreadable(f"text or bytes of {size} at byte {self.at} runs past the end")
        self.at += size

    def text(self) -> str:
        data = self.data
        at = self.at
        if at < self.end:
            # A text of less than 64 bytes, as nearly all are, has its size in one byte.
            head: i64 = data[at]
            stop: i64 = at + 1 + (head >> 1)
            if head & 129 == 0 and stop <= self.end:
                self.at = stop
                if not head:
                    return ""
                raw = data[at + 1 : stop]
            else:
                raw = self.raw()
        else:
            raw = self.raw()
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise Unreadable(f"text at byte {at} is not UTF-8") from error

    def optional_long(self) -> int | None:
        branch = self.long()
        if branch == 0:
            return None
        if branch != 1:
            raise Unreadable(f"union branch {branch} at byte {self.at}")
        return self.long()

    def no_items(self) -> bool:
        """Pass over an array where it is empty; False where it has items."""
        at = self.at
        if at < self.end and not self.data[at]:
            self.at = at + 1
            return True
        return False

    def block(self, read: i64) -> i64:
        """How many items the next block of an array has, `read` of them before; 0 at its end."""
        count = self.long()
        if count < 0:
            count = -count
            self.long()
        if count < 0 or count > self.end - self.at or read + count > self.most_items:
            raise Unreadable(f"array of {read + count} items at byte {self.at}")
        return count

    def texts(self) -> list[str]:
        out: list[str] = []
        count = self.block(0)
        while count:
            for _ in range(count):
                out.append(self.text())
            count = self.block(len(out))
        return out


def put_long(out: BytesWriter, number: i64) -> None:
    """Raises ValueError for a number over 64 bits, as compiled code does before it gets here."""
    sign: i64 = number >> 63
    if sign < -1 or sign > 0:
        raise ValueError("int too large to convert to i64")
    zigzag: i64 = (number << 1) ^ sign
    while zigzag > 127 or zigzag < 0:
        out.append(u8((zigzag & 127) | 128))
        zigzag = (zigzag >> 7) & 0x1FFFFFFFFFFFFFF
    out.append(u8(zigzag))


def put_text(out: BytesWriter, text: str) -> None:
    if not text:
        out.append(u8(0))
        return
    encoded = text.encode()
    put_long(out, len(encoded))
    out.write(encoded)


def put_word(out: BytesWriter, word: str) -> None:
    """`put_text` of one of a few texts: finding it encoded takes less than half as long as encoding it."""
    if not word:
        out.append(u8(0))
        return
    known = _words.get(word)
    if known is None:
        one = BytesWriter()
        put_text(one, word)
        known = one.getvalue()
        if len(_words) < MOST_WORDS:
            _words[word] = known
    out.write(known)


def put_raw(out: BytesWriter, raw: bytes) -> None:
    put_long(out, len(raw))
    out.write(raw)


def put_boolean(out: BytesWriter, value: bool) -> None:
    out.append(u8(1 if value else 0))


def put_optional_long(out: BytesWriter, number: int | None) -> None:
    if number is None:
        out.append(u8(0))
    else:
        out.append(u8(2))
        put_long(out, number)


def put_texts(out: BytesWriter, texts: list[str] | None) -> None:
    if texts:
        put_long(out, len(texts))
        for text in texts:
            put_text(out, text)
    out.append(u8(0))
