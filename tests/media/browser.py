"""What a browser shows: pictures and films of a folder, opened by a headless Chromium from a page on loopback."""

import functools
import http.server
import json
import subprocess
import tempfile
import threading
import urllib.parse
from pathlib import Path

PAGE = """<!doctype html><meta charset="utf-8"><script>
const types = %s, found = {};
const open = name => new Promise(done => {
  const item = document.createElement(types[name].startsWith('image/') ? 'img' : 'video');
  const tell = (...seen) => { found[name] = seen; done(); };
  item.onload = () => tell(item.naturalWidth, item.naturalHeight);
  item.onloadedmetadata = () => tell(item.videoWidth, item.videoHeight);
  item.onerror = () => tell();
  setTimeout(tell, 20000);
  item.src = '/' + encodeURIComponent(name);
});
(async () => {
  const names = Object.keys(types);
  for (let i = 0; i < names.length; i += 16) await Promise.all(names.slice(i, i + 16).map(open));
  fetch('/done', {method: 'POST', body: JSON.stringify(found)});
})();
</script>"""


class _Folder(http.server.SimpleHTTPRequestHandler):
    """Serves a folder's files under their declared types, and the page that opens them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802
        if self.path != "/":
            super().do_GET()
            return
        page = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self):  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.found = json.loads(body)
        self.send_response(204)
        self.end_headers()
        self.server.done.set()

    def guess_type(self, path):
        return self.server.types.get(str(Path(path).relative_to(self.directory)), "application/octet-stream")

    def log_message(self, *_):
        pass


def sizes(folder, types):
    """Width and height of each file in `types` (declared type by path within the folder); none where it cannot be shown."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Folder, directory=str(folder)))
    server.types, server.found, server.done = types, {}, threading.Event()
    server.page = PAGE % json.dumps(types).replace("<", "\\u003c")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        chromium = subprocess.Popen(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             f"--user-data-dir={profile}", "--remote-debugging-port=0", f"http://127.0.0.1:{server.server_port}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            if not server.done.wait(300):
                raise RuntimeError("the browser did not answer within five minutes")
        finally:
            chromium.terminate()
            chromium.wait()
            server.shutdown()
    return {name: tuple(seen) or None for name, seen in server.found.items()}
