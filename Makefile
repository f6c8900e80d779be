# Two commands do everything: `make demo` and `make test`. The rest is for those who work on it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CORES ?= 2
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test lint types tests long format clean help
.DEFAULT_GOAL := help

help: ## say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## / — /'

demo: $(VENV)/.practice ## a Discord on this machine: paints a picture, then serves the page until Ctrl-C (ONCE=1: exits)
	$(BIN)/aliendreams practice $(if $(ONCE),--once)

test: lint types tests ## everything that has to hold

lint: $(VENV)/.dev ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev ## mypy, strict
	$(BIN)/mypy

tests: $(VENV)/.dev ## pytest on CORES=2 processes, real parts (without those marked long)
	$(BIN)/python -m pytest -m "not long" -n $(CORES) --dist worksteal

long: $(VENV)/.dev ## pytest, those marked long
	$(BIN)/python -m pytest -m long

format: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget the environment and what was painted
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; set PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.practice: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable ".[practice]"
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt --editable ".[dev]"
	@touch $@ $(VENV)/.practice
