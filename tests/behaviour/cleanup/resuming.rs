//! Runs that stop anywhere and go on.

use super::*;

#[tokio::test]
async fn a_run_without_time_does_nothing_and_loses_nothing() {
    let (world, acme) = quiet().await;
    let expired = acme.write("# Hello", json!({ "expires_at": world.now().plus(DAY) })).await;
    put(&world, KEY, fixture("sample.png")).await;
    lose_events(&world);
    world.pass(A_DAY);
    let report = cleanup::run(&cleaner(&world), Instant::now()).await.unwrap();
    assert_eq!((report.objects.checked, report.records.checked, report.due.expired), (0, 0, 0));
    assert!(!report.objects.finished && !report.records.finished);
    assert!(reports(&world).await.is_empty());
    let report = world.clean_up().await;
    assert_eq!((report.due.expired, report.objects.repaired), (1, 1));
    assert!(is_gone(&world, &acme, &expired).await);
}

#[tokio::test]
async fn walks_go_on_where_the_last_run_stopped() {
    let (world, acme) = quiet().await;
    let writes = stream::iter(0..120).map(|_| acme.write("# Hello", json!({})));
    let assets: Vec<_> = writes.buffer_unordered(8).collect().await;
    lose_events(&world);
    world.store().set_settings(&acme.workspace, &keeps(3)).await.unwrap();
    // Runs with ever more time, until one comes to the end of the records.
    let (mut checked, mut rescheduled, mut time) = (0, 0, Duration::ZERO);
    loop {
        let report = cleanup::run(&cleaner(&world), Instant::now() + time).await.unwrap();
        checked += report.records.checked;
        rescheduled += report.records.rescheduled;
        if report.records.finished {
            break;
        }
        time = (2 * time).max(Duration::from_millis(1));
    }
    assert_eq!((checked, rescheduled), (assets.len(), assets.len()), "each was looked at once");
    // Killed before the second slice, the next run looks at that alone.
    world.wire.take_usage();
    world.clean_up().await;
    let operations = world.wire.take_usage().operations;
    let second = operations.iter().rposition(|operation| operation == "Scan").unwrap();
    let killed = world.wire.crash_at(second, When::Before, world.clean_up()).await;
    assert!(killed.is_none());
    let rest = world.clean_up().await.records;
    assert_eq!((rest.checked, rest.finished), (20, true));
    assert_eq!(world.clean_up().await.records.checked, 120, "and begins anew");
}

#[tokio::test]
async fn the_walk_over_objects_goes_on_where_the_last_run_stopped() {
    let (world, _) = quiet().await;
    let keys = (0..1005).map(|n| format!("workspaces/acme/other/x/{n:04}"));
    let puts = stream::iter(keys).map(|key| {
        let world = &world;
        async move { put(world, &key, "x").await }
    });
    puts.buffer_unordered(16).collect::<Vec<_>>().await;
    world.wire.take_usage();
    assert_eq!(world.clean_up().await.objects.checked, 1005);
    let operations = world.wire.take_usage().operations;
    let second = operations.iter().rposition(|operation| operation == "GET").unwrap();
    let killed = world.wire.crash_at(second, When::Before, world.clean_up()).await;
    assert!(killed.is_none());
    let rest = world.clean_up().await.objects;
    assert_eq!((rest.checked, rest.finished), (5, true));
    assert_eq!(world.clean_up().await.objects.checked, 1005);
}

/// A world in which there is something of everything to do.
async fn untidy() -> (World, Client) {
    let (world, acme) = quiet().await;
    let globex = world.workspace("globex").await;
    let soon = world.now().plus(DAY);
    globex.write("# Kept", json!({})).await;
    globex.write("# Expires", json!({ "expires_at": soon })).await;
    pending(&globex, b"never").await;
    let half = uploaded(&world, &globex, b"half deleted".to_vec()).await;
    assert!(!delete_until(&world, &globex, &half, 1, When::Before).await);
    let orphan = globex.write("# Orphan", json!({})).await;
    assert_eq!(globex.delete(&path(&orphan)).await.status, 204);
    put(&world, orphan["storage_key"].as_str().unwrap(), "# Orphan").await;
    let removed = direct(&world, &acme).await;
    remove(&world, &removed).await;
    let lost = pending(&globex, b"lost").await;
    globex.put(&lost["upload"], b"lost".to_vec()).await;
    put(&world, "workspaces/acme/executions/run-8/lost.png", fixture("sample.png")).await;
    put(&world, "workspaces/acme/other/x/y", "whose?").await;
    lose_events(&world);
    world.pass(GRACE + A_MINUTE);
    (world, acme)
}

