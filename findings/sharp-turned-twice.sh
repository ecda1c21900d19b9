#!/usr/bin/env bash
# A picture that sharp has turned upright is turned once more by Pillow, where it keeps its XMP.
#
# Expected: `autoOrient()` turns the pixels and takes the orientation away, so the next program has nothing to turn; and
#   Pillow's `exif_transpose` goes by EXIF.
# What happens (sharp 0.35.5, Pillow 13.0.0): photos and Adobe's files note the orientation twice, in EXIF and in XMP
#   (`tiff:Orientation`). With `keepXmp()`, as one keeps who or what made a picture, sharp leaves the second note. Pillow
#   falls back to it where EXIF has none, and lays the upright picture on its side. Touched: pictures that pass through
#   both, as an upload by Node and a thumbnail by Python. sharp itself shows them upright. With `keepMetadata()` EXIF says
#   1, and Pillow leaves them alone.
# Seen (2026-11-28; a picture of 64x32 to be turned right, so 32x64):
#   keepXmp: jpg sharp 32x64 Pillow 64x32, webp sharp 32x64 Pillow 64x32, avif sharp 32x64 Pillow 64x32, png sharp 32x64 Pillow 64x32
#   keepMetadata: jpg sharp 32x64 Pillow 32x64, webp sharp 32x64 Pillow 32x64, avif sharp 32x64 Pillow 32x64, png sharp 32x64 Pillow 32x64
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==13.0.0
echo '{}' > package.json
npm install --silent --no-audit --no-fund sharp@0.35.5
env/bin/python - <<'PY'
from PIL import Image

exif = Image.Exif()
exif[0x112] = 6
xmp = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""
Image.new("RGB", (64, 32), "red").save("photo.jpg", exif=exif, xmp=xmp)
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import sharp from 'sharp';

for (const keep of ['keepXmp', 'keepMetadata']) {
  for (const format of ['jpg', 'webp', 'avif', 'png']) {
    await sharp('photo.jpg').autoOrient()[keep]().toFile(`${keep}.${format}`);
    const { autoOrient } = await sharp(`${keep}.${format}`).metadata();
    assert.deepEqual(autoOrient, { width: 32, height: 64 });
  }
}
JS
env/bin/python - <<'PY'
from PIL import Image, ImageOps

for keep, want in (("keepXmp", (64, 32)), ("keepMetadata", (32, 64))):
    said = []
    for kind in ("jpg", "webp", "avif", "png"):
        with Image.open(f"{keep}.{kind}") as picture:
            size = ImageOps.exif_transpose(picture).size
        said.append(f"{kind} sharp 32x64 Pillow {size[0]}x{size[1]}")
        assert size == want
    print(f"{keep}: {', '.join(said)}")
PY
