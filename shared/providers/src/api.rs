//! The form of a provider's module, and of its row.

use domain::Timestamp;
use serde_json::Value;

use crate::access::{Access, Secret};
use crate::answer::Answer;
use crate::call::Unfit;
use crate::order::Order;
use crate::outcome::{Handle, Look, Reason, Step, Submission};
use crate::request::{Header, Method, Request};
use crate::webhook::{BadWebhook, Notice};

/// A provider's row: all that is fixed about it.
pub(crate) struct Row {
    /// The URL of its API's host.
    pub(crate) base: &'static str,
    /// That of the host which tells the key that webhooks are signed by, if it is another.
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
