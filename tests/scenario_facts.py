"""Lines of facts in scenarios: their patterns, and the real facts that they make. tests/scenarios/README.md has them all.

Raises ValueError where a line of the language says what cannot be.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from connectors.placing import suspense_account
from schemas import records as r
from schemas.records import Fact
from schemas.topics import CREDIT_PREFIX
from tests.scenario_lines import (
    PARTS,
    Line,
    billed,
    day_of,
    items,
    matched,
    minor,
    ordered,
    pattern,
    plan,
    remitted,
    shipped,
    taken_off,
    tiers,
    unquoted,
)


def _customer(x: Line) -> Fact:
    words = [text for _, text in items(x.found.get("items") or "")]
    flags = {
        "inactive",
        "no billing address",
        "po required",
        "direct debit",
        "affiliate",
        "no contacts",
        "cash order",
        "credit blocked",
    }
    named = dict(word.split(" ", 1) for word in words if word not in flags)
    for name in named:
        if name not in (
            "country",
            "segment",
            "tier",
            "of",
            "region",
            "language",
            "channels",
            "email",
            "group",
            "terms",
            "risk",
            "contract",
        ):
            known = "country, segment, tier, region, language, channels, email, group, terms, risk, contract"
            raise ValueError(f"{name!r} is nothing a customer has; {', '.join(sorted(flags))}, {known}")
    return r.Customer(
        *x.common(),
        x.account,
        "inactive" not in words,
        named.get("country", "US"),
        named.get("language", "en"),
        named.get("segment", ""),
        named.get("tier", ""),
        x.currency,
        int(named.get("terms", "30")),
        "" if "no billing address" in words else "1 Main Street",
        named.get("email", ""),
        "po required" in words,
        "direct debit" in words,
        "affiliate" in words,
        [],
        region=named.get("region", ""),
        channels=named["channels"].split() if "channels" in named else [],
        contacts_blocked="no contacts" in words,
        cash_order="cash order" in words,
        credit_status="blocked" if "credit blocked" in words else "",
        credit_group=named.get("group", ""),
        risk_class=named.get("risk", ""),
        contract=named.get("contract", ""),
    )


def _order(x: Line) -> Fact:
    lines = ordered(x.found["items"] or "") if x.found.get("items") else []
    return r.Order(
        *x.common(), x.text("order"), x.day, x.currency, x.text("po"), x.found.get("cancelled") is not None, lines
    )


def _invoice(x: Line) -> Fact:
    lines = billed(x.found["items"] or "", x.currency) if x.found.get("items") else []
    tax = sum(line.tax for line in lines)
    if not lines and not x.found.get("amount"):
        raise ValueError(f"'{x.found['stage']} {x.text('document')}' says no amount: give one, or lines")
    return r.Invoice(
        *x.common(),
        x.text("document"),
        "draft" if x.found["stage"] == "draft" else "posted",
        x.day,
        x.date("posting", x.day),
        x.date("due", x.day + 30),
        x.currency,
        x.money() if x.found.get("amount") else sum(line.net for line in lines) + tax,
        minor(x.found["tax"] or "", x.currency) if x.found.get("tax") else tax,
        x.text("order"),
        x.text("po"),
        x.text("replaced"),
        lines,
        tiers(x.found.get("discounts")),
        x.date("base", 0),
        x.found.get("net") is not None,
        plan(x.found.get("plan"), x.currency),
        jurisdiction=x.text("jurisdiction"),
        contract=x.text("contract"),
        consolidated=x.text("consolidated"),
    )


def _receipt(x: Line) -> Fact:
    fact = r.Receipt(
        *x.common(),
        x.text("receipt"),
        x.text("bank") or "BANK",
        x.text("reference"),
        x.currency,
        x.money(),
        x.day,
        x.date("value", x.day),
        x.text("name"),
        x.text("payer"),
        x.text("text"),
        remitted(x.found.get("items"), x.currency),
        taken_off(x.found.get("less"), x.currency),
        x.money("charges"),
        order_id=x.text("order"),
    )
    return _for_suspense(x, fact) if x.found.get("unidentified") else fact


def _returned(x: Line) -> Fact:
    fact = r.ReceiptReturned(
        *x.common(),
        x.text("receipt"),
        x.text("bank") or "BANK",
        x.currency,
        x.money(),
        x.day,
        x.day,
        "AC04",
        x.text("reference"),
        "",
    )
    return _for_suspense(x, fact) if x.found.get("unidentified") else fact


def _for_suspense(x: Line, fact: Fact) -> Fact:
    """The same fact for the suspense account of its bank account, which intake gives it."""
    x.account = suspense_account(fact)
    x.found["unidentified"] = None
    return _receipt(x) if isinstance(fact, r.Receipt) else _returned(x)


# Of a closed dispute: what may stand before an amount, and before other things.
_AMOUNTS_OF_CLOSING = ("credited", "rejected", "written off", "goodwill", "recovered", "rebilled", "refunded")
_TEXTS_OF_CLOSING = {"rebilled as": "rebilled_as", "cause": "root_cause", "category": "category"}
_DAYS_OF_CLOSING = {"customer days": "days_customer", "own days": "days_own", "upstream days": "days_upstream"}


def _closing(x: Line) -> Fact:
    fields: dict[str, int | str] = {}
    for _, part in items(x.found["items"] or ""):
        name, _, value = part.rpartition(" ")
        if name in _TEXTS_OF_CLOSING:
            fields[_TEXTS_OF_CLOSING[name]] = unquoted(value)
        elif name in _DAYS_OF_CLOSING:
            fields[_DAYS_OF_CLOSING[name]] = int(value)
        elif name in _AMOUNTS_OF_CLOSING:
            fields[name.replace(" ", "_")] = minor(value, x.currency)
        else:
            known = (*_AMOUNTS_OF_CLOSING, *_TEXTS_OF_CLOSING, *_DAYS_OF_CLOSING)
            raise ValueError(f"{part!r} is none of {', '.join(known)}, and what it is")
    return _update(x, "closed", actor=x.text("actor"), **fields)


def _update(x: Line, status: str, **fields: Any) -> Fact:
    empty = dict.fromkeys(("credited", "rejected", "written_off"), 0)
    named = {"dispute_id": x.text("dispute"), "status": status, "owner": "", "note": "", **empty, **fields}
    return r.DisputeUpdate(*x.common(), **named)


def _operator(x: Line, action: str) -> Fact:
    common = x.common()
    if x.found.get("who") == "directory":
        # It is headrace's own, and a person is not.
        common = (f"identify:{common[0]}", *x.common("headrace")[1:])
    return r.OperatorAction(
        *common,
        action,
        x.text("actor") or "someone",
        x.text("receipt"),
        x.text("document"),
        x.account if x.text("target") == "suspense" else x.text("target"),
        x.currency if x.found.get("amount") else "",
        x.money(),
        0,
        "",
    )


def _case(x: Line) -> Fact:
    return r.ServiceCase(*x.common(), x.text("case"), x.found["status"] or "", x.text("document"), "", "")


def _asked(x: Line, action: str) -> Fact:
    about = x.text("reference")
    return r.OperatorAction(*x.common(), action, "someone", "", "", "", "", 0, 0, "", reference_id=about)


def _relation(x: Line) -> Fact:
    entity, _, account = x.text("target").rpartition("/")
    return r.PayerRelation(
        *x.common(),
        x.text("relation"),
        account,
        entity,
        x.date("since", 0),
        x.date("until", 0),
        not account,
    )


def _credit_note(x: Line) -> Fact:
    fields = (x.text("document"), x.day, x.day, x.currency, x.money(), 0, x.text("invoice"), "")
    return r.CreditNote(*x.common(), *fields, dispute_id=x.text("dispute"))


def _shipment(x: Line) -> Fact:
    lines = shipped(x.found["items"] or "")
    return r.Shipment(*x.common(), x.text("shipment"), x.text("order"), x.text("carrier") or "carrier", x.day, lines)


def _delivered(x: Line) -> Fact:
    return r.ProofOfDelivery(*x.common(), x.text("shipment"), x.text("order"), x.day, x.text("complaint"))


def _advice(x: Line) -> Fact:
    lines = remitted(x.found["items"], x.currency)
    return r.RemittanceAdvice(
        *x.common(),
        x.text("advice"),
        x.currency,
        x.money(),
        x.text("receipt"),
        x.text("reference"),
        0,
        lines,
        taken_off(x.found.get("less"), x.currency),
        int(x.text("parts") or 0),
    )


def _dispute(x: Line) -> Fact:
    amount = x.money() if x.found.get("amount") else None
    # In the customer's own words, for the rules to find the category.
    words = x.text("words")
    category = x.text("category") or ("" if words else "pricing")
    return r.Dispute(
        *x.common(), x.text("dispute"), x.text("document"), x.currency, amount, category, words, x.text("channel")
    )


def _listed(text: str | None) -> list[str]:
    return [unquoted(part) for _, part in items(text or "")]


def _routing(x: Line) -> Fact:
    documents = _listed(x.found.get("items"))
    return _update(x, "in_review", owner=x.text("owner"), category=x.text("category"), documents=documents)


def _message(x: Line) -> Fact:
    direction = x.text("direction")
    status = "received" if direction == "in" else "sent"
    about, letter, words = x.text("document"), x.text("letter"), x.text("words")
    channel, status = x.text("channel") or "email", x.text("status") or status
    reason = x.text("reason")
    return r.Message(*x.common(), x.text("message"), direction, channel, status, about, letter, "", reason, words)


def _agreement(x: Line) -> Fact:
    valid = (x.date("since", 0), x.date("until", 0))
    price = int(Decimal(x.found.get("price") or "0").scaleb(6))
    cancelled = x.found.get("cancelled") is not None
    return r.PriceAgreement(*x.common(), x.text("agreement"), x.text("product"), x.currency, price, *valid, cancelled)


def _goods_back(x: Line) -> Fact:
    back = [
        r.ReturnLine(line.order_line, line.product, line.quantity_milli) for line in shipped(x.found["items"] or "")
    ]
    return r.Return(*x.common(), x.text("back"), x.text("order"), x.text("shipment"), x.day, "", back)


def _about_draft(x: Line, action: str) -> Fact:
    note, channel = x.text("words"), x.text("channel")
    actor = x.text("actor") or "someone"
    document = x.text("document")
    return r.OperatorAction(*x.common(), action, actor, "", document, "", "", 0, 0, note, category=channel)


def _account_owner(x: Line) -> Fact:
    return r.AccountOwner(*x.common(), x.text("role"), x.text("owner"), x.date("since", 0))


def _limit(x: Line) -> Fact:
    group = x.text("group")
    if group:
        x.account = f"{CREDIT_PREFIX}{group}"
    limit_id = x.text("limit") or "standard"
    dates = x.date("since", 0), x.date("until", 0)
    cancelled = x.found.get("cancelled") is not None
    fields = (limit_id, x.currency, x.money(), *dates, group, cancelled, x.text("actor"))
    return r.CreditLimit(*x.common(), *fields)


_PART = re.compile(rf"({PARTS['AMOUNT']}) by ({PARTS['DATE']})")


def _instalments(x: Line) -> Fact:
    parts = []
    for _, text in items(x.found["parts"] or ""):
        found = matched(_PART, text, "an amount by a date")
        parts.append(r.PromisePart(day_of(found[2]), minor(found[1], x.currency)))
    documents = _listed(x.found.get("items"))
    last = parts[-1].promised_date
    return r.Promise(*x.common(), x.text("promise"), x.currency, x.money(), last, documents, False, parts)


def _promise(x: Line) -> Fact:
    documents = [unquoted(text) for _, text in items(x.found.get("items") or "")]
    return r.Promise(*x.common(), x.text("promise"), x.currency, x.money(), x.date("by", x.day), documents, False)


def _cancelled(x: Line) -> Fact:
    return r.Promise(*x.common(), x.text("promise"), x.currency, 0, x.day, [], True)


_LESS = rf"{PARTS['AMOUNT']} as .+?"
_WHERE = "(?: bank bank=ID)?(?: reference reference=ID)?"
FACTS: list[tuple[re.Pattern[str], Callable[[Line], Fact]]] = [
    (pattern("customer(?:: items=ITEMS)?"), _customer),
    (pattern("order order=IDCURRENCY(?: po po=ID)?(?P<cancelled> cancelled)?(?:: items=ITEMS)?"), _order),
    (
        pattern(
            "(?P<stage>draft|invoice) document=ID(?: amount=AMOUNTCURRENCY)?(?: of order=ID)?(?: po po=ID)?"
            "(?: tax tax=AMOUNT)?(?: posting posting=DATE)?(?: due due=DATE)?"
            "(?: replacing replaced=ID)?"
            r"(?: less (?P<discounts>[\d.]+% in \d+ days(?: or [\d.]+% in \d+ days)*)(?P<net> of net)?(?: from base=DATE)?)?"
            r"(?: in instalments (?P<plan>[-\d.]+ on [-\d]+(?: and [-\d.]+ on [-\d]+)*))?"
            "(?:(?: consolidated)? in consolidated=ID)?(?: under contract=ID)?(?: taxed in jurisdiction=ID)?(?:: items=ITEMS)?"
        ),
        _invoice,
    ),
    (pattern("shipment shipment=ID of order=ID(?: by carrier=ID)?: items=ITEMS"), _shipment),
    (pattern("delivered shipment=ID of order=ID(?: with complaint complaint=ID)?"), _delivered),
    (
        pattern("credit note document=ID amount=AMOUNTCURRENCY(?: for invoice=ID)?(?: settling dispute=ID)?"),
        _credit_note,
    ),
    (
        pattern(
            "receipt receipt=ID amount=AMOUNTCURRENCY(?P<unidentified> unidentified)?(?: value value=DATE)?"
            f"(?: from payer=ID)?(?: by name=ID)?{_WHERE}(?: text text=ID)?(?: charges charges=AMOUNT)?(?: prepaying order=ID)?"
            f"(?: less (?P<less>{_LESS}))?(?: for items=ITEMS)?"
        ),
        _receipt,
    ),
    (pattern(f"returned receipt=ID amount=AMOUNTCURRENCY(?P<unidentified> unidentified)?{_WHERE}"), _returned),
    (
        pattern(
            "advice advice=ID amount=AMOUNTCURRENCY(?: of receipt=ID)?(?: reference reference=ID)?(?: in parts=ID parts)?"
            f"(?: less (?P<less>{_LESS}))?: items=ITEMS"
        ),
        _advice,
    ),
    (
        pattern(
            "dispute dispute=ID on document=ID(?: amount=AMOUNTCURRENCY)?(?: as category=ID)?(?: from channel=ID)?"
            "(?: saying words=ID)?"
        ),
        _dispute,
    ),
    (pattern("dispute dispute=ID in review(?: by owner=ID)?(?: as category=ID)?(?: with items=ITEMS)?"), _routing),
    (pattern("dispute dispute=ID waits for the customer"), lambda x: _update(x, "waiting_customer")),
    (pattern("owner owner=ID as role=ID(?: from since=DATE)?"), _account_owner),
    (pattern("promise promise=ID amount=AMOUNTCURRENCY in parts (?P<parts>.+?)(?: for items=ITEMS)?"), _instalments),
    (pattern("dispute dispute=ID closed(?: by actor=ID)?: items=ITEMS"), _closing),
    (pattern("promise promise=ID amount=AMOUNTCURRENCY by by=DATE(?: for items=ITEMS)?"), _promise),
    (pattern("promise promise=ID cancelled"), _cancelled),
    (pattern("relation relation=ID pays for target=ID(?: from since=DATE)?(?: until until=DATE)?"), _relation),
    (pattern("relation relation=ID cancelled"), _relation),
    (pattern("service case case=ID (?P<status>open|closed)(?: on document=ID)?"), _case),
    (
        pattern(
            "message message=ID (?P<direction>in|out)(?: about document=ID)?(?: with letter=ID)?(?: by channel=ID)?"
            "(?: as status=ID)?(?: because reason=ID)?(?:: words=ID)?"
        ),
        _message,
    ),
    (pattern("owner of role=ID is owner=ID(?: since since=DATE)?"), _account_owner),
    (
        pattern(
            "price agreement=ID of product=ID(?: price=AMOUNTCURRENCY)?(?P<cancelled> cancelled)?"
            "(?: from since=DATE)?(?: until until=DATE)?"
        ),
        _agreement,
    ),
    (pattern("goods back back=ID of order=ID(?: of shipment=ID)?: items=ITEMS"), _goods_back),
    (
        pattern("operator(?: actor=ID)? releases document=ID(?: saying words=ID)?"),
        lambda x: _about_draft(x, "release_invoice"),
    ),
    (pattern("operator withdraws document=ID(?: saying words=ID)?"), lambda x: _about_draft(x, "withdraw_draft")),
    (pattern("operator sends document=ID(?: by channel=ID)?"), lambda x: _about_draft(x, "send_invoice")),
    (
        pattern(
            "(?:credit limit|limit of group group=ID)(?: limit=ID)?: (?:amount=AMOUNTCURRENCY|(?P<cancelled>taken away))"
            "(?: from since=DATE)?(?: until until=DATE)?(?: by actor=ID)?"
        ),
        _limit,
    ),
    (pattern("operator asks for a statement"), lambda x: _asked(x, "request_statement")),
    (pattern("operator closes task reference=ID"), lambda x: _asked(x, "close_task")),
    (pattern("operator blocks reminders"), lambda x: _operator(x, "block_reminders")),
    (pattern("operator unblocks reminders"), lambda x: _operator(x, "unblock_reminders")),
    (
        pattern("operator(?: actor=ID)? applies receipt=ID to document=ID(?: amount=AMOUNTCURRENCY)?"),
        lambda x: _operator(x, "apply_cash"),
    ),
    (
        pattern("operator(?: actor=ID)? unapplies receipt=ID from document=ID(?: amount=AMOUNTCURRENCY)?"),
        lambda x: _operator(x, "unapply_cash"),
    ),
    (
        pattern("(?P<who>operator|directory)(?: actor=ID)? identifies receipt=ID as target=ID"),
        lambda x: _operator(x, "identify_payer"),
    ),
]
