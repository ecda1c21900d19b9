//! The submission of an order, by its provider's module.

use domain::Timestamp;

use crate::answer::Answer;
use crate::call::Unfit;
use crate::order::Order;
use crate::outcome::{Cause, Loss, Reason, Submission};
use crate::request::Request;

impl Order<'_> {
    /// The request that submits it.
    pub fn request(&self) -> Result<Request, Unfit> {
        let request = self.provider.api().request(self)?;
        Ok(self.provider.with_key(self.access, request))
    }

    /// Reads the answer to the submission.
    ///
    /// A job may have been made wherever the provider did not say for certain that it was not. Then the
    /// answer is unresolved, and nothing may be sent again unseen.
    #[must_use]
    pub fn answered(&self, answer: &Answer<'_>, now: Timestamp) -> Submission {
        let api = self.provider.api();
        if answer.is_ok() {
            let accepted = api.accepted(self, answer, now);
            return accepted.unwrap_or_else(|| Submission::Unresolved(Reason::unread()));
        }
        let reason = api.reason(answer).without(self.access.key.expose());
        let reason = reason.without(self.webhook.unwrap_or_default());
        let loss = |reason| Loss { reason, usage: Vec::new() };
        match (answer.status, reason.cause) {
            (408, _) => Submission::Unresolved(reason),
            (400..=499, Cause::Moderation) => Submission::Refused(loss(reason)),
            (429, cause) if cause != Cause::Credit => {
                Submission::NotMade { after: answer.wait(now, self.provider.row().busy), reason }
            }
            (400..=499, _) => Submission::Failed(loss(reason)),
            _ => Submission::Unresolved(reason),
        }
    }
}
