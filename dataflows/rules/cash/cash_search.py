"""Cash application, steps 4 to 6: what money is for that names nothing. Source: REFERENCE 3.5.

Certain means exactly one answer at the step, found by a search that finished; open credit notes are choices too, and
so are items less the cash discount that the money earns. A word of the payer's text that may be another document of the same series contradicts an answer. What is not certain is
proposed, the likeliest first.

Bounds: at most MOST_ITEMS open items are looked at (subsets.py), MOST_CREDITS credit notes, and MOST_CLEARED items are
cleared by one rule of step 6; an account with more has no certain answer there.
"""

from typing import Final

from dataflows.rules.account.account import NEVER_DAY, Account
from dataflows.rules.cash.references import misread, other_number, says_order
from dataflows.rules.cash.subsets import MOST_ITEMS, search
from dataflows.rules.context import Context
from dataflows.rules.differences.discounts import earned, reach
from dataflows.rules.provisions.cash import CashTerms
from schemas.records import Item, ReceiptRow

BY_AMOUNT: Final = "cash.4.amount"
BY_SUBSET: Final = "cash.5.subset"
BY_ORDER: Final = "cash.6."
NO_REFERENCE: Final = "no_reference"
MOST_CREDITS: Final = 10
# Items cleared by a rule of step 6, and looked at in order of their due dates.
MOST_CLEARED: Final = 1_000
# Alternatives that a decision names, and candidates of a proposal.
MOST_NAMED: Final = 5
# Items that are looked at for the one nearest to an amount.
MOST_NEAR: Final = 64
# Items of one set that a candidate names.
MOST_OF_A_SET: Final = 20


class Found:
    """What the steps say of a receipt.

    amount: What of the receipt they are asked for. rule: The step that is certain; empty where none is. pays: cash and credits on each item, in the order in which
    they are cleared. credits: open credit notes that are taken off. reasons, candidates: for a proposal, and what the
    person sees of it in evidence: for each candidate why.
    """

    __slots__ = ("amount", "candidates", "credits", "evidence", "excluded", "pays", "reasons", "rule")

    def __init__(self, amount: int) -> None:
        self.amount: Final = amount
        self.rule = ""
        self.pays: list[tuple[Item, int]] = []
        self.credits: list[tuple[Item, int]] = []
        self.evidence: list[str] = []
        self.excluded: list[str] = []
        self.reasons: list[str] = []
        self.candidates: list[str] = []

    def take(self, rule: str, items: list[Item], credits: list[Item]) -> None:
        """An answer that clears these whole."""
        self.rule = rule
        self.pays = [(item, item.open) for item in items]
        self.credits = [(credit, credit.open) for credit in credits]

    def suggest(self, items: list[Item], why: str) -> None:
        """A candidate, after those that are likelier."""
        names = [item.document for item in items[:MOST_OF_A_SET]]
        if len(items) > MOST_OF_A_SET:
            names.append(f"{len(items) - MOST_OF_A_SET} more")
        name = " + ".join(names)
        if name and name not in self.candidates and len(self.candidates) < MOST_NAMED:
            self.candidates.append(name)
            self.evidence.append(f"{why}:{name}")


def find(account: Account, receipt: ReceiptRow, ctx: Context, words: list[str]) -> Found:
    """What the receipt's unapplied cash is for. words: what its text says that is no document of the account."""
    found = Found(receipt.unapplied)
    if not account.row.open_items:
        found.reasons = [NO_REFERENCE]
        return found
    terms = account.provisions(ctx, receipt.currency).cash
    credits = _credits(account, receipt.currency)
    exact: list[Item] = []
    if terms.by_amount:
        exact = _by_amount(account, receipt, credits, found, ctx)
    if terms.by_subset and not found.rule and not exact:
        _by_subset(account, receipt, credits, ctx, found, [])
    if not found.rule and terms.order:
        customer = account.customer()
        if customer is not None and customer.cash_order:
            _by_order(account, receipt, terms, found)
    if found.rule:
        _contradict(found, words)
    elif not found.reasons:
        found.reasons = [NO_REFERENCE]
    if not found.rule and not found.candidates:
        _suggest_nearest(account, receipt, found)
    return found


