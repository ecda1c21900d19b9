//! S3's events, in every shape and order: no asset is lost, doubled or brought back by one.

use std::sync::Mutex;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures::future::BoxFuture;
use local::engines::BUCKET;
use local::functions::Function;
use local::queue::deliver_batch;
use model::time::HOUR;
use model::{Deletion, DeletionReason};
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
async fn a_producers_key_may_be_anything() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let prefix = "workspaces/acme/executions/run-7/";
    let long = "é".repeat((1024 - prefix.len()) / 2) + "x";
    let names = [
        "a+b.txt",
        "a%2Bb.txt",
        "a b  c.txt",
        "100%.txt",
        "%zz%",
        "Frühling 🎨🧑🏽‍🎨.txt",
        r#"a "quoted" 'name'.txt"#,
        "<b>&amp;</b>.txt",
        "../../../../etc/passwd",
        "./x/..",
        "a//b///c",
        "folder/",
        r"back\slash.txt",
        "tab\tline\nbell\u{7}",
        "#?&=;:@$,",
        &long,
    ];
    let content = |name: &str| format!("The object {name:?}.");
    for name in names {
        put(&world, &format!("{prefix}{name}"), content(name)).await;
    }
    put(&world, &format!("{prefix}made by a console/"), "").await;
    let events = world.take_events();
    assert_eq!(events.len(), names.len() + 1);
    deliver(&world, events.iter().chain(&events)).await;
    let assets = state(&acme).await;
    assert_eq!(assets.len(), names.len());
    for name in names {
        let key = format!("{prefix}{name}");
        let asset = assets.iter().find(|asset| asset["storage_key"] == key).unwrap();
        assert_eq!(asset["file_size"], content(name).len(), "{name}");
        // A URL's parser takes segments of dots away, before the request is sent.
        if !key.split('/').any(|part| part == "." || part == "..") {
            let download = acme.download(asset["id"].as_str().unwrap()).await;
            assert_eq!((download.status, download.bytes), (200, content(name).into_bytes()));
        }
    }
    assert!(world.store().parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_empty_object_is_an_asset_too() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    put(&world, "workspaces/acme/executions/run-7/empty.bin", "").await;
    world.deliver().await;
    assert_eq!(only(&acme).await["file_size"], 0);
}

/// An asset whose object was put with these headers.
async fn with_headers(headers: &[(&str, &str)]) -> Value {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let mut put = world.s3().put_object().bucket(BUCKET).key(KEY);
    for (name, value) in headers {
        put = put.metadata(*name, *value);
    }
    put.body(ByteStream::from(fixture("sample.png"))).send().await.unwrap();
    world.deliver().await;
    only(&acme).await
}

#[tokio::test]
async fn a_producers_headers_become_fields() {
    let title = utf8_percent_encode("Grüße 🎨 100% + more", NON_ALPHANUMERIC).to_string();
    let prompt =
        utf8_percent_encode("line one\nline two\t\"quoted\"", NON_ALPHANUMERIC).to_string();
    let metadata = json!({ "seed": 7, "größe": [1.5, null], "nested": { "a": "b" } });
    let encoded = utf8_percent_encode(&metadata.to_string(), NON_ALPHANUMERIC).to_string();
    let asset = with_headers(&[
        ("agent-id", "writer"),
        ("type", "social_post"),
        ("provider", "fal"),
        ("model", "flux%2Fdev"),
        ("tool", "image_gen"),
        ("title", &title),
        ("prompt", &prompt),
        ("conversation-id", "c-1"),
        ("run-id", "r:1"),
        ("campaign-id", "spring_2027"),
        ("metadata", &encoded),
        ("workspace-id", "globex"),
        ("something-else", "is passed over"),
    ])
    .await;
    for (field, value) in [
        ("agent_id", "writer"),
        ("type", "social_post"),
        ("provider", "fal"),
        ("model", "flux/dev"),
        ("tool", "image_gen"),
        ("title", "Grüße 🎨 100% + more"),
        ("prompt", "line one\nline two\t\"quoted\""),
        ("conversation_id", "c-1"),
        ("run_id", "r:1"),
        ("campaign_id", "spring_2027"),
        ("workspace_id", "acme"),
        ("execution_id", "run-7"),
    ] {
        assert_eq!(asset[field], value, "{field}");
    }
    assert_eq!(asset["metadata"], metadata);
}

