//! A job after something that happened: what a provider said, what was fetched, what was wished.
//!
//! Each gives the job after it, or none where it changes nothing. What a submission was answered counts
//! however late it comes, since nobody can ask again. All else that a worker reports counts as long as
//! the lease is its own, and ends it: so it counts once, however often it is told, and who took the job
//! up since asks anew.

use super::{Cancel, Job, JobStatus, MOST_MISSES, MOST_SUBMISSIONS, Output, Progress, backoff};
use crate::export::Failure;
use crate::id::{AssetId, Reference};
use crate::time::Timestamp;

/// The outcome of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// The provider made a job of it.
    Made {
        /// The job there, as the caller writes it.
        handle: String,
        /// The wait before the first look, in milliseconds.
        after: i64,
    },
    /// The answer held all outputs, and the caller has stored what it could of them.
    Done(Made),
    /// Certainly no job was made.
    NotMade {
        /// The least wait before it is sent again, in milliseconds.
        after: i64,
        /// The reason.
        why: Failure,
    },
    /// The provider turned it down.
    Failed(Ended),
    /// The provider's moderation turned it down.
    Refused(Ended),
    /// A job may have been made or not.
    Unresolved(Failure),
}

/// The outcome of a look at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// It goes on, also where the provider's word for its state is not known.
    Going {
        /// How far it is.
        progress: Progress,
        /// The wait before the next look, in milliseconds.
        after: i64,
    },
    /// It made something.
    Succeeded(Made),
    /// It made nothing.
    Failed(Ended),
    /// The provider's moderation ended it.
    Refused(Ended),
    /// It was cancelled.
    Canceled(Ended),
    /// The look tells nothing of the job.
    Again {
        /// The least wait before the next one, in milliseconds.
        after: i64,
    },
    /// The provider has no such job.
    Gone,
}

/// The outcome of a look for a job that may have been made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookedUp {
    /// This is it, as the caller writes it.
    Found(String),
    /// It was not seen, which does not prove that it is not there.
    Nothing,
    /// The provider has no way to look for it.
    Impossible,
}

/// The outcome of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is in the store.
    Stored {
        /// Its asset.
        asset: AssetId,
        /// Bytes.
        size: u64,
    },
    /// It is not.
    Failed(Failure),
}

/// The worth of a job that made something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its outputs, at least one.
    pub outputs: Vec<Output>,
    /// Its cost, in millionths of a US dollar.
    pub cost: u64,
}

/// The end of a job that made nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The reason.
    pub why: Failure,
    /// What it costs all the same, in millionths of a US dollar.
    pub cost: u64,
}

impl Job {
    /// The job after the answer to the submission of this number. One that comes late, from a worker that
    /// was thought to have crashed, is as good.
    #[must_use]
    pub fn answered(&self, number: u32, answer: Submitted, now: Timestamp) -> Option<Self> {
        let is_open = matches!(self.status, JobStatus::Submitting | JobStatus::Unresolved);
        if number != self.submissions || self.handle.is_some() || !is_open {
            return None;
        }
        Some(match answer {
            Submitted::Made { handle, after } => self.found(handle, now).later(after, now),
            Submitted::Done(made) => self.made(made, now),
            Submitted::NotMade { after, why } => self.not_made(after, why, now),
            Submitted::Failed(end) => self.ended(JobStatus::Failed, end),
            Submitted::Refused(end) => self.ended(JobStatus::Refused, end),
            Submitted::Unresolved(_) if self.status == JobStatus::Unresolved => return None,
            Submitted::Unresolved(why) => self.unresolved(why, now),
        })
    }

    /// The job after a look by `holder`.
    #[must_use]
    pub fn looked(&self, holder: &Reference, sight: Sight, now: Timestamp) -> Option<Self> {
        let job = self.released(holder)?;
        if !matches!(self.status, JobStatus::Running | JobStatus::Unresolved) {
            return None;
        }
        Some(match sight {
            Sight::Going { progress, after } => {
                let progress = self.progress.unwrap_or(progress).with(progress);
                let is_running = self.status == JobStatus::Running;
                let misses = if is_running { 0 } else { self.misses + 1 };
                Self { progress: Some(progress), misses, ..job }.later(after, now)
            }
            Sight::Again { after } => Self { misses: self.misses + 1, ..job }.later(after, now),
            Sight::Gone => job.gone(now),
            Sight::Succeeded(made) => job.made(made, now),
            Sight::Failed(end) => job.ended(JobStatus::Failed, end),
            Sight::Refused(end) => job.ended(JobStatus::Refused, end),
            Sight::Canceled(end) => job.ended(JobStatus::Canceled, end),
        })
    }

    /// The job after a webhook about it, which may say what it is called at the provider: a wake-up, and
    /// for a job whose submission has no answer yet, the proof that it was made.
    #[must_use]
    pub fn woken(&self, handle: Option<String>, now: Timestamp) -> Option<Self> {
        let is_known = self.handle.is_some();
        match (self.status, handle) {
            (JobStatus::Submitting | JobStatus::Unresolved, Some(handle)) if !is_known => {
                Some(self.found(handle, now))
            }
            (JobStatus::Running | JobStatus::Unresolved, _) if self.lease.is_none() => {
                let is_due = self.due_at.is_some_and(|at| at <= now);
                (!is_due).then(|| self.clone().due(now))
            }
            _ => None,
        }
    }

