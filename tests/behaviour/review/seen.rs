//! A change of what the caller has seen, or none: `If-Match`, and what bulk requests take for it.

use std::collections::BTreeSet;

use super::*;

/// A request about one asset, and the steps that an asset must have been taken for it to be granted.
type Write = (&'static str, &'static str, Value, &'static [&'static str]);

/// Every write of one asset.
fn writes() -> Vec<Write> {
    vec![
        ("PATCH", "", json!({ "title": "New" }), &[]),
        ("DELETE", "", Value::Null, &[]),
        ("DELETE", "?force=true", Value::Null, &["submit", "approve"]),
        ("POST", "/submit", json!({}), &[]),
        ("POST", "/approve", json!({}), &["submit"]),
        ("POST", "/request-changes", json!({}), &["submit"]),
        ("POST", "/archive", json!({}), &[]),
        ("POST", "/restore", json!({}), &["archive"]),
        ("POST", "/rollback", json!({ "version": 1 }), &[]),
        ("POST", "/versions", json!({ "content": "second" }), &[]),
    ]
}

/// The request, with this `If-Match`.
async fn write(caller: &Client, asset: &Value, write: &Write, if_match: &str) -> Response {
    let (method, rest, body, _) = write;
    let request = caller.request(method.parse().unwrap(), &(path(asset) + rest));
    caller.send(request.header("If-Match", if_match).json(body)).await
}

/// A second version of the asset.
async fn add(caller: &Client, asset: &Value) {
    caller.post(&(path(asset) + "/versions"), json!({ "content": "# v2" })).await.expect(201);
}

#[test]
fn every_route_that_changes_an_asset_is_tried() {
    let routes = local::functions::routes();
    let writing = routes.iter().filter(|route| !["GET", "HEAD"].contains(&route.method));
    let routes: BTreeSet<_> = writing
        .filter_map(|route| {
            let rest = route.path.strip_prefix("/api/v1/assets/{id}")?;
            Some(format!("{} {rest}", route.method))
        })
        .collect();
    let tried: BTreeSet<_> = writes()
        .iter()
        .map(|(method, rest, ..)| format!("{method} {}", rest.split('?').next().unwrap()))
        .collect();
    assert_eq!(tried, routes);
}

#[tokio::test]
async fn what_has_changed_since_it_was_seen_is_refused_by_every_write() {
    let (_world, acme) = start().await;
    for change in writes() {
        let asset = text(&acme, change.3).await;
        let old = read(&acme, &asset).await.1;
        patch(&acme, &asset, json!({ "title": "Another" })).await.expect(200);
        let before = (read(&acme, &asset).await, events(&acme, &asset).await);
        let current = &before.0.1;
        for stale in
            [&old, &format!("W/{current}"), "\"999\"", "\"\"", "", &current.replace('"', "")]
        {
            let answer = write(&acme, &asset, &change, stale).await;
            let got = (answer.status, answer.code(), answer.header("etag"));
            assert_eq!(got, (412, "precondition_failed", current.as_str()), "{change:?} {stale}");
            assert_eq!(answer.json["error"]["details"], json!({ "etag": current, "version": 1 }));
        }
        assert_eq!((read(&acme, &asset).await, events(&acme, &asset).await), before, "{change:?}");
    }
}

#[tokio::test]
async fn what_is_as_it_was_seen_is_changed_by_every_write() {
    let (_world, acme) = start().await;
    for change in writes() {
        for form in ["ETAG", "\"999\", ETAG", "W/\"1\",ETAG", "*"] {
            let asset = text(&acme, change.3).await;
            let etag = read(&acme, &asset).await.1;
            let answer = write(&acme, &asset, &change, &form.replace("ETAG", &etag)).await;
            assert_eq!(answer.status / 100, 2, "{change:?} {form} {}", answer.json);
        }
    }
}

#[tokio::test]
async fn an_approval_is_of_what_was_seen() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["submit"]).await;
    let seen = read(&acme, &asset).await.1;
    add(&acme, &asset).await;
    step(&acme, &asset, "submit").await.expect(200);
    let approve = ("POST", "/approve", json!({}), &[][..]);
    assert_eq!(write(&acme, &asset, &approve, &seen).await.code(), "precondition_failed");
    let (now, etag) = read(&acme, &asset).await;
    assert_eq!((&now["status"], &now["version"]), (&json!("pending_review"), &json!(2)));
    let approved = write(&acme, &asset, &approve, &etag).await.expect(200);
    assert_eq!(approved["data"]["approved_version"], 2);
}

