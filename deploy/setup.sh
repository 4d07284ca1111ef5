#!/usr/bin/env bash
# Makes .venv as requirements.lock says, puts the headrace command in it, and compiles the hot path.
#
# Quick when nothing changed: .venv/made holds a digest of what it was made from. The digest covers
# this directory's path too, because scripts in .venv/bin name it: a moved clone is made again.
# COMPILE=no, or HEADRACE_INTERPRETED=1, leaves the hot path to the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compile="${COMPILE:-yes}"
if [[ -n "${HEADRACE_INTERPRETED:-}" && "${HEADRACE_INTERPRETED}" != 0 ]]; then compile=no; fi

wanted() { cat requirements.lock pyproject.toml deploy/setup.sh <(pwd) | cksum; }

if [[ ! -x .venv/bin/headrace || "$(cat .venv/made 2>/dev/null)" != "$(wanted)" ]] || ! .venv/bin/python -c ''; then
    if ! .venv/bin/python -c 'import pip' 2>/dev/null || [[ "$(cat .venv/path 2>/dev/null)" != "$PWD" ]]; then
        python="$(deploy/find_python.sh)"
        echo "Making .venv with $("$python" --version) ($python)"
        rm -rf .venv
        "$python" -m venv .venv
        pwd >.venv/path
    fi
    rm -f .venv/made
    echo "Installing what requirements.lock names; about a minute the first time"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
    if ! problems="$(.venv/bin/python -m pip check)"; then
        echo "$problems" >&2
        echo "requirements.lock does not have all that pyproject.toml names; run make lock, then make again" >&2
        exit 1
    fi
    wanted >.venv/made
fi

.venv/bin/python deploy/compile.py "$compile"
