"""Accounts: finding one, and all that is known of it: balances, items, money, claims, and its timeline."""

from datetime import date
from typing import Any, Final

from headrace.web.asking import Asked, Block, NotThere, Page, Row
from headrace.web.figures import (
    Chart,
    Column,
    Headline,
    Table,
    amount,
    minute,
    money,
    number,
    on,
    short_money,
    text,
)
from headrace.why.explain import id_of
from headrace.words import in_words
from sinks.clickhouse.schema import SAYS_DISPUTED

_FOUND: Final = """
SELECT tenant, entity, account_id, name, region, segment, collector, open, balance, past_due
FROM (
    SELECT tenant, entity, account_id, max(name) AS name, max(region) AS region, max(segment) AS segment, max(collector) AS collector,
           sum(debit) AS open, sum(moved) AS balance, sum(late) AS past_due
    FROM (
        SELECT tenant, entity, account_id, name, region, segment, collector, toInt64(0) AS debit, toInt64(0) AS moved, toInt64(0) AS late
        FROM accounts WHERE {search:String} = '' OR positionCaseInsensitiveUTF8(account_id, {search:String}) > 0
              OR positionCaseInsensitiveUTF8(name, {search:String}) > 0
        UNION ALL
        SELECT tenant, entity, account_id, '' AS name, '' AS region, '' AS segment, '' AS collector,
               open_debit_change AS debit, open_debit_change - open_credit_change - unapplied_change - on_account_change AS moved,
               if(due_date < {as_of:Date32}, open_debit_change, 0) AS late
        FROM decisions
        WHERE currency = {currency:String} AND posted_on <= {as_of:Date32} AND NOT startsWith(account_id, '~')
          AND ({search:String} = '' OR positionCaseInsensitiveUTF8(account_id, {search:String}) > 0
               OR (tenant, entity, account_id) IN (SELECT tenant, entity, account_id FROM accounts
                   WHERE positionCaseInsensitiveUTF8(name, {search:String}) > 0))
    )
    GROUP BY tenant, entity, account_id
)
WHERE {WITHIN}
ORDER BY balance DESC, tenant, entity, account_id LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""


def accounts(asked: Asked) -> Page:
    """Accounts by number or name, the largest balance first."""
    currency = asked.filters.currency
    columns = [
        Column("Account"),
        Column("Region"),
        Column("Segment"),
        Column("Collector"),
        *(Column(name, "money") for name in ("Open", "Past due", "Balance")),
    ]
    table = Table("accounts", "Accounts", columns, empty="No account has that number or name.")
    for row in asked.ask(_FOUND, {"search": asked.filters.search}):
        table.add(
            asked.account(row),
            text(row["region"]),
            text(row["segment"]),
            text(row["collector"]),
            money(row["open"], currency),
            money(row["past_due"], currency, tone="bad" if row["past_due"] > 0 else ""),
            money(row["balance"], currency),
        )
    return Page(
        "Accounts", "", [], [Block("Accounts", asked.cut(table), explains="The largest balance first.")], search=True
    )


# --- one account ---

_MINE: Final = "tenant = {tenant:String} AND entity = {of:String} AND account_id = {account:String}"
_WHO: Final = f"""
SELECT name, active, country, region, segment, tier, terms_days, credit_group, affiliate, direct_debit, contacts_blocked,
       risk_class, contract, collector, account_manager FROM accounts WHERE {_MINE}
"""
_KNOWN: Final = f"SELECT 1 FROM decisions WHERE {_MINE} LIMIT 1"
_STANDS: Final = f"""
SELECT currency, sumIf(open_debit_change, due_date < {{as_of:Date32}}) AS past_due, sum(open_debit_change) AS debit,
       sum(open_credit_change) AS credit, sum(unapplied_change) AS unapplied, sum(on_account_change) AS on_account,
       maxIf(posted_on, kind = 'receipt_booked') AS last_receipt
