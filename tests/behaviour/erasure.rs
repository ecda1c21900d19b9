//! What a delete leaves in a bucket that keeps versions, and what others' deletes do.

use std::time::Duration;

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use model::UploadStatus;
use serde_json::{Value, json};
use tests::{Client, When, World, eventually, fixture, id};

/// The versions of objects, and the delete markers, below a prefix.
async fn kept(world: &World, prefix: &str) -> (usize, usize) {
    let list = world.s3().list_object_versions().bucket(local::engines::BUCKET).prefix(prefix);
    let listed = list.send().await.unwrap();
    (listed.versions().len(), listed.delete_markers().len())
}

async fn put(world: &World, key: &str, bytes: &[u8]) {
    let put = world.s3().put_object().bucket(local::engines::BUCKET).key(key);
    put.body(bytes.to_vec().into()).send().await.unwrap();
}

async fn remove(world: &World, key: &str) {
    let delete = world.s3().delete_object().bucket(local::engines::BUCKET).key(key);
    delete.send().await.unwrap();
}

fn key(asset: &Value) -> &str {
    asset["storage_key"].as_str().unwrap()
}

async fn delete(acme: &Client, asset: &Value) {
    acme.delete(&format!("/api/v1/assets/{}?force=true", id(&asset["id"]))).await.expect(204);
}

#[tokio::test]
async fn a_delete_leaves_no_byte_of_any_version() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("sample.png", fixture("sample.png")).await;
    let path = format!("/api/v1/assets/{}", id(&asset["id"]));
    acme.post(&format!("{path}/versions"), json!({ "content": "# Two" })).await.expect(201);
    // Others overwrite it, delete it, and put it back.
    put(&world, key(&asset), b"theirs").await;
    remove(&world, key(&asset)).await;
    put(&world, key(&asset), b"theirs again").await;
    assert_eq!(kept(&world, "workspaces/acme/").await, (4, 1));
    delete(&acme, &asset).await;
    assert_eq!(kept(&world, "workspaces/acme/").await, (0, 0));
}

#[tokio::test]
async fn a_delete_spares_what_begins_with_the_same_key() {
    let world = World::quiet().await.leaving_events();
    let acme = world.workspace("acme").await;
    let prefix = "workspaces/acme/executions/run/";
    for name in ["a", "a.png", "a/b", "ab"] {
        put(&world, &format!("{prefix}{name}"), name.as_bytes()).await;
    }
    world.deliver().await;
    let assets = acme.get("/api/v1/assets?execution_id=run").await.expect(200);
    let assets = assets["items"].as_array().unwrap();
    let a = assets.iter().find(|asset| key(asset).ends_with("/a")).unwrap();
    delete(&acme, a).await;
    assert_eq!(kept(&world, prefix).await, (3, 0));
}

#[tokio::test]
async fn a_delete_spares_a_newer_upload_under_a_producers_key() {
    let world = World::quiet().await;
    let acme = world.workspace("acme").await;
    let theirs = "workspaces/acme/executions/run/a.txt";
    for bytes in [&b"first"[..], b"second"] {
        put(&world, theirs, bytes).await;
        world.deliver().await;
    }
    let [asset] = &acme.list("execution_id=run").await[..] else { panic!("one asset") };
    put(&world, theirs, b"third").await;
    acme.delete(&format!("/api/v1/assets/{asset}")).await.expect(204);
    assert_eq!(kept(&world, theirs).await, (1, 0), "the first two are gone");
    world.deliver().await;
    let [newer] = &acme.list("execution_id=run").await[..] else { panic!("the third is an asset") };
    assert_ne!(newer, asset);
}

