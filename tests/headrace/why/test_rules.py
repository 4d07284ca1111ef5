"""The table of sentences against the sources of the rules: none missing, none that no rule has."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataflows.rules.policy.policy import SECTIONS
from dataflows.rules.provisions.approvals import CATEGORIES as OF_APPROVALS
from dataflows.rules.provisions.cash import ORDER
from dataflows.rules.provisions.collections import CATEGORIES
from dataflows.rules.provisions.release import CONDITIONS
from headrace.why.rules import RULES, NoSuchRule, pattern_of, rule_of, short_of

ROOT = Path(__file__).parents[3]
DOTTED = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)+")
STARTED = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)*\.\*")
# Dotted words of dataflows that are no rules.
OTHERS = {"default_policy.toml", "positions.json", "replay.db", "headrace.forward"}
# What stands for `*` where the sources make an id of a name.
NAMES = {
    "release.*": CONDITIONS,
    "approvals.*": OF_APPROVALS,
    "collections.*": (*CATEGORIES, "step.*"),
    "disputes.*": ("written_off", "goodwill"),
    "cash.6.*": ORDER,
}


def ids_in(text: str) -> Iterator[str]:
    """Rule ids in a source: dotted words in its texts, what a `rule=` is given, and texts with a value in them, `*`."""
    tree = ast.parse(text)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    names = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign)
        and isinstance(target := node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            if DOTTED.fullmatch(node.value):
                yield node.value
        elif isinstance(node, ast.JoinedStr):
            said = "".join(_part(part, names) for part in node.values)
            if STARTED.fullmatch(said) or DOTTED.fullmatch(said):
                yield said
        elif isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
        elif isinstance(node, ast.keyword) and node.arg == "rule" and isinstance(node.value, ast.Name):
            said = names.get(node.value.id)
            if isinstance(said, str):
                yield said


def _part(part: ast.expr, names: dict[str, object]) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    assert isinstance(part, ast.FormattedValue)
    known = names.get(part.value.id) if isinstance(part.value, ast.Name) else None
    return known if isinstance(known, str) else "*"


def in_sources() -> set[str]:
    found: set[str] = set()
    for path in sorted((ROOT / "dataflows").rglob("*.py")):
        for rule in ids_in(path.read_text()):
            if rule in NAMES:
                found |= {rule.replace("*", name) for name in NAMES[rule]}
            elif rule not in OTHERS:
                found.add(rule)
    # A receipt from the bank says what it is by its rule alone (deciding.py); an approval fact is rejected as one (approvals.py).
    return found | {"receipt", "approvals"}


def test_every_rule_has_a_sentence() -> None:
    missing = []
    for rule in sorted(in_sources()):
        try:
            pattern_of(rule.replace("*", "1"))
        except NoSuchRule:
            missing.append(rule)
    assert not missing


def test_every_sentence_has_its_rule() -> None:
    used = {pattern_of(rule.replace("*", "1")) for rule in in_sources()}
    assert sorted(set(RULES) - used) == []


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_sentence_is_whole(rule: str) -> None:
    found = rule_of(rule.replace("*", "1"))
    assert found.says[0].isupper()
    assert found.says.endswith(".")
    assert found.short
    assert not found.short.endswith(".")
    assert found.source
    assert found.section in {"", "cash", *SECTIONS}


def test_the_most_exact_sentence_counts() -> None:
    assert pattern_of("operator.resume_account") == "operator.resume_account"
    assert pattern_of("operator.apply_cash") == "operator.*"
    assert pattern_of("reminders.step.12") == "reminders.step.*"
    assert short_of("reminders.step.12") == "its step of the reminder sequence is due"


def test_a_rule_without_a_sentence_is_told() -> None:
    with pytest.raises(NoSuchRule, match=r"cash\.99"):
        rule_of("cash.99")
    assert short_of("cash.99") == "cash.99"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('X: Final = "cash.9.new"', ["cash.9.new"]),
        ("d = Decision(rule='plain')", ["plain"]),
        ('BY: Final = "tasks."\nd.rule = f"{BY}step.{level}"', ["tasks.step.*"]),
        ('STEP: Final = "cash.7."\nself.take(f"{STEP}coded", 1)', ["cash.7.coded"]),
        ('PLAIN: Final = "plain"\nd = Decision(rule=PLAIN)', ["plain"]),
        ('"""cash.9.new"""\nd.text = "words here"', ["cash.9.new"]),
    ],
)
def test_ids_are_found_however_they_are_written(source: str, found: list[str]) -> None:
    assert list(ids_in(source)) == found
