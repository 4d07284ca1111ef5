"""Expected cash by day and account: from due dates, promises and how each payer has paid so far. Counts, no model. Source: D8.

The views are asked for what was posted up to the as-of day. For each day before and after the due date it is counted how
many of a payer's items were paid on it, out of those that were still open then, those that still are included: that part of
what is left of an open item is expected on that day, one day after the other. What all payers of the company did counts
beside it like ten payments of the payer's own; payments of a year count. What is promised is expected on its day; credits and
unapplied cash pay the oldest items. What is disputed is expected as disputed items of the company were paid, and so much of it.
Amounts are whole minor units and add up: expected + later + given up + without an answer = open - covered.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from operator import add, itemgetter
from typing import Any, Final

from headrace.scope import EVERYTHING, Scope
from sinks.clickhouse.reading import Views

# Days from the due date to the payment, in exact days between these; what is beyond counts as the last one.
EARLIEST: Final = -60
LATEST: Final = 120
# How all payers of the company pay counts as much as so many payments of each payer.
OF_COMPANY: Final = 10
# Older payments say nothing any more: payers change.
KEPT_DAYS: Final = 365
# Forecasts of the past that are looked at.
MOST_WINDOWS: Final = 24
# What is disputed is expected once so many payments of what was disputed are known.
FEWEST: Final = 5
_FOR_EVER: Final = 2**63 - 1
_EPOCH: Final = date(1970, 1, 1)
_DAYS: Final = range(EARLIEST, LATEST + 1)

_LAST_DAY: Final = "SELECT toString(max(toDate32(recorded_time))), count() FROM decisions"

_KNOWN: Final = "toUnixTimestamp64Milli(recorded_time) <= {known:Int64}"
# Of what is past due for longer than LATEST days nothing is expected, whatever its day: it is one sum.
_OPEN: Final = f"""
WITH documents AS (
    SELECT tenant, entity, account_id, document,
           anyIf(currency, raises) AS in_currency,
           anyIf(item_kind, raises) = 'credit_note' AS is_credit,
           anyIf(due_date, raises) AS due_on,
           anyIf(posted_on, raises) AS raised_on,
           sumIf(change, posted_on <= {{as_of:Date32}}) AS rest,
           least(rest, argMaxIf(item_disputed, sequence, posted_on <= {{as_of:Date32}} AND kind NOT IN ('cash_proposed', 'exception_raised',
               'exception_closed', 'task_opened', 'task_closed', 'write_off_proposed', 'dispute_routed'))) AS contested
    FROM item_movements WHERE {_KNOWN}
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises) > 0 AND raised_on <= {{as_of:Date32}}
)
SELECT concat(tenant, '/', entity) AS company, account_id, in_currency,
       greatest(toInt32(due_on), toInt32({{as_of:Date32}}) - {LATEST + 1}) AS due_day, is_credit,
       if(document IN {{named:Array(String)}}, document, '') AS named_document,
       sum(rest), sum(contested)
FROM documents WHERE rest > 0 AND {{account:String}} IN ('', account_id) AND {{WITHIN}}
GROUP BY company, account_id, in_currency, due_day, is_credit, named_document
ORDER BY company, account_id, in_currency, due_day, is_credit, named_document
"""
_CASH: Final = f"""
SELECT concat(tenant, '/', entity) AS company, account_id, currency, sum(unapplied_change)
FROM decisions
WHERE posted_on <= {{as_of:Date32}} AND {_KNOWN} AND unapplied_change != 0
  AND NOT startsWith(account_id, '~') AND {{account:String}} IN ('', account_id) AND {{WITHIN}}
GROUP BY company, account_id, currency HAVING sum(unapplied_change) > 0
ORDER BY company, account_id, currency
"""
_CONTESTED: Final = f"""(tenant, entity, account_id, document) IN (
    SELECT tenant, entity, account_id, document FROM decisions
    WHERE kind = 'dispute_opened' AND toDate32(event_time) <= {{as_of:Date32}} AND {_KNOWN})"""
# An application that was undone is counted off; what a payer pays in parts counts once for each part.
_PAID: Final = f"""
SELECT concat(tenant, '/', entity) AS company, account_id, {_CONTESTED} AS contested,
       greatest({EARLIEST}, least({LATEST}, dateDiff('day', due_date, posted_on))) AS days,
       sum(if(kind = 'cash_applied', 1, -1)) AS times
