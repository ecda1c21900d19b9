//! Notifications as they come: S3's own format, alone or in an SQS message, and EventBridge's.
//!
//! Only what is needed is read, so that fields and minor versions to come change nothing.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>

use futures::future::join_all;
use model::{Sequencer, Timestamp};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::key::ObjectKey;

/// The reason for which something can never be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// One message of a queue.
#[derive(Debug)]
pub struct Message {
    /// Names it in the answer to its batch.
    pub id: String,
    /// A notification.
    pub body: String,
    /// The times that it was delivered, this one included.
    pub receives: u32,
}

/// A change to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was written.
    Created,
    /// It was removed.
    Removed,
}

/// The news that one record tells.
#[derive(Debug, Clone)]
pub struct Notice {
    /// The change.
    pub change: Change,
    /// When.
    pub at: Timestamp,
    /// In which bucket.
    pub bucket: String,
    /// To which object; decoded.
    pub key: String,
    /// Its `ETag` then, without quotes.
    pub etag: Option<String>,
    /// Its place among the events of its key.
    pub sequencer: Option<Sequencer>,
    /// The one who did it, as S3 names them: a principal, or by EventBridge an account.
    pub principal: Option<String>,
    /// The record as it came.
    pub text: String,
}

impl Notice {
    /// The object's key; none where it is not one of ours.
    pub fn object_key(&self, bucket: &str) -> Result<Option<ObjectKey>, Unreadable> {
        if self.bucket != bucket {
            return Err(Unreadable(format!("the bucket is not {bucket}")));
        }
        ObjectKey::parse(&self.key).map_err(|e| Unreadable(format!("the object key: {e}")))
    }
}

/// Handles each message of an SQS batch by `handle`, side by side: the answer names those to deliver
/// again (a partial batch response). None where the event is no such batch.
pub async fn each_message<F>(event: &Value, handle: impl Fn(Message) -> F) -> Option<Value>
where
    F: Future<Output = model::Result<()>>,
{
    let handled = messages(event)?.into_iter().map(|message| {
        let id = message.id.clone();
        let handled = handle(message);
        async move {
            let error = handled.await.err()?;
            let error = model::error::loggable(&error);
            tracing::error!(message_id = id, error, "a message is to be delivered again");
            Some(json!({ "itemIdentifier": id }))
        }
    });
    let failures: Vec<_> = join_all(handled).await.into_iter().flatten().collect();
    Some(json!({ "batchItemFailures": failures }))
}

/// The messages of an SQS batch; none where the event is no such batch.
fn messages(event: &Value) -> Option<Vec<Message>> {
    let records = event.get("Records")?.as_array()?;
    let text = |record: &Value, name| record.get(name)?.as_str().map(str::to_owned);
    let message = |record: &Value| {
        let receives = record.pointer("/attributes/ApproximateReceiveCount");
        let receives = receives.and_then(Value::as_str).and_then(|count| count.parse().ok());
        let (id, body) = (text(record, "messageId")?, text(record, "body")?);
        Some(Message { id, body, receives: receives.unwrap_or(1) })
    };
    records.iter().map(message).collect()
}

/// One record of a notification as it was read; its text where it cannot be.
pub type Record = Result<Notice, (String, Unreadable)>;

