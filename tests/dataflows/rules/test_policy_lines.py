"""A decision names the variants of the policy that it was made by."""

from pathlib import Path
from typing import Any

from dataflows.rules.policy.policy import DEFAULT_TEXT
from dataflows.shards.shard import Shard
from dataflows.shards.store import Store
from schemas.codec import decode_decision, encode_fact
from schemas.records import Decision, Fact, Policy, ShardRow
from tests.headrace.audit.story import Story
from tests.installations import clock, with_days

VARIANTS = """
[[variants]]
name = "here"
where.country = "US"
release.hold_sla_days = 2
[[variants]]
name = "A's own"
where.customer = "A"
release.pod_days = 3
[[variants]]
name = "west"
where.entity = "US01"
promises.tolerance_days = 2
"""


def decided(directory: Path, more: str) -> list[Decision]:
    """What is said of two drafts and a promise of A and B, all in one shard."""
    story = Story()
    for account in ("A", "B"):
        story.customer(account)
        story.draft(account, f"INV-{account}", f"O-{account}", 2)
    story.invoice("A", "INV-1", 900)
    story.promise("A", "P-1", 500, 3)
    text = DEFAULT_TEXT.replace("version = 0", "version = 1") + more
    facts: list[Fact] = [Policy("p", 0, "", "headrace", "", "", "", 0, 1, text, ""), clock(story.day - 1)]
    shard = Shard(0, 1, Store(directory), ShardRow(), 1 << 24)
    said: list[Any] = []
    for offset, fact in enumerate([*facts, *with_days(story.facts, story.day + 9)]):
        shard.process(offset, encode_fact(fact), None)
        said += [decode_decision(raw) for _, _, raw in shard.outbox]
        shard.outbox.clear()
    shard.close()
    return said


def test_releases_and_promises_name_their_lines(tmp_path: Path) -> None:
    said = decided(tmp_path / "varied", VARIANTS)
    lines = {(d.kind, d.account_id, d.policy_line) for d in said if d.kind in ("invoice_held", "promise_broken")}
    assert lines == {
        ("invoice_held", "A", "here, A's own"),
        ("invoice_held", "B", "here"),
        ("promise_broken", "A", "west"),
    }
    sla = {(d.account_id, d.policy_line) for d in said if d.rule == "release.sla"}
    assert sla == {("A", "here, A's own"), ("B", "here")}
    assert {d.policy_line for d in decided(tmp_path / "base", "")} == {""}
