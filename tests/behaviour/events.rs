//! S3's events, in every shape and order: no asset is lost, doubled or brought back by one.

mod order;
mod producers;
mod redelivery;

use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use local::engines::BUCKET;
use local::functions::declared;
use local::queue::deliver_batch;
use model::store::Remains;
use model::time::HOUR;
use model::{Deletion, DeletionReason, Seen};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tests::{Client, When, World, fixture, id};

const CREATIONS: [&str; 4] = ["put", "multipart-completed", "copy", "event-bridge-created"];
const REMOVALS: [&str; 4] =
    ["removal", "lifecycle-expiration", "delete-marker", "event-bridge-deleted"];
const KEY: &str = "workspaces/acme/executions/run-7/hero image.png";

/// What a fixture is filled in with.
#[derive(Debug, Clone)]
struct Told {
    key: String,
    etag: String,
    size: usize,
    sequencer: &'static str,
}

impl Told {
    fn at(&self, sequencer: &'static str) -> Self {
        Self { sequencer, ..self.clone() }
    }
}

/// A producer's `PutObject`, and what its event tells.
async fn put(world: &World, key: &str, bytes: impl Into<Vec<u8>>) -> Told {
    let bytes = bytes.into();
    let size = bytes.len();
    let put = world.s3().put_object().bucket(BUCKET).key(key).body(ByteStream::from(bytes));
    let etag = put.send().await.unwrap().e_tag.unwrap().trim_matches('"').to_owned();
    Told { key: key.to_owned(), etag, size, sequencer: "0055AED6DCD90281E5" }
}

async fn remove(world: &World, key: &str) {
    world.s3().delete_object().bucket(BUCKET).key(key).send().await.unwrap();
}

/// A key as S3 writes it into notifications.
fn encoded(key: &str) -> String {
    const KEPT: AsciiSet =
        NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'*');
    utf8_percent_encode(key, &KEPT).to_string().replace("%20", "+")
}

/// A file of `tests/fixtures/events`, filled in.
fn notification(name: &str, told: &Told) -> Value {
    let path = format!("{}/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let raw_key = Value::from(told.key.as_str()).to_string();
    let text = std::fs::read_to_string(path).unwrap();
    let text = text
        .replace("\"{size}\"", &told.size.to_string())
        .replace("\"{raw_key}\"", &raw_key)
        .replace("{bucket}", BUCKET)
        .replace("{key}", &encoded(&told.key))
        .replace("{etag}", &told.etag)
        .replace("{sequencer}", told.sequencer)
        .replace("{time}", "2026-11-22T10:00:00.000Z");
    serde_json::from_str(&text).unwrap()
}

/// The batch that SQS makes of messages; they are named `m0`, `m1`, …
fn batch<T: ToString>(bodies: impl IntoIterator<Item = T>) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/events/sqs-message.json");
    let template: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let messages = bodies.into_iter().enumerate().map(|(at, body)| {
        let mut message = template.clone();
        message["messageId"] = format!("m{at}").into();
        message["body"] = body.to_string().into();
        message
    });
    json!({ "Records": messages.collect::<Vec<_>>() })
}

/// Invokes `ingest`; the messages to be delivered again.
async fn invoke(world: &World, event: Value) -> Vec<String> {
    let answer = ingest::handle(&world.ingest(), event).await.unwrap();
    let failures = answer["batchItemFailures"].as_array().into_iter().flatten();
    failures.map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// Delivers messages in one batch; all must be handled.
async fn deliver<T: ToString>(world: &World, bodies: impl IntoIterator<Item = T>) {
    assert!(invoke(world, batch(bodies)).await.is_empty());
}

/// Each way in which one notification may reach the function: the invocations.
fn ways(document: &Value) -> Vec<(&'static str, Vec<Value>)> {
    let (mut more, mut newer) = (document.clone(), document.clone());
    each_object(&mut more, &|object| {
        object.insert("aFieldToCome".to_owned(), json!({ "key": [1, null] }));
    });
    each_object(&mut newer, &|object| {
        object.entry("eventVersion").and_modify(|version| *version = "2.9".into());
    });
    vec![
        ("once", vec![batch([document])]),
        ("twice", vec![batch([document]), batch([document])]),
        ("twice at once", vec![batch([document, document])]),
        ("without a queue", vec![document.clone(), document.clone()]),
        ("with fields to come", vec![batch([&more])]),
        ("in a newer minor version", vec![batch([&newer])]),
        ("old and new mixed", vec![batch([&newer]), batch([document, &more])]),
    ]
}

fn each_object(value: &mut Value, change: &dyn Fn(&mut serde_json::Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|inner| each_object(inner, change));
            change(object);
        }
        Value::Array(values) => values.iter_mut().for_each(|inner| each_object(inner, change)),
        _ => {}
    }
}

/// The listed assets, but for when each changed last.
async fn state(client: &Client) -> Vec<Value> {
    let page = client.get("/api/v1/assets?limit=200&order=asc").await.expect(200);
    let mut items = page["items"].as_array().unwrap().clone();
    for item in &mut items {
        item.as_object_mut().unwrap().remove("updated_at");
    }
    items
}

