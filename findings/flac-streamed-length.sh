#!/usr/bin/env bash
# soundfile gives a streamed FLAC a length of millions of years.
#
# Expected: a FLAC written to a pipe may leave its number of samples 0, "unknown". Its length is unknown then, or 0.
# What happens (soundfile 0.14.0 with libsndfile 1.2.2): the length is the largest 64-bit count over the rate, as a plain
#   float: not NaN, not None, not an error. mutagen 1.48.1 and tinytag 2.3.2 say 0; FFmpeg (PyAV 18.1.0) says nothing.
# Seen (2 s of sound):
#   soundfile 209146758205323.72
#   mutagen 0.0
#   tinytag 0.0
#   FFmpeg None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check soundfile==0.14.0 mutagen==1.48.1 tinytag==2.3.2 av==18.1.0
env/bin/python - <<'PY'
import av, mutagen, numpy, soundfile, tinytag


class Pipe:
    def __init__(self, path):
        self.write = open(path, "wb", buffering=0).write


with av.open(Pipe("streamed.flac"), "w", format="flac") as file:
    stream = file.add_stream("flac", rate=44100, layout="mono")
    for second in range(2):
        frame = av.AudioFrame.from_ndarray(numpy.zeros((1, 44100), "int16"), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 44100, second * 44100
        file.mux(stream.encode(frame))
    file.mux(stream.encode())

with av.open("streamed.flac") as file:
    assert sum(frame.samples for frame in file.decode(audio=0)) == 88200
    said = file.duration
seen = {
    "soundfile": soundfile.info("streamed.flac").duration,
    "mutagen": mutagen.File("streamed.flac").info.length,
    "tinytag": tinytag.TinyTag.get("streamed.flac").duration,
    "FFmpeg": said,
}
for name, length in seen.items():
    print(name, length)
assert seen["soundfile"] > 2e14 and list(seen.values())[1:] == [0, 0, None]
PY
