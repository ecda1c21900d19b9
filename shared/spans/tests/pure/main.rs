//! Spans as others get them: an API's callers, and what collects traces.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod configured;
mod exported;
mod told;

use serde_json::{Value, json};
use spans::MediaSpan;

const IMAGE: &str = "https://assets.example.com/l/image";

/// A call that made an image, but for what `change` says otherwise.
fn span(change: &Value) -> MediaSpan {
    let mut call = json!({
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "span_id": "b7ad6b7169203331",
        "workspace_id": "acme",
        "execution_id": "run-7",
        "agent_id": "painter",
        "generation_id": "generation-1",
        "kind": "image",
        "tool": "image_gen",
        "provider": "openai",
        "model": "gpt-image-1",
        "prompt": "a lighthouse at dawn",
        "outputs": [{
            "asset_id": "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
            "asset_url": IMAGE,
            "output_url": "https://provider.example/x.png?token=hidden",
            "content_type": "image/png",
        }],
        "status": "succeeded",
        "started_at": "2026-11-27T10:00:00.000Z",
        "ended_at": "2026-11-27T10:00:02.500Z",
        "cost_micro_usd": 40_000,
        "cost_source": "estimated",
        "usage": [{ "unit": "output_token", "quantity": 1056 }],
    });
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(call.as_object_mut().unwrap().remove(name)),
            value => call[name] = value.clone(),
        }
    }
    serde_json::from_value(call).unwrap()
}

/// What a call is, of which nothing came.
fn failed(status: &str) -> Value {
    json!({
        "status": status, "outputs": [], "cost_micro_usd": null,
        "error": { "code": "moderation", "message": "It was turned down." },
    })
}
