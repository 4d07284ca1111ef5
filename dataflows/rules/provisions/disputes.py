"""[disputes]: how disputes are told, routed, timed and closed. Source: REFERENCE 3.3, CAPABILITIES B1 to B7."""

from typing import Final

from dataflows.rules.policy.policy_tables import Table, WrongPolicy
from dataflows.rules.provisions.people import read_absence, there

# The strongest first: where a message has words of several categories, as often, the first of them is meant.
CATEGORIES: Final = (
    "duplicate",
    "not_received",
    "missing_pod",
    "missing_po",
    "damage",
    "shortage",
    "return",
    "quality",
    "tax",
    "pricing",
    "freight",
    "promotion",
    "unearned_discount",
    "other",
)
DOCUMENTS: Final = ("proof_of_delivery", "price_agreement", "order")
WHILE_DISPUTED: Final = ("pause", "until_review")
# An owner that begins so is whoever has that role of the account.
ROLE: Final = "role:"
MOST_HOURS: Final = 10_000
HOUR_MINUTES: Final = 60


class Route:
    """Who owns a dispute: of a category and region (empty is any), of at least so much; and by whose calendar."""

    __slots__ = ("above_minor", "calendar", "category", "owner", "region")

    def __init__(self, table: Table) -> None:
        self.category: Final = table.text("category") if table.has("category") else ""
        if self.category and self.category not in CATEGORIES:
            raise WrongPolicy(f"{table.at('category')}: {self.category!r} must be one of {', '.join(CATEGORIES)}")
        self.region: Final = table.text("region") if table.has("region") else ""
        self.above_minor: Final = table.minor("above_minor") if table.has("above_minor") else 0
        self.owner: Final = table.text("owner")
        if not self.owner:
            raise WrongPolicy(f"{table.at('owner')}: must not be empty")
        self.calendar: Final = table.text("calendar") if table.has("calendar") else ""
        table.done()

    def fits(self, category: str, region: str, amount: int) -> bool:
        """Whether a dispute of that category and amount, of a customer of that region, is this owner's."""
        return self.category in ("", category) and self.region in ("", region) and amount >= self.above_minor

    @property
    def fits_all(self) -> bool:
        return not self.category and not self.region and not self.above_minor


class Claim:
    """A promotion or other claim that the customer has: which deductions it allows, up to how much of an invoice.

    codes: reason codes as sent, empty is any; most_ppm: millionths of the invoice; most_minor: minor units; both hold.
    first_day, last_day: of the invoice, days since 1970-01-01, both included.
    """

    __slots__ = ("category", "codes", "first_day", "last_day", "most_minor", "most_ppm", "name")

    def __init__(self, table: Table) -> None:
        self.name: Final = table.text("name")
        self.category: Final = table.text("category") if table.has("category") else ""
        self.codes: Final = table.texts("codes") if table.has("codes") else []
        if not self.name or not (self.category or self.codes):
            raise WrongPolicy(f"{table.at('name')}: {self.name!r} must not be empty, and say a category or codes")
        self.most_ppm: Final = table.number("most_ppm", 1, 1_000_000) if table.has("most_ppm") else 1_000_000
        self.most_minor: Final = table.minor("most_minor") if table.has("most_minor") else 0
        self.first_day: Final = table.day("from")
        self.last_day: Final = table.day("until")
        if self.last_day < self.first_day:
            raise WrongPolicy(f"{table.at('until')}: is before from")
        table.done()

    def names(self, category: str, code: str) -> bool:
        """Whether a deduction of that category and reason code is of this claim."""
        return self.category in ("", category) and (not self.codes or code in self.codes)

    def allowed(self, invoice_amount: int, invoice_date: int) -> int:
        """Minor units that may be deducted of an invoice; 0 outside its days."""
        if not self.first_day <= invoice_date <= self.last_day:
            return 0
        most = invoice_amount * self.most_ppm // 1_000_000
        return min(most, self.most_minor) if self.most_minor else most


class DisputeTerms:
    """from_messages: whether what customers write opens disputes; keywords: by category, lower case;
    documents: by category, what is needed to judge it; routes: the first that fits has it;
    sla_minutes: business minutes until escalation, by category, "default" for the others;
    escalations: who is told, step by step, escalation_minutes after each other;
    until_review: what is contested is dunned again once the first deadline is passed;
    highest_level: the undisputed rest of a disputed item is not reminded above it; 0 is without;
    goodwill_minor: goodwill up to this needs no approval;
    claims: what customers may deduct."""

    __slots__ = (
        "absences",
        "claims",
        "documents",
        "escalation_minutes",
        "escalations",
        "from_messages",
        "goodwill_minor",
        "highest_level",
        "keywords",
        "routes",
        "sla_minutes",
        "until_review",
    )

    def __init__(self, table: Table) -> None:
        self.from_messages: Final = table.flag("from_messages")
        self.until_review: Final = table.one_of("while_disputed", WHILE_DISPUTED) == "until_review"
        self.highest_level: Final = table.number("highest_level", 0, 100)
        self.goodwill_minor: Final = table.minor("goodwill_minor")
        self.keywords: Final = _texts_by_category(table.table("keywords"))
        for category, words in self.keywords.items():
            for word in words:
                if not word or word != " ".join(word_list(word)):
                    raise WrongPolicy(
                        f"{table.at('keywords')}.{category}: {word!r} must be words in lower case, one blank between"
                    )
        self.documents: Final = _texts_by_category(table.table("documents"))
        for category, names in self.documents.items():
            for name in names:
                if name not in DOCUMENTS:
                    raise WrongPolicy(
                        f"{table.at('documents')}.{category}: {name!r} must be one of {', '.join(DOCUMENTS)}"
                    )
        hours = table.table("sla_hours")
        self.sla_minutes: Final = {
            name: HOUR_MINUTES * hours.number(name, 1, MOST_HOURS)
            for name in ("default", *CATEGORIES)
            if name == "default" or hours.has(name)
        }
        hours.done()
        self.escalations: Final = table.texts("escalations")
        self.escalation_minutes: Final = HOUR_MINUTES * table.number("escalation_hours", 1, MOST_HOURS)
        self.routes: Final = [Route(route) for route in table.tables("routes")]
        if self.routes and not self.routes[-1].fits_all:
            raise WrongPolicy(f"{table.at('routes')}: the last one must fit every dispute: nothing but an owner")
        self.claims: Final = [Claim(claim) for claim in table.tables("claims")]
        self.absences: Final = [read_absence(part, "owner", "cover") for part in table.tables("absences")]
        table.done()

    def route(self, category: str, region: str, amount: int) -> Route | None:
        """The first route that fits; None where there are none."""
        for route in self.routes:
            if route.fits(category, region, amount):
                return route
        return None

    def present(self, owner: str, day: int) -> str:
        """The owner, or who stands in for them that day; who stands in may be away too."""
        return there(self.absences, owner, day)

    def review_minutes(self, category: str) -> int:
        """Business minutes that the owner has."""
        known = self.sla_minutes.get(category)
        return self.sla_minutes["default"] if known is None else known


def word_list(text: str) -> list[str]:
    """Words of a text in lower case: letters and digits only."""
    found: list[str] = []
    word = ""
    for letter in text.lower() + " ":
        if letter.isalnum():
            word += letter
        elif word:
            found.append(word)
            word = ""
    return found


def _texts_by_category(table: Table) -> dict[str, list[str]]:
    found = {category: table.texts(category) for category in CATEGORIES if table.has(category)}
    table.done()
    return found
