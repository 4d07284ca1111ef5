"""References: document numbers as payers write them. Source: REFERENCE 3.5 step 3."""

from typing import Final

from mypy_extensions import i64

# Pairs that optical reading and typing confuse; folded to the digit.
_OCR: Final = str.maketrans({"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"})
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Words that payers put before the number of any invoice, whatever the invoice itself begins with.
_SAYS_INVOICE: Final = frozenset(
    [
        "INV",
        "INVOICE",
        "INVOICENO",
        "INVNO",
        "BILL",
        "DOC",
        "DOCUMENT",
        "REF",
        "NO",
        "NR",
        "NUM",
        "RE",
        "RG",
        "RN",
        "RNR",
        "RECHNUNG",
        "RECHNR",
        "FA",
        "FAC",
        "FACT",
        "FACTURE",
        "FACTURA",
        "FAKTURA",
        "FATTURA",
        "FATT",
        "FT",
        "FV",
    ]
)
# Words before the number of an order, the payer's or ours.
_SAYS_ORDER: Final = frozenset(
    ["PO", "PONO", "PONR", "ORDER", "ORDERNO", "ORD", "SO", "BESTELLUNG", "BESTELLNR", "AUFTRAG", "COMMANDE", "PEDIDO"]
)
# Zeros that a group of digits may lack.
MOST_ZEROS: Final = 6
_DIGITS: Final = "0123456789"
_FOLDED_ALPHABET: Final = "0123456789ACDEFGHJKMNPRTUVWXY"
MIN_TOKEN_CHARACTERS: Final = 4
# So much is a number of its own between two slashes.
MIN_ALONE: Final = 6
# More slashes than this do not stand in one number.
MOST_SLASHES: Final = 3
# Code words that banks put before a reference (SWIFT field 70, and in the text of statements).
_BANK_WORDS: Final = frozenset(["RFB", "ROC", "EREF", "KREF", "URI"])
# A document is folded several times within one fact; remembering takes a quarter off the rules' time
# (callgrind, November 2026). It changes no result.
MOST_FOLDED: Final = 20_000
_folded: Final[dict[str, str]] = {}


def plain(reference: str) -> str:
    """Upper case, letters and digits only."""
    upper = reference.upper()
    if upper.isalnum():
        return upper
    # What stands in most references, at once.
    upper = upper.replace("-", "").replace(" ", "")
    if upper.isalnum():
        return upper
    return "".join([c for c in upper if c.isalnum()])


def bare(reference: str) -> str:
    """Plain, without a prefix of letters and without leading zeros; what is left must have a digit."""
    text = plain(reference)
    rest = text.lstrip(_LETTERS)
    if rest and not rest[0].isdecimal():
        # Letters of other alphabets.
        at = 0
        while at < len(rest) and rest[at].isalpha():
            at += 1
        rest = rest[at:]
    rest = rest.lstrip("0")
    if rest:
        return rest
    return "0" if text.isdigit() else text


def prefix(reference: str) -> str:
    """The letters that `bare` takes off."""
    text = plain(reference)
    at = 0
    while at < len(text) and text[at].isalpha():
        at += 1
    return text[:at] if at < len(text) else ""


def same_number(reference: str, document: str) -> bool:
    """Whether the reference has the document's number, and no prefix of letters that says it is another one's.

    Another prefix is no contradiction where it is left out, shortened or written out, or says no more than invoice.
    """
    if bare(reference) != bare(document):
        return False
    written, own = prefix(reference), prefix(document)
    if written in _SAYS_INVOICE or own.startswith(written):
        return True
    if not own:
        return False
    return written.startswith(own) or (written.endswith(own) and written[: -len(own)] in _SAYS_INVOICE)


def misread(reference: str, document: str) -> bool:
    """Whether the reference has the document's number but for characters that look alike, and its prefix or none."""
    return prefix(reference) in ("", prefix(document)) and fold(reference) == fold(document)


def other_number(reference: str, document: str) -> bool:
    """Whether the reference is formed as the document's number is, with other letters or digits: that may be another
    document of the same series, of whatever account. As written, zeros included, or as it may have been misread."""
    if _shape(fold(reference)) == _shape(fold(document)):
        return True
    written, own = plain(reference), plain(document)
    return _shape(written[len(prefix(reference)) :]) == _shape(own[len(prefix(document)) :])


def _shape(number: str) -> str:
    """A digit for each digit, and a letter for each other character."""
    return "".join(["0" if c in _DIGITS else "A" for c in number])


def fold(reference: str) -> str:
    """The key under which references that a payer may mean by one another are kept together.

    Case, punctuation, a prefix of letters, leading zeros and OCR pairs make no difference.
    """
    known = _folded.get(reference)
    if known is None:
        if len(_folded) >= MOST_FOLDED:
            _folded.clear()
        known = _folded[reference] = _fold(reference)
    return known


def zeros_otherwise(reference: str) -> list[str]:
    """The reference with more or fewer zeros before its last group of digits, where digits stand before that group too:
    `INV-2026-4711` may be INV-2026-004711. `fold` takes off those before the first group."""
    text = reference.rstrip()
    head, number = _last_digits(text)
    others = [head + "0" * zeros + number for zeros in range(MOST_ZEROS + 1)] if number else []
    return [other for other in others if other != text]


