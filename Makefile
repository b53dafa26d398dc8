# Needs only Python >= 3.11 and make. Everything else is in .venv, pinned by hash.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
UV_VERSION := 0.13.9
ARGS ?=
NATIVE_TESTS := tests/native tests/flow tests/oracle tests/services/attendance tests/shared

.PHONY: help venv demo up down test test-native lint format lock soak mutants bench bench-national clean

help: ## Show this list
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

venv: $(STAMP) ## Make .venv from requirements.lock (at once when up to date)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; say which with PYTHON=…" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## The whole system, a realistic webinar, a table of results (ARGS="--participants 2000 --once")
	@$(BIN)/hadir demo $(ARGS)

up: $(STAMP) ## The same system, empty, for real use, until Ctrl-C (ARGS="--json FILE --detach")
	@$(BIN)/hadir up $(ARGS)

down: $(STAMP) ## Stop what `make up` started
	@$(BIN)/hadir down $(ARGS)

test: $(STAMP) ## All tests, against a real broker and store
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder $(ARGS)

test-native: $(STAMP) ## The attendance service's tests and the running system, against the compiled build
	@tree=$$($(BIN)/python -m deploy.native) && PYTHONSAFEPATH=1 \
	  PYTHONPATH=$$tree:$(CURDIR) $(BIN)/python -m pytest -n 2 --no-loadscope-reorder \
	  -o pythonpath="$$tree ." $(NATIVE_TESTS) $(ARGS)

lint: $(STAMP) ## Ruff, mypy and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## Rewrite the code in the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(STAMP) ## Long tests: 200 kills, and 20 webinars of 500 people in three orders of arrival
	@HADIR_KILLS=$${HADIR_KILLS:-200} $(BIN)/python -m pytest tests/flow/test_kill.py $(ARGS)
	@$(BIN)/python -m pytest -m soak tests/oracle/test_matrix.py tests/flow/test_matrix.py tests/benchmarks $(ARGS)

mutants: $(STAMP) ## Break every rule once in a copy, and see a test go red (ARGS="I4 W1")
	@$(BIN)/python -m tests.mutations.run $(ARGS)

bench: $(STAMP) ## Measure beside peers, all but the million people; targets and verdicts (ARGS="--only step")
	@$(BIN)/hadir bench $(ARGS)

bench-national: $(STAMP) ## Measure the whole line with 1,000,000 people: up to an hour
	@$(BIN)/hadir bench --only national $(ARGS)

lock: ## Resolve pyproject.toml anew into requirements.lock, for every Python and platform
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && \
	  .venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	.venv-lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --extra local --extra telemetry --group build --group native --group test --group deploy-lint \
	  --output-file requirements.lock
	.venv-lock/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --extra telemetry --group build --constraint requirements.lock \
	  --output-file deploy/requirements.lock
	.venv-lock/bin/uv pip compile --group pyproject.toml:native --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --constraint requirements.lock --output-file deploy/native/requirements.lock
	.venv-lock/bin/uv pip compile tests/benchmarks/peers/requirements.in --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --output-file tests/benchmarks/peers/requirements.lock
	echo ziglang==0.17.1 | .venv-lock/bin/uv pip compile - --quiet --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header \
	  --output-file deploy/local/compiler.lock

clean: ## Remove .venv and caches; ./var (your data) stays
	rm -rf $(VENV) .venv-lock .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis
