#!/bin/sh
# Makes .venv, or brings it up to date. `make` calls this; so can you, from the project's folder.
#   PYTHON   the interpreter to use; otherwise the newest that is supported and runs
#   tools requirements-dev.txt    as arguments: what tests and authors need is installed too;
#   site requirements-site.txt    what the site needs
#   hub requirements-hub.txt      what the hub needs
# uv does the work when it is on PATH, because it is quicker; otherwise venv and pip.
set -eu

# The supported Pythons stand in pyproject.toml, oldest first. python3 is tried last: it may be newer
# than all of them, and then the lessons have not been tried on it.
oldest=
candidates=python3
for version in $(awk -F '"|:: ' '/"Programming Language :: Python :: 3\./ { print $4 }' pyproject.toml); do
    oldest=${oldest:-$version}
    candidates="python$version $candidates"
done

needs="This course needs Python $oldest or newer"
remedy="Install one, or name it: make lab PYTHON=/path/to/python${version:?}"

version_of() { # prints "3.9.18", say, or nothing when "$1" does not run (a pyenv shim can be such a one)
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || true
}

new_enough() {
    "$1" -c "import sys; sys.exit(sys.version_info < (3, ${oldest#3.}))" 2>/dev/null
}

stop() {
    echo "$*" >&2
    exit 1
}

choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        [ -n "$(version_of "$PYTHON")" ] || stop "$needs; \`$PYTHON\` does not run. $remedy"
        new_enough "$PYTHON" || stop "$needs; \`$PYTHON\` is $(version_of "$PYTHON"). $remedy"
        echo "$PYTHON"
        return
    fi
    for candidate in $candidates; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    here=$(version_of python3)
    [ -n "$here" ] || stop "$needs; no \`python3\` was found on PATH. $remedy"
    stop "$needs; \`python3\` here is $here. $remedy"
}

new_venv() {
    if command -v uv >/dev/null; then
        uv venv --quiet --clear --python "$1" .venv
        return
    fi
    "$1" -c 'import ensurepip' 2>/dev/null ||
        stop "\`$1\` cannot make virtual environments: its ensurepip is missing. On Debian and Ubuntu: apt install python3-venv"
    "$1" -m venv --clear .venv || stop "No .venv could be made here. Is the disk full? May you write to this folder?"
}

if [ -n "${1:-}" ]; then
    echo "Installing the $1 of $2 (once)."
    # uv then compiles all that is here: tests start many processes at once, and the learners of a
    # hub may not write here. For one reader it is not worth its wait: the first start compiles.
    UV_COMPILE_BYTECODE=1 .venv/bin/python scripts/install.py "$2"
    touch ".venv/.$1"
    exit
fi

# .ready is written last: a .venv without it was interrupted.
again=
if [ -e .venv/.ready ]; then
    if ! grep -qF "$(pwd -P)/.venv" .venv/bin/activate; then
        again="This folder was moved or renamed, so its .venv is made again. "
    elif ! .venv/bin/python -c '' 2>/dev/null; then
        again="The Python of .venv does not run any more (removed, or upgraded), so .venv is made again. "
    fi
elif [ -d .venv ]; then
    again="The last set-up did not come to its end, so it begins again. "
fi
if [ -e .venv/.ready ] && [ -z "$again" ]; then
    echo "Bringing .venv up to date."
    rm -f .venv/.ready
else
    python=$(choose_python)
    echo "${again}Setting up .venv with Python $(version_of "$python"), once: about 100 MB to fetch, about 400 MB on the disk, in one or two minutes."
    new_venv "$python"
fi

.venv/bin/python scripts/install.py requirements.txt

# JupyterLab's first question to a reader would be about its news. Ours is the lesson.
settings=.venv/share/jupyter/lab/settings
mkdir -p "$settings"
cat >"$settings/overrides.json" <<'JSON'
{
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false"
    }
}
JSON

touch .venv/.ready
