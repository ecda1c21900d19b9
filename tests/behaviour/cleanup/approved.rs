//! What was approved outlives what is newer, what is over, and what is lost.

use model::time::DAY;

use super::*;

/// An approved text, whose path it is.
async fn approved(acme: &Client, content: &str) -> String {
    let path = path(&acme.write(content, json!({})).await);
    approve_current(acme, &path).await;
    path
}

async fn approve_current(acme: &Client, path: &str) {
    for step in ["submit", "approve"] {
        acme.post(&format!("{path}/{step}"), json!({})).await.expect(200);
    }
}

async fn add(acme: &Client, path: &str, content: &str) -> Value {
    let added = acme.post(&format!("{path}/versions"), json!({ "content": content })).await;
    added.expect(201)["data"].clone()
}

/// Status, version and approved version.
async fn state(acme: &Client, path: &str) -> (String, u64, Option<u64>) {
    let asset = acme.get(path).await.expect(200)["data"].clone();
    let number = |name: &str| asset[name].as_u64();
    let status = asset["status"].as_str().unwrap().to_owned();
    (status, number("version").unwrap(), number("approved_version"))
}

/// The bytes that consumers read: what a link to the approved version leads to. Not by the link itself,
/// since S3's clock does not pass with the world's.
async fn consumed(world: &World, acme: &Client, path: &str) -> Vec<u8> {
    let link = acme.get(&format!("{path}/signed-url?version=approved")).await.expect(200);
    let url = link["data"]["url"].as_str().unwrap();
    let key = &url[url.find("workspaces/").unwrap()..url.find('?').unwrap()];
    content(world, key).await
}

async fn keep_unapproved_for(world: &World, acme: &Client, days: u32) {
    let days = [(Status::Draft, days), (Status::PendingReview, days)].into();
    world.store().set_settings(&acme.workspace, &Settings { retention_days: days }).await.unwrap();
}

#[tokio::test]
async fn only_what_is_newer_than_the_approved_version_ages() {
    for submitted in [false, true] {
        let (world, acme) = quiet().await;
        keep_unapproved_for(&world, &acme, 30).await;
        let path = approved(&acme, "approved").await;
        let newer = [add(&acme, &path, "second").await, add(&acme, &path, "third").await];
        if submitted {
            acme.post(&format!("{path}/submit"), json!({})).await.expect(200);
        }
        world.pass(29 * A_DAY);
        world.pass(Duration::from_mins(23 * 60 + 59));
        assert_eq!(world.clean_up().await.due.retired, 0);
        world.pass(A_MINUTE);
        let report = world.clean_up().await;
        assert_eq!((report.due.retired, report.due.expired, report.due.failed), (1, 0, 0));
        assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)));
        assert_eq!(consumed(&world, &acme, &path).await, b"approved");
        assert_eq!(acme.list("approved=true&status=approved").await.len(), 1);
        let versions = acme.get(&format!("{path}/versions")).await.expect(200);
        for (at, version) in newer.iter().rev().enumerate() {
            let key = version["storage_key"].as_str().unwrap();
            assert!(world.objects().head(key).await.unwrap().is_none(), "the file of {version}");
            let told = &versions["items"][at];
            assert_eq!(told["version"], version["version"]);
            assert!(told["removed_at"].is_string() && told["upload_status"] == "missing");
        }
        let history = acme.get(&format!("{path}/history")).await.expect(200);
        let last = &history["items"][0];
        assert_eq!(
            (&last["action"], &last["actor"]["name"]),
            (&json!("fall_back"), &json!("store"))
        );
        // And it is quiet from then on, though years pass.
        for _ in 0..3 {
            world.pass(365 * A_DAY);
            let due = world.clean_up().await.due;
            assert_eq!((due.retired, due.expired, due.failed), (0, 0, 0));
        }
        assert_eq!(consumed(&world, &acme, &path).await, b"approved");
    }
}

