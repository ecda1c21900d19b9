#!/usr/bin/env bash
# A FLAC signed with Content Credentials begins like an MP3, and is one for `filetype` and puremagic.
#
# Expected: the manifest goes into a block of FLAC's own, as it goes into a chunk of WAV or PNG; the file still begins with
#   `fLaC`, by which it is told.
# What happens (c2pa-python 0.38.1): it puts an ID3 tag in front, and the manifest in there. filetype 1.2.0 and puremagic
#   1.30 go by `ID3` and say audio/mpeg of what they called FLAC before; FFmpeg (PyAV 18.1.0), mutagen 1.48.1 and file-type
#   21.3.4 look behind the tag. Touched: who names, types or routes files by their first bytes: the signed copy of a sound
#   becomes another type than the unsigned.
# Seen (2026-11-28):
#   before: begins fLaC, filetype audio/x-flac, puremagic audio/flac, file-type audio/flac, FFmpeg flac, mutagen FLAC
#   signed: begins ID3, filetype audio/mpeg, puremagic audio/mpeg, file-type audio/flac, FFmpeg flac, mutagen FLAC
# Needs: node 20 or later, openssl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check c2pa-python==0.38.1 soundfile==0.14.0 filetype==1.2.0 puremagic==1.30 av==18.1.0 mutagen==1.48.1
echo '{}' > package.json
npm install --silent --no-audit --no-fund file-type@21.3.4
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /O=Example/CN=Signer -addext basicConstraints=critical,CA:FALSE \
  -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=emailProtection -keyout key.pem -out cert.pem 2> openssl.log
env/bin/python - <<'PY'
import json, subprocess
import av, c2pa, filetype, mutagen, numpy, puremagic, soundfile

READ = "import('file-type').then(async (t) => console.log((await t.fileTypeFromFile(process.argv[1])).mime))"


def told(name):
    mime = subprocess.run(["node", "-e", READ, name], capture_output=True, text=True, check=True).stdout.strip()
    with av.open(name) as file:
        ffmpeg = file.format.name
    begins = open(name, "rb").read(4).rstrip(b"\x04").decode()
    guesses = f"filetype {filetype.guess(name).mime}, puremagic {puremagic.from_file(name, mime=True)}, file-type {mime}"
    return f"begins {begins}, {guesses}, FFmpeg {ffmpeg}, mutagen {type(mutagen.File(name)).__name__}"


soundfile.write("a.flac", numpy.zeros(48000), 24000)
key = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, open("cert.pem", "rb").read(), open("key.pem", "rb").read(), None)
action = {"action": "c2pa.created", "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}
builder = c2pa.Builder({"title": "speech", "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}]})
with open("a.flac", "rb") as source, open("signed.flac", "w+b") as target:
    builder.sign(c2pa.Signer.from_info(key), "audio/flac", source, target)
with open("signed.flac", "rb") as target:
    assert json.loads(c2pa.Reader("audio/flac", target).json())["validation_state"] == "Valid"
before, signed = told("a.flac"), told("signed.flac")
print(f"before: {before}\nsigned: {signed}")
rest = "file-type audio/flac, FFmpeg flac, mutagen FLAC"
assert before == f"begins fLaC, filetype audio/x-flac, puremagic audio/flac, {rest}"
assert signed == f"begins ID3, filetype audio/mpeg, puremagic audio/mpeg, {rest}"
PY