def complete(account: Account, receipt: ReceiptRow, ctx: Context, named: list[Item], words: list[str]) -> Found:
    """A text names several items, and the money is more: the one set of others that makes it up, step 5."""
    found = Found(receipt.unapplied - sum([item.open for item in named]))
    terms = account.provisions(ctx, receipt.currency).cash
    if terms.by_subset:
        _by_subset(account, receipt, _credits(account, receipt.currency), ctx, found, named)
    if found.rule:
        known = [item.document for item in named]
        _contradict(found, [word for word in words if word not in known])
        found.evidence.append(f"named:{len(named)}")
    return found


def _credits(account: Account, currency: str) -> list[Item]:
    """Open credit notes of that currency, in order of arrival; at most one more than may be looked at."""
    found: list[Item] = []
    for name in account.row.credits:
        credit = account.item(name)
        if credit is not None and credit.currency == currency:
            found.append(credit)
            if len(found) > MOST_CREDITS:
                break
    return found


def _wanted(receipt: ReceiptRow, items: list[Item]) -> list[Item]:
    """Those that no person took this receipt off."""
    if not receipt.declined:
        return items
    return [item for item in items if item.document not in receipt.declined]


def _rate(account: Account, receipt: ReceiptRow) -> int:
    """The highest rate, millionths, of a discount that the money may have earned; 0 where none is looked for. What the
    payer says itself that it took off is no discount to be guessed."""
    return 0 if receipt.adjustments else account.row.discount_ppm


def _earned(account: Account, receipt: ReceiptRow, item: Item, ctx: Context) -> int:
    """The cash discount with which the money clears all of the item; 0 where it earns none."""
    if item.kind == "credit_note" or not item.terms or receipt.adjustments:
        return 0
    return earned(item, receipt.value_date, account.provisions(ctx, item.currency).differences.discount_grace_days)


def _less_discount(account: Account, receipt: ReceiptRow, amount: int, ctx: Context) -> list[Item] | None:
    """Items that are of just that amount less the discount that the money earns; None where there are too many to see."""
    most = reach(amount, _rate(account, receipt))
    if most == amount:
        return []
    currency = receipt.currency
    if account.many_debits_of_amounts(currency, amount + 1, most, MOST_ITEMS):
        return None
    items = _wanted(receipt, account.debits_of_amounts(currency, amount + 1, most, MOST_ITEMS))
    return [item for item in items if item.open - _earned(account, receipt, item, ctx) == amount]


def _by_amount(account: Account, receipt: ReceiptRow, credits: list[Item], found: Found, ctx: Context) -> list[Item]:
    """Step 4: the one item of just that amount; items of that amount. With a credit or a discount taken off, another may
    be meant."""
    amount, currency = receipt.unapplied, receipt.currency
    exact = _wanted(receipt, account.debits_of_amounts(currency, amount, amount, MOST_NAMED + 1))
    if not exact:
        return exact
    for item in exact:
        found.suggest([item], "amount")
    others = 0
    for credit in credits:
        for item in _wanted(
            receipt, account.debits_of_amounts(currency, amount + credit.open, amount + credit.open, MOST_NAMED)
        ):
            others += 1
            found.suggest([item, credit], "less_credit")
    for base in [0, *[credit.open for credit in credits]]:
        alike = _less_discount(account, receipt, amount + base, ctx)
        if alike is None:
            found.reasons = ["too_many_items"]
            return exact
        for item in alike:
            others += 1
            found.suggest([item], "less_discount")
    if len(exact) + others > 1:
        found.reasons = [f"answers:{len(exact) + others}"]
    elif len(credits) > MOST_CREDITS:
        found.reasons = ["too_many_credits"]
    else:
        found.take(BY_AMOUNT, exact, [])
        found.evidence = [f"amount:{amount}", "items_of_it:1"]
        found.excluded = [f"{credit.document}:no_item_less_it" for credit in credits[:MOST_NAMED]]
    return exact


