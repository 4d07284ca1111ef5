"""Money that names nothing, held against trying every set: what is certain is posted, what is not never is."""

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.memory_rows import NoRows
from dataflows.rules.account.account import Account, load
from dataflows.rules.context import Context
from dataflows.rules.policy.policy import DEFAULT_TEXT, Policy, parse
from dataflows.rules.transition import transition
from schemas.records import Decision, DiscountTier, Fact
from tests.books import Books
from tests.facts import DAY, TODAY, customer, invoice, receipt

POLICY = parse(DEFAULT_TEXT.replace("odds = 1000 ", "odds = 0 "))
AMOUNTS = st.lists(st.integers(min_value=1, max_value=30), min_size=1, max_size=7)


def take(account: Account, fact: Fact, policy: Policy = POLICY) -> list[Decision]:
    return transition(account, fact, Context(TODAY, "live", policy, fact.kind, fact.event_id, TODAY, TODAY))


def owing(amounts: list[int], cash_order: bool = False) -> tuple[Account, list[Decision]]:
    """An account with an item of each amount; the first ones are past due."""
    account = load("t1/us01/A-1", NoRows(), b"")
    said = take(account, customer(cash_order=cash_order))
    for number, amount in enumerate(amounts):
        document, due = f"INV-{number}", DAY - 2 + number
        said += take(
            account,
            invoice(event_id=document, document=document, amount=amount, tax=0, lines=[], order_id="", due_date=due),
        )
    return account, said


def paid(account: Account, amount: int) -> list[Decision]:
    return take(account, receipt(amount=amount, lines=[], bank_reference=""))


@given(AMOUNTS, st.integers(min_value=1, max_value=120))
def test_only_the_one_answer_is_posted(amounts: list[int], amount: int) -> None:
    account, before = owing(amounts)
    said = paid(account, amount)
    Books().take_all([*before, *said]).settle()
    applied = {d.document: d.amount for d in said if d.kind == "cash_applied"}
    rules = {d.rule for d in said if d.kind == "cash_applied"}
    exact = [number for number, each in enumerate(amounts) if each == amount]
    sets = [
        chosen
        for size in range(1, len(amounts) + 1)
        for chosen in combinations(range(len(amounts)), size)
        if sum(amounts[number] for number in chosen) == amount
    ]
    if exact:
        answers, rule = [(number,) for number in exact], "cash.4.amount"
    else:
        answers, rule = sets, "cash.5.subset"
    if len(answers) == 1:
        assert applied == {f"INV-{number}": amounts[number] for number in answers[0]}
        assert rules == {rule}
    else:
        assert applied == {}
        assert [d.kind for d in said[1:]] == ["cash_proposed"]


@given(AMOUNTS, st.integers(min_value=1, max_value=240))
def test_a_payer_that_asked_for_it_has_all_its_money_applied_or_all_is_cleared(amounts: list[int], amount: int) -> None:
    account, before = owing(amounts, cash_order=True)
    said = paid(account, amount)
    books = Books().take_all([*before, *said])
    books.settle()
    sums = books.sums["A-1", "USD"]
    tie = any(reason.startswith(("tie:", "answers:")) for d in said for reason in d.reasons)
    assert tie or not sums.unapplied or not sums.open_debit
    assert all(d.evidence for d in said if d.kind == "cash_applied")


@given(AMOUNTS, st.integers(min_value=1, max_value=120))
def test_the_same_state_and_fact_give_the_same_decisions(amounts: list[int], amount: int) -> None:
    one, two = (paid(owing(amounts)[0], amount) for _ in range(2))
    assert [(d.kind, d.document, d.amount, d.evidence, d.excluded, d.candidates) for d in one] == [
        (d.kind, d.document, d.amount, d.evidence, d.excluded, d.candidates) for d in two
    ]


@given(
    st.lists(st.tuples(st.integers(min_value=1, max_value=12), st.booleans()), min_size=1, max_size=5),
    st.integers(min_value=1, max_value=40),
)
def test_earned_discounts_are_choices_too(made: list[tuple[int, bool]], tens: int) -> None:
    """Items of tens, some of them with a tenth off."""
    account = load("t1/us01/A-1", NoRows(), b"")
    before = take(account, customer())
    for number, (each, less) in enumerate(made):
        fields = {"amount": 10 * each, "tax": 0, "lines": [], "order_id": ""}
        terms = [DiscountTier(10, 100_000)] if less else []
        document = f"INV-{number}"
        before += take(account, invoice(event_id=document, document=document, discounts=terms, **fields))
    for amount in (10 * tens, 9 * tens):
        said = paid_by(account, amount, f"R-{amount}")
        before += said
        applied = {d.document: d.amount for d in said if d.kind == "cash_applied"}
        choices = [[0, 10 * each, 9 * each] if less else [0, 10 * each] for each, less in made]
        exact = [at for at, each in enumerate(choices) if each[1] == amount]
        alike = [at for at, each in enumerate(choices) if len(each) > 2 and each[2] == amount]
        answers = [chosen for chosen in product(*choices) if sum(chosen) == amount]
        if exact:
            answers = [tuple(amount * (at == only) for at in range(len(made))) for only in exact + alike]
        right = answers[0] if len(answers) == 1 else ()
        assert applied == {f"INV-{at}": part for at, part in enumerate(right) if part}
        granted = {d.document: d.amount for d in said if d.kind == "discount_granted"}
        assert granted == {f"INV-{at}": made[at][0] for at, part in enumerate(right) if 0 < part < 10 * made[at][0]}
        if applied:
            break
    Books().take_all(before).settle()


def paid_by(account: Account, amount: int, number: str) -> list[Decision]:
    return take(account, receipt(event_id=number, receipt_id=number, amount=amount, lines=[], bank_reference=""))
