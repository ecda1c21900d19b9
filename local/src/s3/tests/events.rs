//! The outbox: what is said of objects, and until when.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::on_every_store;
use super::server::{BUCKET, LATER, QUEUE, Server, record};

on_every_store!(
    record_format,
    one_per_change,
    keys_are_encoded,
    sequencers_grow,
    redelivery,
    dead_letters,
    wake_up
);

async fn record_format(server: Server) {
    server.put("folder/a b.png", b"hello").await;
    let [event] = server.take_events().try_into().unwrap();
    let mut record = record(&event);
    let time = record["eventTime"].take();
    assert!(time.as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    assert_eq!(time.as_str().unwrap().len(), "2026-01-02T03:04:05.678Z".len());
    assert_eq!(
        record,
        json!({
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": null,
            "eventName": "ObjectCreated:Put",
            "userIdentity": { "principalId": "AWS:LOCAL" },
            "requestParameters": { "sourceIPAddress": "127.0.0.1" },
            "responseElements": { "x-amz-request-id": "0000000000000001", "x-amz-id-2": "local/1" },
            "s3": {
                "s3SchemaVersion": "1.0",
                "configurationId": "local",
                "bucket": {
                    "name": BUCKET,
                    "ownerIdentity": { "principalId": "LOCAL" },
                    "arn": "arn:aws:s3:::assets",
                },
                "object": {
                    "key": "folder/a+b.png",
                    "size": 5,
                    "eTag": "5d41402abc4b2a76b9719d911017c592",
                    "sequencer": "000000000000000001",
                },
            },
        })
    );
}

async fn one_per_change(server: Server) {
    let client = &server.client;
    server.put("key", b"one").await;
    server.put("key", b"two").await;
    client
        .copy_object()
        .bucket(BUCKET)
        .key("copy")
        .copy_source(format!("{BUCKET}/key"))
        .send()
        .await
        .unwrap();
    client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    client.delete_object().bucket(BUCKET).key("key").send().await.unwrap();
    client.delete_object().bucket(BUCKET).key("never there").send().await.unwrap();
    let names = server.take_event_names();
    let names: Vec<_> = names.iter().map(|(name, key)| (name.as_str(), key.as_str())).collect();
    assert_eq!(
        names,
        [
            ("ObjectCreated:Put", "key"),
            ("ObjectCreated:Put", "key"),
            ("ObjectCreated:Copy", "copy"),
            ("ObjectRemoved:Delete", "key"),
        ]
    );
}

async fn keys_are_encoded(server: Server) {
    for (key, encoded) in [
        ("plain/key-1_2.3*", "plain/key-1_2.3*"),
        ("a b+c", "a+b%2Bc"),
        ("50%&=?", "50%25%26%3D%3F"),
        ("ü/🚀", "%C3%BC/%F0%9F%9A%80"),
        ("(1)~'!", "%281%29%7E%27%21"),
    ] {
        server.put(key, b"x").await;
        assert_eq!(
            server.take_event_names(),
            [("ObjectCreated:Put".to_owned(), encoded.to_owned())]
        );
    }
}

async fn sequencers_grow(server: Server) {
    let mut last = String::new();
    for _ in 0..20 {
        server.put("key", b"x").await;
        let [event] = server.take_events().try_into().unwrap();
        let sequencer = record(&event)["s3"]["object"]["sequencer"].as_str().unwrap().to_owned();
        assert!(sequencer > last && sequencer.len() == 18);
        last = sequencer;
    }
}

async fn redelivery(server: Server) {
    for key in ["a", "b", "c"] {
        server.put(key, b"x").await;
    }
    let store = &server.store;
    let now = LATER;
    let first = store.receive(QUEUE.name, 2, now, now + 30).unwrap();
    assert_eq!(first.len(), 2);
    assert!(first[0].id < first[1].id);
    assert_eq!(first[0].receive_count, 1);
    let rest = store.receive(QUEUE.name, 10, now, now + 30).unwrap();
    assert_eq!(rest.len(), 1);
    assert!(store.receive(QUEUE.name, 10, now + 29, now + 60).unwrap().is_empty());
    store.acknowledge(&[first[0].id]).unwrap();
    store.retry_at(&[rest[0].id], now + 1).unwrap();
    let retried = store.receive(QUEUE.name, 10, now + 1, now + 60).unwrap();
    assert_eq!(retried.len(), 1);
    assert_eq!((retried[0].id, retried[0].receive_count), (rest[0].id, 2));
    assert_eq!(retried[0].body, rest[0].body);
    let again = store.receive(QUEUE.name, 10, now + 30, now + 60).unwrap();
    assert_eq!((again.len(), again[0].id), (1, first[1].id));
    assert_eq!(store.pending_events(QUEUE.name).unwrap(), 2);
}

async fn dead_letters(server: Server) {
    server.put("key", b"x").await;
    let [event] = server.store.receive(QUEUE.name, 1, LATER, LATER).unwrap().try_into().unwrap();
    server.store.dead_letter(&[event.id]).unwrap();
    assert_eq!(server.store.pending_events(QUEUE.name).unwrap(), 0);
    assert_eq!(server.store.dead_letters().unwrap(), [event]);
}

async fn wake_up(server: Server) {
    let soon = Duration::from_secs(5);
    let waiting = tokio::spawn({
        let store = server.store.clone();
        async move { store.event_added(QUEUE.name).await }
    });
    server.put("key", b"x").await;
    timeout(soon, waiting).await.unwrap().unwrap();
    // One that came while nobody waited is not missed.
    server.put("key", b"x").await;
    timeout(soon, server.store.event_added(QUEUE.name)).await.unwrap();
    assert!(
        timeout(Duration::from_millis(50), server.store.event_added(QUEUE.name)).await.is_err()
    );
}
