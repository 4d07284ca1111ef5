"""What mail servers say of messages, and what else comes in those mails."""

from contextlib import closing
from pathlib import Path

import pytest

from dataflows.effects import wall_ms
from headrace.notices import ingest_notices
from sinks.effects.base import effect_key
from sinks.effects.store import EffectStore
from tests.connectors.test_notices import NESTED, report
from tests.delivering import Delivering, office_at
from tests.sinks.delivery.mail_server import mail_server, open_mailbox


@pytest.mark.parametrize("mail_ids", [("", ""), ("<1@relay.example>", "<2@relay.example>")])
def test_what_is_sent_again_by_hand_may_bounce_again(
    mail_ids: tuple[str, str], delivering: Delivering, tmp_path: Path
) -> None:
    delivering.remind("RE-1")
    notice = tmp_path / "notice.eml"

    def bounces(mail_id: str, why: str) -> None:
        """The server names the envelope that it was told, and nothing else."""
        (options,) = {tuple(got.options) for got in mailbox.got}
        (envelope,) = (one.partition("=")[2] for one in options if one.startswith("ENVID="))
        failed = f"Original-Envelope-Id: {envelope.lower()}\n\nAction: failed\nStatus: {why}\n"
        raw = report("message/delivery-status", failed, "Subject: x\n")
        notice.write_bytes((f"Message-ID: {mail_id}\r\n".encode() if mail_id else b"") + raw)
        for _ in range(2):
            ingest_notices(delivering.log, notice, wall_ms(), lambda said: None, lambda: True)

    with mail_server(open_mailbox()) as mailbox:
        delivering.run(office_at(mailbox.address))
        bounces(mail_ids[0], "5.1.1")
        with closing(EffectStore(delivering.directory / "effects" / "delivery.sqlite")) as store:
            assert store.again(1, wall_ms()) == ""
        delivering.run(office_at(mailbox.address))
        assert len(mailbox.got) == 2
        bounces(mail_ids[1], "5.2.1")
    told = {(m.event_id, m.reason) for m in delivering.told() if m.status == "bounced"}
    assert sorted(reason for _, reason in told) == ["5.1.1", "5.2.1"]
    assert len({event_id for event_id, _ in told}) == 2


def test_a_mail_that_cannot_be_read_holds_up_none_after_it(delivering: Delivering, tmp_path: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    us = effect_key(delivering.log.identity("facts"), 0, 0).partition("-")[0]
    failed = "Reporting-MTA: dns; x\n\nAction: failed\n"
    mails = {"1.nested": NESTED, "9.last": b"Subject: I am on holiday\r\n\r\n"}
    for number in ("9" * 5_000, "9" * 30, "\u0663", "-1"):
        key = f"{us}-0-{number}"
        mails[f"2.{len(mails)}"] = report("message/delivery-status", failed, f"Message-ID: <{key}@x>\n")
    for name, raw in mails.items():
        (tmp_path / "new" / name).write_bytes(raw)
    said: list[str] = []
    found = ingest_notices(delivering.log, tmp_path, 1_800_000_000_000, said.append, lambda: True)
    assert (found.read, found.refused, dict(found.facts)) == (6, 6, {})
    assert said[0] == f"{tmp_path}/new/1.nested: cannot be read as a mail: RecursionError"
    assert [text.endswith("which is no message of this installation") for text in said[1:5]] == [True] * 4
    assert list((tmp_path / "new").iterdir()) == []
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == sorted(f"{name}:2,FS" for name in mails)
    assert (tmp_path / "cur" / "1.nested:2,FS").read_bytes() == NESTED
