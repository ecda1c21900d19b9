//! Creating: signed uploads, inline content, and retries that make nothing twice.

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use tests::{World, fixture};

#[tokio::test]
async fn an_uploaded_file_is_told_by_its_bytes() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (name, content_type, asset_type, size, duration) in [
        ("sample.png", "image/png", "image", Some((320, 200)), None),
        ("sample.mp3", "audio/mpeg", "audio", None, Some(2000)),
        ("sample.mp4", "video/mp4", "video", Some((320, 200)), Some(2000)),
    ] {
        let bytes = fixture(name);
        let asset = acme.upload_with(name, bytes.clone(), json!({ "type": asset_type })).await;
        assert_eq!(asset["content_type"], content_type);
        assert_eq!(asset["file_size"], bytes.len());
        assert_eq!(asset["width"].as_u64(), size.map(|(width, _)| width));
        assert_eq!(asset["height"].as_u64(), size.map(|(_, height)| height));
        assert_eq!(asset["duration_ms"].as_u64(), duration);
        let download = acme.download(asset["id"].as_str().unwrap()).await;
        assert_eq!((download.status, download.header("content-type")), (200, content_type));
        assert!(download.bytes == bytes, "{name} comes back as it was");
    }
    assert_eq!(acme.list("").await.len(), 3);
}

#[tokio::test]
async fn a_registered_asset_is_in_no_list_until_its_object_arrives() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    assert_eq!(created["data"]["upload_status"], "pending");
    assert!(acme.list("").await.is_empty());
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    acme.complete(created["data"]["id"].as_str().unwrap()).await;
    assert_eq!(acme.list("").await.len(), 1);
}

#[tokio::test]
async fn text_is_stored_at_once() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("# Hello", json!({ "title": "A greeting", "agent_id": "writer" })).await;
    assert_eq!(asset["upload_status"], "complete");
    assert_eq!(asset["type"], "copy");
    assert_eq!(acme.download(asset["id"].as_str().unwrap()).await.bytes, b"# Hello");
    assert_eq!(acme.list("agent_id=writer").await, [tests::id(&asset["id"])]);
}

#[tokio::test]
async fn text_that_came_as_content_is_in_utf_8() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (declared, told) in [
        ("text/csv; charset=utf-16", "text/csv; charset=utf-8"),
        ("text/csv; charset=\"us-ascii\"; header=absent", "text/csv; charset=utf-8; header=absent"),
        ("text/csv", "text/csv"),
    ] {
        let asset = acme.write("name,even", json!({ "content_type": declared })).await;
        assert_eq!(asset["content_type"], told);
        let download = acme.download(asset["id"].as_str().unwrap()).await;
        assert_eq!(download.header("content-type"), told);
    }
}

#[tokio::test]
async fn a_picture_that_is_text_has_its_size() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let svg = |more| format!("<svg xmlns='http://www.w3.org/2000/svg' {more}/>");
    let asset = acme.write(&svg("width='320' height='200'"), json!({})).await;
    assert_eq!((&asset["width"], &asset["height"]), (&json!(320), &json!(200)));
    let path = format!("/api/v1/assets/{}/versions", asset["id"].as_str().unwrap());
    let version = acme.post(&path, json!({ "content": svg("viewBox='0 0 4 3'") })).await;
    let version = version.expect(201)["data"].clone();
    assert_eq!((&version["width"], &version["height"]), (&json!(200), &json!(150)));
}

#[tokio::test]
async fn concurrent_requests_with_one_idempotency_key_make_one_asset() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let body = json!({ "content": "once" });
    let requests = (0..32).map(|_| {
        let request = acme.request(Method::POST, "/api/v1/assets").json(&body);
        acme.send(request.header("Idempotency-Key", "attempt-1"))
    });
    let answers: Vec<Value> =
        join_all(requests).await.into_iter().map(|answer| answer.expect(201)).collect();
    assert!(answers.iter().all(|answer| answer["data"]["id"] == answers[0]["data"]["id"]));
    assert_eq!(acme.list("").await.len(), 1);
    let other = acme.request(Method::POST, "/api/v1/assets").json(&json!({ "content": "twice" }));
    let answer = acme.send(other.header("Idempotency-Key", "attempt-1")).await;
    assert_eq!((answer.status, answer.code()), (409, "idempotency_conflict"));
}

#[tokio::test]
async fn a_file_that_others_overwrote_is_not_taken_for_the_one_that_was_uploaded() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let bytes = fixture("sample.png");
    let checksum = model::Checksum::of(&bytes).to_string();
    let upload =
        json!({ "file_name": "a.png", "content_type": "image/png", "checksum_sha256": checksum });
    let made = acme.create(json!({ "upload": upload })).await.expect(201);
    acme.put(&made["upload"], bytes).await;
    world.deliver().await;
    let key = made["data"]["storage_key"].as_str().unwrap();
    let put = world.s3().put_object().bucket(local::engines::BUCKET).key(key);
    put.body(b"other".to_vec().into()).send().await.unwrap();
    world.deliver().await;
    let path = format!("/api/v1/assets/{}", made["data"]["id"].as_str().unwrap());
    assert_eq!(acme.get(&path).await.expect(200)["data"].get("checksum_sha256"), None);
    let again = acme.create(json!({ "upload": upload })).await.expect(201);
    assert!(again["upload"].is_object() && again["data"]["id"] != made["data"]["id"]);
}
