//! Writes a run's spans as they are exported, for those who read them: `spans.json`, `spans.pb` and
//! `told.json` in the folder that is named. See .ci/spans.sh.

use std::error::Error;
use std::path::PathBuf;

use domain::{SpanId, TraceId};
use serde_json::{Value, json};
use spans::{MediaSpan, Resource, otlp};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("expected a folder")?;
    // The time at which the run began, in RFC 3339: receivers show what is recent.
    let began = std::env::args().nth(2).ok_or("expected a time")?;
    let spans = run(&began)?;
    let resource = Resource::default();
    std::fs::write(folder.join("spans.json"), otlp::json(&spans, &resource).ok_or("no spans")?)?;
    std::fs::write(folder.join("spans.pb"), otlp::protobuf(&spans, &resource).ok_or("no spans")?)?;
    let told: Vec<_> = spans.iter().map(MediaSpan::told).collect();
    std::fs::write(folder.join("told.json"), serde_json::to_vec(&told)?)?;
    Ok(())
}

/// A run with an image, a video that failed, speech, a transcript, and an image that was refused.
fn run(began: &str) -> Result<Vec<MediaSpan>, Box<dyn Error>> {
    let link = |name: &str| format!("https://assets.example.com/l/{name}");
    let made = |name: &str, kind: &str| json!([{ "asset_url": link(name), "content_type": kind }]);
    let calls = [
        json!({
            "kind": "image", "tool": "image_gen", "provider": "openai", "model": "gpt-image-1",
            "prompt": "a lighthouse at dawn", "status": "succeeded", "outputs": made("image", "image/png"),
            "cost_micro_usd": 40_000, "cost_source": "reported", "response_id": "img_1",
            "usage": [{ "unit": "input_token", "quantity": 12 }, { "unit": "output_token", "quantity": 1056 }],
        }),
        json!({
            "kind": "video", "tool": "video_gen", "provider": "runway", "model": "gen4_turbo",
            "prompt": "waves", "status": "failed", "response_id": "task_1", "parent_span_id": SpanId::new([1; 8]),
            "error": { "code": "provider_failed", "message": "The task ended without an output." },
        }),
        json!({
            "kind": "speech", "tool": "tts", "provider": "elevenlabs", "model": "eleven_multilingual_v2",
            "prompt": "Welcome ashore", "status": "succeeded", "outputs": made("speech", "audio/mpeg"),
            "cost_micro_usd": 1_400, "cost_source": "estimated",
            "usage": [{ "unit": "character", "quantity": 14 }],
        }),
        json!({
            "kind": "speech", "tool": "stt", "provider": "deepgram", "model": "nova-3", "status": "succeeded",
            "inputs": [{ "url": link("recording"), "content_type": "audio/wav" }],
            "outputs": made("transcript", "text/plain"), "transcript": "Welcome ashore, all of you.",
            "usage": [{ "unit": "millisecond", "quantity": 3_000 }],
        }),
        json!({
            "kind": "image", "tool": "image_edit", "provider": "stability", "model": "inpaint",
            "prompt": "something else", "status": "refused", "cost_micro_usd": 0, "cost_source": "estimated",
            "error": { "code": "moderation", "message": "The provider's moderation turned it down." },
        }),
        json!({
            "kind": "video", "tool": "video_gen", "provider": "luma", "model": "ray-2",
            "prompt": "a storm", "status": "succeeded", "outputs": made("video", "video/mp4"),
            "cost_micro_usd": 2_000_000, "cost_source": "estimated",
            "usage": [{ "unit": "millisecond", "quantity": 7_500 }],
        }),
    ];
    let began: domain::Timestamp = began.parse()?;
    let trace_id = TraceId::derived(&["acme", "run-7"]);
    let spans = (1_u8..).zip(calls).map(|(n, mut call)| {
        let at =
            |seconds: i64| Value::from(began.plus(1000 * (i64::from(n) + seconds)).to_string());
        let place = json!({
            "trace_id": trace_id, "span_id": SpanId::new([n; 8]),
            "workspace_id": "acme", "execution_id": "run-7", "agent_id": "painter",
            "generation_id": format!("generation-{n}"), "started_at": at(0), "ended_at": at(2),
        });
        if let (Value::Object(call), Value::Object(place)) = (&mut call, place) {
            call.extend(place);
        }
        serde_json::from_value(call)
    });
    Ok(spans.collect::<Result<_, _>>()?)
}
