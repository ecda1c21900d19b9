#!/usr/bin/env python3
"""Measures function binaries: size, start, time and memory per invocation.

Needs built binaries, and a running local store for them to work on:

    cargo build --release -p list                     # each with -p: a workspace build unifies features
    cargo dev --memory --port 0 --dynamodb-port 0 --s3-port 0 --data-dir /tmp/measured &
    .ci/measure.py target/release /tmp/measured/env list

For each function it prints a row of a Markdown table: the binary's size; millions of instructions up to the first
request for an event, and up to the first answer (with --callgrind, which needs valgrind; slow, but the same on every
machine); milliseconds of processor time up to the first request for an event; milliseconds of the first invocation and
the median of the others, as Lambda would see them, with the local store on the other end; and what the process holds
after all of them: resident memory now (VmRSS) and at its peak (VmHWM). The local store speaks plain HTTP: TLS, of which
a start on AWS has some, is not in these figures.

It plays the Lambda Runtime API on a loopback port:
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import argparse
import json
import os
import re
import shlex
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TEMPLATE = (Path(__file__).parents[1] / "template.yaml").read_text()

# Each function as the template has it: a test holds that these are all.
FUNCTIONS = {
    re.search(r"Binary: (\w+)", resource)[1]: resource
    for resource in re.split(r"\n(?=  \w+:\n)", TEMPLATE)
    if "Type: AWS::Serverless::Function" in resource
}


class Store:
    """The running local store."""

    def __init__(self, file: Path):
        words = shlex.split(file.read_text())
        self.environment = dict(word.split("=", 1) for word in words if word != "export")
        self.url, self.key = self.environment["ASSETS_URL"], self.environment["ASSETS_API_KEY"]

    def of_functions(self) -> dict:
        """The environment that makes a function use the store, in the names that the template has."""
        names = {
            "TABLE_NAME": "TABLE",
            "AWS_ENDPOINT_URL_DYNAMODB": "DYNAMODB_URL",
            "AWS_REGION": "REGION",
            "AWS_ACCESS_KEY_ID": "ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY": "SECRET_ACCESS_KEY",
            "STORAGE_BUCKET": "BUCKET",
            "STORAGE_ENDPOINT": "S3_URL",
        }
        others = {"ALLOWED_ORIGINS": "*", "EXPORT_SIGNING_SECRET": "not read when lists are asked for"}
        return others | {name: self.environment[f"ASSETS_{ours}"] for name, ours in names.items()}

    def write(self) -> dict:
        """Stores a text of 1 KB as a new asset."""
        body = {"content": "x" * 1024, "title": "Measured", "prompt": "y" * 500, "agent_id": "measure"}
        request = urllib.request.Request(
            f"{self.url}/api/v1/assets",
            json.dumps(body).encode(),
            {"X-API-Key": self.key, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as response:
            return json.load(response)["data"]

    def events(self, name: str, count: int) -> list:
        """Events for a function, each of which it has something to do for."""
        assets = [self.write() for _ in range(max(50, count if name == "delete" else 0))]
        one = assets[0]
        match name:
            case "list":
                return [self.http("GET", "/api/v1/assets", "limit=50")] * count
            case "create":
                body = json.dumps({"content": "x" * 1024, "title": "Measured"})
                return [self.http("POST", "/api/v1/assets", body=body)] * count
            case "sign":
                return [self.http("GET", f"/api/v1/assets/{one['id']}/signed-url")] * count
            case "review":
                edits = [json.dumps({"title": f"Measured {n}"}) for n in range(count)]
                return [self.http("PATCH", f"/api/v1/assets/{one['id']}", body=edit) for edit in edits]
            case "delete":
                return [self.http("DELETE", f"/api/v1/assets/{asset['id']}") for asset in assets[:count]]
            case "team":
                return [self.http("GET", "/api/assets")] * count
            case "mcp":
                call = {"name": "list_assets", "arguments": {"limit": 50}}
                body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
                return [self.http("POST", "/mcp", body=body)] * count
            case "export":
                return [self.http("GET", "/api/v1/exports")] * count
            case "tally":
                return [self.changed(one, revision=n + 2) for n in range(count)]
        # Any other: by its queue, its first route, or its schedule.
        if "Type: SQS" in FUNCTIONS[name]:
            return [self.uploaded(assets[n % len(assets)]) for n in range(count)]
        route = re.search(r'Method: (\w+), Path: "?(/[\w/.-]*(?:{id}[\w/.-]*)?)', FUNCTIONS[name])
        return [self.http(route[1], route[2].replace("{id}", one["id"])) if route else {}] * count

    def http(self, method: str, path: str, query: str = "", body: str | None = None) -> dict:
        """An HTTP request as API Gateway sends it (payload format 2.0)."""
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "headers": {"host": "localhost", "x-api-key": self.key, "content-type": "application/json"},
            "requestContext": {
                "accountId": "000000000000",
                "apiId": "measured",
                "domainName": "localhost",
                "domainPrefix": "measured",
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "measure",
                },
                "requestId": "measured",
                "routeKey": "$default",
                "stage": "$default",
                "time": "01/Jan/2026:00:00:00 +0000",
                "timeEpoch": 1767225600000,
            },
            "body": body,
            "isBase64Encoded": False,
        }

    def uploaded(self, asset: dict) -> dict:
        """S3's event about an asset's object, once more, as SQS hands it over."""
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": asset["created_at"],
            "eventName": "ObjectCreated:Put",
            "s3": {
                "s3SchemaVersion": "1.0",
                "bucket": {"name": self.environment["ASSETS_BUCKET"]},
                "object": {"key": asset["storage_key"], "size": asset["file_size"], "sequencer": "00" * 9},
            },
        }
        message = {"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps({"Records": [record]})}
        return {"Records": [message]}

    def changed(self, asset: dict, revision: int) -> dict:
        """A change that made this revision of an asset, as the table's stream hands it over."""

        def image(revision: int) -> dict:
            fields = {"workspace_id": asset["workspace_id"], "id": asset["id"], "by_workspace": "listed"}
            numbers = {"revision": revision, "file_size": revision}
            texts = {name: {"S": value} for name, value in fields.items()}
            return texts | {name: {"N": str(value)} for name, value in numbers.items()}

        images = {"OldImage": image(revision - 1), "NewImage": image(revision)}
        change = {"Keys": {"sk": {"S": "asset"}}, "SequenceNumber": str(revision), **images}
        return {"Records": [{"eventName": "MODIFY", "dynamodb": change}]}


