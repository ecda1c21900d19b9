"""One store for all tests, and the clients that speak to it."""

import uuid

import boto3
import promptrails
import pytest
from botocore.config import Config

from store import Store


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A running store; the tests share it, each with an execution of its own."""
    store = Store(tmp_path_factory.mktemp("store") / "data").start()
    yield store
    store.stop()


@pytest.fixture
def own_store(tmp_path):
    """A store that one test has for itself."""
    store = Store(tmp_path / "data").start()
    yield store
    store.stop()


@pytest.fixture
def execution():
    """An execution that no other test has."""
    return f"run-{uuid.uuid4()}"


@pytest.fixture(scope="session")
def client(store):
    """The published client, as its users make it; an error of ours is seen, not retried away."""
    with promptrails.PromptRails(store.key, base_url=store.url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def connect(store):
    """Makes the published client with another key."""
    opened = []

    def connect(key):
        opened.append(promptrails.PromptRails(key, base_url=store.url, max_retries=0))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


def s3_client(store):
    """boto3, as a producer of assets makes it."""
    return boto3.client(
        "s3",
        endpoint_url=store.environment["ASSETS_S3_URL"],
        region_name=store.environment["ASSETS_REGION"],
        aws_access_key_id=store.environment["ASSETS_ACCESS_KEY_ID"],
        aws_secret_access_key=store.environment["ASSETS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}, signature_version="s3v4"),
    )


@pytest.fixture(scope="session")
def s3(store):
    return s3_client(store)
