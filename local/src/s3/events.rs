//! The outbox: what happened to objects, kept until somebody acknowledges it, told the way S3 tells SQS; and what
//! functions sent to queues of their own.

use platform::{Notices, Queue, fits};
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::Error;

/// The queue that is told of an event, if there is one.
fn queue_of(queues: &[&'static Queue], event: &Event) -> Result<Option<&'static str>, Error> {
    let kind = serde_json::to_value(event.kind)?;
    let kind = format!("s3:{}", kind.as_str().unwrap_or_default());
    let told = |notices: &Notices| {
        notices.events.iter().any(|events| fits(events, &kind)) && fits(notices.keys, &event.key)
    };
    let queue = queues.iter().find(|queue| queue.notices.iter().any(told));
    Ok(queue.map(|queue| queue.name))
}

/// The rows that are a queue's, named `?1`; those of a store from before there were two are of the first.
const OF_QUEUE: &str = "coalesce(event ->> 'queue', 'uploads') = ?1";

/// A message as a queue subscribed to the buckets would hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedEvent {
    /// Names the message to `acknowledge`, `retry_at` and `dead_letter`.
    pub id: i64,
    /// The times that it has been received, this one included.
    pub receive_count: u32,
    /// An S3 event notification, `{"Records": […]}` with one record, or what a function sent.
    pub body: String,
}

/// An event of an object.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) kind: Kind,
    pub(super) bucket: String,
    pub(super) key: String,
    /// Of the object that was created; a removal has none.
    pub(super) content: Option<Content>,
    /// The name of the version that came or went, or of the marker.
    #[serde(default)]
    pub(super) version: Option<String>,
    pub(super) time_ms: i64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) size: i64,
    pub(super) etag: String,
}

/// The way in which an object came or went, in S3's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    #[serde(rename = "ObjectCreated:Put")]
    Put,
    #[serde(rename = "ObjectCreated:Post")]
    Post,
    #[serde(rename = "ObjectCreated:Copy")]
    Copy,
    #[serde(rename = "ObjectCreated:CompleteMultipartUpload")]
    CompleteMultipartUpload,
    #[serde(rename = "ObjectRemoved:Delete")]
    Delete,
    #[serde(rename = "ObjectRemoved:DeleteMarkerCreated")]
    DeleteMarker,
}

/// An event and whom it is for.
#[derive(Serialize)]
struct Addressed<'a> {
    #[serde(flatten)]
    event: &'a Event,
    queue: &'static str,
}

/// A message of a function, and whom it is for.
#[derive(Serialize)]
struct Sent<'a> {
    message: &'a str,
    queue: &'static str,
}

/// A row, as it is read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Held {
    Sent { message: String },
    Event(Event),
}

/// Puts an event in the outbox, due at once; the queue that is told of it, if there is one.
pub(super) fn add(
    sql: &Connection,
    queues: &[&'static Queue],
    event: &Event,
) -> Result<Option<&'static str>, Error> {
    let Some(queue) = queue_of(queues, event)? else { return Ok(None) };
    let addressed = Addressed { event, queue };
    sql.prepare_cached("INSERT INTO events (event, due_ms) VALUES (?1, ?2)")?
        .execute(params![serde_json::to_string(&addressed)?, event.time_ms])?;
    Ok(Some(queue))
}

/// Puts a function's message in the outbox; its id.
pub(super) fn send(
    sql: &Connection,
    queue: &'static str,
    message: &str,
    due_ms: i64,
) -> Result<i64, Error> {
    let sent = serde_json::to_string(&Sent { message, queue })?;
    sql.prepare_cached("INSERT INTO events (event, due_ms) VALUES (?1, ?2)")?
        .execute(params![sent, due_ms])?;
    Ok(sql.last_insert_rowid())
}

pub(super) fn receive(
    sql: &Connection,
    queue: &str,
    max: usize,
    now_ms: i64,
    visible_again_ms: i64,
) -> Result<Vec<QueuedEvent>, Error> {
    let mut update = sql.prepare_cached(&format!(
        "UPDATE events SET due_ms = ?4, receive_count = receive_count + 1
         WHERE id IN (SELECT id FROM events WHERE +due_ms <= ?3 AND {OF_QUEUE} ORDER BY id LIMIT ?2)
         RETURNING id, receive_count, event",
    ))?;
    let max = i64::try_from(max).unwrap_or(i64::MAX);
    let rows = update.query(params![queue, max, now_ms, visible_again_ms])?;
    let mut received = queued(rows)?;
    received.sort_by_key(|event| event.id);
    Ok(received)
}

