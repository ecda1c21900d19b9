#!/usr/bin/env bash
# sharp and image-size, which read AVIF, refuse an animated one.
#
# Expected: an animated AVIF (main brand `avis`) holds a still too, for readers that do not animate, and lists `avif` among its
#   brands. sharp gives at least that still; image-size gives its size.
# What happens (sharp 0.35.5, image-size 2.1.0; Pillow 13.0.0 writes them): both know AVIF by the main brand alone, and say
#   that the format is not supported. With the four bytes `avis` at offset 8 changed to `avif`, both read the same file.
# Seen:
#   as written: sharp: Input buffer contains unsupported image format; image-size: unsupported file type: undefined
#   main brand avif: sharp: 64x64; image-size: 64x64
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==13.0.0
echo '{}' > package.json
npm install --silent --no-audit --no-fund image-size@2.1.0 sharp@0.35.5
env/bin/python - <<'PY'
from PIL import Image

first, *rest = (Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue"))
first.save("moves.avif", save_all=True, append_images=rest, duration=500)
assert Image.open("moves.avif").n_frames == 3
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import { imageSize } from 'image-size';
import sharp from 'sharp';

const told = async (read) => {
  try { const { width, height } = await read(); return `${width}x${height}`; } catch (e) { return e.message; }
};
const bytes = fs.readFileSync('moves.avif');
assert.equal(bytes.toString('latin1', 8, 12), 'avis');
const both = async () => `sharp: ${await told(() => sharp(bytes).metadata())}; image-size: ${await told(() => imageSize(bytes))}`;
const written = await both();
bytes.write('avif', 8);
const changed = await both();
console.log(`as written: ${written}\nmain brand avif: ${changed}`);
assert.equal(written, 'sharp: Input buffer contains unsupported image format; image-size: unsupported file type: undefined');
assert.equal(changed, 'sharp: 64x64; image-size: 64x64');
JS
