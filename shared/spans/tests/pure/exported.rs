//! Spans by the OpenTelemetry Protocol, as those who show traces read them. The official messages and
//! two such products read them in .ci/spans.sh.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use spans::{MediaSpan, Resource, otlp};

use crate::{IMAGE, failed, span};

fn document(spans: &[MediaSpan]) -> Value {
    serde_json::from_slice(&otlp::json(spans, &Resource::default()).unwrap()).unwrap()
}

/// The one span of a document.
fn exported(change: &Value) -> Value {
    document(&[span(change)])["resourceSpans"][0]["scopeSpans"][0]["spans"][0].clone()
}

/// A span's attributes; each key is there once, with one value.
fn attributes(change: &Value) -> BTreeMap<String, Value> {
    let span = exported(change);
    let mut all = BTreeMap::new();
    for attribute in span["attributes"].as_array().unwrap() {
        let value = attribute["value"].as_object().unwrap();
        assert_eq!(value.len(), 1);
        let key = attribute["key"].as_str().unwrap().to_owned();
        let before = all.insert(key, value.values().next().unwrap().clone());
        assert_eq!(before, None, "{attribute}");
    }
    all
}

fn message(attributes: &BTreeMap<String, Value>) -> Value {
    let messages: Value =
        serde_json::from_str(attributes["gen_ai.output.messages"].as_str().unwrap()).unwrap();
    assert_eq!(messages.as_array().unwrap().len(), 1);
    messages[0].clone()
}

