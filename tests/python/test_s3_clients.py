"""What producers do with S3's own clients, boto3 and curl, against a running store."""

import hashlib
import json
import subprocess
import time
import wave
from urllib.parse import quote

import httpx
import pytest
from botocore.exceptions import ClientError

from conftest import s3_client
from store import MEDIA, ROOT, eventually, put

BUCKET = "agent-assets"
PNG = MEDIA / "sample.png"


def key_of(execution, path, workspace="demo"):
    return f"workspaces/{workspace}/executions/{execution}/{path}"


def arrival(store, **filters):
    """The one asset that the filters find, once it is listed; how long that takes is printed."""
    put_at = time.monotonic()
    [asset] = eventually(lambda: store.listed(**filters))
    print(f"listed {(time.monotonic() - put_at) * 1000:.0f} ms after it was put")
    return asset


def download(store, asset):
    """The bytes behind a signed link of the asset."""
    link = store.get(f"/api/v1/assets/{asset['id']}/signed-url").json()["data"]
    answer = httpx.get(link["url"])
    assert answer.headers["content-type"] == asset["content_type"]
    return answer.raise_for_status().content


def test_an_uploaded_file_is_an_asset(store, s3, execution):
    title = "Größe & 50% — ✨"
    described = {
        "agent-id": "artist",
        "conversation-id": "chat-1",
        "run-id": "42",
        "campaign-id": "spring",
        "provider": "fal",
        "model": "flux-1.1",
        "tool": "image_gen",
        "title": quote(title),
        "prompt": quote("a cat,\nin Köln"),
        "metadata": quote('{"seed": 7}'),
    }
    key = key_of(execution, "sample.png")
    s3.upload_file(str(PNG), BUCKET, key, ExtraArgs={"Metadata": described})
    asset = arrival(store, execution_id=execution)
    assert asset["workspace_id"] == "demo"
    assert (asset["agent_id"], asset["conversation_id"]) == ("artist", "chat-1")
    assert (asset["run_id"], asset["campaign_id"]) == ("42", "spring")
    assert (asset["provider"], asset["model"]) == ("fal", "flux-1.1")
    assert (asset["tool"], asset["type"]) == ("image_gen", "image")
    assert (asset["title"], asset["prompt"]) == (title, "a cat,\nin Köln")
    assert asset["metadata"] == {"seed": 7}
    assert (asset["file_name"], asset["storage_key"]) == ("sample.png", key)
    assert (asset["file_size"], asset["content_type"]) == (PNG.stat().st_size, "image/png")
    assert (asset["width"], asset["height"]) == (320, 200)
    assert (asset["status"], asset["upload_status"]) == ("draft", "complete")
    assert download(store, asset) == PNG.read_bytes()


def test_a_multipart_upload_is_one_asset(store, s3, execution, tmp_path):
    file = tmp_path / "silence.wav"
    with wave.open(str(file), "wb") as recording:
        recording.setparams((1, 2, 48_000, 0, "NONE", ""))
        recording.writeframes(bytes(2 * 48_000 * 100))
    assert file.stat().st_size > 8 * 1024 * 1024
    key = key_of(execution, "takes/silence.wav")
    s3.upload_file(str(file), BUCKET, key, ExtraArgs={"Metadata": {"provider": "elevenlabs"}})
    asset = arrival(store, execution_id=execution)
    head = s3.head_object(Bucket=BUCKET, Key=key)
    assert head["ETag"].strip('"').endswith("-2"), "it was uploaded in parts"
    assert (asset["type"], asset["provider"]) == ("audio", "elevenlabs")
    assert (asset["file_size"], asset["duration_ms"]) == (file.stat().st_size, 100_000)
    assert download(store, asset) == file.read_bytes()
    s3.download_file(BUCKET, key, str(tmp_path / "back.wav"))
    assert (tmp_path / "back.wav").read_bytes() == file.read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "a hero image.png",
        "1+1=2.png",
        "✨ sparkles 🦀.png",
        "50%25 off & more?#.png",
        "deep/er/Größe (final).png",
        "it's \"quoted\".png",
    ],
)
def test_any_key_comes_back_as_it_was(store, s3, execution, path):
    key = key_of(execution, path)
    s3.upload_file(str(PNG), BUCKET, key)
    asset = arrival(store, execution_id=execution)
    assert (asset["storage_key"], asset["file_name"]) == (key, path.rsplit("/", 1)[-1])
    assert download(store, asset) == PNG.read_bytes()
    s3.delete_object(Bucket=BUCKET, Key=key)
    eventually(lambda: store.listed(execution_id=execution) == [])


def test_a_removed_object_is_in_no_list(store, s3, execution):
    kept, removed = (key_of(execution, name) for name in ("kept.png", "removed.png"))
    s3.upload_file(str(PNG), BUCKET, kept)
    s3.upload_file(str(PNG), BUCKET, removed)
    eventually(lambda: len(store.listed(execution_id=execution)) == 2)
    [asset] = [a for a in store.listed(execution_id=execution) if a["storage_key"] == removed]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": removed}]})
    eventually(lambda: len(store.listed(execution_id=execution)) == 1)
    assert store.listed(execution_id=execution)[0]["storage_key"] == kept
    answer = store.get(f"/api/v1/assets/{asset['id']}/signed-url")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_object")


