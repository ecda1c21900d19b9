#!/usr/bin/env bash
# Pillow gives a TIFF its turned size together with the orientation that says it is still to be turned.
#
# Expected: `Image.open` turns nothing: `size` is as stored, the orientation is in `getexif()`, and `exif_transpose` is
#   what brings the two together. So it is for JPEG, PNG and WebP.
# What happens (Pillow 13.0.0): a TIFF with an orientation has its sides swapped as soon as it is opened, and its pixels
#   turned once they are read, which is also when the orientation goes. Code that reads both from the header swaps twice. A
#   copy that takes the Exif along, read before the pixels, stands upright and says that it lies. sharp 0.35.5 has both as
#   stored. Touched: sizes and previews of scans and print files.
# Seen (2026-11-28; stored as 64x32, to be turned right):
#   jpg: opened 64x32 with 6, loaded 64x32 with 6, copied with its Exif and shown 32x64
#   webp: opened 64x32 with 6, loaded 64x32 with 6, copied with its Exif and shown 32x64
#   tif: opened 32x64 with 6, loaded 32x64 with None, copied with its Exif and shown 64x32
#   sharp, tif: 64x32 with 6
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
from PIL import Image, ImageOps

exif = Image.Exif()
exif[0x112] = 6
sides = lambda picture: "%dx%d" % picture.size
for kind in ("jpg", "webp", "tif"):
    Image.new("RGB", (64, 32), "red").save(f"a.{kind}", exif=exif)
    picture = Image.open(f"a.{kind}")
    opened = f"{sides(picture)} with {picture.getexif().get(0x112)}"
    along = picture.getexif().tobytes()
    picture.load()
    loaded = f"{sides(picture)} with {picture.getexif().get(0x112)}"
    picture.save("copy.jpg", exif=along)
    shown = sides(ImageOps.exif_transpose(Image.open("copy.jpg")))
    print(f"{kind}: opened {opened}, loaded {loaded}, copied with its Exif and shown {shown}")
    want = ("32x64 with 6", "32x64 with None", "64x32") if kind == "tif" else ("64x32 with 6", "64x32 with 6", "32x64")
    assert (opened, loaded, shown) == want
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import sharp from 'sharp';

const { width, height, orientation } = await sharp('a.tif').metadata();
console.log(`sharp, tif: ${width}x${height} with ${orientation}`);
assert.equal(`${width}x${height} ${orientation}`, '64x32 6');
JS
