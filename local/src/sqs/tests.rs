//! Through the SDK, over loopback.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::error::{ProvideErrorMetadata as _, SdkError};
use dynoxide::Database;
use model::Timestamp;
use platform::{Declaration, Function, Invocation, Queue};
use serde_json::Value;
use tokio::sync::Notify;

use super::*;
use crate::s3::Store;
use crate::server::{Stop, stop_signal};
use crate::{arrival, engines, json, queue};

/// The queue that is sent to.
static JOBS: Queue =
    Queue { name: "jobs", notices: &[], batch: 1, max_receives: 2, concurrency: 1 };

/// The function that has it.
static FUNCTION: Declaration = Declaration {
    name: "jobs",
    triggers: &[],
    timeout: Duration::from_mins(1),
    memory: 128,
    variables: &[],
    grants: &[],
    start: |_| Err(model::Error::internal("it is not started")),
};

/// SQS behind a port, with a clock that the test moves.
struct Sqs {
    client: Client,
    url: String,
    events: Store,
    now: Arc<AtomicI64>,
}

impl Sqs {
    async fn start(events: Store, stop: Stop) -> Self {
        let now = Arc::new(AtomicI64::new(1_000_000));
        let credentials = Credentials::new("ours", "secret", None, None, "test");
        let queues = Queues { events: events.clone(), clock: clock(&now) };
        let router = json::router(Database::memory().unwrap(), queues, credentials.clone());
        let (listener, endpoint) = engines::listen(0).await.unwrap();
        tokio::spawn(arrival::serve(listener, router, 10, stop));
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(credentials)
            .endpoint_url(&endpoint)
            .http_client(platform::aws::http_client(Some(&endpoint)).unwrap());
        let client = Client::from_conf(config.build());
        Self { client, url: url(&endpoint, "jobs"), events, now }
    }

    async fn send(&self, body: &str, delay: i32) {
        let send = self.client.send_message().queue_url(&self.url).message_body(body);
        send.delay_seconds(delay).send().await.unwrap();
    }

    /// What waits, and for how many milliseconds from now.
    fn waiting(&self) -> Vec<(i64, String)> {
        let now = self.now.load(Ordering::Relaxed);
        let waiting = self.events.waiting("jobs").unwrap().into_iter();
        waiting.map(|(due, message)| (due - now, message.body)).collect()
    }
}

fn clock(now: &Arc<AtomicI64>) -> Clock {
    let now = Arc::clone(now);
    Clock::new(move || Timestamp::from_millis(now.load(Ordering::Relaxed)))
}

fn memory() -> Store {
    Store::memory(vec![&JOBS]).unwrap()
}

/// A function that notes the messages that it is given, and fails as often as it is told to.
#[derive(Default)]
struct Noting {
    bodies: Mutex<Vec<String>>,
    failures: AtomicI64,
    invoked: Notify,
}

impl Function for Noting {
    fn invoke(&self, event: Value, _: Instant) -> Invocation<'_> {
        let body = event["Records"][0]["body"].as_str().unwrap().to_owned();
        self.bodies.lock().unwrap().push(body);
        self.invoked.notify_one();
        let fails = self.failures.fetch_sub(1, Ordering::Relaxed) > 0;
        Box::pin(async move { if fails { Err("as told".into()) } else { Ok(Value::Null) } })
    }
}

#[tokio::test]
async fn a_message_is_kept_until_it_is_due() {
    let (_stop, stopped) = stop_signal();
    let sqs = Sqs::start(memory(), stopped).await;
    let send = sqs.client.send_message().queue_url(&sqs.url).message_body("hello");
    let answer = send.delay_seconds(90).send().await.unwrap();
    assert_eq!(answer.md5_of_message_body(), Some("5d41402abc4b2a76b9719d911017c592"));
    assert!(answer.message_id().is_some_and(|id| !id.is_empty()));
    let send = sqs.client.send_message().queue_url(&sqs.url).message_body("\"ü\"\n");
    send.send().await.unwrap();
    assert_eq!(sqs.waiting(), [(0, "\"ü\"\n".to_owned()), (90_000, "hello".to_owned())]);
}