async fn only(client: &Client) -> Value {
    let [asset] = state(client).await.try_into().unwrap();
    asset
}

fn path(asset: &Value) -> String {
    format!("/api/v1/assets/{}", asset["id"].as_str().unwrap())
}

/// A quiet world with one client and, under [`KEY`], a picture that an event made an asset.
async fn adopted() -> (World, Client, Told, Value) {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let told = put(&world, KEY, fixture("sample.png")).await;
    deliver(&world, [notification("put", &told)]).await;
    let asset = only(&acme).await;
    (world, acme, told, asset)
}

#[tokio::test]
async fn every_shape_of_a_creation_makes_the_same_asset() {
    let mut expected = None;
    for name in CREATIONS {
        let template = notification(name, &nothing());
        for way in 0..ways(&template).len() {
            let world = World::quiet().await;
            let acme = world.workspace("acme").await;
            let told = put(&world, KEY, fixture("sample.png")).await;
            let (how, invocations) = ways(&notification(name, &told)).swap_remove(way);
            for event in invocations {
                assert!(invoke(&world, event).await.is_empty());
            }
            let assets = state(&acme).await;
            assert_eq!(assets.len(), 1, "{name} {how}");
            assert_eq!(expected.get_or_insert_with(|| assets.clone()), &assets, "{name} {how}");
            assert!(world.store().parked().await.unwrap().is_empty(), "{name} {how}");
        }
    }
    let asset = &expected.unwrap()[0];
    assert_eq!((&asset["type"], &asset["status"]), (&json!("image"), &json!("draft")));
    assert_eq!((&asset["content_type"], &asset["width"]), (&json!("image/png"), &json!(320)));
    assert_eq!((&asset["execution_id"], &asset["storage_key"]), (&json!("run-7"), &json!(KEY)));
    assert_eq!(asset["created_at"], "2026-11-22T10:00:00.000Z");
}

fn nothing() -> Told {
    Told { key: KEY.to_owned(), etag: "e".to_owned(), size: 1, sequencer: "0A" }
}

#[tokio::test]
async fn every_shape_of_a_removal_takes_the_asset_off_the_lists() {
    for name in REMOVALS {
        for way in 0..ways(&notification(name, &nothing())).len() {
            let (world, acme, told, asset) = adopted().await;
            remove(&world, KEY).await;
            let removal = notification(name, &told.at("0055AED6DCD90281E6"));
            let (how, invocations) = ways(&removal).swap_remove(way);
            for event in invocations {
                assert!(invoke(&world, event).await.is_empty());
            }
            assert!(state(&acme).await.is_empty(), "{name} {how}");
            let found = acme.get(&path(&asset)).await.expect(200);
            assert_eq!(found["data"]["upload_status"], "missing", "{name} {how}");
            let signed = acme.get(&format!("{}/signed-url", path(&asset))).await;
            assert_eq!((signed.status, signed.code()), (409, "no_object"), "{name} {how}");
        }
    }
}

