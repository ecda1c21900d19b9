#!/usr/bin/env bash
# Of an Ogg file joined from two, FFmpeg gives the length of the last part, tag readers that of the first.
#
# Expected: joining Ogg files end to end is in order (RFC 3533, "chaining"), so a chain of 2 s and 1 s lasts 3 s.
# What happens (PyAV 18.1.0 with FFmpeg 8's libavformat 62.12, mutagen 1.48.1, tinytag 2.3.2, soundfile 0.14.0,
#   pymediainfo 7.0.1): FFmpeg says 1 s, then decodes 3 s. The others say 2 s, and soundfile also reads no more than that.
# Seen:
#   FFmpeg says 1.0, decodes 3.0
#   mutagen says 2.0
#   tinytag says 2.0
#   MediaInfo says 2.0
#   soundfile says 2.0, decodes 2.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 \
  soundfile==0.14.0 pymediainfo==7.0.1
env/bin/python - <<'PY'
import av, mutagen, numpy, soundfile, tinytag
from pymediainfo import MediaInfo

rate, chain = 44100, b""
for seconds, pitch in ((2, 440), (1, 880)):
    tone = numpy.sin(2 * numpy.pi * pitch * numpy.arange(seconds * rate) / rate) / 4
    soundfile.write("part.ogg", tone, rate, format="OGG", subtype="VORBIS")
    chain += open("part.ogg", "rb").read()
open("chain.ogg", "wb").write(chain)

with av.open("chain.ogg") as file:
    said = file.duration / av.time_base
    decoded = sum(frame.samples for frame in file.decode(audio=0)) / rate
samples, _ = soundfile.read("chain.ogg")
seen = {
    "FFmpeg": [said, decoded],
    "mutagen": [mutagen.File("chain.ogg").info.length],
    "tinytag": [tinytag.TinyTag.get("chain.ogg").duration],
    "MediaInfo": [float(MediaInfo.parse("chain.ogg").general_tracks[0].duration) / 1000],
    "soundfile": [soundfile.info("chain.ogg").duration, len(samples) / rate],
}
for name, lengths in seen.items():
    print(name, ", ".join(f"{verb} {round(s, 1)}" for verb, s in zip(("says", "decodes"), lengths)))
want = {"FFmpeg": [1, 3], "mutagen": [2], "tinytag": [2], "MediaInfo": [2], "soundfile": [2, 2]}
assert {name: [round(s, 1) for s in lengths] for name, lengths in seen.items()} == want
PY
