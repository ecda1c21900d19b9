//! Buckets with versioning: what is overwritten or deleted is kept, found by its name, and brought back.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, ObjectIdentifier, VersioningConfiguration,
};

use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(
    overwritten,
    deleted_and_back,
    removed_for_good,
    listed,
    many_at_once,
    without_versioning,
    forgotten
);

async fn versioned(server: &Server) {
    let enabled =
        VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let set = server.client.put_bucket_versioning().bucket(BUCKET);
    set.versioning_configuration(enabled).send().await.unwrap();
    let told = server.client.get_bucket_versioning().bucket(BUCKET).send().await.unwrap();
    assert_eq!(told.status, Some(BucketVersioningStatus::Enabled));
}

/// Puts an object; its version's name.
async fn put(server: &Server, key: &str, body: &str) -> String {
    let body = ByteStream::from(body.as_bytes().to_vec());
    let put = server.client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
    put.version_id.unwrap()
}

async fn read(server: &Server, key: &str, version: &str) -> Vec<u8> {
    let get = server.client.get_object().bucket(BUCKET).key(key).version_id(version);
    get.send().await.unwrap().body.collect().await.unwrap().to_vec()
}

/// Deletes the key, or one version of it; the marker's or the version's name, and whether it is a marker.
async fn delete(server: &Server, key: &str, version: Option<&str>) -> (Option<String>, bool) {
    let delete = server.client.delete_object().bucket(BUCKET).key(key);
    let deleted = delete.set_version_id(version.map(str::to_owned)).send().await.unwrap();
    (deleted.version_id, deleted.delete_marker.unwrap_or_default())
}

async fn overwritten(server: Server) {
    versioned(&server).await;
    let [first, second] = [put(&server, "key", "one").await, put(&server, "key", "two").await];
    assert_ne!(first, second);
    assert_eq!(server.get("key").await, b"two");
    assert_eq!(read(&server, "key", &first).await, b"one");
    assert_eq!(read(&server, "key", &second).await, b"two");
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    assert_eq!(head.version_id, Some(second));
    let copy = server.client.copy_object().bucket(BUCKET).key("key");
    let copied = copy.copy_source(format!("{BUCKET}/key?versionId={first}")).send().await.unwrap();
    assert!(copied.version_id.is_some());
    assert_eq!(server.get("key").await, b"one", "an old version is had back by a copy");
    let never = server.client.get_object().bucket(BUCKET).key("key").version_id("never");
    assert_eq!(refusal(never.send().await), (404, "NoSuchVersion".to_owned()));
}

async fn deleted_and_back(server: Server) {
    versioned(&server).await;
    let first = put(&server, "key", "one").await;
    server.take_events();
    let (marker, is_marker) = delete(&server, "key", None).await;
    assert!(is_marker);
    let gone = server.client.get_object().bucket(BUCKET).key("key").send().await;
    assert_eq!(refusal(gone), (404, "NoSuchKey".to_owned()));
    assert!(server.keys().await.is_empty());
    assert_eq!(read(&server, "key", &first).await, b"one");
    let of_marker = server.client.get_object().bucket(BUCKET).key("key");
    let of_marker = of_marker.version_id(marker.clone().unwrap()).send().await;
    assert_eq!(refusal(of_marker), (405, "MethodNotAllowed".to_owned()));
    assert_eq!(delete(&server, "key", marker.as_deref()).await, (marker, true));
    assert_eq!(server.get("key").await, b"one", "without its marker it is there again");
    let names: Vec<_> = server.take_event_names().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ObjectRemoved:DeleteMarkerCreated", "ObjectRemoved:Delete"]);
}

async fn removed_for_good(server: Server) {
    versioned(&server).await;
    let [first, second] = [put(&server, "key", "one").await, put(&server, "key", "two").await];
    assert_eq!(delete(&server, "key", Some(&second)).await, (Some(second.clone()), false));
    assert_eq!(server.get("key").await, b"one", "the one before is shown again");
    assert_eq!(delete(&server, "key", Some(&second)).await, (Some(second), false), "as before");
    delete(&server, "key", Some(&first)).await;
    let listed = server.client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert!(listed.versions().is_empty() && listed.delete_markers().is_empty());
    if server.is_on_disk() {
        assert!(server.files("blobs").is_empty(), "no byte is left");
    }
}