#[tokio::test]
async fn an_invalid_header_costs_itself_alone() {
    let long = "x".repeat(101);
    let asset = with_headers(&[
        ("agent-id", "not an id"),
        ("type", "Image!"),
        ("provider", ""),
        ("model", "%FF%FE"),
        ("tool", "a%00b"),
        ("title", &long),
        ("prompt", "kept as it is, 50% + all"),
        ("run-id", "run/7"),
        ("conversation-id", "c-1"),
        ("metadata", "{\"not\": json"),
    ])
    .await;
    let invalid = asset["metadata"]["invalid_headers"].as_object().unwrap();
    let mut names: Vec<_> = invalid.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["agent-id", "metadata", "model", "provider", "run-id", "title", "tool", "type"];
    assert_eq!(names, expected);
    assert_eq!(asset["prompt"], "kept as it is, 50% + all");
    assert_eq!((&asset["conversation_id"], &asset["type"]), (&json!("c-1"), &json!("image")));
    for field in ["agent_id", "provider", "model", "tool", "title", "run_id"] {
        assert_eq!(asset[field], Value::Null, "{field}");
    }
}

#[tokio::test]
async fn metadata_that_is_no_object_or_too_much_is_an_invalid_header() {
    for metadata in ["[1]", "7", "null", "\"text\"", ""] {
        let asset = with_headers(&[("metadata", metadata), ("title", "Kept")]).await;
        assert!(asset["metadata"]["invalid_headers"]["metadata"].is_string(), "{metadata}");
        assert_eq!(asset["title"], "Kept");
    }
}

#[tokio::test]
async fn objects_outside_of_workspaces_are_ignored() {
    let (world, acme, _, asset) = adopted().await;
    drop(world.take_events());
    for key in ["reports/cleanup/x.json", "workspace/acme/executions/e/x", "x", "Workspaces/a/b"] {
        put(&world, key, "not ours").await;
        remove(&world, key).await;
    }
    deliver(&world, world.take_events()).await;
    assert_eq!(state(&acme).await, [asset]);
    assert!(world.store().parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_that_names_no_place_is_parked_once() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let keys = [
        "workspaces/x".to_owned(),
        "workspaces/acme/executions/run-7/".to_owned(),
        "workspaces/acme/executions/no spaces/x".to_owned(),
        "workspaces/acme/other/x/y".to_owned(),
        "workspaces/acme/assets/nope/1/x".to_owned(),
        format!("workspaces/acme/assets/{}/2/x", "37XnnMWMjfmNEiv3gpMlqCGHrXO"),
        "workspaces/../executions/e/x".to_owned(),
    ];
    for key in &keys {
        put(&world, key, "who knows").await;
    }
    let (events, first) = (world.take_events(), world.now());
    for _ in 0..3 {
        deliver(&world, &events).await;
        world.pass(Duration::from_hours(1));
    }
    assert!(state(&acme).await.is_empty());
    let parked = world.store().parked().await.unwrap();
    assert_eq!(parked.len(), keys.len());
    for event in &parked {
        assert!(event.parked_at < first.plus(HOUR), "the time is that of the first");
        let key = |key: &String| event.body.contains(&encoded(key));
        assert!(keys.iter().any(key), "{}: {}", event.reason, event.body);
    }
}

#[tokio::test]
async fn a_malformed_message_is_parked_and_the_others_are_handled() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let told = put(&world, KEY, fixture("sample.png")).await;
    let good = notification("put", &told).to_string();
    let bad = ["", "{", "null", "[]", "\"text\"", "{}", r#"{"Records":{}}"#, r#"{"Records":[7]}"#];
    let huge = "x".repeat(200_000);
    deliver(&world, bad.into_iter().chain([&*good, &*huge])).await;
    assert_eq!(state(&acme).await.len(), 1);
    assert_eq!(world.store().parked().await.unwrap().len(), bad.len() + 1);
}

#[tokio::test]
async fn what_is_not_understood_or_not_of_our_bucket_is_parked() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let told = put(&world, KEY, fixture("sample.png")).await;
    let mut major = notification("put", &told);
    major["Records"][0]["eventVersion"] = "3.0".into();
    let mut foreign = notification("put", &told);
    foreign["Records"][0]["s3"]["bucket"]["name"] = "another-bucket".into();
    let mut bridged = notification("event-bridge-created", &told);
    bridged["detail"]["bucket"]["name"] = "another-bucket".into();
    let mut latin = notification("put", &told);
    latin["Records"][0]["s3"]["object"]["key"] = "workspaces/acme/executions/e/%E9".into();
    deliver(&world, [&major, &foreign, &bridged, &latin, &major]).await;
    assert!(state(&acme).await.is_empty());
    let parked = world.store().parked().await.unwrap();
    let mut reasons: Vec<_> = parked.iter().map(|event| event.reason.as_str()).collect();
    reasons.sort_unstable();
    let bucket = format!("the bucket is not {BUCKET}");
    let version = "event version 3.0; 2.x is understood";
    assert_eq!(reasons, [version, &bucket, &bucket, "the object key is not UTF-8"]);
}

