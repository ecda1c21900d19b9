//! The providers, and the questions that each can be asked.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::{Access, Secret};
use crate::answer::Answer;
use crate::apis;
use crate::call::Unfit;
use crate::order::Order;
use crate::outcome::{Cause, Content, Handle, Look, Output, Reason, Step, Submission};
use crate::request::{Header, Method, Request};
use crate::webhook::{BadWebhook, Notice};

/// A provider of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// `ElevenLabs`.
    #[serde(rename = "elevenlabs")]
    ElevenLabs,
    /// Deepgram.
    Deepgram,
    /// `OpenAI`.
    #[serde(rename = "openai")]
    OpenAi,
    /// Stability AI.
    Stability,
    /// fal, which also runs Pika's models.
    Fal,
    /// Replicate.
    Replicate,
    /// Runway.
    Runway,
    /// Luma's Agents API.
    Luma,
    /// Luma's older API.
    DreamMachine,
    /// Google, by keys of the Gemini API.
    Google,
}

/// A provider's row: all that is fixed about it.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) base: &'static str,
    pub(crate) signing: Option<&'static str>,
    pub(crate) inputs: Inputs,
    pub(crate) callbacks: Callbacks,
    /// The wait before the first look, and before each further one, in milliseconds.
    pub(crate) pace: (i64, i64),
    /// The wait where it is busy and does not say for how long, in milliseconds.
    pub(crate) busy: i64,
    pub(crate) api: &'static dyn Api,
}

/// The way in which a provider takes input files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inputs {
    /// As bytes alone.
    Bytes,
    /// By a URL that it can reach, alone.
    Urls,
    /// Either way.
    Either,
}

/// The way in which a provider tells that a job is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callbacks {
    /// It does not.
    None,
    /// At a URL that goes along with the job, signed.
    Signed,
    /// At a URL that goes along with the job, unsigned: the URL itself has to be a secret.
    Unsigned,
    /// At a URL of the account, signed.
    OfAccount,
}

/// A provider's module. All of it is pure.
pub(crate) trait Api: Sync {
    /// The headers that carry the key.
    fn headers(&self, key: &Secret) -> Vec<Header>;

    /// The request that submits an order.
    fn request(&self, order: &Order<'_>) -> Result<Request, Unfit>;

    /// The reason that an answer gives.
    fn reason(&self, answer: &Answer<'_>) -> Reason;

    /// Reads an answer of 2xx to an order; `None` where it cannot be read.
    fn accepted(
        &self,
        order: &Order<'_>,
        answer: &Answer<'_>,
        now: Timestamp,
    ) -> Option<Submission>;

    /// The job of this id, by the rule that its URLs follow.
    fn handle(&self, _access: &Access, _model: &str, _id: &str) -> Option<Handle> {
        None
    }

    /// The request that looks at a job.
    fn look(&self, handle: &Handle, step: Step) -> Request {
        let result = handle.result.as_ref().filter(|_| step == Step::Result);
        Request::get(result.unwrap_or(&handle.look))
    }

    /// Reads the answer to a look; `None` where it tells nothing of the job.
    fn seen(&self, _sight: &Sight<'_>) -> Option<Look> {
        None
    }

    /// The method that cancels a job, by the URL in its handle.
    fn cancels_by(&self) -> Option<Method> {
        None
    }

    /// The request for the newest jobs, and the field of the answer that holds them.
    fn list(&self, _access: &Access) -> Option<(Request, &'static str)> {
        None
    }

    /// True if an entry of that list is the job of an order that was sent then.
    fn is_of(&self, _entry: &Value, _sent: &Request, _at: Timestamp) -> bool {
        false
    }

    /// The request for the key that webhooks are signed by.
    fn signing_key(&self, _access: &Access) -> Option<Request> {
        None
    }

    /// Checks a webhook's signature, and reads which job it is about.
    fn webhook(&self, _notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        Err(BadWebhook::Unknown)
    }
}

/// A look at a job, and its answer.
pub(crate) struct Sight<'a> {
    pub(crate) access: &'a Access,
    pub(crate) step: Step,
    pub(crate) answer: &'a Answer<'a>,
    pub(crate) now: Timestamp,
}

impl Provider {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::ElevenLabs,
        Self::Deepgram,
        Self::OpenAi,
        Self::Stability,
        Self::Fal,
        Self::Replicate,
        Self::Runway,
        Self::Luma,
        Self::DreamMachine,
        Self::Google,
    ];

