# Each target makes what it needs; the first run installs, later ones only where pyproject.toml has changed.
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
export PYTHON

.PHONY: help check test plugin demo lint types bench bench-smoke package matrix sdk-suites format clean
.DEFAULT_GOAL := help

help: ## what there is to run
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 12

check: test plugin demo lint types package matrix bench-smoke ## all that CI runs

test: venv ## the tests; more for pytest in ARGS="-k name"
	$(BIN)/python -m pytest --ignore=tests/plugin -n 2 --dist=worksteal $(ARGS)

plugin: venv ## the pytest plugin's tests, which run whole suites
	$(BIN)/python -m pytest tests/plugin -n 2 --dist=loadscope $(ARGS)

demo: venv ## a tool-calling agent on both SDKs, recorded live and replayed with the server gone
	$(BIN)/python -m demo

lint: venv ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: venv ## mypy and pyright, both strict
	$(BIN)/mypy
	$(BIN)/pyright

bench: ## what a replayed call costs, beside the SDK and other tools; ARGS="--out docs/speed" keeps it
	@.ci/venv .venvs/bench --group bench -e .
	.venvs/bench/bin/python -m benchmarks $(ARGS)
	.venvs/bench/bin/python -m benchmarks.growth $(ARGS)

bench-smoke: ## that the benchmarks run; their numbers mean nothing
	@$(MAKE) --no-print-directory bench ARGS=--smoke

package: venv ## build the wheel and try it where the source is not
	.ci/package

matrix: venv ## the conformance suite with older and newer SDKs
	.ci/matrix

sdk-suites: venv ## the SDKs' own tests plain, recorded and replayed (about five minutes a vendor)
	$(BIN)/python -m tests.sdk_suites openai
	$(BIN)/python -m tests.sdk_suites anthropic

format: venv ## bring the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## take away what the other targets have made
	rm -rf .venv .venvs dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: venv
venv:
	@.ci/venv .venv --group dev -e .
