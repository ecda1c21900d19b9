//! Exports that fail, and how all of them end.

use model::export::{LIFE, STALLED};

use super::*;

#[tokio::test]
async fn an_export_of_nothing_fails_and_says_so() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    acme.write("a draft", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let export = ended(&acme, &export).await;
    assert_eq!(
        (&export["status"], &export["error"]["code"]),
        (&json!("failed"), &json!("nothing_to_export"))
    );
    assert!(export.get("url").is_none());
}

#[tokio::test]
async fn an_export_is_removed_after_a_week() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    world.deliver().await;
    let made = read(&acme, &export).await;
    assert_eq!(world.clean_up().await.due.exports_removed, 0);
    world.pass(ms(LIFE));
    assert_eq!(acme.get(&export).await.code(), "not_found");
    assert_eq!(world.clean_up().await.due.exports_removed, 1);
    assert_eq!(acme.download_from(made["url"].as_str().unwrap()).await.status, 404);
    let s3 = world.s3().list_objects_v2().bucket(world.objects().bucket()).prefix("exports/");
    assert_eq!(s3.send().await.unwrap().key_count(), Some(0));
    assert_eq!(world.clean_up().await.due.exports_removed, 0);
}

#[tokio::test]
async fn an_export_that_nobody_goes_on_with_has_failed() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    world.pass(ms(STALLED - 1000));
    assert_eq!(world.clean_up().await.due.exports_stalled, 0);
    world.pass(ms(2000));
    assert_eq!(world.clean_up().await.due.exports_stalled, 1);
    let failed = read(&acme, &export).await;
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("failed"), &json!("stalled"))
    );
    world.deliver().await;
    assert_eq!(read(&acme, &export).await, failed, "a late event makes nothing of it");
}
