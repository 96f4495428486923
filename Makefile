# `make` lists the targets. Each one makes its own .venv first (.ci/prepare) and is quick when that is there.
PORT ?= 5000
WORKERS ?= 3
SEEDS ?= 50
EFFORT ?= 10
FAULT_SECONDS ?= 12
BIN := .venv/bin

ifneq (,$(filter uwsgi UWSGICache,$(FLASK_CACHE_TYPE)))
# Its cache is there within its server only.
export FLASK_CACHE_UWSGI_NAME ?= demo
SERVE = $(BIN)/uwsgi --virtualenv $(dir $(BIN)) --http-socket 127.0.0.1:$(PORT) --master --processes 2 --die-on-term \
	--need-app --cache2 name=$(FLASK_CACHE_UWSGI_NAME),items=1000,blocks=20000,blocksize=1024,bitmap=1 \
	--pythonpath examples --module 'stdlib_search.app:create_app()'
else
# Flask 2.1 has no option --app.
SERVE = FLASK_APP=examples/stdlib_search/app.py $(BIN)/flask run --host 127.0.0.1 --port $(PORT)
endif

.DEFAULT_GOAL := help
.NOTPARALLEL:
PLUGINS := filesystem redis memcached gcs uwsgi
.PHONY: help demo docs screenshot test coverage soak faults bench bench-quick mutants pages lint format types layers build test-all pins clean ready-run ready-build ready-dev $(PLUGINS:%=test-%)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'make test-NAME  only the tests of one plugin: $(PLUGINS)'

demo: ready-run ## search the standard library's source, cached, on http://127.0.0.1:5000 (PORT=5001 to change)
	$(SERVE)

docs: ready-dev ## the documentation as a site in build/docs, warnings being errors, and a test of every link and code block
	rm -rf build/docs
	$(BIN)/sphinx-build --fail-on-warning --keep-going --fresh-env --nitpicky --quiet --doctree-dir build/doctrees docs build/docs
	$(BIN)/pytest -q docs/tests

screenshot: ready-dev ## take the picture of the demo anew: docs/demo.png
	$(BIN)/python .ci/screenshot

PYTEST = $(BIN)/pytest -n $(WORKERS) --dist loadfile --cov-report=term-missing:skip-covered \
	--conformance-reports build/conformance --conformance-strict

test: lint types layers ## every check, then every test, with the coverage of the core by its own (WORKERS=3)
	rm -rf build/conformance
	$(PYTEST) --cov=flask_caching

coverage: ready-dev ## every test, with the coverage of everything: half as long again
	rm -rf build/conformance
	$(PYTEST) --cov=flask_caching $(patsubst %,--cov=flask_caching%,_conformance _conformance_plugin $(PLUGINS:%=_%)) --measure-all

test-all: ready-dev ## every supported Python with every supported Flask, for hours (CELLS="3.12-2.3", TESTS=core/tests)
	$(BIN)/python .ci/matrix --cells $(CELLS) --workers $(WORKERS) --tests $(TESTS)

$(PLUGINS:%=test-%): test-%: ready-dev
	$(BIN)/pytest -n $(WORKERS) --dist loadfile plugins/$*/tests

soak: ready-dev ## judge every backend with many seeds and more examples, for hours (SEEDS=50 EFFORT=10)
	$(BIN)/python .ci/soak $(SEEDS) $(EFFORT)

faults: ready-dev ## hurt the servers of an application that is visited, for minutes, and write docs/outages.md (FAULT_SECONDS=12)
	rm -rf build/faults
	FAULT_SECONDS=$(FAULT_SECONDS) FAULT_REPORTS=$(CURDIR)/build/faults \
		$(BIN)/pytest -q --timeout 600 plugins/*/tests/test_fault_run.py
	cd benchmarks && ../$(BIN)/python -m faults.page ../build/faults

bench: ready-dev ## measure beside the peers, for minutes, write docs/performance.md, and fail where a goal is missed
	command -v wrk >/dev/null || .ci/install-system-packages wrk
	cd benchmarks && { ../$(BIN)/python -m speed --json ../build/speed.json; status=$$?; \
		[ ! -e ../build/speed.json ] || ../$(BIN)/python -m speed.page ../build/speed.json; exit $$status; }

bench-quick: ready-dev ## the same for less than a minute, and write nothing
	cd benchmarks && ../$(BIN)/python -m speed --quick

mutants: ready-dev ## judge every wrong backend of the kit's tests by the whole catalogue, for the page that shows it
	rm -rf build/mutants
	$(BIN)/python .ci/mutants

pages: ready-dev ## write the pages of docs/conformance from the reports of `make test` and `make mutants`
	$(BIN)/python .ci/pages

lint: ready-dev ## ruff: the rules, and whether the files are formatted
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: ready-dev ## ruff: repair and format the files
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

types: ready-dev ## mypy and pyright
	$(BIN)/mypy
	$(BIN)/pyright

layers: ready-dev ## import-linter: each layer imports only from those below it
	$(BIN)/lint-imports --no-logo

build: ready-build ## the wheel and the sdist of every distribution, into dist/, as an index would take them
	rm -rf dist
	$(BIN)/uv build --python $(BIN)/python --all-packages --out-dir dist
	$(BIN)/twine check --strict dist/*.whl dist/*.tar.gz

pins: ready-run ## pin the newest versions that fit together (rewrites pyproject.toml)
	$(BIN)/python .ci/pins
	@.ci/prepare dev

clean: ## remove .venv, build output, caches and reports
	rm -rf .venv dist build uv.lock .coverage .coverage.* coverage.xml htmlcov .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name .git -prune -o \( -name __pycache__ -o -name '*.egg-info' \) -type d -prune -exec rm -rf {} +

ready-run ready-build ready-dev: ready-%:
	@.ci/prepare $*
