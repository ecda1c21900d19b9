//! Media calls as spans: of a run, before and after a file's deletion; and sent to what collects traces.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tests::{Client, When, World};
use tokio::net::TcpListener;

use super::{ask, picture, read, settle};

/// A call of the demo that it does not take: the picture has no such size.
fn in_vain() -> Value {
    let mut body = picture("a lighthouse at noon");
    body["size"] = "none".into();
    body
}

fn speech() -> Value {
    json!({
        "tool": "tts", "provider": "demo", "model": "demo-speech", "prompt": "Good morning",
        "execution_id": "run-7", "conversation_id": "chat-1",
    })
}

async fn spans(acme: &Client, query: &str) -> Value {
    acme.get(&format!("/api/v1/executions/run-7/spans{query}")).await.expect(200)
}

#[tokio::test]
async fn a_run_s_media_calls_are_told_also_when_files_are_deleted() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut made = Vec::new();
    for body in [picture("a lighthouse at dawn"), speech(), in_vain()] {
        let asked = ask(&acme, body).await;
        made.push(settle(&world, &acme, &asked).await);
    }
    let mut other = picture("of another run");
    other["execution_id"] = "run-8".into();
    ask(&acme, other).await;
    let page = spans(&acme, "").await;
    assert_eq!(page["next_cursor"], Value::Null);
    let [failed, speech, image] = &page["items"].as_array().unwrap()[..] else { panic!("{page}") };
    for (span, generation) in [image, speech, failed].into_iter().zip(&made) {
        assert_eq!(span["generation_id"], generation["id"]);
        for field in
            ["trace_id", "span_id", "tool", "provider", "model", "prompt", "status", "ended_at"]
        {
            assert_eq!(span[field], generation[field], "{field}");
        }
        assert_eq!(
            (&span["execution_id"], &span["workspace_id"]),
            (&json!("run-7"), &json!("acme"))
        );
        assert!(span["duration_ms"].is_u64());
    }
    let asset = made[0]["asset_ids"][0].as_str().unwrap();
    let url = format!("/api/v1/assets/{asset}/signed-url");
    for (field, value) in [
        ("name", json!("generate_content demo-image")),
        ("kind", json!("image")),
        ("asset_id", json!(asset)),
        ("asset_url", json!(url)),
        ("content_type", json!("image/png")),
        ("estimated_cost", json!(0.0)),
    ] {
        assert_eq!(image[field], value, "{field}");
    }
    acme.get(&url).await.expect(200);
    assert_eq!((&speech["kind"], &speech["content_type"]), (&json!("speech"), &json!("audio/wav")));
    assert_eq!(speech["conversation_id"], "chat-1");
    assert_eq!((&failed["status"], &failed["outputs"]), (&json!("failed"), &json!([])));
    assert_eq!(failed["error"], made[2]["error"]);

    acme.delete(&format!("/api/v1/assets/{asset}")).await.expect(204);
    let page = spans(&acme, "").await;
    let (mut before, mut after) = (image.clone(), page["items"][2].clone());
    let deleted = json!({ "asset_id": asset, "content_type": "image/png", "is_deleted": true });
    assert_eq!(after["outputs"], json!([deleted]));
    assert_eq!(
        (&page["items"][0], &page["items"][1]),
        (failed, speech),
        "the others are as before"
    );
    for field in ["asset_url", "is_deleted", "outputs"] {
        before.as_object_mut().unwrap().remove(field);
        after.as_object_mut().unwrap().remove(field);
    }
    assert_eq!(after, before, "the call is told as before");
    drop(world.take_messages("jobs"));
    world.deliver().await;
}

