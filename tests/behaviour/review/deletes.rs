//! Deletes of what others may rely on, and what is left of a history.

use local::engines::TABLE;
use tests::When;

use super::*;

/// The sort keys of the items that there are about the asset.
async fn items(world: &World, asset: &Value) -> Vec<String> {
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let scan = world.engines.dynamodb(http).scan().table_name(TABLE).send().await.unwrap();
    let text = |value: &aws_sdk_dynamodb::types::AttributeValue| value.as_s().unwrap().clone();
    let partition = format!("w#acme#a#{}", asset["id"].as_str().unwrap());
    let of_asset = scan.items().iter().filter(|item| text(&item["pk"]) == partition);
    of_asset.map(|item| text(&item["sk"])).collect()
}

#[tokio::test]
async fn what_is_approved_is_deleted_by_force_alone() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &["submit", "approve"]).await;
    for query in ["", "?force=false"] {
        let refused = acme.delete(&(path(&asset) + query)).await;
        assert_eq!((refused.status, refused.code()), (403, "approved"), "{query}");
    }
    assert_eq!(read(&acme, &asset).await.0, asset);
    assert_eq!(acme.delete(&(path(&asset) + "?force=true")).await.status, 204);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
    assert_eq!(acme.delete(&(path(&asset) + "?force=true")).await.status, 404);
    assert_eq!(acme.delete(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn what_is_no_longer_approved_is_deleted_without() {
    let (_world, acme) = start().await;
    for steps in [&[][..], &["submit"], &["submit", "approve", "request-changes"], &["archive"]] {
        let asset = text(&acme, steps).await;
        assert_eq!(acme.delete(&path(&asset)).await.status, 204, "{steps:?}");
    }
}

#[tokio::test]
async fn many_are_deleted_by_force_alone_too() {
    let (_world, acme) = start().await;
    let ids = [text(&acme, &["submit", "approve"]).await, text(&acme, &[]).await];
    let ids = ids.map(|asset| asset["id"].clone());
    let delete = async |force: bool| {
        let body = json!({ "ids": ids, "force": force });
        acme.post("/api/v1/assets/delete", body).await.expect(200)["data"].clone()
    };
    let kept = delete(false).await;
    assert_eq!(
        (&kept[0]["deleted"], &kept[0]["error"]["code"]),
        (&json!(false), &json!("approved"))
    );
    assert_eq!(kept[1]["deleted"], true);
    assert_eq!(delete(true).await[0], json!({ "id": ids[0], "deleted": true }));
}

#[tokio::test]
async fn force_is_true_or_false() {
    let (_world, acme) = start().await;
    let asset = text(&acme, &[]).await;
    for query in ["?force=yes", "?force=", "?force", "?force=true&force=true"] {
        let refused = acme.delete(&(path(&asset) + query)).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid_parameter"), "{query}");
    }
}

#[tokio::test]
async fn of_a_deleted_asset_only_that_remains() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = text(&acme, &["submit", "approve", "archive", "restore"]).await;
    patch(&acme, &asset, json!({ "tags": { "brand": ["acme"] } })).await.expect(200);
    assert_eq!(items(&world, &asset).await.len(), 6);
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    assert_eq!(items(&world, &asset).await, ["h#deleted"]);
    assert_eq!(acme.get(&format!("{}/history", path(&asset))).await.status, 404);
}

/// Writes 250 changes on record of the asset, as if they had been made.
async fn lengthen(world: &World, asset: &Value) {
    use aws_sdk_dynamodb::types::AttributeValue::S;
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let client = world.engines.dynamodb(http);
    let pk = format!("w#acme#a#{}", asset["id"].as_str().unwrap());
    for n in 1000..1250 {
        let put = client.put_item().table_name(TABLE).item("pk", S(pk.clone()));
        put.item("sk", S(format!("h#{n:010}"))).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_long_history_goes_in_batches_wherever_that_stops() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for (nth, when) in
        [(1, When::After), (40, When::Before), (100, When::After), (999, When::Before)]
    {
        let asset = text(&acme, &["submit"]).await;
        acme.post(&format!("{}/versions", path(&asset)), json!({ "content": "x" }))
            .await
            .expect(201);
        lengthen(&world, &asset).await;
        let delete = async { acme.delete(&path(&asset)).await.status };
        let done = world.wire.crash_at(nth, when, delete).await;
        assert_eq!(done, (nth == 999).then_some(204), "{nth}");
        let left = items(&world, &asset).await.len();
        assert!(if nth == 999 { left == 1 } else { left > 100 }, "{nth}: {left} items are left");
        world.clean_up().await;
        assert_eq!(items(&world, &asset).await, ["h#deleted"], "{nth}");
        assert!(world.object_keys().await.is_empty());
    }
}

#[tokio::test]
async fn nothing_else_remains_of_a_delete_that_crashed() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    for when in [When::Before, When::After] {
        for nth in 0.. {
            let asset = text(&acme, &["submit", "approve", "archive"]).await;
            let delete = async { acme.delete(&path(&asset)).await.status };
            let done = world.wire.crash_at(nth, when, delete).await;
            let gone = acme.get(&path(&asset)).await.status == 404;
            world.clean_up().await;
            let left = items(&world, &asset).await;
            assert_eq!(left.len(), if gone { 1 } else { 4 }, "{when:?} request {nth}: {left:?}");
            if done.is_some() {
                break;
            }
        }
    }
}
