"""A compiled module never runs in place of a source that says something else."""

import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from headrace.compiled import SUFFIX, findings

ROOT = Path(__file__).parents[2]
NOT_KNOWN = "compiled, and not known from which source"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a build needs, with one module to compile."""
    for package in ("schemas", "headrace", "deploy"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    settings = '[tool.headrace]\ncompiled = ["schemas/w*.py"]\n\n[tool.mypy]\nstrict = true\n'
    (tmp_path / "pyproject.toml").write_text(settings)
    return tmp_path


def compile_in(tree: Path, wish: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "deploy/compile.py", wish],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=300,
        env={"PATH": "/usr/bin:/bin", **environment},
        check=False,
    )


def wire_file_of(tree: Path) -> str:
    code = "import schemas.wire as w; print(w.__file__, w.Reader(b'\\x04').long())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def has_compiler() -> bool:
    probe = "from deploy.compile import missing_compiler; print(missing_compiler())"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout == "\n"


@pytest.mark.skipif(not has_compiler(), reason="no C compiler or no Python headers")
def test_compiles_guards_compiles_again_and_takes_away(tree: Path) -> None:
    assert findings(tree) == []

    done = compile_in(tree, "yes")
    assert (done.returncode, done.stdout) == (0, "Compiling 1 modules with mypyc\n"), done.stderr
    assert findings(tree) == []
    assert wire_file_of(tree) == f"{tree}/schemas/wire{SUFFIX} 2\n"
    assert compile_in(tree, "yes").stdout == "", "nothing changed, nothing to do"

    source = tree / "schemas" / "wire.py"
    source.write_text(source.read_text().replace("MAX_ARRAY_ITEMS: Final = 20_000", "MAX_ARRAY_ITEMS: Final = 10_000"))
    assert findings(tree) == ["schemas/wire.py: changed after it was compiled"]

    assert compile_in(tree, "yes").returncode == 0
    assert findings(tree) == []

    assert compile_in(tree, "no").stdout == "Removed what was compiled; the hot path runs interpreted\n"
    assert findings(tree) == []
    assert not list((tree / "schemas").rglob("*.so"))
    assert not list(tree.glob("*.so"))
    assert wire_file_of(tree) == f"{tree}/schemas/wire.py 2\n"


def test_without_a_compiler_the_source_runs_as_it_is(tree: Path) -> None:
    done = compile_in(tree, "yes", CC="no-such-cc")
    assert done.returncode == 0
    assert (
        done.stderr == "Not compiled: no C compiler (no-such-cc). The hot path runs interpreted: same results, slower\n"
    )
    assert findings(tree) == []
    assert wire_file_of(tree) == f"{tree}/schemas/wire.py 2\n"


def test_a_listed_module_that_is_not_there_is_said(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.headrace]\ncompiled = ["schemas/gone.py"]\n')
    done = compile_in(tree, "yes")
    assert done.returncode == 1
    assert done.stderr == "pyproject.toml: [tool.headrace] compiled names schemas/gone.py, which is not there\n"


def test_every_way_to_be_stale_is_found(tmp_path: Path) -> None:
    package = tmp_path / "dataflows" / "rules"
    package.mkdir(parents=True)
    for name in ("same", "edited", "lost", "stray", "orphan"):
        (package / f"{name}.py").write_text(f"NAME = {name!r}\n")
        (package / f"{name}{SUFFIX}").write_bytes(b"machine code")
    assert findings(tmp_path) == sorted(
        f"dataflows/rules/{n}.py: {NOT_KNOWN}" for n in ("same", "edited", "lost", "stray", "orphan")
    )

    kept = ("same", "edited", "lost", "orphan")
    sources = {f"dataflows/rules/{n}.py": sha256((package / f"{n}.py").read_bytes()).hexdigest() for n in kept}
    manifest = {"python": sys.implementation.cache_tag, "sources": sources}
    (tmp_path / "compiled.json").write_text(json.dumps(manifest))
    (package / "edited.py").write_text("NAME = 'another'\n")
    (package / f"lost{SUFFIX}").unlink()
    (package / "orphan.py").unlink()
    assert findings(tmp_path) == [
        f"dataflows/rules/stray.py: {NOT_KNOWN}",
        "dataflows/rules/edited.py: changed after it was compiled",
        "dataflows/rules/lost.py: its compiled module is gone, those compiled with it are still there",
        "dataflows/rules/orphan.py: compiled, and its source is gone",
    ]


def test_a_build_for_another_python_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "compiled.json").write_text(json.dumps({"python": "cpython-27", "sources": {"a/b.py": "0"}}))
    assert findings(tmp_path) == []
