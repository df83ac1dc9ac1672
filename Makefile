# Everything a developer or a CI machine runs. The first call makes .venv, later calls reuse it.
#
# ARGS adds arguments to pytest:   make test ARGS="-n 2 -k sql"
# VENV and STAMP= use an environment that somebody else made (tox does).

.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV ?= .venv
STAMP ?= $(VENV)/.made
BIN := $(VENV)/bin
ARGS ?=

# Where an environment forbids Python to keep bytecode, every one of the hundreds of processes that the tests start would
# compile all of the product again.
unexport PYTHONDONTWRITEBYTECODE

# The criteria that have checks today; the README lists the ones that have none yet. Of security-scanning only what
# needs nobody outside: advisories are asked for when cmdbguard.toml names a source. Of container-hardening only the
# files: containers are looked at where they run.
CRITERIA := sql-injection xss owasp-top-10 access-control authentication csrf security-headers input-validation \
	https rate-limiting threat-detection encryption-at-rest encryption-in-transit \
	response-time indexed-search query-plans caching CG-SCAN-001 CG-SCAN-002 CG-BUILD-001 CG-BUILD-002 \
	security-audit vulnerabilities

.PHONY: help gate test containers faults lint frontend clean

help: ## what can be made
	@echo 'usage: make TARGET [ARGS="…"]'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

gate: $(STAMP) ## start PostgreSQL, Valkey, ZAP and the reference CMDB, and judge every criterion that has checks
	$(BIN)/pytest --cmdbguard -p no:randomly -n 2 checks $(ARGS) --cmdbguard-select $(CRITERIA)

test: $(STAMP) frontend ## the test suite of pytest-cmdbguard itself
	$(BIN)/pytest -n 2 --dist worksteal $(ARGS)

containers: $(STAMP) ## the tests that need Docker: starts a daemon where there is none, builds the images, ends it
	@.ci/docker run $(BIN)/pytest tests/containers $(ARGS)

faults: $(STAMP) ## plant every fault in the reference CMDB, and see that exactly its check finds it
	$(BIN)/python -m pytest_cmdbguard.faults $(ARGS)

lint: $(STAMP) ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	@VENV=$(VENV) .ci/frontend --check

frontend: $(STAMP) ## build the web application of the reference CMDB, where there is Node
	@VENV=$(VENV) .ci/frontend

clean: ## remove the environment and everything that builds, tests and runs left in this directory
	rm -rf .venv .tox build dist *.egg-info cmdbguard-report .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks
	rm -rf refcmdb/frontend/built refcmdb/frontend/app/node_modules
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

.venv/.made: pyproject.toml .ci/venv .ci/python
	@.ci/venv
