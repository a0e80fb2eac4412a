# Everything is set up in .venv from the lock files: the same versions next year as today.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXAMPLES ?= 50000
SEED := $(or $(SEED),$(shell date +%s))

.PHONY: help setup demo test check unit explore simulate chaos bench generate lock wheel clean

help: ## Show what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with everything the demo and the tests need

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name it with: make PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "Python cannot make a virtual environment; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the locked packages into $(VENV) (a minute or two the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --retries 10 --timeout 60 \
		--require-hashes --no-deps -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

demo: setup ## Run the daemon against a local world and show what it did
	@$(BIN)/artwork-indexer demo

test: setup check unit ## Run all checks and all tests

check: setup ## Lint, types, layers, stale generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m artwork_indexer.triggers --check
	$(BIN)/python -m artwork_indexer.config_reference --check
	$(BIN)/python -m audit.catalogue_reference --check

unit: setup ## Run the tests, one process for each processor (ARGS="-k name" picks some)
	@.ci/tools
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

explore: setup ## Run the property-based tests with new random examples, many more of them
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile -m hypothesis \
		--ignore tests/audit/simulation --hypothesis-profile exploring $(ARGS)

simulate: setup ## Audit 50,000 random small worlds (EXAMPLES=n for fewer, SEED=n to repeat)
	@echo "To repeat exactly this: make simulate EXAMPLES=$(EXAMPLES) SEED=$(SEED)"
	@SIMULATION_EXAMPLES=$(EXAMPLES) SIMULATION_SEED=$(SEED) \
		$(BIN)/python -m pytest tests/audit/simulation $(ARGS)

bench: setup ## Measure latency, throughput, CPU and memory on this machine
	@$(BIN)/python -m benchmarks

generate: setup ## Write the generated files anew (triggers, references)
	$(BIN)/python -m artwork_indexer.triggers
	$(BIN)/python -m artwork_indexer.config_reference
	$(BIN)/python -m audit.catalogue_reference

lock: setup ## Resolve the lock files anew (versions and hashes only)
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--output-file requirements.lock pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--extra sandbox --extra dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
		--only-build-deps --build-deps-for=wheel \
		--output-file requirements-build.lock pyproject.toml

wheel: setup ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## Remove everything that was made here
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
