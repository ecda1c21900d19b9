//! Objects go in and come out as they were.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode};

use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(
    round_trip,
    odd_keys_are_only_keys,
    replacing_leaves_one,
    headers_and_metadata,
    every_checksum,
    streamed_in_signed_chunks,
    ranges,
);

/// Keys that a store on a file system would stumble over.
pub(super) const ODD_KEYS: [&str; 16] = [
    "../../etc/passwd",
    "./dot",
    "//double",
    "a",
    "a/",
    "a/b",
    "a//b",
    " space ",
    "50% + 1 = ?&#",
    "tab\tand \"quotes\" <xml> & 'more'",
    "ünïcödé/日本語.png",
    "emoji/🚀🌍",
    "CON",
    "con",
    "back\\slash",
    "trailing/slash/",
];

async fn round_trip(server: Server) {
    let etag = server.put("hello.txt", b"hello").await;
    assert_eq!(etag, "\"5d41402abc4b2a76b9719d911017c592\"");
    assert_eq!(server.get("hello.txt").await, b"hello");
    server.put("empty", b"").await;
    assert_eq!(server.get("empty").await, b"");
    let head = server.client.head_object().bucket(BUCKET).key("empty").send().await.unwrap();
    assert_eq!(head.content_length, Some(0));
    assert_eq!(head.content_type.as_deref(), Some("application/octet-stream"));
    let large: Vec<u8> = (0..3_500_000_u32).map(|n| (n % 251) as u8).collect();
    server.put("large", &large).await;
    assert_eq!(server.get("large").await, large);
    let missing = server.client.get_object().bucket(BUCKET).key("missing").send().await;
    assert_eq!(refusal(missing), (404, "NoSuchKey".into()));
    let missing = server.client.head_object().bucket(BUCKET).key("missing").send().await;
    assert_eq!(refusal(missing).0, 404);
}

async fn odd_keys_are_only_keys(server: Server) {
    let longest = "ß".repeat(512);
    let keys = ODD_KEYS.iter().copied().chain([longest.as_str()]);
    for key in keys.clone() {
        server.put(key, key.as_bytes()).await;
    }
    for key in keys.clone() {
        assert_eq!(server.get(key).await, key.as_bytes(), "{key:?}");
    }
    let mut expected: Vec<&str> = keys.clone().collect();
    expected.sort_unstable();
    assert_eq!(server.keys().await, expected);
    let too_long = "x".repeat(1025);
    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key(too_long)
        .body(ByteStream::from_static(b""))
        .send()
        .await;
    assert_eq!(refusal(put), (400, "KeyTooLongError".into()));
    for key in keys {
        server.client.delete_object().bucket(BUCKET).key(key).send().await.unwrap();
    }
    assert!(server.keys().await.is_empty());
}

async fn replacing_leaves_one(server: Server) {
    server.put("key", b"one").await;
    server.put("key", b"two").await;
    assert_eq!(server.get("key").await, b"two");
    assert_eq!(server.keys().await, ["key"]);
    if server.is_on_disk() {
        assert_eq!(server.files("blobs").len(), 1);
        assert!(server.files("incoming").is_empty());
    }
}

async fn headers_and_metadata(server: Server) {
    let put =
        server.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"{}"));
    put.content_type("application/json")
        .content_disposition("attachment; filename=\"a.json\"")
        .content_language("de")
        .content_encoding("identity")
        .cache_control("max-age=60")
        .metadata("agent-id", "agent 7")
        .metadata("title", "Grüße, 世界")
        .metadata("prompt", "%F0%9F%9A%80+percent")
        .send()
        .await
        .unwrap();
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    assert_eq!(head.content_type.as_deref(), Some("application/json"));
    assert_eq!(head.content_disposition.as_deref(), Some("attachment; filename=\"a.json\""));
    assert_eq!(head.content_language.as_deref(), Some("de"));
    assert_eq!(head.content_encoding.as_deref(), Some("identity"));
    assert_eq!(head.cache_control.as_deref(), Some("max-age=60"));
    let metadata = head.metadata.unwrap();
    assert_eq!(metadata["agent-id"], "agent 7");
    assert_eq!(metadata["prompt"], "%F0%9F%9A%80+percent");
    // As S3 answers what a header cannot say.
    assert_eq!(metadata["title"], "=?UTF-8?B?R3LDvMOfZSwg5LiW55WM?=");
    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .metadata("long", "x".repeat(2048))
        .send()
        .await;
    assert_eq!(refusal(put), (400, "MetadataTooLarge".into()));
}

