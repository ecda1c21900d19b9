#!/usr/bin/env bash
# Ten seconds of telephone speech last 0.03 s for mutagen, and 1600 s for FFmpeg, by the container.
#
# Expected: sound in packets (GSM, ADPCM) lasts its samples over its rate, which WAV notes in `fact` and by its byte rate,
#   and AIFF-C in `COMM`.
# What happens (mutagen 1.48.1, tinytag 2.3.2, FFmpeg in PyAV 18.1.0; soundfile 0.14.0 writes the files and reads them
#   right): of WAV mutagen takes the packets for samples, so GSM, which telephone systems record, lasts a 320th. Of AIFF-C
#   FFmpeg takes GSM's samples for packets of 160. Apple's ADPCM does have its packets noted there, of 64 samples: FFmpeg
#   knows that, mutagen and tinytag do not. Touched: lengths, and costs by the minute, of calls.
# Seen (2026-11-28; 10 s):
#   WAV GSM610: soundfile 10.00, mutagen 0.03, tinytag 10.00, FFmpeg 10.00
#   WAV IMA_ADPCM: soundfile 10.04, mutagen 0.02, tinytag 10.04, FFmpeg 10.04
#   AIFF GSM610: soundfile 10.00, mutagen 10.00, tinytag 10.00, FFmpeg 1600.00
#   AIFF IMA_ADPCM: soundfile 10.00, mutagen 0.16, tinytag 0.16, FFmpeg 10.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check soundfile==0.14.0 mutagen==1.48.1 tinytag==2.3.2 av==18.1.0
env/bin/python - <<'PY'
import av, mutagen, numpy, soundfile, tinytag

sorts = (
    ("WAV", "GSM610", (10.0, 0.03, 10.0, 10.0)),
    ("WAV", "IMA_ADPCM", (10.04, 0.02, 10.04, 10.04)),
    ("AIFF", "GSM610", (10.0, 10.0, 10.0, 1600.0)),
    ("AIFF", "IMA_ADPCM", (10.0, 0.16, 0.16, 10.0)),
)
for kind, encoding, want in sorts:
    name = f"{encoding}.{kind.lower()}"
    soundfile.write(name, numpy.zeros(80_000), 8000, format=kind, subtype=encoding)
    with av.open(name) as file:
        ffmpeg = file.duration / av.time_base
    told = (soundfile.info(name).duration, mutagen.File(name).info.length, tinytag.TinyTag.get(name).duration, ffmpeg)
    seen = tuple(round(length, 2) for length in told)
    print(f"{kind} {encoding}: soundfile %.2f, mutagen %.2f, tinytag %.2f, FFmpeg %.2f" % seen)
    assert seen == want
PY
