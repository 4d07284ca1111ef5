"""A simulated distributor, with the truth known, and what benchmarks and tests make from it.

`simulate` gives the facts its systems publish, `Truth` writes beside them what really was so,
`publish` appends facts to the producers' topics of a log, `interleavings` mixes them across topics,
`bench_stream` is a faster and plainer stream for measuring rates, `ar_history_shape` writes a file of
the shape of the public late-payment sample. Nothing here knows how facts are matched or decided.
"""

from benchmarks.workload.config import Config, Rates
from benchmarks.workload.history import ar_history_shape
from benchmarks.workload.publishing import interleavings, publish
from benchmarks.workload.simulation import Simulation, simulate
from benchmarks.workload.stream import bench_stream, warm_up_facts
from benchmarks.workload.truth import TROUBLES, Truth

__all__ = [
    "TROUBLES",
    "Config",
    "Rates",
    "Simulation",
    "Truth",
    "ar_history_shape",
    "bench_stream",
    "interleavings",
    "publish",
    "simulate",
    "warm_up_facts",
]
