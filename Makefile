.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Two processes; a file's tests stay together, so that they share what their file sets up. In the
# files' own order: the longest have few tests and would otherwise come last.
PYTEST := $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup search test test-slow test-services test-all lint types format check bench-reading bench-modules bench-cost bench-pruners bench-samplers bench-bed bench-search bench-training clean bench-scale bench-scaling soak bench-cluster bench-ray screenshots story table

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; assert sys.version_info >= (3, 11), "nasattn needs Python 3.11 or newer; set PYTHON=..."'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(STAMP)

setup: $(STAMP) ## Install nasattn and the developers' tools into .venv

search: setup ## Run the quickstart study (a minute) and show its front
	$(BIN)/nasattn search studies/quickstart.toml

screenshots: search ## Draw what the README shows of the quickstart in a terminal
	$(BIN)/python benchmarks/screenshot.py studies/quickstart.svg "nasattn pareto quickstart"

story: setup ## From a space to a report on pictures (over an hour): make story DATA=imagefolder:DIR
	$(BIN)/python benchmarks/story.py $(or $(DATA),$(error say where CIFAR-10 is: DATA=imagefolder:DIR or DATA=cifar10:DIR))

test: setup ## Run the default tests and say what they leave out
	$(PYTEST)
	@$(BIN)/pytest --collect-only --quiet -m 'slow or gpu or network or services' 2>/dev/null \
	  | awk '/::/ { n++ } END { printf "left out: %d tests marked slow, gpu, network or services (make test-slow runs the slow ones, make test-services those of services)\n", n }'

test-slow: setup ## Run the tests marked slow
	$(PYTEST) -m 'slow and not gpu and not network and not services'

test-services: setup ## Run the tests that need Debian's chromium, chromium-driver, postgresql, or a Ray cluster
	$(BIN)/pytest -m services

test-all: test test-slow ## Run the default and the slow tests

lint: setup ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## Check types
	$(BIN)/mypy

format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: lint types test ## All that .ci/run checks by default

bench-reading: setup ## Time the reading commands against importing typer and rich
	$(BIN)/python benchmarks/reading.py

bench-modules: setup ## Time attention modules against their authors' formulation in plain torch
	$(BIN)/python benchmarks/modules.py

bench-cost: setup ## Time the costing of architectures and `nasattn space show`
	$(BIN)/python benchmarks/costing.py

bench-pruners: setup ## Time early stopping: a verdict, and an epoch with the storage read
	$(BIN)/python benchmarks/pruners.py

bench-samplers: setup ## Time a proposal of the sampler cost-aware
	$(BIN)/python benchmarks/samplers.py

bench-bed: setup ## Compare samplers on a made-up truth (a quarter of an hour)
	$(BIN)/python benchmarks/samplers.py compare

PEERS := $(VENV)/.peers
$(PEERS): $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[peers]'
	@touch $(PEERS)

bench-search: $(PEERS) ## Compare engines on recorded trainings (an hour; TABLE=FILE.jsonl.gz, ARGS="--jobs 2", …)
	$(BIN)/python benchmarks/search.py $(TABLE) $(ARGS)

table: setup ## Train all of the recorded table, or what is left (hours): make table DATA=imagefolder:DIR
	$(BIN)/python benchmarks/recording.py $(or $(DATA),$(error say where CIFAR-10 is: DATA=imagefolder:DIR or DATA=cifar10:DIR))

bench-training: setup ## Time the training loop against the bare step loop and a DataLoader
	$(BIN)/python benchmarks/training.py

bench-scale: setup ## Time commands and proposals in studies of up to 10,000 trials
	$(BIN)/python benchmarks/scale.py

bench-scaling: setup ## Compare 1 to 8 workers whose trials sleep (ten minutes)
	$(BIN)/python benchmarks/crews.py scaling

MINUTES ?= 30
PAIRS ?= 5
soak: setup ## Search for MINUTES=30 while workers are killed; check the records
	$(BIN)/python benchmarks/crews.py soak $(MINUTES)

bench-ray: setup ## Compare two workers on a local Ray cluster with two of one's own (PAIRS=5; minutes)
	$(BIN)/python benchmarks/ray_workers.py $(PAIRS)

bench-cluster: setup ## 32 workers on one PostgreSQL study, restarts, a machine cut off (root; minutes)
	$(BIN)/python benchmarks/cluster.py

clean: ## Remove the environment and all caches (never runs/)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info
