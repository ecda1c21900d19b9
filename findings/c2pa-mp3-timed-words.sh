#!/usr/bin/env bash
# Signing an MP3 that holds its timed words (SYLT) with Content Credentials drops every tag of it.
#
# Expected: signing adds a frame to the ID3 tag and leaves the others; a tag that the signer cannot read is an error.
# What happens (c2pa-python 0.38.1, mutagen 1.48.1 writes the tags): where the words are UTF-8, the signed file has the
#   manifest and nothing else: title, artist, prompt and words are gone. In Latin-1 or UTF-16 the words alone go. No error,
#   and the file validates. music-metadata 11.16.1 reads the title and the words of the file before. Touched: speech with
#   karaoke or caption times that is tagged, then signed; who made it and of what prompt is lost for good where the
#   unsigned file is not kept.
# Seen (2026-11-28):
#   before: TIT2 TPE1 TXXX:PROMPT SYLT; music-metadata reads Launch and 2 words
#   without words: GEOB TIT2 TPE1 TXXX:PROMPT
#   words in UTF-8: GEOB
#   words in UTF-16: GEOB TIT2 TPE1 TXXX:PROMPT
#   all signed ones: Valid
# Needs: node 20 or later, openssl.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check c2pa-python==0.38.1 mutagen==1.48.1 soundfile==0.14.0
echo '{"type": "module"}' > package.json
npm install --silent --no-audit --no-fund music-metadata@11.16.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /O=Example/CN=Signer -addext basicConstraints=critical,CA:FALSE \
  -addext keyUsage=critical,digitalSignature -addext extendedKeyUsage=emailProtection -keyout key.pem -out cert.pem 2> openssl.log
env/bin/python - <<'PY'
import json, subprocess
import c2pa, mutagen, numpy, soundfile
from mutagen.id3 import ID3, SYLT, TIT2, TPE1, TXXX

ORDER = ("GEOB", "TIT2", "TPE1", "TXXX:PROMPT", "SYLT")
READ = """import { parseFile } from 'music-metadata';
const { common } = await parseFile('speech.mp3');
console.log(common.title, 'and', common.lyrics[0].syncText.length, 'words');"""


def signed(encoding):
    """The frames of a tagged MP3 before and after it is signed."""
    soundfile.write("speech.mp3", numpy.zeros(48000), 24000, format="MP3")
    file = mutagen.File("speech.mp3")
    file.add_tags()
    for frame in (TIT2(text="Launch"), TPE1(text="narrator"), TXXX(desc="PROMPT", text="a lighthouse")):
        file.tags.add(frame)
    if encoding is not None:
        file.tags.add(SYLT(encoding=encoding, lang="eng", format=2, type=1, desc="", text=[("one", 0), ("two", 500)]))
    file.save()
    key = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, open("cert.pem", "rb").read(), open("key.pem", "rb").read(), None)
    action = {"action": "c2pa.created", "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"}
    builder = c2pa.Builder({"title": "speech", "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}]})
    with open("speech.mp3", "rb") as source, open("signed.mp3", "w+b") as target:
        builder.sign(c2pa.Signer.from_info(key), "audio/mpeg", source, target)
    with open("signed.mp3", "rb") as target:
        assert json.loads(c2pa.Reader("audio/mpeg", target).json())["validation_state"] == "Valid"
    return [" ".join(name for name in ORDER if any(key.startswith(name) for key in ID3(path))) for path in ("speech.mp3", "signed.mp3")]


without, utf8, utf16 = signed(None), signed(3), signed(1)
witness = subprocess.run(["node", "--input-type=module", "-e", READ], capture_output=True, text=True, check=True).stdout.strip()
print(f"before: {utf8[0]}; music-metadata reads {witness}")
print(f"without words: {without[1]}\nwords in UTF-8: {utf8[1]}\nwords in UTF-16: {utf16[1]}\nall signed ones: Valid")
assert utf8[0] == "TIT2 TPE1 TXXX:PROMPT SYLT" and witness == "Launch and 2 words"
assert (without[1], utf8[1], utf16[1]) == ("GEOB TIT2 TPE1 TXXX:PROMPT", "GEOB", "GEOB TIT2 TPE1 TXXX:PROMPT")
PY
