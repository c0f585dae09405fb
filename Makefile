# One command for each check; CONTRIBUTING.md says what they are for.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check snapshots trials shots bench

$(BIN)/takedeck:
	$(PYTHON) -m venv .venv && $(BIN)/pip install -q -e '.[dev,check]'

run: $(BIN)/takedeck
	$(BIN)/takedeck --demo

test: $(BIN)/takedeck
	$(BIN)/python -m pytest

check: $(BIN)/takedeck
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

snapshots: $(BIN)/takedeck
	$(BIN)/python -m pytest tests/snapshots --renew

trials: $(BIN)/takedeck
	$(BIN)/python -m pytest -m trial -n 2 --timeout 400

shots: $(BIN)/takedeck
	$(BIN)/python screenshots/make.py

bench: $(BIN)/takedeck
	$(BIN)/python -m tests.benchmarks
