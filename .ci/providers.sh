#!/bin/sh
# The clients of the media providers against a stand-in that the providers' own SDKs run whole jobs on.
set -eu
cd "$(dirname "$0")/.."

exec cargo test --quiet --package providers --features fakes --test fakes
