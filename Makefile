# Yaolu 药路. Needs make, a shell and Python 3.11 to 3.14; everything else is set up by the first target you run.
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test conformance fuzz check schema lock clean

PORT ?= 8000
TESTS ?=
EXAMPLES ?= 50
# a file of tests stays in one process; each process has engines of its own; tests/order.py says who begins
PROCESSES ?= --numprocesses auto --dist loadfile --no-loadscope-reorder
python := .venv/bin/python
# where it is set, each of the many processes would compile all its modules anew
export PYTHONDONTWRITEBYTECODE :=

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## make or mend .venv (any other target does it first)
	@sh ops/setup.sh

demo: setup ## the whole road once, on a made-up world
	@.venv/bin/yaolu demo

serve: setup ## the API on PORT=8000
	@.venv/bin/yaolu serve --port $(PORT)

test: setup ## the tests; TESTS="tests/policy -k name" for some of them
	@$(python) -m pytest $(PROCESSES) $(TESTS)

conformance: setup ## what others wrote to try GraphQL servers; needs node, npm and a Chromium
	@$(python) -m tests.conformance.run

fuzz: setup ## the whole schema under random requests for longer; EXAMPLES=200 for each field
	@FUZZ_EXAMPLES=$(EXAMPLES) $(python) -m pytest tests/fuzz

check: setup ## format, lint, types, import contracts, schema.graphql and its last release, the rules' coverage
	$(python) -m ruff format --check .
	$(python) -m ruff check .
	$(python) -m mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/yaolu schema --check
	.venv/bin/yaolu schema --against docs/releases
	.venv/bin/yaolu rules --check

schema: setup ## write schema.graphql anew
	@.venv/bin/yaolu schema --write

lock: setup ## write requirements.txt anew; LOCK=--upgrade for newer versions
	$(python) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate \
		--custom-compile-command "make lock" --group dev --all-extras $(LOCK) pyproject.toml -o requirements.txt
	@! grep -n '://' requirements.txt

clean: ## remove .venv, the caches and the demo's data
	@elsewhere=.yaolu/engines/postgres/elsewhere; test ! -L $$elsewhere || rm -rf "$$(readlink $$elsewhere)"
	rm -rf .venv .yaolu .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
