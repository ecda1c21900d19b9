#!/usr/bin/env bash
# openapi-python-client sends the query parameters of a description in another style than it states, without a word.
#
# Expected: `style: deepObject` sends `tag[brand]=acme`, `explode: false` sends `ids=a,b`; a style that the generator does not
#   know is at least a warning, as an unknown content type is.
# What happens (openapi-python-client 0.29.1): the object's keys go out bare, so a tag named like another parameter is
#   lost, and the list repeats its name. No warning. openapi-fetch 0.17.0 sends `tag[brand]=acme` by default.
# Seen:
#   warnings: 0
#   openapi-python-client: brand=acme&ids=a&ids=b
#   openapi-fetch: tag[brand]=acme&tag[limit]=9
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check openapi-python-client==0.29.1
echo '{}' > package.json
npm install --silent --no-audit --no-fund openapi-fetch@0.17.0
cat > api.json <<'JSON'
{"openapi": "3.1.0", "info": {"title": "Store", "version": "1"}, "paths": {"/assets": {"get": {
  "operationId": "list_assets",
  "parameters": [
    {"name": "tag", "in": "query", "style": "deepObject", "explode": true, "schema": {"type": "object", "additionalProperties": {"type": "string"}}},
    {"name": "ids", "in": "query", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "limit", "in": "query", "schema": {"type": "integer"}}],
  "responses": {"204": {"description": "none"}}}}}}
JSON
env/bin/openapi-python-client generate --path api.json --meta none --output-path store > log 2>&1
env/bin/python - <<'PY'
import httpx
from store import Client
from store.api.default import list_assets
from store.models import ListAssetsTag

warnings = open("log").read().count("WARNING")
sent = []
answer = lambda request: sent.append(request.url.query.decode()) or httpx.Response(204)
client = Client(base_url="http://store.invalid")
client.set_httpx_client(httpx.Client(base_url="http://store.invalid", transport=httpx.MockTransport(answer)))
list_assets.sync_detailed(client=client, tag=ListAssetsTag.from_dict({"brand": "acme", "limit": "9"}), ids=["a", "b"])
print(f"warnings: {warnings}\nopenapi-python-client: {sent[0]}")
assert warnings == 0 and sent == ["brand=acme&ids=a&ids=b"]
PY
node --input-type=module <<'JS'
import assert from 'node:assert'; import createClient from 'openapi-fetch';
let sent;
const fetch = async (request) => { sent = decodeURIComponent(new URL(request.url).search.slice(1)); return new Response(null, { status: 204 }); };
await createClient({ baseUrl: 'http://store.invalid', fetch }).GET('/assets', { params: { query: { tag: { brand: 'acme', limit: '9' } } } });
console.log('openapi-fetch:', sent);
assert.equal(sent, 'tag[brand]=acme&tag[limit]=9');
JS
