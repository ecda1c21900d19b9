//! Edits.

use std::time::Duration;

use super::*;

/// An edit of what has this `If-Match`.
async fn patch_if(caller: &Client, asset: &Value, if_match: &str, body: Value) -> Response {
    let request = caller.request(Method::PATCH, &path(asset)).header("If-Match", if_match);
    caller.send(request.json(&body)).await
}

#[tokio::test]
async fn what_is_left_out_stays_and_null_clears() {
    let (_world, acme) = start().await;
    let fields = json!({
        "title": "Old", "tags": { "brand": ["acme"] }, "metadata": { "seed": 7.5 },
        "expires_at": "2999-01-01T00:00:00.000Z",
    });
    let asset = acme.write("text", fields.clone()).await;
    for (name, new) in [
        ("title", json!("New")),
        ("tags", json!({ "brand": ["bolt"], "channel": ["web"] })),
        ("metadata", json!({ "seed": 8, "nested": { "deep": [1, null] } })),
        ("expires_at", json!("2999-06-01T00:00:00.000Z")),
    ] {
        for value in [new, Value::Null, fields[name].clone()] {
            let edited = patch(&acme, &asset, json!({ name: value })).await.expect(200);
            let mut expected = asset.clone();
            expected[name] = value;
            expected.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            expected["updated_at"] = edited["data"]["updated_at"].clone();
            assert_eq!(edited["data"], expected, "{name}");
            assert_eq!(read(&acme, &asset).await.0, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn an_edit_answers_with_the_asset_as_it_is_read_next() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let answer = patch(&acme, &asset, json!({ "title": "New" })).await;
    let etag = answer.header("etag").to_owned();
    assert_eq!((answer.expect(200)["data"].clone(), etag), read(&acme, &asset).await);
}

#[tokio::test]
async fn what_changes_nothing_leaves_nothing() {
    let (_world, acme) = start().await;
    let fields = json!({ "title": "T", "tags": { "brand": ["b", "a"] }, "metadata": { "n": 1 } });
    let asset = acme.write("text", fields.clone()).await;
    let before = read(&acme, &asset).await;
    for body in [json!({}), fields, json!({ "tags": { "brand": ["a", "b", "a"], "none": [] } })] {
        let answer = patch(&acme, &asset, body.clone()).await;
        assert_eq!(answer.header("etag"), before.1, "{body}");
        assert_eq!(answer.expect(200)["data"], before.0, "{body}");
    }
    assert_eq!(read(&acme, &asset).await, before);
    assert_eq!(events(&acme, &asset).await.len(), 1);
}

#[tokio::test]
async fn every_state_may_be_edited_and_stays() {
    let (_world, acme) = start().await;
    for steps in [&[][..], &["submit"], &["submit", "approve"], &["archive"]] {
        let asset = text(&acme, steps).await;
        let edited = patch(&acme, &asset, json!({ "title": "New" })).await.expect(200);
        assert_eq!(edited["data"]["status"], asset["status"]);
        assert_eq!(edited["data"]["approved_version"], asset["approved_version"]);
    }
}

#[tokio::test]
async fn an_edit_of_what_has_changed_since_is_refused() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let old = read(&acme, &asset).await.1;
    patch(&acme, &asset, json!({ "title": "One" })).await.expect(200);
    let current = read(&acme, &asset).await.1;
    let padded = current.replacen('"', "\"0", 1);
    for (if_match, status) in [
        (old.clone(), 412),
        (format!("W/{current}"), 412),
        (current.replace('"', ""), 412),
        (padded, 412),
        (String::new(), 412),
        ("\"nothing\"".to_owned(), 412),
        (current.clone(), 200),
        (format!("{old}, {current}"), 200),
        (format!("W/{old},{current}"), 200),
        ("*".to_owned(), 200),
    ] {
        let answer = patch_if(&acme, &asset, &if_match, json!({ "title": "One" })).await;
        assert_eq!(answer.status, status, "{if_match}");
        assert_eq!(answer.code(), if status == 412 { "precondition_failed" } else { "" });
    }
    assert_eq!(read(&acme, &asset).await.1, current);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_whatever_is_expected_of_it() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    for if_match in ["*", "\"1\""] {
        let answer = patch_if(&acme, &asset, if_match, json!({ "title": "x" })).await;
        assert_eq!(answer.code(), "not_found");
    }
}

#[tokio::test]
async fn of_many_edits_of_the_same_state_one_is_the_one() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let etag = read(&acme, &asset).await.1;
    let edit = |n: usize| patch_if(&acme, &asset, &etag, json!({ "title": format!("{n}") }));
    let answers = join_all((0..10).map(edit)).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![412; 9]].concat());
}

#[tokio::test]
async fn edits_of_different_fields_at_once_are_all_kept() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let bodies = [
        json!({ "title": "T" }),
        json!({ "metadata": { "n": 1 } }),
        json!({ "tags": { "brand": ["acme"] } }),
    ];
    for answer in join_all(bodies.map(|body| patch(&acme, &asset, body))).await {
        answer.expect(200);
    }
    let (asset, _) = read(&acme, &asset).await;
    let kept = [&asset["title"], &asset["metadata"]["n"], &asset["tags"]["brand"][0]];
    assert_eq!(kept, [&json!("T"), &json!(1), &json!("acme")]);
}

#[tokio::test]
async fn tags_are_found_as_they_are() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    for (tags, found) in [
        (json!({ "brand": ["acme"] }), ["acme"].as_slice()),
        (json!({ "brand": ["acme", "bolt"] }), &["acme", "bolt"]),
        (json!({ "brand": ["bolt"] }), &["bolt"]),
        (Value::Null, &[]),
    ] {
        patch(&acme, &asset, json!({ "tags": tags })).await.expect(200);
        for brand in ["acme", "bolt"] {
            let listed = acme.list(&format!("tag.brand={brand}")).await;
            assert_eq!(!listed.is_empty(), found.contains(&brand), "{tags}: {brand}");
        }
    }
}

#[tokio::test]
async fn an_upload_under_way_keeps_its_edits() {
    let (_world, acme) = start().await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let created = acme.create(json!({ "upload": upload })).await.expect(201);
    let body = json!({ "title": "Hero", "tags": { "brand": ["acme"] } });
    patch(&acme, &created["data"], body).await.expect(200);
    assert!(acme.list("tag.brand=acme").await.is_empty());
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    let asset = acme.complete(created["data"]["id"].as_str().unwrap()).await;
    assert_eq!(asset["title"], "Hero");
    assert_eq!(acme.list("tag.brand=acme").await, [id(&asset["id"])]);
}

#[tokio::test]
async fn retention_is_shortened_and_extended() {
    let world = World::in_process().await;
    let acme = world.workspace("acme").await;
    let [day, week] = [1, 7].map(|days| world.now().plus(days * 24 * 3_600_000).to_string());
    let fields = json!({ "expires_at": day });
    let mut kept = Vec::new();
    for (fields, expires_at) in
        [(fields.clone(), json!(week)), (fields, Value::Null), (json!({}), json!(day))]
    {
        let asset = acme.write("text", fields).await;
        patch(&acme, &asset, json!({ "expires_at": expires_at })).await.expect(200);
        kept.push(id(&asset["id"]));
    }
    world.pass(Duration::from_hours(25));
    world.clean_up().await;
    assert_eq!(acme.list("").await, [kept[1], kept[0]]);
}
