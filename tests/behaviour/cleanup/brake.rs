//! A bucket that is empty, another, or has lost too much: nothing changes until an operator says so.

use model::brake::Why;

use super::*;

/// A dozen texts, of which the first is approved; their ids.
async fn dozen(acme: &Client) -> Vec<String> {
    let writes = (0..12)
        .map(async |n| acme.write(&format!("# {n}"), json!({ "title": n.to_string() })).await);
    let assets = join_all(writes).await;
    for step in ["submit", "approve"] {
        acme.post(&format!("{}/{step}", path(&assets[0])), json!({})).await.expect(200);
    }
    assets.iter().map(|asset| asset["id"].as_str().unwrap().to_owned()).collect()
}

/// All is as it was: the records with their reviews, and the files.
async fn assert_whole(world: &World, acme: &Client, ids: &[String]) {
    assert_eq!(acme.list("").await.len(), ids.len());
    for (n, id) in ids.iter().enumerate() {
        let asset = acme.get(&format!("/api/v1/assets/{id}")).await.expect(200)["data"].clone();
        assert_eq!(asset["title"], n.to_string());
        assert_eq!(asset["status"], if n == 0 { "approved" } else { "draft" });
        let key = asset["storage_key"].as_str().unwrap();
        assert_eq!(content(world, key).await, format!("# {n}").into_bytes());
    }
    let history = acme.get(&format!("/api/v1/assets/{}/history", ids[0])).await.expect(200);
    assert_eq!(history["items"][0]["action"], "approve");
}

fn why(report: &Report) -> Option<Why> {
    report.brake.as_ref().map(|stop| stop.why)
}

/// Removes the objects of `ids`, of which nobody hears.
async fn lose(world: &World, acme: &Client, ids: &[String]) {
    for id in ids {
        let asset = acme.get(&format!("/api/v1/assets/{id}")).await.expect(200)["data"].clone();
        remove(world, &asset).await;
    }
}

/// Puts them back as they were.
async fn put_back(world: &World, acme: &Client, ids: &[String]) {
    for (n, id) in ids.iter().enumerate() {
        let asset = acme.get(&format!("/api/v1/assets/{id}")).await.expect(200)["data"].clone();
        put(world, asset["storage_key"].as_str().unwrap(), format!("# {n}")).await;
    }
    lose_events(world);
}

#[tokio::test]
async fn an_empty_bucket_takes_nothing_with_it() {
    let (world, acme) = quiet().await;
    let ids = dozen(&acme).await;
    for day in 0..9 {
        let report = world.clean_up_with("empty").await;
        assert_eq!(why(&report), Some(Why::NothingIsThere), "day {day}");
        let stop = report.brake.unwrap();
        assert_eq!((stop.lost, stop.of, stop.counted), (12, 12, true));
        assert_eq!((report.records.lost, report.records.missing), (12, 0));
        assert_whole(&world, &acme, &ids).await;
        world.pass(A_DAY);
    }
    assert_eq!(why(&world.clean_up().await), None, "the right bucket is back");
    assert_whole(&world, &acme, &ids).await;
}

#[tokio::test]
async fn another_bucket_makes_no_assets_and_loses_none() {
    let (world, acme) = quiet().await;
    let ids = dozen(&acme).await;
    world.clean_up_with("another").await;
    for n in 0..3 {
        let key = format!("workspaces/acme/executions/e/{n}");
        let put = world.s3().put_object().bucket("another").key(key);
        put.body(ByteStream::from_static(b"foreign")).send().await.unwrap();
    }
    lose_events(&world);
    for _ in 0..3 {
        world.pass(5 * A_DAY);
        let report = world.clean_up_with("another").await;
        assert_eq!(why(&report), Some(Why::NothingIsThere));
        assert_eq!(report.objects.checked, 0, "nothing is adopted");
    }
    world.clean_up().await;
    assert_whole(&world, &acme, &ids).await;
}

#[tokio::test]
async fn the_brake_holds_what_else_is_due_until_the_bucket_is_back() {
    let (world, acme) = quiet().await;
    dozen(&acme).await;
    let asset = acme.write("# Over", json!({ "expires_at": world.now().plus(DAY) })).await;
    world.pass(A_DAY);
    assert_eq!(world.clean_up_with("empty").await.due.expired, 0);
    assert_eq!(world.clean_up().await.due.expired, 1);
    assert!(is_gone(&world, &acme, &asset).await);
}

#[tokio::test]
async fn more_lost_than_may_be_is_left_as_it_is_until_it_is_confirmed() {
    let (world, acme) = quiet().await;
    let ids = dozen(&acme).await;
    neighbour(&world).await;
    lose(&world, &acme, &ids[1..]).await;
    let report = world.clean_up().await;
    assert_eq!(why(&report), Some(Why::TooManyAreMissing));
    assert_eq!((report.records.lost, report.records.missing), (11, 0));
    world.pass(2 * GRACE);
    assert_eq!(why(&world.clean_up().await), Some(Why::TooManyAreMissing));
    assert_eq!(acme.list("").await.len(), 12);
    assert!(world.confirm().await);
    let report = world.clean_up().await;
    assert_eq!((why(&report), report.records.missing), (None, 11));
    assert_eq!(report.confirmed.unwrap().by.as_str(), "ann");
    assert_eq!(acme.list("").await.len(), 1);
    // What was confirmed is not asked for again when its grace period is over.
    world.pass(GRACE);
    let report = world.clean_up().await;
    assert_eq!((why(&report), report.due.forgotten), (None, 11));
}

