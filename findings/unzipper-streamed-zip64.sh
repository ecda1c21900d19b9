#!/usr/bin/env bash
# unzipper's `Parse` cannot read what the two Python libraries that stream zips write by default.
#
# Expected: unzipper reads zip files from a stream, zip64 among them, so also one whose sizes follow each file's bytes.
# What happens (unzipper 0.12.5; zipstream-ng 1.9.3, stream-zip 0.0.84): both writers mark each file as zip64, since its size is
#   not known yet, and write the sizes after it in 8 bytes each, as the zip format says. `Parse` takes 4 bytes each and
#   loses its place at the second file. fflate 0.8.3, also from a stream, and unzipper's own `Open` read both.
# Seen:
#   zipstream-ng: Parse: invalid signature: 0x3c; Open: a.txt b.txt; fflate: a.txt b.txt
#   stream-zip ZIP_64: Parse: invalid signature: 0x3c; Open: a.txt b.txt; fflate: a.txt b.txt
#   stream-zip ZIP_32: Parse: a.txt b.txt; Open: a.txt b.txt; fflate: a.txt b.txt
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check zipstream-ng==1.9.3 stream-zip==0.0.84
echo '{}' > package.json
npm install --silent --no-audit --no-fund unzipper@0.12.5 fflate@0.8.3
env/bin/python - <<'PY'
from datetime import datetime
from stream_zip import ZIP_32, ZIP_64, stream_zip
from zipstream import ZIP_DEFLATED, ZipStream

names, text = ("a.txt", "b.txt"), b"hello " * 10
for name, method in (("stream-zip ZIP_64", ZIP_64), ("stream-zip ZIP_32", ZIP_32)):
    open(name, "wb").writelines(stream_zip((file, datetime(2026, 1, 1), 0o644, method, (text,)) for file in names))
made = ZipStream(compress_type=ZIP_DEFLATED)
for file in names:
    made.add((part for part in (text,)), file)
open("zipstream-ng", "wb").writelines(made)
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import { Unzip, UnzipInflate } from 'fflate';
import unzipper from 'unzipper';

for (const [name, want] of [['zipstream-ng', 'invalid signature: 0x3c'], ['stream-zip ZIP_64', 'invalid signature: 0x3c'], ['stream-zip ZIP_32', 'a.txt b.txt']]) {
  const parsed = [], unzipped = [], bytes = fs.readFileSync(name);
  const parse = fs.createReadStream(name).pipe(unzipper.Parse({ forceStream: true }));
  const told = await (async () => { for await (const entry of parse) { parsed.push(entry.path); await entry.buffer(); } return parsed.join(' '); })().catch((e) => e.message);
  const opened = (await unzipper.Open.buffer(bytes)).files.map((file) => file.path).join(' ');
  const unzip = new Unzip((file) => { file.ondata = (e, _, last) => { assert.ifError(e); if (last) unzipped.push(file.name); }; file.start(); });
  unzip.register(UnzipInflate);
  unzip.push(bytes, true);
  console.log(`${name}: Parse: ${told}; Open: ${opened}; fflate: ${unzipped.join(' ')}`);
  assert.deepEqual([told, opened, unzipped.join(' ')], [want, 'a.txt b.txt', 'a.txt b.txt']);
}
JS
