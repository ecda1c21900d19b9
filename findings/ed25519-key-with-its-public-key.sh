#!/usr/bin/env bash
# The Ed25519 private key that RFC 8410 prints with its public key is refused by Python's cryptography.
#
# Expected: the RFC's own example (10.3, a version 2 "OneAsymmetricKey" of RFC 5958) loads wherever Ed25519 keys load. Rust's
#   ring makes keys of that version too, so a signer's key file meets this.
# What happens (cryptography 50.0.2): the same seed loads as version 1, also with the example's attributes; with the public
#   key, so version 2, it is an error that names neither. node-forge 1.4.3 reads it. Node 20 and OpenSSL 3.0 refuse it too.
# Seen:
#   cryptography, version 1: loads
#   cryptography, version 2: Could not deserialize key data
#   node-forge, version 2: the same seed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check cryptography==50.0.2
echo '{}' > package.json
npm install --silent --no-audit --no-fund node-forge@1.4.3
env/bin/python - <<'PY'
from cryptography.hazmat.primitives import serialization as s

# The public example of RFC 8410: a seed and its public key.
seed = bytes.fromhex("d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842")
public = bytes.fromhex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
algorithm = bytes.fromhex("300506032b6570") + bytes.fromhex("04220420") + seed
name = bytes.fromhex("a01f301d060a2a864886f70d01090914310f0c0d") + b"Curdle Chairs"
one = bytes.fromhex("304f020100") + algorithm + name
two = bytes.fromhex("3072020101") + algorithm + name + bytes.fromhex("812100") + public
open("two.der", "wb").write(two)

key = s.load_der_private_key(one, None)
assert key.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw) == public
print("cryptography, version 1: loads")
try:
    s.load_der_private_key(two, None)
except ValueError as e:
    print("cryptography, version 2:", str(e).split(".")[0])
else:
    raise SystemExit(1)
PY
node --input-type=module <<'JS'
import assert from 'node:assert'; import fs from 'node:fs'; import forge from 'node-forge';
const key = forge.pki.ed25519.privateKeyFromAsn1(forge.asn1.fromDer(fs.readFileSync('two.der', 'latin1')));
assert.match(Buffer.from(key.privateKeyBytes).toString('hex'), /^d4ee72db/);
console.log('node-forge, version 2: the same seed');
JS
