#!/usr/bin/env bash
# An MCP server for JavaScript lists resources that it then does not find under the URI it listed.
#
# Expected: what a server lists can be read by the URI that stands in the list.
# What happens (@modelcontextprotocol/server and client 2.4.0; mcp 2.3.0 for Python): a resource is kept under the URI as
#   it was registered, and looked for under what `new URL` makes of the one asked for. Where these differ, for a site
#   without a path, a stated default port, capitals in the scheme or a dot segment, the client's answer is "not found". The
#   server and client for Python serve all of them. Touched: servers that offer sites and stored files as resources.
# Seen (2026-11-28):
#   https://shop.example: JavaScript not found, Python reads
#   https://shop.example:443/logo: JavaScript not found, Python reads
#   HTTPS://shop.example/logo: JavaScript not found, Python reads
#   asset://runs/7/../8: JavaScript not found, Python reads
#   asset://Hero: JavaScript reads, Python reads
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check 'mcp[cli]==2.3.0'
echo '{}' > package.json
npm install --silent --no-audit --no-fund @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0
cat > told.mjs <<'JS'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';

const server = new McpServer({ name: 'shop', version: '1' }), client = new Client({ name: 'agent', version: '1' });
for (const uri of process.argv.slice(2)) {
  server.registerResource(uri, uri, {}, async (asked) => ({ contents: [{ uri: asked.href, text: 'here' }] }));
}
const [near, far] = InMemoryTransport.createLinkedPair();
await Promise.all([server.connect(near), client.connect(far)]);
const told = {};
for (const { uri } of (await client.listResources()).resources) {
  told[uri] = await client.readResource({ uri }).then(() => 'reads', (e) => (e.message.includes('not found') ? 'not found' : e.message));
}
console.log(JSON.stringify(told));
process.exit();
JS
env/bin/python - <<'PY'
import asyncio, json, subprocess
from mcp import Client
from mcp.server import MCPServer

LOST = ("https://shop.example", "https://shop.example:443/logo", "HTTPS://shop.example/logo", "asset://runs/7/../8")
URIS = (*LOST, "asset://Hero")
server = MCPServer("shop")
for uri in URIS:
    server.resource(uri, name=uri)(lambda: "here")


async def read():
    async with Client(server) as client:
        listed = (await client.list_resources()).resources
        return {str(each.uri): (await client.read_resource(each.uri)).contents[0].text for each in listed}


python = asyncio.run(read())
javascript = json.loads(subprocess.run(["node", "told.mjs", *URIS], capture_output=True, text=True, check=True).stdout)
assert python == dict.fromkeys(URIS, "here")
for uri in URIS:
    print(f"{uri}: JavaScript {javascript[uri]}, Python reads")
    assert javascript[uri] == ("not found" if uri in LOST else "reads")
PY
