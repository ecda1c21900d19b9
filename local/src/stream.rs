//! The event source mapping's part: what changes in the table goes to the function that has its stream, in batches, in
//! order.
//!
//! What is delivered is trimmed, as DynamoDB does after a day. So what the stream holds is what waits,
//! also after a crash, and there is no position to keep.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dynoxide::Database;
use dynoxide::actions::describe_stream::DescribeStreamRequest;
use dynoxide::actions::get_records::GetRecordsRequest;
use dynoxide::actions::get_shard_iterator::GetShardIteratorRequest;
use dynoxide::actions::list_streams::ListStreamsRequest;
use platform::{Declaration, Function};
use rusqlite::{Connection, TransactionBehavior, params};
use serde_json::{Value, json};

use crate::Result;

/// The time between two looks at the stream: the engine announces nothing.
const POLL: Duration = Duration::from_millis(100);
/// The time that the stream waits after a batch failed; twice as long after each further time.
const RETRY: Duration = Duration::from_millis(500);
/// The longest that it waits.
const LONGEST_RETRY: Duration = Duration::from_secs(30);
/// The longest that trimming waits for the engine's own writes.
const BUSY: Duration = Duration::from_secs(5);
/// The number that the engine adds to a sequence number that it stores before it tells it.
const TOLD: u128 = 100_000_000_000_000_000_000;
/// The engine looks for the highest sequence number at each write, and for the lowest ones at each
/// read; without an index that is the whole stream.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS _stream_records_in_order
    ON _stream_records (table_name, CAST(sequence_number AS INTEGER))";
/// Cheap enough to ask ten times a second, and the engine need not wait meanwhile.
const ANY: &str = "SELECT 1 FROM _stream_records LIMIT 1";
const TRIM: &str = "DELETE FROM _stream_records
    WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2";

/// The stream of a table.
#[derive(Clone)]
pub struct Stream(Arc<Shard>);

/// The engine's streams have one shard each.
struct Shard {
    database: Database,
    table: String,
    arn: String,
    /// The iterator that begins at the oldest record.
    horizon: String,
    /// Another connection to the engine's database, which has no call that trims.
    connection: Mutex<Connection>,
    /// A shard's batches are delivered one at a time.
    turn: tokio::sync::Mutex<()>,
}

impl Stream {
    /// The stream of `table` in `database`, whose file is `path`.
    pub fn open(database: Database, path: &str, table: &str) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        // No sync for each trim: what a power cut takes back is delivered again.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        connection.execute_batch(INDEX)?;
        let table = table.to_owned();
        let request =
            ListStreamsRequest { table_name: Some(table.clone()), ..ListStreamsRequest::default() };
        let streams = database.list_streams(request)?.streams;
        let arn = streams.into_iter().next().ok_or("the table has no stream")?.stream_arn;
        let request =
            DescribeStreamRequest { stream_arn: arn.clone(), ..DescribeStreamRequest::default() };
        let shards = database.describe_stream(request)?.stream_description.shards;
        let request = GetShardIteratorRequest {
            stream_arn: arn.clone(),
            shard_id: shards.into_iter().next().ok_or("the stream has no shard")?.shard_id,
            shard_iterator_type: "TRIM_HORIZON".to_owned(),
            sequence_number: None,
        };
        let horizon = database.get_shard_iterator(request)?.shard_iterator;
        let horizon = horizon.ok_or("the shard has no iterator")?;
        let (connection, turn) = (Mutex::new(connection), tokio::sync::Mutex::default());
        Ok(Self(Arc::new(Shard { database, table, arn, horizon, connection, turn })))
    }

    /// The oldest records, `most` of them at the most.
    async fn oldest(&self, most: usize) -> Result<Vec<Value>> {
        let shard = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || shard.oldest(most)).await?
    }

    /// Removes the records up to `last`.
    async fn trim(&self, last: &Value) -> Result<()> {
        let (shard, last) = (Arc::clone(&self.0), stored_number(last)?);
        tokio::task::spawn_blocking(move || shard.trim(last)).await?
    }

    /// Takes the next batch off the stream: the event, and none where nothing is left.
    pub async fn take_batch(&self, source: &platform::Stream) -> Result<Option<Value>> {
        let _turn = self.0.turn.lock().await;
        let records = self.oldest(source.batch).await?;
        let Some(last) = records.last() else { return Ok(None) };
        self.trim(last).await?;
        Ok(Some(batch_event(&records, source)?))
    }
}

