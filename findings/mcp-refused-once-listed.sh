#!/usr/bin/env bash
# The MCP client for JavaScript takes a tool's answer until it has listed the tools; then it refuses the same answer.
#
# Expected: an answer that the server of the same SDK has checked against its tool's output schema passes the client's check,
#   and what a client accepts does not hang on whether it listed the tools before.
# What happens (@modelcontextprotocol/client and server 2.4.0, zod 4.6.7): the server checks by zod, which passes over a key too
#   many and fills in a default, and sends the answer as it was; to the list it writes a schema that forbids further keys
#   and requires the defaulted one. The client checks only what it has seen in a list. One more key breaks listing clients.
# Seen:
#   before listing: extra {"id":"a","cost":1}
#   before listing: default {"id":"a"}
#   after listing: extra refused: data must NOT have additional properties
#   after listing: default refused: data must have required property 'n'
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --silent --no-audit --no-fund @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0 zod@4.6.7
node --input-type=module <<'JS'
import assert from 'node:assert';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const server = new McpServer({ name: 'store', version: '1' });
const tool = (name, outputSchema, structuredContent) => server.registerTool(name, { outputSchema }, async () => ({ content: [], structuredContent }));
tool('extra', z.object({ id: z.string() }), { id: 'a', cost: 1 });
tool('default', z.object({ id: z.string(), n: z.number().default(1) }), { id: 'a' });

const client = new Client({ name: 'reader', version: '1' }), [one, other] = InMemoryTransport.createLinkedPair();
await server.connect(one);
await client.connect(other);
const call = async (name) => {
  try { return JSON.stringify((await client.callTool({ name, arguments: {} })).structuredContent); } catch (e) { return 'refused: ' + e.message.split(': ').pop(); }
};
const seen = [];
for (const when of ['before', 'after']) {
  if (when === 'after') await client.listTools();
  for (const name of ['extra', 'default']) {
    seen.push(await call(name));
    console.log(`${when} listing: ${name} ${seen.at(-1)}`);
  }
}
await client.close();
assert.deepEqual(seen, ['{"id":"a","cost":1}', '{"id":"a"}', 'refused: data must NOT have additional properties', "refused: data must have required property 'n'"]);
JS