    pub(crate) fn row(self) -> &'static Row {
        match self {
            Self::ElevenLabs => &apis::elevenlabs::ROW,
            Self::Deepgram => &apis::deepgram::ROW,
            Self::OpenAi => &apis::openai::ROW,
            Self::Stability => &apis::stability::ROW,
            Self::Fal => &apis::fal::ROW,
            Self::Replicate => &apis::replicate::ROW,
            Self::Runway => &apis::runway::ROW,
            Self::Luma => &apis::luma::ROW,
            Self::DreamMachine => &apis::dream_machine::ROW,
            Self::Google => &apis::google::ROW,
        }
    }

    pub(crate) fn api(self) -> &'static dyn Api {
        self.row().api
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The provider of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name)
    }

    /// The way in which it takes input files.
    #[must_use]
    pub fn inputs(self) -> Inputs {
        self.row().inputs
    }

    /// The way in which it tells that a job is over.
    #[must_use]
    pub fn callbacks(self) -> Callbacks {
        self.row().callbacks
    }

    /// The wait before the look after `looks` others, in milliseconds.
    #[must_use]
    pub fn pace(self, looks: u32) -> i64 {
        let (first, then) = self.row().pace;
        // Jobs of an hour need no look every few seconds.
        if looks == 0 { first } else { then.saturating_mul(1 << (looks / 30).min(3)) }
    }

    /// The job of this id, which somebody else has submitted.
    #[must_use]
    pub fn handle(self, access: &Access, model: &str, id: &str) -> Option<Handle> {
        self.api().handle(access, model, id)
    }

    /// The request that looks at a job. The first step is [`Step::Status`].
    #[must_use]
    pub fn look(self, access: &Access, handle: &Handle, step: Step) -> Request {
        self.with_key(access, self.api().look(handle, step))
    }

    /// Reads the answer to a look.
    #[must_use]
    pub fn seen(self, access: &Access, step: Step, answer: &Answer<'_>, now: Timestamp) -> Look {
        let sight = Sight { access, step, answer, now };
        self.api().seen(&sight).unwrap_or_else(|| {
            let reason = match answer.status {
                404 | 410 => return Look::Gone,
                200..=299 => Reason::unread(),
                _ => self.api().reason(answer).without(access.key.expose()),
            };
            Look::Again { after: answer.wait(now, self.row().busy), reason }
        })
    }

    /// Says what it means that a look has no answer.
    #[must_use]
    pub fn unseen(self) -> Look {
        let reason = Reason::new(Cause::Wire, None, "the provider could not be reached");
        Look::Again { after: self.row().pace.1, reason }
    }

    /// The request that cancels a job, where there is one. To be sent while the job is not over: some
    /// providers remove what is cancelled with all that it made. What becomes of it, a look tells.
    #[must_use]
    pub fn cancel(self, access: &Access, handle: &Handle) -> Option<Request> {
        let method = self.api().cancels_by()?;
        let request = Request { method, ..Request::get(handle.cancel.clone()?) };
        Some(self.with_key(access, request))
    }

    /// The request for the newest jobs, where there is one, by which an unresolved submission is found.
    #[must_use]
    pub fn list(self, access: &Access) -> Option<Request> {
        self.api().list(access).map(|(request, _)| self.with_key(access, request))
    }

    /// The jobs in an answer to [`Self::list`] that may be of an order: it was `sent` as
    /// this request, and not before `at`. Several may be alike; those that belong to others are for the
    /// caller to leave out. `None` where the answer cannot be read.
    #[must_use]
    pub fn found(
        self,
        order: &Order<'_>,
        sent: &Request,
        at: Timestamp,
        answer: &Answer<'_>,
    ) -> Option<Vec<Handle>> {
        let (_, field) = self.api().list(order.access)?;
        let body = answer.found()?;
        let entries = body.get(field)?.as_array()?;
        let own = entries.iter().filter(|entry| self.api().is_of(entry, sent, at));
        let handles = own.filter_map(|entry| {
            self.handle(order.access, &order.call.model, entry.get("id")?.as_str()?)
        });
        Some(handles.collect())
    }

    /// The request that fetches an output. The provider's key goes along only where the output is at
    /// its API; a redirect is for the caller to follow, without the key.
    #[must_use]
    pub fn fetch(self, access: &Access, output: &Output) -> Option<Request> {
        let Content::Url(url) = &output.content else { return None };
        let request = Request::get(url.clone());
        Some(if output.needs_key { self.with_key(access, request) } else { request })
    }

    /// The request for what [`Notice::key`] holds, where it can be asked for.
    #[must_use]
    pub fn signing_key(self, access: &Access) -> Option<Request> {
        self.api().signing_key(access).map(|request| self.with_key(access, request))
    }

    /// Checks a webhook's signature, where it has one, and reads which job it is about. Nothing else of
    /// it is to be believed: the job is looked at.
    pub fn webhook(self, notice: &Notice<'_>) -> Result<Option<String>, BadWebhook> {
        self.api().webhook(notice)
    }

    /// The request with the key, if it goes where the key may go.
    pub(crate) fn with_key(self, access: &Access, mut request: Request) -> Request {
        if access.owns(&request.url) {
            request.headers.extend(self.api().headers(&access.key));
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_of_its_own() {
        for provider in Provider::ALL {
            assert_eq!(Provider::named(provider.as_str()), Some(provider));
            let json = serde_json::to_value(provider).unwrap();
            assert_eq!(json, provider.as_str());
        }
    }
}
