//! A job as it is taken up: the one thing to do about it now.

use super::{Cancel, Ended, Job, JobStatus, LEASE, LONG_LEASE, Lease, RESOLVE_FOR};
use crate::export::Failure;
use crate::id::Reference;
use crate::time::Timestamp;

/// A thing to do about a job: one request to the provider. Its outcome is to be reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Todo {
    /// Submit it, for [`Job::answered`] with this number.
    Submit {
        /// The number of the submission.
        number: u32,
    },
    /// Look at it, for [`Job::looked`]. A provider that tells state and result apart is asked for both.
    Look,
    /// Look for it at the provider, for [`Job::looked_up`].
    LookUp,
    /// Ask the provider to cancel it, for [`Job::cancel_told`].
    Cancel,
    /// Fetch and store the output of this index, for [`Job::fetched`]. Where a look makes a new place of it,
    /// that is part of the fetch.
    Fetch {
        /// The index.
        output: usize,
    },
}

/// A worker's turn at a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Write the job, and do this once it is written, not before.
    Do(Box<Job>, Todo),
    /// Write the job: it is to be taken up anew when it is due.
    Write(Box<Job>),
    /// Nothing before then.
    Wait(Timestamp),
    /// Nothing.
    Rest,
}

impl Job {
    /// Takes the job up for `holder`, a name that no other turn has.
    #[must_use]
    pub fn take_up(&self, holder: &Reference, now: Timestamp) -> Turn {
        match self.due_at {
            None => return Turn::Rest,
            Some(due) if due > now => return Turn::Wait(due),
            Some(_) => {}
        }
        let is_late = self.deadline <= now;
        match self.status {
            JobStatus::Queued if is_late => {
                let why = Failure::new("too_late", "it could not be submitted in time");
                Turn::write(self.ended(JobStatus::Failed, Ended { why, cost: 0 }))
            }
            JobStatus::Queued => {
                self.claimed(Todo::Submit { number: self.submissions + 1 }, holder, now)
            }
            JobStatus::Submitting => {
                let why = "the submission was cut off, and a job may have been made or not";
                Turn::write(self.unresolved(Failure::new("interrupted", why), now))
            }
            JobStatus::Running if is_late => {
                let why = "the provider did not end it in time";
                Turn::write(self.unresolved(Failure::new("too_long", why), now))
            }
            JobStatus::Unresolved if self.deadline.plus(RESOLVE_FOR) <= now => {
                Turn::write(Self { due_at: None, lease: None, ..self.clone() })
            }
            JobStatus::Running | JobStatus::Unresolved => {
                let todo = match self.handle {
                    _ if self.is_to_be_canceled() => Todo::Cancel,
                    Some(_) => Todo::Look,
                    None => Todo::LookUp,
                };
                self.claimed(todo, holder, now)
            }
            JobStatus::Fetching => self.fetch(holder, now),
            JobStatus::Succeeded
            | JobStatus::Failed
            | JobStatus::Refused
            | JobStatus::Canceled
            | JobStatus::Lost => Turn::Rest,
        }
    }

    /// The turn at a job that is fetched: of the outputs whose time has come, the one that is gone first.
    fn fetch(&self, holder: &Reference, now: Timestamp) -> Turn {
        let outputs = self.outputs.iter().enumerate();
        let due = outputs.filter(|(_, output)| output.next_at().is_some_and(|at| at <= now));
        let Some((index, output)) = due.min_by_key(|(_, output)| output.gone_at()) else {
            return Turn::write(Self { lease: None, ..self.clone() }.closed(self.outputs.clone()));
        };
        // A late one is tried once more, but not for ever, though no try came to an end.
        if output.tries > 0 && output.gone_at().is_some_and(|at| at <= now) {
            let mut outputs = self.outputs.clone();
            outputs[index] = output.expired();
            return Turn::write(Self { lease: None, ..self.clone() }.closed(outputs));
        }
        self.claimed(Todo::Fetch { output: index }, holder, now)
    }

    fn claimed(&self, todo: Todo, holder: &Reference, now: Timestamp) -> Turn {
        let mut next = self.clone();
        let life = match todo {
            Todo::Submit { number } => {
                next.status = JobStatus::Submitting;
                next.submissions = number;
                next.submitted_at = Some(now);
                LONG_LEASE
            }
            Todo::Look => {
                next.looks += 1;
                LEASE
            }
            Todo::LookUp => LEASE,
            Todo::Cancel => {
                next.cancel = next.cancel.map(|wish| Cancel { tries: wish.tries + 1, ..wish });
                LEASE
            }
            Todo::Fetch { output } => {
                next.outputs[output].tries += 1;
                LONG_LEASE
            }
        };
        let until = now.plus(life);
        next.lease = Some(Lease { holder: holder.clone(), until });
        Turn::Do(Box::new(next.due(until)), todo)
    }
}

impl Turn {
    fn write(job: Job) -> Self {
        Self::Write(Box::new(job))
    }
}
