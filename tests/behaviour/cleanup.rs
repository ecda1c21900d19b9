//! The schedule's work: deletes are finished, what is over goes, and nothing else does.

mod approved;
mod brake;
mod losses;
mod reconciling;
mod resuming;
mod returning;
mod unreadable;

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_s3::primitives::ByteStream;
use cleanup::Report;
use futures::future::join_all;
use futures::stream::{self, StreamExt};
use local::engines::{BUCKET, TABLE};
use model::due::Settings;
use model::store::keys;
use model::time::DAY;
use model::{Checksum, DeletionReason, Status};
use serde_json::{Value, json};
use tests::{Client, When, World, fixture, id};

const KEY: &str = "workspaces/acme/executions/run-7/hero.png";
const A_DAY: Duration = Duration::from_hours(24);
const A_MINUTE: Duration = Duration::from_mins(1);
/// How long what is amiss is left alone.
const GRACE: Duration = Duration::from_hours(8 * 24);

async fn quiet() -> (World, Client) {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    (world, acme)
}

/// An asset of another workspace, whose object stays: the bucket is the right one.
async fn neighbour(world: &World) {
    world.workspace("neighbour").await.write("# Kept", json!({})).await;
}

async fn put(world: &World, key: &str, bytes: impl Into<Vec<u8>>) {
    let put = world.s3().put_object().bucket(BUCKET).key(key);
    put.body(ByteStream::from(bytes.into())).send().await.unwrap();
}

async fn remove(world: &World, asset: &Value) {
    let key = asset["storage_key"].as_str().unwrap();
    world.s3().delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    lose_events(world);
}

/// What happened to objects, nobody ever hears of.
fn lose_events(world: &World) {
    drop(world.take_events());
}

fn cleaner(world: &World) -> cleanup::Deps {
    cleanup::Deps::new(&world.environment_of("cleanup")).unwrap()
}

fn path(asset: &Value) -> String {
    format!("/api/v1/assets/{}", asset["id"].as_str().unwrap())
}

/// An asset that a producer's upload under [`KEY`] became.
async fn direct(world: &World, acme: &Client) -> Value {
    put(world, KEY, fixture("sample.png")).await;
    world.deliver().await;
    let page = acme.get("/api/v1/assets?execution_id=run-7").await.expect(200);
    page["items"][0].clone()
}

/// A registered asset whose upload has not come.
async fn pending(acme: &Client, bytes: &[u8]) -> Value {
    let upload = json!({
        "file_name": "a.png",
        "content_type": "image/png",
        "checksum_sha256": Checksum::of(bytes).as_str(),
    });
    acme.create(json!({ "upload": upload })).await.expect(201)
}

async fn uploaded(world: &World, acme: &Client, bytes: Vec<u8>) -> Value {
    let created = pending(acme, &bytes).await;
    assert_eq!(acme.put(&created["upload"], bytes).await.status, 200);
    world.deliver().await;
    created["data"].clone()
}

/// Deletes the asset, unless the process dies at its `nth` request. `false`: it did.
async fn delete_until(
    world: &World,
    client: &Client,
    asset: &Value,
    nth: usize,
    when: When,
) -> bool {
    // From here on the function knows the key.
    let unknown = model::AssetId::generate(world.now());
    assert_eq!(client.delete(&format!("/api/v1/assets/{unknown}")).await.status, 404);
    world.wire.crash_at(nth, when, client.delete(&path(asset))).await.is_some()
}

/// What an object holds.
async fn content(world: &World, key: &str) -> Vec<u8> {
    let object = world.s3().get_object().bucket(BUCKET).key(key).send().await.unwrap();
    object.body.collect().await.unwrap().to_vec()
}

/// Whether nothing is left of the asset but the event that says so.
async fn is_gone(world: &World, acme: &Client, asset: &Value) -> bool {
    let (workspace, id) = (&acme.workspace, id(&asset["id"]));
    let found = world.store().find(workspace, id).await.unwrap();
    let deleted = world.store().deletion(workspace, id).await.unwrap().is_some();
    let key = asset["storage_key"].as_str().unwrap_or_default();
    let object = world.objects().head(key).await.unwrap();
    assert_eq!(found.is_none(), deleted, "a record, or the event that it is gone");
    found.is_none() && object.is_none() && acme.get(&path(asset)).await.status == 404
}

async fn reports(world: &World) -> Vec<Value> {
    let s3 = world.s3();
    let list = s3.list_objects_v2().bucket(BUCKET).prefix("reports/").send().await.unwrap();
    let reads = list.contents.unwrap_or_default().into_iter().map(async |object| {
        let key = object.key.unwrap();
        assert!(key.starts_with("reports/cleanup/"), "{key}");
        let report = s3.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        serde_json::from_slice(&report.body.collect().await.unwrap().to_vec()).unwrap()
    });
    join_all(reads).await
}

