//! Records without objects, and objects without records.

use super::*;

#[tokio::test]
async fn a_record_without_its_object_leaves_the_lists_and_goes_after_the_grace_period() {
    let (world, acme) = quiet().await;
    neighbour(&world).await;
    let assets = [uploaded(&world, &acme, b"gone".to_vec()).await, direct(&world, &acme).await];
    for asset in &assets {
        remove(&world, asset).await;
    }
    let report = world.clean_up().await;
    assert_eq!(report.records.missing, 2);
    assert!(report.records.missing_keys.contains(&KEY.to_owned()));
    assert!(acme.list("").await.is_empty());
    world.pass(GRACE.checked_sub(A_MINUTE).unwrap());
    assert_eq!(world.clean_up().await.due.forgotten, 0);
    for asset in &assets {
        assert_eq!(acme.get(&path(asset)).await.expect(200)["data"]["upload_status"], "missing");
    }
    world.pass(A_MINUTE);
    assert_eq!(world.clean_up().await.due.forgotten, 2);
    for asset in &assets {
        assert!(is_gone(&world, &acme, asset).await);
    }
}

#[tokio::test]
async fn a_record_whose_object_is_back_is_restored() {
    for wait in [Duration::ZERO, GRACE] {
        let (world, acme) = quiet().await;
        neighbour(&world).await;
        let bytes = b"there and back".to_vec();
        let assets = [uploaded(&world, &acme, bytes.clone()).await, direct(&world, &acme).await];
        for asset in &assets {
            remove(&world, asset).await;
        }
        assert_eq!(world.clean_up().await.records.missing, 2);
        put(&world, assets[0]["storage_key"].as_str().unwrap(), bytes).await;
        put(&world, KEY, fixture("sample.png")).await;
        lose_events(&world);
        world.pass(wait);
        let report = world.clean_up().await;
        assert_eq!(report.due.completed + report.objects.repaired, 2);
        assert_eq!(report.due.forgotten, 0);
        let mut listed = acme.list("").await;
        listed.sort();
        let mut ids: Vec<_> = assets.iter().map(|asset| id(&asset["id"])).collect();
        ids.sort();
        assert_eq!(listed, ids);
    }
}

#[tokio::test]
async fn other_bytes_under_a_missing_assets_key_take_its_place() {
    let (world, acme) = quiet().await;
    neighbour(&world).await;
    let asset = direct(&world, &acme).await;
    remove(&world, &asset).await;
    world.clean_up().await;
    put(&world, KEY, fixture("sample.gif")).await;
    lose_events(&world);
    world.pass(GRACE);
    let report = world.clean_up().await;
    assert_eq!(report.due.forgotten, 0);
    let [new] = acme.list("").await.try_into().unwrap();
    assert_ne!(new, id(&asset["id"]));
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
    assert!(content(&world, KEY).await == fixture("sample.gif"));
}

#[tokio::test]
async fn an_object_whose_event_was_lost_gets_its_record() {
    let (world, acme) = quiet().await;
    put(&world, KEY, fixture("sample.png")).await;
    let created = pending(&acme, b"Hello").await;
    acme.put(&created["upload"], b"Hello".to_vec()).await;
    let events = world.take_events();
    assert_eq!(world.clean_up().await.objects.repaired, 2);
    let listed = acme.list("").await;
    assert_eq!(listed.len(), 2);
    assert!(listed.contains(&id(&created["data"]["id"])));
    assert_eq!(world.clean_up().await.objects.repaired, 0);
    // The events come after all.
    let batch = events
        .into_iter()
        .enumerate()
        .map(|(at, body)| json!({ "messageId": at.to_string(), "body": body }));
    let event = json!({ "Records": batch.collect::<Vec<_>>() });
    ingest::handle(&world.ingest(), event).await.unwrap();
    assert_eq!(acme.list("").await, listed);
}

#[tokio::test]
async fn an_overwrite_whose_event_was_lost_takes_the_place_of_the_asset_before() {
    let (world, acme) = quiet().await;
    let asset = direct(&world, &acme).await;
    put(&world, KEY, fixture("sample.gif")).await;
    lose_events(&world);
    assert_eq!(world.clean_up().await.objects.repaired, 1);
    assert_eq!(acme.list("").await.len(), 1);
    assert!(content(&world, KEY).await == fixture("sample.gif"));
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn the_object_of_a_deleted_asset_is_reported_and_goes_after_the_grace_period() {
    let (world, acme) = quiet().await;
    let asset = uploaded(&world, &acme, b"back again".to_vec()).await;
    let key = asset["storage_key"].as_str().unwrap();
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    put(&world, key, "back again").await;
    world.deliver().await;
    let report = world.clean_up().await;
    assert_eq!((report.objects.orphaned, report.objects.removed), (1, 0));
    assert_eq!(report.objects.orphans, [key]);
    world.pass(GRACE.checked_sub(A_MINUTE).unwrap());
    assert_eq!(world.clean_up().await.objects.removed, 0);
    assert_eq!(world.object_keys().await, [key]);
    world.pass(2 * A_MINUTE);
    world.wire.take_usage();
    assert_eq!(world.clean_up().await.objects.removed, 1);
    let operations = world.wire.take_usage().operations;
    let first = |name: &str| operations.iter().position(|operation| operation == name).unwrap();
    assert!(first("PUT") < first("DELETE"), "the report is there before the removal");
    let report = reports(&world).await.pop().unwrap();
    assert_eq!(report["objects"]["orphans"], json!([key]));
    assert!(world.object_keys().await.is_empty() && acme.list("").await.is_empty());
}

#[tokio::test]
async fn what_nothing_explains_is_reported_and_left_alone() {
    let (world, acme) = quiet().await;
    let asset = acme.write("# Hello", json!({})).await;
    let keys =
        ["workspaces/acme/other/x/y", "workspaces/readme.txt", "workspaces/acme/assets/x/1/y"];
    for key in keys {
        put(&world, key, "whose?").await;
    }
    put(&world, "somewhere/else", "not ours").await;
    world.deliver().await;
    for _ in 0..2 {
        let mut report = world.clean_up().await;
        assert_eq!((report.objects.unexplained, report.objects.checked), (3, 4));
        report.objects.unexplained_keys.sort();
        let mut expected = keys;
        expected.sort_unstable();
        assert_eq!(report.objects.unexplained_keys, expected);
        assert_eq!(world.object_keys().await.len(), 4);
        world.pass(2 * GRACE);
    }
    assert_eq!(acme.list("").await, [id(&asset["id"])]);
}

#[tokio::test]
async fn keys_that_xml_cannot_hold_do_not_stop_the_walk() {
    let (world, acme) = quiet().await;
    for name in ["bell\u{7}", "\u{1}", "a&b<c>", "é+%2B 🎨", "line\nbreak\r"] {
        put(&world, &format!("workspaces/acme/executions/run-7/{name}"), name).await;
    }
    lose_events(&world);
    let report = world.clean_up().await;
    assert_eq!((report.objects.repaired, report.objects.failed), (5, 0));
    assert_eq!(acme.list("").await.len(), 5);
    assert_eq!(world.clean_up().await.objects.repaired, 0);
}
