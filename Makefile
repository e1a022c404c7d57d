# Every target installs what it needs first, so each works from a clean clone.
# The system's own Python where it can make a venv: built with profiles, it is faster than most others.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
            && echo /usr/bin/python3 || echo python3)
VENV   := .venv
BIN    := $(VENV)/bin
NPM    := tests/integration/node_modules/.stamp

.PHONY: fuzz run test check cards codes format openapi test-integration bench bench-check bench-overload bench-peers soak demo sandbox install lock clean

$(VENV)/runtime.stamp: requirements.lock pyproject.toml
	@test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/runtime.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# Without npm the tests themselves say what is missing: skipped on a laptop, failed in CI.
$(NPM): tests/integration/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix tests/integration --no-audit --no-fund --silent && touch $@; fi

$(VENV)/fuzz.stamp: requirements-fuzz.lock $(VENV)/dev.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements-fuzz.lock
	@touch $@

install: $(VENV)/dev.stamp ## everything that development needs, into .venv

run: $(VENV)/runtime.stamp ## serve on 127.0.0.1:8000 in development mode
	$(BIN)/python -m app serve

test: install ## the core suite with its coverage floor
	$(BIN)/pytest -n auto --dist worksteal --cov --cov-report=term-missing -m "not integration"

check: install ## format, lint, types, Dockerfile, known vulnerabilities, cards
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile
	$(BIN)/python -m tests.audit
	$(BIN)/python -m app check
	$(BIN)/python -m app pages --check

cards: install ## every recommendation and its cards as pages, in cards/rendered
	$(BIN)/python -m app pages

codes: install ## FILE=bundle.json or data.ndjson.gz: which of its codings the value sets hold
	@$(BIN)/python -m app codes $(FILE)

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

openapi: install ## the generated parts of openapi/
	$(BIN)/python -m tests.conformance

test-integration: install $(NPM) ## a real FHIR server and a real CDS Hooks client from npm
	$(BIN)/pytest -m integration tests/integration

demo: install $(NPM) ## each hook and its cards, as the clinician would read them
	$(BIN)/python -m tests.integration.demo

sandbox: install $(NPM) ## the CDS Hooks sandbox of CDS_HOOKS_SANDBOX with made-up patients, until Ctrl-C
	$(BIN)/python -m tests.integration.sandbox_demo

bench: install ## CPU per request beside the floors, latency, start, memory, content; some minutes
	$(BIN)/python -m tests.bench

bench-overload: install ## what is answered in time at 1, 2 and 5 times the capacity; half a minute
	$(BIN)/python -m tests.bench.overload

bench-peers: install ## the same requests to HealthChain (installed into .bench) and to a plain FastAPI service
	$(BIN)/python -m tests.bench --peers

soak: install ## 20 minutes of mixed load; fails when memory, file handles or latency grow
	$(BIN)/python -m tests.bench --soak 20

bench-check: install ## fails when a ratio is 25 % worse than the committed one
	$(BIN)/python -m tests.bench --check

FUZZ_SECONDS ?= 120
fuzz: $(VENV)/fuzz.stamp ## inputs that nobody thought of, bounded: FUZZ_SECONDS in all
	$(BIN)/python -m tests.fuzz $(FUZZ_SECONDS)

lock: ## needs uv; the files name no index and no host
	uv pip compile pyproject.toml --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --group test --group check --group build --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.lock
	uv pip compile --group pyproject.toml:sbom --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o docker/sbom.lock
	uv pip compile pyproject.toml --group test --group check --group build --group fuzz --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -c requirements-dev.lock -o requirements-fuzz.lock

clean:
	rm -rf $(VENV) .bench .fuzz .plumbline .schemathesis .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/integration/node_modules