def unpadded(reference: str) -> str:
    """As folded, without the zeros that `zeros_otherwise` varies: money waits for a document under this name."""
    head, number = _last_digits(reference.rstrip())
    return fold(head + number if number else reference)


def _last_digits(text: str) -> tuple[str, str]:
    """What stands before the last group of digits, and these without leading zeros; no digits where the first has none."""
    head = text.rstrip(_DIGITS)
    return head, text[len(head) :].lstrip("0") if any(c in _DIGITS for c in head) else ""


def says_order(reference: str) -> bool:
    """Whether the payer says that it is the number of an order."""
    return prefix(reference) in _SAYS_ORDER


def _fold(reference: str) -> str:
    number = _plain_number(reference.encode())
    if number:
        return str(number)
    text = bare(reference)
    if text.isdigit():
        return text
    return text.translate(_OCR).lstrip("0") or "0"


def _plain_number(raw: bytes) -> i64:
    """The number of a reference of letters, then digits, with hyphens and spaces between them, as nearly all are: what
    `bare` leaves of it. 0 where it is formed otherwise, has only zeros, or more than 18 digits."""
    number: i64 = 0
    digits: i64 = 0
    at: i64 = 0
    end: i64 = len(raw)
    while at < end:
        byte: i64 = raw[at]
        at += 1
        if 48 <= byte <= 57:
            digits += 1
            if digits > 18:
                return 0
            number = number * 10 + byte - 48
        elif byte == 45 or byte == 32:
            continue
        elif digits or not (65 <= byte <= 90 or 97 <= byte <= 122):
            return 0
    return number


def neighbours(folded: str) -> list[str]:
    """All folds one edit away (insertion, deletion, substitution, swap of two), sorted; never `folded` itself."""
    alphabet = _DIGITS if folded.isdigit() else _FOLDED_ALPHABET
    found: set[str] = set()
    for at in range(len(folded) + 1):
        head, tail = folded[:at], folded[at:]
        for letter in alphabet:
            found.add(head + letter + tail)
        if tail:
            found.add(head + tail[1:])
            for letter in alphabet:
                found.add(head + letter + tail[1:])
        if len(tail) > 1:
            found.add(head + tail[1] + tail[0] + tail[2:])
    found.discard(folded)
    found.discard("")
    return sorted(found)


def tokens(text: str) -> list[str]:
    """Words of free text that may be references: 4 or more letters and digits with a digit among them, each once.

    After a bank's code word as in `/RFB/RE/26/4711` comes the reference. A word such as `RE/26/4711/RE/26/4712` may be
    several: its pieces come after it. Last what may be one number with spaces in it, as in `INV 2026 004711`.
    """
    seen: list[str] = []
    parts: list[str] = []
    for word in _words(text):
        pieces = word.split("/")
        while len(pieces) > 1 and pieces[0].upper() in _BANK_WORDS:
            del pieces[0]
        parts += pieces
        for reading in ["/".join(pieces), *_of_a_list(pieces)]:
            if _may_be_reference(reading) and reading not in seen:
                seen.append(reading)
    known = {plain(word) for word in seen}
    for reading in _spaced(parts):
        if _may_be_reference(reading) and plain(reading) not in known:
            known.add(plain(reading))
            seen.append(reading)
    return seen


def is_list(word: str) -> bool:
    """Whether the word has so many slashes that it must be several numbers."""
    return word.count("/") >= MOST_SLASHES


def _words(text: str) -> list[str]:
    """Letters and digits, and what may stand between them in a number."""
    found: list[str] = []
    word = ""
    for letter in text + " ":
        if letter.isalnum() or (word and letter in "-/._"):
            word += letter
            continue
        if word := word.strip("-/._"):
            found.append(word)
        word = ""
    return found


def _may_be_reference(word: str) -> bool:
    return len(plain(word)) >= MIN_TOKEN_CHARACTERS and any(c in _DIGITS for c in word)


def _of_a_list(pieces: list[str]) -> list[str]:
    """Numbers that slashes may part, though slashes may stand in them too: longer ones first. Of three pieces or less
    only those that are numbers each."""
    if len(pieces) < 2:
        return []
    whole = [piece for piece in pieces if len(plain(piece)) >= MIN_ALONE and any(c in _DIGITS for c in piece)]
    if len(pieces) <= MOST_SLASHES:
        return whole if all(piece in whole or not any(c in _DIGITS for c in piece) for piece in pieces) else []
    found: list[str] = []
    for size in (MOST_SLASHES, MOST_SLASHES - 1):
        for at in range(len(pieces) - size + 1):
            found.append("/".join(pieces[at : at + size]))
    short = [piece for piece in pieces if piece.isdigit() and MIN_TOKEN_CHARACTERS <= len(piece) < MIN_ALONE]
    return found + whole + short


def _spaced(parts: list[str]) -> list[str]:
    """Two groups of digits after one another, with the letters before them."""
    found: list[str] = []
    for at in range(len(parts) - 1):
        first, second = parts[at], parts[at + 1]
        if first.isdigit() and second.isdigit() and len(first) >= 2 <= len(second):
            before = parts[at - 1] + " " if at and parts[at - 1].isalpha() else ""
            found.append(f"{before}{first} {second}")
    return found
