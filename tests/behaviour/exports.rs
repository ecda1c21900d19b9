//! Exports: approved versions as one signed archive.

mod asking;
mod crashes;
mod ends;
mod left_out;
mod memory;
mod signing;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::time::Duration;

use archive::{Manifest, PublicKey, verify};
use futures::future::join_all;
use local::functions::declared;
use local::queue::batch_event;
use platform::Function;
use serde_json::{Value, json};
use tests::{Client, World, eventually, fixture};

const EXPORTS: &str = "/api/v1/exports";

/// Asks for an export; its path.
async fn ask(caller: &Client, body: Value) -> String {
    let answer = caller.post(EXPORTS, body).await;
    let location = answer.header("location").to_owned();
    assert_eq!(answer.expect(202)["data"]["status"], "queued");
    location
}

/// A file of so many bytes that is approved, in a world in which nothing happens by itself; the asset.
async fn large(world: &World, caller: &Client, name: &str, size: u32) -> Value {
    let content = (0..size).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let upload = json!({ "file_name": name, "content_type": "application/octet-stream" });
    let created = caller.create(json!({ "upload": upload })).await.expect(201);
    assert_eq!(caller.put(&created["upload"], content).await.status, 200);
    world.deliver().await;
    approve(caller, &created["data"]).await;
    created["data"].clone()
}

fn ms(ms: i64) -> Duration {
    Duration::from_millis(ms.unsigned_abs())
}

async fn read(caller: &Client, export: &str) -> Value {
    caller.get(export).await.expect(200)["data"].clone()
}

/// The export once it has ended.
async fn ended(caller: &Client, export: &str) -> Value {
    eventually(async || {
        let export = read(caller, export).await;
        export.get("expires_at").is_some().then_some(export)
    })
    .await
}

/// Takes the asset to where it is approved.
async fn approve(caller: &Client, asset: &Value) {
    for step in ["submit", "approve"] {
        let path = format!("/api/v1/assets/{}/{step}", asset["id"].as_str().unwrap());
        caller.post(&path, json!({})).await.expect(200);
    }
}

/// A text of this name that is approved; the asset.
async fn approved(caller: &Client, content: &str, fields: Value) -> Value {
    let asset = caller.write(content, fields).await;
    approve(caller, &asset).await;
    asset
}

/// The archive of an export that succeeded: what it holds, checked.
async fn unpacked(caller: &Client, export: &Value) -> (Manifest, BTreeMap<String, Vec<u8>>) {
    let url = export["url"].as_str().unwrap_or_else(|| panic!("no archive: {export}"));
    unpack(export, &caller.download_from(url).await.bytes)
}

fn unpack(export: &Value, bytes: &[u8]) -> (Manifest, BTreeMap<String, Vec<u8>>) {
    assert_eq!(export["size"], bytes.len());
    let key: PublicKey = export["public_key"].as_str().unwrap().parse().unwrap();
    let verified = verify(Cursor::new(bytes), Cursor::new(bytes), &key).unwrap();
    assert_eq!(verified.differences, []);
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let files = (0..zip.len()).map(|index| {
        let mut file = zip.by_index(index).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        (file.name().unwrap().into_owned(), content)
    });
    (verified.manifest.unwrap(), files.collect())
}

#[tokio::test]
async fn what_is_approved_becomes_an_archive() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let image =
        acme.upload_with("hero.png", fixture("sample.png"), json!({ "model": "flux" })).await;
    approve(&acme, &image).await;
    let text = approved(&acme, "first", json!({ "agent_id": "writer", "prompt": "p" })).await;
    let versions = format!("/api/v1/assets/{}/versions", text["id"].as_str().unwrap());
    acme.post(&versions, json!({ "content": "second", "model": "gpt-5" })).await.expect(201);
    acme.write("a draft", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let export = ended(&acme, &export).await;
    let (manifest, files) = unpacked(&acme, &export).await;
    let [first, second] = &manifest.files[..] else { panic!("two files: {manifest:?}") };
    assert_eq!(json!([first.id, second.id]), json!([image["id"], text["id"]]));
    assert_eq!(files["files/hero.png"], fixture("sample.png"));
    assert_eq!((second.version, files[&second.path].as_slice()), (1, &b"first"[..]));
    let provenance = &second.provenance;
    assert_eq!(provenance.agent_id.as_ref().unwrap().as_str(), "writer");
    assert_eq!((&provenance.model, provenance.prompt.is_some()), (&None, true));
    let approver = first.approver.as_ref().unwrap();
    assert!(acme.key.contains(approver.key.to_string().as_str()) && first.approved_at.is_some());
    assert_eq!((files.len(), manifest.left_out.len()), (4, 0));
    let done = json!({ "files_done": 2, "files_total": 2, "bytes_done": 145, "bytes_total": 145 });
    let bytes = 5 + fixture("sample.png").len();
    let done = with(done, &[("bytes_done", bytes), ("bytes_total", bytes)]);
    assert_eq!(export["progress"], done);
}

