#!/bin/sh
# Makes .venv, or brings it up to date. `make` calls this; so can you, from the project's folder.
#   PYTHON   the interpreter to use; otherwise the newest that is supported and runs
# uv does the work when it is on PATH, because it is quicker; otherwise venv and pip. The result is the same.
set -eu

# The supported Pythons stand in pyproject.toml, oldest first. python3 is tried last: it may be newer
# than all of them, which nest-asyncio does not suit.
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

if command -v uv >/dev/null; then
    UV_COMPILE_BYTECODE=1 # otherwise the first start of everything is slow
    export UV_COMPILE_BYTECODE
    new_venv() { uv venv --quiet --clear --seed --python "$1" .venv; }
    install() { uv pip install --quiet --python .venv/bin/python "$@"; }
else
    new_venv() {
        "$1" -c 'import ensurepip' 2>/dev/null ||
            stop "\`$1\` cannot make virtual environments: its ensurepip is missing. On Debian and Ubuntu: apt install python3-venv"
        "$1" -m venv --clear .venv
    }
    install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
fi

# .ready is written last: a .venv without it was interrupted, and is made again from nothing.
if [ -e .venv/.ready ] && .venv/bin/python -c '' 2>/dev/null; then
    echo "Bringing .venv up to date."
    rm .venv/.ready
else
    python=$(choose_python)
    echo "Setting up .venv with Python $(version_of "$python") (about half a minute, once)."
    new_venv "$python"
fi

install -r requirements.txt
install --no-deps --editable .

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
