"""What a running store keeps to its owner, and what it leaves alone of a shell that uses it."""

import subprocess

import boto3
import pytest

from store import Store, exports


def test_the_environment_has_names_of_our_own(own_store):
    assert own_store.environment, "something is set"
    assert [name for name in own_store.environment if not name.startswith("ASSETS_")] == []


def test_the_environment_leaves_a_shells_own_credentials_alone(own_store):
    theirs = {"AWS_ACCESS_KEY_ID": "theirs", "AWS_SECRET_ACCESS_KEY": "t", "AWS_REGION": "eu-west-3"}
    script = f". '{own_store.directory}/env' && env"
    ran = subprocess.run(["sh", "-ec", script], env=theirs, capture_output=True, text=True)
    aws = [line for line in ran.stdout.splitlines() if line.startswith("AWS_")]
    assert sorted(aws) == sorted(f"{name}={value}" for name, value in theirs.items())


@pytest.fixture
def session(own_store, monkeypatch):
    """boto3 with the store's profile, in a shell whose own variables are for AWS."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "theirs")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "theirs")
    monkeypatch.setenv("AWS_CONFIG_FILE", own_store.environment["ASSETS_AWS_CONFIG"])
    return boto3.Session(profile_name="agent-assets")


def test_the_profile_reaches_the_bucket_and_the_table(own_store, session):
    key = "workspaces/demo/executions/profile/notes.md"
    bucket = own_store.environment["ASSETS_BUCKET"]
    session.client("s3").put_object(Bucket=bucket, Key=key, Body=b"# Notes")
    listed = session.client("s3").list_objects_v2(Bucket=bucket, Prefix=key)
    assert [found["Key"] for found in listed["Contents"]] == [key]
    tables = session.client("dynamodb").list_tables()["TableNames"]
    assert tables == [own_store.environment["ASSETS_TABLE"]]


def test_secrets_are_random_and_outlive_a_restart(own_store, tmp_path):
    names = ["ASSETS_ACCESS_KEY_ID", "ASSETS_SECRET_ACCESS_KEY", "ASSETS_API_KEY"]
    before = [own_store.environment[name] for name in names]
    own_store.stop()
    own_store.start()
    assert [own_store.environment[name] for name in names] == before
    other = Store(tmp_path / "other").start()
    try:
        assert not set(before) & {other.environment[name] for name in names}
    finally:
        other.stop()


def test_nobody_else_can_read_what_is_kept(own_store):
    own_store.create(content="# Private")
    files = [file for file in own_store.directory.iterdir() if file.is_file()]
    assert {"env", "aws-config", "credentials", "api-key", "dynamodb.sqlite"} <= {f.name for f in files}
    public = {file.name for file in files if file.stat().st_mode & 0o077}
    assert public == {"export-public-key.pem"}, "which is for everybody"
    for directory in [own_store.directory, own_store.directory / "s3"]:
        assert directory.stat().st_mode & 0o077 == 0, directory


def test_a_directory_of_before_is_closed_and_what_it_holds_stays(own_store):
    made = own_store.create(content="# Kept")["data"]
    own_store.stop()
    (own_store.directory / "s3").chmod(0o755)
    for name in ["env", "dynamodb.sqlite"]:
        (own_store.directory / name).chmod(0o644)
    own_store.start()
    for name in ["env", "dynamodb.sqlite", "s3"]:
        assert (own_store.directory / name).stat().st_mode & 0o077 == 0, name
    assert own_store.get(f"/api/v1/assets/{made['id']}").status_code == 200
    assert exports(own_store.directory / "env") == own_store.environment
