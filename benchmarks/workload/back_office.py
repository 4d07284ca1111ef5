"""What accounting does beside trade: gives up and pays back with another person's consent, charges fees, takes over
items of an older system, takes goods back, and hears from the ERP."""

from functools import partial
from typing import Final

from benchmarks.workload.accounts import Account, BankAccount, Document, bank_number
from benchmarks.workload.claims import Contest
from benchmarks.workload.correspondence import Correspondence
from benchmarks.workload.days import DAY, HOUR, MINUTE, business_day, work_time
from benchmarks.workload.desk import Desk, checker, dollars
from benchmarks.workload.money import Payment, receipt_line
from benchmarks.workload.references import Paid, Writer
from benchmarks.workload.world import PROMPT, World
from schemas.records import DebitNote, DisputeUpdate, ErpPosting, OpeningItem, Receipt, Refund, Return, ReturnLine

# What of the goods a complaint is about comes back.
_COMES_BACK: Final = ("damage", "quality", "return")
_FEE_DOLLARS: Final = 25
_MOST_TAKEN_OVER: Final = 3


class BackOffice(Desk):
    """Has what only accounting sees: bills that nobody will pay, money that nobody was owed."""

    def __init__(self, world: World, mail: Correspondence) -> None:
        super().__init__(world, 4)
        self._mail = mail
        self._writer = Writer(world.rates, self._chance)
        self._banks: dict[tuple[int, str], BankAccount] = {}
        self._numbers: dict[str, int] = {}

    def _next(self, kind: str) -> int:
        number = self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return number

    # --- given up, with consent ---

    def given_up(self, document: Document, now: int) -> None:
        """The customer will not pay what is left: weeks later somebody wants to write it off, and another one agrees."""
        when = work_time(max(now, document.due * DAY) + self._chance.between(18, 50) * DAY)
        self._world.at(when, partial(self._write_off, document, document.plan))

    def _write_off(self, document: Document, plan: int, now: int) -> None:
        if document.plan != plan or document.contested or not document.remaining:
            return
        account, chance = document.account, self._chance
        maker = f"collector-{account.entity.code.lower()}-{1 + account.index % 3}"
        self._act(account, now, "propose_write_off", maker, "reminded to no avail", document=document.number)
        roll = chance.roll()
        if roll < 0.85:
            granted = roll < 0.68
            note = "" if granted else "ask once more first"
            who = checker(account, document.remaining)
            self._later(account, now, f"write_off:{document.number}", who, granted, note)

    def _later(self, account: Account, now: int, approval_id: str, who: str, granted: bool, note: str) -> int:
        """When the checker answers."""
        when = max(now + 2 * HOUR, self._after(now, 0, 3))
        self._world.at(when, partial(self._answered, account, approval_id, who, granted, note))
        return when

    def _answered(self, account: Account, approval_id: str, who: str, granted: bool, note: str, now: int) -> None:
        self._answer(account, now, approval_id, who, granted, note)

    # --- drafts that wait for a person ---

    def stuck(self, document: Document, blocked: str, now: int) -> None:
        """A draft that is wrong and that nobody replaces: billed as it is, with consent, or given up."""
        if self._chance.yes(0.75):
            act = self._release if blocked == "missing_po" else self._withdraw
            self._world.at(self._after(now, 2, 5), partial(act, document))

    def _withdraw(self, document: Document, now: int) -> None:
        maker = f"billing-{document.account.entity.code.lower()}"
        self._act(
            document.account, now, "withdraw_draft", maker, "priced by last year's list", document=document.number
        )

    def _release(self, document: Document, now: int) -> None:
        account = document.account
        maker = f"billing-{account.entity.code.lower()}"
        self._act(
            account, now, "release_invoice", maker, "ordered by telephone, without a number", document=document.number
        )
        roll = self._chance.roll()
        if roll < 0.8:
            granted = roll < 0.6
            note = "" if granted else "get the number first"
            when = self._later(
                account, now, f"release:{document.number}", checker(account, document.amount), granted, note
            )
            if granted:
                document.known = when + DAY
                self._world.at(document.known, partial(self._went_out, document))

    def _went_out(self, document: Document, now: int) -> None:
        """A customer that wants its number on bills does not pay one without."""
        self._mail.sent(document, now)
        self._mail.no_purchase_order(document, now)
        self.given_up(document, now)

    # --- money ---

    def overpaid(self, payment: Payment, receipt: Receipt, references: str) -> None:
        """More came than was owed, and the payer is known: some is asked for back, and is paid back with consent."""
        if references in ("exact", "text") and receipt.account_id and self._chance.yes(0.8):
            when = self._after(receipt.recorded_time, 3, 9)
            self._world.at(when, partial(self._give_back, payment, receipt))

    def _give_back(self, payment: Payment, receipt: Receipt, now: int) -> None:
        account = payment.payer
        maker = f"cash-desk-{account.entity.code.lower()}"
        note = "paid twice" if payment.rest_why == "double" else "paid too much"
        self._act(account, now, "propose_refund", maker, note, receipt_id=receipt.receipt_id, amount=payment.rest)
        who = checker(account, payment.rest)
        when = self._later(account, now, f"refund:{receipt.receipt_id}", who, True, "")
        self._world.at(self._after(when, 1, 2), partial(self._paid_back, payment, receipt))

    def _paid_back(self, payment: Payment, receipt: Receipt, now: int) -> None:
        day = now // DAY
        self._world.say_once(
            Refund(
                *self._head(f"{receipt.source}-out", payment.payer, now), f"RF-{self._next('refund'):05d}",
                receipt.currency, payment.rest, day, day, receipt.receipt_id, "",
            )
        )  # fmt: skip

    def bounced(self, document: Document, now: int) -> None:
        """The bank takes a fee for money that went back; the customer is charged, and pays that or does not."""
        account = document.account
        day = now // DAY
        fee = dollars(account, _FEE_DOLLARS)
        number = f"BF-{self._world.day_text(day)[1]}-{account.entity.code}-{self._next('fee'):05d}"
        charge = Document(account, number, fee, day, day + 14)
        charge.known = now
        self._world.say_once(
            DebitNote(
                *self._head(f"{account.entity.source}-fees", account, now), number, day, day, charge.due,
                account.currency, fee, 0, document.number, "bank fee",
            )
        )  # fmt: skip
        self.collect(charge, 0.6, now)

    def collect(self, document: Document, share: float, now: int) -> None:
        """It is paid about when it is due, or given up."""
        if self._chance.yes(share):
            late = self._chance.along((-3, 0, 4, 12, 30))
            when = max(now + DAY, (document.due + late) * DAY + self._chance.below(DAY))
            self._world.at(work_time(when), partial(self._pay, document))
        else:
            self.given_up(document, now)

    def _pay(self, document: Document, now: int) -> None:
        """A payment into the bank account that only these are paid into, which tells the payer."""
        world, account = self._world, document.account
        part = document.remaining
        document.remaining = 0
        channel = account.channel
        paid: list[Paid] = [(document.number, part, document.order_id, document.po_reference)]
        message = self._writer.message(account, channel, paid, "")
        bank = self._bank(account)
        bank.entries += 1
        day = business_day(now // DAY + 1)
        text = world.day_text(day)[0]
        booked = day * DAY + 6 * HOUR + self._chance.below(8 * HOUR)
        receipt = Receipt(
            *self._place(bank.source, account.entity, account.account_id, booked, booked + self._chance.along(PROMPT)),
            f"{bank.code}-{text}-{bank.entries:06d}", bank.number, f"NTRF{bank.code}{text}{bank.entries:06d}",
            account.currency, part, day, day, account.name, account.bank_number, message.text, message.lines,
        )  # fmt: skip
        payment = Payment(account, [(document, part)], channel=channel)
        pairs: list[object] = [[account.account_id, document.number, part]]
        troubles = [*message.troubles, *(["late"] if day > document.due else [])]
        world.say_once(receipt, receipt_line(payment, channel, receipt, pairs, message, troubles))

    def _bank(self, account: Account) -> BankAccount:
        entity = account.entity
        found = self._banks.get((entity.place, account.currency))
        if found is None:
            code = f"{entity.code}{account.currency}O"
            number = bank_number(entity.country, 370_400_440_777_000_000 + 7 * len(self._banks))
            found = self._banks[entity.place, account.currency] = BankAccount(code, number)
        return found

    # --- taken over ---

    def opened(self, account: Account, now: int) -> None:
        """A customer of the first day may have open bills of the older system, some past due and reminded, some disputed."""
        if now < self._world.start + DAY and self._chance.yes(self._world.rates.taken_over):
            for _ in range(self._chance.between(1, _MOST_TAKEN_OVER)):
                self._take_over(account, now)

    def _take_over(self, account: Account, now: int) -> None:
        chance, day = self._chance, now // DAY
        due = day + chance.between(-45, 25)
        posted = due - account.terms_days
        amount = dollars(account, chance.between(60, 900) * account.size) + chance.below(100)
        residual = amount * chance.between(20, 80) // 100 if chance.yes(0.2) else amount
        number = f"A{7_000_000 + self._next('opening'):08d}"
        document = Document(account, number, residual, posted, due)
        document.known = now
        disputed = residual if chance.yes(0.06) else 0
        level = 0 if due >= day else min(3, 1 + (day - due) // 12)
        head = self._place("migration", account.entity, account.account_id, now, account.master_recorded + MINUTE)
        self._world.say_once(
            OpeningItem(
                *head, number, "invoice", posted, day, due, account.currency, amount, residual, level, disputed, "", "",
            )
        )  # fmt: skip
        if disputed:
            self._world.at(self._after(now, 4, 20), partial(self._settled, document))
        self.collect(document, 0.85, now + 20 * DAY if disputed else now)

    def _settled(self, document: Document, now: int) -> None:
        head = self._head("crm-mail", document.account, now)
        self._world.say_once(
            DisputeUpdate(*head, f"opening:{document.number}", "closed", "desk-1", 0, document.amount, 0, "unfounded")
        )

    # --- goods and the ERP ---

    def contested(self, contest: Contest, category: str, now: int, ends: int) -> None:
        """Goods that are complained about with right come back before they are credited, mostly."""
        goods = contest.document.goods
        if category in _COMES_BACK and contest.credited and goods and self._chance.yes(self._world.rates.goods_back):
            self._world.at(now + (ends - now) * 7 // 10, partial(self._came_back, contest, category))

    def _came_back(self, contest: Contest, category: str, now: int) -> None:
        document = contest.document
        left = contest.credited
        lines: list[ReturnLine] = []
        for line in document.goods:
            gross = line.net + line.tax
            pieces = line.quantity_milli * min(left, gross) // gross // 1000 * 1000 if gross else 0
            if pieces:
                lines.append(ReturnLine(line.order_line, line.product, pieces))
            left -= min(left, gross)
        if lines:
            warehouse = document.account.entity.warehouse
            head = self._head(f"{warehouse}-returns", document.account, now)
            number = f"RMA-{self._next('return'):05d}"
            self._world.say_once(Return(*head, number, document.order_id, "", now // DAY, category, lines))

    def booked(self, document: Document, now: int) -> None:
        """The ERP takes up a bill that was released here; few it refuses first."""
        if self._chance.yes(self._world.rates.erp_refuses):
            self._world.at(now, partial(self._erp_says, document, "refused", "period is closed"))
            now = self._after(now, 1, 2)
        self._world.at(now, partial(self._erp_says, document, "confirmed", ""))

    def _erp_says(self, document: Document, status: str, reason: str, now: int) -> None:
        account = document.account
        head = self._head(f"{account.entity.source}-postings", account, now)
        self._world.say_once(
            ErpPosting(*head, f"POST-{document.number}", status, "", document.number, "", account.currency, 0, reason)
        )
