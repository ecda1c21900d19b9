//! Objects are copied, with or without their headers, and removed, alone or in batches.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, MetadataDirective, ObjectIdentifier};

use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(copies, deletes);

async fn copies(server: Server) {
    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("from/a b+c")
        .body(ByteStream::from_static(b"copied"));
    put.content_type("text/plain").metadata("title", "one").send().await.unwrap();
    let copy = || {
        server.client.copy_object().bucket(BUCKET).copy_source(format!("{BUCKET}/from/a%20b%2Bc"))
    };
    let copied = copy().key("to").send().await.unwrap();
    assert!(copied.copy_object_result.unwrap().e_tag.is_some());
    let got = server.client.get_object().bucket(BUCKET).key("to").send().await.unwrap();
    assert_eq!(got.content_type.as_deref(), Some("text/plain"));
    assert_eq!(got.metadata.unwrap()["title"], "one");
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"copied");
    let replace = copy().key("from/a b+c").metadata_directive(MetadataDirective::Replace);
    replace.content_type("image/png").metadata("title", "two").send().await.unwrap();
    let head = server.client.head_object().bucket(BUCKET).key("from/a b+c").send().await.unwrap();
    assert_eq!(head.content_type.as_deref(), Some("image/png"));
    assert_eq!(head.metadata.unwrap()["title"], "two");
    assert_eq!(server.get("from/a b+c").await, b"copied");
    assert_eq!(refusal(copy().key("from/a b+c").send().await), (400, "InvalidRequest".into()));
    assert_eq!(refusal(copy().key("x").copy_source_if_match("\"no\"").send().await).0, 412);
    let missing = server
        .client
        .copy_object()
        .bucket(BUCKET)
        .key("x")
        .copy_source(format!("{BUCKET}/missing"));
    assert_eq!(refusal(missing.send().await), (404, "NoSuchKey".into()));
}

async fn deletes(server: Server) {
    for key in ["a", "b & <c>", " d", "e"] {
        server.put(key, b"x").await;
    }
    server.client.delete_object().bucket(BUCKET).key("e").send().await.unwrap();
    server.client.delete_object().bucket(BUCKET).key("never there").send().await.unwrap();
    let keys = ["a", "b & <c>", " d", "never there"];
    let objects = keys.map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(objects.to_vec())).build().unwrap();
    let deleted =
        server.client.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    let mut named: Vec<_> = deleted.deleted().iter().filter_map(|deleted| deleted.key()).collect();
    named.sort_unstable();
    assert_eq!(named, [" d", "a", "b & <c>", "never there"]);
    assert!(deleted.errors().is_empty());
    assert!(server.keys().await.is_empty());
    if server.is_on_disk() {
        assert!(server.files("blobs").is_empty());
    }
}
