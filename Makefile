# What each target does stands in README.md; `make setup` is also the first step of the others.
.PHONY: help setup demo test check check-types check-rest bench bench-peers faults simulate
.DEFAULT_GOAL := help

AREA ?= scan
# Many tests wait for programs rather than work, four tenths of all their time: two workers more than
# there are cores; no more than have ports of their own (tests/rig/programs.py).
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); [ $$n -lt 7 ] && expr $$n + 2 || echo 8)

help:
	@echo "make demo | test | setup | check | faults [MINUTES=60 SEEDS=50 ONLY=fuzz] | simulate [SEEDS=1000 FROM=1 JOBS=2] | bench-peers | bench [AREA=scan|ingest|alert|console|labels|missing|missing-carrier|partition|video|watch]   (see README.md)"

setup:
	@scripts/setup.sh test

demo:
	@scripts/setup.sh demo
	@exec .venv/bin/custos-sim demo --data-dir var/demo

# Programs are started many times: without bytecode each would compile every module anew.
test:
	@scripts/setup.sh test
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# mypy takes as long as all the others together.
check:
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory --jobs=2 --output-sync --keep-going check-types check-rest

check-types:
	@.venv/bin/mypy

# That every test can be collected is a check too. It leaves the bytecode of tests and programs behind,
# which each of the workers of `make test` would otherwise compile for itself, at the same time.
check-rest:
	@.venv/bin/lint-imports
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@mkdir -p var
	@env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -m pytest --collect-only -qq >var/collected.log \
		|| { cat var/collected.log; false; }

bench:
	@scripts/setup.sh test
	@.venv/bin/python -m bench $(AREA)

bench-peers:
	@scripts/setup.sh test
	@.venv/bin/python -m bench peers

faults:
	@scripts/setup.sh test
	@SEEDS="$(SEEDS)" MINUTES="$(MINUTES)" ONLY="$(ONLY)" .venv/bin/python -m tests.faults

simulate:
	@scripts/setup.sh test
	@.venv/bin/python -m tests.simulation --seeds $(or $(SEEDS),1000) --from $(or $(FROM),1) --jobs $(or $(JOBS),2)
