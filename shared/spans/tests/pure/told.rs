//! Spans as an API answers them.

use serde_json::{Value, json};

use crate::{failed, span};

fn told(change: &Value) -> Value {
    serde_json::to_value(span(change).told()).unwrap()
}

#[test]
fn a_call_is_told_with_all_that_it_is() {
    assert_eq!(
        told(&json!({})),
        json!({
            "name": "generate_content gpt-image-1",
            "kind": "image",
            "tool": "image_gen",
            "provider": "openai",
            "model": "gpt-image-1",
            "prompt": "a lighthouse at dawn",
            "asset_id": "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
            "asset_url": "https://assets.example.com/l/image",
            "output_url": "https://provider.example/x.png?token=hidden",
            "content_type": "image/png",
            "outputs": [{
                "asset_id": "0ujtsYcgvSTl8PAuAdqWYSMnLOv",
                "asset_url": "https://assets.example.com/l/image",
                "output_url": "https://provider.example/x.png?token=hidden",
                "content_type": "image/png",
            }],
            "status": "succeeded",
            "started_at": "2026-11-27T10:00:00.000Z",
            "ended_at": "2026-11-27T10:00:02.500Z",
            "duration_ms": 2500,
            "estimated_cost": 0.04,
            "cost_micro_usd": 40_000,
            "cost_source": "estimated",
            "usage": [{ "unit": "output_token", "quantity": 1056 }],
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "span_id": "b7ad6b7169203331",
            "generation_id": "generation-1",
            "workspace_id": "acme",
            "execution_id": "run-7",
            "agent_id": "painter",
        })
    );
}

#[test]
fn a_call_of_which_nothing_came_is_told_with_the_reason() {
    let refused = told(&failed("refused"));
    assert_eq!(refused["status"], "refused");
    assert_eq!(refused["error"]["code"], "moderation");
    assert!(refused.get("asset_url").is_none() && refused.get("estimated_cost").is_none());
}

#[test]
fn a_call_stays_when_its_file_goes() {
    let mut call = span(&json!({}));
    call.outputs[0].is_deleted = true;
    let told = serde_json::to_value(call.told()).unwrap();
    assert_eq!(told["is_deleted"], true);
    assert_eq!(told["asset_id"], "0ujtsYcgvSTl8PAuAdqWYSMnLOv");
    assert!(told.get("asset_url").is_none());
}

#[test]
fn a_call_that_runs_has_no_end() {
    let running = told(&json!({ "status": "running", "ended_at": null, "outputs": [] }));
    assert!(running.get("ended_at").is_none() && running.get("duration_ms").is_none());
}

#[test]
fn a_cost_is_told_to_the_last_digit() {
    let usd = |micro: u64| told(&json!({ "cost_micro_usd": micro }))["estimated_cost"].to_string();
    assert_eq!([usd(0), usd(1), usd(40_000), usd(2_000_000)], ["0.0", "1e-6", "0.04", "2.0"]);
    assert_eq!(usd(123_456_789), "123.456789");
}

#[test]
fn what_is_kept_is_read_again() {
    for change in [
        json!({}),
        failed("lost"),
        json!({ "transcript": "Hello", "parent_span_id": "00f067aa0ba902b7" }),
    ] {
        let kept = serde_json::to_value(span(&change)).unwrap();
        let read: spans::MediaSpan = serde_json::from_value(kept.clone()).unwrap();
        assert_eq!(serde_json::to_value(read).unwrap(), kept);
    }
}
