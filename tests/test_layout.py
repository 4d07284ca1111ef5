"""Who may import whom, and how long a function may be, read from the sources.

headrace -> dataflows -> dataflows/rules; schemas, connectors and sinks know neither. The rules are
pure: the standard library less what reaches outside, and the schemas' records. bytewax is in the flow shells only.
"""

import ast
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("benchmarks", "connectors", "dataflows", "headrace", "schemas", "sinks")
MOST_LINES = 70

# What reaches outside a function: the rules may not see a clock, a random number, a file or another process.
IMPURE = (
    *("asyncio", "ctypes", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets"),
    *("select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time"),
    *("urllib", "uuid"),
)
# Calls that read the machine's clock, whatever they are called on.
CLOCKS = frozenset({"now", "today", "utcnow"})
# The text of the policy that ships with the rules is read once, when they are loaded.
ALLOWED = {("dataflows/rules/policy/policy.py", "pathlib.Path")}
COMPILER = frozenset({"librt", "mypy_extensions"})


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module. `line` is 1-based."""

    path: str
    line: int
    module: str

    def within(self, *packages: str) -> bool:
        return any(self.module == package or self.module.startswith(package + ".") for package in packages)


def imports_of(path: str, text: str) -> list[Import]:
    """All imports of a source, in functions and under TYPE_CHECKING too; `from a import b` counts as a.b and relative
    ones as what they mean."""
    package = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").split(".")
    if not path.endswith("/__init__.py"):
        package = package[:-1]
    found = []
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.Import):
            found += [Import(path, node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [Import(path, node.lineno, f"{module}.{alias.name}") for alias in node.names]
    return found


def breach(found: Import) -> str:
    """Why this import may not be where it is, or empty."""
    path = found.path
    standard = found.module.split(".")[0] in sys.stdlib_module_names
    if path.startswith("dataflows/rules/"):
        pure = (standard and not found.within(*IMPURE)) or (path, found.module) in ALLOWED
        if not (pure or found.within("schemas", "dataflows.rules", *COMPILER)):
            return "the rules import pure standard library, schemas and each other only"
    elif path.startswith("dataflows/shards/"):
        if found.within("bytewax", "sinks", "headrace", "benchmarks"):
            return "the shards import no bytewax, sinks, headrace or benchmarks"
        if found.within("connectors") and not found.within("connectors.log.base"):
            return "of the connectors, the shards know the log's interface only"
        if found.within("dataflows") and not found.within("dataflows.rules", "dataflows.shards"):
            return "the shards import the rules, never the flow shells"
    elif path.startswith("dataflows/"):
        if found.within("headrace", "benchmarks"):
            return "dataflows never import headrace or benchmarks"
    elif found.within("bytewax"):
        return "bytewax is imported in the flow shells only: dataflows/*.py"
    if path.startswith(("schemas/", "connectors/", "sinks/")) and found.within("dataflows", "headrace", "benchmarks"):
        return "schemas, connectors and sinks never import dataflows, headrace or benchmarks"
    if path.startswith("schemas/") and found.within("connectors", "sinks"):
        return "schemas import nothing of ours"
    if path.startswith("connectors/") and found.within("sinks"):
        return "what comes in knows nothing of what goes out"
    return ""


def sources() -> dict[str, str]:
    """Path from the root to text, of every source of the project but the tests."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text() for path in paths}


def test_imports_go_one_way() -> None:
    breaches = [
        f"{found.path}:{found.line}: imports {found.module}: {why}"
        for path, text in sources().items()
        for found in imports_of(path, text)
        if (why := breach(found))
    ]
    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("dataflows/rules/cash/cash.py", "import time"),
        ("dataflows/rules/cash/cash.py", "from random import choice"),
        ("dataflows/rules/cash/cash.py", "import logging"),
        ("dataflows/rules/cash/cash.py", "import structlog"),
        ("dataflows/rules/cash/cash.py", "from dataflows.shards import shard"),
        ("dataflows/rules/cash/cash.py", "from ...shards import shard"),
        ("dataflows/rules/cash/cash.py", "from connectors.log.base import Log"),
        ("dataflows/shards/shard.py", "import bytewax.operators as op"),
        ("dataflows/shards/shard.py", "from connectors.log.sqlite import SqliteLog"),
        ("dataflows/shards/shard.py", "from connectors import log"),
        ("dataflows/shards/shard.py", "import dataflows.receivables"),
        ("dataflows/shards/shard.py", "from headrace import settings"),
        ("dataflows/receivables.py", "import headrace.settings"),
        ("dataflows/receivables.py", "def f():\n    from headrace import settings"),
        ("headrace/main.py", "import bytewax"),
        ("connectors/log/sqlite.py", "from bytewax.inputs import FixedPartitionedSource"),
        ("connectors/log/sqlite.py", "from dataflows.rules import money"),
        ("sinks/clickhouse/sink.py", "from headrace.settings import Settings"),
        ("connectors/log/sqlite.py", "from sinks import redis"),
        ("schemas/codec.py", "import connectors"),
        ("schemas/codec.py", "import benchmarks.workload"),
    ],
)
def test_a_breach_is_seen(path: str, line: str) -> None:
    assert [breach(found) for found in imports_of(path, line)] != [""]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("dataflows/rules/cash/cash.py", "from bisect import bisect_left"),
        ("dataflows/rules/cash/cash.py", "from mypy_extensions import i64"),
        ("dataflows/rules/cash/cash.py", "from schemas.records import Receipt"),
        ("dataflows/rules/cash/cash.py", "from ..money import minor"),
        ("dataflows/shards/shard.py", "from connectors.log.base import LogUnavailable, Writer"),
        ("dataflows/shards/shard.py", "from dataflows.rules import cash"),
        ("dataflows/shards/store.py", "import rocksdict"),
        ("dataflows/receivables.py", "import bytewax.operators as op"),
        ("dataflows/receivables.py", "from sinks.clickhouse import sink"),
        ("headrace/main.py", "from dataflows import receivables"),
        ("sinks/redis/sink.py", "from schemas.codec import decode_decision"),
        ("benchmarks/spine.py", "from headrace.settings import load"),
    ],
)
def test_what_is_allowed_is_not_a_breach(path: str, line: str) -> None:
    assert [breach(found) for found in imports_of(path, line)] in ([""], ["", ""])


def clock_calls(text: str) -> list[int]:
    """Lines of a source that call one of CLOCKS."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [c.lineno for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in CLOCKS]


def test_no_rule_asks_the_machine_for_the_time() -> None:
    asking = [
        f"{p}:{line}" for p, text in sources().items() if p.startswith("dataflows/rules/") for line in clock_calls(text)
    ]
    assert not asking, f"time is a fact: {asking}"
    assert clock_calls("from datetime import date\nday = date.today()\nstate.now\n") == [2]


def test_every_function_fits_a_screen() -> None:
    too_long = [
        f"{path}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines; at most {MOST_LINES}"
        for path, text in sources().items()
        if path != "schemas/records.py"
        for node in ast.walk(ast.parse(text, path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_LINES
    ]
    assert not too_long, "\n".join(too_long)


def test_every_package_says_what_lives_in_it() -> None:
    silent = [
        path
        for path, text in sources().items()
        if path.endswith("__init__.py") and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent, f"a folder's first docstring says what lives in it: {silent}"
