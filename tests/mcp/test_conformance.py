"""The protocol's own conformance suite, in each of its two eras, as far as it asks for no tools or prompts of its own."""

import re
import subprocess
from pathlib import Path

import pytest
from store import Store

HERE = Path(__file__).parent
NODE = HERE / "node_modules" / ".bin" / "node"
SUITE = HERE / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"

SCENARIOS = {
    "2025-11-25": [
        *("server-initialize", "server-session-lifecycle", "ping", "tools-list", "resources-list"),
        "dns-rebinding-protection",
    ],
    "2026-07-28": [
        *("server-stateless", "tools-list", "resources-list", "sep-2164-resource-not-found", "caching"),
        *("dns-rebinding-protection", "http-header-validation", "input-required-result-unsupported-methods"),
    ],
}

# What the suite can try only with tools of its own, or asks of servers that have prompts.
NOT_OURS = {
    "server-stateless": {
        *("sep-2575-server-rejects-undeclared-capability", "sep-2575-missing-capability-http-400"),
        *("sep-2575-http-server-no-independent-requests-on-stream", "sep-2575-server-no-log-without-loglevel"),
    },
    "caching": {"sep-2549-prompts-list-caching-hints"},
}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """Where the suite finds a store that has one asset."""
    store = Store(tmp_path_factory.mktemp("mcp") / "data").start()
    store.create(content="# Hello", title="Hello")
    command = [NODE, HERE / "with_key.mjs", store.url, store.key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as proxy:
        yield f"http://localhost:{proxy.stdout.readline().strip()}/mcp"
        proxy.kill()
    store.stop()


@pytest.mark.parametrize(
    ("era", "scenario"), [(era, scenario) for era, all in SCENARIOS.items() for scenario in all]
)
def test_the_protocol_is_spoken_as_its_suite_expects(url, era, scenario):
    command = [NODE, SUITE, "server", "--url", url, "--scenario", scenario, "--spec-version", era]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    output = run.stdout + run.stderr
    passed = re.search(r"Passed: \d+/\d+, \d+ failed, \d+ warnings", output)
    assert passed, output
    print(era, scenario, passed.group())
    failed = set(re.findall(r"\[(\S+) *\] \S*FAILURE", output))
    assert failed == NOT_OURS.get(scenario, set()), output
