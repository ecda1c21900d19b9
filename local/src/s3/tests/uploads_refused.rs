//! Uploads that are not what they say: nothing of them is stored, and nobody is told.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::presigning::PresigningConfig;
use aws_sdk_s3::primitives::ByteStream;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use http::{HeaderMap, HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::on_every_store;
use super::server::{BUCKET, Server, credentials, refusal};
use crate::s3::digest::{self, Checksums, Digest};

on_every_store!(wrong_checksums, wrong_body_hash, cut_off, too_large);

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
        server.client.put_object().bucket(BUCKET).key("key").body(ByteStream::from_static(b"hello"))
    };
    let zeros =
        |length: usize| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, vec![0; length]);
    assert_eq!(refusal(put().content_md5(zeros(16)).send().await), (400, "BadDigest".into()));
    assert_eq!(refusal(put().checksum_sha256(zeros(32)).send().await), (400, "BadDigest".into()));
    assert_eq!(refusal(put().checksum_sha1(zeros(20)).send().await), (400, "BadDigest".into()));
    assert_eq!(refusal(put().checksum_crc32(zeros(4)).send().await), (400, "BadDigest".into()));
    assert_eq!(refusal(put().checksum_crc32_c(zeros(4)).send().await), (400, "BadDigest".into()));
    assert_eq!(
        refusal(put().checksum_crc64_nvme(zeros(8)).send().await),
        (400, "BadDigest".into())
    );
    assert_eq!(
        refusal(put().checksum_sha256("nonsense").send().await),
        (400, "InvalidRequest".into())
    );
    assert_eq!(refusal(put().content_md5("nonsense").send().await), (400, "InvalidDigest".into()));
    assert_untouched(&server).await;
}

/// The SDK signs its trailers, so that none can be forged over the wire from here.
#[test]
fn a_trailer_counts_like_a_header() {
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-trailer", HeaderValue::from_static("X-Amz-Checksum-Crc32"));
    let announced = digest::announced(&headers);
    assert_eq!(announced, ["CRC32"]);
    let mut digest = Digest::computing(announced);
    digest.update(b"hello");
    let computed = digest.finish().checksums;
    for (sent, right) in [("NhCmhg==", true), ("AAAAAA==", false), ("nonsense", false)] {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-amz-checksum-crc32", HeaderValue::from_static(sent));
        let mut declared = Checksums::default();
        declared.read_trailers(&trailers);
        assert_eq!(declared.verify(&computed).is_ok(), right, "{sent}");
    }
}

/// The address and request line of a presigned upload, for requests that no well-behaved client sends.
async fn presigned(server: &Server) -> (String, String) {
    let expiry = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
    let presigned =
        server.client.put_object().bucket(BUCKET).key("key").presigned(expiry).await.unwrap();
    let path = presigned.uri().split_once(&server.address).unwrap().1;
    (server.address.clone(), format!("PUT {path} HTTP/1.1\r\nhost: {}\r\n", server.address))
}

/// Signed by a client that is wrong about its own bytes.
async fn wrong_body_hash(server: Server) {
    let uri = format!("http://{}/{BUCKET}/key", server.address);
    let headers = [("host", server.address.as_str())].into_iter();
    let wrong = SignableBody::Precomputed("0".repeat(64));
    let signable = SignableRequest::new("PUT", &uri, headers, wrong).unwrap();
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    let identity = credentials("secret").into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(SystemTime::now())
        .settings(settings);
    let params = params.build().unwrap().into();
    let (signed, _) = sign(signable, &params).unwrap().into_parts();
    let signed = signed.headers().map(|(name, value)| format!("{name}: {value}\r\n"));
    let request = format!(
        "PUT /{BUCKET}/key HTTP/1.1\r\nhost: {}\r\n{}content-length: 5\r\nconnection: close\r\n\r\nhello",
        server.address,
        signed.collect::<String>()
    );
    let mut connection = TcpStream::connect(&server.address).await.unwrap();
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
