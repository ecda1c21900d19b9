//! Objects that are there again after their records went because they were missing.

use super::*;

/// Lets the asset be forgotten: its object is gone, and the grace period over.
async fn forget(world: &World, acme: &Client, asset: &Value) {
    remove(world, asset).await;
    assert_eq!(world.clean_up().await.records.missing, 1);
    world.pass(GRACE);
    assert_eq!(world.clean_up().await.due.forgotten, 1);
    assert!(is_gone(world, acme, asset).await);
}

#[tokio::test]
async fn an_object_that_returns_after_its_record_was_forgotten_is_an_asset_again() {
    for by_event in [true, false] {
        let (world, acme) = quiet().await;
        neighbour(&world).await;
        let signed = acme.write("# Back", json!({})).await;
        forget(&world, &acme, &signed).await;
        world.pass(30 * A_DAY);
        put(&world, signed["storage_key"].as_str().unwrap(), "# Back").await;
        if by_event {
            world.deliver().await;
        }
        lose_events(&world);
        for _ in 0..3 {
            let report = world.clean_up().await;
            assert_eq!((report.objects.orphaned, report.objects.removed), (0, 0));
            assert_eq!(acme.list("").await, [id(&signed["id"])]);
            world.pass(GRACE);
        }
        let key = signed["storage_key"].as_str().unwrap();
        assert_eq!(content(&world, key).await, b"# Back");
        world.tally().await;
        let page = acme.get("/api/v1/assets?page=1").await.expect(200);
        assert_eq!(page["meta"]["total"], 1, "and it is counted");
    }
}

#[tokio::test]
async fn a_producers_object_that_returns_is_an_asset_again() {
    let (world, acme) = quiet().await;
    neighbour(&world).await;
    let asset = direct(&world, &acme).await;
    forget(&world, &acme, &asset).await;
    put(&world, KEY, fixture("sample.png")).await;
    lose_events(&world);
    world.pass(2 * GRACE);
    let report = world.clean_up().await;
    assert_eq!((report.objects.repaired, report.objects.orphaned), (1, 0));
    assert_eq!(acme.list("").await.len(), 1);
    assert!(content(&world, KEY).await == fixture("sample.png"));
}

#[tokio::test]
async fn what_was_deleted_does_not_return_with_its_object() {
    let (world, acme) = quiet().await;
    neighbour(&world).await;
    let asset = acme.write("# Gone", json!({})).await;
    assert_eq!(acme.delete(&path(&asset)).await.status, 204);
    put(&world, asset["storage_key"].as_str().unwrap(), "# Gone").await;
    world.deliver().await;
    world.clean_up().await;
    assert!(acme.list("").await.is_empty());
    let deletion = world.store().deletion(&acme.workspace, id(&asset["id"])).await.unwrap();
    assert_eq!(deletion.unwrap().deleted_because, DeletionReason::Deleted);
}

#[tokio::test]
async fn an_object_that_returns_while_its_record_is_being_forgotten_is_not_deleted() {
    for nth in 0.. {
        let (world, acme) = quiet().await;
        neighbour(&world).await;
        let asset = acme.write("# Back", json!({})).await;
        remove(&world, &asset).await;
        world.clean_up().await;
        world.pass(GRACE);
        let done = world.wire.crash_at(nth, When::After, world.clean_up()).await;
        let key = asset["storage_key"].as_str().unwrap();
        put(&world, key, "# Back").await;
        lose_events(&world);
        world.pass(GRACE);
        world.clean_up().await;
        assert_eq!(acme.list("").await, [id(&asset["id"])], "{nth}");
        assert_eq!(content(&world, key).await, b"# Back");
        if done.is_some() {
            break;
        }
    }
}
