"""What a laptop's store does with more than it can hold: it waits, and lets nobody wait for ever."""

import resource
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from store import MEDIA, Store, eventually, put

PNG = MEDIA / "sample.png"


@pytest.fixture(scope="module", autouse=True)
def enough_files():
    """What these tests themselves open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(4096, before[1])), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(params=[256, 1024])
def small(request, tmp_path):
    """A store that may have few files open."""
    store = Store(tmp_path / "data").start(files=request.param)
    yield store
    store.stop()


def upload(store, number):
    """Registers and uploads a file over connections of its own, as a program does that is one of many."""
    described = {"file_name": f"{number}.png", "content_type": "image/png"}
    answer = httpx.post(
        f"{store.url}/api/v1/assets",
        json={"execution_id": "rush", "upload": described},
        headers={"X-API-Key": store.key},
        timeout=120,
    )
    return answer.status_code, put(answer.json()["upload"], PNG.read_bytes()).status_code


def test_two_hundred_uploads_at_once_wait_for_their_turn(small):
    with ThreadPoolExecutor(200) as pool:
        answers = set(pool.map(lambda number: upload(small, number), range(200)))
    assert answers == {(201, 200)}
    assert eventually(lambda: len(small.listed(execution_id="rush")) == 200, seconds=60)
    opened = small.log.read_text()
    assert "Too many open files" not in opened, opened


def connect(url):
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=60)


def test_idle_connections_make_place_for_those_who_ask(small):
    idle = [connect(small.url) for _ in range(120)]
    asked = time.monotonic()
    key = {"X-API-Key": small.key}
    assert httpx.get(f"{small.url}/api/v1/assets", headers=key, timeout=60).status_code == 200
    assert time.monotonic() - asked < 30
    for connection in idle:
        connection.close()


def test_half_a_request_is_not_waited_for(own_store):
    urls = [own_store.environment[name] for name in ["ASSETS_URL", "ASSETS_S3_URL", "ASSETS_DYNAMODB_URL"]]
    head = "PUT /agent-assets/workspaces/demo/x HTTP/1.1\r\nHost: localhost:1\r\n"
    body = f"{head}Content-Length: 100\r\n\r\nonly so much"
    waiting = []
    for url in urls:
        for sent in [head, body]:
            connection = connect(url)
            connection.sendall(sent.encode())
            waiting.append((url, sent, connection))
    started = time.monotonic()
    for url, sent, connection in waiting:
        while connection.recv(4096):
            pass
        assert time.monotonic() - started < 45, (url, sent)
        connection.close()