FROM decisions
WHERE kind IN ('cash_applied', 'cash_unapplied', 'application_reversed') AND counterparty = ''
  AND posted_on <= {{as_of:Date32}} AND posted_on > {{as_of:Date32}} - {KEPT_DAYS} AND {_KNOWN}
GROUP BY company, account_id, contested, days
ORDER BY company, account_id, contested, days
"""
# Items that are open, by how old they are: what is still open was not paid so far.
_WAITING: Final = f"""
WITH documents AS (
    SELECT tenant, entity, account_id, document, anyIf(due_date, raises) AS due_on,
           sumIf(change, posted_on <= {{as_of:Date32}}) AS rest
    FROM item_movements WHERE {_KNOWN}
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises AND posted_on <= {{as_of:Date32}} AND item_kind != 'credit_note') > 0 AND rest > 0
)
SELECT concat(tenant, '/', entity) AS company, account_id, {_CONTESTED} AS contested,
       greatest({EARLIEST}, least({LATEST}, dateDiff('day', due_on, {{as_of:Date32}}))) AS days, count()
FROM documents
GROUP BY company, account_id, contested, days
ORDER BY company, account_id, contested, days
"""
# How much of disputed items that are settled was paid.
_SETTLED: Final = f"""
SELECT concat(tenant, '/', entity) AS company, currency, sum(cash), sum(raised) FROM (
    SELECT tenant, entity, account_id, document, anyIf(currency, raises) AS currency, sumIf(amount, raises) AS raised,
           -sumIf(change, kind IN ('cash_applied', 'cash_unapplied', 'application_reversed')) AS cash
    FROM item_movements WHERE posted_on <= {{as_of:Date32}} AND {_KNOWN} AND {_CONTESTED}
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises) > 0 AND anyIf(item_kind, raises) != 'credit_note' AND sum(change) = 0
)
GROUP BY company, currency ORDER BY company, currency
"""
_PROMISED: Final = f"""
SELECT concat(tenant, '/', entity) AS company, account_id, reference_id, argMin(currency, sequence),
       argMaxIf(amount, sequence, kind = 'promise_opened') AS promised,
       toInt32(argMaxIf(due_date, sequence, kind = 'promise_opened')) AS promised_day,
       argMaxIf(candidates, sequence, kind = 'promise_opened') AS documents
FROM decisions
WHERE startsWith(kind, 'promise_') AND toDate32(event_time) <= {{as_of:Date32}} AND {_KNOWN}
  AND {{account:String}} IN ('', account_id) AND {{WITHIN}}
