//! Conditional requests: decided where the object is, not before.

use std::time::Duration;

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use futures::future::join_all;

use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(one_racer_wins, conditional_writes, conditional_reads, times, conditional_deletes);

async fn one_racer_wins(server: Server) {
    let racers = (0..32).map(|n| {
        let put = server.client.put_object().bucket(BUCKET).key("key").if_none_match("*");
        put.body(ByteStream::from(vec![n; 70_000])).send()
    });
    let outcomes = join_all(racers).await;
    let winners: Vec<_> = outcomes
        .iter()
        .enumerate()
        .filter(|(_, outcome)| outcome.is_ok())
        .map(|(n, _)| n)
        .collect();
    assert_eq!(winners.len(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_eq!(refusal(outcome), (412, "PreconditionFailed".into()));
    }
    assert_eq!(server.get("key").await, vec![u8::try_from(winners[0]).unwrap(); 70_000]);
    assert_eq!(server.take_events().len(), 1);
    if server.is_on_disk() {
        assert_eq!(server.files("blobs").len(), 1);
        assert!(server.files("incoming").is_empty());
    }
}

async fn conditional_writes(server: Server) {
    let put = |body: &'static [u8]| {
        server.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(body))
    };
    assert_eq!(refusal(put(b"0").if_match("*").send().await), (404, "NoSuchKey".into()));
    let etag = server.put("key", b"one").await;
    assert_eq!(
        refusal(put(b"two").if_none_match("*").send().await),
        (412, "PreconditionFailed".into())
    );
    assert_eq!(
        refusal(put(b"two").if_match("\"other\"").send().await),
        (412, "PreconditionFailed".into())
    );
    assert_eq!(refusal(put(b"two").if_none_match("\"other\"").send().await).0, 501);
    assert_eq!(server.get("key").await, b"one");
    put(b"two").if_match(&etag).send().await.unwrap();
    assert_eq!(refusal(put(b"three").if_match(&etag).send().await).0, 412);
    assert_eq!(server.get("key").await, b"two");
}

async fn conditional_reads(server: Server) {
    let etag = server.put("key", b"hello").await;
    let get = || server.client.get_object().bucket(BUCKET).key("key");
    let head = || server.client.head_object().bucket(BUCKET).key("key");
    assert!(get().if_match(&etag).send().await.is_ok());
    assert_eq!(refusal(get().if_match("\"other\"").send().await).0, 412);
    assert_eq!(refusal(get().if_none_match(&etag).send().await).0, 304);
    assert_eq!(refusal(get().if_none_match("*").send().await).0, 304);
    assert!(get().if_none_match("\"other\"").send().await.is_ok());
    assert!(head().if_match(&etag).send().await.is_ok());
    assert_eq!(refusal(head().if_match("\"other\"").send().await).0, 412);
    assert_eq!(refusal(head().if_none_match(&etag).send().await).0, 304);
    let unchanged = get().if_none_match(&etag).send().await.unwrap_err();
    assert_eq!(unchanged.raw_response().unwrap().headers().get("etag"), Some(etag.as_str()));
}

async fn times(server: Server) {
    let etag = server.put("key", b"hello").await;
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    let modified = head.last_modified.unwrap();
    let shifted = |seconds| DateTime::from_secs(modified.secs() + seconds);
    let get = || server.client.get_object().bucket(BUCKET).key("key");
    assert_eq!(refusal(get().if_modified_since(modified).send().await).0, 304);
    assert!(get().if_modified_since(shifted(-1)).send().await.is_ok());
    assert!(get().if_unmodified_since(modified).send().await.is_ok());
    assert_eq!(refusal(get().if_unmodified_since(shifted(-1)).send().await).0, 412);
    // The ETag decides where both are given.
    assert!(get().if_match(&etag).if_unmodified_since(shifted(-1)).send().await.is_ok());
    assert!(get().if_none_match("\"other\"").if_modified_since(shifted(9)).send().await.is_ok());
    tokio::time::sleep(Duration::from_millis(1100)).await;
    server.put("key", b"again").await;
    assert!(get().if_modified_since(modified).send().await.is_ok());
}

async fn conditional_deletes(server: Server) {
    let etag = server.put("key", b"hello").await;
    let delete = || server.client.delete_object().bucket(BUCKET).key("key");
    assert_eq!(refusal(delete().if_match("\"other\"").send().await).0, 412);
    delete().if_match(etag).send().await.unwrap();
    assert!(server.keys().await.is_empty());
}
