#!/usr/bin/env bash
# image-size gives a HEIC of 64x32 as 63x64, one of 1001x751 as 1001x752.
#
# Expected: HEIC keeps pictures in even sizes of at least 64 and cuts them with a `clap` box; a reader of sizes gives the cut
#   size. pillow-heif, which wrote them, and sharp do.
# What happens (image-size 2.1.0, probe-image-size 7.5.0): image-size cuts the width alone, and wrongly where more than one
#   column goes. probe-image-size does not cut.
# Seen:
#   64x32: sharp 64x32, image-size 63x64, probe-image-size 64x64
#   1001x751: sharp 1001x751, image-size 1001x752, probe-image-size 1002x752
#   1000x750: sharp 1000x750, image-size 1000x750, probe-image-size 1000x750
# With: pillow-heif 1.8.1, sharp 0.35.5. Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==13.0.0 pillow-heif==1.8.1
echo '{}' > package.json
npm install --silent --no-audit --no-fund probe-image-size@7.5.0 image-size@2.1.0 sharp@0.35.5
env/bin/python - <<'PY'
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
for width, height in ((64, 32), (1001, 751), (1000, 750)):
    name = f"{width}x{height}.heic"
    Image.new("RGB", (width, height), "red").save(name)
    assert Image.open(name).size == (width, height)
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import probe from 'probe-image-size';
import { imageSize } from 'image-size';
import sharp from 'sharp';

const size = ({ width, height }) => `${width}x${height}`;
for (const [real, wrong, uncut] of [['64x32', '63x64', '64x64'], ['1001x751', '1001x752', '1002x752'], ['1000x750', '1000x750', '1000x750']]) {
  const bytes = fs.readFileSync(`${real}.heic`);
  const seen = [size(await sharp(bytes).metadata()), size(imageSize(bytes)), size(probe.sync(bytes))];
  console.log(`${real}: sharp ${seen[0]}, image-size ${seen[1]}, probe-image-size ${seen[2]}`);
  assert.deepEqual(seen, [real, wrong, uncut]);
}
JS