FROM decisions WHERE {_MINE} AND currency != '' AND posted_on <= {{as_of:Date32}}
GROUP BY currency ORDER BY debit DESC, currency
"""
_CREDIT: Final = (
    f"SELECT exposure, credit_limit, held, held_for, currency, limit_set, stated_time FROM credit WHERE {_MINE}"
)
_DAYS: Final = f"""
SELECT day, sum(moved) OVER (ORDER BY day) AS balance, sum(late) OVER (ORDER BY day) AS owed FROM (
    SELECT posted_on AS day, sum(open_debit_change - open_credit_change - unapplied_change - on_account_change) AS moved,
           sum(open_debit_change) AS late
    FROM decisions WHERE {_MINE} AND currency = {{currency:String}} AND posted_on <= {{as_of:Date32}}
    GROUP BY day HAVING moved != 0 OR late != 0
) ORDER BY day
"""
_ITEMS: Final = f"""
SELECT document, item_kind, currency, amount, rest AS open, contested, raised_on, due_on, level, dateDiff('day', due_on, {{as_of:Date32}}) AS late_days
FROM (
    SELECT document, anyIf(currency, raises) AS currency, anyIf(item_kind, raises) AS item_kind, sumIf(item_amount, raises) AS amount,
           sumIf(change, posted_on <= {{as_of:Date32}}) AS rest, anyIf(posted_on, raises) AS raised_on, anyIf(due_date, raises) AS due_on,
           maxIf(level, kind IN ('reminder_due', 'item_posted')) AS level, argMaxIf(item_disputed, sequence, {SAYS_DISPUTED}) AS contested
    FROM item_movements WHERE {_MINE}
    GROUP BY document HAVING countIf(raises) > 0 AND raised_on <= {{as_of:Date32}} AND rest != 0
)
ORDER BY due_on, document LIMIT {{limit:UInt32}}
"""
_RECEIPTS: Final = f"""
SELECT receipt_id, currency, booked, applied, returned, transferred, unapplied, posting_date FROM receipts WHERE {_MINE}
ORDER BY posting_date DESC, receipt_id LIMIT {{limit:UInt32}}
"""
_CLAIMS: Final = f"""
SELECT * FROM (
    SELECT 'dispute' AS what, dispute_id AS id, currency, amount, status, category AS about, opened_time AS since FROM disputes
    WHERE {_MINE} AND status != 'closed'
    UNION ALL
    SELECT 'promise' AS what, promise_id AS id, currency, amount, concat('for ', toString(promised_date)) AS status,
           arrayStringConcat(arraySlice(documents, 1, 3), ', ') AS about, made_time AS since FROM promises WHERE {_MINE} AND status = 'opened'
    UNION ALL
    SELECT what, exception_id AS id, currency, amount, owner AS status, rule AS about, raised_time AS since FROM open_exceptions WHERE {_MINE}
) ORDER BY since DESC, what, id LIMIT {{limit:UInt32}}
"""
_TIMELINE: Final = f"""
SELECT tenant, entity, shard, sequence, event_time, recorded_time, kind, rule, cause_kind, cause_id, currency, amount,
       document, item_kind, receipt_id, reference_id, counterparty, posting_date, due_date, level, reasons, candidates,
       text, item_amount, item_open, open_debit, open_credit, unapplied, on_account, evidence, owner, category,
       other_currency, other_amount, tax, channel
FROM decisions WHERE {_MINE}
ORDER BY sequence DESC LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}
"""


def account(asked: Asked, tenant: str, entity: str, name: str) -> Page:
    """All of one account. Where the address's currency is none of its own, the one it owes most in."""
    mine = {"tenant": tenant, "of": entity, "account": name}
    stands = asked.ask(_STANDS, mine)
    if not stands and not asked.ask(_KNOWN, mine):
        raise NotThere(f"{tenant}/{entity}/{name}: nothing was decided about an account of that name")
    who = next(iter(asked.ask(_WHO, mine)), None)
    currencies = [row["currency"] for row in stands]
    code = asked.filters.currency if asked.filters.currency in currencies or not currencies else currencies[0]
    here = next((row for row in stands if row["currency"] == code), None)
    several = f" · also in {', '.join(each for each in currencies if each != code)}" if len(currencies) > 1 else ""
    title = f"{name} · {who['name']}" if who and who["name"] else name
    return Page(
        title,
        (_described(who) if who else f"{tenant}/{entity}: nothing is known of it but what was posted.") + several,
        _headlines(asked, here, code, mine),
        [
            Block("Balance", _balance(asked, mine, code), explains=f"{code}, by posting date."),
            Block("Open items", _items(asked, mine), explains="The first due first."),
            Block("Money", _receipts(asked, mine), explains="The latest first."),
            Block("Open disputes, promises and work", _claims(asked, mine), explains="As it stands now."),
            Block(
                "Timeline",
                _timeline(asked, mine),
                explains="What became known last stands first; each line leads to why.",
            ),
        ],
    )


def _described(who: Row) -> str:
    parts = [
        who["country"],
        who["region"],
        who["segment"],
        who["tier"] and f"tier {who['tier']}",
        who["risk_class"] and f"risk class {who['risk_class']}",
        f"terms of {who['terms_days']} days",
        who["contract"] and f"contract {who['contract']}",
    ]
    parts += [
        who["collector"] and f"collector {who['collector']}",
        who["credit_group"] and f"credit group {who['credit_group']}",
    ]
    parts += [
        said
        for said, holds in (
            ("affiliate", who["affiliate"]),
            ("direct debit", who["direct_debit"]),
            ("not to be contacted", who["contacts_blocked"]),
            ("inactive", not who["active"]),
        )
        if holds
    ]
    return " · ".join(part for part in parts if part)


def _headlines(asked: Asked, here: Row | None, code: str, mine: dict[str, str]) -> list[Headline]:
    found = []
    if here is not None:
        balance = here["debit"] - here["credit"] - here["unapplied"] - here["on_account"]
        last = date.fromisoformat(here["last_receipt"])
        paid = f"last money on {on(last).text}" if last.year > 1970 else "no money came so far"
        found = [
            Headline("Balance", short_money(balance, code), code, note=paid),
            Headline(
                "Open items",
                short_money(here["debit"], code),
                code,
                note=f"less {short_money(here['credit'], code)} credits",
            ),
            Headline("Past due", short_money(here["past_due"], code), code),
            Headline(
                "Cash to apply",
                short_money(here["unapplied"], code),
                code,
                note=f"{short_money(here['on_account'], code)} on account",
            ),
        ]
    found += [_credit(row, code) for row in asked.ask(_CREDIT, mine)]
    return found


