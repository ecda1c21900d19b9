//! The meaning of answers for a job.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::Answer;

/// The outcome of a submission.
#[derive(Debug, Clone, PartialEq)]
pub enum Submission {
    /// The provider made a job of it.
    Made(Handle),
    /// The answer holds what was asked for.
    Done(Done),
    /// No job was made, and nothing is to be paid: it may be sent again.
    NotMade {
        /// The wait before that, in milliseconds.
        after: i64,
        /// The reason why not now.
        reason: Reason,
    },
    /// The provider turned it down for good.
    Failed(Loss),
    /// The provider's moderation turned it down.
    Refused(Loss),
    /// A job may have been made or not: it must not be sent again unseen.
    Unresolved(Reason),
}

/// The outcome of a look at a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// It waits for its turn.
    Queued {
        /// The number of jobs before it.
        position: Option<u64>,
    },
    /// It is being worked at.
    Running {
        /// Its progress.
        percent: Option<u8>,
        /// The provider's word for its state, if it is one that this crate does not know.
        unknown: Option<String>,
    },
    /// It is over, and how it went is told by this step, to be asked at once.
    Next(Step),
    /// It made something.
    Succeeded(Done),
    /// It made nothing.
    Failed(Loss),
    /// The provider's moderation ended it.
    Refused(Loss),
    /// It was cancelled.
    Canceled(Loss),
    /// The look itself failed, and tells nothing of the job.
    Again {
        /// The wait before the next one, in milliseconds.
        after: i64,
        /// The reason.
        reason: Reason,
    },
    /// The provider no longer has it.
    Gone,
}

impl Look {
    pub(crate) fn running() -> Self {
        Self::Running { percent: None, unknown: None }
    }

    /// A state by a word that is not known: the job goes on.
    pub(crate) fn unknown(word: &str) -> Self {
        Self::Running { percent: None, unknown: Some(cut(word)) }
    }

    /// The end of a job that the provider's words call a failure.
    pub(crate) fn lost(reason: Reason, usage: Vec<Usage>) -> Self {
        match reason.cause {
            Cause::Moderation => Self::Refused(Loss { reason, usage }),
            _ => Self::Failed(Loss { reason, usage }),
        }
    }

    /// The end of a job that the provider's words call a success, whose worth is its outputs.
    pub(crate) fn done(done: Done) -> Self {
        if done.outputs.is_empty() {
            return Self::lost(Reason::new(Cause::Provider, None, NOTHING), done.usage);
        }
        Self::Succeeded(done)
    }
}

/// Said of a success without an output.
const NOTHING: &str = "the provider reports a success, but no output";

/// The question of a look: some providers tell a job's state and its result apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Its state.
    Status,
    /// Its result.
    Result,
}

/// A job at its provider: all that is needed to look at it again.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// The provider's name for it.
    pub id: String,
    /// The URL that tells its state.
    pub look: String,
    /// The URL that tells its result, if that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The URL that cancels it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<String>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({})", self.id)
    }
}

/// A success: the outputs of a job, and its usage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Done {
    /// Its outputs, in the provider's order.
    pub outputs: Vec<Output>,
    /// Its usage.
    pub usage: Vec<Usage>,
}

impl Done {
    /// The outcome of a submission whose answer holds all.
    pub(crate) fn at_once(self) -> Submission {
        match Look::done(self) {
            Look::Succeeded(done) => Submission::Done(done),
            Look::Failed(loss) => Submission::Failed(loss),
            _ => Submission::Unresolved(Reason::unread()),
        }
    }
}

/// The end of a job that made nothing: the reason, and its usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The reason.
    pub reason: Reason,
    /// Its usage.
    pub usage: Vec<Usage>,
}

/// A reason why something did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Its cause.
    pub cause: Cause,
    /// The provider's code for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider's words, cut to a length, or ours.
    pub message: String,
}

impl Reason {
    pub(crate) fn new(cause: Cause, code: Option<&str>, message: &str) -> Self {
        Self { cause, code: code.map(cut), message: cut(message) }
    }

    /// The reason of an answer with a status, by what its body says.
    pub(crate) fn told(status: u16, code: Option<&str>, message: Option<&str>) -> Self {
        let cause = match status {
            401 => return Self::new(Cause::Key, code, "the provider does not take the key"),
            402 => Cause::Credit,
            408 | 429 => Cause::Provider,
            400..=499 => Cause::Request,
            _ => Cause::Provider,
        };
        let plain = format!("the provider answers {status}");
        Self::new(cause, code, message.filter(|text| !text.trim().is_empty()).unwrap_or(&plain))
    }

    /// The same reason, laid at another's door if `so`.
    pub(crate) fn blame(mut self, cause: Cause, so: bool) -> Self {
        if so {
            self.cause = cause;
        }
        self
    }

    /// The same reason, without a secret that the provider may quote.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        if !secret.is_empty() {
            self.message = self.message.replace(secret, "…");
        }
        self
    }

    /// The reason of an answer that is not what the provider's answers are.
    pub(crate) fn unread() -> Self {
        Self::new(Cause::Provider, None, "the provider's answer cannot be read")
    }

    pub(crate) fn canceled() -> Self {
        Self::new(Cause::Request, Some("canceled"), "it was cancelled")
    }
}

