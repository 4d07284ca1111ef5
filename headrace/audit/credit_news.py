"""The check of what accounts that share a credit limit say to each other: it arrives as it was said, and nothing else does."""

from typing import Any, Final

from headrace.audit.findings import Check, account_of
from headrace.audit.keep import Keep, Scratch
from schemas.records import CreditExposure, CreditGroupTold, Decision

Said = tuple[Any, ...]


def _pack(value: list[Said | None]) -> Any:
    return value


class CreditNews:
    """All of the installation; shards may be read in any order. `sent` and `arrived`, then `finish`."""

    def __init__(self, check: Check, scratch: Scratch) -> None:
        self._check: Final = check
        # By event id: what was said, whether it has to be there by now, and what arrived.
        self._news: Final[Keep[list[Any]]] = Keep(scratch, _pack, list)

    def _put(self, event_id: str, at: int, value: Any) -> None:
        known = self._news.get(event_id) or [None, None]
        known[at] = value
        self._news.put(event_id, known)

    def sent(self, d: Decision, brought: bool) -> None:
        """A decision that states an exposure, or tells members. brought: the forwarder has done with it."""
        where = f"{d.tenant}/{d.entity}"
        event_id = f"credit:{d.shard}-{d.sequence}"
        if d.kind == "credit_exposure_stated":
            left = d.rule == "credit.left"
            said = (f"{where}/{d.counterparty}", d.account_id, d.currency, d.amount, left, d.sequence)
            self._put(event_id, 0, (*said, brought))
        elif d.kind == "credit_group_told":
            held = d.rule == "credit.group_held"
            for member in d.candidates:
                said_to = (f"{where}/{member}", d.reference_id, "", 0, held, d.sequence)
                self._put(f"{event_id}:{member}", 0, (*said_to, brought))

    def arrived(self, fact: CreditExposure | CreditGroupTold) -> None:
        to = f"{fact.tenant}/{fact.entity}/{fact.account_id}"
        if isinstance(fact, CreditExposure):
            self._put(fact.event_id, 1, (to, fact.from_account, fact.currency, fact.amount, fact.left, fact.number))
        else:
            self._put(fact.event_id, 1, (to, fact.group, "", 0, fact.held, fact.number))

    def finish(self) -> None:
        """All shards were read."""
        for event_id, (said, came) in self._news.items():
            self._check.checked += 1
            if said is None:
                self._check.find("from_nothing", f"{event_id} arrived, and no decision says so", account=came[0])
            elif came is None:
                if said[-1]:
                    self._check.find("stuck", f"{event_id} was said, and did not arrive", account=said[0])
            elif tuple(said[:-1]) != tuple(came):
                text = f"{event_id} says {came[1:]}, the decision says {said[1:-1]}"
                self._check.find("news_differ", text, account=came[0])


def is_news(d: Decision) -> bool:
    """Whether the forwarder brings it to other accounts."""
    return d.kind in ("credit_exposure_stated", "credit_group_told") and account_of(d) != ""
