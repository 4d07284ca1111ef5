"""Guards against running a compiled module whose source has changed since.

deploy/compile.py leaves compiled modules beside their sources, where they hide them, and the
digests of those sources in compiled.json. Nothing is compiled: nothing to guard.
"""

import hashlib
import json
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("benchmarks", "connectors", "dataflows", "headrace", "schemas", "sinks")
# The suffix with the interpreter's version in it; mypyc writes no other.
SUFFIX = EXTENSION_SUFFIXES[0]


class StaleCompiled(RuntimeError):
    """What is compiled is not what the sources say. The message names each module and what to do."""


def findings(root: Path = ROOT) -> list[str]:
    """What is wrong with the compiled modules under `root`, a line for each; empty is sound or not compiled."""
    present = {
        str(path.relative_to(root)).removesuffix(SUFFIX) + ".py"
        for package in PACKAGES
        for path in (root / package).rglob("*" + SUFFIX)
    }
    try:
        manifest = json.loads((root / "compiled.json").read_text())
    except FileNotFoundError:
        return [f"{name}: compiled, and not known from which source" for name in sorted(present)]
    if manifest["python"] != sys.implementation.cache_tag and not present:
        return []
    sources: dict[str, str] = manifest["sources"]
    found = [f"{name}: compiled, and not known from which source" for name in sorted(present - sources.keys())]
    for name, digest in sources.items():
        if name not in present:
            found.append(f"{name}: its compiled module is gone, those compiled with it are still there")
        elif not (root / name).is_file():
            found.append(f"{name}: compiled, and its source is gone")
        elif hashlib.sha256((root / name).read_bytes()).hexdigest() != digest:
            found.append(f"{name}: changed after it was compiled")
    return found


def refuse_stale() -> None:
    """Raises StaleCompiled where a module would run that is not what its source says. About a millisecond."""
    found = findings()
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise StaleCompiled(
            f"compiled modules do not fit their sources:\n{lines}\n"
            "Run `make setup` to compile again, or `make setup COMPILE=no` to run interpreted."
        )


def mode() -> str:
    """`compiled` or `interpreted`: how the hot path of this process runs."""
    return "compiled" if (ROOT / "schemas" / f"wire{SUFFIX}").is_file() else "interpreted"
