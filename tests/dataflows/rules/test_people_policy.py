"""[people], [approvals] and [exceptions] of a policy: each thing that may be wrong has its message; who is asked; who covers."""

import pytest

from dataflows.rules.policy.policy import Who, WrongPolicy, parse
from dataflows.rules.provisions.approvals import NO_LIMIT, same_person
from tests.dataflows.rules.test_policy import changed, day
from tests.policies import policy_text

TERMS = 'unapproved_refund = "take"'
WRONG = [
    (TERMS, 'unapproved_refund = "ask"', "approvals.unapproved_refund: 'ask' must be one of take, exception"),
    ("expiry_hours = 40", "expiry_hours = -1", "approvals.expiry_hours: -1 must be a whole number from 0 to 10000"),
    ("write_off = 0", "write_off = -1", "approvals.above_minor.write_off: -1 must be a whole number from 0 to"),
    ("write_off = 0", "goodwill = 0", "approvals.above_minor.goodwill: unknown; known are write_off, refund, release"),
    ("levels = []", 'levels = [{ role = "" }]', "approvals.levels.1.role: must not be empty"),
    (
        "levels = []",
        'levels = [{ role = "lead", categories = ["gift"] }]',
        "approvals.levels.1.categories: 'gift' must be one of write_off, goodwill, refund",
    ),
    (
        "people = []",
        'people = [{ name = " ", roles = ["lead"] }]',
        "approvals.people.1.roles: ' ' must have a name and",
    ),
    ("people = []", 'people = [{ name = "kim", roles = [] }]', "approvals.people.1.roles: 'kim' must have a name and"),
    (
        "delegations = []",
        'delegations = [{ person = "kim", delegate = "kim", from = "2026-01-01", until = "2026-01-02" }]',
        "approvals.delegations.1.delegate: 'kim' must be another one than person 'kim'",
    ),
    ("default = 16", "", "exceptions.sla_hours.default: must be there"),
    ("default = 16", 'default = 16\n"cash.lost" = 3', "exceptions.sla_hours.cash.lost: unknown; known are default"),
    ("default = 16", "default = 10001", "exceptions.sla_hours.default: 10001 must be a whole number from 0 to 10000"),
    ('default = ""', 'default = ""\ncash = "kim"', "exceptions.owners.cash: unknown; known are default"),
]


@pytest.mark.parametrize(("line", "to", "message"), WRONG)
def test_what_is_wrong_is_said_with_its_path(line: str, to: str, message: str) -> None:
    with pytest.raises(WrongPolicy) as raised:
        parse(changed(line, to))
    assert str(raised.value).startswith(message)


def test_limits_may_vary_by_currency_and_company() -> None:
    text = policy_text(
        """
[approvals.above_minor]
write_off = 100
[[variants]]
name = "yen"
where.currency = "JPY"
[variants.approvals.above_minor]
write_off = 9000
[[variants]]
name = "de"
where.entity = "de01"
[variants.approvals.above_minor]
cash = 5
"""
    )
    policy = parse(text)
    us, de = Who("t", "us01", "A", "", "", "", ""), Who("t", "de01", "A", "", "", "", "")
    on = day("2026-03-02")
    assert [policy.provisions(us, currency, on).approvals.limit("write_off") for currency in ("USD", "JPY")] == [
        100,
        9000,
    ]
    # A table is replaced as a whole.
    assert policy.provisions(de, "USD", on).approvals.limit("write_off") == NO_LIMIT
    assert policy.provisions(de, "USD", on).approvals.limit("cash") == 5


def test_one_list_of_absences_is_for_all_work() -> None:
    away = '[[people.absences]]\nperson = "kim"\ncover = "lee"\nfrom = "2026-03-04"\nuntil = "2026-03-05"\n'
    own = '[[disputes.absences]]\nowner = "kim"\ncover = "sam"\nfrom = "2026-03-05"\nuntil = "2026-03-05"\n'
    base = parse(policy_text(away + own)).base
    fourth, fifth, sixth = (day(f"2026-03-0{on}") for on in (4, 5, 6))
    assert [base.collections.there("kim", on) for on in (fourth, fifth, sixth)] == ["lee", "lee", "kim"]
    assert [base.exceptions.present("kim", on) for on in (fourth, fifth, sixth)] == ["lee", "lee", "kim"]
    # What the section says itself goes first.
    assert [base.disputes.present("kim", on) for on in (fourth, fifth, sixth)] == ["lee", "sam", "kim"]


def test_two_who_cover_each_other_and_are_both_away_end_somewhere() -> None:
    away = '[[people.absences]]\nperson = "{}"\ncover = "{}"\nfrom = "2026-03-04"\nuntil = "2026-03-05"\n'
    base = parse(policy_text(away.format("kim", "lee") + away.format("lee", "kim"))).base
    assert base.exceptions.present("kim", day("2026-03-04")) == "lee"


def test_people_are_the_same_however_their_name_is_written() -> None:
    assert same_person("Kim", " kIM ")
    assert not same_person("kim", "kin")
    assert not same_person("", "")
