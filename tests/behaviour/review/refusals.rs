//! What is refused, how, and that nothing stays of it.

use super::*;

const STEPS: [&str; 5] = ["submit", "approve", "request-changes", "archive", "restore"];

/// Asserts that `change` is refused like this, and changes nothing.
async fn assert_refused(
    caller: &Client,
    asset: &Value,
    change: impl Future<Output = Response>,
    (status, code, says): (u16, &str, &str),
) {
    let before = (read(caller, asset).await, events(caller, asset).await);
    let answer = change.await;
    let body = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert_eq!((answer.status, answer.code()), (status, code), "{body}");
    assert!(answer.json["detail"].as_str().unwrap().contains(says), "{body} mentions {says}");
    assert_eq!((read(caller, asset).await, events(caller, asset).await), before);
}

#[tokio::test]
async fn a_step_that_the_state_does_not_allow_names_those_that_it_does() {
    let (_world, acme) = start().await;
    for (steps, status, allowed) in [
        (&[][..], "draft", &["submit", "archive"][..]),
        (&["submit"], "pending_review", &["approve", "request_changes", "archive"]),
        (&["submit", "approve"], "approved", &["request_changes", "archive"]),
        (&["archive"], "archived", &["restore"]),
    ] {
        let asset = text(&acme, steps).await;
        for name in STEPS.iter().filter(|name| !allowed.contains(&name.replace('-', "_").as_str()))
        {
            let says = format!("while the asset is {status}; allowed: {}", allowed.join(", "));
            let refusal = (409, "not_allowed", says.as_str());
            assert_refused(&acme, &asset, step(&acme, &asset, name), refusal).await;
            let details = step(&acme, &asset, name).await.json["error"]["details"].clone();
            assert_eq!(details, json!({ "status": status, "allowed": allowed }), "{name}");
        }
    }
}

#[tokio::test]
async fn what_never_had_a_file_is_not_approved() {
    let (_world, acme) = start().await;
    let body = json!({ "type": "image", "generation": { "status": "failed" } });
    let asset = acme.create(body).await.expect(201)["data"].clone();
    for name in ["submit", "approve"] {
        let refusal = (409, "no_object", "its generation failed");
        assert_refused(&acme, &asset, step(&acme, &asset, name), refusal).await;
    }
    step(&acme, &asset, "archive").await.expect(200);
    step(&acme, &asset, "restore").await.expect(200);
}

#[tokio::test]
async fn what_is_still_to_come_is_not_approved() {
    let (_world, acme) = start().await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let asset = acme.create(json!({ "upload": upload })).await.expect(201)["data"].clone();
    for name in ["submit", "approve"] {
        let refusal = (409, "no_object", "not been uploaded yet");
        assert_refused(&acme, &asset, step(&acme, &asset, name), refusal).await;
    }
}

#[tokio::test]
async fn what_is_lost_is_not_approved() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = text(&acme, &["submit"]).await;
    let key = asset["storage_key"].as_str().unwrap().to_owned();
    world.objects().delete_all([key]).await.unwrap();
    world.deliver().await;
    let refusal = (409, "no_object", "removed from storage");
    assert_refused(&acme, &asset, step(&acme, &asset, "approve"), refusal).await;
    step(&acme, &asset, "request-changes").await.expect(200);
}

#[tokio::test]
async fn a_remark_that_is_not_as_it_must_be_is_named() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    for (body, says) in [
        (json!({ "comment": "" }), "comment: expected 1 to 2000 characters"),
        (json!({ "comment": "é".repeat(2001) }), "comment: expected 1 to 2000 characters"),
        (json!({ "comment": "a\u{0}b" }), "comment: expected 1 to 2000 characters"),
        (json!({ "comment": 7 }), "comment: "),
        (json!({ "coment": "x" }), "coment"),
        (json!([]), "body: "),
        (json!(["x"]), "body: expected an object"),
    ] {
        for name in STEPS {
            let url = format!("{}/{name}", path(&asset));
            let refusal = (400, "invalid_body", says);
            assert_refused(&acme, &asset, acme.post(&url, body.clone()), refusal).await;
        }
    }
    let longest = json!({ "comment": "é".repeat(2000) });
    acme.post(&format!("{}/archive", path(&asset)), longest).await.expect(200);
}

