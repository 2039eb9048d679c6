# Two commands on a fresh machine with Python >= 3.11 and nothing else:
#   make demo    renders a clip, dubs it, says where it is
#   make test    ruff, mypy, pytest
# Both make and use their own .venv. Here the exact versions of constraints.txt are installed.

PYTHON ?= python3
VENV   ?= .venv
RUN    := $(VENV)/bin
JOBS   ?= 2

.PHONY: demo test install docs man clean

demo: $(VENV)/.installed
	$(RUN)/foley demo --out-dir demo --overwrite

test: $(VENV)/.installed-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/python -m pytest -n $(JOBS)

install: $(VENV)/.installed

docs: $(VENV)/.installed-dev
	$(RUN)/python -m tests.manual.reference > docs/cli.md

man: $(VENV)/.installed-dev
	$(RUN)/python -m tests.manual.man > docs/foley.1

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV) && $(PYTHON) -m virtualenv $(VENV); }

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml constraints.txt
	$(RUN)/python -m pip install -q -e . -c constraints.txt
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml constraints.txt
	$(RUN)/python -m pip install -q -e '.[dev]' -c constraints.txt
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