/// Wherever the delete stops, the key shows what was deleted, or nothing: never what that had overwritten.
#[tokio::test]
async fn older_bytes_never_come_to_light_while_a_delete_is_under_way() {
    for nth in 0..8 {
        let world = World::quiet().await.leaving_events();
        let acme = world.workspace("acme").await;
        // Its object stays: the bucket never is an empty one.
        acme.write("# Kept", json!({})).await;
        let theirs = "workspaces/acme/executions/run/a.txt";
        for bytes in [&b"first"[..], b"second", b"third"] {
            put(&world, theirs, bytes).await;
        }
        world.deliver().await;
        let [asset] = &acme.list("execution_id=run").await[..] else { panic!("one asset") };
        let path = format!("/api/v1/assets/{asset}");
        world.wire.crash_at(nth, When::After, acme.delete(&path)).await;
        let shown = world.s3().get_object().bucket(local::engines::BUCKET).key(theirs).send().await;
        if let Ok(shown) = shown {
            assert_eq!(
                shown.body.collect().await.unwrap().to_vec(),
                b"third",
                "after request {nth}"
            );
        }
        world.pass(Duration::from_hours(24 * 10));
        world.clean_up().await;
        let there = !acme.list("execution_id=run").await.is_empty();
        assert_eq!(
            kept(&world, theirs).await,
            (if there { 3 } else { 0 }, 0),
            "after request {nth}"
        );
    }
}

#[tokio::test]
async fn what_others_overwrite_or_delete_can_be_had_back() {
    let world = World::start().await;
    let acme = world.workspace("acme").await;
    let asset = acme.upload("sample.png", fixture("sample.png")).await;
    let path = format!("/api/v1/assets/{}", id(&asset["id"]));
    remove(&world, key(&asset)).await;
    let missing = async || {
        let status = acme.get(&path).await.json["data"]["upload_status"].clone();
        (status == json!(UploadStatus::Missing)).then_some(())
    };
    eventually(missing).await;
    // The marker is removed, as the operator's page says.
    let s3 = world.s3();
    let list = s3.list_object_versions().bucket(local::engines::BUCKET).prefix(key(&asset));
    let marker = list.send().await.unwrap().delete_markers()[0].version_id().unwrap().to_owned();
    let undo = s3.delete_object().bucket(local::engines::BUCKET).key(key(&asset));
    undo.version_id(marker).send().await.unwrap();
    world.clean_up().await;
    let id = asset["id"].as_str().unwrap();
    acme.complete(id).await;
    assert_eq!(acme.download(id).await.bytes, fixture("sample.png"));
}

/// A bucket beside the world's own, which keeps no versions.
async fn plain_bucket(world: &World) -> objects::Objects {
    world.s3().create_bucket().bucket("plain").send().await.unwrap();
    let url = Some(world.engines.s3_url.clone());
    let region = aws_sdk_s3::config::Region::from_static("us-east-1");
    let (keys, http) = (world.engines.credentials(), world.engines.client());
    objects::Objects::new("plain", url.clone(), url, true, region, keys, http)
}

#[tokio::test]
async fn a_bucket_without_versions_loses_what_is_deleted() {
    let world = World::quiet().await;
    let (plain, s3) = (plain_bucket(&world).await, world.s3());
    let key = "workspaces/acme/executions/run/a.txt";
    let put = s3.put_object().bucket("plain").key(key).body(b"text".to_vec().into());
    put.send().await.unwrap();
    plain.erase_all([key, "workspaces/acme/nothing"].map(str::to_owned)).await.unwrap();
    let left = s3.list_objects_v2().bucket("plain").send().await.unwrap();
    assert_eq!(left.key_count(), Some(0));
}

#[tokio::test]
async fn a_delete_finds_what_came_before_the_bucket_kept_versions() {
    let world = World::quiet().await;
    let (plain, s3) = (plain_bucket(&world).await, world.s3());
    let keys = ["one", "two"].map(|name| format!("workspaces/acme/executions/run/{name}"));
    let put = async |key: &str| {
        let put = s3.put_object().bucket("plain").key(key).body(b"text".to_vec().into());
        put.send().await.unwrap();
    };
    put(&keys[0]).await;
    put(&keys[1]).await;
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled);
    let enable = s3.put_bucket_versioning().bucket("plain");
    enable.versioning_configuration(enabled.build()).send().await.unwrap();
    put(&keys[1]).await;
    plain.erase_all(keys).await.unwrap();
    let left = s3.list_object_versions().bucket("plain").send().await.unwrap();
    assert_eq!((left.versions().len(), left.delete_markers().len()), (0, 0));
}
