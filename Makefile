# The commands of the course. `make` alone lists them.
# Everything runs in .venv, which is made on first use and brought up to date when the pins change.

READY := .venv/.ready
TOOLS := .venv/.tools
SITE  := .venv/.site
JHUB  := .venv/.hub
VENV  := . .venv/bin/activate &&

# Root needs a flag of its own. Without a screen, no browser is tried: JupyterLab prints the URL.
SCREEN    := $(DISPLAY)$(WAYLAND_DISPLAY)$(BROWSER)$(filter Darwin,$(shell uname))
LAB_FLAGS := $(if $(filter 0,$(shell id -u)),--allow-root) $(if $(SCREEN),,--no-browser) \
	--config="$(CURDIR)/scripts/jupyter_lab_config.py" --ServerApp.root_dir="$(CURDIR)"

# A warning, such as a link that leads nowhere, is an error. All is read anew each time: Sphinx does not
# know that a lesson changes with the glossary.
SPHINX := python -m sphinx --fresh-env --fail-on-warning --keep-going --quiet -c site -d build/doctrees

# What a shell may have set for other projects: it would put another `backend` before ours, packages
# elsewhere than into .venv, or have each kernel and each child of a test compile all code anew.
unexport PYTHONPATH PIP_TARGET PIP_PREFIX PYTHONDONTWRITEBYTECODE
export PIP_USER := 0

.PHONY: help setup lab doctor test check bench bench-rivals bench-suite soak fuzz fault-table test-thorough notebooks diagrams pictures site epub hub pins newest clean
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo '  ARGS="…" adds arguments:            make lab ARGS="--port 9999"   make test ARGS="-k queue"'
	@echo '  PYTHON=… chooses the Python:        make lab PYTHON=/path/to/python   (when .venv is made)'
	@echo '  REDIS_URL=… uses a Redis of yours:  REDIS_URL=redis://localhost:6379/0 make test'
	@echo '  HUB=… links each lesson to a hub:   make site HUB=https://hub.example.org'

setup: $(READY) ## make .venv, or bring it up to date (the others do it too)
	@echo '.venv is ready.'

lab: $(READY) ## open the course in JupyterLab; Ctrl-C ends it
	@$(VENV) exec jupyter lab $(LAB_FLAGS) $(ARGS)

doctor: $(READY) ## check Python, packages and server, and say what to do
	@$(VENV) python -m course doctor

test: $(TOOLS) ## run every notebook, compare its outputs, and test every part: minutes
	@$(VENV) pytest -n logical $(ARGS)

check: $(TOOLS) ## lint, format, types, who may import whom, spelling, clean metadata of the notebooks
	@$(VENV) ruff check
	@$(VENV) ruff format --check
	@$(VENV) mypy
	@$(VENV) lint-imports
	@$(VENV) typos
	@$(VENV) python -m tests.notebooks.rerun --check-metadata notebooks/*.ipynb

bench: $(READY) ## measure what calls cost, as ratios with goals; ARGS="--rounds 5" is quicker
	@$(VENV) python -m bench $(ARGS)

bench-rivals: $(READY) ## measure our queue beside other libraries', which come into build/rivals
	@$(VENV) python -m bench.rivals $(ARGS)

bench-suite: $(TOOLS) ## measure tests, set-up and first cell against their floor; ARGS=--whole: make test too
	@$(VENV) python -m bench.suite $(ARGS)

soak: $(TOOLS) ## cause all faults at once for ten minutes, twice, and count what is lost
	@$(VENV) python -m tests.reliability.soak $(ARGS)

fuzz: $(TOOLS) ## put nonsense before the pipeline for ten minutes, and count
	@$(VENV) python -m tests.reliability.fuzz $(ARGS)

fault-table: $(TOOLS) ## cause every fault a few times, and print what was lost; ARGS=--full
	@$(VENV) python -m tests.reliability.fault_table $(ARGS)

test-thorough: $(TOOLS) ## test all, as CI does: browser, drills, every fault, mutation and answer
	@$(VENV) pytest -n logical --thorough $(ARGS)

notebooks: $(READY) ## run all notebooks again and store their outputs
	@$(VENV) python -m tests.notebooks.rerun notebooks/*.ipynb

diagrams: $(READY) ## draw the pictures of the lessons again
	@$(VENV) python -m scripts.diagrams

pictures: $(TOOLS) ## take the two pictures of the README again
	@$(VENV) SCREENSHOTS=docs pytest --thorough -k "a_picture_of" tests/browser/test_picture.py tests/browser/test_dashboard.py

site: $(SITE) ## build the course as pages for a browser: build/site/index.html
	@rm -rf build/site
	@$(VENV) $(SPHINX) -b html . build/site

epub: $(SITE) ## build the course as a book for an e-reader: build/epub
	@$(VENV) $(SPHINX) -b epub . build/epub

hub: $(JHUB) ## start a JupyterHub for several learners on this machine; hub/README.md
	@$(VENV) exec jupyterhub --config=hub/jupyterhub_config.py $(ARGS)

pins: ## raise the pins of requirements*.txt to the newest versions (needs uv)
	uv pip compile --upgrade --universal --python-version 3.11 --group test --no-annotate pyproject.toml -o requirements.txt
	uv pip compile --upgrade --universal --python-version 3.11 --group dev --constraints requirements.txt --no-annotate -o requirements-dev.txt
	uv pip compile --upgrade --universal --python-version 3.11 --group site --constraints requirements.txt --constraints requirements-dev.txt --no-annotate -o requirements-site.txt
	uv pip compile --upgrade --universal --python-version 3.11 --group hub --constraints requirements.txt --constraints requirements-dev.txt --no-annotate -o requirements-hub.txt

newest: ## try the newest versions of everything, in a clone of its own (needs uv)
	rm -rf build/newest
	git clone --quiet . build/newest
	$(MAKE) -C build/newest pins
	$(MAKE) -C build/newest test-thorough ARGS="-q $(ARGS)"

clean: ## remove .venv
	rm -rf .venv

# A .venv that is a link belongs to another folder, as a learner's in a hub: it is used as it is.
ifneq ($(shell test -L .venv && echo linked),)

$(READY) $(TOOLS) $(SITE) $(JHUB):
	@echo '$@ is missing here, and .venv is a link: make it in '"$$(cd -P .venv/.. && pwd)" >&2; exit 1

else

# Where the folder was moved, or its Python was removed, .venv is there and does not run.
BROKEN := $(shell test ! -e $(READY) || { grep -qF "$(CURDIR)/.venv" .venv/bin/activate && \
	.venv/bin/python -c ''; } 2>/dev/null || echo broken)
.PHONY: broken

$(READY): requirements.txt pyproject.toml scripts/setup.sh scripts/install.py $(BROKEN)
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

$(TOOLS): $(READY) requirements-dev.txt
	@sh scripts/setup.sh tools requirements-dev.txt

$(SITE): $(READY) requirements-site.txt
	@sh scripts/setup.sh site requirements-site.txt

$(JHUB): $(READY) requirements-hub.txt hub/package-lock.json
	@command -v npm >/dev/null || { echo "The hub's proxy needs Node.js 18 or newer, with npm." \
		'On Debian and Ubuntu: apt install nodejs npm' >&2; exit 1; }
	@cp hub/package.json hub/package-lock.json .venv
	@npm ci --prefix .venv --no-audit --no-fund --loglevel=error
	@MPLCONFIGDIR=.venv/matplotlib .venv/bin/python -c 'import matplotlib.font_manager'
	@sh scripts/setup.sh hub requirements-hub.txt

endif
