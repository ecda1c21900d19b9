//! What does not come into an archive, and stops nothing else.

use aws_sdk_dynamodb::types::AttributeValue;
use model::due::Settings;
use model::{Actor, AssetId, Metadata, Note, Seen};

use super::*;

/// Exports what is approved: the manifest, and what the archive holds.
async fn exported(world: &World, caller: &Client) -> (Manifest, BTreeMap<String, Vec<u8>>) {
    let export = ask(caller, json!({ "filter": {} })).await;
    world.deliver().await;
    unpacked(caller, &read(caller, &export).await).await
}

fn left_out(manifest: &Manifest) -> Value {
    serde_json::to_value(&manifest.left_out).unwrap()
}

#[tokio::test]
async fn a_file_that_is_found_altered_once_parts_of_it_were_sent_is_taken_back() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    // Where each begins in its part is another matter each time.
    for size in [5 << 20, 20 << 20] {
        approved(&acme, "before", json!({})).await;
        let film = large(&world, &acme, "film.bin", size).await;
        large(&world, &acme, "film.bin", (9 << 20) + 7).await;
        let id: AssetId = tests::id(&film["id"]);
        let read = world.store().get(&acme.workspace, id).await.unwrap();
        let mut next = read.clone();
        next.asset.checksum_sha256 = Some("0".repeat(64).parse().unwrap());
        let settings = Settings::default();
        assert!(world.store().replace(&acme.workspace, &read, &next, &settings).await.unwrap());
        approved(&acme, "after", json!({})).await;
    }
    let (manifest, files) = exported(&world, &acme).await;
    assert_eq!(files.len(), 2 + 6);
    let reasons = manifest.left_out.iter().map(|out| json!(out.reason));
    assert_eq!(reasons.collect::<Vec<_>>(), ["altered", "altered"]);
    assert!(files.contains_key("files/film.bin"), "its name is another's then");
}

#[tokio::test]
async fn an_object_that_goes_after_the_export_was_planned_is_left_out() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let gone = large(&world, &acme, "gone.bin", 2 << 20).await;
    approved(&acme, "text", json!({})).await;
    world.objects().delete_all([gone["storage_key"].as_str().unwrap().to_owned()]).await.unwrap();
    let export = ask(&acme, json!({ "filter": {} })).await;
    world.deliver_to("export").await;
    let (manifest, files) = unpacked(&acme, &read(&acme, &export).await).await;
    assert_eq!(left_out(&manifest), json!([{ "id": gone["id"], "reason": "no_object" }]));
    assert_eq!(files.len(), 3);
}

#[tokio::test]
async fn an_asset_that_is_deleted_while_the_export_is_made_is_not_found() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let kept = approved(&acme, "kept", json!({})).await;
    let mut not_found = 0;
    for nth in 0.. {
        let gone = approved(&acme, "gone", json!({})).await;
        let path = format!("/api/v1/assets/{}?force=true", gone["id"].as_str().unwrap());
        let export = ask(&acme, json!({ "ids": [kept["id"], gone["id"]] })).await;
        let made = world.deliver_to("export");
        if !world.wire.pause_at(nth, made, acme.delete(&path)).await {
            break;
        }
        let (manifest, _) = unpacked(&acme, &read(&acme, &export).await).await;
        assert!(manifest.left_out.iter().all(|out| json!(out.reason) == "not_found"), "{nth}");
        not_found += manifest.left_out.len();
    }
    assert!(not_found > 5, "{not_found}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_and_stops_nothing() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let fields = json!({ "tags": { "brand": ["acme"] } });
    let one = approved(&acme, "one", fields.clone()).await;
    let spoilt = approved(&acme, "two", fields.clone()).await;
    let three = approved(&acme, "three", fields).await;
    let id = spoilt["id"].as_str().unwrap();
    spoil(&world, &format!("w#acme#a#{id}"), "asset").await;
    let named = json!([{ "id": id, "reason": "unreadable" }]);
    for body in [
        json!({ "filter": {} }),
        json!({ "filter": { "tag.brand": "acme" } }),
        json!({ "ids": [one["id"], spoilt["id"], three["id"]] }),
    ] {
        let export = ask(&acme, body.clone()).await;
        world.deliver_to("export").await;
        let (manifest, _) = unpacked(&acme, &read(&acme, &export).await).await;
        let ids: Vec<_> = manifest.files.iter().map(|entry| json!(entry.id)).collect();
        assert_eq!(ids, [one["id"].clone(), three["id"].clone()], "{body}");
        assert_eq!(left_out(&manifest), named, "{body}");
    }
    for query in ["order=asc", "order=asc&limit=1", "order=asc&tag.brand=acme"] {
        let ids: Vec<_> = acme.list(query).await.iter().map(|id| json!(id)).collect();
        assert_eq!(ids, [one["id"].clone(), three["id"].clone()], "{query}");
    }
}

#[tokio::test]
async fn a_version_that_cannot_be_read_is_named_and_stops_nothing() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    approved(&acme, "one", json!({})).await;
    let spoilt = approved(&acme, "two", json!({})).await;
    let id = spoilt["id"].as_str().unwrap();
    let versions = format!("/api/v1/assets/{id}/versions");
    acme.post(&versions, json!({ "content": "a draft" })).await.expect(201);
    spoil(&world, &format!("w#acme#a#{id}"), "v#0001").await;
    let (manifest, _) = exported(&world, &acme).await;
    assert_eq!(left_out(&manifest), json!([{ "id": id, "reason": "unreadable" }]));
    assert_eq!(manifest.files.len(), 1);
}

/// Gives an item a status that there is not, as no code of ours would write it.
async fn spoil(world: &World, pk: &str, sk: &str) {
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let update = world.engines.dynamodb(http).update_item().table_name(local::engines::TABLE);
    let update = update
        .key("pk", AttributeValue::S(pk.to_owned()))
        .key("sk", AttributeValue::S(sk.to_owned()))
        .condition_expression("attribute_exists(pk)")
        .update_expression("SET upload_status = :spoilt")
        .expression_attribute_values(":spoilt", AttributeValue::S("spoilt".to_owned()));
    update.send().await.unwrap();
}

#[tokio::test]
async fn metadata_as_deep_as_a_body_once_was_breaks_nothing() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let asset = acme.write("text", json!({})).await;
    let id = tests::id(&asset["id"]);
    let deep = (0..125).fold(json!(1), |inner, _| json!([inner]));
    let metadata: Metadata = serde_json::from_value(json!({ "deep": deep })).unwrap();
    let actor = Actor { key: "abcdefgh".parse().unwrap(), name: "ci".parse().unwrap() };
    let note = Note { actor, comment: None, request_id: None, at: world.now() };
    let edit = |asset: &mut model::Asset| {
        asset.metadata = metadata.clone();
        Ok(())
    };
    world.store().edit(&acme.workspace, id, &Seen::default(), &note, edit).await.unwrap();
    approve(&acme, &asset).await;
    let history = acme.get(&format!("/api/v1/assets/{id}/history")).await;
    let history = String::from_utf8(history.bytes).unwrap();
    assert!(history.contains(&format!(r#""deep":{}1{}"#, "[".repeat(125), "]".repeat(125))));
    let (manifest, _) = exported(&world, &acme).await;
    assert!(manifest.files[0].approver.is_some());
}
