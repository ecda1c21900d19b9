#!/usr/bin/env bash
# The description of the API against OpenAPI 3.1, and against a running store: requests that fit it and requests that do
# not, three seeds; and a client that is generated from it.
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/venv.sh
.venv/bin/openapi-spec-validator functions/list/openapi.json
cargo build --quiet --package local
work=$(mktemp -d)
target/debug/local --memory --data-dir "$work/store" --port 0 --dynamodb-port 0 --s3-port 0 >"$work/out" 2>"$work/log" &
store=$!
trap 'kill "$store" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 300); do
    key=$(sed -n 's/^ *API key *\([^ ]*\).*/\1/p' "$work/out")
    [ -z "$key" ] || break
    kill -0 "$store" || { cat "$work/log"; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/^ *API  *\(http[^ ]*\).*/\1/p' "$work/out")

for seed in 1 20 300; do
    SCHEMATHESIS_HOOKS=.ci/schemathesis.py .venv/bin/schemathesis --config-file .ci/schemathesis.toml run \
        "$url/api/v1/openapi.json" --header "X-API-Key: $key" --header "Authorization: Bearer $key" --seed "$seed" \
        --max-examples "${EXAMPLES:-8}" --workers 1 --no-color
done

# It would have another program tidy what it writes.
echo 'post_hooks: []' >"$work/generator.yaml"
.venv/bin/openapi-python-client generate --url "$url/api/v1/openapi.json" --output-path "$work/client" --meta none \
    --config "$work/generator.yaml" --fail-on-warning
ASSETS_URL=$url ASSETS_API_KEY=$key PYTHONPATH=$work .venv/bin/python .ci/generated_client.py
