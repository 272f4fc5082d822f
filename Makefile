# Everything a newcomer needs; `make help` lists it.
PY ?= $(shell command -v python3.11 || command -v python3 || command -v python)
BIN := .venv/bin
PORT ?= 8080
DEMO ?= 1
# whatever the shell says, what was compiled once is kept: the tests and the processes they start begin sooner
export PYTHONDONTWRITEBYTECODE :=
# the order of the tests: that of a number, another one if it is given, `chance`, or as they are `written`
TESTS = QINGQIAN_TEST_SEED=$(or $(QINGQIAN_TEST_SEED),826) $(BIN)/python -m pytest -q
# one process more than cores, as some tests wait for clocks and other processes
MANY = -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist worksteal -m "not browser"

.PHONY: help setup setup-dev run test test-fast query-counts check check-deep lint types messages docs migration bench load rules browser buttons month services attack sbom demo

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv/.ready: requirements.lock
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; found: $$($(PY) --version)"; exit 1; }
	@test -x $(BIN)/python || $(PY) -m venv .venv || { echo "python3 -m venv failed: on Debian or Ubuntu install python3-venv."; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/.ready-dev: requirements-dev.lock .venv/.ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock -r requirements-dev.lock
	@touch $@

setup: .venv/.ready translations/.compiled ## virtual environment, locked dependencies, translations

setup-dev: .venv/.ready-dev translations/.compiled ## the same with what tests, lint and types need

translations/.compiled: .venv/.ready $(wildcard translations/*/LC_MESSAGES/*.po)
	@$(BIN)/pybabel -q compile -d translations && touch $@

run: setup ## everything on http://127.0.0.1:$(PORT), with a demo school (DEMO=0: empty)
	@PORT=$(PORT) DEMO=$(DEMO) exec $(BIN)/python run.py

browser: setup-dev ## a Chromium for the browser tests, where one can be had
	@$(BIN)/python tests/browser/get_chromium.py

services: setup-dev ## servers that some tests talk to, where they can be had
	@$(BIN)/python tests/get_services.py pgbouncer slapd

test: setup-dev browser services ## all tests, in the mixed order of a number; QINGQIAN_TEST_SEED=<another>, =chance, or =written
	$(TESTS) $(MANY)
	$(TESTS) -n auto --maxprocesses 4 --dist loadfile -m browser tests/browser

test-fast: setup-dev ## all tests but those in a browser
	$(TESTS) $(MANY)

query-counts: setup-dev ## write tests/query_counts.txt anew: how many statements each page asks
	WRITE_QUERY_COUNTS=1 $(BIN)/python -m pytest -q tests/test_matrix.py

check-deep: setup-dev browser ## all tests with all their rounds, random walks over all tables and of an adversary, every planted bug and hole found, every button pressed (three hours)
	DEPTH=deep $(TESTS) $(MANY)
	$(BIN)/python -m tests.model
	$(BIN)/python -m tests.adversary
	$(BIN)/python -m tests.browser.buttons

buttons: setup-dev browser ## every button of every page of every role, with and without script; make buttons WHO="school employer1"
	$(BIN)/python -m tests.browser.buttons $(WHO)

month: setup-dev browser ## a month of data work with 8,000 graduates in the browser, opened with LibreOffice (half an hour)
	$(BIN)/python -m tests.browser.month

attack: setup-dev ## 20,000 bent requests at a real server, at most half an hour; make attack SHOTS=2000
	$(BIN)/python -m tests.attack $(SHOTS)

sbom: setup-dev ## what is installed in production, as CycloneDX: sbom.json
	@$(BIN)/python -m tests.sbom

check: lint types test ## what must be green before a change lands

lint: setup-dev ## ruff, import directions
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

types: setup-dev ## mypy
	$(BIN)/mypy

messages: setup ## collect texts, update the catalogue, fail on an untranslated one
	$(BIN)/python -m app.messages

docs: setup ## regenerate docs/workflows.md, docs/roles.md and docs/rooms.md
	$(BIN)/flask --app run docs
	$(BIN)/python tests/rooms.py

rules: setup-dev ## every rule of the specification with its tests
	@$(BIN)/python tests/rules.py

migration: setup ## draft a migration: make migration NAME=0002_text
	$(BIN)/flask --app run db revision --autogenerate --rev-id $(NAME)

load: setup-dev ## the web server under load: 1 to 32 at once, twice what it can do, half of it
	$(BIN)/python -m bench load

bench: setup-dev ## figures as ratios to a floor measured in the same run; make bench NAME=lists: one of them
	$(BIN)/python -m bench $(NAME)

demo: run
