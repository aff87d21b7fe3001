# make run: install what is missing into .venv and start the program.
# make test: everything CI checks. make again does not reinstall.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Set EXTRAS= to leave torch out (the board's own is then named with --python).
EXTRAS ?= torch
# The interpreter of JetPack 4, with its torch, for tests/link/test_interpreters.py; JETBENCH_OLD_PYTHON=PATH names another.
OLD := $(VENV)/py36

.PHONY: run demo test check lint types contracts pytest fuzz bench dist clean

run: $(VENV)/installed
	@$(BIN)/jetbench-tui

# A recording in the app: space plays it, ? tells the keys.
demo: $(VENV)/installed
	@$(BIN)/jetbench-tui replay --speed 4 recordings/simulated-nano-long-thermal-run.jsonl.gz

test: $(VENV)/dev lint types contracts pytest

check: test

lint: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev
	$(BIN)/mypy

contracts: $(VENV)/dev
	$(BIN)/lint-imports

# Three on two cores: many tests wait for a process or a clock more than they compute.
pytest: $(VENV)/dev $(if $(JETBENCH_OLD_PYTHON),,$(OLD).tried)
	$(BIN)/python -m pytest -n 3 --dist worksteal

# Examples that the suite has not tried yet, at random, as often as there is patience for.
fuzz: $(VENV)/dev
	$(BIN)/python -m pytest -k "$(shell grep -rlE '^@given' tests | xargs -n1 basename -s .py | paste -sd, | sed 's/,/ or /g')" --hypothesis-profile=fuzz

bench: $(VENV)/bench
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
	@$(BIN)/python -m compileall -q src  # as pip does with all that is not editable: the first start is as fast as the next
	@touch $@

$(VENV)/dev: pyproject.toml $(VENV)/installed
	$(BIN)/python -m pip install -q --group dev
	@touch $@

# --no-deps: pytorch-benchmark would put ptflops back to 0.6; torch, torchvision, numpy and psutil are there already.
$(VENV)/bench: pyproject.toml $(VENV)/dev
	$(BIN)/python -m pip install -q --no-deps --group bench
	@touch $@

# Where it cannot be had the reason is printed and kept, and those tests skip with it. Tried again when this file changes.
$(OLD).tried: Makefile | $(VENV)/bin/python
	@if ! $(OLD)/bin/python -c 'import torch, torchvision, ptflops' 2>/dev/null; then \
	  rm -rf $(OLD); why="no python3.6 on PATH or in ~/.pyenv/versions"; \
	  for python in python3.6 $$HOME/.pyenv/versions/3.6*/bin/python3.6; do \
	    "$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 6))' 2>/dev/null || continue; \
	    echo "once, for its tests: the torch of JetPack 4, 900 MB" >&3; \
	    if "$$python" -m venv $(OLD) && $(OLD)/bin/python -m pip install -q -U 'pip<22' && \
	      $(OLD)/bin/python -m pip install -q torch==1.10.1 torchvision==0.11.2 ptflops==0.7.1.2 dataclasses; \
	    then why=; else why="$$(grep -vi warning $(OLD).log | tail -n 1)"; rm -rf $(OLD); fi; break; \
	  done 3>&1 >$(OLD).log 2>&1; \
	fi; \
	test -z "$$why" || echo "without the torch of JetPack 4, its tests are skipped: $$why"; echo "$$why" >$@