/// Makes every event due: whoever had received some is gone. A message that nobody has received yet keeps its delay.
pub(super) fn release(sql: &Connection) -> Result<(), Error> {
    let all = "UPDATE events SET due_ms = 0 WHERE receive_count > 0 OR event ->> 'message' IS NULL";
    sql.execute(all, [])?;
    Ok(())
}

pub(super) fn acknowledge(sql: &Connection, ids: &[i64]) -> Result<(), Error> {
    let mut delete = sql.prepare_cached("DELETE FROM events WHERE id = ?1")?;
    for id in ids {
        delete.execute([id])?;
    }
    Ok(())
}

pub(super) fn retry_at(sql: &Connection, ids: &[i64], at_ms: i64) -> Result<(), Error> {
    let mut update = sql.prepare_cached("UPDATE events SET due_ms = ?2 WHERE id = ?1")?;
    for id in ids {
        update.execute([*id, at_ms])?;
    }
    Ok(())
}

pub(super) fn dead_letter(sql: &Connection, ids: &[i64]) -> Result<(), Error> {
    let mut copy = sql.prepare_cached(
        "INSERT INTO dead_letters (id, event, receive_count) SELECT id, event, receive_count FROM events WHERE id = ?1",
    )?;
    for id in ids {
        copy.execute([id])?;
    }
    acknowledge(sql, ids)
}

pub(super) fn dead_letters(sql: &Connection) -> Result<Vec<QueuedEvent>, Error> {
    let mut select =
        sql.prepare_cached("SELECT id, receive_count, event FROM dead_letters ORDER BY id")?;
    queued(select.query([])?)
}

/// Those of a queue that wait, each with when it is due, the soonest first.
pub(super) fn waiting(sql: &Connection, queue: &str) -> Result<Vec<(i64, QueuedEvent)>, Error> {
    let mut select = sql.prepare_cached(&format!(
        "SELECT id, receive_count, event, due_ms FROM events WHERE {OF_QUEUE} ORDER BY due_ms, id"
    ))?;
    let mut rows = select.query([queue])?;
    let mut waiting = Vec::new();
    while let Some(row) = rows.next()? {
        waiting.push((row.get(3)?, queued_event(row)?));
    }
    Ok(waiting)
}

pub(super) fn count(sql: &Connection, queue: &str) -> Result<usize, Error> {
    let select = format!("SELECT count(*) FROM events WHERE {OF_QUEUE}");
    Ok(sql.prepare_cached(&select)?.query_row([queue], |row| row.get(0))?)
}

/// A key as S3 writes it into events and URL-encoded lists: a form's encoding, with the slashes left alone.
pub(super) fn url_encode(key: &str) -> String {
    let segments: Vec<String> = key
        .split('/')
        .map(|segment| form_urlencoded::byte_serialize(segment.as_bytes()).collect())
        .collect();
    segments.join("/")
}

fn queued(mut rows: rusqlite::Rows<'_>) -> Result<Vec<QueuedEvent>, Error> {
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        events.push(queued_event(row)?);
    }
    Ok(events)
}

fn queued_event(row: &Row<'_>) -> Result<QueuedEvent, Error> {
    let id = row.get(0)?;
    let held = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    let body = match serde_json::from_str(held)? {
        Held::Sent { message } => message,
        Held::Event(event) => notification(id, &event).to_string(),
    };
    Ok(QueuedEvent { id, receive_count: row.get(1)?, body })
}

/// The event as an S3 notification record, version 2.1.
fn notification(id: i64, event: &Event) -> serde_json::Value {
    let time = jiff::Timestamp::from_millisecond(event.time_ms).unwrap_or_default();
    let mut object = json!({ "key": url_encode(&event.key), "sequencer": format!("{id:018X}") });
    if let Some(content) = &event.content {
        object["size"] = content.size.into();
        object["eTag"] = content.etag.as_str().into();
    }
    if let Some(version) = &event.version {
        object["versionId"] = version.as_str().into();
    }
    json!({ "Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": format!("{time:.3}"),
        "eventName": event.kind,
        "userIdentity": { "principalId": "AWS:LOCAL" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
        "responseElements": { "x-amz-request-id": format!("{id:016X}"), "x-amz-id-2": format!("local/{id}") },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "local",
            "bucket": {
                "name": event.bucket,
                "ownerIdentity": { "principalId": "LOCAL" },
                "arn": format!("arn:aws:s3:::{}", event.bucket),
            },
            "object": object,
        },
    }] })
}
