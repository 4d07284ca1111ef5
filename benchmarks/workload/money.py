"""Money on our bank accounts: receipts, what comes back, and the remittance advices beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from benchmarks.workload.accounts import (
    ACH_CTX,
    DIRECT_DEBIT,
    LOCKBOX,
    WIRE,
    Account,
    BankAccount,
    Channel,
    Document,
    bank_number,
)
from benchmarks.workload.days import DAY, HOUR, MINUTE, business_day, business_days_after, work_time
from benchmarks.workload.references import Message, Paid, Writer
from benchmarks.workload.truth import Line
from benchmarks.workload.world import PROMPT, SLOW, World
from schemas.records import Receipt, ReceiptReturned, RemittanceAdvice, RemittanceLine

Part = tuple[Document, int]

_BEFORE_MONEY = (HOUR, 3 * HOUR, 9 * HOUR, DAY, 3 * DAY)
_AFTER_MONEY = (10 * MINUTE, 2 * HOUR, 9 * HOUR, DAY, 2 * DAY, 6 * DAY)
_RETURN_AFTER = (DAY, 2 * DAY, 3 * DAY, 5 * DAY, 9 * DAY)
_RETURN_REASONS = {"direct_debit": ("AM04", "AC04", "MD06", "MS03"), "lockbox": ("NSF", "STOP", "CLOSED")}


@dataclass(frozen=True, slots=True)
class Payment:
    """One order to pay. `rest` is for no document. A firm one comes as it was announced: whole, at once, for good."""

    payer: Account
    parts: list[Part]
    rest: int = 0
    rest_why: str = ""
    troubles: tuple[str, ...] = ()
    channel: Channel | None = None
    firm: bool = False
    note: str = ""
    names: tuple[Paid, ...] = ()  # what the message names where that is not the parts
    again: tuple[Part, ...] = ()  # the parts of the payment that this one repeats


@dataclass(frozen=True, slots=True)
class Sent:
    """A payment as it came, and what its payer says that it is for."""

    payer: Account
    receipt: Receipt
    paid: Sequence[Paid]


class Cashier:
    """Carries payments to our bank accounts and says so. `bounced(documents, now)` is told what is owed again,
    `overpaid(payment, receipt, references)` of more than is owed."""

    def __init__(
        self,
        world: World,
        bounced: Callable[[list[Document], int], None],
        overpaid: Callable[[Payment, Receipt, str], None],
    ) -> None:
        self._world = world
        self._bounced = bounced
        self._overpaid = overpaid
        self._writer = Writer(world.rates, world.chance)
        self._advices = 0

    def send(self, payment: Payment, now: int) -> Sent:
        """Book the payment and publish what is to be known of it. The documents' debts are already lessened."""
        world, chance = self._world, self._world.chance
        payer, parts = payment.payer, payment.parts
        channel = self._channel(payment)
        taken = self._credits_taken(payment)
        amount = sum(x[1] for x in parts) + payment.rest - sum(x[1] for x in taken)
        paid: list[Paid] = [(d.number, part, d.order_id, d.po_reference) for d, part in parts]
        paid += [(number, -credit, "", "") for number, credit in taken]
        when = self._advised(payment, channel, len(paid))
        advice_id = ""
        started = now
        if when:
            self._advices += 1
            advice_id = f"RA-{self._advices:07d}"
            if when == "before":
                started = work_time(now + chance.along(_BEFORE_MONEY))
        message = self._writer.message(payer, channel, list(payment.names) or paid, payment.note)
        if payment.names and [x[0] for x in payment.names] != [d.number for d, _ in parts]:
            message = replace(message, references="none" if message.references == "none" else "garbled")
        if advice_id and chance.yes(0.6):
            message = Message([], f"{'REMITTANCE ADVICE' if chance.yes(0.5) else 'Avis'} {advice_id}", "none", [])
        receipt = self._receipt(payer, channel, amount, message, started)
        troubles = self._troubles(payment, channel, receipt, message, bool(taken))
        pairs = _pairs(parts)
        pairs += [[payer.account_id, number, -credit] for number, credit in taken]
        if when:
            troubles.append(f"advice_{when}")
            self._advise(payer, receipt, advice_id, paid, troubles, now if when == "before" else receipt.event_time)
        world.say(receipt, receipt_line(payment, channel, receipt, pairs, message, troubles))
        if payment.rest:
            self._overpaid(payment, receipt, message.references)
        share = world.rates.returned * channel.returned
        if receipt.account_id and not payment.firm and chance.yes(share):
            back = receipt.event_time + chance.along(_RETURN_AFTER)
            world.at(work_time(back), partial(self._return, payment, channel, receipt, taken))
        return Sent(payer, receipt, paid)

    def _channel(self, payment: Payment) -> Channel:
        if payment.channel is not None:
            return payment.channel
        own = payment.payer.channel
        return WIRE if own is not DIRECT_DEBIT and self._world.chance.yes(0.03) else own

    def _credits_taken(self, payment: Payment) -> list[tuple[str, int]]:
        """Credit notes that the payer takes off, as long as something is left to pay."""
        payer = payment.payer
        if not payer.credits or payment.firm or not self._world.chance.yes(0.6):
            return []
        left = sum(x[1] for x in payment.parts)
        taken = []
        for credit in list(payer.credits):
            if credit[1] < left:
                left -= credit[1]
                taken.append(credit)
                payer.credits.remove(credit)
        return taken

    def _advised(self, payment: Payment, channel: Channel, count: int) -> str:
        """Whether an advice comes: before, after or not at all."""
        share = channel.advice
        if count > 1 and channel is not ACH_CTX and share:
            share = max(share, 0.55)
        if not payment.parts or not self._world.chance.yes(share * self._world.rates.advice):
            return ""
        return "before" if not payment.firm and self._world.chance.yes(0.4) else "after"

    def _receipt(self, payer: Account, channel: Channel, amount: int, message: Message, started: int) -> Receipt:
        world, chance = self._world, self._world.chance
        bank = payer.entity.bank(payer.currency, channel is LOCKBOX)
        booked, recorded = self._booked(channel, started)
        day = booked // DAY
        bank.entries += 1
        text = world.day_text(day)[0]
        known = not chance.yes(world.rates.no_account * (1.0 - channel.knows_account))
        return Receipt(
            event_id=world.next_id(bank.source),
            recorded_time=recorded,
            correlation="",
            source=bank.source,
            tenant=world.config.tenant,
            entity=payer.entity.code,
            account_id=payer.account_id if known else "",
            event_time=booked,
            receipt_id=f"{bank.code}-{text}-{bank.entries:06d}",
            bank_account=bank.number,
            bank_reference="" if channel is LOCKBOX and chance.yes(0.2) else _bank_reference(channel, bank, text),
            currency=payer.currency,
            amount=amount,
            posting_date=day,
            value_date=day + 1 if channel is LOCKBOX and chance.yes(0.3) else day,
            payer_name=payer.name.upper()[:35] if channel.upper_case else payer.name,
            payer_account=self._payer_account(payer, channel),
            text=message.text,
            lines=message.lines,
        )

    def _booked(self, channel: Channel, started: int) -> tuple[int, int]:
        """When the money is booked and when its record reaches us."""
        world, chance = self._world, self._world.chance
        days = chance.pick(channel.booking_days)
        if days:
            booked = business_days_after(started // DAY, days) * DAY + 6 * HOUR + chance.below(11 * HOUR)
        else:
            booked = started + chance.below(2 * HOUR)
        if channel.statement:
            return booked, business_day(booked // DAY + 1) * DAY + 5 * HOUR + chance.below(20 * MINUTE)
        return booked, booked + world.delay(PROMPT)

    def _payer_account(self, payer: Account, channel: Channel) -> str:
        """As the bank shows it: mostly the one in the master, sometimes a new one or a payment service's."""
        if not channel.shows_bank:
            return ""
        chance = self._world.chance
        if not chance.yes(self._world.rates.unknown_bank):
            return payer.bank_number
        if chance.yes(0.4):
            return bank_number(payer.country.upper(), 77_777_777_000_000)
        return bank_number(payer.country.upper(), 20_000_000_000_000 + payer.index * 1_009)

    def _troubles(
        self, payment: Payment, channel: Channel, receipt: Receipt, message: Message, credit: bool
    ) -> list[str]:
        troubles = [*payment.troubles, *message.troubles]
        parts = payment.parts
        if len(parts) > 1:
            troubles.append("lump_sum")
        if any(d.account is not payment.payer for d, _ in parts):
            troubles.append("for_other")
        if any(receipt.value_date > d.due for d, _ in parts):
            troubles.append("late")
        if any(d.recorded == 0 or receipt.recorded_time < d.recorded for d, _ in parts):
            troubles.append("before_invoice")
        if credit:
            troubles.append("credit_taken")
        if payment.rest_why:
            troubles.append(payment.rest_why)
        if not receipt.account_id:
            troubles.append("no_account")
        if receipt.payer_account not in ("", payment.payer.bank_number):
            troubles.append("unknown_bank")
        if channel is DIRECT_DEBIT:
            troubles.append("direct_debit")
        return troubles

    def _advise(
        self, payer: Account, receipt: Receipt, advice_id: str, paid: list[Paid], troubles: list[str], since: int
    ) -> None:
        """Publish the advice of `receipt`: whole or in two parts, mostly right."""
        world, chance = self._world, self._world.chance
        lines = [RemittanceLine(x[0], x[1]) for x in paid]
        wrong = chance.yes(world.rates.advice_wrong)
        if wrong:
            troubles.append("advice_wrong")
            lines = self._wrong_lines(payer, lines)
        cuts = [lines]
        if len(lines) > 1 and chance.yes(world.rates.advice_parts):
            cut = 1 + chance.below(len(lines) - 1)
            parts = [lines[:cut], lines[cut:]]
            # None is of credits alone.
            if min(sum(x.amount or 0 for x in part) for part in parts) > 0:
                cuts = parts
                troubles.append("advice_parts")
        early = since < receipt.event_time
        happened = since if early else since + chance.along(_AFTER_MONEY)
        names_receipt = not early and chance.yes(0.35)
        reference = receipt.bank_reference if not names_receipt and chance.yes(0.75) else ""
        for number, cut_lines in enumerate(cuts):
            amount = receipt.amount if len(cuts) == 1 else sum(x.amount or 0 for x in cut_lines)
            advice = RemittanceAdvice(
                event_id=world.next_id("mailroom"),
                recorded_time=happened + world.delay(SLOW) + number * MINUTE,
                correlation="",
                source="mailroom",
                tenant=receipt.tenant,
                entity=receipt.entity,
                account_id=payer.account_id,
                event_time=happened,
                advice_id=advice_id if len(cuts) == 1 else f"{advice_id}/{number + 1}",
                currency=receipt.currency,
                amount=amount,
                receipt_id=receipt.receipt_id if names_receipt else "",
                bank_reference=reference,
                value_date=receipt.value_date if chance.yes(0.8) else 0,
                lines=cut_lines,
            )
            line: Line = {
                "type": "advice", "advice_id": advice.advice_id, "bank_account": receipt.bank_account,
                "receipt_id": receipt.receipt_id, "wrong": wrong,
            }  # fmt: skip
            world.say(advice, line)

    def _wrong_lines(self, payer: Account, lines: list[RemittanceLine]) -> list[RemittanceLine]:
        """An amount changed, a line too many, a line left out, or a number mistyped."""
        chance = self._world.chance
        way = chance.below(4)
        place = chance.below(len(lines))
        at = lines[place]
        if way == 0:
            return [
                *lines[:place],
                RemittanceLine(at.document, (at.amount or 0) + chance.between(1, 5_000)),
                *lines[place + 1 :],
            ]
        if way == 1 and payer.entity.documents:
            return [*lines, RemittanceLine(chance.pick(payer.entity.documents), chance.between(500, 90_000))]
        if way == 2 and len(lines) > 1:
            return lines[:place] + lines[place + 1 :]
        mistyped = at.document[:-2] + at.document[-1] + at.document[-2]
        return [*lines[:place], RemittanceLine(mistyped, at.amount), *lines[place + 1 :]]

    def _return(
        self, payment: Payment, channel: Channel, receipt: Receipt, taken: list[tuple[str, int]], now: int
    ) -> None:
        """The money goes back: its documents are owed again."""
        world = self._world
        payment.payer.credits.extend(taken)
        for document, part in payment.parts:
            document.remaining += part
            document.account.open[document.number] = document
        pairs = _pairs(payment.parts)
        pairs += [[payment.payer.account_id, number, -credit] for number, credit in taken]
        line: Line = {
            "type": "returned", "bank_account": receipt.bank_account, "receipt_id": receipt.receipt_id,
            "amount": receipt.amount, "pairs": pairs,
        }  # fmt: skip
        world.say(
            ReceiptReturned(
                event_id=world.next_id(receipt.source),
                recorded_time=now + world.delay(PROMPT),
                correlation="",
                source=receipt.source,
                tenant=receipt.tenant,
                entity=receipt.entity,
                account_id=receipt.account_id,
                event_time=now,
                receipt_id=receipt.receipt_id,
                bank_account=receipt.bank_account,
                currency=receipt.currency,
                amount=receipt.amount,
                posting_date=now // DAY,
                value_date=receipt.value_date,
                reason=world.chance.pick(_RETURN_REASONS.get(channel.name, ("R08",))),
                bank_reference=receipt.bank_reference,
                from_account="",
            ),
            line,
        )
        self._bounced([document for document, _ in payment.parts], now)


def _bank_reference(channel: Channel, bank: BankAccount, day_text: str) -> str:
    if channel.name == "wire":
        return f"FT{day_text}{bank.code}{bank.entries:05d}"
    if channel.name.startswith("ach"):
        return f"{9_100_001:08d}{bank.entries + sum(bank.code.encode()) * 100_000:09d}"
    return f"NTRF{bank.code}{day_text}{bank.entries:06d}"


def _pairs(parts: Sequence[Part]) -> list[object]:
    return [[document.account.account_id, document.number, part] for document, part in parts]


def receipt_line(
    payment: Payment, channel: Channel, receipt: Receipt, pairs: list[object], message: Message, troubles: list[str]
) -> Line:
    """What is true of the receipt."""
    return {
        "type": "receipt", "tenant": receipt.tenant, "entity": receipt.entity, "bank_account": receipt.bank_account,
        "receipt_id": receipt.receipt_id, "payer": payment.payer.account_id, "account_id": receipt.account_id,
        "currency": receipt.currency, "amount": receipt.amount, "pairs": pairs, "rest": payment.rest,
        "rest_why": payment.rest_why, "again": _pairs(payment.again), "references": message.references, "habit": payment.payer.habit.name,
        "channel": channel.name, "troubles": troubles,
    }  # fmt: skip