#[tokio::test]
async fn a_removed_version_neither_comes_back_nor_gives_up_its_number() {
    let (world, acme) = quiet().await;
    keep_unapproved_for(&world, &acme, 30).await;
    let path = approved(&acme, "approved").await;
    let second = add(&acme, &path, "second").await;
    world.pass(30 * A_DAY);
    world.clean_up().await;
    let refused = acme.post(&format!("{path}/rollback"), json!({ "version": 2 })).await;
    assert_eq!((refused.status, refused.code()), (409, "no_object"));
    let key = second["storage_key"].as_str().unwrap();
    put(&world, key, "second").await;
    world.deliver().await;
    assert_eq!(world.clean_up().await.objects.orphans, [key]);
    assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)));
    assert_eq!(add(&acme, &path, "third").await["version"], 3);
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 3, Some(1)));
}

#[tokio::test]
async fn an_asset_that_was_rolled_back_behind_its_approved_version_returns_to_it() {
    let (world, acme) = quiet().await;
    keep_unapproved_for(&world, &acme, 30).await;
    let path = path(&acme.write("first", json!({})).await);
    add(&acme, &path, "second").await;
    approve_current(&acme, &path).await;
    add(&acme, &path, "third").await;
    acme.post(&format!("{path}/rollback"), json!({ "version": 1 })).await.expect(200);
    world.pass(30 * A_DAY);
    assert_eq!(world.clean_up().await.due.retired, 1);
    assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 2, Some(2)));
    assert_eq!(world.object_keys().await.len(), 2, "the first stays, the third is gone");
}

#[tokio::test]
async fn a_version_that_is_still_to_come_is_waited_for() {
    let (world, acme) = quiet().await;
    keep_unapproved_for(&world, &acme, 30).await;
    let path = approved(&acme, "approved").await;
    add(&acme, &path, "second").await;
    world.pass(30 * A_DAY);
    let upload = json!({ "file_name": "c.bin", "content_type": "application/octet-stream" });
    let pending = acme.post(&format!("{path}/versions"), json!({ "upload": upload })).await;
    let pending = pending.expect(201)["data"].clone();
    assert_eq!(world.clean_up().await.due.retired, 1);
    put(&world, pending["storage_key"].as_str().unwrap(), "third").await;
    world.deliver().await;
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 3, Some(1)));
}

#[tokio::test]
async fn a_retirement_killed_after_any_request_is_finished() {
    for nth in 0.. {
        let (world, acme) = quiet().await;
        keep_unapproved_for(&world, &acme, 30).await;
        let path = approved(&acme, "approved").await;
        add(&acme, &path, "second").await;
        world.pass(30 * A_DAY);
        let done = world.wire.crash_at(nth, When::After, world.clean_up()).await;
        assert_eq!(consumed(&world, &acme, &path).await, b"approved", "{nth}");
        world.clean_up().await;
        assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)), "{nth}");
        assert_eq!(world.object_keys().await.len(), 1, "{nth}");
        if done.is_some() {
            break;
        }
    }
}

#[tokio::test]
async fn more_newer_versions_than_one_transaction_holds_all_go() {
    let (world, acme) = quiet().await;
    keep_unapproved_for(&world, &acme, 30).await;
    let path = approved(&acme, "approved").await;
    for number in 0..101 {
        add(&acme, &path, &format!("newer {number}")).await;
    }
    world.pass(30 * A_DAY);
    assert_eq!(world.clean_up().await.due.retired, 1);
    assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)));
    assert_eq!(world.object_keys().await.len(), 1);
}

#[tokio::test]
async fn an_asset_whose_newer_version_is_lost_returns_to_the_approved_one() {
    let (world, acme) = quiet().await;
    let path = approved(&acme, "approved").await;
    let second = add(&acme, &path, "second").await;
    neighbour(&world).await;
    remove(&world, &second).await;
    assert_eq!(world.clean_up().await.records.missing, 1);
    assert_eq!(consumed(&world, &acme, &path).await, b"approved", "meanwhile, too");
    world.pass(GRACE);
    let due = world.clean_up().await.due;
    assert_eq!((due.fell_back, due.forgotten), (1, 0));
    assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)));
    assert_eq!(acme.list("").await.len(), 1);
    // And where it is back, it is what it was.
    put(&world, second["storage_key"].as_str().unwrap(), "second").await;
    world.deliver().await;
    assert_eq!(state(&acme, &path).await, ("draft".to_owned(), 2, Some(1)));
}