#[tokio::test]
async fn what_sqs_does_not_take_is_refused() {
    let (_stop, stopped) = stop_signal();
    let sqs = Sqs::start(memory(), stopped).await;
    let long = "x".repeat(MAX_MESSAGE + 1);
    let elsewhere = sqs.url.replace("jobs", "others");
    for (url, body, delay, expected) in [
        (&sqs.url, "hello", 901, "InvalidParameterValue"),
        (&sqs.url, "hello", -1, "InvalidParameterValue"),
        (&sqs.url, "", 0, "InvalidParameterValue"),
        (&sqs.url, long.as_str(), 0, "InvalidParameterValue"),
        (&elsewhere, "hello", 0, "QueueDoesNotExist"),
    ] {
        let send = sqs.client.send_message().queue_url(url).message_body(body);
        let refused = send.delay_seconds(delay).send().await.unwrap_err();
        assert_eq!(refused.code(), Some(expected), "{url} {delay}");
    }
    let refused = sqs.client.purge_queue().queue_url(&sqs.url).send().await.unwrap_err();
    let SdkError::ServiceError(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.raw().status().as_u16(), 400, "other operations");
    assert!(sqs.waiting().is_empty());
}

#[tokio::test]
async fn messages_are_delivered_when_they_are_due() {
    let (_stop, stopped) = stop_signal();
    let sqs = Sqs::start(memory(), stopped.clone()).await;
    let function = Arc::new(Noting::default());
    let (events, started) = (sqs.events.clone(), Arc::clone(&function));
    let delivery = queue::deliver(events, (&FUNCTION, &JOBS), started, clock(&sqs.now), stopped);
    let delivery = tokio::spawn(delivery);
    sqs.send("later", 60).await;
    sqs.send("at once", 0).await;
    function.invoked.notified().await;
    assert_eq!(*function.bodies.lock().unwrap(), ["at once"]);
    sqs.now.fetch_add(60_000, Ordering::Relaxed);
    function.invoked.notified().await;
    assert_eq!(*function.bodies.lock().unwrap(), ["at once", "later"]);
    delivery.abort();
}

#[tokio::test]
async fn a_message_that_failed_too_often_is_a_dead_letter() {
    let (_stop, stopped) = stop_signal();
    let sqs = Sqs::start(memory(), stopped).await;
    sqs.send("hello", 0).await;
    let function = Noting::default();
    function.failures.store(2, Ordering::Relaxed);
    let clock = clock(&sqs.now);
    let deliver =
        || queue::deliver_due(&sqs.events, (&FUNCTION, &JOBS), &function, &clock, clock.now());
    assert_eq!(deliver().await.unwrap(), 1);
    assert_eq!(deliver().await.unwrap(), 0, "not again at once");
    sqs.now.fetch_add(60_000, Ordering::Relaxed);
    assert_eq!(deliver().await.unwrap(), 1);
    assert!(sqs.waiting().is_empty());
    let dead = sqs.events.dead_letters().unwrap();
    assert_eq!(dead.iter().map(|message| message.body.as_str()).collect::<Vec<_>>(), ["hello"]);
}

#[tokio::test]
async fn a_restart_keeps_messages_and_their_delay() {
    let directory = tempfile::tempdir().unwrap();
    let open = || Store::open(directory.path(), vec![&JOBS]).unwrap();
    let store = open();
    assert_eq!(store.send("jobs", "later", 9_000).unwrap(), Some(1));
    assert_eq!(store.send("jobs", "under way", 1_000).unwrap(), Some(2));
    assert_eq!(store.receive("jobs", 10, 1_000, 99_000).unwrap().len(), 1);
    drop(store);
    let waiting = open().waiting("jobs").unwrap().into_iter();
    let waiting: Vec<_> = waiting.map(|(due, message)| (due, message.body)).collect();
    assert_eq!(waiting, [(0, "under way".to_owned()), (9_000, "later".to_owned())]);
}
