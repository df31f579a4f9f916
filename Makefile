# Each target works from a fresh clone: it makes .venv, installs from requirements.lock, and says what it does.
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.installed
ARGS ?=
JOBS ?= 4
SCALE ?= 1
CHAOS ?= 1
LOAD ?= 1
# Thousands of small databases are written by the tests, each commit to the disk: in memory, where there is some to spare.
SPARE := $(shell [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] 2>/dev/null \
	&& ! grep -q '/dev/shm .*noexec' /proc/mounts && echo /dev/shm)
IN_MEMORY := $(if $(SPARE),TMPDIR=$(SPARE))

.DEFAULT_GOAL := help
.PHONY: help install demo dev test test-scale test-chaos test-load test-compose test-controls screenshots check bench lock clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(READY) ## make .venv and install what requirements.lock names

$(READY): requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/it"; exit 1; }
	@echo "Making .venv with $(PYTHON)"
	@$(PYTHON) -m venv .venv || { echo "venv is missing: on Debian, apt-get install python3-venv"; exit 1; }
	@echo "Installing the packages of requirements.lock, each checked by its hash (about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $(READY)

demo: install ## run the main job on the embedded stack (ARGS=--once ends when it is done)
	@$(BIN)/python cli.py demo $(ARGS)

dev: install ## start the embedded stack and keep it up
	@$(BIN)/python cli.py dev $(ARGS)

test: install ## run the tests, four files at a time (ARGS="-k name" for some, JOBS=0 for one after the other)
	@echo "Running the tests"
	@$(IN_MEMORY) $(BIN)/python -m pytest -q --numprocesses $(JOBS) $(ARGS)

test-scale: install ## run the engine at its limits and print what it cost; `make test` runs a tenth (SCALE=0.5 for half)
	@echo "Running 10,000 branches, 100,000 steps, 2,000 waits and 10,000 sleepers, times $(SCALE): some minutes"
	@SCALE=$(SCALE) $(BIN)/python -m pytest -q tests/scale $(ARGS)

test-chaos: install ## kill, cut, freeze and fill everything while triggers come; `make test` does a little (CHAOS=0.5 for half)
	@echo "Two APIs, two workers and their servers under everything that can go wrong, times $(CHAOS): a quarter of an hour"
	@CHAOS=$(CHAOS) $(BIN)/python -m pytest -q tests/chaos --deselect tests/chaos/test_load.py $(ARGS)

test-load: install ## a burst of 5,000 triggers beside 10,000 sleeping runs: latency and memory (LOAD=0.1 for a tenth)
	@echo "10,000 sleeping runs and 5,000 triggers, times $(LOAD): some minutes"
	@LOAD=$(LOAD) $(BIN)/python -m pytest -q tests/chaos/test_load.py $(ARGS)

test-compose: install ## run docker-compose.yml in an engine of its own: Linux, root, Debian's Docker and debootstrap
	@tests/compose/run.sh $(CURDIR)/$(BIN)/python

test-controls: install ## take out each control against a threat and see its test fail (ARGS=egress for one room)
	@echo "Taking out one control after the other, in a copy of the code: some minutes"
	@$(BIN)/python -m tests.controls $(ARGS)

screenshots: install ## write docs/images anew, in Debian's Chromium, from a stack of its own
	@echo "Starting a stack and picturing every page: half a minute"
	@$(BIN)/python -m tests.browser.screenshots $(ARGS)

check: install ## check format, lint, types, the workflows and the lock
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright --warnings
	$(BIN)/python cli.py check workflows
	@$(MAKE) --no-print-directory lock LOCK=.venv/lock.txt
	@diff -q requirements.lock .venv/lock.txt || { echo "requirements.lock is not what pyproject.toml asks for: make lock"; exit 1; }

bench: install ## measure against hand-written Temporal, as ratios
	@$(BIN)/python -m bench $(ARGS)

LOCK ?= requirements.lock
lock: install ## pin and hash every dependency
	@test $(LOCK) = requirements.lock || cp requirements.lock $(LOCK)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --no-header --quiet -o $(LOCK)

clean: ## remove .venv and the laptop's data
	rm -rf .venv data