async fn listed(server: Server) {
    versioned(&server).await;
    let mut expected = Vec::new();
    for key in ["a", "b", "c"] {
        let mut names = Vec::new();
        for body in ["one", "two"] {
            names.push((key.to_owned(), put(&server, key, body).await));
        }
        let (marker, _) = delete(&server, key, None).await;
        names.push((key.to_owned(), marker.unwrap()));
        expected.extend(names.into_iter().rev());
    }
    for size in [1, 2, 3, 4, 100] {
        let mut seen = Vec::new();
        let (mut key, mut version) = (None, None);
        loop {
            let list = server.client.list_object_versions().bucket(BUCKET).max_keys(size);
            let page = list.set_key_marker(key).set_version_id_marker(version);
            let page = page.send().await.unwrap();
            let mut names: Vec<_> = Vec::new();
            for object in page.versions() {
                names.push((object.key.clone().unwrap(), object.version_id.clone().unwrap()));
                assert_eq!(object.is_latest, Some(false));
            }
            for marker in page.delete_markers() {
                names.push((marker.key.clone().unwrap(), marker.version_id.clone().unwrap()));
                assert_eq!(marker.is_latest, Some(true));
            }
            assert!(names.len() <= usize::try_from(size).unwrap());
            seen.extend(names);
            if page.is_truncated != Some(true) {
                break;
            }
            (key, version) = (page.next_key_marker, page.next_version_id_marker);
        }
        let sorted = |names: &[(String, String)]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        assert_eq!(sorted(&seen), sorted(&expected), "pages of {size}");
    }
    let of_b = server.client.list_object_versions().bucket(BUCKET).prefix("b");
    assert_eq!(of_b.send().await.unwrap().versions().len(), 2);
}

async fn many_at_once(server: Server) {
    versioned(&server).await;
    let first = put(&server, "key", "one").await;
    put(&server, "key", "two").await;
    let named = ObjectIdentifier::builder().key("key").version_id(&first).build().unwrap();
    let shown = ObjectIdentifier::builder().key("key").build().unwrap();
    let all = Delete::builder().objects(named).objects(shown).build().unwrap();
    let deleted = server.client.delete_objects().bucket(BUCKET).delete(all).send().await.unwrap();
    let [named, shown] = deleted.deleted() else { panic!("two: {deleted:?}") };
    assert_eq!((named.version_id.as_deref(), named.delete_marker), (Some(&*first), None));
    assert_eq!((shown.version_id.as_deref(), shown.delete_marker), (None, Some(true)));
    let listed = server.client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!((listed.versions().len(), listed.delete_markers().len()), (1, 1));
}

async fn without_versioning(server: Server) {
    server.put("key", b"one").await;
    let listed = server.client.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert_eq!(listed.versions()[0].version_id.as_deref(), Some("null"));
    versioned(&server).await;
    put(&server, "key", "two").await;
    assert_eq!(read(&server, "key", "null").await, b"one", "what was there has no name");
    delete(&server, "key", Some("null")).await;
    assert_eq!(server.get("key").await, b"two");
}

async fn forgotten(server: Server) {
    versioned(&server).await;
    put(&server, "gone", "one").await;
    put(&server, "kept", "one").await;
    put(&server, "kept", "two").await;
    delete(&server, "gone", None).await;
    let count = async || {
        let listed = server.client.list_object_versions().bucket(BUCKET).send().await.unwrap();
        (listed.versions().len(), listed.delete_markers().len())
    };
    server.store.expire_versions(0).unwrap();
    assert_eq!(count().await, (3, 1), "nothing is that old");
    server.store.expire_versions(i64::MAX).unwrap();
    assert_eq!(count().await, (1, 0), "what is there stays");
    assert_eq!(server.get("kept").await, b"two");
}
