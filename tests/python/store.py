"""A running store, as its users meet it: a program, its ports, and the environment it writes."""

import os
import resource
import shlex
import signal
import subprocess
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
MEDIA = ROOT / "tests" / "fixtures" / "media"


def program(name):
    """A member's binary: where ASSETS_<NAME> says, else cargo's, built if it is missing."""
    if given := os.environ.get(f"ASSETS_{name.upper()}"):
        return Path(given)
    built = ROOT / "target" / "debug" / name
    if not built.exists():
        subprocess.run(["cargo", "build", "--package", name], cwd=ROOT, check=True)
    return built


def eventually(attempt, seconds=5):
    """What `attempt` finds, tried until it finds something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := attempt():
            return found
        time.sleep(0.01)
    raise AssertionError(f"what was waited for did not come about in {seconds} seconds")


class Store:
    """`cargo dev` over a directory, on free ports."""

    def __init__(self, directory):
        self.directory = directory
        self.log = directory.with_suffix(".log")
        self.announcement = directory.with_suffix(".out")

    def start(self, files=None):
        """Starts it; with at most so many open files, where a number is given."""
        def limit():
            if files:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        environment = self.directory / "env"
        environment.unlink(missing_ok=True)
        command = [program("local"), "--data-dir", self.directory]
        command += ["--port", "0", "--dynamodb-port", "0", "--s3-port", "0"]
        started = time.monotonic()
        with self.announcement.open("wb") as out, self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=out, stderr=log, preexec_fn=limit)
        try:
            self.environment = eventually(lambda: self.running() and exports(environment), 30)
            self.url = self.environment["ASSETS_URL"]
            self.key = self.environment["ASSETS_API_KEY"]
            eventually(lambda: self.running() and self.answers(), 30)
        except AssertionError:
            self.kill()
            raise
        print(f"the store answered {(time.monotonic() - started) * 1000:.0f} ms after its start")
        return self

    def running(self):
        assert self.process.poll() is None, f"the store ended: {self.log.read_text()}"
        return True

    def answers(self):
        try:
            return self.get("/api/v1/assets").status_code == 200
        except httpx.TransportError:
            return False

    def stop(self):
        """Ends the store as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(timeout=30) == 0, self.log.read_text()

    def kill(self):
        """Ends the store as a power cut does."""
        self.process.kill()
        self.process.wait()

    def get(self, path):
        return httpx.get(self.url + path, headers={"X-API-Key": self.key})

    def listed(self, **filters):
        """The assets that the filters find, newest first."""
        page = httpx.get(
            f"{self.url}/api/v1/assets",
            params={**filters, "limit": 200},
            headers={"X-API-Key": self.key},
        )
        return page.raise_for_status().json()["items"]

    def create(self, **fields):
        """The answer to `POST /api/v1/assets`."""
        answer = httpx.post(
            f"{self.url}/api/v1/assets", json=fields, headers={"X-API-Key": self.key}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def upload(self, file, content_type, **fields):
        """Uploads a file as the store signs it, and waits until it is complete; the asset's id."""
        upload = {"file_name": file.name, "content_type": content_type}
        created = self.create(upload=upload, **fields)
        put(created["upload"], file.read_bytes()).raise_for_status()
        path = f"/api/v1/assets/{created['data']['id']}"
        eventually(lambda: self.get(path).json()["data"]["upload_status"] == "complete")
        return created["data"]["id"]

    def admin(self, *arguments):
        """What the operator's command prints."""
        command = [program("admin"), *arguments]
        environment = {**os.environ, **self.environment}
        ran = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def create_key(self, workspace="demo", scopes="*", *arguments):
        """A new key of a workspace."""
        printed = self.admin(
            *("keys", "create", "--workspace", workspace, "--name", "tests", "--scopes", scopes),
            *arguments,
        )
        return next(line for line in printed.splitlines() if line.startswith("tnx_")).strip()


def put(upload, content):
    """Sends bytes as a signed upload says."""
    return httpx.request(
        upload["method"], upload["url"], headers=upload["headers"], content=content, timeout=30
    )


def exports(file):
    """What a file of `export NAME='value'` lines sets; nothing while it is not written."""
    if not file.exists():
        return {}
    words = shlex.split(file.read_text())
    return dict(word.split("=", 1) for word in words if word != "export")
