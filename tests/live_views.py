"""What tests of the live views share: a story whose decisions are in a log, runs of the sink, and all that Redis then holds."""

import re
from pathlib import Path
from typing import Any

from connectors.log.base import Log
from connectors.log.sqlite import SqliteLog
from dataflows.publish import publish_live
from dataflows.publishing import PublishStatus
from schemas.topics import DECISIONS
from sinks.redis.connect import RedisServer
from tests.headrace.audit.story import SHARDS, run_story
from tests.installations import open_log
from tests.ledger import Ledger, day, instant
from tests.publishing import Never, append_decisions

_GENERATION = re.compile(r"}:\d+:")


def told(directory: Path) -> SqliteLog:
    """The story of the audit, decided, and a desk that works: their log."""
    run_story(directory).close()
    log = open_log(directory, SHARDS)
    ledger = Ledger(SHARDS, "acme", "US01", following=log.end_offsets(DECISIONS))
    for account in ("W1", "W2", "W3"):
        work(ledger, account)
    append_decisions(log, ledger)
    return log


def work(ledger: Ledger, account: str) -> None:
    """Every kind of thing that waits for somebody, as it comes, changes hands, and goes or stays."""

    def say(kind: str, on: str, about: str, **fields: Any) -> None:
        ledger.say(kind, account, f"2026-03-{on}", reference_id=about, **fields)

    task = {"category": "large_overdue", "text": "call", "evidence": ["age:20", "past_due:500"], "amount": 5_00}
    say("task_opened", "02", "large_overdue:USD", owner="ann", score=50, deadline=instant("2026-03-05"), **task)
    say("task_opened", "02", "dispute_overdue:D1", owner="ann", score=70, **task)
    say("escalated", "05", "large_overdue:USD", rule="collections.step.2", owner="bob", score=90, level=2,
        deadline=instant("2026-03-09"), **task)  # fmt: skip
    say("assigned", "06", "large_overdue:USD", category="task", owner="cy")
    say("task_opened", "06", "small_overdue:USD", owner="ann", score=10, **task)
    say("task_closed", "07", "small_overdue:USD", owner="ann", category="small_overdue")
    for rule in ("release.sla", "delivery.rejected"):
        say("exception_raised", "03", "hold:I1", rule=rule, owner="desk", deadline=instant("2026-03-08"), level=1,
            reasons=["not_shipped:1"], document="I1", amount=7_00)  # fmt: skip
    say("noted", "04", "hold:I1", category="exception", text="asked the warehouse")
    say("escalated", "08", "hold:I1", rule="exceptions.sla", owner="lead", level=2, deadline=instant("2026-03-12"))
    say("exception_closed", "09", "hold:I1", rule="delivery.rejected")
    ledger.receipt(account, f"R-{account}", 20_00, "2026-03-03")
    ledger.say("cash_proposed", account, "2026-03-03", receipt_id=f"R-{account}", amount=20_00, owner="cash-desk",
               candidates=["I1", "I2"], reasons=["unknown:X"], deadline=instant("2026-03-06"), level=1)  # fmt: skip
    say("approval_requested", "04", "A1", category="write_off", owner="lead", deadline=instant("2026-03-11"),
        amount=9_00, evidence=["maker:ann"], text="too small", document="I2")  # fmt: skip
    say("approval_delegated", "05", "A1", category="write_off", owner="deputy")
    say("approval_requested", "04", "A2", category="write_off", owner="lead", amount=1_00, evidence=["maker:ann"])
    say("approval_given", "05", "A2", category="write_off", owner="lead")
    say("dispute_opened", "02", "D1", document="I2", amount=3_00, category="pricing", channel="portal")
    say("dispute_routed", "03", "D1", owner="pricing-desk", category="pricing", text="in_review",
        deadline=instant("2026-03-10"), rule="disputes.routed")  # fmt: skip
    say("promise_opened", "03", "P1", amount=4_00, due_date=day("2026-03-20"), candidates=["I2"])
    say("promise_opened", "03", "P2", amount=6_00, due_date=day("2026-03-05"))
    say("promise_broken", "07", "P2", amount=6_00, due_date=day("2026-03-05"))
    say("credit_hold_set", "04", "L1", amount=90_00, reasons=["over_limit"], evidence=["limit:8000", "limit_id:L1"])
    ledger.say(
        "invoice_held", account, "2026-03-04", document="DR1", amount=8_00, reasons=["po_missing"], owner="billing"
    )


def embedded(directory: Path) -> RedisServer:
    return RedisServer(directory / "live", directory / "run" / "live.sock")


def keep(log: Log, server: RedisServer) -> PublishStatus:
    """Run the sink until everything is in the views."""
    status = PublishStatus()
    publish_live(log, server, until_idle=True, stop=Never(), status=status)
    return status


def contents(server: RedisServer) -> dict[str, Any]:
    """All keys with what is in them, whatever generation they are of."""
    found: dict[str, Any] = {}
    for name in server.scan("headrace:v2:*"):
        if name.endswith(":current"):
            continue
        kind = server.client.type(name)
        value = server.client.hgetall(name) if kind == "hash" else server.client.zrange(name, 0, -1, withscores=True)
        assert found.setdefault(_GENERATION.sub("}:", name), value) is value, f"{name} is there in two generations"
    return found


def dumps(server: RedisServer) -> dict[str, str]:
    """Every key as the server would save it."""
    raw = server.client
    return {name: str(raw.execute_command("DUMP", name, NEVER_DECODE=[])) for name in server.scan("*")}
