//! What answers to exported spans mean: <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>.

use domain::Timestamp;
use prost::Message;
use providers::{Answer, Broken};
use serde::Deserialize;

/// What became of spans that were sent. Receivers know a span by its id, so that sending it twice does
/// no harm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// They were taken.
    Taken,
    /// They were taken, but for some. These must not be sent again.
    Partly {
        /// The number of those that were not.
        rejected: u64,
        /// The receiver's words.
        message: String,
    },
    /// They were not taken now: the same bytes may be sent again.
    Later {
        /// The wait before that, in milliseconds.
        after: i64,
    },
    /// They were not taken, and never will be: the same bytes must not be sent again.
    Refused {
        /// The status.
        status: u16,
        /// The receiver's words.
        message: String,
    },
}

impl Receipt {
    /// Reads an answer, or what kept it from coming. `else_after` is the wait, in milliseconds, before
    /// the next try where the receiver names none.
    #[must_use]
    pub fn of(answer: Result<Answer<'_>, Broken>, now: Timestamp, else_after: i64) -> Self {
        let Ok(answer) = answer else { return Self::Later { after: else_after } };
        match answer.status {
            200..=299 => Self::taken(&answer),
            429 | 502..=504 => Self::Later { after: answer.wait(now, else_after) },
            status => Self::Refused { status, message: refusal(&answer) },
        }
    }

    /// Of a success, whose body may say that some spans were not taken. One that cannot be read says nothing.
    fn taken(answer: &Answer<'_>) -> Self {
        let told = if is_json(answer) {
            serde_json::from_slice::<Response>(answer.body).ok()
        } else {
            Response::decode(answer.body).ok()
        };
        match told.and_then(|response| response.partial_success) {
            // Without any rejected, the words are advice.
            Some(Partial { rejected_spans, error_message }) if rejected_spans > 0 => {
                let rejected = u64::try_from(rejected_spans).unwrap_or_default();
                Self::Partly { rejected, message: cut(&error_message) }
            }
            _ => Self::Taken,
        }
    }
}

fn is_json(answer: &Answer<'_>) -> bool {
    answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json"))
}

/// The words of a refusal: a `google.rpc.Status`, or whatever else it is.
fn refusal(answer: &Answer<'_>) -> String {
    let status = if is_json(answer) {
        serde_json::from_slice::<Status>(answer.body).ok()
    } else {
        // Plain text may be read as a message without any fields that are known.
        Status::decode(answer.body).ok()
    };
    let told = status.map(|status| status.message).filter(|message| !message.is_empty());
    cut(&told.unwrap_or_else(|| String::from_utf8_lossy(answer.body).into_owned()))
}

/// A receiver's words, as they are kept: one line of at most 500 characters.
fn cut(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[prost(message, optional, tag = "1")]
    #[serde(default)]
    partial_success: Option<Partial>,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Partial {
    #[prost(int64, tag = "1")]
    #[serde(default, deserialize_with = "number_or_text")]
    rejected_spans: i64,
    #[prost(string, tag = "2")]
    #[serde(default)]
    error_message: String,
}

#[derive(Clone, PartialEq, Message, Deserialize)]
struct Status {
    #[prost(int32, tag = "1")]
    #[serde(default)]
    code: i32,
    #[prost(string, tag = "2")]
    #[serde(default)]
    message: String,
}

/// A number of 64 bits, which protobuf's JSON writes as a text, and others do not.
fn number_or_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(i64),
        Text(String),
    }
    match Either::deserialize(from)? {
        Either::Number(number) => Ok(number),
        Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

    fn receipt(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Receipt {
        let headers: Vec<_> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Receipt::of(Ok(Answer { status, headers: &headers, body }), NOW, 7_000)
    }

    #[test]
    fn what_may_be_sent_again_is() {
        for status in [429, 502, 503, 504] {
            assert_eq!(receipt(status, &[], b""), Receipt::Later { after: 7_000 }, "{status}");
            let told = receipt(status, &[("Retry-After", "3")], b"");
            assert_eq!(told, Receipt::Later { after: 3_000 }, "{status}");
        }
        for broken in [Broken::NotSent, Broken::Sent, Broken::TimedOut] {
            assert_eq!(Receipt::of(Err(broken), NOW, 7_000), Receipt::Later { after: 7_000 });
        }
    }

    #[test]
    fn what_is_refused_is_never_sent_again() {
        for status in [301, 400, 401, 403, 404, 408, 413, 415, 422, 500, 501] {
            let refused = receipt(status, &[("retry-after", "3")], b"no\nway");
            assert_eq!(refused, Receipt::Refused { status, message: "no way".to_owned() });
        }
        let json: (_, &[u8]) = ("application/json", br#"{"code": 3, "message": "bad id"}"#);
        for (kind, body) in [json, ("application/x-protobuf", b"\x08\x03\x12\x06bad id")] {
            let refused = receipt(400, &[("content-type", kind)], body);
            assert_eq!(refused, Receipt::Refused { status: 400, message: "bad id".to_owned() });
        }
    }

    #[test]
    fn what_is_taken_in_part_is_told() {
        let json = ("content-type", "application/json");
        let some = Receipt::Partly { rejected: 2, message: "too old".to_owned() };
        for count in ["2", "\"2\""] {
            let body = format!(
                r#"{{"partialSuccess": {{"rejectedSpans": {count}, "errorMessage": "too old"}}}}"#
            );
            assert_eq!(receipt(200, &[json], body.as_bytes()), some);
        }
        let protobuf = ("content-type", "application/x-protobuf");
        assert_eq!(receipt(200, &[protobuf], b"\x0a\x0b\x08\x02\x12\x07too old"), some);
        for body in [
            "",
            "{}",
            "null",
            "[]",
            r#"{"partialSuccess": null}"#,
            r#"{"partialSuccess": {"errorMessage": "mind"}}"#,
        ] {
            assert_eq!(receipt(200, &[json], body.as_bytes()), Receipt::Taken, "{body}");
            assert_eq!(receipt(202, &[protobuf], b""), Receipt::Taken);
        }
    }
}
