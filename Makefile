# They need Python 3.11 to 3.13, a C++ compiler and make, and create the rest.
PYTHON ?= python3
BIN := .venv/bin
# What Python compiles is kept: a fifth of a short command's time.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-thorough check docs clients wheel lock bench clean

demo: .venv/.ready
	$(BIN)/recstore demo

# Each behaviour once.
test: .venv/.ready clients
	$(BIN)/python -m pytest -m "not thorough"

# What repeats them over versions, clients, commands and damages, and full sizes.
test-thorough: .venv/.ready clients
	$(BIN)/python -m pytest -m thorough

# Lint, format and types.
check: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The documentation as a site, in docs/_site; a warning is an error.
docs: .venv/.ready
	$(BIN)/python -m sphinx -W --keep-going -q docs docs/_site
	@echo "docs/_site/index.html"

# The wheel, built from the sdist and tried in an empty environment.
wheel: .venv/.ready
	$(BIN)/python tests/wheel_check.py

# make bench DATA=FOLDER, where MovieLens's ml-latest-small is unpacked.
bench: .venv/.ready
	$(BIN)/python benchmarks/movies.py $(if $(DATA),--data $(DATA))

# Other versions and other clients of DuckDB that the tests ask the same questions.
clients: .venv/.ready
	$(BIN)/python tests/clients/install.py

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

# Needs uv: writes the versions that everything above installs.
lock:
	uv pip compile pyproject.toml --extra audio --extra explore --extra sqlalchemy --group dev --universal --generate-hashes --no-emit-index-url --quiet \
		--custom-compile-command "make lock" -o requirements.lock

clean:
	rm -rf .venv .clients build dist *.egg-info docs/_site docs/reference
