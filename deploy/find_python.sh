#!/usr/bin/env bash
# Prints the path of a Python that headrace runs on: 3.12 or 3.11, able to make a virtual environment.
#
# Looks on PATH, then in pyenv's versions, then asks uv (one that is here, or one that pip can fetch
# into build/uv) for one. One with C headers is preferred: the hot path can be compiled with it.
# Exits 1 and says what to install where there is none.
set -euo pipefail

fitting='
import sys, sysconfig
if sys.version_info[:2] not in ((3, 11), (3, 12)) or sys.implementation.name != "cpython":
    sys.exit(1)
import bz2, ctypes, ensurepip, lzma, sqlite3, ssl, venv
from pathlib import Path
headers = Path(sysconfig.get_path("include"), "Python.h").is_file()
print("headers" if headers else "plain", getattr(sys, "_base_executable", sys.executable))
'

candidates() {
    local name path
    for name in python3.12 python3.11 python3 python; do
        type -aP "$name" || continue
    done
    for path in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[12]*/bin/python3.1[12]; do
        if [[ -x "$path" ]]; then echo "$path"; fi
    done
}

# The first of standard input's interpreters that fits, with headers if there is one.
choose() {
    local candidate answer plain=""
    while read -r candidate; do
        answer="$("$candidate" -I -c "$fitting" 2>/dev/null)" || continue
        case "$answer" in
            headers\ *) echo "${answer#headers }"; return 0 ;;
            plain\ *) plain="${plain:-${answer#plain }}" ;;
        esac
    done
    [[ -n "$plain" ]] && echo "$plain"
}

uv_command() {
    if type -P uv; then return 0; fi
    local python
    python="$(type -P python3)" || return 1
    if [[ ! -x build/uv/bin/uv ]]; then
        "$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target build/uv uv >&2 ||
            return 1
    fi
    echo build/uv/bin/uv
}

by_uv() {
    local uv
    uv="$(uv_command)" || return 1
    "$uv" python find 3.12 2>/dev/null || "$uv" python find 3.11 2>/dev/null && return 0
    "$uv" python install --quiet 3.12 >&2 && "$uv" python find 3.12
}

if choose < <(candidates); then exit 0; fi
echo "No Python 3.12 or 3.11 here that can make a virtual environment; asking uv for one." >&2
if found="$(by_uv)" && choose <<<"$found"; then exit 0; fi
cat >&2 <<'SAY'
headrace needs CPython 3.12 or 3.11 with venv, ssl and sqlite3, and found none. Install one of:
  Debian, Ubuntu:  apt-get install python3 python3-venv python3-dev   (where python3 is 3.11 or 3.12)
  Fedora:          dnf install python3.12 python3.12-devel
  macOS:           brew install python@3.12
  anywhere:        uv python install 3.12, or pyenv install 3.12
then run make again.
SAY
exit 1