/// What is left: how many items and objects of which kind.
async fn left(world: &World, acme: &Client) -> Value {
    let globex = world.workspace("globex").await;
    let items = items(world).await;
    let count = |kind: &str| items.iter().filter(|name| name.contains(kind)).count();
    json!({
        "records": count(" asset"),
        "deletions": count("h#deleted"),
        "claims": count("#c#"),
        "pointers": count("#o#"),
        "objects": world.object_keys().await.len(),
        "listed": [acme.list("").await.len(), globex.list("").await.len()],
    })
}

#[tokio::test]
async fn a_cleanup_killed_after_any_write_ends_in_the_same_state_when_run_again() {
    let (world, acme) = untidy().await;
    world.wire.take_usage();
    let report = world.clean_up().await;
    let operations = world.wire.take_usage().operations;
    let done = (report.due.resumed, report.due.abandoned, report.due.completed, report.due.expired);
    assert_eq!(done, (1, 1, 1, 1));
    assert_eq!((report.objects.repaired, report.objects.removed), (1, 1));
    assert_eq!((report.objects.unexplained, report.records.missing), (1, 1));
    let expected = left(&world, &acme).await;
    // What only reads leaves nothing half done: to die there is to die after the write before.
    let reads = ["GET", "HEAD", "GetItem", "Query", "Scan"];
    let is_write = |nth: &usize| !reads.contains(&operations[*nth].as_str());
    let writes: Vec<_> = (0..operations.len()).filter(is_write).collect();
    assert!(writes.len() > 15, "{operations:?}");
    let kills = stream::iter(writes).map(|nth| async move {
        let (world, acme) = untidy().await;
        world.wire.crash_at(nth, When::After, world.clean_up()).await;
        world.clean_up().await;
        (nth, left(&world, &acme).await)
    });
    let mut kills = kills.buffered(2);
    while let Some((nth, left)) = kills.next().await {
        assert_eq!(left, expected, "killed after request {nth}");
    }
}

#[tokio::test]
async fn two_cleanups_at_once_do_no_harm() {
    let (world, acme) = untidy().await;
    world.clean_up().await;
    let expected = left(&world, &acme).await;
    let (world, acme) = untidy().await;
    let (one, two) = tokio::join!(world.clean_up(), world.clean_up());
    assert_eq!((one.due.failed, two.due.failed), (0, 0));
    assert_eq!((one.objects.failed, two.objects.failed), (0, 0));
    assert_eq!((one.records.failed, two.records.failed), (0, 0));
    assert_eq!(left(&world, &acme).await, expected);
    world.clean_up().await;
    assert_eq!(left(&world, &acme).await, expected);
}

#[tokio::test]
async fn a_tidy_store_is_reported_on_once() {
    let (world, acme) = quiet().await;
    acme.write("# Hello", json!({})).await;
    direct(&world, &acme).await;
    world.deliver().await;
    world.clean_up().await;
    assert!(reports(&world).await.is_empty(), "there is nothing to tell");
    put(&world, "workspaces/acme/executions/run-8/lost.png", fixture("sample.png")).await;
    lose_events(&world);
    let told: Report = world.clean_up().await;
    let kept = reports(&world).await;
    assert_eq!(kept, [serde_json::to_value(&told).unwrap()]);
    assert_eq!(kept[0]["objects"]["repaired"], 1);
    world.clean_up().await;
    assert_eq!(reports(&world).await.len(), 1);
}

#[tokio::test]
async fn what_a_producer_put_under_a_key_since_outlives_the_asset_before() {
    let (world, acme) = quiet().await;
    let asset = direct(&world, &acme).await;
    assert!(!delete_until(&world, &acme, &asset, 1, When::Before).await);
    put(&world, KEY, fixture("sample.gif")).await;
    lose_events(&world);
    let report = world.clean_up().await;
    assert_eq!((report.due.resumed, report.objects.repaired), (1, 1));
    let [new] = acme.list("").await.try_into().unwrap();
    assert_ne!(new, id(&asset["id"]));
    assert!(content(&world, KEY).await == fixture("sample.gif"));
}
