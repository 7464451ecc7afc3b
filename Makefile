# Everything a user or a developer runs. Needs git, make and Python 3.12 or 3.13; the rest is installed into .venv, once.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

REPO ?= .
ARGS ?=
# Of the very folder, which may lie in a repository and be new there; and whoever owns it, since nothing of theirs is run.
HAS_HEAD = git -c safe.directory='*' -C "$(REPO:~/%=$(HOME)/%)" rev-parse --quiet --verify HEAD:./
VENV := .venv
RUN := $(VENV)/bin/python -m

# The environment is as good as its inputs: these names change when one of them does, or when the folder moves.
STAMP := $(shell { pwd; cat pyproject.toml constraints.txt; } | git hash-object --stdin)
RUNTIME := $(VENV)/runtime-$(STAMP)
DEV := $(VENV)/dev-$(STAMP)

.PHONY: help record test check format lint types contracts bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

# A folder that git has no commit of is recorded as it lies.
record: $(RUNTIME) ## record a repository's HEAD, not what is uncommitted, and print its summary: REPO=path (default: this one), ARGS=options
	@$(VENV)/bin/graph-sitter-db record "$(REPO)" $$($(HAS_HEAD) >/dev/null 2>&1 && echo --commit HEAD) $(ARGS)

test: $(DEV) ## run the whole test suite; ARGS='-m "not slow"' leaves out the minutes-long part
	@$(RUN) pytest $(ARGS)

check: lint types contracts test ## everything that must hold before a change lands

format: $(DEV) ## put every source into the one format
	@$(RUN) ruff check --fix-only --quiet
	@$(RUN) ruff format

lint: $(DEV) ## format and lint rules, without changing anything
	@$(RUN) ruff format --check --quiet
	@$(RUN) ruff check --quiet
	@echo "lint: clean"

types: $(DEV) ## mypy --strict over the package and the tests
	@$(RUN) mypy

contracts: $(DEV) ## who may import whom (pyproject.toml, [tool.importlinter])
	@$(VENV)/bin/lint-imports >$(VENV)/contracts.log || { cat $(VENV)/contracts.log; exit 1; }
	@echo "contracts: kept"

bench: $(DEV) ## what it costs, as ratios measured side by side: ARGS="syntax storing --runs 5" picks, HISTORY=clone is one with a past
	@HISTORY="$(HISTORY)" $(RUN) benchmarks $(ARGS)

clean: ## remove what the tools left behind, .venv included
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME):
	@scripts/environment runtime $@

$(DEV): $(RUNTIME)
	@scripts/environment dev $@