    /// The job after `holder` looked for it at the provider.
    #[must_use]
    pub fn looked_up(&self, holder: &Reference, found: LookedUp, now: Timestamp) -> Option<Self> {
        let job = self.released(holder)?;
        if self.status != JobStatus::Unresolved {
            return None;
        }
        Some(match found {
            LookedUp::Found(handle) => job.found(handle, now),
            LookedUp::Nothing => Self { misses: self.misses + 1, ..job }.later(0, now),
            LookedUp::Impossible => Self { due_at: None, ..job },
        })
    }

    /// The job after somebody wished that it be cancelled.
    #[must_use]
    pub fn cancel_wished(&self, now: Timestamp) -> Option<Self> {
        match self.status {
            JobStatus::Queued => Some(self.ended(JobStatus::Canceled, unsent())),
            JobStatus::Submitting | JobStatus::Running | JobStatus::Unresolved
                if self.cancel.is_none() =>
            {
                let cancel = Some(Cancel { wished_at: now, tries: 0, is_told: false });
                let next = Self { cancel, ..self.clone() };
                Some(if next.handle.is_some() { next.due(now) } else { next })
            }
            _ => None,
        }
    }

    /// The job after `holder` asked the provider to cancel it: `is_told` if the provider took that, or
    /// takes no such thing. What becomes of the job, a look tells.
    #[must_use]
    pub fn cancel_told(&self, holder: &Reference, is_told: bool, now: Timestamp) -> Option<Self> {
        let job = self.released(holder)?;
        let wish = self.cancel?;
        let next = Self { cancel: Some(Cancel { is_told, ..wish }), ..job };
        Some(next.due(now.plus(backoff(wish.tries))))
    }

    /// The job after `holder` fetched an output.
    #[must_use]
    pub fn fetched(
        &self,
        holder: &Reference,
        output: usize,
        fetched: &Fetched,
        now: Timestamp,
    ) -> Option<Self> {
        let job = self.released(holder)?;
        let mut outputs = self.outputs.clone();
        let one = outputs.get_mut(output)?;
        *one = one.fetched(fetched, now);
        Some(job.closed(outputs))
    }

    /// The job without its lease; none if that is not `holder`'s.
    fn released(&self, holder: &Reference) -> Option<Self> {
        let is_own = self.lease.as_ref().is_some_and(|lease| lease.holder == *holder);
        is_own.then(|| Self { lease: None, ..self.clone() })
    }

    /// The job, to be taken up again after `after` at least: after longer the more was in vain, and at once
    /// where the provider is to be asked to cancel it.
    fn later(self, after: i64, now: Timestamp) -> Self {
        let patience = if self.misses > 0 { backoff(self.misses) } else { 0 };
        let wait = if self.is_to_be_canceled() { 0 } else { after.max(patience) };
        self.due(now.plus(wait))
    }

    fn not_made(&self, after: i64, why: Failure, now: Timestamp) -> Self {
        if self.cancel.is_some() {
            return self.ended(JobStatus::Canceled, unsent());
        }
        let at = now.plus(after.max(backoff(self.submissions)));
        if self.submissions >= MOST_SUBMISSIONS || at >= self.deadline {
            return self.ended(JobStatus::Failed, Ended { why, cost: 0 });
        }
        let next = Self { status: JobStatus::Queued, lease: None, error: None, ..self.clone() };
        next.due(at)
    }

    /// The job after its provider does not know it. Right after a submission that may be premature.
    fn gone(self, now: Timestamp) -> Self {
        if self.misses + 1 < MOST_MISSES {
            return Self { misses: self.misses + 1, ..self }.later(0, now);
        }
        // Whether it is paid for, nobody says: better too much on the books than too little.
        let cost = self.reserved;
        let end = |code, why| Ended { why: Failure::new(code, why), cost };
        if self.cancel.is_some_and(|wish| wish.is_told) {
            return self.ended(JobStatus::Canceled, end("canceled", "it was cancelled"));
        }
        self.ended(JobStatus::Lost, end("gone", "the provider no longer has it"))
    }

    fn made(&self, made: Made, now: Timestamp) -> Self {
        let Made { outputs, cost } = made;
        if outputs.is_empty() {
            let why = Failure::new("empty", "the provider made no output");
            return self.ended(JobStatus::Failed, Ended { why, cost });
        }
        let next = Self { reserved: 0, cost: Some(cost), misses: 0, lease: None, ..self.clone() };
        next.due(now).closed(outputs)
    }
}

/// The end of a job that was cancelled before it was at the provider.
fn unsent() -> Ended {
    Ended { why: Failure::new("canceled", "it was cancelled before it was made"), cost: 0 }
}
