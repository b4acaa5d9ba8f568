# What each target does stands in README.md; `make setup` is also the first step of the others.
.PHONY: help setup demo test check bench
.DEFAULT_GOAL := help

AREA ?= scan

help:
	@echo "make demo | test | setup | check | bench [AREA=scan|console]   (see README.md)"

setup:
	@scripts/setup.sh test

demo:
	@scripts/setup.sh demo
	@exec .venv/bin/custos-sim demo --data-dir var/demo

# Programs are started many times: without bytecode each would compile every module anew.
test:
	@scripts/setup.sh test
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check:
	@scripts/setup.sh test
	@.venv/bin/lint-imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy

bench:
	@scripts/setup.sh test
	@.venv/bin/python -m bench $(AREA)
