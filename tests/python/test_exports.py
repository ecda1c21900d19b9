"""Exports: the archive that others unpack, and the command that checks it."""

import concurrent.futures
import hashlib
import io
import json
import os
import random
import subprocess
import zipfile

import httpx
import pytest

from store import MEDIA, eventually, program, put

SAMPLES = sorted(file for file in MEDIA.iterdir() if file.is_file())
ENDED = ("succeeded", "failed")


class Api:
    """The store's API, as a program uses it that wants a thousand things done."""

    def __init__(self, store):
        self.http = httpx.Client(base_url=store.url, headers={"X-API-Key": store.key}, timeout=60)

    def post(self, path, body):
        return self.http.post(path, json=body).raise_for_status().json()["data"]

    def text(self, content, **fields):
        return self.post("/api/v1/assets", {"content": content, **fields})["id"]

    def upload(self, name, content, **fields):
        upload = {"file_name": name, "content_type": "application/octet-stream"}
        body = {"upload": upload, **fields}
        made = self.http.post("/api/v1/assets", json=body).raise_for_status().json()
        put(made["upload"], content).raise_for_status()
        return made["data"]["id"]

    def get(self, path):
        return self.http.get(path).raise_for_status().json()["data"]

    def complete(self, ids):
        for one in ids:
            path = f"/api/v1/assets/{one}"
            eventually(lambda: self.get(path)["upload_status"] == "complete", 30)

    def approve(self, ids):
        for action in ("submit", "approve"):
            for start in range(0, len(ids), 100):
                body = {"ids": ids[start : start + 100], "action": action}
                outcomes = self.post("/api/v1/assets/review", body)
                assert not [outcome for outcome in outcomes if "error" in outcome]

    def export(self, **asked):
        return self.post("/api/v1/exports", asked)["id"]

    def ended(self, export):
        def ended():
            found = self.get(f"/api/v1/exports/{export}")
            return found if found["status"] in ENDED else None

        return eventually(ended, 120)


@pytest.fixture(scope="module")
def api(store):
    return Api(store)


def verify(store, archive, **environment):
    """What `admin verify-export` makes of an archive: whether it is as it was made, and what it says."""
    ran = subprocess.run(
        [program("admin"), "verify-export", archive],
        env={**os.environ, **store.environment, **environment},
        capture_output=True,
        text=True,
    )
    return ran.returncode == 0, ran.stdout + ran.stderr


def fetched(export, file):
    """The archive of an export, as a file."""
    assert export["status"] == "succeeded", export
    with httpx.stream("GET", export["url"]) as answer, file.open("wb") as out:
        for chunk in answer.raise_for_status().iter_bytes():
            out.write(chunk)
    assert file.stat().st_size == export["size"]
    return file


