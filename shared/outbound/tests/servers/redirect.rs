//! Redirects are followed as far as the first URL would have been.

use outbound::FetchError;
use providers::Header;

use crate::internet::{Internet, MEDIA, OTHER, answer, redirect};

fn key() -> Vec<Header> {
    vec![("authorization".into(), "Key secret".into())]
}

#[tokio::test]
async fn each_step_is_checked_and_looked_up_anew() {
    let (internet, media) = Internet::with_media(|request| {
        if request.starts_with("GET /a/first") {
            redirect("../second?x")
        } else {
            redirect("https://other.example/third")
        }
    })
    .await;
    let other = internet.host("other.example", OTHER, |_| answer("200 OK", b"bytes")).await;
    assert_eq!(internet.fetch("https://media.example/a/first").await.unwrap(), b"bytes");
    assert_eq!(internet.lookups(), ["media.example", "media.example", "other.example"]);
    assert!(media.requests()[1].starts_with("GET /second?x HTTP/1.1\r\n"));
    assert!(other.requests()[0].starts_with("GET /third HTTP/1.1\r\nhost: other.example\r\n"));
}

#[tokio::test]
async fn headers_stay_with_the_origin_that_they_are_for() {
    let (internet, media) = Internet::with_media(|request| {
        if request.starts_with("GET /first") {
            redirect("/second")
        } else if request.starts_with("GET /second") {
            redirect("https://other.example/third")
        } else {
            answer("200 OK", b"bytes")
        }
    })
    .await;
    let back = |_: &str| redirect("https://media.example/fourth");
    let other = internet.host("other.example", OTHER, back).await;
    internet.fetch_with("https://media.example/first", &key()).await.unwrap();
    let has_key = |request: &String| request.contains("Key secret");
    assert_eq!(media.requests().iter().map(has_key).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(other.requests().iter().map(has_key).collect::<Vec<_>>(), [false]);
}

#[tokio::test]
async fn no_redirect_leads_inside_or_away_from_https() {
    for (to, why) in [
        ("https://127.0.0.1/", None),
        ("https://inside.example/", None),
        ("//169.254.169.254/latest/meta-data/", None),
        ("https://both.example/", None),
        ("http://media.example/", Some(FetchError::Scheme)),
        ("file:///etc/hostname", Some(FetchError::Scheme)),
        ("https://media.example:8443/", Some(FetchError::Port(8443))),
        ("https://me:secret@media.example/", Some(FetchError::Credentials)),
        ("https://[", Some(FetchError::NoUrl)),
    ] {
        let (internet, _media) = Internet::with_media(move |_| redirect(to)).await;
        internet.name("inside.example", &["192.168.0.1"]);
        internet.name("both.example", &[MEDIA, "fc00::1"]);
        let error = internet.fetch("https://media.example/").await.unwrap_err();
        match why {
            Some(why) => assert_eq!(error, why, "{to}"),
            None => assert!(matches!(error, FetchError::NotPublic { .. }), "{to}: {error}"),
        }
        assert_eq!(internet.connections(), [format!("{MEDIA}:443")], "{to}");
    }
}

#[tokio::test]
async fn a_circle_ends() {
    let (internet, media) = Internet::with_media(|_| redirect("/again")).await;
    let error = internet.fetch("https://media.example/").await.unwrap_err();
    assert_eq!(error, FetchError::Redirects(5));
    assert_eq!(media.requests().len(), 6);
}

#[tokio::test]
async fn one_that_leads_nowhere_is_none() {
    let (internet, _media) = Internet::with_media(|_| answer("302 Found", b"")).await;
    assert_eq!(internet.fetch("https://media.example/").await, Err(FetchError::NoUrl));
    let (internet, _media) = Internet::with_media(|_| answer("304 Not Modified", b"")).await;
    let error = internet.fetch("https://media.example/").await.unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 304, .. }), "{error}");
}
