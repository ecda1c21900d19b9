#!/usr/bin/env bash
# Exported spans, as others read them: the official protobufs; with `.ci/spans.sh products`, Phoenix and MLflow as well,
# which take 1.6 GB of disk, some minutes to install, and two or three to start and to ask.
set -euo pipefail
cd "$(dirname "$0")/.."

# A virtual environment with what its requirements say. The products want other versions of what the other checks
# use, and of each other's.
environment() {
    local directory=.venv/$1
    shift
    [ -x "$directory/bin/python" ] || python3 -m venv "$directory"
    # An old pip takes many times as long to find versions that fit each other.
    "$directory/bin/pip" install --quiet --disable-pip-version-check 'pip>=26'
    "$directory/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "$@"
}

case ${1:-} in
    '') environment spans --requirement <(grep -v '^mlflow' .ci/spans-requirements.txt) ;;
    products)
        environment spans --requirement .ci/spans-requirements.txt
        environment phoenix --requirement .ci/spans-phoenix-requirements.txt
        ;;
    *) echo "usage: .ci/spans.sh [products]" >&2; exit 2 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cargo run --quiet --package spans --example export -- "$work" "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
.venv/spans/bin/python .ci/spans.py "$work" "$@"
