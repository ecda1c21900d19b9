"""A client that was generated from the API's description, used: it creates, finds by tags, reads and links."""

import os



from client import AuthenticatedClient
from client.api.assets import create_asset, get_asset, list_assets
from client.api.links import get_signed_url
from client.models import CreateAssetFromText
from client.models.create_asset_from_text_tags import CreateAssetFromTextTags

client = AuthenticatedClient(base_url=os.environ["ASSETS_URL"], token=os.environ["ASSETS_API_KEY"])
with client:
    tags = CreateAssetFromTextTags.from_dict({"brand": ["acme"], "channel": ["web"]})
    body = CreateAssetFromText(content="# Hello", title="Generated", tags=tags, type_="copy")
    created = create_asset.sync(client=client, body=body)
    found = list_assets.sync(client=client, tag=["brand:acme", "channel:web"], status=["draft"], limit=5)
    assert created.data.id in [asset.id for asset in found.items], found
    assert list_assets.sync(client=client, tag=["brand:bolt"]).items == []
    assert get_asset.sync(created.data.id, client=client).data.title == "Generated"
    assert get_signed_url.sync(created.data.id, client=client, expires_in=60).data.url.startswith("http")
print("the generated client works")
