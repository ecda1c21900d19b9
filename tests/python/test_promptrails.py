"""The published `promptrails` client, unmodified, against a running store."""

import asyncio
from datetime import datetime, timedelta, timezone

import httpx
import promptrails
import pytest
from promptrails.exceptions import (
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    ValidationError,
)

from store import MEDIA, eventually

UNKNOWN = "37XnnMWMjfmNEiv3gpMlqCGHrXO"


def ids(page):
    return [asset.id for asset in page.data]


@pytest.mark.parametrize(
    ("name", "asset_type", "content_type"),
    [
        ("sample.png", "image", "image/png"),
        ("sample.mp3", "audio", "audio/mpeg"),
        ("sample.mp4", "video", "video/mp4"),
    ],
)
def test_an_asset_has_every_field_and_its_bytes(
    store, client, execution, name, asset_type, content_type
):
    asset_id = store.upload(
        MEDIA / name,
        content_type,
        provider="fal",
        model="flux-1.1",
        execution_id=execution,
        agent_id="artist",
        metadata={"seed": 7, "style": "ünique"},
    )
    asset = client.assets.get(asset_id)
    assert asset.id == asset_id
    assert asset.workspace_id == "demo"
    assert asset.type == asset_type
    assert (asset.provider, asset.model) == ("fal", "flux-1.1")
    assert (asset.execution_id, asset.agent_id) == (execution, "artist")
    assert (asset.file_name, asset.mime_type) == (name, content_type)
    assert asset.file_size == (MEDIA / name).stat().st_size
    assert asset.storage_path == f"workspaces/demo/assets/{asset_id}/1/{name}"
    assert asset.metadata == {"seed": 7, "style": "ünique"}
    age = datetime.now(timezone.utc) - datetime.fromisoformat(asset.created_at)
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert client.assets.list(execution_id=execution).data == [asset]

    link = client.assets.get_signed_url(asset_id)
    life = datetime.fromisoformat(link.expires_at) - datetime.now(timezone.utc)
    assert timedelta(minutes=58) < life <= timedelta(hours=1)
    download = httpx.get(link.url)
    assert (download.status_code, download.headers["content-type"]) == (200, content_type)
    assert download.content == (MEDIA / name).read_bytes()


def test_each_filter_finds_its_own(store, client, execution):
    image = store.upload(
        MEDIA / "sample.png", "image/png", execution_id=execution, provider="fal", agent_id="artist"
    )
    audio = store.upload(
        MEDIA / "sample.mp3", "audio/mpeg", execution_id=execution, provider="elevenlabs"
    )
    video = store.upload(
        MEDIA / "sample.mp4",
        "video/mp4",
        execution_id=execution,
        provider="fal",
        agent_id="director",
    )

    def found(**filters):
        return ids(client.assets.list(execution_id=execution, **filters))

    assert found() == [video, audio, image]
    assert found(type="image") == [image]
    assert found(type="video") == [video]
    assert found(type="audio") == found(type="speech") == [audio]
    assert found(provider="fal") == [video, image]
    assert found(agent_id="director") == [video]
    assert found(provider="fal", agent_id="artist", type="image") == [image]
    assert found(provider="elevenlabs", agent_id="artist") == []
    assert found(type="slide") == []


def test_a_filter_works_alone(store, client, execution):
    own = {"provider": execution, "agent_id": execution, "execution_id": execution}
    made = store.create(content="# Hello", type="copy", **own)["data"]["id"]
    assert ids(client.assets.list(provider=execution)) == [made]
    assert ids(client.assets.list(agent_id=execution)) == [made]
    assert ids(client.assets.list(execution_id=execution)) == [made]
    copies = client.assets.list(type="copy", limit=100)
    assert made in ids(copies)
    assert {asset.type for asset in copies.data} == {"copy"}


def test_pages_have_totals(store, client, execution):
    made = [
        store.create(content=f"# {n}", execution_id=execution)["data"]["id"] for n in range(5)
    ]
    pages = [client.assets.list(execution_id=execution, page=n, limit=2) for n in (1, 2, 3, 4)]
    assert [len(page.data) for page in pages] == [2, 2, 1, 0]
    assert sorted(sum(map(ids, pages), [])) == sorted(made)
    for number, page in enumerate(pages, start=1):
        meta = page.meta
        assert (meta.total, meta.page, meta.limit, meta.pages) == (5, number, 2, 3)
    usual = client.assets.list(execution_id=execution)
    assert (usual.meta.page, usual.meta.limit, usual.meta.pages) == (1, 20, 1)
    nothing = client.assets.list(execution_id=execution, type="video")
    assert (nothing.data, nothing.meta.total, nothing.meta.pages) == ([], 0, 0)


def test_a_deleted_asset_is_gone(store, client, execution):
    asset_id = store.upload(MEDIA / "sample.png", "image/png", execution_id=execution)
    link = client.assets.get_signed_url(asset_id)
    assert client.assets.delete(asset_id) is None
    for gone in (client.assets.get, client.assets.get_signed_url, client.assets.delete):
        with pytest.raises(NotFoundError):
            gone(asset_id)
    assert client.assets.list(execution_id=execution).meta.total == 0
    assert httpx.get(link.url).status_code == 404


