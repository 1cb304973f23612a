# One virtual environment, made on demand. `make plan` needs the product only, the rest its development tools too.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt
FARM ?= configs/peak_week.yaml
OUT ?= out
SEED ?= 1
# Python keeps what it compiles, also where the environment says otherwise: tests start processes by the hundred.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -q -n 2 --dist worksteal

.PHONY: plan test test-all lint types layers docs mutants bench sample clean

plan: $(VENV)/product
	$(BIN)/curtail plan $(FARM) --out $(OUT)

test: $(VENV)/tools
	CURTAIL_SEED=$(SEED) $(PYTEST)

test-all: $(VENV)/tools
	CURTAIL_WHOLE=1 $(PYTEST)

lint: $(VENV)/tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/tools
	$(BIN)/mypy

layers: $(VENV)/tools
	$(BIN)/lint-imports

docs: $(VENV)/tools
	$(BIN)/python -m tests.docs
	$(BIN)/mkdocs build --quiet

mutants: $(VENV)/tools
	$(BIN)/python -m tests.mutations.run $(if $(SAMPLE),--sample $(SAMPLE) --seed $(SEED))

bench: $(VENV)/tools
	$(BIN)/python -m tests.benchmarks.run --json bench.json

sample: $(VENV)/product
	$(BIN)/python -m tools.sample configs/market

$(VENV)/product: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) --editable .
	@touch $@

$(VENV)/tools: $(VENV)/product
	$(PIP) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
