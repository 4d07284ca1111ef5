"""Compiles the hot path in place with mypyc: the modules that pyproject.toml lists under [tool.headrace].

`python deploy/compile.py yes` compiles where sources, compiler or Python changed, `no` removes what
was compiled. Without a C compiler or Python's headers it says so and leaves the source to the
interpreter; the results are the same, at a fraction of the speed.

A compiled module hides its .py file, so compiled.json beside pyproject.toml keeps the digest of
each source; headrace.compiled compares them before anything runs.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mypyc.build import mypycify
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "compiled.json"
BUILD = Path("build/native")
GROUP = "headrace_native"
SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))
# -O3 took as long and ran no faster than -O2 (3.11, gcc 12, November 2026).
OPTIMISE = "2"


def listed() -> list[str]:
    """The .py files to compile, relative to the root, sorted: the entries of `compiled`, which may be patterns."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["headrace"]
    found: set[Path] = set()
    for pattern in settings["compiled"]:
        matches = {path for path in ROOT.glob(pattern) if path.name != "__init__.py"}
        if not matches and "*" not in pattern:
            sys.exit(f"pyproject.toml: [tool.headrace] compiled names {pattern}, which is not there")
        found |= matches
    return sorted(str(path.relative_to(ROOT)) for path in found)


def manifest(modules: list[str]) -> dict[str, Any]:
    """What a build is made from; equal manifests make equal builds."""
    return {
        "python": sys.implementation.cache_tag,
        "mypyc": version("mypy"),
        "built_by": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
        "sources": {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in modules},
    }


def outputs(modules: list[str]) -> list[Path]:
    """The files that a build leaves: one for each module and the one they share."""
    return [ROOT / (GROUP + "__mypyc" + SUFFIX), *(ROOT / (name.removesuffix(".py") + SUFFIX) for name in modules)]


def remove() -> bool:
    """Takes away every compiled module of any build and any Python; False where there was none."""
    packages = [path.parent for path in ROOT.glob("*/__init__.py")]
    stale = [path for package in packages for path in package.rglob("*.so")] + list(ROOT.glob(f"{GROUP}__mypyc*.so"))
    for path in stale:
        path.unlink()
    MANIFEST.unlink(missing_ok=True)
    return bool(stale)


def missing_compiler() -> str:
    """Why nothing can be compiled here, or empty."""
    # As setuptools chooses it.
    command = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()
    if shutil.which(command[0]) is None:
        return f"no C compiler ({command[0]})"
    include = sysconfig.get_path("include")
    with tempfile.TemporaryDirectory() as directory:
        probe = Path(directory, "probe.c")
        probe.write_text("#include <Python.h>\n")
        done = subprocess.run([*command, "-I", include, "-fsyntax-only", str(probe)], capture_output=True, check=False)
    return "" if done.returncode == 0 else f"{command[0]} does not find Python's headers in {include}"


class ParallelBuild(build_ext):
    """build_ext that compiles the C files of an extension side by side and links them in place."""

    def build_extension(self, ext: Extension) -> None:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            # The largest first, so that the last ones to run are short.
            sources = sorted(ext.sources, key=lambda source: -Path(source).stat().st_size)
            objects = list(pool.map(lambda source: self._object(ext, source), sources))
        target = self.get_ext_fullpath(ext.name)
        self.compiler.link_shared_object(objects, target, build_temp=self.build_temp)

    def _object(self, ext: Extension, source: str) -> str:
        # Another compiler's new warnings are no reason to stop.
        options = [option for option in ext.extra_compile_args if option != "-Werror"]
        made: list[str] = self.compiler.compile(
            [source], output_dir=self.build_temp, include_dirs=ext.include_dirs, extra_postargs=options
        )
        return made[0]


def build(modules: list[str]) -> None:
    shutil.rmtree(BUILD, ignore_errors=True)
    extensions = mypycify(
        modules, opt_level=OPTIMISE, debug_level="0", multi_file=True, group_name=GROUP, target_dir=str(BUILD)
    )
    command = ParallelBuild(Distribution({"name": "headrace", "ext_modules": extensions}))
    command.inplace = True
    command.build_temp = str(BUILD / "objects")
    command.build_lib = str(BUILD / "lib")
    command.ensure_finalized()
    command.run()


def main(arguments: list[str]) -> int:
    if arguments not in (["yes"], ["no"]):
        print("usage: python deploy/compile.py yes|no", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    modules = listed()
    wanted = manifest(modules)
    if arguments == ["no"]:
        if remove():
            print("Removed what was compiled; the hot path runs interpreted")
        return 0
    if MANIFEST.is_file() and json.loads(MANIFEST.read_text()) == wanted and all(p.is_file() for p in outputs(modules)):
        return 0
    remove()
    reason = missing_compiler()
    if reason:
        print(f"Not compiled: {reason}. The hot path runs interpreted: same results, slower", file=sys.stderr)
        return 0
    print(f"Compiling {len(modules)} modules with mypyc", flush=True)
    build(modules)
    MANIFEST.write_text(json.dumps(wanted, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
