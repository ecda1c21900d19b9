#!/usr/bin/env bash
# probe-image-size turns a rotated AVIF the wrong way, and image-size does not turn it at all.
#
# Expected: an AVIF tells its rotation in an `irot` box. A reader of sizes gives the turned size, or the stored size with the
#   orientation that goes with it (6: turn right).
# What happens (probe-image-size 7.5.0, image-size 2.1.0): probe-image-size gives 8 for a picture to turn right and 6 for one
#   to turn left, so a caller who obeys shows both upside down. image-size gives the stored size and no orientation, as it
#   does give for JPEG. sharp 0.35.5 gives the turned size; Pillow 13.0.0, which wrote them, reads back what it wrote.
# Seen:
#   written with 6: Pillow 6, probe-image-size 64x32 8, image-size 64x32 none, sharp 32x64
#   written with 8: Pillow 8, probe-image-size 64x32 6, image-size 64x32 none, sharp 32x64
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==13.0.0
echo '{}' > package.json
npm install --silent --no-audit --no-fund probe-image-size@7.5.0 image-size@2.1.0 sharp@0.35.5
env/bin/python - <<'PY'
from PIL import Image

for orientation in (6, 8):
    exif = Image.Exif()
    exif[0x112] = orientation
    Image.new("RGB", (64, 32), "red").save(f"{orientation}.avif", exif=exif)
    assert Image.open(f"{orientation}.avif").getexif()[0x112] == orientation
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import probe from 'probe-image-size';
import { imageSize } from 'image-size';
import sharp from 'sharp';

for (const [written, probed] of [[6, 8], [8, 6]]) {
  const bytes = fs.readFileSync(`${written}.avif`), p = probe.sync(bytes), i = imageSize(bytes), s = await sharp(bytes).metadata();
  const seen = `probe-image-size ${p.width}x${p.height} ${p.orientation}, image-size ${i.width}x${i.height} ${i.orientation ?? 'none'}, sharp ${s.width}x${s.height}`;
  console.log(`written with ${written}: Pillow ${written}, ${seen}`);
  assert.equal(seen, `probe-image-size 64x32 ${probed}, image-size 64x32 none, sharp 32x64`);
}
JS
