"""The official MCP client, as agents use it, with and without the handshake of earlier protocols."""

import asyncio
import base64

import httpx
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from store import MEDIA

MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])


def talk(store, conversation, mode="auto", scopes="*"):
    """What `conversation` makes of a client whose key has these scopes."""
    key = store.create_key("demo", scopes)

    async def run():
        headers = {"Authorization": f"Bearer {key}"}
        async with create_mcp_http_client(headers=headers) as http:
            transport = streamable_http_client(f"{store.url}/mcp", http_client=http)
            async with Client(transport, mode=mode) as client:
                return await conversation(client)

    return asyncio.run(run())


@MODES
def test_a_client_learns_who_answers_and_what_it_can_do(store, mode):
    async def conversation(client):
        tools = (await client.list_tools()).tools
        return client.server_info, client.instructions, tools, client.protocol_version

    server, instructions, tools, version = talk(store, conversation, mode)
    assert (version >= "2026") == (mode == "auto")
    assert server.name == "agent-assets"
    assert "get_asset_url" in instructions
    assert {tool.name for tool in tools} == {
        *("list_assets", "get_asset", "get_asset_url", "list_versions"),
        *("create_text", "create_upload", "add_version", "tag_asset"),
        *("submit_asset", "approve_asset", "request_changes", "archive_asset", "restore_asset"),
        *("export_assets", "get_export", "delete_asset"),
    }


@MODES
def test_an_asset_goes_from_draft_to_approved(store, execution, mode):
    """The client checks each answer against the tool's output schema."""
    made = store.create(content="# Hello", execution_id=execution, prompt="p" * 500)["data"]["id"]

    async def conversation(client):
        async def call(tool, **arguments):
            result = await client.call_tool(tool, arguments)
            assert not result.is_error, result.content[0].text
            return result.structured_content

        [listed] = (await call("list_assets", execution_id=execution))["items"]
        assert (listed["id"], listed["status"], len(listed["prompt"])) == (made, "draft", 301)
        await call("tag_asset", id=made, add={"brand": ["acme"]})
        await call("submit_asset", id=made, comment="ready")
        await call("request_changes", id=made, comment="not yet")
        await call("submit_asset", id=made)
        approved = (await call("approve_asset", id=made))["asset"]
        whole = (await call("get_asset", id=made))["asset"]
        assert whole["approved_version"] == approved["approved_version"] == 1
        assert (whole["tags"], len(whole["prompt"])) == ({"brand": ["acme"]}, 500)
        [version] = (await call("list_versions", id=made))["versions"]
        assert version["current"] and version["approved"]
        link = await call("get_asset_url", id=made, version="approved")
        assert httpx.get(link["url"]).text == "# Hello"
        assert (await call("delete_asset", id=made, force=True))["deleted"]
        return (await call("list_assets", execution_id=execution))["items"]

    assert talk(store, conversation, mode) == []


@MODES
def test_a_client_makes_an_asset_and_reads_it(store, execution, mode):
    image = (MEDIA / "sample.png").read_bytes()

    async def conversation(client):
        terms = {"file_name": "a.png", "content_type": "image/png"}
        made = await client.call_tool("create_upload", {"upload": terms, "execution_id": execution})
        made = made.structured_content
        upload, id = made["upload"], made["asset"]["id"]
        httpx.put(upload["url"], headers=upload["headers"], content=image).raise_for_status()
        for _ in range(500):
            read = await client.call_tool("get_asset", {"id": id})
            if read.structured_content["asset"]["upload_status"] == "complete":
                break
            await asyncio.sleep(0.01)
        [link] = [block for block in read.content if block.type == "resource_link"]
        return link, (await client.read_resource(link.uri)).contents

    link, [content] = talk(store, conversation, mode)
    assert (link.name, link.mime_type, link.size) == ("a.png", "image/png", len(image))
    assert base64.b64decode(content.blob) == image


@MODES
def test_a_key_without_the_scope_is_told_which(store, mode):
    made = store.create(content="# Hello")["data"]["id"]

    async def conversation(client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        return names, await client.call_tool("approve_asset", {"id": made})

    names, result = talk(store, conversation, mode, "assets:read,assets:write")
    assert "submit_asset" in names
    assert names.isdisjoint({"approve_asset", "request_changes", "delete_asset"})
    assert result.is_error
    assert result.content[0].text.startswith("forbidden_scope: ")
    assert "assets:review" in result.content[0].text


@MODES
def test_what_is_refused_says_what_would_be_right(store, mode):
    made = store.create(content="# Hello")["data"]["id"]

    async def conversation(client):
        calls = [("approve_asset", {"id": made}), ("get_asset", {"id": made, "all": True})]
        return [await client.call_tool(tool, arguments) for tool, arguments in calls]

    early, unknown = talk(store, conversation, mode)
    assert early.is_error and "while the asset is draft" in early.content[0].text
    assert "submit_asset" in early.content[0].text
    assert unknown.is_error and unknown.content[0].text.startswith("invalid_arguments: all")


@MODES
def test_an_unknown_tool_is_an_error_of_the_protocol(store, mode):
    async def conversation(client):
        with pytest.raises(MCPError) as raised:
            await client.call_tool("format_disk", {})
        return raised.value.error.code

    assert talk(store, conversation, mode) == -32602