#[tokio::test]
async fn many_are_reviewed_as_they_were_seen() {
    let (_world, acme) = start().await;
    let assets = join_all((0..5).map(|_| text(&acme, &["submit"]))).await;
    let etags = join_all(assets.iter().map(|asset| read(&acme, asset))).await;
    for asset in &assets[..2] {
        add(&acme, asset).await;
        step(&acme, asset, "submit").await.expect(200);
    }
    let (id, etag) = (|n: usize| &assets[n]["id"], |n: usize| &etags[n].1);
    let items = json!([
        { "id": id(0), "version": 1 },
        { "id": id(1), "etag": etag(1) },
        { "id": id(2), "version": 1 },
        { "id": id(3), "version": 1, "etag": etag(3).replace('"', "") },
        { "id": id(4) },
    ]);
    let body = json!({ "items": items, "action": "approve" });
    let outcomes = acme.post("/api/v1/assets/review", body).await.expect(200)["data"].clone();
    for (n, asset) in assets.iter().enumerate() {
        let (outcome, (now, etag)) = (&outcomes[n], read(&acme, asset).await);
        if n < 2 {
            assert_eq!(outcome["error"]["code"], "precondition_failed", "{n}");
            let details = json!({ "etag": etag, "version": 2 });
            assert_eq!(outcome["error"]["details"], details, "{n}");
        } else {
            let approved =
                json!({ "id": asset["id"], "status": "approved", "version": 1, "etag": etag });
            assert_eq!(*outcome, approved, "{n}");
        }
        assert_eq!(now["status"] == "approved", n >= 2, "{n}");
    }
}

#[tokio::test]
async fn many_are_deleted_as_they_were_seen() {
    let (_world, acme) = start().await;
    let assets = join_all((0..4).map(|_| text(&acme, &["submit", "approve"]))).await;
    let etag = read(&acme, &assets[1]).await.1;
    add(&acme, &assets[0]).await;
    patch(&acme, &assets[1], json!({ "title": "New" })).await.expect(200);
    let ids: Vec<_> = assets.iter().map(|asset| &asset["id"]).collect();
    let items = json!([
        { "id": ids[0], "version": 1 },
        { "id": ids[1], "etag": etag },
        { "id": ids[2], "version": 1 },
        { "id": ids[3] },
    ]);
    let delete = async |force: bool| {
        let body = json!({ "items": items, "force": force });
        let outcomes = acme.post("/api/v1/assets/delete", body).await.expect(200);
        let outcomes = outcomes["data"].as_array().unwrap().clone();
        outcomes.iter().map(|o| o["error"]["code"].as_str().unwrap_or("ok").to_owned()).collect()
    };
    let codes: Vec<String> = delete(false).await;
    assert_eq!(codes, ["precondition_failed", "precondition_failed", "approved", "approved"]);
    let codes: Vec<String> = delete(true).await;
    assert_eq!(codes, ["precondition_failed", "precondition_failed", "ok", "ok"]);
    // Made at once, they are in no order that is known.
    let left: BTreeSet<_> = acme.list("").await.into_iter().collect();
    assert_eq!(left, [id(ids[0]), id(ids[1])].into());
}

#[tokio::test]
async fn what_a_bulk_request_has_seen_is_said_with_each_item_alone() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let id = &asset["id"];
    for (part, says) in [
        (json!({}), "send either ids, or items"),
        (json!({ "ids": [id], "items": [{ "id": id }] }), "send either ids, or items"),
        (json!({ "items": [] }), "items: expected 1 to 100 items"),
        (json!({ "items": vec![json!({ "id": id }); 101] }), "items: expected 1 to 100 items"),
        (json!({ "items": [id] }), "items[0]"),
        (json!({ "items": [{ "version": 1 }] }), "items[0]"),
        (json!({ "items": [{ "id": id, "version": 0 }] }), "items[0].version: expected a version"),
        (json!({ "items": [{ "id": id, "revision": 1 }] }), "items[0].revision"),
    ] {
        for (route, action) in [("review", json!("archive")), ("delete", Value::Null)] {
            let mut body = part.clone();
            if !action.is_null() {
                body["action"] = action;
            }
            let answer = acme.post(&format!("{ASSETS}/{route}"), body).await;
            assert_eq!((answer.status, answer.code()), (400, "invalid_body"), "{route} {part}");
            assert!(answer.json["detail"].as_str().unwrap().contains(says), "{}", answer.json);
        }
    }
    for (route, body) in [
        ("assets/review", json!({ "ids": [id], "action": "archive" })),
        ("assets/delete", json!({ "ids": [id] })),
        ("assets", json!({ "content": "text" })),
        ("exports", json!({ "ids": [id] })),
    ] {
        let request = acme.request(Method::POST, &format!("/api/v1/{route}")).json(&body);
        let answer = acme.send(request.header("If-Match", "*")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_header"), "{route}");
    }
    assert_eq!(read(&acme, &asset).await.0, asset);
}

#[tokio::test]
async fn a_repeated_request_for_a_version_is_answered_as_it_was() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let etag = read(&acme, &asset).await.1;
    let send = async |key: &str| {
        let request = acme.request(Method::POST, &(path(&asset) + "/versions"));
        let request = request.header("If-Match", &etag).header("Idempotency-Key", key);
        acme.send(request.json(&json!({ "content": "second" }))).await
    };
    assert_eq!(send("k").await.expect(201)["data"]["version"], 2);
    assert_eq!(send("k").await.expect(201)["data"]["version"], 2);
    assert_eq!(send("another").await.code(), "precondition_failed");
    add(&acme, &asset).await;
    assert_eq!(read(&acme, &asset).await.0["version"], 3);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_whatever_was_seen_of_it() {
    let (world, acme) = start().await;
    let other = world.workspace("other").await;
    let foreign = text(&other, &[]).await;
    for change in writes() {
        for if_match in ["*", "\"1\""] {
            let answer = write(&acme, &foreign, &change, if_match).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{change:?}");
            assert_eq!(answer.header("etag"), "");
        }
    }
}