#[tokio::test]
async fn the_event_of_an_object_that_is_gone_makes_nothing() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for name in CREATIONS {
        let told = put(&world, KEY, fixture("sample.png")).await;
        remove(&world, KEY).await;
        deliver(&world, [notification(name, &told)]).await;
    }
    assert!(state(&acme).await.is_empty());
    assert!(world.store().parked().await.unwrap().is_empty());
}

const BEFORE: &str = "0055AED6DCD90281E5";
const AFTER: &str = "0055AED6DCD90281E6";
const LAST: &str = "0055AED6DCD90281E7";

/// The notifications of two puts under one key.
async fn overwritten(world: &World) -> [Value; 2] {
    let old = put(world, KEY, fixture("sample.png")).await;
    let new = put(world, KEY, fixture("sample.gif")).await;
    [notification("put", &old.at(BEFORE)), notification("put", &new.at(AFTER))]
}

#[tokio::test]
async fn an_overwritten_upload_is_one_asset_in_every_order() {
    let mut expected = None;
    for order in [&[0, 1][..], &[1, 0], &[0, 1, 0, 1], &[1, 1, 0, 0], &[0, 0, 1, 1], &[1, 0, 1]] {
        for size in [1, 10] {
            let world = World::quiet().await;
            let acme = world.workspace("acme").await;
            let events = overwritten(&world).await;
            for order in order.chunks(size) {
                deliver(&world, order.iter().map(|at| &events[*at])).await;
            }
            let asset = only(&acme).await;
            assert_eq!(asset["content_type"], "image/gif", "{order:?}");
            assert_eq!(expected.get_or_insert_with(|| asset.clone()), &asset, "{order:?}");
        }
    }
}

#[tokio::test]
async fn an_overwrite_takes_the_place_of_the_asset_before() {
    let mut expected = None;
    for order in [&[1][..], &[0, 1], &[1, 0], &[1, 0, 1, 0]] {
        let (world, acme, old, before) = adopted().await;
        let new = put(&world, KEY, fixture("sample.gif")).await;
        let events = [notification("put", &old.at(BEFORE)), notification("put", &new.at(AFTER))];
        for at in order {
            deliver(&world, [&events[*at]]).await;
        }
        let asset = only(&acme).await;
        assert_eq!(asset["content_type"], "image/gif", "{order:?}");
        assert_eq!(expected.get_or_insert_with(|| asset.clone()), &asset, "{order:?}");
        assert_eq!(acme.get(&path(&before)).await.status, 404);
        assert!(world.store().was_deleted(&acme.workspace, id(&before["id"])).await.unwrap());
    }
}

#[tokio::test]
async fn the_same_bytes_again_are_the_same_asset() {
    let (world, acme, told, asset) = adopted().await;
    put(&world, KEY, fixture("sample.png")).await;
    let again = notification("put", &told.at(AFTER));
    deliver(&world, [&again, &notification("put", &told), &again]).await;
    assert_eq!(state(&acme).await, [asset]);
}

#[tokio::test]
async fn bytes_that_come_back_after_others_are_one_asset() {
    for order in [&[0, 1, 2][..], &[2, 1, 0], &[1, 2, 0], &[0, 2, 1], &[1, 0, 2]] {
        let (world, acme, first, _) = adopted().await;
        let second = put(&world, KEY, fixture("sample.gif")).await;
        deliver(&world, [notification("put", &second.at(AFTER))]).await;
        put(&world, KEY, fixture("sample.png")).await;
        let events = [first.at(BEFORE), second.at(AFTER), first.at(LAST)];
        for at in order {
            deliver(&world, [notification("put", &events[*at])]).await;
        }
        assert_eq!(only(&acme).await["content_type"], "image/png", "{order:?}");
    }
}

