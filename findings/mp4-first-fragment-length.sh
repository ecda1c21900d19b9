#!/usr/bin/env bash
# Of a fragmented MP4, tag readers give the length of its first fragment.
#
# Expected: a reader that does not add up fragments finds no length (0), as it does where the `moov` box is empty.
# What happens (mutagen 1.48.1, tinytag 2.3.2, music-metadata 11.16.1): FFmpeg's `-movflags frag_keyframe` describes the
#   first fragment in `moov`, and all three take that for the whole: 10 s are 2 s, a length nobody doubts. FFmpeg itself
#   (PyAV 18.1.0) says 10 s. With an empty `moov`, mutagen and tinytag say 0, which at least shows.
# Seen:
#   frag_keyframe: mutagen 2.0, tinytag 2.0, FFmpeg 10.0
#   frag_keyframe+empty_moov: mutagen 0.0, tinytag 0.0, FFmpeg 10.0
#   frag_keyframe: music-metadata 2.0
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check av==18.1.0 mutagen==1.48.1 tinytag==2.3.2 numpy==2.4.6
echo '{}' > package.json
npm install --silent --no-audit --no-fund music-metadata@11.16.1
env/bin/python - <<'PY'
import av, mutagen, numpy, tinytag

def make(name, flags):
    with av.open(name, "w", options={"movflags": flags}) as file:
        picture = file.add_stream("mpeg4", rate=25, options={"g": "50", "sc_threshold": "1000000000"})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = file.add_stream("aac", rate=48000, layout="mono")
        for second in range(10):
            for _ in range(25):
                frame = av.VideoFrame.from_ndarray(numpy.full((64, 64, 3), 90, "uint8"))
                file.mux(picture.encode(frame))
            tone = av.AudioFrame.from_ndarray(numpy.zeros((1, 48000), "float32"), format="fltp", layout="mono")
            tone.sample_rate, tone.pts = 48000, second * 48000
            file.mux(sound.encode(tone))
        file.mux(picture.encode()), file.mux(sound.encode())

for name, flags, want in (("some.mp4", "frag_keyframe", [2, 2, 10]), ("none.mp4", "frag_keyframe+empty_moov", [0, 0, 10])):
    make(name, flags)
    with av.open(name) as file:
        seen = [mutagen.File(name).info.length, tinytag.TinyTag.get(name).duration, file.duration / av.time_base]
    print(f"{flags}: mutagen {seen[0]:.1f}, tinytag {seen[1]:.1f}, FFmpeg {seen[2]:.1f}")
    assert [round(s) for s in seen] == want
PY
node --input-type=module <<'JS'
import assert from 'node:assert'; import { parseFile } from 'music-metadata';
const { duration } = (await parseFile('some.mp4')).format;
console.log('frag_keyframe: music-metadata', duration.toFixed(1));
assert.equal(Math.round(duration), 2);
JS