class RuntimeApi(ThreadingHTTPServer):
    """Hands out events, and notes when each was asked for, given and answered."""

    daemon_threads = True

    def __init__(self, events: list):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = events
        self.given: list[float] = []
        self.answered: list[float] = []
        self.asked, self.done = threading.Event(), threading.Event()
        self.may_go_on = threading.Event()
        self.failures: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One connection of the function."""

    protocol_version = "HTTP/1.1"
    # Without it, small answers wait for acknowledgements.
    disable_nagle_algorithm = True
    server: RuntimeApi

    def do_GET(self):
        api = self.server
        api.asked.set()
        api.may_go_on.wait()
        if len(api.given) == len(api.events):
            api.done.set()
            threading.Event().wait()
        body = json.dumps(api.events[len(api.given)]).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", f"00000000-0000-0000-0000-{len(api.given):012}")
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:f")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        api.given.append(time.perf_counter())
        self.wfile.write(body)

    def do_POST(self):
        api = self.server
        api.answered.append(time.perf_counter())
        length = self.headers["Content-Length"]
        answer = self.rfile.read(int(length)) if length else self.chunks()
        outcome = json.loads(answer or b"null") or {}
        refused = outcome.get("statusCode", 200) >= 300 or outcome.get("batchItemFailures")
        if refused or not self.path.endswith("/response"):
            api.failures.append(f"{self.path}: {answer[:500]!r}")
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def chunks(self) -> bytes:
        """A body in chunks, as the runtime sends it."""
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


def run(command: list, store: Store, events: list, measure) -> RuntimeApi:
    """Runs a function over `events`; `measure` gets the process before the first and after the last."""
    api = RuntimeApi(events)
    environment = {
        **os.environ,
        **store.of_functions(),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "measured",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "RUST_LOG": "error",
    }
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for event, stage in [(api.asked, "started"), (api.done, "done")]:
            while not event.wait(0.1):
                if process.poll() is not None:
                    raise SystemExit(f"{command[-1]} ended with {process.returncode}")
            # The process has just asked for an event, and waits.
            time.sleep(0.05)
            measure(process.pid, stage)
            api.may_go_on.set()
    finally:
        process.terminate()
        process.wait()
        api.shutdown()
    if api.failures:
        raise SystemExit(f"{command[-1]} failed: {api.failures[0]}")
    return api


def processor_ms(pid: int) -> float:
    """Processor time of all threads."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def memory_mb(pid: int) -> dict:
    """Resident memory, now and at its peak."""
    status = Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ["VmRSS", "VmHWM"]}


def instructions(binary: Path, store: Store, events: list) -> int:
    """Instructions up to the request for the event after the last."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "callgrind.out"
        valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={file}"]
        run([*valgrind, binary], store, events, lambda *_: None)
        return int(re.search(r"^(?:summary|totals): (\d+)", file.read_text(), re.MULTILINE)[1])


def row(binary: Path, store: Store, name: str, count: int, callgrind: bool) -> list:
    found = {}

    def measure(pid: int, stage: str):
        if stage == "started":
            found["init"] = processor_ms(pid)
        else:
            found.update(memory_mb(pid))

    api = run([binary], store, store.events(name, count), measure)
    counts = [[], store.events(name, 1)] if callgrind else []
    counted = [f"{instructions(binary, store, events) / 1e6:.2f}" for events in counts]
    times = [1000 * (end - start) for start, end in zip(api.given, api.answered)]
    return [
        name,
        f"{binary.stat().st_size / 2**20:.2f}",
        *(counted or ["-", "-"]),
        f"{found['init']:.1f}",
        f"{times[0]:.1f}",
        f"{statistics.median(times[1:] or times):.1f}",
        f"{found['VmRSS']:.1f}",
        f"{found['VmHWM']:.1f}",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binaries", type=Path, help="directory of <name> or <name>/bootstrap")
    parser.add_argument("environment", type=Path, help="the local store's env file")
    parser.add_argument("functions", nargs="*", default=FUNCTIONS, help="default: all")
    parser.add_argument("--count", type=int, default=100, help="invocations (default 100)")
    parser.add_argument("--callgrind", action="store_true", help="count instructions as well")
    args = parser.parse_args()
    store = Store(args.environment)
    titles = ["function", "MiB", "M instr. init", "M instr. first", "init CPU ms", "first ms", "median ms"]
    titles += ["RSS MiB", "peak MiB"]
    print("| " + " | ".join(titles) + " |")
    print("|---" * len(titles) + "|")
    for name in args.functions:
        binary = args.binaries / name
        binary = binary / "bootstrap" if binary.is_dir() else binary
        print("| " + " | ".join(row(binary, store, name, args.count, args.callgrind)) + " |", flush=True)


if __name__ == "__main__":
    main()
