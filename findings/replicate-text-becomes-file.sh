#!/usr/bin/env bash
# A text that a model writes on Replicate is turned into a file, if it, or one token of it, begins with "data:" or "https:".
#
# Expected: `replicate.run` gives text as text and files as files; the model's own schema says which it is.
# What happens (replicate 1.0.7 for Python, 1.4.0 for JavaScript): whatever string begins so, at any depth, becomes a
#   `FileOutput`, whatever follows. A language model answers in a list of tokens: where one of them is `data:`,
#   `"".join(...)`, the usual next step, raises in Python. A whole answer that opens with a link is a file whose bytes
#   cannot be fetched. Touched: agents that store copy from Replicate; it works until a text begins that way.
# Seen (2026-11-28):
#   Python: str 'Our data: 5', FileOutput, FileOutput
#   Python, tokens joined: sequence item 1: expected str instance, FileOutput found
#   JavaScript: String, FileOutput, FileOutput
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check replicate==1.0.7
echo '{}' > package.json
npm install --silent --no-audit --no-fund replicate@1.4.0
cat > told.mjs <<'JS'
import Replicate from 'replicate';

const client = new Replicate({ auth: 'token', baseUrl: process.argv[2] });
const kinds = [];
for (const prompt of ['plain', 'data', 'link']) kinds.push((await client.run('owner/writer', { input: { prompt } })).constructor.name);
console.log(kinds.join(', '));
JS
env/bin/python - <<'PY'
import http.server, json, subprocess, threading
import replicate

ANSWERS = {"plain": "Our data: 5", "data": "data: what we know", "link": "https://example.com sells lamps.", "tokens": ["Our ", "data:", " 5"]}


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        urls = {"get": "http://127.0.0.1/a", "cancel": "http://127.0.0.1/a"}
        answer = {"id": "a", "model": "owner/writer", "version": "v", "status": "succeeded", "input": asked, "urls": urls, "logs": "", "error": None}
        body = json.dumps(answer | {"created_at": "2026-11-28T00:00:00Z", "output": ANSWERS[asked["prompt"]]}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}"
client = replicate.Client(api_token="token", base_url=url)
run = lambda prompt: client.run("owner/writer", input={"prompt": prompt})
plain, data, link = run("plain"), run("data"), run("link")
seen = f"{type(plain).__name__} {plain!r}, {type(data).__name__}, {type(link).__name__}"
try:
    joined = "".join(run("tokens"))
except TypeError as error:
    joined = str(error)
javascript = subprocess.run(["node", "told.mjs", url], capture_output=True, text=True, check=True).stdout.strip()
print(f"Python: {seen}\nPython, tokens joined: {joined}\nJavaScript: {javascript}")
assert seen == "str 'Our data: 5', FileOutput, FileOutput"
assert joined == "sequence item 1: expected str instance, FileOutput found"
assert javascript == "String, FileOutput, FileOutput"
PY
