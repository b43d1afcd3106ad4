# `make run` and `make test` are all that a newcomer needs. Everything else is for people who build.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
ifeq ($(strip $(PYTHON)),)
$(error No Python 3.11 or later in the PATH. Install one, or name it: make run PYTHON=/path/to/python3.11)
endif
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help run test prove check bench shots messages baseline locks runtime dev

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: runtime  ## start everything; prints http://localhost:8000 (another port: make run PORT=8001)
	@PORT=$(or $(PORT),8000) exec $(PY) -m fairlead.cli run

test: dev  ## unit, property, access, contract and browser tests
	@$(PY) scripts/tests.py test

prove: dev  ## simulations, long references, and the database tests on an ordinary PostgreSQL
	@$(PY) scripts/tests.py prove

check: dev  ## ruff, mypy, the import contracts
	@$(PY) scripts/check.py

bench: dev  ## ratios beside hand-written SQL and bare COPY, and CPU time; one part: .venv/bin/python -m bench pages
	@$(PY) -m bench

shots: dev  ## pictures of each stop of the walk, into shots/
	@$(PY) scripts/shots.py

messages: dev  ## collect and compile the translations of every package
	@$(PY) scripts/messages.py

baseline: dev  ## record the migrations anew, for empty databases (after a change of a migration or of the locks)
	@$(PY) scripts/baseline.py

locks: dev  ## resolve locks/*.in anew
	@cd locks && for name in uv build runtime dev spark; do ../.venv/uv/bin/uv pip compile --quiet --universal \
	  --generate-hashes --python-version 3.11 --no-header --upgrade $$name.in -o $$name.txt; done

runtime:
	@$(PYTHON) scripts/environment.py

dev:
	@$(PYTHON) scripts/environment.py --dev