fn with(mut value: Value, fields: &[(&str, usize)]) -> Value {
    for (name, number) in fields {
        value[*name] = json!(number);
    }
    value
}

#[tokio::test]
async fn filters_are_those_of_a_list() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let tagged = json!({ "tags": { "brand": ["acme"] }, "campaign_id": "spring" });
    let wanted = approved(&acme, "wanted", tagged.clone()).await;
    approved(&acme, "another brand", json!({ "campaign_id": "spring" })).await;
    acme.write("not approved", tagged).await;
    let filter = json!({ "campaign_id": ["spring", "summer"], "tag.brand": "acme" });
    let export = ask(&acme, json!({ "filter": filter })).await;
    let (manifest, files) = unpacked(&acme, &ended(&acme, &export).await).await;
    let ids: Vec<_> = manifest.files.iter().map(|entry| json!(entry.id)).collect();
    assert_eq!(ids, [wanted["id"].clone()]);
    assert_eq!(files[&manifest.files[0].path], b"wanted");
    assert_eq!(manifest.request, json!({ "filter": filter }));
}

#[tokio::test]
async fn what_is_asked_for_and_not_there_is_named() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let file = approved(&acme, "here", json!({})).await;
    let draft = acme.write("draft", json!({})).await;
    let foreign = approved(&other, "foreign", json!({})).await;
    let lost = approved(&acme, "lost", json!({})).await;
    let key = lost["storage_key"].as_str().unwrap().to_owned();
    world.objects().delete_all([key]).await.unwrap();
    let ids = json!([file["id"], file["id"], draft["id"], foreign["id"], lost["id"]]);
    let export = ask(&acme, json!({ "ids": ids })).await;
    let export = ended(&acme, &export).await;
    let (manifest, _) = unpacked(&acme, &export).await;
    assert_eq!((manifest.files.len(), &export["left_out"]), (1, &json!(3)));
    let left_out = serde_json::to_value(&manifest.left_out).unwrap();
    for (asset, reason) in [(&draft, "not_approved"), (&foreign, "not_found"), (&lost, "no_object")]
    {
        let found = left_out.as_array().unwrap().iter().find(|out| out["id"] == asset["id"]);
        assert_eq!(found.unwrap()["reason"], reason);
    }
}

#[tokio::test]
async fn names_are_safe_and_each_there_once() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for name in ["hero.png", "HERO.png", "CON.png", "hero.png", "a:b.png"] {
        let asset = acme.upload(name, fixture("sample.png")).await;
        approve(&acme, &asset).await;
    }
    let export = ask(&acme, json!({ "filter": {} })).await;
    let (manifest, _) = unpacked(&acme, &ended(&acme, &export).await).await;
    let paths: Vec<_> = manifest.files.iter().map(|entry| entry.path.as_str()).collect();
    let expected = ["hero.png", "HERO (2).png", "_CON.png", "hero (3).png", "a_b.png"]
        .map(|n| format!("files/{n}"));
    assert_eq!(paths, expected);
}

#[tokio::test]
async fn large_and_empty_files_are_written_as_they_are() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let large: Vec<u8> =
        (0..21_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, content) in [("large.bin", large.clone()), ("empty.bin", Vec::new())] {
        let asset = acme.upload(name, content).await;
        approve(&acme, &asset).await;
    }
    let export = ask(&acme, json!({ "filter": {} })).await;
    let (_, files) = unpacked(&acme, &ended(&acme, &export).await).await;
    assert!(files["files/large.bin"] == large);
    assert_eq!(files["files/empty.bin"], b"");
}

#[tokio::test]
async fn two_exports_at_once_are_both_made() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for n in 0..20 {
        approved(&acme, &format!("text {n}"), json!({})).await;
    }
    let asked = join_all((0..2).map(|_| ask(&acme, json!({ "filter": {} })))).await;
    for export in &asked {
        let (manifest, _) = unpacked(&acme, &ended(&acme, export).await).await;
        assert_eq!(manifest.files.len(), 20);
    }
}

#[tokio::test]
async fn a_request_that_is_not_understood_exports_nothing() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (body, says) in [
        (json!({}), "body: expected either filter or ids"),
        (json!({ "filter": {}, "ids": [] }), "ids: expected 1 to 1000 ids"),
        (json!({ "filter": { "tpye": "image" } }), "tpye: there is no such parameter"),
        (json!({ "filter": { "type": 5 } }), "expected a text, or an array of texts"),
        (json!({ "filter": { "status": ["done"] } }), "status: expected draft"),
        (json!({ "ids": ["x"] }), "ids[0]: expected an asset id"),
        (json!({ "all": true }), "all: there is no such field; this takes filter and ids"),
    ] {
        let refused = acme.post(EXPORTS, body.clone()).await.expect(400);
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{body}: {detail}");
    }
}
