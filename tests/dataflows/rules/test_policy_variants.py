"""Variants of a policy: whom each names, which of several wins, and what is made once for all who are alike."""

from dataflows.rules.policy.policy import DEFAULT_TEXT, Provisions, Who, parse
from tests.ledger import day

VARIANTS = """
[[variants]]
name = "gold"
where.tier = "gold"
release.condition = "on_pod"
[[variants]]
name = "retail"
where = { segment = "retail", from = "2026-02-01", until = "2026-02-28" }
release = { condition = "on_order", pod_days = 1 }
[[variants]]
name = "acme"
where.customer = "acme"
reminders.steps_days = [3]
[[variants]]
name = "euros"
where.currency = "EUR"
reminders = { steps_days = [2], minimum_minor = 0 }
"""


def test_the_most_specific_variant_wins_and_the_rest_is_as_in_the_base() -> None:
    policy = parse(DEFAULT_TEXT + VARIANTS)
    february = day("2026-02-28")

    def of(tier: str, segment: str, account: str = "a", currency: str = "", on: int = february) -> Provisions:
        return policy.provisions(Who("t", "e", account, "", "", tier, segment), currency, on)

    assert of("", "retail").release.condition == "on_order"
    gold = of("gold", "retail")
    assert (gold.release.condition, gold.release.pod_days, gold.release.hold_sla_days) == ("on_pod", 1, 5)
    assert gold.lines == {"release": "retail, gold"}
    assert of("", "retail", on=february + 1).release.condition == "on_shipment"
    assert of("", "retail", on=day("2026-01-31")).release.condition == "on_shipment"
    both = of("", "", "acme", "EUR")
    assert (both.reminders.steps_days, both.reminders.minimum_minor) == ([3], 0)
    assert both.lines == {"reminders": "euros, acme"}
    assert of("", "", "acme").reminders.minimum_minor == 500
    assert of("", "", "other", "EUR").reminders.steps_days == [2]


def test_of_payment_terms_the_longest_that_are_reached_win() -> None:
    text = "".join(
        f'[[variants]]\nname = "{days}"\nwhere.terms_days = {days}\nreminders.minimum_minor = {days}\n'
        for days in (60, 30, 45)
    )
    policy = parse(
        DEFAULT_TEXT + text + '[[variants]]\nname = "de"\nwhere.country = "DE"\nreminders.minimum_minor = 1\n'
    )

    def of(terms_days: int, country: str = "", segment: str = "") -> Provisions:
        return policy.provisions(Who("t", "e", "a", "", country, "", segment, terms_days), "", 20_000)

    assert [of(n).reminders.minimum_minor for n in (0, 29, 30, 45, 59, 60, 90)] == [500, 500, 30, 45, 45, 60, 60]
    # Terms are said of the customer himself, the country of many.
    assert of(50, "DE").reminders.minimum_minor == 45
    assert of(50, "DE").lines == {"reminders": "de, 30, 45"}
    assert of(45) is of(59)


def test_the_contract_goes_before_the_tier_and_that_before_the_risk_class() -> None:
    text = "".join(
        f'[[variants]]\nname = "{name}"\nwhere.{name} = "x"\nreminders.minimum_minor = {at}\n'
        for at, name in enumerate(("segment", "risk_class", "tier", "contract", "customer"))
    )
    policy = parse(DEFAULT_TEXT + text)

    def of(account: str, tier: str, segment: str, risk_class: str, contract: str) -> Provisions:
        return policy.provisions(Who("t", "e", account, "", "", tier, segment, 30, risk_class, contract), "", 20_000)

    assert of("x", "x", "x", "x", "x").lines == {"reminders": "segment, risk_class, tier, contract, customer"}
    assert of("a", "x", "x", "x", "x").reminders.minimum_minor == 3
    assert of("a", "x", "x", "x", "y").reminders.minimum_minor == 2
    assert of("a", "", "x", "x", "").reminders.minimum_minor == 1
    assert of("a", "", "x", "high", "").reminders.minimum_minor == 0
    # Contracts that no variant names are all alike, however many there are.
    assert of("a", "x", "x", "x", "y") is of("a", "x", "x", "x", "z")


def test_steps_have_the_same_key_only_where_they_are_the_same_in_every_currency() -> None:
    policy = parse(DEFAULT_TEXT + VARIANTS)
    other, acme = Who("t", "e", "a", "", "", "", ""), Who("t", "e", "acme", "", "", "", "")
    assert policy.provisions(other, "", 0).steps_key == policy.provisions(other, "EUR", 0).steps_key
    assert policy.provisions(other, "", 0).steps_key != policy.provisions(acme, "", 0).steps_key
    assert policy.provisions(other, "", 0).steps_key != parse(DEFAULT_TEXT).base.steps_key
    assert policy.steps_key != parse(DEFAULT_TEXT).steps_key
    assert policy.boundaries == [0, day("2026-02-01"), day("2026-03-01")]
    assert policy.changes_between(day("2026-01-31"), day("2026-02-01"))
    assert not policy.changes_between(day("2026-02-01"), day("2026-02-28"))
