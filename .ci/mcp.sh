#!/usr/bin/env bash
# The official conformance suite of the Model Context Protocol, in both eras of the protocol.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v npm >/dev/null; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update --quiet=2
    $sudo apt-get install --quiet=2 --yes --no-install-recommends npm
fi
npm install --prefix tests/mcp --silent --no-audit --no-fund --no-package-lock
.ci/venv.sh
cargo build --quiet --package local
PYTHONPATH=tests/python exec .venv/bin/pytest --quiet tests/mcp
