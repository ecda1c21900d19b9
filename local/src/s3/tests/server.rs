//! A store behind a port, with the SDK pointed at it.

use std::fmt::Debug;
use std::path::PathBuf;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use platform::{Notices, Queue};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::arrival;
use crate::s3::{QueuedEvent, Store, router};

pub(super) const BUCKET: &str = "assets";

/// More connections than any test opens.
const CONNECTIONS: usize = 1000;

/// Far in the future: every event is due.
pub(super) const LATER: i64 = i64::MAX / 2;

/// The queue that is told of everything.
pub(super) static QUEUE: Queue = Queue {
    name: "uploads",
    notices: &[Notices { events: &["s3:*"], keys: "*" }],
    batch: 1,
    max_receives: 1,
    concurrency: 1,
};

pub(super) struct Server {
    pub(super) client: Client,
    pub(super) store: Store,
    pub(super) address: String,
    directory: Option<TempDir>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn in_memory() -> Self {
        Self::start(Store::memory(vec![&QUEUE]).unwrap(), None).await
    }

    pub(super) async fn on_disk() -> Self {
        let directory = TempDir::new().unwrap();
        Self::start(Store::open(directory.path(), vec![&QUEUE]).unwrap(), Some(directory)).await
    }

    /// Stops the server, lets go of the store, and opens both again.
    pub(super) async fn restart(self) -> Self {
        let directory = self.stop().await;
        Self::start(Store::open(directory.path(), vec![&QUEUE]).unwrap(), Some(directory)).await
    }

    /// Stops the server and lets go of the store.
    pub(super) async fn stop(self) -> TempDir {
        let Self { client, store, directory, stop, task, .. } = self;
        drop((client, store));
        stop.send(()).unwrap();
        task.await.unwrap();
        directory.unwrap()
    }

    async fn start(store: Store, directory: Option<TempDir>) -> Self {
        store.create_bucket(BUCKET).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let served = store.clone();
        let task = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            let router = router(served, &credentials("secret"));
            arrival::serve(listener, router, CONNECTIONS, shutdown).await;
        });
        Self { client: client(&address, "secret"), store, address, directory, stop, task }
    }

    /// Puts an object, and gives its `ETag`.
    pub(super) async fn put(&self, key: &str, body: &[u8]) -> String {
        let body = ByteStream::from(body.to_vec());
        let put = self.client.put_object().bucket(BUCKET).key(key).body(body).send().await.unwrap();
        put.e_tag.unwrap()
    }

    /// An object's bytes.
    pub(super) async fn get(&self, key: &str) -> Vec<u8> {
        let got = self.client.get_object().bucket(BUCKET).key(key).send().await.unwrap();
        got.body.collect().await.unwrap().to_vec()
    }

    /// All keys, as one list gives them.
    pub(super) async fn keys(&self) -> Vec<String> {
        let listed = self.client.list_objects_v2().bucket(BUCKET).send().await.unwrap();
        listed.contents.unwrap_or_default().into_iter().map(|object| object.key.unwrap()).collect()
    }

    /// Takes the events that wait.
    pub(super) fn take_events(&self) -> Vec<QueuedEvent> {
        let events = self.store.receive(QUEUE.name, 1000, LATER, LATER).unwrap();
        self.store.acknowledge(&events.iter().map(|event| event.id).collect::<Vec<_>>()).unwrap();
        events
    }

    /// Takes the events that wait, as `(name, key)`.
    pub(super) fn take_event_names(&self) -> Vec<(String, String)> {
        let records = self.take_events().into_iter().map(|event| record(&event));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        records
            .map(|record| (text(&record["eventName"]), text(&record["s3"]["object"]["key"])))
            .collect()
    }

    /// The files under a directory of the store on disk.
    pub(super) fn files(&self, name: &str) -> Vec<PathBuf> {
        let directory = self.directory.as_ref().unwrap().path().join(name);
        std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// True if this store's files can be looked at.
    pub(super) fn is_on_disk(&self) -> bool {
        self.directory.is_some()
    }
}

pub(super) fn credentials(secret_key: &str) -> Credentials {
    Credentials::new("access", secret_key, None, None, "test")
}

pub(super) fn client(address: &str, secret_key: &str) -> Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(format!("http://{address}"))
        .force_path_style(true)
        .region(Region::new("us-east-1"))
        .credentials_provider(credentials(secret_key));
    Client::from_conf(config.build())
}

/// The one record of an event.
pub(super) fn record(event: &QueuedEvent) -> Value {
    let body: Value = serde_json::from_str(&event.body).unwrap();
    let records = body["Records"].as_array().unwrap();
    assert_eq!(records.len(), 1);
    records[0].clone()
}

/// The refusal of a request: the status and S3's code, which is empty where no body can say it.
pub(super) fn refusal<T: Debug, E: ProvideErrorMetadata + Debug>(
    outcome: Result<T, SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>>,
) -> (u16, String) {
    let error = outcome.unwrap_err();
    let status =
        error.raw_response().map(|response| response.status().as_u16()).unwrap_or_default();
    (status, error.code().unwrap_or_default().to_owned())
}
