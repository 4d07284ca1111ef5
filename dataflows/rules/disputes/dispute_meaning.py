"""Which category of dispute a customer's words mean, by the policy's keywords. Source: CAPABILITIES B1."""

from typing import Final

from dataflows.rules.provisions.disputes import CATEGORIES, DisputeTerms, word_list

# Of a text; of the keywords that a decision names.
MOST_CHARACTERS: Final = 20_000
MOST_KEYWORDS: Final = 20
ALL_PPM: Final = 1_000_000


class Meaning:
    """A category with what speaks for it, what speaks for others, and how sure it is (millionths).

    category: one of CATEGORIES; empty where nothing was found.
    """

    __slots__ = ("category", "confidence_ppm", "evidence", "excluded")

    def __init__(self, category: str, evidence: list[str], excluded: list[str], confidence_ppm: int) -> None:
        self.category = category
        self.evidence: Final = evidence
        self.excluded: Final = excluded
        self.confidence_ppm: Final = confidence_ppm


def meaning_of(text: str, terms: DisputeTerms) -> Meaning:
    """The category most of whose keywords are in the text; of several with as many the strongest, by CATEGORIES."""
    words = f" {' '.join(word_list(text[:MOST_CHARACTERS]))} "
    best = ""
    most = 0
    total = 0
    found: dict[str, list[str]] = {}
    for category in CATEGORIES:
        hits = [keyword for keyword in terms.keywords.get(category, []) if f" {keyword} " in words]
        if not hits:
            continue
        found[category] = hits
        total += len(hits)
        if len(hits) > most:
            best, most = category, len(hits)
    if not best:
        return Meaning("", [], [], 0)
    excluded = [f"{name}: {', '.join(hits)}" for name, hits in found.items() if name != best]
    return Meaning(best, [f"keyword:{word}" for word in found[best][:MOST_KEYWORDS]], excluded, ALL_PPM * most // total)
