#!/usr/bin/env bash
# The PyPI package `uuid7` makes version 7 UUIDs whose time is not that of RFC 9562.
#
# Expected: the first 48 bits of a version 7 UUID are the Unix time in milliseconds, so ids of any library sort together.
# What happens (uuid7 0.1.0): version and variant say 7, but the time is laid out as an early draft had it. Read by the RFC
#   it lies two centuries ahead, and each id sorts after every id that uuid6 2025.0.1 makes, so a list by id, or a cursor
#   over one, is out of order where agents use both.
# Seen (in 2026):
#   uuid7 package: version 7, time by the RFC: year 2203
#   uuid6 package: version 7, time by the RFC: this year
#   made first, sorts last: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check uuid7==0.1.0 uuid6==2025.0.1
env/bin/python - <<'PY'
import time
import uuid6
from uuid_extensions import uuid7

first = uuid7()
time.sleep(0.05)
second = uuid6.uuid7()
assert first.version == second.version == 7
now = time.time()
year = lambda id: 1970 + (id.int >> 80) / 1000 / 31556952
print(f"uuid7 package: version {first.version}, time by the RFC: year {year(first):.0f}")
print(f"uuid6 package: version {second.version}, time by the RFC: {'this year' if abs((second.int >> 80) / 1000 - now) < 60 else year(second)}")
print("made first, sorts last:", str(first) > str(second))
assert abs((second.int >> 80) / 1000 - now) < 60
assert year(first) > year(second) + 100 and str(first) > str(second)
PY
