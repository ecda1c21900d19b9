//! The wire between the functions and the engines: it counts, and it fails where it is told to.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};

use crate::role::{Role, SQS};

/// The traffic that went over the wire.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// Requests to DynamoDB.
    pub dynamodb: usize,
    /// Requests to S3.
    pub s3: usize,
    /// Requests to SQS.
    pub sqs: usize,
    /// Read capacity units, as DynamoDB reports them.
    pub rcu: f64,
    /// Write capacity units, as DynamoDB reports them.
    pub wcu: f64,
    /// Items that DynamoDB read, whether it returned them or not.
    pub items: usize,
    /// Round trips one after the other: how long the longest chain of requests is of which each was
    /// begun after the one before it had ended.
    pub trips: usize,
    /// The requests, in order: DynamoDB's or SQS's operation, or S3's method.
    pub operations: Vec<String>,
}

impl Usage {
    /// The read units and the round trips without those of the caller's key, which is read again once a
    /// minute.
    #[must_use]
    pub fn besides_the_key(&self) -> (f64, usize) {
        let key_was_read = self.operations.first().is_some_and(|operation| operation == "GetItem");
        if key_was_read { (self.rcu - 1.0, self.trips - 1) } else { (self.rcu, self.trips) }
    }
}

/// On which side of a request the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The request is never sent.
    Before,
    /// The request takes effect; its answer is never seen.
    After,
}

/// The engine that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engine {
    DynamoDb,
    S3,
    Sqs,
}

/// Tells that a request is about to be sent, and waits until it may be.
struct Pause {
    reached: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

impl Pause {
    async fn wait(self) {
        // Whoever waited for it may have gone.
        let _ = self.reached.send(());
        let _ = self.go_on.await;
    }
}

#[derive(Default)]
struct State {
    usage: Usage,
    /// The length of the longest chain of requests that have ended.
    ended: usize,
    crash: Option<(usize, When)>,
    dead: bool,
    pause: Option<(usize, Pause)>,
    /// Of the transactions to come, which meet another.
    conflicts: VecDeque<bool>,
}

/// A client for the engines that counts round trips and capacity, can stop for ever before or after
/// any request, as a process does that is killed there, and can have transactions meet others, which
/// the engine never does.
#[derive(Clone)]
pub struct Wire {
    inner: SharedHttpClient,
    state: Arc<Mutex<State>>,
    died: Arc<Notify>,
    role: Option<Role>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// Over `inner`.
    #[must_use]
    pub fn new(inner: SharedHttpClient) -> Self {
        Self { inner, state: Arc::default(), died: Arc::default(), role: None }
    }

    /// The same wire, for a function that may do what its role allows.
    #[must_use]
    pub fn of(&self, role: Role) -> Self {
        Self { role: Some(role), ..self.clone() }
    }

    /// This wire as the SDK takes it.
    #[must_use]
    pub fn client(&self) -> SharedHttpClient {
        self.clone().into_shared()
    }

    /// The traffic that went over the wire since this was last asked.
    #[expect(clippy::must_use_candidate, reason = "asking is also how it is reset")]
    pub fn take_usage(&self) -> Usage {
        let mut state = self.state.lock().unwrap();
        state.ended = 0;
        std::mem::take(&mut state.usage)
    }

    /// Runs `work` until it ends, or dies at its `nth` request from 0. `None`: it died.
    pub async fn crash_at<T>(
        &self,
        nth: usize,
        when: When,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.state.lock().unwrap().crash = Some((nth, when));
        let died = self.died.notified();
        let result = tokio::select! {
            result = work => Some(result),
            () = died => None,
        };
        let mut state = self.state.lock().unwrap();
        state.crash = None;
        state.dead = false;
        result
    }

    /// Runs `work`, and `meanwhile` before its `nth` request from 0 is sent; false if it sent no more than
    /// that.
    pub async fn pause_at<T>(
        &self,
        nth: usize,
        work: impl Future<Output = ()>,
        meanwhile: impl Future<Output = T>,
    ) -> bool {
        let (reached, is_reached) = oneshot::channel();
        let (may_go_on, go_on) = oneshot::channel();
        self.state.lock().unwrap().pause = Some((nth, Pause { reached, go_on }));
        let work = async {
            work.await;
            self.state.lock().unwrap().pause = None;
        };
        let meanwhile = async {
            let reached = is_reached.await.is_ok();
            if reached {
                meanwhile.await;
                let _ = may_go_on.send(());
            }
            reached
        };
        tokio::join!(work, meanwhile).1
    }

    /// Takes the pause that is to be made before the request that is begun.
    fn pause(&self) -> Option<Pause> {
        let pause = &mut self.state.lock().unwrap().pause;
        let (left, _) = pause.as_mut()?;
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => return pause.take().map(|(_, pause)| pause),
        }
        None
    }

    /// Of the transactions to come, in order, has those meet another that are `true`: none of their
    /// writes takes effect. Those after them go through.
    pub fn conflict(&self, transactions: impl IntoIterator<Item = bool>) {
        self.state.lock().unwrap().conflicts = transactions.into_iter().collect();
    }

