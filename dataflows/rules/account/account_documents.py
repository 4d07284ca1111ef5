"""The rows of one account: its header and its documents, each read when it is needed, and which of them changed."""

from typing import Final

from librt.strings import BytesWriter

from dataflows.rules.account.account_rows import (
    ACCOUNT,
    ADVICE,
    CREDIT,
    CUSTOMER,
    DISPUTE,
    DRAFT,
    EXCEPTION,
    ORDER,
    RECEIPT,
    Row,
    Rows,
    decode,
    encode,
)
from dataflows.rules.account.index_rows import Names
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import Policy, Provisions, Who
from schemas.records import (
    AccountRow,
    AdviceRow,
    Balance,
    CreditRow,
    CustomerRow,
    DisputeRow,
    DraftRow,
    ExceptionRow,
    OrderRow,
    ReceiptRow,
    put_account_row,
)

# Behind every name of a table.
LAST_NAME: Final = "\U0010ffff"


class AccountDocuments:
    """Rows of one account, and what they say that needs no index.

    key: tenant/entity/account_id.
    dirty: names of the rows that differ from what is stored; "A" is the header.
    orders_changed, drafts_changed: of an account whose exposure is kept, what credit_count.py has not counted anew yet;
    a draft as it was counted last.
    leaving: held drafts whose withdrawal is about to be said: what replaces them is here. They count no more.
    """

    def __init__(self, key: str, row: AccountRow, rows: Rows) -> None:
        self.key: Final = key
        tenant, entity, account_id = key.split("/", 2)
        self.tenant: Final = tenant
        self.entity: Final = entity
        self.account_id: Final = account_id
        self.suspense: Final = account_id.startswith("~")
        self.row: Final = row
        self._rows: Final = rows
        self._names: Names | None = None
        self._loaded: Final[dict[str, Row | None]] = {}
        self._who: Who | None = None
        # What `policy` says on `day`, in whatever currency; of these three the latter two say whether the first one holds.
        self._provisions: Provisions | None = None
        self._policy: Policy | None = None
        self._day = 0
        self._credit: CreditRow | None = None
        self._last_receipt: ReceiptRow | None = None
        self.dirty: Final[dict[str, bool]] = {}
        self.orders_changed: Final[dict[str, bool]] = {}
        self.drafts_changed: Final[dict[str, DraftRow]] = {}
        self.leaving: Final[dict[str, bool]] = {}

    def customer(self) -> CustomerRow | None:
        """The account's master data; None where no customer fact came."""
        row = self._get(CUSTOMER)
        assert row is None or isinstance(row, CustomerRow)
        return row

    @property
    def known(self) -> bool:
        """Whether a customer fact came."""
        return self.customer() is not None

    def put_customer(self, row: CustomerRow) -> None:
        self._who = None
        self._provisions = None
        self._rows.forget_provisions(self.key)
        self._put(CUSTOMER, row)

    def who(self) -> Who:
        """What a policy may tell this account apart by; without its customer fact, by its key alone."""
        who = self._who
        if who is None:
            row = self.customer() or CustomerRow()
            who = Who(
                self.tenant,
                self.entity,
                self.account_id,
                row.region,
                row.country,
                row.tier,
                row.segment,
                row.terms_days,
                row.risk_class,
                row.contract,
            )
            self._who = who
        return who

    def provisions(self, ctx: Context, currency: str = "") -> Provisions:
        """What the policy says today for this account, in a currency or for the account as a whole."""
        policy = ctx.policy
        if not policy.varies:
            return policy.base
        # A transition asks for them over and over.
        known = self._provisions
        if known is not None and self._policy is policy and self._day == ctx.today:
            return known
        if policy.names_currencies:
            return policy.provisions(self.who(), currency, ctx.today)
        found = self._rows.provisions(self.key, policy, ctx.today)
        if found is None:
            found = policy.provisions(self.who(), currency, ctx.today)
            self._rows.keep_provisions(self.key, policy, ctx.today, found)
        self._provisions = found
        self._policy = policy
        self._day = ctx.today
        return found

    def draft(self, document: str) -> DraftRow | None:
        row = self._get(DRAFT + document)
        assert row is None or isinstance(row, DraftRow)
        return row

    def order(self, order_id: str) -> OrderRow | None:
        row = self._get(ORDER + order_id)
        assert row is None or isinstance(row, OrderRow)
        return row

    def receipt(self, receipt_id: str) -> ReceiptRow | None:
        # A fact's receipt is asked for over and over.
        last = self._last_receipt
        if last is not None and last.receipt_id == receipt_id:
            return last
        row = self._get(RECEIPT + receipt_id)
        assert row is None or isinstance(row, ReceiptRow)
        self._last_receipt = row
        return row

    def known_receipt(self, receipt_id: str) -> ReceiptRow:
        row = self.receipt(receipt_id)
        assert row is not None, f"receipt {receipt_id} is not of this account"
        return row

    def advice(self, advice_id: str) -> AdviceRow | None:
        row = self._get(ADVICE + advice_id)
        assert row is None or isinstance(row, AdviceRow)
        return row

    def dispute(self, dispute_id: str) -> DisputeRow | None:
        row = self._get(DISPUTE + dispute_id)
        assert row is None or isinstance(row, DisputeRow)
        return row

    def exception(self, exception_id: str) -> ExceptionRow | None:
        row = self._get(EXCEPTION + exception_id)
        assert row is None or isinstance(row, ExceptionRow)
        return row

    def put_exception(self, exception_id: str, row: ExceptionRow | None) -> None:
        self._put(EXCEPTION + exception_id, row)

    def put_draft(self, document: str, row: DraftRow | None) -> None:
        if self.row.credit:
            counted = self.draft(document) or row
            if counted is not None and document not in self.drafts_changed:
                self.drafts_changed[document] = counted
        if row is None and self.leaving:
            self.leaving.pop(document, None)
        self._put(DRAFT + document, row)

    def leave(self, document: str) -> None:
        """The held draft is about to be withdrawn."""
        self.leaving[document] = True
        row = self.draft(document)
        assert row is not None, f"no draft {document}"
        self.put_draft(document, row)

    def put_order(self, row: OrderRow) -> None:
        """Keep the order. Raises ValueError where its quantities add up to what no row can hold."""
        encode(row)
        self._put(ORDER + row.order_id, row)
        if self.row.credit:
            self.orders_changed[row.order_id] = True

    def put_receipt(self, row: ReceiptRow) -> None:
        self._put(RECEIPT + row.receipt_id, row)
        self._last_receipt = row

    def credit(self) -> CreditRow:
        """Its credit, to be read and changed; `touch_credit` says that it was."""
        # A fact asks for it over and over.
        row = self._credit
        if row is None:
            stored = self._get(CREDIT)
            assert stored is None or isinstance(stored, CreditRow)
            row = stored if stored is not None else CreditRow()
            self._credit = self._loaded[CREDIT] = row
        return row

    def touch_credit(self) -> None:
        self.dirty[CREDIT] = True

    def rows_after(self, name: str, most: int) -> list[str]:
        """Names of the first `most` rows of that name's table that come after it, in order."""
        stop = name[0] + LAST_NAME
        found: list[str] = []
        while True:
            stored = self._rows.names(self.key, name + "\0", stop, most)
            last = stop if len(stored) < most else stored[-1]
            part = set(stored)
            for waiting, raw in self._rows.unstored(self.key).items():
                if name < waiting <= last:
                    if raw:
                        part.add(waiting)
                    else:
                        part.discard(waiting)
            for loaded, row in self._loaded.items():
                if name < loaded <= last:
                    if row is None:
                        part.discard(loaded)
                    else:
                        part.add(loaded)
            found += sorted(part)
            if last == stop or len(found) >= most:
                return found[:most]
            name = last

    def put_advice(self, row: AdviceRow) -> None:
        self._put(ADVICE + row.advice_id, row)

    def put_dispute(self, row: DisputeRow) -> None:
        self._put(DISPUTE + row.dispute_id, row)

    # --- header ---

    def touch(self) -> None:
        """Say that the header changed."""
        self.dirty[ACCOUNT] = True

    def balance(self, currency: str) -> Balance:
        """The sums of that currency, to be read: zero where it has none."""
        for balance in self.row.balances:
            if balance.currency == currency:
                return balance
        return Balance(currency)

    def posting_balance(self, currency: str) -> Balance:
        """The sums of that currency, to be posted to: kept from now on."""
        self.dirty[ACCOUNT] = True
        balance = self.balance(currency)
        if balance not in self.row.balances:
            self.row.balances.append(balance)
            self.row.balances.sort(key=_by_currency)
        return balance

    # --- rows ---

    def fetch(self, name: str) -> Row | None:
        """The row of that name, for modules that have a table of their own; None where there is none."""
        return self._get(name)

    def keep(self, name: str, row: Row | None) -> None:
        """Keep the row under that name; None takes it away."""
        self._put(name, row)

    def index(self) -> Names:
        """The account's index rows, for modules that have a table of their own."""
        return self._index_names()

    def _get(self, name: str) -> Row | None:
        row = self._loaded.get(name)
        if row is not None or name in self._loaded:
            return row
        raw = self._rows.fetch(self.key, name)
        row = None if raw is None else decode(name, raw)
        self._loaded[name] = row
        return row

    def _put(self, name: str, row: Row | None) -> None:
        self._loaded[name] = row
        self.dirty[name] = True

    def encoded(self, name: str) -> bytes | None:
        """The row of that name as it now is; None where it is gone."""
        if name == ACCOUNT:
            out = BytesWriter()
            put_account_row(out, self.row)
            return out.getvalue()
        row = self._loaded[name]
        return None if row is None else encode(row)

    def index_changes(self) -> Names | None:
        """Its index rows, where they were asked for and some changed since the last commit."""
        names = self._names
        return None if names is None or not names.changed else names

    def _index_names(self) -> Names:
        names = self._names
        if names is None:
            names = self._names = self._rows.changed_names(self.key) or Names(self.key, self._rows)
        return names


def _by_currency(balance: Balance) -> str:
    return balance.currency
