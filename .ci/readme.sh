#!/usr/bin/env bash
# The README, as somebody new reads it: every block of commands, pasted in order into a fresh shell.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
for program in curl jq xxd; do
    command -v "$program" >/dev/null || missing+=("$program")
done
if [ "${#missing[@]}" != 0 ]; then
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update --quiet=2
    $sudo apt-get install --quiet=2 --yes --no-install-recommends "${missing[@]}"
fi
exec python3 tests/readme/walk.py