/// Fails where something is empty.
fn nothing_is_empty(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::String(text) => assert!(!text.is_empty()),
        Value::Array(items) => {
            assert!(!items.is_empty());
            items.iter().for_each(nothing_is_empty);
        }
        Value::Object(members) => {
            assert!(!members.is_empty());
            members.values().for_each(nothing_is_empty);
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn json_is_as_every_receiver_takes_it() {
    let told = exported(&json!({ "parent_span_id": "00f067aa0ba902b7" }));
    assert_eq!(told["traceId"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!(told["spanId"], "b7ad6b7169203331");
    assert_eq!(told["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(told["startTimeUnixNano"], "1795773600000000000");
    assert_eq!(told["endTimeUnixNano"], "1795773602500000000");
    assert_eq!(told["name"], "generate_content gpt-image-1");
    assert_eq!((&told["kind"], &told["status"]), (&json!(3), &json!({ "code": 1 })));
    let attributes = told["attributes"].as_array().unwrap();
    let value = |key: &str| {
        attributes.iter().find(|attribute| attribute["key"] == key).map(|found| &found["value"])
    };
    assert_eq!(value("gen_ai.usage.cost"), Some(&json!({ "doubleValue": 0.04 })));
    assert_eq!(value("agent_assets.usage.output_tokens"), Some(&json!({ "intValue": "1056" })));
    let resource = &document(&[span(&json!({}))])["resourceSpans"][0]["resource"];
    assert_eq!(
        resource["attributes"],
        json!([{ "key": "service.name", "value": { "stringValue": "agent-assets" } }])
    );
}

#[test]
fn what_is_empty_is_left_out() {
    let bare = json!({
        "prompt": null, "outputs": [], "cost_micro_usd": null, "cost_source": null, "usage": [],
        "workspace_id": null, "execution_id": null, "agent_id": null, "generation_id": null,
    });
    for change in [bare.clone(), failed("failed"), json!({})] {
        nothing_is_empty(&document(&[span(&change)]));
    }
    assert!(exported(&bare).get("parentSpanId").is_none());
}

#[test]
fn what_is_not_over_is_not_told_and_nothing_is_never_sent() {
    let running = span(&json!({ "status": "running", "ended_at": null }));
    assert_eq!(otlp::json(&[], &Resource::default()), None);
    assert_eq!(otlp::protobuf(std::slice::from_ref(&running), &Resource::default()), None);
    let spans =
        document(&[running, span(&json!({}))])["resourceSpans"][0]["scopeSpans"][0]["spans"]
            .clone();
    assert_eq!(spans.as_array().unwrap().len(), 1);
}

#[test]
fn a_call_is_a_model_s() {
    for (change, medium) in [
        (json!({}), "image"),
        (json!({ "kind": "video", "tool": "video_gen" }), "video"),
        (json!({ "kind": "speech", "tool": "tts" }), "speech"),
        (json!({ "kind": "speech", "tool": "stt", "transcript": "Hello" }), "text"),
    ] {
        let all = attributes(&change);
        assert_eq!(all["gen_ai.operation.name"], "generate_content");
        assert_eq!(all["gen_ai.request.model"], "gpt-image-1");
        assert_eq!(all["gen_ai.output.type"], medium);
        assert_eq!(all["openinference.span.kind"], "LLM");
        assert_eq!(all["langfuse.observation.type"], "generation");
    }
}

#[test]
fn a_cost_is_spelled_for_everybody() {
    let all = attributes(&json!({}));
    for key in ["gen_ai.usage.cost", "llm.cost.total", "langwatch.span.cost"] {
        assert_eq!(all[key], 0.04, "{key}");
    }
    assert_eq!(all["langfuse.observation.cost_details"], r#"{"total":0.04}"#);
    let parts: Value = serde_json::from_str(all["mlflow.llm.cost"].as_str().unwrap()).unwrap();
    assert_eq!(parts, json!({ "input_cost": 0, "output_cost": 0.04, "total_cost": 0.04 }));
    let unknown = attributes(&json!({ "cost_micro_usd": null }));
    assert!(!unknown.keys().any(|key| key.contains("cost") && key != "agent_assets.cost_source"));
}

#[test]
fn nobody_is_made_to_price_tokens() {
    let usage = |change: Value| {
        let all = attributes(&change);
        all.into_iter()
            .filter(|(key, _)| key.contains("usage") && !key.contains("cost"))
            .collect::<Vec<_>>()
    };
    let own = |key: &str, value: &str| (format!("agent_assets.usage.{key}"), json!(value));
    assert_eq!(usage(json!({})), [own("output_tokens", "1056")]);
    let speech = |tool: &str, unit: &str, quantity: u64, cost: Value| {
        json!({
            "kind": "speech", "tool": tool, "cost_micro_usd": cost,
            "usage": [{ "unit": unit, "quantity": quantity }],
        })
    };
    let characters = own("characters", "14");
    assert_eq!(
        usage(speech("tts", "character", 14, json!(1400))),
        std::slice::from_ref(&characters)
    );
    let known = ("gen_ai.usage.input_chars".to_owned(), json!("14"));
    assert_eq!(usage(speech("tts", "character", 14, Value::Null)), [characters, known]);
    let known = ("gen_ai.usage.audio_seconds".to_owned(), json!("7"));
    assert_eq!(
        usage(speech("stt", "millisecond", 7000, Value::Null)),
        [own("milliseconds", "7000"), known]
    );
    // A fraction is dropped by some, and so no number at all.
    let fraction = [own("milliseconds", "7500")];
    assert_eq!(usage(speech("stt", "millisecond", 7500, Value::Null)), fraction);
}

#[test]
fn an_image_is_shown() {
    let all = attributes(&json!({}));
    assert_eq!(all["input.value"], "a lighthouse at dawn");
    assert_eq!(all["output.value"], IMAGE);
    assert_eq!(
        (&all["input.mime_type"], &all["output.mime_type"]),
        (&json!("text/plain"), &json!("text/plain"))
    );
    assert_eq!(
        message(&all),
        json!({
            "role": "assistant", "finish_reason": "stop",
            "parts": [{ "type": "uri", "modality": "image", "mime_type": "image/png", "uri": IMAGE }],
        })
    );
    assert!(!all.keys().any(|key| key.starts_with("llm.output_messages")));
}

#[test]
fn a_video_or_a_sound_is_a_link() {
    for (kind, content_type, modality) in
        [("video", "video/mp4", "video"), ("speech", "audio/mpeg", "audio")]
    {
        let output = json!([{ "asset_url": IMAGE, "content_type": content_type }]);
        let all = attributes(&json!({ "kind": kind, "outputs": output }));
        assert_eq!(all["llm.output_messages.0.message.role"], "assistant");
        assert_eq!(all["llm.output_messages.0.message.content"], format!("[{modality}]({IMAGE})"));
        assert_eq!(message(&all)["parts"][0]["modality"], modality);
    }
}

#[test]
fn all_outputs_that_are_left_are_told() {
    let output = |name: &str, is_deleted: bool| {
        let url = format!("{IMAGE}/{name}");
        json!({ "asset_url": url, "content_type": "image/png", "is_deleted": is_deleted })
    };
    let all = attributes(
        &json!({ "outputs": [output("1", false), output("2", true), output("3", false)] }),
    );
    assert_eq!(all["output.value"], format!("{IMAGE}/1\n{IMAGE}/3"));
    assert_eq!(message(&all)["parts"][1]["uri"], format!("{IMAGE}/3"));
}

#[test]
fn a_transcript_is_a_text_and_its_recording_a_link() {
    let recording = "https://assets.example.com/l/recording";
    let change = |prompt: Value| {
        json!({
            "kind": "speech", "tool": "stt", "transcript": "Welcome ashore.", "prompt": prompt,
            "inputs": [{ "url": recording, "content_type": "audio/wav" }],
        })
    };
    let all = attributes(&change(Value::Null));
    assert_eq!(
        (&all["input.value"], &all["output.value"]),
        (&json!(recording), &json!("Welcome ashore."))
    );
    assert_eq!(message(&all)["parts"], json!([{ "type": "text", "content": "Welcome ashore." }]));
    assert_eq!(all["llm.input_messages.0.message.content"], format!("[audio]({recording})"));
    assert!(!all.contains_key("gen_ai.input.messages"));
    let prompted = attributes(&change(json!("Names: Ada")));
    assert_eq!(prompted["input.value"], "Names: Ada");
}

#[test]
fn an_error_says_what_it_is() {
    for status in ["failed", "refused", "canceled", "lost", "unresolved"] {
        let span = exported(&failed(status));
        assert_eq!(span["status"], json!({ "code": 2, "message": "It was turned down." }));
        let all = attributes(&failed(status));
        assert_eq!(all["error.type"], "moderation");
        let reasons = all.get("gen_ai.response.finish_reasons");
        let filtered = json!({ "values": [{ "stringValue": "content_filter" }] });
        assert_eq!(reasons, (status == "refused").then_some(&filtered));
        assert!(!all.contains_key("output.value"));
    }
}

#[test]
fn an_id_is_not_made_a_result() {
    let response = attributes(&json!({ "response_id": "img_1" }));
    assert_eq!(response["gen_ai.response.id"], "img_1");
    let mut nothing = failed("failed");
    nothing["response_id"] = json!("img_1");
    let nothing = attributes(&nothing);
    assert!(!nothing.contains_key("gen_ai.response.id"));
    assert_eq!(nothing["agent_assets.response_id"], "img_1");
}

#[test]
fn a_run_is_one_session() {
    for (change, session) in [
        (json!({}), "run-7"),
        (json!({ "run_id": "r" }), "r"),
        (json!({ "run_id": "r", "conversation_id": "c" }), "c"),
    ] {
        let all = attributes(&change);
        assert_eq!(
            (&all["session.id"], &all["gen_ai.conversation.id"]),
            (&json!(session), &json!(session))
        );
    }
}

#[test]
fn a_provider_s_url_is_told_to_nobody() {
    let all = otlp::json(&[span(&json!({}))], &Resource::default()).unwrap();
    assert!(!String::from_utf8(all).unwrap().contains("hidden"));
}
