#!/bin/sh
# The clients of the media providers, and then the store's functions with them, against a stand-in that the providers'
# own SDKs run whole jobs on.
set -eu
cd "$(dirname "$0")/.."

cargo test --quiet --package providers --features fakes --test fakes
cargo test --quiet --workspace --features tests/fakes --test media
