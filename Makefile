# make run: install what is missing into .venv and start the program.
# make test: everything CI checks. make again does not reinstall.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Set EXTRAS= to leave torch out (the board's own is then named with --python).
EXTRAS ?= torch

.PHONY: run test check lint types contracts pytest fuzz bench dist clean

run: $(VENV)/installed
	@$(BIN)/jetbench-tui

test: $(VENV)/dev lint types contracts pytest

check: test

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

contracts: $(VENV)/dev
	$(BIN)/lint-imports

pytest: $(VENV)/dev
	$(BIN)/python -m pytest

# Examples that the suite has not tried yet, at random, as often as there is patience for.
fuzz: $(VENV)/dev
	$(BIN)/python -m pytest -k "$(shell grep -rlE '^@given' tests | xargs -n1 basename -s .py | paste -sd, | sed 's/,/ or /g')" --hypothesis-profile=fuzz

bench: $(VENV)/dev
	$(BIN)/python benchmarks/all.py

dist: $(VENV)/dev
	$(BIN)/python -m build

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
	  { echo "jetbench-tui needs Python 3.10 or newer for its screen: make PYTHON=python3.10 (the one that measures may be older: --python)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e '.$(if $(EXTRAS),[$(EXTRAS)])'
	@touch $@

$(VENV)/dev: pyproject.toml $(VENV)/installed
	$(BIN)/python -m pip install -q --group dev
	@touch $@
