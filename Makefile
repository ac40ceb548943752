# Everything in an environment of the project's own, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
INPUTS := pyproject.toml constraints.txt

.PHONY: demo test quick fuzz check docs bench dist clean lock locked audit

demo: $(VENV)/.demo
	$(BIN)/topicsmith demo demo

test: check
	$(BIN)/python -m pytest $(PYTEST)

quick: $(VENV)/.test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m "not slow" $(PYTEST)

MINUTES ?= 2

fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES) $(TARGET)

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

# What comes with torch depends on the machine (CPU, CUDA): of these the version of torch alone is pinned.
WITH_TORCH := torch triton cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc \
	nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse \
	nvidia-cusparselt-cu13 nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx

lock:
	uv pip compile -q pyproject.toml --all-extras --universal --python-version 3.11.5 -c constraints.txt \
	  --generate-hashes --no-header --no-annotate --no-emit-index-url $(WITH_TORCH:%=--no-emit-package %) \
	  -o requirements.lock > /dev/null

locked: $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt $$(grep '^torch==' constraints.txt)
	$(PIP) install -q --require-hashes --no-deps -r requirements.lock
	$(PIP) install -q --no-deps -e .

audit:
	pip-audit --disable-pip --require-hashes -r requirements.lock

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