def checked(store, archive):
    """The manifest of an archive, all of which three programs find in order."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        manifest = json.loads(opened.read("manifest.json"))
        named = {file["path"] for file in manifest["files"]}
        assert set(opened.namelist()) == named | {"manifest.json", "manifest.json.sig"}
        assert len(opened.namelist()) == len(named) + 2
        for file in manifest["files"]:
            digest = hashlib.sha256()
            with opened.open(file["path"]) as content:
                while chunk := content.read(1 << 20):
                    digest.update(chunk)
            assert (digest.hexdigest(), opened.getinfo(file["path"]).file_size) == (
                *(file["sha256"], file["size"]),
            )
    tested = subprocess.run(["unzip", "-tqq", archive], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    unaltered, says = verify(store, archive)
    assert unaltered, says
    return manifest


def test_a_thousand_assets_of_which_some_are_deleted_meanwhile(store, api, execution, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(8) as at_once:
        texts = at_once.map(
            lambda n: api.text(f"text {n}", execution_id=execution, title=f"Text {n}"), range(895)
        )
        media = at_once.map(
            lambda n: api.upload(
                *(SAMPLES[n % len(SAMPLES)].name, SAMPLES[n % len(SAMPLES)].read_bytes()),
                execution_id=execution,
                model="flux",
            ),
            range(100),
        )
        large = [
            api.upload("film.bin", random.Random(n).randbytes(20 << 20), execution_id=execution)
            for n in range(5)
        ]
        ids = [*texts, *media, *large]
    api.complete(ids[895:])
    api.approve(ids)

    exports = [api.export(ids=ids), api.export(filter={"execution_id": execution})]
    eventually(lambda: "progress" in api.get(f"/api/v1/exports/{exports[0]}"), 30)
    gone = random.Random(7).sample(ids, 60)
    for start in range(0, len(gone), 20):
        deleted = api.post(
            "/api/v1/assets/delete", {"ids": gone[start : start + 20], "force": True}
        )
        assert all(outcome["deleted"] for outcome in deleted), deleted

    by_ids, by_filter = (api.ended(export) for export in exports)
    manifest = checked(store, fetched(by_ids, tmp_path / "ids.zip"))
    files = {file["id"] for file in manifest["files"]}
    left_out = {out["id"] for out in manifest["left_out"]}
    assert files | left_out == set(ids) and not files & left_out
    assert left_out <= set(gone) and by_ids["left_out"] == len(left_out)
    assert {out["reason"] for out in manifest["left_out"]} <= {"not_found", "no_object"}
    print(f"{len(files)} files of {by_ids['size']} bytes, {len(left_out)} left out")
    for file in manifest["files"]:
        made_by = {"execution_id": execution}
        if file["id"] in ids[895:995]:
            made_by["model"] = "flux"
        assert file["provenance"] == made_by
        assert file["approver"]["key"] in store.key and file["approved_at"]
    manifest = checked(store, fetched(by_filter, tmp_path / "filter.zip"))
    assert set(ids) - set(gone) <= {file["id"] for file in manifest["files"]} <= set(ids)

    archive = (tmp_path / "ids.zip").read_bytes()
    altered = tmp_path / "altered.zip"
    for at in random.Random(1).sample(range(len(archive)), 5):
        altered.write_bytes(archive[:at] + bytes([archive[at] ^ 1]) + archive[at + 1 :])
        assert not verify(store, altered)[0], at


@pytest.fixture
def small(store, api, execution, tmp_path):
    """An archive of three files."""
    ids = [api.text(text, execution_id=execution) for text in ("one", "two")]
    ids.append(api.upload("hero.png", (MEDIA / "sample.png").read_bytes(), execution_id=execution))
    api.complete(ids)
    api.approve(ids)
    export = api.ended(api.export(filter={"execution_id": execution}))
    return fetched(export, tmp_path / "small.zip"), export


def test_no_byte_can_be_changed_unseen(store, small, tmp_path):
    archive, _ = small
    content = archive.read_bytes()
    altered = tmp_path / "altered.zip"
    for at in range(0, len(content), 23):
        altered.write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
        assert not verify(store, altered)[0], at


def test_what_was_changed_is_said(store, small, tmp_path):
    archive, _ = small
    altered = tmp_path / "altered.zip"
    buffer = io.BytesIO()
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = b"other bytes" if name == "files/hero.png" else old.read(name)
            new.writestr(name, content)
        new.writestr("extra.txt", "more")
    altered.write_bytes(buffer.getvalue())
    unaltered, says = verify(store, altered)
    assert not unaltered
    assert "files/hero.png is not what the manifest says" in says
    assert "extra.txt is not in the manifest" in says


def test_another_key_does_not_pass(store, own_store, small):
    archive, export = small
    other = own_store.environment["ASSETS_EXPORT_PUBLIC_KEY"]
    unaltered, says = verify(store, archive, ASSETS_EXPORT_PUBLIC_KEY=other)
    assert not unaltered and "is not what this key has signed" in says
    assert verify(store, archive)[0]


def test_openssl_checks_the_signature(small, tmp_path):
    archive, export = small
    key = tmp_path / "key.pem"
    key.write_text(export["public_key"])
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path, ["manifest.json", "manifest.json.sig"])
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin"]
    command += ["-in", tmp_path / "manifest.json", "-sigfile", tmp_path / "manifest.json.sig"]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert "Signature Verified Successfully" in checked.stdout, checked.stderr


def test_exports_outlive_a_power_cut(own_store, tmp_path):
    api = Api(own_store)
    ids = [api.upload(f"{n}.bin", random.Random(n).randbytes(30 << 20)) for n in range(3)]
    api.complete(ids)
    api.approve(ids)
    export = api.export(ids=ids)
    eventually(lambda: api.get(f"/api/v1/exports/{export}")["status"] == "running")
    own_store.kill()
    own_store.start()
    api = Api(own_store)
    # For half a minute the one that died is trusted to be at it.
    made = eventually(
        lambda: (found := api.get(f"/api/v1/exports/{export}"))["status"] in ENDED and found, 180
    )
    assert len(checked(own_store, fetched(made, tmp_path / "made.zip"))["files"]) == 3
