//! Events late, stale, doubled or out of order.

use super::*;

const BEFORE: &str = "0055AED6DCD90281E5";
const AFTER: &str = "0055AED6DCD90281E6";
const LAST: &str = "0055AED6DCD90281E7";

/// The notifications of two puts under one key.
async fn overwritten(world: &World) -> [Value; 2] {
    let old = put(world, KEY, fixture("sample.png")).await;
    let new = put(world, KEY, fixture("sample.gif")).await;
    [notification("put", &old.at(BEFORE)), notification("put", &new.at(AFTER))]
}

#[tokio::test]
async fn an_overwritten_upload_is_one_asset_in_every_order() {
    let mut expected = None;
    for order in [&[0, 1][..], &[1, 0], &[0, 1, 0, 1], &[1, 1, 0, 0], &[0, 0, 1, 1], &[1, 0, 1]] {
        for size in [1, 10] {
            let world = World::quiet().await;
            let acme = world.workspace("acme").await;
            let events = overwritten(&world).await;
            for order in order.chunks(size) {
                deliver(&world, order.iter().map(|at| &events[*at])).await;
            }
            let asset = only(&acme).await;
            assert_eq!(asset["content_type"], "image/gif", "{order:?}");
            assert_eq!(expected.get_or_insert_with(|| asset.clone()), &asset, "{order:?}");
        }
    }
}

#[tokio::test]
async fn an_overwrite_takes_the_place_of_the_asset_before() {
    let mut expected = None;
    for order in [&[1][..], &[0, 1], &[1, 0], &[1, 0, 1, 0]] {
        let (world, acme, old, before) = adopted().await;
        let new = put(&world, KEY, fixture("sample.gif")).await;
        let events = [notification("put", &old.at(BEFORE)), notification("put", &new.at(AFTER))];
        for at in order {
            deliver(&world, [&events[*at]]).await;
        }
        let asset = only(&acme).await;
        assert_eq!(asset["content_type"], "image/gif", "{order:?}");
        assert_eq!(expected.get_or_insert_with(|| asset.clone()), &asset, "{order:?}");
        assert_eq!(acme.get(&path(&before)).await.status, 404);
        let deletion = world.store().deletion(&acme.workspace, id(&before["id"])).await.unwrap();
        assert_eq!(deletion.unwrap().deleted_because, DeletionReason::Replaced);
    }
}

#[tokio::test]
async fn the_same_bytes_again_are_the_same_asset() {
    let (world, acme, told, asset) = adopted().await;
    put(&world, KEY, fixture("sample.png")).await;
    let again = notification("put", &told.at(AFTER));
    deliver(&world, [&again, &notification("put", &told), &again]).await;
    assert_eq!(state(&acme).await, [asset]);
}

#[tokio::test]
async fn bytes_that_come_back_after_others_are_one_asset() {
    for order in [&[0, 1, 2][..], &[2, 1, 0], &[1, 2, 0], &[0, 2, 1], &[1, 0, 2]] {
        let (world, acme, first, _) = adopted().await;
        let second = put(&world, KEY, fixture("sample.gif")).await;
        deliver(&world, [notification("put", &second.at(AFTER))]).await;
        put(&world, KEY, fixture("sample.png")).await;
        let events = [first.at(BEFORE), second.at(AFTER), first.at(LAST)];
        for at in order {
            deliver(&world, [notification("put", &events[*at])]).await;
        }
        assert_eq!(only(&acme).await["content_type"], "image/png", "{order:?}");
    }
}

