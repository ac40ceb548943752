# Everything in an environment of the project's own, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INPUTS := pyproject.toml constraints.txt

.PHONY: demo test quick check docs bench dist clean

demo: $(VENV)/.demo
	$(BIN)/topicsmith demo demo

test: check
	$(BIN)/python -m pytest $(PYTEST)

quick: $(VENV)/.test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow" $(PYTEST)

check: $(VENV)/.test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

docs: $(VENV)/.test
	$(BIN)/python -m tests.command_reference
	$(BIN)/python -m tests.json_schemas
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/site
	@echo build/site/index.html

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks $(BENCH)

dist: $(VENV)/.test
	rm -rf dist
	$(BIN)/python -m build -q
	@ls dist

clean:
	rm -rf $(VENV) demo build dist

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python $(INPUTS)
	$(PIP) install -q -c constraints.txt -e '.[train,embedded]'
	touch $@

$(VENV)/.test: $(VENV)/.demo
	$(PIP) install -q -c constraints.txt -e '.[train,embedded,test]'
	touch $@
