# make app    the dashboard on localhost:8501      make check  every gate and test, as CI runs them
# make api    the HTTP API on localhost:8081       make worker trains the runs that Redis queues
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
SOURCES := src app tests scripts benchmarks

.PHONY: app api worker check format lint types guards test fix bench screenshots clean

app: $(VENV)/.app  ## install what the dashboard needs, then start it
	@echo "Starting the dashboard on http://localhost:8501 (Ctrl-C ends it)"
	$(BIN)/handwriting-ai app

api: $(VENV)/.api  ## install what the HTTP API needs, then serve it
	$(BIN)/handwriting-ai api

worker: $(VENV)/.queue  ## install what a worker needs, then train the runs that Redis queues
	$(BIN)/handwriting-ai worker

check: format lint types guards test  ## what CI runs
	@echo "All gates passed."

format: $(VENV)/.dev
	$(BIN)/ruff format --check $(SOURCES)

lint: $(VENV)/.dev
	$(BIN)/ruff check $(SOURCES)

types: $(VENV)/.dev
	$(BIN)/mypy

guards: $(VENV)/.dev
	$(BIN)/python scripts/guard_checks.py $(SOURCES)

# Two at a time: many tests wait for a process or a browser. Torch's threads must not spin while they wait for a core.
test: $(VENV)/.dev
	OMP_WAIT_POLICY=passive $(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term --cov-fail-under=93 --durations=30
	@for part in inference:90 training:85 api:90; do \
		$(BIN)/coverage report --include="src/handwriting_ai/$${part%:*}/*" --fail-under=$${part#*:} >/dev/null || \
			{ echo "The coverage of $${part%:*} is under $${part#*:} %."; exit 1; }; \
	done

fix: $(VENV)/.dev  ## the only target that changes code
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/preprocess_speed.py
	$(BIN)/python benchmarks/engine_latency.py
	$(BIN)/python benchmarks/bulk_reading.py
	$(BIN)/python benchmarks/page_latency.py
	$(BIN)/python benchmarks/paper_accuracy.py --digits 20 --tta none
	$(BIN)/python benchmarks/shared_cores.py
	$(BIN)/python benchmarks/training_memory.py
	$(BIN)/python benchmarks/against_pytorch_example.py
	$(BIN)/python benchmarks/api_load.py
	DIGITS__ACTIVE_MODEL=default $(BIN)/python benchmarks/api_load.py

screenshots: $(VENV)/.dev
	$(BIN)/python scripts/screenshots.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .coverage .coverage.*

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.app: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing handwriting-ai with its dashboard into $(VENV) (a few minutes)"
	@$(PIP) --constraint constraints.txt --editable '.[app]'
	@touch $@

$(VENV)/.api: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing handwriting-ai with its HTTP API into $(VENV) (a few minutes)"
	@$(PIP) --constraint constraints.txt --editable '.[api]'
	@touch $@

$(VENV)/.queue: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing handwriting-ai with its queue into $(VENV) (a few minutes)"
	@$(PIP) --constraint constraints.txt --editable '.[queue]'
	@touch $@

$(VENV)/.dev: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing handwriting-ai with its checks into $(VENV) (a few minutes)"
	@$(PIP) --constraint constraints.txt --editable '.[app,api,queue,dev]'
	@touch $@ $(VENV)/.app $(VENV)/.api $(VENV)/.queue
