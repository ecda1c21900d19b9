//! The questions that each provider can be asked.

use domain::Timestamp;

use crate::access::{Access, Secret};
use crate::answer::Answer;
use crate::api::{Api, Callbacks, Inputs, Row, Sight};
use crate::apis;
use crate::name::Provider;
use crate::order::Order;
use crate::outcome::{Cause, Content, Handle, Look, Output, Reason, Step};
use crate::request::Request;
use crate::webhook::{BadWebhook, Notice};

impl Access {
    /// The key at the provider's own hosts.
    #[must_use]
    pub fn new(provider: Provider, key: Secret) -> Self {
        let row = provider.row();
        Self::to(key, row.base, row.signing.unwrap_or(row.base))
    }
}

impl Provider {
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
            Self::Demo => &apis::demo::ROW,
        }
    }

    pub(crate) fn api(self) -> &'static dyn Api {
        self.row().api
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
