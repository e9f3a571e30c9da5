# `make` alone shows what there is. CI and pre-commit have no commands of their own: they call these.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev run format check lint types imports house \
	test test-unit test-contract test-integration test-e2e test-faults chaos cov bench bench-pipeline \
	up down logs migrate image lock docs clean

# A process that may not keep what it compiled compiles every library anew, for seconds, at each start.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
ARGS ?=

##@ Develop

help: ## Show this
	@awk 'BEGIN {FS = ":.*## "} \
	/^##@/ {printf "\n%s\n", substr($$0, 5)} \
	/^[a-z0-9-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.runtime ## Make .venv with the command anpr-match in it
setup-dev: .venv/.dev

run: setup ## Watch it work: the whole service with simulated cameras, on port 8000
	@$(BIN)/anpr-match demo $(ARGS)

format: setup-dev ## Put the code in its one format, and mend what can be mended
	$(BIN)/ruff format src tests
	$(BIN)/ruff check --fix src tests

##@ Check

check: lint types imports house ## All below but the tests; pre-commit and CI call this

lint: setup-dev ## Format and lint
	$(BIN)/ruff format --check src tests
	$(BIN)/ruff check src tests

types: setup-dev ## mypy, strict, tests too
	$(BIN)/mypy src tests

imports: setup-dev ## Who may import whom (.importlinter)
	$(BIN)/lint-imports

house: setup-dev ## Sizes, names, and that documents and code agree
	$(PYTEST) tests/house -q $(ARGS)

test: setup-dev services ## Everything, on both sets, with real Kafka, PostgreSQL and a browser
	$(PYTEST) $(ARGS)

test-unit: setup-dev ## In memory only: seconds
	$(PYTEST) tests/unit $(ARGS)

test-contract: setup-dev services ## Each port through each of its backends
	$(PYTEST) tests/contract $(ARGS)

test-integration: setup-dev services ## The parts put together
	$(PYTEST) tests/integration $(ARGS)

test-faults: setup-dev services ## Many reads while things break, on both sets; prints a seed (FAULTS_SEED=… repeats it)
	$(PYTEST) tests/faults -s $(ARGS)

chaos: setup-dev services ## The same with a million reads and a hundred faults on each set: an hour or two
	FAULTS_READS=1000000 FAULTS_COUNT=100 FAULTS_STARTS=300 FAULTS_OUTAGE_S=600 $(PYTEST) tests/faults -s $(ARGS)

test-e2e: setup-dev services ## Real processes, spoken to from outside
	$(PYTEST) tests/e2e $(ARGS)

cov: setup-dev services ## Everything, with the lines no test reached
	$(PYTEST) --cov=anpr_match --cov-branch --cov-report=term-missing:skip-covered $(ARGS)

bench: .venv/.bench bench-pipeline ## Measure ours beside its peers, through a broker and a database of its own
	$(BIN)/anpr-match bench match $(ARGS)
	$(BIN)/anpr-match bench feed $(ARGS)

bench-pipeline: setup-dev services .venv-peers/.peers ## The pipeline alone, beside its peers
	$(BIN)/python -m tests.services $(BIN)/anpr-match bench pipeline $(ARGS)

.PHONY: services
services:
	@deploy/test-services.sh

##@ Run

up: ## The scale-out set in containers: Kafka, PostgreSQL, api, matcher
	docker compose up --build --detach

down: ## Stop it; the data stays (ARGS=--volumes forgets it)
	docker compose down $(ARGS)

logs: ## Follow its logs
	docker compose logs --follow $(ARGS)

migrate: setup ## Bring the database that ANPR_DATABASE__URL names up to date
	$(BIN)/anpr-match db upgrade

image: ## Build the container image
	docker build --file deploy/Dockerfile --tag anpr-match .

##@ Keep

# One after the other, each held to the versions of the one before.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
LOCK := $(COMPILE) pyproject.toml --group build

lock: setup-dev ## Write the lock files anew (ARGS=--upgrade for new releases)
	$(LOCK) $(ARGS) --output-file requirements.lock
	$(LOCK) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) $(ARGS) --group dev --extra bench --constraint requirements-dev.lock --output-file requirements-bench.lock
	$(COMPILE) $(ARGS) --group peers --output-file requirements-peers.lock

docs: setup-dev ## Write the reference pages anew from the code
	$(BIN)/python docs/generate.py

clean: ## Remove what can be made again
	rm -rf .venv .venv-peers .services .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage dist

# Each lock file holds all that the one before it does, at the same versions. A stamp says which was
# installed last; without a change nothing is done.
.venv/.runtime: requirements.lock pyproject.toml deploy/make-venv.sh
	@deploy/make-venv.sh $< && touch $@

.venv/.dev: requirements-dev.lock requirements.lock pyproject.toml deploy/make-venv.sh
	@deploy/make-venv.sh $< && touch .venv/.runtime $@

.venv/.bench: requirements-bench.lock requirements-dev.lock pyproject.toml deploy/make-venv.sh
	@deploy/make-venv.sh $< && touch .venv/.runtime .venv/.dev $@

# A Python for which the peers' releases have no wheels is no reason to measure nothing.
.venv-peers/.peers: requirements-peers.lock deploy/make-venv.sh
	@deploy/make-venv.sh $< .venv-peers >&2 && touch $@ || echo "no .venv-peers: the peers are not measured" >&2
