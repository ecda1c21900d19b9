//! Buckets come and go, and none of them answers strangers.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use super::on_every_store;
use super::server::{BUCKET, Server, client, refusal};

on_every_store!(buckets, strangers);

async fn buckets(server: Server) {
    let client = &server.client;
    client.create_bucket().bucket("second").send().await.unwrap();
    assert_eq!(refusal(client.create_bucket().bucket("second").send().await).0, 409);
    let elsewhere =
        CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1);
    client
        .create_bucket()
        .bucket("third")
        .create_bucket_configuration(elsewhere.build())
        .send()
        .await
        .unwrap();
    let listed = client.list_buckets().send().await.unwrap();
    let names: Vec<_> = listed.buckets().iter().filter_map(|bucket| bucket.name()).collect();
    assert_eq!(names, [BUCKET, "second", "third"]);
    client.head_bucket().bucket("second").send().await.unwrap();
    client.get_bucket_location().bucket("second").send().await.unwrap();
    server.put("key", b"x").await;
    assert_eq!(
        refusal(client.delete_bucket().bucket(BUCKET).send().await),
        (409, "BucketNotEmpty".into())
    );
    client.delete_bucket().bucket("second").send().await.unwrap();
    assert_eq!(refusal(client.head_bucket().bucket("second").send().await).0, 404);
    let nowhere = client
        .put_object()
        .bucket("second")
        .key("key")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await;
    assert_eq!(refusal(nowhere), (404, "NoSuchBucket".into()));
    let nowhere = client.list_objects_v2().bucket("second").send().await;
    assert_eq!(refusal(nowhere), (404, "NoSuchBucket".into()));
}

async fn strangers(server: Server) {
    let stranger = client(&server.address, "guessed");
    let put = stranger
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .body(ByteStream::from_static(b"x"))
        .send()
        .await;
    assert_eq!(refusal(put), (403, "SignatureDoesNotMatch".into()));
    let unsigned = reqwest::get(format!("http://{}/{BUCKET}/key", server.address)).await.unwrap();
    assert_eq!(unsigned.status(), 403);
    assert!(server.keys().await.is_empty());
}
