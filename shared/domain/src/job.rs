//! Jobs: the calls of a provider, of which each is paid for at most once. Pure: whoever asks the provider
//! and the table is in `jobs`.
//!
//! A worker takes a job up ([`Job::take_up`]), writes the record that this gives, does the one thing to do,
//! and reports what came of it; the report gives the next record. Each write is conditional on the
//! revision that was read. A report whose write is refused is made again of the record as it is by then.
//!
//! A job begins as `queued` ([`Job::new`]), `running` ([`Job::adopted`]) or `fetching` ([`Job::made_elsewhere`]).
//!
//! | state | left for | by |
//! |---|---|---|
//! | `queued` | `submitting`; `failed` after its deadline | [`Job::take_up`] |
//! | | `canceled` | [`Job::cancel_wished`] |
//! | `submitting` | `running`, `fetching`, `failed`, `refused`, `unresolved` | [`Job::answered`] |
//! | | `queued`: it was certainly not made; `canceled` where that is wished | [`Job::answered`] |
//! | | `running` | [`Job::woken`], by a webhook that is before the answer |
//! | | `unresolved`: its lease is over, so a worker crashed | [`Job::take_up`] |
//! | `running` | `fetching`, `failed`, `refused`, `canceled`, `lost` (the provider has it no longer) | [`Job::looked`] |
//! | | `unresolved` after its deadline | [`Job::take_up`] |
//! | `unresolved` | as `submitting`, where an answer comes late | [`Job::answered`] |
//! | | `running` | [`Job::looked_up`], [`Job::woken`] |
//! | | as `running`, where it has a handle | [`Job::looked`] |
//! | `fetching` | `succeeded`; `lost` where an output is | [`Job::fetched`], [`Job::take_up`] |
//!
//! The other states are ends: nothing changes them. `unresolved` is one where nothing is found: it is asked
//! after for [`RESOLVE_FOR`], keeps its reserve, and is not submitted again. A job that is not over at its
//! deadline is unresolved too, since the provider may still make it and charge for it.

mod output;
mod report;
#[cfg(test)]
mod tests;
mod turn;

use serde::{Deserialize, Serialize};

use crate::budget::Entry;
use crate::export::Failure;
use crate::id::Reference;
use crate::time::{DAY, HOUR, MINUTE, Timestamp};

pub use output::{Output, OutputState};
pub use report::{Ended, Fetched, LookedUp, Made, Sight, Submitted};
pub use turn::{Todo, Turn};

const SECOND: i64 = 1000;
/// The time for which a worker is trusted to be at a short request, in milliseconds.
pub const LEASE: i64 = 2 * MINUTE;
/// The time for which a worker is trusted to be at a submission or a fetch, in milliseconds: the longest
/// that a function may run.
pub const LONG_LEASE: i64 = 15 * MINUTE;
/// The most times that a job is submitted.
pub const MOST_SUBMISSIONS: u32 = 10;
/// The most times that a provider is asked to cancel a job.
pub const MOST_CANCELS: u32 = 3;
/// The times that a provider must say in a row that it has no such job, before that is believed.
pub const MOST_MISSES: u32 = 3;
/// The time after its deadline in which an unresolved job is asked after, in milliseconds.
pub const RESOLVE_FOR: i64 = 7 * DAY;
/// The life of an output whose provider does not say when it is gone, in milliseconds.
pub const UNKNOWN_LIFE: i64 = DAY;

crate::words! {
    /// The state of a job.
    JobStatus {
        /// It has not been sent, or it was certainly not taken.
        Queued = "queued",
        /// A worker is about to send it, or waits for the answer.
        Submitting = "submitting",
        /// The provider has it.
        Running = "running",
        /// The provider made its outputs, and some are still there alone.
        Fetching = "fetching",
        /// All outputs are stored.
        Succeeded = "succeeded",
        /// There is no output.
        Failed = "failed",
        /// The provider's moderation turned it down.
        Refused = "refused",
        /// It was cancelled before it made something.
        Canceled = "canceled",
        /// It may have been made and be paid for; nobody knows.
        Unresolved = "unresolved",
        /// It was made, and not all of its outputs could be stored.
        Lost = "lost",
    }
}

impl JobStatus {
    /// True if nothing changes it any more.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Refused | Self::Canceled | Self::Lost)
    }

    /// True if it was cancelled.
    #[must_use]
    pub const fn is_canceled(self) -> bool {
        matches!(self, Self::Canceled)
    }
}

crate::words! {
    /// The phase of a job at its provider.
    Phase {
        /// It waits for its turn.
        Waiting = "waiting",
        /// It is being worked at.
        Working = "working",
    }
}

/// The progress of a job at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its phase.
    pub phase: Phase,
    /// The number of jobs before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The part that is done, of a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

impl Progress {
    /// The progress after `news`, in nothing behind this one.
    #[must_use]
    pub fn with(self, news: Self) -> Self {
        let phase = self.phase.max(news.phase);
        let position = match phase {
            Phase::Waiting => self.position.into_iter().chain(news.position).min(),
            Phase::Working => None,
        };
        Self { phase, position, percent: self.percent.max(news.percent) }
    }
}

/// A worker's hold on a job: until then, no other takes it up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The worker, by a name that it has for this turn alone.
    pub holder: Reference,
    /// The end of it.
    pub until: Timestamp,
}

