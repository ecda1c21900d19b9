#!/usr/bin/env bash
# Of a span with too many attributes, OpenTelemetry for Python drops the first ones, the one for JavaScript the last ones.
#
# Expected: a span takes 128 attributes, and what is set after that is dropped, in each language alike: the limit is of one
#   specification.
# What happens (opentelemetry-sdk 1.45.2 for Python; @opentelemetry/sdk-trace-base 2.12.1): Python makes room by dropping
#   the oldest, also those that the span was started with. Instrumentations that write each message of a chat as attributes
#   of its own come to that soon, so the long calls, which cost the most, reach the backend without the model and the agent
#   that they began with. Touched: who counts costs by model, or ties files to runs, from traces made in Python.
# Seen (2026-11-28; a model at the start, 130 message attributes after it):
#   Python: 128 attributes, model None, last message True
#   JavaScript: 128 attributes, model flux, last message false
# Needs: node 20 or later.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv env
env/bin/pip install -q --disable-pip-version-check opentelemetry-sdk==1.45.2
echo '{}' > package.json
npm install --silent --no-audit --no-fund @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1
unset "${!OTEL_@}"
env/bin/python - <<'PY'
import logging
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

logging.disable()  # each drop is a warning in the log
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
with provider.get_tracer("agent").start_as_current_span("chat", attributes={"gen_ai.request.model": "flux"}) as span:
    for number in range(130):
        span.set_attribute(f"message.{number}", "said")
kept = exporter.get_finished_spans()[0].attributes
seen = (len(kept), kept.get("gen_ai.request.model"), "message.129" in kept)
print("Python: %s attributes, model %s, last message %s" % seen)
assert seen == (128, None, True)
PY
node --input-type=module <<'JS'
import assert from 'node:assert';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const span = provider.getTracer('agent').startSpan('chat', { attributes: { 'gen_ai.request.model': 'flux' } });
for (let number = 0; number < 130; number++) span.setAttribute(`message.${number}`, 'said');
span.end();
const kept = exporter.getFinishedSpans()[0].attributes;
const seen = `${Object.keys(kept).length} attributes, model ${kept['gen_ai.request.model']}, last message ${'message.129' in kept}`;
console.log(`JavaScript: ${seen}`);
assert.equal(seen, '128 attributes, model flux, last message false');
JS
