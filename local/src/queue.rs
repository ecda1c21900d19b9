//! SQS's part: S3's events go to `ingest` in batches, and what it did not handle goes again, later.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use model::Clock;
use serde_json::{Value, json};

use crate::Result;
use crate::functions::Function;
use crate::s3::{QueuedEvent, Store};

/// The most messages of a batch, as the template has it.
pub const BATCH: usize = 10;
/// How often a message is delivered before it goes to the dead-letter queue, as the template has it.
pub const MAX_RECEIVES: u32 = 5;
/// How long a batch is not delivered to anyone else, in milliseconds.
const VISIBILITY: i64 = 60_000;
/// How long a message waits after its first failure, in milliseconds; twice as long after each.
const RETRY: i64 = 500;
/// How long the queue sleeps where nothing wakes it: retries come due unannounced.
const POLL: Duration = Duration::from_millis(250);
/// How many batches are under way at a time.
const WORKERS: usize = 4;

/// Delivers `events` to `ingest` until `stop` resolves; a batch under way is finished.
pub async fn deliver(
    events: Store,
    ingest: Arc<dyn Function>,
    stop: impl Future<Output = ()> + Clone,
) {
    let workers = (0..WORKERS).map(|_| work(&events, &*ingest, stop.clone()));
    futures::future::join_all(workers).await;
}

async fn work(events: &Store, ingest: &dyn Function, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let delivered = match deliver_batch(events, ingest).await {
            Ok(count) => count,
            Err(error) => {
                tracing::error!(error, "a batch could not be delivered");
                0
            }
        };
        if delivered == 0 {
            tokio::select! {
                () = &mut stop => return,
                () = events.event_added() => {}
                () = tokio::time::sleep(POLL) => {}
            }
        } else if futures::poll!(&mut stop).is_ready() {
            return;
        }
    }
}

/// Delivers the next batch; how many messages it had.
pub async fn deliver_batch(events: &Store, ingest: &dyn Function) -> Result<usize> {
    let now = Clock::system().now().millis();
    let batch = events.receive(BATCH, now, now + VISIBILITY)?;
    if batch.is_empty() {
        return Ok(0);
    }
    let failed = match ingest.invoke(batch_event(&batch)).await {
        Ok(answer) => failures(&answer),
        Err(error) => {
            tracing::error!(error, "ingest failed");
            batch.iter().map(|event| event.id).collect()
        }
    };
    let done: Vec<_> =
        batch.iter().map(|event| event.id).filter(|id| !failed.contains(id)).collect();
    events.acknowledge(&done)?;
    for event in batch.iter().filter(|event| failed.contains(&event.id)) {
        if event.receive_count >= MAX_RECEIVES {
            events.dead_letter(&[event.id])?;
        } else {
            events.retry_at(&[event.id], now + (RETRY << event.receive_count))?;
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
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:uploads",
            "awsRegion": "us-east-1",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

fn failures(answer: &Value) -> HashSet<i64> {
    let items = answer["batchItemFailures"].as_array().into_iter().flatten();
    items.filter_map(|item| item["itemIdentifier"].as_str()?.parse().ok()).collect()
}