def test_a_deleted_assets_object_is_gone(store, client, s3, execution):
    key = key_of(execution, "sample.png")
    s3.upload_file(str(PNG), BUCKET, key)
    client.assets.delete(arrival(store, execution_id=execution)["id"])
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=BUCKET, Key=key)


def test_an_overwritten_object_stays_one_asset(store, s3, execution):
    key = key_of(execution, "sample")
    s3.upload_file(str(PNG), BUCKET, key)
    first = arrival(store, execution_id=execution)
    s3.upload_file(str(MEDIA / "sample.mp3"), BUCKET, key)
    after = eventually(
        lambda: [
            asset
            for asset in store.listed(execution_id=execution)
            if asset["content_type"] == "audio/mpeg"
        ]
    )
    assert len(store.listed(execution_id=execution)) == 1, (first, after)
    assert download(store, after[0]) == (MEDIA / "sample.mp3").read_bytes()


def test_a_presigned_upload_takes_its_headers(store, s3, execution):
    described = {"title": quote("Größe"), "agent-id": "artist"}
    url = s3.generate_presigned_url(
        "put_object",
        {
            "Bucket": BUCKET,
            "Key": key_of(execution, "presigned.png"),
            "ContentType": "image/png",
            "Metadata": described,
        },
    )
    headers = {"content-type": "image/png"}
    headers |= {f"x-amz-meta-{name}": value for name, value in described.items()}
    tampered = headers | {"x-amz-meta-agent-id": "someone-else"}
    assert httpx.put(url, content=PNG.read_bytes(), headers=tampered).status_code == 403
    assert store.listed(execution_id=execution) == []
    assert httpx.put(url, content=PNG.read_bytes(), headers=headers).status_code == 200
    asset = arrival(store, execution_id=execution)
    assert (asset["title"], asset["agent_id"]) == ("Größe", "artist")


def test_the_stores_signed_upload_takes_what_was_said(store, execution):
    png = PNG.read_bytes()
    said = {
        "file_name": "a b+c ✨.png",
        "content_type": "image/png",
        "file_size": len(png),
        "checksum_sha256": hashlib.sha256(png).hexdigest(),
    }
    upload = store.create(upload=said, execution_id=execution)["upload"]
    assert put(changed(upload, "content-type", "text/html"), png).status_code == 403
    longer = png + b"more"
    assert put(changed(upload, "content-length", str(len(longer))), longer).status_code == 403
    assert put(upload, bytes(len(png))).status_code == 400
    assert store.listed(execution_id=execution) == []
    assert put(upload, png).status_code == 200
    asset = arrival(store, execution_id=execution)
    assert asset["checksum_sha256"] == said["checksum_sha256"]
    assert asset["file_name"] == said["file_name"]
    assert download(store, asset) == png
    assert put(upload, png).status_code == 412, "a signed upload works once"


def changed(upload, header, value):
    return upload | {"headers": upload["headers"] | {header: value}}


def test_another_workspaces_upload_is_not_listed(store, s3, execution):
    s3.upload_file(str(PNG), BUCKET, key_of(execution, "sample.png", workspace="other"))
    s3.upload_file(str(PNG), BUCKET, key_of(execution, "sample.png"))
    assert arrival(store, execution_id=execution)["workspace_id"] == "demo"
    assert len(store.listed(execution_id=execution)) == 1


def test_what_was_put_before_a_crash_is_listed_once(own_store):
    key = own_store.key
    for n in range(5):
        path = key_of("crash", f"{n}.png")
        s3_client(own_store).put_object(Bucket=BUCKET, Key=path, Body=PNG.read_bytes())
        own_store.kill()
        own_store.start()
        assert own_store.key == key
        eventually(lambda: path in stored(own_store, "crash"))
    # Events are taken in order, and those taken are finished before an orderly end: all are, then.
    last = key_of("after", "last.png")
    s3_client(own_store).put_object(Bucket=BUCKET, Key=last, Body=PNG.read_bytes())
    eventually(lambda: last in stored(own_store, "after"))
    own_store.stop()
    own_store.start()
    assert stored(own_store, "crash") == [key_of("crash", f"{n}.png") for n in (4, 3, 2, 1, 0)]
    for asset in own_store.listed(execution_id="crash"):
        assert download(own_store, asset) == PNG.read_bytes()


def stored(store, execution):
    return [asset["storage_key"] for asset in store.listed(execution_id=execution)]


def test_what_was_created_before_a_crash_is_kept(own_store):
    made = own_store.create(content="# Hello", execution_id="crash")["data"]
    own_store.kill()
    own_store.start()
    assert [asset["id"] for asset in own_store.listed(execution_id="crash")] == [made["id"]]
    assert download(own_store, made) == b"# Hello"


def test_the_announced_commands_work_when_pasted(own_store, tmp_path):
    announced = own_store.announcement.read_text().splitlines()
    lines = [line for line in announced if line.startswith(("  . ", "  curl "))]
    assert len(lines) == 4
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    pasted = "\n".join(lines).encode()
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail"], input=pasted, cwd=tmp_path, capture_output=True
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    [listed] = json.loads(ran.stdout)["items"]
    assert (listed["file_name"], listed["title"]) == ("sample.png", "My first asset")
    assert (tmp_path / "download.png").read_bytes() == PNG.read_bytes()
