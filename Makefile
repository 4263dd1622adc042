# The menu. Each target makes its own .venv and installs what it needs; `make demo` and `make test` are all a newcomer types.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FUZZ_EXAMPLES ?= 5000
XDIST ?= auto

.PHONY: help demo test check fix format lint types arrows bench golden fuzz wheel clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) deploy/preflight.py venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@$(PYTHON) deploy/preflight.py test
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: $(VENV)/.installed  ## replay the bundled case: what the program is for, on one screen
	@$(BIN)/umbilical demo

test: $(VENV)/.tested check-static  ## everything that CI checks
	@$(BIN)/pytest -n $(XDIST) --dist loadfile

check: format lint types arrows  ## format, lint, types, import contracts, tests
	@$(BIN)/pytest -n $(XDIST) --dist loadfile

.PHONY: check-static
check-static: $(VENV)/.tested
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache

format: $(VENV)/.tested
	@$(BIN)/ruff format --check .

lint: $(VENV)/.tested
	@$(BIN)/ruff check .

types: $(VENV)/.tested
	@$(BIN)/mypy

arrows: $(VENV)/.tested
	@$(BIN)/lint-imports --no-cache

fix: $(VENV)/.tested  ## format and mend what ruff can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.tested  ## side by side with every peer found installed
	@$(BIN)/python deploy/bench/run.py

golden: $(VENV)/.tested  ## rewrite the stored expected outputs; the diff is the review
	@$(BIN)/pytest -q tests/test_cases.py tests/laws/test_metrics.py --golden

fuzz: $(VENV)/.tested  ## every parser and kernel with a large budget
	@UMBILICAL_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/pytest -q tests/laws -k "total or mutated or truncat"

wheel: $(VENV)/.tested  ## build dist/*.whl
	@$(BIN)/python -m build --wheel --quiet

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
