"""The sink: documents that are to be delivered, reminders and statements of account leave by the channel that was decided.

Guarantees, of what sinks/effects gives: a document leaves once for a decision wherever the other side knows what it
had; where it does not (email), an attempt that a crash cut off is for a person. What is made from a template that is not
approved, or does not have the amount that was posted, does not leave.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import localtime
from typing import Any, ClassVar, Final

from schemas.records import Customer, Decision, Fact, Message
from sinks.delivery import knowing
from sinks.delivery.channels import folders
from sinks.delivery.channels.smtp import ATTEMPT_SECONDS, Mailer
from sinks.delivery.channels.uploads import Uploader
from sinks.delivery.documents.en16931 import refuse
from sinks.delivery.documents.figures import AnyLetter, InvoiceFigures, NoDocument, decimal
from sinks.delivery.documents.mail import Attachment, address_of, invoice_words, letter_words, message
from sinks.delivery.documents.pdf import invoice_values, letter_pdf
from sinks.delivery.documents.wording import Wording
from sinks.delivery.documents.x12 import MOST_CONTROL, Envelope, x12_810
from sinks.delivery.knowing import Place
from sinks.delivery.messages import message_fact
from sinks.delivery.office import ENDINGS, Office, file_name
from sinks.delivery.setup import Email, Form, Outbox, Upload, WrongSetup
from sinks.effects.base import Effect, EffectSink, Ending, Intent, Known, Outcome, Result, Target, spread
from sinks.effects.withdrawals import account_of

REMINDER: Final = "reminder"
DELIVERY: Final = "delivery"
STATEMENT: Final = "statement"
CHANNELS: Final = ("email", "api", "portal", "edi", "letter")
# That a log may have.
_MOST_SHARDS: Final = 256
_HOUR_SECONDS: Final = 3_600
# After these waits again, then each hour, as long as it may live.
_RETRY_SECONDS: Final = (30.0, 120.0, 600.0, 1_800.0, 3_600.0)
_SPREAD: Final = 0.2


@dataclass(frozen=True, slots=True)
class Prepared:
    """What an attempt is made of: either invoices, or one letter. control: of the interchange, 0 where there is none."""

    invoices: tuple[InvoiceFigures, ...]
    letter: AnyLetter | None
    wording: Wording
    control: int = 0


class DeliverySink(EffectSink):
    """See the module."""

    name: ClassVar[str] = "delivery"
    learns: ClassVar[tuple[str, ...]] = knowing.FACTS
    heeds: ClassVar[tuple[str, ...]] = knowing.DECISIONS
    # An attempt begins no further document after this time, and the next one goes on: all of it ends within `seconds`.
    turn_seconds: ClassVar[float] = 20.0

    def __init__(self, office: Office, shards: int = _MOST_SHARDS) -> None:
        """shards: of the log; with too many the numbers of interchanges come again the sooner."""
        self._office: Final = office
        self._shards: Final = shards
        setup = office.setup
        self._mailer: Final = None if setup.email is None else Mailer(setup.email)
        self._uploaders: Final = {
            name: Uploader(upload)
            for name, upload in (("api", setup.api), ("portal", setup.portal))
            if upload is not None
        }

    def targets(self) -> list[Target]:
        """One for each channel that delivery.toml sets."""
        setup = self._office.setup
        found: list[Target] = []
        if setup.email is not None:
            found.append(Target("email", setup.email.at_once, keyed=False))
        for name, upload in (("api", setup.api), ("portal", setup.portal)):
            if upload is not None:
                found.append(Target(name, upload.at_once, keyed=True))
        # One at a time: numbers of an account's interchanges rise in the order in which they leave.
        found += [Target(name, 1, keyed=True) for name in ("edi", "letter") if self._outbox(name) is not None]
        return found

    def _outbox(self, name: str) -> Outbox | None:
        return self._office.setup.edi if name == "edi" else self._office.setup.letter

    def intents(self, decision: Decision) -> list[Intent]:
        """Of a channel that is not set too: it expires, which the rules are told. Where none is, nothing is asked."""
        setup = self._office.setup
        lane = account_of(decision)
        if decision.channel not in CHANNELS or not setup.sends:
            return []
        if decision.kind == "reminder_due":
            life = setup.reminder_hours * _HOUR_SECONDS
            return [Intent(decision.channel, REMINDER, lane, life, decision.reference_id)]
        kind = {"delivery_requested": DELIVERY, "statement": STATEMENT}.get(decision.kind)
        if kind is not None:
            return [Intent(decision.channel, kind, lane, setup.document_hours * _HOUR_SECONDS)]
        return []

    def learn(self, shard: int, offset: int, fact: Fact, known: Known) -> None:
        knowing.learn(shard, offset, fact, known)

    def heed(self, decision: Decision, known: Known) -> None:
        knowing.heed(decision, known)

    # --- one attempt ---

    def prepare(self, effect: Effect, known: Known) -> Prepared | Outcome:
        """With the templates as they are approved now: one that is approved, or changed, while the sink runs counts."""
        try:
            office = self._office.with_templates_of_now()
            if effect.kind == DELIVERY:
                return self._documents(effect, known, office)
            return self._letter(effect, known, office)
        except (NoDocument, WrongSetup) as error:
            return Outcome(Result.refused, str(error))

    def _letter(self, effect: Effect, known: Known, office: Office) -> Prepared:
        if effect.target == "edi":
            raise NoDocument(f"a {effect.kind} does not leave by EDI")
        first = effect.decisions[0]
        figures = knowing.letter_of(known, effect.decisions, self._office.setup)
        return Prepared((), figures, office.approved(template_of(first), first.language))

    def _documents(self, effect: Effect, known: Known, office: Office) -> Prepared:
        d = effect.decisions[0]
        place = Place.of(d)
        setup = self._office.setup
        invoices: tuple[InvoiceFigures, ...]
        try:
            invoices = (knowing.document_of(known, place, d.document, d.amount, setup),)
        except NoDocument:
            # A number that stands for several documents.
            if not d.candidates:
                raise
            invoices = tuple(knowing.document_of(known, place, number, 0, setup) for number in d.candidates)
        posted = sum(figures.amount for figures in invoices)
        if posted != d.amount:
            said = f"{decimal(d.amount, d.currency)} were posted, its documents have {decimal(posted, d.currency)}"
            raise NoDocument(f"{d.document}: {said}")
        customer: Customer | None = knowing.customer_of(known, place)
        language = d.language or ("" if customer is None else customer.language)
        control = control_number(effect.key, self._shards) if effect.target == "edi" else 0
        return Prepared(invoices, None, office.approved(invoices[0].kind, language), control)

    def attempt(self, effect: Effect, prepared: Any) -> Outcome:
        assert isinstance(prepared, Prepared)
        setup = self._office.setup
        try:
            if effect.target == "email":
                assert setup.email is not None
                return self._mail(effect, prepared, setup.email)
            if effect.target in self._uploaders:
                upload = setup.api if effect.target == "api" else setup.portal
                assert upload is not None
                return self._upload(effect, prepared, upload)
            return self._put(effect, prepared)
        except NoDocument as error:
            return Outcome(Result.refused, str(error))

    def _mail(self, effect: Effect, prepared: Prepared, email: Email) -> Outcome:
        assert self._mailer is not None
        wording = prepared.wording
        if prepared.letter is not None:
            letter = prepared.letter
            words, parties = letter_words(letter, wording), (letter.seller, letter.buyer)
            name = file_name(f"{wording.label(letter.label)}-{letter.account}", "pdf")
            attachments = [Attachment(name, "pdf", letter_pdf(letter, wording, self._office.fonts))]
        else:
            first = prepared.invoices[0]
            words, parties = invoice_words(_values(effect, prepared), wording), (first.seller, first.buyer)
            attachments = [
                self._office.attachment(figures, wording, form)
                for figures in prepared.invoices
                for form in email.attach
            ]
        message_id = f"{effect.key}@{email.domain}"
        mail = message(words, attachments, *parties, message_id, localtime(), email.receipts_to)
        receiver = address_of(parties[1].email, "the customer")
        return self._mailer.send(effect.number, effect.key, mail, receiver)

    def _upload(self, effect: Effect, prepared: Prepared, upload: Upload) -> Outcome:
        uploader = self._uploaders[effect.target]
        if upload.form != "pdf" and not effect.parts:
            # None leaves where one of them cannot.
            for figures in prepared.invoices:
                refuse(figures)

        def send(at: int) -> Outcome:
            document, name, content = self._file(effect, prepared, upload.form, at)
            key = f"{effect.key}-{at}" if at else effect.key
            if upload.folder is not None:
                return folders.put(upload.folder, name, content)
            if effect.target == "api":
                return uploader.post(effect.number, key, document, content)
            return uploader.put(effect.number, key, name, content)

        return self._each(effect, prepared, send)

    def _put(self, effect: Effect, prepared: Prepared) -> Outcome:
        outbox = self._outbox(effect.target)
        assert outbox is not None
        if effect.target == "edi":
            made = f"{datetime.fromtimestamp(effect.decisions[0].recorded_time / 1000, UTC):%Y%m%d%H%M}"
            content = x12_810(prepared.invoices, Envelope(prepared.control, made, outbox.test))
            return folders.put(outbox.folder, f"{effect.key}.{ENDINGS['x12']}", content)

        def send(at: int) -> Outcome:
            _, name, content = self._file(effect, prepared, "pdf", at)
            return folders.put(outbox.folder, name, content)

        return self._each(effect, prepared, send)

    def _each(self, effect: Effect, prepared: Prepared, send: Callable[[int], Outcome]) -> Outcome:
        """Each document on its own, under its own key or name, from the one on that attempts before have not brought there."""
        until = time.monotonic() + self.turn_seconds
        count = len(prepared.invoices) or 1
        outcome = Outcome(Result.done)
        for at in range(effect.parts, count):
            if at > effect.parts and time.monotonic() > until:
                return Outcome(Result.more, f"{at} of {count} documents are there", parts=at)
            outcome = send(at)
            if outcome.result is not Result.done:
                return replace(outcome, parts=at)
        return outcome

    def _file(self, effect: Effect, prepared: Prepared, form: Form, at: int) -> tuple[str, str, bytes]:
        """What leaves: number, a name that nothing else has, and contents."""
        if prepared.letter is not None:
            content = letter_pdf(prepared.letter, prepared.wording, self._office.fonts)
            return prepared.letter.reference, f"{effect.key}-{file_name(prepared.letter.account, 'pdf')}", content
        figures = prepared.invoices[at]
        # Two numbers may be written alike in a file's name: each of several has its place in it.
        place = f"{at}-" if len(prepared.invoices) > 1 else ""
        name = f"{effect.key}-{place}{file_name(figures.number, ENDINGS[form])}"
        return figures.number, name, self._office.invoice(figures, prepared.wording, form)

    @property
    def seconds(self) -> float:
        return ATTEMPT_SECONDS

    def abandon(self, effect: Effect) -> None:
        if effect.target == "email" and self._mailer is not None:
            self._mailer.abandon(effect.number)
        elif effect.target in self._uploaders:
            self._uploaders[effect.target].abandon(effect.number)

    def retry_seconds(self, effect: Effect) -> float | None:
        """As long as it lives."""
        wait = _RETRY_SECONDS[min(effect.attempt, len(_RETRY_SECONDS)) - 1]
        return wait * spread(f"{effect.target}:{effect.key}", effect.attempt, _SPREAD)

    def facts(self, ending: Ending) -> Sequence[Fact]:
        found: Message | None = message_fact(ending, self._office.setup)
        return [] if found is None else [found]


def template_of(d: Decision) -> str:
    """The template of the letter that a decision asks for."""
    return d.template or (STATEMENT if d.kind == "statement" else REMINDER)


def _values(effect: Effect, prepared: Prepared) -> dict[str, Any]:
    """What the message with invoices may say: of several, their sum and the number that stands for them."""
    d = effect.decisions[0]
    values = invoice_values(prepared.invoices[0], prepared.wording)
    if len(prepared.invoices) > 1:
        total = prepared.wording.money(d.amount, d.currency)
        values |= {"number": d.document, "total": total, "due": "", "several": True}
    return values


def control_number(key: str, shards: int) -> int:
    """The number of the interchange of an effect: of its key alone, so it is the same at every attempt, whatever became of the
    sink's file. Between two partners it comes again after 999,999,999 decisions of one log, or later; the numbers of another
    log begin elsewhere."""
    log, shard, sequence = key.split("-")
    return 1 + (int(log, 16) + int(sequence) * shards + int(shard)) % MOST_CONTROL
