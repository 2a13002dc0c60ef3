# Meterline: `make` prints this help. Every target makes what it needs, from Python 3.11 and the package registries.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup demo run test test-crash test-gateways test-messengers explore check format channel bench lock clean

help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing Meterline into $(VENV) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/build.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.dev ## virtual environment with the development tools

demo: $(VENV)/.runtime ## a sample branch and a phone on a web page, nothing else needed
	@$(BIN)/meterline demo

run: $(VENV)/.runtime ## the service with ./meterline.toml
	@$(BIN)/meterline run

test: $(VENV)/.dev ## all but the suites below, with a real PostgreSQL, on SQLite, and in Chromium where there is one
	@$(BIN)/python -m pytest -n $(JOBS) -m "not gateway and not messengers and not crash"

test-crash: $(VENV)/.dev ## the service killed in the middle of traffic, of payments and of charges
	@$(BIN)/python -m pytest -n $(JOBS) -m "crash and not messengers"

test-messengers: $(VENV)/.dev ## the messengers through the whole service: journeys, outages, crashes, the demo's phones
	@$(BIN)/python -m pytest -n $(JOBS) -m messengers

test-gateways: $(VENV)/.dev ## SMS through Debian's Kannel (installs it when run as root)
	@sh tests/gateways/install.sh
	@$(BIN)/python -m pytest -m gateway tests/gateways

explore: $(VENV)/.dev ## the property tests with examples that no run has had yet
	@HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -n $(JOBS) -m hypothesis

check: $(VENV)/.dev ## format, lint, types and layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## let ruff format and mend what it can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

channel: $(VENV)/.dev ## begin a new channel: make channel NAME=max (docs/adding-a-channel.md)
	@$(BIN)/python -m channels.toolkit.scaffold $(NAME)

bench: $(VENV)/.dev ## speed against the limit of this machine, in one run
	@$(BIN)/python -m bench

lock: $(VENV)/.dev ## make the hashed lock files anew from pyproject.toml
	@$(BIN)/python -m pip install -q pip-tools
	@sh requirements/lock.sh $(BIN)

clean: ## remove what make made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
