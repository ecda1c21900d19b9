//! SQS's part: S3's events go to the functions in batches, and what these did not handle goes again, later.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use model::Clock;
use serde_json::{Value, json};

use crate::Result;
use crate::functions::Function;
use crate::s3::{Queue, QueuedEvent, Store};

/// How a queue's messages are delivered, as the template has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// The queue.
    pub queue: Queue,
    /// The function that gets them.
    pub function: &'static str,
    /// The most messages of a batch.
    pub batch: usize,
    /// How often a message is delivered before it goes to the dead-letter queue.
    pub max_receives: u32,
    /// How long a batch is not delivered to anyone else, in milliseconds.
    visibility: i64,
    /// How long a message waits after its first failure, in milliseconds; twice as long after each.
    retry: i64,
    /// How many batches are under way at a time.
    workers: usize,
}

/// What happens to assets' objects.
pub const UPLOADS: Subscription = Subscription {
    queue: Queue::Uploads,
    function: "ingest",
    batch: 10,
    max_receives: 5,
    visibility: 60_000,
    retry: 500,
    workers: 4,
};
/// Exports that are asked for.
pub const EXPORTS: Subscription = Subscription {
    queue: Queue::Exports,
    function: "export",
    batch: 1,
    max_receives: export::MAX_RECEIVES,
    visibility: 16 * 60_000,
    // Longer, once doubled, than the lease of a process that was killed.
    retry: 10_000,
    workers: 2,
};
/// Every queue.
pub const SUBSCRIPTIONS: [Subscription; 2] = [UPLOADS, EXPORTS];

/// How long the queue sleeps where nothing wakes it: retries come due unannounced.
const POLL: Duration = Duration::from_millis(250);

/// Delivers a queue's messages to its function until `stop` resolves; a batch under way is finished.
pub async fn deliver(
    events: Store,
    subscription: Subscription,
    function: Arc<dyn Function>,
    stop: impl Future<Output = ()> + Clone,
) {
    let workers =
        (0..subscription.workers).map(|_| work(&events, subscription, &*function, stop.clone()));
    futures::future::join_all(workers).await;
}

async fn work(
    events: &Store,
    subscription: Subscription,
    function: &dyn Function,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let delivered = match deliver_batch(events, subscription, function).await {
            Ok(count) => count,
            Err(error) => {
                tracing::error!(error, "a batch could not be delivered");
                0
            }
        };
        if delivered == 0 {
            tokio::select! {
                () = &mut stop => return,
                () = events.event_added(subscription.queue) => {}
                () = tokio::time::sleep(POLL) => {}
            }
        } else if futures::poll!(&mut stop).is_ready() {
            return;
        }
    }
}

/// Delivers the next batch; how many messages it had.
pub async fn deliver_batch(
    events: &Store,
    subscription: Subscription,
    function: &dyn Function,
) -> Result<usize> {
    let Subscription {
        queue, function: name, batch: most, max_receives, visibility, retry, ..
    } = subscription;
    let now = Clock::system().now().millis();
    let batch = events.receive(queue, most, now, now + visibility)?;
    if batch.is_empty() {
        return Ok(0);
    }
    let failed = match function.invoke(batch_event(&batch)).await {
        Ok(answer) => failures(&answer),
        Err(error) => {
            tracing::error!(error, name, "a function failed");
            batch.iter().map(|event| event.id).collect()
        }
    };
    let done: Vec<_> =
        batch.iter().map(|event| event.id).filter(|id| !failed.contains(id)).collect();
    events.acknowledge(&done)?;
    for event in batch.iter().filter(|event| failed.contains(&event.id)) {
        if event.receive_count >= max_receives {
            events.dead_letter(&[event.id])?;
        } else {
            let now = Clock::system().now().millis();
            events.retry_at(&[event.id], now + (retry << event.receive_count))?;
        }
    }
    Ok(batch.len())
}

/// The event that Lambda gets for a batch of messages.
#[must_use]
pub fn batch_event(batch: &[QueuedEvent]) -> Value {
    let records = batch.iter().map(|event| {
        json!({
            "messageId": event.id.to_string(),
            "receiptHandle": event.id.to_string(),
            "body": event.body,
            "attributes": { "ApproximateReceiveCount": event.receive_count.to_string() },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:local",
            "awsRegion": "us-east-1",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failures(answer: &Value) -> HashSet<i64> {
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    items.filter_map(|item| item["itemIdentifier"].as_str()?.parse().ok()).collect()
}
