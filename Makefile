# Every target sets up what it needs. Start with: make help

PYTHON ?= python3
# Tests that run at the same time.
JOBS ?= 2
# Options for the command behind demo, bench and nightly: make demo ARGS="--port 9000"
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
CLIENTS := tests/compliance/clients
VERSITYGW := v1.8.0
SOURCES := .ci ldes_shok tests benchmarks shapes
# A lock is whole: nothing is looked up beside it, whatever the version of pip, and nothing is built,
# because what a package needs to be built stands in no lock.
LOCKED := $(PIP) install --no-deps --only-binary :all: --require-hashes --requirement
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --group build pyproject.toml

# Debian keeps servers where only root looks for commands.
export PATH := $(PATH):/usr/sbin

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help setup runtime bytecode clients servers s3 demo test lint format bench nightly mutants \
	lock dist sbom clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

# ------------------------------------------------------------------------------------- set-up
# Done again only when a lock file or pyproject.toml changed; the files below remember that.

setup: $(VENV)/.development clients ## install everything a developer needs into .venv

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null \
	|| { [ $(PYTHON) = python3 ] && .ci/system-package python3 python3 -c pass; } \
	|| { echo "ERROR: '$(PYTHON)' is not there. Install the Debian package python3 (3.11 or" \
	          "later), or name another one: make PYTHON=/path/to/python3"; exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "ERROR: '$(PYTHON)' is $$($(PYTHON) -V 2>&1); ldes-shok needs Python 3.11 or later." \
	          "Name one: make PYTHON=python3.12"; exit 1; } >&2
	@.ci/system-package python3-venv $(PYTHON) -c 'import ensurepip, venv' \
	|| { echo "ERROR: '$(PYTHON)' cannot make a virtual environment. Install the Debian package" \
	          "python3-venv (as root: apt-get install python3-venv)"; exit 1; } >&2
	@echo "making $(VENV) with $$($(PYTHON) -V)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what the service needs (requirements.lock)"
	@$(LOCKED) requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# requirements-dev.lock holds all of requirements.lock, so both are done.
$(VENV)/.development: requirements-dev.lock requirements.lock pyproject.toml | $(BIN)/python
	@echo "installing what a developer needs (requirements-dev.lock)"
	@$(LOCKED) requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $(VENV)/.runtime $@

runtime: $(VENV)/.runtime ## install only what the service needs into .venv

# As pip does with what it installs, but not with what is editable: where Python itself may not write
# beside the sources, each start takes a quarter of a second more.
bytecode: $(VENV)/.runtime
	@$(BIN)/python -m compileall -q ldes_shok

# A machine without Node or without a package registry still tests all the rest: never an error.
clients:
	@if .ci/system-package nodejs node --version && .ci/system-package npm npm --version; then \
		$(MAKE) --silent --no-print-directory $(CLIENTS)/node_modules/.installed \
		|| echo "WARNING: npm could not install the LDES client: SKIPPING the suite 'client'"; \
	else \
		echo "WARNING: Node is missing (Debian packages nodejs and npm): SKIPPING the suite 'client'"; \
	fi >&2

$(CLIENTS)/node_modules/.installed: $(CLIENTS)/package-lock.json $(CLIENTS)/package.json
	@echo "installing the LDES client ($(CLIENTS)/package-lock.json)"
	@cd $(CLIENTS) && npm ci --loglevel=error
	@touch $@

servers:
	@.ci/system-package mosquitto sh -c 'command -v mosquitto' \
	|| echo "WARNING: the Debian package mosquitto is missing: SKIPPING the suite 'mqtt'" >&2
	@.ci/system-package postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb' \
	|| echo "WARNING: the Debian package postgresql is missing: SKIPPING the suite 'postgres'" >&2
	@.ci/system-package strace strace --version \
	|| echo "WARNING: the Debian package strace is missing: SKIPPING the failing system calls" >&2
	@.ci/system-package nginx-light sh -c 'command -v nginx' \
	|| echo "WARNING: the Debian package nginx-light is missing: SKIPPING the suite 'nginx'" >&2
	@$(MAKE) --silent --no-print-directory s3

# An S3 server, built once by Go from its module, which Go checks against the public checksums.
s3: $(BIN)/python ## install the S3 server of the suite 's3'; needs Go
	@if [ -e $(VENV)/.versitygw-$(VERSITYGW) ]; then exit 0; fi; \
	if command -v go >/dev/null; then \
		echo "building the S3 server versitygw $(VERSITYGW); this takes some minutes, once"; \
		GOBIN=$(CURDIR)/$(BIN) go install github.com/versity/versitygw/cmd/versitygw@$(VERSITYGW) \
		&& touch $(VENV)/.versitygw-$(VERSITYGW) \
		|| echo "WARNING: Go could not build versitygw: SKIPPING the suite 's3'" >&2; \
	else \
		echo "WARNING: Go is missing, so there is no S3 server: SKIPPING the suite 's3'" >&2; \
	fi

# -------------------------------------------------------------------------------------- using

demo: bytecode ## a simulated city on this machine; prints the URLs
	@exec $(BIN)/ldes-shok demo $(ARGS)

# --------------------------------------------------------------------------------- developing

test: setup bytecode servers lint ## lint, then all tests with coverage
	@$(BIN)/python .ci/stages.py $(JOBS)

lint: $(VENV)/.development ## ruff, mypy --strict, import contracts
	@echo "== lint: ruff check"
	@$(BIN)/ruff check --quiet .
	@echo "== lint: ruff format"
	@$(BIN)/ruff format --quiet --check . \
	|| { echo "not formatted: make format"; $(BIN)/ruff format --check .; exit 1; }
	@echo "== lint: mypy --strict"
	@$(BIN)/python -m mypy --strict --no-error-summary
	@echo "== lint: import contracts"
	@$(BIN)/lint-imports --no-logo

format: $(VENV)/.development ## put the sources in house style
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/.development bytecode ## measure this machine: benchmarks/
	@$(BIN)/python -m benchmarks $(ARGS)

nightly: setup bytecode servers ## the long tests: thousands of examples, many kills
	@$(PYTEST) tests -m "nightly or hypothesis" --hypothesis-profile=nightly --timeout 28800 $(ARGS)

mutants: setup bytecode servers ## plant faults, see whether tests find them: tests/mutants/
	@$(BIN)/python -m tests.mutants --jobs $(JOBS) $(ARGS)

lock: $(VENV)/.development ## write the lock files anew, after a change of pyproject.toml
	@$(UV_LOCK) --upgrade --extra s3 --output-file requirements.lock
	@$(UV_LOCK) --upgrade --extra s3 --extra dev --constraints requirements.lock \
		--output-file requirements-dev.lock

# The wheel is made from the sdist. uv asks no registry, setuptools is the one that is locked.
dist: $(VENV)/.development ## sdist and wheel, in dist/
	@rm -f dist/*.tar.gz dist/*.whl
	@$(BIN)/uv build --offline --no-build-isolation --python $(BIN)/python --quiet

sbom: $(VENV)/.runtime ## what is installed, as CycloneDX, from the lock files, in dist/
	@$(BIN)/python .ci/sbom.py dist/ldes-shok.cdx.json

clean: ## remove everything that make made
	@rm -rf $(VENV) $(CLIENTS)/node_modules build dist .coverage .coverage.* coverage.xml \
		.mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
