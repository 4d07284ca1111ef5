# make setup   .venv with the command in .venv/bin/headrace; the hot path compiled where there is a C compiler
# make demo    simulate a distributor, run all flows, show the results
# make test    all tests
# make nightly the property tests, 10,000 cases of each; hours
# make check   lint, format, types, generated code, compose file
# make bench   BENCH=spine or another benchmark
# make lock    requirements.lock from pyproject.toml; UPGRADE=--upgrade takes the newest of everything
# COMPILE=no, or HEADRACE_INTERPRETED=1 in the environment, runs the same source interpreted.
.PHONY: setup demo test nightly check bench lock clean
.NOTPARALLEL:

BIN := .venv/bin
BENCH ?= spine
TESTS ?=
# Tests wait for processes a third of their time: three for two cores.
WORKERS ?= 3
COMPILE ?= yes
UPGRADE ?=
LOCK := $(BIN)/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" pyproject.toml

setup:
	@COMPILE=$(COMPILE) deploy/setup.sh

demo: setup
	@$(BIN)/headrace demo

test: setup
	@$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(TESTS)

nightly: setup
	@$(BIN)/pytest -n 2 --dist loadgroup -m hypothesis --hypothesis-profile=nightly -o faulthandler_timeout=0 $(TESTS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy deploy/compile.py
	$(BIN)/python -m schemas.generate --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

bench: setup
	@$(BIN)/headrace bench $(BENCH)

$(BIN)/uv:
	@COMPILE=$(COMPILE) deploy/setup.sh

lock: $(BIN)/uv
	$(LOCK) --extra dev --output-file requirements.lock
	$(LOCK) --constraints requirements.lock --output-file deploy/requirements.lock

clean:
	rm -rf .venv build compiled.json
	find benchmarks connectors dataflows headrace schemas sinks -name '*.so' -delete
	rm -f headrace_native__mypyc*.so
