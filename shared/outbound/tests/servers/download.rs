//! A file's bytes: as many as were announced and allowed, in time, and the right ones.

use std::time::Duration;

use futures::TryStreamExt;
use outbound::{FetchError, Outbound, Reach, Rules};

use crate::internet::{Internet, Server, Step, all, answer, begin, rules};

const URL: &str = "https://media.example/file?token=secret";

async fn fetched(steps: Vec<Step>) -> Result<Vec<u8>, FetchError> {
    fetched_by(steps, &rules()).await
}

async fn fetched_by(steps: Vec<Step>, rules: &Rules) -> Result<Vec<u8>, FetchError> {
    let (internet, _server) = Internet::with_media(move |_| steps.clone()).await;
    let fetched = internet.fetch_by(URL, rules).await;
    if let Err(error) = &fetched {
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    fetched
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

#[tokio::test]
async fn a_file_comes_with_what_its_host_says_of_it() {
    let head = "200 OK\r\nContent-Type: video/mp4\r\nX-Goog-Hash: crc32c=4waSgw==";
    let steps = answer(head, b"123456789");
    let (internet, _server) = Internet::with_media(move |_| steps.clone()).await;
    let download = internet.outbound().open(URL, &[], &rules()).await.unwrap();
    assert_eq!(download.content_type(), Some("video/mp4"));
    assert_eq!((download.length(), download.is_checked()), (Some(9), true));
    let chunks: Vec<_> = download.into_stream().try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"123456789");
}

#[tokio::test]
async fn a_length_need_not_be_announced() {
    let chunked = "200 OK\r\nTransfer-Encoding: chunked";
    let steps = [chunk(b"one"), chunk(b"two"), chunk(b"")].map(Step::Send);
    let steps = [vec![begin(chunked)], steps.to_vec()].concat();
    assert_eq!(fetched(steps).await.unwrap(), b"onetwo");
    assert_eq!(fetched(vec![begin("200 OK"), Step::Send(b"one".to_vec())]).await.unwrap(), b"one");
    assert_eq!(fetched(answer("200 OK", b"")).await.unwrap(), b"");
}

#[tokio::test]
async fn a_long_file_comes_whole() {
    let length = 48 << 20;
    let steps = answer("200 OK", &vec![7; length]);
    let rules = Rules { most_bytes: u64::MAX, ..rules() };
    assert_eq!(fetched_by(steps.clone(), &rules).await.map(|file| file.len()), Ok(length));
    let server = Server::plain(move |_| steps.clone()).await;
    let laptop = Rules { reach: Reach::Laptop, ..rules };
    let file = Outbound::default().open(&server.url("/"), &[], &laptop).await.unwrap();
    assert_eq!(all(file).await.map(|file| file.len()), Ok(length));
}

#[tokio::test]
async fn a_cut_file_is_no_file() {
    let cut = FetchError::Cut { host: "media.example".to_owned() };
    assert!(cut.may_pass());
    for head in ["200 OK\r\nContent-Length: 9", "200 OK\r\nTransfer-Encoding: chunked"] {
        let steps = vec![begin(head), Step::Send(chunk(b"one"))];
        assert_eq!(fetched(steps).await, Err(cut.clone()), "{head}");
    }
    assert_eq!(fetched(vec![]).await, Err(cut.clone()));
    assert_eq!(fetched(vec![Step::Send(b"no HTTP\r\n\r\n".to_vec())]).await, Err(cut));
}

#[tokio::test]
async fn no_file_is_longer_than_allowed() {
    let rules = Rules { most_bytes: 1000, ..rules() };
    let too_long = FetchError::TooLong { most: 1000 };
    assert_eq!(too_long.to_string(), "the file has more than the 1000 bytes that are allowed");
    let fits = fetched_by(answer("200 OK", &[7; 1000]), &rules).await;
    assert_eq!(fits.unwrap(), [7; 1000]);
    let announced = vec![begin("200 OK\r\nContent-Length: 1001"), Step::Stall];
    assert_eq!(fetched_by(announced, &rules).await, Err(too_long.clone()));
    let chunked = begin("200 OK\r\nTransfer-Encoding: chunked");
    let endless = vec![chunked, Step::Repeat(chunk(&[7; 100]))];
    assert_eq!(fetched_by(endless, &rules).await, Err(too_long.clone()));
    let endless = vec![begin("200 OK"), Step::Repeat(vec![7; 100])];
    assert_eq!(fetched_by(endless, &rules).await, Err(too_long));
}

#[tokio::test]
async fn nothing_is_waited_for_without_end() {
    let short = Duration::from_millis(200);
    let quiet = Rules { silence: short, ..rules() };
    let head = begin("200 OK\r\nContent-Length: 9");
    let stalls = [vec![Step::Stall], vec![head.clone(), Step::Stall]];
    for steps in stalls {
        let error = fetched_by(steps.clone(), &quiet).await;
        assert_eq!(error, Err(FetchError::Silent(short)));
        let late = Rules { within: short, ..rules() };
        assert_eq!(fetched_by(steps, &late).await, Err(FetchError::Late(short)));
    }
    let endless = vec![begin("200 OK"), Step::Repeat(vec![7; 10])];
    let late = Rules { within: short, most_bytes: u64::MAX, ..rules() };
    assert_eq!(fetched_by(endless, &late).await, Err(FetchError::Late(short)));
}

#[tokio::test]
async fn other_bytes_than_were_announced_are_told() {
    let head = "200 OK\r\nContent-MD5: AAAAAAAAAAAAAAAAAAAAAA==";
    assert_eq!(fetched(answer(head, b"123456789")).await, Err(FetchError::Checksum));
    // Of the compressed bytes that the host keeps, and not of those that it sends.
    let head = "200 OK\r\nX-Goog-Stored-Content-Encoding: gzip\r\nX-Goog-Hash: crc32c=AAAAAA==";
    assert_eq!(fetched(answer(head, b"123456789")).await.unwrap(), b"123456789");
    let error = fetched(answer("200 OK\r\nContent-Encoding: gzip", b"123")).await.unwrap_err();
    assert_eq!(error, FetchError::Encoded { host: "media.example".to_owned() });
}

#[tokio::test]
async fn what_is_gone_is_told_apart_from_what_may_come() {
    for (status, is_gone, may_pass) in [
        ("403 Forbidden", true, false),
        ("404 Not Found", true, false),
        ("410 Gone", true, false),
        ("401 Unauthorized", false, false),
        ("206 Partial Content", false, false),
        ("204 No Content", false, false),
        ("429 Too Many Requests", false, true),
        ("500 Internal Server Error", false, true),
        ("503 Service Unavailable", false, true),
    ] {
        let error = fetched(answer(status, b"")).await.unwrap_err();
        assert_eq!((error.is_gone(), error.may_pass()), (is_gone, may_pass), "{status}");
    }
}