#[tokio::test]
async fn spans_come_in_pages_and_are_a_workspace_s_own() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.insert(0, ask(&acme, picture(&format!("view {n}"))).await["id"].clone());
    }
    let (mut found, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = spans(&acme, &query).await;
        let items = page["items"].as_array().unwrap();
        assert!(
            items.iter().all(|span| span["status"] == "queued" && span["outputs"] == json!([]))
        );
        found.extend(items.iter().map(|span| span["generation_id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!(found, ids);
    let other = acme.get(&format!("/api/v1/executions/run-8/spans{query}")).await;
    assert_eq!(other.code(), "invalid_parameter", "a cursor is of one run");
    let empty = json!({ "items": [], "next_cursor": null });
    assert_eq!(acme.get("/api/v1/executions/run-8/spans").await.expect(200), empty);
    let stranger = world.workspace("stranger").await;
    assert_eq!(spans(&stranger, "").await, empty);
    let writer = world.caller("acme", "assets:write").await;
    assert_eq!(writer.get("/api/v1/executions/run-7/spans").await.code(), "forbidden_scope");
    drop(world.take_messages("jobs"));
}

/// What collects traces. It gives these answers, then takes everything.
#[derive(Clone, Default)]
struct Collector {
    answers: Arc<Mutex<VecDeque<u16>>>,
    received: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Collector {
    /// A collector, and a quiet world whose spans go there.
    async fn of(answers: &[u16], variables: &[(&str, &str)]) -> (Self, World) {
        let collector = Self::default();
        collector.answers.lock().unwrap().extend(answers);
        let state = collector.clone();
        let take = async move |headers: HeaderMap, body: Bytes| {
            state.received.lock().unwrap().push((headers, body));
            let status = state.answers.lock().unwrap().pop_front().unwrap_or(200);
            StatusCode::from_u16(status).unwrap()
        };
        let router = Router::new().route("/v1/traces", post(take));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router).into_future());
        let all = [&[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())], variables].concat();
        (collector, World::quiet_with(&all).await)
    }

    fn received(&self) -> Vec<(HeaderMap, Bytes)> {
        self.received.lock().unwrap().clone()
    }

    /// The spans that came, as JSON.
    fn spans(&self) -> Vec<Value> {
        let spans = self.received().into_iter().map(|(_, body)| {
            let body: Value = serde_json::from_slice(&body).unwrap();
            let spans = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
            assert_eq!(spans.as_array().unwrap().len(), 1);
            spans[0].clone()
        });
        spans.collect()
    }
}

const AS_JSON: (&str, &str) = ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json");

fn attribute(span: &Value, key: &str) -> Value {
    let all = span["attributes"].as_array().unwrap();
    let found = all.iter().find(|attribute| attribute["key"] == key);
    found.map_or(Value::Null, |attribute| attribute["value"]["stringValue"].clone())
}

#[tokio::test]
async fn each_call_is_sent_once_to_what_collects_traces() {
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "x-mlflow-experiment-id=7");
    let (collector, world) = Collector::of(&[], &[AS_JSON, headers]).await;
    let acme = world.workspace("acme").await;
    let mut made = Vec::new();
    for body in [picture("a lighthouse at dawn"), speech(), in_vain()] {
        let asked = ask(&acme, body).await;
        made.push(settle(&world, &acme, &asked).await);
        world.deliver_messages("jobs").await;
    }
    let canceled = ask(&acme, picture("never")).await;
    let cancel = format!("/api/v1/generations/{}/cancel", canceled["id"].as_str().unwrap());
    made.push(acme.post(&cancel, json!({})).await.expect(200)["data"].clone());
    for _ in 0..3 {
        world.deliver_messages("jobs").await;
        world.pass(Duration::from_hours(1));
    }
    let spans = collector.spans();
    assert_eq!(spans.len(), made.len());
    for (span, generation) in spans.iter().zip(&made) {
        assert_eq!(
            (&span["traceId"], &span["spanId"]),
            (&generation["trace_id"], &generation["span_id"])
        );
        assert_eq!(attribute(span, "agent_assets.status"), generation["status"]);
        assert_eq!(attribute(span, "input.value"), generation["prompt"]);
    }
    let asset = made[0]["asset_ids"][0].as_str().unwrap();
    let link = format!("/api/v1/assets/{asset}/signed-url");
    assert_eq!(attribute(&spans[0], "output.value"), link);
    assert_eq!((&spans[0]["status"]["code"], &spans[2]["status"]["code"]), (&json!(1), &json!(2)));
    for (headers, _) in collector.received() {
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["x-mlflow-experiment-id"], "7");
    }
    world.deliver().await;
}