def _by_subset(
    account: Account, receipt: ReceiptRow, credits: list[Item], ctx: Context, found: Found, named: list[Item]
) -> None:
    """Step 5: the one set of items, less discounts and credits, that adds up; without those that are named."""
    limit = reach(found.amount + sum([credit.open for credit in credits]), _rate(account, receipt))
    many = account.many_debits_of_amounts(receipt.currency, 1, limit, MOST_ITEMS)
    items = [] if many else account.debits_of_amounts(receipt.currency, 1, limit, MOST_ITEMS + 1)
    if many or len(credits) > MOST_CREDITS or len(items) + len(credits) > MOST_ITEMS:
        found.reasons = ["too_many_items"]
        return
    items = [item for item in _wanted(receipt, items) if item not in named]
    choices = items + credits
    values = [_values(item, _earned(account, receipt, item, ctx)) for item in choices]
    answers = search(values, found.amount)
    if not answers.finished:
        found.reasons = ["search_not_finished"]
        return
    if not answers.chosen:
        return
    sets = [[(choices[at], value) for at, value in enumerate(chosen) if value] for chosen in answers.chosen]
    sets.sort(key=_by_size_and_age)
    for chosen in sets:
        found.suggest([item for item, _ in chosen], "adds_up")
    if len(sets) > 1:
        found.reasons = [f"answers:{len(sets)}"]
        return
    _take_set(account, receipt, sets[0], sum([len(each) for each in values]), ctx, found)
    if found.rule:
        taken = [item.document for item, _ in sets[0]]
        found.evidence = [f"sum:{found.amount}", f"items:{len(taken)}_of_{len(choices)}", f"sets:{answers.sets}"]
        found.evidence += [f"discount:{item.document}:{item.open - pay}" for item, pay in found.pays if pay < item.open]
        found.excluded = [f"{item.document}:not_in_the_sum" for item in choices if item.document not in taken][
            :MOST_NAMED
        ]


def _values(item: Item, discount: int) -> list[int]:
    """What the item may count with."""
    if item.kind == "credit_note":
        return [-item.open]
    return [item.open, item.open - discount] if discount else [item.open]


def _take_set(
    account: Account, receipt: ReceiptRow, chosen: list[tuple[Item, int]], choices: int, ctx: Context, found: Found
) -> None:
    """The one set that adds up, where that is no chance: to leave few of the choices out is as special as to take few."""
    likely = sets_up_to(choices, min(len(chosen), choices - len(chosen)))
    if likely * account.provisions(ctx, receipt.currency).cash.odds > found.amount:
        found.reasons = [f"by_chance:{likely}_sets"]
        return
    whole = [(item, value) for item, value in chosen if value == item.open]
    less = [(item, value) for item, value in chosen if 0 < value < item.open]
    credits = [(item, item.open) for item, value in chosen if value < 0]
    if less and sum([value for _, value in credits]) > sum([value for _, value in whole]):
        # A discount is of what is paid; a credit on its item makes it another one.
        found.reasons = ["credit_and_discount"]
        return
    found.rule = BY_SUBSET
    # Credits are taken off the first ones.
    found.pays = whole + less
    found.credits = credits


def sets_up_to(items: int, size: int) -> int:
    """How many sets of at most `size` of so many items there are, the empty one too; at the most 2^62."""
    total = 1
    last = 1
    for number in range(1, size + 1):
        last = last * (items - number + 1) // number
        total += last
        if total >= 1 << 62:
            return 1 << 62
    return total


def _by_size_and_age(chosen: list[tuple[Item, int]]) -> tuple[int, list[tuple[int, str, int]]]:
    """Fewer items first, then older ones."""
    return (len(chosen), [(item.due_date, item.document, value) for item, value in chosen])


def _contradict(found: Found, words: list[str]) -> None:
    """A word that is formed as the number of what was found may be another document: nothing is certain then."""
    for word in words:
        if says_order(word):
            continue
        for item, _ in found.pays[:MOST_OF_A_SET]:
            if other_number(word, item.document) and not misread(word, item.document):
                found.reasons = [f"other_number:{word}"]
                found.candidates = []
                found.evidence = []
                found.suggest([each for each, _ in found.pays], found.rule)
                found.rule = ""
                found.excluded = []
                return