#[tokio::test]
async fn an_approved_file_that_is_lost_is_waited_for_for_ever() {
    let (world, acme) = quiet().await;
    let path = approved(&acme, "approved").await;
    neighbour(&world).await;
    let asset = acme.get(&path).await.expect(200)["data"].clone();
    remove(&world, &asset).await;
    world.clean_up().await;
    for _ in 0..3 {
        world.pass(365 * A_DAY);
        assert_eq!(world.clean_up().await.due.forgotten, 0);
    }
    assert_eq!(acme.get(&path).await.expect(200)["data"]["upload_status"], "missing");
    put(&world, asset["storage_key"].as_str().unwrap(), "approved").await;
    world.clean_up().await;
    assert_eq!(state(&acme, &path).await, ("approved".to_owned(), 1, Some(1)));
    assert_eq!(consumed(&world, &acme, &path).await, b"approved");
}

#[tokio::test]
async fn an_approved_asset_that_its_producer_overwrites_stays_on_record_until_it_is_deleted() {
    let (world, acme) = quiet().await;
    let asset = direct(&world, &acme).await;
    let path = path(&asset);
    approve_current(&acme, &path).await;
    put(&world, KEY, fixture("sample.gif")).await;
    world.deliver().await;
    let [new] = acme.list("").await.try_into().unwrap();
    assert_ne!(new, id(&asset["id"]));
    let old = acme.get(&path).await.expect(200)["data"].clone();
    assert_eq!((&old["upload_status"], &old["approved_version"]), (&json!("missing"), &json!(1)));
    world.pass(365 * A_DAY);
    world.clean_up().await;
    assert_eq!(acme.get(&format!("{path}/history")).await.status, 200);
    assert_eq!(acme.delete(&format!("{path}?force=true")).await.status, 204);
    assert_eq!(acme.get(&path).await.status, 404);
    let report = world.clean_up().await;
    assert_eq!((report.due.resumed, report.due.failed), (0, 0), "the delete is done");
    assert!(content(&world, KEY).await == fixture("sample.gif"), "the new bytes stay");
}

#[tokio::test]
async fn other_bytes_in_the_place_of_what_was_approved_are_not_handed_out() {
    for (heard, newer) in [(true, false), (false, false), (true, true), (false, true)] {
        let (world, acme) = quiet().await;
        let path = approved(&acme, "approved").await;
        neighbour(&world).await;
        let key = acme.get(&path).await.expect(200)["data"]["storage_key"].clone();
        if newer {
            add(&acme, &path, "second").await;
        }
        drop(world.take_events());
        for (bytes, whole) in [("other", false), ("another", false), ("approved", true)] {
            put(&world, key.as_str().unwrap(), bytes).await;
            if heard {
                world.deliver().await;
            } else {
                drop(world.take_events());
                world.clean_up().await;
            }
            let link = acme.get(&format!("{path}/signed-url?version=approved")).await;
            let expected = if whole { (200, "") } else { (409, "no_object") };
            assert_eq!((link.status, link.code()), expected, "{heard} {newer} {bytes}");
        }
        assert_eq!(consumed(&world, &acme, &path).await, b"approved");
    }
}

#[tokio::test]
async fn what_is_set_for_the_asset_itself_still_counts() {
    let (world, acme) = quiet().await;
    let at = world.now().plus(DAY);
    let path = path(&acme.write("approved", json!({ "expires_at": at })).await);
    approve_current(&acme, &path).await;
    add(&acme, &path, "second").await;
    world.pass(A_DAY);
    assert_eq!(world.clean_up().await.due.expired, 1);
    assert_eq!(acme.get(&path).await.status, 404);
}
