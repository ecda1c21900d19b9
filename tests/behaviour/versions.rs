//! Versions: a regeneration keeps what was before it, and what was approved.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use tests::{Client, When, World, fixture, id};

/// A new text's path.
async fn text(acme: &Client, content: &str) -> String {
    let asset = acme.write(content, json!({ "agent_id": "writer", "model": "first" })).await;
    format!("/api/v1/assets/{}", id(&asset["id"]))
}

/// The asset at `path`.
async fn asset(acme: &Client, path: &str) -> Value {
    acme.get(path).await.expect(200)["data"].clone()
}

/// What the asset is: its status, its version and the approved one.
async fn state(acme: &Client, path: &str) -> (String, u64, Option<u64>) {
    let asset = asset(acme, path).await;
    let status = asset["status"].as_str().unwrap().to_owned();
    (status, asset["version"].as_u64().unwrap(), asset["approved_version"].as_u64())
}

async fn step(acme: &Client, path: &str, step: &str, body: Value) -> u16 {
    acme.post(&format!("{path}/{step}"), body).await.status
}

async fn add(acme: &Client, path: &str, content: &str) -> Value {
    let body = json!({ "content": content, "model": "second", "prompt": "shorter" });
    acme.post(&format!("{path}/versions"), body).await.expect(201)["data"].clone()
}

async fn versions(acme: &Client, path: &str) -> Vec<Value> {
    let page = acme.get(&format!("{path}/versions")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

/// The bytes behind a link to a version.
async fn bytes(acme: &Client, path: &str, version: &str) -> String {
    let link = acme.get(&format!("{path}/signed-url?version={version}")).await.expect(200);
    let answer = acme.download_from(link["data"]["url"].as_str().unwrap()).await;
    String::from_utf8(answer.bytes).unwrap()
}

#[tokio::test]
async fn a_version_becomes_current_and_leaves_the_one_before_to_be_read() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    let added = add(&acme, &path, "second").await;
    assert_eq!((&added["version"], &added["upload_status"]), (&json!(2), &json!("complete")));
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 2, None));
    assert_eq!(bytes(&acme, &path, "1").await, "first");
    assert_eq!(bytes(&acme, &path, "2").await, "second");
    assert_eq!(asset(&acme, &path).await["file_size"], 6);
}

#[tokio::test]
async fn versions_tell_who_when_and_how() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    let [only] = &versions(&acme, &path).await[..] else { panic!("one version") };
    assert_eq!(
        (&only["version"], &only["current"], &only["model"]),
        (&json!(1), &json!(true), &json!("first"))
    );
    add(&acme, &path, "second").await;
    let [second, first] = &versions(&acme, &path).await[..] else { panic!("two versions") };
    assert_eq!(
        (&first["version"], &first["current"], &first["model"]),
        (&json!(1), &json!(false), &json!("first"))
    );
    assert_eq!((&second["current"], &second["model"]), (&json!(true), &json!("second")));
    assert_eq!(second["created_by"]["key"], acme.key[4..12]);
    assert_eq!(second["prompt"], "shorter");
}

#[tokio::test]
async fn an_uploaded_version_becomes_current_when_it_is_there() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    let upload = json!({ "file_name": "hero.png", "content_type": "image/png" });
    let created =
        acme.post(&format!("{path}/versions"), json!({ "upload": upload })).await.expect(201);
    assert_eq!(state(&acme, &path).await.1, 1);
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    world.deliver().await;
    let asset = asset(&acme, &path).await;
    assert_eq!((&asset["version"], &asset["content_type"]), (&json!(2), &json!("image/png")));
    assert!(asset["width"].as_u64().unwrap() > 0);
    world.deliver().await;
    assert_eq!(versions(&acme, &path).await.len(), 2);
}

#[tokio::test]
async fn what_was_approved_stays_readable_while_a_newer_version_is_a_draft() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    assert_eq!(step(&acme, &path, "submit", json!({})).await, 200);
    assert_eq!(step(&acme, &path, "approve", json!({})).await, 200);
    add(&acme, &path, "second").await;
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 2, Some(1)));
    assert_eq!(bytes(&acme, &path, "approved").await, "first");
    assert_eq!(acme.list("approved=true&status=draft").await.len(), 1);
    assert_eq!(step(&acme, &path, "rollback", json!({ "version": 1 })).await, 200);
    assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)));
    assert_eq!(acme.list("status=approved").await.len(), 1);
    assert_eq!(step(&acme, &path, "request-changes", json!({})).await, 200);
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 1, None));
    assert!(acme.list("approved=true").await.is_empty());
    assert_eq!(step(&acme, &path, "archive", json!({})).await, 200);
    assert_eq!(step(&acme, &path, "rollback", json!({ "version": 2 })).await, 409);
    assert_eq!(step(&acme, &path, "restore", json!({})).await, 200);
    assert_eq!(step(&acme, &path, "rollback", json!({ "version": 2 })).await, 200);
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 2, None));
}