impl Shard {
    fn oldest(&self, most: usize) -> Result<Vec<Value>> {
        if !self.connection().prepare_cached(ANY)?.exists([])? {
            return Ok(Vec::new());
        }
        let request = GetRecordsRequest { shard_iterator: self.horizon.clone(), limit: Some(most) };
        let records = self.database.get_records(request)?.records.into_iter();
        let records = records.map(|record| {
            let mut record = serde_json::to_value(record)?;
            record["eventSourceARN"] = self.arn.as_str().into();
            Ok(record)
        });
        records.collect()
    }

    fn trim(&self, last: i64) -> Result<()> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(TRIM, params![self.table, last])?;
        Ok(transaction.commit()?)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Delivers the stream to the function that has it until `stop` resolves; a batch under way is finished.
pub async fn deliver(
    stream: Stream,
    (declared, source): (&Declaration, &platform::Stream),
    function: Arc<dyn Function>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let mut retry = RETRY;
    loop {
        let wait = match deliver_batch(&stream, (declared, source), &*function).await {
            Ok(count) => {
                retry = RETRY;
                if count == source.batch { Duration::ZERO } else { POLL }
            }
            // The engines end at the same time; what is left waits for their next start.
            Err(_) if futures::poll!(&mut stop).is_ready() => return,
            Err(error) => {
                tracing::error!(error, "changes could not be delivered");
                let longer = (2 * retry).min(LONGEST_RETRY);
                std::mem::replace(&mut retry, longer)
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Delivers the next batch; how many records are done with, which is none where none waits. An error
/// where the first of them is to be delivered again.
pub async fn deliver_batch(
    stream: &Stream,
    (declared, source): (&Declaration, &platform::Stream),
    function: &dyn Function,
) -> Result<usize> {
    let _turn = stream.0.turn.lock().await;
    let records = stream.oldest(source.batch).await?;
    let event = batch_event(&records, source)?;
    let done = if event["Records"] == json!([]) {
        records.len()
    } else {
        handled(&records, &function.invoke(event, declared.deadline()).await?)
    };
    match records[..done].last() {
        Some(last) => stream.trim(last).await?,
        None if records.is_empty() => {}
        None => return Err(format!("{} gave its batch back", declared.name).into()),
    }
    Ok(done)
}

/// The event that Lambda gets for a batch of records.
fn batch_event(records: &[Value], source: &platform::Stream) -> Result<Value> {
    let filter = serde_json::from_str(source.filter)?;
    let wanted = records.iter().filter(|record| fits(record, &filter));
    Ok(json!({ "Records": wanted.collect::<Vec<_>>() }))
}

/// True if `value` fits an event filter's pattern: each of its lists has the values that do.
fn fits(value: &Value, pattern: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| fits(&value[name], pattern)),
        Value::Array(values) => values.contains(value),
        _ => false,
    }
}

/// The number of records that come before the first that `answer` names to be delivered again; none
/// where it names one that is not among them, as with Lambda.
fn handled(records: &[Value], answer: &Value) -> usize {
    let failures = answer["batchItemFailures"].as_array().into_iter().flatten();
    let places = failures.map(|failure| {
        let named = |record: &Value| *sequence_number(record) == failure["itemIdentifier"];
        records.iter().position(named).unwrap_or(0)
    });
    places.min().unwrap_or(records.len())
}

fn sequence_number(record: &Value) -> &Value {
    &record["dynamodb"]["SequenceNumber"]
}

/// A record's sequence number as the engine stores it.
fn stored_number(record: &Value) -> Result<i64> {
    let told: u128 = sequence_number(record).as_str().unwrap_or_default().parse()?;
    let stored = told.checked_sub(TOLD).ok_or("a sequence number that the engine never told")?;
    Ok(stored.try_into()?)
}

#[cfg(test)]
mod tests;
