//! Uploads that are not what they say: nothing of them is stored, and nobody is told.

use std::time::Duration;

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::on_every_store;
use super::server::{BUCKET, Server, refusal};

on_every_store!(
    wrong_checksums,
    wrong_trailer,
    wrong_body_hash,
    cut_off,
    too_large
);

async fn assert_untouched(server: &Server) {
    assert!(server.keys().await.is_empty());
    assert!(server.take_events().is_empty());
    if server.is_on_disk() {
        assert!(server.files("blobs").is_empty());
        assert!(server.files("incoming").is_empty());
    }
}

async fn wrong_checksums(server: Server) {
    let put = || {
        server
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(ByteStream::from_static(b"hello"))
    };
    let zeros =
        |length: usize| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, vec![0; length]);
    assert_eq!(
        refusal(put().content_md5(zeros(16)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_sha256(zeros(32)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_sha1(zeros(20)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_crc32(zeros(4)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_crc32_c(zeros(4)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_crc64_nvme(zeros(8)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_sha256("nonsense").send().await),
        (400, "InvalidRequest".into())
    );
    assert_eq!(
        refusal(put().content_md5("nonsense").send().await),
        (400, "InvalidDigest".into())
    );
    assert_untouched(&server).await;
}

/// Replaces a body that ends in a checksum by another of the same length, which is signed.
#[derive(Debug)]
struct Forged(&'static str);

impl Intercept for Forged {
    fn name(&self) -> &'static str {
        "Forged"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        assert_eq!(
            request.headers().get("x-amz-trailer"),
            Some("x-amz-checksum-crc32")
        );
        *request.body_mut() = SdkBody::from(self.0);
        Ok(())
    }
}

async fn wrong_trailer(server: Server) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "hello").unwrap();
    let put = async || {
        let body = ByteStream::from_path(file.path()).await.unwrap();
        server
            .client
            .put_object()
            .bucket(BUCKET)
            .key("key")
            .body(body)
    };
    let wrong = Forged("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n");
    let outcome = put()
        .await
        .customize()
        .disable_payload_signing()
        .interceptor(wrong)
        .send()
        .await;
    assert_eq!(refusal(outcome), (400, "BadDigest".into()));
    let missing = Forged("5\r\nhello\r\n0\r\nx-amz-checksum-other:AAAAAA==\r\n\r\n");
    let outcome = put()
        .await
        .customize()
        .disable_payload_signing()
        .interceptor(missing)
        .send()
        .await;
    assert_eq!(refusal(outcome), (400, "IncompleteBody".into()));
    let short = Forged("4\r\nhell\r\n0\r\nx-amz-checksum-crc32: AAAAAA==\r\n\r\n");
    let outcome = put()
        .await
        .customize()
        .disable_payload_signing()
        .interceptor(short)
        .send()
        .await;
    assert_eq!(refusal(outcome), (400, "IncompleteBody".into()));
    assert_untouched(&server).await;
    let stored = put().await.send().await.unwrap();
    assert_eq!(stored.checksum_crc32.as_deref(), Some("NhCmhg=="));
    assert_eq!(server.get("key").await, b"hello");
    let head = server
        .client
        .head_object()
        .bucket(BUCKET)
        .key("key")
        .send()
        .await
        .unwrap();
    assert_eq!(head.content_encoding, None);
}

/// The address and request line of a presigned upload, for requests that no well-behaved client sends.
async fn presigned(server: &Server) -> (String, String) {
    let expiry = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let presigned = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .presigned(expiry)
        .await
        .unwrap();
    let path = presigned.uri().split_once(&server.address).unwrap().1;
    (
        server.address.clone(),
        format!("PUT {path} HTTP/1.1\r\nhost: {}\r\n", server.address),
    )
}

async fn wrong_body_hash(server: Server) {
    let (address, head) = presigned(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let hash = "0".repeat(64);
    let request = format!(
        "{head}content-length: 5\r\nx-amz-content-sha256: {hash}\r\nconnection: close\r\n\r\nhello"
    );
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 400"), "{response}");
    assert_untouched(&server).await;
}

async fn cut_off(server: Server) {
    let (address, head) = presigned(&server).await;
    for sent in [0, 5, 2_000_000] {
        let mut connection = TcpStream::connect(&address).await.unwrap();
        connection
            .write_all(format!("{head}content-length: 3000000\r\n\r\n").as_bytes())
            .await
            .unwrap();
        connection.write_all(&vec![7; sent]).await.unwrap();
        connection.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(connection);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_untouched(&server).await;
}

async fn too_large(server: Server) {
    let (address, head) = presigned(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let length = 5 * 1024 * 1024 * 1024_u64 + 1;
    connection
        .write_all(
            format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n").as_bytes(),
        )
        .await
        .unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    assert!(
        response.starts_with("HTTP/1.1 400") && response.contains("EntityTooLarge"),
        "{response}"
    );
    let (address, head) = presigned(&server).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    let chunked = format!(
        "{head}transfer-encoding: chunked\r\nconnection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    );
    connection.write_all(chunked.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    assert!(response.starts_with("HTTP/1.1 411"), "{response}");
    assert_untouched(&server).await;
}