def _suggest_nearest(account: Account, receipt: ReceiptRow, found: Found) -> None:
    """What a person may look at first where nothing adds up: the open items next above and below the amount."""
    amount, currency = receipt.unapplied, receipt.currency
    above = account.debits_of_amounts(currency, amount, 2 * amount, MOST_NEAR)
    above.sort(key=_by_open)
    below = account.debits_of_amounts(currency, amount - amount // 20, amount - 1, MOST_NEAR)
    below.sort(key=_by_open)
    for item in _wanted(receipt, above)[:2]:
        found.suggest([item], "short_by_" + str(item.open - amount))
    for item in reversed(_wanted(receipt, below)[-2:]):
        found.suggest([item], "over_by_" + str(amount - item.open))


def _by_open(item: Item) -> tuple[int, int, str]:
    return (item.open, item.due_date, item.document)


# --- step 6 ---


def _by_order(account: Account, receipt: ReceiptRow, terms: CashTerms, found: Found) -> None:
    """The policy's rules in its order; the first that fits is taken, one that fits twice is proposed."""
    if receipt.declined:
        # A person took it off again what these rules said.
        return
    tried: list[str] = []
    for rule in terms.order:
        fits = _fits(account, receipt, rule)
        if len(fits) > 1:
            found.reasons = [f"tie:{rule}"]
            found.candidates = []
            found.evidence = []
            for items in fits:
                found.suggest(items, rule)
            return
        if fits:
            found.reasons = []
            found.candidates = []
            items = fits[0]
            found.take(
                f"{BY_ORDER}{rule}",
                [item for item in items if item.kind != "credit_note"],
                [item for item in items if item.kind == "credit_note"],
            )
            if rule == "oldest_first":
                found.pays = _in_turn(items, receipt.unapplied)
            found.evidence = [f"order:{rule}", f"items:{len(items)}"]
            found.excluded = tried
            return
        tried.append(f"{rule}:does_not_fit")


def _fits(account: Account, receipt: ReceiptRow, rule: str) -> list[list[Item]]:
    """The sets of items that a rule would clear: none, one, or more where it cannot tell which."""
    amount, currency = receipt.unapplied, receipt.currency
    if rule == "exact_match":
        return [[item] for item in account.debits_of_amounts(currency, amount, amount, 2)]
    if rule == "clear_account":
        balance = account.balance(currency)
        credits = _credits(account, currency)
        if amount != balance.open_debit - balance.open_credit or len(credits) > MOST_CREDITS:
            return []
        items = _oldest(account, currency, balance.open_debit, NEVER_DAY)
        return [items + credits] if len(items) <= MOST_CLEARED else []
    if rule == "combinations":
        items = account.debits_of_amounts(currency, 1, amount, MOST_ITEMS + 1)
        answers = search([[item.open] for item in items], amount)
        if not answers.finished:
            return []
        return [[items[at] for at, value in enumerate(chosen) if value] for chosen in answers.chosen]
    if rule == "oldest_first":
        items = _oldest(account, currency, amount, NEVER_DAY)
        return [items[:MOST_CLEARED]] if items else []
    # Of one term there may be less than all that is past due: the sum of all is no bound for it.
    most = amount if rule == "clear_past_due" else account.balance(currency).open_debit
    due = _oldest(account, currency, most, receipt.value_date)
    if len(due) > MOST_CLEARED:
        return []
    if rule == "clear_past_due":
        return [due] if sum([item.open for item in due]) == amount else []
    groups: dict[int, list[Item]] = {}
    for item in due:
        groups.setdefault(item.due_date - item.document_date, []).append(item)
    return [groups[days] for days in sorted(groups) if sum([item.open for item in groups[days]]) == amount]


def _oldest(account: Account, currency: str, amount: int, day: int) -> list[Item]:
    """Open debits that were due before that day, oldest due first, until they come to the amount or beyond; at most one
    more than a rule may clear."""
    found: list[Item] = []
    for item in account.debits_by_due(currency):
        if item.due_date >= day or amount < 0 or len(found) > MOST_CLEARED:
            break
        found.append(item)
        # Another one that is due before that day makes it more than the amount: that is to be seen.
        amount -= item.open
    return found


def _in_turn(items: list[Item], amount: int) -> list[tuple[Item, int]]:
    """What each gets of the amount, the first one first."""
    pays: list[tuple[Item, int]] = []
    for item in items:
        if not amount:
            break
        part = min(amount, item.open)
        pays.append((item, part))
        amount -= part
    return pays
