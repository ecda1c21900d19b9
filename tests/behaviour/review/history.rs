//! Who changed what, when.

use model::{ApiKey, KeyRecord};

use super::*;

/// A caller of `acme` whose key has this name.
async fn named(world: &World, name: &str) -> Client {
    let key = ApiKey::random();
    let (workspace, scopes) = ("acme".parse().unwrap(), "*".parse().unwrap());
    let record = KeyRecord::new(&key, workspace, name.parse().unwrap(), scopes, world.now());
    world.store().create_key(&record.workspace_id, &record).await.unwrap();
    world.workspace("acme").await.with_key(key.reveal())
}

/// The public part of the caller's key, and its name.
fn actor(caller: &Client, name: &str) -> Value {
    json!({ "key": caller.key[4..12], "name": name })
}

/// Every item of the history, in pages of `limit`.
async fn paged(caller: &Client, asset: &Value, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let query = format!("{}/history?limit={limit}{cursor}", path(asset));
        let page = caller.get(&query).await.expect(200);
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= limit + usize::from(page["next_cursor"].is_null()));
        items.extend(found.iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn every_history_begins_with_the_creation() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    let created = json!({
        "revision": 1, "action": "created", "at": asset["created_at"],
        "actor": actor(&acme, "local"),
    });
    let history = acme.get(&format!("{}/history", path(&asset))).await.expect(200);
    assert_eq!(history, json!({ "items": [created], "next_cursor": null }));
}

#[tokio::test]
async fn a_creation_names_who_made_it_however_it_was_made() {
    let world = World::quiet().await;
    let acme = named(&world, "Painter").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let failed = json!({ "type": "image", "generation": { "status": "failed" } });
    let bodies = [json!({ "content": "text" }), failed, json!({ "upload": upload })];
    let mut assets = Vec::new();
    for body in bodies {
        let created = acme.create(body).await.expect(201);
        if created["upload"].is_object() {
            acme.put(&created["upload"], fixture("sample.png")).await;
            world.deliver().await;
        }
        assets.push(created["data"].clone());
    }
    for asset in &assets {
        step(&acme, asset, "archive").await.expect(200);
        let made = events(&acme, asset).await.pop().unwrap();
        assert_eq!(
            (&made["action"], &made["actor"]),
            (&json!("created"), &actor(&acme, "Painter"))
        );
        let versions = acme.get(&format!("{}/versions", path(asset))).await.expect(200);
        assert_eq!(versions["items"][0]["created_by"], actor(&acme, "Painter"));
    }
}

#[tokio::test]
async fn a_producers_file_names_who_uploaded_it() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let key = "workspaces/acme/executions/run-7/voice.mp3";
    let put = world.s3().put_object().bucket(local::engines::BUCKET).key(key);
    put.body(fixture("sample.mp3").into()).send().await.unwrap();
    world.deliver().await;
    let asset = json!({ "id": acme.list("").await[0].to_string() });
    let made = events(&acme, &asset).await.pop().unwrap();
    assert_eq!(made["actor"], json!({ "principal": "AWS:LOCAL" }));
    let versions = acme.get(&format!("{}/versions", path(&asset))).await.expect(200);
    assert!(versions["items"][0].get("created_by").is_none());
}

#[tokio::test]
async fn a_step_is_on_record_with_who_took_it_and_why() {
    let (world, acme) = start().await;
    let ann = named(&world, "Ann of Brand").await;
    let asset = text(&acme, &["submit"]).await;
    let comment = "Wonderful!\nShip it ✨";
    let approve = format!("{}/approve", path(&asset));
    let answer = ann.post(&approve, json!({ "comment": comment })).await;
    let (approved, etag) = read(&acme, &asset).await;
    let event = json!({
        "revision": etag.trim_matches('"').parse::<u64>().unwrap(), "at": approved["updated_at"],
        "action": "approve", "actor": actor(&ann, "Ann of Brand"),
        "from": { "status": "pending_review", "approved_version": null },
        "to": { "status": "approved", "approved_version": 1 },
        "comment": comment, "request_id": answer.header("x-request-id"),
    });
    assert_eq!(events(&acme, &asset).await[0], event);
}