async fn every_checksum(server: Server) {
    use ChecksumAlgorithm::{Crc32, Crc32C, Crc64Nvme, Sha1, Sha256};
    for algorithm in [Crc32, Crc32C, Crc64Nvme, Sha1, Sha256] {
        let put = server
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(ByteStream::from_static(b"hello"));
        put.checksum_algorithm(algorithm.clone()).send().await.unwrap();
        let get = server
            .client
            .get_object()
            .bucket(BUCKET)
            .key("key")
            .checksum_mode(ChecksumMode::Enabled);
        // The SDK checks what comes back against the checksum that is sent along.
        let got = get.send().await.unwrap();
        let checksums = [
            &got.checksum_crc32,
            &got.checksum_crc32_c,
            &got.checksum_crc64_nvme,
            &got.checksum_sha1,
        ];
        let present = checksums.iter().filter(|checksum| checksum.is_some()).count();
        assert_eq!(present + usize::from(got.checksum_sha256.is_some()), 1, "{algorithm}");
        assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");
    }
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    assert_eq!(head.checksum_sha256, None);
    let head =
        server.client.head_object().bucket(BUCKET).key("key").checksum_mode(ChecksumMode::Enabled);
    let expected = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, sha256(b"hello"));
    assert_eq!(head.send().await.unwrap().checksum_sha256, Some(expected));
}

async fn streamed_in_signed_chunks(server: Server) {
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes).unwrap();
    let put = server.client.put_object().bucket(BUCKET).key("key");
    let put = put.body(ByteStream::from_path(file.path()).await.unwrap());
    // The checksum comes behind the body, which is why nobody can have declared it before.
    let stored = put.send().await.unwrap();
    let expected = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, crc32(&bytes));
    assert_eq!(stored.checksum_crc32, Some(expected));
    assert_eq!(server.get("key").await, bytes);
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    assert_eq!(head.content_encoding, None);
}

async fn ranges(server: Server) {
    server.put("digits", b"0123456789").await;
    server.put("empty", b"").await;
    let get =
        |range: &str| server.client.get_object().bucket(BUCKET).key("digits").range(range).send();
    for (range, bytes, header) in [
        ("bytes=0-0", "0", "bytes 0-0/10"),
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=8-99", "89", "bytes 8-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
        ("bytes=-99", "0123456789", "bytes 0-9/10"),
    ] {
        let got = get(range).await.unwrap();
        assert_eq!(got.content_range.as_deref(), Some(header), "{range}");
        assert_eq!(got.content_length, i64::try_from(bytes.len()).ok());
        assert_eq!(got.body.collect().await.unwrap().to_vec(), bytes.as_bytes());
    }
    assert_eq!(refusal(get("bytes=10-").await), (416, "InvalidRange".into()));
    assert_eq!(refusal(get("bytes=-0").await), (416, "InvalidRange".into()));
    for range in ["bytes=0-", "bytes=-1"] {
        let empty =
            server.client.get_object().bucket(BUCKET).key("empty").range(range).send().await;
        assert_eq!(refusal(empty), (416, "InvalidRange".into()));
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use s3s::crypto::Checksum as _;
    s3s::crypto::Sha256::checksum(bytes)
}

fn crc32(bytes: &[u8]) -> [u8; 4] {
    use s3s::crypto::Checksum as _;
    s3s::crypto::Crc32::checksum(bytes)
}