/// The cause of something that did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The key is not taken.
    Key,
    /// The account has no money left.
    Credit,
    /// The request is not one that the provider takes.
    Request,
    /// The provider's moderation.
    Moderation,
    /// The provider itself.
    Provider,
    /// The way there.
    Wire,
}

/// A provider's text, as it is kept: one line of at most 500 characters.
fn cut(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect()
}

/// A thing that a job made.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Its kind.
    pub kind: Kind,
    /// Its content, or its place.
    pub content: Content,
    /// Its media type, as the provider says.
    pub media_type: Option<String>,
    /// Its size in bytes, as the provider says.
    pub size: Option<u64>,
    /// True if the provider's key must go along when it is fetched.
    pub needs_key: bool,
    /// The end of its life; if that is unknown, it should be taken at once.
    pub gone_at: Option<Timestamp>,
    /// True if a new look at the job makes a new URL of it.
    pub is_renewed: bool,
}

impl Output {
    pub(crate) fn bytes(data: Vec<u8>, media_type: &str) -> Self {
        let size = u64::try_from(data.len()).ok();
        let (kind, content) = (Kind::Media, Content::Bytes(data));
        let media_type = Some(media_type.to_owned());
        Self { kind, content, media_type, size, needs_key: false, gone_at: None, is_renewed: false }
    }

    /// The output that an answer's body is, if it has one, of the type that its header says.
    pub(crate) fn whole(answer: &Answer<'_>, else_of: &str) -> Vec<Self> {
        let media_type = answer.header("content-type").unwrap_or(else_of);
        let body = Some(answer.body).filter(|body| !body.is_empty());
        body.map(|body| Self::bytes(body.to_vec(), media_type)).into_iter().collect()
    }

    /// The output that a provider's text names: a URL of the web, or a `data:` one.
    pub(crate) fn named(text: &str, gone_at: Option<Timestamp>) -> Option<Self> {
        if let Some(inline) = text.strip_prefix("data:") {
            let (kind, data) = inline.split_once(";base64,")?;
            return Some(Self::bytes(BASE64_STANDARD.decode(data).ok()?, kind));
        }
        let is_web = text.starts_with("https://") || text.starts_with("http://");
        is_web.then(|| Self {
            kind: Kind::Media,
            content: Content::Url(text.to_owned()),
            media_type: None,
            size: None,
            needs_key: false,
            gone_at,
            is_renewed: false,
        })
    }
}

/// The kind of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An image, a sound or a video.
    Media,
    /// The text of a recording.
    Transcript,
    /// The words of a recording with their times, as JSON.
    Words,
}

/// The content of an output, or its place.
#[derive(Clone, PartialEq)]
pub enum Content {
    /// At a URL.
    Url(String),
    /// Here.
    Bytes(Vec<u8>),
}

impl fmt::Debug for Content {
    /// Shows nothing of a URL's query, which may sign it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url.split('?').next().unwrap_or_default()),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

/// An amount, as a provider counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The unit.
    pub unit: Unit,
    /// The number of units.
    pub quantity: u64,
}

impl Usage {
    /// A count that an answer's field holds.
    pub(crate) fn count(unit: Unit, field: Option<&Value>) -> Option<Self> {
        let milli = thousandths(field?)?;
        Some(Self { unit, quantity: milli.div_ceil(1000) })
    }

    /// A time in seconds that an answer's field holds.
    pub(crate) fn seconds(field: Option<&Value>) -> Option<Self> {
        Some(Self { unit: Unit::Millisecond, quantity: thousandths(field?)? })
    }

    /// A count that an answer's header holds.
    pub(crate) fn header(unit: Unit, header: Option<&str>) -> Option<Self> {
        Self::count(unit, serde_json::from_str(header?).ok().as_ref())
    }
}

/// A JSON number in thousandths; none below 0.
pub(crate) fn thousandths(number: &Value) -> Option<u64> {
    format!("{:.3}", number.as_f64()?).replace('.', "").parse().ok()
}

/// A unit of usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The provider's own money.
    Credit,
    /// Of sound, of video, or of work, as the provider counts it.
    Millisecond,
    /// Of text.
    Character,
    /// Of what was sent.
    InputToken,
    /// Of what was made.
    OutputToken,
    /// Made.
    Image,
    /// A billable unit of a model, as fal calls it.
    Billable,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_become_integers() {
        for (number, expected) in [
            (json!(1.25), Some(1250)),
            (json!(0.0004), Some(0)),
            (json!(7), Some(7000)),
            (json!(-1), None),
            (json!(1e300), None),
            (json!("1"), None),
        ] {
            assert_eq!(thousandths(&number), expected, "{number}");
        }
        let credits = Usage::count(Unit::Credit, Some(&json!(24.5)));
        assert_eq!(credits.map(|usage| usage.quantity), Some(25));
    }

    #[test]
    fn what_is_shown_has_no_signature() {
        let output = Output::named("https://a.example/x.png?_jwt=hidden", None).unwrap();
        assert!(!format!("{output:?}").contains("hidden"));
        assert_eq!(Output::named("ftp://a.example/x", None), None);
        let inline = Output::named("data:image/png;base64,AAEC", None).unwrap();
        assert_eq!(inline.content, Content::Bytes(vec![0, 1, 2]));
    }
}
