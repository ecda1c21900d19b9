//! Requests to providers: what went out, and what came of it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use outbound::{Network, Outbound, Received};
use providers::{Body, Broken, Method, Part, Request};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::internet::{Internet, MEDIA, Server, Step, answer, begin};

fn request(method: Method, url: &str, body: Body) -> Request {
    let headers = vec![("x-key".into(), "secret".into())];
    Request { method, url: url.to_owned(), headers, body }
}

/// Sends what a provider is sent, with time enough.
async fn call(url: &str) -> Result<Received, Broken> {
    let request = request(Method::Post, url, Body::Json(json!({ "prompt": "a cat" })));
    Outbound::default().call(request, Duration::from_mins(1)).await
}

#[tokio::test]
async fn a_request_goes_out_as_it_is_and_its_answer_comes_back() {
    let script = |_: &str| answer("429 Too Many Requests\r\nRetry-After: 7", b"{}");
    let server = Server::plain(script).await;
    let received = call(&server.url("/v1/jobs?token=a%20b")).await.unwrap();
    let answer = received.as_answer();
    assert_eq!((answer.status, answer.header("Retry-After")), (429, Some("7")));
    assert_eq!(answer.body, b"{}");
    assert_eq!(format!("{received:?}"), "429 with 2 bytes");
    let host = server.address;
    assert_eq!(
        server.requests(),
        [format!(
            "POST /v1/jobs?token=a%20b HTTP/1.1\r\nhost: {host}\r\nuser-agent: agent-assets/0.1.0\r\n\
             x-key: secret\r\ncontent-type: application/json\r\ncontent-length: 18\r\n\r\n\
             {{\"prompt\":\"a cat\"}}"
        )]
    );
}

#[tokio::test]
async fn a_body_is_sent_with_its_type_and_nothing_with_its_length() {
    let server = Server::plain(|_| answer("200 OK", b"")).await;
    let outbound = Outbound::default();
    let form = || Body::Form(vec![Part { name: "a".to_owned(), file: None, data: vec![b'1'] }]);
    for (method, body) in [
        (Method::Post, form()),
        (Method::Post, form()),
        (Method::Post, Body::None),
        (Method::Get, Body::None),
    ] {
        let request = request(method, &server.url("/"), body);
        outbound.call(request, Duration::from_mins(1)).await.unwrap();
    }
    let [one, two, post, get] = server.requests().try_into().unwrap();
    let boundary = |request: &str| {
        let text = request.split_once("content-type: multipart/form-data; boundary=").unwrap().1;
        text.lines().next().unwrap().to_owned()
    };
    assert!(one.contains(&format!("\r\n\r\n--{}\r\n", boundary(&one))));
    assert_ne!(boundary(&one), boundary(&two));
    assert!(post.contains("content-length: 0\r\n") && !post.contains("content-type"), "{post}");
    assert!(!get.contains("content-"), "{get}");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let server = Server::plain(|_| answer("307 Temporary\r\nLocation: /again", b"")).await;
    assert_eq!(call(&server.url("/")).await.unwrap().status, 307);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_never_left_is_not_sent() {
    let (internet, server) = Internet::with_media(|_| answer("200 OK", b"")).await;
    internet.name("someone.example", &[MEDIA]);
    internet.name("silent.example", &["127.0.0.1"]);
    let outbound = internet.outbound();
    for url in [
        "https://nowhere.example/",
        "https://silent.example/",
        "https://someone.example/",
        "https://me@media.example/",
        "no URL",
    ] {
        let request = request(Method::Post, url, Body::None);
        let sent = outbound.call(request, Duration::from_mins(1)).await;
        assert_eq!(sent, Err(Broken::NotSent), "{url}");
    }
    assert_eq!(server.requests(), Vec::<String>::new());
    let plain = Server::plain(|_| answer("200 OK", b"")).await;
    let tls = plain.url("/").replace("http:", "https:");
    assert_eq!(call(&tls).await, Err(Broken::NotSent));
    let request = request(Method::Post, "https://media.example/", Body::None);
    assert_eq!(outbound.call(request, Duration::from_mins(1)).await.unwrap().status, 200);
}

/// A network that takes no connection, and refuses none.
struct Silence;

#[async_trait]
impl Network for Silence {
    async fn resolve(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![MEDIA.parse().unwrap(); 9])
    }

    async fn connect(&self, _address: SocketAddr) -> io::Result<TcpStream> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_not_waited_for_without_end() {
    let outbound = Outbound::over(Silence, Vec::new());
    for (within, waited) in [(60, 10), (3, 3)] {
        let start = Instant::now();
        let request = request(Method::Post, "https://media.example/", Body::None);
        let sent = outbound.call(request, Duration::from_secs(within)).await;
        assert_eq!(sent, Err(Broken::NotSent));
        assert_eq!(start.elapsed().as_secs(), waited);
    }
}

#[tokio::test]
async fn what_may_have_left_is_sent_and_never_again() {
    let length = "200 OK\r\nContent-Length: 9";
    for steps in [
        vec![],
        vec![Step::Send(b"no HTTP\r\n\r\n".to_vec())],
        vec![begin(length), Step::Send(b"cut".to_vec())],
        vec![begin("200 OK"), Step::Repeat(vec![7; 1 << 20])],
    ] {
        let server = Server::plain(move |_| steps.clone()).await;
        assert_eq!(call(&server.url("/")).await, Err(Broken::Sent));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_told() {
    let head = begin("200 OK\r\nContent-Length: 9");
    for steps in [vec![Step::Stall], vec![head, Step::Stall]] {
        let server = Server::plain(move |_| steps.clone()).await;
        let request = request(Method::Post, &server.url("/"), Body::None);
        let sent = Outbound::default().call(request, Duration::from_millis(300)).await;
        assert_eq!(sent, Err(Broken::TimedOut));
    }
}