/// Reads a notification document: each record by itself, so that one that cannot be read does not
/// take the others with it.
pub fn read(document: &str) -> Result<Vec<Record>, Unreadable> {
    let document: Value =
        serde_json::from_str(document).map_err(|e| Unreadable(format!("not JSON: {e}")))?;
    if document.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    if document.get("detail-type").is_some() {
        return Ok(from_event_bridge(&document).into_iter().collect());
    }
    let Some(Value::Array(records)) = document.get("Records") else {
        return Err(Unreadable("neither Records nor a detail-type".to_owned()));
    };
    Ok(records.iter().filter_map(from_s3).collect())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Record {
    event_version: String,
    event_name: String,
    event_time: Timestamp,
    user_identity: Option<Identity>,
    s3: S3Entity,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    principal_id: Option<String>,
}

#[derive(Deserialize)]
struct S3Entity {
    bucket: Bucket,
    object: Object,
    /// In EventBridge's format alone.
    requester: Option<String>,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
    #[serde(alias = "eTag")]
    etag: Option<String>,
    sequencer: Option<String>,
}

/// One record of S3's format; none where it tells of nothing that matters here.
fn from_s3(value: &Value) -> Option<Record> {
    let text = value.to_string();
    let record = match S3Record::deserialize(value) {
        Ok(record) => record,
        Err(error) => return Some(Err((text, Unreadable(error.to_string())))),
    };
    // Minor versions add fields; a major version may change what they mean.
    if !record.event_version.starts_with("2.") {
        let reason = format!("event version {}; 2.x is understood", record.event_version);
        return Some(Err((text, Unreadable(reason))));
    }
    let name = record.event_name.trim_start_matches("s3:");
    let change = match name.split(':').next() {
        Some("ObjectCreated") => Change::Created,
        Some("ObjectRemoved" | "LifecycleExpiration") => Change::Removed,
        _ => return None,
    };
    // As in a form: a space is a plus, what is reserved is percent-encoded, and that once.
    let key = record.s3.object.key.replace('+', " ");
    let Ok(key) = percent_decode_str(&key).decode_utf8() else {
        return Some(Err((text, Unreadable("the object key is not UTF-8".to_owned()))));
    };
    let principal = record.user_identity.and_then(|identity| identity.principal_id);
    let S3Entity { bucket, object, .. } = record.s3;
    let notice = notice(change, record.event_time, bucket, key.into(), &object, text);
    Some(Ok(Notice { principal: principal.filter(|name| is_name(name)), ..notice }))
}

#[derive(Deserialize)]
struct EventBridgeEvent {
    time: Timestamp,
    detail: S3Entity,
}

/// EventBridge's format, in which the key is not encoded.
fn from_event_bridge(value: &Value) -> Option<Record> {
    let change = match value.get("detail-type").and_then(Value::as_str) {
        Some("Object Created") => Change::Created,
        Some("Object Deleted") => Change::Removed,
        _ => return None,
    };
    let text = value.to_string();
    Some(match EventBridgeEvent::deserialize(value) {
        Ok(EventBridgeEvent { time, detail: S3Entity { bucket, object, requester } }) => {
            let notice = notice(change, time, bucket, object.key.clone(), &object, text);
            Ok(Notice { principal: requester.filter(|name| is_name(name)), ..notice })
        }
        Err(error) => Err((text, Unreadable(error.to_string()))),
    })
}

fn notice(
    change: Change,
    at: Timestamp,
    bucket: Bucket,
    key: String,
    object: &Object,
    text: String,
) -> Notice {
    Notice {
        change,
        at,
        bucket: bucket.name,
        key,
        etag: object.etag.as_deref().map(|etag| etag.trim_matches('"').to_owned()),
        sequencer: object.sequencer.as_deref().map(Sequencer::new),
        principal: None,
        text,
    }
}

/// True if a principal's name is one that a record has room for: S3's have 20 to 149 characters.
fn is_name(principal: &str) -> bool {
    (1..=256).contains(&principal.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(version: &str, key: &str) -> String {
        serde_json::json!({ "Records": [{
            "eventVersion": version, "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "eventTime": "2026-11-22T10:00:00.000Z", "aFieldToCome": { "x": 1 },
            "s3": { "bucket": { "name": "b" }, "object": { "key": key, "eTag": "e", "sequencer": "0A" } }
        }]})
        .to_string()
    }

    fn key(encoded: &str) -> String {
        read(&record("2.1", encoded)).unwrap().remove(0).unwrap().key
    }

    #[test]
    fn keys_are_decoded_once_the_plus_first() {
        assert_eq!(key("a+b%2Bc%252Bd"), "a b+c%2Bd");
        assert_eq!(key("%F0%9F%8E%A8/../x"), "🎨/../x");
        assert!(read(&record("2.1", "%FF")).unwrap()[0].is_err());
    }

    #[test]
    fn minor_versions_to_come_are_read_and_major_ones_are_not() {
        assert!(read(&record("2.99", "k")).unwrap()[0].is_ok());
        assert!(read(&record("3.0", "k")).unwrap()[0].is_err());
    }

    #[test]
    fn event_bridge_does_not_encode_keys() {
        let event = serde_json::json!({
            "version": "0", "detail-type": "Object Created", "source": "aws.s3",
            "time": "2026-11-22T10:00:00Z",
            "detail": { "bucket": { "name": "b" }, "object": { "key": "a+b%20c", "etag": "e", "sequencer": "0A" } }
        });
        assert_eq!(read(&event.to_string()).unwrap().remove(0).unwrap().key, "a+b%20c");
    }

    #[test]
    fn a_test_event_tells_nothing() {
        assert!(read(r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_unreadable(text in ".{0,200}", key in "[%+a-f0-9/]{0,30}") {
            let _ = read(&text);
            let _ = read(&record("2.1", &key));
        }
    }
}