def test_an_asset_without_optional_fields_reads_as_the_client_has_them(store, client):
    asset = client.assets.get(store.create(content="# Hello")["data"]["id"])
    assert (asset.provider, asset.model, asset.metadata) == ("", "", {})
    assert (asset.execution_id, asset.agent_id) == (None, None)
    assert asset.mime_type == "text/markdown; charset=utf-8"


def test_a_bad_parameter_is_a_validation_error(client):
    for filters, parameter in [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"page": 0}, "page"),
        ({"type": "Not a type"}, "type"),
        ({"agent_id": "a b"}, "agent_id"),
    ]:
        with pytest.raises(ValidationError) as raised:
            client.assets.list(**filters)
        error = raised.value
        assert (error.status_code, error.code) == (400, "invalid_parameter")
        assert error.details["parameter"] == parameter
        assert error.details["expected"] in error.message


def test_a_page_too_deep_is_a_validation_error(client):
    with pytest.raises(ValidationError) as raised:
        client.assets.list(page=102, limit=100)
    assert raised.value.code == "use_cursor"


@pytest.mark.parametrize(
    "key",
    [
        "garbage",
        "tnx_",
        "tnx_00000000_00000000000000000000000000000000000000",
        "",
    ],
)
def test_a_bad_key_is_unauthorized(connect, key):
    unauthorized(connect(key))


def test_a_revoked_key_is_unauthorized(store, connect):
    key = store.create_key()
    store.admin("keys", "revoke", key.split("_")[1])
    unauthorized(connect(key))


def test_an_expired_key_is_unauthorized(store, connect):
    client = connect(store.create_key("demo", "*", "--expires-in", "1s"))

    def expired():
        try:
            client.assets.list()
        except UnauthorizedError:
            return True

    eventually(expired)
    unauthorized(client)


def test_a_key_that_will_expire_works_until_then(store, connect):
    client = connect(store.create_key("demo", "*", "--expires-in", "90d"))
    assert client.assets.list(limit=1).meta.page == 1


def unauthorized(client):
    calls = (client.assets.get, client.assets.get_signed_url, client.assets.delete)
    for call in (*calls, lambda _: client.assets.list()):
        with pytest.raises(UnauthorizedError) as raised:
            call(UNKNOWN)
        assert (raised.value.status_code, raised.value.code) == (401, "unauthorized")


def test_a_missing_scope_is_forbidden_and_named(store, connect, client, execution):
    asset_id = store.create(content="# Hello", execution_id=execution)["data"]["id"]
    reader = connect(store.create_key("demo", "assets:read"))
    assert ids(reader.assets.list(execution_id=execution)) == [asset_id]
    assert reader.assets.get(asset_id) == client.assets.get(asset_id)
    assert reader.assets.get_signed_url(asset_id).url
    forbidden(lambda: reader.assets.delete(asset_id), "assets:delete")
    deleter = connect(store.create_key("demo", "assets:delete"))
    forbidden(lambda: deleter.assets.list(), "assets:read")
    forbidden(lambda: deleter.assets.get(asset_id), "assets:read")
    forbidden(lambda: deleter.assets.get_signed_url(asset_id), "assets:read")
    deleter.assets.delete(asset_id)


def forbidden(call, scope):
    with pytest.raises(ForbiddenError, match=scope) as raised:
        call()
    assert (raised.value.status_code, raised.value.code) == (403, "forbidden_scope")
    assert raised.value.details == {"scope": scope}


def test_another_workspace_sees_nothing(store, connect, execution):
    asset_id = store.create(content="# Hello", execution_id=execution)["data"]["id"]
    other = connect(store.create_key("other"))
    assert other.assets.list(execution_id=execution).data == []
    for call in (other.assets.get, other.assets.get_signed_url, other.assets.delete):
        assert not_found(call, asset_id) == not_found(call, UNKNOWN)
    assert store.get(f"/api/v1/assets/{asset_id}").status_code == 200


def not_found(call, asset_id):
    with pytest.raises(NotFoundError) as raised:
        call(asset_id)
    error = raised.value
    assert (error.status_code, error.code) == (404, "not_found")
    return error.message, error.details


def test_an_unknown_id_is_not_found(client):
    for asset_id in (UNKNOWN, "no-id", "0"):
        for call in (client.assets.get, client.assets.get_signed_url, client.assets.delete):
            not_found(call, asset_id)


def test_the_async_client_does_the_same(store, execution):
    png = MEDIA / "sample.png"
    asset_id = store.upload(png, "image/png", execution_id=execution)

    async def use():
        async with promptrails.AsyncPromptRails(
            store.key, base_url=store.url, max_retries=0
        ) as client:
            page = await client.assets.list(execution_id=execution, type="image")
            assert (ids(page), page.meta.total) == ([asset_id], 1)
            assert await client.assets.get(asset_id) == page.data[0]
            link = await client.assets.get_signed_url(asset_id)
            assert httpx.get(link.url).content == png.read_bytes()
            assert await client.assets.delete(asset_id) is None
            with pytest.raises(NotFoundError):
                await client.assets.get(asset_id)
            with pytest.raises(ValidationError):
                await client.assets.list(limit=101)

    asyncio.run(use())
