#!/usr/bin/env bash
# Saving an AVIF with Pillow takes the orientation out of the caller's Exif object, so the formats saved after it lie.
#
# Expected: `save(name, exif=exif)` reads `exif` and leaves it alone; the same object serves each format of a picture.
# What happens (Pillow 13.0.0): the AVIF writer turns the orientation into a box of its own and removes it from the object it
#   was handed. A WebP or JPEG saved next has no orientation and lies on its side; saved before, it stands.
# Seen:
#   JPEG then AVIF then WebP: 6 6 None
#   JPEG then WebP then AVIF: 6 6 6
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==13.0.0
env/bin/python - <<'PY'
from PIL import Image
from PIL.ExifTags import Base


def saved(*kinds):
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    for kind in kinds:
        Image.new("RGB", (64, 32)).save("picture." + kind, kind, exif=exif)
    return [Image.open("picture." + kind).getexif().get(Base.Orientation) for kind in kinds]


for kinds, want in ((("JPEG", "AVIF", "WebP"), [6, 6, None]), (("JPEG", "WebP", "AVIF"), [6, 6, 6])):
    seen = saved(*kinds)
    print(" then ".join(kinds) + ":", *seen)
    assert seen == want
PY