#[tokio::test]
async fn a_confirmation_ends_and_is_of_what_was_seen() {
    let (world, acme) = quiet().await;
    assert!(!world.confirm().await, "there is nothing to confirm");
    let ids = dozen(&acme).await;
    neighbour(&world).await;
    lose(&world, &acme, &ids[1..]).await;
    world.clean_up().await;
    assert!(world.confirm().await);
    world.pass(A_DAY);
    let report = world.clean_up().await;
    assert_eq!((why(&report), report.records.missing), (Some(Why::TooManyAreMissing), 0));
    // Of another bucket it says nothing, nor of a loss that is larger.
    assert!(world.confirm().await);
    assert_eq!(why(&world.clean_up_with("empty").await), Some(Why::NothingIsThere));
    let more = (0..12).map(async |n| acme.write(&format!("more {n}"), json!({})).await);
    for asset in join_all(more).await {
        remove(&world, &asset).await;
    }
    let report = world.clean_up().await;
    assert_eq!((why(&report), report.records.missing), (Some(Why::TooManyAreMissing), 0));
    assert_eq!(report.brake.unwrap().lost, 23);
    assert_eq!(world.store().confirmations(10).await.unwrap().len(), 2, "both are on record");
}

#[tokio::test]
async fn the_brake_is_off_where_the_files_are_back() {
    let (world, acme) = quiet().await;
    let ids = dozen(&acme).await;
    neighbour(&world).await;
    lose(&world, &acme, &ids).await;
    assert_eq!(why(&world.clean_up().await), Some(Why::TooManyAreMissing));
    put_back(&world, &acme, &ids).await;
    assert_eq!(why(&world.clean_up().await), None);
    world.clean_up().await;
    assert_whole(&world, &acme, &ids).await;
}

#[tokio::test]
async fn a_storm_of_removals_takes_no_records_with_it() {
    for all in [true, false] {
        let (world, acme) = quiet().await;
        let ids = dozen(&acme).await;
        if !all {
            neighbour(&world).await;
        }
        for id in &ids {
            let asset = acme.get(&format!("/api/v1/assets/{id}")).await.expect(200);
            let key = asset["data"]["storage_key"].as_str().unwrap();
            world.s3().delete_object().bucket(BUCKET).key(key).send().await.unwrap();
        }
        world.deliver().await;
        assert!(acme.list("").await.is_empty(), "lists tell what is there");
        world.pass(GRACE);
        for _ in 0..3 {
            let report = world.clean_up().await;
            assert_eq!(why(&report), Some(Why::TooManyAreToBeForgotten), "{all}");
            assert_eq!((report.due.forgotten, report.brake.unwrap().lost), (0, 11));
            world.pass(30 * A_DAY);
        }
        put_back(&world, &acme, &ids).await;
        world.clean_up().await;
        world.clean_up().await;
        assert_whole(&world, &acme, &ids).await;
    }
}

#[tokio::test]
async fn the_last_objects_of_a_small_store_are_no_exception() {
    let (world, acme) = quiet().await;
    let asset = acme.write("# One", json!({})).await;
    let key = asset["storage_key"].as_str().unwrap();
    world.s3().delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    world.deliver().await;
    world.pass(GRACE);
    assert_eq!(why(&world.clean_up().await), Some(Why::TooManyAreToBeForgotten));
    assert!(world.confirm().await);
    assert_eq!(world.clean_up().await.due.forgotten, 1);
}

#[tokio::test]
async fn losses_below_the_limit_add_up_over_days() {
    let (world, acme) = quiet().await;
    let ids = dozen(&acme).await;
    neighbour(&world).await;
    let mut marked = 0;
    for ids in ids[1..].chunks(4) {
        lose(&world, &acme, ids).await;
        let report = world.clean_up().await;
        marked += report.records.missing;
        world.pass(A_DAY);
        if why(&report).is_some() {
            break;
        }
    }
    assert_eq!(marked, 8, "the third four are one too many");
}

#[tokio::test]
async fn a_walk_in_slices_counts_to_its_end_before_it_can_be_confirmed() {
    let (world, acme) = quiet().await;
    let writes = stream::iter(0..130).map(|_| acme.write("# Hello", json!({})));
    let assets: Vec<_> = writes.buffer_unordered(8).collect().await;
    for asset in assets.iter().skip(20) {
        remove(&world, asset).await;
    }
    let report = world.clean_up().await;
    let stop = report.brake.unwrap();
    assert_eq!((stop.lost, stop.of, stop.counted), (110, 130, true));
    assert!(report.records.missing <= 13, "what came before the limit");
    assert!(world.confirm().await);
    world.clean_up().await;
    assert_eq!(acme.list("limit=200").await.len(), 20);
}

#[tokio::test]
async fn the_right_bucket_is_known_by_what_was_missing_in_the_wrong_one() {
    let (world, acme) = quiet().await;
    let ids = dozen(&acme).await;
    world.clean_up_with("another").await;
    let put = world.s3().put_object().bucket("another").key("workspaces/acme/executions/e/1");
    put.body(ByteStream::from_static(b"foreign")).send().await.unwrap();
    lose_events(&world);
    assert!(world.confirm().await);
    world.clean_up_with("another").await;
    assert_eq!(acme.list("").await.len(), 1, "only what is in the wrong bucket");
    assert_eq!(why(&world.clean_up().await), None);
    let listed = acme.list("").await;
    assert!(
        ids.iter().all(|id| listed.iter().any(|found| found.to_string() == *id)),
        "all are back"
    );
}