#[tokio::test]
async fn spans_are_protobuf_unless_a_variable_says_otherwise() {
    let (collector, world) = Collector::of(&[], &[]).await;
    let acme = world.workspace("acme").await;
    let asked = ask(&acme, picture("a lighthouse at dawn")).await;
    settle(&world, &acme, &asked).await;
    world.deliver_messages("jobs").await;
    let [(headers, body)] = &collector.received()[..] else { panic!() };
    assert_eq!(headers["content-type"], "application/x-protobuf");
    let has = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    assert!(has(b"generate_content demo-image") && has(b"a lighthouse at dawn"));
    world.deliver().await;
}

#[tokio::test]
async fn a_span_that_was_not_taken_is_sent_again_and_one_that_was_refused_is_not() {
    for (answers, times) in [(&[503, 429, 200][..], 3), (&[400], 1), (&[503; 20], 10)] {
        let (collector, world) = Collector::of(answers, &[AS_JSON]).await;
        let acme = world.workspace("acme").await;
        let asked = ask(&acme, picture("a lighthouse at dawn")).await;
        let made = settle(&world, &acme, &asked).await;
        assert_eq!(made["status"], "succeeded", "its end does not wait for that");
        for _ in 0..20 {
            world.deliver_messages("jobs").await;
            world.pass(Duration::from_mins(15));
        }
        let spans = collector.spans();
        assert_eq!(spans.len(), times, "{answers:?}");
        assert!(spans.iter().all(|span| *span == spans[0]));
        assert_eq!(world.messages("jobs"), []);
        world.deliver().await;
    }
}

#[tokio::test]
async fn a_collector_that_is_named_wrongly_stops_no_job() {
    let variables =
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
    let world = World::quiet_with(&variables).await;
    let acme = world.workspace("acme").await;
    let asked = ask(&acme, picture("a lighthouse at dawn")).await;
    assert_eq!(settle(&world, &acme, &asked).await["status"], "succeeded");
    assert_eq!(world.messages("jobs"), []);
    world.deliver().await;
}

#[tokio::test]
async fn a_crash_at_any_request_leaves_no_ended_job_untold() {
    for nth in 0..60 {
        for when in [When::Before, When::After] {
            let (collector, world) = Collector::of(&[], &[AS_JSON]).await;
            let world = world.leaving_events();
            let acme = world.workspace("acme").await;
            let asked = ask(&acme, picture("a lighthouse")).await;
            let message = world.take_messages("jobs").remove(0).body;
            let jobs = jobs::Deps::new(&world.environment_of("jobs")).unwrap();
            let deliver = async |receives: u32| {
                let attributes = json!({ "ApproximateReceiveCount": receives.to_string() });
                let record = json!({ "messageId": "1", "body": message, "attributes": attributes });
                let until = Instant::now() + Duration::from_mins(1);
                platform::Function::invoke(&jobs, json!({ "Records": [record] }), until).await
            };
            let died = world.wire.crash_at(nth, when, deliver(1)).await.is_none();
            for receives in 2..=3 {
                world.pass(Duration::from_mins(16));
                deliver(receives).await.unwrap();
                world.deliver_messages("jobs").await;
            }
            let end = read(&acme, &asked).await;
            let told = collector.spans().len();
            let is_told = told > 0 || end["status"] == "unresolved";
            assert!(is_told, "at {nth}, {when:?}: {end}");
            if !died {
                assert!(nth > 5, "it makes more requests than that");
                return;
            }
        }
    }
    panic!("it makes more requests than were tried");
}
