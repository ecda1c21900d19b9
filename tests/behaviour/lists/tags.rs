//! Tags, as a filter and as what drives a list.

use serde_json::{Value, json};
use tests::{Client, World, fixture, id};

/// An asset with these tags; its id.
async fn tagged(acme: &Client, tags: Value) -> model::AssetId {
    id(&acme.write("text", json!({ "tags": tags })).await["id"])
}

#[tokio::test]
async fn a_tag_filters_by_name_and_value() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let bolt = tagged(&acme, json!({ "brand": ["bolt"] })).await;
    let both = tagged(&acme, json!({ "brand": ["acme", "bolt"], "channel": ["web"] })).await;
    let odd = tagged(&acme, json!({ "audience": ["Größe=L & #1"] })).await;
    assert_eq!(acme.list("tag.brand=bolt").await, [both, bolt]);
    assert_eq!(acme.list("tag.brand=acme,bolt&order=asc").await, [bolt, both]);
    assert_eq!(acme.list("tag.brand=bolt&tag.channel=web").await, [both]);
    assert_eq!(acme.list("tag.audience=Gr%C3%B6%C3%9Fe%3DL+%26+%231").await, [odd]);
    assert!(acme.list("tag.channel=bolt").await.is_empty());
    assert!(acme.list("tag.brand=bol").await.is_empty());
}

#[tokio::test]
async fn an_upload_has_its_tags_from_when_it_is_there() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.png", "content_type": "image/png" });
    let created = acme.create(json!({ "upload": upload, "tags": { "brand": ["bolt"] } })).await;
    let created = created.expect(201);
    assert!(acme.list("tag.brand=bolt").await.is_empty());
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    world.deliver().await;
    assert_eq!(acme.list("tag.brand=bolt").await, [id(&created["data"]["id"])]);
}

#[tokio::test]
async fn a_deleted_asset_leaves_no_tag_behind() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let gone = tagged(&acme, json!({ "brand": ["bolt", "acme"] })).await;
    assert_eq!(acme.list("tag.brand=bolt").await, [gone]);
    assert_eq!(acme.delete(&format!("/api/v1/assets/{gone}")).await.status, 204);
    world.wire.take_usage();
    assert!(acme.list("tag.brand=bolt").await.is_empty());
    assert_eq!(world.wire.take_usage().operations, ["Query"], "no posting leads anywhere");
}

#[tokio::test]
async fn tags_are_forty_values_at_most_and_a_workspaces_own() {
    let world = World::start().await;
    let (acme, other) = (world.workspace("acme").await, world.workspace("other").await);
    let values = |names: u8| -> Value {
        let tags = (0..names).map(|n| {
            (format!("t{n}"), json!((0..10).map(|v| format!("v{v}")).collect::<Vec<_>>()))
        });
        Value::Object(tags.collect())
    };
    let most = tagged(&acme, values(4)).await;
    assert_eq!(acme.list("tag.t3=v9").await, [most]);
    assert!(other.list("tag.t3=v9").await.is_empty());
    let refused = acme.create(json!({ "content": "x", "tags": values(5) })).await;
    assert_eq!((refused.status, refused.code()), (400, "invalid_body"));
    assert!(refused.json["detail"].as_str().unwrap().contains("40 values"));
}

#[tokio::test]
async fn a_tag_costs_two_units_and_a_page_by_tag_one_query_and_its_records() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    tagged(&acme, json!({})).await;
    acme.list("").await;
    world.wire.take_usage();
    tagged(&acme, json!({})).await;
    let plain = world.wire.take_usage().wcu;
    tagged(&acme, json!({ "brand": ["a", "b"], "channel": ["web"] })).await;
    let usage = world.wire.take_usage();
    // The transaction doubles the record's own unit; each posting takes two.
    assert_eq!((usage.dynamodb, usage.wcu), (3, plain + 1.0 + 3.0 * 2.0));
    acme.list("tag.brand=a").await;
    let usage = world.wire.take_usage();
    assert_eq!(
        (usage.operations, usage.rcu),
        (vec!["Query".to_owned(), "BatchGetItem".to_owned()], 1.0)
    );
}
