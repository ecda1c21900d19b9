#!/usr/bin/env bash
# A TTML caption whose time counts from its `div` is ten seconds early in pycaption, and missing in ttconv.
#
# Expected: `begin` and `end` count from the begin of the element around them (TTML, 12.4), so a `p` of 1 s to 2.5 s in a
#   `div` that begins at 10 s is shown from 11 s to 12.5 s; a scene's captions are moved by its `div` alone.
# What happens (pycaption 2.3.14, ttconv 1.2.3): pycaption does not look at the `div`. ttconv does count from it, but cuts
#   at the end that the caption names, as if that counted from the start of the film: what ends before that is left out,
#   what ends after is cut short. With an `end` on the `div` it is right. Neither raises. imsc 1.1.5 and pysubs2 1.8.1 are
#   right. Touched: captions that are turned into WebVTT or SRT.
# Seen (2026-11-28; a `p` of 1 s to 2.5 s, and one of 1 s to 20 s, each in a `div` from 10 s):
#   imsc: 11 to 12.5; 11 to 30
#   pysubs2: 11 to 12.5; 11 to 30
#   pycaption: 1 to 2.5; 1 to 20
#   ttconv: nothing; 11 to 20
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pycaption==2.3.14 ttconv==1.2.3 pysubs2==1.8.1
echo '{}' > package.json
npm install --silent --no-audit --no-fund imsc@1.1.5
cat > imsc.cjs <<'JS'
const { fromXML } = require('imsc/src/main/js/doc.js');
const times = fromXML(require('fs').readFileSync(0, 'utf8'), console.error).getMediaTimeEvents();
console.log(`${times.at(-2)} to ${times.at(-1)}`);
JS
env/bin/python - <<'PY'
import logging, subprocess, warnings
import xml.etree.ElementTree as ET
import pycaption, pysubs2
import ttconv.imsc.reader, ttconv.srt.writer

logging.disable()
warnings.simplefilter("ignore")
TTML = '<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en"><head/><body><div begin="10s"><p begin="1s" end="%s">a</p></div></body></tt>'


def imsc(text):
    return subprocess.run(["node", "imsc.cjs"], input=text, capture_output=True, text=True, check=True).stdout.strip()


def pysubs(text):
    (line,) = pysubs2.SSAFile.from_string(text, format_="ttml")
    return f"{line.start / 1e3:g} to {line.end / 1e3:g}"


def caption(text):
    (line,) = pycaption.DFXPReader().read(text).get_captions("en")
    return f"{line.start / 1e6:g} to {line.end / 1e6:g}"


def convert(text):
    srt = ttconv.srt.writer.from_model(ttconv.imsc.reader.to_model(ET.ElementTree(ET.fromstring(text))))
    lines = pysubs2.SSAFile.from_string(srt, format_="srt")
    return "; ".join(f"{line.start / 1e3:g} to {line.end / 1e3:g}" for line in lines) or "nothing"


right = "11 to 12.5; 11 to 30"
wants = ((imsc, "imsc", right), (pysubs, "pysubs2", right), (caption, "pycaption", "1 to 2.5; 1 to 20"), (convert, "ttconv", "nothing; 11 to 20"))
for read, name, want in wants:
    seen = "; ".join(read(TTML % end) for end in ("2.5s", "20s"))
    print(f"{name}: {seen}")
    assert seen == want
PY