#[tokio::test]
async fn an_edit_is_on_record_with_what_was_and_what_is() {
    let (_world, acme) = start().await;
    let fields = json!({ "title": "Old", "metadata": { "seed": 1.50, "kept": [1] } });
    let asset = acme.write("text", fields).await;
    let expires_at = "2999-01-01T00:00:00.000Z";
    let body = json!({
        "title": null, "metadata": { "seed": 2 }, "tags": { "brand": ["acme"] },
        "expires_at": expires_at,
    });
    patch(&acme, &asset, body).await.expect(200);
    let event = &events(&acme, &asset).await[0];
    assert_eq!((&event["action"], &event["actor"]), (&json!("update"), &actor(&acme, "local")));
    assert_eq!(
        event["from"],
        json!({
            "title": "Old", "metadata": { "seed": 1.5, "kept": [1] }, "tags": null,
            "expires_at": null,
        })
    );
    assert_eq!(
        event["to"],
        json!({
            "title": null, "metadata": { "seed": 2 }, "tags": { "brand": ["acme"] },
            "expires_at": expires_at,
        })
    );
    assert!(event.get("comment").is_none());
}

#[tokio::test]
async fn pages_together_are_the_whole_newest_first() {
    let (_world, acme) = start().await;
    let mut asset = text(&acme, &[]).await;
    for _ in 0..3 {
        for name in ["archive", "restore"] {
            asset = step(&acme, &asset, name).await.expect(200)["data"].clone();
        }
    }
    let whole = events(&acme, &asset).await;
    let actions: Vec<_> = whole.iter().map(|event| event["action"].as_str().unwrap()).collect();
    assert_eq!(actions, [["restore", "archive"].repeat(3), vec!["created"]].concat());
    assert!(whole.is_sorted_by(|a, b| a["revision"].as_u64() > b["revision"].as_u64()));
    for limit in 1..=9 {
        assert_eq!(paged(&acme, &asset, limit).await, whole, "{limit}");
    }
}

#[tokio::test]
async fn fifty_are_given_unless_up_to_two_hundred_are_asked_for() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    for n in 0..51 {
        patch(&acme, &asset, json!({ "title": format!("{n}") })).await.expect(200);
    }
    let history = format!("{}/history", path(&asset));
    assert_eq!(acme.get(&history).await.expect(200)["items"].as_array().unwrap().len(), 50);
    assert_eq!(events(&acme, &asset).await.len(), 52);
}

#[tokio::test]
async fn a_page_stays_while_more_is_changed() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["archive", "restore"]).await;
    let history = format!("{}/history?limit=1", path(&asset));
    let first = acme.get(&history).await.expect(200);
    step(&acme, &asset, "archive").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = acme.get(&format!("{history}&cursor={cursor}")).await.expect(200);
    assert_eq!(second["items"][0]["action"], "archive");
    assert_eq!(first["items"][0]["from"]["status"], second["items"][0]["to"]["status"]);
}

#[tokio::test]
async fn a_query_that_is_not_understood_is_refused() {
    let (_world, acme) = start().await;
    let (asset, other) = (text(&acme, &["archive", "restore"]).await, text(&acme, &[]).await);
    let of = |asset: &Value| format!("{}/history", path(asset));
    let page = acme.get(&format!("{}?limit=1", of(&asset))).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    let list = acme.get(&format!("{ASSETS}?limit=1")).await.expect(200);
    let of_list = list["next_cursor"].as_str().unwrap();
    for (url, parameter) in [
        (format!("{}?limit=0", of(&asset)), "limit"),
        (format!("{}?limit=201", of(&asset)), "limit"),
        (format!("{}?limit=x", of(&asset)), "limit"),
        (format!("{}?page=1", of(&asset)), "page"),
        (format!("{}?cursor=", of(&asset)), "cursor"),
        (format!("{}?cursor=garbage", of(&asset)), "cursor"),
        (format!("{}?cursor={cursor}AA", of(&asset)), "cursor"),
        (format!("{}?cursor={of_list}", of(&asset)), "cursor"),
        (format!("{}?cursor={cursor}", of(&other)), "cursor"),
        (format!("{ASSETS}?cursor={cursor}"), "cursor"),
    ] {
        let refused = acme.get(&url).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_parameter"), "{url}");
        assert_eq!(refused.json["error"]["details"]["parameter"], parameter, "{url}");
    }
}
