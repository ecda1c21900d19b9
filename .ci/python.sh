#!/bin/sh
# The published clients (promptrails, boto3, curl) against a running store.
set -eu
cd "$(dirname "$0")/.."

.ci/venv.sh
cargo build --quiet --package local --package admin
exec .venv/bin/pytest --quiet tests/python
