#!/bin/sh
# The Python packages that the checks need, in .venv.
set -eu
cd "$(dirname "$0")/.."

[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement .ci/requirements.txt
