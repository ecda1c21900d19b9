"""Exports, as others unpack them: from files, and from pipes, in which there is no going back."""

import hashlib
import json
import os
import random
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from stream_unzip import stream_unzip

from store import MEDIA, Store
from test_exports import Api, fetched

HERE = Path(__file__).parent
# A zone in which what is not told in UTC is told wrong; and names are UTF-8.
ENVIRONMENT = {**os.environ, "TZ": "America/New_York", "LC_ALL": "C.UTF-8"}
KEPT = {"manifest.json", "manifest.json.sig"}


def run(*command):
    """A program that reads the file itself."""
    subprocess.run(command, check=True, env=ENVIRONMENT, stdout=subprocess.DEVNULL)


def pipe(archive, *command):
    """A program that reads a pipe."""
    with subprocess.Popen(["cat", archive], stdout=subprocess.PIPE) as source:
        run_from = {"stdin": source.stdout, "env": ENVIRONMENT, "stdout": subprocess.DEVNULL}
        subprocess.run(command, check=True, **run_from)


def by_zipfile(archive, directory):
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        opened.extractall(directory)


def by_stream_unzip(archive, directory):
    with archive.open("rb") as source:
        for name, _, chunks in stream_unzip(iter(lambda: source.read(65536), b"")):
            file = directory / name.decode()
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"".join(chunks))


READERS = {
    "unzip": lambda archive, to: run("unzip", "-q", archive, "-d", to),
    "7z": lambda archive, to: run("7z", "x", f"-o{to}", archive),
    "zipfile": by_zipfile,
    "bsdtar, from a pipe": lambda archive, to: pipe(archive, "bsdtar", "-xf", "-", "-C", to),
    "busybox, from a pipe": lambda archive, to: pipe(archive, "busybox", "unzip", "-q", "-", "-d", to),
    "Java, from a pipe": lambda archive, to: pipe(archive, "java", HERE / "Read.java", to),
    "stream-unzip, from a pipe": by_stream_unzip,
    "fflate, from a pipe": lambda archive, to: pipe(archive, "node", HERE / "fflate.mjs", to),
    "unzipper, from a pipe": lambda archive, to: pipe(archive, "node", HERE / "unzipper.mjs", to),
}
# What gives files the time that the archive tells.
TIMED = {"unzip", "7z", "bsdtar, from a pipe", "Java, from a pipe"}


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("store") / "data").start()
    yield Api(store)
    store.stop()


@pytest.fixture(scope="module", params=["in one request", "in parts"])
def export(request, api, tmp_path_factory):
    """An export that is uploaded in one request or in parts, and the file that it is."""
    execution = request.param.replace(" ", "-")
    names = ["hero.png", "héro ✨.png", "empty.bin"]
    contents = [(MEDIA / "sample.png").read_bytes(), b"other", b""]
    if request.param == "in parts":
        names += ["film.bin", "film.bin"]
        contents += [random.Random(n).randbytes((11 + 12 * n) << 20) for n in range(2)]
    ids = [api.text("# Text", execution_id=execution)]
    for name, content in zip(names, contents):
        ids.append(api.upload(name, content, execution_id=execution))
    api.complete(ids)
    api.approve(ids)
    made = api.ended(api.export(filter={"execution_id": execution}))
    return made, fetched(made, tmp_path_factory.mktemp("archive") / "export.zip")


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_finds_all_files_as_they_are(reader, export, tmp_path):
    made, archive = export
    directory = tmp_path / "unpacked"
    directory.mkdir()
    READERS[reader](archive, directory)
    found = {file.relative_to(directory).as_posix() for file in directory.rglob("*") if file.is_file()}
    manifest = json.loads((directory / "manifest.json").read_text())
    assert found == KEPT | {file["path"] for file in manifest["files"]}
    for file in manifest["files"]:
        content = (directory / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"], file["path"]
    if reader in TIMED:
        asked = int(datetime.fromisoformat(made["created_at"]).timestamp())
        times = {int(file.stat().st_mtime) for file in directory.rglob("*") if file.is_file()}
        assert times == {asked}


