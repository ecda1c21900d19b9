#!/usr/bin/env bash
# got, with its cache on, answers one range, and the whole file, with the bytes of another range.
#
# Expected: a 206 is not kept, or is kept under its range: HTTP lets a cache that does not know ranges store none.
# What happens (got 14.6.6 with cacheable-request 13.0.19 and http-cache-semantics 4.3.0): the first 206 is kept under the
#   URL. Another range, and a request with no range, get that 206 back from the cache, also after asking the server about
#   its ETag. `Vary: Range` or `no-store` in the answer prevents it; S3 sends neither.
# Seen (file 0123456789abcdef, answers with an ETag alone):
#   range 0-3: 206, from cache: false, 0123
#   range 4-7: 206, from cache: true, 0123
#   no range: 206, from cache: true, 0123
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"overrides": {"cacheable-request": "13.0.19", "http-cache-semantics": "4.3.0"}}' > package.json
npm install --silent --no-audit --no-fund got@14.6.6
node --input-type=module <<'JS'
import assert from 'node:assert';
import http from 'node:http';
import got from 'got';

const file = '0123456789abcdef', etag = '"e1"';
const server = http.createServer((request, response) => {
  if (request.headers['if-none-match'] === etag) return response.writeHead(304, { etag }).end();
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (!range) return response.writeHead(200, { etag, 'content-length': file.length }).end(file);
  const part = file.slice(+range[1], +range[2] + 1);
  response.writeHead(206, { etag, 'content-length': part.length, 'content-range': `bytes ${range[1]}-${range[2]}/${file.length}` });
  response.end(part);
}).listen(0, '127.0.0.1');
await new Promise((ready) => server.once('listening', ready));

const url = `http://127.0.0.1:${server.address().port}/file`, cache = new Map(), seen = [];
for (const range of ['0-3', '4-7', null]) {
  const answer = await got(url, { cache, headers: range ? { range: `bytes=${range}` } : {} });
  seen.push(`${range ? 'range ' + range : 'no range'}: ${answer.statusCode}, from cache: ${answer.isFromCache}, ${answer.body}`);
  console.log(seen.at(-1));
}
server.close();
assert.deepEqual(seen, ['range 0-3: 206, from cache: false, 0123', 'range 4-7: 206, from cache: true, 0123', 'no range: 206, from cache: true, 0123']);
JS
