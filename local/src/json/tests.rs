//! The port answers programs that sign with the store's keys, and nobody else.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::body::Body;
use dynoxide::Database;
use http::{HeaderName, HeaderValue, Request};
use model::Clock;
use serde_json::Value;
use tower::ServiceExt as _;

use super::router;
use crate::{s3, sqs};

const HOST: &str = "127.0.0.1:8000";

fn keys(id: &str, secret: &str) -> Credentials {
    Credentials::new(id, secret, None, None, "test")
}

/// `ListTables`, signed with these keys at `at`, with a header that is signed and one that is not.
fn request(keys: &Credentials, at: SystemTime, host: &str) -> Request<Body> {
    let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
    let uri = format!("http://{host}/");
    let headers = [("host", host), target].into_iter();
    let signable = SignableRequest::new("POST", &uri, headers, SignableBody::Bytes(b"{}")).unwrap();
    let identity = keys.clone().into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region("eu-west-1")
        .name("dynamodb")
        .time(at)
        .settings(SigningSettings::default());
    let params = params.build().unwrap().into();
    let (instructions, _) = sign(signable, &params).unwrap().into_parts();
    let request = Request::post("/").header("host", host).header(target.0, target.1);
    let mut request = request.header("user-agent", "any").body(Body::from("{}")).unwrap();
    instructions.apply_to_request_http1x(&mut request);
    request
}

fn signed() -> Request<Body> {
    request(&keys("ours", "secret"), SystemTime::now(), HOST)
}

/// The status and the kind of answer; empty where it is no error.
async fn answer(request: Request<Body>) -> (u16, String) {
    let events = s3::Store::memory(Vec::new()).unwrap();
    let queues = sqs::Queues { events, clock: Clock::system() };
    let router = router(Database::memory().unwrap(), queues, keys("ours", "secret"));
    let response = router.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let kind = body["__type"].as_str().unwrap_or_default();
    (status, kind.rsplit('#').next().unwrap_or_default().to_owned())
}

/// Each of these is the signed request but for one thing.
#[tokio::test]
async fn only_what_is_signed_with_our_keys_is_answered() {
    let now = SystemTime::now();
    assert_eq!(answer(signed()).await, (200, String::new()));
    let mut unsigned = signed();
    unsigned.headers_mut().remove("authorization");
    let mut longer = signed();
    *longer.body_mut() = Body::from("{ }");
    let mut elsewhere = signed();
    *elsewhere.uri_mut() = "/?a".parse().unwrap();
    let mut retargeted = signed();
    let other = HeaderValue::from_static("DynamoDB_20120810.DeleteTable");
    retargeted.headers_mut().insert("x-amz-target", other);
    let mut more = signed();
    more.headers_mut().insert("x-amz-more", HeaderValue::from_static("unsigned"));
    let hour = Duration::from_hours(1);
    for (what, request, kind) in [
        ("nobody's", unsigned, "MissingAuthenticationTokenException"),
        (
            "another key's",
            request(&keys("theirs", "secret"), now, HOST),
            "UnrecognizedClientException",
        ),
        (
            "another secret's",
            request(&keys("ours", "guess"), now, HOST),
            "InvalidSignatureException",
        ),
        ("old", request(&keys("ours", "secret"), now - hour, HOST), "InvalidSignatureException"),
        (
            "to come",
            request(&keys("ours", "secret"), now + hour, HOST),
            "InvalidSignatureException",
        ),
        ("another body", longer, "InvalidSignatureException"),
        ("another query", elsewhere, "InvalidSignatureException"),
        ("another operation", retargeted, "InvalidSignatureException"),
        ("a header more", more, "InvalidSignatureException"),
    ] {
        assert_eq!(answer(request).await, (400, kind.to_owned()), "{what}");
    }
}

#[tokio::test]
async fn web_pages_are_refused_even_with_our_keys() {
    let denied = (403, "AccessDeniedException".to_owned());
    for origin in ["https://evil.example", "http://localhost:3000", "null"] {
        let mut from_page = signed();
        from_page.headers_mut().insert("origin", origin.parse().unwrap());
        assert_eq!(answer(from_page).await, denied, "{origin}");
    }
    // A name that leads here is its owner's to give: the page that has it sends no Origin.
    for host in ["evil.example:8000", "127.0.0.1.evil.example:8000", "localhost.evil:8000"] {
        let rebound = request(&keys("ours", "secret"), SystemTime::now(), host);
        assert_eq!(answer(rebound).await, denied, "{host}");
    }
    let mut preflight = signed();
    *preflight.method_mut() = http::Method::OPTIONS;
    assert_eq!(answer(preflight).await, denied);
    for host in ["localhost:8000", "[::1]:8000"] {
        let ours = request(&keys("ours", "secret"), SystemTime::now(), host);
        assert_eq!(answer(ours).await, (200, String::new()), "{host}");
    }
}

#[tokio::test]
async fn garbage_is_no_signature() {
    for authorization in
        ["", "Basic Zm9v", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=ours/1/2/3"]
    {
        let mut garbage = signed();
        let name = HeaderName::from_static("authorization");
        garbage.headers_mut().insert(name, authorization.parse().unwrap());
        let (status, kind) = answer(garbage).await;
        assert_eq!(
            (status, &*kind),
            (400, "MissingAuthenticationTokenException"),
            "{authorization}"
        );
    }
}
