# Two commands matter: `make report` and `make test`. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-develop
VALIDATE_STAMP := $(VENV)/.installed-validate

# uv installs packages uncompiled. Where the environment forbids Python to keep what it compiles, each of the many
# processes that chapters and tests start would compile pandas anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: report report-embedded test check validate bench lock clean
.DEFAULT_GOAL := report

# uv installs in seconds; where it can't be had, pip does the same from the same lock.
define install
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/uv.txt \
	  && $(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r $(1) \
	  || $(BIN)/python -m pip --quiet --disable-pip-version-check install --require-hashes -r $(1)
	@$(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps --no-build-isolation --editable .
endef

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "Python 3.11 to 3.13 is needed; %s is %d.%d. Name another with: make PYTHON=python3.12" % (sys.executable, *v))'
	@$(PYTHON) -m venv $(VENV)

$(STAMP): requirements/report.txt requirements/uv.txt pyproject.toml | $(VENV)/bin/python
	$(call install,requirements/report.txt)
	@touch $@

$(DEV_STAMP): requirements/develop.txt requirements/uv.txt pyproject.toml | $(VENV)/bin/python
	$(call install,requirements/develop.txt)
	@touch $@ $(STAMP)

$(VALIDATE_STAMP): requirements/validate.txt requirements/uv.txt pyproject.toml | $(VENV)/bin/python
	$(call install,requirements/validate.txt)
	@touch $@ $(STAMP) $(DEV_STAMP)

report: $(STAMP)
	@$(BIN)/report build

# The same without Quarto, even where it is installed.
report-embedded: $(STAMP)
	@$(BIN)/report build --engine embedded

test: $(DEV_STAMP)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/report lint

# Whether the estimators can be trusted, and how fast they are; results go to records/, which the book prints. Builds
# after random edits are held against builds from nothing: ten times as many as in `make test`.
validate: $(VALIDATE_STAMP)
	@$(BIN)/report validate
	@$(BIN)/python -m pytest -n auto tests/publishing/test_random_edits.py --random-edits 200

bench: $(DEV_STAMP)
	@$(BIN)/report bench

lock: $(DEV_STAMP)
	$(BIN)/python requirements/lock.py

clean:
	rm -rf bld _book _freeze .quarto .pytask pytask.lock
