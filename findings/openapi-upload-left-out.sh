#!/usr/bin/env bash
# openapi-python-client leaves out each upload that a description states as OpenAPI 3.1 says to, and exits 0.
#
# Expected: 3.1 states raw bytes by a content type with no schema (`application/octet-stream: {}`, `image/png: {}`). Such an
#   upload is generated, or the generator fails.
# What happens (openapi-python-client 0.29.1): a warning, exit code 0 (`--fail-on-warning` is off), and no such function. Bytes that come
#   back under a content type with no schema are parsed as None. Written as in 3.0 (`type: string, format: binary`), octets
#   work, an image still does not.
# Seen:
#   exit code 0
#   put_octets: missing; put_octets_3_0: there; put_image: missing; put_image_3_0: missing
#   get_octets parses b'abc' as None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check openapi-python-client==0.29.1
env/bin/python - <<'PY'
import importlib, json, pathlib, subprocess
import httpx

binary = {"schema": {"type": "string", "format": "binary"}}
octets, image = "application/octet-stream", "image/png"
done = {"204": {"description": "kept"}}
uploads = {"put_octets": {octets: {}}, "put_octets_3_0": {octets: binary}, "put_image": {image: {}}, "put_image_3_0": {image: binary}}
paths = {f"/{name}": {"put": {"operationId": name, "requestBody": {"required": True, "content": content}, "responses": done}} for name, content in uploads.items()}
paths["/get"] = {"get": {"operationId": "get_octets", "responses": {"200": {"description": "bytes", "content": {octets: {}}}}}}
pathlib.Path("api.json").write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "Store", "version": "1"}, "paths": paths}))

command = ["env/bin/openapi-python-client", "generate", "--path", "api.json", "--meta", "none", "--output-path", "store"]
made = subprocess.run(command, capture_output=True, text=True)
print("exit code", made.returncode)
found = [name for name in uploads if pathlib.Path(f"store/api/default/{name}.py").exists()]
print("; ".join(f"{name}: {'there' if name in found else 'missing'}" for name in uploads))

from store import Client
get = importlib.import_module("store.api.default.get_octets")
client = Client(base_url="http://store.invalid")
client.set_httpx_client(httpx.Client(base_url="http://store.invalid", transport=httpx.MockTransport(lambda _: httpx.Response(200, content=b"abc"))))
answer = get.sync_detailed(client=client)
print(f"get_octets parses {answer.content} as {answer.parsed}")
assert made.returncode == 0 and found == ["put_octets_3_0"]
assert answer.content == b"abc" and answer.parsed is None
PY
