"""What really was so, beside the facts: JSON lines, one record a line, in the order of the facts they go with.

Amounts are minor units, times UTC milliseconds, dates days since 1970-01-01. A line is written when
the fact it goes with comes out, so it speaks only of facts that are there; documents it names may
come later, or after the end of the run. Every line has `type`:

`account`: `tenant`, `entity`, `account`, `currency`, `habit`, `channel`, `paid_by` (another account, or
    empty), `size`. At the first customer fact of the account.
`receipt`: `tenant`, `entity`, `bank_account`, `receipt_id` (together the receipt), `payer` (the account that
    paid), `account_id` (as on the fact; empty where the bank did not know), `currency`, `amount`, `pairs`: a
    list of [account, document, amount], what the payer paid with it; negative where a credit note was
    taken off; `rest`: what is for no document, `rest_why` (over, double or empty); pairs and rest add up to
    `amount`; `again`: the pairs of the earlier payment that a double one repeats: whichever of the two clears
    them, the books come out the same. `references`: exact (the receipt's lines name exactly the documents of the pairs as they are
    written in the books, with these amounts), text (its text does and no lines), none, or wrong (any
    other); `habit`, `channel`, `troubles`: words of TROUBLES.
`returned`: `bank_account`, `receipt_id`, `amount`, `pairs`: undone, as they were on the receipt.
`advice`: `advice_id`, `bank_account`, `receipt_id` (the receipt it is about), `wrong`: true where a line is wrong.
`draft`: `entity`, `account`, `document`, `recorded`, and when headrace could have known the last thing that
    each condition waits for, or null for never: `on_order`, `on_shipment`, `on_pod`; a draft whose customer
    is not there or not active waits for that too. `blocked`: what makes it fail whatever arrives
    (missing_po, price_differs), `replaces`: the draft it replaces.
`dispute`: `dispute_id`, `account`, `document`, `category`, `contested`, and how it will be closed: `credited`,
    `rejected`, `written_off`; `cleared`: true where the customer had paid the document already.
`promise`: `promise_id`, `account`, `documents`, `amount`, `promised_date`, `outcome`: kept, partially_kept, broken or
    cancelled: what the customer goes on to do, by the money's value dates, also where the run ends before.
`duplicate`: `event_id`, `kind`, `same`: false where the second one has other contents; the first one is true.
"""

import json
from pathlib import Path
from types import TracebackType
from typing import Final

TYPO_KINDS: Final = ("case", "zeros", "punctuation", "prefix", "ocr", "one_edit", "wrong")
TROUBLES: Final = (
    *(f"typo:{kind}" for kind in TYPO_KINDS),
    "shortened", "no_reference", "own_number", "partial_reference", "truncated", "text_only", "no_account", "unknown_bank",
    "lump_sum", "instalment", "short", "residual", "over", "double", "late", "for_other", "credit_taken", "prepayment",
    "before_invoice", "advice_before", "advice_after", "advice_parts", "advice_wrong", "direct_debit",
)  # fmt: skip

Line = dict[str, object]


class Truth:
    """Writes the lines to a file. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._out = path.open("w", encoding="utf-8")
        self._encode = json.JSONEncoder(separators=(",", ":")).encode
        self.lines = 0

    def write(self, line: Line) -> None:
        self._out.write(self._encode(line))
        self._out.write("\n")
        self.lines += 1

    def close(self) -> None:
        self._out.close()

    def __enter__(self) -> "Truth":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
