//! Presigned URLs, as browsers and agents use them.

use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use reqwest::{Client, RequestBuilder};

use super::on_every_store;
use super::server::{BUCKET, Server};

on_every_store!(
    download_with_overrides,
    upload,
    upload_once,
    unsigned_headers,
    signed_twice,
    expired,
    cross_origin
);

fn presigning() -> PresigningConfig {
    PresigningConfig::expires_in(Duration::from_mins(1)).unwrap()
}

fn request(presigned: &PresignedRequest) -> RequestBuilder {
    let method = presigned.method().parse().unwrap();
    let request = Client::new().request(method, presigned.uri());
    presigned.headers().fold(request, |request, (name, value)| request.header(name, value))
}

async fn download_with_overrides(server: Server) {
    server.put("ü b+c/ü.svg", b"<svg/>").await;
    let get = server.client.get_object().bucket(BUCKET).key("ü b+c/ü.svg");
    let get = get
        .response_content_type("image/svg+xml")
        .response_content_disposition("attachment; filename=\"a b.svg\"");
    let presigned = get.presigned(presigning()).await.unwrap();
    let response = request(&presigned).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "image/svg+xml");
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"a b.svg\"");
    assert_eq!(response.text().await.unwrap(), "<svg/>");
    let part = request(&presigned).header("range", "bytes=1-3").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.text().await.unwrap(), "svg");
    let tampered = presigned.uri().replace("svg%2Bxml", "png").replace("attachment", "inline");
    assert_eq!(Client::new().get(tampered).send().await.unwrap().status(), 403);
    let unsatisfiable = request(&presigned).header("range", "bytes=9-").send().await.unwrap();
    assert_eq!(unsatisfiable.status(), 416);
    assert_eq!(unsatisfiable.headers()["content-range"], "bytes */6");
}

async fn upload(server: Server) {
    let put = server
        .client
        .put_object()
        .bucket(BUCKET)
        .key("key")
        .content_type("image/png")
        .content_length(5);
    let presigned = put.metadata("title", "signed").presigned(presigning()).await.unwrap();
    let response = request(&presigned).body("hello").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["etag"], "\"5d41402abc4b2a76b9719d911017c592\"");
    let head = server.client.head_object().bucket(BUCKET).key("key").send().await.unwrap();
    assert_eq!(head.content_type.as_deref(), Some("image/png"));
    assert_eq!(head.metadata.unwrap()["title"], "signed");
    let other_type = presigned.headers().filter(|(name, _)| *name != "content-type");
    let other_type = other_type
        .fold(Client::new().put(presigned.uri()), |it, (name, value)| it.header(name, value));
    let refused =
        other_type.header("content-type", "text/html").body("hello").send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let longer = presigned.headers().filter(|(name, _)| *name != "content-length");
    let longer =
        longer.fold(Client::new().put(presigned.uri()), |it, (name, value)| it.header(name, value));
    assert_eq!(longer.body("hello hello").send().await.unwrap().status(), 403);
    assert_eq!(server.get("key").await, b"hello");
}

async fn upload_once(server: Server) {
    let put = server.client.put_object().bucket(BUCKET).key("key").if_none_match("*");
    let presigned = put.presigned(presigning()).await.unwrap();
    assert_eq!(request(&presigned).body("first").send().await.unwrap().status(), 200);
    assert_eq!(request(&presigned).body("second").send().await.unwrap().status(), 412);
    assert_eq!(server.get("key").await, b"first");
    // The header that was signed cannot be left out.
    let bare = Client::new().put(presigned.uri()).body("third").send().await.unwrap();
    assert_eq!(bare.status(), 403);
}

/// A header that is not signed is not the signer's word: S3 takes no header of its own that is not.
async fn unsigned_headers(server: Server) {
    let put = server.client.put_object().bucket(BUCKET).key("key").metadata("title", "signed");
    let presigned = put.presigned(presigning()).await.unwrap();
    for (name, value) in [
        ("x-amz-meta-agent-id", "somebody-else"),
        ("x-amz-acl", "public-read"),
        ("x-amz-tagging", "a=b"),
        ("x-amz-website-redirect-location", "/elsewhere"),
        ("x-amz-checksum-crc32", "AAAAAA=="),
    ] {
        let refused = request(&presigned).header(name, value).body("x").send().await.unwrap();
        assert_eq!(refused.status(), 403, "{name}");
        let body = refused.text().await.unwrap();
        assert!(body.contains(&format!("<HeadersNotSigned>{name}</HeadersNotSigned>")), "{body}");
    }
    assert!(server.keys().await.is_empty());
    let others = request(&presigned).header("cache-control", "no-cache").body("x").send();
    assert_eq!(others.await.unwrap().status(), 200, "others' headers are taken");
}

async fn signed_twice(server: Server) {
    server.put("key", b"x").await;
    let get = server.client.get_object().bucket(BUCKET).key("key");
    let presigned = get.presigned(presigning()).await.unwrap();
    let twice = request(&presigned).header("authorization", "AWS4-HMAC-SHA256 Credential=a");
    let refused = twice.send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("Only one auth mechanism allowed"));
}

async fn expired(server: Server) {
    server.put("key", b"x").await;
    let long_ago = std::time::SystemTime::now() - Duration::from_hours(1);
    let past = PresigningConfig::builder()
        .start_time(long_ago)
        .expires_in(Duration::from_mins(1))
        .build()
        .unwrap();
    let presigned =
        server.client.get_object().bucket(BUCKET).key("key").presigned(past).await.unwrap();
    let response = request(&presigned).send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(response.text().await.unwrap().contains("Request has expired"));
}

async fn cross_origin(server: Server) {
    let url = format!("http://{}/{BUCKET}/key", server.address);
    let preflight = Client::new()
        .request(reqwest::Method::OPTIONS, &url)
        .header("origin", "http://localhost:3000");
    let preflight = preflight
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "content-type,x-amz-meta-title");
    let answer = preflight.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    assert_eq!(answer.headers()["access-control-allow-headers"], "content-type,x-amz-meta-title");
    assert!(answer.headers()["access-control-allow-methods"].to_str().unwrap().contains("PUT"));
    let presigned =
        server.client.put_object().bucket(BUCKET).key("key").presigned(presigning()).await.unwrap();
    let put = request(&presigned)
        .header("origin", "http://localhost:3000")
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(put.headers()["access-control-allow-origin"], "*");
    assert!(put.headers()["access-control-expose-headers"].to_str().unwrap().contains("etag"));
}
