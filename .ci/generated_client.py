"""A client that was generated from the API's description, used: it creates, finds by tags, reads and links."""

import os

from client import AuthenticatedClient
from client.api.assets import create_asset, get_asset, list_assets
from client.api.links import get_signed_url
from client.models import CreateAssetFromText, CreateAssetFromTextTags, ListAssetsStatusItem

with AuthenticatedClient(base_url=os.environ["ASSETS_URL"], token=os.environ["ASSETS_API_KEY"]) as client:
    tags = CreateAssetFromTextTags.from_dict({"brand": ["acme"], "channel": ["web"]})
    body = CreateAssetFromText(content="# Hello", title="Generated", tags=tags, type_="copy")
    created = create_asset.sync(client=client, body=body).data
    draft = ListAssetsStatusItem.DRAFT
    found = list_assets.sync(client=client, tag=["brand:acme", "channel:web"], status=[draft], limit=5)
    assert created.id in [asset.id for asset in found.items], found
    assert list_assets.sync(client=client, tag=["brand:nobody"]).items == []
    assert get_asset.sync(created.id, client=client).data.title == "Generated"
    link = get_signed_url.sync(created.id, client=client, expires_in=60)
    assert link.data.url.startswith("http"), link
print("the generated client works")
