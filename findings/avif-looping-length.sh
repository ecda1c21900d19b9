#!/usr/bin/env bash
# An animated AVIF that loops lasts half a billion years for ExifTool and mutagen.
#
# Expected: three pictures of 0.5 s each last 1.5 s, or have no length. In MP4 boxes a duration of all ones means "not known".
# What happens (Pillow 13.0.0 writes it; ExifTool 13.59, mutagen 1.48.1, tinytag 2.3.2): a picture that loops for ever has
#   that mark, and all three take it for a number. Pillow and FFmpeg (PyAV 18.1.0) give 1.5 s.
# Seen:
#   ExifTool 213503982334 days 14:25:52
#   mutagen 1.844674407370955e+16
#   tinytag 1.844674407370955e+16
#   Pillow 1.5
#   FFmpeg 1.5
# Needs: perl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pillow==13.0.0 mutagen==1.48.1 tinytag==2.3.2 av==18.1.0
echo '{}' > package.json
npm install --silent --no-audit --no-fund exiftool-vendored.pl@13.59.3
env/bin/python - <<'PY'
import subprocess
import av, mutagen, tinytag
from PIL import Image

first, *rest = (Image.new("RGB", (64, 64), colour) for colour in ("red", "green", "blue"))
first.save("loop.avif", save_all=True, append_images=rest, duration=500)

length = 0
with Image.open("loop.avif") as picture:
    for number in range(picture.n_frames):
        picture.seek(number)
        picture.load()
        length += picture.info["duration"] / 1000
with av.open("loop.avif") as file:
    ffmpeg = file.duration / av.time_base
exiftool = "node_modules/exiftool-vendored.pl/bin/exiftool"
said = subprocess.run(["perl", exiftool, "-s3", "-Duration", "loop.avif"], capture_output=True, text=True, check=True).stdout.strip()
tags, tiny = mutagen.File("loop.avif").info.length, tinytag.TinyTag.get("loop.avif").duration
print(f"ExifTool {said}\nmutagen {tags}\ntinytag {tiny}\nPillow {length}\nFFmpeg {ffmpeg}")
assert said == "213503982334 days 14:25:52"
assert tags > 1e16 and tiny > 1e16 and length == ffmpeg == 1.5
PY