#[tokio::test]
async fn a_test_event_changes_nothing() {
    let (world, acme, told, asset) = adopted().await;
    for (_, invocations) in ways(&notification("test-event", &told)) {
        for event in invocations {
            assert!(invoke(&world, event).await.is_empty());
        }
    }
    assert_eq!(state(&acme).await, [asset]);
    assert!(world.store().parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn each_record_of_a_document_is_handled_for_itself() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let told = put(&world, KEY, fixture("sample.png")).await;
    let other = put(&world, "workspaces/acme/executions/run-8/same.png", fixture("sample.png"));
    let mut several = notification("several", &told);
    several["Records"][3]["s3"]["object"]["key"] = encoded(&other.await.key).into();
    deliver(&world, [&several, &several]).await;
    assert_eq!(state(&acme).await.len(), 2);
    let parked = world.store().parked().await.unwrap();
    assert_eq!(parked.len(), 1, "the record without its object");
    assert!(parked[0].reason.contains("s3"), "{}", parked[0].reason);
}

#[tokio::test]
async fn what_is_parked_is_shown_as_it_came() {
    let world = World::quiet().await;
    let bodies: Vec<_> = (0..20).map(|n| format!("no event {n}")).collect();
    for (n, body) in (0..).zip(&bodies) {
        world.store().park(body, "no JSON", world.now().plus(n * 1000)).await.unwrap();
    }
    let parked = world.store().parked().await.unwrap();
    assert_eq!(parked.into_iter().map(|event| event.body).collect::<Vec<_>>(), bodies);
}

/// A producer's morning; its events, with the times of every other such morning.
async fn history(world: &World) -> Vec<String> {
    let s3 = world.s3();
    let key = |name: &str| format!("workspaces/acme/executions/run-7/{name}");
    put(world, &key("first.png"), fixture("sample.png")).await;
    let begun = s3.create_multipart_upload().bucket(BUCKET).key(key("large.mp4"));
    let upload = begun.send().await.unwrap().upload_id.unwrap();
    let part = s3.upload_part().bucket(BUCKET).key(key("large.mp4")).upload_id(&upload);
    let part = part.part_number(1).body(ByteStream::from(fixture("sample.mp4")));
    let etag = part.send().await.unwrap().e_tag.unwrap();
    let parts = CompletedPart::builder().part_number(1).e_tag(etag).build();
    let parts = CompletedMultipartUpload::builder().parts(parts).build();
    let end = s3.complete_multipart_upload().bucket(BUCKET).key(key("large.mp4"));
    end.upload_id(upload).multipart_upload(parts).send().await.unwrap();
    let copy = s3.copy_object().bucket(BUCKET).key(key("second.png"));
    copy.copy_source(format!("{BUCKET}/{}", key("first.png"))).send().await.unwrap();
    put(world, &key("gone.txt"), "for a while").await;
    remove(world, &key("gone.txt")).await;
    put(world, &key("draft.txt"), "as it was").await;
    put(world, &key("draft.txt"), "as it is").await;
    put(world, &key("again.txt"), "before").await;
    remove(world, &key("again.txt")).await;
    put(world, &key("again.txt"), "after").await;
    let events = world.take_events();
    let timed = events.into_iter().enumerate().map(|(at, event)| {
        let mut event: Value = serde_json::from_str(&event).unwrap();
        event["Records"][0]["eventTime"] = format!("2026-11-22T10:00:{at:02}.000Z").into();
        event.to_string()
    });
    timed.collect()
}

/// Which of so many events come when.
type Order = fn(usize) -> Vec<usize>;

#[tokio::test]
async fn events_in_any_order_make_the_same_assets() {
    let orders: [(&str, Order); 5] = [
        ("in order", |n| (0..n).collect()),
        ("reversed", |n| (0..n).rev().collect()),
        ("rotated", |n| (5..n).chain(0..5).collect()),
        ("each twice", |n| (0..2 * n).map(|at| at / 2).collect()),
        ("twice, the second time reversed", |n| (0..n).chain((0..n).rev()).collect()),
    ];
    let mut expected = None;
    for (how, order) in orders {
        for size in [1, 3, 100] {
            let world = World::quiet().await;
            let acme = world.workspace("acme").await;
            let events = history(&world).await;
            for order in order(events.len()).chunks(size) {
                deliver(&world, order.iter().map(|at| &events[*at])).await;
            }
            let assets = state(&acme).await;
            assert_eq!(assets.len(), 5, "{how}, {size} at a time");
            let expected = expected.get_or_insert_with(|| assets.clone());
            assert_eq!(expected, &assets, "{how}, {size} at a time");
            assert!(world.store().parked().await.unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_type_is_told_from_the_bytes() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let size = Some((320, 200));
    let presentation = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    let table = [
        ("sample.png", "image/png", "image", size, None),
        ("sample.jpg", "image/jpeg", "image", size, None),
        ("sample.webp", "image/webp", "image", size, None),
        ("sample.gif", "image/gif", "image", size, None),
        ("sample.mp3", "audio/mpeg", "audio", None, Some(2000)),
        ("sample.wav", "audio/wav", "audio", None, Some(1000)),
        ("sample.flac", "audio/flac", "audio", None, Some(2000)),
        ("sample.ogg", "audio/ogg", "audio", None, Some(2000)),
        ("sample.m4a", "audio/mp4", "audio", None, Some(2000)),
        ("sample.mp4", "video/mp4", "video", size, Some(2000)),
        ("sample-faststart.mp4", "video/mp4", "video", size, Some(2000)),
        ("sample.webm", "video/webm", "video", size, Some(2008)),
        ("script.svg", "image/svg+xml", "image", None, None),
        ("page.html", "text/html", "copy", None, None),
        ("page-named.png", "text/html", "copy", None, None),
        ("slides.pptx", presentation, "file", None, None),
        ("notes.md", "text/markdown", "copy", None, None),
    ];
    for (name, content_type, ..) in table {
        let declared = if name == "notes.md" { content_type } else { "image/png" };
        let put = world.s3().put_object().bucket(BUCKET).content_type(declared);
        let put = put.key(format!("workspaces/acme/executions/run-7/{name}"));
        put.body(ByteStream::from(fixture(name))).send().await.unwrap();
    }
    world.deliver().await;
    let assets = state(&acme).await;
    assert_eq!(assets.len(), table.len());
    for (name, content_type, asset_type, size, duration) in table {
        let asset = assets.iter().find(|asset| asset["file_name"] == name).unwrap();
        let told = asset["content_type"].as_str().unwrap();
        assert_eq!(told.split(';').next(), Some(content_type), "{name}");
        assert_eq!(asset["type"], asset_type, "{name}");
        assert_eq!(asset["file_size"], fixture(name).len(), "{name}");
        let pixels = asset["width"].as_u64().zip(asset["height"].as_u64());
        // An SVG's own measures are no pixels that anyone relies on.
        assert!(name == "script.svg" || pixels == size, "{name}: {pixels:?}");
        assert_eq!(asset["duration_ms"].as_u64(), duration, "{name}");
    }
}
