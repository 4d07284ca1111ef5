"""deploy/find_python.sh finds a Python that fits, says so where there is none, and takes none that does not."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with a shell and nothing else."""
    path = tmp_path / "bin"
    path.mkdir()
    for name in ("bash", "cat", "env"):
        found = shutil.which(name)
        assert found is not None
        (path / name).symlink_to(found)
    return path


def find(tools: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", str(ROOT / "deploy" / "find_python.sh")],
        cwd=home,
        env={"PATH": str(tools), "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


def test_one_on_the_path_is_found_behind_one_that_does_not_fit(tools: Path, tmp_path: Path) -> None:
    script(tools / "python3.12", 'echo "pyenv: python3.12: command not found" >&2; exit 127')
    (tools / "python3").symlink_to(BASE)
    done = find(tools, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert Path(done.stdout.strip()).resolve() == BASE.resolve()


def test_one_of_pyenv_is_found(tools: Path, tmp_path: Path) -> None:
    versions = tmp_path / ".pyenv" / "versions"
    (versions / "3.10.1" / "bin").mkdir(parents=True)
    script(versions / "3.10.1" / "bin" / "python3.10", "exit 1")
    fitting = versions / f"3.{sys.version_info.minor}.99" / "bin"
    fitting.mkdir(parents=True)
    (fitting / BASE.name).symlink_to(BASE)
    done = find(tools, tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).resolve() == BASE.resolve()


def test_uv_is_asked_where_none_is_here(tools: Path, tmp_path: Path) -> None:
    script(tools / "uv", f'[ "$*" = "python find 3.11" ] && echo {BASE}')
    done = find(tools, tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).resolve() == BASE.resolve()


def test_where_there_is_none_it_says_what_to_install(tools: Path, tmp_path: Path) -> None:
    script(tools / "python3.12", 'echo "plain but broken"; exit 1')
    done = find(tools, tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "apt-get install python3 python3-venv python3-dev" in done.stderr
