"""Exported spans, as others read them: .ci/spans.py FOLDER [products]. See .ci/spans.sh, which writes the folder."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

FOLDER = Path(sys.argv[1])
JSON = (FOLDER / "spans.json").read_bytes()
PROTOBUF = (FOLDER / "spans.pb").read_bytes()
TOLD = {f"{span['tool']} {span['provider']}": span for span in json.loads((FOLDER / "told.json").read_bytes())}
LINK = "https://assets.example.com/l/"
# By tool and provider: what was put in, what came out, and the cost in US dollars.
EXPECTED = {
    "image_gen openai": ("a lighthouse at dawn", LINK + "image", 0.04),
    "video_gen runway": ("waves", None, None),
    "tts elevenlabs": ("Welcome ashore", LINK + "speech", 0.0014),
    "stt deepgram": (LINK + "recording", "Welcome ashore, all of you.", None),
    "image_edit stability": ("something else", None, 0),
    "video_gen luma": ("a storm", LINK + "video", 2),
}
FAILED = {"video_gen runway", "image_edit stability"}


def name(attributes):
    return f"{attributes['agent_assets.tool']} {attributes['gen_ai.provider.name']}"


def by_the_official_protobufs():
    """Both documents are one message, and nothing in either is unknown."""
    from_bytes = ExportTraceServiceRequest.FromString(PROTOBUF)
    assert from_bytes.SerializeToString() == PROTOBUF, "fields that are unknown"
    document = json.loads(JSON)
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        # Of bytes, protobuf's own JSON has base64; the protocol's has hexadecimal digits for ids.
        for key in ("traceId", "spanId", "parentSpanId"):
            if key in span:
                assert span[key] == span[key].lower()
                span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    from_json = json_format.ParseDict(document, ExportTraceServiceRequest())
    assert from_json == from_bytes, "two messages"
    spans = from_bytes.resource_spans[0].scope_spans[0].spans
    assert len(spans) == len(EXPECTED) == len(TOLD)
    for span in spans:
        values = {attribute.key: attribute.value.string_value for attribute in span.attributes}
        assert (len(span.trace_id), len(span.span_id)) == (16, 8)
        assert span.end_time_unix_nano - span.start_time_unix_nano == 2_000_000_000
        assert (span.status.code == span.status.STATUS_CODE_ERROR) == (name(values) in FAILED)
        assert TOLD[name(values)]["span_id"] == span.span_id.hex()
    print(f"official protobufs: {len(spans)} spans, the same by JSON and by bytes")


def send(url, kind, body, **headers):
    headers = {"Content-Type": kind, **{key.replace("_", "-"): value for key, value in headers.items()}}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def ask(url):
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def until(what, check, process, seconds=300):
    """What `check` answers once it answers something."""
    for _ in range(seconds * 5):
        assert process.poll() is None, f"{what}: it ended"
        try:
            if found := check():
                return found
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"{what}: not in {seconds} s")


def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(title, *command, **environment):
    """A product, until it has been asked; its log is shown where something fails."""
    log = FOLDER / f"{title}.log"
    with log.open("w") as out:
        settings = {"stdout": out, "stderr": out, "env": {**os.environ, **environment}, "cwd": FOLDER}
        # A group of its own, since it has workers that would outlive it.
        process = subprocess.Popen(command, start_new_session=True, **settings)
    try:
        yield process
    except BaseException:
        print(log.read_text()[-4000:], file=sys.stderr)
        raise
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def by_phoenix():
    """Phoenix takes protobuf alone."""
    at, program = port(), Path(sys.executable).parents[2] / "phoenix/bin/phoenix"
    url = f"http://127.0.0.1:{at}"
    settings = {"PHOENIX_PORT": str(at), "PHOENIX_GRPC_PORT": str(port()), "PHOENIX_HOST": "127.0.0.1"}
    settings |= {"PHOENIX_WORKING_DIR": str(FOLDER / "phoenix"), "PHOENIX_TELEMETRY_ENABLED": "false"}
    with running("phoenix", program, "serve", **settings) as process:
        until("Phoenix", lambda: ask(f"{url}/v1/projects"), process)
        assert send(f"{url}/v1/traces", "application/json", JSON) == 415
        assert send(f"{url}/v1/traces", "application/x-protobuf", PROTOBUF) == 200

        def arrived():
            spans = ask(f"{url}/v1/projects/default/spans?limit=100")["data"]
            return spans if len(spans) == len(EXPECTED) else None

        for span in until("Phoenix's spans", arrived, process):
            values = span["attributes"]
            put_in, came_out, _ = EXPECTED[name(values)]
            assert span["span_kind"] == "LLM", span
            assert span["status_code"] == ("ERROR" if name(values) in FAILED else "OK"), span
            assert values.get("input.value") == put_in, span
            assert values.get("output.value") == came_out, span
    print(f"Phoenix: {len(EXPECTED)} spans, each with its kind, input, output and state")


def by_mlflow():
    """MLflow takes both, with the header that names an experiment."""
    import mlflow

    at, program = port(), Path(sys.executable).parent / "mlflow"
    url = f"http://127.0.0.1:{at}"
    store = ("--backend-store-uri", f"sqlite:///{FOLDER}/mlflow.db", "--workers", "1")
    settings = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    # Its workers are found beside it.
    settings["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with running("mlflow", program, "server", *store, "--port", str(at), **settings) as process:
        until("MLflow", lambda: send(f"{url}/health", "text/plain", None) == 200, process)
        client = mlflow.MlflowClient(url)
        # It keeps a trace in one experiment, so that the second has an id of its own.
        trace_id = bytes.fromhex(next(iter(TOLD.values()))["trace_id"])
        of_its_own = PROTOBUF.replace(trace_id, trace_id[::-1])
        for kind, body in (("application/json", JSON), ("application/x-protobuf", of_its_own)):
            experiment = client.create_experiment(kind)
            assert send(f"{url}/v1/traces", kind, body) == 422
            assert send(f"{url}/v1/traces", kind, body, x_mlflow_experiment_id=experiment) == 200
            (trace,) = client.search_traces(locations=[experiment])
            assert len(trace.data.spans) == len(EXPECTED)
            for span in trace.data.spans:
                put_in, came_out, cost = EXPECTED[name(span.attributes)]
                assert span.span_type == "LLM", span
                assert (span.status.status_code == "ERROR") == (name(span.attributes) in FAILED), span
                assert (span.inputs, span.outputs) == (put_in, came_out), span
                assert (span.llm_cost or {}).get("total_cost") == cost, span
    print(f"MLflow: {len(EXPECTED)} spans, each with its kind, input, output, cost and state, by JSON and by bytes")


by_the_official_protobufs()
if sys.argv[2:] == ["products"]:
    by_phoenix()
    by_mlflow()
