#!/usr/bin/env bash
# A picture or film that takes longer than the client's timeout is ordered three times from OpenAI, Runway and Luma.
#
# Expected: a POST that starts paid work is sent once, or again with an idempotency key by which the provider knows it.
# What happens (openai 6.49.0, @runwayml/sdk 4.20.1, lumaai 1.19.1; no settings but the timeout): after a timeout all three
#   send the same POST twice more, with no such key, and then raise. The first may well be under way, as here, where the
#   server answers each rightly, only later. The same goes for a 409 or a 500. replicate 1.4.0 and @google/genai 2.32.0
#   send one. `maxRetries: 0` prevents it. Touched: costs: each is an order that the provider may count, and the caller
#   records none, or one; and a timeout of a minute means three.
# Seen (2026-11-28; a timeout of 0.4 s, an answer after 1 s):
#   openai: 3 requests, idempotency keys 0, Request timed out.
#   runway: 3 requests, idempotency keys 0, Request timed out.
#   luma: 3 requests, idempotency keys 0, Request timed out.
#   google: 1 requests, idempotency keys 0, This operation was aborted
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --silent --no-audit --no-fund openai@6.49.0 @runwayml/sdk@4.20.1 lumaai@1.19.1 @google/genai@2.32.0
node --input-type=module <<'JS'
import assert from 'node:assert';
import http from 'node:http';
import { once } from 'node:events';
import { GoogleGenAI } from '@google/genai';
import Luma from 'lumaai';
import OpenAI from 'openai';
import Runway from '@runwayml/sdk';

let requests = 0, keys = 0;
const server = http.createServer((request, response) => {
  requests += 1;
  keys += Object.keys(request.headers).filter((name) => name.includes('idempotency')).length;
  request.resume();
  setTimeout(() => response.setHeader('Content-Type', 'application/json').end('{"id":"a","data":[],"candidates":[]}'), 1000);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${server.address().port}`, timeout = 400;
const film = { model: 'gen4_turbo', promptImage: 'https://example.com/a.png', promptText: 'a lighthouse', ratio: '1280:720', duration: 5 };
const orders = {
  openai: () => new OpenAI({ apiKey: 'key', baseURL: url, timeout }).images.generate({ model: 'gpt-image-1', prompt: 'a lighthouse' }),
  runway: () => new Runway({ apiKey: 'key', baseURL: url, timeout }).imageToVideo.create(film),
  luma: () => new Luma({ authToken: 'key', baseURL: url, timeout }).generations.create({ model: 'ray-2', prompt: 'a lighthouse' }),
  google: () => new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: url, timeout } }).models.generateContent({ model: 'm', contents: 'a lighthouse' }),
};
for (const [name, order] of Object.entries(orders)) {
  requests = keys = 0;
  const said = await order().then(() => 'no error', (error) => error.message);
  console.log(`${name}: ${requests} requests, idempotency keys ${keys}, ${said}`);
  assert.deepEqual([requests, keys], [name === 'google' ? 1 : 3, 0]);
  assert.notEqual(said, 'no error');
}
server.close();
server.closeAllConnections();
JS
