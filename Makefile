# Everything a developer types. `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help setup run up down status load seed-gb recipe-check recipe-upgrade test test-long faults check bench contracts release lock
PYTHON ?= python3
VENV := .venv/bin/python
# What the person has set for Python elsewhere does not reach in here.
export PYTHONPATH :=
# Where the tests put the pages they rendered.
PAGES := .run/test/pages
test: export TEST_RENDERED_PAGES := $(abspath $(PAGES))

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 18

setup: ## Make .venv with all that requirements.lock pins (the others do this first)
	@$(PYTHON) -m dev.setup

run: setup ## Start everything here; Ctrl-C stops it
	@exec $(VENV) -m dev run

up: setup ## Start everything in the background; returns when it is ready
	@$(VENV) -m dev up

down: setup ## Stop what `make up` started
	@$(VENV) -m dev down

status: setup ## What runs, and how much memory it takes
	@$(VENV) -m dev status

load: setup ## Load addresses: make load FILE=addresses.csv.gz COUNCIL=citytown [ARGS=--dry-run]
	@$(VENV) -m dev load $(FILE) --council "$(COUNCIL)" $(ARGS)

seed-gb: setup ## Load every postcode of Great Britain into the Townhall that runs (40 s, 500 MB)
	@$(VENV) -m dev seed-gb

recipe-check: setup ## Check every recipe and every council's differences, and play their scenarios
	@$(VENV) -m apps.recipes check

recipe-upgrade: setup ## What newer recipes change for a council: make recipe-upgrade council=citytown [yes=1]
	@$(VENV) -m apps.recipes upgrade "$(council)" $(if $(yes),--yes)

test: ## Run the tests on real servers, on ports and state of their own: make test [ARGS=path]
	@$(PYTHON) -m dev.setup tests
	@rm -rf $(PAGES) && mkdir -p $(PAGES)
	@$(VENV) -m pytest -n 2 --dist loadscope $(ARGS)
	@$(if $(ARGS),,TEST_RENDERED_ALL=yes) $(VENV) -m pytest -q -m rendered tests/browser/test_rendered_pages.py

test-long: ## Run the long proofs: restarts, kills, every page, whole documents
	@$(PYTHON) -m dev.setup tests
	@$(VENV) -m pytest -n 2 --dist loadscope -m long --durations 20 --durations-min 5 $(ARGS)

faults: export TEST_KILLS ?= 50
faults: export TEST_KILLS_OF_POINT ?= 10
faults: ## Kill -9 at every point of a payment, 340 times: make faults [TEST_KILLS_OF_POINT=1]
	@$(PYTHON) -m dev.setup tests
	@$(VENV) -m pytest -n 2 --dist loadscope -m long -rP tests/faults/test_payment_kills.py services/payments/tests/payments/test_kills.py $(ARGS)

check: ## Lint, format, types, layers, and drift and faults of the contracts
	@$(PYTHON) -m dev.setup tests
	@$(VENV) -m ruff check . && $(VENV) -m ruff format --check .
	@$(VENV) -m mypy
	@.venv/bin/lint-imports
	@$(VENV) -m dev.contracts check && $(VENV) -m dev.contracts lint
	@$(VENV) -m dev.client check

bench: setup ## Measure speed and matching, and print ratios
	@$(VENV) -m services.address.accuracy --size 1000
	@$(VENV) -m bench

contracts: setup ## Write the contracts again from the code, and the client from them
	@$(VENV) -m dev.contracts generate && $(VENV) -m dev.client check

release: setup ## Hold later changes to these contracts: make release [BREAKING="why"]
	@$(VENV) -m dev.contracts release --breaking "$(BREAKING)"

lock: setup ## Resolve requirements.lock again
	@$(VENV) -m dev lock
