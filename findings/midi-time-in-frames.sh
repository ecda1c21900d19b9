#!/usr/bin/env bash
# mido gives a MIDI file that counts time in frames a negative length.
#
# Expected: a Standard MIDI File may count in frames a second instead of ticks a beat (the division word's top bit). A reader
#   gives such a file its length, or says that it does not read that sort.
# What happens (mido 1.3.3, @tonejs/midi 2.0.28): mido takes the word for a signed count of ticks a beat, and a note of two
#   seconds lasts less than nothing; @tonejs/midi gives NaN. Neither raises. midi-file 1.2.4 reads the word right.
# Seen (25 frames a second, 40 ticks a frame, a note of 2000 ticks, so 2 s):
#   mido: -6360 ticks a beat, -0.157 s
#   @tonejs/midi: NaN s
#   midi-file: 25 frames a second, 40 ticks a frame
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check mido==1.3.3
echo '{}' > package.json
npm install --silent --no-audit --no-fund @tonejs/midi@2.0.28 midi-file@1.2.4
env/bin/python - <<'PY'
import struct
import mido

events = bytes.fromhex("00903c40" "8f50803c40" "00ff2f00")  # note on, 2000 ticks later off, end
header = b"MThd" + struct.pack(">IHHbB", 6, 0, 1, -25, 40)
open("frames.mid", "wb").write(header + b"MTrk" + struct.pack(">I", len(events)) + events)
song = mido.MidiFile("frames.mid")
print(f"mido: {song.ticks_per_beat} ticks a beat, {song.length:.3f} s")
assert song.length < 0
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import fs from 'node:fs';
import midi from '@tonejs/midi';
import { parseMidi } from 'midi-file';

const bytes = fs.readFileSync('frames.mid'), { duration } = new midi.Midi(bytes), { header } = parseMidi(bytes);
console.log(`@tonejs/midi: ${duration} s`);
console.log(`midi-file: ${header.framesPerSecond} frames a second, ${header.ticksPerFrame} ticks a frame`);
assert.ok(Number.isNaN(duration));
assert.deepEqual([header.framesPerSecond, header.ticksPerFrame], [25, 40]);
JS
