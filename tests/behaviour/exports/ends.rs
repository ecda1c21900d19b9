//! Exports that fail, and how all of them end.

use model::export::{FORGOTTEN, LIFE, STALLED};

use super::crashes::take_event;
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
async fn an_export_of_which_no_file_is_left_fails_too() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    for name in ["one", "two"] {
        let asset = approved(&acme, name, json!({})).await;
        let key = asset["storage_key"].as_str().unwrap().to_owned();
        world.objects().delete_all([key]).await.unwrap();
    }
    let export = ask(&acme, json!({ "filter": {} })).await;
    world.deliver_to("export").await;
    let export = read(&acme, &export).await;
    assert_eq!(export["error"]["code"], "nothing_to_export", "{export}");
}

#[tokio::test]
async fn an_export_is_removed_after_a_week() {
    let world = World::quiet().await.leaving_events();
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
async fn an_export_that_comes_to_no_end_has_failed() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    world.pass(ms(STALLED));
    let due = world.clean_up().await.due;
    assert_eq!((due.exports_resumed, due.exports_stalled), (0, 1));
    let failed = read(&acme, &export).await;
    assert_eq!(
        (&failed["status"], &failed["error"]["code"]),
        (&json!("failed"), &json!("stalled"))
    );
    world.deliver().await;
    assert_eq!(read(&acme, &export).await, failed, "a late event makes nothing of it");
}

#[tokio::test]
async fn an_export_whose_event_is_lost_is_begun_by_cleanup() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    approved(&acme, "text", json!({})).await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    take_event(&world);
    world.pass(ms(FORGOTTEN - 1000));
    assert_eq!(world.clean_up().await.due.exports_resumed, 0);
    world.pass(ms(1000));
    assert_eq!(world.clean_up().await.due.exports_resumed, 1);
    assert_eq!(world.clean_up().await.due.exports_resumed, 0, "once");
    world.deliver().await;
    assert_eq!(read(&acme, &export).await["status"], "succeeded");
}

#[tokio::test]
async fn an_export_whose_request_is_lost_has_failed() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let export = ask(&acme, json!({ "filter": {} })).await;
    let job = format!("exports/acme/{}/job.json", export.rsplit('/').next().unwrap());
    world.objects().delete_all([job]).await.unwrap();
    world.pass(ms(FORGOTTEN));
    assert_eq!(read(&acme, &export).await["error"]["code"], "stalled");
}
