"""When and what customers pay: each by its habit, with what goes wrong on the way."""

from functools import partial
from itertools import islice

from benchmarks.workload.accounts import DIRECT_DEBIT, WIRE, Account, Document
from benchmarks.workload.claims import Claims, Contest
from benchmarks.workload.days import DAY, HOUR, MINUTE, work_time
from benchmarks.workload.money import Cashier, Part, Payment, Sent
from benchmarks.workload.office import Office
from benchmarks.workload.world import World

MOST_IN_A_RUN = 150


class Payers:
    """Decides for every customer. All debts are as the customers see them."""

    def __init__(self, world: World, office: Office) -> None:
        self._world = world
        self._office = office
        self._cashier = Cashier(world, self._owe_again, office.overpaid)
        self._claims = Claims(world, self._settled, office.contested)

    def start(self, accounts: list[Account]) -> None:
        """Put the first payment runs on the agenda."""
        world = self._world
        for account in accounts:
            if account.run_days:
                account.next_run = work_time(world.start + world.chance.below(account.run_days * DAY))
                world.at(account.next_run, partial(self._run, account))

    def owe(self, document: Document, complaint: str, now: int) -> None:
        """A customer gets a document (at `document.known`): plan how it goes on."""
        world, chance, rates = self._world, self._world.chance, self._world.rates
        account = document.account
        payer = account.paid_by or account
        self._office.billed(document, now)
        if chance.yes(rates.rebate):
            amount = 1 + document.amount * chance.between(1, 5) // 100
            _keep_credit(account, self._claims.credit(account, "", amount, "bonus", now), amount)
        if chance.yes(rates.never_paid):
            self._office.given_up(document, now)
            return
        account.open[document.number] = document
        if chance.yes(rates.dispute * (0.5 if complaint else account.habit.dispute)):
            begins = document.known + chance.along((HOUR, DAY, 4 * DAY, 10 * DAY, 25 * DAY))
            world.at(work_time(begins), partial(self._contest, document, complaint))
        if payer.run_days:
            return
        if payer.habit.name == "autopay":
            collected = max(work_time(document.due * DAY), document.known + HOUR)
            world.at(collected, partial(self._collect, document))
        elif document.amount >= 40_000 and chance.yes(rates.instalments):
            self._plan_instalments(document)
        else:
            self._plan_payment(document, payer, now)

    def prepay(self, document: Document, now: int) -> None:
        """An order is paid before it is shipped, by its order number or the number on the pro forma."""
        when = work_time(now + self._world.chance.between(3, 30) * HOUR)
        self._world.at(max(now + MINUTE, when), partial(self._prepaid, document))

    def _prepaid(self, document: Document, now: int) -> None:
        by_order = self._world.chance.yes(self._world.rates.prepaid_by_order)
        named = document.order_id if by_order else document.number
        names = ((named, document.amount, document.order_id, document.po_reference),)
        parts = [(document, document.remaining)]
        document.remaining = 0
        payment = Payment(document.account, parts, troubles=("prepayment",), names=names, firm=True)
        self._cashier.send(payment, now)

    def _plan_payment(self, document: Document, payer: Account, now: int) -> None:
        world, chance = self._world, self._world.chance
        late_days = chance.along(payer.habit.late_days)
        when = max(document.known + 2 * HOUR, (document.due + late_days) * DAY + chance.below(DAY))
        world.at(max(now, work_time(when)), partial(self._pay, document, document.plan))
        if late_days > 10 and chance.yes(world.rates.promise):
            called = work_time((document.due + chance.between(3, 9)) * DAY + chance.below(DAY))
            if called > document.known:
                world.at(max(now, called), partial(self._promise, document, document.plan))

    def _plan_instalments(self, document: Document) -> None:
        chance = self._world.chance
        document.reserved = True
        count = chance.between(2, 4)
        apart = chance.pick((7, 14, 30))
        first = max(document.known + HOUR, document.due * DAY - (count - 1) * apart * DAY // 2)
        for number in range(count):
            when = work_time(first + number * apart * DAY)
            self._world.at(when, partial(self._pay_instalment, document, document.plan, number + 1, count))

    def _pay_instalment(self, document: Document, plan: int, number: int, count: int, now: int) -> None:
        if document.plan != plan or not document.payable:
            return
        part = document.payable if number == count else document.amount // count
        part = min(part, document.payable)
        payer = document.account.paid_by or document.account
        self._lessen(document, part)
        note = f"{number}/{count}" if self._world.chance.yes(0.5) else ""
        self._cashier.send(Payment(payer, [(document, part)], troubles=("instalment",), note=note), now)

    def _pay(self, document: Document, plan: int, now: int) -> None:
        """Pay one document, and sometimes what else is due about now."""
        if document.plan != plan or not document.payable:
            return
        account = document.account
        parts: list[Part] = [(document, document.payable)]
        if self._world.chance.yes(self._world.rates.sweep):
            for other in islice(account.open.values(), 12):
                near = other.known <= now and other.due <= now // DAY + 6
                if near and other is not document and not other.reserved and other.payable:
                    parts.append((other, other.payable))
        self._settle(account.paid_by or account, parts, now)

    def _collect(self, document: Document, now: int) -> None:
        """Our direct debit."""
        if document.payable and not document.reserved:
            part = document.payable
            self._lessen(document, part)
            self._cashier.send(Payment(document.account, [(document, part)], channel=DIRECT_DEBIT), now)

    def _run(self, payer: Account, now: int) -> None:
        """A payment run: all that is due soon, of this account and of those it pays for."""
        world, chance = self._world, self._world.chance
        payer.next_run = work_time(now + payer.run_days * DAY)
        world.at(payer.next_run, partial(self._run, payer))
        if payer.runs_to_skip:
            payer.runs_to_skip -= 1
            return
        if chance.yes(0.04):
            self._skip_run(payer, now)
            return
        horizon = now // DAY + 4 - payer.habit.late_days[0]
        parts: list[Part] = []
        for account in (payer, *payer.children):
            for document in account.open.values():
                if document.due <= horizon and document.known <= now and not document.reserved and document.payable:
                    parts.append((document, document.payable))
        for start in range(0, len(parts), MOST_IN_A_RUN):
            self._settle(payer, parts[start : start + MOST_IN_A_RUN], now)

    def _skip_run(self, payer: Account, now: int) -> None:
        """A run that does not take place; where money is overdue somebody calls and gets a promise for the next."""
        due = sum(x.payable for x in payer.open.values() if x.due < now // DAY and not x.reserved and x.known <= now)
        if not due or payer.children or payer.run_days < 7 or not self._world.chance.yes(self._world.rates.promise):
            return
        broken = self._world.chance.yes(0.25)
        if broken:
            payer.runs_to_skip = 1
        day = payer.next_run // DAY + payer.channel.slowest_days
        self._claims.promise(payer, [], due, day, "broken" if broken else "kept", now + DAY)

    def _settle(self, payer: Account, parts: list[Part], now: int) -> None:
        """Send the money for `parts`, as it really is sent: short, over, twice."""
        world, chance, rates = self._world, self._world.chance, self._world.rates
        troubles: list[str] = []
        short: Document | None = None
        if chance.yes(rates.short * payer.habit.short):
            place = chance.below(len(parts))
            document, part = parts[place]
            cut = self._cut(part)
            if 0 < cut < part:
                short = document
                parts[place] = (document, part - cut)
                troubles.append("short")
        rest = 0
        if short is None and chance.yes(rates.over):
            whole = sum(x[1] for x in parts)
            step = chance.pick((100, 1000, 10_000))
            rest = step - whole % step
        for document, part in parts:
            self._lessen(document, part)
        why = "over" if rest else ""
        sent = self._cashier.send(Payment(payer, parts, rest, why, tuple(troubles)), now)
        if chance.yes(rates.double) and short is None:
            names = tuple((d.number, part, d.order_id, d.po_reference) for d, part in parts)
            again = Payment(payer, [], sum(x[1] for x in parts), "double", names=names, again=tuple(parts))
            world.at(work_time(now + chance.between(1, 12) * DAY), partial(self._cashier.send, again))
        if chance.yes(rates.dispute_cleared):
            later = now + (payer.channel.slowest_days + chance.between(1, 15)) * DAY
            world.at(work_time(later), partial(self._contest_cleared, parts[0][0]))
        if short is not None:
            self._after_short(short, sent, now)

    def _cut(self, part: int) -> int:
        """What a payer takes off: a discount it has not earned, freight, a bank's charge, goods missing, or a slip."""
        chance = self._world.chance
        way = chance.below(5)
        if way == 0:
            return part * chance.pick((2, 2, 3)) // 100
        if way == 1:
            return chance.pick((1_500, 2_500, 4_000))
        if way == 2:
            return chance.between(1, 99)
        return part * chance.between(3, 30) // 100

    def _after_short(self, document: Document, sent: Sent, now: int) -> None:
        """What is left of a short payment: paid later, disputed, deducted, or forgotten."""
        world, chance = self._world, self._world.chance
        roll = chance.roll()
        # Deductors mean what they take off.
        later, disputed = (0.1, 0.2) if sent.payer.habit.name == "deductor" else (0.4, 0.7)
        document.plan += 1
        if roll < later:
            when = work_time(now + chance.between(8, 30) * DAY)
            document.reserved = True
            world.at(when, partial(self._pay_residual, document, document.plan))
        elif roll < disputed and world.rates.dispute:
            document.hold = True
            document.contested = document.remaining
            when = work_time(now + chance.between(1, 96) * HOUR)
            world.at(when, partial(self._contest_short, document))
        else:
            document.account.open.pop(document.number, None)
            self._office.paid_short(document, sent, now)

    def _pay_residual(self, document: Document, plan: int, now: int) -> None:
        if document.plan == plan and document.payable:
            payer, part = document.account.paid_by or document.account, document.payable
            self._lessen(document, part)
            self._cashier.send(Payment(payer, [(document, part)], troubles=("residual",)), now)

    def _contest_short(self, document: Document, now: int) -> None:
        self._claims.dispute(document, document.contested, "", "short_payment", False, now)

    def _contest(self, document: Document, complaint: str, now: int) -> None:
        """The customer disputes all or part of what it has not paid yet."""
        chance = self._world.chance
        if document.reserved or document.contested or not document.payable:
            return
        document.hold = chance.yes(0.4)
        left = document.remaining
        document.contested = left if document.hold else 1 + (left - 1) * chance.between(3, 60) // 100
        self._claims.dispute(document, document.contested, complaint, chance.pick(("message", "portal")), False, now)

    def _contest_cleared(self, document: Document, now: int) -> None:
        """The customer disputes part of what it has paid."""
        if document.remaining == 0 and not document.contested:
            document.contested = 1 + (document.amount - 1) * self._world.chance.between(3, 60) // 100
            self._claims.dispute(document, document.contested, "", "message", True, now)

    def _settled(self, contest: Contest, credit_note: str, now: int) -> None:
        """A dispute is closed: what is credited or given up is owed no longer, the rest is paid."""
        world, chance, document = self._world, self._world.chance, contest.document
        document.contested = 0
        document.hold = False
        lessened = min(contest.credited, document.remaining)
        if contest.credited > lessened:
            _keep_credit(document.account, credit_note, contest.credited - lessened)
        self._lessen(document, lessened)
        self._lessen(document, min(contest.written_off, document.remaining))
        payer = document.account.paid_by or document.account
        if document.remaining and document.account.open.get(document.number) is document:
            document.plan += 1
            if not payer.run_days:
                when = work_time(max(now, document.due * DAY) + chance.between(1, 20) * DAY)
                world.at(when, partial(self._pay, document, document.plan))

    def _promise(self, document: Document, plan: int, now: int) -> None:
        """Somebody calls about a late document and gets a promise, which is kept or not."""
        world, chance = self._world, self._world.chance
        if document.plan != plan or document.contested or document.reserved or not document.payable:
            return
        document.plan += 1
        document.reserved = True
        amount = document.payable
        payer = document.account.paid_by or document.account
        pays = work_time(now + chance.between(1, 12) * DAY)
        day = pays // DAY + payer.channel.slowest_days
        roll = chance.roll()
        if roll < 0.55:
            outcome, first, second = "kept", amount, 0
        elif roll < 0.68 and amount > 1:
            outcome, first, second = "partially_kept", amount // 2, 0
            second = amount - first
        else:
            outcome, first, second = ("broken" if roll < 0.88 else "cancelled"), 0, amount
        self._claims.promise(document.account, [document.number], amount, day, outcome, now)
        if first:
            world.at(pays, partial(self._pay_promised, document, document.plan, first))
        if second:
            later = work_time((day + chance.between(8, 25)) * DAY)
            world.at(later, partial(self._pay_promised, document, document.plan, second))

    def _pay_promised(self, document: Document, plan: int, part: int, now: int) -> None:
        part = min(part, document.payable)
        if document.plan == plan and part:
            self._lessen(document, part)
            payer = document.account.paid_by or document.account
            why = ("instalment",) if part < document.amount else ()
            self._cashier.send(Payment(payer, [(document, part)], troubles=why, channel=payer.channel, firm=True), now)

    def _owe_again(self, documents: list[Document], now: int) -> None:
        """Money went back: most pay by another way days later, some never."""
        world, chance = self._world, self._world.chance
        if documents:
            self._office.bounced(documents[0], now)
        for document in documents:
            document.plan += 1
            document.reserved = False
            payer = document.account.paid_by or document.account
            if chance.yes(0.15):
                document.account.open.pop(document.number, None)
                self._office.given_up(document, now)
            elif not payer.run_days:
                when = work_time(now + chance.between(3, 15) * DAY)
                world.at(when, partial(self._pay_after_return, document, document.plan))

    def _pay_after_return(self, document: Document, plan: int, now: int) -> None:
        if document.plan == plan and document.payable:
            payer, part = document.account.paid_by or document.account, document.payable
            self._lessen(document, part)
            channel = WIRE if payer.channel is DIRECT_DEBIT else payer.channel
            self._cashier.send(Payment(payer, [(document, part)], channel=channel), now)

    def _lessen(self, document: Document, part: int) -> None:
        """The customer owes `part` less of it."""
        assert 0 <= part <= document.remaining, (document.number, part, document.remaining)
        document.remaining -= part
        if document.remaining == 0:
            document.account.open.pop(document.number, None)


def _keep_credit(account: Account, number: str, amount: int) -> None:
    """The customer will take this credit off a payment; of more than six it loses sight of the oldest."""
    account.credits.append((number, amount))
    del account.credits[:-6]
