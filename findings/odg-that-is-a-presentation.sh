#!/usr/bin/env bash
# LibreOffice turns a presentation into an ODG that says it is a presentation.
#
# Expected: `soffice --convert-to odg` writes an OpenDocument drawing, whose `mimetype` entry is
#   application/vnd.oasis.opendocument.graphics.
# What happens (LibreOffice 7.4.7, Debian 12; python-pptx 1.0.2): the file is named .odg, but its `mimetype` entry, its
#   manifest and its body are a presentation's. What goes by the bytes files it as ODP; what goes by the name, as ODG.
# Seen:
#   mimetype: application/vnd.oasis.opendocument.presentation
#   body: <office:presentation
# Needs: soffice 7.4 (apt: libreoffice-impress), python3.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check python-pptx==1.0.2
env/bin/python - <<'PY'
from pptx import Presentation

deck = Presentation()
deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "Hello"
deck.save("deck.pptx")
PY
soffice --version
soffice "-env:UserInstallation=file://$work/profile" --headless --convert-to odg deck.pptx > log 2>&1
python3 - <<'PY'
import re, zipfile

odg = zipfile.ZipFile("deck.odg")
kind = odg.read("mimetype").decode()
body = re.search(r"<office:body[^>]*>(<office:\w+)", odg.read("content.xml").decode())[1]
print("mimetype:", kind)
print("body:", body)
assert kind == "application/vnd.oasis.opendocument.presentation", kind
assert body == "<office:presentation", body
PY
