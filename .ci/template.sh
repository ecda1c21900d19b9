#!/bin/sh
# Checks template.yaml, as written and as the CloudFormation template that it becomes. Needs no AWS account.
set -eu
cd "$(dirname "$0")/.."

.ci/venv.sh

export SAM_CLI_TELEMETRY=0
.venv/bin/sam validate --lint --template template.yaml --region us-east-1

# What SAM generates (roles, routes, permissions) is seen by the linter only here.
mkdir -p .aws-sam
.venv/bin/python .ci/translate.py > .aws-sam/translated.json
.venv/bin/cfn-lint .aws-sam/translated.json
echo "template.yaml and its translation are clean"
