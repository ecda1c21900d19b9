#!/usr/bin/env bash
# httpx and fflate drop all but the first member of a gzip body, and say nothing.
#
# Expected: a gzip file may be several members in a row (RFC 1952, 2.2), as `cat a.gz b.gz` or bgzip make it, and a reader
#   gives all of them, or an error.
# What happens (httpx 0.28.1, fflate 0.8.3): both give the first member, with no error. requests 2.34.2, aiohttp 3.14.5 and
#   pako 3.0.3 give both. A download of the same answer is whole or short by the library.
# Seen:
#   httpx    200 b'first '
#   requests 200 b'first second'
#   aiohttp  200 b'first second'
#   fflate   "first "
#   pako     "first second"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check httpx==0.28.1 requests==2.34.2 aiohttp==3.14.5
echo '{}' > package.json
npm install --silent --no-audit --no-fund fflate@0.8.3 pako@3.0.3
env/bin/python - <<'PY'
import asyncio, gzip, http.server, threading
import aiohttp, httpx, requests

class Answer(http.server.BaseHTTPRequestHandler):
    body = gzip.compress(b"first ") + gzip.compress(b"second")
    log_message = lambda *_: None

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

async def by_aiohttp():
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read()

open("two.gz", "wb").write(Answer.body)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
seen = {lib.__name__: (a.status_code, a.content) for lib in (httpx, requests) for a in [lib.get(url)]}
seen["aiohttp"] = asyncio.run(by_aiohttp())
for name, (status, content) in seen.items():
    print(f"{name:8} {status} {content}")
    assert (status, content) == (200, b"first " if name == "httpx" else b"first second"), name
PY
node --input-type=module <<'JS'
import assert from 'node:assert'; import fs from 'node:fs'; import { gunzipSync } from 'fflate'; import { ungzip } from 'pako';
for (const [name, read, want] of [['fflate', gunzipSync, 'first '], ['pako', ungzip, 'first second']]) {
  const text = Buffer.from(read(fs.readFileSync('two.gz'))).toString();
  console.log(name.padEnd(8), JSON.stringify(text));
  assert.equal(text, want);
}
JS