#[tokio::test]
async fn a_stale_event_does_not_bring_a_deleted_asset_back() {
    let (world, acme, told, asset) = adopted().await;
    let stale = notification("put", &told);
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    deliver(&world, [&stale, &stale]).await;
    assert!(state(&acme).await.is_empty());
    // The same bytes come again under the key: another asset, whichever event is first.
    put(&world, KEY, fixture("sample.png")).await;
    deliver(&world, [&stale]).await;
    assert!(state(&acme).await.is_empty(), "the event of the upload before says nothing of this");
    let removal = notification("removal", &told.at(AFTER));
    deliver(&world, [&notification("put", &told.at(LAST)), &stale, &removal]).await;
    let new = only(&acme).await;
    assert_ne!(new["id"], asset["id"]);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn the_object_of_a_deleted_asset_does_not_bring_it_back() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let asset = acme.write("# Hello", json!({})).await;
    let events = world.take_events();
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    put(&world, asset["storage_key"].as_str().unwrap(), "# Hello again").await;
    deliver(&world, events.into_iter().chain(world.take_events())).await;
    assert!(state(&acme).await.is_empty());
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn a_removal_older_than_the_upload_changes_nothing() {
    let (world, acme, told, asset) = adopted().await;
    let old = notification("removal", &told.at("0055AED6DCD90281E4"));
    deliver(&world, [&old]).await;
    assert_eq!(only(&acme).await, asset);
    // Nor does it while the object is gone, and a removal to come will tell.
    remove(&world, KEY).await;
    deliver(&world, [&old]).await;
    assert_eq!(state(&acme).await, [asset]);
    deliver(&world, [notification("removal", &told.at(AFTER))]).await;
    assert!(state(&acme).await.is_empty());
}

#[tokio::test]
async fn a_missing_asset_is_back_with_its_object() {
    let (world, acme, told, asset) = adopted().await;
    remove(&world, KEY).await;
    let removal = notification("removal", &told.at(AFTER));
    deliver(&world, [&removal]).await;
    assert!(state(&acme).await.is_empty());
    put(&world, KEY, fixture("sample.png")).await;
    let back = notification("put", &told.at(LAST));
    deliver(&world, [&notification("put", &told), &back, &removal, &back]).await;
    assert_eq!(state(&acme).await, [asset]);
}

#[tokio::test]
async fn other_bytes_under_a_missing_assets_key_are_another_asset() {
    let (world, acme, told, asset) = adopted().await;
    remove(&world, KEY).await;
    deliver(&world, [notification("removal", &told.at(AFTER))]).await;
    let new = put(&world, KEY, fixture("sample.gif")).await;
    deliver(&world, [notification("put", &new.at(LAST)), notification("put", &told)]).await;
    let other = only(&acme).await;
    assert_eq!(other["content_type"], "image/gif");
    assert_ne!(other["id"], asset["id"]);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn only_the_message_that_failed_is_delivered_again() {
    let (world, acme, _, asset) = adopted().await;
    let workspace = &acme.workspace;
    let deletion = Deletion { deleted_at: world.now(), deleted_because: DeletionReason::Deleted };
    let tombstone = world
        .store()
        .tombstone(workspace, id(&asset["id"]), &Seen::default(), true, deletion)
        .await
        .unwrap();
    let again = notification("put", &put(&world, KEY, fixture("sample.gif")).await.at(AFTER));
    let other = put(&world, "workspaces/acme/executions/run-8/other.png", fixture("sample.png"));
    let other = notification("put", &other.await);
    let messages = [other.to_string(), again.to_string(), "{".to_owned()];
    assert_eq!(invoke(&world, batch(&messages)).await, ["m1"]);
    assert_eq!(only(&acme).await["execution_id"], "run-8");
    world.store().purge(workspace, &tombstone, Remains::default()).await.unwrap();
    deliver(&world, [again]).await;
    assert_eq!(state(&acme).await.len(), 2);
    assert_eq!(acme.get(&path(&asset)).await.status, 404);
}

#[tokio::test]
async fn an_ingest_killed_at_any_request_ends_in_the_same_state_when_delivered_again() {
    let mut expected = None;
    for when in [When::Before, When::After] {
        for nth in 0.. {
            let (world, acme, _, before) = adopted().await;
            let new = put(&world, KEY, fixture("sample.gif")).await;
            let event = batch([notification("put", &new.at(AFTER))]);
            let done = world.wire.crash_at(nth, when, invoke(&world, event.clone())).await;
            assert!(invoke(&world, event).await.is_empty());
            let asset = only(&acme).await;
            assert_eq!(expected.get_or_insert_with(|| asset.clone()), &asset, "{when:?} {nth}");
            assert_eq!(acme.get(&path(&before)).await.status, 404, "{when:?} {nth}");
            if done.is_some() {
                assert!(nth > 3, "it does more than that");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_registered_upload_is_complete_however_often_its_event_comes() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let upload = json!({ "file_name": "a.gif", "content_type": "image/gif" });
    let body = json!({ "upload": upload, "title": "Registered", "agent_id": "painter" });
    let created = acme.create(body).await.expect(201);
    assert_eq!(acme.put(&created["upload"], fixture("sample.gif")).await.status, 200);
    let events = world.take_events();
    for _ in 0..3 {
        deliver(&world, events.iter().chain(&events)).await;
        let asset = only(&acme).await;
        assert_eq!((&asset["id"], &asset["title"]), (&created["data"]["id"], &json!("Registered")));
        assert_eq!((&asset["upload_status"], &asset["width"]), (&json!("complete"), &json!(320)));
    }
    assert_eq!(acme.list("agent_id=painter").await.len(), 1);
}

#[tokio::test]
async fn an_object_under_a_signed_key_without_a_record_becomes_the_asset_that_it_names() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let id = model::AssetId::generate(world.now()).to_string();
    put(&world, &format!("workspaces/acme/assets/{id}/1/a.png"), fixture("sample.png")).await;
    let events = world.take_events();
    deliver(&world, events.iter().chain(&events)).await;
    assert_eq!(only(&acme).await["id"], id);
}

#[tokio::test]
async fn inline_content_is_completed_by_the_next_attempt_or_by_its_event() {
    for with_event in [false, true] {
        for when in [When::Before, When::After] {
            for nth in 0.. {
                let world = World::quiet().await;
                let acme = world.workspace("acme").await;
                let body = json!({ "content": "# Hello", "title": "Inline" });
                let request = || {
                    let request = acme.request(http::Method::POST, "/api/v1/assets").json(&body);
                    acme.send(request.header("Idempotency-Key", "attempt-1"))
                };
                let done = world.wire.crash_at(nth, when, request()).await;
                if with_event {
                    world.deliver().await;
                }
                let created = request().await.expect(201);
                world.deliver().await;
                let asset = only(&acme).await;
                assert_eq!(asset["id"], created["data"]["id"], "{when:?} {nth}");
                assert_eq!((&asset["title"], &asset["file_size"]), (&json!("Inline"), &json!(7)));
                if done.is_some() {
                    break;
                }
            }
        }
    }
}
