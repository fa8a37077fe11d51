# `make repro` and `make test` are all a new user needs. Both set up .venv first, once.
PYTHON ?= python3
VENV ?= .venv
# A CPU build of torch is enough; TORCH="torch==2.13.0 --index-url …" chooses another one.
TORCH ?= torch==2.13.0
TORCHAUDIO ?= torchaudio==2.11.0
# UPGRADE=--upgrade has `make lock` take the newest versions that pyproject.toml allows.
UPGRADE ?=
READY := $(VENV)/.ready
# DVC and its queue start `python` and `dvc` through PATH.
RUN := PATH="$(abspath $(VENV))/bin:$$PATH"

.DEFAULT_GOAL := help
.PHONY: help setup repro test test-e2e test-slow faults fuzz lint check-lock lock bench

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

setup: $(READY) ## create .venv and install everything

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	  || { echo "error: $(PYTHON) is not Python 3.11 or 3.12; name one that is, e.g. make PYTHON=python3.12"; exit 2; }
	@echo "setting up $(VENV) (once; torch takes most of it)"
	@test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet $(TORCH)
	$(VENV)/bin/python -m pip install --quiet --constraint requirements.lock $(TORCHAUDIO) --editable '.[demo,dev]'
	@mkdir -p $(@D) && touch $@

# Settings are checked again where they, or what checks them, have changed.
CHECKED := build/.checked
$(CHECKED): params.yaml $(wildcard stages/common/params/* stages/systems/*/__init__.py) $(READY)
	@$(RUN) python -m stages.common.params
	@mkdir -p $(@D) && touch $@

# A killed DVC can leave its list of locks in pieces, which ends without a brace (stages/tools/unlock).
LOCKS := .dvc/tmp/rwlock
repro: $(CHECKED) ## run the whole pipeline, or what has changed of it
	@test ! -e $(LOCKS) || tail -c 1 $(LOCKS) | grep -q '}' || $(RUN) python -m stages.tools unlock
	$(RUN) dvc repro
	@if git rev-parse -q --verify HEAD >/dev/null 2>&1 && ! git diff --quiet HEAD -- dvc.lock; then \
	  echo "These results are yours, and not committed yet: git commit -am 'my run'"; \
	  echo "Back to them from an experiment: git checkout HEAD -- params.yaml && dvc repro (docs/experiments.md)"; fi

test: $(READY) ## the fast tests
	$(RUN) python -m pytest -n auto

test-e2e: $(READY) ## the pipeline and every page's commands, end to end on a shrunken demo
	$(RUN) python -m pytest -m e2e

test-slow: $(READY) ## the tests that are too long for the fast ones
	$(RUN) python -m pytest -m slow

# With =, for pytest takes a path that is there for a place of tests.
faults: $(READY) ## do every bad thing to the pipeline, and write docs/faults.md
	$(RUN) python -m pytest -m fault --fault-table=docs/faults.md

fuzz: $(READY) ## ten minutes of damaged files for every reader
	$(RUN) python -m tests.fuzz --minutes 10

lint: $(READY) ## ruff and mypy
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

check-lock: $(READY) ## dvc.lock, params.yaml and the code agree (needs no data)
	@mkdir -p build
	@$(RUN) dvc repro --dry --allow-missing | tee build/dry.txt; grep -q 'up to date' build/dry.txt

# Without what the user chooses: PyTorch, and the CUDA packages that its builds for GPUs need.
lock: ## bring requirements.lock in line with pyproject.toml
	@command -v uv >/dev/null || { echo "error: make lock needs uv; install it, e.g. by pip install uv"; exit 2; }
	uv pip compile --quiet --universal --python-version 3.11 --extra demo --extra dev --no-annotate --no-header \
	  $(UPGRADE) --output-file requirements.lock pyproject.toml
	@sed -i -E -e '/^(torch|torchaudio|triton|nvidia-.*|cuda-.*)==/d' \
	  -e '1i # The versions that `make setup` installs, besides torch and torchaudio. `make lock` writes this file.' \
	  requirements.lock

bench: $(READY) ## clips per CPU-second of the data stages
	$(RUN) python -m stages.mix.bench
	$(RUN) python -m stages.mels.bench