def _credit(row: Row, code: str) -> Headline:
    """The exposure as it was last stated, or the limit where nothing was stated yet."""
    of = row["currency"] or code
    limit = row["credit_limit"] or row["limit_set"]
    if not row["currency"]:
        return Headline("Credit limit", short_money(limit, of), of, note="not reached so far")
    reasons = ", ".join(reason.partition(":")[0].replace("_", " ") for reason in row["held_for"])
    said = f"limit {short_money(limit, of)}" if limit else "no limit"
    hold = f"on hold: {reasons}" if row["held"] else "not on hold"
    tone = "bad" if row["held"] else ""
    return Headline(
        "Exposure", short_money(row["exposure"], of), of, said, tone, f"{hold}; as of {minute(row['stated_time']).text}"
    )


def _balance(asked: Asked, mine: dict[str, str], code: str) -> Chart:
    table = Table(
        "balance",
        "Balance by day",
        [Column("Day", "day"), Column("Balance", "money"), Column("Open items", "money")],
        empty="Nothing was posted.",
    )
    for row in asked.ask(_DAYS, {**mine, "currency": code}):
        table.add(on(date.fromisoformat(row["day"])), money(row["balance"], code), money(row["owed"], code))
    return Chart(table, "line", code, "Balance by day", ("Balance",), steps=True)


def _items(asked: Asked, mine: dict[str, str]) -> Table:
    columns = [
        Column("Document"),
        Column("Kind"),
        Column("Currency"),
        *(Column(n, "money") for n in ("Amount", "Open", "Disputed")),
        Column("Posted", "day"),
        Column("Due", "day"),
        Column("Days past due", "number"),
        Column("Level", "number"),
    ]
    table = Table("items", "Open items", columns, empty="Nothing is open.")
    for row in asked.ask(_ITEMS, mine):
        late, code = max(row["late_days"], 0), row["currency"]
        table.add(
            text(row["document"], asked.waits(_row_of(mine), row["document"])),
            text(row["item_kind"].replace("_", " ")),
            text(code),
            money(row["amount"], code),
            money(row["open"], code),
            money(min(row["contested"], row["open"]), code),
            on(date.fromisoformat(row["raised_on"])),
            on(date.fromisoformat(row["due_on"])),
            number(late, tone="bad"),
            number(row["level"]),
        )
    return asked.cut(table, paged=False)


def _row_of(mine: dict[str, str]) -> dict[str, Any]:
    return {"tenant": mine["tenant"], "entity": mine["of"], "account_id": mine["account"]}


def _receipts(asked: Asked, mine: dict[str, str]) -> Table:
    columns = [
        Column("Receipt"),
        Column("Posted", "day"),
        Column("Currency"),
        *(Column(n, "money") for n in ("Booked", "Applied", "Unapplied")),
    ]
    table = Table("receipts", "Receipts", columns, empty="No money came.")
    for row in asked.ask(_RECEIPTS, mine):
        code = row["currency"]
        gone = [
            f"{money(row[name], code).text} {said}"
            for name, said in (("returned", "went back"), ("transferred", "sent on"))
            if row[name]
        ]
        table.add(
            text(row["receipt_id"], asked.waits(_row_of(mine), row["receipt_id"]), note=", ".join(gone)),
            on(date.fromisoformat(row["posting_date"])),
            text(code),
            *(money(row[n], code) for n in ("booked", "applied", "unapplied")),
        )
    return asked.cut(table, paged=False)


def _claims(asked: Asked, mine: dict[str, str]) -> Table:
    columns = [Column("What"), Column("Amount", "amount"), Column("State"), Column("About"), Column("Since", "time")]
    table = Table(
        "claims", "Open disputes, promises and work", columns, empty="Nothing is contested, promised or to be done."
    )
    for row in asked.ask(_CLAIMS, mine):
        table.add(
            text(
                row["id"],
                asked.waits(_row_of(mine), row["id"]) if row["what"] in ("dispute", "promise") else "",
                note=row["what"],
            ),
            amount(row["amount"], row["currency"]),
            text(row["status"].replace("_", " ") or "nobody yet"),
            text(row["about"].replace("_", " ")),
            minute(row["since"]),
        )
    return asked.cut(table, paged=False)


def _timeline(asked: Asked, mine: dict[str, str]) -> Table:
    columns = [Column("Decision"), Column("Happened", "time"), Column("What")]
    table = Table("timeline", "Timeline", columns, empty="Nothing was decided about it.")
    for row in asked.ask(_TIMELINE, mine):
        name = id_of(row["shard"], row["sequence"])
        table.add(text(name, asked.link(f"/why/{name}")), minute(row["event_time"]), text(in_words(row)))
    return asked.cut(table)
