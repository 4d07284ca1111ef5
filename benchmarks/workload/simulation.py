"""The distributor put together."""

from collections.abc import Iterator

from benchmarks.workload.accounts import make_accounts
from benchmarks.workload.config import Config
from benchmarks.workload.fulfilment import Fulfilment, Prices
from benchmarks.workload.office import Office
from benchmarks.workload.payers import Payers
from benchmarks.workload.truth import Truth
from benchmarks.workload.world import World
from schemas.records import Fact


def simulate(config: Config, truth: Truth | None = None) -> Iterator[Fact]:
    """All facts of the run, in the order of recorded time; the same for the same Config everywhere.

    Memory is bounded by accounts and documents under way, not by the months simulated. Events that
    are late or sent twice stand where they were recorded. Measured November 2026 on one of 2 cores:
    50,000 facts/s with 500 accounts; with 20,000 accounts 25,000, and 50,000 where the caller has
    turned the garbage collector off: the generator makes no cycles while it runs.
    """
    return Simulation(config, truth).facts()


class Simulation:
    """One run of a distributor."""

    def __init__(self, config: Config, truth: Truth | None = None) -> None:
        self._world = World(config, truth)
        self._accounts = make_accounts(config, self._world.chance)
        prices = Prices(self._world.chance)
        office = Office(self._world, prices.of)
        office.describe(self._accounts)
        payers = Payers(self._world, office)
        Fulfilment(self._world, prices, payers.owe, payers.prepay, office.stuck).start(self._accounts)
        payers.start(self._accounts)
        office.start(self._accounts)

    def facts(self) -> Iterator[Fact]:
        """All facts; to be taken once."""
        return self._world.run()

    def sizes(self) -> dict[str, int]:
        """How many entries each structure holds now that grows as the run goes on."""
        return {
            **self._world.sizes(),
            "open": sum(len(x.open) for x in self._accounts),
            "credits": sum(len(x.credits) for x in self._accounts),
            "documents": sum(len(e.documents) for e in {id(x.entity): x.entity for x in self._accounts}.values()),
        }
