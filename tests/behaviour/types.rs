//! The `type` of an asset, and what becomes of it where its bytes are something else.

use serde_json::{Value, json};
use tests::{Client, World, fixture, id};

/// Registers an upload with more `fields`, and uploads `name` to it.
async fn upload(acme: &Client, declared: &str, fields: Value, name: &str) -> Value {
    let mut body = json!({ "upload": { "file_name": "made", "content_type": declared } });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let created = acme.create(body).await.expect(201);
    assert_eq!(acme.put(&created["upload"], fixture(name)).await.status, 200);
    acme.complete(created["data"]["id"].as_str().unwrap()).await
}

#[tokio::test]
async fn a_type_that_nobody_said_is_what_the_bytes_are() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (declared, name, told) in [
        ("application/octet-stream", "sample.png", "image"),
        ("image/png", "sample.mp4", "video"),
        ("image/png", "slides.pptx", "file"),
    ] {
        let asset = upload(&acme, declared, json!({}), name).await;
        assert_eq!(asset["type"], told, "{name}");
        assert_eq!(acme.list(&format!("type={told}")).await, [id(&asset["id"])]);
    }
}

#[tokio::test]
async fn a_type_that_was_said_stays_unless_it_named_what_the_bytes_refute() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (said, declared, name, told) in [
        ("slide", "image/png", "sample.png", "slide"),
        ("slide", "image/png", "sample.mp4", "slide"),
        ("file", "application/octet-stream", "sample.png", "file"),
        ("image", "image/png", "slides.pptx", "image"),
        ("image", "image/png", "sample.mp4", "video"),
    ] {
        let asset = upload(&acme, declared, json!({ "type": said }), name).await;
        assert_eq!(asset["type"], told, "{said}: {name}");
    }
}

#[tokio::test]
async fn a_type_that_was_said_of_a_text_stays_as_that_of_an_upload_does() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    for (said, declared, content, told) in [
        ("image", "image/png", "no picture", "copy"),
        ("copy", "text/plain", "<svg width='2' height='1'/>", "image"),
        ("banner", "image/png", "no picture", "banner"),
        ("script", "text/plain", "INT. NIGHT", "script"),
        ("image", "text/markdown", "# A caption", "image"),
    ] {
        let fields = json!({ "type": said, "content_type": declared });
        assert_eq!(acme.write(content, fields).await["type"], told, "{said}: {content}");
    }
}

#[tokio::test]
async fn a_version_of_another_kind_takes_the_type_along_and_a_rollback_brings_it_back() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = upload(&acme, "image/png", json!({ "type": "image" }), "sample.png").await;
    let path = format!("/api/v1/assets/{}", id(&asset["id"]));
    acme.post(&format!("{path}/versions"), json!({ "content": "# A text" })).await.expect(201);
    assert_eq!(listed(&acme).await, (vec![], vec![id(&asset["id"])]));
    acme.post(&format!("{path}/rollback"), json!({ "version": 1 })).await.expect(200);
    assert_eq!(listed(&acme).await, (vec![id(&asset["id"])], vec![]));
}

/// What the lists of images and of texts hold.
async fn listed(acme: &Client) -> (Vec<model::AssetId>, Vec<model::AssetId>) {
    (acme.list("type=image").await, acme.list("type=copy").await)
}

#[tokio::test]
async fn counters_and_rows_of_indexes_follow_the_type() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let fields = json!({ "agent_id": "painter", "tags": { "brand": ["acme"] } });
    let upload = json!({ "file_name": "a", "content_type": "image/png" });
    let mut body = fields.as_object().unwrap().clone();
    body.insert("upload".to_owned(), upload);
    let created = acme.create(body.into()).await.expect(201);
    acme.put(&created["upload"], fixture("sample.png")).await;
    world.deliver().await;
    let asset = id(&created["data"]["id"]);
    let path = format!("/api/v1/assets/{asset}/versions");
    acme.post(&path, json!({ "content": "# A text" })).await.expect(201);
    world.tally().await;
    let usage = acme.get("/api/v1/usage").await.expect(200);
    let by_type = usage["data"]["by_type"].as_array().unwrap();
    assert_eq!((by_type.len(), &by_type[0]["value"]), (1, &json!("copy")), "{usage}");
    for (query, expected) in [("type=copy", 1), ("type=image", 0)] {
        for more in ["", "&agent_id=painter", "&tag.brand=acme"] {
            assert_eq!(acme.list(&format!("{query}{more}")).await.len(), expected, "{query}{more}");
        }
    }
}