/// A wish that a job be cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancel {
    /// The time at which somebody wished it.
    pub wished_at: Timestamp,
    /// The number of times that the provider was asked.
    pub tries: u32,
    /// True if the provider took it, or takes none.
    pub is_told: bool,
}

/// A job. Fields without a value are left out. Amounts are millionths of a US dollar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Counts the writes; each write is conditional on the one it has read.
    pub revision: u64,
    /// Its state.
    pub status: JobStatus,
    /// The time by which the provider must have ended it.
    pub deadline: Timestamp,
    /// The time at which it must be taken up; none where nothing more is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The hold of whoever is at it. While there is one, it is due at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// The number of submissions that were begun.
    #[serde(default)]
    pub submissions: u32,
    /// When the last one was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted_at: Option<Timestamp>,
    /// The job at its provider, as the caller writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// The number of looks at it that were begun.
    #[serde(default)]
    pub looks: u32,
    /// The number of looks and look-ups in a row that told nothing.
    #[serde(default)]
    pub misses: u32,
    /// Its progress at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The outputs, once there are any, in the provider's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<Output>,
    /// The wish that it be cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel: Option<Cancel>,
    /// The reason for which it has no output, or nobody knows of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// The part of the budget that is held for it.
    pub reserved: u64,
    /// Its cost, once it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
}

impl Job {
    /// A new job that must have ended by `deadline`, for which `reserved` is held.
    #[must_use]
    pub fn new(reserved: u64, deadline: Timestamp, now: Timestamp) -> Self {
        Self {
            revision: 1,
            status: JobStatus::Queued,
            deadline,
            due_at: Some(now),
            lease: None,
            submissions: 0,
            submitted_at: None,
            handle: None,
            looks: 0,
            misses: 0,
            progress: None,
            outputs: Vec::new(),
            cancel: None,
            error: None,
            reserved,
            cost: None,
        }
    }

    /// A job that somebody else has submitted, and whose outputs are wanted.
    #[must_use]
    pub fn adopted(handle: String, reserved: u64, deadline: Timestamp, now: Timestamp) -> Self {
        Self::new(reserved, deadline, now).found(handle, now)
    }

    /// A job of which nothing is left but to fetch what is made already, and paid for.
    #[must_use]
    pub fn made_elsewhere(output: Output, now: Timestamp) -> Self {
        let deadline = output.gone_at().unwrap_or(now);
        Self { cost: Some(0), ..Self::new(0, deadline, now) }.closed(vec![output])
    }

    /// The change of the books that goes with the change from `before` to this job.
    #[must_use]
    pub fn entry(&self, before: &Self) -> Entry {
        Entry::between((before.reserved, before.cost), (self.reserved, self.cost))
    }

    /// The time at which the first of the outputs that are not stored yet is gone.
    #[must_use]
    pub fn at_risk(&self) -> Option<Timestamp> {
        self.outputs.iter().filter_map(Output::gone_at).min()
    }

    /// True if the provider is still to be asked to cancel it.
    fn is_to_be_canceled(&self) -> bool {
        self.handle.is_some()
            && self.cancel.is_some_and(|wish| !wish.is_told && wish.tries < MOST_CANCELS)
    }

    /// The job, due at `at`, or when whoever is at it has had its time.
    fn due(self, at: Timestamp) -> Self {
        let at = self.lease.as_ref().map_or(at, |lease| lease.until);
        Self { due_at: Some(at), ..self }
    }

    /// The job as one of which nobody knows how it went on.
    fn unresolved(&self, why: Failure, now: Timestamp) -> Self {
        let next = Self {
            status: JobStatus::Unresolved,
            lease: None,
            misses: 0,
            error: Some(why),
            ..self.clone()
        };
        next.due(now)
    }

    /// The job, once it is known at its provider by `handle`.
    fn found(&self, handle: String, now: Timestamp) -> Self {
        let next = Self {
            status: JobStatus::Running,
            lease: None,
            misses: 0,
            handle: Some(handle),
            error: None,
            ..self.clone()
        };
        next.due(now)
    }

    /// The job at an end without outputs.
    fn ended(&self, status: JobStatus, end: Ended) -> Self {
        Self {
            status,
            due_at: None,
            lease: None,
            error: Some(end.why),
            reserved: 0,
            cost: Some(end.cost),
            ..self.clone()
        }
    }

    /// The job with outputs of which some have changed: at its end once none is left to fetch.
    fn closed(self, outputs: Vec<Output>) -> Self {
        let next_at = outputs.iter().filter_map(Output::next_at).min();
        let error = outputs.iter().find_map(Output::loss).cloned();
        let status = match (next_at, &error) {
            (Some(_), _) => JobStatus::Fetching,
            (None, Some(_)) => JobStatus::Lost,
            (None, None) => JobStatus::Succeeded,
        };
        let next = Self { status, outputs, error, ..self };
        match next_at {
            Some(at) => next.due(at),
            None => Self { lease: None, due_at: None, ..next },
        }
    }
}

/// The wait after `tries` that were in vain, in milliseconds.
fn backoff(tries: u32) -> i64 {
    (SECOND << tries.min(12)).min(HOUR)
}
