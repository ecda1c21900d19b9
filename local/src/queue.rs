//! SQS's part: S3's events, and what functions send, go to the functions in batches, and what these did not handle goes
//! again, later.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Timestamp};
use platform::{Declaration, Function, Queue};
use serde_json::{Value, json};

use crate::Result;
use crate::s3::{QueuedEvent, Store};

/// The time that the queue sleeps where nothing wakes it: retries come due unannounced.
const POLL: Duration = Duration::from_millis(250);

/// As which part of what its function may take a message that failed waits, doubled with each delivery. On AWS it is the
/// visibility timeout, which is longer than anyone at a laptop likes to wait. By its second delivery an export still
/// outlasts the lease of a process that was killed.
const RETRY: u32 = 90;

/// Delivers a queue's messages to its function, as they come due by `clock`, until `stop` resolves; a batch under way is
/// finished.
pub async fn deliver(
    events: Store,
    (declared, queue): (&Declaration, &Queue),
    function: Arc<dyn Function>,
    clock: Clock,
    stop: impl Future<Output = ()> + Clone,
) {
    let workers = (0..queue.concurrency)
        .map(|_| work(&events, (declared, queue), &*function, &clock, stop.clone()));
    futures::future::join_all(workers).await;
}

async fn work(
    events: &Store,
    (declared, queue): (&Declaration, &Queue),
    function: &dyn Function,
    clock: &Clock,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let due = deliver_due(events, (declared, queue), function, clock, clock.now());
        let delivered = match due.await {
            Ok(count) => count,
            Err(error) => {
                tracing::error!(error, "a batch could not be delivered");
                0
            }
        };
        if delivered == 0 {
            tokio::select! {
                () = &mut stop => return,
                () = events.event_added(queue.name) => {}
                () = tokio::time::sleep(POLL) => {}
            }
        } else if futures::poll!(&mut stop).is_ready() {
            return;
        }
    }
}

/// Delivers the next batch of a queue to the function that has it; how many messages it had.
pub async fn deliver_batch(
    events: &Store,
    source: (&Declaration, &Queue),
    function: &dyn Function,
) -> Result<usize> {
    let clock = Clock::system();
    deliver_due(events, source, function, &clock, clock.now()).await
}

/// [`deliver_batch`], of what is due at `due`. What failed waits by `clock`.
pub async fn deliver_due(
    events: &Store,
    (declared, queue): (&Declaration, &Queue),
    function: &dyn Function,
    clock: &Clock,
    due: Timestamp,
) -> Result<usize> {
    let name = declared.name;
    let visible_again = clock.now().millis() + millis(queue.visibility(declared.timeout));
    let batch = events.receive(queue.name, queue.batch, due.millis(), visible_again)?;
    if batch.is_empty() {
        return Ok(0);
    }
    let failed = match function.invoke(batch_event(&batch), declared.deadline()).await {
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
        if event.receive_count >= queue.max_receives {
            events.dead_letter(&[event.id])?;
        } else {
            let wait = millis(declared.timeout / RETRY) << event.receive_count;
            events.retry_at(&[event.id], clock.now().millis() + wait)?;
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

fn millis(duration: Duration) -> i64 {
    duration.as_millis().try_into().unwrap_or(i64::MAX)
}
