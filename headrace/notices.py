"""Notices of mail servers and readers become facts about the documents and letters that the messages carried."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from connectors.files.ingest import Producer
from connectors.log.base import Log
from connectors.mail.notices import Notice, UnreadableMail, read_notices
from headrace.why.history import decision_at
from schemas.records import Decision, Message
from schemas.topics import FACTS
from sinks.effects.base import effect_key

SOURCE: Final = "mail"
_SEEN: Final = "S"
_FLAGGED: Final = "F"
_ID_DIGITS: Final = 16
# No log has more of them.
_NUMBER: Final = re.compile(r"[0-9]{1,18}")


@dataclass(slots=True)
class Mails:
    """What became of them. refused: those that are no notices, or of no message of ours."""

    read: int = 0
    refused: int = 0
    facts: Counter[str] = field(default_factory=Counter)


def ingest_notices(
    log: Log, path: Path, wall_ms: int, report: Callable[[str], None], give_up: Callable[[], bool]
) -> Mails:
    """Ingest a mail, or the new ones of a maildir, which are then marked as seen; those that are refused are flagged too,
    for a person. Whatever was ingested before has no second effect. Raises OSError, LogUnavailable, LogRefused."""
    found = Mails()
    producer = Producer(log, "ingest", give_up)
    try:
        for name, raw, done in _mails(path):
            found.read += 1
            facts = _facts(log, raw, wall_ms)
            if isinstance(facts, str):
                found.refused += 1
                report(f"{name}: {facts}")
                done(False)
                continue
            for fact in facts:
                producer.send(fact)
                found.facts[fact.status] += 1
            producer.flush()
            done(True)
    finally:
        producer.close()
    return found


def _mails(path: Path) -> Iterator[tuple[str, bytes, Callable[[bool], None]]]:
    """Name, contents, and what marks it as done with, well or not."""
    if not path.is_dir():
        yield str(path), path.read_bytes(), lambda well: None
        return
    if not (path / "new").is_dir() or not (path / "cur").is_dir():
        raise NotADirectoryError(0, "is no maildir: it has no folders new and cur", str(path))
    # The library's maildir parses each mail, and writes it anew to mark it.
    for mail in sorted((path / "new").iterdir()):
        if mail.name.startswith(".") or not mail.is_file():
            continue

        def done(well: bool, mail: Path = mail) -> None:
            flags = _SEEN if well else _FLAGGED + _SEEN
            mail.rename(path / "cur" / f"{mail.name.partition(':')[0]}:2,{flags}")

        yield str(mail), mail.read_bytes(), done


def _facts(log: Log, raw: bytes, wall_ms: int) -> list[Message] | str:
    """The facts in a mail, or why there are none."""
    try:
        notices = read_notices(raw)
    except UnreadableMail as error:
        return str(error)
    if notices is None:
        return "is no delivery status or disposition notification"
    found: list[Message] = []
    for notice in notices:
        key = notice.message_id.partition("@")[0]
        decision = _decision(log, key)
        if decision is None:
            return f"is about <{notice.message_id}>, which is no message of this installation"
        found.append(_fact(notice, key, decision, wall_ms))
    return found


def _decision(log: Log, key: str) -> Decision | None:
    """What the message was sent for."""
    _, shard, sequence = [*key.split("-"), "", ""][:3]
    if not (_NUMBER.fullmatch(shard) and _NUMBER.fullmatch(sequence)):
        return None
    if key != effect_key(log.identity(FACTS), int(shard), int(sequence)) or int(shard) >= log.partitions(FACTS):
        return None
    return decision_at(log, int(shard), int(sequence))


def _fact(notice: Notice, key: str, d: Decision, wall_ms: int) -> Message:
    # One that is sent again by hand has the same key, and may bounce again: another mail says so.
    said = sha256((notice.mail_id or f"{notice.at_ms} {notice.reason}").encode()).hexdigest()[:_ID_DIGITS]
    return Message(
        event_id=f"notice:{key}:{notice.status}:{said}",
        recorded_time=wall_ms,
        correlation="",
        source=SOURCE,
        tenant=d.tenant,
        entity=d.entity,
        account_id=d.account_id,
        # Clocks of others go wrong: not before it was sent, and not ahead.
        event_time=min(max(notice.at_ms, d.recorded_time), wall_ms),
        message_id=key,
        direction="out",
        channel="email",
        status=notice.status,
        document=d.document if d.kind == "delivery_requested" else "",
        delivery_id=d.reference_id,
        template=d.template,
        reason=notice.reason,
        text="",
    )
