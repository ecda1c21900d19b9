#!/usr/bin/env bash
# pysubs2 puts the comments of a WebVTT file, and the names of its cues, into what is spoken.
#
# Expected: a `NOTE` block is a comment and is never shown; the line above a cue's times names the cue.
# What happens (pysubs2 1.8.1): whatever stands between two cues becomes part of the one before, but for bare numbers. So a
#   note of the take or the prompt, and the next cue's name, are shown as captions in the SRT or ASS made of it. The times
#   of words stay in the text too. Nothing is raised. webvtt-py 0.6.0 and pycaption 2.3.14 tell the two apart. Touched: who
#   turns timed speech into SRT, or searches and counts its words.
# Seen (2026-11-28; two cues with a note between them, the second one named "scene 2"):
#   pysubs2: ['Hello | NOTE take 2 of voice A | scene 2', 'one <00:02.500>two']
#   webvtt-py: ['Hello', 'one two']
#   pycaption: ['Hello', 'one two']
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check pysubs2==1.8.1 webvtt-py==0.6.0 pycaption==2.3.14
env/bin/python - <<'PY'
import pycaption, pysubs2, webvtt

TEXT = """WEBVTT

00:01.000 --> 00:02.000
Hello

NOTE take 2 of voice A

scene 2
00:02.000 --> 00:03.000
one <00:02.500>two
"""
srt = pysubs2.SSAFile.from_string(TEXT).to_string("srt")
told = {
    "pysubs2": [" | ".join(line for line in part.split("\n")[2:] if line) for part in srt.strip().split("\n\n")],
    "webvtt-py": [cue.text for cue in webvtt.from_string(TEXT)],
    "pycaption": [cue.get_text() for cue in pycaption.WebVTTReader().read(TEXT).get_captions("en-US")],
}
for name, seen in told.items():
    print(f"{name}: {seen}")
    right = ["Hello", "one two"]
    assert seen == (["Hello | NOTE take 2 of voice A | scene 2", "one <00:02.500>two"] if name == "pysubs2" else right)
PY
