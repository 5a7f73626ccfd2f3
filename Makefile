# Each verb makes what it needs and, once made, works offline.
SHELL := /bin/bash
.DEFAULT_GOAL := run
.DELETE_ON_ERROR:
.PHONY: install run test check fmt bench soak capabilities schema sandbox lock \
  witness-alpaca witness-coinbase witness-etrade witness-ibkr ibkr-insync

PYTHON ?= python3
BIN := .venv/bin
hash = $(shell sha256sum $(1) 2>/dev/null | cut -c1-16)

RUNTIME := .stamps/runtime-$(call hash,locks/runtime.txt)
TOOLS := .stamps/tools-$(call hash,locks/test.txt)
CLIENTS := $(if $(wildcard tests/clients/package-lock.json),.stamps/clients-$(call hash,tests/clients/package-lock.json))
LOAD := .stamps/load-$(call hash,locks/bench.txt)
PEERS := .stamps/peers-$(call hash,bench/peers/package-lock.json)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

install: $(RUNTIME)  ## what the server needs to run

run: $(RUNTIME)  ## the server with sandbox brokers beside it and a demo portfolio
	$(BIN)/python -m app demo

test: $(TOOLS) $(CLIENTS) .stamps/debian  ## every test but the long ones
	$(BIN)/python -m pytest -m "not soak" --numprocesses=3 --dist=worksteal

soak: $(TOOLS) $(CLIENTS) .stamps/debian  ## the long tests; writes docs/soak.md
	$(BIN)/python -m pytest -m soak --junitxml=.stamps/soak.xml; status=$$?; \
	  $(BIN)/python -m tools.soak .stamps/soak.xml; exit $$status

check: $(TOOLS)  ## everything that can be told without running; writes nothing
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/python -m tools.lint
	$(BIN)/mypy
	$(BIN)/lint-imports
	diff schema.graphql <($(BIN)/python -m graph.schema)
	$(BIN)/python -m tools.docs --check
	$(BIN)/python -m tools.leaks

fmt: $(TOOLS)  ## mend layout, imports and the generated parts of the docs
	$(BIN)/ruff check --fix --exit-zero
	$(BIN)/ruff format
	$(BIN)/python -m tools.docs

capabilities: $(TOOLS)  ## observe what each broker's sandbox takes; writes docs/observed.json and its tables
	$(BIN)/python -m tests.conformance
	$(BIN)/python -m tools.docs

mutants: $(TOOLS)  ## which changes to how orders add up no test notices; writes docs/mutants.md
	$(BIN)/python -m tools.mutants

schema: $(RUNTIME)  ## write schema.graphql
	$(BIN)/python -m graph.schema > schema.graphql.new && mv schema.graphql.new schema.graphql

sandbox: $(RUNTIME)  ## the sandbox brokers alone
	$(BIN)/python -m sandbox

bench: $(TOOLS) $(LOAD) $(PEERS) .stamps/debian  ## measure beside servers that are known; takes an hour
	.venv-bench/bin/python -m bench --json bench.json

witness-alpaca witness-coinbase witness-etrade witness-ibkr: witness-%: $(RUNTIME)  ## the environment of a vendor's own client
	$(BIN)/python tools/witness_env.py $*

ibkr-insync: $(RUNTIME)  ## an environment that runs the server on ib_insync in the place of ib_async
	$(BIN)/python -c "from tools.witness_env import environment; print(environment('ibkr-insync'))"

lock: .venv/pyvenv.cfg  ## resolve every lock anew; needs the network
	$(BIN)/python -m tools.lock

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	  echo "Brokergraph needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       "Name another with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tools/debian.sh python3-venv
	$(PYTHON) -m venv .venv

$(RUNTIME): .venv/pyvenv.cfg
	$(PIP) -r locks/runtime.txt
	@mkdir -p .stamps && rm -f .stamps/runtime-* && touch $@

$(TOOLS): .venv/pyvenv.cfg
	$(PIP) -r locks/test.txt
	@mkdir -p .stamps && rm -f .stamps/tools-* && touch $@

.stamps/clients-%: .venv/pyvenv.cfg
	npm ci --prefix tests/clients --no-audit --no-fund --loglevel=error
	@mkdir -p .stamps && rm -f .stamps/clients-* && touch $@

$(LOAD): .venv/pyvenv.cfg
	$(BIN)/python -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/bench.txt
	@mkdir -p .stamps && rm -f .stamps/load-* && touch $@

$(PEERS):
	npm ci --prefix bench/peers --no-audit --no-fund --loglevel=error
	@mkdir -p .stamps && rm -f .stamps/peers-* && touch $@

.stamps/debian:
	tools/debian.sh
	@mkdir -p .stamps && touch $@
