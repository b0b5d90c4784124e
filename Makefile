# All of it lives in .venv, made from requirements.lock. Another Python: make PYTHON=python3.13 test
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.PHONY: demo test slow check lock

demo: .venv/ready  ## roll secure mail out to an emulated fleet
	$(BIN)/mailtrust demo

test: .venv/ready  ## run every test but the slow ones
	$(BIN)/pytest -m "not slow"

slow: .venv/ready  ## hundreds of routers, faults by the dozen, kill -9 at fifty moments
	$(BIN)/pytest -m slow

check: .venv/ready  ## style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

lock: | $(BIN)/python  ## renew requirements.lock from pyproject.toml
	$(PIP) uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.10 --upgrade \
		--generate-hashes --custom-compile-command 'make lock' --output-file requirements.lock --quiet

# The project itself comes last and without the network: its build tools are in the lock.
.venv/ready: requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("mailtrust needs Python 3.10 or newer: make PYTHON=python3.12 ..." if sys.version_info < (3, 10) else 0)'
	$(PYTHON) -m venv .venv