#[tokio::test]
async fn an_edit_that_is_not_as_it_must_be_is_named() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    for (body, says) in [
        (json!({ "title": "t".repeat(101) }), "title: "),
        (json!({ "title": "a\u{0}b" }), "title: "),
        (json!({ "title": 7 }), "title: "),
        (json!({ "tags": { "Brand": ["x"] } }), "tags"),
        (json!({ "tags": { "brand": "x" } }), "tags.brand: "),
        (json!({ "tags": { "brand": ["a,b"] } }), "tags.brand[0]: "),
        (json!({ "tags": [] }), "tags: "),
        (json!({ "metadata": { "k": "x".repeat(5000) } }), "metadata: "),
        (json!({ "metadata": "x" }), "metadata: "),
        (json!({ "expires_at": "2020-01-01T00:00:00Z" }), "expires_at: expected a time to come"),
        (json!({ "expires_at": "tomorrow" }), "expires_at: "),
        (json!({ "status": "approved" }), "status"),
        (json!({ "prompt": "another" }), "prompt"),
        (json!([]), "body: expected an object"),
        (json!(["x"]), "body: expected an object"),
        (json!(null), "body: "),
    ] {
        let refusal = (400, "invalid_body", says);
        assert_refused(&acme, &asset, patch(&acme, &asset, body), refusal).await;
    }
}

#[tokio::test]
async fn a_record_that_would_be_too_large_is_refused() {
    let (_world, acme) = start().await;
    let fields = json!({ "prompt": "✨".repeat(4000), "metadata": { "k": "x".repeat(4000) } });
    let asset = acme.write("text", fields).await;
    let values: Vec<_> = (0..10).map(|n| format!("{n}{}", "✨".repeat(120))).collect();
    let tags = json!({ "a": values, "b": values, "c": values });
    let refusal = (413, "too_large", "it may have 24576");
    let change = patch(&acme, &asset, json!({ "tags": tags }));
    assert_refused(&acme, &asset, change, refusal).await;
    let fits = json!({ "tags": tags, "metadata": null });
    patch(&acme, &asset, fits).await.expect(200);
}

#[tokio::test]
async fn a_bulk_request_that_is_not_as_it_must_be_is_named() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let id = &asset["id"];
    for (body, says) in [
        (json!({ "ids": [], "action": "archive" }), "ids: expected 1 to 100 ids"),
        (json!({ "ids": vec![id; 101], "action": "archive" }), "ids: expected 1 to 100 ids"),
        (json!({ "ids": [id, "nope"], "action": "archive" }), "ids[1]: "),
        (json!({ "ids": id, "action": "archive" }), "ids: "),
        (json!({ "action": "archive" }), "ids"),
        (json!({ "ids": [id] }), "action"),
        (json!({ "ids": [id], "action": "delete" }), "action: "),
        (json!({ "ids": [id], "action": "Archive" }), "action: "),
        (json!({ "ids": [id], "action": "archive", "comment": "" }), "comment: "),
        (json!({ "ids": [id], "action": "archive", "force": true }), "force"),
    ] {
        let refusal = (400, "invalid_body", says);
        let change = acme.post("/api/v1/assets/review", body);
        assert_refused(&acme, &asset, change, refusal).await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let patched = (Method::PATCH, path(&asset));
    let bulk = (Method::POST, "/api/v1/assets/review".to_owned());
    let steps = STEPS.map(|name| (Method::POST, format!("{}/{name}", path(&asset))));
    for (method, url) in steps.into_iter().chain([patched, bulk]) {
        for (content_type, body, refusal) in [
            ("application/json", "{", (400, "invalid_json", "not valid JSON")),
            ("application/json", "{} x", (400, "invalid_json", "not valid JSON")),
            ("application/json", " ", (400, "invalid_json", "not valid JSON")),
            ("text/plain", "{}", (415, "unsupported_media_type", "application/json")),
            ("", "{}", (415, "unsupported_media_type", "application/json")),
        ] {
            // Whether a field is missing is only asked of what is JSON.
            if body == "{} x" && url.ends_with("/review") {
                continue;
            }
            let request = acme.request(method.clone(), &url).header("Content-Type", content_type);
            assert_refused(&acme, &asset, acme.send(request.body(body)), refusal).await;
        }
    }
}

#[tokio::test]
async fn parameters_are_refused() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let says = (400, "invalid_parameter", "force: there is no such parameter");
    for name in STEPS {
        let url = format!("{}/{name}?force=true", path(&asset));
        assert_refused(&acme, &asset, acme.post(&url, json!({})), says).await;
    }
    let url = format!("{}?force=true", path(&asset));
    let change = acme.send(acme.request(Method::PATCH, &url).json(&json!({ "title": "x" })));
    assert_refused(&acme, &asset, change, says).await;
    let body = json!({ "ids": [asset["id"]], "action": "archive" });
    let change = acme.post("/api/v1/assets/review?force=true", body);
    assert_refused(&acme, &asset, change, says).await;
}