    fn conflicts(&self, operation: &str) -> bool {
        let conflicts = &mut self.state.lock().unwrap().conflicts;
        operation == "TransactWriteItems" && conflicts.pop_front().unwrap_or_default()
    }

    /// The request's place in its chain; and whether the process dies at it, and when.
    fn begin(&self, operation: &str, engine: Engine) -> (usize, Option<When>) {
        let mut state = self.state.lock().unwrap();
        let trip = state.ended + 1;
        if state.dead {
            return (trip, Some(When::Before));
        }
        match engine {
            Engine::DynamoDb => state.usage.dynamodb += 1,
            Engine::S3 => state.usage.s3 += 1,
            Engine::Sqs => state.usage.sqs += 1,
        }
        state.usage.trips = state.usage.trips.max(trip);
        state.usage.operations.push(operation.to_owned());
        let Some((left, when)) = state.crash else { return (trip, None) };
        if left > 0 {
            state.crash = Some((left - 1, when));
            return (trip, None);
        }
        state.crash = None;
        state.dead = true;
        (trip, Some(when))
    }

    fn end(&self, trip: usize) {
        let mut state = self.state.lock().unwrap();
        state.ended = state.ended.max(trip);
    }

    fn count(&self, operation: &str, answer: &[u8]) {
        let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
        let units = capacity(&answer);
        let reads = ["BatchGetItem", "GetItem", "Query", "Scan"].contains(&operation);
        let usage = &mut self.state.lock().unwrap().usage;
        if reads {
            usage.rcu += units;
            usage.items += items_read(&answer);
        } else {
            usage.wcu += units;
        }
    }

    async fn die(&self) -> ! {
        self.died.notify_waiters();
        std::future::pending().await
    }
}

/// The answer of DynamoDB where the first item of a transaction is in another's hands.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
fn conflict(request: &[u8]) -> HttpResponse {
    let request: Value = serde_json::from_slice(request).unwrap_or_default();
    let items = request["TransactItems"].as_array().map_or(0, Vec::len);
    let message = "Transaction is ongoing for the item";
    let mut reasons = vec![json!({ "Code": "None" }); items];
    reasons[0] = json!({ "Code": "TransactionConflict", "Message": message });
    let answer = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons",
        "CancellationReasons": reasons,
    });
    let status = 400_u16.try_into().expect("a status");
    let mut response = HttpResponse::new(status, SdkBody::from(answer.to_string()));
    response.headers_mut().insert("content-type", "application/x-amz-json-1.0");
    response
}

/// The capacity that an answer of DynamoDB's says it took, of all its tables.
fn capacity(answer: &Value) -> f64 {
    let consumed = match &answer["ConsumedCapacity"] {
        Value::Array(tables) => tables.clone(),
        one => vec![one.clone()],
    };
    consumed.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum()
}

/// The number of items that an answer of DynamoDB's says it read: those looked at by a query or a scan, or
/// those returned by their keys.
fn items_read(answer: &Value) -> usize {
    let looked_at = answer["ScannedCount"].as_u64().and_then(|count| count.try_into().ok());
    let tables = answer["Responses"].as_object().into_iter().flat_map(serde_json::Map::values);
    let returned: usize = tables.filter_map(|table| Some(table.as_array()?.len())).sum();
    looked_at.unwrap_or(0) + returned + usize::from(answer["Item"].is_object())
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, wire: self.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, wire) = (self.inner.clone(), self.wire.clone());
        HttpConnectorFuture::new(async move {
            if let Some(role) = wire.role {
                role.check(&request);
            }
            let target = request.headers().get("x-amz-target");
            let (engine, operation) = match target.and_then(|target| target.split_once('.')) {
                Some((SQS, operation)) => (Engine::Sqs, operation.to_owned()),
                Some((_, operation)) => (Engine::DynamoDb, operation.to_owned()),
                None => (Engine::S3, request.method().to_owned()),
            };
            if let Some(pause) = wire.pause() {
                pause.wait().await;
            }
            let (trip, crash) = wire.begin(&operation, engine);
            // Those that are sent side by side all begin before one of them can end, also where this
            // thread must wait for its turn meanwhile.
            tokio::task::yield_now().await;
            if crash == Some(When::Before) {
                wire.die().await;
            }
            if wire.conflicts(&operation) {
                wire.end(trip);
                return Ok(conflict(request.body().bytes().unwrap_or_default()));
            }
            let answer = inner.call(request).await;
            let mut response: HttpResponse = answer.inspect_err(|_| wire.end(trip))?;
            if engine == Engine::DynamoDb {
                let body = ByteStream::new(response.take_body()).collect().await;
                let bytes = body.expect("an engine's answer").into_bytes();
                wire.count(&operation, &bytes);
                response = response.map(|_| SdkBody::from(bytes.clone()));
            }
            wire.end(trip);
            if crash == Some(When::After) {
                wire.die().await;
            }
            Ok(response)
        })
    }
}