GROUP BY company, account_id, reference_id
HAVING argMax(kind, sequence) = 'promise_opened'
ORDER BY company, account_id, promised_day, reference_id
"""

Payer = tuple[str, str]
# For each day from EARLIEST to LATEST after the due date: how many were paid on it, how many were open until then.
Curve = tuple[list[int], list[int]]
# (days after the due date, paid on it, open until then), rising.
Odds = list[tuple[int, int, int]]


@dataclass(slots=True)
class Claim:
    """What is open of an account in one currency and due on one day, what is contested of it apart; document: one that
    is promised, else empty. Minor units; days since 1970-01-01."""

    due_day: int
    document: str
    left: int
    contested: int


@dataclass(slots=True)
class Expected:
    """What is expected of one account, or of all, in one currency. Minor units; by_day and promised by day.

    covered: open items that credits and unapplied cash pay; later: after the window; given_up: of what is disputed, by how
    much of that was paid so far; unanswered: nobody of the company has ever paid so late, or what was disputed; payments:
    how many payments of the account are known, or of all.
    """

    open: int = 0
    past_due: int = 0
    disputed: int = 0
    covered: int = 0
    later: int = 0
    given_up: int = 0
    unanswered: int = 0
    payments: int = 0
    by_day: dict[int, int] = field(default_factory=dict)
    promised: dict[int, int] = field(default_factory=dict)

    @property
    def expected(self) -> int:
        """In the window."""
        return sum(self.by_day.values())

    def add(self, other: "Expected") -> None:
        self.open += other.open
        self.past_due += other.past_due
        self.disputed += other.disputed
        self.covered += other.covered
        self.later += other.later
        self.given_up += other.given_up
        self.unanswered += other.unanswered
        self.payments += other.payments
        for mine, theirs in ((self.by_day, other.by_day), (self.promised, other.promised)):
            for day, amount in theirs.items():
                mine[day] = mine.get(day, 0) + amount


@dataclass(frozen=True, slots=True)
class Forecast:
    """One currency from the day after `as_of` on, for `days` days. accounts: by tenant/entity/account."""

    as_of: date
    days: int
    currency: str
    total: Expected
    accounts: Mapping[str, Expected]


@dataclass(slots=True)
class Counts:
    """Of some payer or company: how many items were paid so many days after the due date, how many are open so long."""

    paid: dict[int, int] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)

    @property
    def payments(self) -> int:
        return sum(self.paid.values())

    def curve(self, times: int = 1) -> Curve:
        """Each counted so many times."""
        paid, ended = [0] * len(_DAYS), [0] * len(_DAYS)
        for day, number in self.paid.items():
            paid[day - EARLIEST] = ended[day - EARLIEST] = times * number
        # One that is open for so many days was not paid on that day either.
        for day, number in self.waiting.items():
            ended[day - EARLIEST] += times * number
        return paid, list(accumulate(reversed(ended)))[::-1]

    def odds(self, age_days: int) -> Odds:
        """Those still to come of an item `age_days` after its due date."""
        paid, open_until = self.curve()
        return [each for each in zip(_DAYS, paid, open_until, strict=True) if each[0] > age_days and each[1] > 0]


@dataclass(slots=True)
class Habits:
    """Of each payer and company, all items and those that were not disputed; of what was disputed in each company; what of
    the last was paid, by currency."""

    of_payer: dict[Payer, Counts] = field(default_factory=lambda: defaultdict(Counts))
    of_company: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    smooth_of_payer: dict[Payer, Counts] = field(default_factory=lambda: defaultdict(Counts))
    smooth_of_company: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    of_disputed: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))
    settled: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    _curves: dict[tuple[str, bool], Curve] = field(default_factory=dict)
    _odds: dict[tuple[Payer, bool], Odds] = field(default_factory=dict)

    def odds(self, payer: Payer, age_days: int) -> Odds:
        """Of the payer, and of the company beside it: who has paid often is judged by himself, others as all are.

        What is not due yet may be disputed like any other item; what is past due and is not disputed was not.
        """
        if age_days >= LATEST:
            return []
        is_smooth = age_days > 0
        known = self._odds.get((payer, is_smooth))
        if known is None:
            known = self._odds[payer, is_smooth] = self._of(payer, is_smooth)
        # Those of an older item are the last of them: how many were open until a day hangs on later days alone.
        return known[bisect_right(known, age_days, key=itemgetter(0)) :]

    def _of(self, payer: Payer, is_smooth: bool) -> Odds:
        """The company counts as much as OF_COMPANY payments of this payer."""
        of_payer = self.smooth_of_payer if is_smooth else self.of_payer
        of_company = (self.smooth_of_company if is_smooth else self.of_company)[payer[0]]
        if not of_company.payments:
            return of_payer[payer].odds(EARLIEST - 1)
        beside = self._curves.get((payer[0], is_smooth))
        if beside is None:
            beside = self._curves[payer[0], is_smooth] = of_company.curve(OF_COMPANY)
        own = of_payer[payer].curve(of_company.payments)
        days = zip(_DAYS, map(add, own[0], beside[0]), map(add, own[1], beside[1]), strict=True)
        return [each for each in days if each[1] > 0]


def last_day(views: Views) -> date | None:
    """The last day of the log that the views know; None where they know nothing."""
    row = views.ask(_LAST_DAY).rows[0]
    return date.fromisoformat(row[0]) if row[1] else None


def make_forecast(
    views: Views,
    as_of: date,
    days: int,
    account: str = "",
    currency: str = "",
    known_at_ms: int | None = None,
    scope: Scope = EVERYTHING,
) -> list[Forecast]:
    """One forecast for each currency in which anything is open, by code; of the accounts in `scope`, by the habits of all."""
    parameters: dict[str, Any] = {
        "as_of": as_of.isoformat(),
        "known": _FOR_EVER if known_at_ms is None else known_at_ms,
        "account": account,
    }
    scoped = {**parameters, **scope.parameters}
    promised = views.ask(scope.of(_PROMISED), scoped).rows
    named = sorted({document for row in promised for document in row[6]})
    claims: dict[tuple[Payer, str], list[Claim]] = defaultdict(list)
    cover: dict[tuple[Payer, str], int] = defaultdict(int)
    found: dict[tuple[Payer, str], Expected] = defaultdict(Expected)
    today = (as_of - _EPOCH).days
    for company, name, code, due_day, is_credit, document, rest, contested in views.ask(
        scope.of(_OPEN), {**scoped, "named": named}
    ).rows:
        key = ((company, name), code)
        if is_credit:
            cover[key] += rest
            continue
        result = found[key]
        result.open += rest
        result.past_due += rest if due_day < today else 0
        result.disputed += contested
        claims[key].append(Claim(due_day, document, rest - contested, contested))
    for company, name, code, unapplied in views.ask(scope.of(_CASH), scoped).rows:
        cover[(company, name), code] += unapplied
    habits = _habits(views, parameters)
    promises: dict[tuple[Payer, str], list[Sequence[Any]]] = defaultdict(list)
    for row in promised:
        promises[(row[0], row[1]), row[3]].append(row)
    for key, result in found.items():
        known = habits.of_payer.get(key[0])
        result.payments = 0 if known is None else known.payments
        _expect(result, claims[key], cover[key], promises[key], habits, key, today, days)
    return _by_currency(found, as_of, days, currency)


def _habits(views: Views, parameters: Mapping[str, Any]) -> Habits:
    habits = Habits()
    for sql, name in ((_PAID, "paid"), (_WAITING, "waiting")):
        for company, account, contested, days, times in views.ask(sql, parameters).rows:
            of = [habits.of_payer[company, account], habits.of_company[company]]
            if contested:
                of.append(habits.of_disputed[company])
            else:
                of += [habits.smooth_of_payer[company, account], habits.smooth_of_company[company]]
            for counts in of:
                by_day = getattr(counts, name)
                by_day[days] = by_day.get(days, 0) + times
    for company, code, cash, raised in views.ask(_SETTLED, parameters).rows:
        habits.settled[company, code] = max(0, min(cash, raised)), raised
    return habits


def _by_currency(found: Mapping[tuple[Payer, str], Expected], as_of: date, days: int, currency: str) -> list[Forecast]:
    accounts: dict[str, dict[str, Expected]] = defaultdict(dict)
    for (payer, code), result in sorted(found.items()):
        if currency in ("", code):
            accounts[code]["/".join(payer)] = result
    forecasts = []
    for code in sorted(accounts):
        total = Expected()
        for result in accounts[code].values():
            total.add(result)
        forecasts.append(Forecast(as_of, days, code, total, accounts[code]))
    return forecasts


def _expect(
    result: Expected,
    claims: list[Claim],
    cover: int,
    promises: Sequence[Sequence[Any]],
    habits: Habits,
    whose: tuple[Payer, str],
    today: int,
    days: int,
) -> None:
    """Spread what an account owes in one currency over the days to come."""
    payer, code = whose
    claims.sort(key=lambda claim: (claim.due_day, claim.document))
    for claim in claims:
        part = min(cover, claim.left)
        cover -= part
        claim.left -= part
        result.covered += part
    for _, _, _, _, amount, promised_day, documents in promises:
        day = max(promised_day, today + 1)
        for claim in claims:
            part = min(amount, claim.left) if not documents or claim.document in documents else 0
            amount -= part
            claim.left -= part
            if part and day <= today + days:
                result.promised[day] = result.promised.get(day, 0) + part
            _put(result, day, part, today, days)
    disputed = habits.of_disputed[payer[0]]
    cash, raised = habits.settled.get((payer[0], code), (0, 0))
    for claim in claims:
        _spread(result, claim.due_day, claim.left, habits.odds(payer, today - claim.due_day), today, days)
        if claim.contested and raised and disputed.payments >= FEWEST:
            paid = claim.contested * cash // raised
            result.given_up += claim.contested - paid
            _spread(result, claim.due_day, paid, disputed.odds(today - claim.due_day), today, days)
        else:
            result.unanswered += claim.contested


def _spread(
    result: Expected, due_day: int, amount: int, odds: Sequence[tuple[int, int, int]], today: int, days: int
) -> None:
    """One day after the other takes its part of what is left."""
    left = amount
    for late, paid, open_until in odds:
        part = left * paid // open_until
        left -= part
        _put(result, due_day + late, part, today, days)
    result.unanswered += left


def _put(result: Expected, day: int, amount: int, today: int, days: int) -> None:
    if not amount:
        return
    if day > today + days:
        result.later += amount
    else:
        result.by_day[day] = result.by_day.get(day, 0) + amount


def usual_days(views: Views, as_of: date) -> Mapping[str, int]:
    """By tenant/entity/account: days after the due date by which half of its payments up to the as-of day had come."""
    found: dict[str, int] = {}
    habits = _habits(views, {"as_of": as_of.isoformat(), "known": _FOR_EVER})
    for payer, counts in habits.of_payer.items():
        half = (counts.payments + 1) // 2
        for days, times in sorted(counts.paid.items()):
            half -= times
            if half <= 0:
                found["/".join(payer)] = days
                break
    return found


def day_of(number: int) -> date:
    """The date of a day since 1970-01-01."""
    return _EPOCH + timedelta(days=number)


# --- how good it was ---


@dataclass(frozen=True, slots=True)
class Window:
    """One forecast of the past and what came: of the items that were open at `as_of`, and in all. Minor units.

    on_due_dates: what would have come if all that was not past due had been paid on its due date, and nothing else.
    """

    as_of: date
    currency: str
    open: int
    expected: int
    received: int
    received_in_all: int
    on_due_dates: int


_RECEIVED: Final = """
WITH open_then AS (
    SELECT tenant, entity, account_id, document, anyIf(due_date, raises) AS due_on, anyIf(currency, raises) AS code,
           sumIf(change, posted_on <= {as_of:Date32}) AS rest
    FROM item_movements
    GROUP BY tenant, entity, account_id, document
    HAVING countIf(raises AND posted_on <= {as_of:Date32} AND item_kind != 'credit_note') > 0 AND rest > 0
), cash AS (
    SELECT tenant, entity, account_id, document, currency, sum(if(kind = 'cash_applied', amount, -amount)) AS came
    FROM decisions
    WHERE kind IN ('cash_applied', 'cash_unapplied', 'application_reversed') AND counterparty = ''
      AND posted_on > {as_of:Date32} AND posted_on <= {until:Date32}
    GROUP BY tenant, entity, account_id, document, currency
)
SELECT code, sum(came_then), sum(came_all), sum(due_then) FROM (
    SELECT code, toInt64(0) AS came_then, toInt64(0) AS came_all,
           sumIf(rest, due_on > {as_of:Date32} AND due_on <= {until:Date32}) AS due_then
    FROM open_then GROUP BY code
    UNION ALL
    SELECT cash.currency AS code, sumIf(came, (tenant, entity, account_id, document) IN (
               SELECT tenant, entity, account_id, document FROM open_then)) AS came_then,
           sum(came) AS came_all, toInt64(0) AS due_then
    FROM cash GROUP BY code
) GROUP BY code ORDER BY code
"""
_FIRST_CASH: Final = (
    "SELECT toString(min(posted_on)), toString(max(posted_on)), count() FROM decisions WHERE kind = 'cash_applied'"
)


def back_test(views: Views, days: int, most: int = MOST_WINDOWS) -> list[Window]:
    """Forecasts every `days` days of the past, and what was received: the last `most` of them, the oldest first.

    The first may be `days` days after the first payment.
    """
    first, last, number = views.ask(_FIRST_CASH).rows[0]
    if not number:
        return []
    as_of, end = date.fromisoformat(first) + timedelta(days=days), date.fromisoformat(last)
    as_of += timedelta(days=days * max(0, (end - as_of).days // days - most))
    found: list[Window] = []
    while as_of + timedelta(days=days) <= end:
        until = as_of + timedelta(days=days)
        came = {
            row[0]: row[1:]
            for row in views.ask(_RECEIVED, {"as_of": as_of.isoformat(), "until": until.isoformat()}).rows
        }
        expected = {each.currency: each.total for each in make_forecast(views, as_of, days)}
        for code in sorted(came.keys() | expected.keys()):
            total = expected.get(code) or Expected()
            then, in_all, due = came.get(code, (0, 0, 0))
            found.append(Window(as_of, code, total.open, total.expected, then, in_all, due))
        as_of = until
    return found


def off_by(windows: Sequence[Window], of: str) -> tuple[int, int]:
    """(sum of absolute differences of `expected` or `on_due_dates` from what was received, sum received)."""
    return sum(abs(getattr(w, of) - w.received) for w in windows), sum(w.received for w in windows)