#[tokio::test]
async fn history_tells_of_versions_and_the_way_back() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    add(&acme, &path, "second").await;
    step(&acme, &path, "rollback", json!({ "version": 1, "comment": "was better" })).await;
    let history = acme.get(&format!("{path}/history")).await.expect(200);
    let [back, version, created] = &history["items"].as_array().unwrap()[..] else { panic!() };
    assert_eq!((&back["action"], &back["comment"]), (&json!("rollback"), &json!("was better")));
    assert_eq!((&back["from"]["version"], &back["to"]["version"]), (&json!(2), &json!(1)));
    assert_eq!((&version["action"], &version["to"]["version"]), (&json!("version"), &json!(2)));
    assert_eq!(created["action"], "created");
}

#[tokio::test]
async fn versions_at_once_get_numbers_of_their_own_and_the_highest_wins() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    let added = join_all((0..6).map(|n| {
        let (acme, path) = (&acme, &path);
        async move { add(acme, path, &format!("text {n}")).await["version"].as_u64().unwrap() }
    }));
    let numbers: BTreeSet<_> = added.await.into_iter().collect();
    assert_eq!(numbers, (2..8).collect());
    assert_eq!(state(&acme, &path).await.1, 7);
    assert_eq!(versions(&acme, &path).await.len(), 7);
}

#[tokio::test]
async fn a_repeated_request_is_one_version() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = format!("{}/versions", text(&acme, "first").await);
    let send = async |content: &str| {
        let request = acme.request(Method::POST, &path).json(&json!({ "content": content }));
        acme.send(request.header("Idempotency-Key", "k")).await
    };
    let first = send("second").await.expect(201);
    assert_eq!(send("second").await.expect(201)["data"]["version"], first["data"]["version"]);
    assert_eq!(send("another").await.code(), "idempotency_conflict");
    assert_eq!(acme.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_is_refused() {
    let world = World::quiet().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let path = text(&acme, "first").await;
    for (step, body, status, code) in [
        ("versions", json!({}), 400, "invalid_body"),
        ("versions", json!({ "content": "x", "title": "y" }), 400, "invalid_body"),
        ("rollback", json!({ "version": 0 }), 400, "invalid_body"),
        ("rollback", json!({ "version": 2 }), 404, "version_not_found"),
        ("rollback", json!({}), 400, "invalid_body"),
    ] {
        let answer = acme.post(&format!("{path}/{step}"), body.clone()).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{step} {body}");
        assert_eq!(
            other
                .post(&format!("{path}/{step}"), json!({ "content": "x", "version": 1 }))
                .await
                .status
                / 100,
            4
        );
    }
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let pending = acme.create(json!({ "upload": upload })).await.expect(201);
    let path = format!("/api/v1/assets/{}/versions", pending["data"]["id"].as_str().unwrap());
    assert_eq!(acme.post(&path, json!({ "content": "x" })).await.code(), "no_object");
    assert_eq!(other.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_deleted_asset_takes_all_its_versions_with_it() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    add(&acme, &path, "second").await;
    step(&acme, &path, "rollback", json!({ "version": 1 })).await;
    assert_eq!(world.object_keys().await.len(), 2);
    assert_eq!(acme.delete(&path).await.status, 204);
    assert!(world.object_keys().await.is_empty());
    assert_eq!(acme.get(&format!("{path}/versions")).await.status, 404);
}

#[tokio::test]
async fn a_version_whose_file_never_comes_is_forgotten_after_a_day() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let path = text(&acme, "first").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    acme.post(&format!("{path}/versions"), json!({ "upload": upload })).await.expect(201);
    assert_eq!(versions(&acme, &path).await[0]["upload_status"], "pending");
    world.pass(Duration::from_hours(25));
    assert_eq!(world.clean_up().await.due.abandoned, 1);
    let left = versions(&acme, &path).await;
    assert_eq!(
        (left.len(), &left[0]["version"], &left[0]["current"]),
        (1, &json!(1), &json!(true))
    );
}

#[tokio::test]
async fn a_crash_at_any_request_leaves_a_whole_asset() {
    for (nth, when) in (0..9).flat_map(|nth| [(nth, When::Before), (nth, When::After)]) {
        let world = World::quiet().await;
        let acme = world.workspace("acme").await;
        let path = text(&acme, "first").await;
        let route = format!("{path}/versions");
        let crashed = acme.post(&route, json!({ "content": "second" }));
        let done = world.wire.crash_at(nth, when, crashed).await;
        world.deliver().await;
        let asset = asset(&acme, &path).await;
        let content = bytes(&acme, &path, asset["version"].to_string().as_str()).await;
        assert_eq!(
            content,
            if asset["version"] == 1 { "first" } else { "second" },
            "{nth} {when:?}"
        );
        assert!(done.is_none() || asset["version"] == 2, "{nth} {when:?}");
        assert_eq!(bytes(&acme, &path, "1").await, "first", "{nth} {when:?}");
    }
}
