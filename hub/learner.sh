#!/bin/sh
# Starts a learner's JupyterLab. The hub runs this as the learner, in their home.
# Their course is a clone of the hub's: so `python -m course update` brings what the hub has.
set -eu

hub=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -e course ]; then
    git config --global --add safe.directory "$hub/.git" # it may be another Unix user's
    rm -rf course.new                                    # from a start that was interrupted
    git clone --quiet "$hub" course.new
    mv course.new course
fi
[ -e course/.venv ] || ln -s "$hub/.venv" course/.venv

# The fonts that Matplotlib has found, or the first plot would find them, and say that it takes long.
export MPLCONFIGDIR="$HOME/.matplotlib"
[ -e "$MPLCONFIGDIR" ] || cp -r "$hub/.venv/matplotlib" "$MPLCONFIGDIR"

cd course
export PYTHONPATH="$PWD/src" # lessons and code are of one version, the learner's
exec jupyterhub-singleuser --config="$hub/scripts/jupyter_lab_config.py" --allow-root "$@"
