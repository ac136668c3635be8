# Two commands: `make demo` and `make test`. Needs Python 3.11 or newer, git and make; everything else comes from here.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONDONTWRITEBYTECODE  # a process that has to compile first starts in 3 s instead of 1.3 s

FRONTEND := package.json package-lock.json $(shell find frontend -type f 2>/dev/null)
CATALOGUES := $(shell find postroad -name '*.po' 2>/dev/null)

.PHONY: setup demo test check bench format screenshots lock messages authorisation synapse clean

setup: .venv/.installed .venv/.frontend .venv/.messages  ## .venv with the `postroad` command in it

demo: setup  ## everything, with a demo company and live traffic, at http://localhost:8000
	$(BIN)/postroad up --demo

test: setup .venv/.developing  ## everything that needs no extra system package; prints what it skipped and why
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not browser"
	$(BIN)/python -m pytest -n 2 --dist loadfile -m browser  # apart: a browser's event loop runs in its process to the end

check: setup .venv/.developing  ## what can be known without running: style, types, layers, the lock, migrations, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m pip check
	$(BIN)/postroad manage makemigrations --check --dry-run
	$(BIN)/python dev/messages.py check
	npm run --silent check
	$(BIN)/mypy postroad

bench: setup .venv/.developing  ## figures, each as a ratio to a reference measured in the same run
	for script in bench/[a-z]*.py; do $(BIN)/python $$script || exit 1; done

format: .venv/.developing
	$(BIN)/ruff check --fix-only -q . ; $(BIN)/ruff format .

screenshots: setup .venv/.developing  ## the pictures in README and docs, taken from a running demo
	$(BIN)/python dev/screenshots.py

messages: .venv/.developing  ## collect the sentences to translate (needs gettext)
	$(BIN)/python dev/messages.py collect

authorisation: setup .venv/.developing  ## write the table of who may open what anew; review its diff
	UPDATE=1 $(BIN)/python -m pytest -q tests/test_authorisation_matrix.py

lock:  ## pin the requirements anew, with hashes
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q requirements.in -o requirements.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header -q requirements-synapse.in -o requirements-synapse.txt

synapse: .synapse/.installed  ## the Matrix server that the tests start, in an environment of its own

clean:
	rm -rf .venv .synapse node_modules postroad/web/static/web/dist

.venv/bin/python:
	$(PYTHON) -m venv .venv

# `--no-deps`: the lock is complete, and a pip before 23.3 takes `package[extra]` from the newest `package`, not the pinned one.
.venv/.installed: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

.venv/.developing: requirements-dev.txt | .venv/.installed
	$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements-dev.txt
	touch $@

.synapse/.installed: requirements-synapse.txt
	$(PYTHON) -m venv .synapse
	.synapse/bin/python -m pip install -q --no-deps --require-hashes -r requirements-synapse.txt
	touch $@

.venv/.frontend: $(FRONTEND) | .venv/.installed
	npm ci --no-audit --no-fund --loglevel=error
	npm run --silent build
	touch $@

.venv/.messages: $(CATALOGUES) | .venv/.installed
	$(BIN)/python dev/messages.py compile
	touch $@
