# `make demo` and `make test` set everything up on a fresh machine; they need Python 3.11 or later and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= auto

.PHONY: demo test lint bench book clean

demo: $(READY)
	$(BIN)/python examples/demo.py

test: $(READY)
	$(BIN)/python -m pytest -q -n $(JOBS)

lint: $(READY)
	$(BIN)/ruff check -q --output-format concise
	$(BIN)/ruff format -q --check
	$(BIN)/mypy

# the figures of benchmarks/README.md
bench: $(READY)
	for script in steps growth start edits derivations large; do $(BIN)/python benchmarks/$$script.py || exit 1; done

# the proofs of derived rules, after a change of the rules or of the format of steps
book: $(READY)
	$(BIN)/python -m symderive.engine.entries

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[test,dev]'
	touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