async fn items(world: &World) -> Vec<String> {
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let items = world.engines.dynamodb(http).scan().table_name(TABLE).send().await.unwrap().items;
    let text = |value: &AttributeValue| value.as_s().unwrap().clone();
    let names = items
        .unwrap()
        .into_iter()
        .map(|item| format!("{} {}", text(&item["pk"]), text(&item["sk"])));
    // Keys of callers and checkpoints are there whatever is done.
    let mut names: Vec<_> = names
        .filter(|name| name.contains("#a#") || name.contains("#c#") || name.contains("#o#"))
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_delete_killed_at_any_request_is_finished() {
    for when in [When::Before, When::After] {
        for nth in 0.. {
            let (world, acme) = quiet().await;
            let assets = [
                acme.write("# Hello", json!({})).await,
                uploaded(&world, &acme, fixture("sample.png")).await,
                direct(&world, &acme).await,
            ];
            let mut killed = false;
            for asset in &assets {
                killed |= !delete_until(&world, &acme, asset, nth, when).await;
                if (nth, when) != (0, When::Before) {
                    assert_eq!(
                        acme.get(&path(asset)).await.status,
                        404,
                        "gone from the first write on"
                    );
                    assert!(!acme.list("").await.contains(&id(&asset["id"])));
                }
            }
            let report = world.clean_up().await;
            for asset in &assets {
                if (nth, when) == (0, When::Before) {
                    assert_eq!(acme.delete(&path(asset)).await.status, 204);
                }
                assert!(is_gone(&world, &acme, asset).await, "{when:?} {nth}");
            }
            assert_eq!(report.due.failed, 0);
            assert!(items(&world).await.iter().all(|name| name.ends_with("h#deleted")));
            assert!(world.object_keys().await.is_empty());
            if !killed {
                assert_eq!(report.due.resumed, 0);
                break;
            }
        }
    }
}

#[tokio::test]
async fn an_upload_that_never_comes_is_given_up_after_a_day() {
    let (world, acme) = quiet().await;
    let asset = pending(&acme, b"never").await["data"].clone();
    world.pass(A_DAY.checked_sub(A_MINUTE).unwrap());
    assert_eq!(world.clean_up().await.due.abandoned, 0);
    assert_eq!(acme.get(&path(&asset)).await.expect(200)["data"]["upload_status"], "pending");
    world.pass(A_MINUTE);
    assert_eq!(world.clean_up().await.due.abandoned, 1);
    assert!(is_gone(&world, &acme, &asset).await);
    // And its checksum may be registered anew.
    assert_ne!(pending(&acme, b"never").await["data"]["id"], asset["id"]);
}

#[tokio::test]
async fn an_upload_whose_event_was_lost_is_completed_instead() {
    let (world, acme) = quiet().await;
    let created = pending(&acme, &fixture("sample.png")).await;
    assert_eq!(acme.put(&created["upload"], fixture("sample.png")).await.status, 200);
    lose_events(&world);
    world.pass(A_DAY);
    let report = world.clean_up().await;
    assert_eq!((report.due.completed, report.due.abandoned), (1, 0));
    let asset = acme.get(&path(&created["data"])).await.expect(200)["data"].clone();
    assert_eq!((&asset["upload_status"], &asset["width"]), (&json!("complete"), &json!(320)));
    assert_eq!(acme.list("").await, [id(&asset["id"])]);
}

#[tokio::test]
async fn an_upload_after_its_asset_was_given_up_is_an_asset_after_all() {
    for by_event in [true, false] {
        let (world, acme) = quiet().await;
        let created = pending(&acme, b"late").await;
        world.pass(A_DAY);
        assert_eq!(world.clean_up().await.due.abandoned, 1);
        put(&world, created["data"]["storage_key"].as_str().unwrap(), "late").await;
        if by_event {
            world.deliver().await;
        }
        world.pass(2 * GRACE);
        let report = world.clean_up().await;
        assert_eq!((report.objects.orphaned, report.objects.repaired), (0, usize::from(!by_event)));
        assert_eq!(acme.list("").await, [id(&created["data"]["id"])]);
    }
}

#[tokio::test]
async fn an_asset_goes_when_it_expires() {
    let (world, acme) = quiet().await;
    let at = world.now().plus(DAY);
    let asset = acme.write("# Hello", json!({ "expires_at": at })).await;
    let kept = acme.write("# Hello", json!({ "expires_at": at.plus(DAY) })).await;
    world.pass(A_DAY.checked_sub(A_MINUTE).unwrap());
    assert_eq!(world.clean_up().await.due.expired, 0);
    world.pass(A_MINUTE);
    assert_eq!(world.clean_up().await.due.expired, 1);
    assert!(is_gone(&world, &acme, &asset).await);
    assert_eq!(acme.list("").await, [id(&kept["id"])]);
    assert_eq!(content(&world, kept["storage_key"].as_str().unwrap()).await, b"# Hello");
}

#[tokio::test]
async fn retention_extended_after_the_index_was_read_counts() {
    let (world, acme) = quiet().await;
    let at = world.now().plus(DAY);
    let asset = acme.write("# Hello", json!({ "expires_at": at })).await;
    // The record as it is now, while the index still shows it as it was.
    let http = platform::aws::http_client(Some(&world.engines.dynamodb_url)).unwrap();
    let key = keys::asset(&acme.workspace, id(&asset["id"]));
    let update = world.engines.dynamodb(http).update_item().table_name(TABLE);
    let update = update
        .key("pk", AttributeValue::S(key.pk))
        .key("sk", AttributeValue::S(key.sk))
        .update_expression("SET expires_at = :later")
        .expression_attribute_values(":later", AttributeValue::S(at.plus(2 * DAY).to_string()));
    update.send().await.unwrap();
    world.pass(A_DAY);
    assert_eq!(world.clean_up().await.due.expired, 0);
    assert_eq!(acme.list("").await, [id(&asset["id"])]);
    world.pass(2 * A_DAY);
    assert_eq!(world.clean_up().await.due.expired, 1, "and is indexed anew");
    assert!(is_gone(&world, &acme, &asset).await);
}

#[tokio::test]
async fn an_asset_whose_retention_could_be_extended_is_never_removed() {
    let (world, acme) = quiet().await;
    let at = world.now().plus(DAY);
    let writes = (0..24).map(|_| acme.write("# Hello", json!({ "expires_at": at })));
    let assets = join_all(writes).await;
    world.pass(A_DAY);
    let store = world.store();
    let extensions = join_all(assets.iter().map(async |asset| {
        let found = store.find(&acme.workspace, id(&asset["id"])).await.unwrap();
        let Some(read) = found.filter(|record| record.deletion.is_none()) else {
            return false;
        };
        let mut next = read.clone();
        next.asset.expires_at = Some(at.plus(30 * DAY));
        store.replace(&acme.workspace, &read, &next, &Settings::default()).await.unwrap()
    }));
    let (_, extended) = tokio::join!(world.clean_up(), extensions);
    world.clean_up().await;
    for (asset, extended) in assets.iter().zip(extended) {
        assert_eq!(is_gone(&world, &acme, asset).await, !extended);
    }
}

fn keeps(days: u32) -> Settings {
    Settings { retention_days: [(Status::Draft, days)].into() }
}

async fn approve(world: &World, acme: &Client, asset: &Value) {
    let store = world.store();
    let read = store.get(&acme.workspace, id(&asset["id"])).await.unwrap();
    let mut next = read.clone();
    next.asset.status = Status::Approved;
    let settings = store.settings(&acme.workspace).await.unwrap();
    assert!(store.replace(&acme.workspace, &read, &next, &settings).await.unwrap());
}

#[tokio::test]
async fn a_workspaces_retention_is_by_status() {
    let (world, acme) = quiet().await;
    let globex = world.workspace("globex").await;
    world.store().set_settings(&acme.workspace, &keeps(3)).await.unwrap();
    let draft = acme.write("# Draft", json!({})).await;
    let producers = direct(&world, &acme).await;
    let approved = acme.write("# Approved", json!({})).await;
    approve(&world, &acme, &approved).await;
    let foreign = globex.write("# Draft", json!({})).await;
    world.pass((3 * A_DAY).checked_sub(A_MINUTE).unwrap());
    assert_eq!(world.clean_up().await.due.expired, 0);
    world.pass(A_MINUTE);
    assert_eq!(world.clean_up().await.due.expired, 2);
    assert!(is_gone(&world, &acme, &draft).await && is_gone(&world, &acme, &producers).await);
    assert_eq!(acme.list("").await, [id(&approved["id"])]);
    assert_eq!(globex.list("").await, [id(&foreign["id"])]);
}

#[tokio::test]
async fn retention_set_later_counts_for_what_is_there() {
    let (world, acme) = quiet().await;
    let assets = [acme.write("# Hello", json!({})).await, direct(&world, &acme).await];
    world.store().set_settings(&acme.workspace, &keeps(3)).await.unwrap();
    assert_eq!(world.clean_up().await.records.rescheduled, 2);
    assert_eq!(world.clean_up().await.records.rescheduled, 0);
    world.pass(2 * A_DAY);
    world.store().set_settings(&acme.workspace, &keeps(30)).await.unwrap();
    assert_eq!(world.clean_up().await.records.rescheduled, 2);
    world.pass(2 * A_DAY);
    assert_eq!(world.clean_up().await.due.expired, 0, "it was extended");
    world.store().set_settings(&acme.workspace, &keeps(1)).await.unwrap();
    assert_eq!(world.clean_up().await.records.rescheduled, 2);
    assert_eq!(world.clean_up().await.due.expired, 2);
    for asset in &assets {
        assert!(is_gone(&world, &acme, asset).await);
    }
}