#[tokio::test]
async fn a_stale_event_does_not_bring_a_deleted_asset_back() {
    let (world, acme, told, asset) = adopted().await;
    let stale = notification("put", &told);
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    deliver(&world, [&stale, &stale]).await;
    assert!(state(&acme).await.is_empty());
    // The same bytes come again under the key: another asset, whichever event is first.
    put(&world, KEY, fixture("sample.png")).await;
    deliver(&world, [&stale]).await;
    assert!(state(&acme).await.is_empty(), "the event of the upload before says nothing of this");
    let removal = notification("removal", &told.at(AFTER));
    deliver(&world, [&notification("put", &told.at(LAST)), &stale, &removal]).await;
    let new = only(&acme).await;
    assert_ne!(new["id"], asset["id"]);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn the_object_of_a_deleted_asset_does_not_bring_it_back() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("# Hello", json!({})).await;
    let events = world.take_events();
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    put(&world, asset["storage_key"].as_str().unwrap(), "# Hello again").await;
    deliver(&world, events.into_iter().chain(world.take_events())).await;
    assert!(state(&acme).await.is_empty());
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn a_removal_older_than_the_upload_changes_nothing() {
    let (world, acme, told, asset) = adopted().await;
    let old = notification("removal", &told.at("0055AED6DCD90281E4"));
    deliver(&world, [&old]).await;
    assert_eq!(only(&acme).await, asset);
    // Nor does it while the object is gone, and a removal to come will tell.
    remove(&world, KEY).await;
    deliver(&world, [&old]).await;
    assert_eq!(state(&acme).await, [asset]);
    deliver(&world, [notification("removal", &told.at(AFTER))]).await;
    assert!(state(&acme).await.is_empty());
}

#[tokio::test]
async fn a_missing_asset_is_back_with_its_object() {
    let (world, acme, told, asset) = adopted().await;
    remove(&world, KEY).await;
    let removal = notification("removal", &told.at(AFTER));
    deliver(&world, [&removal]).await;
    assert!(state(&acme).await.is_empty());
    put(&world, KEY, fixture("sample.png")).await;
    let back = notification("put", &told.at(LAST));
    deliver(&world, [&notification("put", &told), &back, &removal, &back]).await;
    assert_eq!(state(&acme).await, [asset]);
}

#[tokio::test]
async fn other_bytes_under_a_missing_assets_key_are_another_asset() {
    let (world, acme, told, asset) = adopted().await;
    remove(&world, KEY).await;
    deliver(&world, [notification("removal", &told.at(AFTER))]).await;
    let new = put(&world, KEY, fixture("sample.gif")).await;
    deliver(&world, [notification("put", &new.at(LAST)), notification("put", &told)]).await;
    let other = only(&acme).await;
    assert_eq!(other["content_type"], "image/gif");
    assert_ne!(other["id"], asset["id"]);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn only_the_message_that_failed_is_delivered_again() {
    let (world, acme, _, asset) = adopted().await;
    let workspace = &acme.workspace;
    let deletion = Deletion { deleted_at: world.now(), deleted_because: DeletionReason::Deleted };
    let tombstone = world.store().tombstone(workspace, id(&asset["id"]), deletion).await.unwrap();
    let again = notification("put", &put(&world, KEY, fixture("sample.gif")).await.at(AFTER));
    let other = put(&world, "workspaces/acme/executions/run-8/other.png", fixture("sample.png"));
    let other = notification("put", &other.await);
    let messages = [other.to_string(), again.to_string(), "{".to_owned()];
    assert_eq!(invoke(&world, batch(&messages)).await, ["m1"]);
    assert_eq!(only(&acme).await["execution_id"], "run-8");
    world.store().purge(workspace, &tombstone).await.unwrap();
    deliver(&world, [again]).await;
    assert_eq!(state(&acme).await.len(), 2);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn an_ingest_killed_at_any_request_ends_in_the_same_state_when_delivered_again() {
    let mut expected = None;
    for when in [When::Before, When::After] {
        for nth in 0.. {
            let (world, acme, _, before) = adopted().await;
            let new = put(&world, KEY, fixture("sample.gif")).await;
            let event = batch([notification("put", &new.at(AFTER))]);
            let done = world.wire.crash_at(nth, when, invoke(&world, event.clone())).await;
            assert!(invoke(&world, event).await.is_empty());
            let asset = only(&acme).await;
            assert_eq!(expected.get_or_insert_with(|| asset.clone()), &asset, "{when:?} {nth}");
            assert_eq!(acme.get(&path(&before)).await.status, 404, "{when:?} {nth}");
            if done.is_some() {
                assert!(nth > 3, "it does more than that");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_registered_upload_is_complete_however_often_its_event_comes() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.gif", "content_type": "image/gif" });
    let body = json!({ "upload": upload, "title": "Registered", "agent_id": "painter" });
    let created = acme.create(body).await.expect(201);
    assert_eq!(acme.put(&created["upload"], fixture("sample.gif")).await.status, 200);
    let events = world.take_events();
    for _ in 0..3 {
        deliver(&world, events.iter().chain(&events)).await;
        let asset = only(&acme).await;
        assert_eq!((&asset["id"], &asset["title"]), (&created["data"]["id"], &json!("Registered")));
        assert_eq!((&asset["upload_status"], &asset["width"]), (&json!("complete"), &json!(320)));
    }
    assert_eq!(acme.list("agent_id=painter").await.len(), 1);
}

#[tokio::test]
async fn an_object_under_a_signed_key_without_a_record_becomes_the_asset_that_it_names() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let id = model::AssetId::generate(world.now()).to_string();
    put(&world, &format!("workspaces/acme/assets/{id}/1/a.png"), fixture("sample.png")).await;
    let events = world.take_events();
    deliver(&world, events.iter().chain(&events)).await;
    assert_eq!(only(&acme).await["id"], id);
}

#[tokio::test]
async fn inline_content_is_completed_by_the_next_attempt_or_by_its_event() {
    for with_event in [false, true] {
        for when in [When::Before, When::After] {
            for nth in 0.. {
                let world = World::quiet().await;
                let acme = world.workspace("acme").await;
                let body = json!({ "content": "# Hello", "title": "Inline" });
                let request = || {
                    let request = acme.request(http::Method::POST, "/api/v1/assets").json(&body);
                    acme.send(request.header("Idempotency-Key", "attempt-1"))
                };
                let done = world.wire.crash_at(nth, when, request()).await;
                if with_event {
                    world.deliver().await;
                }
                let created = request().await.expect(201);
                world.deliver().await;
                let asset = only(&acme).await;
                assert_eq!(asset["id"], created["data"]["id"], "{when:?} {nth}");
                assert_eq!((&asset["title"], &asset["file_size"]), (&json!("Inline"), &json!(7)));
                if done.is_some() {
                    break;
                }
            }
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
        ("sample.mp3", "audio/mpeg", "audio", None, Some(2038)),
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

/// Fails, and notes what was delivered to it how often.
#[derive(Default)]
struct Failing(Mutex<Vec<(i64, String)>>);

impl Function for Failing {
    fn invoke(&self, event: Value) -> BoxFuture<'_, local::Result<Value>> {
        let record = &event["Records"][0];
        let message = record["messageId"].as_str().unwrap().parse().unwrap();
        let count = record["attributes"]["ApproximateReceiveCount"].as_str().unwrap().to_owned();
        self.0.lock().unwrap().push((message, count));
        Box::pin(async { Err("out of order".into()) })
    }
}

#[tokio::test]
async fn a_message_that_fails_five_times_is_a_dead_letter() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    put(&world, KEY, fixture("sample.png")).await;
    let (queue, failing) = (&world.engines.s3, Failing::default());
    for _ in 0..5 {
        assert_eq!(queue.dead_letters().unwrap().len(), 0);
        assert_eq!(deliver_batch(queue, &failing).await.unwrap(), 1);
        assert_eq!(deliver_batch(queue, &failing).await.unwrap(), 0, "not again at once");
        let message = failing.0.lock().unwrap()[0].0;
        queue.retry_at(&[message], 0).unwrap();
    }
    let counts: Vec<_> = failing.0.into_inner().unwrap().into_iter().map(|(_, n)| n).collect();
    assert_eq!(counts, ["1", "2", "3", "4", "5"]);
    assert_eq!(queue.pending_events().unwrap(), 0);
    let [dead] = queue.dead_letters().unwrap().try_into().unwrap();
    // Given back to the function, as an operator would do, it is not lost.
    deliver(&world, [dead.body]).await;
    assert_eq!(state(&acme).await.len(), 1);
}

#[tokio::test]
async fn a_message_that_failed_is_handled_when_it_comes_again() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    put(&world, KEY, fixture("sample.png")).await;
    let (queue, failing) = (&world.engines.s3, Failing::default());
    assert_eq!(deliver_batch(queue, &failing).await.unwrap(), 1);
    queue.retry_at(&[failing.0.into_inner().unwrap()[0].0], 0).unwrap();
    world.deliver().await;
    assert_eq!(state(&acme).await.len(), 1);
    assert!(queue.dead_letters().unwrap().is_empty());
}
