#!/usr/bin/env bash
# FFmpeg drops the second artist of an MP3, and keeps that of a FLAC.
#
# Expected: a text frame of ID3v2.4 may hold several values, as a FLAC may hold `ARTIST` several times; a program that
#   joins the ones joins the others.
# What happens (PyAV 18.1.0 with FFmpeg 8's libavformat 62.12; mutagen 1.48.1 writes the tags): of an MP3 FFmpeg reads the
#   first value alone, with no warning, so whatever it makes of the file has no second. ID3v2.4 is what mutagen writes
#   unless told otherwise. Told 2.3, it joins them by "/", and both arrive. music-metadata 11.16.1 reads both. Touched:
#   speech of two voices, or a prompt in two parts (`TXXX`), that is turned into another format.
# Seen (2026-11-28):
#   mp3, ID3v2.4: FFmpeg Ada, as FLAC Ada; music-metadata Ada+Bob
#   mp3, ID3v2.3: FFmpeg Ada/Bob, as FLAC Ada/Bob; music-metadata Ada+Bob
#   flac: FFmpeg Ada;Bob, as FLAC Ada;Bob; music-metadata Ada+Bob
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check soundfile==0.14.0 mutagen==1.48.1 av==18.1.0
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund music-metadata@11.16.1
env/bin/python - <<'PY'
import subprocess
import av, mutagen, numpy, soundfile
from mutagen.id3 import TPE1

READ = "import { parseFile } from 'music-metadata'; console.log((await parseFile(process.argv[1])).common.artists.join('+'))"


def told(name, version=None):
    soundfile.write(name, numpy.zeros(24000), 24000)
    file = mutagen.File(name)
    if name.endswith(".mp3"):
        file.add_tags()
        file.tags.add(TPE1(encoding=1, text=["Ada", "Bob"]))
        file.save(v2_version=version)
    else:
        file["artist"] = ["Ada", "Bob"]
        file.save()
    with av.open(name) as source, av.open("copy.flac", "w") as copy:
        copy.metadata.update(source.metadata)
        stream = copy.add_stream("flac", rate=24000, layout="mono")
        for frame in source.decode(audio=0):
            copy.mux(stream.encode(av.AudioResampler("s16", "mono", 24000).resample(frame)[0]))
        copy.mux(stream.encode(None))
        artist = source.metadata["artist"]
    other = subprocess.run(["node", "--input-type=module", "-e", READ, name], capture_output=True, text=True, check=True).stdout.strip()
    return f"FFmpeg {artist}, as FLAC {mutagen.File('copy.flac')['artist'][0]}; music-metadata {other}"


wants = {"mp3, ID3v2.4": ("Ada", "a.mp3", 4), "mp3, ID3v2.3": ("Ada/Bob", "a.mp3", 3), "flac": ("Ada;Bob", "a.flac", None)}
for sort, (want, name, version) in wants.items():
    seen = told(name, version)
    print(f"{sort}: {seen}")
    assert seen == f"FFmpeg {want}, as FLAC {want}; music-metadata Ada+Bob"
PY
