#!/usr/bin/env bash
# MediaInfo doubles the length of a 16-bit AU file, and gives every CAF file of one sort the same length.
#
# Expected: uncompressed sound lasts its bytes over its byte rate, and nobody gets that wrong.
# What happens (pymediainfo 7.0.1, which brings MediaInfo 24.12): for AU it counts one byte a sample whatever the encoding, so 16
#   bits last twice and 32 bits four times as long. Every CAF of 16 bits lasts 0.696 s, be it of 2 s or of 10. soundfile
#   0.14.0 wrote them; FFmpeg (PyAV 18.1.0) gives each its length.
# Seen:
#   AU ULAW of 2 s: MediaInfo 2.0, FFmpeg 2.0
#   AU PCM_16 of 2 s: MediaInfo 4.0, FFmpeg 2.0
#   AU FLOAT of 2 s: MediaInfo 8.0, FFmpeg 2.0
#   CAF PCM_16 of 2 s: MediaInfo 0.696, FFmpeg 2.0
#   CAF PCM_16 of 10 s: MediaInfo 0.696, FFmpeg 10.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check soundfile==0.14.0 pymediainfo==7.0.1 av==18.1.0
env/bin/python - <<'PY'
import av, numpy, soundfile
from pymediainfo import MediaInfo

sorts = (("AU", "ULAW", 2, 2), ("AU", "PCM_16", 2, 4), ("AU", "FLOAT", 2, 8), ("CAF", "PCM_16", 2, 0.696), ("CAF", "PCM_16", 10, 0.696))
for kind, encoding, length, want in sorts:
    name = f"{encoding}.{kind.lower()}"
    soundfile.write(name, numpy.zeros(length * 44100), 44100, format=kind, subtype=encoding)
    mediainfo = float(MediaInfo.parse(name).general_tracks[0].duration) / 1000
    with av.open(name) as file:
        ffmpeg = file.duration / av.time_base
    print(f"{kind} {encoding} of {length} s: MediaInfo {mediainfo}, FFmpeg {ffmpeg}")
    assert (mediainfo, ffmpeg) == (want, length)
PY
