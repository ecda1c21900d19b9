//! SQS's part by which functions send messages. They are kept with S3's events, and delivered as those are (`queue`).
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>

use http::StatusCode;
use model::Clock;
use s3s::crypto::{Checksum as _, Md5};
use serde::Deserialize;
use serde_json::json;

use crate::json::Answer;
use crate::s3;

/// The largest message, in bytes.
const MAX_MESSAGE: usize = 1024 * 1024;
/// The longest delay, in seconds.
const MAX_DELAY: i64 = 900;

/// The queues, and the time by which what is sent to them comes due.
#[derive(Clone)]
pub(crate) struct Queues {
    pub(crate) events: s3::Store,
    pub(crate) clock: Clock,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    message_body: String,
    #[serde(default)]
    delay_seconds: i64,
}

/// The address of a queue, where SQS is at `endpoint`.
#[must_use]
pub(crate) fn url(endpoint: &str, queue: &str) -> String {
    format!("{endpoint}/000000000000/{queue}")
}

/// SQS's answer.
pub(crate) fn answer(queues: &Queues, operation: &str, body: &[u8]) -> Answer {
    if operation != "SendMessage" {
        let what = format!("there is no operation {operation:?} here");
        return refusal("com.amazon.coral.service#UnknownOperationException", &what);
    }
    match serde_json::from_slice(body) {
        Ok(message) => send(queues, &message),
        Err(error) => {
            refusal("com.amazon.coral.service#SerializationException", &error.to_string())
        }
    }
}

fn send(Queues { events, clock }: &Queues, message: &SendMessage) -> Answer {
    let SendMessage { queue_url, message_body, delay_seconds } = message;
    if !(0..=MAX_DELAY).contains(delay_seconds) {
        let why = format!("DelaySeconds is {delay_seconds}, and must be from 0 to {MAX_DELAY}");
        return refusal("com.amazonaws.sqs#InvalidParameterValue", &why);
    }
    if !(1..=MAX_MESSAGE).contains(&message_body.len()) {
        let why = format!("MessageBody must have 1 to {MAX_MESSAGE} bytes");
        return refusal("com.amazonaws.sqs#InvalidParameterValue", &why);
    }
    let (_, queue) = queue_url.rsplit_once('/').unwrap_or_default();
    let due = clock.now().plus(1000 * delay_seconds);
    match events.send(queue, message_body, due.millis()) {
        Ok(Some(id)) => {
            let md5 = hex::encode(Md5::checksum(message_body.as_bytes()));
            let answer = json!({ "MessageId": id.to_string(), "MD5OfMessageBody": md5 });
            Answer::new(StatusCode::OK, answer.to_string())
        }
        Ok(None) => {
            refusal("com.amazonaws.sqs#QueueDoesNotExist", "the specified queue does not exist")
        }
        Err(error) => {
            tracing::error!(%error, "a message could not be kept");
            let (kind, why) = ("com.amazonaws.sqs#InternalError", "the message was not kept");
            Answer::error(StatusCode::INTERNAL_SERVER_ERROR, kind, why)
        }
    }
}

fn refusal(kind: &str, message: &str) -> Answer {
    Answer::error(StatusCode::BAD_REQUEST, kind, message)
}

#[cfg(test)]
mod tests;
