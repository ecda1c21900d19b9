#!/usr/bin/env bash
# A boto3 link to upload "only if nothing is there" keeps that condition in Frankfurt and loses it in Ireland.
#
# Expected: what is given to `generate_presigned_url` is part of the signature, in each region alike; if it cannot be, an error.
# What happens (boto3 and botocore 1.44.8, no settings): links to us-east-1 and eu-west-1 are still signed in the old way
#   (version 2), which has no place for `IfNoneMatch` or `ContentLength`. The link is byte for byte the one without them:
#   nothing in it asks for either. In eu-central-1 and us-east-2 version 4 is used and both are signed. With
#   `signature_version="s3v4"` all regions agree.
# Seen:
#   us-east-1: the same link with and without; eu-west-1: the same link with and without
#   eu-central-1: signs content-length;host;if-none-match; us-east-2: signs content-length;host;if-none-match
#   eu-west-1 with s3v4: signs content-length;host;if-none-match
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check boto3==1.44.8 botocore==1.44.8
env -u AWS_PROFILE AWS_CONFIG_FILE=/dev/null env/bin/python - <<'PY'
import time
from urllib.parse import parse_qs, urlsplit
import boto3
from botocore.config import Config

time.time = lambda now=time.time(): now  # both links of a pair are of the same second


def told(region, **config):
    s3 = boto3.client("s3", region_name=region, aws_access_key_id="id", aws_secret_access_key="key", config=Config(**config))
    link = lambda **more: s3.generate_presigned_url("put_object", Params={"Bucket": "pictures", "Key": "a.png", **more})
    bare, bound = link(), link(IfNoneMatch="*", ContentLength=7)
    if bare == bound:
        return "the same link with and without"
    return "signs " + parse_qs(urlsplit(bound).query)["X-Amz-SignedHeaders"][0]


signed = "signs content-length;host;if-none-match"
wants = {"us-east-1": "the same link with and without", "eu-west-1": "the same link with and without", "eu-central-1": signed, "us-east-2": signed}
for region, want in wants.items():
    seen = told(region)
    print(f"{region}: {seen}")
    assert seen == want
seen = told("eu-west-1", signature_version="s3v4")
print("eu-west-1 with s3v4:", seen)
assert seen == signed
PY
